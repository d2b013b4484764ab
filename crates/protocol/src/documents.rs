//! Messages to and from `aparte-worker documents`: one document a process.
//!
//! The app sends [`DocumentRequest`], then the bytes of the file as chunks and an end. The worker
//! answers with [`DocumentEvent::Opened`], the pages in order and [`DocumentEvent::Finished`], or with
//! [`DocumentEvent::Failed`] at any point; pages sent before a failure stand.
//!
//! A document may hold documents: what is attached to an e-mail or a PDF, what is packed in a ZIP. Between
//! the pages and after them each of these comes as [`DocumentEvent::File`], its bytes and
//! [`DocumentEvent::FileEnd`], so that the app can make a document of its own of it, or as
//! [`DocumentEvent::Withheld`] with the reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Greeting;

/// The largest file that is read, in bytes.
pub const DOCUMENT_LIMIT: u64 = 256 << 20;

/// The longest piece of a file in a document, in bytes.
pub const PIECE_LIMIT: usize = 1 << 20;

/// What the app wants to know about the bytes that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// The file name's extension, lower case without the dot: it tells apart what the bytes do not, such as
    /// Markdown, a table with commas and source code from plain text.
    pub extension: Option<String>,
    /// How many bytes follow.
    pub size: u64,
    /// What the person gave to open it.
    pub password: Option<Password>,
    /// How much may be read of it.
    pub limits: Limits,
}

/// A password of a document. It shows in no message for people or logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// How much may be read of one document. What goes beyond one of these is a failure that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of text on all pages together.
    pub text: u64,
    /// Bytes that come out of what is compressed, over the whole document.
    pub unpacked: u64,
    /// Pages, slides, sheets, chapters or messages.
    pub pages: u32,
    /// Cells of all sheets together that hold something.
    pub cells: u32,
    /// Files in the document.
    pub files: u32,
    /// How deep files in files are still handed out; with zero they are only named.
    pub depth: u8,
    /// Bytes of memory that the worker may take beside several times the document's own.
    pub memory: u64,
}

impl Limits {
    /// For documents that somebody knows to be large: four times as much of everything but depth.
    pub fn raised() -> Limits {
        let Limits {
            text,
            unpacked,
            pages,
            cells,
            files,
            depth,
            memory,
        } = Limits::default();
        Limits {
            text: text * 4,
            unpacked: unpacked * 4,
            pages: pages * 4,
            cells: cells * 4,
            files: files * 4,
            depth,
            memory: memory * 4,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            text: 64 << 20,
            unpacked: 512 << 20,
            pages: 100_000,
            cells: 2_000_000,
            files: 10_000,
            depth: 4,
            memory: 512 << 20,
        }
    }
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
    /// Every page and every file was sent.
    Finished,
    /// The document cannot be read, or not further.
    Failed(DocumentFailure),
    /// A file in the document: its bytes follow as [`DocumentEvent::FileBytes`], then
    /// [`DocumentEvent::FileEnd`].
    File {
        /// Its name, with `/` between folders: made harmless, so that no part of it is empty, `.` or `..`,
        /// and not unique.
        name: String,
        /// The page that it belongs to; zero where it belongs to none.
        page: u32,
    },
    /// The next bytes of the file at hand, at most [`PIECE_LIMIT`].
    FileBytes(Vec<u8>),
    /// The file at hand is whole.
    FileEnd,
    /// A file in the document that is not handed out, or not to its end: then its bytes so far are void.
    Withheld {
        /// As of [`DocumentEvent::File`].
        name: String,
        /// Why.
        reason: Withheld,
    },
}

/// Why a file in a document is not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Withheld {
    /// It lies deeper than [`Limits::depth`].
    TooDeep,
    /// It would take what is unpacked over [`Limits::unpacked`], or is over [`DOCUMENT_LIMIT`] by itself.
    TooLarge,
    /// There are more files than [`Limits::files`].
    TooMany,
    /// It wants a password, or another one.
    Encrypted,
    /// Its bytes are broken, or packed in a way that is not read.
    Damaged,
}

/// What a document's bytes are. Stored by its place in this list: new ones go to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Markdown.
    Markdown,
    /// Plain text in any encoding.
    Text,
    /// Source code of a programming language, or what people keep in text files beside it.
    Source,
    /// LaTeX source.
    Latex,
    /// A table whose cells are parted by commas, semicolons or tabs.
    Csv,
    /// HTML.
    Html,
    /// A web page with what it shows, in one file.
    Mhtml,
    /// EPUB.
    Epub,
    /// Rich Text Format.
    Rtf,
    /// Word since 2007.
    Docx,
    /// Word 97 to 2003 and before.
    Doc,
    /// PowerPoint since 2007.
    Pptx,
    /// PowerPoint 97 to 2003.
    Ppt,
    /// Excel since 2007.
    Xlsx,
    /// Excel 97 to 2003 and before.
    Xls,
    /// OpenDocument text.
    Odt,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument presentation.
    Odp,
    /// One e-mail.
    Email,
    /// One e-mail as Outlook saves it.
    Outlook,
    /// A folder of e-mails in one file.
    Mbox,
    /// A folder of files.
    Zip,
    /// A picture: nothing of it can be read before its characters are recognised.
    Image,
}

