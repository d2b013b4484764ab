//! The application as it ships: its web view in private mode, which no driver can look into. Keys go in, and what
//! comes of them is read from the vault afterwards.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, Language, Message, Protection, Vault};
use aparte_tests::canaries::{canaries, places_of};
use aparte_tests::{english_sample, programs};
use secrecy::SecretString;

use super::display::Display;
use super::machine::{Machine, busy_ticks, folder_of_vault, kill, runs, web_view, worker};
use super::patience::{ANSWER, SOON, eventually};
use super::trace::Trace;

const PASSPHRASE: &str = "no hand but the keyboard";

#[test]
fn a_keyboard_is_enough_and_a_private_web_view_comes_back_reaches_nobody_and_leaves_nothing() {
    let (_, question) = english_sample();
    let machine = Machine::new();
    let display = Display::new();
    let trace = Trace::new();
    let words = trace.words();
    let mut tracer = Command::new(&words[0])
        .args(&words[1..])
        .arg(programs().join("aparte-desktop"))
        .env_clear()
        .envs(machine.environment("en_US.UTF-8"))
        .env("DISPLAY", display.name())
        .current_dir(machine.desk())
        .stdin(Stdio::null())
        .spawn()
        .expect("strace is installed: `cargo xtask test` sees to it");
    let process = eventually(SOON, "the application runs", || {
        machine.process("aparte-desktop")
    });
    let window = display.window_of(process);

    // The page is not looked into. A form and its words are more than a window without anything has to show.
    let picture = machine.path("picture.png");
    eventually(SOON, "a form is drawn", || {
        display.keep_picture(&window, &picture);
        (fs::metadata(&picture).unwrap().len() > 20_000).then_some(())
    });
    display.write(&window, PASSPHRASE);
    // Between the two fields stands the button that shows what was typed.
    display.press(&window, &["Tab", "Tab"]);
    display.write(&window, PASSPHRASE);
    display.press(&window, &["Return"]);
    let vault = eventually(SOON, "a passphrase typed twice makes a vault", || {
        folder_of_vault(&machine.aparte_home())
    });
    let engine = eventually(SOON, "an engine is started", || worker(process, "engine"));
    await_rest(process, engine);

    // Its page dies with it, and is there again with the question ready to be typed.
    let drawing = eventually(SOON, "the web view draws", || web_view(process));
    kill(drawing);
    let again = eventually(SOON, "a web view that died is started again", || {
        web_view(process).filter(|another| *another != drawing)
    });
    await_stillness(again);
    display.write(&window, &question);
    display.press(&window, &["Return"]);
    let before = busy_ticks(engine);
    eventually(SOON, "the question is asked", || {
        (busy_ticks(engine) > before + 10).then_some(())
    });
    await_rest(process, engine);
    display.close(&window);
    eventually(
        SOON,
        "the application ends when its window is closed",
        || (!runs(process)).then_some(()),
    );
    tracer.wait().unwrap();

    let contacts = trace.contacts();
    assert!(
        contacts.outside.is_empty() && contacts.loopback.is_empty(),
        "nobody is spoken to, not even on this machine: {contacts:#?}"
    );
    for word in canaries().iter().chain([&PASSPHRASE.to_owned()]) {
        let found = places_of(word, machine.folder());
        assert!(found.is_empty(), "“{word}” can be read in {found:?}");
    }

    let passphrase = SecretString::from(PASSPHRASE);
    let vault = Vault::unlock(&vault, Protection::Passphrase(&passphrase)).unwrap();
    let assistant =
        Assistant::open(vault, aparte_tests::worker(), None, Language::English).unwrap();
    let conversations = assistant.conversations().unwrap();
    let kept = conversations
        .iter()
        .find(|conversation| conversation.title == question)
        .unwrap_or_else(|| panic!("no conversation is about what was typed: {conversations:?}"));
    let messages = assistant.messages(kept.id).unwrap();
    assert!(
        matches!(messages.as_slice(), [Message::Question(asked), Message::Answer(answer)]
            if *asked == question && !answer.citations.is_empty()),
        "what was typed was asked and answered: {messages:?}"
    );
}

/// Waits until a process has had nothing to do for a while.
fn await_stillness(process: u32) {
    let mut last = (busy_ticks(process), Instant::now());
    eventually(ANSWER, "the page is drawn", || {
        let ticks = busy_ticks(process);
        if ticks != last.0 {
            last = (ticks, Instant::now());
        }
        (last.1.elapsed() > Duration::from_secs(1)).then_some(())
    });
}

/// Waits until no document is read, and the engine has nothing to do.
fn await_rest(process: u32, engine: u32) {
    let mut last = (busy_ticks(engine), Instant::now());
    eventually(ANSWER, "the workers come to rest", || {
        let ticks = busy_ticks(engine);
        if ticks != last.0 || worker(process, "documents").is_some() {
            last = (ticks, Instant::now());
        }
        (last.1.elapsed() > Duration::from_secs(1)).then_some(())
    });
}
