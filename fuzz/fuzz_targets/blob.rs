//! The head of a blob and its chunks.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_vault::parsers::blob(bytes);
});
