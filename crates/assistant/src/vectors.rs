//! The vectors of passages: computed a few at a time while nobody waits for an answer, and kept sealed beside the pages, so that
//! nothing that was computed is computed again. And the vectors of questions, which passages are compared with.

mod centre;

use std::collections::HashSet;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use aparte_protocol::documents::{Page, Passage};
use aparte_vault::{OwnerId, Vault};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::language::Language;
use crate::library::DocumentId;
use crate::meaning::Embedder;
use crate::reading_trouble::ReadingTrouble;
use crate::search::{DIMENSION, PIECES, Vector};
use crate::{Assistant, EMBEDDING, Stop, lock, stored};

use centre::{Kind, centred};

/// How far the passages of a library have vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Embedded {
    /// Passages that have one.
    pub done: usize,
    /// All passages.
    pub total: usize,
    /// How long the rest will take at the pace of this session, once it is known.
    pub left: Option<Duration>,
}

/// What the card of the model says a passage must begin with.
const PREFIX: &str = "passage: ";

/// And what a question must.
const QUESTION_PREFIX: &str = "query: ";

/// How long a question waits for its vector: a model that is ready takes some hundredths of a second, one that is not may take
/// a second, or a minute where the processor is busy.
const QUESTION_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of a question that the model is given at most: it reads some 500 tokens, and somebody waits for it.
const LONGEST_QUESTION: usize = 1_500;

/// How long the embedding model is kept for the next question.
const KEPT: Duration = Duration::from_secs(120);

/// So many passages are computed before somebody who asks meanwhile is let through: they take about a second.
const PORTION: usize = 8;

/// How often it is looked whether an answer is done that the processor is left to.
const PATIENCE: Duration = Duration::from_millis(300);

/// Counted up whenever other texts are made of a passage: vectors of another recipe are computed anew.
const RECIPE: u32 = 1;

/// About so many bytes of a passage are a piece of it, with a vector of its own.
const PIECE: usize = 400;

/// What is sealed of a page. Its layout is frozen.
#[derive(Serialize, Deserialize)]
struct PageVectors {
    /// The model's id in the catalogue.
    model: String,
    /// The [`RECIPE`] of its texts.
    recipe: u32,
    /// How many pieces each passage has, in their order.
    pieces: Vec<u8>,
    /// [`DIMENSION`] bytes for each piece, in their order.
    components: Vec<u8>,
}

/// The version of the layout. The first had one vector for a passage and is not read: its vectors are computed anew.
const VERSION: u8 = 2;

