//! The walls around a worker: what it may still do once it has opened what it was given.
//!
//! Each system has a file of its own, behind the same functions. Where a system has no such wall, or none of ours was ever
//! tried on it, the greeting says so.

#[cfg_attr(target_os = "linux", path = "sandbox/linux.rs")]
#[cfg_attr(target_os = "macos", path = "sandbox/macos.rs")]
#[cfg_attr(windows, path = "sandbox/windows.rs")]
mod system;
#[cfg(unix)]
mod unix;

use aparte_protocol::{Wall, WallKind};

pub use system::{leave, limit_memory};

/// First steps, before anything is opened or any thread is started: no file written, nothing left by the drivers that are
/// loaded next, and what else the system knows for it.
pub fn prepare() {
    for (variable, value) in NO_FILES_OF_DRIVERS {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(variable, value) };
    }
    system::prepare();
}

/// Closes the walls, and gives each with what became of it. Call it before any thread is started: threads inherit them,
/// earlier ones do not.
pub fn enter() -> Vec<Wall> {
    let wall = |kind, closed: Result<(), String>| Wall {
        kind,
        missing: closed.err(),
    };
    // In this order: what the later ones need, they would deny.
    vec![
        wall(WallKind::CoreFiles, system::leave_no_core_file()),
        wall(WallKind::Files, system::deny_files()),
        wall(WallKind::SystemCalls, system::filter_calls()),
    ]
}

/// Drivers for graphics keep what they compile in a folder of the person's, unless they are told not to: Mesa's, and
/// NVIDIA's for Vulkan and for CUDA.
const NO_FILES_OF_DRIVERS: [(&str, &str); 3] = [
    ("MESA_SHADER_CACHE_DISABLE", "true"),
    ("__GL_SHADER_DISK_CACHE", "0"),
    ("CUDA_CACHE_DISABLE", "1"),
];
