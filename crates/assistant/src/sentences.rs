//! Cuts the text of a page or of an answer into sentences: what a citation quotes.
//!
//! A page's lines end with `\n` within a block and blocks are parted by an empty line, so a line end
//! is a space unless what follows is an item of a list, a table row or a labelled line of a form.

use std::ops::Range;

use crate::{language::Language, words};

/// The sentences of a text in order, as byte ranges without white space around them. Table rows, list
/// items and headings are sentences of their own; what has neither letter nor digit is none.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    for run in runs(text) {
        split(text, run, &mut sentences);
    }
    sentences
}

/// The runs of lines that can share a sentence.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    // Whether the next line may go on with the last run.
    let mut open = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        let line = line.trim();
        if line.is_empty() {
            open = false;
            continue;
        }
        let alone = line.contains('\t') || line.starts_with('#');
        match runs.last_mut() {
            Some(run) if open && !alone && marker(line) == 0 && !is_labelled(line) => {
                run.end = range.end;
            }
            _ => runs.push(range),
        }
        open = !alone;
    }
    runs
}

/// The length of the sign that begins a list item, with the space after it; 0 if there is none.
fn marker(line: &str) -> usize {
    let bullet = line
        .chars()
        .next()
        .filter(|c| "-–—•*·◦▪‣●○■□→✓✔\u{f0b7}".contains(*c));
    let sign = match bullet {
        Some(bullet) => bullet.len_utf8(),
        None => enumeration(line),
    };
    let rest = &line[sign..];
    if sign == 0 || !rest.starts_with(char::is_whitespace) {
        return 0;
    }
    line.len() - rest.trim_start().len()
}

/// The length of `1.`, `12)`, `(a)`, `b)` or `iv.` at the start of a line.
fn enumeration(line: &str) -> usize {
    let open = usize::from(line.starts_with('('));
    let name_end = line[open..]
        .find(|c: char| !c.is_ascii_alphanumeric())
        .map_or(line.len(), |length| open + length);
    let name = &line[open..name_end];
    let close = line[name_end..].chars().next();
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    let counts = match close {
        // "B. Dupont" is a name as often as an item, and "2019." the end of a sentence.
        Some('.') if open == 0 => {
            name.len() <= 2 && digits || name.len() > 1 && name.bytes().all(|b| b"ivx".contains(&b))
        }
        Some(')') => name.len() == 1 || name.len() <= 2 && digits,
        _ => false,
    };
    if counts && !name.is_empty() {
        name_end + 1
    } else {
        0
    }
}

/// Whether a line is one of a form: a short capitalised label, a colon and a value.
fn is_labelled(line: &str) -> bool {
    let Some((label, value)) = line.split_once(':') else {
        return false;
    };
    line.starts_with(char::is_uppercase)
        && value.starts_with(char::is_whitespace)
        && label.split_whitespace().count() <= LABEL_WORDS
        && !label.contains(['.', ',', ';'])
}

/// Labels of forms and letters ("Date de prise d’effet du bail") have few words; a sentence that
/// announces a list has more.
const LABEL_WORDS: usize = 5;

/// Splits a run at its sentence ends.
fn split(text: &str, run: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let lead = text[run.clone()].len() - text[run.clone()].trim_start().len();
    let mut start = run.start + lead;
    let mut at = start + marker(&text[start..run.end]);
    while let Some(found) = text[at..run.end].find(['.', '!', '?', '…']) {
        let mark = at + found;
        let marks_end = skip(text, mark, run.end, |c| matches!(c, '.' | '!' | '?' | '…'));
        let end = after_closers(text, marks_end, run.end);
        at = end;
        if ends_sentence(text, start, mark..marks_end, end, run.end) {
            push(text, start..end, sentences);
            start = end;
        }
    }
    push(text, start..run.end, sentences);
}

fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let sentence = text[range.clone()].trim_start();
    let start = range.end - sentence.len();
    let sentence = sentence.trim_end();
    if sentence.contains(char::is_alphanumeric) {
        sentences.push(start..start + sentence.len());
    }
}

