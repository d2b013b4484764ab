//! The log. What is recorded is an [`Event`], whose fields can only be numbers, names of our own and
//! other things that cannot hold a user's text, file name or path: the compiler keeps it so.
//!
//! The lines of a worker are not ours: they are bounded, and the worker lets only its own events and the engine's
//! warnings out.

use aparte_protocol::{Greeting, Wall, WorkerOfAnotherBuild};
use serde::Serialize;

use crate::error::Error;

/// Everything that the app records.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    EngineStarted {
        process: u32,
    },
    ModelReady {
        load_ms: u64,
        context: u32,
    },
    EngineStopped,
    WallsMissing {
        how_many: usize,
    },
    WorkerSpokeWrongly {
        how: &'static str,
    },
    DocumentRead {
        pages: usize,
        passages: usize,
        milliseconds: u128,
    },
    Answered {
        prompt_tokens: u32,
        reused_tokens: u32,
        generated_tokens: u32,
        citations: usize,
    },
    Refused,
    Failed {
        code: &'static str,
    },
}

/// Writes an event to the log.
pub fn record(event: Event) {
    let line = serde_json::to_string(&event).unwrap_or_default();
    tracing::info!(target: "aparte", "{line}");
}

/// Takes note of a worker's greeting, and of walls that are missing around it. Gives the walls.
pub(crate) fn greeted(greeting: Greeting) -> Result<Vec<Wall>, Error> {
    let walls = greeting
        .accept()
        .map_err(|WorkerOfAnotherBuild| Error::WorkerMissing)?;
    let missing = walls.iter().filter(|wall| wall.missing.is_some()).count();
    if missing > 0 {
        record(Event::WallsMissing { how_many: missing });
    }
    Ok(walls)
}

/// Passes on what a worker logged; workers log no text of a document or a prompt.
pub(crate) fn worker_line(line: &str) {
    tracing::warn!(target: "aparte::worker", "{line}");
}
