//! What a model wrote, kept sealed beside the document: what was computed once is not computed again, after a crash or lock, for
//! another length or style, or where a document changed elsewhere.
//!
//! A note is known by the model and by every word of its prompt, so it never stands for another text, focus or language.

use std::collections::{HashMap, HashSet};

use aparte_protocol::engine::{ChatMessage, Role};
use aparte_vault::{RecordId, Vault};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::library::{Document, DocumentId};
use crate::{Assistant, stored};

/// Names a note by all that decides it.
pub(crate) type Key = [u8; 32];

/// The layout is frozen: see `stored.rs`.
#[derive(Serialize, Deserialize)]
struct Note {
    key: Key,
    text: String,
}

/// The notes that are kept of some documents.
#[derive(Default)]
pub(crate) struct Notes {
    known: HashMap<Key, String>,
    records: HashMap<Key, (DocumentId, RecordId)>,
    used: HashSet<Key>,
}

/// So many notes of a document may stay that its latest summary does not use.
const SPARE: usize = 2_000;

/// The name of a reply of at most so many tokens to these messages, by a model with this fingerprint.
pub(crate) fn key(fingerprint: &[u8; 32], messages: &[ChatMessage], most: u32) -> Key {
    let mut hash = Sha256::new();
    hash.update(fingerprint);
    hash.update(most.to_be_bytes());
    for ChatMessage { role, content } in messages {
        let role = match role {
            Role::System => 0_u8,
            Role::User => 1,
            Role::Assistant => 2,
        };
        hash.update([role]);
        hash.update((content.len() as u64).to_be_bytes());
        hash.update(content);
    }
    hash.finalize().into()
}

impl Notes {
    /// Adds the notes that are kept of a document. What does not open is computed again.
    pub fn read(&mut self, vault: &Vault, document: &Document) {
        let Ok(records) = vault.records(document.id.0, stored::NOTE) else {
            return;
        };
        for record in records.readable {
            if let Ok(Note { key, text }) = stored::decode(&record.body) {
                self.known.insert(key, text);
                self.records.insert(key, (document.id, record.id));
            }
        }
    }

    pub fn get(&self, key: &Key) -> Option<&str> {
        self.known.get(key).map(String::as_str)
    }

    /// Takes note of one that the summary at hand rests on, and of where it was kept now.
    pub fn take(&mut self, key: Key, text: String, record: Option<(DocumentId, RecordId)>) {
        self.used.insert(key);
        self.known.insert(key, text);
        self.records.extend(record.map(|record| (key, record)));
    }

    /// Removes notes of a document that the summary at hand does not use, where there are many.
    pub fn drop_unused(&mut self, assistant: &Assistant, document: &Document) -> Result<(), Error> {
        let unused = self
            .records
            .iter()
            .filter(|(key, (of, _))| *of == document.id && !self.used.contains(*key));
        let unused: Vec<RecordId> = unused.map(|(_, (_, record))| *record).collect();
        if unused.len() <= SPARE {
            return Ok(());
        }
        change(assistant, document, |change| {
            let mut unused = unused.iter();
            unused.try_for_each(|record| change.remove_record(document.id.0, *record))
        })
    }
}

/// Keeps a note beside a document, and says where.
pub(crate) fn keep(
    assistant: &Assistant,
    document: &Document,
    key: Key,
    text: &str,
) -> Result<(DocumentId, RecordId), Error> {
    let text = text.to_owned();
    let body = stored::encode(&Note { key, text });
    let record = change(assistant, document, |change| {
        change.append(document.id.0, stored::NOTE, &body)
    })?;
    Ok((document.id, record))
}

/// Changes what is kept beside a document, of which the index holds nothing.
pub(super) fn change<T>(
    assistant: &Assistant,
    document: &Document,
    how: impl FnOnce(&mut aparte_vault::Change<'_>) -> Result<T, aparte_vault::VaultError>,
) -> Result<T, Error> {
    let vault = assistant.vault_for(document.private);
    let owner = *document.id.0.as_bytes();
    let mut library = assistant.library();
    let covers = library
        .index()
        .covers(owner, vault.fingerprint(document.id.0)?);
    let changed = vault.write(how)?;
    if covers {
        let fingerprint = vault.fingerprint(document.id.0)?;
        library.index_mut().renew(owner, fingerprint);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Role, content: &str) -> ChatMessage {
        ChatMessage {
            role,
            content: content.to_owned(),
        }
    }

    #[test]
    fn a_note_stands_for_no_other_model_prompt_or_length() {
        let prompt = [said(Role::System, "Keep to it."), said(Role::User, "Text")];
        let of = |fingerprint: u8, messages: &[ChatMessage], most| {
            key(&[fingerprint; 32], messages, most)
        };
        let usual = of(1, &prompt, 100);
        assert_eq!(usual, of(1, &prompt.clone(), 100));
        let moved = [said(Role::System, "Keep to it.T"), said(Role::User, "ext")];
        let other = [said(Role::User, "Keep to it."), said(Role::User, "Text")];
        for different in [
            of(2, &prompt, 100),
            of(1, &prompt, 101),
            of(1, &prompt[..1], 100),
            of(1, &moved, 100),
            of(1, &other, 100),
        ] {
            assert_ne!(usual, different);
        }
    }
}
