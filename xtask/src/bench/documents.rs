//! How well documents are read: beside poppler and MuPDF, pandoc and libraries of Python, over real files.
//!
//! The files come out of packages by name (`corpora.rs`), and the programs are those that the tests run: what is read does
//! not depend on how they were compiled, and these notice an overflow. What is compared are words, as often as each occurs
//! (`words.rs`), page by page in PDF files, and file by file in others. Two references that do not agree on a page say
//! nothing about a third reader, so such pages are left out, and so are pages with hardly a word. Pages that are pictures
//! stay pictures here.

mod corpora;
mod readers;
pub mod speed;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use super::{Figure, Figures, Results};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::statistics::Spread;
use crate::suites::Counts;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

use corpora::Sample;
use readers::{Readers, Verdict};
use words::Words;

/// PDF files whose pages are compared, of as many producers as there are: one of each, a second of each, and so on.
const COMPARED: usize = 400;
/// Files of more pages are read, but not compared: one manual would outweigh a hundred letters.
const COMPARED_PAGES: usize = 300;
/// Files of each other kind.
const OTHERS: usize = 150;
/// Words that both references must find on a page, or in a file the one.
const ENOUGH_WORDS: usize = 20;
/// How far both must agree on a page.
const AGREEMENT: f64 = 0.9;
/// Its files were made to be broken: they are read, and not compared.
const MADE_FOR_TESTS: &str = "qpdf/";
/// What is named of the files that are read worst.
const WORST: usize = 20;
/// PDF files, and files of each of six other kinds, of the short form.
const SHORT: (usize, usize) = (18, 2);

/// What came of a file.
struct Outcome {
    sample: Sample,
    producer: Option<String>,
    verdict: Verdict,
    /// Whether the references find text in it.
    valid: bool,
    /// How alike each page that can be compared is to the better of the references, with its number.
    pages: Vec<(f64, usize)>,
    /// All pages that we found.
    page_count: usize,
}

/// Reads everything and compares it.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare(system::BUILD)?;
    system::prepare_node()?;
    ui::build(&workspace)?;
    workspace.build()?;
    let (samples, readers) = prepare(&workspace, corpora::ALL)?;
    let outcomes = read(&readers, chosen(samples, usize::MAX, OTHERS));
    let compared = compared(&outcomes);
    tell_worst(&outcomes, &compared);
    let results = Results {
        suite: "documents",
        figures: figures(&outcomes, &compared),
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

/// Reads a few files, with the programs that the tests run: each must leave the application alive, and give text where the
/// references find some; and their pages together must be read well.
pub fn short(workspace: &Workspace) -> Result<Counts, Failure> {
    let (samples, readers) = prepare(workspace, corpora::SMALL)?;
    let (pdf, others) = SHORT;
    let outcomes = read(&readers, chosen(samples, pdf, others));
    let mut counts = Counts::default();
    let mut count = |passed: bool, what: &str| {
        println!("{what} ... {}", if passed { "ok" } else { "FAILED" });
        match passed {
            true => counts.passed += 1,
            false => counts.failed += 1,
        }
    };
    for outcome in &outcomes {
        let crashed = matches!(outcome.verdict, Verdict::Crashed(_));
        let passed = !crashed && (!outcome.valid || outcome.gives_text());
        count(passed, &outcome.sample.name);
        if !passed {
            println!("  {}", outcome.says());
        }
    }
    let pdf = outcomes
        .iter()
        .filter(|outcome| outcome.sample.ending == "pdf");
    let scores = pdf.flat_map(|outcome| &outcome.pages);
    let pages = Spread::of(scores.map(|(score, _)| *score));
    let well = pages.is_some_and(|pages| pages.median >= 0.98);
    count(
        well,
        "half of the PDF pages have 0.98 of the references' words",
    );
    if !well {
        println!("  {pages:?}");
    }
    Ok(counts)
}

fn prepare<'a>(
    workspace: &'a Workspace,
    packages: &[corpora::Package],
) -> Result<(Vec<Sample>, Readers<'a>), Failure> {
    let (samples, folder) = prepare_corpora(workspace, packages)?;
    Ok((samples, Readers::prepare(workspace, &folder)?))
}

