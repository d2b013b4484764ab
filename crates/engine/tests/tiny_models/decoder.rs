//! Small models that write, with matrices of zeros: only their sizes matter.

use crate::gguf::{FLOATS, Gguf, HALVES};

/// The measures of a model.
#[derive(Clone, Copy)]
pub struct Shape {
    pub architecture: &'static str,
    pub layers: u32,
    pub embedding: u32,
    pub feed_forward: u32,
    pub heads: u32,
    pub cached_heads: u32,
    pub head: u32,
    pub vocabulary: u32,
    /// ggml's number for the type of its matrices.
    pub kind: u32,
    /// How far back windowed layers look.
    pub window: Option<u32>,
    /// Whether there is an output matrix beside the input one.
    pub has_output: bool,
    /// Inner layers to choose two from.
    pub experts: Option<u32>,
}

/// A model of the Llama family in which several heads share keys and values.
pub const GROUPED: Shape = Shape {
    architecture: "llama",
    layers: 4,
    embedding: 256,
    feed_forward: 1024,
    heads: 8,
    cached_heads: 2,
    head: 32,
    vocabulary: 8192,
    kind: HALVES,
    window: None,
    has_output: true,
    experts: None,
};

/// Writes a model of `shape`.
pub fn decoder(shape: &Shape) -> Gguf {
    let mut gguf = Gguf::default();
    write_keys(&mut gguf, shape);
    write_vocabulary(&mut gguf, shape.vocabulary);
    let [embedding, feed_forward, head, vocabulary] = [
        shape.embedding,
        shape.feed_forward,
        shape.head,
        shape.vocabulary,
    ]
    .map(u64::from);
    let queries = u64::from(shape.heads) * head;
    let cached = u64::from(shape.cached_heads) * head;
    let kind = shape.kind;
    gguf.zeros("token_embd.weight", &[embedding, vocabulary], kind);
    gguf.weights(
        "output_norm.weight",
        &[embedding],
        vec![1.0; shape.embedding as usize],
    );
    if shape.has_output {
        gguf.zeros("output.weight", &[embedding, vocabulary], kind);
    }
    for layer in 0..shape.layers {
        let mut zeros = |name: &str, dimensions: &[u64], kind| {
            gguf.zeros(&format!("blk.{layer}.{name}.weight"), dimensions, kind);
        };
        zeros("attn_norm", &[embedding], FLOATS);
        zeros("attn_q", &[embedding, queries], kind);
        zeros("attn_k", &[embedding, cached], kind);
        zeros("attn_v", &[embedding, cached], kind);
        zeros("attn_output", &[queries, embedding], kind);
        zeros("ffn_norm", &[embedding], FLOATS);
        if let Some(experts) = shape.experts.map(u64::from) {
            zeros("ffn_gate_inp", &[embedding, experts], FLOATS);
            zeros("ffn_gate_exps", &[embedding, feed_forward, experts], kind);
            zeros("ffn_up_exps", &[embedding, feed_forward, experts], kind);
            zeros("ffn_down_exps", &[feed_forward, embedding, experts], kind);
        } else {
            zeros("ffn_gate", &[embedding, feed_forward], kind);
            zeros("ffn_up", &[embedding, feed_forward], kind);
            zeros("ffn_down", &[feed_forward, embedding], kind);
        }
        if shape.architecture == "gemma3" {
            zeros("post_attention_norm", &[embedding], FLOATS);
            zeros("post_ffw_norm", &[embedding], FLOATS);
            zeros("attn_q_norm", &[head], FLOATS);
            zeros("attn_k_norm", &[head], FLOATS);
        }
    }
    gguf
}

fn write_keys(gguf: &mut Gguf, shape: &Shape) {
    let own = |name: &str| format!("{}.{name}", shape.architecture);
    gguf.text("general.architecture", shape.architecture);
    gguf.number(&own("context_length"), 32_768);
    gguf.number(&own("block_count"), shape.layers);
    gguf.number(&own("embedding_length"), shape.embedding);
    gguf.number(&own("feed_forward_length"), shape.feed_forward);
    gguf.number(&own("attention.head_count"), shape.heads);
    gguf.number(&own("attention.head_count_kv"), shape.cached_heads);
    gguf.number(&own("attention.key_length"), shape.head);
    gguf.number(&own("attention.value_length"), shape.head);
    gguf.number(&own("rope.dimension_count"), shape.head);
    gguf.float(&own("attention.layer_norm_rms_epsilon"), 1e-6);
    if let Some(window) = shape.window {
        gguf.number(&own("attention.sliding_window"), window);
    }
    if let Some(experts) = shape.experts {
        gguf.number(&own("expert_count"), experts);
        gguf.number(&own("expert_used_count"), 2);
    }
}

/// The tokens of a vocabulary of the Llama 2 kind: three control tokens, the bytes, then words.
pub fn write_vocabulary(gguf: &mut Gguf, count: u32) {
    const UNKNOWN: u32 = 2;
    const CONTROL: u32 = 3;
    const BYTE: u32 = 6;
    const NORMAL: u32 = 1;
    let (tokens, kinds): (Vec<String>, Vec<u32>) = (0..count)
        .map(|token| match token {
            0 => ("<unk>".to_owned(), UNKNOWN),
            1 => ("<s>".to_owned(), CONTROL),
            2 => ("</s>".to_owned(), CONTROL),
            3..=258 => (format!("<0x{:02X}>", token - 3), BYTE),
            _ => (format!("word{token}"), NORMAL),
        })
        .unzip();
    gguf.text("tokenizer.ggml.model", "llama");
    gguf.texts("tokenizer.ggml.tokens", &tokens);
    gguf.floats("tokenizer.ggml.scores", &vec![0.0; tokens.len()]);
    gguf.numbers("tokenizer.ggml.token_type", &kinds);
}
