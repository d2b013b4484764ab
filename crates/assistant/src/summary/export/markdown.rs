//! A summary as Markdown, with footnotes.

use std::fmt::Write;

use super::paper::{Block, Paper, Run};
use crate::export::{self, defused};

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
        // A model may write structure; none of it may load anything.
        Run::Text(text) => defused(text).replace('\n', " "),
        Run::Doubtful(text) => format!("*{}*", line(text)),
        Run::Note(place) => format!("[^{}]", place + 1),
    });
    marked.collect()
}

/// Text without structure, in one line, whose narrow spaces stay: French parts its signs by them.
fn line(text: &str) -> String {
    let parts: Vec<String> = text.split('\u{202f}').map(export::line).collect();
    parts.join("\u{202f}")
}
