//! The keys of a GGUF file and their values, as far as they are of use.
//!
//! A file may have thousands of long keys and lists. What is kept of them is bounded, whatever it says.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek};

use aparte_protocol::engine::LoadFailure;

use super::cursor::Cursor;
use super::damaged;

/// The metadata of a file.
#[derive(Default)]
pub(super) struct Metadata {
    values: HashMap<String, Value>,
    pub(super) vocabulary: Vocabulary,
}

/// The value of a key.
pub(super) enum Value {
    /// A number or a truth value, with the type that it is written in.
    Number { value_type: u32, bits: u64 },
    /// A text; kept where it is of use.
    Text(Option<String>),
    /// A list of so many values of one type; whole numbers, one for each layer, are kept.
    List {
        value_type: u32,
        count: u64,
        of_layers: Option<Vec<u64>>,
    },
}

/// What the lists of the vocabulary hold.
#[derive(Default)]
pub(super) struct Vocabulary {
    /// Number of tokens.
    pub(super) tokens: u64,
    /// Whether a token stands for a byte.
    pub(super) has_bytes: bool,
}

/// A number that may differ from layer to layer.
#[derive(Clone)]
pub(super) enum PerLayer {
    Same(u64),
    Each(Vec<u64>),
}

impl PerLayer {
    pub(super) fn of(&self, layer: u64) -> u64 {
        match self {
            PerLayer::Same(value) => *value,
            PerLayer::Each(values) => values.get(layer as usize).copied().unwrap_or(0),
        }
    }

    pub(super) fn widest(&self) -> u64 {
        match self {
            PerLayer::Same(value) => *value,
            PerLayer::Each(values) => values.iter().copied().max().unwrap_or(0),
        }
    }
}

pub(super) const UINT32: u32 = 4;
pub(super) const INT32: u32 = 5;
pub(super) const FLOAT32: u32 = 6;
pub(super) const BOOL: u32 = 7;
pub(super) const STRING: u32 = 8;
pub(super) const ARRAY: u32 = 9;
const FLOAT64: u32 = 12;

/// llama.cpp has room for that many layers.
pub(super) const LAYER_LIMIT: u64 = 512;

/// The largest known vocabularies have some 260,000 tokens.
const TOKEN_LIMIT: u64 = 1 << 21;
const LONGEST_KEY: u64 = 64 << 10;
/// llama.cpp asks for no longer one.
const LONGEST_KEPT_KEY: usize = 128;
const LONGEST_TOKEN: u64 = 64 << 10;
/// Of the strings that are kept; real templates have up to some 20 KiB.
const LONGEST_TEXT: u64 = 1 << 20;
/// The longest kind of rotation is `longrope`.
const LONGEST_KIND: u64 = 64;
/// No model has more lists of whole numbers with an entry for each layer.
const LISTS_OF_LAYERS: usize = 64;
/// llama.cpp's number for a token that stands for a byte.
const BYTE_TOKEN: u64 = 6;

/// The bytes of one value of a fixed-size type.
fn fixed_size(value_type: u32) -> Option<u64> {
    match value_type {
        0 | 1 | BOOL => Some(1),
        2 | 3 => Some(2),
        UINT32 | INT32 | FLOAT32 => Some(4),
        10 | 11 | FLOAT64 => Some(8),
        _ => None,
    }
}

impl Metadata {
    /// Reads `count` keys and their values.
    pub(super) fn read<R: Read + Seek>(
        cursor: &mut Cursor<'_, R>,
        count: u64,
    ) -> Result<Metadata, LoadFailure> {
        let mut metadata = Metadata::default();
        let mut names = Once::default();
        let mut lists_of_layers = 0;
        for _ in 0..count {
            let key = cursor.string(LONGEST_KEY, "a key")?;
            let key = String::from_utf8(key).map_err(|_| damaged("a key is not text"))?;
            if key.is_empty() {
                return Err(damaged("a key has no name"));
            }
            // llama.cpp reads names as C does, and would take it for another key.
            if key.contains('\0') {
                return Err(damaged("a key holds a zero"));
            }
            names.note(key.as_bytes());
            let value = metadata.read_value(cursor, &key)?;
            if let Value::List { of_layers, .. } = &value {
                lists_of_layers += usize::from(of_layers.is_some());
            }
            if lists_of_layers > LISTS_OF_LAYERS {
                return Err(damaged("it has too many lists about its layers"));
            }
            if key.len() <= LONGEST_KEPT_KEY {
                metadata.values.insert(key, value);
            }
        }
        match names.are_all_different() {
            true => Ok(metadata),
            false => Err(damaged("a key appears twice")),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// All values with their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The bits of a number or truth value.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some(Value::Number { bits, .. }) => Some(*bits),
            _ => None,
        }
    }

    /// Whole numbers, one for each layer.
    pub(super) fn list(&self, key: &str) -> Option<&[u64]> {
        match self.values.get(key) {
            Some(Value::List { of_layers, .. }) => of_layers.as_deref(),
            _ => None,
        }
    }

    /// A number that may differ from layer to layer; `otherwise` where the file does not say.
    pub(super) fn per_layer(&self, key: &str, otherwise: u64) -> PerLayer {
        match self.list(key) {
            Some(list) => PerLayer::Each(list.to_vec()),
            None => PerLayer::Same(self.number(key).unwrap_or(otherwise)),
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => text.as_deref(),
            _ => None,
        }
    }

