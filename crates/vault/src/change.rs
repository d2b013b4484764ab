//! One change of the vault: what is written in it is stored together or not at all.

use std::collections::HashMap;
use std::io::Read;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::keys::{Keyring, SealingKey};
use crate::owner::{
    head_place, key_place, make_data_key, record_place, setting_place, unwrap_data_key,
};
use crate::record::{open, seal};
use crate::set::{
    Columns, Element, OwnerSeal, Root, blob_element, owner_element, record_element, setting_element,
};
use crate::stack::without_trace;
use crate::{BlobId, OwnerId, OwnerKind, Part, RecordId, RecordKind, SettingKey, VaultError, blob};

/// A change under way, inside [`Vault::write`](crate::Vault::write).
pub struct Change<'a> {
    transaction: &'a Transaction<'a>,
    keys: &'a Keyring,
    vault: [u8; 16],
    root: Root,
    /// The owners that were looked at, with what they will seal of themselves.
    owners: HashMap<OwnerId, Changing>,
    erased: bool,
    /// Whether openings, closings and erasures are counted.
    advances: bool,
}

/// An owner in a change.
struct Changing {
    kind: i64,
    key: SealingKey,
    seal: OwnerSeal,
    /// Its part in the root before the change; none for a new owner.
    before: Option<Element>,
    changed: bool,
}

/// What a change leaves behind once its rows are written.
pub(crate) struct Done {
    /// The root, to be held from the commit on.
    pub(crate) root: Root,
    /// Whether rows were erased, so that the journal must not keep them.
    pub(crate) erased: bool,
}

