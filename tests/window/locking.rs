//! The vault in the window: what opens it, what locks it, what is erased in it, and a second start.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

use aparte_tests::canaries::places_of;
use aparte_tests::{english_sample, fixture, programs};
use serde_json::json;

use super::app::{App, Start};
use super::display::Display;
use super::format::master_of;
use super::login::Login;
use super::machine::{Machine, folder_of_vault, runs, web_view, worker};
use super::patience::{SOON, eventually, stays};
use super::secrets::{count, secret, secrets};

const PASSPHRASE: &str = "a heron stands by the sluice";
const ANOTHER: &str = "three geese on a frozen mere";

/// What was typed and not sent when the vault was locked.
const UNSENT: &str = "And in the years before, did the";

#[test]
fn a_locked_vault_shows_nothing_and_opens_with_its_passphrase_or_its_recovery_words() {
    let (file, question) = sample();
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.ask(&question);
    app.await_answers(1);
    let answers = app.texts("answer");
    let words = make_recovery(&app, Some(PASSPHRASE));
    app.write("question", UNSENT);
    app.run("window.before = true", &[]);
    // Behind its first words there are marks.
    let answered: String = answers[0].trim().chars().take(40).collect();
    let canaries = [question.as_str(), &answered, &words, UNSENT, PASSPHRASE].map(str::to_owned);
    assert_unreadable(&machine, "open", &canaries);
    lock(&app);
    assert_unreadable(&machine, "locked", &canaries);

    app.screenshot("locked-en");
    let page = app.run(
        "return document.documentElement.textContent + document.title",
        &[],
    );
    let page = page.as_str().unwrap_or_default();
    for word in [question.as_str(), &file, "harbour", UNSENT, &words] {
        assert!(
            !page.contains(word),
            "“{word}” is still on the page: {page}"
        );
    }
    assert_eq!(
        app.run("return window.before ?? false", &[]),
        json!(false),
        "the page is another one"
    );
    for role in ["engine", "documents"] {
        assert_eq!(worker(app.process(), role), None, "the {role} worker ended");
    }
    let refused = app.run(
        "return window.__TAURI_INTERNALS__.invoke('conversations').then(() => 'told', (error) => error.code)",
        &[],
    );
    assert_eq!(
        refused, "vault_locked",
        "no command reaches into a locked vault"
    );

    app.write("passphrase", ANOTHER);
    app.press("open-vault");
    assert_sentence(&app.text("problem"), "passphrase");
    replace(&app, "passphrase", PASSPHRASE);
    app.press("open-vault");
    assert_is_back(&app, &answers);
    assert_eq!(
        app.run(
            "return document.querySelector('[data-part=question]').value",
            &[]
        ),
        UNSENT,
        "what was typed and not sent is there again"
    );

    lock(&app);
    app.press("other-way");
    let mut wrong: Vec<&str> = words.split(' ').collect();
    wrong.pop();
    wrong.push("harbourmaster");
    app.write("recovery", &wrong.join(" "));
    app.press("open-vault");
    assert_sentence(&app.text("problem"), "recovery words");
    // As somebody types them from a sheet of paper.
    let from_paper: Vec<_> = words
        .split(' ')
        .enumerate()
        .map(|(index, word)| format!("{}. {}", index + 1, word.to_uppercase()))
        .collect();
    replace(&app, "recovery", &from_paper.join(", "));
    app.press("open-vault");
    assert_is_back(&app, &answers);
    app.close();
    assert_unreadable(&machine, "closed", &canaries);
}

/// C1: nothing of all that stands in any file of this machine, whatever state the application is in.
fn assert_unreadable(machine: &Machine, state: &str, canaries: &[String]) {
    for canary in canaries {
        let found = places_of(canary, machine.folder());
        assert!(
            found.is_empty(),
            "{state}: “{canary}” can be read in {found:?}"
        );
    }
}

/// A picture of a form has more bytes than this, one of an empty window or of a moment's patience has fewer.
const FORM: usize = 12_000;

/// What a caret that comes and goes makes of a picture's bytes.
const CARET: usize = 200;

