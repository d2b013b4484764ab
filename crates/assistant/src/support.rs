//! Whether documents speak of a question, and whether they bear out an answer.
//!
//! All of it compares words: it cannot tell a wrong sentence that is made of the source's own words.
//! What must never pass is a number, a name or a date that the source sentence does not have.

mod unknown;

use std::{collections::HashSet, ops::Range};

use crate::{
    facts::Facts,
    language::Language,
    search::{self, Weighed, WeightedTerm},
    sentences::sentences,
    words::{self, Term, TokenKind},
};

pub(crate) use unknown::unknown_facts;

/// The least share of an answer's weight that the sentence cited for it must hold. Answers repeat the
/// question's words, which a source words otherwise; three in five leaves room for that.
const SUPPORT_THRESHOLD: f32 = 0.6;

/// The same for the words that the answer does not have from the question: they are what it claims.
const CLAIM_THRESHOLD: f32 = 0.6;

/// An answer of fewer telling words than this ("412,000 euros.") occurs by chance: its source must
/// speak of the question too.
const SHORT_ANSWER: usize = 3;

/// The least relevance to the question of the source of a short answer.
const SHORT_ANSWER_RELEVANCE: f32 = 0.3;

/// How many words, a name or number among them, an answer must share with a source in another language.
const FOREIGN_WORDS: usize = 2;

/// How much a term counts that the headings or neighbours of a sentence hold, and not the sentence.
const CONTEXT_SHARE: f32 = 0.5;

/// How much a word counts that speaks about the document rather than the matter.
const FILLER_SHARE: f32 = 0.2;

/// How much more names and numbers count in a question than other words, which have synonyms.
const NAME_FACTOR: f32 = 2.0;

/// How much an ordinary word of a question counts that no document holds: it may have a synonym there.
const UNKNOWN_WORD_SHARE: f32 = 0.5;

/// How much the question and a candidate's brevity count when several candidates hold an answer.
const QUESTION_TIE: f32 = 0.25;
const BREVITY_TIE: f32 = 0.1;

/// A sentence or passage of a source, made ready to be compared many times.
#[derive(Debug, Clone)]
pub struct Candidate {
    language: Language,
    /// Every form of its terms.
    forms: HashSet<String>,
    /// The forms of the terms around it.
    context: HashSet<String>,
    /// The stems that a negation stands before.
    denied: HashSet<String>,
    /// Whether there is a negation at all.
    denies: bool,
    /// Its dates and amounts, and those around it.
    facts: Facts,
    context_facts: Facts,
    /// The words that have a capital within a sentence: names.
    names: HashSet<String>,
    /// The cells of a table row lack the units that stand in its head.
    row: bool,
    /// How many terms it has, stop words aside.
    length: usize,
}

impl Candidate {
    /// Reads a passage whole, for [`relevance`].
    pub fn passage(text: &str, headings: &[String], language: Language) -> Candidate {
        Candidate::new(text, &headings.join("\n"), language)
    }

    /// Reads the sentences of a passage, for [`standing`], each with its byte range in `text`. A
    /// sentence is understood with its headings and the sentence before it, a table row with the first
    /// row of its table and not with its neighbours, whose figures are not its own.
    pub fn sentences(
        text: &str,
        headings: &[String],
        language: Language,
    ) -> Vec<(Range<usize>, Candidate)> {
        let headings = headings.join("\n");
        let mut before: Option<&str> = None;
        sentences(text)
            .into_iter()
            .map(|range| {
                let sentence = &text[range.clone()];
                let in_table =
                    sentence.contains('\t') && before.is_some_and(|it| it.contains('\t'));
                let context = format!("{headings}\n{}", before.unwrap_or_default());
                if !in_table {
                    before = Some(sentence);
                }
                (range, Candidate::new(sentence, &context, language))
            })
            .collect()
    }

    fn new(text: &str, context: &str, language: Language) -> Candidate {
        let mut forms = HashSet::new();
        let mut denied = HashSet::new();
        let mut denies = false;
        let mut pending = false;
        let mut length = 0;
        let mut names = HashSet::new();
        for (place, term) in words::terms(text, language).into_iter().enumerate() {
            if place > 0 && term.token.capital && term.token.kind == TokenKind::Word {
                names.insert(term.token.folded.clone());
            }
            if term.negation {
                denies = true;
                pending = true;
            }
            if term.stop {
                continue;
            }
            length += 1;
            if std::mem::take(&mut pending) {
                denied.insert(term.stem.clone());
            }
            forms.extend(search::names(&term).map(str::to_owned));
            forms.insert(term.token.folded);
        }
        let context_facts = Facts::of(context, language);
        let context = words::terms(context, language)
            .into_iter()
            .filter(|term| !term.stop)
            .flat_map(|term| [term.stem, term.token.folded])
            .collect();
        Candidate {
            language,
            forms,
            context,
            denied,
            denies,
            facts: Facts::of(text, language),
            context_facts,
            names,
            row: text.contains('\t'),
            length,
        }
    }

