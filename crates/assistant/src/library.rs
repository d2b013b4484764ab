//! The documents that can be asked about: their pages, and the index of their passages.

use std::collections::HashSet;
use std::sync::Arc;

use aparte_protocol::documents::{Format, Page, PageWarning, Passage};
use aparte_vault::{Loss, OwnerId, OwnerKind, Vault, VaultError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{DocumentTrouble, Error};
use crate::indexing;
use crate::language::Language;
use crate::reader::Reading;
use crate::samples;
use crate::search::{Entry, Fingerprint, Owner, PassageKey, SearchIndex};
use crate::stored;

/// Names a document of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentId(pub(crate) OwnerId);

id_as_text!(DocumentId);

/// A file in the library.
pub struct Document {
    /// Its name in the library.
    pub id: DocumentId,
    /// The file's name, as the user knows it.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// The language of most of its text, if it could be told.
    pub language: Option<Language>,
    /// Its pages in order.
    pub pages: Vec<Page>,
    /// It is in memory alone, and gone when the vault is closed.
    pub private: bool,
    hash: [u8; 32],
}

impl Document {
    /// A question to begin with, for the documents that come with the application.
    pub fn suggestion(&self) -> Option<&'static str> {
        samples::suggestion(&self.hash)
    }

    /// The numbers of pages of which something or everything could not be read.
    pub fn incomplete_pages(&self) -> Vec<u32> {
        let incomplete = |page: &&Page| {
            page.warnings
                .iter()
                .any(|warning| *warning != PageWarning::Blank)
        };
        self.pages
            .iter()
            .filter(incomplete)
            .map(|page| page.number)
            .collect()
    }
}

/// What is sealed of a document itself. Its layout is frozen: see `stored.rs`.
#[derive(Serialize, Deserialize)]
struct Head {
    name: String,
    format: Format,
    language: Option<Language>,
    hash: [u8; 32],
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
        library.damaged = owners.damaged.len();
        // What was to be erased is still there where a full disk was in the way, and stays out of sight.
        let conversations = vault.owners(OwnerKind::Conversation)?;
        let hidden = conversations.readable.iter().chain(&owners.readable);
        library.hidden = hidden
            .filter(|owner| owner.hidden)
            .map(|owner| owner.id)
            .collect();
        for owner in owners.readable {
            let head = stored::decode::<Head>(&owner.head);
            let pages = stored_pages(vault, owner.id)?;
            match (head, pages) {
                (Ok(head), Some(pages)) => {
                    let id = DocumentId(owner.id);
                    library.take(id, head, pages, false, owner.fingerprint)?;
                }
                _ => library.damaged += 1,
            }
        }
        if indexing::bring_up_to_date(&mut library.index, vault)? >= WORTH_KEEPING {
            library.keep_index(vault)?;
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
        let Reading { format, pages } = reading;
        if pages.iter().all(|page| page.passages.is_empty()) {
            return Err(Error::Document {
                name,
                trouble: without_text(&pages),
            });
        }
        if let Some(id) = self.with_bytes(bytes, private) {
            // Somebody else added it while it was read.
            return Ok(id);
        }
        let head = Head {
            name,
            format,
            language: language_of(&pages),
            hash: hash(bytes),
        };
        let id = vault.write(|change| {
            let id = change.create_owner(OwnerKind::Document, &stored::encode(&head))?;
            for page in &pages {
                change.put(id, stored::PAGE, page.number, &stored::encode(page))?;
            }
            change.put_blob(id, bytes)?;
            Ok(id)
        })?;
        let fingerprint = vault.fingerprint(id)?;
        self.take(DocumentId(id), head, pages, private, fingerprint)
    }

