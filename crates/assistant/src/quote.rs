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

/// The span of a page's text that a quote was most likely taken from which does not stand there word for word: nearly all of its words,
/// in their order. `None` where four in five are not there, or where it is too short to tell.
pub fn nearest(quote: &str, page_text: &str) -> Option<Nearest> {
    let asked = words::tokens(quote);
    let page = words::tokens(page_text);
    if asked.len() < FEWEST_WORDS {
        return None;
    }
    // The fewest words to change, leave out or put in for the quote to end with each word of the page, and the word that the span
    // then begins with: Sellers' form of the edit distance.
    let mut column: Vec<(usize, usize)> = (0..=asked.len()).map(|words| (words, 0)).collect();
    let mut best: Option<(usize, std::ops::RangeInclusive<usize>)> = None;
    for (place, read) in page.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut column[0], (0, place + 1));
        diagonal.1 = place;
        for (row, word) in (1..).zip(&asked) {
            let above = column[row];
            let same = diagonal.0 + usize::from(word.folded != read.folded);
            column[row] = [
                (same, diagonal.1),
                (above.0 + 1, above.1),
                (column[row - 1].0 + 1, column[row - 1].1),
            ]
            .into_iter()
            .min_by_key(|(changes, _)| *changes)
            .unwrap_or(above);
            diagonal = above;
        }
        let (changes, from) = column[asked.len()];
        if from <= place && best.as_ref().is_none_or(|(fewest, _)| changes < *fewest) {
            best = Some((changes, from..=place));
        }
    }
    let (changes, span) = best?;
    let range = page[*span.start()].range.start..page[*span.end()].range.end;
    (changes * 5 <= asked.len()).then_some(Nearest {
        changes,
        range: TextRange {
            start: u32::try_from(range.start).ok()?,
            end: u32::try_from(range.end).ok()?,
        },
    })
}

/// What a quote was most likely taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// How many words were changed, left out or put in.
    pub changes: usize,
    /// Where in the page's text.
    pub range: TextRange,
}

/// Of fewer words no quote can be told from its matter.
const FEWEST_WORDS: usize = 5;

/// The quotes in a text, without their marks: “…”, «…» and "…", of words enough to be looked up.
pub fn quotes(text: &str) -> Vec<Range<usize>> {
    let mut quotes = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find(['“', '«', '"']) {
        let sign = text[at + open..].chars().next().unwrap_or('"');
        let start = at + open + sign.len_utf8();
        let close = match sign {
            '“' => '”',
            '«' => '»',
            other => other,
        };
        let Some(length) = text[start..].find(close) else {
            break;
        };
        let inside = &text[start..start + length];
        let lead = inside.len() - inside.trim_start().len();
        let trimmed = inside.trim();
        if words::tokens(trimmed).len() >= FEWEST_WORDS {
            quotes.push(start + lead..start + lead + trimmed.len());
        }
        at = start + length + close.len_utf8();
    }
    quotes
}

/// Text of a page without its line ends, nor the hyphens that they brought. [`locate`] finds it.
pub fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(sign) = text[at..].chars().next() {
        if let Some(next) = words::after_line_end_hyphen(text, at) {
            at = next;
            continue;
        }
        at += sign.len_utf8();
        match sign.is_whitespace() {
            true if line.ends_with(' ') => (),
            true => line.push(' '),
            false => line.push(sign),
        }
    }
    line
}