    /// Whether it is in this language.
    pub fn is_in(&self, language: Language) -> bool {
        self.language == language
    }

    /// Whether a word of a question is in it or around it.
    pub fn speaks_of(&self, term: &WeightedTerm) -> bool {
        self.holds(term) || self.is_about(term)
    }

    /// Its dates and amounts.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn holds(&self, term: &WeightedTerm) -> bool {
        if term.forms.iter().any(|form| self.forms.contains(form)) {
            return true;
        }
        let folded = &term.term.token.folded;
        match term.term.token.kind {
            TokenKind::Word => false,
            TokenKind::Number => {
                let bare = folded.strip_suffix('%');
                self.row && bare.is_some_and(|bare| self.forms.contains(bare))
            }
            // "COVID-19" may be written "COVID 19"; the digits of a date alone are not the date.
            TokenKind::Identifier => {
                let mut parts = words::parts(&term.term.token).peekable();
                folded.contains(char::is_alphabetic)
                    && parts.peek().is_some()
                    && parts.all(|part| self.forms.contains(part))
            }
        }
    }

    fn is_about(&self, term: &WeightedTerm) -> bool {
        term.forms.iter().any(|form| self.context.contains(form))
    }

    /// Whether a negation stands before one of the terms.
    fn denies_any(&self, terms: &[Telling<'_>]) -> bool {
        terms.iter().any(|telling| {
            telling
                .weighted
                .forms
                .iter()
                .any(|form| self.denied.contains(form))
        })
    }
}

/// How far the documents bear out one sentence of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// A candidate holds what the sentence says.
    Supported {
        /// The best candidate, by its place in the list.
        candidate: usize,
        /// The share of the sentence's weight that it holds, up to 1.
        score: f32,
    },
    /// The sentence claims something that no candidate holds.
    Unsupported,
    /// The sentence claims nothing: "Yes.", "Here is the answer."
    Filler,
}

/// How much of a question a passage speaks of, from 0 to 1, names and numbers above all.
///
/// `None` if words cannot tell: the question has no matter of its own ("What is it about?"), or it is in
/// another language than the passage and shares neither word, name nor number with any document.
pub fn relevance(question: &Weighed, passage: &Candidate) -> Option<f32> {
    let foreign = question.language != passage.language;
    let mut total = 0.0;
    let mut held = 0.0;
    for telling in telling(question) {
        let holds = passage.holds(telling.weighted) || passage.is_about(telling.weighted);
        // Another language has another word for it.
        if foreign && !holds && !telling.required {
            continue;
        }
        let factor = match telling.required {
            true => NAME_FACTOR,
            false if telling.weighted.known => 1.0,
            false => UNKNOWN_WORD_SHARE,
        };
        total += factor * telling.weight;
        if holds {
            held += factor * telling.weight;
        }
    }
    (total > 0.0).then(|| held / total)
}

/// Which candidate, if any, bears out a sentence of the answer to `question`. `text` is what `sentence` was weighed of.
pub fn standing<'a>(
    text: &str,
    sentence: &Weighed,
    question: &Weighed,
    candidates: impl IntoIterator<Item = &'a Candidate>,
) -> Standing {
    let candidates: Vec<&Candidate> = candidates.into_iter().collect();
    let facts = Facts::of(text, sentence.language);
    let mut claims = telling(sentence);
    // The first word of a sentence is a name where no document knows it, or another sentence has it as one.
    if let Some(first) = claims.first_mut()
        && first.weighted.term.token.capital
        && !first.filler
    {
        let folded = &first.weighted.term.token.folded;
        let is_name = |candidate: &&Candidate| candidate.names.contains(folded);
        first.required |= !first.weighted.known || candidates.iter().any(is_name);
    }
    if claims.iter().all(|telling| telling.filler) {
        return Standing::Filler;
    }
    let asked: HashSet<&str> = telling(question)
        .iter()
        .map(|telling| telling.weighted.term.stem.as_str())
        .collect();
    let mut best: Option<(usize, f32, f32)> = None;
    for (index, candidate) in candidates.into_iter().enumerate() {
        let Some(share) = share(sentence, &claims, &facts, &asked, candidate) else {
            continue;
        };
        let about = relevance(question, candidate);
        let short = claims.len() < SHORT_ANSWER;
        if short && about.is_some_and(|about| about < SHORT_ANSWER_RELEVANCE) {
            continue;
        }
        let held = claims
            .iter()
            .filter(|telling| candidate.holds(telling.weighted))
            .count();
        let brevity = held as f32 / candidate.length.max(1) as f32;
        let rank =
            share + QUESTION_TIE * about.unwrap_or_default() + BREVITY_TIE * brevity.min(1.0);
        if best.is_none_or(|(_, _, highest)| rank > highest) {
            best = Some((index, share, rank));
        }
    }
    match best {
        Some((candidate, score, _)) => Standing::Supported { candidate, score },
        None => Standing::Unsupported,
    }
}

