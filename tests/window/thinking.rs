//! What a reasoning model thinks: a quiet line while it does, and behind it the text for whoever opens it, then and later.

use std::fs;
use std::path::PathBuf;

use aparte_tests::starter;
use serde_json::json;

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{ANSWER, eventually};
use crate::reasoner;

const PASSPHRASE: &str = "a kettle that thinks aloud";
const QUESTION: &str = "How much did the dredging of the north basin cost?";

#[test]
fn what_was_thought_is_one_line_that_opens_while_it_is_thought_and_after_a_restart() {
    let machine = Machine::new();
    let start = Start {
        models: Some(models(&machine)),
        ..Start::default()
    };
    let app = App::first(&machine, &start, PASSPHRASE);
    app.ask(QUESTION);
    eventually(ANSWER, "it thinks", || {
        let line = app.texts("reply [data-part=show-thinking]").pop()?;
        line.trim().starts_with("Thinking…").then_some(())
    });
    app.screenshot("thinking-en");
    app.await_answers(1);
    let thought = assert_folded(&app);
    assert!(thought.contains("412,000"), "{thought:?}");
    assert!(
        !app.text("answer .text").contains(thought.trim()),
        "it is no part of the answer"
    );
    open_by_keyboard(&app);
    app.screenshot("thought-en");
    app.close();

    let french = Start {
        french: true,
        ..start
    };
    let app = App::again(&machine, &french, PASSPHRASE);
    app.press("conversation");
    app.await_answers(1);
    assert_eq!(assert_folded(&app), thought, "it is kept with its answer");
    open_by_keyboard(&app);
    app.close();
}

/// A folder of models with a reasoner in the place of the starter.
fn models(machine: &Machine) -> PathBuf {
    let folder = machine.path("models");
    fs::create_dir(&folder).unwrap();
    let name = starter().file;
    reasoner::write(&folder.join(name.file_name().unwrap()));
    folder
}

/// The text, which nobody sees.
fn assert_folded(app: &App) -> String {
    app.see("answer [data-part=show-thinking][aria-expanded=false]");
    assert!(!is_shown(app));
    app.text("answer [data-part=thought]")
}

fn open_by_keyboard(app: &App) {
    app.run(
        "document.querySelector('[data-part=answer] [data-part=show-thinking]').focus()",
        &[],
    );
    let button = app.see("answer [data-part=show-thinking]");
    app.session().write(&button, "\u{e007}").unwrap();
    app.see("answer [data-part=show-thinking][aria-expanded=true]");
    assert!(is_shown(app));
}

fn is_shown(app: &App) -> bool {
    let height =
        "return document.querySelector('[data-part=answer] [data-part=thought]').offsetHeight > 0";
    app.run(height, &[]) == json!(true)
}
