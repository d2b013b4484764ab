//! How fast documents are read and how much memory that takes, by the programs that are shipped: the command line, the worker
//! behind its walls, and everything between them. And how smoothly the window draws meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::corpora::{self, Sample};
use super::{MADE_FOR_TESTS, prepare_corpora, readers};
use crate::bench::{Figure, Figures, Results, measured_in_window};
use crate::bundle;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::process;
use crate::system;
use crate::test;
use crate::ui;
use crate::workspace::{Profile, Workspace};

/// How often everything is measured.
const RUNS: usize = 5;
/// Pages of the files that are timed, at least.
const PAGES: usize = 2_000;
/// A start of two processes should not count for more than reading.
const PAGES_OF_A_FILE: std::ops::RangeInclusive<usize> = 20..=300;
/// Pages of the manual.
const MANUAL_PAGES: usize = 2_400;
/// Texts that vectors are made of, and tokens of each: as long as a passage.
const TEXTS: u32 = 48;
const TEXT_TOKENS: u32 = 200;
/// Words of a page, on the average of a file, below which it is more of a drawing.
const WORDS_OF_A_PAGE: usize = 100;
/// How often a worker's memory is looked at. The system remembers the most between two looks.
const LOOK: Duration = Duration::from_millis(5);
/// Ticks of a second in what Linux tells of processes.
const TICKS: f64 = 100.0;

/// Measures all of it.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare(system::BUILD)?;
    system::prepare_node()?;
    let models = models::obtain(&workspace.root)?;
    ui::build(&workspace)?;
    bundle::build(&workspace)?;
    test::prepare(&workspace)?;
    workspace.build()?;
    let (samples, folder) = prepare_corpora(&workspace, corpora::ALL)?;
    let documents = written(samples);
    let scratch = folder.join("speed");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Failure::file(&scratch))?;
    }
    fs::create_dir_all(&scratch).map_err(Failure::file(&scratch))?;
    let speed = Speed {
        workspace: &workspace,
        scratch,
    };
    let mut figures = speed.pages(&documents);
    figures.extend(speed.memory(&documents));
    figures.extend(speed.manual(&documents));
    figures.extend(speed.vectors(&models));
    figures.extend(speed.frames());
    let results = Results {
        suite: "documents-speed",
        figures,
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

/// A PDF file that was written as text.
struct Document {
    path: PathBuf,
    pages: usize,
    bytes: u64,
}

/// The PDF files of the corpora that were written as text, in the order of the choice.
fn written(mut samples: Vec<Sample>) -> Vec<Document> {
    corpora::shuffle(&mut samples);
    samples.retain(|sample| sample.ending == "pdf" && !sample.name.starts_with(MADE_FOR_TESTS));
    let document = |Sample { path, .. }: Sample| {
        let pages = readers::page_count(&path)?;
        let words = readers::words_of_pdf(&path)?;
        let bytes = path.metadata().ok()?.len();
        (pages > 0 && words >= pages * WORDS_OF_A_PAGE).then_some(Document { path, pages, bytes })
    };
    samples.into_iter().filter_map(document).collect()
}

struct Speed<'a> {
    workspace: &'a Workspace,
    scratch: PathBuf,
}

