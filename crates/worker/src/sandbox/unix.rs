//! What Linux and macOS share: limits.

use rlimit::Resource;

/// No file of any kind is the worker's to write. A driver that tries all the same is told that its file would be too large,
/// and goes on; the signal that comes with it would end the worker.
pub fn write_no_file() {
    let _ = rlimit::setrlimit(Resource::FSIZE, 0, 0);
    // SAFETY: no handler is installed that could be called.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// A core file would hold prompts and documents.
pub fn leave_no_core_file() -> Result<(), String> {
    rlimit::setrlimit(Resource::CORE, 0, 0).map_err(|error| error.to_string())
}

/// Bounds the address space, in bytes. Not for the engine: mapped weights count too.
pub fn limit_memory(bytes: u64) {
    let _ = rlimit::setrlimit(Resource::AS, bytes, bytes);
}

/// Ends the process at once: the app is gone, and llama.cpp may be in the middle of a step whose threads
/// an orderly exit would pull the ground from.
pub fn leave() -> ! {
    // SAFETY: `_exit` takes no pointer and does not return.
    unsafe { libc::_exit(0) }
}
