//! A look at a GGUF header before llama.cpp sees the file.
//!
//! llama.cpp asserts, that is aborts, on several kinds of damaged file, and has written past its memory
//! on others. So every length, count, type and offset is checked here first against the bytes that are
//! really there, with checked arithmetic, and nothing is allocated because a number in the file says so.
//! The format is that of `docs/gguf.md` in the ggml repository, versions 2 and 3, little-endian.
//!
//! What is refused here is stricter than the format where llama.cpp is: arrays of arrays, gaps between
//! tensors, a vocabulary that lists a token twice, and whatever it takes for granted (`demands`, `tensors`).

mod cursor;
mod demands;
mod layers;
mod metadata;
mod tensor_type;
mod tensors;
mod weights;

use std::io::{Read, Seek};

use aparte_protocol::engine::LoadFailure;

pub use layers::Layer;

use cursor::Cursor;
use demands::Shape;
use metadata::Metadata;
use tensor_type::is_repacked;
use tensors::Tensors;
use weights::Weights;

/// What the header of a sound model says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// `general.architecture`, for example `llama`.
    pub architecture: String,
    /// `general.name`, empty when the file has none.
    pub name: String,
    /// `tokenizer.chat_template`, in Jinja.
    pub chat_template: Option<String>,
    /// The longest text that the model was trained on, in tokens; zero when the file does not say.
    pub context_length: u32,
    /// Number of layers.
    pub block_count: u64,
    /// Width of the vector that stands for one token.
    pub embedding_length: u64,
    /// Width of the widest inner layer.
    pub feed_forward_length: u64,
    /// Whether an inner layer is the product of two.
    pub is_gated: bool,
    /// Numbers that the context keeps for each token, over all layers.
    pub cache_width: u64,
    /// Size of the vocabulary.
    pub token_count: u64,
    /// Whether each token sees only the ones before it, as a model that writes must.
    pub causal: bool,
    /// Whether the tokenizer puts a space before text, as those of the Llama 2 family do.
    pub space_prefix: bool,
    /// Bytes of all weights.
    pub tensor_bytes: u64,
    /// Bytes of the weights that turn tokens into vectors, which stay in the memory of the processor.
    pub input_bytes: u64,
    /// Bytes of the weights that come after the last layer, those that it shares with the input not counted.
    pub output_bytes: u64,
    /// Bytes of the weights that serve both the input and the output; zero when each has its own.
    pub shared_bytes: u64,
    /// Whether the processor may keep the shared weights twice, the second time in an order that is faster to read.
    pub is_shared_repacked: bool,
    /// What each layer holds.
    pub layers: Vec<Layer>,
    /// How far back windowed layers look, in tokens; zero when there are none.
    pub window: u64,
    /// Parts that look at the text at the same time, in the layer that has most.
    pub head_count: u64,
    /// Numbers that such a part looks with.
    pub head_width: u64,
    /// Inner layers that work on one token where a layer has a choice of them; zero where it has none.
    pub experts_used: u64,
    /// Width of one of those.
    pub expert_feed_forward_length: u64,
    /// How a text becomes one row of numbers.
    pub pooling: Pooling,
    /// Whether there are weights that make a score of a text.
    pub has_scorer: bool,
    /// `tokenizer.chat_template.rerank`, with `{query}` and `{document}` in it.
    pub rerank_template: Option<String>,
}

/// How a text becomes one row of numbers (`pooling_type`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooling {
    /// The file does not say.
    #[default]
    Unsaid,
    /// The mean of what became of its tokens.
    Mean,
    /// What became of its first token.
    First,
    /// What became of its last token.
    Last,
    /// Scores, made of the first or last token.
    Rank,
}

impl Header {
    /// Whether some layers change a state in place, instead of keeping something of each token.
    pub fn is_recurrent(&self) -> bool {
        self.layers.iter().any(|layer| layer.state_width > 0)
    }
}

