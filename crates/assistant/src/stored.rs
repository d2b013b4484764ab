//! The bytes of what is kept in the vault: a version, then the value in postcard.
//!
//! The layouts of the types that pass through here are frozen: a changed one gets the next version and a
//! reader for each earlier one.

use aparte_vault::{Listing, Record, RecordKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::vault_trouble::VaultTrouble;

/// A message of a conversation. The numbers are stored: they are frozen.
pub(crate) const MESSAGE: RecordKind = RecordKind(1);
/// A page of a document.
pub(crate) const PAGE: RecordKind = RecordKind(2);

const VERSION: u8 = 1;

/// The bytes to seal.
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(postcard::to_stdvec(value).expect("plain data has a binary form"));
    bytes
}

/// What was sealed; an error if it was written by a later version, or is not of this type.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    match bytes {
        [VERSION, value @ ..] => {
            postcard::from_bytes(value).map_err(|_| Error::Vault(VaultTrouble::Damaged))
        }
        _ => Err(Error::Vault(VaultTrouble::NewerFormat)),
    }
}

/// The values of records in their order. One that does not open is an error: a gap would be a loss that
/// nobody hears of.
pub(crate) fn all<T: DeserializeOwned>(
    records: Listing<Record, impl Sized>,
) -> Result<Vec<T>, Error> {
    if !records.damaged.is_empty() {
        return Err(Error::Vault(VaultTrouble::Damaged));
    }
    records
        .readable
        .iter()
        .map(|record| decode(&record.body))
        .collect()
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
