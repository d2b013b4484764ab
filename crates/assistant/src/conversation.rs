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

/// The longest title, in characters.
const TITLE: usize = 80;

/// Begins a conversation with its first question, which names it.
pub(crate) fn begin(
    vault: &Vault,
    question: &str,
    documents: &[DocumentId],
) -> Result<ConversationId, Error> {
    let title: String = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let head = Head {
        title: title.chars().take(TITLE).collect(),
        began: now(),
        documents: documents.to_vec(),
    };
    let bytes = stored::encode(&head);
    let id = vault.write(|change| change.create_owner(OwnerKind::Conversation, &bytes))?;
    Ok(ConversationId(id))
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
        let Head {
            title,
            began,
            documents,
        } = stored::decode(&owner.head)?;
        conversations.push(Conversation {
            id: ConversationId(owner.id),
            title,
            began,
            documents,
        });
    }
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.began));
    Ok(conversations)
}

/// The messages of a conversation, in order.
pub(crate) fn messages(vault: &Vault, conversation: ConversationId) -> Result<Vec<Message>, Error> {
    stored::all(vault.records(conversation.0, stored::MESSAGE)?)
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
