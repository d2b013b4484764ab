//! The open vault: what is read from it, and the one way to write.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Params, TransactionBehavior, params};

use crate::change::{Change, columns};
use crate::folder::Identity;
use crate::keychain::Keychain;
use crate::keys::{Keyring, SealingKey};
use crate::owner::{head_place, key_place, record_place, setting_place, unwrap_data_key};
use crate::record::open;
use crate::set::{Columns, OwnerSeal, Root, STRANGER, Set, owner_element, record_element};
use crate::stack::without_trace;
use crate::unlock::Notice;
use crate::{
    BlobId, OwnerId, OwnerKind, Part, RecordId, RecordKind, SettingKey, SlotKind, VaultError, blob,
    cache, database, folder,
};

/// An unlocked vault: one writer, keys in memory until it is dropped.
pub struct Vault {
    pub(crate) store: Mutex<Store>,
    pub(crate) keys: Keyring,
    pub(crate) id: [u8; 16],
    pub(crate) notices: Vec<Notice>,
    /// Whether its user goes on with what was noticed.
    pub(crate) accepted: AtomicBool,
    /// Where it lies on the disk; none for a vault in memory.
    pub(crate) place: Option<Place>,
}

/// The database, and what it says of itself.
pub(crate) struct Store {
    pub(crate) connection: Connection,
    pub(crate) root: Root,
    /// What opens the vault.
    pub(crate) slots: Vec<SlotKind>,
    /// Whether something that was erased may still be in the journal or in a copy.
    pub(crate) is_unclean: bool,
}

/// Where a vault lies.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// The database, as it was opened.
    pub(crate) database: Identity,
    pub(crate) keychain: Arc<dyn Keychain + Send + Sync>,
    /// Held until the vault is dropped.
    pub(crate) _lock: File,
}

/// What a list gives: what opened, the ids of what did not, and what is not there any more, so that no loss goes unsaid.
#[derive(Debug)]
pub struct Listing<T, Id> {
    /// What opened.
    pub readable: Vec<T>,
    /// What is there but was changed, moved or cut.
    pub damaged: Vec<Id>,
    /// What is not as it was left, beyond what is damaged.
    pub loss: Option<Loss>,
}

/// How the rows differ from those that were left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// So many are gone.
    Missing(u32),
    /// An older row was put back, or one was added.
    Altered,
}

/// A conversation or document as lists show it.
pub struct Owner {
    /// Its id.
    pub id: OwnerId,
    /// The bytes that the caller gave as its head.
    pub head: Vec<u8>,
    /// Changes whenever anything of the owner does: what was made of it under the same fingerprint is up to date.
    pub fingerprint: [u8; 16],
    /// Whether it is about to be erased.
    pub hidden: bool,
}

/// A record of an owner.
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its position among the owner's records of this kind.
    pub sequence: u32,
    /// The bytes that the caller gave.
    pub body: Vec<u8>,
}

impl Vault {
    /// Runs a change and commits it: when this returns, what was written is on the disk. On an error
    /// nothing of it is. What is left of something erased and cannot be removed now is removed by a later write, at the
    /// latest when the vault is unlocked.
    ///
    /// # Errors
    /// [`VaultError::FolderGone`], [`VaultError::DiskFull`], what the change reports.
    pub fn write<T>(
        &self,
        change: impl FnOnce(&mut Change<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut store = self.store();
        let Store {
            connection, root, ..
        } = &mut *store;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let advances = !self.is_older_copy();
        let mut under_way = Change::new(&transaction, &self.keys, self.id, *root, advances);
        let result = change(&mut under_way)?;
        let done = under_way.finish()?;
        if let Some(place) = &self.place {
            place.check()?;
        }
        transaction.commit()?;
        *root = done.root;
        store.is_unclean |= done.erased;
        if store.is_unclean {
            store.clean(self.place.as_ref(), &self.keys);
        }
        drop(store);
        if let Some(place) = &self.place {
            place.check()?;
        }
        if done.erased {
            self.remember_generation();
        }
        Ok(result)
    }

    /// Lists the conversations or the documents, in no order. What it says of a loss is what was noticed when the vault
    /// opened: see [`Vault::notices`].
    pub fn owners(&self, kind: OwnerKind) -> Result<Listing<Owner, OwnerId>, VaultError> {
        let store = self.store();
        let mut select = store
            .connection
            .prepare_cached("SELECT id, key, head, seal FROM owners WHERE kind = ?1")?;
        let rows = select.query_map([kind.number()], |row| {
            let columns = Columns {
                key: row.get(1)?,
                head: row.get(2)?,
                seal: row.get(3)?,
            };
            Ok((row.get::<_, Vec<u8>>(0)?, columns))
        })?;
        let mut listing = Listing::empty();
        for row in rows {
            let (id, columns) = row?;
            // A row that has no id of ours was noticed when the vault opened.
            let Ok(id) = id.try_into().map(OwnerId::from_bytes) else {
                continue;
            };
            listing.add(id, self.open_owner(id, kind.number(), &columns));
        }
        Ok(listing)
    }

    /// Reads the fingerprint of an owner, as [`Owner::fingerprint`] has it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn fingerprint(&self, owner: OwnerId) -> Result<[u8; 16], VaultError> {
        let (kind, columns) = columns(&self.store().connection, owner)?;
        let element = owner_element(&self.keys.set, owner, kind, &columns);
        Ok(element[..16].try_into().expect("16 of 32 bytes"))
    }

