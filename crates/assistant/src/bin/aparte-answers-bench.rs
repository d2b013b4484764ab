//! How well questions find their pages: the benchmark program behind `cargo xtask bench --suite answers`.
//!
//! Not shipped, and built only with the feature `bench`. It reads the documents into a vault of its own, whose key is written
//! below, computes the vectors of their passages there once, and searches for each question by words, by meaning and by
//! both: in its own document, and among all. Then it asks those of the half that is reported, times first words on one of the
//! documents, and searches a library of a size that nobody has at hand. It prints all of that as one JSON object; what it is worth is for
//! others to say.

#[path = "aparte-answers-bench/asked.rs"]
mod asked;
#[path = "aparte-answers-bench/counts.rs"]
mod counts;
#[path = "aparte-answers-bench/speed.rs"]
mod speed;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aparte_assistant::bench_support::{By, Failure, found, is_refused, page_text, sentence};
use aparte_assistant::{
    Assistant, DocumentId, EMBEDDING, Input, Language, Model, Preset, STARTER, Stop, Vault,
};
use serde::{Deserialize, Serialize};

const KEY: [u8; 32] = *b"the key of a vault for measuring";

/// So many passages are looked at for the first pages.
const PASSAGES: usize = 60;

/// First words are timed on this document, and on so many bytes of its page of definitions.
const TIMED: &str = "lppl.pdf";
const TIMED_PAGE: u32 = 2;
const TIMED_BYTES: usize = 3_000;
/// With so many of the questions that it answers.
const TIMED_QUESTIONS: usize = 6;

const USAGE: &str = "usage: aparte-answers-bench WORKER MODELS VAULT QUESTIONS DOCUMENT...";

/// A line of the set. What is said there of the answer is for whoever judges it, but for pages and span.
#[derive(Deserialize)]
struct Question {
    id: String,
    document: String,
    half: String,
    kind: String,
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
    asked: Vec<asked::Outcome>,
    first_words: asked::FirstWords,
    speed: speed::Speed,
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
    let (models, vault) = (Path::new(models), Path::new(vault));
    // Without a model that writes, so that none decides what words should.
    let assistant = open(worker, models, vault, None)?;
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
    let questions = lines.lines().map(serde_json::from_str);
    let questions = questions.collect::<Result<Vec<Question>, _>>()?;
    let mut outcomes = Vec::new();
    for question in &questions {
        outcomes.push(search(&assistant, question, &names)?);
    }
    let passages = assistant.embedded().total;
    assistant.close().map_err(sentence)?;

    let starter = Model::find(STARTER, Some(models)).map_err(sentence)?;
    let assistant = open(worker, models, vault, Some(starter))?;
    assistant.load_model(&mut |_| {}).map_err(sentence)?;
    let is_timed = |question: &&Question| question.document == TIMED && question.kind == "direct";
    let timed = questions.iter().filter(is_timed).take(TIMED_QUESTIONS);
    let timed: Vec<_> = timed.map(|question| question.question.clone()).collect();
    let document = *names.get(TIMED).ok_or("a document is missing")?;
    let page = page_text(&assistant, document, TIMED_PAGE)?;
    let file = vault.with_extension("txt");
    fs::write(&file, &page[..page.floor_char_boundary(TIMED_BYTES)])?;
    let short = assistant.add(Input::File(&file), &mut |_, _| {});
    fs::remove_file(&file)?;
    let short = short.map_err(sentence)?;
    let first_words = asked::first_words(&assistant, document, short, &timed)?;
    let is_asked = |question: &Question| question.half == "report" && question.kind != "count";
    let questions: Vec<_> = questions.into_iter().filter(is_asked).collect();
    let asked = asked::all(&assistant, &questions, &names)?;
    assistant.close().map_err(sentence)?;

    let object = Object {
        passages,
        embed_ms,
        questions: outcomes,
        asked,
        first_words,
        speed: speed::measure()?,
    };
    println!(
        "{}",
        serde_json::to_string(&object).expect("plain data has a JSON form")
    );
    Ok(())
}

fn open(
    worker: &str,
    models: &Path,
    vault: &Path,
    model: Option<Model>,
) -> Result<Assistant, Failure> {
    let vault = match vault.exists() {
        true => Vault::unlock_for_tests(vault, &KEY)?,
        false => Vault::create_for_tests(vault, &KEY)?,
    };
    let worker = PathBuf::from(worker);
    let assistant = Assistant::open(vault, worker, model, Language::English).map_err(sentence)?;
    let embedding = Model::find(EMBEDDING, Some(models)).map_err(sentence)?;
    Ok(assistant
        .embedding(embedding)
        .choosing(Some(Preset::Careful), Some(0)))
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
