//! Summaries as the window shows them.

use std::ops::RangeInclusive;

use aparte_assistant as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Citation, DocumentId, Ending, Language, count};

/// How long a summary is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryLength {
    /// A few sentences on the whole.
    Brief,
    /// Some more, and a few on each of up to eight parts.
    Standard,
    /// Still more, and a few on each section.
    Detailed,
}

/// What a summary is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryStyle {
    /// Sentences after each other.
    Prose,
    /// Each sentence on a line of its own.
    Bullets,
    /// The matter, the main facts, and what is to be decided.
    Executive,
    /// What was decided, and who has to do what until when.
    Minutes,
}

/// What a summary is written into a file as.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryFormat {
    /// Word.
    Docx,
    /// Pages to print.
    Pdf,
    /// A web page.
    Html,
    /// Text.
    Markdown,
}

/// What the reader wants.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryWish {
    /// How long it is.
    pub length: SummaryLength,
    /// What it is for.
    pub style: SummaryStyle,
    /// What the reader cares about, in words.
    pub focus: Option<String>,
    /// What it is in; the language of the document where nothing is said.
    pub language: Option<Language>,
}

/// What is summarized together.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SummarySubject {
    /// The name of the collection that they are; `null` for a document, or some that were selected.
    pub name: Option<String>,
    /// At least one.
    pub documents: Vec<DocumentId>,
}

/// A summary that was asked for, and can be made again of what was noted then.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct KeptSummary {
    /// Of what.
    pub subject: SummarySubject,
    /// What was wanted.
    pub wish: SummaryWish,
    /// Milliseconds since 1970 when that was.
    #[specta(type = f64)]
    pub asked: u64,
    /// Whether the model came to its end.
    pub is_whole: bool,
}

/// What happens while a summary is made.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SummaryNews {
    /// The model is being loaded.
    Loading {
        /// How much of it.
        percent: u8,
    },
    /// The document is being cut.
    Cutting {
        /// Pages so far.
        done: u32,
        /// Pages in all.
        total: u32,
    },
    /// It is cut: this is what will be read.
    Planned {
        /// In order.
        outline: Vec<OutlinedSection>,
        /// The pages of which something or everything could not be read.
        unread: Vec<SummaryUnreadPage>,
    },
    /// Sections are being read.
    #[serde(rename_all = "camelCase")]
    Reading {
        /// So far.
        done: u32,
        /// In all.
        total: u32,
        /// Milliseconds that the whole will still take, once that can be told.
        #[specta(type = Option<f64>)]
        left_ms: Option<u64>,
    },
    /// The note on a section.
    Note {
        /// What a first look at the summary can be.
        section: SummarySection,
    },
    /// All sections were read; their notes are being put together.
    #[serde(rename_all = "camelCase")]
    Merging {
        /// Milliseconds that this will still take, once that can be told.
        #[specta(type = Option<f64>)]
        left_ms: Option<u64>,
    },
}

/// One document or several in short, with what that rests on and what it leaves out.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What was summarized, in order.
    pub documents: Vec<SummarizedDocument>,
    /// What it is in.
    pub language: Language,
    /// The whole first, if the model came to it; then its parts in order.
    pub sections: Vec<SummarySection>,
    /// Whether the model came to the end.
    pub ending: Ending,
    /// Sections that the model has read to their end.
    pub read: u32,
    /// Sections of which at least one sentence that is shown is borne out.
    pub shown: u32,
    /// Pages of all documents.
    pub pages: u32,
    /// The pages of which something or everything could not be read.
    pub unread: Vec<SummaryUnreadPage>,
    /// All sections in order, with what became of each.
    pub outline: Vec<OutlinedSection>,
    /// Whether what was computed is there for the next summary of these documents.
    pub is_kept: bool,
    /// Notes that were written now.
    pub written: u32,
    /// Notes that were known.
    pub known: u32,
    /// Milliseconds that it took, without loading the model.
    #[specta(type = f64)]
    pub total_ms: u64,
    /// All of it in Markdown, with footnotes.
    pub text: String,
}

/// A document in a summary.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
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
    /// Why nothing of it is in the summary, as a sentence.
    pub trouble: Option<String>,
}

