//! The chat template in a model file, and a conversation that it is to render.
//!
//! The source is taken in by itself: its crate links llama.cpp, which takes ten minutes to build and is not what is tried.

#![no_main]

#[expect(
    dead_code,
    reason = "only the crate of the engine asks for the end of a reply"
)]
#[path = "../../crates/engine/src"]
mod engine {
    pub mod template;
    pub mod thinking;
}
#[path = "../../crates/engine/src/template/trial.rs"]
mod trial;

pub use engine::{template, thinking};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    trial::template(bytes);
});