    /// Gives away a text; it is empty when the file has none.
    pub(super) fn take_text(&mut self, key: &str) -> String {
        match self.values.remove(key) {
            Some(Value::Text(text)) => text.unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// Bytes whose multiples are the places where tensors begin.
    pub(super) fn alignment(&self) -> Result<u64, LoadFailure> {
        match self.values.get("general.alignment") {
            None => Ok(32),
            Some(&Value::Number {
                value_type: UINT32,
                bits,
            }) if bits.is_power_of_two() => Ok(bits),
            Some(_) => Err(damaged("its alignment is no power of two")),
        }
    }

    fn read_value<R: Read + Seek>(
        &mut self,
        cursor: &mut Cursor<'_, R>,
        key: &str,
    ) -> Result<Value, LoadFailure> {
        match cursor.u32()? {
            STRING => match longest_of_kept(key) {
                Some(longest) => {
                    let text = cursor.string(longest, "a text of the header")?;
                    let text = String::from_utf8(text)
                        .map_err(|_| damaged("a text of the header is not UTF-8"))?;
                    // llama.cpp would take it for another kind.
                    if longest == LONGEST_KIND && text.contains('\0') {
                        return Err(damaged("a text of the header holds a zero"));
                    }
                    Ok(Value::Text(Some(text)))
                }
                None => cursor.skip_string().map(|()| Value::Text(None)),
            },
            ARRAY => self.read_list(cursor, key),
            value_type => {
                let size =
                    fixed_size(value_type).ok_or_else(|| damaged("a value has an unknown type"))?;
                let bits = cursor.number(size)?;
                Ok(Value::Number { value_type, bits })
            }
        }
    }

    fn read_list<R: Read + Seek>(
        &mut self,
        cursor: &mut Cursor<'_, R>,
        key: &str,
    ) -> Result<Value, LoadFailure> {
        let value_type = cursor.u32()?;
        let mut of_layers = None;
        let count = match value_type {
            STRING if key == "tokenizer.ggml.tokens" => {
                let count = cursor.count(TOKEN_LIMIT, 8, "tokens")?;
                check_tokens(cursor, count)?;
                self.vocabulary.tokens = count;
                count
            }
            STRING => {
                let count = cursor.count(u64::MAX, 8, "texts in a list")?;
                for _ in 0..count {
                    cursor.skip_string()?;
                }
                count
            }
            ARRAY => return Err(damaged("a list holds lists")),
            _ => {
                let size =
                    fixed_size(value_type).ok_or_else(|| damaged("a list has an unknown type"))?;
                let count = cursor.count(u64::MAX, size, "numbers in a list")?;
                if key == "tokenizer.ggml.token_type" {
                    for _ in 0..count {
                        self.vocabulary.has_bytes |= cursor.number(size)? == BYTE_TOKEN;
                    }
                } else if is_about_layers(key) && count <= LAYER_LIMIT {
                    let numbers = (0..count).map(|_| cursor.number(size));
                    of_layers = Some(numbers.collect::<Result<_, _>>()?);
                } else {
                    // The count fits the file, so the product does not overflow.
                    cursor.skip(count * size)?;
                }
                count
            }
        };
        Ok(Value::List {
            value_type,
            count,
            of_layers,
        })
    }
}

/// How long a text may be that is kept; `None` for those that are not.
fn longest_of_kept(key: &str) -> Option<u64> {
    match key {
        "general.architecture" => Some(LONGEST_KIND),
        "general.name" | "tokenizer.chat_template" | "tokenizer.chat_template.rerank" => {
            Some(LONGEST_TEXT)
        }
        "tokenizer.ggml.model" | "tokenizer.ggml.pre" => Some(LONGEST_KIND),
        _ => key.ends_with(".rope.scaling.type").then_some(LONGEST_KIND),
    }
}

/// Whether a list of this key has a whole number for each layer.
fn is_about_layers(key: &str) -> bool {
    [
        ".feed_forward_length",
        ".attention.head_count",
        ".attention.head_count_kv",
        ".expert_used_count",
        ".expert_feed_forward_length",
        ".attention.sliding_window_pattern",
        ".attention.recurrent_layers",
    ]
    .iter()
    .any(|end| key.ends_with(end))
}

/// llama.cpp aborts on a vocabulary that lists a token twice (its issue 24885).
fn check_tokens<R: Read + Seek>(cursor: &mut Cursor<'_, R>, count: u64) -> Result<(), LoadFailure> {
    let mut texts = Once::default();
    let mut token = Vec::new();
    for index in 0..count {
        cursor.string_into(&mut token, LONGEST_TOKEN, "a token")?;
        // llama.cpp reads it as C does.
        if let Some(end) = token.iter().position(|&byte| byte == 0) {
            token.truncate(end);
        }
        if token.is_empty() {
            // The name that llama.cpp gives it.
            token.extend_from_slice(format!("[EMPTY_{index}]").as_bytes());
        }
        texts.note(&token);
    }
    match texts.are_all_different() {
        true => Ok(()),
        false => Err(damaged("its vocabulary lists a token twice")),
    }
}

/// Tells whether any of many texts appears twice. It keeps hashes instead of texts: little memory whatever the file
/// says, and two different texts of a sound file share one of 2^64 values in less than one file in a hundred million.
#[derive(Default)]
struct Once {
    hasher: RandomState,
    hashes: Vec<u64>,
}

impl Once {
    fn note(&mut self, text: &[u8]) {
        self.hashes.push(self.hasher.hash_one(text));
    }

    fn are_all_different(mut self) -> bool {
        self.hashes.sort_unstable();
        self.hashes.is_sorted_by(|a, b| a < b)
    }
}
