//! Backups: one file that holds the whole vault, sealed as it is, and what opens it.
//!
//! A backup is a database like the vault's own, with the copy of `vault.json` that the vault's has too, but without the
//! keychain's slot: it opens on any machine, with the passphrase or the recovery words.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::database::Journaling;
use crate::keychain::Platform;
use crate::keys::Keyring;
use crate::slots::{self, Manifest};
use crate::{Part, Protection, Vault, VaultError, database, folder, replacement};

impl Vault {
    /// Writes a backup. What was in place under this name is replaced once the backup is whole.
    ///
    /// # Errors
    /// [`VaultError::BackupNeedsSecret`] where only the keychain opens the vault.
    pub fn back_up(&self, to: &Path) -> Result<(), VaultError> {
        if self.would_hold(to)? {
            // Nothing of the vault itself may be written over.
            return Err(VaultError::AlreadyExists);
        }
        let aside = aside(to);
        folder::remove(&aside)?;
        let made = self
            .write_backup(&aside)
            .and_then(|()| Ok(fs::rename(&aside, to)?));
        if made.is_err() {
            let _ = folder::remove(&aside);
        }
        made?;
        folder::sync_folder(folder::parent(to))
    }

    /// Whether what is written under this path would lie in the vault's own folder, and be lost with it.
    ///
    /// # Errors
    /// [`VaultError::Io`] if the folder that the path leads to is not there.
    pub fn would_hold(&self, path: &Path) -> Result<bool, VaultError> {
        let Some(place) = &self.place else {
            return Ok(false);
        };
        let vault = place.folder.canonicalize()?;
        // What is there may be a link that leads into the vault.
        let leads_in = path
            .canonicalize()
            .is_ok_and(|path| path.starts_with(&vault));
        Ok(leads_in || folder::parent(path).canonicalize()?.starts_with(&vault))
    }

    /// Makes a vault out of a backup, in a folder that holds none. Nothing is put in place before every byte of the
    /// backup was checked.
    ///
    /// # Errors
    /// [`VaultError::AlreadyExists`]; [`VaultError::BackupHasJournal`]; [`VaultError::Foreign`] or [`VaultError::BackupDamaged`] if the file is not a backup
    /// or is not as it was written; what [`Vault::unlock`] reports of the passphrase.
    pub fn restore(
        backup: &Path,
        into: &Path,
        protection: Protection<'_>,
    ) -> Result<Vault, VaultError> {
        replacement::finish(into)?;
        lay_out(backup, into, protection)?;
        Vault::unlock(into, protection)
    }

    fn write_backup(&self, aside: &Path) -> Result<(), VaultError> {
        let store = self.store();
        let manifest = Manifest::read(&database::manifest(&store.connection)?)?.without_keychain();
        if !manifest.has_secret() {
            return Err(VaultError::BackupNeedsSecret);
        }
        copy_database(&store.connection, aside)?;
        drop(store);
        let copy = database::open_file(aside)?;
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        database::set_manifest(&copy, &manifest.signed(&self.keys.manifest))?;
        copy.execute("DELETE FROM caches", [])?;
        copy.close().map_err(|(_, error)| error)?;
        File::open(aside)?.sync_all()?;
        Ok(())
    }
}

/// Puts the files of a vault in a folder that holds none, once every byte of the backup was checked.
pub(crate) fn lay_out(
    backup: &Path,
    into: &Path,
    protection: Protection<'_>,
) -> Result<(), VaultError> {
    if !fs::metadata(backup)?.is_file() {
        return Err(VaultError::Foreign);
    }
    // A journal lies beside the file itself, not beside a link to it.
    let backup = &backup.canonicalize()?;
    let journaling = database::check_header(backup).map_err(of_backup)?;
    // A backup is written without one: whatever has such a name beside it is something else.
    if journaling == Journaling::WriteAhead
        && fs::metadata(with_end(backup, "-wal")).is_ok_and(|journal| journal.len() > 0)
    {
        return Err(VaultError::BackupHasJournal);
    }
    let is_new = !into.try_exists()?;
    folder::prepare(into)?;
    let _lock = folder::lock(into)?;
    if !folder::is_free(into)? {
        return Err(VaultError::AlreadyExists);
    }
    let manifest = check_copy(backup, into, protection)
        .inspect_err(|_| folder::take_back(into, is_new))
        .map_err(of_backup)?;
    folder::remove_journals_aside(into)?;
    folder::rename(into, folder::DATABASE_BEING_MADE, folder::DATABASE)?;
    folder::write_slots(into, &manifest)
}

/// What is damaged is the backup, and no vault.
fn of_backup(error: VaultError) -> VaultError {
    match error {
        VaultError::Damaged(_) => VaultError::BackupDamaged,
        error => error,
    }
}

/// Copies a database, as it is at this moment, into a new file that only its owner can read.
pub(crate) fn copy_database(connection: &Connection, to: &Path) -> Result<(), VaultError> {
    folder::remove(to)?;
    folder::create(to)?;
    // SQLite takes an empty file, and hands the bytes of the name to the system as they are, text or not. A relative one
    // may look like a URI to it.
    let to = std::path::absolute(to)?;
    let name = ValueRef::Text(to.as_os_str().as_encoded_bytes());
    connection.execute("VACUUM INTO ?1", [ToSqlOutput::Borrowed(name)])?;
    File::open(&to)?.sync_all()?;
    folder::sync_folder(folder::parent(&to))
}

/// Copies a backup into the folder under a name aside, and checks all of it there. Gives its `vault.json`.
fn check_copy(
    backup: &Path,
    into: &Path,
    protection: Protection<'_>,
) -> Result<Vec<u8>, VaultError> {
    folder::clear_aside(into)?;
    let copy = into.join(folder::DATABASE_BEING_MADE);
    folder::create(&copy)?;
    io::copy(
        &mut File::open(backup)?,
        &mut fs::OpenOptions::new().write(true).open(&copy)?,
    )?;
    let connection = database::open_file(&copy)?;
    database::check_structure(&connection, fs::metadata(backup)?.len())?;
    let bytes = database::manifest(&connection)?;
    let (master, _) = slots::unlock(&bytes, &bytes, protection, &Platform)?;
    let keys = Keyring::of(&master);
    let health = crate::health::examine(&connection, &keys, &Manifest::read(&bytes)?.vault)?;
    if !health.is_sound() {
        return Err(VaultError::Damaged(
            health.damaged.first().copied().unwrap_or(Part::Database),
        ));
    }
    database::trust(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(&copy)?.sync_all()?;
    Ok(bytes)
}

fn aside(path: &Path) -> PathBuf {
    with_end(path, ".aparte-part")
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}
