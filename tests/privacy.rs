//! What leaves the program: no byte to the network, none to the disk.
//!
//! Each test of absence has a control that shows that the detector sees.

use std::path::Path;
use std::process::Command;

use aparte_tests::{models, programs, sample, sample_questions};

fn question() -> (std::path::PathBuf, String) {
    let questions = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .unwrap();
    (
        sample(&questions.file),
        questions.suggested.unwrap().question,
    )
}

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
    let (file, question) = question();
    let mut ask = Command::new(programs().join("aparte"));
    ask.args(["ask", "--json", &question]).arg(file);
    ask
}

#[test]
fn a_question_opens_no_socket() {
    let home = tempfile::tempdir().unwrap();
    let trace = traced("network", home.path(), &mut ask());
    let sockets: Vec<_> = trace
        .lines()
        .filter(|line| line.contains("socket("))
        .collect();
    assert!(sockets.is_empty(), "{sockets:#?}");

    let mut control = Command::new("python3");
    control.args(["-c", "import socket; socket.socket()"]);
    assert!(
        traced("network", home.path(), &mut control).contains("socket(AF_INET"),
        "the tracer is blind"
    );
}

#[test]
fn a_question_writes_no_file() {
    let home = tempfile::tempdir().unwrap();
    let trace = traced(
        "open,openat,creat,mkdir,mkdirat,rename,link,symlink,memfd_create",
        home.path(),
        &mut ask(),
    );
    // Workers lower their own rank with the kernel's out-of-memory killer: that is no file on a disk.
    let written = |line: &&str| {
        [
            "O_WRONLY", "O_RDWR", "O_CREAT", "creat(", "mkdir", "rename", "link(", "memfd",
        ]
        .iter()
        .any(|sign| line.contains(sign))
            && !line.contains("/proc/self/oom_score_adj")
            && !line.contains("\"/dev/null\"")
    };
    let found: Vec<_> = trace.lines().filter(written).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "something was left behind"
    );

    let mut control = Command::new("python3");
    control.args(["-c", "open('left-behind', 'w').write('x')"]);
    let control = traced("open,openat,creat", home.path(), &mut control);
    assert!(
        control.lines().any(|line| written(&line)),
        "the tracer is blind"
    );
}

#[test]
fn a_question_is_answered_where_there_is_no_network() {
    let (file, question) = question();
    let alone = |program: &mut Command| {
        // As another user unshare needs a user namespace too; root can do both.
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--user", "--map-root-user", "--net"])
            .arg(program.get_program())
            .args(program.get_args());
        unshare
            .env("APARTE_MODELS", models())
            .output()
            .expect("unshare is installed")
    };
    let mut ask = Command::new(programs().join("aparte"));
    let output = alone(ask.args(["ask", "--json", &question]).arg(file));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["refused"], false);

    let mut control = Command::new("python3");
    control.args(["-c", "import os; print(sorted(os.listdir('/sys/class/net')), open('/proc/net/dev').read().count(':'))"]);
    let devices = String::from_utf8(alone(&mut control).stdout).unwrap();
    assert!(
        devices.trim().ends_with(" 1"),
        "only the loopback device may be there: {devices}"
    );
}
