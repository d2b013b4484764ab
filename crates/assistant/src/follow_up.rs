//! What a question is about that leans on the ones before it: "And in French?", "How much did it cost?". A search knows nothing of
//! a conversation, so what such a question leaves out is put beside it. No model is asked: that would cost seconds before
//! the first word.

use crate::language::Language;
use crate::turns::Turn;
use crate::words::{self, Term, TokenKind};

/// A question of more words of its own than this stands by itself, whatever pronouns are in it.
const OWN_WORDS: usize = 3;

/// So many names and numbers of an answer go with the next question.
const NAMES: usize = 6;

/// What to search for: the question, and where it leans on what was asked before, the words of that which it leaves out.
pub(crate) fn query(turns: &[Turn], question: &str, language: Language) -> String {
    let Some((last, earlier)) = turns.split_last() else {
        return question.to_owned();
    };
    if !leans(question, language) {
        return question.to_owned();
    }
    // What the last question was about, which may have leant on one before it.
    let asked_in = Language::of(&last.question).unwrap_or(language);
    let about = query(earlier, &last.question, asked_in);
    let mut known: Vec<String> = (words::terms(question, language).into_iter())
        .map(|term| term.stem)
        .collect();
    let mut query = question.trim().to_owned();
    let mut add = |text: &str, term: &Term| {
        let is_new = !known.contains(&term.stem);
        if is_new {
            query.push(' ');
            query.push_str(&text[term.token.range.clone()]);
            known.push(term.stem.clone());
        }
        is_new
    };
    for term in words::terms(&about, asked_in)
        .iter()
        .filter(|term| has_matter(term))
    {
        add(&about, term);
    }
    let said = words::terms(&last.said, Language::of(&last.said).unwrap_or(language));
    let mut names = 0;
    for term in said.iter().skip(1).filter(|term| is_name(term)) {
        names += usize::from(names < NAMES && add(&last.said, term));
    }
    query
}

/// Whether a question says too little by itself to be searched for.
fn leans(question: &str, language: Language) -> bool {
    let terms = words::terms(question, language);
    let own = terms.iter().filter(|term| has_matter(term)).count();
    // "What is this document about?" is asked of the document.
    let is_about_itself = terms.iter().any(|term| term.filler && !term.stop);
    if own == 0 {
        return !is_about_itself;
    }
    let begins = terms.first().is_some_and(|first| goes_on(first, language))
        || terms.len() > 1 && terms[0].token.folded == "what" && terms[1].token.folded == "about";
    own <= OWN_WORDS && (begins || (0..terms.len()).any(|at| is_pronoun(&terms, at, language)))
}

fn goes_on(first: &Term, language: Language) -> bool {
    let word = first.token.folded.as_str();
    match language {
        Language::English => matches!(word, "and" | "but" | "or" | "so" | "then"),
        Language::French => matches!(word, "et" | "mais" | "ou" | "alors" | "donc"),
    }
}

/// Whether a word stands for something named before.
fn is_pronoun(terms: &[Term], at: usize, language: Language) -> bool {
    let word = |at: usize| terms.get(at).map_or("", |term| term.token.folded.as_str());
    let next_has_matter = terms.get(at + 1).is_some_and(|next| !next.stop);
    match (language, word(at)) {
        (
            Language::English,
            "it" | "its" | "they" | "them" | "their" | "he" | "him" | "his" | "she" | "her",
        ) => true,
        // "This clause" names what it means, if not quite.
        (Language::English, "this" | "that" | "these" | "those") => !next_has_matter,
        (
            Language::French,
            "elle" | "elles" | "ils" | "lui" | "leur" | "leurs" | "cela" | "ca" | "celui" | "celle"
            | "ceux" | "celles" | "son" | "sa" | "ses",
        ) => true,
        // "Combien a-t-il coûté ?", but not "Y a-t-il" and "Faut-il".
        (Language::French, "il") => {
            let before = at.checked_sub(1).map_or("", word);
            let is_impersonal = |word: &str| matches!(word, "faut" | "existe" | "agit" | "suffit");
            let y = (0..at).any(|at| word(at) == "y");
            !y && !is_impersonal(before) && !is_impersonal(word(at + 1))
        }
        _ => false,
    }
}

fn has_matter(term: &Term) -> bool {
    !term.stop && !term.filler
}

fn is_name(term: &Term) -> bool {
    has_matter(term) && (term.token.capital || term.token.kind == TokenKind::Identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(question: &str, said: &str) -> Turn {
        Turn {
            question: question.into(),
            said: said.into(),
        }
    }

    fn asked(turns: &[Turn], question: &str) -> String {
        query(
            turns,
            question,
            Language::of(question).unwrap_or(Language::English),
        )
    }

    #[test]
    fn what_a_question_leaves_out_is_searched_for_too() {
        let dredging = [turn(
            "Who dredged the north basin?",
            "It was dredged by Atlantic Works in 2024.",
        )];
        assert_eq!(
            asked(&dredging, "How much did it cost?"),
            "How much did it cost? dredged north basin Atlantic Works"
        );
        assert_eq!(
            asked(&dredging, "Why?"),
            "Why? dredged north basin Atlantic Works"
        );
        assert_eq!(
            asked(&dredging, "And the south basin?"),
            "And the south basin? dredged north Atlantic Works"
        );
        let bail = [turn(
            "Qui a signé le bail ?",
            "Le bail est signé par Jeanne Duval.",
        )];
        assert_eq!(
            asked(&bail, "Quand l'a-t-elle signé ?"),
            "Quand l'a-t-elle signé ? bail Jeanne Duval"
        );
        assert_eq!(
            asked(&bail, "Et pour le garage ?"),
            "Et pour le garage ? signé bail Jeanne Duval"
        );
    }

    #[test]
    fn a_question_after_a_question_that_leant_itself_keeps_the_matter() {
        let turns = [
            turn("Who dredged the north basin?", "A company."),
            turn("How much did it cost?", "412,000 euros."),
        ];
        let query = asked(&turns, "Was it paid?");
        assert!(query.contains("north basin"), "{query}");
        assert!(query.contains("cost"), "{query}");
    }

    #[test]
    fn a_question_that_stands_by_itself_is_searched_for_as_it_is() {
        let turns = [turn("Who dredged the north basin?", "Atlantic Works.")];
        for question in [
            "Who is Durand?",
            "What is the deposit?",
            "What is this document about?",
            "How many members does the choir have and where does it sing in summer?",
            "Y a-t-il une caution ?",
            "Faut-il un garant ?",
        ] {
            assert_eq!(asked(&turns, question), question);
        }
        assert_eq!(asked(&[], "How much did it cost?"), "How much did it cost?");
    }
}
