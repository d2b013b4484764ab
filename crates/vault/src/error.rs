//! What can go wrong at the door, named for what the user lost.
//!
//! No text, key, passphrase or path of the user is in any variant: SQLite's messages, which may name a
//! path, are reduced to their codes.

use std::io;

/// The part of the vault that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `vault.json` and its copy in the database.
    Keyslots,
    /// The database as a whole: missing, malformed, or of another vault.
    Database,
    /// What an owner, or the vault, says of what it holds.
    Seal,
    /// The wrapped data key of a conversation or document.
    DataKey,
    /// The head of a conversation or document.
    Head,
    /// A record.
    Record,
    /// A blob: its head or one of its chunks.
    Blob,
    /// A setting.
    Setting,
}

/// Why the vault cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The folder holds no vault.
    #[error("there is no vault in this folder")]
    Absent,
    /// The folder already holds a vault, or what is left of one: no new master key is ever made there.
    #[error("this folder already holds a vault")]
    AlreadyExists,
    /// What stands under the name of one of the vault's files is no file, or not one that a vault makes. It is left
    /// untouched.
    #[error("something else stands where the vault has its files")]
    Obstructed,
    /// The database in place was not written by Aparté. It is left untouched.
    #[error("the database in this folder is not one of Aparté")]
    Foreign,
    /// A newer Aparté wrote this vault. It is left untouched.
    #[error("this vault was written by a newer version")]
    NewerFormat,
    /// Another process has the vault open.
    #[error("the vault is open in another process")]
    InUse,
    /// The passphrase opens no slot.
    #[error("the passphrase is not the right one")]
    WrongPassphrase,
    /// The recovery words open no slot.
    #[error("the recovery words are not the right ones")]
    WrongRecoveryWords,
    /// These are not recovery words: one is unknown, or there are too many or too few, or their checksum is wrong.
    #[error("these are not recovery words")]
    NotRecoveryWords,
    /// Only the keychain of this machine opens the vault, so that a backup could be opened nowhere else.
    #[error("a backup needs a passphrase or recovery words")]
    BackupNeedsSecret,
    /// The vault has no slot of the kind that was tried.
    #[error("the vault is not protected this way")]
    NoSuchSlot,
    /// Nothing would open the vault any more.
    #[error("nothing else would open the vault")]
    LastSlot,
    /// The platform has no keychain, or it did not answer in time.
    #[error("the keychain is not available")]
    KeychainUnavailable,
    /// The keychain is there but refuses access.
    #[error("the keychain is locked")]
    KeychainLocked,
    /// The keychain answers that it has no entry; a locked one may answer the same.
    #[error("the keychain has no entry for this vault, or is locked")]
    KeychainEntryMissing,
    /// Another keychain than this system's holds the key.
    #[error("another keychain holds the key of this vault")]
    KeychainChanged,
    /// The entry in the keychain does not open this vault. It is left as it is.
    #[error("the keychain's entry does not open this vault")]
    KeychainEntryWrong,
    /// The cost of the passphrase derivation is outside the accepted range.
    #[error("the parameters of the passphrase derivation are out of range")]
    CostOutOfRange,
    /// There is not enough memory to derive the key from the passphrase.
    #[error("not enough memory to check the passphrase")]
    OutOfMemory,
    /// Stored bytes were changed, moved or lost.
    #[error("damaged: {0:?}")]
    Damaged(Part),
    /// A backup is not as it was written; nothing of it was put in place.
    #[error("the backup is damaged")]
    BackupDamaged,
    /// A journal lies beside the file, which is the database of a vault then, and no backup: it may lack what the journal
    /// holds.
    #[error("the backup has a journal beside it")]
    BackupHasJournal,
    /// No such conversation, document, record or blob.
    #[error("not found")]
    NotFound,
    /// More bytes than one record may hold.
    #[error("too large for one record")]
    TooLarge,
    /// The folder or a file in it cannot be written.
    #[error("the vault's folder is not writable")]
    FolderNotWritable,
    /// The folder was moved, removed or replaced while the vault was open: what is written now would be nowhere.
    #[error("the vault's folder is gone")]
    FolderGone,
    /// The disk is full; what was stored before is intact.
    #[error("the disk is full")]
    DiskFull,
    /// The system gave no random bytes.
    #[error("the system's random source failed")]
    RandomSource,
    /// Reading or writing a file failed for another reason.
    #[error("the file system failed: {0}")]
    Io(io::ErrorKind),
    /// SQLite failed for another reason; the number is its extended result code.
    #[error("the database failed with code {0}")]
    Database(i32),
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => VaultError::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                VaultError::FolderNotWritable
            }
            kind => VaultError::Io(kind),
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            return match error {
                rusqlite::Error::QueryReturnedNoRows => VaultError::NotFound,
                // A column of the wrong type or width: the file was changed under us.
                _ => VaultError::Damaged(Part::Database),
            };
        };
        match failure.code {
            ErrorCode::DiskFull => VaultError::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => VaultError::InUse,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                VaultError::FolderNotWritable
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                VaultError::Damaged(Part::Database)
            }
            _ => VaultError::Database(failure.extended_code),
        }
    }
}
