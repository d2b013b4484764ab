//! Cuts a document along its own structure into sections, each of which the model reads at once.
//!
//! Passages are put together until a prompt is full, by the model's own count of tokens. A section ends before a high heading
//! where that leaves it at least half full, and else at the best place in its second half. A passage that is longer than a
//! section is parted. Of the document's text there is no more in memory than of one section; a section is only where it stands.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use aparte_protocol::documents::{Page, Passage, TextRange};

use crate::error::Error;

/// A part of a document that the model reads at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// What it stands under, highest first.
    pub headings: Vec<String>,
    /// In order; never empty.
    pub pieces: Vec<Piece>,
    /// Tokens of the whole prompt with it.
    pub tokens: u32,
}

/// A passage, or a part of one that is longer than a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The page's number.
    pub page: u32,
    /// The number of the passage on its page, counted from 0.
    pub passage: usize,
    /// Where in the page's text.
    pub range: TextRange,
    /// Tokens of its text alone.
    tokens: u32,
    /// How good a place there is before it to end a section.
    joint: Joint,
}

/// A place between two pieces, the better the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joint {
    WithinPassage,
    Passage,
    Page,
    Heading,
    /// The highest heading is another one.
    HighHeading,
}

impl Section {
    /// The pages that it stands on.
    pub fn pages(&self) -> RangeInclusive<u32> {
        let page = |piece: Option<&Piece>| piece.map_or(0, |piece| piece.page);
        page(self.pieces.first())..=page(self.pieces.last())
    }

    /// Its text, as the model reads it.
    pub fn text(
        &self,
        page_of: &mut dyn FnMut(u32) -> Result<Arc<Page>, Error>,
    ) -> Result<String, Error> {
        text_of(&self.pieces, page_of)
    }
}

/// What a cutter asks of the model.
pub(crate) trait Gauge {
    /// How many tokens each text has.
    fn texts(&mut self, texts: Vec<String>) -> Result<Vec<u32>, Error>;
    /// How many tokens the whole prompt with this text has.
    fn prompt(&mut self, text: &str) -> Result<u32, Error>;
}

/// Cuts pages, which are given one after the other, into sections whose prompts have at most so many tokens.
pub(crate) struct Cutter<'g> {
    gauge: &'g mut dyn Gauge,
    /// The most tokens of a prompt.
    limit: u32,
    /// Tokens of a prompt without a text.
    frame: u32,
    /// Pieces that are in no section yet.
    open: VecDeque<Piece>,
    /// The pages that they stand on.
    pages: VecDeque<Arc<Page>>,
    /// What the last piece stands under.
    headings: Vec<String>,
    sections: Vec<Section>,
}

/// Tokens between two pieces, on the high side.
const BETWEEN: u32 = 2;
/// So many texts are counted in one request.
const COUNTED_TOGETHER: usize = 64;

