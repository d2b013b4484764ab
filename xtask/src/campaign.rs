//! `cargo xtask campaign`: the long form of a suite, whose totals accumulate in `tests/ledger`.
//!
//! A long form may take hours. It can be run in parts: those of its tests whose names hold a word. `vault` is everything
//! that the vault promises, for which there are two suites with a ledger each.
//!
//! A suite has a long form when it heeds `APARTE_CAMPAIGN` and prints `campaign: executions=N failures=N`. A run
//! with failures is recorded like any other: the ledger is what happened, not what was hoped for.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::process;
use crate::test;
use crate::ui;
use crate::workspace::Workspace;

/// One run in a ledger.
#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    suite: String,
    /// What the names of the tests held that were run; all were, where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tests: Option<String>,
    /// The processor and the system that it ran on.
    target: String,
    commit: String,
    executions: u64,
    seconds: u64,
    failures: u64,
}

/// Totals that a suite prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    executions: u64,
    failures: u64,
}

/// Runs the long form of a suite, or of those of its tests whose names hold `tests`, and writes its totals down.
pub fn campaign(suite: &str, tests: Option<&str>) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    let suites = workspace.test_targets();
    if !suites.contains(&suite) {
        return Err(Failure::NoSuchCampaign {
            suite: suite.to_owned(),
            reason: format!("the suites are {}", suites.join(", ")),
        });
    }
    test::prepare(&workspace)?;
    ui::build(&workspace)?;
    process::step(&mut workspace.cargo(&["build", "--workspace", "--all-targets"]))?;

    let suites = match (suite, tests) {
        ("vault", None) => vec!["vault", "durability"],
        _ => vec![suite],
    };
    let mut failed = Vec::new();
    for suite in suites {
        if !run(&workspace, suite, tests)? {
            failed.push(suite.to_owned());
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::TestsFailed { suites: failed }),
    }
}

/// Runs one suite. Gives whether all of it held, and writes down what came of it either way.
fn run(workspace: &Workspace, suite: &str, tests: Option<&str>) -> Result<bool, Failure> {
    let commit = commit(&workspace.root)?;
    let start = Instant::now();
    let mut totals = None;
    let mut command = workspace.test(&["--test", suite, "--", "--nocapture"])?;
    command.args(tests).env("APARTE_CAMPAIGN", "1");
    let passed = process::lines(&mut command, |line| {
        println!("{line}");
        if let Some(more) = totals_of(line) {
            let sum: &mut Totals = totals.get_or_insert_default();
            sum.executions += more.executions;
            sum.failures += more.failures;
        }
    })?;
    let Some(totals) = totals else {
        return Err(Failure::NoSuchCampaign {
            suite: suite.to_owned(),
            reason: "it printed no totals, so it has no long form or did not get that far"
                .to_owned(),
        });
    };
    let entry = Entry {
        suite: suite.to_owned(),
        tests: tests.map(str::to_owned),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        commit,
        executions: totals.executions,
        seconds: start.elapsed().as_secs(),
        // A suite can fail beside what it counts, by dying for example; that is not a clean run either.
        failures: totals.failures.max(u64::from(!passed)),
    };
    append(&workspace.root.join("tests").join("ledger"), entry)?;
    Ok(passed && totals.failures == 0)
}

/// Reads `campaign: executions=N failures=N`, which the test harness may have put its own words before.
fn totals_of(line: &str) -> Option<Totals> {
    let (_, text) = line.split_once("campaign: ")?;
    let number = |name: &str| {
        text.split_whitespace().find_map(|word| {
            let (key, value) = word.split_once('=')?;
            (key == name).then(|| value.parse().ok()).flatten()
        })
    };
    Some(Totals {
        executions: number("executions")?,
        failures: number("failures")?,
    })
}

/// Names the commit that was tested, and says when the files differ from it.
fn commit(root: &Path) -> Result<String, Failure> {
    let git = |words: &[&str]| process::output(Command::new("git").args(words).current_dir(root));
    let commit = git(&["rev-parse", "HEAD"])?;
    // The ledger itself changes with every campaign, which changes nothing of what is tested.
    let changes = git(&[
        "status",
        "--porcelain",
        "--",
        ":/",
        ":(top,exclude)tests/ledger",
    ])?;
    let mark = if changes.trim().is_empty() {
        ""
    } else {
        " with changes"
    };
    Ok(format!("{}{mark}", commit.trim()))
}

fn append(ledger: &Path, entry: Entry) -> Result<(), Failure> {
    let path = ledger.join(format!("{}.json", entry.suite));
    let mut entries: Vec<Entry> = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| Failure::Malformed {
            what: path.display().to_string(),
            reason: error.to_string(),
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Failure::file(&path)(error)),
    };
    entries.push(entry);
    let mut text = serde_json::to_string_pretty(&entries).expect("plain data has a JSON form");
    text.push('\n');
    fs::create_dir_all(ledger).map_err(Failure::file(ledger))?;
    fs::write(&path, text).map_err(Failure::file(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(executions: u64) -> Entry {
        Entry {
            suite: "faults".to_owned(),
            tests: None,
            target: "a machine".to_owned(),
            commit: "a commit".to_owned(),
            executions,
            seconds: 1,
            failures: 0,
        }
    }

    #[test]
    fn totals_are_read_after_the_words_of_the_harness() {
        let line = "test the_worker_is_killed ... campaign: executions=500 failures=2";
        let expected = Totals {
            executions: 500,
            failures: 2,
        };
        assert_eq!(totals_of(line), Some(expected));
    }

    #[test]
    fn half_a_total_is_none() {
        assert_eq!(totals_of("campaign: executions=500"), None);
        assert_eq!(totals_of("campaign: executions=many failures=0"), None);
    }

    #[test]
    fn a_ledger_keeps_what_it_held() {
        let ledger =
            std::env::temp_dir().join(format!("aparte-xtask-ledger-{}", std::process::id()));
        append(&ledger, entry(1)).unwrap();
        append(&ledger, entry(2)).unwrap();
        let text = fs::read_to_string(ledger.join("faults.json")).unwrap();
        fs::remove_dir_all(&ledger).unwrap();
        let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
        let executions: Vec<_> = entries.iter().map(|entry| entry.executions).collect();
        assert_eq!(executions, [1, 2]);
    }
}
