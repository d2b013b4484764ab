//! The documents that can be asked about, and the index of their passages. Their pages stay in the vault until somebody
//! looks at one (`pages.rs`).

use std::collections::HashSet;
use std::sync::Arc;

use aparte_protocol::documents::{Format, Page, PageWarning};
use aparte_vault::{Owner, OwnerId, OwnerKind, Vault};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{DocumentTrouble, Error};
use crate::language::Language;
use crate::reader::Reading;
use crate::search::SearchIndex;
use crate::vault_trouble::VaultTrouble;
use crate::{indexing, pages, samples, stored};

/// Names a document of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentId(pub(crate) OwnerId);

id_as_text!(DocumentId);

/// A file in the library.
#[derive(Clone)]
pub struct Document {
    /// Its name in the library.
    pub id: DocumentId,
    /// The file's name, as the user knows it.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// The language of most of its text, if it could be told.
    pub language: Option<Language>,
    /// How many pages it has.
    pub pages: u32,
    /// The numbers of the pages of which something or everything could not be read, in order.
    pub incomplete_pages: Vec<u32>,
    /// It is in memory alone, and gone when the vault is closed.
    pub private: bool,
    hash: [u8; 32],
}

impl Document {
    /// A question to begin with, for the documents that come with the application.
    pub fn suggestion(&self) -> Option<&'static str> {
        samples::suggestion(&self.hash)
    }
}

/// What is sealed of a document itself. Its layout is frozen: see `stored.rs`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Head {
    name: String,
    format: Format,
    language: Option<Language>,
    hash: [u8; 32],
    pages: u32,
    incomplete_pages: Vec<u32>,
}

/// The first layout of a head, which did not say what the pages are like.
#[derive(Deserialize)]
struct FirstHead {
    name: String,
    format: Format,
    language: Option<Language>,
    hash: [u8; 32],
}

impl Head {
    /// The head of a file that was read.
    pub fn of(name: String, bytes: &[u8], reading: &Reading) -> Head {
        Head {
            name,
            format: reading.format,
            language: language_of(&reading.pages),
            hash: hash(bytes),
            pages: reading.pages.len() as u32,
            incomplete_pages: incomplete(&reading.pages),
        }
    }

    /// The bytes to seal.
    pub fn encode(&self) -> Vec<u8> {
        stored::encode_as(2, self)
    }

    /// The language that the head of a document names, whatever the layout.
    pub fn language(bytes: &[u8]) -> Result<Option<Language>, Error> {
        Ok(Head::decode(bytes)?.language)
    }

    /// Whether bytes are a head that says what the pages are like.
    fn is_of_this_layout(bytes: &[u8]) -> bool {
        stored::decode_as::<Head>(2, bytes).is_ok()
    }

    /// A head of either layout. The first leaves the pages uncounted.
    pub fn decode(bytes: &[u8]) -> Result<Head, Error> {
        stored::decode_as::<Head>(2, bytes)
            .or_else(|_| Ok(stored::decode::<FirstHead>(bytes)?.into()))
    }

    /// The head of a document that is in the vault with so many pages, whatever the layout. An error if it does not open,
    /// or nothing of the document is left.
    fn open(vault: &Vault, owner: &Owner, pages: u32) -> Result<Head, Error> {
        let mut head = Head::decode(&owner.head)?;
        if head.pages == pages {
            return Ok(head);
        }
        // Pages were lost, or nobody counted them yet.
        let there = pages::stored(vault, owner.id)?.ok_or(Error::Vault(VaultTrouble::Damaged))?;
        head.pages = there.len() as u32;
        head.incomplete_pages = incomplete(&there);
        Ok(head)
    }
}

impl From<FirstHead> for Head {
    fn from(first: FirstHead) -> Head {
        Head {
            name: first.name,
            format: first.format,
            language: first.language,
            hash: first.hash,
            pages: 0,
            incomplete_pages: Vec::new(),
        }
    }
}

/// So many conversations and documents take long enough to index anew that the index is kept at once.
const WORTH_KEEPING: usize = 200;

