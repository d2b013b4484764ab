//! Workers die at the worst moments; nothing else may.
//!
//! The long form (`cargo xtask campaign faults`) kills many times at moments spread over a whole reply.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use aparte_assistant::{Assistant, DocumentId, Ending, Language, Progress, Stop};
use aparte_tests::{aparte, assistant, sample, sample_questions};

fn kills() -> u32 {
    if std::env::var_os("APARTE_CAMPAIGN").is_some() {
        200
    } else {
        8
    }
}

fn english() -> (PathBuf, String) {
    let questions = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .unwrap();
    (
        sample(&questions.file),
        questions.suggested.unwrap().question,
    )
}

fn session() -> (Assistant, DocumentId, String) {
    let (file, question) = english();
    let assistant = assistant(Language::English);
    let document = assistant.add_file(&file, &mut |_, _| {}).unwrap();
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
    let mut written = String::new();
    let mut killed = false;
    let answer = assistant
        .ask(&question, &[document], &Stop::default(), &mut |progress| {
            if let Progress::Text(text) = progress {
                written.push_str(&text);
                if !std::mem::replace(&mut killed, true) {
                    kill(assistant.engine_process().unwrap());
                }
            }
        })
        .unwrap();
    assert!(killed);
    assert_eq!(answer.ending, Ending::Interrupted);
    assert!(!written.is_empty());

    let next = assistant
        .ask(&question, &[document], &Stop::default(), &mut |_| {})
        .unwrap();
    assert_eq!(next.ending, Ending::Complete);
    assert!(!next.citations.is_empty());
}

#[test]
fn an_engine_killed_at_any_moment_costs_at_most_its_own_reply() {
    let (assistant, document, question) = session();
    let mut failures = 0;
    for round in 0..kills() {
        // From the very start of loading to the end of a reply.
        let moment = Duration::from_millis(u64::from(round) * 2_500 / u64::from(kills()));
        let ended = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(moment);
                if let Some(process) = assistant.engine_process() {
                    let _ = Command::new("kill")
                        .args(["-9", &process.to_string()])
                        .status();
                }
            });
            assistant.ask(&question, &[document], &Stop::default(), &mut |_| {})
        });
        // Killed while it loads, it is an error that says so; killed later, an answer that says so.
        let said = matches!(
            ended.as_ref().map(|answer| answer.ending),
            Ok(Ending::Interrupted | Ending::Complete) | Err(_)
        );
        let next = assistant.ask(&question, &[document], &Stop::default(), &mut |_| {});
        let works = next.is_ok_and(|answer| answer.ending == Ending::Complete);
        failures += u32::from(!(said && works));
    }
    println!("campaign: executions={} failures={failures}", kills());
    assert_eq!(failures, 0);
}

#[test]
fn a_documents_worker_killed_while_it_reads_is_said_and_ends_nothing_else() {
    let (file, _) = english();
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

#[test]
fn no_worker_outlives_the_session_that_started_it() {
    let (assistant, document, question) = session();
    assistant
        .ask(&question, &[document], &Stop::default(), &mut |_| {})
        .unwrap();
    let process = assistant
        .engine_process()
        .expect("the engine stays ready after an answer");
    drop(assistant);
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
}
