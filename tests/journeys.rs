//! The way of a question, with the real programs and the real model.

use aparte_assistant::{
    Adding, Assistant, ConversationId, Cost, Ending, Input, Item, Language, Lead, Message,
    Progress, Protection, Stop, Vault,
};
use aparte_tests::{
    Question, Questions, aparte, ask, assistant, english_sample, fixture, foreign_questions, json,
    plain, refused, sample, sample_questions, starter, worker,
};
use secrecy::SecretString;
use serde_json::Value;

fn citations(answer: &Value) -> Vec<(String, u64, String, bool)> {
    let citations = answer["citations"]
        .as_array()
        .expect("an answer has citations");
    citations
        .iter()
        .map(|citation| {
            (
                citation["document"].as_str().unwrap().to_owned(),
                citation["page"].as_u64().unwrap(),
                citation["quote"].as_str().unwrap().to_owned(),
                citation["verified"].as_bool().unwrap(),
            )
        })
        .collect()
}

/// The text of each page, by the same program.
fn pages(file: &std::path::Path) -> Vec<String> {
    let extracted = json(aparte().args(["extract", "--json"]).arg(file));
    extracted["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| plain(page["text"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_suggested_question_of_each_sample_is_answered_with_its_page() {
    for questions in sample_questions() {
        let file = sample(&questions.file);
        let suggested = questions.suggested.expect("a sample suggests a question");
        let answer = json(
            aparte()
                .args(["ask", "--json", &suggested.question])
                .arg(&file),
        );
        assert_eq!(answer["refused"], false, "{answer}");
        let citations = citations(&answer);
        let (_, page, quote, verified) = &citations[0];
        assert!(verified, "{answer}");
        let boxes = answer["citations"][0]["boxes"].as_array().unwrap();
        assert!(
            !boxes.is_empty() && boxes.len() <= 3,
            "a box a line: {answer}"
        );
        for side in boxes.iter().flat_map(|sides| sides.as_array().unwrap()) {
            assert!((0.0..900.0).contains(&side.as_f64().unwrap()), "{answer}");
        }
        assert_eq!(*page, u64::from(suggested.page), "{answer}");
        assert_eq!(plain(quote), plain(&suggested.quote), "{answer}");
    }
}

#[test]
fn every_verified_quote_stands_on_its_page_and_enough_pages_are_right() {
    let (mut asked, mut right) = (0, 0);
    for questions in foreign_questions() {
        let file = fixture(&questions.file);
        let pages = pages(&file);
        for question in &questions.questions {
            let answer = json(
                aparte()
                    .args(["ask", "--json", &question.question])
                    .arg(&file),
            );
            let citations = citations(&answer);
            for (_, page, quote, verified) in &citations {
                let text = &pages[usize::try_from(*page).unwrap() - 1];
                assert_eq!(*verified, text.contains(&plain(quote)), "{answer}");
            }
            asked += 1;
            right += usize::from(
                citations
                    .iter()
                    .any(|(_, page, _, verified)| *verified && *page == u64::from(question.page)),
            );
        }
    }
    println!("{right} of {asked} answers cite the right page");
    assert!(asked >= 5, "too few questions to tell anything");
    assert!(
        right * 10 >= asked * 6,
        "{right} of {asked} answers cite the right page"
    );
}

#[test]
fn what_a_document_does_not_speak_of_is_not_answered() {
    let (mut asked, mut refused) = (0, 0);
    for questions in sample_questions() {
        for question in &questions.absent {
            let answer = json(
                aparte()
                    .args(["ask", "--json", question])
                    .arg(sample(&questions.file)),
            );
            asked += 1;
            refused += usize::from(answer["refused"] == true);
        }
    }
    // Words alone cannot tell a question about something else from one about the same things.
    assert!(
        refused * 2 >= asked,
        "{refused} of {asked} unanswerable questions were refused"
    );
}

#[test]
fn a_document_in_a_language_that_the_model_does_not_know_is_led_by_its_passages() {
    let french = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "fr")
        .unwrap();
    let suggested = french.suggested.unwrap();
    let answer = json(
        aparte()
            .args(["ask", "--json", "--language", "fr", &suggested.question])
            .arg(sample(&french.file)),
    );
    let text = answer["answer"].as_str().unwrap();
    assert!(text.contains("ne connaît pas"), "it is said: {text}");
    assert!(
        plain(text).contains(&plain(&suggested.quote)),
        "the passage is shown: {text}"
    );
}

#[test]
fn an_answer_says_whether_the_model_had_the_whole_document() {
    let scratch = tempfile::tempdir().unwrap();
    let short = scratch.path().join("short.txt");
    std::fs::write(
        &short,
        "The choir leaves on 17 July at 7:45 from the bus station.",
    )
    .unwrap();
    let whole = json(
        aparte()
            .args(["ask", "--json", "When does the choir leave?"])
            .arg(short),
    );
    assert_eq!(whole["mode"], "whole", "{whole}");
    assert_eq!(whole["given"]["passages"], whole["given"]["of_passages"]);
    // No context holds it.
    let long = scratch.path().join("long.txt");
    let lines = (0..4_000).map(|day| format!("On day {day} the choir sang {} songs.\n\n", day * 7));
    std::fs::write(&long, lines.collect::<String>()).unwrap();
    let question = "How many songs did the choir sing on day 1234?";
    let parts = json(aparte().args(["ask", "--json", question]).arg(long));
    assert_eq!(parts["mode"], "parts", "{parts}");
    let given = &parts["given"];
    assert!(
        given["passages"].as_u64() < given["of_passages"].as_u64(),
        "{parts}"
    );
    assert!(given["pages"].is_null(), "a text has none: {parts}");
}

