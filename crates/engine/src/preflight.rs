//! A look at a GGUF header before llama.cpp sees the file.
//!
//! llama.cpp asserts, that is aborts, on several kinds of damaged file, and has written past its memory
//! on others. So every length, count, type and offset is checked here first against the bytes that are
//! really there, with checked arithmetic, and nothing is allocated because a number in the file says so.
//! The format is that of `docs/gguf.md` in the ggml repository, versions 2 and 3, little-endian.
//!
//! What is refused here is stricter than the format where llama.cpp is: arrays of arrays, gaps between
//! tensors, a vocabulary that lists a token twice.

mod cursor;
mod layers;
mod tensor_type;
mod weights;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek};

use aparte_protocol::engine::LoadFailure;

pub use layers::Layer;

use cursor::Cursor;
use tensor_type::{block, is_repacked};
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
        return Err(LoadFailure::Unsupported(if version & 0xffff == 0 {
            "big-endian GGUF".to_owned()
        } else {
            format!("GGUF version {version}")
        }));
    }
    let tensor_count = cursor.count(TENSOR_LIMIT, SMALLEST_TENSOR, "tensors")?;
    let key_count = cursor.count(KEY_LIMIT, SMALLEST_KEY, "keys")?;
    let metadata = Metadata::read(&mut cursor, key_count)?;
    let weights = check_tensors(&mut cursor, tensor_count, metadata.alignment()?)?;
    metadata.into_header(weights)
}

/// The largest known models have a few thousand tensors and a few dozen keys.
const TENSOR_LIMIT: u64 = 1 << 17;
const KEY_LIMIT: u64 = 1 << 14;
/// The largest known vocabularies have some 260,000 tokens.
const TOKEN_LIMIT: u64 = 1 << 21;
/// Bytes of the shortest entry: name length, number of dimensions, type, offset.
const SMALLEST_TENSOR: u64 = 8 + 4 + 4 + 8;
/// Bytes of the shortest entry: key length, type, a one-byte value.
const SMALLEST_KEY: u64 = 8 + 4 + 1;