/// The share of an answer's weight that a candidate holds, or `None` if it does not bear it out.
fn share(
    sentence: &Weighed,
    claims: &[Telling<'_>],
    facts_claimed: &Facts,
    asked: &HashSet<&str>,
    candidate: &Candidate,
) -> Option<f32> {
    let denies = sentence.terms.iter().any(|weighted| weighted.term.negation);
    if denies && !candidate.denies || !denies && candidate.denies_any(claims) {
        return None;
    }
    let (mut total, mut held) = (0.0, 0.0);
    let (mut own, mut own_held) = (0.0, 0.0);
    let (mut words, mut facts) = (0, 0);
    for telling in claims {
        let weighted = telling.weighted;
        let is_asked = asked.contains(weighted.term.stem.as_str());
        let fact = facts_claimed.at(&weighted.term.token.range);
        let stated =
            fact.map(|fact| (candidate.facts).state(fact, &candidate.context_facts, candidate.row));
        // A fact that is asked about may stand in a heading: "in 2024".
        let around = fact.is_none_or(|fact| {
            candidate
                .context_facts
                .state(fact, &candidate.context_facts, true)
        });
        let share = if stated.unwrap_or_else(|| candidate.holds(weighted)) {
            words += usize::from(!telling.filler);
            facts += usize::from(telling.required);
            1.0
        } else if around
            && (fact.is_some() || candidate.is_about(weighted))
            && (is_asked || fact.is_none() && !telling.is_exact())
        {
            CONTEXT_SHARE
        } else if telling.required {
            return None;
        } else {
            0.0
        };
        total += telling.weight;
        held += share * telling.weight;
        if !is_asked {
            own += telling.weight;
            own_held += share * telling.weight;
        }
    }
    let enough = if sentence.language == candidate.language {
        words > 0 && held >= SUPPORT_THRESHOLD * total && own_held >= CLAIM_THRESHOLD * own
    } else {
        // Across languages only names and numbers are the same words.
        facts > 0 && words >= FOREIGN_WORDS
    };
    (enough && total > 0.0).then(|| held / total)
}

/// A term that says something.
struct Telling<'a> {
    weighted: &'a WeightedTerm,
    weight: f32,
    /// A number, an identifier, a name or a month: what must not be mistaken.
    required: bool,
    filler: bool,
}

impl Telling<'_> {
    fn is_exact(&self) -> bool {
        self.weighted.term.token.kind != TokenKind::Word
    }
}

