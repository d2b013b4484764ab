//! What a reasoning model thinks: a quiet line while it does, and behind it the text for whoever opens it, then and later.

use std::fs;
use std::path::PathBuf;

use aparte_tests::starter;
use serde_json::json;

use super::app::{App, Start};
use super::machine::Machine;
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
    open_what_is_thought(&app);
    app.ask(QUESTION);
    app.await_answers(1);
    let lines = app.run("return window.lines", &[]);
    let lines: Vec<(String, String)> = serde_json::from_value(lines).unwrap();
    assert!(lines[0].0.starts_with("Thinking…"), "{lines:?}");
    assert_eq!(lines[0].1, "false", "it is folded at first");
    assert!(lines.iter().any(|(_, open)| open == "true"), "{lines:?}");
    let thought = assert_folded(&app);
    assert!(thought.contains(char::is_alphabetic), "{thought:?}");
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
    app.press("settings");
    app.press("theme label:has([data-value=dark])");
    app.press("close-settings");
    app.press("conversation");
    app.await_answers(1);
    assert_eq!(assert_folded(&app), thought, "it is kept with its answer");
    open_by_keyboard(&app);
    app.screenshot("thought-dark-fr");
    app.close();
}

/// Presses the line as soon as it is there, and keeps what it says and whether it is open each time that it changes: a thought
/// may take less time than a look at the page.
fn open_what_is_thought(app: &App) {
    app.run(
        "window.lines = [];
         new MutationObserver(() => {
             const line = document.querySelector('[data-part=reply] [data-part=show-thinking]');
             if (!line) return;
             window.lines.push([line.textContent.trim(), line.getAttribute('aria-expanded')]);
             if (window.lines.length === 1) line.click();
         }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });",
        &[],
    );
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