/// Checks the header of `file`, which has `length` bytes, from its beginning on.
///
/// # Errors
/// [`LoadFailure::Empty`], [`LoadFailure::NotGguf`], [`LoadFailure::Damaged`] and
/// [`LoadFailure::Unsupported`] as their names say; [`LoadFailure::Unreadable`] when reading fails.
pub fn preflight(file: &mut (impl Read + Seek), length: u64) -> Result<Header, LoadFailure> {
    if length == 0 {
        return Err(LoadFailure::Empty);
    }
    let mut cursor = Cursor::new(file, length)?;
    if length < 4 || cursor.array::<4>()? != *b"GGUF" {
        return Err(LoadFailure::NotGguf);
    }
    let version = cursor.u32()?;
    if !(2..=3).contains(&version) {
        return Err(LoadFailure::Unsupported(
            if version != 0 && version & 0xffff == 0 {
                "big-endian GGUF".to_owned()
            } else {
                format!("GGUF version {version}")
            },
        ));
    }
    let tensor_count = cursor.count(TENSOR_LIMIT, SMALLEST_TENSOR, "tensors")?;
    let key_count = cursor.count(KEY_LIMIT, SMALLEST_KEY, "keys")?;
    let metadata = Metadata::read(&mut cursor, key_count)?;
    let tensors = Tensors::read(&mut cursor, tensor_count, metadata.alignment()?)?;
    let shape = Shape::of(&metadata)?;
    tensors.check(&shape)?;
    Ok(header(metadata, tensors.weights, shape))
}

/// What a header says that was found sound.
fn header(mut metadata: Metadata, weights: Weights, shape: Shape) -> Header {
    let architecture = shape.architecture.clone();
    let own = |name: &str| format!("{architecture}.{name}");
    let number = |name: &str| metadata.number(&own(name));
    let block_count = shape.layers.len() as u64;
    let head_count = metadata.per_layer(&own("attention.head_count"), 0).widest();
    // A model that reads has no way back to tokens.
    let is_shared = !weights.has_output && !layers::is_encoder(&architecture);
    let feed_forward_length = shape.widest_inner();
    let mut layers = layers::layers(&metadata, &architecture, block_count);
    for (layer, &bytes) in layers.iter_mut().zip(&weights.layer_bytes) {
        layer.weight_bytes = bytes;
    }
    let widths = layers
        .iter()
        .map(|layer| (layer.key_width, layer.value_width));
    let cache_width = widths.fold(0_u64, |sum, (key, value)| {
        sum.saturating_add(key).saturating_add(value)
    });
    let header = Header {
        name: String::new(),
        chat_template: None,
        rerank_template: None,
        context_length: shape.context_length,
        block_count,
        embedding_length: shape.embedding_length,
        feed_forward_length,
        cache_width,
        token_count: metadata.vocabulary.tokens,
        causal: number("attention.causal") != Some(0) && !layers::is_encoder(&architecture),
        space_prefix: metadata.text("tokenizer.ggml.model") == Some("llama")
            && metadata.number("tokenizer.ggml.add_space_prefix") != Some(0),
        tensor_bytes: weights.bytes,
        input_bytes: weights.input_bytes,
        output_bytes: weights.output_bytes,
        shared_bytes: if is_shared { weights.token_bytes } else { 0 },
        is_shared_repacked: is_shared && is_repacked(weights.token_type),
        is_gated: layers::is_gated(&architecture),
        window: layers::window(&metadata, &architecture, block_count),
        head_count,
        head_width: number("attention.key_length")
            .unwrap_or(shape.embedding_length / head_count.max(1)),
        experts_used: metadata.per_layer(&own("expert_used_count"), 0).widest(),
        expert_feed_forward_length: metadata
            .per_layer(&own("expert_feed_forward_length"), feed_forward_length)
            .widest(),
        pooling: match number("pooling_type") {
            Some(1) => Pooling::Mean,
            Some(2) => Pooling::First,
            Some(3) => Pooling::Last,
            Some(4) => Pooling::Rank,
            _ => Pooling::Unsaid,
        },
        // One architecture has its whole scorer in what is a step before it elsewhere.
        has_scorer: weights.has_scorer
            || (weights.has_scorer_step && architecture == "jina-bert-v2"),
        layers,
        architecture: shape.architecture,
    };
    Header {
        name: metadata.take_text("general.name"),
        chat_template: Some(metadata.take_text("tokenizer.chat_template"))
            .filter(|template| !template.trim().is_empty()),
        rerank_template: Some(metadata.take_text("tokenizer.chat_template.rerank"))
            .filter(|template| !template.is_empty()),
        ..header
    }
}

/// The largest known models have a few thousand tensors and a few dozen keys.
const TENSOR_LIMIT: u64 = 1 << 17;
const KEY_LIMIT: u64 = 1 << 14;
/// Bytes of the shortest entry: name length, number of dimensions, type, offset.
const SMALLEST_TENSOR: u64 = 8 + 4 + 4 + 8;
/// Bytes of the shortest entry: key length, type, a one-byte value.
const SMALLEST_KEY: u64 = 8 + 4 + 1;

pub(crate) fn damaged(reason: impl Into<String>) -> LoadFailure {
    LoadFailure::Damaged(reason.into())
}

#[cfg(test)]
mod tests;
