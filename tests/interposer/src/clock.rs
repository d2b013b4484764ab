//! A wall clock that was moved. The clocks that only go forward are left alone, as the system leaves them.

use std::sync::atomic::{AtomicI64, Ordering};

use libc::{c_int, c_void, clockid_t, time_t, timespec, timeval};

use crate::next::{next, variable};

static MOVED: AtomicI64 = AtomicI64::new(0);

pub fn prepare() {
    let seconds = variable(c"APARTE_INTERPOSE_CLOCK")
        .and_then(|text| std::str::from_utf8(text).ok())
        .map(str::parse);
    match seconds {
        Some(Ok(seconds)) => MOVED.store(seconds, Ordering::Relaxed),
        Some(Err(_)) => std::process::abort(),
        None => (),
    }
}

fn moved() -> time_t {
    MOVED.load(Ordering::Relaxed)
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let result =
        next!(clock_gettime(clock, time) as extern "C" fn(clockid_t, *mut timespec) -> c_int);
    let wall = matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE);
    if result == 0 && wall {
        // SAFETY: libc wrote it.
        unsafe { (*time).tv_sec += moved() };
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(time: *mut timeval, zone: *mut c_void) -> c_int {
    let result =
        next!(gettimeofday(time, zone) as extern "C" fn(*mut timeval, *mut c_void) -> c_int);
    if result == 0 && !time.is_null() {
        // SAFETY: libc wrote it.
        unsafe { (*time).tv_sec += moved() };
    }
    result
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn time(place: *mut time_t) -> time_t {
    let seconds =
        next!(time(std::ptr::null_mut()) as extern "C" fn(*mut time_t) -> time_t) + moved();
    if !place.is_null() {
        // SAFETY: the caller gave a place for it.
        unsafe { *place = seconds };
    }
    seconds
}
