//! The log of what was done to the files that are meant.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::allocation::aside;
use crate::entry::Entry;
use crate::next::variable;

/// The descriptor of the log; none is below zero.
static LOG: AtomicI32 = AtomicI32::new(-1);

/// Held over a call and its entry, so that the entries stand in the order of the calls.
static ORDER: Mutex<()> = Mutex::new(());

/// Out of the way of what the program opens.
const DESCRIPTOR: libc::c_int = 900;

pub fn prepare() {
    let Some(path) = variable(c"APARTE_INTERPOSE_LOG") else {
        return;
    };
    let mut path = path.to_vec();
    path.push(0);
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
    // SAFETY: the name ends with a zero; the descriptors are this library's own.
    unsafe {
        let opened = libc::syscall(
            libc::SYS_openat,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            0o600,
        ) as i32;
        if libc::syscall(libc::SYS_dup3, opened, DESCRIPTOR, libc::O_CLOEXEC) < 0 {
            // A test that believed in an empty log would prove nothing.
            std::process::abort();
        }
        libc::syscall(libc::SYS_close, opened);
    }
    LOG.store(DESCRIPTOR, Ordering::Relaxed);
}

/// Tells whether a log is kept.
pub fn is_on() -> bool {
    LOG.load(Ordering::Relaxed) >= 0
}

/// Takes the turn of a call.
pub fn turn() -> MutexGuard<'static, ()> {
    ORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds an entry.
pub fn add(entry: Entry<'_>) {
    let log = LOG.load(Ordering::Relaxed);
    if log < 0 {
        return;
    }
    let bytes = aside(|| entry.to_bytes());
    // SAFETY: the bytes are there. The system writes them in one piece, since nobody else writes to this file.
    let written = unsafe { libc::syscall(libc::SYS_write, log, bytes.as_ptr(), bytes.len()) };
    if written != bytes.len() as libc::c_long {
        std::process::abort();
    }
}
