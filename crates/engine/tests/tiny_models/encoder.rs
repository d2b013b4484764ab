//! A small BERT with fixed weights, and its outcome computed here, in 64 bits, from the definition of the architecture
//! (Devlin et al., 2018, with the approximation of GELU by a hyperbolic tangent).

use std::collections::HashMap;

use crate::gguf::Gguf;

/// Positions that the model knows.
pub const LONGEST: usize = 64;

const EMBEDDING: usize = 32;
const FEED_FORWARD: usize = 64;
const HEADS: usize = 2;
const LAYERS: usize = 2;
const EPSILON: f64 = 1e-12;

const BEGIN: usize = 2;
const END: usize = 3;

/// Each word is a token.
const WORDS: [&str; 10] = [
    "the", "cat", "sat", "on", "mat", "dog", "ran", "home", "red", "house",
];
/// Before the words.
const MARKS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// How a text becomes one row of numbers, with GGUF's number for it.
#[derive(Clone, Copy)]
pub enum Pooled {
    Mean = 1,
    First = 2,
    Last = 3,
    Rank = 4,
}

/// The weights by name.
pub struct Bert {
    weights: HashMap<String, Weights>,
    pooled: Option<Pooled>,
}

struct Weights {
    /// The number of inputs first.
    dimensions: Vec<u64>,
    values: Vec<f32>,
}

impl Bert {
    /// A model that makes vectors; `None` leaves it unsaid how.
    pub fn embedding(pooled: Option<Pooled>) -> Bert {
        let mut bert = Bert {
            weights: HashMap::new(),
            pooled,
        };
        let [width, inner] = [EMBEDDING, FEED_FORWARD];
        bert.add(
            "token_embd.weight",
            &[width, MARKS.len() + WORDS.len()],
            1.0,
        );
        bert.add("position_embd.weight", &[width, LONGEST], 0.5);
        bert.add("token_types.weight", &[width, 1], 0.3);
        bert.add_norm("token_embd_norm");
        for layer in 0..LAYERS {
            for name in ["attn_q", "attn_k", "attn_v", "attn_output"] {
                bert.add_linear(&format!("blk.{layer}.{name}"), width, width);
            }
            bert.add_linear(&format!("blk.{layer}.ffn_up"), width, inner);
            bert.add_linear(&format!("blk.{layer}.ffn_down"), inner, width);
            bert.add_norm(&format!("blk.{layer}.attn_output_norm"));
            bert.add_norm(&format!("blk.{layer}.layer_output_norm"));
        }
        bert
    }

    /// A model that scores texts.
    pub fn reranking() -> Bert {
        let mut bert = Bert::embedding(Some(Pooled::Rank));
        bert.add_linear("cls", EMBEDDING, EMBEDDING);
        bert.add_linear("cls.output", EMBEDDING, 1);
        bert
    }

    pub fn gguf(&self) -> Gguf {
        const NORMAL: u32 = 1;
        const CONTROL: u32 = 3;
        let mut gguf = Gguf::default();
        gguf.text("general.architecture", "bert");
        gguf.number("bert.context_length", LONGEST as u32);
        gguf.number("bert.block_count", LAYERS as u32);
        gguf.number("bert.embedding_length", EMBEDDING as u32);
        gguf.number("bert.feed_forward_length", FEED_FORWARD as u32);
        gguf.number("bert.attention.head_count", HEADS as u32);
        gguf.float("bert.attention.layer_norm_epsilon", EPSILON as f32);
        gguf.truth("bert.attention.causal", false);
        if let Some(pooled) = self.pooled {
            gguf.number("bert.pooling_type", pooled as u32);
        }
        let marks = MARKS.iter().map(|mark| (*mark).to_owned());
        // The sign stands for the space before a word.
        let words = WORDS.iter().map(|word| format!("\u{2581}{word}"));
        let kinds = MARKS
            .map(|_| CONTROL)
            .into_iter()
            .chain(WORDS.map(|_| NORMAL));
        gguf.text("tokenizer.ggml.model", "bert");
        gguf.texts(
            "tokenizer.ggml.tokens",
            &marks.chain(words).collect::<Vec<_>>(),
        );
        gguf.numbers("tokenizer.ggml.token_type", &kinds.collect::<Vec<_>>());
        gguf.number("tokenizer.ggml.token_type_count", 1);
        gguf.number("tokenizer.ggml.padding_token_id", 0);
        gguf.number("tokenizer.ggml.unknown_token_id", 1);
        gguf.number("tokenizer.ggml.bos_token_id", BEGIN as u32);
        // GGUF spells it so.
        gguf.number("tokenizer.ggml.seperator_token_id", END as u32);
        gguf.number("tokenizer.ggml.mask_token_id", 4);
        for (name, weights) in &self.weights {
            gguf.weights(name, &weights.dimensions, weights.values.clone());
        }
        gguf
    }

    /// The vector of `text`, of length one.
    pub fn vector(&self, text: &str) -> Vec<f64> {
        let states = self.states(&tokens(&[text]));
        let row = match self.pooled {
            Some(Pooled::First) => states[0].clone(),
            Some(Pooled::Last) => states[states.len() - 1].clone(),
            _ => {
                let mean = |at: usize| states.iter().map(|state| state[at]).sum::<f64>();
                (0..EMBEDDING)
                    .map(|at| mean(at) / states.len() as f64)
                    .collect()
            }
        };
        let length = row.iter().map(|number| number * number).sum::<f64>().sqrt();
        row.iter().map(|number| number / length).collect()
    }