    /// Reads the head of an owner.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Damaged`].
    pub fn head(&self, owner: OwnerId, kind: OwnerKind) -> Result<Vec<u8>, VaultError> {
        let (stored, columns) = columns(&self.store().connection, owner)?;
        let kind = kind.number();
        if stored != kind {
            // An id of something else names nothing here: the bytes of its head could be taken for this kind's.
            return Err(VaultError::NotFound);
        }
        let key = self.data_key(owner, kind, &columns)?;
        open(&key, &head_place(&self.id, kind, owner), &columns.head)
            .map(|head| head.to_vec())
            .ok_or(VaultError::Damaged(Part::Head))
    }

    /// Reads an owner's records of one kind, by their sequence.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`] if the owner's data key does not open.
    pub fn records(
        &self,
        owner: OwnerId,
        kind: RecordKind,
    ) -> Result<Listing<Record, RecordId>, VaultError> {
        let store = self.store();
        let (owner_kind, columns) = columns(&store.connection, owner)?;
        let key = self.data_key(owner, owner_kind, &columns)?;
        let seal = OwnerSeal::open(&key, &self.id, owner_kind, owner, &columns.seal);
        let mut select = store.connection.prepare_cached(
            "SELECT id, sequence, sealed FROM records WHERE owner = ?1 AND kind = ?2 ORDER BY sequence",
        )?;
        let rows = select.query_map(params![owner.as_bytes(), kind.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let mut listing = Listing::empty();
        let mut found = Set::default();
        for row in rows {
            let (id, sequence, sealed) = row?;
            let Some((id, sequence)) = record_name(id, sequence) else {
                found.add(STRANGER);
                continue;
            };
            let element = record_element(&self.keys.set, kind, sequence, id, &sealed);
            found.add(element);
            let body = open(&key, &record_place(owner, kind, id, sequence), &sealed);
            listing.add(
                id,
                body.map(|body| Record {
                    id,
                    sequence,
                    body: body.to_vec(),
                }),
            );
        }
        listing.loss = match seal {
            Some(seal) => loss(seal.records(kind).set, found),
            None => Some(Loss::Altered),
        };
        Ok(listing)
    }

    /// Reads the last of an owner's records of one kind; `None` if there is none.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`] if it does not open.
    pub fn last_record(
        &self,
        owner: OwnerId,
        kind: RecordKind,
    ) -> Result<Option<Record>, VaultError> {
        let last = "SELECT id, sequence, sealed FROM records WHERE owner = ?1 AND kind = ?2
                    ORDER BY sequence DESC LIMIT 1";
        self.one_record(owner, kind, last, params![owner.as_bytes(), kind.0])
    }

    /// Reads the record of an owner at a position among those of one kind; `None` if there is none.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`] if it does not open.
    pub fn record(
        &self,
        owner: OwnerId,
        kind: RecordKind,
        sequence: u32,
    ) -> Result<Option<Record>, VaultError> {
        let at = "SELECT id, sequence, sealed FROM records WHERE owner = ?1 AND kind = ?2 AND sequence = ?3";
        let position = params![owner.as_bytes(), kind.0, sequence];
        self.one_record(owner, kind, at, position)
    }

    /// Counts the records of one kind that each owner has, by their rows, without opening any. An owner that has none is
    /// not in it.
    pub fn count_records(&self, kind: RecordKind) -> Result<HashMap<OwnerId, u32>, VaultError> {
        let store = self.store();
        let mut select = store
            .connection
            .prepare_cached("SELECT owner, count(*) FROM records WHERE kind = ?1 GROUP BY owner")?;
        let rows = select.query_map([kind.0], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?))
        })?;
        let mut counts = HashMap::new();
        for row in rows {
            let (owner, count) = row?;
            // A row that belongs to nobody was noticed when the vault opened.
            if let Ok(owner) = owner.try_into() {
                counts.insert(OwnerId::from_bytes(owner), count);
            }
        }
        Ok(counts)
    }

    /// Lists the blobs of an owner, in no order.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn blobs(&self, owner: OwnerId) -> Result<Vec<BlobId>, VaultError> {
        let store = self.store();
        columns(&store.connection, owner)?;
        let mut select = store
            .connection
            .prepare_cached("SELECT id FROM blobs WHERE owner = ?1")?;
        let rows = select.query_map(params![owner.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let ids = rows.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(ids
            .filter_map(|id| id.try_into().ok().map(BlobId::from_bytes))
            .collect())
    }

    /// Reads a blob whole.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`] if a chunk was changed, moved, added or lost.
    pub fn blob(&self, owner: OwnerId, id: BlobId) -> Result<Vec<u8>, VaultError> {
        let store = self.store();
        let (kind, columns) = columns(&store.connection, owner)?;
        let key = self.data_key(owner, kind, &columns)?;
        without_trace(|| blob::read(&store.connection, owner, id, &key))
    }

    /// Reads a setting; `None` if it was never set.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn setting(&self, key: SettingKey) -> Result<Option<Vec<u8>>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .store()
            .connection
            .query_row(
                "SELECT sealed FROM settings WHERE key = ?1",
                [key.0],
                |row| row.get(0),
            )
            .optional()?;
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        open(&self.keys.settings, &setting_place(&self.id, key), &sealed)
            .map(|value| Some(value.to_vec()))
            .ok_or(VaultError::Damaged(Part::Setting))
    }

    /// A change that panicked was rolled back when it was dropped, so the connection is sound.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unwraps the data key of an owner.
    pub(crate) fn data_key(
        &self,
        owner: OwnerId,
        kind: i64,
        columns: &Columns,
    ) -> Result<SealingKey, VaultError> {
        let place = key_place(&self.id, kind, owner);
        unwrap_data_key(&self.keys.wrap, &place, &columns.key)
            .ok_or(VaultError::Damaged(Part::DataKey))
    }

    fn one_record(
        &self,
        owner: OwnerId,
        kind: RecordKind,
        select: &str,
        values: impl Params,
    ) -> Result<Option<Record>, VaultError> {
        let store = self.store();
        let (owner_kind, columns) = columns(&store.connection, owner)?;
        let key = self.data_key(owner, owner_kind, &columns)?;
        let row = store
            .connection
            .prepare_cached(select)?
            .query_row(values, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()?;
        let Some((id, sequence, sealed)) = row else {
            return Ok(None);
        };
        let damaged = VaultError::Damaged(Part::Record);
        let (id, sequence) = record_name(id, sequence).ok_or(damaged)?;
        let body = open(&key, &record_place(owner, kind, id, sequence), &sealed)
            .ok_or(VaultError::Damaged(Part::Record))?
            .to_vec();
        Ok(Some(Record { id, sequence, body }))
    }

    fn open_owner(&self, id: OwnerId, kind: i64, columns: &Columns) -> Option<Owner> {
        let key = self.data_key(id, kind, columns).ok()?;
        let head = open(&key, &head_place(&self.id, kind, id), &columns.head)?;
        let seal = OwnerSeal::open(&key, &self.id, kind, id, &columns.seal)?;
        let element = owner_element(&self.keys.set, id, kind, columns);
        Some(Owner {
            id,
            head: head.to_vec(),
            fingerprint: element[..16].try_into().expect("16 of 32 bytes"),
            hidden: seal.hidden,
        })
    }
}

