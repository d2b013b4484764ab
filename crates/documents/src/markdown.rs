//! Blocks of text that has no layout: paragraphs, and in Markdown headings, tables and fenced code.
//!
//! The text stays as it was written; only the places are found.

use std::ops::Range;

use aparte_protocol::documents::{DocumentFailure, Format, Page, PageWarning};

use crate::budget::Budget;
use crate::passages::{self, Block, Kind, Outline};
use crate::written::PAGE_TEXT_LIMIT;
use crate::{encoding, latex};

/// Reads a text; see [`crate::read`].
pub(crate) fn read(
    bytes: Vec<u8>,
    format: Format,
    budget: &mut Budget,
) -> Result<Vec<Page>, DocumentFailure> {
    let text = encoding::decode(&bytes)?;
    drop(bytes);
    budget.text(text.len())?;
    let mut outline = Outline::default();
    let mut pages = Vec::new();
    let mut rest = text.as_str();
    while pages.is_empty() || !rest.is_empty() {
        let (part, after) = rest.split_at(part_length(rest));
        rest = after;
        budget.page()?;
        pages.push(page(part, format, pages.len() as u32 + 1, &mut outline));
    }
    Ok(pages)
}

/// How much of a text the next page holds: up to the last empty line that fits, the last line, or what fits.
fn part_length(text: &str) -> usize {
    if text.len() <= PAGE_TEXT_LIMIT {
        return text.len();
    }
    let fits = &text[..text.floor_char_boundary(PAGE_TEXT_LIMIT)];
    let half = fits.len() / 2;
    [("\n\n", 2), ("\n", 1), (" ", 1)]
        .into_iter()
        .find_map(|(mark, length)| {
            fits.rfind(mark)
                .filter(|at| *at > half)
                .map(|at| at + length)
        })
        .unwrap_or(fits.len())
}

fn page(text: &str, format: Format, number: u32, outline: &mut Outline) -> Page {
    let blocks = match format {
        Format::Markdown => blocks(text),
        Format::Latex => latex::blocks(text),
        Format::Source => paragraphs(text).into_iter().map(as_rows).collect(),
        _ => paragraphs(text),
    };
    let blank = text.trim().is_empty();
    Page {
        number,
        headings: blocks.iter().filter_map(Block::heading).collect(),
        passages: passages::cut(text, &blocks, outline),
        text: if blank {
            String::new()
        } else {
            text.to_owned()
        },
        warnings: blank.then_some(PageWarning::Blank).into_iter().collect(),
        ..Page::default()
    }
}

/// Code is not cut inside a line.
fn as_rows(block: Block) -> Block {
    Block {
        kind: Kind::Rows,
        ..block
    }
}

/// The paragraphs of plain text, parted by empty lines.
pub(crate) fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks = Blocks::default();
    for line in lines(text) {
        if text[line.clone()].trim().is_empty() {
            blocks.close();
        } else {
            blocks.grow(line, Kind::Prose);
        }
    }
    blocks.finish()
}

/// The blocks of Markdown: ATX (`#`) and underlined headings, tables, fenced code and paragraphs.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Blocks::default();
    let mut fence: Option<(char, usize)> = None;
    for line in lines(text) {
        let written = &text[line.clone()];
        if let Some((mark, length)) = fence {
            blocks.grow(line, Kind::Rows);
            let run = fence_of(written);
            if run.is_some_and(|(m, n, bare)| m == mark && n >= length && bare) {
                fence = None;
                blocks.close();
            }
        } else if let Some((mark, length, _)) = fence_of(written) {
            fence = Some((mark, length));
            blocks.close();
            blocks.grow(line, Kind::Rows);
        } else if written.trim().is_empty() {
            blocks.close();
        } else if let Some((level, title)) = atx_heading(written) {
            let title = line.start + title.start..line.start + title.end;
            blocks.heading(line, level, title);
        } else if let Some(level) = underline(written)
            && let Some(paragraph) = blocks.take_line(text)
        {
            let title = paragraph.clone();
            blocks.heading(paragraph.start..line.end, level, title);
        } else if written.trim_start().starts_with('|') {
            blocks.grow(line, Kind::Rows);
        } else {
            blocks.grow(line, Kind::Prose);
        }
    }
    blocks.finish()
}

