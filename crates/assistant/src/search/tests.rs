//! What the index promises as a whole; each part has tests of its own beside it.

mod bounds;
mod erasing;
mod filter;
mod model;
mod snapshot;
mod vectors;

use super::*;

const ENGLISH: [&str; 3] = [
    "The renovations of the school cost 412,000 euros.",
    "The board met on 12 March 2024 under reference AB-1234.",
    "The library lends books to members of the town.",
];
const FRENCH: [&str; 3] = [
    "La rénovation de l’école a coûté 412 000 €.",
    "Le conseil s’est réuni à Grenoble le 12/03/2024.",
    "La bibliothèque prête des livres aux habitants.",
];

fn owner(number: u8) -> Owner {
    [number; 16]
}

fn key(document: u8, passage: u32) -> PassageKey {
    PassageKey {
        owner: owner(document),
        page: 1,
        passage,
    }
}

fn entry(text: &str, passage: u32) -> Entry<'_> {
    Entry {
        page: 1,
        passage,
        text,
        headings: &[],
        vectors: &[],
    }
}

/// Puts a document of one page, a passage a text.
fn put(index: &mut SearchIndex, document: u8, language: Language, texts: &[&str]) {
    let entries = texts.iter().zip(0..).map(|(text, at)| entry(text, at));
    index
        .put_passages(owner(document), [0; 16], language, entries)
        .unwrap();
}

/// An index of one document a language.
fn index(english: &[&str], french: &[&str]) -> SearchIndex {
    let mut index = SearchIndex::new().unwrap();
    put(&mut index, 0, Language::English, english);
    put(&mut index, 1, Language::French, french);
    index
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn vector(&mut self) -> Vector {
        std::array::from_fn(|_| self.below(256) as u8 as i8)
    }

    /// A text of words that are no function words and their own stems. The first are the most common: the
    /// n-th comes about 1/n as often.
    fn text(&mut self, words: usize) -> String {
        let text: Vec<_> = (0..words)
            .map(|_| {
                let among = 1 + self.below(WORDS.len());
                WORDS[self.below(among)]
            })
            .collect();
        text.join(" ")
    }
}

const WORDS: [&str; 24] = [
    "harbor", "lantern", "meadow", "copper", "timber", "basalt", "falcon", "marrow", "pepper",
    "ribbon", "saddl", "walnut", "anchor", "beacon", "canyon", "dagger", "embank", "ferret",
    "gallop", "hammer", "kettl", "lizard", "magnet", "napkin",
];

fn found(index: &SearchIndex, question: &str) -> Vec<PassageKey> {
    let hits = index.search(question, None, 10, |_| true).unwrap();
    hits.into_iter().map(|hit| hit.key).collect()
}

#[test]
fn inflected_words_are_found() {
    let index = index(&ENGLISH, &FRENCH);
    assert_eq!(found(&index, "What did the renovation cost?")[0], key(0, 0));
    assert_eq!(found(&index, "Quels livres sont pretes ?")[0], key(1, 2));
    assert_eq!(
        found(&index, "Combien a coute la renovation ?")[0],
        key(1, 0)
    );
}

#[test]
fn numbers_and_references_are_found_however_written() {
    let index = index(&ENGLISH, &FRENCH);
    let mut both = found(&index, "412.000");
    both.sort();
    assert_eq!(both, [key(0, 0), key(1, 0)]);
    assert_eq!(found(&index, "AB-1234"), [key(0, 1)]);
    assert_eq!(found(&index, "1234"), [key(0, 1)]);
    assert_eq!(found(&index, "12/03/2024"), [key(1, 1), key(0, 1)]);
}

#[test]
fn names_are_found_across_languages() {
    let index = index(&ENGLISH, &FRENCH);
    assert_eq!(found(&index, "Who met in Grenoble?")[0], key(1, 1));
}

#[test]
fn phrases_in_quotes_are_required() {
    let index = index(&ENGLISH, &FRENCH);
    for question in ["\"members of the town\"", "Who are “members of the town” ?"] {
        assert_eq!(found(&index, question), [key(0, 2)], "{question}");
    }
    assert_eq!(found(&index, "« prête des livres »"), [key(1, 2)]);
    assert!(found(&index, "\"town of the members\"").is_empty());
}

#[test]
fn headings_count_less_than_text() {
    let mut index = SearchIndex::new().unwrap();
    let heading = ["Dredging".to_owned()];
    let entries = [
        Entry {
            headings: &heading,
            ..entry("The works took three months.", 0)
        },
        entry("Dredging took three months.", 1),
        entry("Nothing of the kind.", 2),
    ];
    index
        .put_passages(owner(0), [0; 16], Language::English, entries)
        .unwrap();
    assert_eq!(found(&index, "dredging"), [key(0, 1), key(0, 0)]);
}

#[test]
fn a_question_without_matter_finds_nothing() {
    let index = index(&ENGLISH, &FRENCH);
    assert!(found(&index, "What is it?").is_empty());
    assert!(found(&index, "").is_empty());
    assert!(found(&index, "\"\" « » ?! * OR AND (").is_empty());
}

#[test]
fn a_question_in_the_index_language_does_no_harm() {
    let index = index(&ENGLISH, &FRENCH);
    for question in [
        "NEAR(school, 2) stems: ^cost*",
        "a\" OR \"b",
        "school NOT cost",
    ] {
        assert!(!found(&index, question).is_empty() || question.starts_with('a'));
    }
}

#[test]
fn rare_terms_weigh_more_and_unknown_ones_most() {
    let index = index(&ENGLISH, &FRENCH);
    let weight = |text: &str| {
        index
            .weigh(text, Language::English)
            .unwrap()
            .terms
            .remove(0)
    };
    assert!(weight("Mongolia").weight > weight("Grenoble").weight);
    assert!(weight("Grenoble").weight > weight("412,000").weight);
    assert!(!weight("Mongolia").known && weight("Grenoble").known);
    assert_eq!(weight("the").weight, 0.0);
}

#[test]
fn a_document_put_again_is_what_it_was_put_as_last() {
    let mut index = index(&ENGLISH, &FRENCH);
    put(&mut index, 0, Language::English, &["A crane lifts stone."]);
    assert!(
        found(&index, "renovation school")
            .iter()
            .all(|hit| hit.owner == owner(1))
    );
    assert_eq!(found(&index, "crane"), [key(0, 0)]);
}

#[test]
fn only_wanted_documents_are_searched() {
    let index = index(&ENGLISH, &FRENCH);
    let hits = index
        .search("412000", None, 10, |other| other == owner(1))
        .unwrap();
    let keys: Vec<_> = hits.iter().map(|hit| hit.key).collect();
    assert_eq!(keys, [key(1, 0)]);
    assert!(
        index
            .search("412000", None, 10, |_| false)
            .unwrap()
            .is_empty()
    );
}
