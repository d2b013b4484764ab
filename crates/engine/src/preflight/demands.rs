//! What llama.cpp takes for granted about the values of a header, and asserts, divides by or indexes with.
//!
//! Each demand is one of llama.cpp's own (`llama_model_base::load_hparams`, `llama_vocab::impl::load`, the rotation and
//! the normalisation of `ggml`), so a model that it can run meets all of them. What it refuses in good order by itself,
//! as an unknown architecture, is left to it.

use aparte_protocol::engine::LoadFailure;

use super::damaged;
use super::metadata::{BOOL, FLOAT32, INT32, LAYER_LIMIT, Metadata, STRING, UINT32, Value};

/// The numbers that give a model its shape, found to fit together.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) architecture: String,
    /// Tokens that it was trained on; zero when the file says so.
    pub(super) context_length: u32,
    pub(super) embedding_length: u64,
    /// One for each layer; at least one.
    pub(super) layers: Vec<Layer>,
    /// Numbers in the key and in the value of one head.
    pub(super) key_width: u64,
    pub(super) value_width: u64,
    pub(super) token_count: u64,
    /// Number of experts; zero for a model without.
    pub(super) experts: u64,
}

/// The numbers of one layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    pub(super) heads: u64,
    /// Heads whose keys and values the context keeps.
    pub(super) cached_heads: u64,
    pub(super) inner_length: u64,
}

impl Shape {
    /// Checks the values of a header, and gives those that make up the shape of the model.
    pub(super) fn of(metadata: &Metadata) -> Result<Shape, LoadFailure> {
        let architecture = metadata
            .text("general.architecture")
            .filter(|architecture| !architecture.is_empty())
            .ok_or_else(|| damaged("it does not say its architecture"))?;
        if metadata
            .number("split.count")
            .is_some_and(|count| count > 1)
        {
            return Err(LoadFailure::Unsupported(
                "split over several files".to_owned(),
            ));
        }
        let own = Own {
            metadata,
            architecture,
        };
        if metadata.get("tokenizer.ggml.tokens").is_none() {
            return Err(LoadFailure::Unsupported(architecture.to_owned()));
        }
        check_types(&own)?;
        check_vocabulary(metadata)?;
        check_fractions(&own)?;
        own.shape()
    }

    /// Width of the widest inner layer.
    pub(super) fn widest_inner(&self) -> u64 {
        let lengths = self.layers.iter().map(|layer| layer.inner_length);
        lengths.max().unwrap_or(0)
    }
}

/// The keys that carry the name of the architecture.
struct Own<'a> {
    metadata: &'a Metadata,
    architecture: &'a str,
}

