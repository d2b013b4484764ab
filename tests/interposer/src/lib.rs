//! A library that is loaded before libc (`LD_PRELOAD`) and stands between a program and its files. It knows nothing
//! of what it stands before: the tests of durability load it into a program that uses the vault, and SQLite's calls
//! pass through it like those of Rust's standard library.
//!
//! | variable | what it does |
//! |---|---|
//! | `APARTE_INTERPOSE_FOLDER` | only files under this folder are meant; without it nothing is |
//! | `APARTE_INTERPOSE_LOG` | every change of those files is written to this file, in order, with its bytes, and so is what the program prints |
//! | `APARTE_INTERPOSE_FAULT` | `N ACTION once` or `N ACTION forever`: the N-th call on those files does not do its work; `EIO`, `ENOSPC`, `EDQUOT`, `EINTR`, `SHORT` (a write of half its bytes) or `DIE` (the process is killed) |
//! | `APARTE_INTERPOSE_ALLOCATION` | `N once` or `N forever`: the N-th allocation of the main thread after the program's first line finds no memory |
//! | `APARTE_INTERPOSE_CLOCK` | seconds by which the wall clock is moved |
//!
//! What is written through a memory map is not seen. SQLite does so with one file, the shared index of its journal,
//! which it makes anew after a crash. `copy_file_range` and `sendfile` are refused, so that a copy is made by calls that
//! are seen.

#![cfg(target_os = "linux")]

mod allocation;
mod calls;
mod clock;
#[expect(dead_code, reason = "the tests read what is only written here")]
mod entry;
mod fault;
mod log;
mod next;
mod watch;

/// Reads the environment before the program begins.
extern "C" fn prepare() {
    watch::prepare();
    log::prepare();
    fault::prepare();
    clock::prepare();
    allocation::prepare();
}

#[used]
#[unsafe(link_section = ".init_array")]
static PREPARE: extern "C" fn() = prepare;
