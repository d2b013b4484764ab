//! An answer and what it rests on. Answers are stored: their layout is frozen, see `stored.rs`.

use aparte_protocol::documents::{Page, TextRange};
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

impl Citation {
    /// Where the quote stands on its page: a box for each of its lines, as left, top, width and height in points from the page's top left
    /// corner. None for formats without a layout.
    pub fn boxes(&self, page: &Page) -> Vec<[f32; 4]> {
        let quoted = page
            .words
            .iter()
            .filter(|word| word.range.start < self.range.end && self.range.start < word.range.end);
        let mut boxes: Vec<[f32; 4]> = Vec::new();
        for [left, top, width, height] in quoted.map(|word| word.rect) {
            let middle = top + height / 2.0;
            match boxes.last_mut() {
                // The next word of a line, which stands to the right.
                Some(line) if line[1] < middle && middle < line[1] + line[3] && left >= line[0] => {
                    let right = (left + width).max(line[0] + line[2]);
                    let bottom = (top + height).max(line[1] + line[3]);
                    line[1] = line[1].min(top);
                    (line[2], line[3]) = (right - line[0], bottom - line[1]);
                }
                _ => boxes.push([left, top, width, height]),
            }
        }
        boxes
    }
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

#[cfg(test)]
mod tests {
    use aparte_protocol::documents::Word;
    use aparte_vault::OwnerId;

    use super::*;

    #[test]
    fn a_quote_has_a_box_for_each_of_its_lines() {
        let word = |start, left, top| Word {
            range: TextRange {
                start,
                end: start + 4,
            },
            rect: [left, top, 20.0, 10.0],
        };
        let page = Page {
            words: vec![
                word(0, 0.0, 0.0),
                word(5, 30.0, 0.5),
                word(10, 60.0, 0.0),
                word(15, 0.0, 14.0),
                word(20, 30.0, 14.0),
            ],
            ..Page::default()
        };
        let citation = |start, end| Citation {
            document: DocumentId(OwnerId::from_bytes([1; 16])),
            name: "report.pdf".into(),
            page: Some(1),
            anchor: None,
            range: TextRange { start, end },
            quote: String::new(),
            verified: true,
        };
        let lines = [[30.0, 0.0, 50.0, 10.5], [0.0, 14.0, 20.0, 10.0]];
        assert_eq!(citation(5, 19).boxes(&page), lines);
        assert_eq!(citation(40, 50).boxes(&page), [[0.0; 4]; 0]);
        assert_eq!(citation(0, 50).boxes(&Page::default()), [[0.0; 4]; 0]);
    }
}
