//! What a request finds in the text of a page, by words, numbers and signs.

use std::cell::LazyCell;
use std::ops::Range;

use aparte_protocol::documents::{Page, Passage};

use super::Counted;
use super::amounts::{Amount, Unit, amounts, money_at};
use super::dates::dates;
use super::request::{Phrase, Request, Sought, Wanted};
use crate::language::Language;
use crate::quote::occurrences;
use crate::sentences::sentences;
use crate::words::{TokenKind, fold, is_space, terms};

/// Something that was found on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Match {
    /// Which bytes of the page's text.
    pub range: Range<usize>,
    /// What two matches are the same by.
    pub key: String,
    /// What is shown of it, in one line.
    pub text: String,
}

/// What a request finds on a page, in order.
pub(super) fn matches(request: &Request, page: &Page, language: Language) -> Vec<Match> {
    let text = page.text.as_str();
    let sentences = LazyCell::new(|| sentences(text));
    let mut found: Vec<Match> = match &request.sought {
        Sought::Phrase(phrase) => ranges(phrase, text, language)
            .map(|range| Match {
                key: fold(&phrase.text),
                text: phrase.text.clone(),
                range,
            })
            .collect(),
        Sought::Amounts(wanted, bounds) => {
            let mut dates = dates(text).into_iter().map(|date| date.range).peekable();
            let mut found = Vec::new();
            for amount in amounts(text) {
                while dates
                    .next_if(|date| date.end <= amount.range.start)
                    .is_some()
                {}
                let in_date = dates
                    .peek()
                    .is_some_and(|date| date.start < amount.range.end);
                let fits = !in_date
                    && bounds.contain(amount.value)
                    && match (wanted, amount.unit) {
                        (Wanted::Anything, _)
                        | (Wanted::Percent, Unit::Percent)
                        | (Wanted::Money(None), Unit::Money(_)) => true,
                        (Wanted::Money(Some(wanted)), Unit::Money(money)) => *wanted == money,
                        (Wanted::Money(wanted), Unit::Plain) => counts_money(
                            page,
                            &amount,
                            || around(&sentences, &amount.range),
                            *wanted,
                        ),
                        (Wanted::Money(_), Unit::Percent) | (Wanted::Percent, _) => false,
                    };
                if fits {
                    let unit = match amount.unit {
                        Unit::Plain => "",
                        Unit::Percent => "%",
                        Unit::Money(money) => money,
                    };
                    found.push(Match {
                        key: format!("{}|{unit}", amount.value),
                        text: one_line(&text[amount.range.clone()]),
                        range: amount.range,
                    });
                }
            }
            found
        }
        Sought::Dates(days, form) => {
            let within = |date: &Option<(_, _)>| match (days, date) {
                (None, _) => true,
                // What may lie in them counts: which day of two was meant is not known.
                (Some((least, most)), Some((first, last))) => first <= most && last >= least,
                (Some(_), None) => false,
            };
            let all = dates(text).into_iter().filter(|date| within(&date.days));
            let written = all.map(|date| (text[date.range.clone()].to_owned(), date));
            written
                .filter(|(written, _)| {
                    form.as_ref()
                        .is_none_or(|form| digits_shape(written) == *form)
                })
                .map(|(written, date)| Match {
                    key: match date.days {
                        Some((first, last)) => format!("{first:?}{last:?}"),
                        None => fold(&one_line(&written)),
                    },
                    text: one_line(&written),
                    range: date.range,
                })
                .collect()
        }
        Sought::Identifiers(identifier) => {
            let all = identifier.all(text).into_iter();
            all.map(|range| Match {
                key: identifier.key(&text[range.clone()]),
                text: one_line(&text[range.clone()]),
                range,
            })
            .collect()
        }
        Sought::Matter => Vec::new(),
    };
    if !request.within.is_empty() {
        found.retain(|found| {
            let sentence = &text[around(&sentences, &found.range)];
            let has = |phrase| ranges(phrase, sentence, language).next().is_some();
            request.within.iter().all(has)
        });
    }
    found
}

