//! What Linux tells of a process: whether it is there, and what it holds.

use std::fs;
use std::process::Command;

/// Whether a process is there at all, be it only as one that nobody waited for.
pub fn exists(process: u32) -> bool {
    fs::exists(format!("/proc/{process}")).expect("Linux tells")
}

/// Kills a process.
pub fn kill(process: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-9", &process.to_string()])
        .output()
        .expect("every system has `kill`");
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Bytes of memory that it wrote itself. A mapped file is shared with whoever else maps it, and is not counted.
    pub memory: u64,
    /// Open files, pipes and the like. Those of a worker are nobody's to count.
    pub handles: usize,
    pub threads: usize,
}

impl Held {
    /// What a process of the same user holds.
    pub fn by(process: u32) -> Held {
        let folder = format!("/proc/{process}");
        let entries =
            |name: &str| fs::read_dir(format!("{folder}/{name}")).map_or(0, Iterator::count);
        Held {
            memory: memory(&folder),
            handles: entries("fd"),
            threads: entries("task"),
        }
    }
}

/// From its map where that may be read, else what is resident and of no file. A worker lets nobody but the
/// administrator look at its map.
fn memory(folder: &str) -> u64 {
    let rollup = fs::read_to_string(format!("{folder}/smaps_rollup")).unwrap_or_default();
    let kilobytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss_Anon:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    match kilobytes {
        Some(kilobytes) => kilobytes * 1024,
        None => {
            let pages = fs::read_to_string(format!("{folder}/statm")).expect("it runs");
            let mut pages = pages
                .split(' ')
                .skip(1)
                .map_while(|count| count.parse::<u64>().ok());
            let (resident, of_files) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
            resident.saturating_sub(of_files) * 4096
        }
    }
}
