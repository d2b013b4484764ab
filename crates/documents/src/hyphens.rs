//! Words that are parted at the end of a line, put together again.
//!
//! A hyphen there is either the word's own or the line's. The document itself tells: a word that stands elsewhere
//! undivided is joined, one that stands elsewhere with its hyphen keeps it.

use std::collections::HashSet;

use crate::layout::PlacedWord;

/// More words are not remembered.
const VOCABULARY_LIMIT: usize = 200_000;
/// What French puts behind a hyphen of its own.
const ENCLITICS: &[&str] = &[
    "je", "tu", "il", "elle", "on", "nous", "vous", "ils", "elles", "ce", "ci", "là", "y", "en",
    "moi", "toi", "le", "la", "les", "lui", "leur", "t", "même", "mêmes", "être",
];

/// The words that a document was found to have.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    words: HashSet<String>,
}

/// What to do with the hyphen between two parts of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hyphen {
    /// It is the line's.
    Dropped,
    /// It is the word's own.
    Kept,
}

impl Vocabulary {
    /// Remembers words.
    pub(crate) fn learn(&mut self, words: &[PlacedWord]) {
        for word in words {
            if self.words.len() >= VOCABULARY_LIMIT {
                return;
            }
            let plain = plain(&word.text);
            if plain.chars().count() >= 2 && !plain.ends_with(is_hyphen) {
                self.words.insert(plain);
            }
        }
    }

    /// Whether a word that ends a line goes on with the one that begins the next, and what its hyphen is.
    pub(crate) fn joins(&self, first: &str, second: &str) -> Option<Hyphen> {
        let stem = first.strip_suffix(is_hyphen)?;
        let opens = second.chars().next().filter(|c| c.is_alphanumeric())?;
        if !stem.ends_with(char::is_alphanumeric) {
            return None;
        }
        let (stem, second) = (plain(stem), plain(second));
        let knows = |word: &str| self.words.contains(word);
        if !opens.is_lowercase() || !stem.ends_with(char::is_alphabetic) {
            return Some(Hyphen::Kept);
        }
        if knows(&format!("{stem}{second}")) {
            return Some(Hyphen::Dropped);
        }
        let compound = stem.contains(is_hyphen)
            || ENCLITICS.contains(&second.as_str())
            || knows(&format!("{stem}-{second}"))
            || (stem.chars().count() > 2
                && second.chars().count() > 2
                && knows(&stem)
                && knows(&second));
        Some(match compound {
            true => Hyphen::Kept,
            false => Hyphen::Dropped,
        })
    }
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}')
}

/// The word in lower case, without what stands around it.
fn plain(word: &str) -> String {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric() && !is_hyphen(c));
    inner.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::tests::set;

    #[test]
    fn the_document_tells_whose_a_hyphen_is() {
        let mut vocabulary = Vocabulary::default();
        vocabulary.learn(&set(
            "The production of long-term credit, in the long term",
            0.0,
            0.0,
            10.0,
        ));
        let joins = |first, second| vocabulary.joins(first, second);
        assert_eq!(joins("produc-", "tion,"), Some(Hyphen::Dropped));
        assert_eq!(joins("unheard-", "ofness"), Some(Hyphen::Dropped));
        assert_eq!(joins("long-", "term"), Some(Hyphen::Kept));
        assert_eq!(joins("credit-", "term"), Some(Hyphen::Kept));
        assert_eq!(joins("peut-", "être"), Some(Hyphen::Kept));
        assert_eq!(joins("c’est-à-", "dire"), Some(Hyphen::Kept));
        assert_eq!(joins("Jean-", "Paul"), Some(Hyphen::Kept));
        assert_eq!(joins("pages 12-", "14"), Some(Hyphen::Kept));
        for (first, second) in [
            ("word", "next"),
            ("-", "next"),
            ("word -", "next"),
            ("pre-", "(x)"),
        ] {
            assert_eq!(joins(first, second), None, "{first} {second}");
        }
    }
}
