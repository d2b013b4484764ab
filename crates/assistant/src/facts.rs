//! The dates and amounts that a text states, made comparable: what an answer must not get wrong.
//!
//! A date is the same however it is written ("12 mars 2024", "2024-03-12", "March 12, 2024"), and so is an amount ("3,2 millions
//! d'euros", "€3,200,000"). What has another unit or sign is another amount.

use std::ops::Range;

use crate::language::Language;
use crate::words::{self, Token, TokenKind};

/// The dates and amounts of a text, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts(Vec<Fact>);

/// A date or an amount, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// Which bytes of the text state it, its unit aside.
    pub range: Range<usize>,
    stated: Stated,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stated {
    Date(Date),
    Amount(Amount),
}

/// A day of a year, or a part of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: Option<u32>,
    month: u32,
    day: Option<u32>,
    /// Month and day may be meant the other way round: "03/12/2024" in English.
    either_way: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Amount {
    /// In plain digits, with a point and no grouping; words like "million" are in it.
    value: String,
    negative: bool,
    /// By its name in [`UNITS`].
    unit: Option<&'static str>,
}

impl Facts {
    /// Reads a text. The language decides what "03/12/2024" may mean.
    pub fn of(text: &str, language: Language) -> Facts {
        let tokens = words::tokens(text);
        let mut facts = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let read = date(&tokens[at..], text, language)
                .map(|(date, length)| (Stated::Date(date), length))
                .or_else(|| Some((Stated::Amount(amount(&tokens, at, text, language)?), 1)));
            let Some((stated, length)) = read else {
                at += 1;
                continue;
            };
            let range = tokens[at].range.start..tokens[at + length - 1].range.end;
            facts.push(Fact { range, stated });
            at += length;
        }
        Facts(facts)
    }

    /// The fact that a part of the text belongs to.
    pub fn at(&self, range: &Range<usize>) -> Option<&Fact> {
        let holds = |fact: &&Fact| fact.range.start <= range.start && range.end <= fact.range.end;
        self.0.iter().find(holds)
    }

    /// Whether the text states a fact. A cell of a table (`bare`) needs no unit, and a date no year where the text around it,
    /// `context`, names that.
    pub fn state(&self, fact: &Fact, context: &Facts, bare: bool) -> bool {
        match &fact.stated {
            Stated::Date(claimed) => self.dates().any(|date| {
                let year = date
                    .year
                    .or(claimed.year.filter(|&it| context.name_year(it)));
                claimed.is_part_of(&Date { year, ..*date })
            }),
            Stated::Amount(claimed) => {
                let alike = |other: &Amount| claimed.is_like(other, bare);
                self.amounts().any(alike) || claimed.year().is_some_and(|it| self.name_year(it))
            }
        }
    }

    /// The units of the amounts, `None` for one without.
    pub fn units(&self) -> impl Iterator<Item = Option<&'static str>> {
        self.amounts().map(|amount| amount.unit)
    }

    fn dates(&self) -> impl Iterator<Item = &Date> {
        self.0.iter().filter_map(|fact| match &fact.stated {
            Stated::Date(date) => Some(date),
            Stated::Amount(_) => None,
        })
    }

    fn amounts(&self) -> impl Iterator<Item = &Amount> {
        self.0.iter().filter_map(|fact| match &fact.stated {
            Stated::Amount(amount) => Some(amount),
            Stated::Date(_) => None,
        })
    }

    fn name_year(&self, year: u32) -> bool {
        self.dates().any(|date| date.year == Some(year))
            || self.amounts().any(|amount| amount.year() == Some(year))
    }
}

impl Date {
    /// Whether another date says all that this one does.
    fn is_part_of(&self, other: &Date) -> bool {
        let agree = |one: Option<u32>, other: Option<u32>| one.is_none() || one == other;
        let one_way = |month, day| {
            self.month == month && agree(self.day, day) && agree(self.year, other.year)
        };
        let turned = (self.either_way || other.either_way)
            && (self.day.zip(other.day))
                .is_some_and(|(_, day)| self.day == Some(other.month) && self.month == day)
            && agree(self.year, other.year);
        one_way(other.month, other.day) || turned
    }
}

