//! `cargo xtask run`: from a fresh clone to the open window or, where there is no display, to a first answer in the
//! terminal.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use serde::Deserialize;

use crate::failure::Failure;
use crate::models;
use crate::system;
use crate::ui;
use crate::workspace::{Profile, Workspace};

/// A document that comes with the application, and a question that it answers.
#[derive(Debug, Deserialize)]
struct Sample {
    file: String,
    language: String,
    suggested: Suggestion,
}

#[derive(Debug, Deserialize)]
struct Suggestion {
    question: String,
}

/// Prepares the system, obtains the model, builds the programs, and opens the window until it is closed.
pub fn run() -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare(system::BUILD)?;
    system::prepare_node()?;
    models::obtain(&workspace.root)?;
    ui::build(&workspace)?;
    workspace.build()?;
    if has_display() && show(&mut workspace.program(Profile::Dev, "aparte-desktop"))? {
        return Ok(());
    }
    eprintln!("There is no display for the window here: asking in the terminal.");
    ask(&workspace)
}

/// Opens the window until it is closed. Gives whether there was a display: the environment may name one that is gone.
fn show(window: &mut Command) -> Result<bool, Failure> {
    /// What the window's program exits with where no display answers.
    const NO_DISPLAY: i32 = 3;
    match window.status() {
        Ok(status) if status.code() == Some(NO_DISPLAY) => Ok(false),
        status => ended(window, status).map(|()| true),
    }
}

/// Asks the suggested question of the English sample.
fn ask(workspace: &Workspace) -> Result<(), Failure> {
    let samples = workspace.root.join("crates/assistant/samples");
    let sample = english_sample(&samples)?;
    let mut command = workspace.program(Profile::Dev, "aparte");
    command
        .arg("ask")
        .arg(&sample.suggested.question)
        .arg(samples.join(&sample.file));
    start(&mut command)
}

/// Runs a program of ours to its end, with this terminal for its own.
fn start(command: &mut Command) -> Result<(), Failure> {
    let status = command.status();
    ended(command, status)
}

fn ended(command: &Command, status: io::Result<ExitStatus>) -> Result<(), Failure> {
    let name = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::CommandFailed { command: name }),
        Err(source) => Err(Failure::NotStarted {
            program: name,
            source,
        }),
    }
}

/// Whether a window can be shown: a desktop always has a display, Linux also runs without.
fn has_display() -> bool {
    let names = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || names("DISPLAY") || names("WAYLAND_DISPLAY")
}

fn english_sample(samples: &Path) -> Result<Sample, Failure> {
    let path = samples.join("questions.json");
    let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let malformed = |reason: String| Failure::Malformed {
        what: "crates/assistant/samples/questions.json".to_owned(),
        reason,
    };
    let all: Vec<Sample> =
        serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    all.into_iter()
        .find(|sample| sample.language == "en")
        .ok_or_else(|| malformed("it names no English sample".to_owned()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_display_that_does_not_answer_leads_to_the_terminal() {
        let ended_with = |code: u8| show(Command::new("sh").args(["-c", &format!("exit {code}")]));
        assert!(matches!(ended_with(0), Ok(true)));
        assert!(matches!(ended_with(3), Ok(false)));
        let failure = ended_with(1);
        assert!(
            matches!(failure, Err(Failure::CommandFailed { .. })),
            "{failure:?}"
        );
    }
}
