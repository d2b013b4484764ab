//! What a sentence states that a source does not have at all, whatever the rest of the sentence is worth.

use super::{Candidate, telling};
use crate::facts::Facts;
use crate::search::Weighed;

/// The numbers, dates, identifiers and names of a text that a source does not have, by their place among its terms. `facts` are
/// those of the same text.
pub(crate) fn unknown_facts(text: &Weighed, facts: &Facts, source: &Candidate) -> Vec<usize> {
    let required = telling(text).into_iter().filter(|telling| telling.required);
    let unknown = required.filter(|telling| {
        let weighted = telling.weighted;
        let stated = facts
            .at(&weighted.term.token.range)
            .map(|fact| source.facts.state(fact, &source.facts, source.row));
        !stated.unwrap_or_else(|| source.holds(weighted))
    });
    let place = |weighted| {
        text.terms
            .iter()
            .position(|term| std::ptr::eq(term, weighted))
    };
    unknown
        .filter_map(|telling| place(telling.weighted))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::search::SearchIndex;

    #[test]
    fn numbers_dates_and_names_that_a_source_does_not_have_are_told() {
        let index = SearchIndex::new().unwrap();
        let page = "Jean Martin signed in Grenoble on 12 March 2024 for 412,000 euros.";
        let source = Candidate::passage(page, &[], Language::English);
        let unknown = |sentence: &str| -> Vec<String> {
            let weighed = index.weigh(sentence, Language::English).unwrap();
            let facts = Facts::of(sentence, Language::English);
            let places = unknown_facts(&weighed, &facts, &source);
            let words = places
                .into_iter()
                .map(|place| &weighed.terms[place].term.token);
            words
                .map(|token| sentence[token.range.clone()].to_owned())
                .collect()
        };
        assert_eq!(
            unknown("The contract of Jean Martin is worth 412 000 euros."),
            [""; 0]
        );
        assert_eq!(
            unknown("In Lyon Jean Dupont paid 413,000 euros in March 2024."),
            ["Lyon", "Dupont", "413,000"]
        );
        assert_eq!(unknown("He signed on 13 March 2024.").len(), 3);
        assert_eq!(unknown("It costs 412,000 dollars."), ["412,000"]);
    }
}