fn telling(text: &Weighed) -> Vec<Telling<'_>> {
    text.terms
        .iter()
        .enumerate()
        .filter(|(_, weighted)| !weighted.term.stop)
        .map(|(index, weighted)| {
            let Term { token, filler, .. } = &weighted.term;
            // The first word of a sentence is capitalised whatever it is.
            let name = token.capital && index > 0 || words::is_month(token);
            let exact = token.kind != TokenKind::Word;
            Telling {
                weighted,
                weight: if *filler {
                    FILLER_SHARE * weighted.weight
                } else {
                    weighted.weight
                },
                required: !filler && (exact || name),
                filler: *filler,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Entry, SearchIndex};

    fn index(texts: &[&str], language: Language) -> SearchIndex {
        let mut index = SearchIndex::new().unwrap();
        let entries = texts.iter().zip(0..).map(|(text, passage)| Entry {
            page: 1,
            passage,
            text,
            headings: &[],
            vectors: &[],
        });
        index
            .put_passages([0; 16], [0; 16], language, entries)
            .unwrap();
        index
    }

    const ENGLISH: [&str; 6] = [
        "The renovation of the school cost 412,000 euros, 12% more than planned.",
        "The contract was signed by Jean Martin in Grenoble on 12 March 2024.",
        "The deposit shall not be refunded if the tenant leaves early.",
        "The capital of the company is 50,000 euros.",
        "The library lends books to members of the town.",
        "Meetings are held three times a year.",
    ];
    const FRENCH: [&str; 5] = [
        "La rénovation de l’école a coûté 412 000 €, soit 12 % de plus que prévu.",
        "Le contrat a été signé par Jean Martin à Grenoble le 12 mars 2024.",
        "Le dépôt n’est pas remboursé si le locataire part avant le terme.",
        "Le capital de la société est de 50 000 euros.",
        "La bibliothèque prête des livres aux habitants.",
    ];

    fn stand_in(texts: &[&str], language: Language, question: &str, sentence: &str) -> Standing {
        let index = index(texts, language);
        let candidates: Vec<_> = texts
            .iter()
            .map(|text| Candidate::new(text, "", language))
            .collect();
        let asked = Language::of(question).unwrap_or(language);
        let told = Language::of(sentence).unwrap_or(language);
        standing(
            sentence,
            &index.weigh(sentence, told).unwrap(),
            &index.weigh(question, asked).unwrap(),
            &candidates,
        )
    }

    fn english(question: &str, sentence: &str) -> Option<usize> {
        supported(stand_in(&ENGLISH, Language::English, question, sentence))
    }

    fn french(question: &str, sentence: &str) -> Option<usize> {
        supported(stand_in(&FRENCH, Language::French, question, sentence))
    }

    fn supported(standing: Standing) -> Option<usize> {
        match standing {
            Standing::Supported { candidate, .. } => Some(candidate),
            Standing::Unsupported | Standing::Filler => None,
        }
    }

    const COST: &str = "How much did the renovation cost?";
    const SIGNED: &str = "Who signed the contract?";

    #[test]
    fn an_answer_in_the_words_of_the_source_is_supported() {
        assert_eq!(
            english(COST, "The renovation of the school cost 412 000 euros."),
            Some(0)
        );
        assert_eq!(
            english(COST, "The school renovations cost €412,000."),
            Some(0)
        );
        assert_eq!(english(SIGNED, "It was signed by Jean Martin."), Some(1));
        let cost = "Combien a coûté la rénovation ?";
        assert_eq!(
            french(cost, "La rénovation de l'école a coûté 412.000 euros."),
            Some(0)
        );
        assert_eq!(
            french("Qui a signé le contrat ?", "Jean Martin l’a signé."),
            Some(1)
        );
    }

    #[test]
    fn a_bare_figure_or_name_is_supported_where_the_question_is_met() {
        assert_eq!(english(COST, "412,000 euros."), Some(0));
        assert_eq!(english(SIGNED, "Jean Martin."), Some(1));
        assert_eq!(
            english("What is the capital of the company?", "50,000"),
            Some(3)
        );
        assert_eq!(
            french("Combien a coûté la rénovation ?", "412 000 €."),
            Some(0)
        );
        assert_eq!(english("How many books are lent?", "412,000."), None);
    }

    #[test]
    fn a_wrong_number_name_or_date_is_not_supported() {
        for sentence in [
            "The renovation of the school cost 413,000 euros.",
            "The renovation of the school cost 412,000 euros, 13% more than planned.",
            "The renovation of the school in Lyon cost 412,000 euros.",
            "The renovation of the school cost four euros.",
        ] {
            assert_eq!(english(COST, sentence), None, "{sentence}");
        }
        assert_eq!(
            english(
                SIGNED,
                "The contract was signed by Paul Durand in Grenoble."
            ),
            None
        );
        assert_eq!(
            english(SIGNED, "The contract was signed on 12 May 2024."),
            None
        );
        assert_eq!(
            french(
                "Qui a signé le contrat ?",
                "Le contrat a été signé le 12 mai 2024."
            ),
            None
        );
    }

    #[test]
    fn a_claim_that_only_repeats_the_question_is_not_supported() {
        assert_eq!(
            english(
                "Who pays for the renovation of the school?",
                "The tenants pay for it."
            ),
            None
        );
        assert_eq!(
            english(SIGNED, "The contract was signed by a notary."),
            None
        );
    }

    #[test]
    fn the_opposite_is_not_supported() {
        let deposit = "Is the deposit refunded?";
        assert_eq!(
            english(
                deposit,
                "The deposit is refunded if the tenant leaves early."
            ),
            None
        );
        assert_eq!(
            english(
                deposit,
                "No, the deposit is not refunded if the tenant leaves early."
            ),
            Some(2)
        );
        assert_eq!(
            english(COST, "The renovation did not cost 412,000 euros."),
            None
        );
        let depot = "Le dépôt est-il remboursé ?";
        assert_eq!(
            french(depot, "Le dépôt est remboursé si le locataire part."),
            None
        );
        assert_eq!(
            french(depot, "Le dépôt n'est pas remboursé si le locataire part."),
            Some(2)
        );
    }

    #[test]
    fn a_sentence_that_claims_nothing_is_filler() {
        for sentence in [
            "Yes.",
            "Sure!",
            "Here is the answer.",
            "Oui.",
            "Voici la réponse :",
            "According to the document:",
        ] {
            assert_eq!(
                stand_in(&ENGLISH, Language::English, COST, sentence),
                Standing::Filler,
                "{sentence}"
            );
        }
        assert_eq!(
            stand_in(&ENGLISH, Language::English, COST, "Elephants are grey."),
            Standing::Unsupported
        );
    }

    #[test]
    fn numbers_and_names_are_supported_across_languages() {
        let index = index(&FRENCH, Language::French);
        let candidates: Vec<_> = FRENCH
            .iter()
            .map(|text| Candidate::new(text, "", Language::French))
            .collect();
        let sentence = "12 March 2024, by Jean Martin in Grenoble.";
        let standing = standing(
            sentence,
            &index.weigh(sentence, Language::English).unwrap(),
            &index
                .weigh("Who signed the contract, and when?", Language::English)
                .unwrap(),
            &candidates,
        );
        assert_eq!(supported(standing), Some(1));
    }

    #[test]
    fn a_table_row_is_read_with_its_headings() {
        let table = "Works\tCost in 2024\tShare\nPiling\t99,000\t3\nDredging\t412,000\t12\n";
        let index = index(&[table], Language::English);
        let candidates: Vec<_> = Candidate::sentences(table, &[], Language::English)
            .into_iter()
            .map(|(_, candidate)| candidate)
            .collect();
        let question = index
            .weigh("What did dredging cost in 2024?", Language::English)
            .unwrap();
        let stand = |sentence: &str| {
            supported(standing(
                sentence,
                &index.weigh(sentence, Language::English).unwrap(),
                &question,
                &candidates,
            ))
        };
        assert_eq!(stand("Dredging cost 412,000, a share of 12%."), Some(2));
        assert_eq!(stand("Dredging cost 412,000 in 2024."), Some(2));
        assert_eq!(stand("Dredging cost 412,000 in 2023."), None);
        assert_eq!(stand("Dredging cost 99,000."), None);
    }

    #[test]
    fn words_cannot_tell_what_has_none_in_common() {
        let index = index(&ENGLISH, Language::English);
        let passage = Candidate::passage(ENGLISH[0], &[], Language::English);
        let about = index.weigh("What is it about?", Language::English).unwrap();
        assert_eq!(relevance(&about, &passage), None);
        let foreign = index
            .weigh("Combien de livres prêtés ?", Language::French)
            .unwrap();
        assert_eq!(relevance(&foreign, &passage), None);
    }

    #[test]
    fn a_name_of_the_question_is_not_taken_on_trust() {
        let texts = [
            "Jean Martin drew up the inventory.",
            "Paul Durand paid the deposit.",
        ];
        assert_eq!(
            supported(stand_in(
                &texts,
                Language::English,
                "Did Jean Martin pay the deposit?",
                "Yes, Jean Martin paid the deposit."
            )),
            None
        );
    }

    /// A sentence of a source, one that it bears out, and those that it does not: another number, date, name, unit or sign.
    type Planted = (
        Language,
        &'static str,
        &'static str,
        &'static [&'static str],
    );

    const PLANTED: [Planted; 10] = [
        (
            Language::English,
            "The dredging of the north basin cost 412,000 euros in 2024.",
            "Dredging the north basin cost €412,000 in 2024.",
            &[
                "Dredging the north basin cost €421,000 in 2024.",
                "Dredging the north basin cost 412,000 dollars in 2024.",
                "Dredging the north basin cost 412 euros in 2024.",
                "Dredging the north basin cost 412 million euros in 2024.",
                "Dredging the north basin cost €412,000 in 2023.",
                "Dredging the Lorient basin cost €412,000 in 2024.",
            ],
        ),
        (
            Language::English,
            "The lease was signed by Jean Martin on 12 March 2024.",
            "The lease was signed by Jean Martin on 2024-03-12.",
            &[
                "The lease was signed by Jean Martin on 2024-12-03.",
                "The lease was signed by Jean Martin on March 21, 2024.",
                "The lease was signed by Jean Martin on 12 May 2024.",
                "The lease was signed by Paul Martin on 12 March 2024.",
                "Durand signed the lease on 12 March 2024.",
            ],
        ),
        (
            Language::French,
            "Le bail a été signé par Jeanne Duval le 12 mars 2024.",
            "Le bail a été signé par Jeanne Duval le 12/03/2024.",
            &[
                "Le bail a été signé par Jeanne Duval le 12/04/2024.",
                "Le bail a été signé par Jeanne Duval le 03/12/2024.",
                "Le bail a été signé par Jeanne Morel le 12 mars 2024.",
                "Le bail a été signé par Jeanne Duval le 12 mars 2014.",
            ],
        ),
        (
            Language::French,
            "Le loyer mensuel est de 1 250,50 € charges comprises.",
            "Le loyer mensuel est de 1250,5 euros, charges comprises.",
            &[
                "Le loyer mensuel est de 1 205,50 € charges comprises.",
                "Le loyer mensuel est de 1 250,50 $ charges comprises.",
                "Le loyer mensuel est de 125 050 € charges comprises.",
            ],
        ),
        (
            Language::English,
            "Revenue changed by -4.5 % over the year.",
            "Revenue changed by -4,5% over the year.",
            &[
                "Revenue changed by 4.5 % over the year.",
                "Revenue changed by -4.5 euros over the year.",
                "Revenue changed by -45 % over the year.",
            ],
        ),
        (
            Language::French,
            "Le résultat net s’établit à −312 000 euros.",
            "Le résultat net s’établit à -312 000 €.",
            &[
                "Le résultat net s’établit à 312 000 €.",
                "Le résultat net s’établit à -321 000 €.",
            ],
        ),
        (
            Language::English,
            "Either party may end the contract with 30 calendar days of notice.",
            "Either party may end the contract with a notice of 30 days.",
            &[
                "Either party may end the contract with a notice of 30 months.",
                "Either party may end the contract with a notice of 30 weeks.",
                "Either party may end the contract with a notice of 60 days.",
            ],
        ),
        (
            Language::French,
            "Le préavis de résiliation du contrat est de 3 mois.",
            "Le préavis de résiliation du contrat est de trois mois.",
            &[
                "Le préavis de résiliation du contrat est de 3 ans.",
                "Le préavis de résiliation du contrat est de 3 semaines.",
                "Le préavis de résiliation du contrat est de 6 mois.",
            ],
        ),
        (
            Language::English,
            "The reactor of Marcoule delivered 3.2 million kWh to the grid.",
            "The Marcoule reactor delivered 3,200,000 kWh to the grid.",
            &[
                "The Marcoule reactor delivered 3.2 billion kWh to the grid.",
                "The Marcoule reactor delivered 3,200 kWh to the grid.",
                "The Cadarache reactor delivered 3.2 million kWh to the grid.",
            ],
        ),
        (
            Language::French,
            "Le taux d’intérêt du prêt AB-1234 est fixé à 2,75 %.",
            "Le taux d’intérêt du prêt AB-1234 est de 2,75 pour cent.",
            &[
                "Le taux d’intérêt du prêt AB-1234 est de 2,75 euros.",
                "Le taux d’intérêt du prêt AB-1243 est de 2,75 %.",
                "Le taux d’intérêt du prêt AB-1234 est de 27,5 %.",
            ],
        ),
    ];

    #[test]
    fn no_planted_pair_of_a_sentence_and_a_source_that_says_otherwise_is_supported() {
        let mut planted = 0;
        for (language, source, right, wrong) in PLANTED {
            let question = match language {
                Language::English => "What does it say?",
                Language::French => "Que dit-il ?",
            };
            let stand = |sentence| supported(stand_in(&[source], language, question, sentence));
            assert_eq!(stand(right), Some(0), "{right}");
            for sentence in wrong {
                assert_eq!(stand(sentence), None, "{sentence}");
                planted += 1;
            }
        }
        assert!(planted >= 30, "{planted}");
    }
}
