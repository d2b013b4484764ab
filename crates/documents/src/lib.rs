//! The bytes of a file to pages of text with positions, and to passages.
//!
//! Runs in a worker process of its own, because the bytes may be hostile: a panic of the parser is
//! caught page by page, but only the process wall stops a hang or an exhausted memory. Nothing here
//! opens a file, keeps state between documents or logs what it reads.

#![forbid(unsafe_code)]

mod accents;
mod archive;
mod blocks;
mod budget;
mod catalog;
mod content;
mod delimited;
mod encoding;
mod epub;
mod files;
mod folder;
mod html;
mod hyphens;
mod latex;
mod layout;
mod locked;
mod mail;
mod markdown;
mod markup;
mod office;
mod opendocument;
mod outlook;
mod passages;
mod pdf;
mod recognition;
mod rtf;
mod running;
mod sections;
mod written;
mod xml;

use std::panic::{AssertUnwindSafe, catch_unwind};

use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentFailure, DocumentRequest, Format, Limits, Page,
    PageWarning,
};

use crate::budget::Budget;

/// Reads a document: calls `emit` with `Opened`, each `Page` in order, and the files that it holds.
///
/// The format is told by the bytes; the request's extension only tells apart what they do not. Pages that were
/// emitted before a failure stand. A page that cannot be read is emitted with a warning and does not fail the
/// document.
///
/// # Errors
///
/// What keeps the whole document from being read; see [`DocumentFailure`].
pub fn read(
    bytes: Vec<u8>,
    request: &DocumentRequest,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    if bytes.is_empty() {
        return Err(DocumentFailure::Empty);
    }
    if bytes.len() as u64 > DOCUMENT_LIMIT {
        return Err(DocumentFailure::TooLarge);
    }
    let password = request.password.as_ref();
    let password = password.map(|password| password.0.as_str());
    let bytes = walled(|| locked::unlocked(bytes, password))?;
    let mut candidates = walled(|| recognition::candidates(&bytes, request.extension.as_deref()))?;
    let last = candidates.pop().expect("a file is one thing at least");
    // What may be two things is the first of them that can be read.
    for format in candidates {
        let mut opened = false;
        let read = read_as(format, bytes.clone(), request, &mut |event| {
            opened = true;
            emit(event);
        });
        match read {
            Err(DocumentFailure::Damaged | DocumentFailure::UnknownFormat) if !opened => {}
            verdict => return verdict,
        }
    }
    read_as(last, bytes, request, emit)
}

/// Reads a file as the fuzz target has it: the first byte says which extension it has, the rest is the file. Gives whether
/// it was read. For the fuzz target and the test that replays its corpus.
pub fn fuzzed(bytes: &[u8]) -> bool {
    const EXTENSIONS: &[&str] = &[
        "bin", "html", "csv", "rtf", "eml", "mbox", "mht", "tex", "md", "rs",
    ];
    let Some((which, file)) = bytes.split_first() else {
        return false;
    };
    let extension = EXTENSIONS.get(usize::from(*which));
    let request = DocumentRequest {
        extension: extension.map(|extension| (*extension).to_owned()),
        size: file.len() as u64,
        password: None,
        limits: Limits {
            text: 4 << 20,
            unpacked: 16 << 20,
            cells: 100_000,
            ..Limits::default()
        },
    };
    read(file.to_vec(), &request, &mut |_| {}).is_ok()
}

/// Reads what is known to be, or pretends to be, of a format.
fn read_as(
    format: Format,
    bytes: Vec<u8>,
    request: &DocumentRequest,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    let mut budget = Budget::new(request.limits);
    let budget = &mut budget;
    let password = request
        .password
        .as_ref()
        .map(|password| password.0.as_str());
    // What holds files sends its pages itself, before them.
    let pages = walled(|| match format {
        Format::Pdf => pdf::read(bytes, password, budget, emit).map(|()| None),
        Format::Zip => folder::read(&bytes, password, budget, emit).map(|()| None),
        Format::Email => mail::read_message(&bytes, budget, emit).map(|()| None),
        Format::Mbox => mail::read_folder(&bytes, budget, emit).map(|()| None),
        Format::Outlook => outlook::read(&bytes, budget, emit).map(|()| None),
        Format::Mhtml => mail::read_page(&bytes, budget).map(Some),
        Format::Html => html::read(&bytes, budget).map(Some),
        Format::Epub => epub::read(&bytes, budget).map(Some),
        Format::Rtf => rtf::read(&bytes, budget).map(Some),
        Format::Csv => delimited::read(&bytes, budget).map(Some),
        Format::Odt | Format::Ods | Format::Odp => {
            opendocument::read(&bytes, format, budget).map(Some)
        }
        Format::Docx | Format::Doc | Format::Pptx | Format::Ppt | Format::Xlsx | Format::Xls => {
            office::read(bytes, format, budget).map(Some)
        }
        Format::Markdown | Format::Text | Format::Source | Format::Latex => {
            markdown::read(bytes, format, budget).map(Some)
        }
        Format::Image => Ok(Some(vec![picture()])),
    })?;
    if let Some(pages) = pages {
        send(format, pages, emit);
    }
    Ok(())
}

