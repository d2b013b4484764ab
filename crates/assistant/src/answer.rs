//! An answer and what it rests on. Answers are stored: their layout is frozen, see `stored.rs`.

use aparte_protocol::documents::TextRange;
use aparte_protocol::engine::Timings;

use serde::{Deserialize, Serialize};

use crate::extent::Given;
use crate::library::DocumentId;
use crate::thinking::Thinking;

/// What the user gets for a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Markdown. A mark like `[2]` follows each sentence that a citation supports, and [`DOUBT`] each that nothing does.
    pub text: String,
    /// Nothing in the documents supports an answer; `text` says so.
    pub refused: bool,
    /// In the order of their marks; empty when refused.
    pub citations: Vec<Citation>,
    /// When refused: the passages that came nearest, best first.
    pub nearest: Vec<Citation>,
    /// Who speaks in `text`.
    pub lead: Lead,
    /// Whether all of the documents' text was at hand for the answer, or its best passages.
    pub mode: Mode,
    /// Whether the model came to its end.
    pub ending: Ending,
    /// What it took.
    pub timings: AnswerTimings,
    /// What of the documents the model was given, which is stored beside it: see [`Message`](crate::Message). `None` where it was
    /// not asked, and in an answer of an earlier version.
    #[serde(skip)]
    pub given: Option<Given>,
    /// What the model wrote on the way to it, which is stored beside it: see [`Message`](crate::Message).
    #[serde(skip)]
    pub thinking: Option<Thinking>,
}

/// The mark of a sentence that nothing in the documents bears out.
pub const DOUBT: &str = "[?]";

/// The mark of a quote that the model had written otherwise, and that has the words of the document now.
pub const CORRECTED: &str = "[~]";

impl Answer {
    /// What is left of a reply that ended with the application: its words so far, without citations.
    pub(crate) fn interrupted(text: String) -> Answer {
        Answer {
            text,
            refused: false,
            citations: Vec::new(),
            nearest: Vec::new(),
            lead: Lead::Model,
            mode: Mode::Parts,
            ending: Ending::Interrupted,
            timings: AnswerTimings::default(),
            given: None,
            thinking: None,
        }
    }
}

/// A place in a document that supports a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Which document.
    pub document: DocumentId,
    /// Its file's name.
    pub name: String,
    /// The page, counted from 1; `None` for formats without pages.
    pub page: Option<u32>,
    /// Where in a document without pages: the nearest heading.
    pub anchor: Option<String>,
    /// Where in the page's text.
    pub range: TextRange,
    /// The words of the document, as they stand there.
    pub quote: String,
    /// The quote was looked up and stands on this page.
    pub verified: bool,
}

/// Who speaks in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lead {
    /// The model; its supported sentences carry marks.
    Model,
    /// The documents themselves, because the model does not know their language.
    PassagesForLanguage,
    /// The documents themselves, because nothing that the model wrote is supported by them.
    PassagesForSupport,
}

/// How much of the documents the model was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// All of their text.
    Whole,
    /// The passages that fit the question best.
    Parts,
}

/// How the model's writing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It was done.
    Complete,
    /// It reached the most that an answer may have.
    Length,
    /// The user stopped it.
    Stopped,
    /// The engine died; what was written is kept.
    Interrupted,
    /// It was not asked: the documents hold nothing on the question.
    NotAsked,
}

/// What an answer took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerTimings {
    /// Milliseconds to load the model; zero when it was loaded already.
    pub load_ms: u64,
    /// Milliseconds from the question to the first word, without loading.
    pub first_word_ms: Option<u64>,
    /// The engine's own counts.
    pub engine: Timings,
    /// Milliseconds from the question to the finished answer, without loading.
    pub total_ms: u64,
}
