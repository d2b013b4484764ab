//! Finds passages of documents and messages of conversations: by their words, and passages by meaning too.
//!
//! Words are looked up in FTS5 indexes that live in memory only. A text is indexed under the stems of its own
//! language; a question is stemmed in every language, so that names and numbers are found across languages.
//! The index keeps no text: it answers with keys. A passage may have a vector besides ([`Vector`]). Where it
//! does and the question has one, words and vectors are searched at the same time and their scores fused.
//!
//! Everything belongs to an owner, a document or a conversation, and is there in the state that the owner's
//! fingerprint stands for. So an index from a snapshot can be brought up to date: what it does not cover is
//! put anew, what is no more is removed.
//!
//! The index is a cache and never the truth. It is deliberately no place to read texts from.

mod fulltext;
mod line;
mod nearness;
mod owners;
mod question;
mod rows;
mod shelf;
mod snapshot;
mod vectors;
mod weigh;

use std::collections::{HashMap, HashSet};

use crate::language::Language;

use line::Line;
use owners::Owners;
use question::{Bounds, Question};
use rows::Within;
use shelf::Shelf;
use vectors::{Near, Vectors};

pub(crate) use line::names;
pub use vectors::{DIMENSION, PIECES, Vector};
pub use weigh::{Weighed, WeightedTerm};

/// Names a document or conversation: its id in the vault.
pub type Owner = [u8; 16];

/// Stands for the state that an owner is in. The vault gives another whenever anything of the owner changes.
pub type Fingerprint = [u8; 16];

/// Names a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassageKey {
    /// Which document.
    pub owner: Owner,
    /// Which page, counted from 1.
    pub page: u32,
    /// Which passage of the page, counted from 0.
    pub passage: u32,
}

/// A passage to index.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its page, counted from 1.
    pub page: u32,
    /// Its number in the page, counted from 0.
    pub passage: u32,
    /// Its text.
    pub text: &'a str,
    /// The headings that it stands under: searched too, at a lower weight.
    pub headings: &'a [String],
    /// What it means, piece by piece; at most [`PIECES`], none where that is not computed yet.
    pub vectors: &'a [Vector],
}

/// A message to index.
#[derive(Debug, Clone, Copy)]
pub struct MessageEntry<'a> {
    /// Which message of the conversation.
    pub message: u32,
    /// The language that it is in.
    pub language: Language,
    /// Its text.
    pub text: &'a str,
}

/// A passage that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which passage.
    pub key: PassageKey,
    /// The higher the better, and only comparable within one search: BM25 where words were searched alone, else a cosine and a
    /// share of it.
    pub score: f32,
}

/// A message that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MessageHit {
    /// Which conversation.
    pub owner: Owner,
    /// Which message of it.
    pub message: u32,
    /// The higher the better, and only comparable within one search.
    pub score: f32,
}

/// The index could not be read or written: SQLite ran out of memory or is broken.
#[derive(Debug, thiserror::Error)]
#[error("the search index failed: {0}")]
pub struct SearchFailed(#[from] rusqlite::Error);

/// The search index of the documents and conversations at hand.
#[derive(Debug)]
pub struct SearchIndex {
    owners: Owners,
    passages: Shelf<Place>,
    messages: Shelf<u32>,
    vectors: Vectors,
}

/// Where in its document a passage is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    page: u32,
    passage: u32,
}

/// A tenth of a second on two cores, vectors included.
const PASSAGES: Bounds = Bounds {
    ranked: 15_000.0,
    read: 200_000.0,
};

/// A fiftieth of a second.
const MESSAGES: Bounds = Bounds {
    ranked: 4_000.0,
    read: 50_000.0,
};

impl SearchIndex {
    /// Makes an empty index.
    pub fn new() -> Result<SearchIndex, SearchFailed> {
        SearchIndex::with_bounds(PASSAGES, MESSAGES)
    }

    /// The index whose snapshot this is, or `None` if the bytes are no snapshot, or one of a build that
    /// indexes otherwise. Then the index is to be built anew.
    pub fn from_bytes(bytes: &[u8]) -> Option<SearchIndex> {
        snapshot::read(bytes)
    }