/// A part of a summary.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SummarySection {
    /// The document that it is a part of; `null` for the whole.
    pub document: Option<DocumentId>,
    /// What a part stands under in its document; what the style calls it for the whole.
    pub heading: Option<String>,
    /// The first and the last page that it was made of; `null` for the whole.
    pub pages: Option<(u32, u32)>,
    /// The first section that it was made of, by its place in the outline.
    pub from: u32,
    /// One past the last.
    pub to: u32,
    /// In order.
    pub sentences: Vec<SummarySentence>,
}

/// A sentence of a summary.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SummarySentence {
    /// Plain text.
    pub text: String,
    /// These are the document's words: none of the model's on this section is borne out.
    pub is_quote: bool,
    /// What bears it out; `null` where nothing in the document does.
    pub citation: Option<Citation>,
    /// Its numbers, dates and names that do not stand where they should.
    pub unknown: Vec<String>,
}

/// A part of the document that the model reads at once.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OutlinedSection {
    /// Of which document.
    pub document: DocumentId,
    /// What it stands under.
    pub heading: Option<String>,
    /// The first page that it stands on, and the last.
    pub pages: (u32, u32),
    /// The model has read it to its end.
    pub is_read: bool,
    /// At least one sentence that is shown is borne out by it.
    pub is_shown: bool,
}

/// A page of which something could not be read.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryUnreadPage {
    /// Of which document.
    pub document: DocumentId,
    /// Counts from 1.
    pub page: u32,
    /// Why.
    pub why: PageWarning,
}

/// What could not be read of a page.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PageWarning {
    /// It is nothing but images.
    OnlyImages,
    /// Nothing is on it.
    Blank,
    /// It is damaged.
    Damaged,
    /// Its fonts do not say which characters they draw.
    Unmapped,
}

impl SummaryFormat {
    /// What the names of its files end with.
    pub fn ending(self) -> &'static str {
        match self {
            SummaryFormat::Docx => "docx",
            SummaryFormat::Pdf => "pdf",
            SummaryFormat::Html => "html",
            SummaryFormat::Markdown => "md",
        }
    }
}

impl From<SummaryFormat> for domain::SummaryFormat {
    fn from(format: SummaryFormat) -> domain::SummaryFormat {
        match format {
            SummaryFormat::Docx => domain::SummaryFormat::Docx,
            SummaryFormat::Pdf => domain::SummaryFormat::Pdf,
            SummaryFormat::Html => domain::SummaryFormat::Html,
            SummaryFormat::Markdown => domain::SummaryFormat::Markdown,
        }
    }
}

impl From<SummaryWish> for domain::SummaryWish {
    fn from(wish: SummaryWish) -> domain::SummaryWish {
        domain::SummaryWish {
            length: match wish.length {
                SummaryLength::Brief => domain::SummaryLength::Brief,
                SummaryLength::Standard => domain::SummaryLength::Standard,
                SummaryLength::Detailed => domain::SummaryLength::Detailed,
            },
            style: match wish.style {
                SummaryStyle::Prose => domain::SummaryStyle::Prose,
                SummaryStyle::Bullets => domain::SummaryStyle::Bullets,
                SummaryStyle::Executive => domain::SummaryStyle::Executive,
                SummaryStyle::Minutes => domain::SummaryStyle::Minutes,
            },
            focus: wish.focus,
            language: wish.language.map(domain::Language::from),
        }
    }
}

impl From<domain::SummaryWish> for SummaryWish {
    fn from(wish: domain::SummaryWish) -> SummaryWish {
        SummaryWish {
            length: match wish.length {
                domain::SummaryLength::Brief => SummaryLength::Brief,
                domain::SummaryLength::Standard => SummaryLength::Standard,
                domain::SummaryLength::Detailed => SummaryLength::Detailed,
            },
            style: match wish.style {
                domain::SummaryStyle::Prose => SummaryStyle::Prose,
                domain::SummaryStyle::Bullets => SummaryStyle::Bullets,
                domain::SummaryStyle::Executive => SummaryStyle::Executive,
                domain::SummaryStyle::Minutes => SummaryStyle::Minutes,
            },
            focus: wish.focus,
            language: wish.language.map(Language::from),
        }
    }
}

impl From<domain::KeptSummary> for KeptSummary {
    fn from(kept: domain::KeptSummary) -> KeptSummary {
        KeptSummary {
            subject: SummarySubject {
                name: kept.name,
                documents: kept.documents.into_iter().map(DocumentId::from).collect(),
            },
            wish: kept.wish.into(),
            asked: kept.asked,
            is_whole: kept.is_whole,
        }
    }
}

