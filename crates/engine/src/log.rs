//! llama.cpp's own log, led into `tracing`.
//!
//! Only warnings and errors pass: they name numbers, tensors and tokens of the vocabulary, while the
//! levels below print what is being worked on. The crate's own bridge is not used because it panics,
//! inside C, on a line without a level.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use llama_cpp_sys_2::{GGML_LOG_LEVEL_ERROR, GGML_LOG_LEVEL_WARN, ggml_log_level, llama_log_set};

/// Leads the log of llama.cpp and ggml into `tracing` from here on.
pub(crate) fn lead_into_tracing() {
    // SAFETY: the callback is a function that lives for ever and uses no user data.
    unsafe { llama_log_set(Some(receive), std::ptr::null_mut()) }
}

/// Takes the error lines that were logged since the last call, the first of which is usually the cause.
pub(crate) fn take_errors() -> Vec<String> {
    std::mem::take(&mut errors())
}

/// More than a failed load logs; what comes after is dropped.
const KEPT_ERRORS: usize = 16;

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn errors() -> MutexGuard<'static, Vec<String>> {
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn receive(level: ggml_log_level, text: *const c_char, _user_data: *mut c_void) {
    if text.is_null() || !matches!(level, GGML_LOG_LEVEL_WARN | GGML_LOG_LEVEL_ERROR) {
        return;
    }
    // SAFETY: ggml passes a string that ends in a zero byte and lives until this function returns.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let line = text.trim();
    if line.is_empty() {
        return;
    }
    if level == GGML_LOG_LEVEL_WARN {
        tracing::warn!(target: "llama.cpp", "{line}");
    } else {
        tracing::error!(target: "llama.cpp", "{line}");
        let mut errors = errors();
        if errors.len() < KEPT_ERRORS {
            errors.push(line.to_owned());
        }
    }
}
