//! From the first launch to the conversation that is there again, with a passphrase and with a keychain.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use aparte_tests::canaries::{assert_seen_when_planted, canaries, places_of};
use aparte_tests::{Question, plain, sample_questions, without_network};
use serde_json::{Value, json};

use super::app::{App, Start};
use super::machine::{Machine, folder_of_vault};
use super::patience::{SOON, eventually};
use super::trace::{Trace, assert_tracer_sees};

const PASSPHRASE: &str = "lanterns over a quiet estuary";

/// How long the session that is listened to lasts at least.
const LISTENED: Duration = Duration::from_secs(60);
/// How many answers of a conversation the window draws unless it is asked for more.
const DRAWN: usize = 20;

fn english() -> (Question, Vec<Question>) {
    let english = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .expect("the samples are in both languages");
    let suggested = english.suggested.expect("a sample suggests a question");
    (suggested, english.questions)
}

/// The whole way: N2 listens to it, P1 and C1 look at what it left behind.
#[test]
fn a_first_launch_ends_in_a_cited_answer_that_is_there_after_a_restart() {
    let machine = Machine::new();
    machine.open_aparte_home();
    let trace = Trace::new();
    // The worst that a system can say about the files of its users.
    let mut under: Vec<OsString> = ["sh", "-c", "umask 000; exec \"$@\"", "sh"]
        .map(OsString::from)
        .into();
    under.extend(trace.words());
    let listened = Start {
        under,
        ..Start::default()
    };
    let (suggested, others) = english();

    let started = Instant::now();
    let app = App::start(&machine, &listened);
    app.see("passphrase-again");
    app.screenshot("first-launch-en");
    app.write("passphrase", PASSPHRASE);
    app.write("passphrase-again", PASSPHRASE);
    app.press("open-vault");
    eventually(
        SOON,
        "both samples are in the library with their questions",
        || {
            let library = app.texts("document").concat();
            let suggestions = app.texts("suggestion").concat();
            sample_questions()
                .iter()
                .all(|sample| {
                    let suggested = sample.suggested.as_ref().expect("each sample has one");
                    library.contains(&sample.file) && suggestions.contains(&suggested.question)
                })
                .then_some(())
        },
    );
    app.screenshot("library-en");

    watch_replies(&app);
    press_suggestion(&app, &suggested.question);
    app.see("reply[data-state=writing]");
    app.screenshot("busy-en");
    app.await_answers(1);
    let lengths = lengths_of_reply(&app);
    assert!(
        lengths.len() >= 2 && lengths.windows(2).all(|pair| pair[0] <= pair[1]),
        "the reply is seen growing before it is an answer, not {lengths:?}"
    );
    assert_cited(&app, &suggested);

    app.screenshot("answer-en");
    for (theme, language, name) in [
        ("dark", "en", "answer-en-dark"),
        ("light", "fr", "answer-fr"),
        ("light", "en", "answer-en-light"),
    ] {
        choose(&app, theme, language);
        app.screenshot(name);
    }

    let mut asked = 1;
    // No more than the window draws at once, or they could not be counted.
    for question in others
        .iter()
        .cycle()
        .take(DRAWN - 1)
        .take_while(|_| started.elapsed() < LISTENED)
    {
        app.ask(&question.question);
        asked += 1;
        app.await_answers(asked);
    }
    thread::sleep(LISTENED.saturating_sub(started.elapsed()));
    let answers = app.texts("answer");
    let lasted = started.elapsed();
    app.close();

    assert!(
        folder_of_vault(&machine.aparte_home()).is_some(),
        "there is a vault to look at"
    );
    // This was there before and holds nothing of anybody: nobody else comes to it through a closed home.
    fs::remove_dir(machine.aparte_home().join("models")).expect("it is left as it was");
    assert_private(&machine.aparte_home());
    assert_tracer_sees();
    let contacts = trace.contacts();
    assert!(
        contacts.outside.is_empty(),
        "in {lasted:?} something left the machine, or asked for a name: {:#?}",
        contacts.outside
    );
    println!(
        "{lasted:?} of use, {asked} questions: nothing left the machine. Loopback (the driver of the test): {:?}. \
         Sockets of other programs: {:#?}",
        contacts.loopback, contacts.local
    );
    for socket in &contacts.local {
        assert!(
            is_expected(socket, &machine),
            "{socket}: who is that, and what is it told?"
        );
    }

    let app = App::start(&machine, &Start::default());
    app.see("passphrase");
    assert_eq!(
        app.count("passphrase-again"),
        0,
        "a vault that is there is opened, not made anew"
    );
    app.write("passphrase", "lanterns over another estuary");
    app.press("open-vault");
    let refusal = app.text("problem");
    assert!(
        refusal.contains("passphrase") && refusal.trim().ends_with('.'),
        "a wrong passphrase gets a sentence, not {refusal:?}"
    );
    app.screenshot("wrong-passphrase-en");
    clear_and_write(&app, "passphrase", PASSPHRASE);
    app.press("open-vault");
    app.see("conversation");
    assert_eq!(app.count("conversation"), 1, "one conversation was kept");
    app.press("conversation");
    app.await_answers(asked);
    assert_eq!(
        app.texts("answer"),
        answers,
        "the answers are those that were given"
    );
    assert_cited(&app, &suggested);
    app.close();

    let words: Vec<_> = canaries()
        .into_iter()
        .chain([PASSPHRASE.to_owned()])
        .chain(answers.iter().filter_map(|answer| longest_sentence(answer)))
        .collect();
    for word in &words {
        let found = places_of(word, machine.folder());
        assert!(found.is_empty(), "“{word}” can be read in {found:?}");
    }
    assert_seen_when_planted(&words, machine.folder());
}

