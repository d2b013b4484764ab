//! What leaves the program: no byte to the network, none to the disk.
//!
//! Each test of absence has a control that shows that the detector sees.

use std::path::Path;
use std::process::Command;

use aparte_tests::canaries::{assert_seen_when_planted, canaries, places_of};
use aparte_tests::{aparte, english_sample, json, models, plain, programs, without_network};

/// Runs `aparte ask` under a tracer with `home` for every place where a program might write, and gives
/// back the trace of all its processes.
fn traced(calls: &str, home: &Path, program: &mut Command) -> String {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-e"])
        .arg(format!("trace={calls}"))
        .arg("-o")
        .arg(trace.path());
    strace.arg(program.get_program()).args(program.get_args());
    strace
        .env("APARTE_MODELS", models())
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("XDG_DATA_HOME", home)
        .env("XDG_CACHE_HOME", home)
        .env_remove("LD_LIBRARY_PATH")
        .current_dir(home);
    let output = strace.output().expect("strace is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::read_to_string(trace.path()).unwrap()
}

fn ask() -> Command {
    let (file, question) = english_sample();
    let mut ask = Command::new(programs().join("aparte"));
    ask.args(["ask", "--json", &question]).arg(file);
    ask
}

#[test]
fn a_question_opens_no_socket() {
    let home = tempfile::tempdir().unwrap();
    let trace = traced("%network", home.path(), &mut ask());
    let sockets: Vec<_> = trace
        .lines()
        .filter(|line| line.contains("socket("))
        .collect();
    assert!(sockets.is_empty(), "{sockets:#?}");

    let mut control = Command::new("python3");
    control.args(["-c", "import socket; socket.socket()"]);
    assert!(
        traced("%network", home.path(), &mut control).contains("socket(AF_INET"),
        "the tracer is blind"
    );
}

#[test]
fn a_question_writes_no_file() {
    // Every call that takes the name of a file, on any processor; and the files that have none.
    const CALLS: &str = "%file,memfd_create";
    let home = tempfile::tempdir().unwrap();
    let trace = traced(CALLS, home.path(), &mut ask());
    assert!(trace.contains("O_RDONLY"), "nothing was traced");
    // Workers lower their own rank with the kernel's out-of-memory killer: that is no file on a disk.
    let found: Vec<_> = trace
        .lines()
        .filter(|line| writes(line))
        .filter(|line| !line.contains("\"/proc/self/oom_score_adj\""))
        .filter(|line| !line.contains("\"/dev/null\""))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "something was left behind"
    );

    for (program, made) in [
        ("open('left-behind', 'w')", "\"left-behind\""),
        ("import os; os.rename('left-behind', 'moved')", "\"moved\""),
        ("import os; os.mkdir('folder')", "\"folder\""),
        ("import os; os.memfd_create('unnamed')", "\"unnamed\""),
    ] {
        let mut control = Command::new("python3");
        control.args(["-c", program]);
        let trace = traced(CALLS, home.path(), &mut control);
        assert!(
            trace
                .lines()
                .any(|line| writes(line) && line.contains(made)),
            "the tracer is blind to {program}"
        );
    }
}

/// Whether a line of a trace is a call that makes, moves or may change a file.
fn writes(line: &str) -> bool {
    let Some((before, arguments)) = line.split_once('(') else {
        return false;
    };
    // The number of the process stands before the call.
    match before.split_whitespace().last() {
        Some("open" | "openat" | "openat2") => ["O_WRONLY", "O_RDWR", "O_CREAT"]
            .iter()
            .any(|flag| arguments.contains(flag)),
        Some(call) => [
            "creat", "mkdir", "mknod", "rename", "link", "symlink", "truncate", "memfd",
        ]
        .iter()
        .any(|maker| call.starts_with(maker)),
        None => false,
    }
}

#[test]
fn a_question_is_answered_where_there_is_no_network() {
    let (file, question) = english_sample();
    let alone = |program: &mut Command| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(without_network())
            .arg(program.get_program())
            .args(program.get_args());
        unshare
            .env("APARTE_MODELS", models())
            .output()
            .expect("unshare is installed")
    };
    let mut control = Command::new("python3");
    control.args([
        "-c",
        "print(open('/proc/net/route').read().splitlines()[1:])",
    ]);
    let control = alone(&mut control);
    assert!(
        control.status.success(),
        "no program could be run without a network; unprivileged user namespaces may be switched off on this \
         system: {}",
        String::from_utf8_lossy(&control.stderr)
    );
    let routes = String::from_utf8(control.stdout).unwrap();
    assert_eq!(routes.trim(), "[]", "a route leads out");

    let mut ask = Command::new(programs().join("aparte"));
    let output = alone(ask.args(["ask", "--json", &question]).arg(file));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["refused"], false);
}