impl Amount {
    /// Whether `other` is the amount that this one claims.
    fn is_like(&self, other: &Amount, bare: bool) -> bool {
        let units = match (self.unit, other.unit) {
            // Who leaves out a unit claims less, but for what is a share of something.
            (None, unit) => unit != Some(PERCENT),
            (Some(_), None) => bare,
            (one, other) => one == other,
        };
        units && self.value == other.value && self.negative == other.negative
    }

    /// The year that it may be.
    fn year(&self) -> Option<u32> {
        let is_year = self.unit.is_none() && !self.negative && self.value.len() == 4;
        is_year.then(|| self.value.parse().ok()).flatten()
    }
}

const PERCENT: &str = "%";

/// Units by one name each, with the folded words for them. Numbers of other things, of pages or people, have none.
const UNITS: [(&str, &str); 33] = [
    (PERCENT, "% percent pourcent"),
    ("eur", "eur"),
    ("usd", "usd"),
    ("gbp", "gbp pounds livres"),
    ("chf", "chf francs"),
    ("second", "second seconds seconde secondes s sec"),
    ("minute", "minute minutes min mins mn"),
    ("hour", "hour hours heure heures h"),
    ("day", "day days jour jours"),
    ("week", "week weeks semaine semaines"),
    ("month", "month months mois"),
    ("year", "year years an ans annee annees"),
    ("mm", "mm millimetre millimetres millimeter millimeters"),
    ("cm", "cm centimetre centimetres centimeter centimeters"),
    ("m", "m metre metres meter meters"),
    ("km", "km kilometre kilometres kilometer kilometers"),
    ("inch", "inch inches pouce pouces"),
    ("foot", "foot feet ft pied pieds"),
    ("mile", "mile miles"),
    ("mg", "mg milligram milligrams milligramme milligrammes"),
    ("g", "g gram grams gramme grammes"),
    (
        "kg",
        "kg kilogram kilograms kilogramme kilogrammes kilo kilos",
    ),
    ("t", "t tonne tonnes ton tons"),
    ("l", "l litre litres liter liters"),
    ("ha", "ha hectare hectares"),
    ("kw", "kw kilowatt kilowatts"),
    ("mw", "mw megawatt megawatts"),
    ("kwh", "kwh"),
    ("byte", "byte bytes octet octets"),
    ("kb", "kb ko kib kilobyte kilobytes"),
    ("mb", "mb mo mib megabyte megabytes"),
    ("gb", "gb go gib gigabyte gigabytes"),
    ("tb", "tb to tib terabyte terabytes"),
];

/// The unit that a token names.
fn unit(token: &Token, text: &str, language: Language) -> Option<&'static str> {
    let folded = token.folded.as_str();
    // "an" year and "an" article; "l’" litre and "l’" article.
    let is_other_word = language == Language::English
        && matches!(folded, "an" | "ans" | "go" | "mo" | "to")
        || text[token.range.end..].starts_with(['\'', '’']);
    if is_other_word || token.kind == TokenKind::Number {
        return None;
    }
    let names = |(_, words): &&(&str, &str)| words.split(' ').any(|word| word == folded);
    UNITS.iter().find(names).map(|(name, _)| *name)
}

/// Whether a unit is money.
pub(crate) fn is_currency(unit: &str) -> bool {
    matches!(unit, "eur" | "usd" | "gbp" | "chf")
}

/// How many zeros a word after a number adds.
fn zeros(folded: &str) -> Option<usize> {
    Some(match folded {
        "thousand" | "thousands" | "millier" | "milliers" => 3,
        "million" | "millions" => 6,
        "billion" | "billions" | "milliard" | "milliards" => 9,
        _ => return None,
    })
}

