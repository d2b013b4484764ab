//! What the domain keeps: messages, pages, heads, settings, texts.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    aparte_assistant::parsers::stored_value(bytes);
});
