//! The engine with tiny models that the tests write themselves.

mod decoder;
mod embedding;
mod encoder;
#[expect(dead_code, reason = "these models tell the truth")]
#[path = "../gguf/mod.rs"]
mod gguf;
mod memory;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aparte_engine::Backends;

/// A process can have the compute libraries once, so the tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn backends() -> Backends {
    let folder = Path::new(env!("APARTE_BUILT_BACKENDS"));
    Backends::load(folder).expect("the compute libraries that were built with the bindings")
}