impl Own<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.metadata.number(&self.key(name))
    }

    fn required(&self, name: &str) -> Result<u64, LoadFailure> {
        self.number(name)
            .ok_or_else(|| damaged(format!("it does not say its {name}")))
    }

    fn shape(&self) -> Result<Shape, LoadFailure> {
        let context_length = self.required("context_length")?;
        let embedding_length = self.required("embedding_length")?;
        if embedding_length == 0 {
            return Err(damaged("its embedding_length is zero"));
        }
        let layers = self.layers()?;
        let first_heads = layers.first().map_or(0, |layer| layer.heads);
        let width = |name| match (self.number(name), first_heads) {
            // The first layer attends to nothing, and maybe none does.
            (said, 0) => Ok(said.unwrap_or(0)),
            (Some(0), _) => Err(damaged(format!("its {name} is zero"))),
            (Some(width), _) => Ok(width),
            (None, heads) if embedding_length.is_multiple_of(heads) => Ok(embedding_length / heads),
            (None, _) => Err(damaged("its heads do not divide its embedding_length")),
        };
        let (key_width, value_width) = (
            width("attention.key_length")?,
            width("attention.value_length")?,
        );
        self.check_rotation(key_width)?;
        Ok(Shape {
            architecture: self.architecture.to_owned(),
            context_length: u32::try_from(context_length).unwrap_or(u32::MAX),
            embedding_length,
            key_width,
            value_width,
            token_count: self.metadata.vocabulary.tokens,
            experts: self.experts(layers.len())?,
            layers,
        })
    }

    fn layers(&self) -> Result<Vec<Layer>, LoadFailure> {
        let count = self.required("block_count")?;
        if count == 0 {
            return Err(damaged("its block_count is zero"));
        }
        if count > LAYER_LIMIT {
            return Err(damaged("it claims too many layers"));
        }
        if self
            .number("nextn_predict_layers")
            .is_some_and(|ahead| ahead > count)
        {
            return Err(damaged("its nextn_predict_layers are more than its layers"));
        }
        let count = count as usize;
        let heads = self.per_layer("attention.head_count", count)?;
        let cached = self.per_layer("attention.head_count_kv", count)?;
        let inner = self.per_layer("feed_forward_length", count)?;
        let layer = |number: usize| {
            let heads = heads.at(number).unwrap_or(0);
            let layer = Layer {
                heads,
                cached_heads: cached.at(number).unwrap_or(heads),
                inner_length: inner.at(number).unwrap_or(0),
            };
            // Each head that keeps keys and values serves as many of the others. A layer without attention has none.
            match layer.cached_heads {
                0 => Ok(layer),
                cached if heads.is_multiple_of(cached) => Ok(layer),
                _ => Err(damaged(
                    "its head_count is no multiple of its head_count_kv",
                )),
            }
        };
        (0..count).map(layer).collect()
    }

    fn per_layer(&self, name: &str, layers: usize) -> Result<PerLayer<'_>, LoadFailure> {
        match self.metadata.get(&self.key(name)) {
            Some(Value::List {
                of_layers: Some(numbers),
                ..
            }) if numbers.len() == layers => Ok(PerLayer::Each(numbers)),
            Some(Value::List { .. }) => {
                Err(damaged(format!("its {name} is not there for each layer")))
            }
            Some(Value::Number { bits, .. }) => Ok(PerLayer::Same(*bits)),
            _ => Ok(PerLayer::Unsaid),
        }
    }

    /// The number of experts, of which each token uses some.
    fn experts(&self, layers: usize) -> Result<u64, LoadFailure> {
        const MOST_EXPERTS: u64 = 1024;
        let experts = self.number("expert_count").unwrap_or(0);
        let used = self.per_layer("expert_used_count", layers)?;
        let used = (0..layers).filter_map(|layer| used.at(layer)).max();
        let used = used.unwrap_or(0);
        let groups = self.number("expert_group_count").unwrap_or(0);
        let used_groups = self.number("expert_group_used_count").unwrap_or(0);
        let fits = match experts {
            0 => used == 0 && groups == 0,
            // Two architectures are written with one expert and mean none.
            1 if self.architecture.starts_with("hunyuan") => true,
            _ => {
                experts <= MOST_EXPERTS
                    && (1..=experts).contains(&used)
                    && groups < experts
                    && (groups <= 1
                        || (experts.is_multiple_of(groups) && (1..groups).contains(&used_groups)))
            }
        };
        match fits {
            true => Ok(experts),
            false => Err(damaged("its counts of experts do not fit together")),
        }
    }

    fn check_rotation(&self, key_width: u64) -> Result<(), LoadFailure> {
        const KINDS: [&str; 4] = ["none", "linear", "yarn", "longrope"];
        let kind = self.metadata.text(&self.key("rope.scaling.type"));
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(damaged("its rope.scaling.type is unknown"));
        }
        let rotated = self.number("rope.dimension_count").unwrap_or(key_width);
        let all_of_it = ["llama", "deci", "falcon"].contains(&self.architecture);
        match key_width {
            // Nothing is rotated where nothing attends.
            0 => Ok(()),
            _ if rotated > key_width
                || !rotated.is_multiple_of(2)
                || (all_of_it && rotated != key_width) =>
            {
                Err(damaged("its rope.dimension_count does not fit its heads"))
            }
            _ => Ok(()),
        }
    }
}

