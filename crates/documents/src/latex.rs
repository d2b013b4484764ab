//! LaTeX source: the text as it is written, with its sections as headings. Nothing of it is run or included.

use crate::markdown;
use crate::passages::{Block, Kind};

const SECTIONS: &[(&str, u8)] = &[
    ("\\part", 1),
    ("\\chapter", 1),
    ("\\section", 2),
    ("\\subsection", 3),
    ("\\subsubsection", 4),
    ("\\paragraph", 5),
];

/// The blocks of LaTeX source.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for block in markdown::paragraphs(text) {
        let mut start = block.range.start;
        let mut at = start;
        for line in text[block.range.clone()].split_inclusive('\n') {
            let end = at + line.trim_end_matches('\n').len();
            if let Some((level, title)) = section(line) {
                let prose = start..at;
                if !text[prose.clone()].trim().is_empty() {
                    let range = prose.start..prose.end - usize::from(text[prose].ends_with('\n'));
                    blocks.push(Block {
                        range,
                        kind: Kind::Prose,
                    });
                }
                let title = at + title.start..at + title.end;
                blocks.push(Block {
                    range: at..end,
                    kind: Kind::Heading { level, title },
                });
                start = (at + line.len()).min(block.range.end);
            }
            at += line.len();
        }
        if !text[start..block.range.end].trim().is_empty() {
            blocks.push(Block {
                range: start..block.range.end,
                kind: Kind::Prose,
            });
        }
    }
    blocks
}

/// The level of the section that a line begins, and where its title stands in the line.
fn section(line: &str) -> Option<(u8, std::ops::Range<usize>)> {
    let indent = line.len() - line.trim_start().len();
    let written = &line[indent..];
    let (command, level) = SECTIONS.iter().find(|(command, _)| {
        written
            .strip_prefix(command)
            .is_some_and(|rest| rest.starts_with(['{', '*', '[']))
    })?;
    let open = command.len() + written[command.len()..].find('{')? + 1;
    let mut depth = 1;
    let close = written[open..].char_indices().find(|(_, c)| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    let close = open + close?.0;
    (!written[open..close].trim().is_empty()).then_some((*level, indent + open..indent + close))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_headings() {
        let text = "\\documentclass{article}\n\\begin{document}\n\\section{The \\emph{lease}}\nIt is agreed.\n\n\\subsection*{Rent}\nDue monthly.\n";
        let titles: Vec<_> = blocks(text)
            .into_iter()
            .filter_map(|block| match block.kind {
                Kind::Heading { level, title } => Some((level, text[title].to_owned())),
                _ => None,
            })
            .collect();
        assert_eq!(
            titles,
            [(2, "The \\emph{lease}".to_owned()), (3, "Rent".to_owned())]
        );
        assert_eq!(
            &text[blocks(text)[0].range.clone()],
            "\\documentclass{article}\n\\begin{document}"
        );
    }
}
