//! The vault's folder: who may read it, how a file in it is replaced, and who has it open.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::VaultError;
use crate::database::{APPLICATION_ID, SCHEMA_VERSION};

pub(crate) const DATABASE: &str = "vault.db";
pub(crate) const DATABASE_BEING_MADE: &str = "vault.db.new";
pub(crate) const SLOTS: &str = "vault.json";
const SLOTS_BEING_MADE: &str = "vault.json.new";
pub(crate) const LOCK: &str = "vault.lock";
const JOURNAL: &str = "vault.db-wal";

/// What every database of SQLite begins with.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Far above what slots take; a larger file is not one of ours.
const LARGEST_SLOTS: u64 = 1 << 20;

/// Makes the folder where it is missing. One that is new or empty is closed to everyone but its owner, whatever the
/// umask; one that serves for something else too keeps its permissions.
///
/// # Errors
/// [`VaultError::FolderNotWritable`] if nobody may write in it, though the system would let its administrator.
pub(crate) fn prepare(folder: &Path) -> Result<(), VaultError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let missing = folder
        .ancestors()
        .take_while(|folder| !folder.exists())
        .count();
    builder.create(folder)?;
    if fs::metadata(folder)?.permissions().readonly() {
        return Err(VaultError::FolderNotWritable);
    }
    if fs::read_dir(folder)?.next().is_none() {
        restrict(folder, 0o700)?;
    }
    // A folder is on the disk once the one above it says so.
    for made in folder.ancestors().take(missing) {
        sync_folder(parent(made))?;
    }
    Ok(())
}

/// Removes what was begun of a vault that did not come about, and the folder if it was made for it.
pub(crate) fn take_back(folder: &Path, is_new: bool) {
    let _ = clear_aside(folder);
    if is_new {
        let _ = fs::remove_file(folder.join(LOCK));
        let _ = fs::remove_dir(folder);
    }
}

/// Removes the journals of the database that is made under a name aside.
pub(crate) fn remove_journals_aside(folder: &Path) -> Result<(), VaultError> {
    ["-wal", "-shm", "-journal"]
        .iter()
        .try_for_each(|end| remove(&folder.join(format!("{DATABASE_BEING_MADE}{end}"))))
}

/// Clears the name aside under which a database is made: what was begun there and never finished is removed. What does not
/// begin like a database of ours is somebody else's, or was torn by a power cut; it is kept under a name of its own.
pub(crate) fn clear_aside(folder: &Path) -> Result<(), VaultError> {
    remove_journals_aside(folder)?;
    let aside = folder.join(DATABASE_BEING_MADE);
    let mut beginning = Vec::new();
    match File::open(&aside) {
        Ok(file) => file.take(72).read_to_end(&mut beginning)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_ours = match beginning.split_at_checked(68) {
        Some((header, id)) => header.starts_with(MAGIC) && id == APPLICATION_ID.to_be_bytes(),
        None => MAGIC.starts_with(&beginning),
    };
    if is_ours || beginning.iter().all(|&byte| byte == 0) {
        return remove(&aside);
    }
    let free = (1u32..)
        .map(|number| folder.join(format!("{DATABASE_BEING_MADE}.kept-{number}")))
        .find(|path| path.symlink_metadata().is_err())
        .ok_or(VaultError::AlreadyExists)?;
    Ok(fs::rename(aside, free)?)
}

/// Whether a folder holds nothing of a vault, not even what only a part of one leaves behind: a journal may hold what is
/// nowhere else.
pub(crate) fn is_free(folder: &Path) -> Result<bool, VaultError> {
    let mut remains = vec![folder.join(DATABASE), folder.join(SLOTS)];
    remains.extend((1..SCHEMA_VERSION).map(|version| copy_before_migration(folder, version)));
    for file in remains {
        if length(&file)?.is_some() {
            return Ok(false);
        }
    }
    for journal in [JOURNAL, "vault.db-journal"] {
        if length(&folder.join(journal))?.is_some_and(|length| length > 0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The length of a file or of a link, if there is one.
fn length(path: &Path) -> Result<Option<u64>, VaultError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes sure that what stands under the names of the vault's files are files: a pipe would be waited for without end.
///
/// # Errors
/// [`VaultError::Obstructed`].
pub(crate) fn expect_files(folder: &Path) -> Result<(), VaultError> {
    let names = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name()));
    for name in names.filter(|name| is_name_of_ours(name)) {
        let path = folder.join(name);
        // Another Aparté may have removed it meanwhile.
        if length(&path)?.is_none() {
            continue;
        }
        // A link that leads nowhere is none either.
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => (),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => (),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(error.into());
            }
            Ok(_) | Err(_) => return Err(VaultError::Obstructed),
        }
    }
    Ok(())
}

/// Whether a file of this name in a vault's folder is one that a vault makes, other than a cache.
pub(crate) fn is_name_of_ours(name: &OsStr) -> bool {
    let journals = ["", "-wal", "-shm", "-journal"];
    let mut databases = [DATABASE, DATABASE_BEING_MADE].into_iter();
    [SLOTS, SLOTS_BEING_MADE, LOCK]
        .iter()
        .any(|ours| name == *ours)
        || databases.any(|database| {
            journals
                .iter()
                .any(|end| name == &*format!("{database}{end}"))
        })
}