impl<'g> Cutter<'g> {
    /// A cutter for prompts of at most `limit` tokens.
    pub fn new(gauge: &'g mut dyn Gauge, limit: u32) -> Result<Cutter<'g>, Error> {
        let frame = gauge.prompt("")?;
        Ok(Cutter {
            gauge,
            limit,
            frame,
            open: VecDeque::new(),
            pages: VecDeque::new(),
            headings: Vec::new(),
            sections: Vec::new(),
        })
    }

    /// Tokens that there are for a text.
    pub fn room(&self) -> u32 {
        self.limit.saturating_sub(self.frame)
    }

    /// Takes the next page.
    pub fn add(&mut self, page: Arc<Page>) -> Result<(), Error> {
        let whole = whole_page(&page);
        let passages = match page.passages.as_slice() {
            [] => whole.as_slice(),
            passages => passages,
        };
        self.pages.push_back(Arc::clone(&page));
        let mut joint = Joint::Page;
        for (first, passages) in (0..)
            .step_by(COUNTED_TOGETHER)
            .zip(passages.chunks(COUNTED_TOGETHER))
        {
            let texts = passages
                .iter()
                .map(|passage| passage.range.of(&page.text).unwrap_or_default().to_owned())
                .collect();
            let counts = self.gauge.texts(texts)?;
            for (number, (passage, tokens)) in (first..).zip(passages.iter().zip(counts)) {
                let heading = match (self.headings.first(), passage.headings.first()) {
                    _ if self.headings == passage.headings => joint,
                    (one, other) if one != other => Joint::HighHeading,
                    _ => Joint::Heading,
                };
                self.headings.clone_from(&passage.headings);
                self.take(Piece {
                    page: page.number,
                    passage: number,
                    range: passage.range,
                    tokens,
                    joint: heading,
                })?;
                joint = Joint::Passage;
            }
        }
        self.forget_pages();
        Ok(())
    }

    /// The sections, once the last page was given.
    pub fn finish(mut self) -> Result<Vec<Section>, Error> {
        while !self.open.is_empty() {
            self.close(self.open.len())?;
        }
        Ok(self.sections)
    }

    fn take(&mut self, piece: Piece) -> Result<(), Error> {
        let room = self.room();
        if piece.joint == Joint::HighHeading && sum(&self.open) >= room / 2 {
            self.close(self.open.len())?;
        }
        while !self.open.is_empty() && sum(&self.open) + piece.tokens + BETWEEN > room {
            let end = self.best_end(piece.joint);
            self.close(end)?;
        }
        self.open.push_back(piece);
        Ok(())
    }

    /// After how many of the open pieces a section ends best: in the second half, at the best joint, late rather than early.
    fn best_end(&self, next: Joint) -> usize {
        let half = self.room() / 2;
        let mut before = 0;
        let mut best = (next, self.open.len());
        for (end, piece) in self.open.iter().enumerate() {
            if end > 0 && before >= half && (piece.joint, end) > best {
                best = (piece.joint, end);
            }
            before += piece.tokens + BETWEEN;
        }
        best.1
    }

    /// Makes a section of the first `end` open pieces, or of fewer if the prompt is too long with all of them.
    fn close(&mut self, mut end: usize) -> Result<(), Error> {
        loop {
            let pieces: Vec<Piece> = self.open.iter().take(end).cloned().collect();
            let pages = &self.pages;
            let text = text_of(&pieces, &mut |number| Ok(page_of(pages, number)))?;
            let tokens = self.gauge.prompt(&text)?;
            if tokens <= self.limit {
                self.open.drain(..end);
                let headings = pieces.first().map(|piece| self.headings_of(piece));
                self.sections.push(Section {
                    headings: headings.unwrap_or_default(),
                    pieces,
                    tokens,
                });
                return Ok(());
            }
            if end > 1 {
                end -= 1;
            } else if !self.part_first()? {
                // Not a word fits: there is no room for any text.
                return Err(Error::QuestionTooLong);
            }
        }
    }

    /// Puts the halves of the first open piece in its place. False where there is nothing to part.
    fn part_first(&mut self) -> Result<bool, Error> {
        let Some(piece) = self.open.front().cloned() else {
            return Ok(false);
        };
        let page = page_of(&self.pages, piece.page);
        let text = piece.range.of(&page.text).unwrap_or_default();
        let at = middle(text);
        if at == 0 || at >= text.len() {
            return Ok(false);
        }
        let counts = self
            .gauge
            .texts(vec![text[..at].to_owned(), text[at..].to_owned()])?;
        let [first, second] = counts[..] else {
            return Err(Error::EngineStopped);
        };
        let between = piece.range.start + at as u32;
        self.open.pop_front();
        self.open.push_front(Piece {
            range: TextRange {
                start: between,
                end: piece.range.end,
            },
            tokens: second,
            joint: Joint::WithinPassage,
            ..piece
        });
        self.open.push_front(Piece {
            range: TextRange {
                start: piece.range.start,
                end: between,
            },
            tokens: first,
            ..piece
        });
        Ok(true)
    }

    fn headings_of(&self, piece: &Piece) -> Vec<String> {
        let page = page_of(&self.pages, piece.page);
        let passage = page.passages.get(piece.passage);
        passage.map_or_else(Vec::new, |passage| passage.headings.clone())
    }

    /// Lets go of pages of which no piece is open.
    fn forget_pages(&mut self) {
        let first = self.open.front().map(|piece| piece.page);
        self.pages
            .retain(|page| first.is_some_and(|first| page.number >= first));
    }
}

/// A page that was not cut into passages is one, if there is anything on it.
fn whole_page(page: &Page) -> Vec<Passage> {
    if page.text.trim().is_empty() {
        return Vec::new();
    }
    let end = u32::try_from(page.text.len()).unwrap_or(u32::MAX);
    vec![Passage {
        range: TextRange { start: 0, end },
        headings: Vec::new(),
        header: None,
    }]
}

fn sum(pieces: &VecDeque<Piece>) -> u32 {
    pieces
        .iter()
        .fold(0, |sum, piece| sum + piece.tokens + BETWEEN)
}

fn page_of(pages: &VecDeque<Arc<Page>>, number: u32) -> Arc<Page> {
    let page = pages.iter().find(|page| page.number == number);
    page.map(Arc::clone).unwrap_or_default()
}

/// The text of pieces: each under the heading that it stands under, if that is not in it, and rows under the names of their
/// columns.
fn text_of(
    pieces: &[Piece],
    page_of: &mut dyn FnMut(u32) -> Result<Arc<Page>, Error>,
) -> Result<String, Error> {
    let mut text = String::new();
    let mut page: Option<Arc<Page>> = None;
    let mut header_before: Option<String> = None;
    for piece in pieces {
        let page = match page.take().filter(|page| page.number == piece.page) {
            Some(same) => page.insert(same),
            None => page.insert(page_of(piece.page)?),
        };
        let words = piece.range.of(&page.text).unwrap_or_default().trim();
        let passage = page.passages.get(piece.passage);
        if text.is_empty()
            && let Some(heading) = passage.and_then(|passage| passage.headings.last())
            && !has_words_of(words, heading)
        {
            text.push_str(heading);
            text.push('\n');
        }
        let header = passage.and_then(|passage| passage.header_of(&page.text));
        if header != header_before
            && let Some(header) = &header
        {
            text.push_str(header);
            text.push('\n');
        }
        if !words.contains('\t') || header.is_some() {
            header_before = header;
        } else {
            // The names of the columns stand in the piece itself.
            header_before = words.lines().next().map(str::to_owned);
        }
        text.push_str(words);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// Whether a text begins with a heading, however its lines are broken and whatever sign stands before it.
fn has_words_of(text: &str, heading: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(first) = heading.split_whitespace().next() else {
        return true;
    };
    words.by_ref().take(3).any(|word| word == first)
}

/// Where a text is parted: about its middle, after a line if there is one, else after a word, else between characters.
fn middle(text: &str) -> usize {
    let half = text.floor_char_boundary(text.len() / 2);
    let quarter = text.floor_char_boundary(text.len() / 4);
    let near = &text[quarter..half];
    let after = |found: Option<usize>, length: usize| found.map(|at| quarter + at + length);
    let sentence = || after(near.rfind(". "), 2);
    let word = || {
        let space = near
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map(|(at, c)| (at, c.len_utf8()));
        space.map(|(at, length)| quarter + at + length)
    };
    let at = after(near.rfind('\n'), 1).or_else(sentence).or_else(word);
    let first = text.chars().next().map_or(0, char::len_utf8);
    at.unwrap_or(half).max(first.min(text.len()))
}

#[cfg(test)]
mod tests;
