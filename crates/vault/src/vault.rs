//! The open vault.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::keychain::{Keychain, Platform};
use crate::keys::{Key, Keyring, random};
use crate::owner::{data_key, head_place, key_place, record_place, setting_place, unwrap_data_key};
use crate::record::open;
use crate::slots::{self, Manifest};
use crate::{
    BlobId, Change, Cost, OwnerId, OwnerKind, Part, Protection, RecordId, RecordKind, SettingKey,
    SlotKind, VaultError, blob, database, folder,
};

/// What is in a folder, before any key is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No vault: one may be created.
    Absent,
    /// A vault that any of its slots opens.
    Locked {
        /// The kinds of its slots.
        slots: Vec<SlotKind>,
    },
}

/// An unlocked vault: one writer, keys in memory until it is dropped.
pub struct Vault {
    connection: Mutex<Connection>,
    keys: Keyring,
    id: [u8; 16],
    repaired: bool,
    /// Held until the connection above is closed; none for a vault in memory.
    _lock: Option<File>,
}

/// What a list gives: what opened, and the ids of what did not, so that no loss goes unsaid.
#[derive(Debug)]
pub struct Listing<T, Id> {
    /// What opened.
    pub readable: Vec<T>,
    /// What is there but was changed, moved or cut.
    pub damaged: Vec<Id>,
}

/// A conversation or document as lists show it.
pub struct Owner {
    /// Its id.
    pub id: OwnerId,
    /// The bytes that the caller gave as its head.
    pub head: Vec<u8>,
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
    /// Looks at a folder without asking for a key or changing a byte.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where only a part of a vault is left, [`VaultError::NewerFormat`].
    pub fn look(folder: &Path) -> Result<State, VaultError> {
        let file = folder::read_slots(folder)?;
        if !folder.join(folder::DATABASE).try_exists()? {
            return match file.is_empty() {
                true => Ok(State::Absent),
                false => Err(VaultError::Damaged(Part::Database)),
            };
        }
        let manifest = Manifest::read(&file)
            .or_else(|_| Manifest::read(&database::manifest(&database::open(folder)?)?))?;
        Ok(State::Locked {
            slots: manifest.kinds(),
        })
    }

    /// Makes a vault with a new master key and opens it. `cost` is that of a passphrase; the keychain has
    /// none.
    ///
    /// # Errors
    /// [`VaultError::AlreadyExists`] where a vault, or what is left of one, is in place; what the
    /// keychain reports; [`VaultError::CostOutOfRange`].
    pub fn create(
        folder: &Path,
        protection: Protection<'_>,
        cost: Cost,
    ) -> Result<Vault, VaultError> {
        Vault::create_with(folder, protection, cost, &Platform)
    }

    /// Opens a vault.
    ///
    /// # Errors
    /// [`VaultError::Absent`], [`VaultError::InUse`], [`VaultError::WrongPassphrase`], what the keychain
    /// reports, or what is damaged. Nothing is changed in any of these cases.
    pub fn unlock(folder: &Path, protection: Protection<'_>) -> Result<Vault, VaultError> {
        Vault::unlock_with(folder, protection, &Platform)
    }

    /// Makes a vault that lives in memory, under a key that nobody keeps. Only the place differs: what it
    /// holds is sealed all the same.
    pub fn in_memory() -> Result<Vault, VaultError> {
        Ok(Vault {
            connection: Mutex::new(database::in_memory()?),
            keys: Keyring::of(&Key::random()?),
            id: random()?,
            repaired: false,
            _lock: None,
        })
    }

    /// Tells whether `vault.json` or its copy was lost or damaged and was restored from the other when
    /// the vault opened. The user should be told.
    pub fn was_repaired(&self) -> bool {
        self.repaired
    }

