//! The names of stored things: random ids, which tell no time and no order, and small numbers for kinds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::VaultError;
use crate::keys::random;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Draws an id from the system's random source.
            pub(crate) fn random() -> Result<Self, VaultError> {
                random().map(Self)
            }

            /// Takes an id that was given out before.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Lends the 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        /// Writes 32 hexadecimal digits.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

id! {
    /// A conversation or a document.
    OwnerId
}
id! {
    /// A record of an owner.
    RecordId
}
id! {
    /// A blob of an owner.
    BlobId
}

/// What an owner is. The numbers are stored: they are frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// A conversation, which owns messages.
    Conversation = 1,
    /// A document, which owns its original, pages and passages.
    Document = 2,
}

impl OwnerKind {
    pub(crate) fn number(self) -> i64 {
        self as i64
    }
}

/// What a record is, by a number that the caller freezes; it is stored in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordKind(pub u16);

/// Which setting is meant, by a number that the caller freezes; it is stored in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SettingKey(pub u16);