impl Speed<'_> {
    /// Pages a second, by the clock and by the time that both processes had a core.
    fn pages(&self, documents: &[Document]) -> Figures {
        let mut chosen = Vec::new();
        let mut pages = 0;
        for document in documents {
            if pages < PAGES && PAGES_OF_A_FILE.contains(&document.pages) {
                chosen.push(document);
                pages += document.pages;
            }
        }
        let measure = |run: usize| -> Result<(f64, f64), String> {
            eprintln!(
                "{pages} pages of {} files: run {run} of {RUNS}",
                chosen.len()
            );
            let (begin, busy) = (Instant::now(), busy_of_children()?);
            for document in &chosen {
                self.extract(&document.path)?;
            }
            let by_core = busy_of_children()? - busy;
            let per_s = |seconds: f64| pages as f64 / seconds;
            Ok((per_s(begin.elapsed().as_secs_f64()), per_s(by_core)))
        };
        let runs = match pages {
            0 => Err("there was no document".to_owned()),
            _ => (1..=RUNS).map(measure).collect::<Result<Vec<_>, _>>(),
        };
        let figure = |value: fn(&(f64, f64)) -> f64| match &runs {
            Ok(runs) => Figure::of("pages/s", runs.iter().map(value)),
            Err(reason) => Figure::none("pages/s", reason),
        };
        Figures::from([
            (
                "pdf_pages_per_s_per_core".to_owned(),
                figure(|run| run.1).with_goal("100 or more"),
            ),
            ("pdf_pages_per_s".to_owned(), figure(|run| run.0)),
            ("pdf_pages".to_owned(), Figure::of("pages", [pages as f64])),
        ])
    }

    /// The most memory that the worker had, for the file of the most bytes and for that of the most pages.
    fn memory(&self, documents: &[Document]) -> Figures {
        let largest = documents.iter().max_by_key(|document| document.bytes);
        let longest = documents.iter().max_by_key(|document| document.pages);
        let mut figures = Figures::new();
        for (name, document) in [("largest", largest), ("longest", longest)] {
            let peak = document
                .ok_or_else(|| "there was no document".to_owned())
                .and_then(|document| self.peak(&document.path));
            let figure = match peak {
                Ok(bytes) => Figure::of("MB", [bytes as f64 / 1e6]).with_goal("537 or less"),
                Err(reason) => Figure::none("MB", &reason),
            };
            figures.insert(format!("worker_peak_mb_{name}"), figure);
            if let Some(document) = document {
                let mb = Figure::of("MB", [document.bytes as f64 / 1e6]);
                figures.insert(format!("file_mb_{name}"), mb);
                let pages = Figure::of("pages", [document.pages as f64]);
                figures.insert(format!("file_pages_{name}"), pages);
            }
        }
        figures
    }

    /// From the start of the command, which makes a vault, reads the manual and keeps it, to what a word of it finds.
    fn manual(&self, documents: &[Document]) -> Figures {
        let measure = || -> Result<Vec<f64>, String> {
            let manual = self.scratch.join("manual.pdf");
            join(documents, &manual)?;
            let word = last_long_word(&manual)?;
            let passphrase = self.scratch.join("passphrase");
            fs::write(&passphrase, "four calm words here\n")
                .map_err(|error| format!("a passphrase could not be written: {error}"))?;
            (1..=RUNS)
                .map(|run| {
                    eprintln!("a manual of {MANUAL_PAGES} pages: run {run} of {RUNS}");
                    let vault = self.scratch.join(format!("vault-{run}"));
                    let mut search = self.aparte();
                    search
                        .arg("search")
                        .arg(&word)
                        .arg(&manual)
                        .arg("--vault")
                        .arg(&vault)
                        .arg("--passphrase-file")
                        .arg(&passphrase);
                    let begin = Instant::now();
                    let output = search.output().map_err(not_started)?;
                    let seconds = begin.elapsed().as_secs_f64();
                    let _ = fs::remove_dir_all(&vault);
                    let found: serde_json::Value = serde_json::from_slice(&output.stdout)
                        .map_err(|_| format!("aparte search failed with {}", output.status))?;
                    match found["hits"].as_array() {
                        Some(hits) if !hits.is_empty() => Ok(seconds),
                        _ => Err(format!("`{word}` of its last pages was not found")),
                    }
                })
                .collect()
        };
        let figure = match measure() {
            Ok(seconds) => Figure::of("s", seconds).with_goal("30 or less"),
            Err(reason) => Figure::none("s", &reason),
        };
        Figures::from([("manual_2400_searchable_s".to_owned(), figure)])
    }

    /// Vectors of texts as long as a passage, through the worker, against the bare library at its best.
    fn vectors(&self, models: &[PathBuf]) -> Figures {
        let speed = |command: &mut Command| -> Result<f64, String> {
            let output = command.output().map_err(not_started)?;
            let said: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
            let speed = said.and_then(|said| said["texts_per_s"].as_f64());
            speed.ok_or_else(|| format!("{command:?} told no speed"))
        };
        let (texts, tokens) = (TEXTS.to_string(), TEXT_TOKENS.to_string());
        let ours = || {
            let mut command = self.aparte();
            command.args(["bench", "--embed", &texts, "--prompt-tokens", &tokens]);
            speed(&mut command)
        };
        let bare = || {
            let model = models.get(1).ok_or("there is no model for vectors")?;
            let programs = self.workspace.programs(Profile::Shipped);
            let mut command = self
                .workspace
                .program(Profile::Shipped, "aparte-bare-embedding");
            command.arg(model).arg(programs.join("backends"));
            speed(command.args([&texts, &tokens]))
        };
        let pair = |run: usize| -> Result<(f64, f64), String> {
            eprintln!("vectors: pair {run} of {RUNS}");
            match run % 2 {
                0 => {
                    let bare = bare()?;
                    Ok((ours()?, bare))
                }
                _ => Ok((ours()?, bare()?)),
            }
        };
        let pairs = (1..=RUNS).map(pair).collect::<Result<Vec<_>, _>>();
        let figure = |unit, value: fn(&(f64, f64)) -> f64| match &pairs {
            Ok(pairs) => Figure::of(unit, pairs.iter().map(value)),
            Err(reason) => Figure::none(unit, reason),
        };
        Figures::from([
            (
                "vectors_ratio".to_owned(),
                figure("ratio", |(ours, bare)| ours / bare).with_goal("0.9 or more"),
            ),
            (
                "vectors_per_s".to_owned(),
                figure("passages/s", |(ours, _)| *ours),
            ),
        ])
    }

    /// The longest that the real window goes without drawing: while a manual of as many pages is taken in, and 200 files, while some
    /// come into a library of 10,000 documents, and while somebody goes through that one.
    fn frames(&self) -> Figures {
        #[derive(Deserialize)]
        struct Measured {
            during: String,
            longest_ms: f64,
        }
        const TESTS: &str = "window::frames::";
        const DURING: [&str; 4] = ["manual", "files", "coming", "browsing"];
        eprintln!("frames of the window");
        let measured = measured_in_window::<Measured>(self.workspace, TESTS);
        let figure = |during: &str| match &measured {
            Ok(measured) => {
                let mut measured = measured.iter();
                match measured.find(|measured| measured.during == during) {
                    Some(measured) => Figure::of("ms", [measured.longest_ms]),
                    None => Figure::none("ms", "its test measured nothing"),
                }
            }
            Err(reason) => Figure::none("ms", reason),
        };
        let named = DURING.map(|during| {
            let figure = figure(during).with_goal("100 or less");
            (format!("longest_frame_ms_{during}"), figure)
        });
        named.into()
    }

    fn extract(&self, path: &Path) -> Result<(), String> {
        let mut command = self.aparte();
        let status = command
            .arg("extract")
            .arg(path)
            .stdout(Stdio::null())
            .status()
            .map_err(not_started)?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{} failed with {status}", path.display())),
        }
    }

    /// The most bytes that the worker had in memory while it read a file.
    fn peak(&self, path: &Path) -> Result<u64, String> {
        eprintln!("memory: {}", path.display());
        let mut command = self.aparte();
        let mut child = command
            .arg("extract")
            .arg(path)
            .stdout(Stdio::null())
            .spawn()
            .map_err(not_started)?;
        let mut most = None;
        loop {
            most = most.max(peak_of_workers(child.id()));
            match child.try_wait().map_err(not_started)? {
                None => thread::sleep(LOOK),
                Some(status) if status.success() => break,
                Some(status) => return Err(format!("{} failed with {status}", path.display())),
            }
        }
        most.ok_or_else(|| "this system does not tell".to_owned())
    }

    fn aparte(&self) -> Command {
        let mut command = self.workspace.program(Profile::Shipped, "aparte");
        command
            .args(["--json", "--quiet", "--language", "en"])
            .stdin(Stdio::null())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        command
    }
}

