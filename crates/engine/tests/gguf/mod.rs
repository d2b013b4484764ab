//! GGUF files in the making: written part by part, or a sound one to begin with, and every way to make it lie.
//!
//! The format is that of `docs/gguf.md` in the ggml repository. What is written here is not checked: a count may be
//! claimed, an offset chosen, a value be of any type. A file that is there can be read in, changed and written again.

use std::ops::Range;
#[cfg(test)]
use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
};

/// A GGUF file, part by part.
#[derive(Debug, Clone)]
pub struct Gguf {
    /// `GGUF`.
    pub magic: [u8; 4],
    /// 2 or 3.
    pub version: u32,
    /// Names and values.
    pub keys: Vec<(Vec<u8>, Value)>,
    /// The table of tensors, with their data.
    pub tensors: Vec<Tensor>,
    /// How many keys the file says that it has; as many as there are, where nothing is said.
    pub claimed_keys: Option<u64>,
    /// How many tensors the file says that it has.
    pub claimed_tensors: Option<u64>,
    /// Bytes whose multiples are where tensors begin. The key that says so is written by whoever wants one.
    pub alignment: u64,
}

/// The value of a key, with the number of its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// `gguf_type`.
    pub value_type: u32,
    /// What follows the type.
    pub bytes: Vec<u8>,
}

/// A tensor.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// For example `blk.0.attn_q.weight`.
    pub name: Vec<u8>,
    /// The innermost first.
    pub extents: Vec<u64>,
    /// How many dimensions the file says that it has.
    pub claimed_dimensions: Option<u32>,
    /// `ggml_type`.
    pub number_type: u32,
    /// Where its data begin; behind those of the tensor before, where nothing is said.
    pub offset: Option<u64>,
    /// Its data.
    pub data: Vec<u8>,
    /// Zeros after them, which take no memory in a file that is [sparse](Gguf::file).
    pub zeros: u64,
}

/// A piece of a written file that means something.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What it is, for example `the value of llama.block_count`.
    pub what: String,
    /// Its bytes.
    pub bytes: Range<usize>,
}

/// Numbers of `ggml_type`.
pub const FLOATS: u32 = 0;
pub const HALVES: u32 = 1;
pub const FOUR_BITS: u32 = 2;

/// Numbers of `gguf_type`.
pub const U32: u32 = 4;
pub const I32: u32 = 5;
pub const F32: u32 = 6;
pub const BOOL: u32 = 7;
pub const TEXT: u32 = 8;
pub const LIST: u32 = 9;

/// A length and the text.
pub fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

impl Value {
    pub fn raw(value_type: u32, bytes: impl Into<Vec<u8>>) -> Value {
        Value {
            value_type,
            bytes: bytes.into(),
        }
    }

    pub fn number(number: u32) -> Value {
        Value::raw(U32, number.to_le_bytes())
    }

    pub fn fraction(fraction: f32) -> Value {
        Value::raw(F32, fraction.to_le_bytes())
    }

    pub fn truth(truth: bool) -> Value {
        Value::raw(BOOL, [u8::from(truth)])
    }

    pub fn text(words: impl AsRef<[u8]>) -> Value {
        Value::raw(TEXT, text(words))
    }

    /// A list that says how many values it has, whatever `values` are.
    pub fn list(value_type: u32, count: u64, values: &[u8]) -> Value {
        let value = [&value_type.to_le_bytes()[..], &count.to_le_bytes(), values].concat();
        Value::raw(LIST, value)
    }

    pub fn texts(texts: &[impl AsRef<[u8]>]) -> Value {
        let values: Vec<u8> = texts.iter().flat_map(text).collect();
        Value::list(TEXT, texts.len() as u64, &values)
    }

    pub fn numbers(numbers: &[u32]) -> Value {
        let values: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        Value::list(U32, numbers.len() as u64, &values)
    }

