//! `vault.json`, and what it opens.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_vault::parsers::manifest(bytes);
});
