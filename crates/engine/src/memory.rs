//! How much memory a model takes, told from its header before a byte of it is loaded.
//!
//! A mapped file never fails to load: too big a model makes the whole machine crawl instead. So what llama.cpp will
//! allocate is computed here, by the rules by which it does (`llama-kv-cache.cpp`, `llama-context.cpp` and the graphs of
//! its `models/`), and compared with what the system can give. A test holds the two together.

use std::ops::Range;

use aparte_protocol::calibration::{BatchSize, Tuning};
use sysinfo::System;

use crate::preflight::{Header, Layer};

/// Tokens evaluated in one call where no trial found another number better; also the size that the working memory is laid out
/// for.
pub(crate) const BATCH: u32 = BatchSize::Middle.tokens();

/// Texts that are read together at most.
const TEXTS_TOGETHER: u32 = 8;

/// How a context is opened: all that decides its size beside the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Tokens of all texts together.
    pub context: u32,
    /// Texts that share the context.
    pub sequences: u32,
    /// Tokens evaluated in one call at most.
    pub batch: u32,
    /// Tokens of one call that get scores at most.
    pub outputs: u32,
    /// How keys and values are kept.
    pub cache: CacheType,
    /// Whether attention is computed piece by piece, without a table of every token against every other.
    pub has_flash_attention: bool,
    /// Whether windowed layers keep every token all the same, so that the last ones can be taken back.
    pub keeps_everything: bool,
    /// Whether each text becomes a row of numbers, and no token gets scores. llama.cpp keeps room for the scores all the same.
    pub has_rows: bool,
}

impl Opening {
    /// What conversations of `context` tokens together are opened with, several at a time. A recurrent state is laid out for
    /// each of them, whether it is used or not, so that there are fewer then.
    pub fn conversation(context: u32, is_recurrent: bool) -> Opening {
        let sequences = match is_recurrent {
            true => 4,
            false => 16,
        };
        Opening {
            context,
            sequences,
            batch: BATCH,
            outputs: sequences,
            cache: CacheType::F16,
            has_flash_attention: true,
            keeps_everything: true,
            has_rows: false,
        }
    }

    /// The same, computed as `tuning` says.
    #[must_use]
    pub fn tuned(self, tuning: Tuning) -> Opening {
        Opening {
            batch: tuning.batch.tokens(),
            has_flash_attention: tuning.flash_attention,
            ..self
        }
    }

    /// What texts are opened with that are read as a whole, `batch` tokens at a time.
    pub fn reading(batch: u32) -> Opening {
        Opening {
            context: batch,
            sequences: TEXTS_TOGETHER,
            batch,
            outputs: batch,
            cache: CacheType::F16,
            has_flash_attention: true,
            keeps_everything: false,
            has_rows: true,
        }
    }

    /// Tokens for which there is room: llama.cpp rounds up to multiples of 256.
    fn cells(&self) -> u64 {
        u64::from(self.context).next_multiple_of(256)
    }

    /// Tokens for which a windowed layer has room.
    fn windowed_cells(&self, header: &Header) -> u64 {
        if self.keeps_everything {
            return self.cells();
        }
        let looked_at = header.window.saturating_mul(u64::from(self.sequences));
        looked_at
            .saturating_add(self.tokens())
            .min(self.cells())
            .next_multiple_of(256)
    }

    /// Tokens that the working memory is laid out for.
    fn tokens(&self) -> u64 {
        u64::from(self.batch.min(self.context))
    }
}

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheType {
    /// 16 bits a number.
    F16,
    /// 8.5 bits a number, in blocks of 32.
    Q8_0,
}

impl CacheType {
    fn bytes(self, numbers: u64) -> u64 {
        match self {
            CacheType::F16 => numbers.saturating_mul(2),
            CacheType::Q8_0 => numbers.div_ceil(32).saturating_mul(34),
        }
    }
}

/// What is allocated in one memory, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Need {
    /// The model itself.
    pub weights: u64,
    /// What is kept of the tokens that were computed.
    pub cache: u64,
    /// What a computation works with.
    pub compute: u64,
    /// Where its outcome is put.
    pub output: u64,
}

impl Need {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights
            .saturating_add(self.cache)
            .saturating_add(self.compute)
            .saturating_add(self.output)
    }
}

/// What is allocated where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// In the memory of the processor.
    pub processor: Need,
    /// In that of each GPU.
    pub gpus: Vec<Need>,
}

