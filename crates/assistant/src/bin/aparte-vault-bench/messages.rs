//! A vault of many messages: from the key to the list, to the first search, and searches.

use std::path::Path;
use std::time::Instant;

use aparte_assistant::bench_support::{self as inside, Failure, Index, sentence};

use crate::report::{Report, percentile};
use crate::text::Writer;
use crate::{assistant, create, memory, milliseconds, unlock};

/// Messages of a conversation.
const TURNS: usize = 10;
/// Bytes of a message on average.
const LENGTH: u64 = 500;
/// Conversations a transaction.
const BATCH: usize = 200;
/// Searches of one run.
const SEARCHES: usize = 300;

/// Makes a vault with so many messages and its snapshot of the index.
pub fn fill(folder: &Path, count: usize) -> Result<Report, Failure> {
    let mut writer = Writer::new(1);
    let vault = create(folder)?;
    let mut bytes = 0;
    let conversations: Vec<usize> = (0..count / TURNS).collect();
    for batch in conversations.chunks(BATCH) {
        let batch: Vec<Vec<String>> = batch
            .iter()
            .map(|_| {
                (0..TURNS)
                    .map(|_| {
                        let length = LENGTH / 4 + writer.below(LENGTH * 3 / 2);
                        writer.text(length as usize)
                    })
                    .collect()
            })
            .collect();
        bytes += batch.iter().flatten().map(String::len).sum::<usize>();
        inside::add_conversations(&vault, &batch, bytes as u64)?;
    }
    let start = Instant::now();
    let mut index = Index::build(&vault, || [0; 384])?;
    let built = milliseconds(start);
    index.keep(&vault)?;
    vault.close()?;
    let mut report = Report::default();
    report.add("text_mb", bytes as f64 / 1e6);
    report.add("index_build_ms", built);
    report.add(
        "database_mb",
        folder.join("vault.db").metadata()?.len() as f64 / 1e6,
    );
    Ok(report)
}

/// From the key to the list, and to the first thing found.
pub fn open(folder: &Path) -> Result<Report, Failure> {
    let mut writer = Writer::new(2);
    let question = writer.question();
    memory::forget_peak();
    let before = memory::now();
    let start = Instant::now();
    let assistant = assistant(unlock(folder)?)?;
    let listed = assistant.conversations().map_err(sentence)?.len();
    let list_ms = milliseconds(start);
    let found = assistant.find(&question, 10).map_err(sentence)?.len();
    let ready_ms = milliseconds(start);
    if listed == 0 || found == 0 {
        return Err("nothing is listed or nothing is found: this measures nothing".into());
    }
    let mut report = Report::default();
    report.add("open_list_ms", list_ms);
    report.add("search_ready_ms", ready_ms);
    if let (Some(before), Some(after)) = (before, memory::now()) {
        let taken = |bytes: u64| bytes.saturating_sub(before.resident) as f64 / 1e6;
        report.add("resident_mb", taken(after.resident));
        report.add("peak_mb", taken(after.peak));
    }
    Ok(report)
}

/// Searches through the open vault.
pub fn search(folder: &Path) -> Result<Report, Failure> {
    let mut writer = Writer::new(std::process::id().into());
    let assistant = assistant(unlock(folder)?)?;
    assistant.find(&writer.question(), 10).map_err(sentence)?;
    let mut times = Vec::with_capacity(SEARCHES);
    let mut found = 0;
    for _ in 0..SEARCHES {
        let question = writer.question();
        let start = Instant::now();
        found += assistant.find(&question, 10).map_err(sentence)?.len();
        times.push(milliseconds(start));
    }
    if found == 0 {
        return Err("nothing was found: this measures nothing".into());
    }
    let mut report = Report::default();
    for (name, share) in [("search_ms_p50", 0.5), ("search_ms_p95", 0.95)] {
        report.add(
            name,
            percentile(&mut times, share).expect("there were searches"),
        );
    }
    Ok(report)
}