    /// How well `text` answers `question`.
    pub fn score(&self, question: &str, text: &str) -> f64 {
        let states = self.states(&tokens(&[question, text]));
        let step: Vec<f64> = self
            .linear("cls", &states[0])
            .into_iter()
            .map(f64::tanh)
            .collect();
        self.linear("cls.output", &step)[0]
    }

    /// What becomes of each token.
    fn states(&self, tokens: &[usize]) -> Vec<Vec<f64>> {
        let mut states: Vec<Vec<f64>> = tokens
            .iter()
            .enumerate()
            .map(|(position, &token)| {
                let sum: Vec<f64> = (0..EMBEDDING)
                    .map(|at| {
                        self.row("token_embd.weight", token)[at]
                            + self.row("position_embd.weight", position)[at]
                            + self.row("token_types.weight", 0)[at]
                    })
                    .collect();
                self.norm("token_embd_norm", &sum)
            })
            .collect();
        for layer in 0..LAYERS {
            let of = |name: &str| format!("blk.{layer}.{name}");
            let attended = self.attention(layer, &states);
            states = states
                .iter()
                .zip(attended)
                .map(|(state, attended)| {
                    let attended = self.linear(&of("attn_output"), &attended);
                    let middle = self.norm(&of("attn_output_norm"), &sum(state, &attended));
                    let inner: Vec<f64> = self
                        .linear(&of("ffn_up"), &middle)
                        .into_iter()
                        .map(gelu)
                        .collect();
                    let outer = self.linear(&of("ffn_down"), &inner);
                    self.norm(&of("layer_output_norm"), &sum(&middle, &outer))
                })
                .collect();
        }
        states
    }

    fn attention(&self, layer: usize, states: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let project = |name: &str| -> Vec<Vec<f64>> {
            let name = format!("blk.{layer}.{name}");
            states
                .iter()
                .map(|state| self.linear(&name, state))
                .collect()
        };
        let [queries, keys, values] = ["attn_q", "attn_k", "attn_v"].map(project);
        let width = EMBEDDING / HEADS;
        queries
            .iter()
            .map(|query| {
                let head = |head: usize| -> Vec<f64> {
                    let own = head * width..(head + 1) * width;
                    let likeness: Vec<f64> = keys
                        .iter()
                        .map(|key| {
                            let products = own.clone().map(|at| query[at] * key[at]);
                            (products.sum::<f64>() / (width as f64).sqrt()).exp()
                        })
                        .collect();
                    let all: f64 = likeness.iter().sum();
                    own.map(|at| {
                        let parts = likeness.iter().zip(&values);
                        parts.map(|(part, value)| part / all * value[at]).sum()
                    })
                    .collect()
                };
                (0..HEADS).flat_map(head).collect()
            })
            .collect()
    }

    fn linear(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let bias = self.row(&format!("{name}.bias"), 0);
        let weight = format!("{name}.weight");
        (0..bias.len())
            .map(|output| {
                let products = self.row(&weight, output).into_iter().zip(input);
                products.map(|(weight, input)| weight * input).sum::<f64>() + bias[output]
            })
            .collect()
    }

    fn norm(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let weight = self.row(&format!("{name}.weight"), 0);
        let bias = self.row(&format!("{name}.bias"), 0);
        let count = input.len() as f64;
        let mean = input.iter().sum::<f64>() / count;
        let spread = input
            .iter()
            .map(|number| (number - mean).powi(2))
            .sum::<f64>()
            / count;
        let scale = 1.0 / (spread + EPSILON).sqrt();
        (0..input.len())
            .map(|at| (input[at] - mean) * scale * weight[at] + bias[at])
            .collect()
    }

    fn row(&self, name: &str, row: usize) -> Vec<f64> {
        let weights = &self.weights[name];
        let width = weights.dimensions[0] as usize;
        let values = &weights.values[row * width..(row + 1) * width];
        values.iter().map(|&value| f64::from(value)).collect()
    }

    fn add_linear(&mut self, name: &str, inputs: usize, outputs: usize) {
        let largest = 2.0 / (inputs as f32).sqrt();
        self.add(&format!("{name}.weight"), &[inputs, outputs], largest);
        self.add(&format!("{name}.bias"), &[outputs], 0.2);
    }

    fn add_norm(&mut self, name: &str) {
        self.add(&format!("{name}.bias"), &[EMBEDDING], 0.2);
        let name = format!("{name}.weight");
        self.add(&name, &[EMBEDDING], 0.5);
        for value in &mut self.weights.get_mut(&name).unwrap().values {
            *value += 1.0;
        }
    }

    /// Adds weights between minus and plus `largest` that look like chance but follow from the name.
    fn add(&mut self, name: &str, dimensions: &[usize], largest: f32) {
        let mut state = name.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * largest
        };
        let count = dimensions.iter().product();
        self.weights.insert(
            name.to_owned(),
            Weights {
                dimensions: dimensions.iter().map(|&extent| extent as u64).collect(),
                values: (0..count).map(|_| next()).collect(),
            },
        );
    }
}

/// The beginning, then each text with an end after it.
fn tokens(texts: &[&str]) -> Vec<usize> {
    let mut tokens = vec![BEGIN];
    for text in texts {
        tokens.extend(text.split(' ').map(|word| {
            let word = WORDS.iter().position(|&known| known == word);
            MARKS.len() + word.expect("a word of the model's")
        }));
        tokens.push(END);
    }
    tokens
}

fn sum(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one + other)
        .collect()
}

fn gelu(number: f64) -> f64 {
    let inner = (2.0 / std::f64::consts::PI).sqrt() * (number + 0.044_715 * number.powi(3));
    0.5 * number * (1.0 + inner.tanh())
}
