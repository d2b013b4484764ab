//! The scenario program, run by a test: with its calls recorded, made to fail, or not at all.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Far above what any run takes: whoever takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for a vault and what is kept of a run. In memory where the system has such a folder, since nothing here is
/// about the speed of a disk, and what a power cut would leave of one is computed.
pub fn ground() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("aparte-durability-");
    let made = match Path::new("/dev/shm").is_dir() {
        true => builder.tempdir_in("/dev/shm"),
        false => builder.tempdir(),
    };
    made.expect("the system has a folder for temporary files")
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It did all it was to do; refusals of single operations are in what it printed.
    Done,
    /// Its vault did not open, and it said why.
    Refused,
    /// It was killed, by this signal.
    Killed(i32),
    /// Anything else, which is a bug.
    Failed(i32),
    /// It did not end.
    Hung,
}

/// What came of a run.
pub struct Run {
    pub end: End,
    /// What it printed.
    pub printed: String,
    /// What it complained of, for whoever looks into a failure.
    pub errors: String,
    /// The log of the interposer.
    pub log: Vec<u8>,
}

/// A scenario about to be run.
pub struct Scenario {
    words: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    /// Where the interposer writes its log.
    log: Option<PathBuf>,
}

impl Scenario {
    pub fn of(words: &[&dyn AsRef<OsStr>]) -> Scenario {
        Scenario {
            words: words.iter().map(|word| word.as_ref().into()).collect(),
            variables: Vec::new(),
            log: None,
        }
    }

    /// Carries out a plan from one operation to another.
    pub fn write(folder: &Path, seed: u64, from: usize, to: usize) -> Scenario {
        let numbers = [seed.to_string(), from.to_string(), to.to_string()];
        Scenario::of(&[&"write", &folder, &numbers[0], &numbers[1], &numbers[2]])
    }

    fn interposed(mut self) -> Scenario {
        if self.variables.is_empty() {
            self.variables.push(("LD_PRELOAD", interposer().into()));
        }
        self
    }

    /// Records what it does to the files under a folder. The log is beside it.
    pub fn recorded(self, folder: &Path) -> Scenario {
        let mut scenario = self.interposed();
        let log = folder.with_extension("log");
        scenario
            .variables
            .push(("APARTE_INTERPOSE_FOLDER", folder.into()));
        scenario
            .variables
            .push(("APARTE_INTERPOSE_LOG", log.clone().into()));
        scenario.log = Some(log);
        scenario
    }

    /// Makes its n-th call on those files do something else: see the interposer.
    pub fn with_fault(self, fault: Fault) -> Scenario {
        self.with("APARTE_INTERPOSE_FAULT", fault.to_text())
    }

    /// Sets a variable of the interposer's.
    pub fn with(self, name: &'static str, value: String) -> Scenario {
        let mut scenario = self.interposed();
        scenario.variables.push((name, value.into()));
        scenario
    }

    /// The command, for who needs more than its end. It gets nothing of the test's environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.args(&self.words).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self) -> Run {
        if let Some(log) = &self.log {
            // The interposer adds to what is there.
            let _ = fs::remove_file(log);
        }
        let mut run = run(self.command(), PATIENCE);
        if let Some(log) = &self.log {
            run.log = fs::read(log).expect("the interposer made its log");
        }
        run
    }
}

/// Runs a command to its end, within some time.
pub fn run(mut command: Command, patience: Duration) -> Run {
    let mut child = command.spawn().expect("the program starts");
    let (mut out, mut err) = (
        child.stdout.take().expect("it is piped"),
        child.stderr.take().expect("it is piped"),
    );
    let listener = std::thread::spawn(move || {
        let mut printed = Vec::new();
        // A program that is killed leaves what it printed before.
        let _ = out.read_to_end(&mut printed);
        String::from_utf8_lossy(&printed).into_owned()
    });
    let other = std::thread::spawn(move || {
        let mut errors = Vec::new();
        let _ = err.read_to_end(&mut errors);
        String::from_utf8_lossy(&errors).into_owned()
    });
    let started = Instant::now();
    let end = loop {
        if let Some(status) = child.try_wait().expect("it is a child of this process") {
            break end(status);
        }
        if started.elapsed() > patience {
            child.kill().expect("it is a child of this process");
            child.wait().expect("it is a child of this process");
            break End::Hung;
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    Run {
        end,
        printed: listener.join().expect("reading does not panic"),
        errors: other.join().expect("reading does not panic"),
        log: Vec::new(),
    }
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Done,
        (Some(3), _) => End::Refused,
        (Some(code), _) => End::Failed(code),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}

/// A call that does not do its work.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which call, counted from 1; with 0 the calls are only listed.
    pub call: usize,
    pub action: Action,
    pub forever: bool,
}

/// What a call does in place of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Eio,
    Enospc,
    Edquot,
    Eintr,
    /// Half of a write.
    Short,
    /// The process is killed.
    Die,
}

impl Fault {
    fn to_text(self) -> String {
        let action = match self.action {
            Action::Eio => "EIO",
            Action::Enospc => "ENOSPC",
            Action::Edquot => "EDQUOT",
            Action::Eintr => "EINTR",
            Action::Short => "SHORT",
            Action::Die => "DIE",
        };
        let often = if self.forever { "forever" } else { "once" };
        format!("{} {action} {often}", self.call)
    }
}

/// The scenario program.
pub fn program() -> PathBuf {
    built("aparte-durability")
}

/// The library that stands before libc.
fn interposer() -> PathBuf {
    built("libaparte_interposer.so")
}

fn built(name: &str) -> PathBuf {
    let path = aparte_tests::programs().join(name);
    assert!(
        path.is_file(),
        "{} is missing: run the tests with `cargo xtask test`",
        path.display()
    );
    path
}

/// Whether this is the long form.
pub fn is_campaign() -> bool {
    std::env::var_os("APARTE_CAMPAIGN").is_some()
}

/// Prints what a campaign's ledger takes, and fails with the first complaints if there are any.
pub fn conclude(executions: usize, complaints: &[String]) {
    println!(
        "campaign: executions={executions} failures={}",
        complaints.len()
    );
    let first: Vec<&str> = complaints.iter().take(20).map(String::as_str).collect();
    assert!(
        complaints.is_empty(),
        "{} of {executions} went wrong:\n{}",
        complaints.len(),
        first.join("\n")
    );
}
