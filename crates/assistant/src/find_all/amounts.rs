//! The numbers of a text with what they count: currencies, percentages, thousands and millions, as English and French write them.

use std::ops::Range;

use crate::words::{self, fold, is_space};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing that is known here.
    Plain,
    /// Hundredths.
    Percent,
    /// Money, by its three letters.
    Money(&'static str),
}

/// A number of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    /// Which bytes, sign and unit included.
    pub range: Range<usize>,
    /// What it says, thousands and millions multiplied out.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
    /// It is grouped by threes, or has exactly two decimals and more than three digits before them: as money is written where its
    /// currency is said elsewhere.
    pub like_money: bool,
}

/// The numbers of a text in order. What is part of a word, a version, a date or a time is none.
pub(super) fn amounts(text: &str) -> Vec<Amount> {
    let bytes = text.as_bytes();
    let mut amounts: Vec<Amount> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            at = run_end(text, at);
            continue;
        }
        let free = amounts.last().map_or(0, |before| before.range.end);
        match amount(text, at, free) {
            Some(amount) => {
                at = amount.range.end;
                amounts.push(amount);
            }
            None => at = run_end(text, at),
        }
    }
    share_units(text, &mut amounts);
    amounts
}

/// "10 to 20 %", "10–20 €": the first counts what the second does.
fn share_units(text: &str, amounts: &mut [Amount]) {
    for next in (1..amounts.len()).rev() {
        let between = text[amounts[next - 1].range.end..amounts[next].range.start].trim();
        let spans = matches!(
            between,
            "-" | "–" | "à" | "to" | "and" | "et" | "or" | "ou" | "a"
        );
        if spans && amounts[next - 1].unit == Unit::Plain {
            amounts[next - 1].unit = amounts[next].unit;
        }
    }
}

/// Where the letters, digits and the signs between them end that begin here.
fn run_end(text: &str, at: usize) -> usize {
    let mut end = at;
    let mut chars = text[at..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let joins = matches!(c, '.' | ',' | '/' | ':' | '-' | '_')
            && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !c.is_alphanumeric() && !joins {
            break;
        }
        end = at + offset + c.len_utf8();
    }
    end.max(at + 1)
}

/// The number that begins at `start`; what stands before `free` belongs to another.
fn amount(text: &str, start: usize, free: usize) -> Option<Amount> {
    let digits = digits(text, start)?;
    let mut end = digits.end;
    let (multiplied, factor) = multiplier(text, end);
    let glued = text[end..].starts_with(|c: char| c.is_alphabetic());
    let mut unit = Unit::Plain;
    let (after, found) = unit_after(text, multiplied, factor > 1.0);
    if let Some(found) = found {
        (unit, end) = (found, after);
    } else if factor > 1.0 {
        end = multiplied;
    } else if glued {
        return None;
    }
    // A raised number behind money is a footnote's, behind another number its power.
    let has_note =
        text[end..].starts_with(words::is_raised) && (unit != Unit::Plain || digits.like_money);
    if !has_note && text[end..].starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    // A time, a date or a path goes on behind its sign.
    let mut rest = text[end..].chars();
    if matches!(rest.next(), Some(':' | '/' | '_'))
        && rest.next().is_some_and(char::is_alphanumeric)
    {
        return None;
    }
    let mut begin = start;
    if unit == Unit::Plain
        && let Some((before, money)) = currency_before(text, start)
        && before >= free
    {
        (unit, begin) = (money, before);
    }
    let sign = text[free..begin].chars().next_back();
    let mut value = digits.value;
    if let Some(sign @ ('-' | '\u{2212}')) = sign {
        let before = text[..begin - sign.len_utf8()].chars().next_back();
        match before {
            // "F-16" is a name; "2019-2020" a span, whose second number is not below zero.
            Some(c) if c.is_alphabetic() || c == '-' => return None,
            Some(c) if c.is_ascii_digit() => {}
            _ => {
                begin -= sign.len_utf8();
                value = -value;
            }
        }
    }
    // What percentages and thousandths have after their sign are decimals.
    if unit == Unit::Percent
        && let Some(decimal) = digits.as_decimal
    {
        value = decimal.copysign(value);
    }
    Some(Amount {
        range: begin..end,
        value: value * factor,
        unit,
        like_money: digits.like_money,
    })
}

/// What has more groups of digits is a row of numbers.
const MOST_GROUPS: usize = 8;

struct Digits {
    end: usize,
    value: f64,
    /// What it says if its one sign before three digits is a decimal one.
    as_decimal: Option<f64>,
    like_money: bool,
}

