//! Finds passages by meaning: int8 vectors beside the words, compared with the question's one by one.
//!
//! Nearness is the cosine of the angle between the int8 vectors themselves, so a vector may be scaled to the
//! full range of int8 by its own largest component and no scale is kept. Nothing here is approximate but
//! that rounding: every vector is looked at, which 384 bytes a passage and a loop that the compiler turns
//! into vector instructions make cheap enough.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// How many components a vector has: those of the embedding model, multilingual-e5-small.
pub const DIMENSION: usize = 384;

/// So many vectors a passage may have, one for each piece of it: what a sentence says is lost in the vector of a whole page, and
/// a passage is as near as its nearest piece.
pub const PIECES: usize = 8;

/// What a piece of a passage or a question means, each component rounded to a multiple of the same amount.
pub type Vector = [i8; DIMENSION];

/// Vectors, each of one row, which may have several.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    /// The row of each, in order; those of one row stand together.
    rows: Vec<u32>,
    /// Their components one after the other, as the bytes that a snapshot holds.
    bytes: Vec<u8>,
    /// For each, one over its length; 0 for a vector of zeros.
    scales: Vec<f32>,
}

/// A row that is near, with its cosine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Near {
    /// Which row.
    pub row: u32,
    /// Between -1 and 1.
    pub cosine: f32,
}

/// How many vectors a thread takes at a time. Fewer than this are not worth a thread.
const CHUNK: usize = 4096;

impl Vectors {
    /// Takes the vectors of a snapshot; `rows` must be in order and `bytes` be [`DIMENSION`] for each of them.
    pub fn from_parts(rows: Vec<u32>, bytes: Vec<u8>) -> Vectors {
        let scales = bytes.chunks_exact(DIMENSION).map(scale).collect();
        Vectors {
            rows,
            bytes,
            scales,
        }
    }

    /// The rows that have a vector, and the vectors' bytes.
    pub fn parts(&self) -> (&[u32], &[u8]) {
        (&self.rows, &self.bytes)
    }

    /// Whether a row has a vector.
    pub fn has(&self, row: u32) -> bool {
        self.rows.binary_search(&row).is_ok()
    }

    /// How many rows have vectors.
    pub fn rows(&self) -> usize {
        self.rows.chunk_by(|row, next| row == next).count()
    }

    /// Adds the vectors of rows that have none; the rows must be in order.
    pub fn put<'a>(&mut self, vectors: impl Iterator<Item = (u32, &'a Vector)>) {
        let (mut rows, mut bytes) = (Vec::new(), Vec::new());
        for (row, vector) in vectors {
            rows.push(row);
            bytes.extend(vector.iter().map(|&component| component as u8));
        }
        let Some(&first) = rows.first() else {
            return;
        };
        let at = self.rows.partition_point(|&row| row < first);
        let scales = bytes.chunks_exact(DIMENSION).map(scale);
        self.scales.splice(at..at, scales);
        self.rows.splice(at..at, rows);
        let at = at * DIMENSION;
        self.bytes.splice(at..at, bytes);
    }

    /// Takes away the vectors of rows, which ascend.
    pub fn remove(&mut self, rows: &[u32]) {
        let mut kept = 0;
        for place in 0..self.rows.len() {
            if rows.binary_search(&self.rows[place]).is_ok() {
                continue;
            }
            if kept != place {
                self.rows[kept] = self.rows[place];
                self.scales[kept] = self.scales[place];
                let from = place * DIMENSION;
                self.bytes
                    .copy_within(from..from + DIMENSION, kept * DIMENSION);
            }
            kept += 1;
        }
        if kept == self.rows.len() {
            return;
        }
        self.rows.truncate(kept);
        self.scales.truncate(kept);
        // What is left behind the end is of vectors that are gone.
        self.bytes[kept * DIMENSION..].fill(0);
        self.bytes.truncate(kept * DIMENSION);
        self.shrink();
    }

    /// Gives back the memory that was kept for more.
    pub fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `count` rows nearest to a vector among those wanted, the nearest first, and what `meanwhile` gives:
    /// it runs on this thread while others look for them.
    pub fn nearest<T>(
        &self,
        vector: &Vector,
        count: usize,
        wanted: impl Fn(u32) -> bool + Sync,
        meanwhile: impl FnOnce() -> T,
    ) -> (Vec<Near>, T) {
        let question = comparable(vector);
        let search = Search {
            vectors: self,
            question,
            scale: scale(&question.map(|component| component as u8)),
            // All of them may be of the first rows.
            count: count.saturating_mul(PIECES),
            wanted,
            next: AtomicUsize::new(0),
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(self.rows.len() / CHUNK);
        let (mut found, meanwhile) = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| search.run())).collect();
            let meanwhile = meanwhile();
            // This thread helps with what is left by then.
            let mut found = search.run();
            for thread in threads {
                found.extend(thread.join().expect("comparing vectors does not panic"));
            }
            (found, meanwhile)
        });
        found.sort_by(nearest_first);
        // A row is as near as the nearest of its vectors.
        let mut seen = HashSet::new();
        found.retain(|near| seen.insert(near.row));
        found.truncate(count);
        (found, meanwhile)
    }

    /// How near a row is to a vector, by the nearest of its own; `None` for one that has none.
    pub fn cosine(&self, vector: &Vector, row: u32) -> Option<f32> {
        let question = comparable(vector);
        let length = scale(&question.map(|component| component as u8));
        let first = self.rows.partition_point(|&other| other < row);
        let end = self.rows.partition_point(|&other| other <= row);
        let (own, _) = self.bytes[first * DIMENSION..end * DIMENSION].as_chunks();
        let cosines = own.iter().zip(&self.scales[first..end]);
        cosines
            .map(|(own, scale)| dot(own, &question) as f32 * scale * length)
            .max_by(f32::total_cmp)
    }

    /// The largest product with any vector, computed by all cores and nothing else.
    #[cfg(feature = "bench")]
    pub fn bare_scan(&self, vector: &Vector) -> i32 {
        let question = comparable(vector);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = self.rows.len().div_ceil(cores).max(1) * DIMENSION;
        thread::scope(|scope| {
            let scan = |bytes: &[u8]| {
                let (vectors, _) = bytes.as_chunks();
                vectors.iter().map(|it| dot(it, &question)).max()
            };
            let threads: Vec<_> = (self.bytes.chunks(share))
                .map(|bytes| scope.spawn(move || scan(bytes)))
                .collect();
            let found = threads.into_iter().filter_map(|it| it.join().ok()?);
            found.max().unwrap_or_default()
        })
    }

    /// The bytes that it takes in memory.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> usize {
        self.rows.capacity() * size_of::<u32>()
            + self.bytes.capacity()
            + self.scales.capacity() * size_of::<f32>()
    }
}

