//! What the engine survives: model files that are damaged or made to harm, deaths at any moment, and a long life.
//!
//! The worker may die of a file; the application may not, and it says what happened in a sentence. The short forms run
//! on every change; `cargo xtask campaign engine` runs all of them in full.

#![cfg(target_os = "linux")]

#[expect(
    dead_code,
    reason = "shared with the tests of the vault, which use more of it"
)]
#[path = "vault/campaign.rs"]
mod campaign;
#[expect(
    dead_code,
    reason = "shared with the tests of the look at a header, which use more of it"
)]
#[path = "../crates/engine/tests/gguf/mod.rs"]
mod gguf;
mod reasoner;

mod engine {
    // What the tests use.
    mod app;
    mod mutations;
    mod process;

    // What they show.
    mod calibration;
    mod callers;
    mod kills;
    mod mutants;
    mod soak;
}