/// All documents and what is needed to search them, and conversations too.
pub(crate) struct Library {
    documents: Vec<Arc<Document>>,
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
            documents: Vec::new(),
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
                Ok(head) => {
                    if !Head::is_of_this_layout(&owner.head) {
                        first_layout.push((owner.id, head.encode()));
                    }
                    library.take(DocumentId(owner.id), head, false);
                }
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
        let found = self.documents.iter().find(|document| document.id == id);
        found.is_some_and(|document| document.private)
    }

    /// Forgets a conversation or document. What its words left in memory is for [`SearchIndex::erase_some`].
    pub fn remove(&mut self, id: OwnerId) -> Result<(), Error> {
        self.hidden.remove(&id);
        self.documents.retain(|document| document.id.0 != id);
        Ok(self.index.remove(*id.as_bytes())?)
    }

    /// The document with these very bytes, if it is here. One in memory alone does not stand for one that is to be kept.
    pub fn with_bytes(&self, bytes: &[u8], private: bool) -> Option<DocumentId> {
        let hash = hash(bytes);
        self.visible()
            .find(|document| document.hash == hash && (private || !document.private))
            .map(|document| document.id)
    }

    /// Keeps a document: its original, its pages, and their passages in the index. What is sealed is on the
    /// disk when this returns.
    pub fn add(
        &mut self,
        vault: &Vault,
        name: String,
        bytes: &[u8],
        reading: Reading,
        private: bool,
    ) -> Result<DocumentId, Error> {
        let pages = &reading.pages;
        if pages.iter().all(|page| page.passages.is_empty()) {
            return Err(Error::Document {
                name,
                trouble: without_text(pages),
            });
        }
        if let Some(id) = self.with_bytes(bytes, private) {
            // Somebody else added it while it was read.
            return Ok(id);
        }
        let head = Head::of(name, bytes, &reading);
        let id = vault.write(|change| {
            let id = change.create_owner(OwnerKind::Document, &head.encode())?;
            for page in pages {
                change.put(id, stored::PAGE, page.number, &stored::encode(page))?;
            }
            change.put_blob(id, bytes)?;
            Ok(id)
        })?;
        let fingerprint = vault.fingerprint(id)?;
        indexing::put_document(&mut self.index, id, fingerprint, head.language, pages)?;
        let id = DocumentId(id);
        self.take(id, head, private);
        Ok(id)
    }

    fn take(&mut self, id: DocumentId, head: Head, private: bool) {
        let Head {
            name,
            format,
            language,
            hash,
            pages,
            incomplete_pages,
        } = head;
        self.documents.push(Arc::new(Document {
            id,
            name,
            format,
            language,
            pages,
            incomplete_pages,
            private,
            hash,
        }));
    }

    /// Notes that a page could not be read after all.
    pub fn note_incomplete(&mut self, id: DocumentId, page: u32) {
        let mut documents = self.documents.iter_mut();
        if let Some(document) = documents.find(|document| document.id == id)
            && let Err(place) = document.incomplete_pages.binary_search(&page)
        {
            let document = Arc::make_mut(document);
            document.incomplete_pages.insert(place, page);
        }
    }

    /// All documents, in the order in which they were added.
    pub fn documents(&self) -> Vec<Arc<Document>> {
        self.visible().cloned().collect()
    }

    pub fn get(&self, id: DocumentId) -> Option<&Arc<Document>> {
        self.visible().find(|document| document.id == id)
    }

    fn visible(&self) -> impl Iterator<Item = &Arc<Document>> {
        self.documents
            .iter()
            .filter(|document| !self.hidden.contains(&document.id.0))
    }

    pub fn index(&self) -> &SearchIndex {
        &self.index
    }

    pub fn index_mut(&mut self) -> &mut SearchIndex {
        &mut self.index
    }
}

/// The numbers of the pages of which something or everything could not be read.
fn incomplete(pages: &[Page]) -> Vec<u32> {
    let incomplete = |page: &&Page| {
        let mut warnings = page.warnings.iter();
        warnings.any(|warning| *warning != PageWarning::Blank)
    };
    pages
        .iter()
        .filter(incomplete)
        .map(|page| page.number)
        .collect()
}

/// Why no page has any text.
fn without_text(pages: &[Page]) -> DocumentTrouble {
    let warns = |warning| pages.iter().any(|page| page.warnings.contains(&warning));
    if warns(PageWarning::OnlyImages) {
        DocumentTrouble::OnlyImages
    } else if warns(PageWarning::Damaged) || warns(PageWarning::Unmapped) {
        DocumentTrouble::Damaged
    } else {
        DocumentTrouble::NoText
    }
}

fn language_of(pages: &[Page]) -> Option<Language> {
    const ENOUGH: usize = 20_000;
    let mut sample = String::new();
    for page in pages {
        if sample.len() > ENOUGH {
            break;
        }
        sample.push_str(&page.text);
        sample.push('\n');
    }
    Language::of(&sample)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
