//! Words, numbers and identifiers of a text, made comparable: accents, elisions, inflection and the
//! many ways of writing a number aside.
//!
//! The same text gives the same [`Token`]s in either language, so that names and numbers compare
//! across languages; a language adds the stem and tells which words carry no matter ([`terms`]).

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};

use crate::language::{Language, Role};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Letters.
    Word,
    /// A number, however it was grouped: `412000`, `4.5`, `12%`.
    Number,
    /// Digits with letters or signs: `AB-1234`, `12/03/2024`, `2.1.3`.
    Identifier,
}

/// A word, number or identifier of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Which bytes of the text it was read from.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// Lower case without accents; a number in its plain form, with a point and no grouping.
    pub folded: String,
    /// Whether it begins with a capital letter.
    pub capital: bool,
}

/// A token as it is searched and compared in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The token.
    pub token: Token,
    /// The stem of a word; numbers and identifiers as they are.
    pub stem: String,
    /// Whether it is a function or question word.
    pub stop: bool,
    /// Whether it speaks about the document or the answer rather than the matter.
    pub filler: bool,
    /// Whether it denies what follows it.
    pub negation: bool,
}

/// The terms of a text in order, stop words included and marked.
pub fn terms(text: &str, language: Language) -> Vec<Term> {
    let stemmer = stemmer(language);
    let mut tokens = tokens(text).into_iter().peekable();
    let mut terms = Vec::new();
    while let Some(token) = tokens.next() {
        let role = match token.kind {
            TokenKind::Word => language.role(&token.folded),
            TokenKind::Number | TokenKind::Identifier => Role::default(),
        };
        // "no. 12", "n° 12"
        let numero = role.negation
            && matches!(token.folded.as_str(), "no" | "n")
            && tokens
                .peek()
                .is_some_and(|next| next.kind != TokenKind::Word);
        terms.push(Term {
            stem: stem_with(&stemmer, &token, language),
            stop: role.stop && !is_month(&token),
            filler: role.filler,
            negation: role.negation && !numero,
            token,
        });
    }
    terms
}

/// The stem that a token has in a language.
pub fn stem(token: &Token, language: Language) -> String {
    stem_with(&stemmer(language), token, language)
}

/// The tokens of a text in order and without overlap.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        at = if first.is_ascii_digit() {
            number(text, at, &mut tokens)
        } else if is_letter(first) {
            word(text, at, &mut tokens)
        } else {
            currency(at, first, &mut tokens)
        };
    }
    tokens
}

/// Whether a token names a month. Where that is also another word, only the capital tells.
pub fn is_month(token: &Token) -> bool {
    let ambiguous = matches!(token.folded.as_str(), "march" | "may" | "august");
    month(&token.folded).is_some() && (token.capital || !ambiguous)
}

/// The shorter names that an identifier also answers to: its runs of letters and digits, where they
/// are telling. `AB-1234` gives `ab` and `1234`, a date `12/03/2024` its year alone.
pub fn parts(token: &Token) -> impl Iterator<Item = &str> {
    let identifier = token.kind == TokenKind::Identifier;
    let lettered = token.folded.contains(|c: char| c.is_alphabetic());
    token
        .folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(move |part| {
            identifier && part.len() != token.folded.len() && (lettered || part.len() >= 3)
        })
}

/// A text in lower case, without accents and ligatures.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            c.to_lowercase().for_each(|c| fold_char(c, &mut folded));
        }
    }
    folded
}

/// Whether a character is a raised digit, such as those that stand for footnotes and powers.
pub(crate) fn is_raised(c: char) -> bool {
    matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹')
}

/// Whether a character is a space within a line: the widths that typesetters put into numbers and
/// before punctuation among them.
pub(crate) fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{200a}' | '\u{202f}'
    )
}