/// Sends all pages of a document.
fn send(format: Format, pages: Vec<Page>, emit: &mut dyn FnMut(DocumentEvent)) {
    emit(DocumentEvent::Opened {
        format,
        pages: pages.len() as u32,
    });
    for page in pages {
        emit(DocumentEvent::Page(page));
    }
}

/// Runs a reader; one that panics has met a damaged file.
fn walled<T>(read: impl FnOnce() -> Result<T, DocumentFailure>) -> Result<T, DocumentFailure> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(DocumentFailure::Damaged))
}

/// The one page of a picture.
fn picture() -> Page {
    Page {
        number: 1,
        warnings: vec![PageWarning::OnlyImages],
        ..Page::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::PAGE_TEXT_LIMIT;
    use aparte_protocol::documents::Limit;

    fn pages_of(
        bytes: &[u8],
        extension: Option<&str>,
    ) -> Result<Vec<DocumentEvent>, DocumentFailure> {
        let request = DocumentRequest {
            extension: extension.map(str::to_owned),
            size: bytes.len() as u64,
            password: None,
            limits: Limits::default(),
        };
        let mut events = Vec::new();
        read(bytes.to_vec(), &request, &mut |event| events.push(event))?;
        Ok(events)
    }

    #[test]
    fn no_bytes_are_an_empty_document() {
        assert_eq!(pages_of(b"", None), Err(DocumentFailure::Empty));
    }

    #[test]
    fn only_white_space_is_a_blank_page() {
        let events = pages_of(b" \r\n\t ", None).unwrap();
        let DocumentEvent::Page(page) = &events[1] else {
            panic!("a page follows");
        };
        assert_eq!((page.number, page.text.as_str()), (1, ""));
        assert_eq!(page.warnings, [PageWarning::Blank]);
    }

    #[test]
    fn only_the_extension_makes_markdown() {
        let source = b"# Rent\n\nIt is due monthly.";
        let opened = |format| DocumentEvent::Opened { format, pages: 1 };
        assert_eq!(
            pages_of(source, Some("md")).unwrap()[0],
            opened(Format::Markdown)
        );
        assert_eq!(
            pages_of(source, Some("txt")).unwrap()[0],
            opened(Format::Text)
        );
        assert_eq!(pages_of(source, None).unwrap()[0], opened(Format::Text));
    }

    #[test]
    fn markdown_passages_stand_under_their_headings() {
        let source = "# Lease\n\nBetween the parties of this lease it is agreed as follows below.\n\n## Rent\n\nRent is due on the first day of the month, in euros.\n";
        let events = pages_of(source.as_bytes(), Some("md")).unwrap();
        let DocumentEvent::Page(page) = &events[1] else {
            panic!("a page follows");
        };
        assert_eq!(page.number, 1);
        assert_eq!(page.passages.len(), 2);
        assert_eq!(page.passages[1].headings, ["Lease", "Rent"]);
        assert!(
            page.passages[1]
                .range
                .of(&page.text)
                .unwrap()
                .ends_with("in euros.")
        );
        let titles: Vec<_> = page
            .headings
            .iter()
            .map(|h| (h.level, h.range.of(&page.text).unwrap()))
            .collect();
        assert_eq!(titles, [(1, "Lease"), (2, "Rent")]);
    }

    #[test]
    fn a_text_that_would_not_fit_in_a_frame_comes_in_parts() {
        let text = "A word and another one.\n\n".repeat(PAGE_TEXT_LIMIT / 24);
        let events = pages_of(text.as_bytes(), None).unwrap();
        assert_eq!(events.len(), 3);
        let mut all = String::new();
        for event in &events[1..] {
            let DocumentEvent::Page(page) = event else {
                panic!("pages follow");
            };
            assert!(page.text.len() <= PAGE_TEXT_LIMIT);
            all.push_str(&page.text);
            all.push_str("\n\n");
        }
        assert!(all.split_whitespace().eq(text.split_whitespace()));
    }

    #[test]
    fn text_over_the_limit_is_named() {
        let request = DocumentRequest {
            extension: None,
            size: 0,
            password: None,
            limits: Limits {
                text: 1_000,
                ..Limits::default()
            },
        };
        let text = "word ".repeat(300).into_bytes();
        let read = read(text, &request, &mut |_| {});
        assert_eq!(read, Err(DocumentFailure::Limit(Limit::Text)));
    }
}