    /// One that is the same for each of `count` tokens.
    pub fn repeated(value_type: u32, value: &[u8], count: usize) -> Value {
        Value::list(value_type, count as u64, &value.repeat(count))
    }
}

impl Tensor {
    /// A tensor of 32-bit fractions, each a little more than nothing.
    pub fn new(name: &str, extents: &[u64]) -> Tensor {
        let elements: u64 = extents.iter().product();
        Tensor {
            name: name.as_bytes().to_vec(),
            extents: extents.to_vec(),
            claimed_dimensions: None,
            number_type: 0,
            offset: None,
            data: 0.01_f32.to_le_bytes().repeat(elements as usize),
            zeros: 0,
        }
    }

    fn empty(name: &str, extents: &[u64], number_type: u32) -> Tensor {
        Tensor {
            name: name.as_bytes().to_vec(),
            extents: extents.to_vec(),
            claimed_dimensions: None,
            number_type,
            offset: None,
            data: Vec::new(),
            zeros: 0,
        }
    }

    fn length(&self) -> u64 {
        self.data.len() as u64 + self.zeros
    }

    /// The same place for another type and as many bytes.
    pub fn with_type(mut self, number_type: u32, bytes: usize) -> Tensor {
        self.number_type = number_type;
        self.data.resize(bytes, 0);
        self
    }
}

impl Default for Gguf {
    /// A file with nothing in it.
    fn default() -> Gguf {
        Gguf {
            magic: *b"GGUF",
            version: 3,
            keys: Vec::new(),
            tensors: Vec::new(),
            claimed_keys: None,
            claimed_tensors: None,
            alignment: 32,
        }
    }
}

/// Parts are added one after the other.
impl Gguf {
    pub fn text(&mut self, name: &str, value: &str) {
        self.key(name, Value::text(value));
    }

    pub fn number(&mut self, name: &str, value: u32) {
        self.key(name, Value::number(value));
    }

    pub fn truth(&mut self, name: &str, value: bool) {
        self.key(name, Value::truth(value));
    }

    pub fn float(&mut self, name: &str, value: f32) {
        self.key(name, Value::fraction(value));
    }

    pub fn texts(&mut self, name: &str, values: &[String]) {
        self.key(name, Value::texts(values));
    }

    pub fn numbers(&mut self, name: &str, values: &[u32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|n| n.to_le_bytes()).collect();
        self.key(name, Value::list(I32, values.len() as u64, &bytes));
    }

    pub fn floats(&mut self, name: &str, values: &[f32]) {
        let bytes = bytes_of(values);
        self.key(name, Value::list(F32, values.len() as u64, &bytes));
    }

    fn key(&mut self, name: &str, value: Value) {
        self.keys.push((name.as_bytes().to_vec(), value));
    }

    /// Adds weights; the first extent is the one whose numbers lie side by side.
    pub fn weights(&mut self, name: &str, extents: &[u64], values: Vec<f32>) {
        assert_eq!(extents.iter().product::<u64>(), values.len() as u64);
        self.tensors.push(Tensor {
            data: bytes_of(&values),
            ..Tensor::empty(name, extents, FLOATS)
        });
    }

