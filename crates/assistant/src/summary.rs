//! Summaries of documents of any length, of one or of several together, which say what they cover.
//!
//! Each document is cut into sections that fit the context (`sections.rs`, `room.rs`). On each the model writes a note in the
//! document's language, on several sections at once (`writing.rs`); notes are merged level by level until all of them fit one prompt,
//! of which the summary is made. What is asked for at the end alone, its length, style and language, costs no more than that end:
//! notes are kept (`notes.rs`). As with answers, nothing that the model writes is believed: each sentence is laid beside the sections
//! that it was made of (`claims.rs`). What none bears out goes into no merged note while there is anything better, and says so where it
//! is shown; of a section of which nothing that was written is borne out, its own first sentences are taken.

mod claims;
mod export;
mod kept;
#[cfg(feature = "bench")]
pub(crate) mod measuring;
mod notes;
mod pace;
mod plan;
mod prompts;
mod room;
mod sections;
mod trouble;
mod work;
mod writing;

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use aparte_protocol::documents::PageWarning;
use serde::{Deserialize, Serialize};

use crate::Assistant;
use crate::answer::{Citation, Ending};
use crate::engine::{Progress, Stop};
use crate::error::Error;
use crate::language::Language;
use crate::library::DocumentId;

pub use export::SummaryFormat;
pub use kept::KeptSummary;
pub use trouble::SummaryTrouble;

/// How long a summary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SummaryLength {
    /// A few sentences on the whole, and of several documents one on each: a digest.
    Brief,
    /// Some more, and a few on each of up to eight parts; of several documents, a few on each.
    Standard,
    /// Still more, and a few on each section.
    Detailed,
}

/// What a summary is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SummaryStyle {
    /// Sentences after each other.
    Prose,
    /// Each sentence on a line of its own.
    Bullets,
    /// The matter, the main facts and figures, and what is to be decided, each under its heading.
    Executive,
    /// What was decided, who has to do what until when, and the people and dates, each under its heading.
    Minutes,
}

/// What the reader wants. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryWish {
    /// How long it is.
    pub length: SummaryLength,
    /// What it is for.
    pub style: SummaryStyle,
    /// What the reader cares about, in words.
    pub focus: Option<String>,
    /// What it is in; the language of the (first) document where nothing is said.
    pub language: Option<Language>,
}

/// One document or several in short, with what that rests on and what it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// What was summarized, in the order that was asked for; never empty.
    pub documents: Vec<SummarizedDocument>,
    /// What it is in.
    pub language: Language,
    /// The whole first, if the model came to it: one section, or one for each heading of the style. Then its parts in order.
    pub sections: Vec<SummarySection>,
    /// What it rests on, and what is missing.
    pub coverage: SummaryCoverage,
    /// Whether the model came to the end.
    pub ending: Ending,
    /// Whether what was computed will be there for the next summary of this document; in memory alone it is until the session ends.
    pub is_kept: bool,
    /// What it took.
    pub timings: SummaryTimings,
}

/// A document in a summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SummarizedDocument {
    /// Which.
    pub document: DocumentId,
    /// Its file's name.
    pub name: String,
    /// Its pages.
    pub pages: u32,
    /// Sections of it that the model has read to their end.
    pub read: u32,
    /// Its sections.
    pub total: u32,
    /// Why nothing of it is in the summary; a document that is summarized alone fails instead.
    pub trouble: Option<Error>,
}

/// A part of a summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SummarySection {
    /// The document that it is a part of; `None` for the whole.
    pub document: Option<DocumentId>,
    /// Of a part, what it stands under in the document, if there are headings; of the whole, the heading that the style has for it.
    pub heading: Option<String>,
    /// The pages that it was made of; `None` for the whole.
    pub pages: Option<RangeInclusive<u32>>,
    /// The sections that it was made of, by their place in [`SummaryCoverage::outline`].
    pub of: Range<usize>,
    /// In order.
    pub sentences: Vec<SummarySentence>,
}

/// A sentence of a summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SummarySentence {
    /// The model's words or, where none of its words on a section is borne out, the document's.
    pub text: String,
    /// Whether these are the document's words.
    pub is_quote: bool,
    /// What bears it out; `None` where nothing in the document does, as far as words can tell.
    pub citation: Option<Citation>,
    /// Its numbers, dates and names that do not stand on the cited page or, without one, anywhere in what it was made of.
    pub unknown: Vec<String>,
}

/// How much of its documents a summary rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryCoverage {
    /// Sections that the model has read to their end.
    pub read: u32,
    /// Sections of all documents.
    pub total: u32,
    /// Pages of all documents.
    pub pages: u32,
    /// The pages of which something or everything could not be read.
    pub unread: Vec<UnreadPage>,
    /// Sections of which at least one sentence that is shown is borne out.
    pub shown: u32,
    /// The sections of which none is, because the length left them out or the model's words on them are not borne out.
    pub left_out: Vec<PlannedSection>,
    /// All sections in order, with what became of each; empty where it was ended before they were known.
    pub outline: Vec<OutlinedSection>,
}

