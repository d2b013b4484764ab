//! The header of a model file. The first four bytes say how many bytes of weights follow what is there, so that a header
//! need not bring them.
//!
//! The source is taken in by itself: its crate links llama.cpp, which takes ten minutes to build and is not what is tried.

#![no_main]

#[expect(
    dead_code,
    reason = "only the crate of the engine asks what the header says"
)]
#[path = "../../crates/engine/src"]
mod engine {
    pub mod preflight;
}

use std::io::Cursor;

use engine::preflight::preflight;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((weights, header)) = bytes.split_first_chunk() else {
        return;
    };
    let length = header.len() as u64 + u64::from(u32::from_le_bytes(*weights));
    let _ = preflight(&mut Cursor::new(header), length);
});
