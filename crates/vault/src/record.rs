//! The sealed record: the only form in which bytes reach SQLite. Its layout is frozen.
//!
//! ```text
//! version (1) | key id (16) | nonce (12) | ciphertext | tag (16)
//! ```
//!
//! The plaintext is the body's length (u32, big endian), the body, and zeros up to a bucket, so that a
//! size tells little. The associated data names the place of the row: a record moved to another row,
//! column, owner, kind or position does not open.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{Aead, AeadInOut, Payload};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::keys::{SealingKey, random};
use crate::stack::without_trace;

/// The version of the record format, first byte of every record.
pub(crate) const VERSION: u8 = 1;

const APPLICATION: &[u8] = b"aparte";
const HEADER: usize = 1 + 16 + 12;
pub(crate) const TAG: usize = 16;
const LENGTH: usize = 4;

/// One body may hold 64 MiB; what is larger is a blob.
const LONGEST_BODY: usize = 64 << 20;

/// Where a sealed value stands: all of it is authenticated with the value.
pub(crate) struct Place {
    /// Table and column.
    pub(crate) column: &'static str,
    /// The kind of the row, as in its column `kind`; 0 where the table has none.
    pub(crate) kind: i64,
    /// The row's id.
    pub(crate) id: [u8; 16],
    /// The id of what the row belongs to: its owner, or the vault.
    pub(crate) parent: [u8; 16],
    /// The row's position in its owner; 0 where there is none.
    pub(crate) sequence: i64,
}

impl Place {
    /// Writes the associated data: eight fields, each behind its length as a big-endian u32.
    pub(crate) fn associated_data(&self, key_id: &[u8; 16]) -> Vec<u8> {
        let mut data = Vec::with_capacity(128);
        for field in [
            APPLICATION,
            &[VERSION],
            self.column.as_bytes(),
            &self.kind.to_be_bytes(),
            &self.id,
            &self.parent,
            &self.sequence.to_be_bytes(),
            key_id,
        ] {
            data.extend((field.len() as u32).to_be_bytes());
            data.extend(field);
        }
        data
    }
}

/// Seals `body` for `place` under a fresh nonce.
///
/// # Errors
/// [`VaultError::TooLarge`] above 64 MiB, [`VaultError::RandomSource`].
pub(crate) fn seal(key: &SealingKey, place: &Place, body: &[u8]) -> Result<Vec<u8>, VaultError> {
    seal_with_nonce(key, place, body, random()?)
}

/// Opens a record, or `None` if it is not one that was sealed for this place under this key.
pub(crate) fn open(key: &SealingKey, place: &Place, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.len() < HEADER + TAG || sealed[0] != VERSION || sealed[1..17] != key.id {
        return None;
    }
    let nonce: [u8; 12] = sealed[17..HEADER].try_into().expect("12 bytes");
    let payload = Payload {
        msg: &sealed[HEADER..],
        aad: &place.associated_data(&key.id),
    };
    let padded = without_trace(|| key.key.cipher().decrypt(&nonce.into(), payload));
    let padded = Zeroizing::new(padded.ok()?);
    let (length, rest) = padded.split_first_chunk::<LENGTH>()?;
    let body = rest.get(..u32::from_be_bytes(*length) as usize)?;
    Some(Zeroizing::new(body.to_vec()))
}

/// Rounds a length up to its bucket: multiples of 256 up to 4 KiB, then Padmé, which adds at most 12 %
/// (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019).
pub(crate) fn bucket(length: usize) -> usize {
    if length <= 4096 {
        return length.max(1).next_multiple_of(256);
    }
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    length.next_multiple_of(1 << (exponent - significant))
}