/// One search, which any number of threads take chunks of.
struct Search<'a, W> {
    vectors: &'a Vectors,
    question: [i16; DIMENSION],
    scale: f32,
    count: usize,
    wanted: W,
    /// The next chunk to take.
    next: AtomicUsize,
}

impl<W: Fn(u32) -> bool> Search<'_, W> {
    /// Takes chunk after chunk until none is left; gives the best of all that it took, in no order.
    fn run(&self) -> Vec<Near> {
        let vectors = self.vectors;
        let mut best = Best::new(self.count);
        loop {
            let start = self.next.fetch_add(1, Ordering::Relaxed) * CHUNK;
            if start >= vectors.rows.len() {
                return best.found();
            }
            let end = (start + CHUNK).min(vectors.rows.len());
            let (chunk, _) = vectors.bytes[start * DIMENSION..end * DIMENSION].as_chunks();
            let scales = &vectors.scales[start..end];
            for ((&row, vector), scale) in vectors.rows[start..end].iter().zip(chunk).zip(scales) {
                let cosine = dot(vector, &self.question) as f32 * scale * self.scale;
                if cosine >= best.floor && (self.wanted)(row) {
                    best.take(Near { row, cosine });
                }
            }
        }
    }
}

/// The nearest rows so far. What is below the floor is not among them, so most rows cost a comparison.
struct Best {
    count: usize,
    floor: f32,
    found: Vec<Near>,
}

impl Best {
    fn new(count: usize) -> Best {
        Best {
            count,
            floor: if count == 0 { f32::MAX } else { f32::MIN },
            found: Vec::new(),
        }
    }

    fn take(&mut self, near: Near) {
        self.found.push(near);
        if self.found.len() / 2 >= self.count {
            self.cut();
        }
    }

    /// Drops all but the nearest.
    fn cut(&mut self) {
        if self.found.len() > self.count {
            self.found
                .select_nth_unstable_by(self.count - 1, nearest_first);
            self.found.truncate(self.count);
            self.floor = self.found[self.count - 1].cosine;
        }
    }

    fn found(mut self) -> Vec<Near> {
        self.cut();
        self.found
    }
}

/// A vector that [`dot`] takes: a product of two components of -128 would be too large for it.
fn comparable(vector: &Vector) -> [i16; DIMENSION] {
    vector.map(|component| i16::from(component).max(-127))
}

/// Among those that are equally near the one that was indexed first.
fn nearest_first(a: &Near, b: &Near) -> std::cmp::Ordering {
    b.cosine.total_cmp(&a.cosine).then(a.row.cmp(&b.row))
}

/// The product of two vectors; no component of the question is -128.
///
/// The compiler makes vector instructions of this: sixteen components at a time, multiplied in 16 bits. Two
/// products fit together, 2 * 128 * 127 being 32,512, and the sum of all fits in 32 bits.
fn dot(vector: &[u8; DIMENSION], question: &[i16; DIMENSION]) -> i32 {
    const LANES: usize = 8;
    let product = |byte: u8, other: i16| i16::from(byte as i8).wrapping_mul(other);
    let mut sums = [0; LANES];
    let (vector, _) = vector.as_chunks::<{ 2 * LANES }>();
    let (question, _) = question.as_chunks::<{ 2 * LANES }>();
    for (bytes, others) in vector.iter().zip(question) {
        for lane in 0..LANES {
            let other = lane + LANES;
            let pair = product(bytes[lane], others[lane])
                .wrapping_add(product(bytes[other], others[other]));
            sums[lane] += i32::from(pair);
        }
    }
    sums.iter().sum()
}

/// One over a vector's length, or 0 if it has none.
fn scale(vector: &[u8]) -> f32 {
    let square: i32 = vector
        .iter()
        .map(|&byte| i32::from(byte as i8) * i32::from(byte as i8))
        .sum();
    match square {
        0 => 0.0,
        square => 1.0 / (square as f32).sqrt(),
    }
}