/// The lines of `text` without their ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.trim_end_matches('\n').len();
        start += line.len();
        range
    })
}

/// Blocks while they grow line by line.
#[derive(Default)]
struct Blocks {
    done: Vec<Block>,
    open: Option<Block>,
}

impl Blocks {
    fn grow(&mut self, line: Range<usize>, kind: Kind) {
        match &mut self.open {
            Some(block) if block.kind == kind => block.range.end = line.end,
            _ => {
                self.close();
                self.open = Some(Block { range: line, kind });
            }
        }
    }

    fn close(&mut self) {
        self.done.extend(self.open.take());
    }

    fn heading(&mut self, range: Range<usize>, level: u8, title: Range<usize>) {
        self.close();
        if title.is_empty() {
            return;
        }
        let kind = Kind::Heading { level, title };
        self.done.push(Block { range, kind });
    }

    /// Takes the open paragraph back if it is a single line, trimmed: the title over an underline.
    fn take_line(&mut self, text: &str) -> Option<Range<usize>> {
        let block = self.open.take_if(|block| {
            block.kind == Kind::Prose && !text[block.range.clone()].contains('\n')
        })?;
        Some(trimmed(text, block.range))
    }

    fn finish(mut self) -> Vec<Block> {
        self.close();
        self.done
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let written = &text[range.clone()];
    let start = range.start + (written.len() - written.trim_start().len());
    start..start + written.trim().len()
}

/// A fence's character, its length, and whether nothing follows it, so that it can close one.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    let written = line.trim_start_matches(' ');
    let mark = written.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = written.chars().take_while(|&c| c == mark).count();
    (length >= 3 && line.len() - written.len() <= 3)
        .then(|| (mark, length, written[length..].trim().is_empty()))
}

/// The level of a `#` heading and where its title stands in the line.
fn atx_heading(line: &str) -> Option<(u8, Range<usize>)> {
    let written = line.trim_start_matches(' ');
    if line.len() - written.len() > 3 {
        return None;
    }
    let level = written.bytes().take_while(|&b| b == b'#').count();
    let after = &written[level..];
    if !(1..=6).contains(&level) || !(after.is_empty() || after.starts_with([' ', '\t'])) {
        return None;
    }
    let mut title = after.trim();
    let bare = title.trim_end_matches('#');
    if bare.is_empty() || bare.ends_with([' ', '\t']) {
        title = bare.trim_end();
    }
    let start = line.len() - after.trim_start().len();
    Some((level as u8, start..start + title.len()))
}

fn underline(line: &str) -> Option<u8> {
    let written = line.trim();
    match written.bytes().next()? {
        b'=' if written.bytes().all(|b| b == b'=') => Some(1),
        b'-' if written.len() >= 2 && written.bytes().all(|b| b == b'-') => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<(u8, &str)> {
        let found = blocks(text);
        let title = |block: &Block| match &block.kind {
            Kind::Heading { level, title } => Some((*level, &text[title.clone()])),
            _ => None,
        };
        found.iter().filter_map(title).collect()
    }

    #[test]
    fn headings_are_found_in_both_spellings() {
        let text =
            "# One\nbody\n\nTwo é\n=====\n\n  ### Three ###\n\nFour\n---\n#no\n####### seven\n#\n";
        assert_eq!(
            titles(text),
            [(1, "One"), (1, "Two é"), (3, "Three"), (2, "Four")]
        );
    }

    #[test]
    fn code_in_a_fence_holds_no_heading() {
        let text = "```sh\n# comment\n~~~\n# more\n```\n# Real\n~~~~\n# not\n~~~\n# not\n";
        assert_eq!(titles(text), [(1, "Real")]);
    }

    #[test]
    fn a_rule_between_paragraphs_is_no_heading() {
        assert_eq!(titles("a paragraph\nof two lines\n---\n\n---\nmore\n"), []);
    }

    #[test]
    fn a_table_is_a_block_of_rows() {
        let text = "Before\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter";
        let kinds: Vec<_> = blocks(text)
            .into_iter()
            .map(|b| (b.kind, &text[b.range]))
            .collect();
        assert_eq!(
            kinds,
            [
                (Kind::Prose, "Before"),
                (Kind::Rows, "| a | b |\n|---|---|\n| 1 | 2 |"),
                (Kind::Prose, "After")
            ]
        );
    }
}
