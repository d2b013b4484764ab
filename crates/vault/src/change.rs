//! One change of the vault: what is written in it is stored together or not at all.

use std::io::Read;

use rusqlite::{OptionalExtension, Transaction, params};

use crate::keys::Keyring;
use crate::owner::{data_key, head_place, key_place, make_data_key, record_place, setting_place};
use crate::record::seal;
use crate::{BlobId, OwnerId, OwnerKind, RecordId, RecordKind, SettingKey, VaultError, blob};

/// A change under way, inside [`Vault::write`](crate::Vault::write).
pub struct Change<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) keys: &'a Keyring,
    pub(crate) vault: [u8; 16],
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
        Ok(owner)
    }

    /// Replaces the head of an owner.
    pub fn set_head(&mut self, owner: OwnerId, head: &[u8]) -> Result<(), VaultError> {
        let (kind, key) = self.data_key(owner)?;
        let head = seal(&key, &head_place(&self.vault, kind, owner), head)?;
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
        let (_, key) = self.data_key(owner)?;
        let id = RecordId::random()?;
        let sealed = seal(&key, &record_place(owner, kind, id, sequence), body)?;
        self.transaction
            .prepare_cached(
                "INSERT INTO records (id, owner, kind, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id.as_bytes(), owner.as_bytes(), kind.0, sequence, sealed])?;
        Ok(id)
    }

    /// Adds a record after the last of the owner's records of this kind.
    pub fn append(
        &mut self,
        owner: OwnerId,
        kind: RecordKind,
        body: &[u8],
    ) -> Result<RecordId, VaultError> {
        let last: Option<u32> = self
            .transaction
            .prepare_cached("SELECT max(sequence) FROM records WHERE owner = ?1 AND kind = ?2")?
            .query_row(params![owner.as_bytes(), kind.0], |row| row.get(0))?;
        let next = last
            .map_or(Some(0), |last| last.checked_add(1))
            .ok_or(VaultError::TooLarge)?;
        self.put(owner, kind, next, body)
    }

    /// Replaces the body of a record, which keeps its kind and position.
    pub fn replace(
        &mut self,
        owner: OwnerId,
        record: RecordId,
        body: &[u8],
    ) -> Result<(), VaultError> {
        let (_, key) = self.data_key(owner)?;
        let (kind, sequence) = self
            .transaction
            .prepare_cached("SELECT kind, sequence FROM records WHERE id = ?1 AND owner = ?2")?
            .query_row(params![record.as_bytes(), owner.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?
            .ok_or(VaultError::NotFound)?;
        let place = record_place(owner, RecordKind(kind), record, sequence);
        self.transaction
            .prepare_cached("UPDATE records SET sealed = ?2 WHERE id = ?1")?
            .execute(params![record.as_bytes(), seal(&key, &place, body)?])?;
        Ok(())
    }

    /// Stores bytes of any length, read to their end.
    pub fn put_blob(
        &mut self,
        owner: OwnerId,
        mut content: impl Read,
    ) -> Result<BlobId, VaultError> {
        let (_, key) = self.data_key(owner)?;
        blob::write(self.transaction, owner, &key, &mut content)
    }

    /// Erases an owner with all it owns: its data key is overwritten, so that what copies of the rows
    /// remain anywhere open no more.
    pub fn erase_owner(&mut self, owner: OwnerId) -> Result<(), VaultError> {
        let owner = params![owner.as_bytes()];
        self.transaction.execute(
            "UPDATE owners SET key = zeroblob(length(key)) WHERE id = ?1",
            owner,
        )?;
        match self
            .transaction
            .execute("DELETE FROM owners WHERE id = ?1", owner)?
        {
            0 => Err(VaultError::NotFound),
            _ => {
                self.erased = true;
                Ok(())
            }
        }
    }

    /// Sets a setting.
    pub fn set_setting(&mut self, key: SettingKey, value: &[u8]) -> Result<(), VaultError> {
        let sealed = seal(&self.keys.settings, &setting_place(&self.vault, key), value)?;
        self.transaction.execute(
            "INSERT OR REPLACE INTO settings (key, sealed) VALUES (?1, ?2)",
            params![key.0, sealed],
        )?;
        Ok(())
    }

    fn data_key(&self, owner: OwnerId) -> Result<(i64, crate::keys::SealingKey), VaultError> {
        data_key(self.transaction, &self.vault, &self.keys.wrap, owner)
    }
}
