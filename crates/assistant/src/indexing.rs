//! The index and the vault in step: what changed while the index was not looking is put anew.

use std::collections::HashSet;

use aparte_protocol::documents::Page;
use aparte_vault::{Owner, OwnerId, OwnerKind, Vault, VaultError};

use crate::conversation::{ConversationId, Message};
use crate::error::Error;
use crate::language::Language;
use crate::library::Head;
use crate::search::{Entry, Fingerprint, MessageEntry, SearchIndex, Vector};
use crate::{Assistant, pages, stored, vectors};

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
    let pages_of = vault.count_records(stored::PAGE)?;
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
        // A reading that is under way, or was cut short.
        if document.hidden || index.covers(*document.id.as_bytes(), document.fingerprint) {
            continue;
        }
        // What does not open is counted where the documents are listed.
        let Ok(head) = Head::decode(&document.head) else {
            continue;
        };
        let count = pages_of.get(&document.id).copied().unwrap_or(0);
        let texts = texts(vault, document.id, head.pages.max(count))?;
        put_document(
            index,
            document.id,
            document.fingerprint,
            head.language,
            &texts,
        )?;
        put += 1;
    }
    Ok(put)
}

/// What is indexed of a page.
pub(crate) struct PageTexts {
    page: u32,
    passages: Vec<(String, Vec<String>)>,
    /// Of the pieces of its passages, where they were computed.
    vectors: Vec<Vec<Vector>>,
}

impl PageTexts {
    /// What is indexed of a page.
    pub(crate) fn of(page: Page, vectors: Vec<Vec<Vector>>) -> PageTexts {
        PageTexts {
            page: page.number,
            vectors,
            passages: page
                .passages
                .into_iter()
                .map(|passage| {
                    let text = passage.range.of(&page.text).unwrap_or_default();
                    (text.to_owned(), passage.context(&page.text))
                })
                .collect(),
        }
    }
}

/// What is indexed of a document with so many pages. Its words' places, which take many times as much, are not brought into
/// memory together. Pages that do not open have nothing.
pub(crate) fn texts(vault: &Vault, document: OwnerId, pages: u32) -> Result<Vec<PageTexts>, Error> {
    let mut texts = Vec::new();
    for number in 1..=pages {
        let record = match vault.record(document, stored::PAGE, number) {
            Ok(record) => record,
            Err(VaultError::Damaged(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let page = record.and_then(|record| pages::decode(&record.body).ok());
        let Some(page) = page.filter(|page| !page.passages.is_empty()) else {
            continue;
        };
        let vectors = vectors::kept(vault, document, number, page.passages.len());
        texts.push(PageTexts::of(page, vectors));
    }
    Ok(texts)
}

/// Puts the passages of a document in the place of what the index held of it.
pub(crate) fn put_document(
    index: &mut SearchIndex,
    document: OwnerId,
    fingerprint: Fingerprint,
    language: Option<Language>,
    texts: &[PageTexts],
) -> Result<(), Error> {
    let language = language.unwrap_or(Language::English);
    let owner = *document.as_bytes();
    Ok(index.put_passages(owner, fingerprint, language, entries(texts))?)
}

/// Adds the passages of pages to those that the index holds of a document.
pub(crate) fn add_to_document(
    index: &mut SearchIndex,
    document: OwnerId,
    fingerprint: Fingerprint,
    language: Option<Language>,
    texts: &[PageTexts],
) -> Result<(), Error> {
    let language = language.unwrap_or(Language::English);
    let owner = *document.as_bytes();
    Ok(index.add_passages(owner, fingerprint, language, entries(texts))?)
}

fn entries(texts: &[PageTexts]) -> impl Iterator<Item = Entry<'_>> {
    texts.iter().flat_map(|page| {
        let passages = (0..).zip(&page.passages);
        passages.map(|(number, (text, headings))| Entry {
            page: page.page,
            passage: number,
            text,
            headings,
            vectors: page.vectors.get(number as usize).map_or(&[], Vec::as_slice),
        })
    })
}

impl Assistant {
    /// Puts the last message of a conversation into the index, unless it is there.
    pub(crate) fn index_last_message(&self, conversation: ConversationId) -> Result<(), Error> {
        let vault = self.home(conversation);
        let Some(record) = vault.last_record(conversation.0, stored::MESSAGE)? else {
            return Ok(());
        };
        let message = Message::decode(&record.body)?;
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
        let message = Message::decode(&record.body).ok()?;
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
