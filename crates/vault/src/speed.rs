//! Sealing by itself, for the benchmark: how many bytes a second one core seals and opens.

use zeroize::Zeroizing;

use crate::VaultError;
use crate::keys::{Key, SealingKey, random};
use crate::record::{self, Place};

/// A key of its own for records that are kept nowhere.
pub struct Sealer {
    key: SealingKey,
    place: Place,
}

impl Sealer {
    /// Draws a key and a place.
    pub fn new() -> Result<Sealer, VaultError> {
        let key = SealingKey {
            id: random()?,
            key: Key::random()?,
        };
        let place = Place {
            column: "records.sealed",
            kind: 1,
            id: random()?,
            parent: random()?,
            sequence: 1,
        };
        Ok(Sealer { key, place })
    }

    /// Seals a body as the body of a record is sealed: padded, under a fresh nonce.
    pub fn seal(&self, body: &[u8]) -> Result<Vec<u8>, VaultError> {
        record::seal(&self.key, &self.place, body)
    }

    /// Opens what [`Sealer::seal`] gave.
    pub fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        record::open(&self.key, &self.place, sealed)
    }
}
