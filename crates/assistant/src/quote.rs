//! Whether a quote stands in its source: the look-up that "verified" means. It must never say yes wrongly.

use std::ops::Range;

use aparte_protocol::documents::TextRange;

use crate::words::{self, Token};

/// Where a quote stands verbatim in a page's text: white space, hyphens at line ends, ligatures and the
/// shapes of quotation marks aside, and nothing else. It must not begin or end within a word or number.
pub fn locate(quote: &str, page_text: &str) -> Option<TextRange> {
    let quote = glyphs(quote);
    if !quote
        .iter()
        .any(|glyph| matches!(glyph.sign, Sign::Char(c) if c.is_alphanumeric()))
    {
        return None;
    }
    let page = glyphs(page_text);
    let mut tokens: Option<Vec<Token>> = None;
    for start in 0..page.len() {
        let Some(end) = match_at(&quote, &page[start..]).map(|length| start + length) else {
            continue;
        };
        let within_ligature = |at: usize| {
            at > 0
                && page
                    .get(at)
                    .is_some_and(|glyph| glyph.range == page[at - 1].range)
        };
        if within_ligature(start) || within_ligature(end) {
            continue;
        }
        let range = page[start].range.start..page[end - 1].range.end;
        let tokens = tokens.get_or_insert_with(|| words::tokens(page_text));
        if stands_alone(page_text, tokens, &range) {
            return Some(TextRange {
                start: u32::try_from(range.start).ok()?,
                end: u32::try_from(range.end).ok()?,
            });
        }
    }
    None
}

/// A character as it is compared, and where it was read.
struct Glyph {
    sign: Sign,
    range: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Char(char),
    /// A hyphen at a line end, which may or may not belong to the word.
    LineEndHyphen,
}

/// What a text is compared by: runs of white space are one space, none at the ends.
fn glyphs(text: &str) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut at = 0;
    let mut space = None;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        if c.is_whitespace() {
            space.get_or_insert(start);
            continue;
        }
        if let Some(space) = space.take()
            && !glyphs.is_empty()
        {
            glyphs.push(Glyph {
                sign: Sign::Char(' '),
                range: space..start,
            });
        }
        if let Some(next) = words::after_line_end_hyphen(text, start) {
            at = next;
            glyphs.push(Glyph {
                sign: Sign::LineEndHyphen,
                range: start..next,
            });
            continue;
        }
        let letters = words::ligature(c).unwrap_or_default();
        let plain = match c {
            '\u{ad}' | '\u{200b}' | '\u{feff}' => continue,
            '\u{2010}' | '\u{2011}' => '-',
            '‘' | '’' | 'ʼ' | '‛' => '\'',
            '“' | '”' | '„' | '‟' => '"',
            other => other,
        };
        if letters.is_empty() {
            glyphs.push(Glyph {
                sign: Sign::Char(plain),
                range: start..at,
            });
        }
        glyphs.extend(letters.chars().map(|letter| Glyph {
            sign: Sign::Char(letter),
            range: start..at,
        }));
    }
    glyphs
}

/// How many glyphs at the start of `page` the whole quote matches.
fn match_at(quote: &[Glyph], page: &[Glyph]) -> Option<usize> {
    let hyphen = |sign| matches!(sign, Sign::LineEndHyphen | Sign::Char('-'));
    let (mut q, mut p) = (0, 0);
    while q < quote.len() {
        let asked = quote[q].sign;
        let read = page.get(p)?.sign;
        if asked == read || hyphen(asked) && hyphen(read) {
            q += 1;
            p += 1;
        } else if read == Sign::LineEndHyphen && p > 0 {
            p += 1;
        } else if asked == Sign::LineEndHyphen {
            q += 1;
        } else {
            return None;
        }
    }
    Some(p)
}

/// Whether a range of a text cuts no word and no number: "12" is not in "412", nor "5" in "-5".
fn stands_alone(text: &str, tokens: &[Token], range: &Range<usize>) -> bool {
    let cut = |at: usize| {
        let within = tokens
            .iter()
            .any(|token| token.range.start < at && at < token.range.end);
        let before = text[..at].chars().next_back();
        let after = text[at..].chars().next();
        let letters =
            before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        within || letters
    };
    let before: Vec<char> = text[..range.start].chars().rev().take(2).collect();
    let signed = text[range.start..].starts_with(|c: char| c.is_ascii_digit())
        && matches!(before.first(), Some('-' | '\u{2212}'))
        && !before.get(1).is_some_and(|c| c.is_alphanumeric());
    !cut(range.start) && !cut(range.end) && !signed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located<'a>(quote: &str, page: &'a str) -> Option<&'a str> {
        locate(quote, page).map(|range| range.of(page).unwrap())
    }

    const PAGE: &str = "2. Costs\n\nThe reno\u{ad}vation of the ofﬁce cost\n412\u{202f}000 euros, a well-\nknown \
                        sum for a renova-\ntion. It’s “final”. Jean-\nPierre agreed.\n\nYear\tCost\n2024\t-5\n";

    #[test]
    fn a_quote_is_found_whatever_its_lines_and_type() {
        for (quote, found) in [
            (
                "the office cost 412 000 euros",
                "the ofﬁce cost\n412\u{202f}000 euros",
            ),
            ("The renovation of", "The reno\u{ad}vation of"),
            ("for a renovation.", "for a renova-\ntion."),
            ("a well-known sum", "a well-\nknown sum"),
            ("a well-\nknown sum", "a well-\nknown sum"),
            ("It's \"final\".", "It’s “final”."),
            ("  Costs  The ", "Costs\n\nThe"),
            ("2024 -5", "2024\t-5"),
        ] {
            assert_eq!(located(quote, PAGE), Some(found), "{quote}");
        }
    }

    #[test]
    fn a_near_miss_is_not_found() {
        for quote in [
            "cost 413 000 euros",
            "cost 412000 euros",
            "cost 412,000 euros",
            "the cost 412 000 euros",
            "The office cost",
            "Costs the renovation",
            "the officé cost",
            "for a renova tion",
            "Jean Pierre agreed",
            "JeanPierre agreed",
            "final . Jean",
            "",
            " . ",
        ] {
            assert_eq!(located(quote, PAGE), None, "{quote}");
        }
    }

    #[test]
    fn a_quote_cuts_no_word_and_no_number() {
        for quote in [
            "enovation",
            "12\u{202f}000 euros",
            "412",
            "000 euros",
            "ost",
            "5",
            "ice cost",
        ] {
            assert_eq!(located(quote, PAGE), None, "{quote}");
        }
        assert_eq!(
            located("12 euros", "It is 412 euros, not 12 euros."),
            Some("12 euros")
        );
        assert_eq!(located("3.5", "see 3.5.1"), None);
        assert_eq!(located("in", "la ﬁn"), None);
        assert_eq!(located("f", "ﬁ"), None);
        assert_eq!(located("homme", "l’homme"), Some("homme"));
    }

    #[test]
    fn numbers_parted_at_a_line_end_do_not_grow_together() {
        assert_eq!(located("20192020", "2019-\n2020"), None);
        assert_eq!(located("1215", "12\n15"), None);
    }
}
