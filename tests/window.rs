//! The real window, from its first launch to the processes that die under it: driven like a person would, on a screen
//! of its own, through the system's web view.
//!
//! `tauri-driver` starts the application and looks into its page; `xdotool` moves the mouse where only a real drop will
//! do, and types where the page must not be looked into. Each test has a machine of its own (`window/machine.rs`), and
//! everything that it starts ends with it. A tool that is missing fails the test.

#![cfg(target_os = "linux")]

#[path = "vault/format.rs"]
#[expect(dead_code, reason = "the tests of the vault use all of it")]
mod format;
#[expect(
    dead_code,
    reason = "shared with the tests of the look at a header, which use all of it"
)]
#[path = "../crates/engine/tests/gguf/mod.rs"]
mod gguf;
#[expect(
    dead_code,
    reason = "shared with the tests of what is read of files, which use all of it"
)]
#[path = "../crates/documents/tests/reading/writer/packages.rs"]
mod packages;
mod reasoner;

mod window {
    use super::format;

    // What the tests use.
    mod app;
    mod display;
    mod kinds;
    mod large;
    mod listener;
    mod login;
    mod machine;
    mod patience;
    #[path = "../vault/secrets.rs"]
    mod secrets;
    mod trace;
    mod webdriver;

    // What they show.
    mod collected;
    mod deaths;
    mod drops;
    mod frames;
    mod hostile;
    mod intake;
    mod launches;
    mod listing;
    mod locking;
    mod opened_files;
    mod page_walls;
    mod scans;
    mod several;
    mod sources;
    mod speed;
    mod summary;
    mod thinking;
    mod unwatched;
}
