//! From a question to passages with their texts: the index gives keys, the vault the pages that they stand on.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use aparte_protocol::documents::{Page, Passage, TextRange, Unit};
use aparte_vault::OwnerId;

use crate::error::Error;
use crate::language::Language;
use crate::library::{Document, DocumentId};
use crate::search::{Owner, Vector};
use crate::{Assistant, question};

/// A passage with its page and document, or several that follow each other; it outlives the library's lock.
#[derive(Clone)]
pub(crate) struct PassageRef {
    pub document: Arc<Document>,
    page: Arc<Page>,
    /// The first passage, and the last.
    passages: RangeInclusive<usize>,
}

impl PassageRef {
    /// The passage of this number on a page; `None` where there is none.
    pub fn of(document: &Arc<Document>, page: &Arc<Page>, number: usize) -> Option<PassageRef> {
        (number < page.passages.len()).then(|| PassageRef {
            document: Arc::clone(document),
            page: Arc::clone(page),
            passages: number..=number,
        })
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    pub fn text(&self) -> &str {
        self.range().of(&self.page.text).unwrap_or_default()
    }

    /// Where the passage stands in its page's text.
    pub fn range(&self) -> TextRange {
        TextRange {
            start: self.passage().range.start,
            end: self.page.passages[*self.passages.end()].range.end,
        }
    }

    /// Whether both begin at the same place.
    pub fn begins_as(&self, other: &PassageRef) -> bool {
        let place = |it: &PassageRef| (it.document.id, it.page.number, *it.passages.start());
        place(self) == place(other)
    }

    /// How many passages it is.
    pub fn count(&self) -> usize {
        self.passages.clone().count()
    }

    /// Where the passage begins in its page's text.
    pub fn start(&self) -> usize {
        self.passage().range.start as usize
    }

    /// The headings that it stands under, highest first.
    pub fn headings(&self) -> &[String] {
        &self.passage().headings
    }

    /// The row with the column names, where the passage begins inside a table that has one.
    pub fn column_names(&self) -> Option<String> {
        self.passage().header_of(&self.page.text)
    }

    /// What the passage is to be understood with: its headings, and the names of its columns.
    pub fn context(&self) -> Vec<String> {
        self.passage().context(&self.page.text)
    }

    /// The page as people number it; `None` for formats without pages.
    pub fn page_number(&self) -> Option<u32> {
        self.document.format.has_pages().then_some(self.page.number)
    }

    /// Where in a document without pages: the name of the sheet, chapter or message, or else the nearest heading.
    pub fn anchor(&self) -> Option<String> {
        let title = || self.page.title.clone();
        let heading = || self.headings().last().cloned();
        match self.document.format.unit() {
            Unit::Page | Unit::Slide => None,
            Unit::Sheet | Unit::Chapter | Unit::Message => title().or_else(heading),
            Unit::Whole => heading(),
        }
    }

    /// The language of its document; English where it could not be told.
    pub fn language(&self) -> Language {
        self.document.language.unwrap_or(Language::English)
    }

    fn passage(&self) -> &Passage {
        &self.page.passages[*self.passages.start()]
    }

    /// Takes up another passage of the same page that stands directly before or after. Gives whether it did.
    fn join(&mut self, other: &PassageRef) -> bool {
        let (first, last) = (*self.passages.start(), *self.passages.end());
        let (start, end) = (*other.passages.start(), *other.passages.end());
        let is_same_page =
            self.document.id == other.document.id && self.page.number == other.page.number;
        let is_near = start <= last + 1 && first <= end + 1;
        if is_same_page && is_near {
            self.passages = first.min(start)..=last.max(end);
        }
        is_same_page && is_near
    }
}

impl Assistant {
    /// The passages of the named documents that fit a question best, by words and, where they have vectors, by meaning, with
    /// their scores. What stands on a page that does not open any more is left out.
    pub(crate) fn best_passages(
        &self,
        question: &str,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<(PassageRef, f32)>, Error> {
        let meaning = self.meaning_of(&question::meant(question));
        let question = &*question::sought(question);
        self.passages_near(question, meaning.as_ref(), documents, limit)
    }

    /// The same, with what the question means.
    pub(crate) fn passages_near(
        &self,
        question: &str,
        meaning: Option<&Vector>,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<(PassageRef, f32)>, Error> {
        let named = owners(documents);
        let mut found = Vec::new();
        {
            let library = self.library();
            let wanted = |owner| named.contains(&owner);
            for hit in library.index().search(question, meaning, limit, wanted)? {
                let id = DocumentId(OwnerId::from_bytes(hit.key.owner));
                found.extend(library.get(id).map(|document| (Arc::clone(document), hit)));
            }
        }
        let mut pages = HashMap::new();
        let mut passages = Vec::with_capacity(found.len());
        for (document, hit) in found {
            let page: &Arc<Page> = match pages.entry((document.id, hit.key.page)) {
                Entry::Occupied(read) => read.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(Arc::new(self.page_of(&document, hit.key.page)?))
                }
            };
            let passage = hit.key.passage as usize;
            if passage < page.passages.len() {
                let page = Arc::clone(page);
                let passage = PassageRef {
                    document,
                    page,
                    passages: passage..=passage,
                };
                passages.push((passage, hit.score));
            }
        }
        Ok(passages)
    }

    /// A page of a document, with all of its passages in their order.
    pub(crate) fn page_with_passages(
        &self,
        document: &Arc<Document>,
        number: u32,
    ) -> Result<(Arc<Page>, Vec<PassageRef>), Error> {
        let page = Arc::new(self.page_of(document, number)?);
        let passages = (0..page.passages.len()).map(|passage| PassageRef {
            document: Arc::clone(document),
            page: Arc::clone(&page),
            passages: passage..=passage,
        });
        let passages = passages.collect();
        Ok((page, passages))
    }

    /// The first passages of the named documents, in their order, at most `limit`.
    pub(crate) fn first_passages(
        &self,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<PassageRef>, Error> {
        let mut passages = Vec::new();
        for id in documents {
            let Some(document) = self.library().get(*id).map(Arc::clone) else {
                continue;
            };
            for number in 1..=document.pages {
                passages.extend(self.page_with_passages(&document, number)?.1);
                if passages.len() >= limit {
                    passages.truncate(limit);
                    return Ok(passages);
                }
            }
        }
        Ok(passages)
    }

    /// How near the nearest passage of the named documents is to what a question means; `None` where none has a vector.
    pub(crate) fn nearness(&self, meaning: &Vector, documents: &[DocumentId]) -> Option<f32> {
        let named = owners(documents);
        let library = self.library();
        library
            .index()
            .nearness(meaning, |owner| named.contains(&owner))
    }

    /// Whether any of the named documents is in the library.
    pub(crate) fn has_any(&self, documents: &[DocumentId]) -> bool {
        let library = self.library();
        documents.iter().any(|&id| library.get(id).is_some())
    }

    /// Whether no vectors of the named documents' passages are on their way. Where no passage has one, nobody makes them.
    pub(crate) fn is_indexed(&self, documents: &[DocumentId]) -> bool {
        let named = owners(documents);
        let library = self.library();
        let index = library.index();
        let are_missing = || {
            let next = index.without_vectors(1, |(owner, _)| !named.contains(&owner));
            !next.is_empty()
        };
        self.embedder.is_none() || index.passages_with_vectors() == 0 || !are_missing()
    }

    /// How many passages the named documents have.
    pub(crate) fn count_passages(&self, documents: &[DocumentId]) -> usize {
        let named = owners(documents);
        let library = self.library();
        library.index().passages(|owner| named.contains(&owner))
    }
}

/// Joins passages that follow each other: each stands where the better one stood.
pub(crate) fn joined(passages: Vec<(PassageRef, f32)>) -> Vec<(PassageRef, f32)> {
    let mut joined: Vec<(PassageRef, f32)> = Vec::with_capacity(passages.len());
    for (mut passage, score) in passages {
        // What two found before stand on either side of becomes one with both.
        let mut place = None;
        let mut at = 0;
        while at < joined.len() {
            if !passage.join(&joined[at].0) {
                at += 1;
            } else if place.is_none() {
                place = Some(at);
                at += 1;
            } else {
                joined.remove(at);
            }
        }
        match place {
            Some(place) => joined[place].0 = passage,
            None => joined.push((passage, score)),
        }
    }
    joined
}

fn owners(documents: &[DocumentId]) -> HashSet<Owner> {
    documents.iter().map(|id| *id.0.as_bytes()).collect()
}
