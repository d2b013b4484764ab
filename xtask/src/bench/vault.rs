//! What the vault costs: opening, searching, committing and sealing, at sizes that nobody's library is beyond.
//!
//! Everything is measured by `aparte-vault-bench`, an unshipped program of `crates/assistant`, in processes that do one
//! thing each. Its vaults lie in the target folder, on a disk and not in memory, and their keys are given, not derived.
//! Texts and vectors are synthetic, and a question's vector is at hand. Files are in the system's cache.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{Figure, Figures, Results};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process;
use crate::workspace::{Profile, Workspace};

const PROGRAM: &str = "aparte-vault-bench";

/// How often what takes milliseconds or seconds is measured, each time by a process of its own.
const RUNS: usize = 7;
/// How often hundreds of searches, or of commits, are measured.
const SERIES: usize = 3;

/// What the program calls a measurement, and its unit.
type Measure = (&'static str, &'static str);

const MESSAGES: &str = "100000";
const PASSAGES: [(&str, &str); 4] = [
    ("1000", "1k_passages"),
    ("10000", "10k_passages"),
    ("100000", "100k_passages"),
    ("1000000", "1m"),
];

const SEAL: &[Measure] = &[
    ("seal_gb_per_s", "GB/s"),
    ("unseal_gb_per_s", "GB/s"),
    ("seal_gb_per_s_8k", "GB/s"),
    ("unseal_gb_per_s_8k", "GB/s"),
    ("seal_gb_per_s_500", "GB/s"),
    ("unseal_gb_per_s_500", "GB/s"),
];
const COMMIT: &[Measure] = &[
    ("commit_ratio", "ratio"),
    ("commit_ratio_message_row_alone", "ratio"),
    ("commit_ms", "ms"),
    ("commit_plain_ms", "ms"),
    ("commit_plain_message_row_alone_ms", "ms"),
];
const FILL: &[Measure] = &[
    ("text_mb", "MB"),
    ("database_mb", "MB"),
    ("index_build_ms", "ms"),
];
const INDEX: &[Measure] = &[
    ("index_load_ms", "ms"),
    ("index_load_opened_ms", "ms"),
    ("index_load_read_ms", "ms"),
    ("index_load_compared_ms", "ms"),
    ("index_serialized_mb", "MB"),
    ("index_memory_ratio", "ratio"),
    ("index_resident_ratio", "ratio"),
    ("index_peak_ratio", "ratio"),
];
const OPEN_MESSAGES: &[Measure] = &[
    ("open_list_ms", "ms"),
    ("search_ready_ms", "ms"),
    ("resident_mb", "MB"),
    ("peak_mb", "MB"),
];
const OPEN_PASSAGES: &[Measure] = &[
    ("open_list_ms", "ms"),
    ("open_ms", "ms"),
    ("resident_mb", "MB"),
    ("peak_mb", "MB"),
];
const SEARCH_MESSAGES: &[Measure] = &[("search_ms_p50", "ms"), ("search_ms_p95", "ms")];
const SEARCH_PASSAGES: &[Measure] = &[
    ("search_ms_p50", "ms"),
    ("search_ms_p95", "ms"),
    ("search_words_ms_p95", "ms"),
    ("search_vectors_ms_p95", "ms"),
];

/// Measures the vault and the index that it keeps.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    // These packages have nothing of llama.cpp in them, so that a selection of their own builds it no second time.
    process::step(&mut workspace.cargo(&[
        "build",
        "--release",
        "--package=aparte-assistant",
        "--features=bench",
        "--bin=aparte-vault-bench",
    ]))?;
    let bench = Bench {
        workspace: &workspace,
        scratch: Scratch::new(workspace.programs(Profile::Release).join("vault-bench"))?,
    };
    let results = Results {
        suite: "vault",
        figures: bench.figures(),
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

struct Bench<'a> {
    workspace: &'a Workspace,
    scratch: Scratch,
}