    /// Adds weights of any type that are all zero.
    pub fn zeros(&mut self, name: &str, extents: &[u64], number_type: u32) {
        let count: u64 = extents.iter().product();
        let zeros = match number_type {
            FLOATS => count * 4,
            HALVES => count * 2,
            FOUR_BITS => count / 32 * 18,
            other => panic!("no size is known for type {other}"),
        };
        self.tensors.push(Tensor {
            zeros,
            ..Tensor::empty(name, extents, number_type)
        });
    }
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Width, layers, heads, heads that are cached, inner width of the sound model.
pub const WIDTH: u64 = 32;
pub const LAYERS: u32 = 2;
const HEADS: u64 = 2;
const CACHED_HEADS: u64 = 1;
const INNER: u64 = 64;

impl Gguf {
    /// A model with two small layers, which llama.cpp loads and computes with. It makes no sense.
    pub fn sound() -> Gguf {
        let tokens = byte_tokens();
        let count = tokens.len();
        let key = |name: &str, value| (name.as_bytes().to_vec(), value);
        let number = |name: &str, number: u64| {
            let number = u32::try_from(number).expect("the sound model is small");
            key(name, Value::number(number))
        };
        let keys = vec![
            key("general.architecture", Value::text("llama")),
            key("general.name", Value::text("Tiny")),
            key(
                "tokenizer.chat_template",
                Value::text("{% for m in messages %}{{ m.content }}\n{% endfor %}"),
            ),
            number("llama.context_length", 2048),
            number("llama.block_count", u64::from(LAYERS)),
            number("llama.embedding_length", WIDTH),
            number("llama.feed_forward_length", INNER),
            number("llama.attention.head_count", HEADS),
            number("llama.attention.head_count_kv", CACHED_HEADS),
            number("llama.rope.dimension_count", WIDTH / HEADS),
            key("llama.rope.freq_base", Value::fraction(10_000.0)),
            key(
                "llama.attention.layer_norm_rms_epsilon",
                Value::fraction(1e-5),
            ),
            key("tokenizer.ggml.model", Value::text("gpt2")),
            key("tokenizer.ggml.pre", Value::text("smollm")),
            key("tokenizer.ggml.tokens", Value::texts(&tokens)),
            key(
                "tokenizer.ggml.token_type",
                Value::repeated(I32, &1_i32.to_le_bytes(), count),
            ),
            key("tokenizer.ggml.merges", Value::texts(&["a b", "Ġ t"])),
            number("tokenizer.ggml.bos_token_id", 1),
            number("tokenizer.ggml.eos_token_id", 2),
            number("tokenizer.ggml.unknown_token_id", 0),
            key("tokenizer.ggml.add_bos_token", Value::truth(false)),
        ];
        let head = WIDTH / HEADS;
        let mut tensors = vec![
            Tensor::new("token_embd.weight", &[WIDTH, count as u64]),
            Tensor::new("output_norm.weight", &[WIDTH]),
        ];
        for layer in 0..LAYERS {
            let mut add = |part: &str, extents: &[u64]| {
                tensors.push(Tensor::new(&format!("blk.{layer}.{part}.weight"), extents));
            };
            add("attn_norm", &[WIDTH]);
            add("attn_q", &[WIDTH, HEADS * head]);
            add("attn_k", &[WIDTH, CACHED_HEADS * head]);
            add("attn_v", &[WIDTH, CACHED_HEADS * head]);
            add("attn_output", &[HEADS * head, WIDTH]);
            add("ffn_norm", &[WIDTH]);
            add("ffn_gate", &[WIDTH, INNER]);
            add("ffn_up", &[WIDTH, INNER]);
            add("ffn_down", &[INNER, WIDTH]);
        }
        Gguf {
            keys,
            tensors,
            ..Gguf::default()
        }
    }

    /// Gives a key a value; a key that is not there is added.
    pub fn with(mut self, name: &str, value: Value) -> Gguf {
        match self.keys.iter_mut().find(|(key, _)| key == name.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.keys.push((name.as_bytes().to_vec(), value)),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Gguf {
        let before = self.keys.len();
        self.keys.retain(|(key, _)| key != name.as_bytes());
        assert!(self.keys.len() < before, "there is no key {name}");
        self
    }

    /// Changes a tensor.
    pub fn with_tensor(mut self, name: &str, change: impl FnOnce(&mut Tensor)) -> Gguf {
        let tensor = self.tensors.iter_mut().find(|t| t.name == name.as_bytes());
        change(tensor.unwrap_or_else(|| panic!("there is no tensor {name}")));
        self
    }

    pub fn without_tensor(mut self, name: &str) -> Gguf {
        let before = self.tensors.len();
        self.tensors.retain(|tensor| tensor.name != name.as_bytes());
        assert!(self.tensors.len() < before, "there is no tensor {name}");
        self
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        self.write().0
    }

    /// The whole file, and the pieces of its header in their order; the last one is the data.
    pub fn write(&self) -> (Vec<u8>, Vec<Place>) {
        let Writer {
            mut bytes,
            mut places,
        } = self.header();
        let data = bytes.len();
        for tensor in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(self.alignment()), 0);
            bytes.extend(&tensor.data);
            bytes.resize(bytes.len() + tensor.zeros as usize, 0);
        }
        places.push(Place {
            what: "the data".to_owned(),
            bytes: data..bytes.len(),
        });
        (bytes, places)
    }

