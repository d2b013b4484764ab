//! Finding what was said: a search over the messages of all conversations.

use crate::conversation::{self, ConversationId};
use crate::error::Error;
use crate::{Assistant, has_words};

/// A message that speaks of what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Which of the messages there, counted from 0.
    pub message: usize,
    /// Its text.
    pub text: String,
}

impl Assistant {
    /// The messages of all conversations that fit some words best, at most `limit`.
    pub fn find(&self, words: &str, limit: usize) -> Result<Vec<Found>, Error> {
        if !has_words(words) {
            return Err(Error::QuestionEmpty);
        }
        let words = words.to_lowercase();
        let mut found = Vec::new();
        for vault in [&self.private, &self.vault] {
            for conversation in conversation::list(vault)?.readable {
                let messages = conversation::messages(vault, conversation.id)?;
                for (number, message) in messages.iter().enumerate() {
                    let text = message.text();
                    if text.to_lowercase().contains(&words) && found.len() < limit {
                        found.push(Found {
                            conversation: conversation.id,
                            message: number,
                            text: text.to_owned(),
                        });
                    }
                }
            }
        }
        Ok(found)
    }
}