impl Bench<'_> {
    fn figures(&self) -> Figures {
        let mut figures = Figures::new();
        let mut take = |words: &[&str], runs, suffix: &str, measures: &[Measure]| {
            let measured = self.measure(words, runs);
            add(&mut figures, &measured, suffix, measures);
        };
        take(&["seal"], 1, "", SEAL);

        let vault = self.scratch.vault("messages");
        take(&["fill-messages", &vault, MESSAGES], 1, "100k", FILL);
        take(&["index", &vault], RUNS, "100k", INDEX);
        take(&["open-messages", &vault], RUNS, "100k", OPEN_MESSAGES);
        take(
            &["search-messages", &vault],
            SERIES,
            "100k",
            SEARCH_MESSAGES,
        );
        take(&["commit", &vault], 1, "", COMMIT);
        self.scratch.clear();

        for (count, suffix) in PASSAGES {
            let vault = self.scratch.vault("passages");
            take(&["fill-passages", &vault, count], 1, suffix, FILL);
            take(&["index", &vault], RUNS, suffix, INDEX);
            take(&["open-passages", &vault], RUNS, suffix, OPEN_PASSAGES);
            take(
                &["search-passages", &vault],
                SERIES,
                suffix,
                SEARCH_PASSAGES,
            );
            self.scratch.clear();
        }
        figures
    }

    /// Runs one command of the program so many times. Gives all values of each name, or why there are none.
    fn measure(&self, words: &[&str], runs: usize) -> Result<BTreeMap<String, Vec<f64>>, String> {
        let command = words.first().copied().unwrap_or_default();
        let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for run in 1..=runs {
            eprintln!("{} ({run} of {runs})", words.join(" "));
            let output = self
                .workspace
                .program(Profile::Release, PROGRAM)
                .args(words)
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
                .map_err(|error| format!("{PROGRAM} could not be started: {error}"))?;
            if !output.status.success() {
                return Err(format!("{PROGRAM} {command} failed with {}", output.status));
            }
            let values: BTreeMap<String, Vec<f64>> = serde_json::from_slice(&output.stdout)
                .map_err(|error| format!("{PROGRAM} {command} printed no measurement: {error}"))?;
            for (name, values) in values {
                all.entry(name).or_default().extend(values);
            }
        }
        Ok(all)
    }
}

/// Adds the figures of one command under names that end with its size.
fn add(
    figures: &mut Figures,
    measured: &Result<BTreeMap<String, Vec<f64>>, String>,
    suffix: &str,
    measures: &[Measure],
) {
    for &(name, unit) in measures {
        let figure = match measured {
            Ok(values) => match values.get(name) {
                Some(values) => Figure::of(unit, values.iter().copied()),
                None => Figure::none(unit, "this system does not tell"),
            },
            Err(reason) => Figure::none(unit, reason),
        };
        let joint = if suffix.is_empty() { "" } else { "_" };
        figures.insert(format!("{name}{joint}{suffix}"), figure);
    }
}

/// A folder for vaults that are gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: PathBuf) -> Result<Scratch, Failure> {
        let scratch = Scratch(folder);
        scratch.clear();
        fs::create_dir_all(&scratch.0).map_err(Failure::file(&scratch.0))?;
        Ok(scratch)
    }

    fn vault(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// Removes what is in it. What cannot be removed is in nobody's way but the disk's.
    fn clear(&self) {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let _ = remove(&path);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_named_after_their_size_and_say_what_is_missing() {
        let mut figures = Figures::new();
        let values = BTreeMap::from([("open_ms".to_owned(), vec![3.0, 1.0, 2.0])]);
        let measures = &[("open_ms", "ms"), ("peak_mb", "MB")];
        add(&mut figures, &Ok(values), "1m", measures);
        add(
            &mut figures,
            &Err("it failed".to_owned()),
            "",
            &[("seal_gb_per_s", "GB/s")],
        );

        assert_eq!(figures["open_ms_1m"].value, Some(2.0));
        assert_eq!(figures["open_ms_1m"].spread, Some([1.0, 3.0]));
        assert_eq!(figures["peak_mb_1m"].value, None);
        let reason = figures["seal_gb_per_s"].reason.as_deref();
        assert_eq!(reason, Some("it failed"));
    }

    #[test]
    fn a_scratch_folder_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("aparte-bench-{}", std::process::id()));
        let scratch = Scratch::new(folder.clone()).unwrap();
        fs::create_dir_all(scratch.vault("one")).unwrap();
        fs::write(folder.join("file"), "x").unwrap();
        scratch.clear();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        drop(scratch);
        assert!(!folder.exists());
    }
}
