//! The functions behind those of this library.

use std::ffi::CStr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A function of libc, looked up at its first use.
pub struct Next {
    name: &'static CStr,
    address: AtomicPtr<libc::c_void>,
}

impl Next {
    pub const fn new(name: &'static CStr) -> Next {
        Next {
            name,
            address: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Where the function is.
    pub fn address(&self) -> *mut libc::c_void {
        let known = self.address.load(Ordering::Relaxed);
        if !known.is_null() {
            return known;
        }
        // SAFETY: the name ends with a zero, and nothing is called.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        if found.is_null() {
            // A wrapper without its function can only end the program; unwinding would cross C.
            std::process::abort();
        }
        self.address.store(found, Ordering::Relaxed);
        found
    }
}

/// Calls the function of libc of this name.
macro_rules! next {
    ($name:ident ( $($argument:expr),* $(,)? ) as $signature:ty) => {{
        static NEXT: $crate::next::Next = $crate::next::Next::new(
            match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!("a name has no zero in it"),
            },
        );
        // SAFETY: libc's function of this name has this signature, and gets what the program gave to the wrapper.
        unsafe { std::mem::transmute::<*mut libc::c_void, $signature>(NEXT.address())($($argument),*) }
    }};
}
pub(crate) use next;

/// The number of the last error.
pub fn errno() -> libc::c_int {
    // SAFETY: libc gives the address of this thread's own number.
    unsafe { *libc::__errno_location() }
}

/// Sets the number of the last error.
pub fn set_errno(number: libc::c_int) {
    // SAFETY: libc gives the address of this thread's own number.
    unsafe { *libc::__errno_location() = number }
}

/// A variable of the environment.
pub fn variable(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: the name ends with a zero. The environment is read before the program begins, and kept by libc.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value).to_bytes())
    }
}
