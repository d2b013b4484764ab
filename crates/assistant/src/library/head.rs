//! What is sealed of a document beside its pages and its original.

use std::time::{SystemTime, UNIX_EPOCH};

use aparte_protocol::documents::Format;
use aparte_vault::{Owner, Vault};
use serde::{Deserialize, Serialize};

use super::{CollectionId, DocumentId, Origin, hash, incomplete};
use crate::error::Error;
use crate::language::Language;
use crate::vault_trouble::VaultTrouble;
use crate::{pages, stored};

/// Its layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub name: String,
    pub format: Format,
    pub language: Option<Language>,
    /// The SHA-256 of the original.
    pub hash: [u8; 32],
    /// The length of the original.
    pub bytes: u64,
    /// Milliseconds since 1970.
    pub added: u64,
    pub pages: u32,
    /// The numbers of the pages of which something or everything could not be read, in order.
    pub incomplete_pages: Vec<u32>,
    /// Those of them that are nothing but images.
    pub image_pages: Vec<u32>,
    /// The file that it was read from.
    pub origin: Option<Origin>,
    pub collections: Vec<CollectionId>,
    /// The document that it came in: an archive, or a message that it was attached to.
    pub parent: Option<DocumentId>,
    /// What opens the original.
    pub password: Option<String>,
}

/// The version of the layout.
const VERSION: u8 = 3;

/// The second layout, which knew nothing of files, collections and images.
#[derive(Deserialize)]
struct Head2 {
    name: String,
    format: Format,
    language: Option<Language>,
    hash: [u8; 32],
    pages: u32,
    incomplete_pages: Vec<u32>,
}

/// The first, which did not say what the pages are like.
#[derive(Deserialize)]
struct Head1 {
    name: String,
    format: Format,
    language: Option<Language>,
    hash: [u8; 32],
}

impl Head {
    /// The head of a document with these bytes, whose pages are not counted yet.
    pub fn new(name: String, format: Format, original: &[u8]) -> Head {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Head {
            name,
            format,
            language: None,
            hash: hash(original),
            bytes: original.len() as u64,
            added: since.map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }),
            pages: 0,
            incomplete_pages: Vec::new(),
            image_pages: Vec::new(),
            origin: None,
            collections: Vec::new(),
            parent: None,
            password: None,
        }
    }

    /// The bytes to seal.
    pub fn encode(&self) -> Vec<u8> {
        stored::encode_as(VERSION, self)
    }

    /// Whether bytes are a head that says what the pages are like.
    pub fn counts_pages(bytes: &[u8]) -> bool {
        stored::decode_as::<Head>(VERSION, bytes).is_ok()
            || stored::decode_as::<Head2>(2, bytes).is_ok()
    }

    /// A head of any layout. The first leaves the pages uncounted.
    pub fn decode(bytes: &[u8]) -> Result<Head, Error> {
        stored::decode_as::<Head>(VERSION, bytes)
            .or_else(|_| Ok(stored::decode_as::<Head2>(2, bytes)?.into()))
            .or_else(|_: Error| Ok(stored::decode::<Head1>(bytes)?.into()))
    }

    /// The head of a document that is in the vault with so many pages, whatever the layout. An error if it does not open,
    /// or nothing of the document is left.
    pub fn open(vault: &Vault, owner: &Owner, pages: u32) -> Result<Head, Error> {
        let mut head = Head::decode(&owner.head)?;
        if head.pages == pages {
            return Ok(head);
        }
        // Pages were lost, or nobody counted them yet.
        let there = pages::stored(vault, owner.id)?.ok_or(Error::Vault(VaultTrouble::Damaged))?;
        head.pages = there.len() as u32;
        head.incomplete_pages = there
            .iter()
            .filter(|page| incomplete(page))
            .map(|page| page.number)
            .collect();
        Ok(head)
    }
}

impl From<Head2> for Head {
    fn from(second: Head2) -> Head {
        Head {
            name: second.name,
            format: second.format,
            language: second.language,
            hash: second.hash,
            bytes: 0,
            added: 0,
            pages: second.pages,
            incomplete_pages: second.incomplete_pages,
            image_pages: Vec::new(),
            origin: None,
            collections: Vec::new(),
            parent: None,
            password: None,
        }
    }
}

impl From<Head1> for Head {
    fn from(first: Head1) -> Head {
        Head2 {
            name: first.name,
            format: first.format,
            language: first.language,
            hash: first.hash,
            pages: 0,
            incomplete_pages: Vec::new(),
        }
        .into()
    }
}
