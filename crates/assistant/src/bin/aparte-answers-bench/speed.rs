//! How fast a large library is searched: a hundred thousand passages with a vector for each of their pieces, beside a bare scan of the
//! same vectors and the bare query for the same words.
//!
//! Texts and vectors are nobody's, and a question's vector is at hand. The three are measured by turns, so that a noisy machine slows
//! all of them.

#[path = "../aparte-vault-bench/text.rs"]
mod text;

use std::hint::black_box;
use std::time::Instant;

use aparte_assistant::bench_support::{Failure, Index};
use serde::Serialize;

use text::Writer;

const PASSAGES: usize = 100_000;
/// Pieces of a passage: one to four, as 241 tokens, the median of real passages, are two or three.
const MOST_PIECES: u64 = 4;
/// Bytes of a passage on average.
const LENGTH: u64 = 900;
const SEARCHES: usize = 200;
/// Passages that a question looks at.
const LIMIT: usize = 24;

/// Milliseconds of each search.
#[derive(Serialize)]
pub struct Speed {
    passages: usize,
    vectors: usize,
    /// By words and vectors together.
    both_ms: Vec<f64>,
    /// Comparing all vectors and nothing else.
    scan_ms: Vec<f64>,
    /// By words alone.
    words_ms: Vec<f64>,
}

/// Builds such a library in memory and searches it.
pub fn measure() -> Result<Speed, Failure> {
    let mut writer = Writer::new(1);
    let mut vectors = 0;
    let index = Index::of(PASSAGES, || {
        let length = LENGTH / 2 + writer.below(LENGTH);
        let text = writer.text(usize::try_from(length).unwrap_or(usize::MAX));
        let pieces: Vec<_> = (0..=writer.below(MOST_PIECES))
            .map(|_| writer.vector())
            .collect();
        vectors += pieces.len();
        (text, pieces)
    })?;
    let mut speed = Speed {
        passages: PASSAGES,
        vectors,
        both_ms: Vec::new(),
        scan_ms: Vec::new(),
        words_ms: Vec::new(),
    };
    for _ in 0..SEARCHES {
        let (question, vector) = (writer.question(), writer.vector());
        let start = Instant::now();
        let found = index.passages(&question, Some(&vector), LIMIT)?;
        speed.both_ms.push(crate::milliseconds(start));
        if found == 0 {
            return Err("nothing is found: this measures nothing".into());
        }
        let start = Instant::now();
        black_box(index.bare_scan(&vector));
        speed.scan_ms.push(crate::milliseconds(start));
        let start = Instant::now();
        black_box(index.passages(&question, None, LIMIT)?);
        speed.words_ms.push(crate::milliseconds(start));
    }
    Ok(speed)
}
