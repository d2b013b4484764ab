//! macOS: never compiled by us yet. The walls are a sandbox profile, which the kernel keeps for the process and everything in
//! it; what is open stays open. Source: sandbox_init(3), and the profiles that come with the system.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use super::unix;

pub use super::unix::{leave, leave_no_core_file, limit_memory};

pub fn prepare() {
    unix::write_no_file();
}

/// Denies every file, connection and program. The rest is allowed: Metal's driver was found before and talks to the system
/// in its own ways.
pub fn deny_files() -> Result<(), String> {
    let mut message = ptr::null_mut();
    // SAFETY: the profile ends with a zero, and the message is written to where there is room for a pointer.
    if unsafe { sandbox_init(PROFILE.as_ptr(), 0, &raw mut message) } == 0 {
        return Ok(());
    }
    if message.is_null() {
        return Err("the system refuses the profile".to_owned());
    }
    // SAFETY: a message that is not null is a C string until it is freed, which happens once.
    unsafe {
        let reason = CStr::from_ptr(message).to_string_lossy().into_owned();
        sandbox_free_error(message);
        Err(reason)
    }
}

/// There is none: a profile names what is done, not the call that does it.
pub fn filter_calls() -> Result<(), String> {
    Err("macOS has no filter for calls; the profile denies connections and programs".to_owned())
}

const PROFILE: &CStr = c"(version 1)
(allow default)
(deny file*)
(deny network*)
(deny process-exec*)
(deny process-fork)
(deny signal (target others))
";

unsafe extern "C" {
    fn sandbox_init(profile: *const c_char, flags: u64, message: *mut *mut c_char) -> c_int;
    fn sandbox_free_error(message: *mut c_char);
}
