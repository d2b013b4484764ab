//! Whether documents may answer a question, told before any model is asked: a model that is given passages beside the matter
//! writes an answer all the same.

use crate::facts::Facts;
use crate::search::Weighed;
use crate::support::{Candidate, relevance};
use crate::words::{self, TokenKind};

/// Below this [`relevance`] of the best passage a question is refused, unless a passage is near in meaning.
///
/// Chosen on the half of `tests/answers` for that (86 answerable questions, 12 that the document does not answer), with
/// [`NEAR`] and [`RARE`]; on the other half (85 and 11) 0.64 of the unanswerable are refused and 0.05 of the answerable, on its own
/// half 0.50 and 0.07. Which kinds of amounts a question asks for was chosen in sight of both halves. The sets' unanswerable
/// questions are about the documents' own matters, and most paraphrases share no more words and are no nearer: refusing
/// 0.83 would refuse 0.4 of what the documents answer.
const BESIDE: f32 = 0.15;

/// The same where no vectors are at hand.
const BESIDE_BY_WORDS: f32 = 0.17;

/// The cosine from which a passage may answer though it shares no words. Cosines tell answerable questions little better than
/// chance from those that are about the same matter.
const NEAR: f32 = 0.25;

/// A question of few words is refused where the passages lack one that is nearly as rare as one that no document
/// holds: as a share of that weight.
const RARE: f32 = 0.8;
const FEW_WORDS: usize = 3;
/// And where no passage speaks of this share of the question besides.
const HALF: f32 = 0.5;

/// Below this [`relevance`] of the best passage what the model writes decides: a question is refused too where no passage bears any of
/// it out. Most questions that `samples/questions.json` has answers to are above it.
const DOUBTFUL: f32 = 0.45;

/// Whether documents answer a question, as far as that is told before a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// They do not speak of it.
    None,
    /// They may, if a passage bears out what the model writes.
    Doubtful,
    /// They speak of it.
    Good,
}

/// What the passages that were found for a question are, as far as this is about them.
pub(crate) struct Found<'a> {
    pub passages: &'a [(Candidate, &'a str)],
    /// The cosine of the nearest passage, where vectors are at hand.
    pub nearness: Option<f32>,
    /// The weight of a word that no passage of any document holds.
    pub unknown_weight: f32,
}

/// Whether the passages found for a question answer it.
pub(crate) fn outlook(text: &str, question: &Weighed, found: &Found<'_>) -> Outlook {
    if found.passages.is_empty() {
        return Outlook::None;
    }
    if Wanted::by(text).is_some_and(|wanted| !found.passages.iter().any(|it| wanted.is_in(it))) {
        return Outlook::None;
    }
    let candidates = || found.passages.iter().map(|(candidate, _)| candidate);
    // Across languages words cannot tell: what was found there was found by meaning, or by a name or number.
    if !candidates().any(|candidate| candidate.is_in(question.language)) {
        return Outlook::Good;
    }
    let best = candidates()
        .filter(|candidate| candidate.is_in(question.language))
        .filter_map(|candidate| relevance(question, candidate))
        .fold(0.0, f32::max);
    let is_beside = match found.nearness {
        Some(nearness) => best < BESIDE && nearness < NEAR,
        None => best < BESIDE_BY_WORDS,
    };
    let own: Vec<_> = (question.terms.iter())
        .filter(|weighted| !weighted.term.stop && !weighted.term.filler)
        .collect();
    let lacks_rare = own.iter().any(|weighted| {
        weighted.weight >= RARE * found.unknown_weight
            && !candidates().any(|it| it.speaks_of(weighted))
    });
    if is_beside || own.len() <= FEW_WORDS && best < HALF && lacks_rare {
        return Outlook::None;
    }
    match best < DOUBTFUL {
        true => Outlook::Doubtful,
        false => Outlook::Good,
    }
}

/// A kind of amount that answers a question, if anything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Money,
    Memory,
}

const MONEY: &str = "fee fees price prices cost costs salary salaries prix tarif tarifs cout couts coute coutent coutait \
                     cotisation cotisations salaire salaires";
/// "Free" alone is said of software.
const FREE_OF_CHARGE: &str = "free of charge";
const FREE: &str = "gratuit gratuite gratuits gratuites gratuitement";
const MEMORY: &str = "memory ram memoire disk disque";
const HOW_MUCH: &str = "much combien";

