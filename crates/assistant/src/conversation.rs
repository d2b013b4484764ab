//! Conversations: questions and their answers, kept in the vault in their order.

use std::time::{SystemTime, UNIX_EPOCH};

use aparte_vault::{OwnerId, OwnerKind, Vault};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::error::Error;
use crate::library::DocumentId;
use crate::stored;
use crate::vault_trouble::VaultTrouble;

/// Names a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConversationId(pub(crate) OwnerId);

id_as_text!(ConversationId);

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its name in the vault.
    pub id: ConversationId,
    /// What it is about: the beginning of its first question.
    pub title: String,
    /// Milliseconds since 1970 when it began.
    pub began: u64,
    /// The documents that it is about.
    pub documents: Vec<DocumentId>,
}

/// One turn. Its stored layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// What the person asked.
    Question(String),
    /// What they got.
    Answer(Box<Answer>),
}

/// What is sealed of a conversation itself.
#[derive(Serialize, Deserialize)]
struct Head {
    title: String,
    began: u64,
    documents: Vec<DocumentId>,
}

impl Head {
    fn of(self, id: ConversationId) -> Conversation {
        Conversation {
            id,
            title: self.title,
            began: self.began,
            documents: self.documents,
        }
    }
}

/// The longest title, in characters.
const TITLE: usize = 80;

/// Begins a conversation with its first question, which names it. Both are on the disk when this returns.
pub(crate) fn begin(
    vault: &Vault,
    question: &str,
    documents: &[DocumentId],
) -> Result<Conversation, Error> {
    let title: String = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let head = Head {
        title: title.chars().take(TITLE).collect(),
        began: now(),
        documents: documents.to_vec(),
    };
    let asked = Message::Question(question.to_owned());
    let id = vault.write(|change| {
        let id = change.create_owner(OwnerKind::Conversation, &stored::encode(&head))?;
        change.append(id, stored::MESSAGE, &stored::encode(&asked))?;
        Ok(id)
    })?;
    Ok(head.of(ConversationId(id)))
}

/// Adds a question to the end, and notes which documents the conversation is about from here on. Both are on the
/// disk when this returns. A question that is the last message already is being asked again, and stays the last.
pub(crate) fn ask(
    vault: &Vault,
    conversation: ConversationId,
    question: &str,
    documents: &[DocumentId],
) -> Result<(), Error> {
    let mut head: Head = stored::decode(&head(vault, conversation)?)?;
    let asked = Message::Question(question.to_owned());
    let is_new = messages(vault, conversation)?.last() != Some(&asked);
    let looks_elsewhere = head.documents != documents;
    head.documents = documents.to_vec();
    vault.write(|change| {
        if looks_elsewhere {
            change.set_head(conversation.0, &stored::encode(&head))?;
        }
        if is_new {
            change.append(conversation.0, stored::MESSAGE, &stored::encode(&asked))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Adds a message to the end. It is on the disk when this returns.
pub(crate) fn add(
    vault: &Vault,
    conversation: ConversationId,
    message: &Message,
) -> Result<(), Error> {
    let bytes = stored::encode(message);
    vault.write(|change| change.append(conversation.0, stored::MESSAGE, &bytes))?;
    Ok(())
}

/// All conversations, the latest first.
pub(crate) fn list(vault: &Vault) -> Result<Vec<Conversation>, Error> {
    let owners = vault.owners(OwnerKind::Conversation)?;
    if !owners.damaged.is_empty() {
        return Err(Error::Vault(VaultTrouble::Damaged));
    }
    let mut conversations = Vec::new();
    for owner in owners.readable {
        let head: Head = stored::decode(&owner.head)?;
        conversations.push(head.of(ConversationId(owner.id)));
    }
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.began));
    Ok(conversations)
}

/// The messages of a conversation, in order.
pub(crate) fn messages(vault: &Vault, conversation: ConversationId) -> Result<Vec<Message>, Error> {
    head(vault, conversation)?;
    stored::all(vault.records(conversation.0, stored::MESSAGE)?)
}

/// The sealed head; an error if the id is that of a document, or of nothing.
fn head(vault: &Vault, conversation: ConversationId) -> Result<Vec<u8>, Error> {
    Ok(vault.head(conversation.0, OwnerKind::Conversation)?)
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Message {
        Message::Question(text.into())
    }

    #[test]
    fn a_question_that_got_no_answer_is_stored_once_however_often_it_is_asked() {
        let vault = Vault::in_memory().unwrap();
        let conversation = begin(&vault, "Why?", &[]).unwrap().id;
        ask(&vault, conversation, "Why?", &[]).unwrap();
        ask(&vault, conversation, "Why?", &[]).unwrap();
        assert_eq!(messages(&vault, conversation).unwrap(), [question("Why?")]);
        ask(&vault, conversation, "How?", &[]).unwrap();
        let both = [question("Why?"), question("How?")];
        assert_eq!(messages(&vault, conversation).unwrap(), both);
    }

    #[test]
    fn a_conversation_remembers_where_its_last_question_looked() {
        let vault = Vault::in_memory().unwrap();
        let [first, second] = [1, 2].map(|byte| DocumentId(OwnerId::from_bytes([byte; 16])));
        let conversation = begin(&vault, "Why?", &[first]).unwrap().id;
        ask(&vault, conversation, "Why?", &[first, second]).unwrap();
        assert_eq!(list(&vault).unwrap()[0].documents, [first, second]);
    }

    #[test]
    fn a_document_is_not_taken_for_a_conversation() {
        let vault = Vault::in_memory().unwrap();
        let head = begin(&vault, "Why?", &[]).unwrap();
        let head = vault.head(head.id.0, OwnerKind::Conversation).unwrap();
        let document = vault
            .write(|change| change.create_owner(OwnerKind::Document, &head))
            .unwrap();
        let stranger = ConversationId(document);
        let missing = Error::Vault(VaultTrouble::Missing);
        assert_eq!(ask(&vault, stranger, "Why?", &[]), Err(missing.clone()));
        assert_eq!(messages(&vault, stranger), Err(missing));
        assert_eq!(vault.head(document, OwnerKind::Document).unwrap(), head);
    }

    #[test]
    fn a_conversation_that_is_not_there_takes_no_question() {
        let vault = Vault::in_memory().unwrap();
        let stranger = ConversationId(OwnerId::from_bytes([7; 16]));
        assert!(ask(&vault, stranger, "Why?", &[]).is_err());
    }
}