impl Assistant {
    /// Computes the vectors of all passages that have none, and tells how far it is after each few. It waits while answers are
    /// written, and ends when `stop` was told; what was computed until then stays. Without an embedding model there is nothing
    /// to do.
    ///
    /// # Errors
    /// [`Error::Reading`], [`Error::Model`], or what the vault reports.
    pub fn embed_passages(
        &self,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Embedded),
    ) -> Result<(), Error> {
        let Some(embedder) = &self.embedder else {
            return Ok(());
        };
        self.embed_with(embedder, stop, on_progress)
    }

    /// Puts the embedding model out of memory if nobody needed it for a while: it takes half a second to come back, and a question
    /// is often followed by another.
    pub fn rest(&self) {
        if let Some(embedder) = &self.embedder {
            embedder.end_if_idle(KEPT);
        }
    }

    fn embed_with(
        &self,
        embedder: &Embedder,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Embedded),
    ) -> Result<(), Error> {
        let mut spent = Duration::ZERO;
        let mut computed = 0;
        // Pages that cannot be had, or of which there is nothing to compute.
        let mut passed_over = HashSet::new();
        loop {
            while !lock(&self.replying).is_empty() && !stop.is_told() {
                std::thread::sleep(PATIENCE);
            }
            let next = self
                .library()
                .index()
                .without_vectors(PORTION, |page| passed_over.contains(&page));
            if next.is_empty() || stop.is_told() {
                return Ok(());
            }
            let started = Instant::now();
            for (owner, page) in next {
                let document = DocumentId(OwnerId::from_bytes(owner));
                match self.embed_page(embedder, document, page, stop)? {
                    Some(0) => drop(passed_over.insert((owner, page))),
                    Some(passages) => computed += passages,
                    None => return Ok(()),
                }
            }
            spent += started.elapsed();
            let mut embedded = self.embedded();
            let rest = embedded.total - embedded.done;
            embedded.left = (computed > 0).then(|| spent.mul_f64(rest as f64 / computed as f64));
            on_progress(embedded);
        }
    }

    /// What a question means, as far as the model reads it. `None` where nothing can be compared with it, where the model does not work, or is not ready soon: the search by words goes on without it, and the next question finds it ready.
    pub(crate) fn meaning_of(&self, question: &str) -> Option<Vector> {
        let embedder = Arc::clone(self.embedder.as_ref()?);
        if self.library().index().passages_with_vectors() == 0 {
            return None;
        }
        let question = question.to_owned();
        let stop = self.closing.0.clone();
        let (give, given) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody may be waiting any more.
            let _ = give.send(question_vector(&embedder, &question, &stop));
        });
        given.recv_timeout(QUESTION_PATIENCE).ok().flatten()
    }

    /// How many passages have vectors.
    pub fn embedded(&self) -> Embedded {
        let library = self.library();
        let index = library.index();
        Embedded {
            done: index.passages_with_vectors(),
            total: index.passages(|_| true),
            left: None,
        }
    }

    /// Computes the vectors of a page and keeps them. Gives of how many passages; `None` when `stop` was told.
    fn embed_page(
        &self,
        embedder: &Embedder,
        id: DocumentId,
        number: u32,
        stop: &Stop,
    ) -> Result<Option<usize>, Error> {
        let Some(document) = self.library().known(id).map(Arc::clone) else {
            // It was erased meanwhile, and so were its passages.
            return Ok(Some(0));
        };
        let vault = self.vault_for(document.private);
        let before = vault.fingerprint(id.0)?;
        let page = self.page_of(&document, number)?;
        let texts = texts(&page);
        let Some(vectors) = vectors_of(embedder, &texts.concat(), document.language, stop)? else {
            return Ok(None);
        };
        let components = vectors.iter().flatten().map(|&component| component as u8);
        let kept = PageVectors {
            model: EMBEDDING.to_owned(),
            recipe: RECIPE,
            pieces: texts.iter().map(|pieces| pieces.len() as u8).collect(),
            components: components.collect(),
        };
        let mut vectors = vectors.into_iter();
        let of_passage = |pieces: &Vec<String>| vectors.by_ref().take(pieces.len()).collect();
        let vectors: Vec<Vec<Vector>> = texts.iter().map(of_passage).collect();
        let mut library = self.library();
        if vault.fingerprint(id.0)? != before {
            // It was changed meanwhile, and these may be of texts that are gone.
            drop(library);
            return self.embed_page(embedder, id, number, stop);
        }
        let body = stored::encode_as(VERSION, &kept);
        // Of another model, or of another cut of the page.
        let old = vault.record(id.0, stored::VECTORS, number)?;
        vault.write(|change| match &old {
            Some(old) => change.replace(id.0, old.id, &body),
            None => change.put(id.0, stored::VECTORS, number, &body).map(drop),
        })?;
        let after = vault.fingerprint(id.0)?;
        let owner = *id.0.as_bytes();
        library
            .index_mut()
            .put_vectors(owner, after, number, &vectors);
        Ok(Some(vectors.len()))
    }
}

/// The vectors that a vault keeps of a page with so many passages, for each of them; none where there are none, or others.
pub(crate) fn kept(
    vault: &Vault,
    document: OwnerId,
    page: u32,
    passages: usize,
) -> Vec<Vec<Vector>> {
    let Ok(Some(record)) = vault.record(document, stored::VECTORS, page) else {
        return Vec::new();
    };
    stored::decode_as::<PageVectors>(VERSION, &record.body)
        .ok()
        .and_then(|kept| kept.of_passages(passages))
        .unwrap_or_default()
}

impl PageVectors {
    /// For each of so many passages its vectors; `None` where these are of others, or of another making.
    fn of_passages(&self, passages: usize) -> Option<Vec<Vec<Vector>>> {
        let total: usize = self.pieces.iter().map(|&pieces| usize::from(pieces)).sum();
        let is_right = self.model == EMBEDDING
            && self.recipe == RECIPE
            && self.pieces.len() == passages
            && self
                .pieces
                .iter()
                .all(|&pieces| (1..=PIECES).contains(&usize::from(pieces)))
            && self.components.len() == total * DIMENSION;
        let mut vectors = self
            .components
            .chunks_exact(DIMENSION)
            .map(|bytes| std::array::from_fn(|place| bytes[place] as i8));
        let mut of_passage = |&pieces: &u8| vectors.by_ref().take(usize::from(pieces)).collect();
        is_right.then(|| self.pieces.iter().map(&mut of_passage).collect())
    }
}