const LONGEST_KEY: u64 = 64 << 10;
const LONGEST_TOKEN: u64 = 64 << 10;
/// Of the strings that are kept; real templates have up to some 20 KiB.
const LONGEST_TEXT: u64 = 1 << 20;
/// ggml keeps names in 64 bytes, the last of which is zero.
const LONGEST_TENSOR_NAME: u64 = 63;
/// llama.cpp has room for that many layers.
const LAYER_LIMIT: u64 = 512;

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// The bytes of one value of a fixed-size type.
fn fixed_size(value_type: u32) -> Option<u64> {
    match value_type {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

pub(crate) fn damaged(reason: impl Into<String>) -> LoadFailure {
    LoadFailure::Damaged(reason.into())
}

/// The metadata of the file, as far as it is of use.
#[derive(Default)]
struct Metadata {
    /// Whole numbers and truth values, with the type that they are written in.
    numbers: HashMap<String, (u32, u64)>,
    texts: HashMap<String, String>,
    /// Short arrays of whole numbers, one for each layer.
    lists: HashMap<String, Vec<u64>>,
    token_count: u64,
}

impl Metadata {
    fn read<R: Read + Seek>(cursor: &mut Cursor<R>, count: u64) -> Result<Metadata, LoadFailure> {
        let mut metadata = Metadata::default();
        let mut seen = HashSet::new();
        for _ in 0..count {
            let key = cursor.string(LONGEST_KEY, "a key")?;
            let key = String::from_utf8(key).map_err(|_| damaged("a key is not text"))?;
            if key.is_empty() {
                return Err(damaged("a key has no name"));
            }
            metadata.read_value(cursor, &key)?;
            if !seen.insert(key) {
                return Err(damaged("a key appears twice"));
            }
        }
        Ok(metadata)
    }

    fn read_value<R: Read + Seek>(
        &mut self,
        cursor: &mut Cursor<R>,
        key: &str,
    ) -> Result<(), LoadFailure> {
        match cursor.u32()? {
            STRING if is_kept_text(key) => {
                let text = cursor.string(LONGEST_TEXT, "a text of the header")?;
                let text = String::from_utf8(text)
                    .map_err(|_| damaged("a text of the header is not UTF-8"))?;
                self.texts.insert(key.to_owned(), text);
            }
            STRING => cursor.skip_string()?,
            ARRAY => self.read_array(cursor, key)?,
            value_type => {
                let size =
                    fixed_size(value_type).ok_or_else(|| damaged("a value has an unknown type"))?;
                let value = cursor.number(size)?;
                // Types 6 and 12 are floating-point numbers.
                if !matches!(value_type, 6 | 12) {
                    self.numbers.insert(key.to_owned(), (value_type, value));
                }
            }
        }
        Ok(())
    }

    fn read_array<R: Read + Seek>(
        &mut self,
        cursor: &mut Cursor<R>,
        key: &str,
    ) -> Result<(), LoadFailure> {
        let value_type = cursor.u32()?;
        match value_type {
            STRING if key == "tokenizer.ggml.tokens" => {
                let count = cursor.count(TOKEN_LIMIT, 8, "tokens")?;
                check_tokens(cursor, count)?;
                self.token_count = count;
            }
            STRING => {
                let count = cursor.count(u64::MAX, 8, "texts in a list")?;
                for _ in 0..count {
                    cursor.skip_string()?;
                }
            }
            ARRAY => return Err(damaged("a list holds lists")),
            _ => {
                let size =
                    fixed_size(value_type).ok_or_else(|| damaged("a list has an unknown type"))?;
                let count = cursor.count(u64::MAX, size, "numbers in a list")?;
                if count <= LAYER_LIMIT && !matches!(value_type, 6 | 12) {
                    let list = (0..count)
                        .map(|_| cursor.number(size))
                        .collect::<Result<_, _>>()?;
                    self.lists.insert(key.to_owned(), list);
                } else {
                    // The count fits the file, so the product does not overflow.
                    cursor.skip(count * size)?;
                }
            }
        }
        Ok(())
    }

    fn alignment(&self) -> Result<u64, LoadFailure> {
        const UINT32: u32 = 4;
        match self.numbers.get("general.alignment") {
            None => Ok(32),
            Some(&(UINT32, alignment)) if alignment.is_power_of_two() => Ok(alignment),
            Some(_) => Err(damaged("its alignment is no power of two")),
        }
    }

    fn into_header(mut self, weights: Weights) -> Result<Header, LoadFailure> {
        let architecture = self
            .texts
            .remove("general.architecture")
            .filter(|architecture| !architecture.is_empty())
            .ok_or_else(|| damaged("it does not say its architecture"))?;
        if self.number("split.count").is_some_and(|count| count > 1) {
            return Err(LoadFailure::Unsupported(
                "split over several files".to_owned(),
            ));
        }
        let own = |name: &str| format!("{architecture}.{name}");
        let block_count = self.number(&own("block_count")).unwrap_or(0);
        if block_count > LAYER_LIMIT {
            return Err(damaged("it claims too many layers"));
        }
        let embedding_length = self.number(&own("embedding_length")).unwrap_or(0);
        let head_count = self.per_layer(&own("attention.head_count"), 0).widest();
        // A model that reads has no way back to tokens.
        let is_shared = !weights.has_output && !layers::is_encoder(&architecture);
        let feed_forward_length = self.per_layer(&own("feed_forward_length"), 1).widest();
        let mut layers = layers::layers(&self, &architecture, block_count);
        for (layer, &bytes) in layers.iter_mut().zip(&weights.layer_bytes) {
            layer.weight_bytes = bytes;
        }
        let cache_width = layers.iter().fold(0_u64, |sum, layer| {
            sum.saturating_add(layer.key_width)
                .saturating_add(layer.value_width)
        });
        Ok(Header {
            name: self.texts.remove("general.name").unwrap_or_default(),
            chat_template: self
                .texts
                .remove("tokenizer.chat_template")
                .filter(|template| !template.trim().is_empty()),
            context_length: self
                .number(&own("context_length"))
                .map_or(0, |length| u32::try_from(length).unwrap_or(u32::MAX)),
            block_count,
            embedding_length,
            feed_forward_length,
            cache_width,
            token_count: self.token_count,
            causal: self.number(&own("attention.causal")) != Some(0)
                && !layers::is_encoder(&architecture),
            space_prefix: self
                .texts
                .get("tokenizer.ggml.model")
                .is_some_and(|model| model == "llama")
                && self.number("tokenizer.ggml.add_space_prefix") != Some(0),
            tensor_bytes: weights.bytes,
            input_bytes: weights.input_bytes,
            output_bytes: weights.output_bytes,
            shared_bytes: if is_shared { weights.token_bytes } else { 0 },
            is_shared_repacked: is_shared && is_repacked(weights.token_type),
            is_gated: layers::is_gated(&architecture),
            window: layers::window(&self, &architecture, block_count),
            head_count,
            head_width: self
                .number(&own("attention.key_length"))
                .unwrap_or(embedding_length / head_count.max(1)),
            experts_used: self.per_layer(&own("expert_used_count"), 0).widest(),
            expert_feed_forward_length: self
                .per_layer(&own("expert_feed_forward_length"), feed_forward_length)
                .widest(),
            pooling: match self.number(&own("pooling_type")) {
                Some(1) => Pooling::Mean,
                Some(2) => Pooling::First,
                Some(3) => Pooling::Last,
                Some(4) => Pooling::Rank,
                _ => Pooling::Unsaid,
            },
            // One architecture has its whole scorer in what is a step before it elsewhere.
            has_scorer: weights.has_scorer
                || (weights.has_scorer_step && architecture == "jina-bert-v2"),
            rerank_template: self.texts.remove("tokenizer.chat_template.rerank"),
            layers,
            architecture,
        })
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.numbers.get(key).map(|&(_, value)| value)
    }

    fn per_layer(&self, key: &str, otherwise: u64) -> PerLayer {
        match self.lists.get(key) {
            Some(list) => PerLayer::Each(list.clone()),
            None => PerLayer::Same(self.number(key).unwrap_or(otherwise)),
        }
    }
}

/// A number that may differ from layer to layer.
#[derive(Clone)]
enum PerLayer {
    Same(u64),
    Each(Vec<u64>),
}

impl PerLayer {
    fn of(&self, layer: u64) -> u64 {
        match self {
            PerLayer::Same(value) => *value,
            PerLayer::Each(values) => values.get(layer as usize).copied().unwrap_or(0),
        }
    }

    fn widest(&self) -> u64 {
        match self {
            PerLayer::Same(value) => *value,
            PerLayer::Each(values) => values.iter().copied().max().unwrap_or(0),
        }
    }
}

fn is_kept_text(key: &str) -> bool {
    matches!(
        key,
        "general.architecture"
            | "general.name"
            | "tokenizer.chat_template"
            | "tokenizer.chat_template.rerank"
            | "tokenizer.ggml.model"
    )
}

/// llama.cpp aborts on a vocabulary that lists a token twice (its issue 24885).
fn check_tokens<R: Read + Seek>(cursor: &mut Cursor<R>, count: u64) -> Result<(), LoadFailure> {
    // Hashes instead of texts: little memory whatever the file says, and two different tokens of a
    // sound file share one of 2^64 values in less than one file in a hundred million.
    let hasher = RandomState::new();
    let mut seen = HashSet::new();
    let mut token = Vec::new();
    for index in 0..count {
        cursor.string_into(&mut token, LONGEST_TOKEN, "a token")?;
        if token.is_empty() {
            // The name that llama.cpp gives it.
            token.extend_from_slice(format!("[EMPTY_{index}]").as_bytes());
        }
        if !seen.insert(hasher.hash_one(&token)) {
            return Err(damaged("its vocabulary lists a token twice"));
        }
    }
    Ok(())
}

/// Checks the table of tensors and that the file holds all their data.
fn check_tensors<R: Read + Seek>(
    cursor: &mut Cursor<R>,
    count: u64,
    alignment: u64,
) -> Result<Weights, LoadFailure> {
    if count == 0 {
        return Err(damaged("it has no weights"));
    }
    let too_large = || damaged("a tensor is larger than any file");
    let mut names = HashSet::new();
    let mut weights = Weights::default();
    // Where the next tensor begins, and where the last one ends, both in the data section.
    let mut next: u64 = 0;
    let mut end: u64 = 0;
    for _ in 0..count {
        let name = cursor.string(LONGEST_TENSOR_NAME, "the name of a tensor")?;
        let (tensor_type, size) = tensor_size(cursor)?;
        weights.count(&name, tensor_type, size);
        if !names.insert(name) {
            return Err(damaged("a tensor appears twice"));
        }
        if cursor.u64()? != next {
            return Err(damaged("a tensor is not where the one before it ends"));
        }
        end = next.checked_add(size).ok_or_else(too_large)?;
        next = end
            .checked_next_multiple_of(alignment)
            .ok_or_else(too_large)?;
    }
    let data = cursor
        .position()
        .checked_next_multiple_of(alignment)
        .ok_or_else(too_large)?;
    if data
        .checked_add(end)
        .is_none_or(|end| end > cursor.length())
    {
        return Err(damaged("it was cut short: weights are missing at its end"));
    }
    weights.bytes = end;
    Ok(weights)
}

/// The type of a tensor, and its bytes.
fn tensor_size<R: Read + Seek>(cursor: &mut Cursor<R>) -> Result<(u32, u64), LoadFailure> {
    let dimensions = cursor.u32()?;
    if dimensions > 4 {
        return Err(damaged("a tensor has more than four dimensions"));
    }
    let overflow = || damaged("the dimensions of a tensor overflow");
    let mut row = 1;
    let mut elements: u64 = 1;
    for dimension in 0..dimensions {
        let extent = cursor.u64()?;
        if dimension == 0 {
            row = extent;
        }
        elements = elements.checked_mul(extent).ok_or_else(overflow)?;
        // llama.cpp counts in signed numbers, and each extent on its own.
        if i64::try_from(elements).is_err() || i64::try_from(extent).is_err() {
            return Err(overflow());
        }
    }
    let tensor_type = cursor.u32()?;
    let (per_block, bytes) =
        block(tensor_type).ok_or_else(|| damaged("a tensor has an unknown type"))?;
    if row % per_block != 0 {
        return Err(damaged("a row of a tensor is not made of whole blocks"));
    }
    let size = (elements / per_block)
        .checked_mul(bytes)
        .ok_or_else(overflow)?;
    Ok((tensor_type, size))
}

#[cfg(test)]
mod tests;
