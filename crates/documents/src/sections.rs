//! Finds the headings that a PDF's outline names on the page that it says.

use std::ops::Range;

use crate::catalog::Section;
use crate::passages::{Block, Kind};

/// A block is looked through for a title so far, in letters and digits.
const WITHIN: usize = 400;
/// More sections are not looked for on one page: each is compared with all that is written there.
const SECTIONS_LIMIT: usize = 1_000;

/// Makes headings of the blocks, or of lines in them, that the sections of their page name; each has the level of
/// its section.
pub(crate) fn mark(text: &str, blocks: &mut Vec<Block>, sections: &[Section]) {
    if sections.is_empty() {
        return;
    }
    let mut written: Vec<Written> = blocks
        .iter()
        .map(|block| Written::of(text, block))
        .collect();
    let mut from = 0;
    for section in sections.iter().take(SECTIONS_LIMIT) {
        let title = essence(&section.title, WITHIN);
        if title.is_empty() {
            continue;
        }
        // They come in order, but for those that were put at the wrong place.
        let order = || (from..blocks.len()).chain(0..from);
        let whole = order().find(|at| {
            written[*at]
                .whole
                .as_ref()
                .is_some_and(|w| is_named(w, &title))
        });
        let found = whole
            .map(|at| (at, blocks[at].range.clone()))
            .or_else(|| order().find_map(|at| Some((at, written[at].line(&title)?))));
        let Some((at, range)) = found else { continue };
        let block = blocks[at].clone();
        let lines = std::mem::take(&mut written[at].lines);
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
        let mut lines = lines.into_iter().peekable();
        let written_parts: Vec<Written> = parts
            .iter()
            .map(|part| {
                let within = || lines.next_if(|(line, _)| line.end <= part.range.end);
                let lines: Vec<_> = std::iter::from_fn(within).collect();
                Written {
                    whole: Written::whole(text, part),
                    lines: match part.kind {
                        Kind::Prose => lines,
                        _ => Vec::new(),
                    },
                }
            })
            .collect();
        written.splice(at..=at, written_parts);
        blocks.splice(at..=at, parts);
    }
}

/// The essences of what is written in a block, as far as titles may name it.
struct Written {
    whole: Option<String>,
    /// Of the lines of a paragraph.
    lines: Vec<(Range<usize>, String)>,
}

impl Written {
    fn of(text: &str, block: &Block) -> Written {
        let mut start = block.range.start;
        let line = |line: &str| {
            let range = start..start + line.len();
            start = range.end + 1;
            (line.len() <= 4 * WITHIN).then(|| (range, essence(line, WITHIN)))
        };
        let lines = match block.kind {
            Kind::Prose => text[block.range.clone()]
                .split('\n')
                .filter_map(line)
                .collect(),
            _ => Vec::new(),
        };
        Written {
            whole: Written::whole(text, block),
            lines,
        }
    }

    fn whole(text: &str, block: &Block) -> Option<String> {
        let may_be_named = matches!(block.kind, Kind::Prose | Kind::Heading { .. })
            && block.range.len() <= 4 * WITHIN;
        may_be_named.then(|| essence(&text[block.range.clone()], WITHIN))
    }

    /// The line that the title names.
    fn line(&self, title: &str) -> Option<Range<usize>> {
        let mut lines = self.lines.iter();
        lines.find_map(|(range, line)| is_named(line, title).then(|| range.clone()))
    }
}

/// Whether what is written is what the title names: the title itself, or, where the program that wrote the outline left
/// the number out or put it in, all but the number.
fn is_named(written: &str, title: &str) -> bool {
    let number = |longer: &str, shorter: &str| {
        let rest = longer.strip_suffix(shorter);
        shorter.len() >= 3
            && rest
                .is_some_and(|rest| rest.len() <= 12 && rest.contains(|c: char| c.is_ascii_digit()))
    };
    written == title || number(written, title) || number(title, written)
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
    fn many_sections_over_many_lines_take_their_length_and_not_its_square() {
        let text = "a line of the page\n".repeat(40_000);
        let mut blocks = vec![Block {
            range: 0..text.len() - 1,
            kind: Kind::Prose,
        }];
        let sections: Vec<Section> = (0..40_000)
            .map(|n| Section {
                level: 1,
                title: format!("Section {n} of a document"),
            })
            .collect();
        let began = std::time::Instant::now();
        mark(&text, &mut blocks, &sections);
        assert_eq!(blocks.len(), 1);
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
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
