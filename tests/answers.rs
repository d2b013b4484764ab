//! Answers that can be checked, with the real programs and models: the short form of `cargo xtask bench --suite answers`, and what the
//! model is given of a document.

use std::collections::HashMap;

use aparte_assistant::{
    Answer, Assistant, ConversationId, Cost, DocumentId, Input, Language, Mode, Protection, Stop,
    Vault,
};
use aparte_tests::{
    Question, assistant, embedding, fixture, foreign_questions, plain, sample, sample_questions,
    starter, worker,
};
use secrecy::SecretString;

fn add(assistant: &Assistant, file: &std::path::Path) -> DocumentId {
    assistant.add(Input::File(file), &mut |_, _| {}).unwrap()
}

fn ask_in(
    assistant: &Assistant,
    conversation: ConversationId,
    question: &str,
    document: DocumentId,
) -> Answer {
    let stop = Stop::default();
    let answer = assistant.ask(conversation, question, &[document], &stop, &mut |_| {});
    answer.unwrap()
}

/// Prepares a document for a conversation of its own.
fn prepare(assistant: &Assistant, document: DocumentId, is_enough: &dyn Fn() -> bool) -> bool {
    let begun = assistant.begin("Later", &[document], false).unwrap();
    let prepared = assistant.prepare(begun.id, &[document], is_enough);
    prepared.unwrap()
}

fn ask(assistant: &Assistant, question: &str, document: DocumentId) -> Answer {
    let begun = assistant.begin(question, &[document], false).unwrap();
    ask_in(assistant, begun.id, question, document)
}

/// A document that a small model is given whole, but not at once while nobody knows how fast it reads, and a question that it answers.
fn short_document() -> (std::path::PathBuf, String) {
    let foreign = foreign_questions().remove(1);
    (
        fixture(&foreign.file),
        foreign.questions[0].question.clone(),
    )
}

/// The texts of a document's pages.
fn texts(assistant: &Assistant, document: DocumentId) -> Vec<String> {
    let pages = assistant.pages(document).unwrap().into_iter();
    pages.map(|page| page.text).collect()
}

/// How often a word stands in some texts, by itself and with these capitals.
fn count(texts: &[String], word: &str) -> usize {
    let words = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words.filter(|other| *other == word).count()
}