const PASSPHRASE: &str = "lanterns over a quiet estuary";

/// Folders for every place where a program might write.
fn scratch() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for folder in ["tmp", "data", "cache", "work"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
    }
    home
}

/// Runs a program to its end with every such place under `home`, and gives what it printed.
fn run_in(home: &Path, program: &mut Command) -> Vec<u8> {
    let output = program
        .env("HOME", home)
        .env("TMPDIR", home.join("tmp"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .current_dir(home.join("work"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// What was answered: the sentences of the answer, without the marks of its citations, and every quote.
fn answered(printed: &[u8]) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_slice(printed).expect("one JSON object");
    let text = answer["answer"].as_str().expect("it is answered");
    // What is shorter may stand somewhere by chance.
    let is_telling = |words: &String| words.len() > 20;
    let mut sentences: Vec<_> = text
        .split(['[', ']', '>', '.', '\n'])
        .map(plain)
        .filter(is_telling)
        .collect();
    // A quote has the ends of the lines and cells of its page, and might be written with them or without.
    let quotes = answer["citations"].as_array().into_iter().flatten();
    let quotes: Vec<_> = quotes
        .map(|citation| citation["quote"].as_str().expect("a citation quotes"))
        .flat_map(|quote| [quote.to_owned(), plain(quote)])
        .filter(is_telling)
        .collect();
    assert!(
        !sentences.is_empty() && !quotes.is_empty(),
        "it is answered, with a citation: {answer}"
    );
    sentences.extend(quotes);
    sentences
}

#[test]
fn a_kept_session_leaves_no_readable_word_in_its_vault_or_anywhere_else() {
    let home = scratch();
    let passphrase = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(passphrase.path(), PASSPHRASE).unwrap();
    let (file, question) = english_sample();
    let mut ask = aparte_tests::aparte();
    ask.args(["ask", "--json", &question])
        .arg(file)
        .arg("--vault")
        .arg(home.path().join("vault"))
        .arg("--passphrase-file")
        .arg(passphrase.path());
    let answered = answered(&run_in(home.path(), &mut ask));
    let database = std::fs::read_dir(home.path().join("vault")).unwrap();
    let kept: u64 = database
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(
        kept > 200_000,
        "the document and its pages are in the vault, which has {kept} bytes"
    );
    let canaries: Vec<_> = canaries()
        .into_iter()
        .chain([PASSPHRASE.to_owned()])
        .chain(answered)
        .collect();
    for canary in &canaries {
        let found = places_of(canary, home.path());
        assert!(found.is_empty(), "“{canary}” can be read in {found:?}");
    }
    assert_seen_when_planted(&canaries, home.path());
}

#[test]
fn a_program_that_leaks_is_caught_at_every_word() {
    let home = scratch();
    let mut leaking = Command::new(programs().join("aparte-leaking"));
    leaking
        .arg(home.path().join("vault"))
        .arg(PASSPHRASE)
        .env("APARTE_MODELS", models())
        .env_remove("LD_LIBRARY_PATH");
    run_in(home.path(), &mut leaking);
    let vault = home.path().join("vault");
    for canary in canaries().into_iter().chain([PASSPHRASE.to_owned()]) {
        let found = places_of(&canary, home.path());
        assert!(
            !found.is_empty(),
            "nobody would hear of a leak of “{canary}”"
        );
        assert!(
            !found.iter().any(|path| path.starts_with(&vault)),
            "“{canary}” can be read in the vault"
        );
    }
}

/// What keeps the workers in is told, and told truly: the walls that the tests of the worker climb against stand here.
#[test]
fn the_doctor_names_every_wall_and_whether_it_stands() {
    let report = json(aparte().args(["doctor", "--json"]));
    for worker in ["documents", "engine"] {
        let walls = report[worker]["walls"].as_array().unwrap();
        let names: Vec<_> = walls
            .iter()
            .map(|wall| wall["wall"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["core_files", "files", "system_calls"], "{worker}");
        if cfg!(target_os = "linux") {
            assert!(
                walls.iter().all(|wall| wall["enforced"] == true),
                "{report}"
            );
        }
        assert_eq!(report[worker]["works"], true, "{worker}");
    }
    assert!(!report["model"]["devices"].as_array().unwrap().is_empty());
}

#[test]
fn the_doctor_says_what_works_where_something_does_not() {
    let mut command = aparte();
    command.args(["doctor", "--language", "en", "--model", "no-such-model"]);
    let output = command.output().unwrap();
    let (said, failed) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("reads documents"), "{said}");
    assert!(said.contains("did not start"), "{said}");
    assert!(failed.contains("no-such-model"), "{failed}");
}
