//! What a reasoning model writes on the way to its answer. It is shown to whoever wants to see it and is no part of the answer:
//! nothing is cited from it, and the model is not told it again.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::engine::Progress;

/// What a model thought. Its stored layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinking {
    /// Plain text.
    pub text: String,
    /// Milliseconds from its first word to the answer.
    pub ms: u64,
}

/// Thinking while it comes.
#[derive(Debug, Default)]
pub(crate) struct Thought {
    text: String,
    began: Option<Instant>,
    ms: u64,
    /// The answer has not begun again since.
    goes_on: bool,
}

impl Thought {
    /// Takes note of what comes of a reply.
    pub fn hear(&mut self, progress: &Progress) {
        match progress {
            Progress::Thinking(piece) => {
                self.text.push_str(piece);
                self.goes_on = true;
            }
            Progress::Text(_) if self.goes_on => self.goes_on = false,
            _ => return,
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        self.ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    }

    /// What there is of it so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All of it, if there was any.
    pub fn end(self) -> Option<Thinking> {
        let text = self.text.trim();
        (!text.is_empty()).then(|| Thinking {
            text: text.to_owned(),
            ms: self.ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    fn thought(pieces: &[Progress]) -> Option<Thinking> {
        let mut thought = Thought::default();
        pieces.iter().for_each(|piece| thought.hear(piece));
        thought.end()
    }

    #[test]
    fn what_is_thought_is_kept_apart_from_what_is_said() {
        let thinking = |text: &str| Progress::Thinking(text.to_owned());
        let said = |text: &str| Progress::Text(text.to_owned());
        assert_eq!(thought(&[said("At once.")]), None);
        assert_eq!(thought(&[thinking(" \n"), said("At once.")]), None);
        let both = [thinking("So "), thinking("it is.\n"), said("Yes.")];
        assert_eq!(thought(&both).unwrap().text, "So it is.");
    }

    #[test]
    fn thinking_lasts_until_the_answer_begins() {
        let mut thought = Thought::default();
        thought.hear(&Progress::Thinking("Well".to_owned()));
        sleep(Duration::from_millis(20));
        thought.hear(&Progress::Text("Yes".to_owned()));
        sleep(Duration::from_millis(200));
        thought.hear(&Progress::Text(".".to_owned()));
        let ms = thought.end().unwrap().ms;
        assert!((20..200).contains(&ms), "{ms}");
    }
}