/// What a sentence, a section or a page is told apart by and shown as, where those are counted that have a match.
pub(super) fn place(
    counted: Counted,
    page: &Page,
    sentences: &[Range<usize>],
    range: &Range<usize>,
) -> Option<(String, String)> {
    match counted {
        Counted::Items | Counted::Mentions => None,
        Counted::Pages => Some((page.number.to_string(), page.number.to_string())),
        Counted::Sections => {
            let passage = page
                .passages
                .iter()
                .rev()
                .find(|passage| passage.range.start as usize <= range.start);
            let headings = passage
                .map(|passage| &passage.headings[..])
                .unwrap_or_default();
            match headings.last() {
                Some(heading) => Some((headings.join("\n"), one_line(heading))),
                None => place(Counted::Sentences, page, sentences, range),
            }
        }
        Counted::Sentences => {
            let range = around(sentences, range);
            let text = one_line(&page.text[range.clone()]);
            Some((format!("{} {}", page.number, range.start), text))
        }
    }
}

/// The sentences that a range stands in, from the first to the last; the range itself where there is none.
pub(super) fn around(sentences: &[Range<usize>], range: &Range<usize>) -> Range<usize> {
    let first = sentences.partition_point(|sentence| sentence.end <= range.start);
    let last = sentences.partition_point(|sentence| sentence.start < range.end);
    match sentences.get(first..last) {
        Some([first, .., last]) => first.start.min(range.start)..last.end.max(range.end),
        Some([one]) => one.start.min(range.start)..one.end.max(range.end),
        _ => range.clone(),
    }
}

/// A text in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the words of a phrase stand.
fn ranges<'a>(
    phrase: &'a Phrase,
    text: &'a str,
    language: Language,
) -> Box<dyn Iterator<Item = Range<usize>> + 'a> {
    if phrase.exact {
        // Names and identifiers have their capitals; words may begin a sentence.
        let plain = |c: char| c.is_lowercase() || is_space(c) || matches!(c, '-' | '\'' | '’');
        let any_case = phrase.text.chars().all(plain);
        return Box::new(occurrences(&phrase.text, text, any_case).into_iter());
    }
    let sought: Vec<String> = terms(&phrase.text, language)
        .into_iter()
        .map(|term| term.stem)
        .collect();
    let terms = terms(text, language);
    let mut found = Vec::new();
    let mut at = 0;
    while !sought.is_empty() && at + sought.len() <= terms.len() {
        let window = &terms[at..at + sought.len()];
        let same = window
            .iter()
            .zip(&sought)
            .all(|(term, sought)| term.stem == *sought);
        if same {
            found.push(window[0].token.range.start..window[window.len() - 1].token.range.end);
            at += sought.len();
        } else {
            at += 1;
        }
    }
    Box::new(found.into_iter())
}

fn digits_shape(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
}

/// Bytes in which the names of a table's columns are looked for above its row.
const FARTHEST_ABOVE: usize = 16 << 10;

/// What is longer is no sentence that speaks of each number in it.
const LONGEST_SENTENCE: usize = 2_000;

/// Whether a number without a currency counts money: because its column, its row or its sentence says so.
fn counts_money(
    page: &Page,
    amount: &Amount,
    sentence: impl Fn() -> Range<usize>,
    wanted: Option<&str>,
) -> bool {
    let range = &amount.range;
    let text = page.text.as_str();
    let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |to| range.end + to);
    let line = &text[line_start..line_end];
    let says = |words: &str| speaks_of_money(words, wanted);
    if line.contains('\t') {
        let column = text[line_start..range.start].matches('\t').count();
        let label = line.split('\t').next().unwrap_or_default();
        // The names of the columns are said by the passage, or are the first row of the table.
        let begun = |passage: &Passage| passage.range.start as usize <= range.start;
        let passage = page.passages[..page.passages.partition_point(begun)].last();
        let named = passage.and_then(|passage| passage.header_of(text));
        let above = || {
            // A table whose names stand farther above is looked at no farther, for each of its numbers.
            let from = text.floor_char_boundary(line_start.saturating_sub(FARTHEST_ABOVE));
            let block = text[from..line_start]
                .rsplit("\n\n")
                .next()
                .unwrap_or_default();
            block
                .lines()
                .find(|line| line.contains('\t'))
                .map(str::to_owned)
        };
        let header = named.or_else(above).unwrap_or_default();
        let name = header.split('\t').nth(column).unwrap_or_default();
        // A row of names is no row of amounts.
        return says(name) || column > 0 && says(label);
    }
    // "4,000 members" counts members.
    let next = text[range.end..line_end].trim_start();
    let length = next
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(next.len());
    let word = fold(&next[..length]);
    let counts_another = length > 0
        && Language::ALL
            .iter()
            .all(|language| !language.role(&word).stop);
    let sentence = sentence();
    let around = match sentence.len() <= LONGEST_SENTENCE {
        true => &text[sentence],
        false => line,
    };
    let is_short = around.len() <= LONGEST_SENTENCE;
    amount.like_money && !counts_another && is_short && says(around)
}

