//! What the index holds of a text: strings of stems and folded words, parted by spaces.

use crate::{
    language::Language,
    words::{self, Term},
};

/// A row of the index: the columns of the FTS5 table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Everything that its terms are found by.
    pub stems: String,
    /// Its folded words in order, function words included: phrases are looked up here.
    pub raw: String,
    /// The stems of the headings that it stands under.
    pub headings: String,
}

impl Line {
    /// The line of a text in `language` that stands under some headings.
    pub fn new(text: &str, headings: &[String], language: Language) -> Line {
        let terms = words::terms(text, language);
        let headings = match headings {
            [] => Vec::new(),
            headings => words::terms(&headings.join("\n"), language),
        };
        Line {
            stems: stems(&terms),
            raw: raw(&terms),
            headings: stems(&headings),
        }
    }
}

/// The stem of a term and the shorter names that it answers to: `12%` is also `12`.
pub(crate) fn names(term: &Term) -> impl Iterator<Item = &str> {
    let bare = term.stem.strip_suffix('%');
    [term.stem.as_str()]
        .into_iter()
        .chain(bare)
        .chain(words::parts(&term.token))
}

fn stems(terms: &[Term]) -> String {
    let mut stems = String::new();
    for term in terms.iter().filter(|term| !term.stop) {
        for form in names(term) {
            stems.push_str(form);
            stems.push(' ');
        }
    }
    stems
}

fn raw(terms: &[Term]) -> String {
    let folded: Vec<_> = terms
        .iter()
        .map(|term| term.token.folded.as_str())
        .collect();
    folded.join(" ")
}
