//! Finds the headings that a PDF's outline names on the page that it says.

use std::ops::Range;

use crate::catalog::Section;
use crate::passages::{Block, Kind};

/// A block is looked through for a title so far, in letters and digits.
const WITHIN: usize = 400;

/// Makes headings of the blocks, or of lines in them, that the sections of their page name; each has the level of
/// its section.
pub(crate) fn mark(text: &str, blocks: &mut Vec<Block>, sections: &[Section]) {
    let mut from = 0;
    for section in sections {
        let title = essence(&section.title, WITHIN);
        if title.is_empty() {
            continue;
        }
        // They come in order, but for those that were put at the wrong place.
        let order = || (from..blocks.len()).chain(0..from);
        let whole =
            order().find(|at| is_named(&text[blocks[*at].range.clone()], &blocks[*at], &title));
        let found = whole
            .map(|at| (at, blocks[at].range.clone()))
            .or_else(|| order().find_map(|at| Some((at, line_named(text, &blocks[at], &title)?))));
        let Some((at, range)) = found else { continue };
        let block = blocks[at].clone();
        let heading = Block {
            kind: Kind::Heading {
                level: section.level,
                title: range.clone(),
            },
            range: range.clone(),
        };
        let part = |range: Range<usize>| Block {
            range,
            kind: block.kind.clone(),
        };
        let mut parts = Vec::new();
        if range.start > block.range.start {
            // Without the end of its last line.
            parts.push(part(block.range.start..range.start - 1));
        }
        from = at + parts.len() + 1;
        parts.push(heading);
        if range.end < block.range.end {
            parts.push(part(range.end + 1..block.range.end));
        }
        blocks.splice(at..=at, parts);
    }
}

/// The line of a paragraph that the title names.
fn line_named(text: &str, block: &Block, title: &str) -> Option<Range<usize>> {
    if block.kind != Kind::Prose {
        return None;
    }
    let mut start = block.range.start;
    text[block.range.clone()].split('\n').find_map(|line| {
        let range = start..start + line.len();
        start = range.end + 1;
        is_named(line, block, title).then_some(range)
    })
}

/// Whether what is written in a block is what the title names: the title itself, or, where the program that wrote
/// the outline left the number out or put it in, all but the number.
fn is_named(written: &str, block: &Block, title: &str) -> bool {
    if !matches!(block.kind, Kind::Prose | Kind::Heading { .. }) || written.len() > 4 * WITHIN {
        return false;
    }
    let written = essence(written, WITHIN);
    let number = |longer: &str, shorter: &str| {
        let rest = longer.strip_suffix(shorter);
        shorter.len() >= 3
            && rest
                .is_some_and(|rest| rest.len() <= 12 && rest.contains(|c: char| c.is_ascii_digit()))
    };
    written == title || number(&written, title) || number(title, &written)
}

/// The letters and digits of a text, in lower case.
fn essence(text: &str, limit: usize) -> String {
    let plain = text.chars().filter(|c| c.is_alphanumeric());
    plain.take(limit).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_found_with_and_without_their_numbers() {
        let text = "1.2 The Rent\n\nThe rent is due.\n\nCharges\nof the year\n\nThe rent";
        let mut blocks: Vec<Block> = [0..12, 14..30, 32..51, 53..61]
            .into_iter()
            .map(|range| Block {
                range,
                kind: Kind::Prose,
            })
            .collect();
        let section = |level, title: &str| Section {
            level,
            title: title.to_owned(),
        };
        mark(
            text,
            &mut blocks,
            &[
                section(2, "The rent"),
                section(3, "3 Charges of the Year"),
                section(1, "Nowhere"),
            ],
        );
        let levels: Vec<_> = blocks
            .iter()
            .filter_map(Block::heading)
            .map(|heading| heading.level)
            .collect();
        assert_eq!(levels, [2, 3]);
        assert!(matches!(blocks[0].kind, Kind::Heading { level: 2, .. }));
    }

    #[test]
    fn a_title_inside_a_paragraph_parts_it() {
        let text = "It is due.\n2 Charges\nThey are due.";
        let mut blocks = vec![Block {
            range: 0..text.len(),
            kind: Kind::Prose,
        }];
        let section = Section {
            level: 1,
            title: "Charges".to_owned(),
        };
        mark(text, &mut blocks, &[section]);
        let parts: Vec<_> = blocks
            .iter()
            .map(|block| &text[block.range.clone()])
            .collect();
        assert_eq!(parts, ["It is due.", "2 Charges", "They are due."]);
        assert!(matches!(blocks[1].kind, Kind::Heading { level: 1, .. }));
    }
}
