//! What each layer of a model holds: weights, and what it keeps of the tokens that were computed.
//!
//! The rules are those by which llama.cpp lays out its memory (`llama-model.cpp`, `llama-hparams.cpp` and the files of
//! `models/`). What a file does not say is decided by its architecture there, so it is here too. An architecture
//! that is not known keeps everything in every layer, which is the most that it can need.

use super::metadata::{Metadata, PerLayer};

/// One layer of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// Bytes of its weights.
    pub weight_bytes: u64,
    /// Numbers of the keys that it keeps for each token. Zero for a layer that keeps none, or uses those of another.
    pub key_width: u64,
    /// Numbers of the values that it keeps for each token.
    pub value_width: u64,
    /// Whether it looks back no further than the model's window.
    pub is_windowed: bool,
    /// Numbers of its state, which is of one size however long the text is, for each text.
    pub state_width: u64,
}

/// The layers of a model, without their weights.
pub(super) fn layers(metadata: &Metadata, architecture: &str, block_count: u64) -> Vec<Layer> {
    let own = |name: &str| format!("{architecture}.{name}");
    let number = |name: &str| metadata.number(&own(name));
    let heads = metadata.per_layer(&own("attention.head_count"), 0);
    let cached_heads = match metadata.per_layer(&own("attention.head_count_kv"), 0) {
        PerLayer::Same(0) => heads.clone(),
        cached => cached,
    };
    let embedding_length = number("embedding_length").unwrap_or(0);
    let head_width = embedding_length / heads.widest().max(1);
    let key_length = number("attention.key_length").unwrap_or(head_width);
    let value_length = number("attention.value_length").unwrap_or(head_width);
    let key_length_windowed = number("attention.key_length_swa").unwrap_or(key_length);
    let value_length_windowed = number("attention.value_length_swa").unwrap_or(value_length);
    // Values are computed from the keys there.
    let has_values = number("attention.key_length_mla").unwrap_or(0) == 0
        || number("attention.value_length_mla").unwrap_or(0) == 0;
    let windowed = windowed(metadata, architecture, block_count);
    let state_width = state_width(metadata, architecture, embedding_length);
    // Those that guess several tokens at once come last, and are left out.
    let computed = block_count.saturating_sub(number("nextn_predict_layers").unwrap_or(0));
    let keeping = match architecture {
        "gemma3n" => 20,
        _ => block_count.saturating_sub(number("attention.shared_kv_layers").unwrap_or(0)),
    }
    .min(computed);
    (0..block_count)
        .map(|index| {
            let is_windowed = windowed(index);
            let recurs = recurs(metadata, architecture, index, cached_heads.of(index));
            let has_attention = (!recurs || architecture == "falcon-h1")
                && index < keeping
                && !is_encoder(architecture);
            let heads = if has_attention {
                cached_heads.of(index)
            } else {
                0
            };
            let (key, value) = if is_windowed {
                (key_length_windowed, value_length_windowed)
            } else {
                (key_length, value_length)
            };
            Layer {
                weight_bytes: 0,
                key_width: heads.saturating_mul(key),
                value_width: if has_values {
                    heads.saturating_mul(value)
                } else {
                    0
                },
                is_windowed,
                state_width: if recurs && index < computed {
                    state_width
                } else {
                    0
                },
            }
        })
        .collect()
}

/// How far back the windowed layers look, in tokens; zero when there are none.
pub(super) fn window(metadata: &Metadata, architecture: &str, block_count: u64) -> u64 {
    let windowed = windowed(metadata, architecture, block_count);
    if (0..block_count).any(windowed) {
        stated_window(metadata, architecture)
    } else {
        0
    }
}

/// Whether the inner layers of `architecture` are the products of two, as those of most are.
pub(super) fn is_gated(architecture: &str) -> bool {
    !matches!(
        architecture,
        "bert"
            | "jina-bert-v3"
            | "nomic-bert-moe"
            | "gpt2"
            | "gptneox"
            | "phi2"
            | "starcoder"
            | "starcoder2"
            | "falcon"
            | "bloom"
            | "mpt"
            | "nemotron"
    )
}

/// Whether models of `architecture` read a text as a whole and keep nothing of it.
pub(super) fn is_encoder(architecture: &str) -> bool {
    ENCODERS.contains(&architecture)
}

