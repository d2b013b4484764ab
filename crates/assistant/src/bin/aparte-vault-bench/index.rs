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
    let (index, serialized) = Index::load(&vault)?;
    let loaded = milliseconds(start);
    let serialized = serialized as f64;
    let mut report = Report::default();
    report.add("index_load_ms", loaded);
    report.add("index_serialized_mb", serialized / 1e6);
    report.add("index_memory_ratio", index.memory()? as f64 / serialized);
    if let (Some(before), Some(after)) = (before, memory::now()) {
        let ratio = |bytes: u64| bytes.saturating_sub(before.resident) as f64 / serialized;
        report.add("index_resident_ratio", ratio(after.resident));
        report.add("index_peak_ratio", ratio(after.peak));
    }
    Ok(report)
}
