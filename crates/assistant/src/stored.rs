//! The bytes of what is kept in the vault: a version, then the value in postcard.
//!
//! The layouts of the types that pass through here are frozen: a changed one gets the next version and a
//! reader for each earlier one.

use aparte_vault::{CacheKind, RecordKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::vault_trouble::VaultTrouble;

/// A message of a conversation. The numbers are stored: they are frozen.
pub(crate) const MESSAGE: RecordKind = RecordKind(1);
/// A page of a document.
pub(crate) const PAGE: RecordKind = RecordKind(2);
/// A reply while it is written: what it said so far. At most one in a conversation.
pub(crate) const REPLY_DRAFT: RecordKind = RecordKind(3);
/// What was typed in a conversation and is not asked yet. At most one.
pub(crate) const INPUT_DRAFT: RecordKind = RecordKind(4);
/// The vectors of the passages of a page, under the page's number.
pub(crate) const VECTORS: RecordKind = RecordKind(5);
/// How sure the text of a page is that was recognised in an image, under the page's number.
pub(crate) const RECOGNITION: RecordKind = RecordKind(6);
/// What a model wrote on a part of a document, to be used again in its next summary.
pub(crate) const NOTE: RecordKind = RecordKind(7);
/// A summary that was asked for, beside the first of its documents.
pub(crate) const SUMMARY: RecordKind = RecordKind(8);

/// The index of the search, as it was when the vault closed.
pub(crate) const INDEX: CacheKind = CacheKind(1);
/// Which states of conversations are kept, and where.
pub(crate) const STATES: CacheKind = CacheKind(2);
/// What the model judged where words could not decide.
pub(crate) const JUDGEMENTS: CacheKind = CacheKind(3);
/// The state of a conversation, in one of [`STATE_SLOTS`] slots.
pub(crate) const fn state(slot: u8) -> CacheKind {
    CacheKind(0x100 + slot as u16)
}
/// So many states are kept at the most.
pub(crate) const STATE_SLOTS: u8 = 64;

const VERSION: u8 = 1;

/// The bytes to seal.
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    encode_as(VERSION, value)
}

/// The bytes to seal of a type whose layout came to a later version.
pub(crate) fn encode_as(version: u8, value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![version];
    bytes.extend(postcard::to_stdvec(value).expect("plain data has a binary form"));
    bytes
}

/// What was sealed; an error if it was written by a later version, or is not of this type.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    decode_as(VERSION, bytes)
}

/// What was sealed under a version; an error if it is of another, or is not of this type.
pub(crate) fn decode_as<T: DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, Error> {
    match bytes {
        [stored, value @ ..] if *stored == version => {
            postcard::from_bytes(value).map_err(|_| Error::Vault(VaultTrouble::Damaged))
        }
        _ => Err(Error::Vault(VaultTrouble::NewerFormat)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_wrote_is_not_misread() {
        let mut bytes = encode(&("a", 1u32));
        assert_eq!(decode::<(String, u32)>(&bytes), Ok(("a".into(), 1)));
        bytes[0] = VERSION + 1;
        let refused = decode::<(String, u32)>(&bytes);
        assert_eq!(refused, Err(Error::Vault(VaultTrouble::NewerFormat)));
    }
}