/// If a line-end hyphen stands at `at` and the word goes on in lower case on the next line, where it
/// goes on. The hyphen may or may not belong to the word; a number or a name keeps its own.
pub(crate) fn after_line_end_hyphen(text: &str, at: usize) -> Option<usize> {
    let hyphen = text[at..].chars().next().filter(|&c| is_hyphen(c))?;
    let before = text[..at].chars().next_back()?;
    let rest = text[at + hyphen.len_utf8()..].trim_start_matches(is_space);
    let rest = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n')?;
    let rest = rest.trim_start_matches(is_space);
    let goes_on = rest.chars().next().is_some_and(char::is_lowercase);
    (before.is_alphabetic() && goes_on).then(|| text.len() - rest.len())
}

/// Hyphen-minus, hyphen, non-breaking hyphen and soft hyphen; no dash.
pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{ad}')
}

/// What stands between the ends of a span: "30-40", "30–40".
pub(crate) fn is_hyphen_or_dash(c: char) -> bool {
    is_hyphen(c) || matches!(c, '–' | '\u{2212}')
}

fn stemmer(language: Language) -> Stemmer {
    Stemmer::create(match language {
        Language::English => Algorithm::English,
        Language::French => Algorithm::French,
    })
}

fn stem_with(stemmer: &Stemmer, token: &Token, language: Language) -> String {
    if token.kind != TokenKind::Word {
        return token.folded.clone();
    }
    if let Some(month) = month(&token.folded) {
        return month.to_owned();
    }
    // The stemmer sees no accents, so that a question typed without them meets the same stem. A word
    // in -ée then ends in -ee, which it does not know.
    let mut word = token.folded.as_str();
    if language == Language::French {
        let singular = word.strip_suffix('s').unwrap_or(word);
        if singular.ends_with("ee") {
            word = &singular[..singular.len() - 1];
        }
    }
    stemmer.stem(word).into_owned()
}

/// One name for a month in both languages: dates are what is most often compared across them.
fn month(folded: &str) -> Option<&'static str> {
    Some(match folded {
        "january" | "janvier" => "january",
        "february" | "fevrier" => "february",
        "march" | "mars" => "march",
        "april" | "avril" => "april",
        "may" | "mai" => "may",
        "june" | "juin" => "june",
        "july" | "juillet" => "july",
        "august" | "aout" => "august",
        "september" | "septembre" => "september",
        "october" | "octobre" => "october",
        "november" | "novembre" => "november",
        "december" | "decembre" => "december",
        _ => return None,
    })
}

/// Whole numbers that people spell out. One is missing: it is an article in French, and hardly less
/// in English; so are those that mean something else ("neuf", new).
fn spelled_number(folded: &str) -> Option<&'static str> {
    Some(match folded {
        "two" | "deux" => "2",
        "three" | "trois" => "3",
        "four" | "quatre" => "4",
        "five" | "cinq" => "5",
        "six" => "6",
        "seven" | "sept" => "7",
        "eight" | "huit" => "8",
        "nine" => "9",
        "ten" | "dix" => "10",
        "eleven" | "onze" => "11",
        "twelve" | "douze" => "12",
        _ => return None,
    })
}

/// Letters that follow a number without a space and are a unit, not part of an identifier.
fn is_unit(folded: &str) -> bool {
    const UNITS: &str = "mg g kg t mm cm m km ml cl l kw kwh mw mwh gwh ha kb mb gb tb ko mo go to \
                         k mds bn eur usd gbp h min s px pt";
    UNITS.split(' ').any(|unit| unit == folded)
}

