//! A summary as a file that others can read: each citation a footnote, and what it covers at the end.
//!
//! What is written is laid out once (`paper.rs`), so that no format says less than another. Nothing in a file leads anywhere, and
//! text of documents and models is never markup.

mod docx;
mod html;
mod markdown;
mod paper;
mod pdf;
mod zip;

use std::path::Path;

use super::{Summary, SummaryStyle};
use crate::Assistant;
use crate::error::Error;
use crate::export::{ExportTrouble, replace_file};
use crate::language::Language;
use paper::Paper;

/// What a summary is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryFormat {
    /// Text with signs, footnotes among them.
    Markdown,
    /// A page of the web that loads nothing.
    Html,
    /// A document of Word, with footnotes of its own.
    Docx,
    /// Pages to print, in a font that every reader has: it has the letters of Western Europe.
    Pdf,
}

impl SummaryFormat {
    /// The format that a file's name asks for by its ending; `None` for one that is not written.
    pub fn of_file(file: &Path) -> Option<SummaryFormat> {
        let ending = file.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "md" | "markdown" => SummaryFormat::Markdown,
            "html" | "htm" => SummaryFormat::Html,
            "docx" => SummaryFormat::Docx,
            "pdf" => SummaryFormat::Pdf,
            _ => return None,
        })
    }
}

impl Summary {
    /// The bytes of a file with it, whose own words are in `language`. It was asked for in this style.
    pub fn export(
        &self,
        format: SummaryFormat,
        style: SummaryStyle,
        language: Language,
    ) -> Vec<u8> {
        let paper = Paper::of(self, style, language);
        match format {
            SummaryFormat::Markdown => markdown::write(&paper).into_bytes(),
            SummaryFormat::Html => html::write(&paper).into_bytes(),
            SummaryFormat::Docx => docx::write(&paper),
            SummaryFormat::Pdf => pdf::write(&paper),
        }
    }
}

impl Assistant {
    /// Writes a summary into a file, which takes the place of the one that is there once all of it is written.
    ///
    /// # Errors
    /// [`Error::Export`] where nothing was written.
    pub fn export_summary(
        &self,
        summary: &Summary,
        style: SummaryStyle,
        format: SummaryFormat,
        to: &Path,
    ) -> Result<(), Error> {
        if self.vault.would_hold(to).unwrap_or_default() {
            return Err(Error::Export(ExportTrouble::InVault));
        }
        replace_file(to, &summary.export(format, style, self.language()))
    }
}

/// A text as XML and HTML have it. What they cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => (),
            other if other.is_control() || is_turning(other) => (),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a sign turns the way that text runs, and could turn the marks around it too.
fn is_turning(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