/// A part of a document, and what became of it in a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinedSection {
    /// The part.
    pub section: PlannedSection,
    /// The model has read it to its end.
    pub is_read: bool,
    /// At least one sentence that is shown is borne out by it.
    pub is_shown: bool,
}

/// A page of which something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadPage {
    /// Of which document.
    pub document: DocumentId,
    /// Counts from 1.
    pub number: u32,
    /// Why.
    pub why: PageWarning,
}

/// A part of a document that the model reads at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSection {
    /// Of which document.
    pub document: DocumentId,
    /// What it stands under.
    pub heading: Option<String>,
    /// The pages that it stands on.
    pub pages: RangeInclusive<u32>,
    /// Tokens of its whole prompt.
    pub tokens: u32,
}

/// What a summary takes before any of it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryPlan {
    /// In order; together they are all that could be read.
    pub sections: Vec<PlannedSection>,
    /// The pages of which something or everything could not be read.
    pub unread: Vec<UnreadPage>,
    /// The most tokens that a prompt may have.
    pub prompt_limit: u32,
    /// The most tokens of a note.
    pub reply_limit: u32,
    /// How many notes are written at once.
    pub at_once: u32,
    /// Tokens that the context holds, for all that is written at once.
    pub context: u32,
}

/// What happens while a summary is made.
#[derive(Debug, Clone, PartialEq)]
pub enum SummaryProgress {
    /// The model is being loaded: percent.
    Loading(u8),
    /// The documents are being cut: pages so far, and of all.
    Cutting(u32, u32),
    /// They are cut: this is what will be read.
    Planned(SummaryPlan),
    /// Notes are being written.
    Reading {
        /// Sections that were read.
        done: u32,
        /// All sections.
        total: u32,
        /// How long the whole will still take, once that can be told.
        left: Option<Duration>,
    },
    /// The note on a section: what a first look at the summary can be.
    Note(SummarySection),
    /// All sections were read; their notes are being put together.
    Merging {
        /// How long that will still take, once that can be told.
        left: Option<Duration>,
    },
}

/// What a summary took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SummaryTimings {
    /// Milliseconds to load the model; zero when it was loaded already.
    pub load_ms: u64,
    /// Milliseconds until the first note was there, without loading.
    pub first_note_ms: Option<u64>,
    /// Tokens of all prompts.
    pub prompt_tokens: u64,
    /// Of these, how many were computed for another prompt.
    pub reused_tokens: u64,
    /// Tokens of all replies.
    pub generated_tokens: u64,
    /// Notes that were written now.
    pub written: u32,
    /// Notes that were known.
    pub known: u32,
    /// Milliseconds from the wish to the summary, without loading.
    pub total_ms: u64,
}

impl Assistant {
    /// Summarizes a document of the library. What was written when `stop` is told, or the engine has died for good, is given as
    /// it is, and says so. The next call goes on from there: every note is kept in the vault as soon as it is written.
    ///
    /// # Errors
    /// [`Error::Summary`] where there can be no summary, [`Error::Document`] for one without any text, [`Error::EngineStopped`]
    /// if the engine ended before anything was written, or what the vault reports.
    pub fn summarize(
        &self,
        document: DocumentId,
        wish: &SummaryWish,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<Summary, Error> {
        self.summarize_all(&[document], wish, stop, on_progress)
    }

    /// Summarizes several documents into one, each with its own parts. Of one that cannot be summarized it is said why, and the
    /// others are.
    ///
    /// # Errors
    /// As [`Assistant::summarize`], where none of them can be summarized: why the first cannot.
    pub fn summarize_all(
        &self,
        documents: &[DocumentId],
        wish: &SummaryWish,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<Summary, Error> {
        work::summarize(self, documents, wish, stop, on_progress)
    }

    /// Says how documents will be cut, with the exact number of tokens of every prompt, without writing anything. `None` if
    /// `stop` was told before that was known.
    ///
    /// # Errors
    /// As [`Assistant::summarize`].
    pub fn plan_summary(
        &self,
        documents: &[DocumentId],
        wish: &SummaryWish,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<Option<SummaryPlan>, Error> {
        let planned = plan::Plan::make(self, documents, wish, stop, on_progress)?;
        Ok(planned.map(|plan| plan.shown()))
    }
}

/// Loading is all that is told of an engine before it writes.
fn loading(on_progress: &mut dyn FnMut(SummaryProgress)) -> impl FnMut(Progress) {
    move |progress| {
        if let Progress::Loading(percent) = progress {
            on_progress(SummaryProgress::Loading(percent));
        }
    }
}