/// Letters that follow a number and only rank it: 1st, 2nd, 1er, 3e.
fn is_ordinal(folded: &str) -> bool {
    matches!(
        folded,
        "st" | "nd" | "rd" | "th" | "er" | "re" | "ere" | "e" | "eme" | "nde"
    )
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

fn is_word_char(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || is_combining(c)
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ')
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Where the run of characters that `belongs` to it ends.
fn end_of(text: &str, start: usize, belongs: impl Fn(char) -> bool) -> usize {
    text[start..]
        .find(|c| !belongs(c))
        .map_or(text.len(), |length| start + length)
}

/// Pushes the sign of a currency as the word that it is read as; returns where the text goes on.
fn currency(at: usize, sign: char, tokens: &mut Vec<Token>) -> usize {
    let end = at + sign.len_utf8();
    let name = match sign {
        '€' => "eur",
        '$' => "usd",
        '£' => "gbp",
        _ => return end,
    };
    tokens.push(Token {
        range: at..end,
        kind: TokenKind::Word,
        folded: name.to_owned(),
        capital: false,
    });
    end
}

/// Reads what begins with a digit: a number, with its percent sign or its unit, or an identifier.
fn number(text: &str, start: usize, tokens: &mut Vec<Token>) -> usize {
    let (mut end, mut folded) = plain_number(text, start);
    let letters_end = end_of(text, end, is_letter);
    let letters = fold(&text[end..letters_end]);
    let glued = letters_end > end && !is_unit(&letters) && !is_ordinal(&letters);
    let digit_follows = text[letters_end..].starts_with(|c: char| c.is_ascii_digit());
    if glued || digit_follows || joined(text, letters_end, &['.', '/', ':', '_']).is_some() {
        return identifier(text, start, tokens);
    }
    // One hyphen between two numbers is a span, as in 2019-2020; more are a date or a reference.
    if let Some(next) = joined(text, letters_end, &['-']) {
        let other_end = end_of(text, next, is_word_char);
        let span = letters_end == end
            && text[next..other_end].bytes().all(|b| b.is_ascii_digit())
            && joined(text, other_end, &['-', '/', '.']).is_none();
        if !span {
            return identifier(text, start, tokens);
        }
    }
    if is_ordinal(&letters) {
        end = letters_end;
    }
    if let Some(percent_end) = percent(text, end) {
        end = percent_end;
        folded.push('%');
    }
    tokens.push(Token {
        range: start..end,
        kind: TokenKind::Number,
        folded,
        capital: false,
    });
    end
}

/// Reads a number that may be grouped by threes and have decimals; returns its end and plain form.
///
/// A single point or comma before exactly three digits groups ("412.000", "412,000"), unless the
/// number begins with zero: documents hold more thousands than thousandths.
fn plain_number(text: &str, start: usize) -> (usize, String) {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut end = end_of(text, start, is_digit);
    let mut digits = text[start..end].to_owned();
    let mut grouping = None;
    if digits.len() <= 3 && !digits.starts_with('0') {
        while let Some(separator) = char_at(text, end) {
            let kind = match separator {
                ',' | '.' => separator,
                c if is_apostrophe(c) => '\'',
                c if is_space(c) => ' ',
                _ => break,
            };
            let group = end + separator.len_utf8();
            let group_end = end_of(text, group, is_digit);
            if group_end - group != 3 || grouping.is_some_and(|grouping| grouping != kind) {
                break;
            }
            grouping = Some(kind);
            digits.push_str(&text[group..group_end]);
            end = group_end;
        }
    }
    if let Some(separator @ (',' | '.')) = char_at(text, end)
        && grouping != Some(separator)
    {
        let decimals_end = end_of(text, end + 1, is_digit);
        let decimals = text[end + 1..decimals_end].trim_end_matches('0');
        // A second comma makes it a list of numbers, not a number.
        let before = text[..start]
            .strip_suffix(',')
            .and_then(|text| text.chars().next_back());
        let list = separator == ','
            && (joined(text, decimals_end, &[',']).is_some()
                || before.is_some_and(|c| c.is_ascii_digit()));
        if decimals_end > end + 1 && !list {
            end = decimals_end;
            if !decimals.is_empty() {
                digits.push('.');
                digits.push_str(decimals);
            }
        }
    }
    // "05" is the fifth of a month; "007" and longer are references, whose zeros count.
    if digits.len() == 2 && digits.starts_with('0') {
        digits.remove(0);
    }
    (end, digits)
}

/// Where a percent sign or its words end, if they follow the number that ends at `end`.
fn percent(text: &str, end: usize) -> Option<usize> {
    let start = end_of(text, end, is_space);
    let rest = &text[start..];
    if rest.starts_with('%') {
        return Some(start + 1);
    }
    ["percent", "per cent", "pour cent", "pourcent"]
        .into_iter()
        .find_map(|words| {
            let found = rest.get(..words.len())?.eq_ignore_ascii_case(words);
            let ends = !rest[words.len().min(rest.len())..].starts_with(is_word_char);
            (found && ends && start > end).then_some(start + words.len())
        })
}

/// Where the text goes on after a `joiner` at `at`, if a letter or digit follows it at once.
fn joined(text: &str, at: usize, joiners: &[char]) -> Option<usize> {
    let joiner = char_at(text, at).filter(|&c| joiners.contains(&c))?;
    let next = at + joiner.len_utf8();
    char_at(text, next)
        .filter(|&c| c.is_ascii_digit() || is_letter(c))
        .map(|_| next)
}

const IDENTIFIER_JOINERS: [char; 5] = ['-', '.', '/', ':', '_'];

/// Where the run of letters, digits and the signs that join them ends.
fn identifier_end(text: &str, start: usize) -> usize {
    let mut end = end_of(text, start, is_word_char);
    while let Some(next) = joined(text, end, &IDENTIFIER_JOINERS) {
        end = end_of(text, next, is_word_char);
    }
    end
}

fn identifier(text: &str, start: usize, tokens: &mut Vec<Token>) -> usize {
    let end = identifier_end(text, start);
    tokens.push(Token {
        range: start..end,
        kind: TokenKind::Identifier,
        folded: fold(&text[start..end]),
        capital: text[start..].starts_with(char::is_uppercase),
    });
    end
}

/// Reads what begins with a letter: a word, an elided word with the next, an acronym, an identifier.
fn word(text: &str, start: usize, tokens: &mut Vec<Token>) -> usize {
    let run_end = end_of(text, start, is_word_char);
    let follows = text.as_bytes().get(run_end).copied();
    // Most words are letters and a space: the rest is looked for only where it can be.
    if follows.is_none_or(|b| b.is_ascii_whitespace() || b == b',')
        && text[start..run_end]
            .bytes()
            .all(|b| b.is_ascii_alphabetic())
    {
        return push_word(
            text,
            start..run_end,
            text[start..run_end].to_ascii_lowercase(),
            tokens,
        );
    }
    let chunk = &text[start..identifier_end(text, start)];
    if chunk.contains(|c: char| c.is_ascii_digit()) {
        return identifier(text, start, tokens);
    }
    if let Some(end) = acronym_end(text, start) {
        let letters = fold(&text[start..end]).replace('.', "");
        return push_word(text, start..end, letters, tokens);
    }
    let mut end = letters_end(text, start);
    let mut folded = fold_letters(&text[start..end]);
    while let Some(apostrophe) = char_at(text, end).filter(|&c| is_apostrophe(c)) {
        let next = end + apostrophe.len_utf8();
        let next_end = letters_end(text, next);
        let after = fold_letters(&text[next..next_end]);
        if after.is_empty() {
            break;
        }
        // A possessive adds nothing; the word is the one before it.
        if after == "s" {
            push_word(text, start..end, folded, tokens);
            return next_end;
        }
        let vowel = after.starts_with(['a', 'e', 'i', 'o', 'u', 'y', 'h']);
        if is_elision(&folded) && vowel {
            push_word(text, start..end, folded, tokens);
            return next;
        }
        end = next_end;
        folded.push_str(&after);
    }
    push_word(text, start..end, folded, tokens)
}

fn push_word(text: &str, range: Range<usize>, folded: String, tokens: &mut Vec<Token>) -> usize {
    let end = range.end;
    let (kind, folded) = match folded.as_str() {
        "euro" | "euros" => (TokenKind::Word, "eur".to_owned()),
        "dollar" | "dollars" => (TokenKind::Word, "usd".to_owned()),
        word => match spelled_number(word) {
            Some(number) => (TokenKind::Number, number.to_owned()),
            None => (TokenKind::Word, folded),
        },
    };
    tokens.push(Token {
        capital: text[range.clone()].starts_with(char::is_uppercase),
        range,
        kind,
        folded,
    });
    end
}

/// Where a run of letters ends, over a line-end hyphen and soft hyphens too.
fn letters_end(text: &str, start: usize) -> usize {
    let mut end = start;
    loop {
        end = end_of(text, end, is_word_char);
        if end == start {
            return end;
        }
        if let Some(next) = after_line_end_hyphen(text, end) {
            end = next;
        } else if text[end..].starts_with('\u{ad}') {
            end += '\u{ad}'.len_utf8();
        } else {
            return end;
        }
    }
}

/// Folds letters that may have a hyphen and a line end among them.
fn fold_letters(text: &str) -> String {
    let mut folded = fold(text);
    folded.retain(|c| c.is_alphanumeric());
    folded
}

/// Where an acronym with points ends (U.S., S.A.R.L.), the last point included.
fn acronym_end(text: &str, start: usize) -> Option<usize> {
    let mut end = start;
    let mut letters = 0;
    while let Some(letter) = char_at(text, end).filter(|&c| is_letter(c)) {
        let point = end + letter.len_utf8();
        if !text[point..].starts_with('.') {
            break;
        }
        letters += 1;
        end = point + 1;
    }
    // What follows must not be the rest of a word, as in "e.g.the".
    let ends = !text[end..].starts_with(is_word_char);
    (letters >= 2 && ends).then_some(end)
}

/// Words that lose their vowel before another in French.
fn is_elision(folded: &str) -> bool {
    matches!(
        folded,
        "l" | "d"
            | "j"
            | "m"
            | "t"
            | "s"
            | "c"
            | "n"
            | "qu"
            | "jusqu"
            | "lorsqu"
            | "puisqu"
            | "quoiqu"
            | "quelqu"
            | "presqu"
    )
}

/// Pushes a lower-case character without its accent, or the letters of a ligature.
fn fold_char(c: char, folded: &mut String) {
    let plain = match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ª' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'º' => "o",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'œ' => "oe",
        'æ' => "ae",
        'ß' => "ss",
        'þ' => "th",
        'ĳ' => "ij",
        _ if is_combining(c) || c == '\u{ad}' => "",
        _ => {
            match ligature(c) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(c),
            }
            return;
        }
    };
    folded.push_str(plain);
}

