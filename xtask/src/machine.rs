//! The machine that figures were measured on.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use serde::Serialize;

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
        Self {
            cpu: cpu(),
            cores: thread::available_parallelism().ok().map(Into::into),
            memory: memory_bytes()
                .map(|bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))),
        }
    }
}

fn cpu() -> Option<String> {
    if cfg!(windows) {
        env::var("PROCESSOR_IDENTIFIER").ok()
    } else if cfg!(target_os = "macos") {
        sysctl("machdep.cpu.brand_string")
    } else {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        field(&text, "model name").map(str::to_owned)
    }
}

fn memory_bytes() -> Option<u64> {
    if cfg!(target_os = "macos") {
        sysctl("hw.memsize")?.parse().ok()
    } else {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let kibibytes: u64 = field(&text, "MemTotal")?
            .strip_suffix(" kB")?
            .parse()
            .ok()?;
        Some(kibibytes * 1024)
    }
}

fn sysctl(name: &str) -> Option<String> {
    let output = Command::new("sysctl").args(["-n", name]).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the value of the first line `name : value`.
fn field<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_whatever_the_space_around_it() {
        let text = "processor\t: 0\nmodel name\t: A Processor\nmodel name\t: Another\n";
        assert_eq!(field(text, "model name"), Some("A Processor"));
        assert_eq!(field(text, "model"), None);
    }
}
