//! A summary as Markdown, with footnotes.

use std::fmt::Write;

use super::is_turning;
use super::paper::{Block, Paper, Run};
use crate::export;

pub(super) fn write(paper: &Paper) -> String {
    let mut text = format!("# {}\n", line(&paper.title));
    let mut was_item = false;
    for block in &paper.blocks {
        let (before, words) = match block {
            Block::Heading(heading) => ("\n## ", line(heading)),
            Block::Paragraph(runs) => ("\n", marked(runs)),
            Block::Item(runs) if was_item => ("- ", marked(runs)),
            Block::Item(runs) => ("\n- ", marked(runs)),
        };
        was_item = matches!(block, Block::Item(_));
        let _ = writeln!(text, "{before}{words}");
    }
    for (number, note) in (1..).zip(&paper.notes) {
        let _ = write!(text, "\n[^{number}]: {}", line(note));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn marked(runs: &[Run]) -> String {
    let marked = runs.iter().map(|run| match run {
        Run::Text(text) => plain(text),
        Run::Doubtful(text) => format!("*{}*", line(text)),
        Run::Note(place) => format!("[^{}]", place + 1),
    });
    marked.collect()
}

/// The same with the space on either side that parts it from its neighbours. What a model or a document writes is never markup: it
/// could lend a sentence a source that it has not.
fn plain(text: &str) -> String {
    let side = |is: bool| if is { " " } else { "" };
    if text.trim_matches(' ').is_empty() {
        return side(!text.is_empty()).to_owned();
    }
    let (before, after) = (text.starts_with(' '), text.ends_with(' '));
    format!("{}{}{}", side(before), line(text), side(after))
}

/// Text without structure, in one line, whose narrow spaces stay: French parts its signs by them.
fn line(text: &str) -> String {
    let text: String = text.chars().filter(|sign| !is_turning(*sign)).collect();
    let parts: Vec<String> = text.split('\u{202f}').map(export::line).collect();
    parts.join("\u{202f}")
}