/// The vector of a question, however long the model takes to be ready; `None` where there is none, or when `stop` was told.
pub(crate) fn question_vector(embedder: &Embedder, question: &str, stop: &Stop) -> Option<Vector> {
    let mut read = &question[..question.floor_char_boundary(LONGEST_QUESTION)];
    let vectors = loop {
        let text = format!("{QUESTION_PREFIX}{read}");
        match embedder.vectors(&[text], stop) {
            // Its end says the least: what a question is about stands behind it.
            Err(Error::Reading(ReadingTrouble::TextTooLong { .. })) if read.len() > 1 => {
                read = &read[..read.floor_char_boundary(read.len() / 5 * 4)];
            }
            vectors => break vectors.ok()??,
        }
    };
    let language = Language::of(question);
    vectors
        .first()
        .map(|vector| rounded(&centred(vector, Kind::Question, language)))
}

/// What is told to the model of each piece of each passage: what it stands under says what it is about.
fn texts(page: &Page) -> Vec<Vec<String>> {
    let texts = |passage: &Passage| {
        let text = passage.range.of(&page.text).unwrap_or_default();
        let context = passage.context(&page.text).join(" · ");
        let told = |piece: &str| match context.is_empty() {
            true => format!("{PREFIX}{piece}"),
            false => format!("{PREFIX}{context}\n{piece}"),
        };
        pieces(text).into_iter().map(told).collect()
    };
    page.passages.iter().map(texts).collect()
}

/// Parts a text into pieces of about [`PIECE`] bytes and one length: each ends near where it should, best at the end of a paragraph,
/// else of a sentence, else of a line, else of a word.
fn pieces(text: &str) -> Vec<&str> {
    let count = ((text.len() + PIECE / 2) / PIECE).clamp(1, PIECES);
    let step = text.len() / count;
    let mut pieces = Vec::with_capacity(count);
    let mut start = 0;
    for number in 1..count {
        let end = good_end(text, step * number, step * 3 / 10);
        if end > start {
            pieces.push(text[start..end].trim());
            start = end;
        }
    }
    pieces.push(text[start..].trim());
    pieces.retain(|piece| !piece.is_empty());
    if pieces.is_empty() {
        pieces.push(text);
    }
    pieces
}

/// The best place to end a piece at, so many bytes about a mark.
fn good_end(text: &str, mark: usize, about: usize) -> usize {
    let from = text.floor_char_boundary(mark.saturating_sub(about));
    let to = text.floor_char_boundary(mark + about);
    let mut best = (usize::MAX, text.floor_char_boundary(mark));
    let mut before = ' ';
    let mut lines = 0;
    for (offset, sign) in text[from..to].char_indices() {
        if !sign.is_whitespace() {
            (before, lines) = (sign, 0);
            continue;
        }
        lines += usize::from(sign == '\n');
        let end = from + offset + sign.len_utf8();
        let worth = match before {
            _ if lines > 1 => 3,
            '.' | '!' | '?' | ':' | ';' => 2,
            _ => lines,
        };
        let cost = mark.abs_diff(end) + (3 - worth) * about * 2 / 5;
        best = best.min((cost, end));
    }
    best.1
}

/// The vectors of texts of passages in a language; `None` when `stop` was told. A text that is longer than the model reads is read in halves, whose mean
/// stands for it.
fn vectors_of(
    embedder: &Embedder,
    texts: &[String],
    language: Option<Language>,
    stop: &Stop,
) -> Result<Option<Vec<Vector>>, Error> {
    let passage = |vector: &[f32]| rounded(&centred(vector, Kind::Passage, language));
    match embedder.vectors(texts, stop) {
        Ok(Some(vectors)) => Ok(Some(vectors.iter().map(|vector| passage(vector)).collect())),
        Ok(None) => Ok(None),
        Err(Error::Reading(
            ReadingTrouble::TextTooLong { .. } | ReadingTrouble::TextEmpty { .. },
        )) => {
            let mut all = Vec::with_capacity(texts.len());
            for text in texts {
                match mean_of(embedder, text, stop)? {
                    Some(mean) => all.push(passage(&mean)),
                    None => return Ok(None),
                }
            }
            Ok(Some(all))
        }
        Err(error) => Err(error),
    }
}

