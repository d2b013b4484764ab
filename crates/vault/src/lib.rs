//! The vault: the only door to stored data.
//!
//! Callers give bytes and get bytes; between them everything is sealed with AES-256-GCM, bound to its
//! place, and kept in one SQLite file that sees random ids, small integers and sealed bytes only. The
//! vault knows conversations and documents as *owners*, each with its own data key; what a record means
//! is the caller's business. The formats are described in `SECURITY.md`.
//!
//! Absent: any text, path or key of the user in an error or in a `Debug` output.

#![forbid(unsafe_code)]

mod backup;
mod blob;
mod cache;
mod change;
mod database;
mod error;
mod folder;
mod health;
mod ids;
mod keychain;
mod keys;
mod owner;
#[cfg(feature = "testing")]
pub mod parsers;
mod passphrase;
mod process;
mod protection;
mod record;
mod recovery;
mod replacement;
mod set;
mod slots;
#[cfg(feature = "testing")]
mod speed;
mod stack;
mod unlock;
mod vault;

pub use cache::{CacheKind, NewCache};
pub use change::Change;
pub use error::{Part, VaultError};
pub use health::Health;
pub use ids::{BlobId, OwnerId, OwnerKind, RecordId, RecordKind, SettingKey};
pub use passphrase::Cost;
pub use process::close_memory;
pub use recovery::{RecoveryWords, WordList};
pub use replacement::Replacement;
pub use slots::{Protection, SlotKind};
#[cfg(feature = "testing")]
pub use speed::Sealer;
pub use unlock::{Notice, State};
pub use vault::{Listing, Loss, Owner, Record, Vault};
