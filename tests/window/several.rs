//! Several conversations that are answered at once: on screen is one, written are both, and each answer is kept in its
//! own conversation, however it ends.

use super::app::{App, Start};
use super::deaths::keeps;
use super::machine::{Machine, kill, worker};
use super::patience::{ANSWER, SOON, eventually};

const PASSPHRASE: &str = "two otters under one bridge";

/// Questions whose answers go on for a while.
const QUESTIONS: [&str; 2] = [
    "List all projects of the harbour with what each cost and when each was finished.",
    "List all works of the harbour, what each of them cost and when each of them was done.",
];

/// A conversation in which an answer is being written.
struct Asked {
    id: String,
    /// What stood there when it was looked at last.
    words: String,
}

#[test]
fn two_conversations_are_answered_at_once_and_both_answers_are_there_after_a_restart() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let [first, second] = ask_both(&app);
    app.screenshot("two-answers-en");
    await_all(&app);
    for (asked, question) in [&first, &second].into_iter().zip(QUESTIONS) {
        open(&app, asked);
        app.await_answers(1);
        assert_eq!(
            app.texts("asked"),
            [question],
            "each has its own question, and no other"
        );
    }
    app.see("context");
    app.close();

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    for (asked, question) in [&first, &second].into_iter().zip(QUESTIONS) {
        open(&app, asked);
        app.await_answers(1);
        assert_eq!(app.texts("asked"), [question]);
    }
    app.close();
}

#[test]
fn an_engine_that_is_killed_under_two_replies_leaves_the_words_of_both_and_the_next_questions_work()
{
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let both = (0..5).find_map(|_| {
        let both = ask_both(&app);
        kill(worker(app.process(), "engine")?);
        await_all(&app);
        let are_interrupted = both.iter().all(|asked| {
            open(&app, asked);
            app.await_answers(1);
            app.count("answer[data-ending=interrupted]") == 1
        });
        are_interrupted.then_some(both)
    });
    let both = both.expect("an engine is killed while it writes two replies");
    for asked in &both {
        open(&app, asked);
        app.await_answers(1);
        let kept = app.texts("answer").concat();
        assert!(
            keeps(&kept, &asked.words),
            "{:?} was shown, and {kept:?} is kept",
            asked.words
        );
    }
    app.assert_alive();
    for asked in &both {
        open(&app, asked);
        app.ask(QUESTIONS[0]);
    }
    await_all(&app);
    for asked in &both {
        open(&app, asked);
        app.await_answers(2);
        assert_eq!(app.count("answer[data-ending=interrupted]"), 1);
    }
    app.close();
}

#[test]
fn deleting_one_of_two_ends_its_reply_alone_and_a_lock_ends_all_and_keeps_what_was_written() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let is_alone = (0..5).any(|_| {
        let [first, second] = ask_both(&app);
        app.press(&format!(
            "{} + [data-part=erase-conversation]",
            row_of(&first)
        ));
        app.press("undo-erase");
        let ended_as = |asked: &Asked, ending: &str| {
            open(&app, asked);
            app.await_answers(1);
            app.count(&format!("answer[data-ending={ending}]")) == 1
        };
        let is_stopped = ended_as(&first, "stopped");
        await_all(&app);
        assert!(!ended_as(&second, "stopped"), "nobody stopped the other");
        is_stopped
    });
    assert!(is_alone, "the reply of a conversation that is deleted ends");

    let stopped = (0..5).any(|_| {
        let both = ask_both(&app);
        app.press("lock");
        app.see("launch[data-state=locked]");
        app.write("passphrase", PASSPHRASE);
        app.press("open-vault");
        app.see("new-conversation");
        both.iter().all(|asked| {
            open(&app, asked);
            app.await_answers(1);
            let kept = app.texts("answer").concat();
            assert!(keeps(&kept, &asked.words), "the lock keeps what was there");
            app.count("answer[data-ending=stopped]") == 1
        })
    });
    assert!(stopped, "a lock ends both replies");
    app.close();
}

/// Asks in two new conversations, so that both answers are seen to grow before either is done.
fn ask_both(app: &App) -> [Asked; 2] {
    // Short answers may be done before anybody can look at both.
    for _ in 0..5 {
        let mut both = QUESTIONS.map(|question| {
            app.press("new-conversation");
            app.ask(question);
            let row = "conversation[aria-current=page]";
            eventually(SOON, "the conversation is in the list", || {
                (app.count(row) == 1).then_some(())
            });
            let id = app.run(
                "return document.querySelector('[data-part=conversation][aria-current=page]').dataset.id",
                &[],
            );
            let id = id.as_str().expect("a row has an id").to_owned();
            let words = await_more(app, "").unwrap_or_default();
            Asked { id, words }
        });
        let both_grew = both.iter_mut().all(|asked| {
            open(app, asked);
            let more = await_more(app, &asked.words);
            asked.words = more.unwrap_or_default();
            !asked.words.is_empty()
        });
        if both_grew && marks(app) == 2 {
            return both;
        }
        await_all(app);
    }
    panic!("no two answers were written at the same time");
}

/// Waits until the reply on screen has more words than those; none if it was done before.
fn await_more(app: &App, before: &str) -> Option<String> {
    eventually(ANSWER, "the reply grows", || {
        let problems = app.texts("problem:not([data-part=incoming] *)");
        assert!(problems.is_empty(), "instead of a reply: {problems:?}");
        // The last child says that something is being written.
        let words = app
            .texts("reply[data-state=writing] > :not(:last-child)")
            .concat();
        let grew = words.len() > before.len() && words.split_whitespace().count() > 3;
        let is_done = app.count("reply") == 0 && app.count("answer") > 0;
        (grew || is_done).then_some(Some(words).filter(|_| grew))
    })
}

/// Waits until no reply is being written in any conversation.
fn await_all(app: &App) {
    eventually(ANSWER, "all replies are done", || {
        (marks(app) == 0).then_some(())
    });
}

fn open(app: &App, asked: &Asked) {
    let row = row_of(asked);
    app.press(&row);
    eventually(SOON, "the conversation is open", || {
        (app.count(&format!("{row}[aria-current=page]")) == 1).then_some(())
    });
}

fn row_of(asked: &Asked) -> String {
    format!("conversation[data-id=\"{}\"]", asked.id)
}

/// In how many conversations of the list an answer is being written.
fn marks(app: &App) -> usize {
    app.count("writing")
}