#[test]
fn a_document_may_come_from_standard_input() {
    let notes = std::fs::File::open(fixture("notes.md")).unwrap();
    let extracted = json(aparte().args(["extract", "--json", "-"]).stdin(notes));
    let text = extracted["pages"][0]["text"].as_str().unwrap();
    assert!(text.len() > 20, "{extracted}");
}

#[test]
fn a_stopped_reply_is_kept_and_says_that_it_was_stopped() {
    let (file, question) = english_sample();
    let assistant = assistant(Language::English);
    let documents = [assistant.add(Input::File(&file), &mut |_, _| {}).unwrap()];
    let stop = Stop::default();
    let mut first = None;
    let answer = ask(&assistant, &question, &documents, &stop, &mut |progress| {
        if let Progress::Text(text) = progress {
            first.get_or_insert(text);
            stop.now();
        }
    })
    .unwrap();
    let first = first.expect("a word was written before the stop");
    assert_eq!(answer.ending, Ending::Stopped);
    assert_eq!(answer.lead, Lead::Model, "the model's words are kept");
    assert!(!answer.text.trim().is_empty());
    assert!(
        answer.text.starts_with(first.trim_end()),
        "{first:?} was shown, and {:?} is kept",
        answer.text
    );
    // The engine is there for the next question.
    let again = ask(
        &assistant,
        &question,
        &documents,
        &Stop::default(),
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(again.ending, Ending::Complete);
}

#[test]
fn a_prompt_is_not_read_twice() {
    let (file, question) = english_sample();
    let assistant = assistant(Language::English);
    let documents = [assistant.add(Input::File(&file), &mut |_, _| {}).unwrap()];
    let ask = || {
        let answer = ask(
            &assistant,
            &question,
            &documents,
            &Stop::default(),
            &mut |_| {},
        );
        answer.unwrap().timings.engine
    };
    // How much is read is decided by how fast that was.
    let first = ask();
    assert_eq!(first.reused_tokens, 0);
    let first = ask();
    let second = ask();
    assert_eq!(second.prompt_tokens, first.prompt_tokens);
    assert_eq!(
        second.reused_tokens,
        second.prompt_tokens - 1,
        "all but the last token is reused"
    );
}

/// How many of the first questions on a document are answered with the page that answers them.
fn right_pages(assistant: &Assistant, questions: &Questions, in_one_conversation: bool) -> usize {
    let file = sample(&questions.file);
    let documents = [assistant.add(Input::File(&file), &mut |_, _| {}).unwrap()];
    let begin = |question: &str| assistant.begin(question, &documents, false).unwrap().id;
    let mut conversation = begin(&questions.questions[0].question);
    let mut right = 0;
    for Question { question, page, .. } in questions.questions.iter().take(6) {
        if !in_one_conversation {
            conversation = begin(question);
        }
        let stop = Stop::default();
        let answer = assistant
            .ask(conversation, question, &documents, &stop, &mut |_| {})
            .unwrap();
        let cites = answer
            .citations
            .iter()
            .any(|citation| citation.page == Some(*page));
        right += usize::from(cites);
    }
    right
}

#[test]
fn questions_in_one_conversation_are_answered_as_well_as_each_by_itself() {
    let assistant = assistant(Language::English);
    let all = sample_questions();
    let english = all.iter().find(|sample| sample.language == "en").unwrap();
    let alone = right_pages(&assistant, english, false);
    let together = right_pages(&assistant, english, true);
    assert!(
        together + 1 >= alone,
        "{together} right together, {alone} alone"
    );
}

#[test]
fn a_conversation_goes_on_after_a_restart_without_being_read_again() {
    let (file, question) = english_sample();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("vault");
    let passphrase = SecretString::from("four calm words here".to_owned());
    let protection = || Protection::Passphrase(&passphrase);
    let open = |vault| Assistant::open(vault, worker(), Some(starter()), Language::English);
    let ask = |assistant: &Assistant, conversation: ConversationId, question: &str| {
        let documents: Vec<_> = assistant.documents().iter().map(|found| found.id).collect();
        let stop = Stop::default();
        let answer = assistant.ask(conversation, question, &documents, &stop, &mut |_| {});
        answer.unwrap().timings.engine
    };

    let assistant = open(Vault::create(&folder, protection(), Cost::FLOOR).unwrap()).unwrap();
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    let conversation = assistant.begin(&question, &[document], false).unwrap().id;
    let first = ask(&assistant, conversation, &question);
    assert_eq!(first.reused_tokens, 0);
    ask(&assistant, conversation, "What did the new pontoons cost?");
    let context = assistant.context_use(conversation).unwrap().unwrap();
    assert_eq!((context.told, context.left_out), (2, 0));
    let third = ask(&assistant, conversation, "Why was less grain shipped?");
    assert!(third.prompt_tokens > context.used);
    assistant.close().unwrap();

    let assistant = open(Vault::unlock(&folder, protection()).unwrap()).unwrap();
    assert!(
        assistant.context_use(conversation).unwrap().is_none(),
        "no model is loaded"
    );
    let again = ask(
        &assistant,
        conversation,
        "How many tonnes of timber were handled in 2025?",
    );
    // The third question is told without its passages from here on; the generation prompt is a few tokens.
    assert!(again.reused_tokens + 10 > context.used, "{again:?}");

    // What is erased may be in any state.
    let other = assistant.begin("Why?", &[document], false).unwrap().id;
    assistant.erase_now(Item::Conversation(other)).unwrap();
    assert_eq!(ask(&assistant, conversation, &question).reused_tokens, 0);
    assistant.close().unwrap();
}

#[test]
fn what_was_asked_is_still_there_after_a_restart_and_no_document_is_read_twice() {
    let (file, question) = english_sample();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("vault");
    let passphrase = SecretString::from("four calm words here".to_owned());
    let answer = {
        let vault =
            Vault::create(&folder, Protection::Passphrase(&passphrase), Cost::FLOOR).unwrap();
        let assistant =
            Assistant::open(vault, worker(), Some(starter()), Language::English).unwrap();
        let documents = [assistant.add(Input::File(&file), &mut |_, _| {}).unwrap()];
        ask(
            &assistant,
            &question,
            &documents,
            &Stop::default(),
            &mut |_| {},
        )
        .unwrap()
    };

    let vault = Vault::unlock(&folder, Protection::Passphrase(&passphrase)).unwrap();
    let assistant = Assistant::open(vault, worker(), Some(starter()), Language::English).unwrap();
    let conversations = assistant.conversations().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0].title, question);
    let messages = assistant.messages(conversations[0].id).unwrap();
    let expected = [
        Message::Question(question.clone()),
        Message::Answer(Box::new(answer.clone())),
    ];
    assert_eq!(messages, expected);

    let mut pages_read = 0;
    let again = assistant
        .add(Input::File(&file), &mut |_, _| pages_read += 1)
        .unwrap();
    assert_eq!(
        pages_read, 0,
        "a document that is in the vault is not read again"
    );
    assert_eq!(again, conversations[0].documents[0]);
    let found = assistant.search(&question, &[again], 3).unwrap();
    assert!(!found.is_empty(), "it can be searched at once");
}