    /// Writes it into a file that has no name for long, with holes where zeros are.
    #[cfg(test)]
    pub fn file(&self) -> tempfile::NamedTempFile {
        let named = tempfile::NamedTempFile::new().unwrap();
        let mut file: &File = named.as_file();
        let header = self.header().bytes;
        file.write_all(&header).unwrap();
        let mut end = header.len() as u64;
        for tensor in &self.tensors {
            let begin = end.next_multiple_of(self.alignment() as u64);
            file.seek(SeekFrom::Start(begin)).unwrap();
            file.write_all(&tensor.data).unwrap();
            end = begin + tensor.length();
        }
        file.set_len(end).unwrap();
        named
    }

    fn alignment(&self) -> usize {
        self.alignment.max(1) as usize
    }

    /// All that stands before the data, up to where they begin.
    fn header(&self) -> Writer {
        let mut writer = Writer::default();
        writer.put("the magic", &self.magic);
        writer.put("the version", &self.version.to_le_bytes());
        let tensors = self.claimed_tensors.unwrap_or(self.tensors.len() as u64);
        writer.put("the number of tensors", &tensors.to_le_bytes());
        let keys = self.claimed_keys.unwrap_or(self.keys.len() as u64);
        writer.put("the number of keys", &keys.to_le_bytes());
        for (name, value) in &self.keys {
            let shown = String::from_utf8_lossy(name);
            writer.put_text(&format!("the key {shown}"), name);
            writer.put(
                &format!("the type of {shown}"),
                &value.value_type.to_le_bytes(),
            );
            writer.put_value(&shown, value);
        }
        let mut next = 0_u64;
        for tensor in &self.tensors {
            let shown = String::from_utf8_lossy(&tensor.name);
            writer.put_text(&format!("the name of the tensor {shown}"), &tensor.name);
            let dimensions = tensor
                .claimed_dimensions
                .unwrap_or(tensor.extents.len() as u32);
            writer.put(
                &format!("the dimensions of {shown}"),
                &dimensions.to_le_bytes(),
            );
            for extent in &tensor.extents {
                writer.put(&format!("an extent of {shown}"), &extent.to_le_bytes());
            }
            let number_type = tensor.number_type.to_le_bytes();
            writer.put(&format!("the number type of {shown}"), &number_type);
            let offset = tensor.offset.unwrap_or(next);
            writer.put(&format!("the offset of {shown}"), &offset.to_le_bytes());
            next = (next + tensor.length()).next_multiple_of(self.alignment() as u64);
        }
        let begin = writer.bytes.len().next_multiple_of(self.alignment());
        writer.bytes.resize(begin, 0);
        writer
    }

    /// Reads a file that is known to be sound.
    pub fn read(bytes: &[u8]) -> Gguf {
        let mut reader = Reader(bytes);
        let magic = reader.take(4).try_into().expect("four bytes were taken");
        let version = reader.u32();
        let (tensors, keys) = (reader.u64(), reader.u64());
        let keys: Vec<_> = (0..keys).map(|_| (reader.text(), reader.value())).collect();
        let mut tensors: Vec<_> = (0..tensors).map(|_| reader.tensor()).collect();
        let alignment = keys
            .iter()
            .find(|(name, _)| name == b"general.alignment")
            .map_or(32, |(_, value)| u64::from(Reader(&value.bytes).u32()));
        let header = bytes.len() - reader.0.len();
        let data = &bytes[header.next_multiple_of(alignment as usize)..];
        let ends: Vec<u64> = tensors.iter().skip(1).filter_map(|t| t.offset).collect();
        let ends = ends.into_iter().chain([data.len() as u64]);
        for (tensor, end) in tensors.iter_mut().zip(ends) {
            let begin = tensor
                .offset
                .take()
                .expect("every tensor was read with one");
            tensor.data = data[begin as usize..end as usize].to_vec();
        }
        Gguf {
            magic,
            version,
            keys,
            tensors,
            alignment,
            ..Gguf::default()
        }
    }

