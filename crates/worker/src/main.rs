//! `aparte-worker engine MODEL [SETTINGS]`, `aparte-worker engine MODEL --for embed|rerank` and `aparte-worker documents`: the
//! workers of Aparté.
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

use std::path::Path;
use std::process::ExitCode;

use aparte_protocol::calibration::Known;
use aparte_protocol::engine::Purpose;

fn main() -> ExitCode {
    log::start();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let served = match arguments.as_slice() {
        [role, model, word, purpose] if role == "engine" && word == "--for" => {
            let model = Path::new(model);
            match purpose.to_str().and_then(Purpose::of_name) {
                Some(Purpose::Write) => engine::serve(model, None),
                Some(Purpose::Embed) => reading::serve_vectors(model),
                Some(Purpose::Rerank) => reading::serve_scores(model),
                None => return usage(),
            }
        }
        [role, model, known @ ..] if role == "engine" => match Known::of_arguments(known) {
            Some(known) => engine::serve(Path::new(model), known.as_ref()),
            None => return usage(),
        },
        [role] if role == "documents" => documents::serve(),
        _ => return usage(),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the app can no longer be reached");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: aparte-worker engine MODEL [--for write|embed|rerank] | engine MODEL [THREADS BATCH flash|plain MACHINE] | documents"
    );
    ExitCode::from(2)
}
