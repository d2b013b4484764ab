//! Finds passages by their words: an FTS5 index in a SQLite database that lives in memory only.
//!
//! A passage is indexed under the stems of its own language; a question is stemmed in every language,
//! so that names and numbers are found across languages. The index keeps no text (it is contentless):
//! it answers with keys. Search by meaning is deliberately absent: [`SearchIndex::search`] gives a
//! ranking that another ranking can be fused with.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    language::Language,
    words::{self, Term, TokenKind},
};

/// Names a passage. The numbers are the caller's own and are given back as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassageKey {
    /// Which document, by its place in the caller's list.
    pub document: u32,
    /// Which page, counted from 1.
    pub page: u32,
    /// Which passage of the page, counted from 0.
    pub passage: u32,
}

/// A passage to index.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What a hit names it by.
    pub key: PassageKey,
    /// Its text.
    pub text: &'a str,
    /// The headings that it stands under: searched too, at a lower weight.
    pub headings: &'a [String],
}

/// A passage that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which passage.
    pub key: PassageKey,
    /// BM25; the higher the better, and only comparable within one search.
    pub score: f32,
}

/// A term with how telling it is among the documents indexed.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedTerm {
    /// The term.
    pub term: Term,
    /// The forms under which a passage in any language may hold it.
    pub forms: Vec<String>,
    /// Its inverse document frequency, at least 0; 0 for a stop word.
    pub weight: f32,
    /// Whether any passage holds it.
    pub known: bool,
}

/// A question or a sentence of an answer, with the weights of its terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The language that it was read in.
    pub language: Language,
    /// Its terms in order; stop words are kept, at weight 0.
    pub terms: Vec<WeightedTerm>,
}

impl Weighed {
    /// Whether it speaks of anything but itself: "What is this document about?" does not.
    pub fn has_matter(&self) -> bool {
        self.terms
            .iter()
            .any(|weighted| !weighted.term.stop && !weighted.term.filler)
    }
}