/// Whether a folder lies on another machine, as far as the system says. There neither a lock nor the order of writes can be
/// relied on.
#[cfg(target_os = "linux")]
pub(crate) fn is_on_network(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|system| is_network(system.f_type as u32))
}

/// Elsewhere nobody asks.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_on_network(_folder: &Path) -> bool {
    false
}

/// The kinds of file system that reach another machine, by the numbers of `statfs(2)`.
#[cfg(target_os = "linux")]
fn is_network(kind: u32) -> bool {
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517b;
    const SMB2: u32 = 0xfe53_4d42;
    const CIFS: u32 = 0xff53_4d42;
    const PLAN_9: u32 = 0x0102_1997;
    const AFS: u32 = 0x5346_414f;
    const CEPH: u32 = 0x00c3_6400;
    const CODA: u32 = 0x7375_7245;
    matches!(kind, NFS | SMB | SMB2 | CIFS | PLAN_9 | AFS | CEPH | CODA)
}

/// Closes the files of a vault to everyone but their owner: whoever copied it here may have opened them.
pub(crate) fn close_files(folder: &Path) -> Result<(), VaultError> {
    for file in [DATABASE, SLOTS] {
        match restrict(&folder.join(file), 0o600) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => (),
        }
    }
    Ok(())
}

/// Takes the folder for this process until the file is dropped.
///
/// # Errors
/// [`VaultError::InUse`] if another process, or another vault of this one, has it; [`VaultError::Obstructed`].
pub(crate) fn lock(folder: &Path) -> Result<File, VaultError> {
    expect_files(folder)?;
    let path = folder.join(LOCK);
    let file = private().create(true).truncate(false).open(&path)?;
    restrict(&path, 0o600)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VaultError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Which file the database of a folder is, so that another in its place, or none, is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
}

impl Identity {
    /// Elsewhere than on Unix an open file cannot be removed, so that its presence says enough.
    pub(crate) fn of(folder: &Path) -> Result<Identity, VaultError> {
        let found = fs::metadata(folder.join(DATABASE))?;
        #[cfg(not(unix))]
        let _ = found;
        Ok(Identity {
            #[cfg(unix)]
            device_and_inode: {
                use std::os::unix::fs::MetadataExt;
                (found.dev(), found.ino())
            },
        })
    }
}

/// Makes an empty file that only its owner can read, for SQLite to fill: its journals take the same mode.
pub(crate) fn create(path: &Path) -> Result<(), VaultError> {
    private().create_new(true).open(path)?;
    restrict(path, 0o600)?;
    Ok(())
}

/// Reads `vault.json`; empty where there is none.
pub(crate) fn read_slots(folder: &Path) -> Result<Vec<u8>, VaultError> {
    let mut bytes = Vec::new();
    match File::open(folder.join(SLOTS)) {
        Ok(file) => file.take(LARGEST_SLOTS).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(bytes)
}

/// Replaces `vault.json` so that a crash leaves the old file or the new one, whole.
pub(crate) fn write_slots(folder: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let aside = folder.join(SLOTS_BEING_MADE);
    // What a link leads to is somebody's own.
    remove(&aside)?;
    let mut file = private().create_new(true).open(&aside)?;
    restrict(&aside, 0o600)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(folder, SLOTS_BEING_MADE, SLOTS)
}

/// Renames a file of the folder, and returns once the new name is on the disk.
pub(crate) fn rename(folder: &Path, from: &str, to: &str) -> Result<(), VaultError> {
    fs::rename(folder.join(from), folder.join(to))?;
    sync_folder(folder)
}

/// Removes a file; its absence is no error.
pub(crate) fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The copy of a database that is made before it is brought to a later version.
pub(crate) fn copy_before_migration(folder: &Path, version: i32) -> PathBuf {
    folder.join(format!("vault.db.format-{version}"))
}

/// Removes the copies made before migrations: they still hold what is erased now.
pub(crate) fn remove_copies(folder: &Path) -> Result<(), VaultError> {
    for version in 1..SCHEMA_VERSION {
        remove(&copy_before_migration(folder, version))?;
    }
    Ok(())
}

/// Opens a file that is not there yet, readable by its owner only.
pub(crate) fn open_new(path: &Path) -> Result<File, VaultError> {
    let file = private().create_new(true).open(path)?;
    restrict(path, 0o600)?;
    Ok(file)
}

/// The folder that a path lies in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Returns once the names in a folder are on the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), VaultError> {
    // Only Unix lets a folder be opened and synced.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Elsewhere the folder inherits the rights of the user's profile.
#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_told_from_those_of_this_one() {
        const TMPFS: u32 = 0x0102_1994;
        const EXT4: u32 = 0xef53;
        const BTRFS: u32 = 0x9123_683e;
        for ours in [TMPFS, EXT4, BTRFS] {
            assert!(!is_network(ours), "{ours:#x}");
        }
        for theirs in [0x6969, 0xff53_4d42, 0xfe53_4d42] {
            assert!(is_network(theirs), "{theirs:#x}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_on_network(folder.path()));
    }
}