/// A number that may differ from layer to layer.
enum PerLayer<'a> {
    Unsaid,
    Same(u64),
    Each(&'a [u64]),
}

impl PerLayer<'_> {
    fn at(&self, layer: usize) -> Option<u64> {
        match self {
            PerLayer::Unsaid => None,
            PerLayer::Same(number) => Some(*number),
            PerLayer::Each(numbers) => numbers.get(layer).copied(),
        }
    }
}

/// The type that llama.cpp reads a key with.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number(u32),
    /// A whole number, or a list of them.
    WholePerLayer,
    Text,
    Texts,
    WholeList,
    /// A list of fractions or whole numbers.
    NumberList,
}

/// Keys that carry the name of the architecture.
const OWN_KEYS: [(&str, Kind); 25] = [
    ("context_length", Kind::Number(UINT32)),
    ("embedding_length", Kind::Number(UINT32)),
    ("block_count", Kind::Number(UINT32)),
    ("vocab_size", Kind::Number(UINT32)),
    ("pooling_type", Kind::Number(UINT32)),
    ("nextn_predict_layers", Kind::Number(UINT32)),
    ("expert_count", Kind::Number(UINT32)),
    ("expert_used_count", Kind::WholePerLayer),
    ("expert_group_count", Kind::Number(UINT32)),
    ("expert_group_used_count", Kind::Number(UINT32)),
    ("feed_forward_length", Kind::WholePerLayer),
    ("attention.causal", Kind::Number(BOOL)),
    ("attention.head_count", Kind::WholePerLayer),
    ("attention.head_count_kv", Kind::WholePerLayer),
    ("attention.key_length", Kind::Number(UINT32)),
    ("attention.value_length", Kind::Number(UINT32)),
    ("attention.layer_norm_rms_epsilon", Kind::Number(FLOAT32)),
    ("attention.layer_norm_epsilon", Kind::Number(FLOAT32)),
    ("rope.dimension_count", Kind::Number(UINT32)),
    ("rope.freq_base", Kind::Number(FLOAT32)),
    ("rope.scaling.type", Kind::Text),
    ("rope.scaling.factor", Kind::Number(FLOAT32)),
    ("rope.scaling.finetuned", Kind::Number(BOOL)),
    ("rope.scaling.original_context_length", Kind::Number(UINT32)),
    ("rope.scaling.attn_factor", Kind::Number(FLOAT32)),
];

/// Keys that are the same for every architecture.
const COMMON_KEYS: [(&str, Kind); 22] = [
    ("general.architecture", Kind::Text),
    ("general.name", Kind::Text),
    ("split.count", Kind::Number(2)),
    ("tokenizer.chat_template", Kind::Text),
    ("tokenizer.ggml.model", Kind::Text),
    ("tokenizer.ggml.pre", Kind::Text),
    ("tokenizer.ggml.tokens", Kind::Texts),
    ("tokenizer.ggml.token_type", Kind::WholeList),
    ("tokenizer.ggml.token_type_count", Kind::Number(UINT32)),
    ("tokenizer.ggml.scores", Kind::NumberList),
    ("tokenizer.ggml.merges", Kind::Texts),
    ("tokenizer.ggml.bos_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.eos_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.eot_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.unknown_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.padding_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.mask_token_id", Kind::Number(UINT32)),
    ("tokenizer.ggml.add_bos_token", Kind::Number(BOOL)),
    ("tokenizer.ggml.add_eos_token", Kind::Number(BOOL)),
    ("tokenizer.ggml.add_sep_token", Kind::Number(BOOL)),
    ("tokenizer.ggml.add_space_prefix", Kind::Number(BOOL)),
    (
        "tokenizer.ggml.remove_extra_whitespaces",
        Kind::Number(BOOL),
    ),
];

