//! Which files are meant.

use std::ffi::CStr;
use std::sync::OnceLock;

use libc::{c_char, c_int};

use crate::allocation::aside;
use crate::next::variable;

static FOLDER: OnceLock<Vec<u8>> = OnceLock::new();

pub fn prepare() {
    if let Some(folder) = variable(c"APARTE_INTERPOSE_FOLDER") {
        // It is set once, before the program begins.
        let _ = FOLDER.set(folder.to_vec());
    }
}

/// Tells whether any file is meant.
pub fn is_on() -> bool {
    FOLDER.get().is_some()
}

/// The name of an open file, if it is meant. The system is asked each time, so that nothing is missed that comes by
/// another way than an open that was seen.
pub fn file(descriptor: c_int) -> Option<Vec<u8>> {
    if !is_on() || descriptor < 0 {
        return None;
    }
    aside(|| meant(link(format!("/proc/self/fd/{descriptor}\0"))))
}

/// The whole name that a call gives, if it is meant.
///
/// # Safety
/// `path` is null or ends with a zero.
pub unsafe fn name(folder: c_int, path: *const c_char) -> Option<Vec<u8>> {
    if !is_on() || path.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    aside(|| whole_name(folder, path))
}

fn whole_name(folder: c_int, path: &[u8]) -> Option<Vec<u8>> {
    if path.starts_with(b"/") {
        return meant(path.to_vec());
    }
    let mut whole = match folder {
        libc::AT_FDCWD => link("/proc/self/cwd\0".to_owned()),
        descriptor => link(format!("/proc/self/fd/{descriptor}\0")),
    };
    if !path.is_empty() {
        whole.push(b'/');
        whole.extend(path);
    }
    meant(whole)
}

/// The inode of an open file, and whether it is a folder.
pub fn inode(descriptor: c_int) -> (u64, bool) {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the system writes one such structure there.
    let failed = unsafe { libc::syscall(libc::SYS_fstat, descriptor, stat.as_mut_ptr()) } != 0;
    if failed {
        return (0, false);
    }
    // SAFETY: it was written.
    let stat = unsafe { stat.assume_init() };
    (stat.st_ino, stat.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

/// Tells whether there is something of this name.
///
/// # Safety
/// `path` ends with a zero.
pub unsafe fn exists(folder: c_int, path: *const c_char) -> bool {
    // SAFETY: the caller says so.
    unsafe { libc::syscall(libc::SYS_faccessat, folder, path, libc::F_OK) == 0 }
}

fn meant(path: Vec<u8>) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(FOLDER.get()?.as_slice())?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(path)
}

/// What a link of the system's points to; the name ends with a zero.
fn link(name: String) -> Vec<u8> {
    let mut target = vec![0u8; libc::PATH_MAX as usize];
    // SAFETY: the name ends with a zero, and the system writes at most as much as there is room for.
    let length = unsafe {
        libc::syscall(
            libc::SYS_readlinkat,
            libc::AT_FDCWD,
            name.as_ptr(),
            target.as_mut_ptr(),
            target.len(),
        )
    };
    target.truncate(usize::try_from(length).unwrap_or(0));
    target
}
