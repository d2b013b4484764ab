//! What the model is told of the conversation so far: earlier questions with what was said to them, as far as they fit.
//!
//! They are told without the passages of their time. So a long conversation fits, and a small model is not led to answer
//! from passages of another question. When they fill their part of the context, so many of the oldest are left out that
//! half of it is free: each time that the beginning changes, all that follows must be read again, which should be rare.

use aparte_protocol::engine::{ChatMessage, Role};

use crate::answer::{Answer, CORRECTED, DOUBT, Lead};
use crate::conversation::Message;

/// A question and what was said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) question: String,
    pub(crate) said: String,
}

impl Turn {
    /// As the model reads it.
    pub(crate) fn messages(&self) -> [ChatMessage; 2] {
        [(Role::User, &self.question), (Role::Assistant, &self.said)].map(|(role, content)| {
            ChatMessage {
                role,
                content: content.clone(),
            }
        })
    }
}

/// The turns of a conversation that came to something. What nobody answered, and that the documents do not say something,
/// leads no further.
pub(crate) fn turns(messages: &[Message]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut asked = None;
    for message in messages {
        match message {
            Message::Question(question) => asked = Some(question.trim()),
            Message::Answer(answer) => {
                let said = said(answer);
                if let (Some(question), false) = (asked.take(), answer.refused || said.is_empty()) {
                    turns.push(Turn {
                        question: question.to_owned(),
                        said,
                    });
                }
            }
            Message::Lost(_) => asked = None,
        }
    }
    turns
}

/// What an answer says, without our marks and introductions.
fn said(answer: &Answer) -> String {
    match answer.lead {
        Lead::Model => without_marks(&answer.text).trim().to_owned(),
        Lead::PassagesForLanguage | Lead::PassagesForSupport => {
            let quotes = answer.citations.iter().map(|citation| {
                let words: Vec<_> = citation.quote.split_whitespace().collect();
                words.join(" ")
            });
            quotes.collect::<Vec<_>>().join("\n")
        }
    }
}

/// How many of the oldest turns are left out, when each has so many tokens and all may have `budget`.
pub(crate) fn left_out(tokens: &[u32], budget: u32) -> usize {
    let mut first = 0;
    let mut told: u64 = 0;
    for (place, &turn) in tokens.iter().enumerate() {
        told += u64::from(turn);
        if told <= u64::from(budget) {
            continue;
        }
        while told > u64::from(budget / 2) && first <= place {
            told -= u64::from(tokens[first]);
            first += 1;
        }
    }
    first
}

/// The text without numbers and question marks in brackets: marks are ours to give.
pub(crate) fn without_marks(text: &str) -> String {
    let mut text = text.to_owned();
    for mark in [DOUBT, CORRECTED] {
        text = text.replace(&format!(" {mark}"), "").replace(mark, "");
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(open) = rest.find('[') {
        let after = &rest[open + 1..];
        match after.find(|c: char| !c.is_ascii_digit()) {
            Some(end) if end > 0 && after[end..].starts_with(']') => {
                // The space before a mark is ours too.
                kept.push_str(rest[..open].strip_suffix(' ').unwrap_or(&rest[..open]));
                rest = &after[end + 1..];
            }
            _ => {
                kept.push_str(&rest[..=open]);
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Message {
        Message::Question(text.into())
    }

    fn answer(text: &str) -> Answer {
        Answer::interrupted(text.into())
    }

    #[test]
    fn what_came_to_nothing_and_what_was_thought_is_not_told() {
        let refused = Answer {
            refused: true,
            ..answer("This is not in these documents.")
        };
        let thinking = crate::Thinking {
            text: "Of what? The basin.".into(),
            ms: 900,
        };
        let thought = Answer {
            thinking: Some(thinking),
            ..answer("Nine metres [1]. It was dredged [2].")
        };
        let messages = [
            question("How deep?"),
            Message::Answer(Box::new(thought)),
            question("And the sea?"),
            Message::Answer(Box::new(refused)),
            question("Why?"),
            question("When?"),
            Message::Lost(2),
            Message::Answer(Box::new(answer("Of what?"))),
        ];
        let told = Turn {
            question: "How deep?".into(),
            said: "Nine metres. It was dredged.".into(),
        };
        assert_eq!(turns(&messages), [told]);
    }

    #[test]
    fn nothing_is_left_out_as_long_as_all_fits() {
        assert_eq!(left_out(&[10, 20, 30], 60), 0);
        assert_eq!(left_out(&[], 0), 0);
    }

    #[test]
    fn when_it_is_full_half_of_it_is_freed_so_that_the_beginning_changes_rarely() {
        let tokens = [10; 40];
        let changes = (1..tokens.len())
            .filter(|&length| left_out(&tokens[..length], 100) != left_out(&tokens[..=length], 100))
            .count();
        assert_eq!(changes, 5);
        for length in 0..tokens.len() {
            let told = tokens[left_out(&tokens[..length], 100)..length].len();
            assert!(told <= 10);
        }
    }

    #[test]
    fn a_turn_that_does_not_fit_by_itself_is_left_out_too() {
        assert_eq!(left_out(&[500], 100), 1);
        assert_eq!(left_out(&[10, 500, 10], 100), 2);
    }

    #[test]
    fn marks_that_the_model_writes_are_taken_out() {
        assert_eq!(
            without_marks("It is so [1]. And [12][3] so [?] [a] [~][] [4"),
            "It is so. And so [a][] [4"
        );
    }
}
