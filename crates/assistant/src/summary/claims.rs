//! The sentences of a summary laid beside the document: what bears each of them out, and what in them stands nowhere.
//!
//! The document is gone through section by section, so that no more of it is in memory than one.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use aparte_protocol::documents::{Page, TextRange};

use super::sections::Section;
use crate::Assistant;
use crate::answer::Citation;
use crate::error::Error;
use crate::facts::Facts;
use crate::language::Language;
use crate::library::Document;
use crate::passages::PassageRef;
use crate::quote::locate;
use crate::search::Weighed;
use crate::sentences::sentences;
use crate::support::{Candidate, Standing, standing, unknown_facts};

/// A sentence of a summary.
#[derive(Clone)]
pub(crate) struct Claim {
    pub text: String,
    /// Whether it is the document's own.
    pub is_quote: bool,
    weighed: Weighed,
    facts: Facts,
    /// The sections that it was made of, by their number.
    of: Range<usize>,
    best: Option<Source>,
    /// The numbers, dates and names that were found nowhere so far, by their place among the terms.
    unknown: Vec<usize>,
    citation: Option<Citation>,
}

/// The sentence of the document that bears out a claim best.
#[derive(Clone)]
struct Source {
    score: f32,
    section: usize,
    page: u32,
    passage: usize,
    range: TextRange,
}

/// The claims of a text that was made of these sections. Sentences that claim nothing ("Here is the summary:") are left out, and those
/// that say an earlier one's words again: small models turn in circles.
pub(crate) fn claims(
    assistant: &Assistant,
    text: &str,
    language: Language,
    of: &Range<usize>,
) -> Result<Vec<Claim>, Error> {
    let mut claims = Vec::new();
    let mut said = HashSet::new();
    let nowhere = Candidate::passage("", &[], language);
    for range in sentences(text) {
        let words = without_bullet(&text[range]).split_whitespace();
        let text = words.collect::<Vec<_>>().join(" ");
        if !says_something(&text) {
            continue;
        }
        let weighed = assistant.library().index().weigh(&text, language)?;
        if standing(&text, &weighed, &nothing(language), []) != Standing::Filler
            && said.insert(matter(&weighed))
        {
            let facts = Facts::of(&text, language);
            claims.push(Claim {
                unknown: unknown_facts(&weighed, &facts, &nowhere),
                text,
                is_quote: false,
                weighed,
                facts,
                of: of.clone(),
                best: None,
                citation: None,
            });
        }
    }
    Ok(claims)
}

impl Claim {
    /// Whether a sentence of the document bears it out.
    pub fn is_supported(&self) -> bool {
        self.best.is_some()
    }

    /// The section that bears it out.
    pub fn section(&self) -> Option<usize> {
        self.best.as_ref().map(|source| source.section)
    }

    /// Its numbers, dates and names that stand neither on the page that is cited nor, without one, in what it was made of.
    pub fn unknown(&self) -> Vec<String> {
        let tokens = self
            .unknown
            .iter()
            .map(|&place| &self.weighed.terms[place].term.token);
        let words = tokens.filter_map(|token| self.text.get(token.range.clone()));
        words.map(str::to_owned).collect()
    }

    /// What bears it out, once [`cite`] was called.
    pub fn citation(&self) -> Option<&Citation> {
        self.citation.as_ref()
    }
}

/// So many of a section's own sentences stand for it where nothing that the model wrote on it is borne out.
const QUOTED: usize = 2;
/// Of so many bytes at most.
const LONGEST_QUOTE: usize = 320;

/// The first sentences of a section, as claims that bear themselves out; none where it has no sentence that says something.
pub(crate) fn quotes(
    assistant: &Assistant,
    number: usize,
    section: &Section,
    language: Language,
    page_of: &mut dyn FnMut(u32) -> Result<Arc<Page>, Error>,
) -> Result<Vec<Claim>, Error> {
    let mut quotes = Vec::new();
    for piece in &section.pieces {
        let page = page_of(piece.page)?;
        if piece.passage >= page.passages.len() {
            // What is no passage cannot be cited.
            continue;
        }
        let text = piece.range.of(&page.text).unwrap_or_default();
        for range in sentences(text) {
            let words = text[range.clone()].split_whitespace();
            let sentence = words.collect::<Vec<_>>().join(" ");
            if !is_worth_quoting(&sentence) {
                continue;
            }
            let weighed = assistant.library().index().weigh(&sentence, language)?;
            if standing(&sentence, &weighed, &nothing(language), []) == Standing::Filler {
                continue;
            }
            let at = |offset: usize| piece.range.start + offset as u32;
            quotes.push(Claim {
                facts: Facts::of(&sentence, language),
                text: sentence,
                is_quote: true,
                weighed,
                of: number..number + 1,
                best: Some(Source {
                    score: 1.0,
                    section: number,
                    page: piece.page,
                    passage: piece.passage,
                    range: TextRange {
                        start: at(range.start),
                        end: at(range.end),
                    },
                }),
                unknown: Vec::new(),
                citation: None,
            });
            if quotes.len() == QUOTED {
                return Ok(quotes);
            }
        }
    }
    Ok(quotes)
}

/// A sentence of some words and no endless one; rows of tables say little by themselves.
fn is_worth_quoting(sentence: &str) -> bool {
    says_something(sentence)
        && sentence.len() <= LONGEST_QUOTE
        && sentence.split_whitespace().count() >= 4
}