/// Reads digits with their signs; `None` for what is no number, such as a version.
fn digits(text: &str, start: usize) -> Option<Digits> {
    let digits_end = |from: usize| {
        let rest = &text.as_bytes()[from..];
        from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = digits_end(start);
    // Groups of digits, and the sign before each but the first.
    let mut groups = vec![&text[start..end]];
    let mut signs: Vec<char> = Vec::new();
    while let Some(sign) = text[end..].chars().next() {
        let kind = match sign {
            ',' | '.' => sign,
            '\'' | '’' => '\'',
            c if is_space(c) => ' ',
            _ => break,
        };
        let next = end + sign.len_utf8();
        let next_end = digits_end(next);
        let three = next_end - next == 3;
        if next_end == next {
            break;
        }
        // A space, or an apostrophe, only groups: "12 345", not "in 2019 300".
        if matches!(kind, ' ' | '\'') {
            let fits = three
                && signs.len() < MOST_GROUPS
                && (1..=3).contains(&groups[0].len())
                && !groups[0].starts_with('0')
                && signs.iter().all(|&sign| sign == kind);
            // "1 000 2 000": what follows a whole number is another one; so is "1 0002".
            if !fits {
                break;
            }
        }
        signs.push(kind);
        groups.push(&text[next..next_end]);
        end = next_end;
    }
    let number = |text: String| text.parse::<f64>().ok().filter(|value| value.is_finite());
    let last = *signs.last().unwrap_or(&' ');
    let grouped = |signs: &[char], groups: &[&str]| {
        let one_kind = signs.windows(2).all(|pair| pair[0] == pair[1]);
        let threes = groups[1..].iter().all(|group| group.len() == 3);
        one_kind && threes && groups[0].len() <= 3 && !groups[0].starts_with('0')
    };
    if signs.is_empty() || grouped(&signs, &groups) {
        let as_decimal = (signs.len() == 1 && matches!(last, ',' | '.'))
            .then(|| number(groups.join(".")))
            .flatten();
        return Some(Digits {
            end,
            value: number(groups.concat())?,
            as_decimal,
            like_money: !signs.is_empty(),
        });
    }
    let (decimals, whole) = groups.split_last()?;
    let (sign, others) = signs.split_last()?;
    let is_decimal = matches!(sign, ',' | '.') && !others.contains(sign) && grouped(others, whole)
        || others.is_empty() && matches!(sign, ',' | '.');
    if !is_decimal {
        return None;
    }
    Some(Digits {
        end,
        value: number(format!("{}.{decimals}", whole.concat()))?,
        as_decimal: None,
        like_money: decimals.len() == 2 && whole.concat().len() > 3,
    })
}

/// The words that multiply what stands before them: where they end, and by how much.
fn multiplier(text: &str, end: usize) -> (usize, f64) {
    let start = skip_spaces(text, end);
    let letters = letters_end(text, start);
    let word = &text[start..letters];
    let factor = match fold(word).as_str() {
        "thousand" | "mille" | "milliers" => 1e3,
        "million" | "millions" => 1e6,
        "billion" | "billions" | "bn" | "milliard" | "milliards" | "md" | "mds" => 1e9,
        "trillion" | "trillions" => 1e12,
        _ => match word {
            "k" | "K" if money_at(text, letters).is_some() || start == end => 1e3,
            "M" if money_at(text, letters).is_some() || start == end => 1e6,
            _ => return (end, 1.0),
        },
    };
    (letters, factor)
}

/// The unit that follows, and where it ends. After a multiplier "of" may stand before it.
fn unit_after(text: &str, end: usize, multiplied: bool) -> (usize, Option<Unit>) {
    let start = skip_spaces(text, end);
    let rest = &text[start..];
    for words in ["percent", "per cent", "pour cent", "pourcent"] {
        let found = rest.get(..words.len());
        let ends = !rest
            .get(words.len()..)
            .unwrap_or_default()
            .starts_with(|c: char| c.is_alphanumeric());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(words)) && ends {
            return (start + words.len(), Some(Unit::Percent));
        }
    }
    if rest.starts_with('%') {
        return (start + 1, Some(Unit::Percent));
    }
    let mut start = start;
    if multiplied {
        for of in ["d'", "d’", "de ", "of "] {
            if rest.starts_with(of) {
                start = skip_spaces(text, start + of.len());
                break;
            }
        }
    }
    match money_at(text, start) {
        Some((money_end, money)) => (money_end, Some(Unit::Money(money))),
        None => (end, None),
    }
}

/// A currency at a place, and where it ends.
pub(super) fn money_at(text: &str, start: usize) -> Option<(usize, &'static str)> {
    let sign = text[start..].chars().next()?;
    if let Some(money) = currency_sign(sign) {
        return Some((start + sign.len_utf8(), money));
    }
    let end = letters_end(text, start);
    let word = &text[start..end];
    let money = match fold(word).as_str() {
        "euro" | "euros" => "EUR",
        "dollar" | "dollars" => "USD",
        "pound" | "pounds" => "GBP",
        "franc" | "francs" => "FRF",
        "yen" | "yens" => "JPY",
        _ => currency_letters(word)?,
    };
    Some((end, money))
}