    /// Takes a document into memory: its passages into the index.
    fn take(
        &mut self,
        id: DocumentId,
        head: Head,
        pages: Vec<Page>,
        private: bool,
        fingerprint: Fingerprint,
    ) -> Result<DocumentId, Error> {
        let entries = pages.iter().flat_map(|page| {
            (0..)
                .zip(&page.passages)
                .map(move |(number, passage)| Entry {
                    page: page.number,
                    passage: number,
                    text: passage.range.of(&page.text).unwrap_or_default(),
                    headings: &passage.headings,
                    vector: None,
                })
        });
        let language = head.language.unwrap_or(Language::English);
        let owner = *id.0.as_bytes();
        if !self.index.covers(owner, fingerprint) {
            self.index
                .put_passages(owner, fingerprint, language, entries)?;
        }
        let Head {
            name,
            format,
            language,
            hash,
        } = head;
        self.documents.push(Arc::new(Document {
            id,
            name,
            format,
            language,
            pages,
            private,
            hash,
        }));
        Ok(id)
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

    /// The passages of the named documents that fit a question best, with their scores.
    pub fn search(
        &self,
        question: &str,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<(PassageRef, f32)>, Error> {
        let wanted = |owner: Owner| documents.iter().any(|id| *id.0.as_bytes() == owner);
        let hits = self.index.search(question, None, limit, wanted)?;
        Ok(hits
            .into_iter()
            .filter_map(|hit| Some((self.passage(hit.key)?, hit.score)))
            .collect())
    }

    /// Every passage of the named documents, in their order.
    pub fn passages(&self, documents: &[DocumentId]) -> Vec<PassageRef> {
        let named = documents.iter().filter_map(|id| self.get(*id));
        let passages = named.flat_map(|document| {
            document
                .pages
                .iter()
                .enumerate()
                .flat_map(move |(page, read)| {
                    let document = Arc::clone(document);
                    (0..read.passages.len()).map(move |passage| PassageRef {
                        document: Arc::clone(&document),
                        page,
                        passage,
                    })
                })
        });
        passages.collect()
    }

    /// What a key of the index stands for.
    fn passage(&self, key: PassageKey) -> Option<PassageRef> {
        let mut documents = self.documents.iter();
        let found = documents.find(|document| *document.id.0.as_bytes() == key.owner)?;
        let document = Arc::clone(found);
        let page = (key.page as usize).checked_sub(1)?;
        let passage = key.passage as usize;
        document.pages.get(page)?.passages.get(passage)?;
        Some(PassageRef {
            document,
            page,
            passage,
        })
    }
}

/// A passage with its page and document; it outlives the library's lock.
#[derive(Clone)]
pub(crate) struct PassageRef {
    pub document: Arc<Document>,
    page: usize,
    passage: usize,
}

impl PassageRef {
    pub fn page(&self) -> &Page {
        &self.document.pages[self.page]
    }

    pub fn text(&self) -> &str {
        self.passage()
            .range
            .of(&self.page().text)
            .unwrap_or_default()
    }

    /// Where the passage begins in its page's text.
    pub fn start(&self) -> usize {
        self.passage().range.start as usize
    }

    /// The headings that it stands under, highest first.
    pub fn headings(&self) -> &[String] {
        &self.passage().headings
    }

    /// The page as people number it; `None` for formats without pages.
    pub fn page_number(&self) -> Option<u32> {
        self.document
            .format
            .has_pages()
            .then_some(self.page().number)
    }

    /// Where in a document without pages: the nearest heading.
    pub fn anchor(&self) -> Option<String> {
        if self.document.format.has_pages() {
            None
        } else {
            self.headings().last().cloned()
        }
    }

    /// The language of its document; English where it could not be told.
    pub fn language(&self) -> Language {
        self.document.language.unwrap_or(Language::English)
    }

    fn passage(&self) -> &Passage {
        &self.page().passages[self.passage]
    }
}

/// The pages of a document. One that does not open, or is gone, stands there empty and says so; `None` if none opens.
fn stored_pages(vault: &Vault, owner: OwnerId) -> Result<Option<Vec<Page>>, Error> {
    let records = match vault.records(owner, stored::PAGE) {
        Ok(records) => records,
        Err(VaultError::Damaged(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut lost = records.damaged.len();
    if let Some(Loss::Missing(missing)) = records.loss {
        lost += missing as usize;
    }
    let mut pages = Vec::with_capacity(records.readable.len());
    for record in &records.readable {
        while lost > 0 && (pages.len() as u32) + 1 < record.sequence {
            pages.push(unreadable_page(pages.len() as u32 + 1));
            lost -= 1;
        }
        let page = stored::decode(&record.body);
        pages.push(page.unwrap_or_else(|_| unreadable_page(record.sequence)));
    }
    for _ in 0..lost {
        pages.push(unreadable_page(pages.len() as u32 + 1));
    }
    Ok((!records.readable.is_empty()).then_some(pages))
}

fn unreadable_page(number: u32) -> Page {
    Page {
        number,
        text: String::new(),
        words: Vec::new(),
        headings: Vec::new(),
        passages: Vec::new(),
        size: (0.0, 0.0),
        warnings: vec![PageWarning::Damaged],
    }
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
