//! The head of a cache and its file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_vault::parsers::cache(bytes);
});