/// N1: on a machine whose only network is itself.
#[test]
fn with_a_keychain_nothing_is_asked_and_no_network_is_needed() {
    const INSIDE: &str = "APARTE_TEST_WITHOUT_NETWORK";
    if std::env::var_os(INSIDE).is_none() {
        let inside = Command::new("unshare")
            .args(without_network())
            .args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
            .arg(std::env::current_exe().expect("a running test has a path"))
            .args([
                "--exact",
                "window::launches::with_a_keychain_nothing_is_asked_and_no_network_is_needed",
                "--nocapture",
            ])
            .env(INSIDE, "1")
            .output()
            .expect("unshare is installed");
        let said = String::from_utf8_lossy(&inside.stdout);
        assert!(
            inside.status.success() && said.contains("1 passed"),
            "{said}\n{}",
            String::from_utf8_lossy(&inside.stderr)
        );
        return;
    }
    let routes = fs::read_to_string("/proc/net/route").unwrap();
    assert_eq!(routes.lines().count(), 1, "a route leads out: {routes}");

    let machine = Machine::new();
    let start = Start {
        keychain: true,
        ..Start::default()
    };
    let (suggested, _) = english();
    let app = App::start(&machine, &start);
    app.see("new-conversation");
    assert_eq!(
        app.count("passphrase"),
        0,
        "the keychain keeps the key: nobody is asked for one"
    );
    press_suggestion(&app, &suggested.question);
    app.await_answers(1);
    assert_cited(&app, &suggested);
    app.close();

    let app = App::start(&machine, &start);
    app.press("conversation");
    app.await_answers(1);
    assert_cited(&app, &suggested);
    app.close();
}

/// Presses the button with a suggested question.
fn press_suggestion(app: &App, question: &str) {
    let place = eventually(SOON, "the question is suggested", || {
        app.texts("suggestion")
            .iter()
            .position(|text| text.contains(question))
    });
    let suggestions = app
        .session()
        .find("[data-part=suggestion]")
        .expect("they were just there");
    app.session()
        .click(&suggestions[place])
        .expect("a suggestion can be pressed");
}

/// From here on notes how long the reply is at each change of the page.
fn watch_replies(app: &App) {
    app.run(
        "window.replyLengths = [];
         new MutationObserver(() => {
             const reply = document.querySelector('[data-part=reply][data-state=writing]');
             const length = reply === null ? 0 : reply.textContent.trim().length;
             if (length > 0 && window.replyLengths.at(-1) !== length) window.replyLengths.push(length);
         }).observe(document.body, { childList: true, subtree: true, characterData: true });",
        &[],
    );
}

