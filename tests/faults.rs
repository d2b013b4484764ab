//! Workers die at the worst moments; nothing else may.
//!
//! The long form (`cargo xtask campaign faults`) kills many times at moments spread over a whole reply.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aparte_assistant::{
    Answer, Assistant, DocumentId, Ending, Error, Input, Language, Lead, Message, ModelTrouble,
    Progress, Stop,
};
use aparte_tests::{aparte, ask, assistant, english_sample};
use aparte_vault::{Cost, Protection, Vault};
use secrecy::SecretString;

const PASSPHRASE: &str = "a ferry that leaves at dusk";

fn kills() -> u32 {
    if std::env::var_os("APARTE_CAMPAIGN").is_some() {
        200
    } else {
        8
    }
}

fn session() -> (Assistant, DocumentId, String) {
    let (file, question) = english_sample();
    let assistant = assistant(Language::English);
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    (assistant, document, question)
}

fn kill(process: u32) {
    let killed = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

#[test]
fn an_engine_killed_in_mid_reply_leaves_the_words_so_far_and_the_next_question_works() {
    let (assistant, document, question) = session();
    let mut first = None;
    let answer = ask(
        &assistant,
        &question,
        &[document],
        &Stop::default(),
        &mut |progress| {
            if let Progress::Text(text) = progress
                && first.is_none()
            {
                first = Some(text);
                kill(assistant.engine_process().unwrap());
            }
        },
    )
    .unwrap();
    let first = first.expect("a word was written before the engine died");
    assert_eq!(answer.ending, Ending::Interrupted);
    assert_eq!(answer.lead, Lead::Model, "the model's words are kept");
    assert!(!answer.text.trim().is_empty());
    assert!(
        answer.text.starts_with(first.trim_end()),
        "{first:?} was shown, and {:?} is kept",
        answer.text
    );

    let next = ask(
        &assistant,
        &question,
        &[document],
        &Stop::default(),
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(next.ending, Ending::Complete);
    assert!(!next.citations.is_empty());
}

#[test]
fn an_engine_killed_at_any_moment_costs_at_most_its_own_reply() {
    let mut failures = 0;
    let mut interrupted = 0;
    for round in 0..kills() {
        // From the start of the engine, over loading and writing, to the wait after the answer; in every other round
        // from the first word on, so that some kill hits a reply on machines of any speed.
        let from_first_word = round % 2 == 1;
        let moment = Duration::from_millis(u64::from(round / 2) * 5_000 / u64::from(kills()));
        let written = AtomicBool::new(false);
        let (assistant, document, question) = session();
        let asked = || {
            ask(
                &assistant,
                &question,
                &[document],
                &Stop::default(),
                &mut |progress| {
                    if matches!(progress, Progress::Text(_)) {
                        written.store(true, Ordering::Relaxed);
                    }
                },
            )
        };
        let ended = std::thread::scope(|scope| {
            scope.spawn(|| {
                let engine = wait_for(|| assistant.engine_process());
                if from_first_word {
                    wait_for(|| written.load(Ordering::Relaxed).then_some(()))
                        .expect("a word is written");
                }
                std::thread::sleep(moment);
                kill(engine.expect("an engine is started for a question"));
            });
            asked()
        });
        // Killed while it loads, it is an error that says so; killed later, an answer that says so.
        let said = matches!(
            ended,
            Ok(Answer {
                ending: Ending::Interrupted | Ending::Complete,
                ..
            }) | Err(Error::EngineStopped
                | Error::Model {
                    trouble: ModelTrouble::StoppedTheEngine,
                    ..
                })
        );
        // An engine that dies while it loads ends no reply, and one that dies after the answer neither.
        let hit = match &ended {
            Ok(answer) => answer.ending == Ending::Interrupted,
            Err(error) => *error == Error::EngineStopped,
        };
        interrupted += u32::from(hit);
        let next = asked();
        let works = matches!(&next, Ok(answer) if answer.ending == Ending::Complete);
        if !(said && works) {
            println!("killed after {moment:?}: {ended:?}, and then {next:?}");
            failures += 1;
        }
    }
    println!("campaign: executions={} failures={failures}", kills());
    assert_eq!(failures, 0);
    assert!(interrupted > 0, "no kill came while a reply was under way");
}

#[test]
fn a_documents_worker_killed_while_it_reads_is_said_and_ends_nothing_else() {
    let (file, _) = english_sample();
    let mut found = 0;
    for _ in 0..20 {
        let mut app = aparte()
            .args(["search", "harbour"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let parent = app.id().to_string();
        let mut killed = false;
        while !killed && app.try_wait().unwrap().is_none() {
            killed = Command::new("pkill")
                .args(["-9", "-P", &parent])
                .status()
                .unwrap()
                .success();
        }
        let ended = app.wait_with_output().unwrap();
        if ended.status.success() {
            continue; // It had read everything before it died.
        }
        found += 1;
        let sentence = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
    assert!(found > 0, "no worker was killed in time");
}

#[cfg(target_os = "linux")]
#[test]
fn no_worker_outlives_the_session_that_started_it() {
    let (assistant, document, question) = session();
    ask(
        &assistant,
        &question,
        &[document],
        &Stop::default(),
        &mut |_| {},
    )
    .unwrap();
    let engine = assistant
        .engine_process()
        .expect("the engine stays ready after an answer");
    drop(assistant);
    assert!(!runs(engine));
}

#[cfg(target_os = "linux")]
#[test]
fn no_worker_outlives_an_app_that_is_killed_in_mid_work() {
    let file = aparte_tests::fixture("jsonlite-json-mapping.pdf");
    for role in ["documents", "engine"] {
        let mut app = aparte()
            .args(["ask", "How are missing values written?"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let worker = wait_for(|| child(app.id(), &format!("aparte-worker {role}")));
        assert!(
            app.try_wait().unwrap().is_none(),
            "the app was done before it could be killed"
        );
        app.kill().unwrap();
        app.wait().unwrap();
        let worker = worker.unwrap_or_else(|| panic!("no worker for the {role} was started"));
        let killed = Instant::now();
        while runs(worker) {
            assert!(
                killed.elapsed() < Duration::from_secs(2),
                "the worker for the {role} outlived the app"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The child of a process whose command line holds some words.
#[cfg(target_os = "linux")]
fn child(parent: u32, words: &str) -> Option<u32> {
    let output = Command::new("pgrep")
        .args(["-P", &parent.to_string(), "-f", words])
        .output()
        .unwrap();
    let found = String::from_utf8(output.stdout).unwrap();
    found.lines().next()?.parse().ok()
}

/// Whether a process is at work; one that ended and was not yet taken note of by its parent is not.
#[cfg(target_os = "linux")]
fn runs(process: u32) -> bool {
    // `PID (name) state …`, and a name may hold anything.
    let Ok(line) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return false;
    };
    let (_, rest) = line.rsplit_once(") ").expect("proc(5) says so");
    !rest.starts_with(['Z', 'X'])
}

/// Looks for something until it is there, for at most half a minute.
fn wait_for<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

/// F1 with the real engine: the whole application is killed, with what it was writing.
#[test]
fn an_application_killed_at_any_moment_of_a_reply_keeps_the_question_and_whatever_it_said_was_stored()
 {
    let ground = tempfile::tempdir().unwrap();
    let (vault, secret) = (ground.path().join("vault"), ground.path().join("secret"));
    fs::write(&secret, PASSPHRASE).unwrap();
    let passphrase = SecretString::from(PASSPHRASE);
    let proof = Protection::Passphrase(&passphrase);
    drop(Vault::create(&vault, proof, Cost::FLOOR).unwrap());
    let (file, question) = english_sample();
    let ask = || {
        let mut ask = aparte();
        ask.args(["ask", "--json", &question]).arg(&file);
        ask.arg("--vault").arg(&vault);
        ask.arg("--passphrase-file").arg(&secret);
        ask
    };
    // One that nobody kills says how long it takes on this machine.
    let started = Instant::now();
    aparte_tests::json(&mut ask());
    let whole = started.elapsed();
    let mut failures = 0;
    let (mut asked, mut answered) = (0, 0);
    for round in 0..kills() {
        let mut ask = ask();
        let mut process = ask
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(whole * (round + 1) / kills());
        process.kill().expect("it is a child of this process");
        let printed = process.wait_with_output().expect("it ends").stdout;
        let said: Option<serde_json::Value> = serde_json::from_slice(&printed).ok();

        let opened = Vault::unlock(&vault, proof).unwrap();
        let assistant =
            Assistant::open(opened, "no-worker".into(), None, Language::English).unwrap();
        let mut whole = assistant.notices() == Ok(Vec::new());
        let mut stored = Vec::new();
        for conversation in assistant.conversations().unwrap() {
            match assistant.messages(conversation.id).unwrap().as_slice() {
                [Message::Question(kept)] => whole &= *kept == question,
                [Message::Question(kept), Message::Answer(answer)] => {
                    whole &= *kept == question;
                    stored.push(answer.text.clone());
                }
                _ => whole = false,
            }
            asked += 1;
        }
        answered += stored.len();
        if let Some(said) = &said {
            whole &= stored.iter().any(|text| said["answer"] == **text);
        }
        if !whole {
            println!("round {round}: {said:?}, and in the vault {stored:?}");
            failures += 1;
        }
    }
    println!("campaign: executions={} failures={failures}", kills());
    assert_eq!(failures, 0);
    assert!(asked > answered, "every kill came too late");
}
