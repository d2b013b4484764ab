//! A library of many passages with their vectors: from the key to the first search, and searches by words and meaning.

use std::path::Path;
use std::time::Instant;

use aparte_assistant::bench_support::{self as inside, Failure, Index, sentence};

use crate::report::{Report, percentile};
use crate::text::Writer;
use crate::{assistant, create, memory, milliseconds, unlock};

/// Passages of a page, and pages of a document.
const PASSAGES: usize = 10;
const PAGES: usize = 25;
/// Bytes of a passage on average.
const LENGTH: u64 = 500;
/// Searches of one run.
const SEARCHES: usize = 200;
/// Passages that a search asks for.
const LIMIT: usize = 10;

/// Makes a vault with so many passages and its snapshot of the index, vectors included.
pub fn fill(folder: &Path, count: usize) -> Result<Report, Failure> {
    let mut writer = Writer::new(1);
    let vault = create(folder)?;
    let mut bytes = 0;
    let mut left = count;
    for number in 0.. {
        if left == 0 {
            break;
        }
        let mut pages = Vec::new();
        while left > 0 && pages.len() < PAGES {
            let passages = (0..PASSAGES.min(left)).map(|_| {
                let length = LENGTH / 2 + writer.below(LENGTH);
                writer.text(length as usize)
            });
            let page: Vec<String> = passages.collect();
            left -= page.len();
            bytes += page.iter().map(String::len).sum::<usize>();
            pages.push(page);
        }
        inside::add_document(&vault, number, &pages)?;
    }
    let start = Instant::now();
    let mut index = Index::build(&vault, || writer.vector())?;
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

/// From the key to the first passage found.
pub fn open(folder: &Path) -> Result<Report, Failure> {
    let mut writer = Writer::new(2);
    let question = writer.question();
    memory::forget_peak();
    let before = memory::now();
    let start = Instant::now();
    let assistant = assistant(unlock(folder)?)?;
    let documents: Vec<_> = assistant
        .documents()
        .iter()
        .map(|document| document.id)
        .collect();
    let list_ms = milliseconds(start);
    let found = assistant
        .search(&question, &documents, LIMIT)
        .map_err(sentence)?;
    let open_ms = milliseconds(start);
    if found.is_empty() {
        return Err("nothing is found: this measures nothing".into());
    }
    let mut report = Report::default();
    report.add("open_list_ms", list_ms);
    report.add("open_ms", open_ms);
    if let (Some(before), Some(after)) = (before, memory::now()) {
        let taken = |bytes: u64| bytes.saturating_sub(before.resident) as f64 / 1e6;
        report.add("resident_mb", taken(after.resident));
        report.add("peak_mb", taken(after.peak));
    }
    Ok(report)
}

/// Searches by words and by meaning, together and each alone. The question's meaning is at hand.
pub fn search(folder: &Path) -> Result<Report, Failure> {
    let mut writer = Writer::new(std::process::id().into());
    let vault = unlock(folder)?;
    let index = Index::load(&vault)?.index;
    index.passages(&writer.question(), Some(&writer.vector()), LIMIT)?;
    let mut report = Report::default();
    let ways: [(&str, &str, bool, bool); 3] = [
        ("search_ms_p50", "search_ms_p95", true, true),
        ("search_words_ms_p50", "search_words_ms_p95", true, false),
        (
            "search_vectors_ms_p50",
            "search_vectors_ms_p95",
            false,
            true,
        ),
    ];
    for (middle, high, words, vectors) in ways {
        let mut times = Vec::with_capacity(SEARCHES);
        let mut in_vain = 0;
        for _ in 0..SEARCHES {
            let question = if words {
                writer.question()
            } else {
                String::new()
            };
            let vector = writer.vector();
            let start = Instant::now();
            let found = index.passages(&question, vectors.then_some(&vector), LIMIT)?;
            times.push(milliseconds(start));
            in_vain += usize::from(found == 0);
        }
        // A small library does not have every word that a question may hold.
        if in_vain > SEARCHES / 2 {
            return Err("nothing was found: this measures nothing".into());
        }
        for (name, share) in [(middle, 0.5), (high, 0.95)] {
            let value = percentile(&mut times, share).expect("there were searches");
            report.add(name, value);
        }
    }
    Ok(report)
}