/// The files of packages, and the folder of everything that this suite keeps.
fn prepare_corpora(
    workspace: &Workspace,
    packages: &[corpora::Package],
) -> Result<(Vec<Sample>, PathBuf), Failure> {
    if !system::is_debian() {
        return Err(Failure::SystemIncomplete {
            remedy: "the documents that are read, and the programs that they are compared with, come out of Debian \
                     packages. Run the command on Debian or Ubuntu."
                .to_owned(),
        });
    }
    system::prepare(system::DOCUMENTS)?;
    let folder = workspace.tools().join("documents");
    let samples = corpora::obtain(packages, &folder.join("corpora"))?;
    Ok((samples, folder))
}

/// So many PDF files, and so many of each other kind, where there are that many of it.
fn chosen(mut samples: Vec<Sample>, pdf: usize, others: usize) -> Vec<Sample> {
    corpora::shuffle(&mut samples);
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    samples.retain(|sample| {
        let most = if sample.ending == "pdf" { pdf } else { others };
        let taken = taken.entry(kind(&sample.ending).to_owned()).or_default();
        *taken += 1;
        *taken <= most
    });
    samples
}

/// Two endings have one kind.
fn kind(ending: &str) -> &str {
    match ending {
        "htm" => "html",
        ending => ending,
    }
}

