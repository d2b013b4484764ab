//! The index and the vault in step: what changed while the index was not looking is put anew.

use std::collections::HashSet;

use aparte_protocol::documents::Page;
use aparte_vault::{Owner, OwnerId, OwnerKind, Vault};

use crate::conversation::{ConversationId, Message};
use crate::error::Error;
use crate::language::Language;
use crate::library::Head;
use crate::search::{Entry, Fingerprint, MessageEntry, SearchIndex};
use crate::{Assistant, pages, stored};

/// Takes out of the index what is not in the vault, and puts in the conversations and documents that it does not hold as
/// they are. Gives how many were put in.
pub(crate) fn bring_up_to_date(index: &mut SearchIndex, vault: &Vault) -> Result<usize, Error> {
    let conversations = vault.owners(OwnerKind::Conversation)?.readable;
    let documents = vault.owners(OwnerKind::Document)?.readable;
    bring_up_to(index, vault, &conversations, &documents)
}

/// The same where the vault was listed already.
pub(crate) fn bring_up_to(
    index: &mut SearchIndex,
    vault: &Vault,
    conversations: &[Owner],
    documents: &[Owner],
) -> Result<usize, Error> {
    let here: HashSet<[u8; 16]> = conversations
        .iter()
        .chain(documents)
        .map(|owner| *owner.id.as_bytes())
        .collect();
    index.retain(|owner| here.contains(&owner))?;
    let mut put = 0;
    for conversation in conversations {
        let owner = *conversation.id.as_bytes();
        if !index.covers(owner, conversation.fingerprint) {
            let messages = messages(vault, conversation.id)?;
            let entries = messages
                .iter()
                .map(|(number, message)| entry(*number, message));
            index.put_messages(owner, conversation.fingerprint, entries)?;
            put += 1;
        }
    }
    for document in documents {
        if index.covers(*document.id.as_bytes(), document.fingerprint) {
            continue;
        }
        // What does not open is counted where the documents are listed.
        let language = Head::language(&document.head);
        if let (Ok(language), Some(pages)) = (language, pages::stored(vault, document.id)?) {
            put_document(index, document.id, document.fingerprint, language, &pages)?;
            put += 1;
        }
    }
    Ok(put)
}

/// Puts the passages of a document in the place of what the index held of it.
pub(crate) fn put_document(
    index: &mut SearchIndex,
    document: OwnerId,
    fingerprint: Fingerprint,
    language: Option<Language>,
    pages: &[Page],
) -> Result<(), Error> {
    let entries = pages.iter().flat_map(|page| {
        let passages = (0..).zip(&page.passages);
        passages.map(|(number, passage)| Entry {
            page: page.number,
            passage: number,
            text: passage.range.of(&page.text).unwrap_or_default(),
            headings: &passage.headings,
            vector: None,
        })
    });
    let language = language.unwrap_or(Language::English);
    Ok(index.put_passages(*document.as_bytes(), fingerprint, language, entries)?)
}

impl Assistant {
    /// Puts the last message of a conversation into the index, unless it is there.
    pub(crate) fn index_last_message(&self, conversation: ConversationId) -> Result<(), Error> {
        let vault = self.home(conversation);
        let Some(record) = vault.last_record(conversation.0, stored::MESSAGE)? else {
            return Ok(());
        };
        let message = stored::decode(&record.body)?;
        let fingerprint = vault.fingerprint(conversation.0)?;
        let owner = *conversation.0.as_bytes();
        let mut library = self.library();
        if !library.index().covers(owner, fingerprint) {
            let entry = entry(record.sequence, &message);
            library
                .index_mut()
                .add_messages(owner, fingerprint, [entry])?;
        }
        Ok(())
    }
}

fn messages(vault: &Vault, conversation: OwnerId) -> Result<Vec<(u32, Message)>, Error> {
    let records = vault.records(conversation, stored::MESSAGE)?.readable;
    let decoded = records.iter().filter_map(|record| {
        let message = stored::decode(&record.body).ok()?;
        Some((record.sequence, message))
    });
    Ok(decoded.collect())
}

fn entry(number: u32, message: &Message) -> MessageEntry<'_> {
    let text = message.text();
    MessageEntry {
        message: number,
        language: Language::of(text).unwrap_or(Language::English),
        text,
    }
}
