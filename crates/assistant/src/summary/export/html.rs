//! A summary as a page of the web that loads nothing and leads nowhere but to its own footnotes.

use std::fmt::Write;

use super::escaped;
use super::paper::{Block, Paper, Run};

/// Readable on a screen and on paper.
const STYLE: &str = "body{font:1rem/1.5 serif;max-width:42rem;margin:2rem auto;padding:0 1rem}\
em{opacity:.7}ol{font-size:.9rem}li:target{background:#ffc}";

pub(super) fn write(paper: &Paper) -> String {
    let title = escaped(&paper.title);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        paper.language.tag()
    );
    // The first mark of a note is where its footnote leads back to.
    let mut marked = vec![false; paper.notes.len()];
    let mut in_list = false;
    for block in &paper.blocks {
        let is_item = matches!(block, Block::Item(_));
        if is_item != in_list {
            text.push_str(if is_item { "<ul>\n" } else { "</ul>\n" });
            in_list = is_item;
        }
        let _ = match block {
            Block::Heading(heading) => writeln!(text, "<h2>{}</h2>", escaped(heading)),
            Block::Paragraph(runs) => writeln!(text, "<p>{}</p>", runs_of(runs, &mut marked)),
            Block::Item(runs) => writeln!(text, "<li>{}</li>", runs_of(runs, &mut marked)),
        };
    }
    if in_list {
        text.push_str("</ul>\n");
    }
    if !paper.notes.is_empty() {
        text.push_str("<hr>\n<ol>\n");
        for (number, note) in (1..).zip(&paper.notes) {
            let note = escaped(note);
            let _ = writeln!(
                text,
                "<li id=\"note-{number}\">{note} <a href=\"#mark-{number}\">↩</a></li>"
            );
        }
        text.push_str("</ol>\n");
    }
    text.push_str("</body>\n</html>\n");
    text
}

fn runs_of(runs: &[Run], marked: &mut [bool]) -> String {
    let written = runs.iter().map(|run| match run {
        Run::Text(text) => escaped(text),
        Run::Doubtful(text) => format!("<em>{}</em>", escaped(text)),
        Run::Note(place) => {
            let number = place + 1;
            let is_first = !std::mem::replace(&mut marked[*place], true);
            let id = match is_first {
                true => format!(" id=\"mark-{number}\""),
                false => String::new(),
            };
            format!("<sup{id}><a href=\"#note-{number}\">{number}</a></sup>")
        }
    });
    written.collect()
}