/// Reads all files on all cores; what came of them is in the files' order.
fn read(readers: &Readers<'_>, samples: Vec<Sample>) -> Vec<Outcome> {
    let total = samples.len();
    let waiting = Mutex::new(samples.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(total));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = || waiting.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((place, sample)) = next() {
                    let outcome = Outcome::of(readers, sample);
                    if let Ok(mut done) = done.lock() {
                        done.push((place, outcome));
                        if done.len().is_multiple_of(100) {
                            eprintln!("{} of {total} files", done.len());
                        }
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

impl Outcome {
    fn of(readers: &Readers<'_>, sample: Sample) -> Outcome {
        let verdict = readers.ours(&sample.path);
        let ours: &[String] = match &verdict {
            Verdict::Read(pages) => pages,
            _ => &[],
        };
        let page_count = ours.len();
        let mut producer = None;
        let (valid, pages) = if sample.ending == "pdf" {
            producer = readers::producer(&sample.path);
            let references = [readers.poppler(&sample.path), readers.mupdf(&sample.path)];
            compare_pages(ours, references)
        } else {
            match readers.other(&sample.path, &sample.ending) {
                Some(reference) => compare_file(ours, &reference),
                None => (false, Vec::new()),
            }
        };
        Outcome {
            sample,
            producer,
            verdict,
            valid,
            pages,
            page_count,
        }
    }

    fn gives_text(&self) -> bool {
        match &self.verdict {
            Verdict::Read(pages) => pages.iter().any(|page| !page.trim().is_empty()),
            _ => false,
        }
    }

    fn says(&self) -> &str {
        match &self.verdict {
            Verdict::Read(_) => "no text",
            Verdict::Refused(why) | Verdict::Crashed(why) => why,
        }
    }

    /// How alike the pages are, one with the other.
    fn mean(&self) -> f64 {
        let sum: f64 = self.pages.iter().map(|(score, _)| score).sum();
        sum / self.pages.len() as f64
    }
}

/// Whether both references find text, and how alike each page is to the better of them.
fn compare_pages(
    ours: &[String],
    references: [Option<Vec<String>>; 2],
) -> (bool, Vec<(f64, usize)>) {
    let [Some(one), Some(other)] = references else {
        return (false, Vec::new());
    };
    let has_words = |pages: &[String]| pages.iter().any(|page| Words::of(page).total() > 0);
    let valid = has_words(&one) && has_words(&other);
    let mut pages = Vec::new();
    for (place, (one, other)) in one.iter().zip(&other).enumerate() {
        let (one, other) = (Words::of(one), Words::of(other));
        if one.total().min(other.total()) < ENOUGH_WORDS || one.f1(&other) < AGREEMENT {
            continue;
        }
        // A page that we lack is one without words.
        let ours = ours
            .get(place)
            .map_or_else(Words::default, |text| Words::of(text));
        pages.push((ours.f1(&one).max(ours.f1(&other)), place + 1));
    }
    (valid, pages)
}

/// The same for a file as a whole, with one reference.
fn compare_file(ours: &[String], reference: &str) -> (bool, Vec<(f64, usize)>) {
    let reference = Words::of(reference);
    let ours = Words::of(&ours.join("\n"));
    let score = (reference.total() >= ENOUGH_WORDS).then(|| (ours.f1(&reference), 1));
    (reference.total() > 0, score.into_iter().collect())
}

/// The PDF files whose pages are compared.
fn compared(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut of_producers: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        let is_real = outcome.sample.ending == "pdf"
            && !outcome.sample.name.starts_with(MADE_FOR_TESTS)
            && !outcome.pages.is_empty()
            && outcome.page_count <= COMPARED_PAGES;
        if is_real {
            let producer = outcome.producer.as_deref().unwrap_or_default();
            of_producers.entry(producer).or_default().push(outcome);
        }
    }
    let mut compared = Vec::new();
    for round in 0.. {
        let before = compared.len();
        compared.extend(of_producers.values().filter_map(|files| files.get(round)));
        if compared.len() == before || compared.len() >= COMPARED {
            break;
        }
    }
    compared.truncate(COMPARED);
    compared
}

fn figures(outcomes: &[Outcome], compared: &[&Outcome]) -> Figures {
    let mut figures = Figures::new();
    let mut put = |name: &str, figure: Figure| drop(figures.insert(name.to_owned(), figure));
    let count = |number: usize| Figure::of("files", [number as f64]);

    let scores = || compared.iter().flat_map(|outcome| &outcome.pages);
    let scores = || scores().map(|(score, _)| *score);
    put(
        "pdf_word_f1",
        Figure::of("share", scores()).with_goal("0.99 or more"),
    );
    put(
        "pdf_word_f1_p5",
        Figure::percentile("share", 0.05, scores().collect()).with_goal("0.95 or more"),
    );
    put("pdf_files", count(compared.len()).with_goal("300 or more"));
    put("pdf_pages", Figure::of("pages", [scores().count() as f64]));
    let producers = compared.iter().filter_map(|file| file.producer.as_deref());
    let producers: BTreeSet<_> = producers.collect();
    eprintln!(
        "producers: {}",
        producers.iter().copied().collect::<Vec<_>>().join(", ")
    );
    put(
        "pdf_producers",
        Figure::of("producers", [producers.len() as f64]).with_goal("15 or more"),
    );

    let survived = outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.verdict, Verdict::Crashed(_)))
        .count();
    put("files", count(outcomes.len()));
    put("survived", share(survived, outcomes.len()).with_goal("1"));
    let valid: Vec<_> = outcomes.iter().filter(|outcome| outcome.valid).collect();
    let read = valid.iter().filter(|outcome| outcome.gives_text()).count();
    put("valid_files", count(valid.len()));
    put(
        "valid_read",
        share(read, valid.len()).with_goal("0.98 or more"),
    );

    let kinds: BTreeSet<_> = outcomes
        .iter()
        .map(|outcome| kind(&outcome.sample.ending))
        .filter(|kind| *kind != "pdf")
        .collect();
    for name in kinds {
        let files = || {
            outcomes
                .iter()
                .filter(|outcome| kind(&outcome.sample.ending) == name)
                .flat_map(|outcome| &outcome.pages)
                .map(|(score, _)| *score)
        };
        let likeness = match files().count() {
            0 => Figure::none("share", "no file has enough words"),
            _ => Figure::of("share", files()),
        };
        put(
            &format!("{name}_word_f1"),
            likeness.with_goal("0.98 or more"),
        );
        put(&format!("{name}_files"), count(files().count()));
    }
    figures
}

fn share(part: usize, all: usize) -> Figure {
    match all {
        0 => Figure::none("share", "there was no file"),
        all => Figure::of("share", [part as f64 / all as f64]),
    }
}