impl From<domain::SummaryProgress> for SummaryNews {
    fn from(progress: domain::SummaryProgress) -> SummaryNews {
        let ms = |left: Option<std::time::Duration>| {
            left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
        };
        match progress {
            domain::SummaryProgress::Loading(percent) => SummaryNews::Loading { percent },
            domain::SummaryProgress::Cutting(done, total) => SummaryNews::Cutting { done, total },
            domain::SummaryProgress::Planned(plan) => SummaryNews::Planned {
                outline: (plan.sections.into_iter())
                    .map(|section| OutlinedSection::of(section, false, false))
                    .collect(),
                unread: plan
                    .unread
                    .into_iter()
                    .map(SummaryUnreadPage::from)
                    .collect(),
            },
            domain::SummaryProgress::Reading { done, total, left } => SummaryNews::Reading {
                done,
                total,
                left_ms: ms(left),
            },
            domain::SummaryProgress::Note(section) => SummaryNews::Note {
                section: section.into(),
            },
            domain::SummaryProgress::Merging { left } => SummaryNews::Merging { left_ms: ms(left) },
        }
    }
}

impl Summary {
    /// A summary that was asked for in a style, with sentences of ours in a language.
    pub fn of(
        summary: &domain::Summary,
        style: domain::SummaryStyle,
        language: domain::Language,
    ) -> Summary {
        let text = summary.export(domain::SummaryFormat::Markdown, style, language);
        let text = String::from_utf8_lossy(&text).into_owned();
        let summary = summary.clone();
        let coverage = summary.coverage;
        let outlined = |outlined: domain::OutlinedSection| {
            OutlinedSection::of(outlined.section, outlined.is_read, outlined.is_shown)
        };
        let document = |document: domain::SummarizedDocument| SummarizedDocument {
            document: document.document.into(),
            name: document.name,
            pages: document.pages,
            read: document.read,
            total: document.total,
            trouble: document.trouble.map(|error| error.sentence(language)),
        };
        Summary {
            documents: summary.documents.into_iter().map(document).collect(),
            language: summary.language.into(),
            sections: (summary.sections.into_iter())
                .map(SummarySection::from)
                .collect(),
            ending: summary.ending.into(),
            read: coverage.read,
            shown: coverage.shown,
            pages: coverage.pages,
            unread: (coverage.unread.into_iter())
                .map(SummaryUnreadPage::from)
                .collect(),
            outline: coverage.outline.into_iter().map(outlined).collect(),
            is_kept: summary.is_kept,
            written: summary.timings.written,
            known: summary.timings.known,
            total_ms: summary.timings.total_ms,
            text,
        }
    }
}

impl From<domain::SummarySection> for SummarySection {
    fn from(section: domain::SummarySection) -> SummarySection {
        let sentence = |sentence: domain::SummarySentence| SummarySentence {
            text: sentence.text,
            is_quote: sentence.is_quote,
            citation: sentence.citation.map(Citation::from),
            unknown: sentence.unknown,
        };
        SummarySection {
            document: section.document.map(DocumentId::from),
            heading: section.heading,
            pages: section.pages.map(ends),
            from: count(section.of.start),
            to: count(section.of.end),
            sentences: section.sentences.into_iter().map(sentence).collect(),
        }
    }
}

impl OutlinedSection {
    fn of(section: domain::PlannedSection, is_read: bool, is_shown: bool) -> OutlinedSection {
        OutlinedSection {
            document: section.document.into(),
            heading: section.heading,
            pages: ends(section.pages),
            is_read,
            is_shown,
        }
    }
}

impl From<domain::UnreadPage> for SummaryUnreadPage {
    fn from(page: domain::UnreadPage) -> SummaryUnreadPage {
        SummaryUnreadPage {
            document: page.document.into(),
            page: page.number,
            why: match page.why {
                domain::PageWarning::OnlyImages => PageWarning::OnlyImages,
                domain::PageWarning::Blank => PageWarning::Blank,
                domain::PageWarning::Damaged => PageWarning::Damaged,
                domain::PageWarning::Unmapped => PageWarning::Unmapped,
            },
        }
    }
}

fn ends(pages: RangeInclusive<u32>) -> (u32, u32) {
    (*pages.start(), *pages.end())
}
