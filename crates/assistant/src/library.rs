//! The documents that can be asked about, and the index of their passages. Their pages stay in the vault until somebody
//! looks at one (`pages.rs`).

mod collections;
mod folders;
mod head;
mod intake;
mod origin;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aparte_protocol::documents::{Format, Page, PageWarning};
use aparte_vault::{OwnerId, OwnerKind, Vault};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, shown};
use crate::files::NAME_LIMIT;
use crate::language::Language;
use crate::search::SearchIndex;
use crate::vault_trouble::VaultTrouble;
use crate::{Assistant, indexing, samples, stored};

pub use collections::{Collection, CollectionId};
pub use folders::{FolderChanges, WatchedFolder};
pub(crate) use head::Head;
pub use intake::{Named, files_below};
pub use origin::Origin;

/// Names a document of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentId(pub(crate) OwnerId);

id_as_text!(DocumentId);

/// A file in the library.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its name in the library.
    pub id: DocumentId,
    /// The file's name, as the user knows it.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// The language of most of its text, if it could be told.
    pub language: Option<Language>,
    /// The length of the original in bytes; 0 where an earlier version did not note it.
    pub bytes: u64,
    /// Milliseconds since 1970 when it was added; 0 where an earlier version did not note it.
    pub added: u64,
    /// How many pages it has.
    pub pages: u32,
    /// The numbers of the pages of which something or everything could not be read, in order.
    pub incomplete_pages: Vec<u32>,
    /// Those of them that are nothing but images.
    pub image_pages: Vec<u32>,
    /// The file that it was read from.
    pub origin: Option<Origin>,
    /// The collections that it is in.
    pub collections: Vec<CollectionId>,
    /// The document that it came in.
    pub parent: Option<DocumentId>,
    /// It is in memory alone, and gone when the vault is closed.
    pub private: bool,
    hash: [u8; 32],
    /// Which of all that this session knows.
    place: u64,
}

impl Document {
    /// A question to begin with, for the documents that come with the application.
    pub fn suggestion(&self) -> Option<&'static str> {
        samples::suggestion(&self.hash)
    }

    /// Whether another reading of it was of the same bytes.
    pub(crate) fn has_bytes_of(&self, other: &Document) -> bool {
        self.hash == other.hash
    }
}

/// So many conversations and documents take long enough to index anew that the index is kept at once.
const WORTH_KEEPING: usize = 200;

/// All documents and what is needed to search them, and conversations too.
pub(crate) struct Library {
    documents: HashMap<DocumentId, Arc<Document>>,
    /// How many there ever were in this session.
    places: u64,
    /// Those about to be erased.
    hidden: HashSet<OwnerId>,
    index: SearchIndex,
    /// How many are in the vault and do not open.
    pub damaged: usize,
}

impl Library {
    /// The library that a vault holds.
    pub fn open(vault: &Vault) -> Result<Library, Error> {
        let snapshot = vault.cache(stored::INDEX);
        let index = snapshot.and_then(|bytes| SearchIndex::from_bytes(&bytes));
        let mut library = Library {
            documents: HashMap::new(),
            places: 0,
            hidden: HashSet::new(),
            index: match index {
                Some(index) => index,
                None => SearchIndex::new()?,
            },
            damaged: 0,
        };
        let owners = vault.owners(OwnerKind::Document)?;
        let pages = vault.count_records(stored::PAGE)?;
        library.damaged = owners.damaged.len();
        // What was to be erased is still there where a full disk was in the way, and stays out of sight.
        let conversations = vault.owners(OwnerKind::Conversation)?;
        let hidden = conversations.readable.iter().chain(&owners.readable);
        library.hidden = hidden
            .filter(|owner| owner.hidden)
            .map(|owner| owner.id)
            .collect();
        let mut first_layout = Vec::new();
        for owner in &owners.readable {
            let pages = pages.get(&owner.id).copied().unwrap_or(0);
            match Head::open(vault, owner, pages) {
                // A reading that was cut short left it.
                Ok(head) if head.pages == 0 && owner.hidden => (),
                Ok(head) => {
                    if !Head::counts_pages(&owner.head) {
                        first_layout.push((owner.id, head.encode()));
                    }
                    library.take(DocumentId(owner.id), head, false);
                }
                Err(_) if owner.hidden => (),
                Err(Error::Vault(VaultTrouble::Damaged | VaultTrouble::NewerFormat)) => {
                    library.damaged += 1;
                }
                Err(error) => return Err(error),
            }
        }
        let mut owners = owners;
        if !first_layout.is_empty() {
            // So that its pages are counted once. On a disk that is full they are counted again the next time.
            let _ = vault.write(|change| {
                let mut heads = first_layout.iter();
                heads.try_for_each(|(id, head)| change.set_head(*id, head))
            });
            owners = vault.owners(OwnerKind::Document)?;
        }
        let (conversations, documents) = (&conversations.readable, &owners.readable);
        let put = indexing::bring_up_to(&mut library.index, vault, conversations, documents)?;
        if put >= WORTH_KEEPING {
            // It can be made again: that there is no room for it keeps nobody out.
            let _ = library.keep_index(vault);
        }
        Ok(library)
    }