/// What people call the parts of a document that a [`Page`] is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// A page, by number.
    Page,
    /// A slide, by number.
    Slide,
    /// A sheet, by name.
    Sheet,
    /// A chapter, by title.
    Chapter,
    /// A message, by subject.
    Message,
    /// The document has no parts; if it is very long it comes in several all the same.
    Whole,
}

impl Format {
    /// The usual extensions of files that are read, for a list to choose files from. What a file is, is told by its bytes.
    pub const EXTENSIONS: &[&str] = &[
        "pdf", "docx", "docm", "dotx", "doc", "dot", "rtf", "odt", "ott", "pptx", "pptm", "ppsx",
        "ppt", "pps", "odp", "otp", "xlsx", "xlsm", "xltx", "xls", "xlt", "ods", "ots", "csv",
        "tsv", "html", "htm", "xhtml", "mht", "mhtml", "epub", "eml", "msg", "mbox", "md",
        "markdown", "txt", "text", "tex", "zip",
    ];

    /// What people call its parts.
    pub fn unit(self) -> Unit {
        match self {
            Format::Pdf | Format::Image => Unit::Page,
            Format::Pptx | Format::Ppt | Format::Odp => Unit::Slide,
            Format::Xlsx | Format::Xls | Format::Ods => Unit::Sheet,
            Format::Epub => Unit::Chapter,
            Format::Email | Format::Outlook | Format::Mbox => Unit::Message,
            Format::Markdown
            | Format::Text
            | Format::Source
            | Format::Latex
            | Format::Csv
            | Format::Html
            | Format::Mhtml
            | Format::Rtf
            | Format::Docx
            | Format::Doc
            | Format::Odt
            | Format::Zip => Unit::Whole,
        }
    }

    /// Whether people name places in it by the number of a page or slide.
    pub fn has_pages(self) -> bool {
        matches!(self.unit(), Unit::Page | Unit::Slide)
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
    /// What people call it: the sheet's name, the title of the slide or chapter, the message's subject.
    pub title: Option<String>,
    /// Where each cell of a sheet stands, in the order of the text; empty for everything else. The row with
    /// the column names is in each part of a sheet that comes in several.
    pub cells: Vec<Cell>,
}

/// A cell of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Where in the page's text.
    pub range: TextRange,
    /// Counts from 0.
    pub column: u32,
    /// Counts from 0.
    pub row: u32,
}

impl Cell {
    /// The cell's address as spreadsheets write it, for example `AB12`.
    pub fn address(self) -> String {
        let mut letters = Vec::new();
        let mut rest = u64::from(self.column) + 1;
        while rest > 0 {
            letters.push(b'A' + ((rest - 1) % 26) as u8);
            rest = (rest - 1) / 26;
        }
        letters.reverse();
        let letters = String::from_utf8(letters).expect("capital letters");
        format!("{letters}{}", u64::from(self.row) + 1)
    }
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
    /// The row with the column names, on the same page, where the passage begins inside a table that has one.
    pub header: Option<TextRange>,
}

impl Passage {
    /// The row with the column names, where there is one; `text` is the page's.
    pub fn header_of(&self, text: &str) -> Option<String> {
        Some(self.header?.of(text)?.to_owned())
    }

    /// What the passage is to be understood with: its headings, and the names of its columns.
    pub fn context(&self, text: &str) -> Vec<String> {
        let headings = self.headings.iter().cloned();
        headings.chain(self.header_of(text)).collect()
    }
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
    PasswordWanted,
    /// The password that came with the request does not open it.
    #[error("the password is not the file's")]
    PasswordWrong,
    /// It is encrypted in a way that is not read, whatever the password.
    #[error("the file is encrypted in a way that cannot be read")]
    Encrypted,
    /// Its structure is broken beyond repair.
    #[error("the file is damaged")]
    Damaged,
    /// A format that is not read.
    #[error("the format is not one that can be read")]
    UnknownFormat,
    /// Over [`DOCUMENT_LIMIT`].
    #[error("the file is too large")]
    TooLarge,
    /// It goes beyond one of the request's limits, or is nested more deeply than any document that people make.
    #[error("the file goes beyond the limit: {0}")]
    Limit(Limit),
}

/// What there was too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Limit {
    /// See [`Limits::text`].
    #[error("bytes of text")]
    Text,
    /// See [`Limits::unpacked`].
    #[error("bytes unpacked")]
    Unpacked,
    /// See [`Limits::pages`].
    #[error("pages")]
    Pages,
    /// See [`Limits::cells`].
    #[error("cells")]
    Cells,
    /// See [`Limits::files`].
    #[error("files")]
    Files,
    /// Elements in elements, or files in files: see [`Limits::depth`].
    #[error("nesting")]
    Nesting,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_called_as_spreadsheets_call_it() {
        let range = TextRange { start: 0, end: 0 };
        let called = |column, row| Cell { range, column, row }.address();
        assert_eq!(called(0, 0), "A1");
        assert_eq!(called(25, 9), "Z10");
        assert_eq!(called(26, 0), "AA1");
        assert_eq!(called(16_383, 1_048_575), "XFD1048576");
        assert_eq!(called(u32::MAX, u32::MAX), "MWLQKWV4294967296");
    }

    #[test]
    fn the_first_formats_keep_the_numbers_they_are_stored_under() {
        for (format, number) in [(Format::Pdf, 0), (Format::Markdown, 1), (Format::Text, 2)] {
            assert_eq!(postcard::to_stdvec(&format).unwrap(), [number]);
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", Password("hunter2".to_owned()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
