//! `aparte-worker engine MODEL [--for write|embed|rerank]` and `aparte-worker documents`: the workers of Aparté.
//!
//! A worker speaks frames (see `aparte-protocol`) on its standard input and output and writes its log to
//! standard error. It holds no key, opens no socket and creates no file, and it ends when its standard
//! input closes, so that no orphan outlives the app.

mod app;
mod documents;
mod engine;
mod log;
mod opened;
mod reading;
mod sandbox;
mod stops;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use aparte_protocol::engine::Purpose;

fn main() -> ExitCode {
    log::start();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<&OsStr> = arguments.iter().map(|argument| &**argument).collect();
    let work = match arguments[..] {
        [role, model] if role == "engine" => Some(Work::Model(Path::new(model), Purpose::Write)),
        [role, model, word, purpose] if role == "engine" && word == "--for" => purpose
            .to_str()
            .and_then(Purpose::of_name)
            .map(|purpose| Work::Model(Path::new(model), purpose)),
        [role] if role == "documents" => Some(Work::Documents),
        _ => None,
    };
    let served = match work {
        Some(Work::Model(model, Purpose::Write)) => engine::serve(model),
        Some(Work::Model(model, Purpose::Embed)) => reading::serve_vectors(model),
        Some(Work::Model(model, Purpose::Rerank)) => reading::serve_scores(model),
        Some(Work::Documents) => documents::serve(),
        None => {
            eprintln!(
                "usage: aparte-worker engine MODEL [--for write|embed|rerank] | aparte-worker documents"
            );
            return ExitCode::from(2);
        }
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the app can no longer be reached");
            ExitCode::FAILURE
        }
    }
}

/// What a worker is started for.
enum Work<'a> {
    Model(&'a Path, Purpose),
    Documents,
}