/// The index could not be read or written: SQLite ran out of memory or is broken.
#[derive(Debug, thiserror::Error)]
#[error("the search index failed: {0}")]
pub struct SearchFailed(#[from] rusqlite::Error);

/// The search index of the documents at hand.
#[derive(Debug)]
pub struct SearchIndex {
    connection: Connection,
    /// What each row of the index stands for.
    keys: HashMap<i64, PassageKey>,
    /// The next row's id: none is used twice.
    next_row: i64,
}

impl SearchIndex {
    /// Makes an empty index.
    pub fn new() -> Result<SearchIndex, SearchFailed> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(SearchIndex {
            connection,
            keys: HashMap::new(),
            next_row: 1,
        })
    }

    /// Adds the passages of a document in `language`, all or none.
    pub fn add<'a>(
        &mut self,
        language: Language,
        entries: impl IntoIterator<Item = Entry<'a>>,
    ) -> Result<(), SearchFailed> {
        let mut rows = Vec::new();
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO passages (rowid, stems, raw, headings) VALUES (?, ?, ?, ?)",
            )?;
            for (row, entry) in (self.next_row..).zip(entries) {
                let terms = words::terms(entry.text, language);
                let headings = words::terms(&entry.headings.join("\n"), language);
                insert.execute(params![row, stems(&terms), raw(&terms), stems(&headings)])?;
                rows.push((row, entry.key));
            }
        }
        transaction.commit()?;
        self.next_row += rows.len() as i64;
        self.keys.extend(rows);
        Ok(())
    }

    /// The best of the `wanted` passages for a question, best first, at most `limit`.
    ///
    /// Any of the question's words may match, but every phrase in quotes (`"…"`, `“…”`, `« … »`) must.
    /// A question of function words alone ("What is it about?") finds nothing.
    pub fn search(
        &self,
        question: &str,
        limit: usize,
        wanted: impl Fn(PassageKey) -> bool,
    ) -> Result<Vec<Hit>, SearchFailed> {
        let Some(query) = query(question) else {
            return Ok(Vec::new());
        };
        let mut select = self.connection.prepare_cached(
            "SELECT rowid, bm25(passages, 1.0, 0.0, 0.4) AS rank FROM passages
             WHERE passages MATCH ? ORDER BY rank, rowid",
        )?;
        let mut rows = select.query([query])?;
        let mut hits = Vec::new();
        while hits.len() < limit
            && let Some(row) = rows.next()?
        {
            let key = self.keys.get(&row.get(0)?).copied();
            // SQLite's ranks are negative so that the best come first.
            let score = -row.get::<_, f64>(1)? as f32;
            hits.extend(key.filter(|&key| wanted(key)).map(|key| Hit { key, score }));
        }
        Ok(hits)
    }

    /// Weighs the terms of a text by how few passages hold them.
    pub fn weigh(&self, text: &str, language: Language) -> Result<Weighed, SearchFailed> {
        let terms = words::terms(text, language)
            .into_iter()
            .map(|term| {
                let forms = forms(&term, language);
                let mut frequency = 0;
                for form in &forms {
                    frequency = frequency.max(self.document_frequency(form)?);
                }
                let weight = if term.stop {
                    0.0
                } else {
                    self.idf_of(frequency)
                };
                Ok(WeightedTerm {
                    term,
                    forms,
                    weight,
                    known: frequency > 0,
                })
            })
            .collect::<Result<_, SearchFailed>>()?;
        Ok(Weighed { language, terms })
    }

    /// The inverse document frequency by BM25's formula, which stays above 0 and is highest for what no
    /// passage holds.
    fn idf_of(&self, frequency: u32) -> f32 {
        let passages = self.keys.len() as f32;
        let frequency = frequency as f32;
        (1.0 + ((passages - frequency).max(0.0) + 0.5) / (frequency + 0.5)).ln()
    }

    /// How many passages hold a form, in their text or headings.
    fn document_frequency(&self, form: &str) -> Result<u32, SearchFailed> {
        let mut select = self
            .connection
            .prepare_cached("SELECT doc FROM vocabulary WHERE term = ?")?;
        Ok(select
            .query_row([form], |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }
}

/// `raw` serves phrases and has no weight of its own. The tokenizer only parts at the spaces that we
/// put: the signs are those that our own tokens hold.
const SCHEMA: &str = "
    PRAGMA temp_store = MEMORY;
    CREATE VIRTUAL TABLE passages USING fts5(
        stems, raw, headings,
        content = '', contentless_delete = 1,
        tokenize = \"unicode61 remove_diacritics 0 tokenchars '.,/-:_%'\"
    );
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab(passages, row);
";

/// Everything that a passage's terms are found by, parted by spaces.
fn stems(terms: &[Term]) -> String {
    let mut stems = String::new();
    for term in terms.iter().filter(|term| !term.stop) {
        for form in names(term) {
            stems.push_str(form);
            stems.push(' ');
        }
    }
    stems
}

/// The stem of a term and the shorter names that it answers to: `12%` is also `12`.
pub(crate) fn names(term: &Term) -> impl Iterator<Item = &str> {
    let bare = term.stem.strip_suffix('%');
    [term.stem.as_str()]
        .into_iter()
        .chain(bare)
        .chain(words::parts(&term.token))
}

fn raw(terms: &[Term]) -> String {
    let folded: Vec<_> = terms
        .iter()
        .map(|term| term.token.folded.as_str())
        .collect();
    folded.join(" ")
}

/// A term's stems in every language and its folded form, each once.
fn forms(term: &Term, language: Language) -> Vec<String> {
    let mut forms = vec![term.stem.clone()];
    if term.token.kind == TokenKind::Word {
        for other in Language::ALL.into_iter().filter(|&other| other != language) {
            forms.push(words::stem(&term.token, other));
        }
        forms.push(term.token.folded.clone());
        forms.sort();
        forms.dedup();
    }
    forms
}

/// The question in FTS5's language, or `None` if it has nothing to search for.
fn query(question: &str) -> Option<String> {
    let mut conditions: Vec<String> = phrases(question)
        .into_iter()
        .filter_map(|phrase| {
            let folded: Vec<_> = words::tokens(phrase)
                .into_iter()
                .map(|token| token.folded)
                .collect();
            (!folded.is_empty()).then(|| format!("(raw : {})", quoted(&folded.join(" "))))
        })
        .collect();
    let asked = Language::of(question);
    let mut any: Vec<String> = Language::ALL
        .into_iter()
        .flat_map(|language| {
            words::terms(question, language)
                .into_iter()
                .filter(move |term| match asked {
                    Some(asked) => {
                        term.token.kind != TokenKind::Word || !asked.role(&term.token.folded).stop
                    }
                    None => !term.stop,
                })
        })
        .flat_map(|term| names(&term).map(quoted).collect::<Vec<_>>())
        .collect();
    any.sort();
    any.dedup();
    if !any.is_empty() {
        conditions.push(format!("({{stems headings}} : ({}))", any.join(" OR ")));
    }
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}

/// A string of FTS5's query language. Our tokens hold no quote.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// What a question puts in quotes.
fn phrases(question: &str) -> Vec<&str> {
    const QUOTES: [(char, char); 3] = [('"', '"'), ('“', '”'), ('«', '»')];
    let mut phrases = Vec::new();
    let mut rest = question;
    while let Some(at) = rest.find(|c| QUOTES.iter().any(|(open, _)| *open == c)) {
        let open = rest[at..]
            .chars()
            .next()
            .expect("a character was found at this place");
        let inside = &rest[at + open.len_utf8()..];
        let close = QUOTES
            .iter()
            .find_map(|(first, last)| (*first == open).then_some(*last))
            .expect("the character found is one of the opening quotes");
        let Some(length) = inside.find(close) else {
            break;
        };
        phrases.push(&inside[..length]);
        rest = &inside[length + close.len_utf8()..];
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(document: u32, passage: u32) -> PassageKey {
        PassageKey {
            document,
            page: 1,
            passage,
        }
    }

    /// An index of one document a language, a passage a text.
    fn index(english: &[&str], french: &[&str]) -> SearchIndex {
        let mut index = SearchIndex::new().unwrap();
        for (document, language, texts) in [
            (0, Language::English, english),
            (1, Language::French, french),
        ] {
            index
                .add(
                    language,
                    texts.iter().zip(0..).map(|(text, passage)| Entry {
                        key: key(document, passage),
                        text,
                        headings: &[],
                    }),
                )
                .unwrap();
        }
        index
    }

    fn found(index: &SearchIndex, question: &str) -> Vec<PassageKey> {
        index
            .search(question, 10, |_| true)
            .unwrap()
            .into_iter()
            .map(|hit| hit.key)
            .collect()
    }

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
            ("The works took three months.", &heading[..]),
            ("Dredging took three months.", &[]),
            ("Nothing of the kind.", &[]),
        ];
        index
            .add(
                Language::English,
                entries
                    .iter()
                    .zip(0..)
                    .map(|((text, headings), passage)| Entry {
                        key: key(0, passage),
                        text,
                        headings,
                    }),
            )
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
}