/// Names the files that are read worst, those that crashed, and valid ones without text.
fn tell_worst(outcomes: &[Outcome], compared: &[&Outcome]) {
    let others = outcomes
        .iter()
        .filter(|outcome| outcome.sample.ending != "pdf" && !outcome.pages.is_empty());
    let mut kinds: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::from([("pdf", compared.to_vec())]);
    for outcome in others {
        let kind = kind(&outcome.sample.ending);
        kinds.entry(kind).or_default().push(outcome);
    }
    for (kind, mut files) in kinds {
        files.sort_by(|one, other| one.mean().total_cmp(&other.mean()));
        eprintln!("read worst of {kind}:");
        for outcome in files.iter().take(WORST) {
            let worst = outcome
                .pages
                .iter()
                .min_by(|one, other| one.0.total_cmp(&other.0));
            let (score, page) = worst.copied().unwrap_or_default();
            eprintln!(
                "  {:.3} {} (page {page}: {score:.3})",
                outcome.mean(),
                outcome.sample.name
            );
        }
    }
    for outcome in outcomes {
        if matches!(outcome.verdict, Verdict::Crashed(_)) {
            eprintln!("crashed: {}: {}", outcome.sample.name, outcome.says());
        } else if outcome.valid && !outcome.gives_text() {
            eprintln!("not read: {}: {}", outcome.sample.name, outcome.says());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWENTY: &str = "a b c d e f g h i j k l m n o p q r s t";

    fn outcome(name: &str, producer: &str) -> Outcome {
        Outcome {
            sample: Sample {
                name: name.to_owned(),
                path: PathBuf::new(),
                ending: "pdf".to_owned(),
            },
            producer: Some(producer.to_owned()),
            verdict: Verdict::Read(vec![TWENTY.to_owned()]),
            valid: true,
            pages: vec![(1.0, 1)],
            page_count: 1,
        }
    }

    fn compare(ours: &[&str], one: &[&str], other: &[&str]) -> (bool, Vec<(f64, usize)>) {
        let owned = |pages: &[&str]| pages.iter().map(|page| (*page).to_owned()).collect();
        let ours: Vec<_> = owned(ours);
        compare_pages(&ours, [Some(owned(one)), Some(owned(other))])
    }

    #[test]
    fn a_page_is_compared_with_the_better_reference_and_only_where_both_agree() {
        let more = format!("{TWENTY} u");
        let (valid, pages) = compare(
            &[&more, TWENTY, "few"],
            &[TWENTY, TWENTY, "few"],
            &[&more, "others say something else", "few"],
        );
        assert!(valid);
        assert_eq!(pages, [(1.0, 1)]);
    }

    #[test]
    fn a_page_that_we_lack_counts_as_read_badly() {
        assert_eq!(compare(&[], &[TWENTY], &[TWENTY]), (true, vec![(0.0, 1)]));
        let none = compare_pages(&[], [None, Some(vec![TWENTY.to_owned()])]);
        assert_eq!(none, (false, Vec::new()));
    }

    #[test]
    fn each_producer_has_its_turn() {
        let files = [
            outcome("a/1.pdf", "pdftex"),
            outcome("a/2.pdf", "pdftex"),
            outcome("qpdf/3.pdf", "cairo"),
            outcome("a/4.pdf", "ghostscript"),
        ];
        let compared = compared(&files);
        let names: Vec<_> = compared
            .iter()
            .map(|file| file.sample.name.as_str())
            .collect();
        assert_eq!(names, ["a/4.pdf", "a/1.pdf", "a/2.pdf"]);
    }

    #[test]
    fn a_crash_and_a_valid_file_without_text_are_seen_in_the_figures() {
        let mut files = [outcome("a/1.pdf", "x"), outcome("a/2.pdf", "x")];
        files[0].verdict = Verdict::Crashed("it ended with signal 6".to_owned());
        let figures = figures(&files, &compared(&files));
        assert_eq!(figures["survived"].value, Some(0.5));
        assert_eq!(figures["valid_read"].value, Some(0.5));
    }
}