/// Looks for what bears out claims in one section.
pub(crate) fn look_in(
    claims: &mut [Claim],
    number: usize,
    section: &Section,
    document: &Arc<Document>,
    page_of: &mut dyn FnMut(u32) -> Result<Arc<Page>, Error>,
) -> Result<(), Error> {
    let mut claims: Vec<_> = claims
        .iter_mut()
        .filter(|claim| claim.of.contains(&number))
        .collect();
    if claims.is_empty() {
        return Ok(());
    }
    let language = document.language.unwrap_or(Language::English);
    let mut page: Option<Arc<Page>> = None;
    for piece in &section.pieces {
        let page = match page.take().filter(|page| page.number == piece.page) {
            Some(same) => page.insert(same),
            None => page.insert(page_of(piece.page)?),
        };
        let text = piece.range.of(&page.text).unwrap_or_default();
        let passage = PassageRef::of(document, page, piece.passage);
        let context = passage.as_ref().map_or_else(Vec::new, PassageRef::context);
        let found: Vec<_> = Candidate::sentences(text, &context, language)
            .into_iter()
            .filter(|(range, _)| says_something(&text[range.clone()]))
            .collect();
        let candidates = found.iter().map(|(_, candidate)| candidate);
        let whole = Candidate::passage(text, &context, language);
        for claim in &mut claims {
            let unknown = unknown_facts(&claim.weighed, &claim.facts, &whole);
            claim.unknown.retain(|place| unknown.contains(place));
            let best = claim.best.as_ref().map_or(0.0, |source| source.score);
            let question = nothing(claim.weighed.language);
            if let Standing::Supported { candidate, score } =
                standing(&claim.text, &claim.weighed, &question, candidates.clone())
                && score > best
                && passage.is_some()
            {
                let at = |offset: usize| piece.range.start + offset as u32;
                let range = &found[candidate].0;
                claim.best = Some(Source {
                    score,
                    section: number,
                    page: piece.page,
                    passage: piece.passage,
                    range: TextRange {
                        start: at(range.start),
                        end: at(range.end),
                    },
                });
            }
        }
    }
    Ok(())
}

/// Makes a citation of what bears out each claim in these sections of a document, looked up once more in its page, and says what in
/// the claim does not stand on that page.
pub(crate) fn cite(
    claims: &mut [Claim],
    sections: &Range<usize>,
    document: &Arc<Document>,
    page_of: &mut dyn FnMut(u32) -> Result<Arc<Page>, Error>,
) -> Result<(), Error> {
    let language = document.language.unwrap_or(Language::English);
    let mut cited: Vec<&mut Claim> = claims
        .iter_mut()
        .filter(|claim| (claim.section()).is_some_and(|section| sections.contains(&section)))
        .collect();
    cited.sort_by_key(|claim| claim.best.as_ref().map(|source| source.page));
    let mut at: Option<(Arc<Page>, Candidate)> = None;
    for claim in cited {
        let Some(source) = &claim.best else { continue };
        let (page, words) = match at.take().filter(|(page, _)| page.number == source.page) {
            Some(same) => at.insert(same),
            None => {
                let page = page_of(source.page)?;
                let words = Candidate::passage(&page.text, &[], language);
                at.insert((page, words))
            }
        };
        let Some(passage) = PassageRef::of(document, page, source.passage) else {
            continue;
        };
        let quote = source.range.of(&page.text).unwrap_or_default().to_owned();
        claim.unknown = unknown_facts(&claim.weighed, &claim.facts, words);
        claim.citation = Some(Citation {
            document: document.id,
            name: document.name.clone(),
            page: passage.page_number(),
            anchor: passage.anchor(),
            range: source.range,
            verified: locate(&quote, &page.text).is_some(),
            quote,
        });
    }
    Ok(())
}

/// What a sentence speaks of, in whatever order and however often.
fn matter(sentence: &Weighed) -> BTreeSet<String> {
    let telling = sentence.terms.iter().filter(|it| !it.term.stop);
    telling.map(|it| it.term.stem.clone()).collect()
}

/// No question: a summary is of everything.
fn nothing(language: Language) -> Weighed {
    Weighed {
        language,
        terms: Vec::new(),
    }
}

/// Headings name a matter and say nothing of it.
fn says_something(sentence: &str) -> bool {
    sentence.contains(|c: char| c.is_ascii_digit())
        || sentence.trim_end().ends_with(['.', '!', '?'])
        || sentence.split_whitespace().count() > 4
}

/// A sentence without the sign of a list before it.
fn without_bullet(sentence: &str) -> &str {
    let sign = sentence.strip_prefix(['-', '*', '•', '–']);
    let bare = match sign.filter(|rest| rest.starts_with(' ')) {
        Some(rest) => rest.trim_start(),
        None => sentence,
    };
    let digits = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    match digits
        .strip_prefix(". ")
        .or_else(|| digits.strip_prefix(") "))
    {
        Some(rest) if digits.len() < bare.len() && bare.len() - digits.len() <= 2 => {
            rest.trim_start()
        }
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_says_nothing_and_a_short_sentence_does() {
        for (text, says) in [
            ("Incidents", false),
            ("The north basin", false),
            ("It was repaired.", true),
            ("Costs: 412,000 euros", true),
        ] {
            assert_eq!(says_something(text), says, "{text}");
        }
    }

    #[test]
    fn the_sign_of_a_list_is_no_part_of_a_sentence_and_a_number_is() {
        for (sentence, bare) in [
            ("- The quay was repaired.", "The quay was repaired."),
            ("2. The quay was repaired.", "The quay was repaired."),
            ("3) The quay was repaired.", "The quay was repaired."),
            ("* **Quay**: repaired.", "**Quay**: repaired."),
            ("2024 was dry.", "2024 was dry."),
            ("4,375 vessels called.", "4,375 vessels called."),
        ] {
            assert_eq!(without_bullet(sentence), bare);
        }
    }
}