    /// Runs a change and commits it: when this returns, what was written is on the disk. On an error
    /// nothing of it is.
    pub fn write<T>(
        &self,
        change: impl FnOnce(&mut Change<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut under_way = Change {
            transaction: &transaction,
            keys: &self.keys,
            vault: self.id,
            erased: false,
        };
        let result = change(&mut under_way)?;
        let erased = under_way.erased;
        transaction.commit()?;
        if erased {
            // What was erased is still in the journal until it is cut.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(result)
    }

    /// Lists the conversations or the documents, in no order.
    pub fn owners(&self, kind: OwnerKind) -> Result<Listing<Owner, OwnerId>, VaultError> {
        let connection = self.connection();
        let kind = kind.number();
        let mut select =
            connection.prepare_cached("SELECT id, key, head FROM owners WHERE kind = ?1")?;
        let rows = select.query_map([kind], |row| {
            let id = OwnerId::from_bytes(row.get(0)?);
            Ok((id, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let mut listing = Listing::empty();
        for row in rows {
            let (id, key, head) = row?;
            let place = key_place(&self.id, kind, id);
            let head = unwrap_data_key(&self.keys.wrap, &place, &key)
                .and_then(|key| open(&key, &head_place(&self.id, kind, id), &head));
            listing.add(
                id,
                head.map(|head| Owner {
                    id,
                    head: head.to_vec(),
                }),
            );
        }
        Ok(listing)
    }

    /// Reads the head of an owner.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Damaged`].
    pub fn head(&self, owner: OwnerId, kind: OwnerKind) -> Result<Vec<u8>, VaultError> {
        let connection = self.connection();
        let (stored, key) = data_key(&connection, &self.id, &self.keys.wrap, owner)?;
        let kind = kind.number();
        if stored != kind {
            // An id of something else names nothing here: the bytes of its head could be taken for this kind's.
            return Err(VaultError::NotFound);
        }
        let sealed: Vec<u8> = connection
            .prepare_cached("SELECT head FROM owners WHERE id = ?1")?
            .query_row(params![owner.as_bytes()], |row| row.get(0))?;
        open(&key, &head_place(&self.id, kind, owner), &sealed)
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
        let connection = self.connection();
        let (_, key) = data_key(&connection, &self.id, &self.keys.wrap, owner)?;
        let mut select = connection.prepare_cached(
            "SELECT id, sequence, sealed FROM records WHERE owner = ?1 AND kind = ?2 ORDER BY sequence",
        )?;
        let rows = select.query_map(params![owner.as_bytes(), kind.0], |row| {
            let id = RecordId::from_bytes(row.get(0)?);
            Ok((id, row.get::<_, u32>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let mut listing = Listing::empty();
        for row in rows {
            let (id, sequence, sealed) = row?;
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
        Ok(listing)
    }

    /// Reads a blob whole.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::Damaged`] if a chunk was changed, moved, added or lost.
    pub fn blob(&self, owner: OwnerId, id: BlobId) -> Result<Vec<u8>, VaultError> {
        let connection = self.connection();
        let (_, key) = data_key(&connection, &self.id, &self.keys.wrap, owner)?;
        blob::read(&connection, owner, id, &key)
    }

    /// Reads a setting; `None` if it was never set.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn setting(&self, key: SettingKey) -> Result<Option<Vec<u8>>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .connection()
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

    /// The database lands before `vault.json`: whatever step a crash stops at, there is either no vault
    /// or one that opens by the copy in its database.
    fn create_with(
        folder: &Path,
        protection: Protection<'_>,
        cost: Cost,
        keychain: &dyn Keychain,
    ) -> Result<Vault, VaultError> {
        folder::prepare(folder)?;
        let lock = folder::lock(folder)?;
        for file in [folder::DATABASE, folder::SLOTS] {
            if folder.join(file).try_exists()? {
                return Err(VaultError::AlreadyExists);
            }
        }
        let id = random()?;
        let master = Key::random()?;
        let manifest = slots::make(id, &master, protection, cost.checked()?, keychain)?;
        database::create(folder, &manifest)?;
        folder::write_slots(folder, &manifest)?;
        Ok(Vault {
            connection: Mutex::new(database::open(folder)?),
            keys: Keyring::of(&master),
            id,
            repaired: false,
            _lock: Some(lock),
        })
    }

    fn unlock_with(
        folder: &Path,
        protection: Protection<'_>,
        keychain: &dyn Keychain,
    ) -> Result<Vault, VaultError> {
        if Vault::look(folder)? == State::Absent {
            return Err(VaultError::Absent);
        }
        let lock = folder::lock(folder)?;
        folder::prepare(folder)?;
        let connection = database::open(folder)?;
        let copy = database::manifest(&connection)?;
        let file = folder::read_slots(folder)?;
        let (master, genuine) = slots::unlock(&file, &copy, protection, keychain)?;
        if file != genuine {
            folder::write_slots(folder, genuine)?;
        }
        if copy != genuine {
            database::set_manifest(&connection, genuine)?;
        }
        Ok(Vault {
            connection: Mutex::new(connection),
            keys: Keyring::of(&master),
            id: Manifest::read(genuine)?.vault,
            repaired: file != copy,
            _lock: Some(lock),
        })
    }

    /// A change that panicked was rolled back when it was dropped, so the connection is sound.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, Id> Listing<T, Id> {
    fn empty() -> Self {
        Listing {
            readable: Vec::new(),
            damaged: Vec::new(),
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