/// K8: no key is left in the process that had the vault open, the one that drew is gone, and so is the engine. No driver
/// looks into this one: it would take the end of the page's process for a crash.
#[test]
fn the_process_that_drew_ends_with_the_lock_and_another_begins() {
    let machine = Machine::new();
    let display = Display::new();
    let mut program = Command::new(programs().join("aparte-desktop"))
        .env_clear()
        .envs(machine.environment("en_US.UTF-8"))
        .env("DISPLAY", display.name())
        .current_dir(machine.desk())
        .spawn()
        .expect("it can be started");
    let process = program.id();
    let window = display.window_of(process);
    let picture = machine.path("picture.png");
    let look = || {
        display.keep_picture(&window, &picture);
        fs::read(&picture).expect("it was kept")
    };
    let await_form = || {
        eventually(SOON, "a form is drawn, and nothing else any more", || {
            let seen = look();
            (seen.len() > FORM && seen.len().abs_diff(look().len()) < CARET).then_some(())
        });
    };
    await_form();
    display.write(&window, PASSPHRASE);
    display.press(&window, &["Tab", "Tab"]);
    display.write(&window, PASSPHRASE);
    display.press(&window, &["Return"]);
    eventually(SOON, "the vault is open", || worker(process, "engine"));
    let drawing = web_view(process).expect("the window is drawn");
    let vault = folder_of_vault(&machine.aparte_home()).expect("there is a vault");
    let manifest = fs::read(vault.join("vault.json")).unwrap();
    let keys = secrets(&vault, master_of(&manifest, PASSPHRASE), &[]);
    let typed = [secret("the passphrase", PASSPHRASE.as_bytes())];
    let held = || -> Vec<&str> {
        let counts = count(process, &keys).into_iter().zip(&keys);
        let held = counts.filter(|(count, _)| *count > 0);
        held.map(|(_, key)| key.name).collect()
    };
    let open = held();
    assert!(
        !open.is_empty(),
        "an open vault has keys, and the scan is not blind"
    );

    let again = eventually(SOON, "Ctrl+L locks, and another process draws", || {
        display.press(&window, &["ctrl+l"]);
        web_view(process).filter(|another| *another != drawing)
    });
    eventually(SOON, "what it held in memory is gone", || {
        (!runs(drawing)).then_some(())
    });
    eventually(SOON, "so is the engine's", || {
        worker(process, "engine").is_none().then_some(())
    });
    eventually(SOON, "no key is left in memory", || {
        held().is_empty().then_some(())
    });
    // What passed through the system's web view on its way is not ours to wipe.
    let left = count(process, &typed)[0];
    println!("{open:?} while it was open, none after; the passphrase: {left} times");
    eventually(SOON, "the passphrase opens it again", || {
        await_form();
        display.write(&window, PASSPHRASE);
        display.press(&window, &["Return"]);
        worker(process, "engine")
    });
    assert!(runs(again), "the page stays until the next lock");
    display.close(&window);
    assert!(program.wait().is_ok_and(|status| status.success()));
}

#[test]
fn a_passphrase_takes_the_place_of_the_keychain_and_then_the_screen_and_sleep_lock_the_vault() {
    let machine = Machine::new();
    let mut login = Login::new();
    let start = Start {
        keychain: true,
        under: login.words(),
        ..Start::default()
    };
    let app = App::start(&machine, &start);
    app.see("new-conversation");
    assert_eq!(
        login.hear(),
        "waits",
        "the machine is to wait with its sleep"
    );
    lock_screen(&app);
    login.tell("sleep");
    stays("a keychain that is open would open it at once", || {
        app.count("new-conversation") > 0
    });
    login.tell("wake");

    app.press("settings");
    app.press("set-passphrase");
    app.write("new-passphrase", PASSPHRASE);
    app.write("new-passphrase-again", PASSPHRASE);
    app.screenshot("set-passphrase-en");
    app.press("protect");
    app.see("done:not(:empty)");
    app.press("close-settings");

    lock_screen(&app);
    app.see("launch[data-state=locked]");
    unlock(&app);
    assert_eq!(login.waits_for(), 1, "it waits for this vault");
    login.tell("sleep");
    app.see("launch[data-state=locked]");
    assert_eq!(
        login.waits_for(),
        0,
        "it may sleep once the vault is locked"
    );
    unlock(&app);
    login.tell("lock");
    app.see("launch[data-state=locked]");
    app.close();

    let app = App::start(&machine, &Start::default());
    app.see("launch[data-state=locked]");
    assert_eq!(
        app.count("try-keychain"),
        0,
        "no keychain opens it any more"
    );
    unlock(&app);
    app.close();
}

