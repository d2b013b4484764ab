//! Finding words in one document: the search of a reader who looks for a word, whatever its accents, capitals and line ends.

use aparte_protocol::documents::TextRange;

use crate::error::Error;
use crate::library::DocumentId;
use crate::question::has_words;
use crate::{Assistant, words};

/// More places than these are not looked through one by one.
const MOST: usize = 10_000;

/// A place in a document where the words stand that were looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundIn {
    /// The page, counted from 1.
    pub page: u32,
    /// Where in the page's text.
    pub range: TextRange,
}

impl Assistant {
    /// Every place of a document where some words stand one after the other, in order, at most ten thousand; none if the document
    /// is not there. Accents, capitals, ligatures, hyphens at line ends and the width of white space make no difference.
    ///
    /// # Errors
    /// What the vault reports when it cannot be read at all.
    pub fn find_in(&self, document: DocumentId, sought: &str) -> Result<Vec<FoundIn>, Error> {
        let mut found = Vec::new();
        if !has_words(sought) {
            return Ok(found);
        }
        let signs: Vec<char> = signs(sought).into_iter().map(|sign| sign.char).collect();
        // An accent that stands alone is compared by nothing.
        if signs.is_empty() {
            return Ok(found);
        }
        for page in self.pages(document)? {
            for range in places(&signs, &page.text) {
                found.push(FoundIn {
                    page: page.number,
                    range,
                });
                if found.len() == MOST {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

/// A character as it is compared, and the bytes that it was read from.
struct Sign {
    char: char,
    start: usize,
    end: usize,
}

/// Where `sought` stands in a text, without overlap.
fn places(sought: &[char], text: &str) -> Vec<TextRange> {
    let text = signs(text);
    let mut places = Vec::new();
    let mut at = 0;
    while at + sought.len() <= text.len() {
        let window = &text[at..at + sought.len()];
        if !window.iter().map(|sign| &sign.char).eq(sought) {
            at += 1;
            continue;
        }
        let (first, last) = (&window[0], &window[window.len() - 1]);
        if let (Ok(start), Ok(end)) = (u32::try_from(first.start), u32::try_from(last.end)) {
            places.push(TextRange { start, end });
        }
        at += sought.len();
    }
    places
}

/// A text as it is compared: folded, with runs of white space as one space and none at its ends, and words that a line end parted
/// as one.
fn signs(text: &str) -> Vec<Sign> {
    let mut signs: Vec<Sign> = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut space = None;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        if c.is_whitespace() {
            space.get_or_insert(start);
            continue;
        }
        if let Some(from) = space.take()
            && !signs.is_empty()
        {
            signs.push(Sign {
                char: ' ',
                start: from,
                end: start,
            });
        }
        if let Some(next) = words::after_line_end_hyphen(text, start) {
            at = next;
            continue;
        }
        let plain = match c {
            '\u{2010}' | '\u{2011}' => '-',
            '‘' | '’' | 'ʼ' | '‛' => '\'',
            '“' | '”' | '„' | '‟' => '"',
            other => other,
        };
        let folded = words::fold(plain.encode_utf8(&mut [0; 4]));
        // An accent that stands for itself belongs to the letter before it.
        if let (true, Some(letter)) = (folded.is_empty(), signs.last_mut()) {
            letter.end = at;
        }
        signs.extend(folded.chars().map(|char| Sign {
            char,
            start,
            end: at,
        }));
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(sought: &str, text: &'a str) -> Vec<&'a str> {
        let sought: Vec<char> = signs(sought).into_iter().map(|sign| sign.char).collect();
        let places = places(&sought, text).into_iter();
        places.map(|range| range.of(text).unwrap()).collect()
    }

    #[test]
    fn words_are_found_whatever_their_accents_capitals_and_line_ends() {
        let text = "L’Été, l'ete\u{301} : un ofﬁce à re-\nnover et\n  son OEUVRE, son œuvre.";
        for (sought, places) in [
            ("ete", vec!["Été", "ete\u{301}"]),
            ("l'été", vec!["L’Été", "l'ete\u{301}"]),
            ("OFFICE", vec!["ofﬁce"]),
            ("rénover  et son", vec!["re-\nnover et\n  son"]),
            ("œuvre", vec!["OEUVRE", "œuvre"]),
            ("fic", vec!["ﬁc"]),
            ("renovers", vec![]),
            ("l été", vec![]),
        ] {
            assert_eq!(found(sought, text), places, "{sought}");
        }
    }

    #[test]
    fn places_do_not_overlap_and_end_with_the_text() {
        assert_eq!(found("aa", "aaaaa"), ["aa", "aa"]);
        assert_eq!(found("end", "the end"), ["end"]);
        assert_eq!(found("ends", "the end"), [] as [&str; 0]);
    }
}