    /// A snapshot. It holds nothing of what was removed: see [`SearchIndex::erase_some`].
    #[expect(
        clippy::wrong_self_convention,
        reason = "what was removed is erased before the bytes are given"
    )]
    pub fn to_bytes(&mut self) -> Result<Vec<u8>, SearchFailed> {
        Ok(snapshot::write(self)?)
    }

    /// Whether the index holds an owner in this state.
    pub fn covers(&self, owner: Owner, fingerprint: Fingerprint) -> bool {
        let held = self
            .owners
            .number(owner)
            .and_then(|number| self.owners.get(number));
        held == Some((owner, fingerprint))
    }

    /// Every owner that the index holds something of, in any state.
    #[cfg(test)]
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        self.owners.iter().map(|(_, owner, _)| owner)
    }

    /// Puts the passages of a document in `language` in the place of all that was there of it, all or none.
    pub fn put_passages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        language: Language,
        entries: impl IntoIterator<Item = Entry<'a>>,
    ) -> Result<(), SearchFailed> {
        let (passages, messages) = self.rows_of(owner);
        self.change_passages(owner, fingerprint, language, &passages, entries)?;
        Ok(self.messages.remove(&messages)?)
    }

    /// Adds passages to those that are there of a document, all or none.
    pub fn add_passages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        language: Language,
        entries: impl IntoIterator<Item = Entry<'a>>,
    ) -> Result<(), SearchFailed> {
        self.change_passages(owner, fingerprint, language, &[], entries)
    }

    /// Puts the messages of a conversation in the place of all that was there of it, all or none.
    pub fn put_messages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        entries: impl IntoIterator<Item = MessageEntry<'a>>,
    ) -> Result<(), SearchFailed> {
        let (passages, messages) = self.rows_of(owner);
        self.change_messages(owner, fingerprint, &messages, entries)?;
        self.vectors.remove(&passages);
        Ok(self.passages.remove(&passages)?)
    }

    /// Adds messages to those that are there of a conversation, all or none. With no entries it only notes
    /// the conversation's state.
    pub fn add_messages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        entries: impl IntoIterator<Item = MessageEntry<'a>>,
    ) -> Result<(), SearchFailed> {
        self.change_messages(owner, fingerprint, &[], entries)
    }

    /// Notes that an owner is in another state of which all that is here of it holds still.
    pub fn renew(&mut self, owner: Owner, fingerprint: Fingerprint) {
        if self.owners.number(owner).is_some() {
            self.owners.set(owner, fingerprint);
        }
    }

    /// Gives the passages of a page their vectors, in the state that the document is in now. Passages that are not there, or
    /// have some, are left as they are.
    pub fn put_vectors<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        page: u32,
        vectors: &'a [Vec<Vector>],
    ) {
        let Some(number) = self.owners.number(owner) else {
            return;
        };
        let rows = self.passages.rows.of(|other| other == number);
        let place_of = |row: &u32| self.passages.rows.get(*row).map(|(_, place)| place);
        let mut new: Vec<(u32, &'a Vec<Vector>)> = rows
            .iter()
            .filter(|row| !self.vectors.has(**row))
            .filter_map(|row| {
                let place = place_of(row).filter(|place| place.page == page)?;
                Some((*row, vectors.get(place.passage as usize)?))
            })
            .collect();
        new.sort_by_key(|(row, _)| *row);
        let each = new
            .into_iter()
            .flat_map(|(row, vectors)| vectors.iter().map(move |vector| (row, vector)));
        self.vectors.put(each);
        self.owners.set(owner, fingerprint);
    }

    /// The pages of the first passages that have no vector, about so many passages, but for those that are left out.
    pub fn without_vectors(
        &self,
        passages: usize,
        left_out: impl Fn((Owner, u32)) -> bool,
    ) -> Vec<(Owner, u32)> {
        let mut pages = Vec::new();
        let mut count = 0;
        for (row, held) in (0..).zip(self.passages.rows.iter()) {
            let Some((number, place)) = held else {
                continue;
            };
            if self.vectors.has(row) {
                continue;
            }
            let Some((owner, _)) = self.owners.get(number) else {
                continue;
            };
            if left_out((owner, place.page)) {
                continue;
            }
            if pages.last() != Some(&(owner, place.page)) {
                if count >= passages {
                    break;
                }
                pages.push((owner, place.page));
            }
            count += 1;
        }
        pages
    }

    /// How many of the passages have vectors.
    pub fn passages_with_vectors(&self) -> usize {
        self.vectors.rows()
    }

    /// How many passages there are of the `wanted` documents.
    pub fn passages(&self, wanted: impl Fn(Owner) -> bool) -> usize {
        let wanted = self.owners.wanted(wanted);
        self.passages.rows.count(|number| wanted[number as usize])
    }

    /// Removes all that is there of an owner. It is not found from here on; see
    /// [`SearchIndex::erase_some`].
    pub fn remove(&mut self, owner: Owner) -> Result<(), SearchFailed> {
        self.retain(|other| other != owner)
    }

    /// Removes all that is there of every owner that is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(Owner) -> bool) -> Result<(), SearchFailed> {
        let gone = self.owners.wanted(|owner| !keep(owner));
        if !gone.contains(&true) {
            return Ok(());
        }
        let is_gone = |number: u32| gone[number as usize];
        let passages = self.passages.rows.of(is_gone);
        self.passages.remove(&passages)?;
        self.vectors.remove(&passages);
        let messages = self.messages.rows.of(is_gone);
        self.messages.remove(&messages)?;
        self.owners.retain(keep);
        Ok(())
    }

    /// Does a part, a fraction of a second long, of erasing what removed texts left in memory, and gives
    /// whether nothing is left. [`SearchIndex::to_bytes`] does what remains, which takes seconds where there
    /// are hundreds of thousands of passages.
    pub fn erase_some(&mut self) -> Result<bool, SearchFailed> {
        Ok(self.messages.text.erase_some()? && self.passages.text.erase_some()?)
    }

    /// The best passages of the `wanted` documents for a question, best first, at most `limit`.
    ///
    /// Any of the question's words may match, but every phrase in quotes (`"…"`, `“…”`, `« … »`) must.
    /// A question of function words alone ("What is it about?") finds nothing by words. Passages near in
    /// `meaning` to the question are found too, where vectors are at hand; without, the ranking is that of
    /// the words.
    pub fn search(
        &self,
        question: &str,
        meaning: Option<&Vector>,
        limit: usize,
        wanted: impl Fn(Owner) -> bool,
    ) -> Result<Vec<Hit>, SearchFailed> {
        let within = self.passages.rows.within(&self.owners.wanted(wanted));
        let question = Question::read(question);
        let by_words = |limit| self.by_words(question.as_ref(), &within, limit);
        let ranked = match meaning.filter(|_| !self.vectors.is_empty()) {
            None => by_words(limit)?,
            Some(meaning) => {
                let depth = limit.max(DEPTH);
                let is_wanted = |row| within.contains(row);
                let (mut near, words) = self
                    .vectors
                    .nearest(meaning, depth, is_wanted, || by_words(depth));
                let words = words?;
                if question.is_some_and(|question| question.has_phrases()) {
                    near.retain(|near| words.iter().any(|&(row, _)| row == near.row));
                }
                let cosine = |row| self.vectors.cosine(meaning, row);
                fuse(&words, &near, cosine, limit)
            }
        };
        Ok(ranked
            .into_iter()
            .filter_map(|(row, score)| {
                let (number, Place { page, passage }) = self.passages.rows.get(row)?;
                let (owner, _) = self.owners.get(number)?;
                let key = PassageKey {
                    owner,
                    page,
                    passage,
                };
                Some(Hit { key, score })
            })
            .collect())
    }

    /// The best messages for a question, best first, at most `limit`. Words and phrases count as in
    /// [`SearchIndex::search`].
    pub fn search_messages(
        &self,
        question: &str,
        limit: usize,
    ) -> Result<Vec<MessageHit>, SearchFailed> {
        let Some(question) = Question::read(question) else {
            return Ok(Vec::new());
        };
        let all = self.messages.rows.within(&self.owners.wanted(|_| true));
        let ranked = self.messages.text.ranked(&question, &all, limit)?;
        Ok(ranked
            .into_iter()
            .filter_map(|(row, score)| {
                let (number, message) = self.messages.rows.get(row)?;
                let (owner, _) = self.owners.get(number)?;
                Some(MessageHit {
                    owner,
                    message,
                    score,
                })
            })
            .collect())
    }

    /// The bytes that the index takes in memory, but for the page caches of SQLite, a few MB.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> Result<usize, SearchFailed> {
        let lines = self.passages.memory()? + self.messages.memory()?;
        Ok(self.owners.memory() + self.vectors.memory() + lines)
    }

    /// The largest product of a vector with any of the passages', computed by all cores and nothing else.
    #[cfg(feature = "bench")]
    pub fn bare_scan(&self, vector: &Vector) -> i32 {
        self.vectors.bare_scan(vector)
    }

    fn with_bounds(passages: Bounds, messages: Bounds) -> Result<SearchIndex, SearchFailed> {
        Ok(SearchIndex {
            owners: Owners::default(),
            passages: Shelf::new(passages)?,
            messages: Shelf::new(messages)?,
            vectors: Vectors::default(),
        })
    }

    fn change_passages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        language: Language,
        gone: &[u32],
        entries: impl IntoIterator<Item = Entry<'a>>,
    ) -> Result<(), SearchFailed> {
        let entries: Vec<_> = entries.into_iter().collect();
        let number = self.owners.number_for(owner);
        let places = entries.iter().map(|entry| Place {
            page: entry.page,
            passage: entry.passage,
        });
        let lines = entries
            .iter()
            .map(|entry| Line::new(entry.text, entry.headings, language));
        let rows = self
            .passages
            .change(gone, number, places.collect(), lines)?;
        self.vectors.remove(gone);
        let vectors = rows.zip(&entries);
        self.vectors.put(
            vectors.flat_map(|(row, entry)| entry.vectors.iter().map(move |vector| (row, vector))),
        );
        self.owners.set(owner, fingerprint);
        Ok(())
    }

    fn change_messages<'a>(
        &mut self,
        owner: Owner,
        fingerprint: Fingerprint,
        gone: &[u32],
        entries: impl IntoIterator<Item = MessageEntry<'a>>,
    ) -> Result<(), SearchFailed> {
        let entries: Vec<_> = entries.into_iter().collect();
        let number = self.owners.number_for(owner);
        let places = entries.iter().map(|entry| entry.message).collect();
        let lines = entries
            .iter()
            .map(|entry| Line::new(entry.text, &[], entry.language));
        self.messages.change(gone, number, places, lines)?;
        self.owners.set(owner, fingerprint);
        Ok(())
    }

    /// The rows of an owner: of passages, of messages.
    fn rows_of(&self, owner: Owner) -> (Vec<u32>, Vec<u32>) {
        let Some(number) = self.owners.number(owner) else {
            return (Vec::new(), Vec::new());
        };
        let is_its = |other| other == number;
        (self.passages.rows.of(is_its), self.messages.rows.of(is_its))
    }

    fn by_words(
        &self,
        question: Option<&Question>,
        within: &Within,
        limit: usize,
    ) -> Result<Vec<(u32, f32)>, rusqlite::Error> {
        question.map_or(Ok(Vec::new()), |question| {
            self.passages.text.ranked(question, within, limit)
        })
    }
}

