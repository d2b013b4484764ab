//! Finding what was said: a search over the messages of all conversations.

use aparte_vault::OwnerId;

use crate::Assistant;
use crate::conversation::{self, ConversationId};
use crate::error::Error;
use crate::question::has_words;

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
        let hits = {
            let library = self.library();
            let mut hits = library.index().search_messages(words, limit)?;
            hits.retain(|hit| !library.is_hidden(OwnerId::from_bytes(hit.owner)));
            hits
        };
        let mut found = Vec::new();
        for hit in hits {
            let conversation = ConversationId(OwnerId::from_bytes(hit.owner));
            let messages = conversation::messages(self.home(conversation), conversation)?;
            let number = hit.message as usize;
            // What was lost or damaged since is not found.
            if let Some(message) = messages.get(number) {
                found.push(Found {
                    conversation,
                    message: number,
                    text: message.text().to_owned(),
                });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use aparte_vault::Vault;

    use super::*;
    use crate::erasing::Item;
    use crate::language::Language;

    #[test]
    fn what_was_asked_is_found_until_it_is_erased() {
        let vault = Vault::in_memory().unwrap();
        let assistant = Assistant::open(vault, PathBuf::new(), None, Language::English).unwrap();
        let harbour = assistant
            .begin("Who dredged the harbour?", &[], false)
            .unwrap();
        let lease = assistant
            .begin("Quel est le loyer de l'atelier ?", &[], true)
            .unwrap();
        let found = |words: &str| -> Vec<_> {
            let found = assistant.find(words, 10).unwrap();
            found.into_iter().map(|found| found.conversation).collect()
        };
        assert_eq!(found("dredging"), [harbour.id]);
        assert_eq!(found("loyer"), [lease.id]);
        let item = Item::Conversation(harbour.id);
        assistant.erase(item).unwrap();
        assert_eq!(found("dredging"), []);
        assistant.undo_erase(item).unwrap();
        assert_eq!(found("dredging"), [harbour.id]);
        assistant.erase_now(item).unwrap();
        assert_eq!(found("dredging"), []);
    }
}