/// Twenty questions on four documents: thirteen with a known page, on documents of both languages and across them, three counts, and
/// four that the documents do not answer.
#[test]
fn twenty_questions_find_their_pages_and_what_is_not_there_is_refused() {
    let assistant = assistant(Language::English).embedding(embedding());
    let mut documents = HashMap::new();
    let (samples, foreign) = (sample_questions(), foreign_questions());
    let files = samples.iter().map(|it| (it, sample(&it.file)));
    let files = files.chain(foreign.iter().map(|it| (it, fixture(&it.file))));
    for (questions, file) in files {
        documents.insert(questions.file.clone(), add(&assistant, &file));
    }
    assistant
        .embed_passages(&Stop::default(), &mut |_| {})
        .unwrap();

    // The last of each sample are asked in the other language.
    let chosen = |from: usize, places: &[usize]| -> Vec<(String, Question)> {
        let all = if from < 2 {
            &samples[from]
        } else {
            &foreign[from - 2]
        };
        let question = |&place: &usize| (all.file.clone(), all.questions[place].clone());
        places.iter().map(question).collect()
    };
    let last = |from: usize| samples[from].questions.len() - 1;
    let answerable = [
        chosen(0, &[0, 2, 8, 14, last(0), last(0) - 1]),
        chosen(1, &[2, 10, 14, last(1)]),
        chosen(2, &[1, 4, 7]),
    ]
    .concat();
    assert_eq!(answerable.len(), 13);

    let (mut found, mut reciprocal) = (0, 0.0);
    let (mut answered, mut cited, mut wrong) = (0, 0, Vec::new());
    for (file, Question { question, page, .. }) in &answerable {
        let document = documents[file];
        let mut pages = Vec::new();
        for hit in assistant.search(question, &[document], 60).unwrap() {
            if !pages.contains(&hit.page) {
                pages.push(hit.page);
            }
        }
        let rank = pages.iter().position(|other| *other == Some(*page));
        found += usize::from(rank.is_some_and(|rank| rank < 5));
        reciprocal += rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
        println!("rank {rank:?}: {question}");

        let answer = ask(&assistant, question, document);
        let texts = texts(&assistant, document);
        for citation in answer.citations.iter().filter(|it| it.verified) {
            let text = &texts[citation.page.unwrap() as usize - 1];
            if !plain(text).contains(&plain(&citation.quote)) {
                wrong.push(citation.quote.clone());
            }
        }
        let cites = |citation: &aparte_assistant::Citation| citation.page == Some(*page);
        answered += usize::from(!answer.refused);
        cited += usize::from(answer.citations.iter().any(cites));
    }
    let mrr = reciprocal / answerable.len() as f64;
    println!("found {found}, mrr {mrr:.3}, answered {answered}, cited {cited} of 13");
    assert!(wrong.is_empty(), "verified and not on the page: {wrong:?}");
    assert!(found >= 12, "{found} of 13 pages are among the first five");
    assert!(mrr >= 0.75, "the mean reciprocal rank is {mrr:.3}");
    assert!(answered >= 12, "{answered} of 13 questions were answered");
    assert!(
        cited >= 9,
        "{cited} of 13 answers cite the page that answers"
    );

    for (file, question, word) in [
        (
            &samples[0].file,
            "How many times does the word \"euros\" appear?",
            "euros",
        ),
        (
            &samples[1].file,
            "Combien de fois le mot « magasin » apparaît-il ?",
            "magasin",
        ),
        (
            &foreign[0].file,
            "How many times is \"RJSONIO\" mentioned?",
            "RJSONIO",
        ),
    ] {
        let document = documents[file];
        let all = assistant.find_all(question, &[document], &Stop::default(), &mut |_| {});
        let expected = count(&texts(&assistant, document), word);
        assert!(expected > 1, "{word} stands there");
        assert_eq!(all.unwrap().count, expected, "{question}");
    }

    let mut refused = 0;
    for (from, place) in [(0, 6), (0, 7), (1, 6), (1, 7)] {
        let question = &samples[from].absent[place];
        let answer = ask(&assistant, question, documents[&samples[from].file]);
        refused += usize::from(answer.refused);
        println!("refused {}: {question}", answer.refused);
    }
    assert!(refused >= 3, "{refused} of 4 absent matters were refused");
}

#[test]
fn a_document_that_was_prepared_is_given_whole_and_nothing_of_it_is_read_again() {
    let (file, question) = short_document();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("vault");
    let passphrase = SecretString::from("four calm words here".to_owned());
    let protection = || Protection::Passphrase(&passphrase);
    let open = |vault| Assistant::open(vault, worker(), Some(starter()), Language::English);
    let never = || false;

    let assistant = open(Vault::create(&folder, protection(), Cost::FLOOR).unwrap()).unwrap();
    let document = add(&assistant, &file);
    assert!(!prepare(&assistant, document, &never), "no model is loaded");
    let first = ask(&assistant, &question, document);
    let given = first.given.expect("the model was asked");
    assert_eq!(first.mode, Mode::Parts, "nobody knows how long it takes");
    assert_eq!(given.pages, 1);
    assert!(given.passages < given.of_passages, "{given:?}");

    assert!(!prepare(&assistant, document, &|| true), "it was stopped");
    assert!(prepare(&assistant, document, &never));
    let begun = assistant.begin(&question, &[document], false).unwrap().id;
    let whole = ask_in(&assistant, begun, &question, document);
    let given = whole.given.unwrap();
    assert_eq!(
        (whole.mode, given.passages),
        (Mode::Whole, given.of_passages)
    );
    println!("whole: {}", whole.text);
    let counts = whole.timings.engine;
    assert!(counts.prompt_tokens > 600, "{counts:?}");
    assert!(
        counts.prompt_tokens - counts.reused_tokens < 60,
        "{counts:?}"
    );
    let gauge = assistant.context_use(begun).unwrap().unwrap();
    assert!(gauge.used > 600, "the document counts too: {gauge:?}");
    let texts = texts(&assistant, document);
    for citation in &whole.citations {
        let text = &texts[citation.page.unwrap() as usize - 1];
        assert!(citation.verified && plain(text).contains(&plain(&citation.quote)));
    }

    // The question and what a template puts around it, and at the most the answer before it, where the document's words took its place.
    let second = ask_in(
        &assistant,
        begun,
        "From which package does the Boston data come?",
        document,
    );
    let counts = second.timings.engine;
    assert_eq!(second.mode, Mode::Whole);
    assert!(
        counts.prompt_tokens - counts.reused_tokens < 300,
        "{counts:?}"
    );
    assistant.close().unwrap();

    let assistant = open(Vault::unlock(&folder, protection()).unwrap()).unwrap();
    let restored = ask(
        &assistant,
        "In which package is the melt function?",
        document,
    );
    let counts = restored.timings.engine;
    assert_eq!(restored.mode, Mode::Whole, "the vault kept it");
    assert!(
        counts.prompt_tokens - counts.reused_tokens < 60,
        "{counts:?}"
    );

    // What is erased may be in any state.
    let other = assistant.begin("Why?", &[document], false).unwrap().id;
    assistant
        .erase_now(aparte_assistant::Item::Conversation(other))
        .unwrap();
    let after = ask(
        &assistant,
        "In which package is the melt function?",
        document,
    );
    assert_eq!(after.timings.engine.reused_tokens, 0);
    assistant.close().unwrap();
}