/// How much of each ranking is fused, at least.
const DEPTH: usize = 100;

/// What a point of BM25 is worth in cosine. Vectors lie about their mean (see `crate::vectors`), so that a passage that has
/// nothing to do with a question has a cosine near zero and one that answers it 0.2 to 0.5; BM25 is 5 to 25 where words are shared.
/// Chosen on the half of `tests/answers` that is there to choose with.
const WORDS: f32 = 0.0075;

/// Puts what was found by words and by meaning into one ranking: the score of a row is its cosine and a share of its BM25. Unlike
/// ranks, these say how much better one row is than the next, and whether the question's words are rare or its meaning is plain.
/// `cosine` tells how near a row is that words alone found; one without a vector counts as neither near nor far. Of equals the one
/// that words found first comes first.
fn fuse(
    words: &[(u32, f32)],
    near: &[Near],
    cosine: impl Fn(u32) -> Option<f32>,
    limit: usize,
) -> Vec<(u32, f32)> {
    let cosines: HashMap<u32, f32> = near.iter().map(|near| (near.row, near.cosine)).collect();
    let found: HashSet<u32> = words.iter().map(|&(row, _)| row).collect();
    let mut fused: Vec<_> = words
        .iter()
        .map(|&(row, score)| {
            let known = cosines.get(&row).copied();
            let near = known.or_else(|| cosine(row)).unwrap_or_default();
            (row, near + WORDS * score)
        })
        .collect();
    let others = near.iter().filter(|near| !found.contains(&near.row));
    fused.extend(others.map(|near| (near.row, near.cosine)));
    // Stable.
    fused.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    fused.truncate(limit);
    fused
}

#[cfg(test)]
mod tests;