impl Wanted {
    /// What a question asks for.
    fn by(question: &str) -> Option<Wanted> {
        if holds(question, MONEY) {
            return Some(Wanted::Money);
        }
        (holds(question, HOW_MUCH) && holds(question, MEMORY)).then_some(Wanted::Memory)
    }

    /// Whether a passage has such an amount.
    fn is_in(self, (candidate, text): &(Candidate, &str)) -> bool {
        let facts = candidate.facts();
        match self {
            Wanted::Memory => facts.have_memory(),
            // The cells of a table have no currency, and a column that says that they are prices.
            Wanted::Money => {
                facts.have_money()
                    || holds(text, FREE)
                    || text.to_lowercase().contains(FREE_OF_CHARGE)
                    || text.contains('\t') && holds(text, MONEY) && facts.have_amounts()
            }
        }
    }
}

fn holds(text: &str, list: &str) -> bool {
    words::tokens(text).iter().any(|token| {
        token.kind == TokenKind::Word && list.split_whitespace().any(|word| word == token.folded)
    })
}

impl Facts {
    fn have_memory(&self) -> bool {
        self.units()
            .any(|unit| matches!(unit, Some("byte" | "kb" | "mb" | "gb" | "tb")))
    }

    fn have_money(&self) -> bool {
        self.units()
            .any(|unit| unit.is_some_and(crate::facts::is_currency))
    }

    fn have_amounts(&self) -> bool {
        self.units().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::search::{Entry, SearchIndex};

    const TEXTS: [&str; 4] = [
        "The renovation of the school was planned by the town in a long meeting.",
        "The choir of the town sings in summer, and travels by coach.",
        "Books are lent by the library to members of the town.",
        "The school opens at eight in the morning.",
    ];

    fn answers(texts: &[&str], question: &str, nearness: Option<f32>) -> bool {
        let mut index = SearchIndex::new().unwrap();
        let entries = texts.iter().zip(0..).map(|(text, passage)| Entry {
            page: 1,
            passage,
            text,
            headings: &[],
            vectors: &[],
        });
        let english = Language::English;
        index
            .put_passages([0; 16], [0; 16], english, entries)
            .unwrap();
        let language = Language::of(question).unwrap_or(english);
        let weighed = index.weigh(question, language).unwrap();
        let passages: Vec<_> = texts
            .iter()
            .map(|text| (Candidate::passage(text, &[], english), *text))
            .collect();
        let found = Found {
            passages: &passages,
            nearness,
            unknown_weight: index.unknown_weight(),
        };
        outlook(question, &weighed, &found) != Outlook::None
    }

    #[test]
    fn a_question_on_something_else_is_refused() {
        for question in [
            "What is the capital of Mongolia?",
            "Who wrote the Iliad?",
            "Which tyres fit an old bicycle with narrow wheels?",
        ] {
            assert!(!answers(&TEXTS, question, None), "{question}");
            assert!(!answers(&TEXTS, question, Some(0.1)), "{question}");
        }
        assert!(!answers(&[], "When does the school open?", None));
    }

    #[test]
    fn a_question_in_other_words_is_not_refused_where_a_passage_is_near_in_meaning() {
        let paraphrase =
            "Which vehicle carries these vocal performers across neighbouring regions?";
        assert!(answers(&TEXTS, paraphrase, Some(0.4)));
        assert!(!answers(&TEXTS, paraphrase, Some(0.1)));
        assert!(answers(&TEXTS, "When does the school open?", None));
        assert!(
            answers(&TEXTS, "Quand ouvre l'école ?", None),
            "another language"
        );
    }

    #[test]
    fn who_asks_for_a_price_is_answered_by_a_price_alone() {
        let question = "What did the renovation of the school cost the town?";
        assert!(!answers(&TEXTS, question, Some(0.9)));
        for priced in [
            "The renovation of the school took €412,000 out of the town's purse.",
            "Works\tCost\nRenovation of the school\t412,000",
            "The renovation of the school was free of charge for the town.",
        ] {
            assert!(answers(&[priced], question, Some(0.9)), "{priced}");
        }
        let memory = "How much memory does the program need?";
        assert!(!answers(&["The program needs memory."], memory, Some(0.9)));
        assert!(answers(
            &["The program needs 512 MB of memory."],
            memory,
            Some(0.9)
        ));
    }
}