/// The vector of one text of any length.
fn mean_of(embedder: &Embedder, text: &str, stop: &Stop) -> Result<Option<Vec<f32>>, Error> {
    match embedder.vectors(&[text.to_owned()], stop) {
        Ok(vectors) => Ok(vectors.and_then(|mut vectors| vectors.pop())),
        Err(Error::Reading(ReadingTrouble::TextEmpty { .. })) => Ok(Some(vec![0.0; DIMENSION])),
        Err(Error::Reading(ReadingTrouble::TextTooLong { .. })) => {
            let (first, second) = halves(text);
            if first.is_empty() || second.is_empty() {
                return Ok(Some(vec![0.0; DIMENSION]));
            }
            let second = format!("{PREFIX}{second}");
            let Some(first) = mean_of(embedder, first, stop)? else {
                return Ok(None);
            };
            let Some(second) = mean_of(embedder, &second, stop)? else {
                return Ok(None);
            };
            let sums = first.iter().zip(&second).map(|(one, other)| one + other);
            Ok(Some(sums.collect()))
        }
        Err(error) => Err(error),
    }
}

/// Parts a text about its middle, between words where there are some.
fn halves(text: &str) -> (&str, &str) {
    let middle = text.floor_char_boundary(text.len() / 2);
    let at = text[middle..]
        .find(char::is_whitespace)
        .map_or(middle, |white| middle + white);
    let (first, second) = text.split_at(at);
    (first.trim(), second.trim())
}

/// A vector in the full range of a byte, by its largest component.
fn rounded(vector: &[f32]) -> Vector {
    let largest = vector
        .iter()
        .fold(0.0_f32, |most, part| most.max(part.abs()));
    let scale = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    std::array::from_fn(|place| {
        let part = vector.get(place).copied().unwrap_or_default();
        (part * scale).round() as i8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_scaled_to_its_own_largest_component() {
        let mut vector = vec![0.0; DIMENSION];
        (vector[0], vector[1], vector[2]) = (0.5, -0.25, 0.001);
        let rounded = rounded(&vector);
        assert_eq!(rounded[..4], [127, -64, 0, 0]);
        assert_eq!(super::rounded(&vec![0.0; DIMENSION]), [0; DIMENSION]);
    }

    #[test]
    fn a_passage_is_parted_where_something_ends_and_nothing_is_lost() {
        let sentence = "The tenant shall pay the rent on the first day of each month. ";
        let text = sentence.repeat(18);
        let parts = pieces(&text);
        assert_eq!(parts.len(), 3);
        for part in &parts {
            assert!(
                part.starts_with("The tenant") && part.ends_with("month."),
                "{part}"
            );
        }
        assert_eq!(parts.join(" "), text.trim());
        assert_eq!(pieces("short"), ["short"]);
        assert_eq!(pieces(" \n "), [" \n "]);
        let dense = "合同自签字之日起生效".repeat(60);
        assert_eq!(pieces(&dense).concat(), dense);
        assert!(pieces(&"word ".repeat(2_000)).len() <= PIECES);
    }

    #[test]
    fn vectors_of_another_making_are_not_used() {
        let made = |pieces: &[u8], count: usize| PageVectors {
            model: EMBEDDING.to_owned(),
            recipe: RECIPE,
            pieces: pieces.to_vec(),
            components: (0..count * DIMENSION)
                .map(|number| (number / DIMENSION) as u8)
                .collect(),
        };
        let kept = made(&[2, 1], 3).of_passages(2).unwrap();
        let first: Vec<Vec<i8>> = kept
            .iter()
            .map(|all| all.iter().map(|one| one[0]).collect())
            .collect();
        assert_eq!(first, [vec![0, 1], vec![2]]);
        for (other, passages) in [
            (made(&[2, 1], 3), 3),
            (made(&[2, 1], 4), 2),
            (made(&[2, 0], 2), 2),
            (made(&[9], 9), 1),
            (
                PageVectors {
                    recipe: RECIPE + 1,
                    ..made(&[1], 1)
                },
                1,
            ),
            (
                PageVectors {
                    model: String::new(),
                    ..made(&[1], 1)
                },
                1,
            ),
        ] {
            assert_eq!(other.of_passages(passages), None);
        }
    }

    #[test]
    fn a_text_is_parted_between_words_and_on_characters() {
        assert_eq!(halves("one two three four"), ("one two three", "four"));
        assert_eq!(halves("éééééé"), ("ééé", "ééé"));
        assert_eq!(halves("a"), ("", "a"));
    }
}