#[test]
fn a_kept_session_answers_through_the_command_line_and_a_wrong_passphrase_does_not_open_it() {
    let (sample, _) = english_sample();
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = scratch.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (right, wrong) = (
        file("right", "four calm words here\n"),
        file("wrong", "four calm words\n"),
    );
    let with = |passphrase: &std::path::Path| {
        let mut command = aparte();
        command.args(["search", "--json", "dredging"]).arg(&sample);
        command.arg("--vault").arg(scratch.path().join("vault"));
        command
            .arg("--passphrase-file")
            .arg(passphrase)
            .args(["--language", "en"]);
        command
    };
    json(&mut with(&right));
    assert!(refused(&mut with(&wrong)).contains("passphrase"));
    assert!(
        !json(&mut with(&right))["hits"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_private_conversation_and_the_files_it_looks_in_are_gone_with_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let key = [7; 32];
    let (file, question) = english_sample();
    let vault = Vault::create_for_tests(folder.path(), &key).unwrap();
    let assistant = Assistant::open(vault, worker(), Some(starter()), Language::English).unwrap();
    let add = |private| {
        let adding = Adding {
            private,
            ..Adding::default()
        };
        let added = assistant.add_to(&adding, Input::File(&file), &mut |_, _| {});
        added.map(|added| added.document)
    };
    let private = add(true).unwrap();
    let conversation = assistant.begin(&question, &[private], true).unwrap();
    let answer = assistant.ask(
        conversation.id,
        &question,
        &[private],
        &Stop::default(),
        &mut |_| {},
    );
    assert!(!answer.unwrap().citations.is_empty(), "it was looked in");
    let kept = assistant.begin(&question, &[private], false).unwrap();
    assert_eq!(kept.documents, [], "one that is kept does not see it");
    let stored = add(false).unwrap();
    assert_ne!(stored, private, "it is kept as a document of its own");
    assistant.close().unwrap();

    let vault = Vault::unlock_for_tests(folder.path(), &key).unwrap();
    let assistant = Assistant::open(vault, worker(), Some(starter()), Language::English).unwrap();
    let documents = assistant.documents();
    let documents: Vec<_> = documents.iter().map(|document| document.id).collect();
    assert_eq!(documents, [stored]);
    let conversations = assistant.conversations().unwrap();
    let conversations: Vec<_> = conversations.iter().map(|known| known.id).collect();
    assert_eq!(conversations, [kept.id]);
}