#[test]
fn without_its_keychain_a_vault_says_so_and_the_recovery_words_open_it() {
    let (_, question) = sample();
    let machine = Machine::new();
    let with_keychain = Start {
        keychain: true,
        ..Start::default()
    };
    let app = App::start(&machine, &with_keychain);
    app.see("new-conversation");
    app.ask(&question);
    app.await_answers(1);
    let answers = app.texts("answer");
    let words = make_recovery(&app, None);
    app.close();

    let app = App::start(&machine, &Start::default());
    app.see("launch[data-state=locked]");
    assert_sentence(&app.text("problem"), "keychain");
    app.screenshot("keychain-missing-en");
    app.press("try-keychain");
    assert_sentence(&app.text("problem"), "keychain");
    app.write("recovery", &words);
    app.press("open-vault");
    assert_is_back(&app, &answers);
    app.close();
}

#[test]
fn what_is_erased_can_be_brought_back_until_it_is_final() {
    let (file, question) = sample();
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    for (number, title) in [question.as_str(), "What did the harbour earn?"]
        .iter()
        .enumerate()
    {
        app.press("new-conversation");
        app.ask(title);
        eventually(SOON, "it is in the list", || {
            (app.count("conversation") == number + 1).then_some(())
        });
        app.await_answers(1);
    }

    app.press("erase-conversation");
    app.see("erasure");
    assert_eq!(app.count("conversation"), 1, "it is out of sight at once");
    app.screenshot("erased-en");
    // A page that is loaded anew, as after a web view that died, knows of it too.
    app.run(
        "window.before = true; setTimeout(() => location.reload())",
        &[],
    );
    eventually(SOON, "the page is loaded anew", || {
        let is_before = app.session().script("return window.before ?? false", &[]);
        is_before
            .is_ok_and(|is_before| is_before == false)
            .then_some(())
    });
    app.press("undo-erase");
    app.see_gone("erasure");
    eventually(SOON, "it is back", || {
        (app.count("conversation") == 2).then_some(())
    });

    app.press("erase-conversation");
    app.press("erase-now");
    app.see_gone("erasure");
    assert_eq!(app.count("conversation"), 1);

    app.press(&format!("erase-document[aria-label*=\"{file}\"]"));
    app.see("erase-question");
    app.screenshot("erase-document-en");
    app.press("erase-anyway");
    app.see("erasure");
    let library = || app.texts("document").concat();
    assert!(!library().contains(&file), "the document is erased");
    // The lock makes it final.
    lock(&app);
    unlock(&app);
    eventually(SOON, "the library is read", || {
        (app.count("document") == 1).then_some(())
    });
    assert!(!library().contains(&file));
    assert_eq!(app.count("erasure"), 0);
    app.close();

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.see("document");
    let left = app.invoke("conversations", json!({}));
    assert_eq!(
        left.as_array().map(Vec::len),
        Some(1),
        "what is final is: {left}"
    );
    assert_eq!(app.count("document"), 1);
    app.close();
}

#[test]
fn a_backup_of_one_vault_becomes_another_on_another_machine() {
    let (_, question) = sample();
    let (machine, other) = (Machine::new(), Machine::new());
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.ask(&question);
    app.await_answers(1);
    let answers = app.texts("answer");
    let backup = machine.desk().join("kept.aparte-backup");
    app.press("settings");
    app.press("back-up");
    app.choose_in_dialog(&backup);
    app.see("done:not(:empty)");
    assert!(backup.is_file(), "the backup lies where it was wanted");
    app.press("export");
    app.screenshot("export-en");
    app.press("export-anyway");
    app.choose_in_dialog(&machine.desk());
    app.see("settings-page[data-page=settings]");
    app.see("done:not(:empty)");
    let export = machine.desk().join("Aparté export");
    let documents = fs::read_dir(export.join("documents")).unwrap();
    assert_eq!(documents.count(), 2, "both samples are there as they came");
    app.close();

    let app = App::start(&other, &Start::default());
    app.press("restore");
    app.screenshot("restore-en");
    app.write("passphrase", ANOTHER);
    app.press("choose-backup");
    app.choose_in_dialog(&backup);
    assert_sentence(&app.text("problem"), "passphrase");
    replace(&app, "passphrase", PASSPHRASE);
    app.press("choose-backup");
    app.choose_in_dialog(&backup);
    assert_is_back(&app, &answers);
    lock(&app);
    unlock(&app);
    app.close();
}

