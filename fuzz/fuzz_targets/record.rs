//! A sealed record.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_vault::parsers::record(bytes);
});