    /// Keeps the index for the next time the vault opens. What is private is not in it.
    pub fn keep_index(&mut self, vault: &Vault) -> Result<(), Error> {
        indexing::bring_up_to_date(&mut self.index, vault)?;
        Ok(vault.keep_cache(stored::INDEX, &self.index.to_bytes()?)?)
    }

    /// Takes a conversation or document out of sight, or shows it again.
    pub fn set_hidden(&mut self, id: OwnerId, hidden: bool) {
        match hidden {
            true => self.hidden.insert(id),
            false => self.hidden.remove(&id),
        };
    }

    /// What is about to be erased.
    pub fn take_hidden(&mut self) -> HashSet<OwnerId> {
        std::mem::take(&mut self.hidden)
    }

    /// Whether anything is about to be erased.
    pub fn has_hidden(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Whether a conversation or document is about to be erased.
    pub fn is_hidden(&self, id: OwnerId) -> bool {
        self.hidden.contains(&id)
    }

    /// Whether a document is in memory alone, hidden or not.
    pub fn is_private(&self, id: DocumentId) -> bool {
        self.documents
            .get(&id)
            .is_some_and(|document| document.private)
    }

    /// Forgets a conversation or document. What its words left in memory is for [`SearchIndex::erase_some`].
    pub fn remove(&mut self, id: OwnerId) -> Result<(), Error> {
        self.hidden.remove(&id);
        self.documents.remove(&DocumentId(id));
        Ok(self.index.remove(*id.as_bytes())?)
    }

    /// The document with these very bytes, if it is here. One in memory alone does not stand for one that is to be kept.
    pub fn with_hash(&self, hash: &[u8; 32], private: bool) -> Option<DocumentId> {
        self.visible()
            .find(|document| document.hash == *hash && (private || !document.private))
            .map(|document| document.id)
    }

    /// The kept document that was read from this file, if the file was not changed since.
    pub fn unchanged(&self, origin: &Origin) -> Option<DocumentId> {
        self.visible()
            .find(|document| document.origin.as_ref() == Some(origin))
            .map(|document| document.id)
    }

    /// Takes a document whose head is in the vault, or in memory alone. What was known of it is replaced.
    pub fn take(&mut self, id: DocumentId, head: Head, private: bool) {
        let known = self.documents.get(&id);
        let place = known.map_or(self.places, |document| document.place);
        self.places += 1;
        let document = Document {
            id,
            name: head.name,
            format: head.format,
            language: head.language,
            bytes: head.bytes,
            added: head.added,
            pages: head.pages,
            incomplete_pages: head.incomplete_pages,
            image_pages: head.image_pages,
            origin: head.origin,
            collections: head.collections,
            parent: head.parent,
            private,
            hash: head.hash,
            place,
        };
        self.documents.insert(id, Arc::new(document));
    }

    /// Notes that a page could not be read after all.
    pub fn note_incomplete(&mut self, id: DocumentId, page: u32) {
        if let Some(document) = self.documents.get_mut(&id)
            && let Err(place) = document.incomplete_pages.binary_search(&page)
        {
            let document = Arc::make_mut(document);
            document.incomplete_pages.insert(place, page);
        }
    }

    /// All documents, in the order in which they were added.
    pub fn documents(&self) -> Vec<Arc<Document>> {
        let mut documents: Vec<_> = self.visible().cloned().collect();
        documents.sort_by_key(|document| document.place);
        documents
    }

    pub fn get(&self, id: DocumentId) -> Option<&Arc<Document>> {
        self.known(id)
            .filter(|document| !self.hidden.contains(&document.id.0))
    }

    /// A document, also one that is about to be erased.
    pub fn known(&self, id: DocumentId) -> Option<&Arc<Document>> {
        self.documents.get(&id)
    }

    /// All documents, those that are about to be erased too, in any order.
    pub fn with_hidden(&self) -> impl Iterator<Item = &Arc<Document>> {
        self.documents.values()
    }

    fn visible(&self) -> impl Iterator<Item = &Arc<Document>> {
        self.documents
            .values()
            .filter(|document| !self.hidden.contains(&document.id.0))
    }

    pub fn index(&self) -> &SearchIndex {
        &self.index
    }

    pub fn index_mut(&mut self) -> &mut SearchIndex {
        &mut self.index
    }
}

impl Assistant {
    /// Gives a document another name.
    ///
    /// # Errors
    /// What the vault reports. A name without a visible letter changes nothing.
    pub fn rename_document(&self, id: DocumentId, name: &str) -> Result<(), Error> {
        let name = shown(name.trim(), NAME_LIMIT);
        if name.is_empty() {
            return Ok(());
        }
        self.change_documents(&[id], |head| head.name.clone_from(&name))
    }

