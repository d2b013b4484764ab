//! What this process takes of the machine's memory, as the kernel counts it.

use std::fs;

/// Resident bytes, and the most that they ever were since the last [`forget_peak`].
#[derive(Clone, Copy)]
pub struct Memory {
    pub resident: u64,
    pub peak: u64,
}

/// Asks the kernel; `None` on a system that does not tell.
pub fn now() -> Option<Memory> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024)
    };
    Some(Memory {
        resident: bytes("VmRSS:")?,
        peak: bytes("VmHWM:")?,
    })
}

/// Lets the peak begin anew at what is taken right here.
pub fn forget_peak() {
    // Where it cannot be done the peak is that of the whole process, which did nothing larger before.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
