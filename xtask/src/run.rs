//! `cargo xtask run`: from a fresh clone to a first answer.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;
use crate::models;
use crate::system;
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

/// Prepares the system, obtains the model, builds the programs, and asks the suggested question of the English sample.
pub fn run() -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::prepare(&system::BUILD)?;
    models::obtain(&workspace.root)?;
    workspace.build(Profile::Dev)?;

    let samples = workspace.root.join("crates/assistant/samples");
    let sample = english_sample(&samples)?;
    eprintln!("This build has no window yet: asking in the terminal.");
    let status = workspace
        .program(Profile::Dev, "aparte")
        .arg("ask")
        .arg(&sample.suggested.question)
        .arg(samples.join(&sample.file))
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::CommandFailed {
            command: format!(
                "aparte ask \"{}\" {}",
                sample.suggested.question, sample.file
            ),
        }),
        Err(source) => Err(Failure::NotStarted {
            program: "aparte".to_owned(),
            source,
        }),
    }
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
