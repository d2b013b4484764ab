//! `aparte-worker engine MODEL` and `aparte-worker documents`: the two workers of Aparté.
//!
//! A worker speaks frames (see `aparte-protocol`) on its standard input and output and writes its log to
//! standard error. It holds no key, opens no socket and creates no file, and it ends when its standard
//! input closes, so that no orphan outlives the app.

mod documents;
mod engine;
mod log;
mod sandbox;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    log::start();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let served = match arguments.as_slice() {
        [role, model] if role == "engine" => engine::serve(Path::new(model)),
        [role] if role == "documents" => documents::serve(),
        _ => {
            eprintln!("usage: aparte-worker engine MODEL | aparte-worker documents");
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