/// Whether words name money, or the currency that is wanted.
fn speaks_of_money(words: &str, wanted: Option<&str>) -> bool {
    const MONEY: &str = "amount amounts price prices cost costs fee fees rent rents salary salaries budget income expense expenses \
        expenditure revenue revenues payment payments balance total totals sum sums pay paid debit credit montant montants prix cout \
        couts loyer loyers salaire salaires recette recettes depense depenses charge charges solde somme sommes versement produit \
        produits cotisation cotisations facture verse verser payer paye";
    let mut spoken = false;
    let mut currency = None;
    for (at, _) in words.char_indices() {
        let begins = !words[..at].ends_with(char::is_alphanumeric);
        currency = currency.or_else(|| {
            money_at(words, at)
                .filter(|_| begins)
                .map(|(_, money)| money)
        });
    }
    for term in terms(words, Language::English) {
        spoken |= term.token.kind == TokenKind::Word
            && MONEY
                .split_whitespace()
                .any(|word| word == term.token.folded);
    }
    match (wanted, currency) {
        (Some(wanted), currency) => currency == Some(wanted),
        (None, currency) => spoken || currency.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::request;
    use super::*;

    fn found(question: &str, text: &str, language: Language) -> Vec<String> {
        let page = Page {
            text: text.to_owned(),
            ..Page::default()
        };
        let found = matches(&request(question), &page, language).into_iter();
        found.map(|found| found.text).collect()
    }

    #[test]
    fn amounts_are_money_and_within_their_bounds() {
        let text = "In 2024 the rent was €1,200.50 a month, 5 % more. The deposit of 900 euros and a fee of 12,000 were paid \
                    on 12/03/2024 to 4,000 members. It cost 1.5 million dollars.";
        assert_eq!(
            found("List every amount over 1 000", text, Language::English),
            ["€1,200.50", "12,000", "1.5 million dollars"]
        );
        assert_eq!(
            found("List every amount in euros", text, Language::English),
            ["€1,200.50", "900 euros", "12,000"]
        );
        let text = "En 2024, le loyer est de 1\u{202f}250,50\u{a0}€ et la caution de 2 000 euros ; 1 500 adhérents.";
        assert_eq!(
            found(
                "Liste tous les montants supérieurs à 1 000",
                text,
                Language::French
            ),
            ["1 250,50 €", "2 000 euros"]
        );
    }

    #[test]
    fn the_number_of_a_footnote_is_no_part_of_an_amount() {
        let text = "The dredging cost 412,000 euros¹ and weighed 10⁶ grams.";
        let found = found("List every amount over 1 000", text, Language::English);
        assert_eq!(found, ["412,000 euros"]);
    }

    #[test]
    fn columns_and_rows_say_what_their_numbers_are() {
        let text = "Costs\n\nItem\tYear\tAmount (EUR)\nDredging\t2024\t412 000\nPaint\t2023\t900\n\nVisitors\t2024\t5 000\nTotal income\t7 500\n";
        assert_eq!(
            found("List every amount over 1 000", text, Language::English),
            ["412 000", "7 500"]
        );
    }

    #[test]
    fn words_are_found_inflected_and_names_as_they_are() {
        let text = "The Landlord lets. Landlords let; the landlord's house.";
        assert_eq!(
            found("List every mention of a landlord", text, Language::English).len(),
            3
        );
        assert_eq!(
            found(
                "How many times is Landlord mentioned?",
                text,
                Language::English
            )
            .len(),
            1
        );
    }

    #[test]
    fn dates_are_found_as_they_are_to_be_written() {
        let text = "On 1994/06/01 and 1 June 1994; 1995-12-01, 95/12/01.";
        assert_eq!(
            found(
                "List every date written as yyyy/mm/dd",
                text,
                Language::English
            ),
            ["1994/06/01"]
        );
        assert_eq!(
            found("List every date before 1995", text, Language::English),
            ["1994/06/01", "1 June 1994"]
        );
    }

    #[test]
    fn quoted_words_must_stand_in_the_same_sentence() {
        let text = "The rent is €500. The deposit is €900.";
        let question = "List every amount beside \"deposit\"";
        assert_eq!(found(question, text, Language::English), ["€900"]);
    }
}
