//! The vault: the only door to stored data.
//!
//! Callers give bytes and get bytes; between them everything is sealed with AES-256-GCM, bound to its
//! place, and kept in one SQLite file that sees random ids, small integers and sealed bytes only. The
//! vault knows conversations and documents as *owners*, each with its own data key; what a record means
//! is the caller's business. The formats are described in `SECURITY.md`.
//!
//! Absent: any text, path or key of the user in an error or in a `Debug` output.

#![forbid(unsafe_code)]

mod blob;
mod change;
mod database;
mod error;
mod folder;
mod ids;
mod keychain;
mod keys;
mod owner;
mod passphrase;
mod record;
mod slots;
mod vault;

pub use change::Change;
pub use error::{Part, VaultError};
pub use ids::{BlobId, OwnerId, OwnerKind, RecordId, RecordKind, SettingKey};
pub use passphrase::Cost;
pub use slots::{Protection, SlotKind};
pub use vault::{Listing, Owner, Record, State, Vault};