/// Every place where words stand in a text, compared as in [`locate`], as whole words; in any letter case, if so.
pub(crate) fn occurrences(words: &str, text: &str, any_case: bool) -> Vec<Range<usize>> {
    let lower = |mut glyphs: Vec<Glyph>| {
        for glyph in &mut glyphs {
            if let (true, Sign::Char(c)) = (any_case, glyph.sign) {
                glyph.sign = Sign::Char(c.to_lowercase().next().unwrap_or(c));
            }
        }
        glyphs
    };
    let words = lower(glyphs(words));
    if words.is_empty() {
        return Vec::new();
    }
    let page = lower(glyphs(text));
    let belongs = |c: char| c.is_alphanumeric() || c == '_';
    let (first, last) = (words[0].sign, words[words.len() - 1].sign);
    let wordy = |sign| matches!(sign, Sign::Char(c) if belongs(c));
    let mut found = Vec::new();
    let mut start = 0;
    while start < page.len() {
        let Some(length) = match_at(&words, &page[start..]) else {
            start += 1;
            continue;
        };
        let range = page[start].range.start..page[start + length - 1].range.end;
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        let cut = wordy(first) && before.is_some_and(belongs)
            || wordy(last) && after.is_some_and(belongs) && !ends_before_note(text, range.end);
        if cut {
            start += 1;
        } else {
            found.push(range);
            start += length.max(1);
        }
    }
    found
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

/// Whether a word ends before the number of its footnote. A number goes on with its power.
fn ends_before_note(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_some_and(|c| !c.is_numeric()) && text[at..].starts_with(words::is_raised)
}

/// Whether a range of a text cuts no word and no number: "12" is not in "412", nor "5" in "-5".
fn stands_alone(text: &str, tokens: &[Token], range: &Range<usize>) -> bool {
    let cut = |at: usize| {
        if ends_before_note(text, at) {
            return false;
        }
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
    fn a_word_ends_before_the_number_of_its_footnote_and_a_number_not_before_its_power() {
        let page = "The lift bridge¹ weighs 10⁶ kilograms.";
        assert_eq!(located("The lift bridge", page), Some("The lift bridge"));
        assert_eq!(located("weighs 10", page), None);
        assert_eq!(occurrences("bridge", page, true).len(), 1);
        assert_eq!(occurrences("10", page, true).len(), 0);
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
    fn every_occurrence_is_found_as_a_whole_word() {
        let text = "The ofﬁce, the Office and the of-\nfice; offices, \\office{} office_1. OFFICE";
        let found = |any_case| -> Vec<_> {
            let ranges = occurrences("office", text, any_case).into_iter();
            ranges.map(|range| &text[range]).collect()
        };
        assert_eq!(found(false), ["ofﬁce", "of-\nfice", "office"]);
        assert_eq!(
            found(true),
            ["ofﬁce", "Office", "of-\nfice", "office", "OFFICE"]
        );
        assert_eq!(occurrences("\\office", text, false).len(), 1);
        assert_eq!(occurrences("  ", text, false), []);
    }

    #[test]
    fn numbers_parted_at_a_line_end_do_not_grow_together() {
        assert_eq!(located("20192020", "2019-\n2020"), None);
        assert_eq!(located("1215", "12\n15"), None);
    }

    #[test]
    fn a_quote_with_a_word_changed_is_led_back_to_where_it_was_taken_from() {
        let near = |quote| nearest(quote, PAGE).map(|it| (it.changes, it.range.of(PAGE).unwrap()));
        let stands = "The reno\u{ad}vation of the ofﬁce cost\n412\u{202f}000 euros";
        assert_eq!(
            near("The renovation of the office cost 412 000 euros"),
            Some((0, stands))
        );
        assert_eq!(
            near("The renovation of the office cost 500,000 euros"),
            Some((1, stands))
        );
        assert_eq!(
            near("The total renovation of the office cost 412 000 euros"),
            Some((1, stands))
        );
        assert_eq!(near("The demolition of the school took 12 years"), None);
        assert_eq!(near("cost 500 euros"), None, "too short to tell");
        assert_eq!(nearest("one two three four five", ""), None);
    }

    #[test]
    fn quotes_are_found_whatever_their_marks() {
        let text = "He says “one two three four five” and « un deux trois quatre cinq » and \"too short\" and “open";
        let found: Vec<_> = quotes(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(
            found,
            ["one two three four five", "un deux trois quatre cinq"]
        );
    }

    #[test]
    fn what_is_put_on_one_line_is_still_found() {
        let stands = "sum for a renova-\ntion. It’s “final”. Jean-\nPierre";
        let line = on_one_line(stands);
        assert_eq!(line, "sum for a renovation. It’s “final”. Jean- Pierre");
        let first = &line[..line.find(" Jean").unwrap()];
        assert!(located(first, PAGE).is_some());
    }
}
