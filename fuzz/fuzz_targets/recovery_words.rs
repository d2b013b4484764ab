//! Recovery words as somebody typed them.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_vault::parsers::recovery_words(bytes);
});