#[test]
fn a_second_start_hands_its_files_to_the_window_that_is_there() {
    let machine = Machine::new();
    let start = Start {
        keychain: true,
        ..Start::default()
    };
    let app = App::start(&machine, &start);
    app.see("new-conversation");
    // A name of a file need not be text.
    let odd = PathBuf::from(unnameable());
    fs::write(machine.desk().join(&odd), "The tide turned at nine.\n").unwrap();
    for file in [fixture("notes.md"), odd] {
        let second = Command::new(programs().join("aparte-desktop"))
            .arg(&file)
            .env_clear()
            .envs(machine.environment("en_US.UTF-8"))
            .env("DISPLAY", app.display().name())
            .env("DBUS_SESSION_BUS_ADDRESS", app.bus())
            .current_dir(machine.desk())
            .status()
            .expect("it can be started");
        assert!(
            second.success(),
            "the second start ends by itself: {second}"
        );
    }
    for name in ["notes.md", "tide"] {
        eventually(SOON, &format!("{name} is in the library"), || {
            let library = app.texts("document");
            library.iter().any(|row| row.contains(name)).then_some(())
        });
    }
    app.close();
}

fn unnameable() -> OsString {
    OsString::from_vec(b"tide-\xe9.md".to_vec())
}

/// The name of the document in English that comes with the application, and a question that it answers.
fn sample() -> (String, String) {
    let (file, question) = english_sample();
    let name = file.file_name().expect("it is a file").to_string_lossy();
    (name.into_owned(), question)
}

/// Locks by the button.
fn lock(app: &App) {
    app.press("lock");
    app.see("launch[data-state=locked]");
}

fn unlock(app: &App) {
    app.write("passphrase", PASSPHRASE);
    app.press("open-vault");
    app.see("new-conversation");
}

/// Opens the only conversation, and finds it as it was.
fn assert_is_back(app: &App, answers: &[String]) {
    app.press("conversation");
    app.await_answers(answers.len());
    assert_eq!(app.texts("answer"), answers);
}

fn assert_sentence(text: &str, word: &str) {
    assert!(
        text.contains(word) && text.trim().ends_with('.'),
        "a sentence about the {word}, not {text:?}"
    );
}

/// Replaces what stands in a field.
fn replace(app: &App, part: &str, text: &str) {
    const SELECT_ALL: &str = "\u{e009}a\u{e000}";
    app.write(part, SELECT_ALL);
    app.write(part, text);
}

/// Has recovery words made, and gives back what stands on the sheet.
fn make_recovery(app: &App, passphrase: Option<&str>) -> String {
    app.press("settings");
    app.press("make-recovery");
    if let Some(passphrase) = passphrase {
        app.write("passphrase", passphrase);
    }
    app.press("protect");
    app.see("recovery-word");
    app.screenshot("recovery-words-en");
    let words: Vec<_> = app
        .texts("recovery-word")
        .iter()
        .map(|word| word.trim_matches(|c: char| !c.is_alphabetic()).to_owned())
        .collect();
    assert_eq!(words.len(), 24);
    app.press("words-written");
    app.press("close-settings");
    app.see_gone("recovery-word");
    words.join(" ")
}

/// Says what a screen saver says when it locks the screen.
fn lock_screen(app: &App) {
    let said = Command::new("gdbus")
        .args([
            "emit",
            "--session",
            "--object-path",
            "/org/gnome/ScreenSaver",
        ])
        .args(["--signal", "org.gnome.ScreenSaver.ActiveChanged", "true"])
        .env("DBUS_SESSION_BUS_ADDRESS", app.bus())
        .status();
    assert!(
        said.is_ok_and(|status| status.success()),
        "gdbus is installed"
    );
}