    /// The original of a document, as it was read; `None` if the document is not there, or its original is gone.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn original(&self, id: DocumentId) -> Result<Option<Vec<u8>>, Error> {
        let Some(private) = self.library().get(id).map(|document| document.private) else {
            return Ok(None);
        };
        let vault = self.vault_for(private);
        match vault.blobs(id.0)?.first() {
            Some(blob) => Ok(Some(vault.blob(id.0, *blob)?)),
            None => Ok(None),
        }
    }

    /// What opens the original of a document, where it wanted a password.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn password_of(&self, id: DocumentId) -> Result<Option<String>, Error> {
        let Some(private) = self.library().get(id).map(|document| document.private) else {
            return Ok(None);
        };
        let vault = self.vault_for(private);
        let head = vault.head(id.0, OwnerKind::Document)?;
        Ok(Head::decode(&head)?.password)
    }

    /// Changes what is sealed of documents beside their pages, in one step on the disk.
    pub(crate) fn change_documents(
        &self,
        ids: &[DocumentId],
        mut how: impl FnMut(&mut Head),
    ) -> Result<(), Error> {
        for private in [false, true] {
            let vault = self.vault_for(private);
            let mut library = self.library();
            let mut heads = Vec::new();
            for id in ids {
                let document = library.documents.get(id);
                if document.is_some_and(|document| document.private == private) {
                    let mut head = Head::decode(&vault.head(id.0, OwnerKind::Document)?)?;
                    how(&mut head);
                    heads.push((*id, head));
                }
            }
            if heads.is_empty() {
                continue;
            }
            vault.write(|change| {
                let mut heads = heads.iter();
                heads.try_for_each(|(id, head)| change.set_head(id.0, &head.encode()))
            })?;
            for (id, head) in heads {
                // The index holds what it held: only its note of the state is renewed.
                let fingerprint = vault.fingerprint(id.0)?;
                library.index.renew(*id.0.as_bytes(), fingerprint);
                library.take(id, head, private);
            }
        }
        Ok(())
    }

    pub(crate) fn vault_for(&self, private: bool) -> &Vault {
        match private {
            true => &self.private,
            false => &self.vault,
        }
    }
}

/// Whether something or everything of a page could not be read.
pub(crate) fn incomplete(page: &Page) -> bool {
    let mut warnings = page.warnings.iter();
    warnings.any(|warning| *warning != PageWarning::Blank)
}

/// What tells equal bytes.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