impl Store {
    /// Removes what was erased from the journal, the caches, and the copies made before a migration. What fails is tried
    /// again by the next write.
    pub(crate) fn clean(&mut self, place: Option<&Place>, keys: &Keyring) {
        let journal = database::cut_journal(&self.connection);
        let copies = place.map_or(Ok(()), |place| {
            folder::remove_copies(&place.folder)?;
            cache::sweep(&self.connection, &place.folder, &keys.cache_name)
        });
        self.is_unclean = !matches!(journal, Ok(true)) || copies.is_err();
    }
}

impl Place {
    /// Whether the database that is open is still the one in the folder.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        match Identity::of(&self.folder) {
            Ok(found) if found == self.database => Ok(()),
            _ => Err(VaultError::FolderGone),
        }
    }
}

/// What a set lost. A damaged row whose tag was hit changes the digest too.
pub(crate) fn loss(expected: Set, found: Set) -> Option<Loss> {
    match expected.count.saturating_sub(found.count) {
        0 if expected == found => None,
        0 => Some(Loss::Altered),
        missing => Some(Loss::Missing(missing)),
    }
}

/// The id and position of a record, unless the row is of a shape that no vault writes.
pub(crate) fn record_name(id: Vec<u8>, sequence: i64) -> Option<(RecordId, u32)> {
    let id = RecordId::from_bytes(id.try_into().ok()?);
    Some((id, u32::try_from(sequence).ok()?))
}

impl<T, Id> Listing<T, Id> {
    fn empty() -> Self {
        Listing {
            readable: Vec::new(),
            damaged: Vec::new(),
            loss: None,
        }
    }

    fn add(&mut self, id: Id, opened: Option<T>) {
        match opened {
            Some(item) => self.readable.push(item),
            None => self.damaged.push(id),
        }
    }
}

#[cfg(test)]
mod tests;