/// How many layers can be moved to GPUs: those of the model, and what comes after the last.
pub fn movable_layers(header: &Header) -> u64 {
    header.block_count.saturating_add(1)
}

/// What `header`'s model needs when the last layers are on GPUs, as many on each as `on_gpus` says and the first ones on the
/// first. What comes after the last layer counts as one. More than there are count for none.
pub fn needs(header: &Header, opening: &Opening, on_gpus: &[u64]) -> Needs {
    let movable = movable_layers(header);
    let moved = on_gpus
        .iter()
        .fold(0_u64, |sum, &layers| sum.saturating_add(layers))
        .min(movable);
    let mut start = movable - moved;
    let own = part(header, opening, 0..start, Place::Processor);
    // Weights that are not on a GPU visit it, because a long prompt is computed there throughout.
    let visiting = if own.layers > 0 {
        header.layers.iter().map(|layer| layer.weight_bytes).max()
    } else {
        None
    };
    // Where all is on several GPUs, they work on four pieces at a time.
    let sharing = on_gpus.iter().filter(|&&layers| layers > 0).count();
    let pieces = if sharing > 1 && moved == movable {
        4
    } else {
        1
    };
    let inputs = inputs(header, opening);
    let gpus = on_gpus
        .iter()
        .map(|&layers| {
            let end = start.saturating_add(layers).min(movable);
            let range = start..end;
            start = end;
            let mut need = part(header, opening, range, Place::Gpu).need;
            if layers > 0 {
                need.compute = need
                    .compute
                    .saturating_add(visiting.unwrap_or(0))
                    .saturating_add(inputs.saturating_mul(pieces - 1));
            }
            need
        })
        .collect();
    let row = bytes_of_floats(header.embedding_length).saturating_mul(opening.tokens());
    let sent = inputs.saturating_add(row).saturating_mul(pieces);
    Needs {
        processor: Need {
            weights: own.need.weights.saturating_add(header.input_bytes),
            compute: own.need.compute.max(sent),
            output: output(header, opening),
            ..own.need
        },
        gpus,
    }
}

/// Bytes that a process takes beside what is allocated for the model: libraries, vocabulary, graphs.
pub fn overhead(header: &Header) -> u64 {
    header
        .token_count
        .saturating_mul(256)
        .saturating_add(64 << 20)
}

/// Reads how many bytes the system can give, within the limits of the container, if any. A system that
/// does not tell is taken to have enough: refusing every model would help nobody.
pub(crate) fn available() -> u64 {
    let Ok(mut system) = System::new() else {
        return u64::MAX;
    };
    system.refresh_memory();
    let free = system.available_memory();
    // Without a limit the group's total is the machine's, and what it counts as used includes the
    // file cache, which would be given back.
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory < system.total_memory() => free.min(limits.free_memory),
        _ => free,
    }
}

/// Room for the scores of a token for each text or, where texts become rows, for what becomes of every token.
fn output(header: &Header, opening: &Opening) -> u64 {
    let scores = bytes_of_floats(header.token_count);
    if opening.has_rows {
        let row = bytes_of_floats(header.embedding_length);
        scores.saturating_add(row).saturating_mul(opening.tokens())
    } else {
        scores.saturating_mul(u64::from(opening.sequences))
    }
}

/// Where layers are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Processor,
    Gpu,
}

struct Part {
    need: Need,
    /// How many of the model's own layers are in it.
    layers: usize,
}

/// What the layers of `range` need where they are; the one after the last is the output.
fn part(header: &Header, opening: &Opening, range: Range<u64>, place: Place) -> Part {
    let known = header.layers.len() as u64;
    let layers = &header.layers[range.start.min(known) as usize..range.end.min(known) as usize];
    let has_output = range.contains(&header.block_count);
    let mut need = Need::default();
    for layer in layers {
        need.weights = need.weights.saturating_add(layer.weight_bytes);
        need.cache = need.cache.saturating_add(cache_of(layer, header, opening));
    }
    if has_output {
        // The input stays with the processor.
        let is_copied = place == Place::Gpu || header.is_shared_repacked;
        let copied = if is_copied { header.shared_bytes } else { 0 };
        need.weights = need
            .weights
            .saturating_add(header.output_bytes)
            .saturating_add(copied);
    }
    if !range.is_empty() {
        need.compute = compute(header, opening, layers, has_output);
    }
    Part {
        need,
        layers: layers.len(),
    }
}

