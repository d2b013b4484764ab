//! A file of any format: its extension, as a number, and its bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_documents::fuzzed(bytes);
});
