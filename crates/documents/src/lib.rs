//! The bytes of a file to pages of text with positions, and to passages.
//!
//! Runs in a worker process of its own, because the bytes may be hostile: a panic of the parser is
//! caught page by page, but only the process wall stops a hang or an exhausted memory. Nothing here
//! opens a file, keeps state between documents or logs what it reads.

#![forbid(unsafe_code)]

mod blocks;
mod content;
mod encoding;
mod layout;
mod markdown;
mod passages;
mod pdf;
mod running;

use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentFailure, Format, Page, PageWarning,
};

/// How many bytes of text a page may hold: with its words and passages it must fit in a frame.
const PAGE_TEXT_LIMIT: usize = 4 << 20;

/// Reads a document: calls `emit` with `Opened` and each `Page` in order.
///
/// The format is told by the bytes; `extension` (lower case, without the dot) only tells Markdown from
/// plain text. Pages that were emitted before a failure stand. A page that cannot be read is emitted
/// with a warning and does not fail the document.
///
/// # Errors
///
/// What keeps the whole document from being read; see [`DocumentFailure`].
pub fn read(
    bytes: Vec<u8>,
    extension: Option<&str>,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    if bytes.is_empty() {
        return Err(DocumentFailure::Empty);
    }
    if bytes.len() as u64 > DOCUMENT_LIMIT {
        return Err(DocumentFailure::TooLarge);
    }
    if pdf::is_pdf(&bytes) {
        return pdf::read(bytes, emit);
    }
    // No encoding makes the text shorter than half its bytes (UTF-16), so more cannot fit.
    if bytes.len() > 2 * PAGE_TEXT_LIMIT {
        return Err(DocumentFailure::TooLarge);
    }
    let text = encoding::decode(&bytes)?;
    drop(bytes);
    if text.len() > PAGE_TEXT_LIMIT {
        return Err(DocumentFailure::TooLarge);
    }
    let format = match extension {
        Some("md" | "markdown") => Format::Markdown,
        _ => Format::Text,
    };
    emit(DocumentEvent::Opened { format, pages: 1 });
    emit(DocumentEvent::Page(written_page(text, format)));
    Ok(())
}

/// The one page of a format without a layout.
fn written_page(text: String, format: Format) -> Page {
    let blocks = match format {
        Format::Markdown => markdown::blocks(&text),
        _ => markdown::paragraphs(&text),
    };
    let mut outline = passages::Outline::default();
    let blank = text.trim().is_empty();
    Page {
        number: 1,
        headings: blocks.iter().filter_map(passages::Block::heading).collect(),
        passages: passages::cut(&text, &blocks, &mut outline),
        text: if blank { String::new() } else { text },
        warnings: blank.then_some(PageWarning::Blank).into_iter().collect(),
        ..Page::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages_of(
        bytes: &[u8],
        extension: Option<&str>,
    ) -> Result<Vec<DocumentEvent>, DocumentFailure> {
        let mut events = Vec::new();
        read(bytes.to_vec(), extension, &mut |event| events.push(event))?;
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
    fn a_text_that_would_not_fit_in_a_frame_is_too_large() {
        let text = "word ".repeat(PAGE_TEXT_LIMIT / 5 + 1);
        assert_eq!(
            pages_of(text.as_bytes(), None),
            Err(DocumentFailure::TooLarge)
        );
    }

    #[test]
    fn what_cannot_fit_is_refused_before_it_is_decoded() {
        // Nothing that can be decoded: only its length can be the reason.
        let bytes = vec![0; 2 * PAGE_TEXT_LIMIT + 1];
        assert_eq!(pages_of(&bytes, None), Err(DocumentFailure::TooLarge));
    }
}
