//! What the vault promises, tried from outside: through its public interface, its files and its rows.
//!
//! The short forms run on every change; `cargo xtask campaign vault` runs all of them in full (`vault/campaign.rs`).

mod vault {
    // What the tests use.
    mod campaign;
    mod format;
    mod ground;
    #[cfg(target_os = "linux")]
    mod secrets;
    mod sqlite;

    // What they show.
    mod backup;
    #[cfg(unix)]
    mod caches;
    mod corpus;
    mod disk;
    mod flips;
    mod golden;
    mod headers;
    #[cfg(target_os = "linux")]
    mod memory;
    mod mutations;
    mod nonces;
    mod rollback;
    mod slots;
    mod stored;
    mod swaps;
}
