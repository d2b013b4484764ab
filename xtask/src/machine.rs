//! The machine that figures were measured on.

use std::thread;

use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// What a reader needs to compare figures; a field is null where the system does not tell.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: Option<String>,
    /// The cores that this process may use.
    pub cores: Option<usize>,
    /// The memory, with its unit.
    pub memory: Option<String>,
}

impl Machine {
    /// Asks the system.
    pub fn this() -> Self {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(wanted).ok();
        let cpu = system.as_ref().and_then(|system| system.cpus().first());
        let bytes = system.as_ref().map(System::total_memory);
        Self {
            cpu: cpu
                .map(|cpu| cpu.brand().trim().to_owned())
                .filter(|name| !name.is_empty()),
            cores: thread::available_parallelism().ok().map(Into::into),
            memory: bytes
                .filter(|bytes| *bytes > 0)
                .map(|bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))),
        }
    }
}
