//! Workers that die under the window, and replies that are stopped: what was written is kept, and the next question
//! works.
//!
//! The long form (`cargo xtask campaign window`) kills the engine many times.

use std::fs;

use aparte_tests::sample_questions;

use super::app::{App, Start};
use super::machine::{Machine, kill, worker};
use super::patience::{ANSWER, SOON, eventually};

const PASSPHRASE: &str = "seven herons above the weir";

/// Long enough to be read for a while; short enough to be read.
const PAGES: usize = 1500;

fn kills() -> usize {
    match std::env::var_os("APARTE_CAMPAIGN") {
        Some(_) => 30,
        None => 1,
    }
}

#[test]
fn an_engine_that_is_killed_leaves_its_words_and_the_next_question_works() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let mut questions = questions().into_iter().cycle();
    let mut ask = || app.ask(&questions.next().expect("they go round"));
    let mut failures = 0;
    let mut answers = 0;

    for _ in 0..kills() {
        // A reply may be done before anybody can kill its engine: then another is asked for.
        let interrupted = (0..5).any(|_| {
            ask();
            answers += 1;
            let shown = await_words(&app, answers);
            if let Some(engine) = worker(app.process(), "engine") {
                kill(engine);
            }
            app.await_answers(answers);
            let last = app.texts("answer").pop().unwrap_or_default();
            let is_interrupted = ending(&app, answers) == "interrupted";
            if is_interrupted && !keeps(&last, &shown) {
                println!("{shown:?} was shown, and {last:?} is kept");
                failures += 1;
            }
            is_interrupted
        });
        assert!(interrupted, "no engine was killed while it wrote");
        app.screenshot("interrupted-en");
        app.assert_alive();
        ask();
        answers += 1;
        app.await_answers(answers);
        if !["complete", "length"].contains(&ending(&app, answers).as_str()) {
            println!(
                "after a death the next answer ended as {}",
                ending(&app, answers)
            );
            failures += 1;
        }
    }
    println!("campaign: executions={} failures={failures}", kills());
    assert_eq!(failures, 0, "see above");

    let stopped = (0..5).any(|_| {
        ask();
        answers += 1;
        await_words(&app, answers);
        // The reply may be done before the button is reached.
        if let Some(stop) = app
            .session()
            .find("[data-part=stop]")
            .unwrap_or_default()
            .first()
        {
            let _ = app.session().click(stop);
        }
        app.await_answers(answers);
        ending(&app, answers) == "stopped"
    });
    assert!(stopped, "a reply ends when its stop button is pressed");
    app.screenshot("stopped-en");
    app.close();
}

#[test]
fn a_reader_that_is_killed_gets_a_sentence_and_the_window_stays() {
    let machine = Machine::new();
    let file = machine.desk().join("weighing.pdf");
    fs::write(&file, super::large::pdf(PAGES)).unwrap();
    let start = Start {
        files: vec![file],
        ..Start::default()
    };
    // One that is read with its worker alive shows that the file is sound.
    let app = App::start(&machine, &start);
    app.write("passphrase", PASSPHRASE);
    app.write("passphrase-again", PASSPHRASE);
    app.press("open-vault");
    let reader = eventually(SOON, "a worker reads the file", || {
        // The samples are read first.
        let reading = app.texts("incoming[data-state=reading]");
        reading
            .iter()
            .any(|text| text.contains("weighing.pdf"))
            .then(|| worker(app.process(), "documents"))
            .flatten()
    });
    kill(reader);
    let sentence = eventually(SOON, "a sentence says that the file was not read", || {
        let failed = app.texts("incoming[data-state=failed]");
        failed
            .into_iter()
            .find(|text| text.contains("weighing.pdf"))
    });
    assert!(sentence.contains('.'), "a sentence, not {sentence:?}");
    app.assert_alive();
    app.screenshot("reader-killed-en");
    app.ask(&questions()[0]);
    app.await_answers(1);
    assert_eq!(
        app.count("document"),
        2,
        "a file that was not read is not in the library"
    );
    app.close();
}

/// Questions that the model answers itself: those whose best passages are in the language that it knows.
fn questions() -> Vec<String> {
    let english = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .expect("the samples are in both languages");
    let suggested = english.suggested.expect("a sample suggests a question");
    vec![suggested.question]
}

/// Waits until the reply has words, or is an answer already, and gives back what stands there.
fn await_words(app: &App, answers: usize) -> String {
    eventually(ANSWER, "a reply is being written", || {
        // The last child says that something is being written.
        let words = app
            .texts("reply[data-state=writing] > :not(:last-child)")
            .concat();
        let is_done = app.count("answer") >= answers;
        (is_done || words.split_whitespace().count() > 3).then_some(words)
    })
}

/// How the answer of that number ended.
fn ending(app: &App, number: usize) -> String {
    let endings = app.run(
        "return [...document.querySelectorAll('[data-part=answer]')].map((answer) => answer.dataset.ending)",
        &[],
    );
    endings[number - 1].as_str().unwrap_or_default().to_owned()
}

/// Whether an answer begins with the words that were shown; marks and white space aside.
pub fn keeps(answer: &str, shown: &str) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(|c| c.is_alphabetic()).collect() };
    let (answer, shown) = (letters(answer), letters(shown));
    // The last word shown may have been half a word.
    let certain: String = shown.chars().take(20).collect();
    answer.contains(&certain)
}