    /// The first `count` layers of a model, with all that is not of a layer.
    pub fn first_layers(mut self, architecture: &str, count: u32) -> Gguf {
        self.tensors.retain(|tensor| {
            let name = String::from_utf8_lossy(&tensor.name);
            let layer = name
                .strip_prefix("blk.")
                .and_then(|rest| rest.split('.').next());
            layer.is_none_or(|layer| layer.parse().is_ok_and(|layer: u32| layer < count))
        });
        self.with(&format!("{architecture}.block_count"), Value::number(count))
    }
}

/// Tokens for each byte, as the tokenizer of GPT-2 writes them, behind three special ones.
fn byte_tokens() -> Vec<String> {
    let mut tokens = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
    let mut strange = 256..;
    for byte in 0..=255_u32 {
        let is_shown = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let code = if is_shown {
            byte
        } else {
            strange.next().unwrap_or(0)
        };
        tokens.extend(char::from_u32(code).map(String::from));
    }
    tokens
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Writer {
    fn put(&mut self, what: &str, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        self.places.push(Place {
            what: what.to_owned(),
            bytes: start..self.bytes.len(),
        });
    }

    fn put_text(&mut self, what: &str, words: &[u8]) {
        self.put(
            &format!("the length of {what}"),
            &(words.len() as u64).to_le_bytes(),
        );
        self.put(what, words);
    }

    /// Lengths, element types and counts are places of their own.
    fn put_value(&mut self, of: &str, value: &Value) {
        let Value { value_type, bytes } = value;
        match *value_type {
            TEXT if bytes.len() >= 8 => {
                self.put(&format!("the length of {of}"), &bytes[..8]);
                self.put(&format!("the value of {of}"), &bytes[8..]);
            }
            LIST if bytes.len() >= 12 => {
                self.put(&format!("the element type of {of}"), &bytes[..4]);
                self.put(&format!("the count of {of}"), &bytes[4..12]);
                self.put(&format!("the values of {of}"), &bytes[12..]);
            }
            _ => self.put(&format!("the value of {of}"), bytes),
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().expect("four bytes were taken"))
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("eight bytes were taken"))
    }

    fn text(&mut self) -> Vec<u8> {
        let length = self.u64();
        self.take(length as usize).to_vec()
    }

    fn value(&mut self) -> Value {
        let value_type = self.u32();
        let begin = self.0;
        self.skip_value(value_type);
        let length = begin.len() - self.0.len();
        Value::raw(value_type, &begin[..length])
    }

    fn skip_value(&mut self, value_type: u32) {
        match value_type {
            TEXT => drop(self.text()),
            LIST => {
                let of = self.u32();
                for _ in 0..self.u64() {
                    self.skip_value(of);
                }
            }
            0 | 1 | BOOL => drop(self.take(1)),
            2 | 3 => drop(self.take(2)),
            10..=12 => drop(self.take(8)),
            _ => drop(self.take(4)),
        }
    }

    fn tensor(&mut self) -> Tensor {
        let name = self.text();
        let dimensions = self.u32();
        Tensor {
            name,
            extents: (0..dimensions).map(|_| self.u64()).collect(),
            claimed_dimensions: None,
            number_type: self.u32(),
            offset: Some(self.u64()),
            data: Vec::new(),
            zeros: 0,
        }
    }
}
