//! Suites of tests: what they counted and how long they took.

use std::fmt;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

/// What came of the parts of a run, in their order. Its `Display` is the closing table.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    time: Duration,
    outcome: Outcome,
}

enum Outcome {
    /// A step without tests that went well.
    Done,
    /// A suite that ran to its end.
    Tested(Counts),
    /// A step or suite that could not be finished.
    Broken,
}

impl Report {
    /// Performs a step that counts no tests, and says whether it went well.
    pub fn step(&mut self, name: &str, step: impl FnOnce() -> Result<(), Failure>) -> bool {
        self.record(name, || step().map(|()| Outcome::Done))
    }

    /// Runs tests that count themselves.
    pub fn counted(&mut self, name: &str, tests: impl FnOnce() -> Result<Counts, Failure>) {
        self.record(name, || tests().map(Outcome::Tested));
    }

    /// Runs `cargo test` over the whole workspace for the targets that `selection` names.
    pub fn suite(&mut self, workspace: &Workspace, name: &str, selection: &[&str]) {
        self.record(name, || run_suite(workspace, selection));
    }

    /// Names what did not pass.
    pub fn failed(&self) -> Vec<String> {
        self.rows
            .iter()
            .filter(|row| row.failed())
            .map(|row| row.name.clone())
            .collect()
    }

    fn record(&mut self, name: &str, part: impl FnOnce() -> Result<Outcome, Failure>) -> bool {
        eprintln!("\n── {name}");
        let start = Instant::now();
        let outcome = part().unwrap_or_else(|failure| {
            eprintln!("{name}: {failure}");
            Outcome::Broken
        });
        let row = Row {
            name: name.to_owned(),
            time: start.elapsed(),
            outcome,
        };
        let passed = !row.failed();
        self.rows.push(row);
        passed
    }
}

impl Row {
    fn failed(&self) -> bool {
        match self.outcome {
            Outcome::Done => false,
            Outcome::Tested(counts) => counts.failed > 0,
            Outcome::Broken => true,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<28} {:>7} {:>7} {:>7}",
            "suite", "minutes", "passed", "failed"
        )?;
        let mut total = Counts::default();
        for Row {
            name,
            time,
            outcome,
        } in &self.rows
        {
            write!(formatter, "{name:<28} {:>7.1}", time.as_secs_f64() / 60.0)?;
            match outcome {
                Outcome::Done => writeln!(formatter, " {:>7} {:>7}", "", "")?,
                Outcome::Tested(counts) => {
                    total.passed += counts.passed;
                    total.failed += counts.failed;
                    writeln!(formatter, " {:>7} {:>7}", counts.passed, counts.failed)?;
                }
                Outcome::Broken => writeln!(formatter, " not finished")?,
            }
        }
        let time: Duration = self.rows.iter().map(|row| row.time).sum();
        writeln!(
            formatter,
            "{:<28} {:>7.1}",
            "together",
            time.as_secs_f64() / 60.0
        )?;
        write!(
            formatter,
            "{} passed, {} failed",
            total.passed, total.failed
        )
    }
}

fn run_suite(workspace: &Workspace, selection: &[&str]) -> Result<Outcome, Failure> {
    let mut command = workspace.test(selection)?;
    command.arg("--no-fail-fast");
    let mut counts = Counts::default();
    let succeeded = process::lines(&mut command, |line| {
        println!("{line}");
        if let Some(more) = counts_of(line) {
            counts.passed += more.passed;
            counts.failed += more.failed;
        }
    })?;
    // A suite that does not compile, or that dies, fails without a failed test.
    if succeeded || counts.failed > 0 {
        Ok(Outcome::Tested(counts))
    } else {
        Ok(Outcome::Broken)
    }
}

/// Reads the line that closes a test binary: `test result: ok. 3 passed; 0 failed; …`.
fn counts_of(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        numbers
            .split("; ")
            .find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
    };
    Some(Counts {
        passed: count("passed")?,
        failed: count("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, outcome: Outcome) -> Row {
        Row {
            name: name.to_owned(),
            time: Duration::from_secs(90),
            outcome,
        }
    }

    #[test]
    fn the_closing_line_of_a_test_binary_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.1s";
        assert_eq!(
            counts_of(line),
            Some(Counts {
                passed: 12,
                failed: 3
            })
        );
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(counts_of("test a_result ... ok"), None);
        assert_eq!(counts_of("12 passed; 3 failed"), None);
    }

    #[test]
    fn the_table_gives_minutes_and_ends_with_the_totals() {
        let report = Report {
            rows: vec![
                row("build", Outcome::Done),
                row(
                    "walls",
                    Outcome::Tested(Counts {
                        passed: 2,
                        failed: 0,
                    }),
                ),
                row(
                    "journeys",
                    Outcome::Tested(Counts {
                        passed: 3,
                        failed: 1,
                    }),
                ),
            ],
        };
        let table = report.to_string();
        let last = table.lines().last().unwrap();
        assert_eq!(last, "5 passed, 1 failed");
        assert!(
            table
                .lines()
                .any(|line| line.split_whitespace().eq(["walls", "1.5", "2", "0"])),
            "{table}"
        );
    }

    #[test]
    fn a_failed_test_and_an_unfinished_suite_both_count_as_not_passed() {
        let report = Report {
            rows: vec![
                row(
                    "walls",
                    Outcome::Tested(Counts {
                        passed: 2,
                        failed: 0,
                    }),
                ),
                row(
                    "journeys",
                    Outcome::Tested(Counts {
                        passed: 3,
                        failed: 1,
                    }),
                ),
                row("faults", Outcome::Broken),
            ],
        };
        assert_eq!(report.failed(), ["journeys", "faults"]);
    }
}