/// The same for letters that stand for it before a currency alone: "3 M€".
fn short_zeros(folded: &str) -> Option<usize> {
    Some(match folded {
        "k" => 3,
        "m" => 6,
        "md" | "mds" | "bn" => 9,
        _ => return None,
    })
}

/// The date that begins with the first token, and of how many tokens it is.
fn date(tokens: &[Token], text: &str, language: Language) -> Option<(Date, usize)> {
    let first = tokens.first()?;
    if first.kind == TokenKind::Identifier {
        return Some((written_in_digits(&first.folded, language)?, 1));
    }
    // "12 March 2024", "1er mars", "March 2024", "March 12, 2024", "12 of March".
    let number = |at: usize, in_range: &dyn Fn(u32) -> bool| {
        let token = tokens.get(at).filter(|it| it.kind == TokenKind::Number)?;
        token.folded.parse().ok().filter(|&number| in_range(number))
    };
    let month = |at: usize| {
        tokens
            .get(at)
            .filter(|it| words::is_month(it))
            .and_then(month)
    };
    let day = |at| number(at, &|day| (1..=31).contains(&day));
    let year = |at| number(at, &|year| (1000..3000).contains(&year));
    let near = |from: usize, to: usize| {
        let between = &text[tokens[from].range.end..tokens.get(to)?.range.start];
        (between.chars().count() <= 2 && !between.contains(['.', ';', '\n', '\t'])).then_some(())
    };
    if let (Some(day), Some(month)) = (day(0), month(1)) {
        near(0, 1)?;
        let year = near(1, 2).and_then(|()| year(2));
        return Some((
            Date::known(year, month, Some(day)),
            2 + usize::from(year.is_some()),
        ));
    }
    let month = month(0)?;
    if let Some(day) = near(0, 1).and_then(|()| day(1)) {
        let year = near(1, 2).and_then(|()| year(2));
        return Some((
            Date::known(year, month, Some(day)),
            2 + usize::from(year.is_some()),
        ));
    }
    let year = near(0, 1).and_then(|()| year(1));
    Some((
        Date::known(year, month, None),
        1 + usize::from(year.is_some()),
    ))
}

impl Date {
    fn known(year: Option<u32>, month: u32, day: Option<u32>) -> Date {
        Date {
            year,
            month,
            day,
            either_way: false,
        }
    }
}

/// "2024-03-12", "12/03/2024", "12.03.2024", "12-3-24".
fn written_in_digits(folded: &str, language: Language) -> Option<Date> {
    let sign = folded.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = folded.split(sign).collect();
    let [one, two, three] = parts.as_slice() else {
        return None;
    };
    let number = |part: &str| part.parse::<u32>().ok();
    let (one_number, two_number, three_number) = (number(one)?, number(two)?, number(three)?);
    let (year, month, day, may_turn) = if one.len() == 4 {
        (one_number, two_number, three_number, false)
    } else if three.len() == 4 {
        (
            three_number,
            two_number,
            one_number,
            language == Language::English,
        )
    } else {
        return None;
    };
    let (month, day) = match may_turn && month > 12 {
        true => (day, month),
        false => (month, day),
    };
    let is_one = (1..=12).contains(&month) && (1..=31).contains(&day);
    is_one.then_some(Date {
        year: Some(year),
        month,
        day: Some(day),
        either_way: may_turn && day <= 12,
    })
}

fn month(token: &Token) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = words::stem(token, Language::English);
    let place = MONTHS.iter().position(|month| *month == name)?;
    u32::try_from(place + 1).ok()
}

