//! The snapshot of the search index.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_assistant::parsers::search_snapshot(bytes);
});