fn skip(text: &str, start: usize, end: usize, belongs: impl Fn(char) -> bool) -> usize {
    text[start..end]
        .find(|c| !belongs(c))
        .map_or(end, |length| start + length)
}

/// Where the quotes, brackets, emphasis and note numbers end that close with the sentence.
fn after_closers(text: &str, start: usize, end: usize) -> usize {
    let mut at = skip(text, start, end, |c| ")]\"”’'*_".contains(c));
    let quote = skip(text, at, end, words::is_space);
    if text[quote..end].starts_with('»') {
        at = quote + '»'.len_utf8();
    }
    // A note or citation number: "… was paid.[3] The …".
    if let Some(note) = text[at..end].strip_prefix('[')
        && let Some(length) = note.find(']')
        && length > 0
        && note[..length].bytes().all(|b| b.is_ascii_digit())
    {
        at += length + 2;
    }
    at
}

/// Whether the `marks`, with what closes up to `end`, end the sentence that began at `start`.
fn ends_sentence(text: &str, start: usize, marks: Range<usize>, end: usize, limit: usize) -> bool {
    let rest = &text[end..limit];
    if rest.trim().is_empty() {
        return true;
    }
    if !rest.starts_with(char::is_whitespace) {
        return false;
    }
    let next = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    if next.starts_with(char::is_lowercase) {
        return false;
    }
    // Only a single point may belong to an abbreviation.
    if &text[marks.clone()] != "." {
        return true;
    }
    let before = text[start..marks.start]
        .rsplit(|c: char| c.is_whitespace() || "('’\"«“[\u{a0}".contains(c))
        .next()
        .unwrap_or_default();
    let folded = words::fold(before);
    // Without the capital, "me" and "pr" are words.
    let capital = before.starts_with(char::is_uppercase);
    if capital && TITLES.contains(&folded.as_str()) || INSERTIONS.contains(&before) {
        return false;
    }
    if REFERENCES.contains(&folded.as_str()) {
        return !next.starts_with(|c: char| c.is_ascii_digit() || "IVXLR".contains(c));
    }
    let initial = capital && before.chars().count() == 1;
    let acronym = before.contains('.') && before.split('.').all(|part| part.chars().count() == 1);
    if initial || acronym || ENDINGS.contains(&folded.as_str()) {
        return begins_sentence(next);
    }
    true
}

/// Whether a capitalised function word stands first: after an abbreviation that tells a new sentence
/// from a name.
fn begins_sentence(text: &str) -> bool {
    let word: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    let folded = words::fold(&word);
    Language::ALL
        .into_iter()
        .any(|language| language.role(&folded).stop)
}

/// Capitalised abbreviations that a name follows: never the end.
const TITLES: [&str; 18] = [
    "dr", "mr", "mrs", "ms", "m", "mm", "mme", "mmes", "mlle", "mgr", "me", "pr", "prof", "st",
    "ste", "hon", "gen", "col",
];

/// Abbreviations that what they introduce follows: never the end.
const INSERTIONS: [&str; 8] = ["cf", "vs", "ex", "env", "approx", "resp", "e.g", "i.e"];

/// Abbreviations that end nothing while a number follows.
const REFERENCES: [&str; 21] = [
    "art", "no", "nos", "n", "p", "pp", "fig", "tab", "vol", "chap", "ch", "sec", "sect", "al",
    "ann", "par", "ed", "ref", "tel", "app", "eq",
];

