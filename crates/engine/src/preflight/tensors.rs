//! The table of tensors: that the file holds their data, and that a model can be computed with them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Read, Seek};

use aparte_protocol::engine::LoadFailure;

use super::cursor::Cursor;
use super::damaged;
use super::demands::{Layer, Shape};
use super::tensor_type::{F32, I32, block, is_of_weights};
use super::weights::Weights;

/// The tensors of a file.
pub(super) struct Tensors {
    /// How their bytes are spread over the model.
    pub(super) weights: Weights,
    named: HashMap<Box<[u8]>, Tensor>,
}

/// ggml keeps names in 64 bytes, the last of which is zero.
const LONGEST_NAME: u64 = 63;

struct Tensor {
    /// As ggml has them: those that the file does not name are one.
    extents: [u64; 4],
    number_type: u32,
}

impl Tensors {
    /// Reads the table of `count` tensors, and checks that the file holds all their data.
    pub(super) fn read<R: Read + Seek>(
        cursor: &mut Cursor<'_, R>,
        count: u64,
        alignment: u64,
    ) -> Result<Tensors, LoadFailure> {
        if count == 0 {
            return Err(damaged("it has no weights"));
        }
        let too_large = || damaged("a tensor is larger than any file");
        let mut named = HashMap::new();
        let mut weights = Weights::default();
        // Where the next tensor begins, and where the last one ends, both in the data section.
        let mut next: u64 = 0;
        let mut end: u64 = 0;
        for _ in 0..count {
            let name = cursor.string(LONGEST_NAME, "the name of a tensor")?;
            // ggml reads names as C does, and would take it for another tensor.
            if name.contains(&0) {
                return Err(damaged("the name of a tensor holds a zero"));
            }
            let tensor = Tensor::read(cursor)?;
            let size = tensor.size()?;
            weights.count(&name, tensor.number_type, size);
            if cursor.u64()? != next {
                return Err(damaged("a tensor is not where the one before it ends"));
            }
            end = next.checked_add(size).ok_or_else(too_large)?;
            next = end
                .checked_next_multiple_of(alignment)
                .ok_or_else(too_large)?;
            match named.entry(name.into_boxed_slice()) {
                Entry::Occupied(_) => return Err(damaged("a tensor appears twice")),
                Entry::Vacant(place) => place.insert(tensor),
            };
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
        Ok(Tensors { weights, named })
    }

    /// Checks that the tensors are those of a model of this shape.
    pub(super) fn check(&self, shape: &Shape) -> Result<(), LoadFailure> {
        let layers = shape.layers.len() as u64;
        for name in self.named.keys() {
            if layer_of(name).is_some_and(|layer| layer >= layers) {
                return Err(damaged(
                    "it has weights for more layers than its block_count",
                ));
            }
        }
        match shape.architecture.as_str() {
            "llama" => self.check_llama(shape),
            _ => Ok(()),
        }
    }

    /// The tensors of the architecture that most small models have. Those of an expert model differ and are left to
    /// llama.cpp, which looks for all of them in any case.
    fn check_llama(&self, shape: &Shape) -> Result<(), LoadFailure> {
        let width = shape.embedding_length;
        self.require("token_embd.weight", [width, shape.token_count])?;
        self.require("output_norm.weight", [width, 1])?;
        if self.named.contains_key(b"output.weight".as_slice()) {
            self.require("output.weight", [width, shape.token_count])?;
        }
        for (number, layer) in shape.layers.iter().enumerate() {
            let Layer {
                heads,
                cached_heads,
                inner_length,
            } = *layer;
            let times = |a: u64, b: u64| {
                a.checked_mul(b)
                    .ok_or_else(|| damaged("the widths of its heads overflow"))
            };
            let of_query = times(heads, shape.key_width)?;
            let of_key = times(cached_heads, shape.key_width)?;
            let of_value = times(cached_heads, shape.value_width)?;
            let name = |part: &str| format!("blk.{number}.{part}.weight");
            self.require(&name("attn_norm"), [width, 1])?;
            if !self.named.contains_key(name("attn_qkv").as_bytes()) {
                self.require(&name("attn_q"), [width, of_query])?;
                self.require(&name("attn_k"), [width, of_key])?;
                self.require(&name("attn_v"), [width, of_value])?;
            }
            self.require(&name("attn_output"), [of_query, width])?;
            self.require(&name("ffn_norm"), [width, 1])?;
            if shape.experts == 0 {
                self.require(&name("ffn_gate"), [width, inner_length])?;
                self.require(&name("ffn_up"), [width, inner_length])?;
                self.require(&name("ffn_down"), [inner_length, width])?;
            }
        }
        Ok(())
    }

    fn require(&self, name: &str, [width, height]: [u64; 2]) -> Result<(), LoadFailure> {
        let tensor = self
            .named
            .get(name.as_bytes())
            .ok_or_else(|| damaged(format!("the tensor {name} is missing")))?;
        if tensor.extents != [width, height, 1, 1] {
            return Err(damaged(format!(
                "the tensor {name} has another shape than the header says"
            )));
        }
        if tensor.number_type == I32 {
            return Err(damaged(format!(
                "the tensor {name} has a type that no weights have"
            )));
        }
        Ok(())
    }
}

impl Tensor {
    fn read<R: Read + Seek>(cursor: &mut Cursor<'_, R>) -> Result<Tensor, LoadFailure> {
        let dimensions = cursor.u32()?;
        if dimensions > 4 {
            return Err(damaged("a tensor has more than four dimensions"));
        }
        let mut extents = [1; 4];
        for extent in extents.iter_mut().take(dimensions as usize) {
            *extent = cursor.u64()?;
            if *extent == 0 {
                return Err(damaged("a tensor has a dimension of zero"));
            }
        }
        let tensor = Tensor {
            extents,
            number_type: cursor.u32()?,
        };
        tensor.check_type()?;
        Ok(tensor)
    }

    fn check_type(&self) -> Result<(), LoadFailure> {
        let number_type = self.number_type;
        let [_, rest @ ..] = self.extents;
        if block(number_type).is_none() {
            return Err(damaged("a tensor has an unknown type"));
        }
        // ggml multiplies and adds rows of 32-bit fractions only, and has no way to compute with some of its types.
        if !is_of_weights(number_type) || (rest == [1; 3] && number_type != F32) {
            return Err(damaged("a tensor has a type that no weights have"));
        }
        Ok(())
    }

    /// Bytes of its data.
    fn size(&self) -> Result<u64, LoadFailure> {
        let overflow = || damaged("the dimensions of a tensor overflow");
        let mut elements: u64 = 1;
        for extent in self.extents {
            elements = elements.checked_mul(extent).ok_or_else(overflow)?;
        }
        // llama.cpp counts in signed numbers.
        if i64::try_from(elements).is_err() {
            return Err(overflow());
        }
        let (per_block, bytes) =
            block(self.number_type).ok_or_else(|| damaged("a tensor has an unknown type"))?;
        if !self.extents[0].is_multiple_of(per_block) {
            return Err(damaged("a row of a tensor is not made of whole blocks"));
        }
        (elements / per_block)
            .checked_mul(bytes)
            .ok_or_else(overflow)
    }
}

/// The number in `blk.NUMBER.…`.
fn layer_of(name: &[u8]) -> Option<u64> {
    let name = std::str::from_utf8(name).ok()?;
    let (number, _) = name.strip_prefix("blk.")?.split_once('.')?;
    number.parse().ok()
}