fn cache_of(layer: &Layer, header: &Header, opening: &Opening) -> u64 {
    let cells = if layer.is_windowed {
        opening.windowed_cells(header)
    } else {
        opening.cells()
    };
    let row = opening
        .cache
        .bytes(layer.key_width)
        .saturating_add(opening.cache.bytes(layer.value_width));
    let state = bytes_of_floats(layer.state_width).saturating_mul(u64::from(opening.sequences));
    row.saturating_mul(cells).saturating_add(state)
}

/// The widest step of a computation, with what lives through all of it. Each vector that a step holds at its widest is one
/// that llama.cpp's graph has at the same time; its allocator reuses the room of all others.
fn compute(header: &Header, opening: &Opening, layers: &[Layer], has_output: bool) -> u64 {
    let tokens = opening.tokens();
    let rows = |width: u64, count: u64| bytes_of_floats(width).saturating_mul(count);
    let embedded = rows(header.embedding_length, tokens);
    // The way in and what becomes of it; or two ways in and their product.
    let inner = rows(header.feed_forward_length, tokens)
        .saturating_mul(if header.is_gated { 3 } else { 2 })
        .saturating_add(embedded.saturating_mul(if header.causal { 5 } else { 1 }));
    let chosen = {
        let inner = rows(header.expert_feed_forward_length, tokens).saturating_mul(3);
        let outer = embedded.saturating_mul(2);
        inner
            .max(outer)
            .saturating_mul(header.experts_used)
            .saturating_add(embedded.saturating_mul(5))
    };
    let looked_with = header.head_count.saturating_mul(header.head_width);
    let mut attention = rows(looked_with, tokens)
        .saturating_add(embedded)
        .saturating_mul(3);
    if opening.has_flash_attention {
        // What is not kept is brought into 16 bits for it.
        let copied = if has_cache(header) { 0 } else { embedded / 2 };
        attention = attention.saturating_add(copied);
    } else {
        let cells = cells_looked_at(header, opening, layers);
        let table = rows(cells, tokens).saturating_mul(header.head_count);
        attention = attention.saturating_add(table);
    }
    let scores = if has_output && header.causal {
        let outputs = u64::from(opening.outputs).min(tokens);
        rows(header.token_count, outputs).saturating_add(embedded.saturating_mul(5))
    } else {
        0
    };
    let widest = inner.max(attention).max(scores);
    let widest = if header.experts_used > 0 {
        widest.max(chosen)
    } else {
        widest
    };
    inputs(header, opening).saturating_add(widest)
}

/// What says which token sees which, and where keys and values go.
fn inputs(header: &Header, opening: &Opening) -> u64 {
    let tokens = opening.tokens();
    let has_windowed = header.layers.iter().any(|layer| layer.is_windowed);
    let has_cache = has_cache(header);
    let cells = if has_cache { opening.cells() } else { tokens };
    let windowed_cells = match (has_windowed, has_cache) {
        (false, _) => 0,
        (true, true) => opening.windowed_cells(header),
        (true, false) => tokens,
    };
    let mask = cells
        .saturating_add(windowed_cells)
        .saturating_mul(tokens)
        .saturating_mul(if opening.has_flash_attention { 2 } else { 4 });
    if opening.has_flash_attention || !has_cache {
        return mask;
    }
    // Values lie across then, and each number is put in its place by an index of 64 bits.
    let widest = header.layers.iter().map(|layer| layer.value_width).max();
    let indices = widest
        .unwrap_or(0)
        .saturating_mul(tokens)
        .saturating_mul(8)
        .saturating_mul(if has_windowed { 2 } else { 1 });
    mask.saturating_add(indices)
}

fn has_cache(header: &Header) -> bool {
    header.layers.iter().any(|layer| layer.key_width > 0)
}

/// Tokens that a layer of `layers` looks at, at most.
fn cells_looked_at(header: &Header, opening: &Opening, layers: &[Layer]) -> u64 {
    let of = |layer: &Layer| match (layer.key_width, layer.is_windowed) {
        (0, _) => opening.tokens(),
        (_, true) => opening.windowed_cells(header),
        (_, false) => opening.cells(),
    };
    layers.iter().map(of).max().unwrap_or(0)
}

fn bytes_of_floats(count: u64) -> u64 {
    count.saturating_mul(size_of::<f32>() as u64)
}

#[cfg(test)]
mod tests;