impl Change<'_> {
    /// Makes a conversation or document with a data key of its own. The head is what lists show.
    pub fn create_owner(&mut self, kind: OwnerKind, head: &[u8]) -> Result<OwnerId, VaultError> {
        let owner = OwnerId::random()?;
        let kind = kind.number();
        let (key, wrapped) = make_data_key(&self.keys.wrap, &key_place(&self.vault, kind, owner))?;
        let head = seal(&key, &head_place(&self.vault, kind, owner), head)?;
        self.transaction
            .prepare_cached("INSERT INTO owners (id, kind, key, head) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![owner.as_bytes(), kind, wrapped, head])?;
        let new = Changing {
            kind,
            key,
            seal: OwnerSeal::default(),
            before: None,
            changed: true,
        };
        self.owners.insert(owner, new);
        Ok(owner)
    }

    /// Replaces the head of an owner.
    pub fn set_head(&mut self, owner: OwnerId, head: &[u8]) -> Result<(), VaultError> {
        let vault = self.vault;
        let changing = self.owner(owner)?;
        changing.changed = true;
        let place = head_place(&vault, changing.kind, owner);
        let head = seal(&changing.key, &place, head)?;
        self.transaction
            .prepare_cached("UPDATE owners SET head = ?2 WHERE id = ?1")?
            .execute(params![owner.as_bytes(), head])?;
        Ok(())
    }

    /// Adds a record at a position that is free among the owner's records of this kind.
    pub fn put(
        &mut self,
        owner: OwnerId,
        kind: RecordKind,
        sequence: u32,
        body: &[u8],
    ) -> Result<RecordId, VaultError> {
        let keys = self.keys;
        let changing = self.owner(owner)?;
        let id = RecordId::random()?;
        let sealed = seal(
            &changing.key,
            &record_place(owner, kind, id, sequence),
            body,
        )?;
        let records = changing.seal.records_mut(kind);
        let behind = sequence.checked_add(1).ok_or(VaultError::TooLarge)?;
        records.next = records.next.max(behind);
        records
            .set
            .add(record_element(&keys.set, kind, sequence, id, &sealed));
        changing.changed = true;
        self.transaction
            .prepare_cached(
                "INSERT INTO records (id, owner, kind, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id.as_bytes(), owner.as_bytes(), kind.0, sequence, sealed])?;
        Ok(id)
    }

    /// Adds a record after the last that the owner ever had of this kind.
    pub fn append(
        &mut self,
        owner: OwnerId,
        kind: RecordKind,
        body: &[u8],
    ) -> Result<RecordId, VaultError> {
        let next = self.owner(owner)?.seal.records(kind).next;
        self.put(owner, kind, next, body)
    }

    /// Replaces the body of a record, which keeps its kind and position.
    pub fn replace(
        &mut self,
        owner: OwnerId,
        record: RecordId,
        body: &[u8],
    ) -> Result<(), VaultError> {
        let (kind, sequence, old) = self.stored(owner, record)?;
        let keys = self.keys;
        let changing = self.owner(owner)?;
        let sealed = seal(
            &changing.key,
            &record_place(owner, kind, record, sequence),
            body,
        )?;
        let new = record_element(&keys.set, kind, sequence, record, &sealed);
        changing.seal.records_mut(kind).set.replace(old, new);
        changing.changed = true;
        self.transaction
            .prepare_cached("UPDATE records SET sealed = ?2 WHERE id = ?1")?
            .execute(params![record.as_bytes(), sealed])?;
        Ok(())
    }

    /// Removes a record. Its bytes stay readable to nobody but who has the owner's key and an older copy of the file.
    pub fn remove_record(&mut self, owner: OwnerId, record: RecordId) -> Result<(), VaultError> {
        let (kind, _, old) = self.stored(owner, record)?;
        let changing = self.owner(owner)?;
        changing.seal.records_mut(kind).set.remove(old);
        changing.changed = true;
        self.transaction
            .prepare_cached("DELETE FROM records WHERE id = ?1")?
            .execute(params![record.as_bytes()])?;
        Ok(())
    }

    /// Removes all records of a kind, as [`Self::remove_record`] does one; what does not open any more is removed too.
    pub fn remove_records(&mut self, owner: OwnerId, kind: RecordKind) -> Result<(), VaultError> {
        let rows: Vec<(Vec<u8>, u32, Vec<u8>)> = self
            .transaction
            .prepare_cached(
                "SELECT id, sequence, sealed FROM records WHERE owner = ?1 AND kind = ?2",
            )?
            .query_map(params![owner.as_bytes(), kind.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        let keys = self.keys;
        let changing = self.owner(owner)?;
        for (id, sequence, sealed) in &rows {
            let Ok(id) = id.as_slice().try_into().map(RecordId::from_bytes) else {
                continue;
            };
            let element = record_element(&keys.set, kind, *sequence, id, sealed);
            changing.seal.records_mut(kind).set.remove(element);
        }
        changing.changed = true;
        self.transaction
            .prepare_cached("DELETE FROM records WHERE owner = ?1 AND kind = ?2")?
            .execute(params![owner.as_bytes(), kind.0])?;
        Ok(())
    }

    /// Removes all blobs of an owner, with the same word about their bytes.
    pub fn remove_blobs(&mut self, owner: OwnerId) -> Result<(), VaultError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = self
            .transaction
            .prepare_cached("SELECT id, head FROM blobs WHERE owner = ?1")?
            .query_map(params![owner.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let keys = self.keys;
        let changing = self.owner(owner)?;
        for (id, head) in &rows {
            if let Ok(id) = id.as_slice().try_into() {
                changing
                    .seal
                    .blobs
                    .remove(blob_element(&keys.set, &id, head));
            }
        }
        changing.changed = true;
        self.transaction
            .prepare_cached("DELETE FROM blobs WHERE owner = ?1")?
            .execute(params![owner.as_bytes()])?;
        Ok(())
    }

    /// Stores bytes of any length, read to their end.
    pub fn put_blob(
        &mut self,
        owner: OwnerId,
        mut content: impl Read,
    ) -> Result<BlobId, VaultError> {
        let (transaction, keys) = (self.transaction, self.keys);
        let changing = self.owner(owner)?;
        let (id, head) =
            without_trace(|| blob::write(transaction, owner, &changing.key, &mut content))?;
        let element = blob_element(&keys.set, id.as_bytes(), &head);
        changing.seal.blobs.add(element);
        changing.changed = true;
        Ok(id)
    }

    /// Marks an owner to be erased when the vault closes or next opens, unless it is shown again before.
    pub fn hide_owner(&mut self, owner: OwnerId) -> Result<(), VaultError> {
        self.set_hidden(owner, true)
    }

    /// Takes the mark away.
    pub fn show_owner(&mut self, owner: OwnerId) -> Result<(), VaultError> {
        self.set_hidden(owner, false)
    }

    /// Erases an owner with all it owns, and the caches, which may hold something of it: its data key is overwritten, so
    /// that what copies of the rows remain anywhere open no more. What does not open any more can be erased too.
    pub fn erase_owner(&mut self, owner: OwnerId) -> Result<(), VaultError> {
        let before = match self.owners.remove(&owner) {
            Some(changing) => changing.before,
            None => {
                let (kind, columns) = columns(self.transaction, owner)?;
                Some(owner_element(&self.keys.set, owner, kind, &columns))
            }
        };
        let id = params![owner.as_bytes()];
        self.transaction.execute(
            "UPDATE owners SET key = zeroblob(length(key)) WHERE id = ?1",
            id,
        )?;
        self.transaction
            .execute("DELETE FROM owners WHERE id = ?1", id)?;
        self.transaction.execute("DELETE FROM caches", [])?;
        if let Some(element) = before {
            self.root.owners.remove(element);
        }
        self.advance();
        self.erased = true;
        Ok(())
    }

    /// Sets a setting.
    pub fn set_setting(&mut self, key: SettingKey, value: &[u8]) -> Result<(), VaultError> {
        let sealed = seal(&self.keys.settings, &setting_place(&self.vault, key), value)?;
        let new = setting_element(&self.keys.set, key, &sealed);
        let old: Option<Vec<u8>> = self
            .transaction
            .prepare_cached("SELECT sealed FROM settings WHERE key = ?1")?
            .query_row([key.0], |row| row.get(0))
            .optional()?;
        match old {
            Some(old) => {
                let old = setting_element(&self.keys.set, key, &old);
                self.root.settings.replace(old, new);
            }
            None => self.root.settings.add(new),
        }
        self.transaction.execute(
            "INSERT OR REPLACE INTO settings (key, sealed) VALUES (?1, ?2)",
            params![key.0, sealed],
        )?;
        Ok(())
    }

    pub(crate) fn new<'a>(
        transaction: &'a Transaction<'a>,
        keys: &'a Keyring,
        vault: [u8; 16],
        root: Root,
        advances: bool,
    ) -> Change<'a> {
        Change {
            transaction,
            keys,
            vault,
            root,
            owners: HashMap::new(),
            erased: false,
            advances,
        }
    }

    /// Counts one more opening, closing or erasure of the vault, as far as can be counted.
    pub(crate) fn advance(&mut self) {
        let more = u64::from(self.advances);
        self.root.generation = self.root.generation.saturating_add(more);
    }

    /// Seals the owners that changed, and the root. Nothing may be written after it but the commit.
    pub(crate) fn finish(mut self) -> Result<Done, VaultError> {
        for (&owner, changing) in &self.owners {
            if !changing.changed {
                continue;
            }
            let seal = changing
                .seal
                .seal(&changing.key, &self.vault, changing.kind, owner)?;
            self.transaction
                .prepare_cached("UPDATE owners SET seal = ?2 WHERE id = ?1")?
                .execute(params![owner.as_bytes(), seal])?;
            let (kind, columns) = columns(self.transaction, owner)?;
            let after = owner_element(&self.keys.set, owner, kind, &columns);
            match changing.before {
                Some(before) => self.root.owners.replace(before, after),
                None => self.root.owners.add(after),
            }
        }
        let sealed = self.root.seal(&self.keys.root, &self.vault)?;
        crate::database::set_root(self.transaction, &sealed)?;
        Ok(Done {
            root: self.root,
            erased: self.erased,
        })
    }

    fn set_hidden(&mut self, owner: OwnerId, hidden: bool) -> Result<(), VaultError> {
        let changing = self.owner(owner)?;
        changing.seal.hidden = hidden;
        changing.changed = true;
        Ok(())
    }

    /// An owner with its key and what it seals of itself.
    fn owner(&mut self, owner: OwnerId) -> Result<&mut Changing, VaultError> {
        use std::collections::hash_map::Entry;
        match self.owners.entry(owner) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let (kind, columns) = columns(self.transaction, owner)?;
                let key = key_place(&self.vault, kind, owner);
                let key = unwrap_data_key(&self.keys.wrap, &key, &columns.key)
                    .ok_or(VaultError::Damaged(Part::DataKey))?;
                let seal = OwnerSeal::open(&key, &self.vault, kind, owner, &columns.seal)
                    .ok_or(VaultError::Damaged(Part::Seal))?;
                let before = owner_element(&self.keys.set, owner, kind, &columns);
                Ok(place.insert(Changing {
                    kind,
                    key,
                    seal,
                    before: Some(before),
                    changed: false,
                }))
            }
        }
    }

    /// The place of a record, and its part in the owner's set. A record that does not open is not written over.
    fn stored(
        &mut self,
        owner: OwnerId,
        record: RecordId,
    ) -> Result<(RecordKind, u32, Element), VaultError> {
        let (kind, sequence, sealed): (u16, u32, Vec<u8>) = self
            .transaction
            .prepare_cached(
                "SELECT kind, sequence, sealed FROM records WHERE id = ?1 AND owner = ?2",
            )?
            .query_row(params![record.as_bytes(), owner.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?
            .ok_or(VaultError::NotFound)?;
        let kind = RecordKind(kind);
        let keys = self.keys;
        let changing = self.owner(owner)?;
        open(
            &changing.key,
            &record_place(owner, kind, record, sequence),
            &sealed,
        )
        .ok_or(VaultError::Damaged(Part::Record))?;
        let element = record_element(&keys.set, kind, sequence, record, &sealed);
        Ok((kind, sequence, element))
    }
}

/// Reads the sealed columns of an owner.
///
/// # Errors
/// [`VaultError::NotFound`].
pub(crate) fn columns(
    connection: &Connection,
    owner: OwnerId,
) -> Result<(i64, Columns), VaultError> {
    connection
        .prepare_cached("SELECT kind, key, head, seal FROM owners WHERE id = ?1")?
        .query_row(params![owner.as_bytes()], |row| {
            let columns = Columns {
                key: row.get(1)?,
                head: row.get(2)?,
                seal: row.get(3)?,
            };
            Ok((row.get(0)?, columns))
        })
        .optional()?
        .ok_or(VaultError::NotFound)
}