/// The amount whose number is the token at a place.
fn amount(tokens: &[Token], at: usize, text: &str, language: Language) -> Option<Amount> {
    let token = tokens.get(at).filter(|it| it.kind == TokenKind::Number)?;
    let (mut value, is_share) = match token.folded.strip_suffix('%') {
        Some(value) => (value.to_owned(), true),
        None => (token.folded.clone(), false),
    };
    let folded = |at: usize| tokens.get(at).map_or("", |token| token.folded.as_str());
    let mut next = at + 1;
    if let Some(zeros) = zeros(folded(next)) {
        value = with_zeros(&value, zeros);
        next += 1;
        if matches!(folded(next), "d" | "de" | "of") {
            next += 1;
        }
    } else if let Some(zeros) = short_zeros(folded(next))
        && (tokens.get(next + 1))
            .is_some_and(|it| unit(it, text, language).is_some_and(is_currency))
    {
        value = with_zeros(&value, zeros);
        next += 1;
    }
    let before = || unit(&tokens[at.checked_sub(1)?], text, language).filter(|it| is_currency(it));
    let unit = match is_share {
        true => Some(PERCENT),
        false => unit_from(tokens, next, text, language).or_else(before),
    };
    Some(Amount {
        value,
        negative: is_negative(tokens, at, text),
        unit,
    })
}

/// The unit that follows a number, over one word between them ("30 calendar days") or another number ("30 to 40 days").
fn unit_from(tokens: &[Token], at: usize, text: &str, language: Language) -> Option<&'static str> {
    let token = tokens.get(at)?;
    let between = &text[tokens[at - 1].range.end..token.range.start];
    if between.contains(['\t', '\n', ';', ',', '.', '(', ')']) && !between.trim().is_empty()
        || between.contains('\t')
    {
        return None;
    }
    if let Some(unit) = unit(token, text, language) {
        return Some(unit);
    }
    let after = tokens.get(at + 1)?;
    let joins = matches!(
        token.folded.as_str(),
        "to" | "a" | "and" | "et" | "or" | "ou"
    );
    if joins && after.kind == TokenKind::Number {
        return match after.folded.ends_with('%') {
            true => Some(PERCENT),
            false => unit_from(tokens, at + 2, text, language),
        };
    }
    if token.kind == TokenKind::Number && between.chars().all(words::is_hyphen_or_dash) {
        return unit_from(tokens, at + 1, text, language);
    }
    let is_plain = token.kind == TokenKind::Word && !token.capital;
    let is_stop = Language::ALL
        .iter()
        .any(|language| language.role(&token.folded).stop);
    let touches = text[token.range.end..after.range.start] == *" ";
    (is_plain && !is_stop && touches && after.folded.len() > 2)
        .then(|| unit(after, text, language))
        .flatten()
}

fn is_negative(tokens: &[Token], at: usize, text: &str) -> bool {
    let mut before = text[..tokens[at].range.start].chars().rev();
    let mut sign = before.next();
    // "€-5" and "-€5"
    if matches!(sign, Some('€' | '$' | '£')) {
        sign = before.next();
    }
    if matches!(sign, Some('-' | '\u{2212}' | '\u{2013}')) {
        return before
            .next()
            .is_none_or(|c| !c.is_alphanumeric() && c != ')');
    }
    let folded = |back: usize| {
        let place = at.checked_sub(back)?;
        tokens.get(place).map(|token| token.folded.as_str())
    };
    match folded(1) {
        Some("minus") => true,
        Some("moins") => !matches!(folded(2), Some("au" | "du")),
        _ => false,
    }
}

