//! Which part of a model each tensor belongs to, told from its name (`llama-arch.cpp` in llama.cpp).

use super::metadata::LAYER_LIMIT;

/// How the bytes of a model are spread.
#[derive(Default)]
pub(super) struct Weights {
    /// All of them, with what lies between.
    pub(super) bytes: u64,
    pub(super) input_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) layer_bytes: Vec<u64>,
    /// Of the table that has a row for each token.
    pub(super) token_bytes: u64,
    pub(super) token_type: u32,
    /// Whether there is a table of its own for the way back to tokens.
    pub(super) has_output: bool,
    pub(super) has_scorer: bool,
    pub(super) has_scorer_step: bool,
}

impl Weights {
    /// Counts one tensor.
    pub(super) fn count(&mut self, name: &[u8], tensor_type: u32, bytes: u64) {
        let name = String::from_utf8_lossy(name);
        let sum = if let Some(layer) = layer_of(&name) {
            if self.layer_bytes.len() <= layer {
                self.layer_bytes.resize(layer + 1, 0);
            }
            &mut self.layer_bytes[layer]
        } else if INPUTS.iter().any(|input| name.starts_with(input)) {
            &mut self.input_bytes
        } else {
            &mut self.output_bytes
        };
        *sum = sum.saturating_add(bytes);
        match &*name {
            "token_embd.weight" => {
                self.token_bytes = bytes;
                self.token_type = tensor_type;
            }
            "output.weight" => self.has_output = true,
            "cls.output.weight" => self.has_scorer = true,
            "cls.weight" => self.has_scorer_step = true,
            _ => {}
        }
    }
}

/// What the names of weights begin with that are looked up by token or position.
const INPUTS: [&str; 4] = [
    "token_embd.",
    "position_embd.",
    "token_types.",
    "per_layer_token_embd.",
];

/// The layer that a tensor named `blk.N.…` belongs to.
fn layer_of(name: &str) -> Option<usize> {
    let (layer, _) = name.strip_prefix("blk.")?.split_once('.')?;
    layer
        .parse()
        .ok()
        .filter(|&layer| layer < LAYER_LIMIT as usize)
}
