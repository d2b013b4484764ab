//! The dates of a text, in digits or with the names of their months, in English and French.

use std::ops::Range;

use crate::words::{Token, fold, tokens};

/// Year, month and day.
pub(super) type Day = (i32, u8, u8);

/// A date of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Date {
    /// Which bytes.
    pub range: Range<usize>,
    /// The first day and the last that it may mean; `None` where it names no year.
    pub days: Option<(Day, Day)>,
}

/// The dates of a text in order. A year alone is none.
pub(super) fn dates(text: &str) -> Vec<Date> {
    let mut dates = in_digits(text);
    dates.extend(with_months(text));
    dates.sort_by_key(|date| (date.range.start, std::cmp::Reverse(date.range.end)));
    let mut end = 0;
    dates.retain(|date| {
        let fresh = date.range.start >= end;
        if fresh {
            end = date.range.end;
        }
        fresh
    });
    dates
}

/// The days of a year.
pub(super) fn year(year: i32) -> (Day, Day) {
    ((year, 1, 1), (year, 12, 31))
}

/// 2024-03-12, 12/03/2024, 12.03.24.
fn in_digits(text: &str) -> Vec<Date> {
    let bytes = text.as_bytes();
    let mut dates = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_digit() || b"-/.".contains(&bytes[at])) {
            at += 1;
        }
        let alone = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | '/' | '-' | '.' | ',');
        if !text[..start].chars().next_back().is_none_or(alone)
            || text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            continue;
        }
        let run = text[start..at].trim_end_matches(['.', '-', '/']);
        if let Some(days) = digits(run) {
            dates.push(Date {
                range: start..start + run.len(),
                days: Some(days),
            });
        }
    }
    dates
}

fn digits(run: &str) -> Option<(Day, Day)> {
    let sign = run.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = run.split(sign).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    let number = |part: &str| part.parse::<i32>().ok();
    let (a, b, c) = (number(first)?, number(second)?, number(third)?);
    let short = |part: &str| matches!(part.len(), 1 | 2);
    if first.len() == 4 && short(second) && short(third) {
        return one(day(a, b, c)?);
    }
    if !short(first) || !short(second) {
        return None;
    }
    let year = match third.len() {
        4 => c,
        2 if sign == '/' && c < 70 => 2000 + c,
        2 if sign == '/' => 1900 + c,
        _ => return None,
    };
    match (day(year, b, a), day(year, a, b)) {
        // Which of the two is the month cannot be told: it may be either.
        (Some(one), Some(other)) => Some((one.min(other), one.max(other))),
        (Some(day), None) | (None, Some(day)) => one(day),
        (None, None) => None,
    }
}

fn one(day: Day) -> Option<(Day, Day)> {
    Some((day, day))
}

fn day(year: i32, month: i32, day: i32) -> Option<Day> {
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let there = (1000..=2999).contains(&year) && (1..=12).contains(&month);
    (there && (1..=days_of(year, month)).contains(&day)).then_some((year, month, day))
}

fn days_of(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// 12 March 2024, March 12th, 2024, 1er mars, mars 2024, the first of March 2024.
fn with_months(text: &str) -> Vec<Date> {
    let tokens = tokens(text);
    let mut dates = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(month) = month(&token.folded) else {
            continue;
        };
        let near = |one: &Token, other: &Token| {
            let between = text
                .get(one.range.end..other.range.start)
                .unwrap_or_default();
            between.len() <= 4
                && between
                    .chars()
                    .all(|c| c.is_whitespace() || matches!(c, '.' | ','))
                && !between.contains('\t')
                && !between.contains("\n\n")
        };
        // "of" and "de" may stand between the day and its month.
        let before = match at.checked_sub(1) {
            Some(of) if matches!(tokens[of].folded.as_str(), "of" | "de" | "d") => {
                of.checked_sub(1)
            }
            before => before,
        };
        let before = before.filter(|&before| {
            let next = &tokens[before + 1];
            near(&tokens[before], next) && (before + 1 == at || near(next, token))
        });
        let day_before = before.and_then(|before| Some((before, day_number(&tokens[before])?)));
        let after = tokens.get(at + 1).filter(|next| near(token, next));
        let day_after = after
            .filter(|next| next.range.len() <= 4)
            .and_then(day_number);
        let year_of = |token: &Token| {
            let year: i32 = token.folded.parse().ok()?;
            (token.range.len() == 4 && (1000..=2999).contains(&year)).then_some(year)
        };
        let (start, last, day) = match (day_before, day_after) {
            (Some((before, day)), _) => (tokens[before].range.start, at, Some(day)),
            (None, Some(day)) if token.capital => (token.range.start, at + 1, Some(day)),
            _ => (token.range.start, at, None),
        };
        let next = tokens.get(last + 1);
        let next = next.filter(|next| near(&tokens[last], next));
        let year = next.and_then(year_of);
        let end = match (year, next) {
            (Some(_), Some(next)) => next.range.end,
            _ => tokens[last].range.end,
        };
        let days = match (year, day) {
            (Some(year), Some(day)) => match self::day(year, i32::from(month), i32::from(day)) {
                Some(day) => Some((day, day)),
                None => continue,
            },
            (Some(year), None) => Some(((year, month, 1), (year, month, days_of(year, month)))),
            (None, Some(_)) => None,
            (None, None) => continue,
        };
        dates.push(Date {
            range: start..end,
            days,
        });
    }
    dates
}

