//! Replacing a vault by a backup, so that neither is lost whatever happens.
//!
//! The backup becomes a vault beside the one in place (`vault.restoring` beside `vault`), checked to its last byte, before
//! anything is moved. Then the folder in place is set aside under a name of its own (`vault.before-1`), which nothing
//! here ever erases, and the other takes its name. Whoever opens a vault after a crash between these two steps does the
//! second.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Protection, Vault, VaultError, backup, folder};

/// A vault made of a backup, that waits beside the one it is to replace. It is removed if it does not.
#[derive(Debug)]
pub struct Replacement {
    folder: PathBuf,
}

impl Replacement {
    /// Makes a vault out of a backup, beside the one in `folder`, which stays as it is and may be open.
    ///
    /// # Errors
    /// What [`Vault::restore`] reports.
    pub fn prepare(
        backup: &Path,
        folder: &Path,
        protection: Protection<'_>,
    ) -> Result<Replacement, VaultError> {
        let replacement = Replacement {
            folder: folder.to_owned(),
        };
        discard(folder)?;
        backup::lay_out(backup, &beside(folder), protection)?;
        Ok(replacement)
    }

    /// Sets the folder in place aside, takes its name, and opens. Gives the folder that holds what was in place.
    ///
    /// # Errors
    /// [`VaultError::InUse`] while the vault in place is open; what [`Vault::unlock`] reports.
    pub fn take_place(self, protection: Protection<'_>) -> Result<(Vault, PathBuf), VaultError> {
        // Not held while it is moved: Windows moves no folder with an open file in it.
        drop(folder::lock(&self.folder)?);
        let aside = set_aside(&self.folder)?;
        if let Err(error) = fs::rename(beside(&self.folder), &self.folder) {
            fs::rename(&aside, &self.folder)?;
            return Err(error.into());
        }
        sync_names(&self.folder)?;
        let vault = Vault::unlock(&self.folder, protection)?;
        Ok((vault, aside))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the next is made.
        let _ = discard(&self.folder);
    }
}

/// Where a vault is that a crash left between two names: beside its folder, if it waits there to take its place.
pub(crate) fn current(folder: &Path) -> Result<PathBuf, VaultError> {
    let beside = beside(folder);
    let waits = || match beside.join(folder::SLOTS).try_exists() {
        // A name that is too long with its ending is nobody's.
        Err(error) if error.kind() == io::ErrorKind::InvalidFilename => Ok(false),
        found => found,
    };
    match !folder.try_exists()? && waits()? {
        true => Ok(beside),
        false => Ok(folder.to_owned()),
    }
}

/// Ends a replacement that a crash interrupted.
pub(crate) fn finish(folder: &Path) -> Result<(), VaultError> {
    let current = current(folder)?;
    if current != folder {
        fs::rename(current, folder)?;
        sync_names(folder)?;
    }
    Ok(())
}

/// Removes what an earlier attempt left beside a vault.
fn discard(folder: &Path) -> Result<(), VaultError> {
    let beside = beside(folder);
    // Where no vault is in place, it is the vault.
    if current(folder)? == beside || !beside.try_exists()? {
        return Ok(());
    }
    // It may be somebody's own folder by that name.
    let mut ours = Vec::new();
    for entry in fs::read_dir(&beside)? {
        let entry = entry?;
        if !folder::is_name_of_ours(&entry.file_name()) {
            return Err(VaultError::AlreadyExists);
        }
        ours.push(entry.path());
    }
    drop(folder::lock(&beside)?);
    ours.iter().try_for_each(|file| folder::remove(file))?;
    folder::remove(&beside.join(folder::LOCK))?;
    Ok(fs::remove_dir(&beside)?)
}

fn set_aside(folder: &Path) -> Result<PathBuf, VaultError> {
    let free = (1u32..)
        .map(|number| sibling(folder, &format!(".before-{number}")))
        .find(|path| path.symlink_metadata().is_err())
        .ok_or(VaultError::AlreadyExists)?;
    fs::rename(folder, &free)?;
    Ok(free)
}

fn beside(folder: &Path) -> PathBuf {
    sibling(folder, ".restoring")
}

fn sibling(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(end);
    folder.with_file_name(name)
}

fn sync_names(folder: &Path) -> Result<(), VaultError> {
    folder::sync_folder(folder::parent(folder))
}