/// Abbreviations that may stand last in a sentence as well as within it.
const ENDINGS: [&str; 12] = [
    "etc", "inc", "ltd", "co", "corp", "cie", "bros", "jr", "sr", "dept", "est", "min",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<&str> {
        sentences(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn sentences_end_at_their_points() {
        assert_eq!(
            read("The board met. Was it long? No! It ended at 5."),
            ["The board met.", "Was it long?", "No!", "It ended at 5."]
        );
        assert_eq!(
            read("Le conseil s’est réuni. Est-ce long ? Non ! Fin."),
            ["Le conseil s’est réuni.", "Est-ce long ?", "Non !", "Fin."]
        );
    }

    #[test]
    fn a_line_end_is_a_space_and_an_empty_line_an_end() {
        assert_eq!(
            read("The cost is\n412,000 euros. It was\npaid.\n\nNext block\n"),
            ["The cost is\n412,000 euros.", "It was\npaid.", "Next block"]
        );
    }

    #[test]
    fn headings_items_and_rows_are_their_own() {
        assert_eq!(
            read(
                "2. Costs\n\nThe costs are:\n- works: 5\n  and more\n• fees\nYear\tCost\n2024\t12.5\nAfter."
            ),
            [
                "2. Costs",
                "The costs are:",
                "- works: 5\n  and more",
                "• fees",
                "Year\tCost",
                "2024\t12.5",
                "After."
            ]
        );
        assert_eq!(
            read("1. First one. It is long.\n2. Second.\n(a) third\nb) fourth"),
            [
                "1. First one.",
                "It is long.",
                "2. Second.",
                "(a) third",
                "b) fourth"
            ]
        );
    }

    #[test]
    fn labelled_lines_are_their_own() {
        assert_eq!(
            read("Invoice number: AB-12\nDate: 3 May\nTotal due: 412 €"),
            ["Invoice number: AB-12", "Date: 3 May", "Total due: 412 €"]
        );
    }

    #[test]
    fn a_year_at_a_line_start_is_no_item() {
        assert_eq!(
            read("It was built in\n2019. It stands."),
            ["It was built in\n2019.", "It stands."]
        );
    }

    #[test]
    fn abbreviations_and_initials_end_nothing() {
        for text in [
            "Dr. Martin met Mr. Smith and J. R. Dupont.",
            "M. Dupont et Mme. Le Goff ont signé avec Me. Durand.",
            "See art. 5, no. 12 and p. 3 of vol. II.",
            "Fruit, e.g. Apples, i.e. Food, cf. Annex, vs. Others.",
            "Voir l’art. 12 et l’al. 3 du n. 4.",
            "Acme Inc. Holdings signed.",
            "The U.S. Army left.",
        ] {
            assert_eq!(read(text), [text]);
        }
    }

    #[test]
    fn abbreviations_can_stand_last() {
        assert_eq!(
            read("It sells tea, etc. The rest is coffee."),
            ["It sells tea, etc.", "The rest is coffee."]
        );
        assert_eq!(
            read("The answer is no. The tenant pays."),
            ["The answer is no.", "The tenant pays."]
        );
        assert_eq!(
            read("Voir l’annexe B. Le bail court."),
            ["Voir l’annexe B.", "Le bail court."]
        );
    }

    #[test]
    fn points_within_numbers_end_nothing() {
        assert_eq!(
            read("Version 1.2.3 costs 4.5 euros. Section 2.1 says so."),
            ["Version 1.2.3 costs 4.5 euros.", "Section 2.1 says so."]
        );
    }

    #[test]
    fn ellipses_end_before_a_capital_only() {
        assert_eq!(
            read("He waited... and left… Then it rained."),
            ["He waited... and left…", "Then it rained."]
        );
    }

    #[test]
    fn quotes_and_brackets_close_with_their_sentence() {
        assert_eq!(
            read("He said “it is over.” She left (at last.) Then…"),
            ["He said “it is over.”", "She left (at last.)", "Then…"]
        );
        assert_eq!(
            read("Il a dit : « C’est fini. » Elle est partie."),
            ["Il a dit : « C’est fini. »", "Elle est partie."]
        );
        assert_eq!(
            read("It was paid.[3] The rest is due."),
            ["It was paid.[3]", "The rest is due."]
        );
    }

    #[test]
    fn signs_alone_are_no_sentence() {
        assert!(sentences("").is_empty());
        assert!(sentences(" \n\n*** --- …\n").is_empty());
    }
}