/// The letters of a typographic ligature, which is a matter of the font and not of spelling.
pub(crate) fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.folded).collect()
    }

    fn content(text: &str, language: Language) -> Vec<String> {
        terms(text, language)
            .into_iter()
            .filter(|term| !term.stop)
            .map(|term| term.stem)
            .collect()
    }

    #[test]
    fn a_number_is_the_same_however_it_is_grouped() {
        for text in [
            "412,000",
            "412 000",
            "412\u{a0}000",
            "412\u{202f}000",
            "412.000",
            "412'000",
            "412000",
            "412 000,00",
            "412,000.00",
        ] {
            assert_eq!(folded(text), ["412000"], "{text}");
        }
        assert_eq!(folded("1 234 567,80"), ["1234567.8"]);
        assert_eq!(folded("1.234.567,8"), ["1234567.8"]);
    }

    #[test]
    fn decimals_and_percentages_compare_equal_in_both_languages() {
        assert_eq!(folded("4,5 4.5 4.50"), ["4.5", "4.5", "4.5"]);
        assert_eq!(folded("0.125"), ["0.125"]);
        for text in [
            "12%",
            "12 %",
            "12\u{a0}%",
            "12 percent",
            "12 per cent",
            "12 pour cent",
        ] {
            assert_eq!(folded(text), ["12%"], "{text}");
        }
        assert_eq!(folded("12 percentiles"), ["12", "percentiles"]);
    }

    #[test]
    fn numbers_beside_each_other_stay_apart() {
        assert_eq!(
            folded("in 2024 412 people"),
            ["in", "2024", "412", "people"]
        );
        assert_eq!(folded("12\t300"), ["12", "300"]);
        assert_eq!(folded("2019-2020"), ["2019", "2020"]);
        assert_eq!(folded("pages 3, 4"), ["pages", "3", "4"]);
        assert_eq!(folded("1,2,3"), ["1", "2", "3"]);
        assert_eq!(folded("01 23 45"), ["1", "23", "45"]);
    }

    #[test]
    fn a_sentence_end_is_no_decimal_point() {
        assert_eq!(
            folded("It cost 412,000. Then"),
            ["it", "cost", "412000", "then"]
        );
        assert_eq!(folded("in 2019, 12 of"), ["in", "2019", "12", "of"]);
    }

    #[test]
    fn dates_and_references_are_kept_whole() {
        assert_eq!(
            folded("AB-1234 12/03/2024 2024-03-12 2.1.3 14:30 COVID-19 B12 v1.2"),
            [
                "ab-1234",
                "12/03/2024",
                "2024-03-12",
                "2.1.3",
                "14:30",
                "covid-19",
                "b12",
                "v1.2"
            ]
        );
        let date = &tokens("12/03/2024")[0];
        assert_eq!(parts(date).collect::<Vec<_>>(), ["2024"]);
        let reference = &tokens("AB-1234")[0];
        assert_eq!(parts(reference).collect::<Vec<_>>(), ["ab", "1234"]);
        assert_eq!(parts(&tokens("B12")[0]).count(), 0);
    }

    #[test]
    fn units_ordinals_and_currencies_leave_the_number_alone() {
        assert_eq!(folded("20mg 20 mg"), ["20", "mg", "20", "mg"]);
        assert_eq!(folded("1st 1er 3e 2nd 12th"), ["1", "1", "3", "2", "12"]);
        assert_eq!(folded("€412,000"), ["eur", "412000"]);
        assert_eq!(
            folded("412 000 € et 5 euros"),
            ["412000", "eur", "et", "5", "eur"]
        );
        assert_eq!(folded("three trois 3"), ["3", "3", "3"]);
    }

    #[test]
    fn accents_and_ligatures_do_not_matter() {
        assert_eq!(
            fold("Prévu Œuvre cæsar ÉLÈVE ﬁn ﬂux"),
            "prevu oeuvre caesar eleve fin flux"
        );
        assert_eq!(fold("e\u{301}te\u{301}"), "ete");
        assert_eq!(
            content("durée prévue rénovée", Language::French),
            content("duree prevue renovee", Language::French)
        );
    }

    #[test]
    fn elisions_are_split() {
        for text in [
            "l'école qu’il d'abord jusqu'au",
            "l’école qu'il d’abord jusqu’au",
        ] {
            assert_eq!(
                folded(text),
                ["l", "ecole", "qu", "il", "d", "abord", "jusqu", "au"]
            );
        }
        assert_eq!(folded("aujourd'hui"), ["aujourdhui"]);
    }

    #[test]
    fn english_contractions_and_possessives_are_read() {
        assert_eq!(
            folded("the company's O'Brien"),
            ["the", "company", "obrien"]
        );
        assert!(terms("don't", Language::English)[0].stop);
        assert_eq!(folded("U.S. and S.A.R.L."), ["us", "and", "sarl"]);
    }

    #[test]
    fn hyphenated_line_ends_are_joined() {
        assert_eq!(folded("renova-\ntion"), ["renovation"]);
        assert_eq!(folded("réno\u{ad}vation"), ["renovation"]);
        assert_eq!(folded("Jean-\nPierre"), ["jean", "pierre"]);
        assert_eq!(folded("a well-known fact"), ["a", "well", "known", "fact"]);
    }

    #[test]
    fn inflected_words_share_a_stem() {
        assert_eq!(
            content("renovations", Language::English),
            content("renovation", Language::English)
        );
        assert_eq!(
            content("financée", Language::French),
            content("financées", Language::French)
        );
        assert_eq!(
            content("12 mars 2024", Language::French),
            content("12 March 2024", Language::English)
        );
    }

    #[test]
    fn stop_words_are_marked_in_their_language_only() {
        assert_eq!(content("the car", Language::English), ["car"]);
        assert_eq!(content("car le coût", Language::French), ["cout"]);
        assert!(content("How much is it?", Language::English).is_empty());
        assert!(content("Combien est-ce ?", Language::French).is_empty());
    }

    #[test]
    fn ranges_name_what_was_read() {
        let text = "L’œuvre a coûté 412\u{202f}000 € (12 %).";
        let read: Vec<_> = tokens(text)
            .into_iter()
            .map(|token| &text[token.range])
            .collect();
        assert_eq!(
            read,
            ["L", "œuvre", "a", "coûté", "412\u{202f}000", "€", "12 %"]
        );
    }
}
