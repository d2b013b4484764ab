//! Messages to and from `aparte-worker documents`: one document a process.
//!
//! The app sends [`DocumentRequest`], then the bytes of the file as chunks and an end. The worker
//! answers with [`DocumentEvent::Opened`], the pages in order and [`DocumentEvent::Finished`], or with
//! [`DocumentEvent::Failed`] at any point; pages sent before a failure stand.

use serde::{Deserialize, Serialize};

use crate::Greeting;

/// The largest file that is read, in bytes.
pub const DOCUMENT_LIMIT: u64 = 256 << 20;

/// What the app wants to know about the bytes that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// The file name's extension, lower case without the dot: it tells Markdown from plain text.
    /// Everything else is told by the bytes.
    pub extension: Option<String>,
    /// How many bytes follow.
    pub size: u64,
}

/// What the worker answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DocumentEvent {
    /// First of all, before it reads anything.
    Greeting(Greeting),
    /// The format is known and the document opens.
    Opened {
        /// What the bytes are.
        format: Format,
        /// How many pages will follow.
        pages: u32,
    },
    /// One page, in order.
    Page(Page),
    /// Every page was sent.
    Finished,
    /// The document cannot be read, or not further.
    Failed(DocumentFailure),
}

/// What a document's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Has pages that people number.
    Pdf,
    /// Markdown: one page, whose places are named by headings.
    Markdown,
    /// Plain text in any encoding: one page.
    Text,
}

impl Format {
    /// Whether people name places in it by page number.
    pub fn has_pages(self) -> bool {
        self == Format::Pdf
    }
}

/// One page and what is on it. Ranges are byte offsets into `text`, always on character boundaries.
///
/// In `text` the lines of a block end with `\n`, blocks are parted by an empty line, and the cells of a
/// table row, which is a line of its own, are parted by a tab.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Counts from 1, as a PDF viewer does.
    pub number: u32,
    /// Everything that can be read on the page, in reading order.
    pub text: String,
    /// Where each word stands; empty for formats without a layout.
    pub words: Vec<Word>,
    /// Headings in order.
    pub headings: Vec<Heading>,
    /// The page cut into runs to search and to give to a model; in order and without overlap.
    pub passages: Vec<Passage>,
    /// Width and height in points (1/72 inch); zero for formats without a layout.
    pub size: (f32, f32),
    /// What could not be read.
    pub warnings: Vec<PageWarning>,
}

/// A range of bytes of a page's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl TextRange {
    /// The text that this range names, if it lies in `text` and on character boundaries: it may come
    /// from a worker that lies.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// A word and its box.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Where in the page's text.
    pub range: TextRange,
    /// Left, top, width and height in points from the page's top left corner.
    pub rect: [f32; 4],
}

/// A heading on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// Where in the page's text.
    pub range: TextRange,
    /// 1 is the highest.
    pub level: u8,
}

/// A run of text small enough to search by and to hand to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Where in the page's text.
    pub range: TextRange,
    /// The headings that it stands under, highest first, also from earlier pages.
    pub headings: Vec<String>,
}

/// What could not be read on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageWarning {
    /// Nothing but images: a scan.
    OnlyImages,
    /// The page has no text and no image.
    Blank,
    /// The page's content is damaged; its text may be incomplete.
    Damaged,
    /// The fonts do not say which characters they draw.
    Unmapped,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DocumentFailure {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It wants a password to be opened.
    #[error("the file is protected by a password")]
    Encrypted,
    /// Its structure is broken beyond repair.
    #[error("the file is damaged")]
    Damaged,
    /// A format that is not read.
    #[error("the format is not one that can be read")]
    UnknownFormat,
    /// Over [`DOCUMENT_LIMIT`], or a text that is too long for one page.
    #[error("the file is too large")]
    TooLarge,
}