fn lengths_of_reply(app: &App) -> Vec<u64> {
    serde_json::from_value(app.run("return window.replyLengths", &[])).expect("lengths are numbers")
}

/// Fails unless the first answer of the open conversation is cited with a verified quote that answers the question,
/// and the source opens at its page with the quote marked.
fn assert_cited(app: &App, question: &Question) {
    let conversations = app.invoke("conversations", json!({}));
    let messages = app.invoke("messages", json!({"conversation": conversations[0]["id"]}));
    let answer = messages
        .as_array()
        .into_iter()
        .flatten()
        .find(|message| message["role"] == "answer")
        .unwrap_or_else(|| panic!("no answer was kept: {messages}"));
    let citations = answer["answer"]["citations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let place = citations
        .iter()
        .position(|citation| is_of(citation, question))
        .unwrap_or_else(|| panic!("no verified citation answers the question: {answer}"));
    let number = place + 1;

    app.press(&format!("citation[data-number=\"{number}\"]"));
    let page = format!("page {}", question.page);
    eventually(SOON, &format!("the source is open at {page}"), || {
        let source = app.texts("source").concat().to_lowercase();
        source.contains(&page).then_some(())
    });
    eventually(SOON, "the quote is marked on the page as it looks", || {
        (app.count("box") > 0).then_some(())
    });
    app.press("as-text");
    assert_eq!(
        plain(&app.text("quote")),
        plain(citations[place]["quote"].as_str().unwrap_or_default()),
        "the quote is marked in its page"
    );
}

fn is_of(citation: &Value, question: &Question) -> bool {
    let quote = plain(citation["quote"].as_str().unwrap_or_default());
    citation["verified"] == true
        && citation["page"] == question.page
        && (quote.contains(&plain(&question.quote)) || plain(&question.quote).contains(&quote))
}

/// Chooses in the settings, and closes them again.
fn choose(app: &App, theme: &str, language: &str) {
    app.press("settings");
    app.press(&format!("theme label:has([data-value={theme}])"));
    app.press(&format!("language label:has([data-value={language}])"));
    eventually(SOON, "the page says its language", || {
        (app.run("return document.documentElement.lang", &[]) == language).then_some(())
    });
    app.screenshot(&format!("settings-{theme}-{language}"));
    app.press("close-settings");
}

/// Replaces what stands in a field.
fn clear_and_write(app: &App, part: &str, text: &str) {
    const SELECT_ALL: &str = "\u{e009}a\u{e000}";
    app.write(part, SELECT_ALL);
    app.write(part, text);
}

/// Fails unless only the user may read a folder and what is in it, whatever the system's habit.
fn assert_private(path: &Path) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let mode = metadata.permissions().mode() & 0o7777;
    let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(
        format!("{mode:o}"),
        format!("{expected:o}"),
        "{} may be opened by others",
        path.display()
    );
    if metadata.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        entries.for_each(|entry| assert_private(&entry.unwrap().path()));
    }
}

/// Whether a socket of another program is one that the window needs.
fn is_expected(socket: &str, machine: &Machine) -> bool {
    let own = machine.folder().to_string_lossy().into_owned();
    [
        own.as_str(),
        // The screen.
        "/tmp/.X11-unix/",
        // The C library asks for the user's name and home.
        "/nscd/socket",
        // The web view asks whether the machine is to save power.
        "/dbus/system_bus_socket",
    ]
    .iter()
    .any(|known| socket.contains(known))
}

/// The longest sentence of an answer, without the marks of its citations and without what Aparté says of its own.
fn longest_sentence(answer: &str) -> Option<String> {
    answer
        .split(['.', '\n', '['])
        .map(str::trim)
        .filter(|sentence| sentence.len() > 20 && !sentence.starts_with("The model's own words"))
        .max_by_key(|sentence| sentence.len())
        .map(str::to_owned)
}