/// A number in plain digits, so many powers of ten larger.
fn with_zeros(value: &str, zeros: usize) -> String {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let mut digits = format!("{whole}{decimals}");
    let mut point = whole.len() + zeros;
    while digits.len() < point {
        digits.push('0');
    }
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let leading = leading.min(point.saturating_sub(1));
    digits.drain(..leading);
    point -= leading;
    let (whole, decimals) = digits.split_at(point);
    match decimals.trim_end_matches('0') {
        "" => whole.to_owned(),
        decimals => format!("{whole}.{decimals}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a source states the first fact of a claim, each read in its language.
    fn states(source: &str, claim: &str) -> bool {
        let read = |text| Facts::of(text, Language::of(text).unwrap_or(Language::English));
        let claimed = read(claim);
        let fact = claimed.0.first();
        let fact = fact.unwrap_or_else(|| panic!("{claim} states something"));
        read(source).state(fact, &Facts::default(), false)
    }

    #[test]
    fn a_date_is_the_same_however_it_is_written() {
        let ways = [
            "12 mars 2024",
            "2024-03-12",
            "March 12, 2024",
            "12 March 2024",
            "12/03/2024",
            "12.03.2024",
            "12-03-2024",
            "le 12 mars 2024",
            "March 12th, 2024",
        ];
        for source in ways {
            for claim in ways {
                assert!(states(source, claim), "{claim} in {source}");
            }
            for claim in [
                "13 mars 2024",
                "12 mai 2024",
                "12 March 2023",
                "2024-04-12",
                "May 12, 2024",
                "13/03/2024",
            ] {
                assert!(!states(source, claim), "{claim} in {source}");
            }
        }
        assert!(states("le 1er avril", "1 April"));
    }

    #[test]
    fn a_part_of_a_date_may_be_claimed_and_no_more_than_the_source_says() {
        assert!(states("12 March 2024", "March 2024"));
        assert!(states("12/03/2024", "2024"));
        assert!(!states("March 2024", "12 March 2024"));
        assert!(!states("12 March", "12 March 2024"));
        let claimed = Facts::of("12 March 2024", Language::English);
        let year = Facts::of("Minutes of 2024", Language::English);
        let day = Facts::of("12 March", Language::English);
        assert!(day.state(&claimed.0[0], &year, false));
    }

    #[test]
    fn in_french_the_day_comes_first_and_in_english_either_may() {
        let claimed = Facts::of("3 December 2024", Language::English);
        let read = |language| {
            Facts::of("12/03/2024", language).state(&claimed.0[0], &Facts::default(), false)
        };
        assert!(read(Language::English));
        assert!(!read(Language::French));
    }

    #[test]
    fn an_amount_is_the_same_however_it_is_written() {
        for source in [
            "€3,200,000",
            "3 200 000 euros",
            "3,2 millions d’euros",
            "3.2 million euros",
            "3,2 M€",
        ] {
            for claim in [
                "3.2 million euros",
                "€3.2 million",
                "3 200 000 €",
                "3,200,000 euros",
                "3,200,000",
            ] {
                assert!(states(source, claim), "{claim} in {source}");
            }
            for claim in [
                "3,2 millions de dollars",
                "3.2 billion euros",
                "$3,200,000",
                "3,200 euros",
                "-€3,200,000",
            ] {
                assert!(!states(source, claim), "{claim} in {source}");
            }
        }
        assert!(states("un taux de 4,5 %", "4.5%"));
        assert!(states("4.50 percent", "4,5 pour cent"));
    }

    #[test]
    fn another_unit_or_sign_is_another_amount() {
        for (source, claim) in [
            ("30 days", "30 months"),
            ("dans les 30 jours", "dans les 30 ans"),
            ("12 %", "12 euros"),
            ("12 %", "12"),
            ("12 euros", "12 %"),
            ("5 km", "5 miles"),
            ("20 mg", "20 g"),
            ("-5 %", "5 %"),
            ("5 degrees", "minus 5 degrees"),
            ("\u{2212}412", "412"),
            ("moins 5", "5"),
            ("30 people", "30 days"),
        ] {
            assert!(!states(source, claim), "{claim} in {source}");
        }
        for (source, claim) in [
            ("30 calendar days", "30 days"),
            ("30 to 40 days", "30 days"),
            ("30-40 jours", "30 jours"),
            ("au moins 5 personnes", "5"),
            ("minus 5 degrees", "-5"),
            ("2019-2020", "2020"),
            ("412,000 euros", "412 000"),
        ] {
            assert!(states(source, claim), "{claim} in {source}");
        }
    }

    #[test]
    fn zeros_move_the_point() {
        assert_eq!(with_zeros("3.2", 6), "3200000");
        assert_eq!(with_zeros("0.5", 3), "500");
        assert_eq!(with_zeros("1.2345678", 6), "1234567.8");
        assert_eq!(with_zeros("412", 3), "412000");
    }
}
