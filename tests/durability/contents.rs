//! Everything that a vault holds, to be compared with what it held before.

use std::collections::BTreeMap;

use aparte_vault::{OwnerId, OwnerKind, RecordId, RecordKind, SettingKey, Vault};

/// Kinds of record and keys of settings that anything here or in the application uses are below this.
const KINDS: u16 = 16;

/// What a vault holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    pub conversations: BTreeMap<OwnerId, Held>,
    pub documents: BTreeMap<OwnerId, Held>,
    settings: BTreeMap<u16, Vec<u8>>,
}

/// What a conversation or a document holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    pub head: Vec<u8>,
    /// By kind and sequence.
    pub records: BTreeMap<(u16, u32), (RecordId, Vec<u8>)>,
    pub blobs: BTreeMap<[u8; 16], Vec<u8>>,
}

impl Contents {
    /// Reads all of a vault.
    ///
    /// # Errors
    /// The first thing that does not open, is gone, or was noticed.
    pub fn of(vault: &Vault) -> Result<Contents, String> {
        if !vault.notices().is_empty() {
            return Err(format!("noticed {:?}", vault.notices()));
        }
        let settings = (0..KINDS)
            .filter_map(|key| Some((key, vault.setting(SettingKey(key)).transpose()?)))
            .map(|(key, value)| Ok((key, value.map_err(|error| format!("{error:?}"))?)))
            .collect::<Result<_, String>>()?;
        Ok(Contents {
            conversations: owners(vault, OwnerKind::Conversation)?,
            documents: owners(vault, OwnerKind::Document)?,
            settings,
        })
    }
}

fn owners(vault: &Vault, kind: OwnerKind) -> Result<BTreeMap<OwnerId, Held>, String> {
    let text = |error| format!("{error:?}");
    let owners = vault.owners(kind).map_err(text)?;
    if !owners.damaged.is_empty() || owners.loss.is_some() {
        return Err(format!("{} owners are damaged", owners.damaged.len()));
    }
    let mut all = BTreeMap::new();
    for owner in owners.readable {
        let mut held = Held {
            head: owner.head,
            records: BTreeMap::new(),
            blobs: BTreeMap::new(),
        };
        for kind in 0..KINDS {
            let records = vault.records(owner.id, RecordKind(kind)).map_err(text)?;
            if !records.damaged.is_empty() || records.loss.is_some() {
                return Err(format!("{} records are damaged", records.damaged.len()));
            }
            for record in records.readable {
                let place = (kind, record.sequence);
                held.records.insert(place, (record.id, record.body));
            }
        }
        for blob in vault.blobs(owner.id).map_err(text)? {
            let bytes = vault.blob(owner.id, blob).map_err(text)?;
            held.blobs.insert(*blob.as_bytes(), bytes);
        }
        all.insert(owner.id, held);
    }
    Ok(all)
}