fn currency_sign(sign: char) -> Option<&'static str> {
    Some(match sign {
        '€' => "EUR",
        '$' => "USD",
        '£' => "GBP",
        '¥' => "JPY",
        _ => return None,
    })
}

fn currency_letters(word: &str) -> Option<&'static str> {
    const KNOWN: [&str; 9] = [
        "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY", "FRF", "XOF",
    ];
    KNOWN.into_iter().find(|known| *known == word)
}

/// A currency right before a place, and where it begins.
fn currency_before(text: &str, at: usize) -> Option<(usize, Unit)> {
    let before = text[..at].trim_end_matches(is_space);
    let sign = before.chars().next_back()?;
    if let Some(money) = currency_sign(sign) {
        let mut start = before.len() - sign.len_utf8();
        // "US$", "C$"
        for country in ["US", "C", "A"] {
            if text[..start].ends_with(country) {
                start -= country.len();
                break;
            }
        }
        return Some((start, Unit::Money(money)));
    }
    let start = before.len().checked_sub(3)?;
    let money = currency_letters(before.get(start..)?)?;
    let alone = !before[..start].ends_with(char::is_alphanumeric);
    alone.then_some((start, Unit::Money(money)))
}

fn skip_spaces(text: &str, start: usize) -> usize {
    text.len() - text[start..].trim_start_matches(is_space).len()
}

fn letters_end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let length = rest.find(|c: char| !c.is_alphabetic());
    start + length.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, f64, Unit)> {
        let amounts = amounts(text).into_iter();
        amounts
            .map(|amount| (&text[amount.range], amount.value, amount.unit))
            .collect()
    }

    #[test]
    fn amounts_are_read_however_they_are_written() {
        const EUR: Unit = Unit::Money("EUR");
        const USD: Unit = Unit::Money("USD");
        for (text, value, unit) in [
            ("1000", 1000.0, Unit::Plain),
            ("1 000", 1000.0, Unit::Plain),
            ("1\u{a0}000,50", 1000.5, Unit::Plain),
            ("1\u{202f}000,50 €", 1000.5, EUR),
            ("1,000.50", 1000.5, Unit::Plain),
            ("1.000,50", 1000.5, Unit::Plain),
            ("$1,000.50", 1000.5, USD),
            ("US$ 1,000", 1000.0, USD),
            ("EUR 12", 12.0, EUR),
            ("12 EUR", 12.0, EUR),
            ("412,000", 412_000.0, Unit::Plain),
            ("1’250.00", 1250.0, Unit::Plain),
            ("0,125", 0.125, Unit::Plain),
            ("3.5", 3.5, Unit::Plain),
            ("-5", -5.0, Unit::Plain),
            ("1,5 million", 1_500_000.0, Unit::Plain),
            ("1,5 million d’euros", 1_500_000.0, EUR),
            ("3 millions de dollars", 3_000_000.0, USD),
            ("2.5 billion", 2.5e9, Unit::Plain),
            ("1,2 milliard d'euros", 1.2e9, EUR),
            ("3 M€", 3e6, EUR),
            ("15k€", 15_000.0, EUR),
            ("15k", 15_000.0, Unit::Plain),
            ("20 %", 20.0, Unit::Percent),
            ("3,125 %", 3.125, Unit::Percent),
            ("10 pour cent", 10.0, Unit::Percent),
            ("10 per cent", 10.0, Unit::Percent),
            ("12 345 678", 12_345_678.0, Unit::Plain),
        ] {
            assert_eq!(read(text), [(text, value, unit)], "{text}");
        }
    }

    #[test]
    fn several_numbers_stay_apart() {
        let values = |text| -> Vec<f64> { read(text).into_iter().map(|read| read.1).collect() };
        assert_eq!(values("1 000\t2 000"), [1000.0, 2000.0]);
        assert_eq!(values("in 2019 300 people"), [2019.0, 300.0]);
        assert_eq!(values("12, 345"), [12.0, 345.0]);
        assert_eq!(values("It was 7. 300 came."), [7.0, 300.0]);
        assert_eq!(values("12\n345"), [12.0, 345.0]);
        assert_eq!(
            read("20 $ 30"),
            [
                ("20 $", 20.0, Unit::Money("USD")),
                ("30", 30.0, Unit::Plain)
            ]
        );
        assert_eq!(
            read("10 to 20 %"),
            [("10", 10.0, Unit::Percent), ("20 %", 20.0, Unit::Percent)]
        );
        assert_eq!(values("2019-2020"), [2019.0, 2020.0]);
    }

    #[test]
    fn what_is_part_of_something_else_is_no_amount() {
        for text in [
            "AB12",
            "1.2.3",
            "12:30",
            "3D",
            "F-16",
            "2.8.4-buster",
            "x_1",
            "é1",
            "1994/06/01",
            "٣",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
