//! The documents that can be asked about: their pages, and the index of their passages.

use std::sync::Arc;

use aparte_protocol::documents::{Format, Page, PageWarning, Passage};
use sha2::{Digest, Sha256};

use crate::error::{DocumentTrouble, Error};
use crate::language::Language;
use crate::reader::Reading;
use crate::search::{Entry, PassageKey, SearchIndex};

/// Names a document of the library: 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentId(pub(crate) u128);

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
    hash: [u8; 32],
}

impl Document {
    /// The numbers of pages of which nothing could be read, though something is there.
    pub fn unreadable_pages(&self) -> Vec<u32> {
        let unread = |page: &&Page| {
            page.passages.is_empty()
                && page
                    .warnings
                    .iter()
                    .any(|warning| *warning != PageWarning::Blank)
        };
        self.pages
            .iter()
            .filter(unread)
            .map(|page| page.number)
            .collect()
    }
}

/// All documents and what is needed to search them.
pub(crate) struct Library {
    documents: Vec<Arc<Document>>,
    index: SearchIndex,
}

impl Library {
    pub fn new() -> Result<Library, Error> {
        Ok(Library {
            documents: Vec::new(),
            index: SearchIndex::new()?,
        })
    }

    /// The document with these very bytes, if it is here.
    pub fn with_bytes(&self, bytes: &[u8]) -> Option<DocumentId> {
        let hash = hash(bytes);
        self.documents
            .iter()
            .find(|document| document.hash == hash)
            .map(|document| document.id)
    }

    pub fn add(
        &mut self,
        name: String,
        bytes: &[u8],
        reading: Reading,
    ) -> Result<DocumentId, Error> {
        let Reading { format, pages } = reading;
        if pages.iter().all(|page| page.passages.is_empty()) {
            return Err(Error::Document {
                name,
                trouble: DocumentTrouble::OnlyImages,
            });
        }
        let language = language_of(&pages);
        let position = u32::try_from(self.documents.len()).map_err(|_| Error::SearchFailed)?;
        let entries = pages.iter().flat_map(|page| {
            (0..)
                .zip(&page.passages)
                .map(move |(number, passage)| Entry {
                    key: PassageKey {
                        document: position,
                        page: page.number,
                        passage: number,
                    },
                    text: passage.range.of(&page.text).unwrap_or_default(),
                    headings: &passage.headings,
                })
        });
        self.index
            .add(language.unwrap_or(Language::English), entries)?;
        let id = DocumentId(random());
        let hash = hash(bytes);
        self.documents.push(Arc::new(Document {
            id,
            name,
            format,
            language,
            pages,
            hash,
        }));
        Ok(id)
    }

    pub fn get(&self, id: DocumentId) -> Option<&Arc<Document>> {
        self.documents.iter().find(|document| document.id == id)
    }

    pub fn index(&self) -> &SearchIndex {
        &self.index
    }

    /// The passages of the named documents that fit a question best, with their scores.
    pub fn search(
        &self,
        question: &str,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<(PassageRef, f32)>, Error> {
        let wanted = |key: PassageKey| {
            let document = self.documents.get(key.document as usize);
            document.is_some_and(|document| documents.contains(&document.id))
        };
        let hits = self.index.search(question, limit, wanted)?;
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
        let document = Arc::clone(self.documents.get(key.document as usize)?);
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

fn random() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u128::from_le_bytes(bytes)
}