fn seal_with_nonce(
    key: &SealingKey,
    place: &Place,
    body: &[u8],
    nonce: [u8; 12],
) -> Result<Vec<u8>, VaultError> {
    if body.len() > LONGEST_BODY {
        return Err(VaultError::TooLarge);
    }
    // Reserved whole, so that growing leaves no copy of the plaintext behind, and sealed where it lies.
    let padded = bucket(LENGTH + body.len());
    let mut sealed = Vec::with_capacity(HEADER + padded + TAG);
    sealed.push(VERSION);
    sealed.extend(key.id);
    sealed.extend(nonce);
    sealed.extend((body.len() as u32).to_be_bytes());
    sealed.extend(body);
    sealed.resize(HEADER + padded, 0);
    let data = place.associated_data(&key.id);
    let tag = without_trace(|| {
        let plaintext = InOutBuf::from(&mut sealed[HEADER..]);
        let cipher = key.key.cipher();
        cipher.encrypt_inout_detached(&nonce.into(), &data, plaintext)
    });
    sealed.extend(tag.expect("64 MiB are within the limit of AES-GCM"));
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Key;

    fn key() -> SealingKey {
        SealingKey {
            id: [0xaa; 16],
            key: Key::from_slice(&[0x42; 32]).unwrap(),
        }
    }

    fn place() -> Place {
        Place {
            column: "records.sealed",
            kind: 3,
            id: [1; 16],
            parent: [2; 16],
            sequence: 9,
        }
    }

    #[test]
    fn the_associated_data_is_frozen() {
        let mut expected = Vec::new();
        expected.extend(b"\0\0\0\x06aparte\0\0\0\x01\x01\0\0\0\x0erecords.sealed");
        expected.extend(b"\0\0\0\x08\0\0\0\0\0\0\0\x03");
        expected
            .extend(b"\0\0\0\x10\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
        expected
            .extend(b"\0\0\0\x10\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02");
        expected.extend(b"\0\0\0\x08\0\0\0\0\0\0\0\x09");
        expected.extend(b"\0\0\0\x10");
        expected.extend([0xaa; 16]);
        assert_eq!(place().associated_data(&[0xaa; 16]), expected);
    }

    #[test]
    fn a_record_opens_where_it_was_sealed() {
        let sealed = seal(&key(), &place(), b"Bonjour").unwrap();
        assert_eq!(
            open(&key(), &place(), &sealed).unwrap().as_slice(),
            b"Bonjour"
        );
        assert_eq!(sealed.len(), 1 + 16 + 12 + 256 + 16);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let sealed = seal(&key(), &place(), b"Bonjour").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key(), &place(), &flipped).is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(open(&key(), &place(), &sealed[..length]).is_none());
        }
    }

    #[test]
    fn a_record_opens_nowhere_else_and_under_no_other_key() {
        let sealed = seal(&key(), &place(), b"Bonjour").unwrap();
        let elsewhere = [
            Place {
                column: "owners.head",
                ..place()
            },
            Place { kind: 4, ..place() },
            Place {
                id: [3; 16],
                ..place()
            },
            Place {
                parent: [3; 16],
                ..place()
            },
            Place {
                sequence: 8,
                ..place()
            },
        ];
        for place in &elsewhere {
            assert!(open(&key(), place, &sealed).is_none());
        }
        let same_id = SealingKey {
            key: Key::from_slice(&[0x43; 32]).unwrap(),
            ..key()
        };
        let same_key = SealingKey {
            id: [0xab; 16],
            ..key()
        };
        assert!(open(&same_id, &place(), &sealed).is_none());
        assert!(open(&same_key, &place(), &sealed).is_none());
    }

    #[test]
    fn two_seals_of_the_same_bytes_differ() {
        let (one, two) = (seal(&key(), &place(), b"x"), seal(&key(), &place(), b"x"));
        assert_ne!(one.unwrap(), two.unwrap());
    }

    #[test]
    fn buckets_hide_the_length() {
        assert_eq!(
            [0, 1, 256, 257, 4096].map(bucket),
            [256, 256, 256, 512, 4096]
        );
        // The paper's rule: for 2^12 < length < 2^13 the last 8 of 12 bits are rounded up.
        assert_eq!([4097, 5000, 1_000_000].map(bucket), [4352, 5120, 1_015_808]);
        for length in 4097..40_000 {
            assert!(bucket(length) >= length && bucket(length) * 100 <= length * 112);
        }
    }
}
