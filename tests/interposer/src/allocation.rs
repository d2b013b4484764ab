//! Allocations that find no memory: SQLite's and those of Rust, which both come from libc.
//!
//! Only the main thread counts, and only after the program printed its first line: what the loader and the runtime
//! allocate before is theirs.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use libc::{c_int, c_void, size_t};

use crate::next::{set_errno, variable};

static ON: AtomicBool = AtomicBool::new(false);
static BEGUN: AtomicBool = AtomicBool::new(false);
static FOREVER: AtomicBool = AtomicBool::new(false);
/// Which allocation, counted from 1.
static WHICH: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static MAIN: Cell<bool> = const { Cell::new(false) };
}

// glibc's own, by names that are not wrapped.
unsafe extern "C" {
    fn __libc_malloc(size: size_t) -> *mut c_void;
    fn __libc_calloc(count: size_t, size: size_t) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: size_t) -> *mut c_void;
    fn __libc_memalign(alignment: size_t, size: size_t) -> *mut c_void;
}

pub fn prepare() {
    let Some(text) = variable(c"APARTE_INTERPOSE_ALLOCATION") else {
        return;
    };
    let words = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.split_once(' '));
    let (Some(which), forever) = (
        words.and_then(|(which, _)| which.parse().ok()),
        matches!(words, Some((_, "forever"))),
    ) else {
        std::process::abort();
    };
    WHICH.store(which, Ordering::Relaxed);
    FOREVER.store(forever, Ordering::Relaxed);
    MAIN.set(true);
    ON.store(true, Ordering::Relaxed);
}

/// The program printed a line: from here on allocations count.
pub fn begin() {
    BEGUN.store(true, Ordering::Relaxed);
}

/// Does some work of this library's own, whose allocations are not the program's.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    let main = MAIN.replace(false);
    let result = work();
    MAIN.set(main);
    result
}

fn fails() -> bool {
    if !ON.load(Ordering::Relaxed) || !BEGUN.load(Ordering::Relaxed) || !MAIN.get() {
        return false;
    }
    let number = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    let which = WHICH.load(Ordering::Relaxed);
    let fails = number == which || number > which && FOREVER.load(Ordering::Relaxed);
    if fails {
        if number == which {
            crate::log::add(crate::entry::Entry::of(crate::entry::Kind::Fault));
        }
        set_errno(libc::ENOMEM);
    }
    fails
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: size_t) -> *mut c_void {
    if fails() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller keeps libc's rules.
    unsafe { __libc_malloc(size) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: size_t, size: size_t) -> *mut c_void {
    if fails() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller keeps libc's rules.
    unsafe { __libc_calloc(count, size) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: size_t) -> *mut c_void {
    if fails() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller keeps libc's rules.
    unsafe { __libc_realloc(block, size) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: size_t,
    size: size_t,
) -> c_int {
    if fails() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller keeps libc's rules, and gave a place for the answer.
    unsafe {
        let block = __libc_memalign(alignment, size);
        if block.is_null() {
            return libc::ENOMEM;
        }
        *place = block;
    }
    0
}
