//! Weighs the terms of a text by how few passages hold them.

use crate::{
    language::Language,
    words::{self, Term, TokenKind},
};

use super::{SearchFailed, SearchIndex};

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

impl SearchIndex {
    /// Weighs the terms of a text by how few passages hold them.
    pub fn weigh(&self, text: &str, language: Language) -> Result<Weighed, SearchFailed> {
        let terms = words::terms(text, language)
            .into_iter()
            .map(|term| {
                let forms = forms(&term, language);
                let mut frequency = 0;
                for form in &forms {
                    frequency = frequency.max(self.passages.text.count(form)?);
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

    /// The weight of a word that no passage holds.
    pub fn unknown_weight(&self) -> f32 {
        self.idf_of(0)
    }

    /// The inverse document frequency by BM25's formula, which stays above 0 and is highest for what no
    /// passage holds.
    fn idf_of(&self, frequency: u32) -> f32 {
        let passages = self.passages.rows.used() as f32;
        let frequency = frequency as f32;
        (1.0 + ((passages - frequency).max(0.0) + 0.5) / (frequency + 0.5)).ln()
    }
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