#[test]
fn whoever_asks_does_not_wait_for_what_is_prepared() {
    let (file, question) = short_document();
    let assistant = assistant(Language::English);
    let document = add(&assistant, &file);
    ask(&assistant, &question, document);
    std::thread::scope(|scope| {
        let preparing = scope.spawn(|| prepare(&assistant, document, &|| false));
        std::thread::sleep(std::time::Duration::from_millis(300));
        let meanwhile = ask(
            &assistant,
            "From which package does the Boston data come?",
            document,
        );
        assert!(!meanwhile.text.is_empty());
        assert!(preparing.join().unwrap(), "and it comes to its end");
    });
    let whole = ask(
        &assistant,
        "From which package does the Boston data come?",
        document,
    );
    assert_eq!(whole.mode, Mode::Whole);
}

#[test]
fn a_question_about_a_long_selection_is_searched_by_its_meaning_too() {
    let assistant = assistant(Language::English).embedding(embedding());
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("choir.txt");
    std::fs::write(
        &file,
        "The choir of the town sings in summer, and travels by coach.",
    )
    .unwrap();
    let document = add(&assistant, &file);
    assistant
        .embed_passages(&Stop::default(), &mut |_| {})
        .unwrap();
    // No word of it stands in the document, and no model reads all of it.
    let selection =
        "> Vocal performers crossed neighbouring regions aboard hired vehicles.\n".repeat(200);
    let question = format!("{selection}> — elsewhere.pdf, page 3\n\nWhich vehicle?");
    // A search does not wait for a model that is not ready, and the next one finds it so.
    let search = |_| assistant.search(&question, &[document], 5).unwrap();
    let found = (0..20).map(search).find(|found| !found.is_empty());
    assert!(found.is_some(), "it is found by its meaning");
}

#[test]
fn what_has_no_room_in_the_context_is_answered_from_its_passages_and_never_cut() {
    let scratch = tempfile::tempdir().unwrap();
    let long = scratch.path().join("long.txt");
    let lines =
        (0..4_000).map(|day| format!("On day {day} the ferry carried {} cars.\n\n", day * 7));
    std::fs::write(&long, lines.collect::<String>()).unwrap();
    let assistant = assistant(Language::English);
    let document = add(&assistant, &long);
    let question = "How many cars did the ferry carry on day 1234?";
    let first = ask(&assistant, question, document);
    assert!(!prepare(&assistant, document, &|| false));
    let second = ask(&assistant, question, document);
    for answer in [first, second] {
        let given = answer.given.unwrap();
        assert_eq!((answer.mode, given.pages), (Mode::Parts, 0));
        assert!(given.passages < given.of_passages);
    }
}
