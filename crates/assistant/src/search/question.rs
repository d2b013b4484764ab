//! A question in the index's terms, and the steps in which they are looked up.
//!
//! In an ordinary library the one step is all terms at once. But BM25 takes its time over every line that
//! holds any of them, and of a million lines a common word is in hundreds of thousands. So where there are
//! more lines than [`Bounds`] has for a search, and the terms are in too many of them:
//!
//! 1. The most common terms are left out, as long as rarer ones are there.
//! 2. Only lines are ranked that hold one of the rarest terms; what else they hold counts in the ranking.
//! 3. Where even the rarest is too common, lines are ranked that hold the rarest two, or more, together; and
//!    if those are too few, the newest lines that hold the rarest.
//!
//! A question with a phrase in quotes is looked up in full: what it requires must not be missed.

use crate::{
    language::Language,
    words::{self, Term, TokenKind},
};

use super::{line::names, rows::Within};

/// What a question asks the index for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// What stands in quotes, folded: a line must hold each.
    phrases: Vec<String>,
    /// For each of its terms the forms under which a line may hold it.
    terms: Vec<Vec<String>>,
}

/// One look-up: a query in FTS5's language, and among which lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// The query.
    pub query: String,
    /// Which part of the lines it is looked up in, counted from the newest; 1 for all.
    pub newest: f64,
}

/// How much work a search may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How many lines it may rank.
    pub ranked: f64,
    /// How many entries of terms it may read, each a line that holds a term.
    pub read: f64,
}

impl Question {
    /// Reads a question; `None` if it has nothing to search for.
    ///
    /// Any of its words may match, but every phrase in quotes (`"…"`, `“…”`, `« … »`) must. It is stemmed in
    /// every language, so that names and numbers are found across languages.
    pub fn read(text: &str) -> Option<Question> {
        let folded = |phrase| {
            let tokens = words::tokens(phrase).into_iter();
            let folded: Vec<_> = tokens.map(|token| token.folded).collect();
            folded.join(" ")
        };
        let mut phrases: Vec<_> = phrases(text).into_iter().map(folded).collect();
        phrases.retain(|phrase| !phrase.is_empty());
        let asked = Language::of(text);
        let is_searched = |term: &Term| match asked {
            Some(asked) => {
                term.token.kind != TokenKind::Word || !asked.role(&term.token.folded).stop
            }
            None => !term.stop,
        };
        // The tokens of a text are the same in every language.
        let mut terms = vec![Vec::new(); words::tokens(text).len()];
        for language in Language::ALL {
            for (forms, term) in terms.iter_mut().zip(words::terms(text, language)) {
                if is_searched(&term) {
                    forms.extend(names(&term).map(str::to_owned));
                }
            }
        }
        for forms in &mut terms {
            forms.sort();
            forms.dedup();
        }
        terms.retain(|forms| !forms.is_empty());
        terms.sort();
        terms.dedup();
        (!phrases.is_empty() || !terms.is_empty()).then_some(Question { phrases, terms })
    }

    /// Whether a line must hold anything to the letter.
    pub fn has_phrases(&self) -> bool {
        !self.phrases.is_empty()
    }

    /// The steps in which it is looked up `within` some lines, each of use only where those before found too
    /// little. `count` tells how many of all lines hold a form.
    pub fn steps<E>(
        &self,
        within: &Within,
        bounds: Bounds,
        count: impl Fn(&str) -> Result<u32, E>,
    ) -> Result<Vec<Step>, E> {
        let (lines, share) = (f64::from(within.of()), within.share());
        if self.has_phrases() || lines <= bounds.ranked {
            return Ok(vec![Step::all(self.whole())]);
        }
        let mut terms = Vec::new();
        for forms in &self.terms {
            let mut entries = 0.0;
            for form in forms {
                entries += f64::from(count(form)?);
            }
            // What no line holds is no help.
            if entries > 0.0 {
                terms.push((entries, forms.as_slice()));
            }
        }
        terms.sort_by(|(a, _), (b, _): &Counted<'_>| a.total_cmp(b));
        let read = first_within(bounds.read, &terms).max(1).min(terms.len());
        let ranked = match lines * share > bounds.ranked {
            true => first_within(bounds.ranked / share, &terms[..read]),
            false => read,
        };
        let (rare, common) = terms.split_at(ranked);
        if common.is_empty() {
            return Ok(vec![Step::all(self.whole())]);
        }
        let mut steps = Vec::new();
        if !rare.is_empty() {
            let weigh = &common[..read - rare.len()];
            steps.push(Step::all(with_one_of(rare, weigh)));
        }
        // How many times the lines that may be ranked.
        let times = |lines: f64| lines * share / bounds.ranked;
        let mut together = common[0].0;
        let mut required = 1;
        while times(together) > 1.0 && required < common.len() {
            // As if holding one term said nothing about holding another.
            together *= common[required].0 / lines;
            required += 1;
        }
        if required > 1 {
            steps.push(Step {
                query: all_of(&common[..required]),
                newest: 1.0 / times(together).max(1.0),
            });
        }
        steps.push(Step {
            query: all_of(&common[..1]),
            newest: 1.0 / times(common[0].0).max(1.0),
        });
        Ok(steps)
    }

    /// The query for all of it.
    fn whole(&self) -> String {
        let phrases = self.phrases.iter();
        let mut conditions: Vec<_> = phrases
            .map(|phrase| format!("(raw : {})", quoted(phrase)))
            .collect();
        if !self.terms.is_empty() {
            conditions.push(any_of(self.terms.iter().flatten()));
        }
        conditions.join(" AND ")
    }
}

impl Step {
    fn all(query: String) -> Step {
        Step { query, newest: 1.0 }
    }
}

/// A term: how many entries its forms have together, and the forms.
type Counted<'a> = (f64, &'a [String]);

/// How many of the first terms have no more than `bound` entries together.
fn first_within(bound: f64, terms: &[Counted<'_>]) -> usize {
    let mut total = 0.0;
    terms
        .iter()
        .take_while(|(entries, _)| {
            total += entries;
            total <= bound
        })
        .count()
}

/// The query for lines that hold any of these forms, each counted once.
fn any_of<'a>(forms: impl IntoIterator<Item = &'a String>) -> String {
    let mut forms: Vec<_> = forms.into_iter().map(|form| quoted(form)).collect();
    forms.sort();
    forms.dedup();
    format!("({{stems headings}} : ({}))", forms.join(" OR "))
}

/// The query for lines that hold each of these terms.
fn all_of(terms: &[Counted<'_>]) -> String {
    let terms: Vec<_> = terms.iter().map(|(_, forms)| any_of(*forms)).collect();
    terms.join(" AND ")
}

/// The query for lines that hold one of the rare terms, ranked by the others too.
///
/// FTS5 cannot let a term only count, so the rare ones stand in both halves, and weigh double.
fn with_one_of(rare: &[Counted<'_>], others: &[Counted<'_>]) -> String {
    let forms_of = |terms: &[Counted<'_>]| -> Vec<String> {
        terms.iter().flat_map(|(_, forms)| forms.to_vec()).collect()
    };
    let (rare, others) = (forms_of(rare), forms_of(others));
    let required = any_of(&rare);
    if others.is_empty() {
        return required;
    }
    format!("{required} AND {}", any_of(rare.iter().chain(&others)))
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
