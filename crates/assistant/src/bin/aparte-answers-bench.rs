//! How well questions find their pages: the benchmark program behind `cargo xtask bench --suite answers`.
//!
//! Not shipped, and built only with the feature `bench`. It reads the documents into a vault of its own, whose key is written
//! below, computes the vectors of their passages there once, and searches for each question by words, by meaning and by
//! both: in its own document, and among all. It prints what was found as one JSON object; what that is worth is for others to say.

#[path = "aparte-answers-bench/counts.rs"]
mod counts;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aparte_assistant::bench_support::{By, Failure, found, is_refused, page_text, sentence};
use aparte_assistant::{Assistant, DocumentId, EMBEDDING, Input, Language, Model, Stop, Vault};
use serde::{Deserialize, Serialize};

const KEY: [u8; 32] = *b"the key of a vault for measuring";

/// So many passages are looked at for the first pages.
const PASSAGES: usize = 60;

const USAGE: &str = "usage: aparte-answers-bench WORKER MODELS VAULT QUESTIONS DOCUMENT...";

/// A line of the set. What is said there of the answer is for whoever judges it, but for the span.
#[derive(Deserialize)]
struct Question {
    id: String,
    document: String,
    question: String,
    #[serde(default)]
    pages: Vec<u32>,
    span: Option<String>,
    #[serde(flatten)]
    marked: counts::Marked,
}

#[derive(Serialize)]
struct Object {
    passages: usize,
    embed_ms: f64,
    questions: Vec<Found>,
}

/// The pages that were found for a question, best first.
#[derive(Serialize)]
struct Found {
    id: String,
    /// Whether the words that answer stand on their page.
    span_found: bool,
    /// To make the question's vector and search by both.
    search_ms: f64,
    words: Vec<u32>,
    meaning: Vec<u32>,
    both: Vec<u32>,
    /// Among all documents: the document's name and the page.
    library: Vec<(String, u32)>,
    /// Whether the application says that the document does not answer, before any model is asked.
    refused: bool,
    /// Whether a count or list is exact; `None` for other questions.
    counted: Option<bool>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [worker, models, vault, questions, documents @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let assistant = open(worker, Path::new(models), Path::new(vault))?;
    let mut names = HashMap::new();
    for document in documents {
        let path = Path::new(document);
        let id = assistant
            .add(Input::File(path), &mut |_, _| {})
            .map_err(sentence)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        names.insert(name.into_owned(), id);
        eprintln!("read {}", path.display());
    }
    let start = Instant::now();
    assistant
        .embed_passages(&Stop::default(), &mut |embedded| {
            eprintln!("{} of {} vectors", embedded.done, embedded.total);
        })
        .map_err(sentence)?;
    let embed_ms = milliseconds(start);
    let lines = fs::read_to_string(questions)?;
    let mut outcomes = Vec::new();
    for line in lines.lines() {
        outcomes.push(search(&assistant, &serde_json::from_str(line)?, &names)?);
    }
    let object = Object {
        passages: assistant.embedded().total,
        embed_ms,
        questions: outcomes,
    };
    println!(
        "{}",
        serde_json::to_string(&object).expect("plain data has a JSON form")
    );
    assistant.close().map_err(sentence)
}

fn open(worker: &str, models: &Path, vault: &Path) -> Result<Assistant, Failure> {
    let vault = match vault.exists() {
        true => Vault::unlock_for_tests(vault, &KEY)?,
        false => Vault::create_for_tests(vault, &KEY)?,
    };
    let worker = PathBuf::from(worker);
    let assistant = Assistant::open(vault, worker, None, Language::English).map_err(sentence)?;
    let model = Model::find(EMBEDDING, Some(models)).map_err(sentence)?;
    Ok(assistant.embedding(model))
}

fn search(
    assistant: &Assistant,
    question: &Question,
    names: &HashMap<String, DocumentId>,
) -> Result<Found, Failure> {
    let document = *names
        .get(&question.document)
        .ok_or_else(|| format!("{} was not given", question.document))?;
    let by = |by| -> Result<Vec<u32>, Failure> {
        let passages = found(assistant, &[document], &question.question, by, PASSAGES)?;
        Ok(each_once(passages.into_iter().map(|(_, page, _)| page)))
    };
    let start = Instant::now();
    let both = by(By::Both)?;
    let search_ms = milliseconds(start);
    let all: Vec<_> = names.values().copied().collect();
    let library = found(assistant, &all, &question.question, By::Both, PASSAGES)?;
    let name_of = |id| names.iter().find(|(_, other)| **other == id);
    let library = library
        .into_iter()
        .filter_map(|(id, page, _)| Some((name_of(id)?.0.clone(), page)));
    let span_found = match (&question.span, question.pages.first()) {
        (Some(span), Some(page)) => {
            bare(&page_text(assistant, document, *page)?).contains(&bare(span))
        }
        _ => true,
    };
    Ok(Found {
        id: question.id.clone(),
        span_found,
        search_ms,
        words: by(By::Words)?,
        meaning: by(By::Meaning)?,
        both,
        library: each_once(library),
        refused: is_refused(assistant, &[document], &question.question)?,
        counted: question
            .marked
            .is_found(assistant, document, &question.question),
    })
}

fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// A text by its plain letters, digits and signs: accents, white space and hyphens depend on how a document was made.
fn bare(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(plain)
        .collect()
}

/// A letter without its accent; nothing for what does not count.
fn plain(sign: char) -> Option<char> {
    Some(match sign {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        sign if sign.is_ascii_alphanumeric() => sign,
        _ => return None,
    })
}

/// Milliseconds since a moment.
fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