const ENCODERS: [&str; 10] = [
    "bert",
    "nomic-bert",
    "nomic-bert-moe",
    "jina-bert-v2",
    "jina-bert-v3",
    "neo-bert",
    "eurobert",
    "modern-bert",
    "gemma-embedding",
    "t5encoder",
];

fn stated_window(metadata: &Metadata, architecture: &str) -> u64 {
    let stated = metadata.number(&format!("{architecture}.attention.sliding_window"));
    match (architecture, stated) {
        (_, Some(0)) => 0,
        ("gemma2", None) => 4096,
        ("llama4", _) => 8192,
        ("smallthinker", Some(_)) => 4096,
        ("exaone-moe", None) => 128,
        ("exaone4", None) => 4096,
        (_, stated) => stated.unwrap_or(0),
    }
}

/// Tells of each layer whether it looks back no further than the window.
fn windowed(
    metadata: &Metadata,
    architecture: &str,
    block_count: u64,
) -> impl Fn(u64) -> bool + Copy {
    // Of so many layers one looks at everything: the last or, where that is said, the first.
    let (period, is_first) = match architecture {
        "gemma2" | "gpt-oss" => (2, false),
        "modern-bert" => (3, true),
        "cohere2" | "exaone-moe" | "olmo2" | "llama4" | "afmoe" | "mellum" | "muse-glimmer" => {
            (4, false)
        }
        "exaone4" if block_count == 64 => (4, false),
        "cohere2moe" | "smallthinker" | "laguna" => (4, true),
        "gemma3n" => (5, false),
        "gemma3" | "gemma-embedding" => (6, false),
        "plamo3" => (8, false),
        _ => (1, false),
    };
    let key = format!("{architecture}.attention.sliding_window_pattern");
    let is_known = period != 1 || LISTING.contains(&architecture);
    let window = if is_known {
        stated_window(metadata, architecture)
    } else {
        0
    };
    let list = metadata.list(&key);
    let period = metadata.number(&key).unwrap_or(period);
    move |index| {
        if window == 0 {
            return false;
        }
        match (list, period) {
            (Some(list), _) => list
                .get(index as usize)
                .is_some_and(|&is_windowed| is_windowed != 0),
            (None, 0) => true,
            (None, period) if is_first => !index.is_multiple_of(period),
            (None, period) => index % period < period - 1,
        }
    }
}

/// The architectures that say of each layer whether it is windowed.
const LISTING: [&str; 7] = [
    "gemma4",
    "mimo2",
    "step35",
    "granite-swa",
    "spark2-5",
    "maple",
    "dots3note",
];

/// Whether a layer keeps a state instead of keys and values.
fn recurs(metadata: &Metadata, architecture: &str, index: u64, cached_heads: u64) -> bool {
    match architecture {
        "mamba" | "mamba2" | "rwkv6" | "rwkv6qwen2" | "rwkv7" | "arwkv7" | "falcon-h1" => true,
        "qwen3next" | "qwen35" | "qwen35moe" | "qwen4exp" | "minimax-01" => {
            let own = |name: &str| format!("{architecture}.{name}");
            match metadata.list(&own("attention.recurrent_layers")) {
                Some(list) => list.get(index as usize).is_some_and(|&recurs| recurs != 0),
                None => {
                    let interval = metadata
                        .number(&own("full_attention_interval"))
                        .unwrap_or(4);
                    !(index + 1).is_multiple_of(interval.max(1))
                }
            }
        }
        _ => cached_heads == 0,
    }
}

/// Numbers of the state of a layer that recurs.
fn state_width(metadata: &Metadata, architecture: &str, embedding_length: u64) -> u64 {
    let number = |name: &str| metadata.number(&format!("{architecture}.{name}"));
    if let Some(head) = number("wkv.head_size").filter(|&head| head > 0) {
        let shifts = number("token_shift_count").unwrap_or(2);
        return embedding_length.saturating_mul(shifts.saturating_add(head));
    }
    if let Some(length) = number("shortconv.l_cache").filter(|&length| length > 0) {
        return embedding_length.saturating_mul(length - 1);
    }
    let kernel = number("ssm.conv_kernel").unwrap_or(0).saturating_sub(1);
    let inner = number("ssm.inner_size").unwrap_or(0);
    let state = number("ssm.state_size").unwrap_or(0);
    let groups = number("ssm.group_count").unwrap_or(0);
    let convolved = inner.saturating_add(groups.saturating_mul(state).saturating_mul(2));
    kernel
        .saturating_mul(convolved)
        .saturating_add(state.saturating_mul(inner))
}
