//! What is not finished: the reply while it is written, and the question while it is typed. Both are kept sealed, so that
//! whatever ends the application takes at most a quarter of a second of a reply.

use std::time::{Duration, Instant};

use aparte_vault::{RecordId, Vault, VaultError};

use crate::conversation::{ConversationId, Message};
use crate::error::Error;
use crate::{settings, stored};

/// A reply is written to the disk at most this often.
const EVERY: Duration = Duration::from_millis(250);

/// The reply under way in a conversation.
pub(crate) struct ReplyDraft<'a> {
    vault: &'a Vault,
    conversation: ConversationId,
    text: String,
    kept: Instant,
    record: Option<RecordId>,
}

impl<'a> ReplyDraft<'a> {
    pub fn new(vault: &'a Vault, conversation: ConversationId) -> ReplyDraft<'a> {
        ReplyDraft {
            vault,
            conversation,
            text: String::new(),
            kept: Instant::now(),
            record: None,
        }
    }

    /// Takes up the next piece.
    pub fn hear(&mut self, piece: &str) {
        self.text.push_str(piece);
        if self.kept.elapsed() >= EVERY {
            self.flush();
        }
    }

    /// Puts what was heard on the disk. A failure costs nothing yet: the answer itself is stored at its end.
    pub fn flush(&mut self) {
        let bytes = stored::encode(&self.text);
        let owner = self.conversation.0;
        let kept = self.vault.write(|change| match self.record {
            Some(record) => change.replace(owner, record, &bytes).map(|()| record),
            None => change.append(owner, stored::REPLY_DRAFT, &bytes),
        });
        self.record = kept.ok().or(self.record);
        self.kept = Instant::now();
    }

    /// Stores the message that the reply became, in place of the draft.
    pub fn become_message(self, message: &Message) -> Result<(), Error> {
        let bytes = message.encode();
        self.vault.write(|change| {
            change.append(self.conversation.0, stored::MESSAGE, &bytes)?;
            self.remove(change)
        })?;
        Ok(())
    }

    /// There is no reply.
    pub fn discard(self) -> Result<(), Error> {
        Ok(self.vault.write(|change| self.remove(change))?)
    }

    fn remove(&self, change: &mut aparte_vault::Change<'_>) -> Result<(), VaultError> {
        match self.record {
            Some(record) => change.remove_record(self.conversation.0, record),
            None => Ok(()),
        }
    }
}

/// Keeps what was typed and is not asked yet.
pub(crate) fn keep_input(
    vault: &Vault,
    conversation: Option<ConversationId>,
    text: &str,
) -> Result<(), Error> {
    let bytes = stored::encode(&text);
    let Some(ConversationId(owner)) = conversation else {
        vault.write(|change| change.set_setting(settings::INPUT_DRAFT, &bytes))?;
        return Ok(());
    };
    let before = unless_damaged(vault.last_record(owner, stored::INPUT_DRAFT))?;
    vault.write(|change| match (before, text.is_empty()) {
        (None, true) => Ok(()),
        (None, false) => change
            .append(owner, stored::INPUT_DRAFT, &bytes)
            .map(|_| ()),
        (Some(before), true) => change.remove_record(owner, before.id),
        (Some(before), false) => change.replace(owner, before.id, &bytes),
    })?;
    Ok(())
}

/// What was typed and is not asked yet; nothing where it does not open any more.
pub(crate) fn input(vault: &Vault, conversation: Option<ConversationId>) -> Result<String, Error> {
    let bytes = match conversation {
        None => unless_damaged(vault.setting(settings::INPUT_DRAFT))?,
        Some(ConversationId(owner)) => {
            let kept = unless_damaged(vault.last_record(owner, stored::INPUT_DRAFT))?;
            kept.map(|record| record.body)
        }
    };
    let text = bytes.and_then(|bytes| stored::decode(&bytes).ok());
    Ok(text.unwrap_or_default())
}

fn unless_damaged<T>(read: Result<Option<T>, VaultError>) -> Result<Option<T>, VaultError> {
    match read {
        Err(VaultError::Damaged(_)) => Ok(None),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation;

    #[test]
    fn what_was_typed_is_kept_in_its_place_until_it_is_taken_back() {
        let vault = Vault::in_memory().unwrap();
        let place = Some(conversation::begin(&vault, "Why?", &[]).unwrap().id);
        for conversation in [None, place] {
            assert_eq!(input(&vault, conversation).unwrap(), "");
            for text in ["W", "What about", "", "Again"] {
                keep_input(&vault, conversation, text).unwrap();
                assert_eq!(input(&vault, conversation).unwrap(), text);
            }
        }
    }
}
