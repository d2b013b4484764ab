//! `cargo xtask bench`: figures that are measured side by side in one run, in release builds.
//!
//! A figure is the median of repeated measurements with the smallest and the largest. One that cannot be had is null with
//! a reason, never estimated.

pub mod answers;
#[cfg(target_os = "linux")]
pub mod documents;
pub mod engine;
pub mod summaries;
pub mod vault;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::machine::Machine;
use crate::process;
use crate::statistics::Spread;
use crate::workspace::Workspace;

/// The result of a suite. Its `Display` is a table.
#[derive(Serialize)]
struct Results {
    suite: &'static str,
    figures: Figures,
    machine: Machine,
}

/// Figures by name.
type Figures = BTreeMap<String, Figure>;

#[derive(Serialize)]
struct Figure {
    /// The median, or null.
    value: Option<f64>,
    unit: &'static str,
    /// What is to be reached, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<&'static str>,
    /// The smallest and the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<[f64; 2]>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Results {
    /// Prints the results: one JSON object, or a table.
    fn print(&self, json: bool) {
        if json {
            println!(
                "{}",
                serde_json::to_string(self).expect("plain data has a JSON form")
            );
        } else {
            print!("{self}");
        }
    }
}

impl Figure {
    fn of(unit: &'static str, measurements: impl IntoIterator<Item = f64>) -> Self {
        match Spread::of(measurements) {
            Some(Spread { median, min, max }) if min.is_finite() && max.is_finite() => Self {
                value: Some(median),
                unit,
                goal: None,
                spread: Some([min, max]),
                reason: None,
            },
            _ => Self::none(unit, "a run measured no time"),
        }
    }

    /// The value that a share of all does not exceed.
    fn percentile(unit: &'static str, share: f64, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let rank = (share * values.len() as f64).ceil() as usize;
        let (Some(first), Some(last)) = (values.first(), values.last()) else {
            return Self::none(unit, "nothing was measured");
        };
        Self {
            value: values.get(rank.saturating_sub(1)).copied(),
            unit,
            goal: None,
            spread: Some([*first, *last]),
            reason: None,
        }
    }

    /// Says what is to be reached.
    fn with_goal(self, goal: &'static str) -> Self {
        Self {
            goal: Some(goal),
            ..self
        }
    }

    fn none(unit: &'static str, reason: &str) -> Self {
        Self {
            value: None,
            unit,
            goal: None,
            spread: None,
            reason: Some(reason.to_owned()),
        }
    }
}

impl fmt::Display for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figure) in &self.figures {
            write!(formatter, "{name:<40}")?;
            match (figure.value, figure.spread, &figure.reason) {
                (Some(value), Some([min, max]), _) => {
                    write!(
                        formatter,
                        "{value:>10.3} {} ({min:.3} to {max:.3})",
                        figure.unit
                    )?;
                }
                (_, _, reason) => {
                    write!(
                        formatter,
                        "      none ({})",
                        reason.as_deref().unwrap_or("not measured")
                    )?;
                }
            }
            match figure.goal {
                Some(goal) => writeln!(formatter, ", goal {goal}")?,
                None => writeln!(formatter)?,
            }
        }
        let Machine { cpu, cores, memory } = &self.machine;
        writeln!(
            formatter,
            "on {}, {} cores, {}",
            cpu.as_deref().unwrap_or("an unnamed processor"),
            cores.map_or("unknown".to_owned(), |cores| cores.to_string()),
            memory.as_deref().unwrap_or("unknown memory"),
        )
    }
}

/// Runs measurements in the real window, which are ignored tests whose names begin so. Gives what follows `measured: ` in their
/// lines. The window is of a development build: nobody can drive the one that is shipped.
fn measured_in_window<T: DeserializeOwned>(
    workspace: &Workspace,
    tests: &str,
) -> Result<Vec<T>, String> {
    process::step(&mut workspace.cargo(&["build", "--workspace", "--bins"]))
        .map_err(|failure| failure.to_string())?;
    let words = ["--test", "window", "--", "--ignored", "--nocapture"];
    let alone = ["--test-threads", "1", tests];
    let mut command = workspace
        .test(&[&words[..], &alone].concat())
        .map_err(|failure| failure.to_string())?;
    let mut printed = Vec::new();
    let has_passed = process::lines(&mut command, |line| {
        let measured = line.split_once("measured: ");
        printed.extend(measured.map(|(_, measured)| measured.to_owned()));
    });
    match has_passed {
        Ok(true) => (),
        Ok(false) => return Err(format!("{tests} failed")),
        Err(failure) => return Err(failure.to_string()),
    }
    let read =
        |line: &String| serde_json::from_str(line).map_err(|error| format!("{line}: {error}"));
    printed.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = (1..=40).rev().map(f64::from).collect();
        let figure = Figure::percentile("ms", 0.95, values);
        assert_eq!(figure.value, Some(38.0));
        assert_eq!(figure.spread, Some([1.0, 40.0]));
        assert_eq!(Figure::percentile("ms", 0.95, Vec::new()).value, None);
    }
}