fn day_number(token: &Token) -> Option<u8> {
    if matches!(token.folded.as_str(), "first" | "premier") {
        return Some(1);
    }
    let digits = token.folded.trim_end_matches(|c: char| c.is_alphabetic());
    let ranked = fold(&token.folded[digits.len()..]);
    let ends = matches!(ranked.as_str(), "" | "st" | "nd" | "rd" | "th" | "er");
    let day: u8 = digits.parse().ok()?;
    (ends && (1..=31).contains(&day)).then_some(day)
}

/// The month that a word names, abbreviated ones included.
fn month(folded: &str) -> Option<u8> {
    Some(match folded {
        "january" | "janvier" | "jan" | "janv" => 1,
        "february" | "fevrier" | "feb" | "fev" | "fevr" => 2,
        "march" | "mars" | "mar" => 3,
        "april" | "avril" | "apr" | "avr" => 4,
        "may" | "mai" => 5,
        "june" | "juin" | "jun" => 6,
        "july" | "juillet" | "jul" | "juil" => 7,
        "august" | "aout" | "aug" => 8,
        "september" | "septembre" | "sep" | "sept" => 9,
        "october" | "octobre" | "oct" => 10,
        "november" | "novembre" | "nov" => 11,
        "december" | "decembre" | "dec" => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_however_they_are_written() {
        let march = (2024, 3, 12);
        for text in [
            "12 March 2024",
            "12th March 2024",
            "12 mars 2024",
            "March 12, 2024",
            "March 12th, 2024",
            "12th of March 2024",
            "2024-03-12",
            "2024/03/12",
            "2024/3/12",
            "12\u{a0}mars\u{a0}2024",
            "12\nmars 2024",
        ] {
            let days = Some((march, march));
            let range = 0..text.len();
            assert_eq!(dates(text), [Date { range, days }], "{text}");
        }
        let days = |text| dates(text).pop().unwrap().days;
        let new_year = (2024, 1, 1);
        assert_eq!(days("1er janvier 2024"), Some((new_year, new_year)));
        assert_eq!(
            days("the first of January 2024"),
            Some((new_year, new_year))
        );
        assert_eq!(days("le premier janvier 2024"), Some((new_year, new_year)));
        assert_eq!(days("31/12/2024"), Some(((2024, 12, 31), (2024, 12, 31))));
        assert_eq!(days("12/31/2024"), Some(((2024, 12, 31), (2024, 12, 31))));
        assert_eq!(days("05/04/24"), Some(((2024, 4, 5), (2024, 5, 4))));
        assert_eq!(days("Feb. 2024"), Some(((2024, 2, 1), (2024, 2, 29))));
        assert_eq!(days("le 3 mai"), None);
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for text in [
            "2024",
            "1.2.3",
            "31/02/2024",
            "you may 12 times",
            "march on",
            "192.168.0.1",
            "v2024-03-12b",
            "30 février 2024",
        ] {
            assert_eq!(dates(text), [], "{text}");
        }
    }

    #[test]
    fn dates_of_one_sentence_stay_apart() {
        let text = "From 1 March to 12 April 2024, and on 2024-05-06.";
        let found: Vec<_> = dates(text)
            .into_iter()
            .map(|date| &text[date.range])
            .collect();
        assert_eq!(found, ["1 March", "12 April 2024", "2024-05-06"]);
    }
}