fn check_types(own: &Own<'_>) -> Result<(), LoadFailure> {
    let common = COMMON_KEYS.map(|(name, kind)| (name.to_owned(), kind));
    let keys = OWN_KEYS.iter().map(|(name, kind)| (own.key(name), *kind));
    for (key, kind) in keys.chain(common) {
        if own
            .metadata
            .get(&key)
            .is_some_and(|value| !kind.is_of(value))
        {
            return Err(damaged(format!("{key} is of another type than it must be")));
        }
    }
    Ok(())
}

impl Kind {
    fn is_of(self, value: &Value) -> bool {
        match value {
            Value::Number { value_type, .. } => {
                self == Kind::Number(*value_type)
                    || (self == Kind::WholePerLayer && *value_type == UINT32)
            }
            Value::Text(_) => self == Kind::Text,
            Value::List { value_type, .. } => match self {
                Kind::Texts => *value_type == STRING,
                Kind::WholeList => *value_type == INT32,
                Kind::NumberList => matches!(*value_type, INT32 | FLOAT32),
                Kind::WholePerLayer => matches!(*value_type, UINT32 | INT32),
                Kind::Number(_) | Kind::Text => false,
            },
        }
    }
}

fn check_vocabulary(metadata: &Metadata) -> Result<(), LoadFailure> {
    let tokens = metadata.vocabulary.tokens;
    let Some(model) = metadata.text("tokenizer.ggml.model") else {
        return Err(damaged("it does not say its tokenizer.ggml.model"));
    };
    for list in ["tokenizer.ggml.scores", "tokenizer.ggml.token_type"] {
        if let Some(Value::List { count, .. }) = metadata.get(list)
            && *count < tokens
        {
            return Err(damaged(format!(
                "{list} has fewer entries than there are tokens"
            )));
        }
    }
    let is_kimi = metadata.text("tokenizer.ggml.pre") == Some("kimi-k2");
    if model == "gpt2" && !is_kimi && metadata.get("tokenizer.ggml.merges").is_none() {
        return Err(damaged("it has no tokenizer.ggml.merges"));
    }
    if model == "bert" && metadata.vocabulary.has_bytes {
        return Err(damaged(
            "its vocabulary has bytes, which its tokenizer has not",
        ));
    }
    // llama.cpp looks at its own choice of a token where the file names none, or one that is not there.
    let [bos, eos, unknown] = match model {
        "gpt2" => [Some(11), Some(11), None],
        "bert" => [Some(101), None, Some(100)],
        "t5" => [None, Some(1), Some(2)],
        "rwkv" => [None; 3],
        _ => [Some(1), Some(2), Some(0)],
    };
    for (name, otherwise) in [("bos", bos), ("eos", eos), ("unknown", unknown)] {
        let key = format!("tokenizer.ggml.{name}_token_id");
        let named = metadata.number(&key).filter(|&id| id < tokens);
        if named.or(otherwise).is_some_and(|id| id >= tokens) {
            return Err(damaged(format!("{key} is not in its vocabulary")));
        }
    }
    Ok(())
}

/// Fractions that a step of the model is computed with.
fn check_fractions(own: &Own<'_>) -> Result<(), LoadFailure> {
    let prefix = own.key("");
    for (key, value) in own.metadata.iter() {
        let &Value::Number {
            value_type: FLOAT32,
            bits,
        } = value
        else {
            continue;
        };
        let Some(name) = key.strip_prefix(&prefix) else {
            continue;
        };
        let fraction = f32::from_bits(bits as u32);
        let fits = match name {
            "rope.freq_base" => fraction > 0.0,
            "rope.scaling.factor" => fraction >= 0.0,
            _ if name.ends_with("epsilon") => (0.0..1.0).contains(&fraction),
            _ => true,
        };
        if !fits || !fraction.is_finite() {
            return Err(damaged(format!("{key} is no number to compute with")));
        }
    }
    Ok(())
}
