//! The index by itself: from its snapshot to the first search, and what it takes in memory.

use std::path::Path;
use std::time::Instant;

use aparte_assistant::bench_support::{Failure, Index};

use crate::report::Report;
use crate::{memory, milliseconds, unlock};

/// Loads the snapshot in a process that did nothing before.
pub fn load(folder: &Path) -> Result<Report, Failure> {
    let vault = unlock(folder)?;
    memory::forget_peak();
    let before = memory::now();
    let start = Instant::now();
    let loaded = Index::load(&vault)?;
    let mut report = Report::default();
    report.add("index_load_ms", milliseconds(start));
    for (name, part) in [
        ("index_load_opened_ms", loaded.opened),
        ("index_load_read_ms", loaded.read),
        ("index_load_compared_ms", loaded.compared),
    ] {
        report.add(name, part.as_secs_f64() * 1e3);
    }
    let (index, serialized) = (loaded.index, loaded.serialized as f64);
    report.add("index_serialized_mb", serialized / 1e6);
    report.add("index_memory_ratio", index.memory()? as f64 / serialized);
    if let (Some(before), Some(after)) = (before, memory::now()) {
        let ratio = |bytes: u64| bytes.saturating_sub(before.resident) as f64 / serialized;
        report.add("index_resident_ratio", ratio(after.resident));
        report.add("index_peak_ratio", ratio(after.peak));
    }
    Ok(report)
}