/// Makes one file of the first documents that have so many pages together.
fn join(documents: &[Document], manual: &Path) -> Result<(), String> {
    let mut qpdf = Command::new("qpdf");
    qpdf.args(["--warning-exit-0", "--empty", "--pages"]);
    let mut missing = MANUAL_PAGES;
    for document in documents {
        if missing == 0 {
            break;
        }
        let pages = document.pages.min(missing);
        qpdf.arg(&document.path).arg(format!("1-{pages}"));
        missing -= pages;
    }
    qpdf.arg("--").arg(manual);
    process::step(&mut qpdf).map_err(|failure| failure.to_string())?;
    match readers::page_count(manual) {
        Some(MANUAL_PAGES) => Ok(()),
        pages => Err(format!("the manual has {pages:?} pages")),
    }
}

/// The last word of at least eight letters.
fn last_long_word(manual: &Path) -> Result<String, String> {
    let text = readers::text_of_pdf(manual).ok_or("the manual has no text")?;
    let is_long = |word: &&str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_alphabetic());
    let word = text.split_whitespace().rfind(is_long);
    word.map(str::to_owned)
        .ok_or_else(|| "the manual has no long word".to_owned())
}

/// Seconds that children, with what they waited for themselves, had a core, since this process began.
fn busy_of_children() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| error.to_string())?;
    busy_in(&stat).ok_or_else(|| "this system does not tell the time of processes".to_owned())
}

/// The 16th and 17th field of `/proc/PID/stat` (proc(5)). The second is a name, which may hold anything.
fn busy_in(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// The most bytes that any worker of this process has had in memory so far.
fn peak_of_workers(process: u32) -> Option<u64> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let mut most = None;
    for thread in threads.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let status = fs::read_to_string(format!("/proc/{child}/status"));
            most = most.max(peak_in(&status.unwrap_or_default()));
        }
    }
    most
}

/// The line `VmHWM: 1234 kB` of `/proc/PID/status`, in bytes.
fn peak_in(status: &str) -> Option<u64> {
    // Until it becomes the worker, a child is a copy of the application.
    status
        .lines()
        .find(|line| *line == "Name:\taparte-worker")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

fn not_started(error: std::io::Error) -> String {
    format!("aparte could not be run: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_children_is_read_whatever_the_process_is_called() {
        let stat = "7 (a) b) R 1 7 7 0 -1 0 0 0 0 0 11 12 250 50 20 0 1 0 5";
        assert_eq!(busy_in(stat), Some(3.0));
        assert_eq!(busy_in("7 (a) R 1"), None);
        assert!(busy_of_children().is_ok());
    }

    #[test]
    fn the_most_memory_is_that_of_a_worker() {
        let status = "Name:\taparte-worker\nVmPeak:\t  900 kB\nVmHWM:\t  512 kB\n";
        assert_eq!(peak_in(status), Some(512 << 10));
        assert_eq!(peak_in("Name:\taparte\nVmHWM:\t  512 kB\n"), None);
    }
}
