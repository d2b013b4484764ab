//! The way of a question, with the real programs and the real model.

use aparte_assistant::{Ending, Language, Progress, Stop};
use aparte_tests::{
    aparte, assistant, fixture, foreign_questions, json, plain, sample, sample_questions,
};
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
fn a_document_may_come_from_standard_input() {
    let notes = std::fs::File::open(fixture("notes.md")).unwrap();
    let extracted = json(aparte().args(["extract", "--json", "-"]).stdin(notes));
    let text = extracted["pages"][0]["text"].as_str().unwrap();
    assert!(text.len() > 20, "{extracted}");
}

#[test]
fn a_stopped_reply_is_kept_and_says_that_it_was_stopped() {
    let assistant = assistant(Language::English);
    let documents = [assistant
        .add_file(&english_sample(), &mut |_, _| {})
        .unwrap()];
    let stop = Stop::default();
    let mut written = String::new();
    let answer = assistant
        .ask(&english_question(), &documents, &stop, &mut |progress| {
            if let Progress::Text(text) = progress {
                written.push_str(&text);
                stop.now();
            }
        })
        .unwrap();
    assert_eq!(answer.ending, Ending::Stopped);
    assert!(!written.is_empty());
    // The engine is there for the next question.
    let again = assistant
        .ask(
            &english_question(),
            &documents,
            &Stop::default(),
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(again.ending, Ending::Complete);
}

#[test]
fn a_prompt_is_not_read_twice() {
    let assistant = assistant(Language::English);
    let documents = [assistant
        .add_file(&english_sample(), &mut |_, _| {})
        .unwrap()];
    let ask = || {
        let answer = assistant.ask(
            &english_question(),
            &documents,
            &Stop::default(),
            &mut |_| {},
        );
        answer.unwrap().timings.engine
    };
    let first = ask();
    let second = ask();
    assert_eq!(first.reused_tokens, 0);
    assert_eq!(second.prompt_tokens, first.prompt_tokens);
    assert_eq!(
        second.reused_tokens,
        second.prompt_tokens - 1,
        "all but the last token is reused"
    );
}

fn english_sample() -> std::path::PathBuf {
    let questions = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .unwrap();
    sample(&questions.file)
}

fn english_question() -> String {
    let questions = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .unwrap();
    questions.suggested.unwrap().question
}
