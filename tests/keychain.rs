//! R1: twelve things that a keychain can do wrong, with a real gnome-keyring on a bus of the test's own where it can be
//! brought to do them, and a false Secret Service for the rest.

#![cfg(target_os = "linux")]

#[path = "vault/format.rs"]
#[expect(dead_code, reason = "the tests of the vault use all of it")]
mod format;

mod keychain {
    use super::format;

    // What the tests use.
    #[path = "../window/display.rs"]
    #[expect(dead_code, reason = "the tests of the window use all of it")]
    mod display;
    mod false_ring;
    mod machine;
    #[path = "../window/patience.rs"]
    #[expect(dead_code, reason = "the tests of the window use all of it")]
    mod patience;
    mod prompter;

    // What they show.
    mod faults;
}
