//! The list of bad files: every part of a sound one, wrong in every way that has a meaning.

use crate::gguf::{self, BOOL, F32, Gguf, I32, LIST, Place, TEXT, U32, Value};

/// A file, what is wrong with it, and a word that the refusal must have.
pub struct BadFile {
    pub what: String,
    pub bytes: Vec<u8>,
    pub reason: &'static str,
}

/// All of them.
pub fn all() -> Vec<BadFile> {
    let mut list = List::default();
    list.beginnings();
    list.cuts();
    list.claims();
    list.lengths();
    list.types();
    list.types_of_keys();
    list.missing();
    list.widths();
    list.fractions();
    list.experts();
    list.alignments();
    list.vocabularies();
    list.shapes();
    list.places_of_tensors();
    list.0
}

/// The one that is not refused.
fn sound() -> Gguf {
    Gguf::sound()
}

/// Any reason will do: what the bytes after the change are taken for depends on where it is.
const DAMAGED: &str = "damaged";

#[derive(Default)]
struct List(Vec<BadFile>);

impl List {
    fn add(&mut self, what: impl Into<String>, file: &Gguf, reason: &'static str) {
        self.add_bytes(what, file.bytes(), reason);
    }

    fn add_bytes(&mut self, what: impl Into<String>, bytes: Vec<u8>, reason: &'static str) {
        let what = what.into();
        self.0.push(BadFile {
            what,
            bytes,
            reason,
        });
    }

    /// The sound file with other bytes at one place of it.
    fn add_patch(&mut self, place: &Place, patch: &[u8], reason: &'static str) {
        let mut bytes = sound().bytes();
        let at = place.bytes.start;
        bytes[at..at + patch.len()].copy_from_slice(patch);
        self.add_bytes(format!("{} is {patch:?}", place.what), bytes, reason);
    }

    fn beginnings(&mut self) {
        let magic = "not a GGUF model";
        for word in [
            b"GGML",
            b"ggjt",
            b"gguf",
            b"FUGG",
            b"GGU\0",
            b"\0GUF",
            b"PK\x03\x04",
            b"\x7fELF",
        ] {
            let mut file = sound();
            file.magic = *word;
            self.add(format!("it begins with {word:?}"), &file, magic);
        }
        for version in [0, 1, 4, 99, 0x7fff_ffff, u32::MAX] {
            let mut file = sound();
            file.version = version;
            self.add(format!("version {version}"), &file, "GGUF version");
        }
        for version in [1_u32, 2, 3] {
            let mut file = sound();
            file.version = version.swap_bytes();
            self.add(
                "of a machine with the other order of bytes",
                &file,
                "big-endian",
            );
        }
    }

    fn cuts(&mut self) {
        let (bytes, places) = sound().write();
        self.add_bytes("nothing at all", Vec::new(), "empty");
        for Place { what, bytes: place } in &places {
            // Of a piece of one byte there is no half.
            let middle = place.start + place.len() / 2;
            for (end, of) in [(place.start, "none"), (middle, "a half")] {
                if end == 0 || (end == place.start && of == "a half") {
                    continue;
                }
                let reason = if end < 4 { "not a GGUF model" } else { DAMAGED };
                self.add_bytes(format!("{of} of {what}"), bytes[..end].to_vec(), reason);
            }
        }
        self.add_bytes(
            "the last byte is missing",
            bytes[..bytes.len() - 1].to_vec(),
            "cut short",
        );
    }

    fn claims(&mut self) {
        let keys = sound().keys.len() as u64;
        let tensors = sound().tensors.len() as u64;
        for count in [
            1 << 18,
            1 << 31,
            1 << 32,
            1 << 40,
            1 << 62,
            1 << 63,
            u64::MAX,
        ] {
            let mut file = sound();
            file.claimed_keys = Some(count);
            self.add(format!("it claims {count} keys"), &file, "keys");
            let mut file = sound();
            file.claimed_tensors = Some(count);
            self.add(format!("it claims {count} tensors"), &file, "tensors");
        }
        for count in [0, 1, keys - 1, keys + 1] {
            let mut file = sound();
            file.claimed_keys = Some(count);
            self.add(format!("it claims {count} of {keys} keys"), &file, DAMAGED);
        }
        for count in [0, 1, tensors - 1, tensors + 1] {
            let mut file = sound();
            file.claimed_tensors = Some(count);
            self.add(
                format!("it claims {count} of {tensors} tensors"),
                &file,
                DAMAGED,
            );
        }
    }

    fn lengths(&mut self) {
        let (bytes, places) = sound().write();
        for place in &places {
            if place.what.starts_with("the length of") {
                for length in [u64::MAX, 1 << 63, 1 << 40, bytes.len() as u64] {
                    self.add_patch(place, &length.to_le_bytes(), "cut short");
                }
                self.add_patch(place, &0_u64.to_le_bytes(), DAMAGED);
            }
            if place.what.starts_with("the count of") {
                for count in [u64::MAX, 1 << 63, 1 << 61, 1 << 40, bytes.len() as u64] {
                    self.add_patch(place, &count.to_le_bytes(), "claims to hold");
                }
                self.add_patch(place, &0_u64.to_le_bytes(), DAMAGED);
            }
        }
        let long = |length: usize| "k".repeat(length);
        self.add(
            "the name of a key is too long",
            &sound().with(&long((64 << 10) + 1), Value::number(1)),
            "a key is too long",
        );
        for key in ["general.name", "tokenizer.chat_template"] {
            let file = sound().with(key, Value::text(long((1 << 20) + 1)));
            self.add(format!("{key} is too long"), &file, "too long");
        }
        self.add(
            "the architecture is too long",
            &sound().with("general.architecture", Value::text(long(65))),
            "too long",
        );
    }

    fn types(&mut self) {
        let (_, places) = sound().write();
        for place in &places {
            if place.what.starts_with("the type of") {
                for unknown in [13_u32, 99, u32::MAX] {
                    self.add_patch(place, &unknown.to_le_bytes(), "unknown type");
                }
            }
            if place.what.starts_with("the element type of") {
                self.add_patch(place, &13_u32.to_le_bytes(), "unknown type");
                self.add_patch(place, &LIST.to_le_bytes(), "holds lists");
            }
        }
    }

    /// Each key that llama.cpp reads, with a value of each other type.
    fn types_of_keys(&mut self) {
        let one_of_each = || {
            let plain = [
                (0, 1),
                (1, 1),
                (2, 2),
                (3, 2),
                (U32, 4),
                (I32, 4),
                (F32, 4),
                (BOOL, 1),
                (10, 8),
                (11, 8),
                (12, 8),
            ];
            let plain = plain.map(|(value_type, size)| {
                let mut value = vec![0; size];
                value[0] = 1;
                Value::raw(value_type, value)
            });
            let lists = [
                Value::texts(&["1", "1"]),
                Value::numbers(&[1, 1]),
                Value::list(10, 2, &[0; 16]),
                Value::list(BOOL, 2, &[0; 2]),
            ];
            plain.into_iter().chain([Value::text("1")]).chain(lists)
        };
        let keys = [
            ("general.architecture", TEXT),
            ("general.name", TEXT),
            ("tokenizer.ggml.model", TEXT),
            ("tokenizer.ggml.pre", TEXT),
            ("llama.rope.scaling.type", TEXT),
            ("llama.context_length", U32),
            ("llama.block_count", U32),
            ("llama.embedding_length", U32),
            ("llama.vocab_size", U32),
            ("llama.expert_count", U32),
            ("llama.attention.key_length", U32),
            ("llama.rope.dimension_count", U32),
            ("tokenizer.ggml.bos_token_id", U32),
            ("llama.attention.causal", BOOL),
            ("tokenizer.ggml.add_bos_token", BOOL),
            ("llama.rope.freq_base", F32),
            ("llama.rope.scaling.factor", F32),
            ("llama.attention.layer_norm_rms_epsilon", F32),
        ];
        for (key, right) in keys {
            for value in one_of_each().filter(|value| value.value_type != right) {
                // Without its architecture a file cannot be said to have keys of another type.
                let reason = match key {
                    "general.architecture" => "architecture",
                    _ => key,
                };
                let what = format!("{key} is of type {value:?}");
                self.add(what, &sound().with(key, value), reason);
            }
        }
        for key in [
            "llama.attention.head_count",
            "llama.attention.head_count_kv",
            "llama.feed_forward_length",
        ] {
            for value in one_of_each().filter(|value| !matches!(value.value_type, U32 | LIST)) {
                let what = format!("{key} is of type {value:?}");
                self.add(what, &sound().with(key, value), key);
            }
        }
        for key in [
            "tokenizer.ggml.merges",
            "tokenizer.ggml.token_type",
            "tokenizer.ggml.scores",
        ] {
            for value in one_of_each().filter(|value| value.value_type != LIST) {
                let what = format!("{key} is of type {value:?}");
                self.add(what, &sound().with(key, value), key);
            }
        }
    }

    fn missing(&mut self) {
        for (key, reason) in [
            ("general.architecture", "architecture"),
            ("llama.context_length", "context_length"),
            ("llama.block_count", "block_count"),
            ("llama.embedding_length", "embedding_length"),
            ("llama.attention.head_count", "shape"),
            ("llama.attention.head_count_kv", "shape"),
            ("llama.feed_forward_length", "shape"),
            ("tokenizer.ggml.model", "tokenizer.ggml.model"),
            ("tokenizer.ggml.merges", "tokenizer.ggml.merges"),
            ("tokenizer.ggml.tokens", "not supported"),
        ] {
            self.add(format!("{key} is missing"), &sound().without(key), reason);
        }
        for tensor in sound().tensors {
            let name = String::from_utf8(tensor.name).expect("our names are text");
            let file = sound().without_tensor(&name);
            self.add(format!("{name} is missing"), &file, "is missing");
        }
        for key in sound().keys {
            let mut file = sound();
            let name = String::from_utf8_lossy(&key.0).into_owned();
            file.keys.push(key);
            self.add(
                format!("{name} is there twice"),
                &file,
                "a key appears twice",
            );
        }
    }

    fn widths(&mut self) {
        let cases: [(&str, &[u32], &'static str); 11] = [
            ("llama.block_count", &[0], "block_count"),
            ("llama.block_count", &[1], "more layers"),
            ("llama.block_count", &[3, 512], "is missing"),
            (
                "llama.block_count",
                &[513, 1 << 31, u32::MAX],
                "too many layers",
            ),
            ("llama.embedding_length", &[0], "embedding_length"),
            ("llama.embedding_length", &[31, 33, u32::MAX], "divide"),
            ("llama.embedding_length", &[34, 64], "dimension_count"),
            ("llama.attention.head_count", &[0], "shape"),
            ("llama.attention.head_count", &[3, 33, u32::MAX], DAMAGED),
            ("llama.attention.head_count_kv", &[0, 2], "shape"),
            (
                "llama.attention.head_count_kv",
                &[3, 4, u32::MAX],
                "no multiple",
            ),
        ];
        for (key, numbers, reason) in cases {
            for &number in numbers {
                let file = sound().with(key, Value::number(number));
                self.add(format!("{key} is {number}"), &file, reason);
            }
        }
        for number in [0, 1, 63, 65, u32::MAX] {
            let file = sound().with("llama.feed_forward_length", Value::number(number));
            self.add(format!("inner width {number}"), &file, "shape");
        }
        for key in ["llama.attention.key_length", "llama.attention.value_length"] {
            for number in [0, 1, 8, 15, 17, 1 << 31, u32::MAX] {
                let file = sound().with(key, Value::number(number));
                self.add(format!("{key} is {number}"), &file, DAMAGED);
            }
        }
        for number in [0, 1, 2, 14, 15, 17, 18, 32, u32::MAX] {
            let file = sound().with("llama.rope.dimension_count", Value::number(number));
            self.add(format!("{number} numbers rotate"), &file, "dimension_count");
        }
        for key in [
            "llama.attention.head_count",
            "llama.attention.head_count_kv",
            "llama.feed_forward_length",
        ] {
            for list in [&[][..], &[1], &[1, 1, 1], &[1; 512], &[1; 513]] {
                let file = sound().with(key, Value::numbers(list));
                let what = format!("{key} for {} layers", list.len());
                self.add(what, &file, "for each layer");
            }
            let file = sound().with(key, Value::numbers(&[3, 0]));
            self.add(format!("{key} differs from layer to layer"), &file, DAMAGED);
        }
        let file = sound().with("llama.nextn_predict_layers", Value::number(3));
        self.add(
            "more layers ahead than layers",
            &file,
            "nextn_predict_layers",
        );
        let file = sound().with("split.count", Value::raw(2, [3, 0]));
        self.add("one of three files", &file, "several files");
    }

    fn fractions(&mut self) {
        let never = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0];
        let cases: [(&str, &[f32]); 4] = [
            ("rope.freq_base", &[0.0, -0.0]),
            ("rope.scaling.factor", &[]),
            ("attention.layer_norm_rms_epsilon", &[1.0, f32::MAX]),
            ("attention.layer_norm_epsilon", &[1.0]),
        ];
        for (name, more) in cases {
            for fraction in never.iter().chain(more) {
                let file = sound().with(&format!("llama.{name}"), Value::fraction(*fraction));
                self.add(format!("{name} is {fraction}"), &file, name);
            }
        }
        for name in [
            "rope.scaling.attn_factor",
            "rope.scale_linear",
            "attention.scale",
            "logit_scale",
        ] {
            for fraction in &never[..3] {
                let file = sound().with(&format!("llama.{name}"), Value::fraction(*fraction));
                self.add(format!("{name} is {fraction}"), &file, name);
            }
        }
        for kind in ["", "Linear", "yarn ", "su"] {
            let file = sound().with("llama.rope.scaling.type", Value::text(kind));
            self.add(format!("rotation {kind:?}"), &file, "rope.scaling.type");
        }
    }

    fn experts(&mut self) {
        // How many, how many a token uses, in how many groups, how many groups a token uses.
        for (experts, used, groups, used_groups) in [
            (0, 1, 0, 0),
            (0, 0, 1, 0),
            (1025, 2, 0, 0),
            (u32::MAX, 2, 0, 0),
            (8, 0, 0, 0),
            (8, 9, 0, 0),
            (8, u32::MAX, 0, 0),
            (8, 2, 8, 1),
            (8, 2, 9, 1),
            (8, 2, 3, 1),
            (8, 2, 4, 0),
            (8, 2, 4, 4),
            (8, 2, u32::MAX, 1),
        ] {
            let file = sound()
                .with("llama.expert_count", Value::number(experts))
                .with("llama.expert_used_count", Value::number(used))
                .with("llama.expert_group_count", Value::number(groups))
                .with("llama.expert_group_used_count", Value::number(used_groups));
            let what = format!("{used} of {experts} experts, {used_groups} of {groups} groups");
            self.add(what, &file, "experts");
        }
    }

    fn alignments(&mut self) {
        for alignment in [0, 3, 31, 33, 48, 100, u32::MAX] {
            let file = sound().with("general.alignment", Value::number(alignment));
            self.add(format!("aligned at {alignment}"), &file, "power of two");
        }
        for alignment in [1024, 1 << 16, 1 << 31] {
            // The tensors are where 32 would have them.
            let file = sound().with("general.alignment", Value::number(alignment));
            self.add(format!("not aligned at {alignment}"), &file, DAMAGED);
        }
        let wrong = [
            Value::raw(10, [32, 0, 0, 0, 0, 0, 0, 0]),
            Value::text("32"),
            Value::fraction(32.0),
        ];
        for value in wrong {
            let file = sound().with("general.alignment", value);
            self.add("an alignment of another type", &file, "power of two");
        }
    }

    fn vocabularies(&mut self) {
        let tokens = "tokenizer.ggml.tokens";
        let twice = "a token twice";
        let texts = |words: &[&str]| sound().with(tokens, Value::texts(words));
        self.add(
            "two tokens are the same",
            &texts(&["a", "b", "c", "a"]),
            twice,
        );
        self.add(
            "an empty token has its name taken",
            &texts(&["[EMPTY_1]", ""]),
            twice,
        );
        self.add("all tokens are the same", &texts(&["a"; 300]), twice);
        self.add("no token", &texts(&[]), "not in its vocabulary");
        self.add("one token", &texts(&["a"]), "not in its vocabulary");
        let few = texts(&["a", "b", "c"]);
        self.add("fewer tokens than rows", &few, "another shape");
        self.add(
            "tokens are numbers",
            &sound().with(tokens, Value::numbers(&[1, 2, 3])),
            tokens,
        );
        self.add(
            "tokens are a text",
            &sound().with(tokens, Value::text("a")),
            tokens,
        );
        self.add(
            "a token is too long",
            &texts(&["a", &"b".repeat((64 << 10) + 1)]),
            "too long",
        );
        for id in ["bos", "eos"] {
            // llama.cpp would take its own choice, which is token 11.
            let key = format!("tokenizer.ggml.{id}_token_id");
            for file in [
                few.clone().without(&key),
                few.clone().with(&key, Value::number(3)),
            ] {
                self.add(
                    format!("few tokens, and no {id}"),
                    &file,
                    "not in its vocabulary",
                );
            }
        }
        let count = 259;
        for key in ["tokenizer.ggml.scores", "tokenizer.ggml.token_type"] {
            for entries in [0, 1, count - 1] {
                let file = sound().with(key, Value::repeated(I32, &[1, 0, 0, 0], entries));
                self.add(format!("{entries} of {key}"), &file, "fewer entries");
            }
            for (of, size) in [(0, 1), (2, 2), (10, 8), (12, 8)] {
                let file = sound().with(key, Value::repeated(of, &vec![0; size], count));
                self.add(format!("{key} of type {of}"), &file, key);
            }
        }
        let bytes = sound()
            .with("tokenizer.ggml.model", Value::text("bert"))
            .with(
                "tokenizer.ggml.token_type",
                Value::repeated(I32, &[6, 0, 0, 0], count),
            );
        self.add("a tokenizer without bytes has some", &bytes, "bytes");
    }

    fn shapes(&mut self) {
        let one = "blk.0.attn_q.weight";
        let extents = |extents: &[u64]| {
            let extents = extents.to_vec();
            sound().with_tensor(one, |tensor| tensor.extents = extents)
        };
        for size in [[0, 32], [32, 0], [0, 0]] {
            self.add(
                format!("extents {size:?}"),
                &extents(&size),
                "dimension of zero",
            );
        }
        let large: [&[u64]; 9] = [
            &[u64::MAX],
            &[1 << 63, 1],
            &[1 << 32, 1 << 32],
            &[1 << 62, 2],
            &[32, u64::MAX],
            &[1 << 21, 1 << 21, 1 << 21, 1 << 21],
            &[1 << 40, 1 << 10, 1 << 10, 1 << 10],
            &[u64::MAX, u64::MAX, u64::MAX, u64::MAX],
            &[i64::MAX as u64, 2],
        ];
        for size in large {
            let reason = "type that no weights have";
            let reason = if size.len() == 1 { reason } else { "overflow" };
            // A single dimension of 32-bit fractions is fine but for its size.
            let reason = if size == [u64::MAX] {
                "overflow"
            } else {
                reason
            };
            self.add(format!("extents {size:?}"), &extents(size), reason);
        }
        for size in [
            &[1][..],
            &[1, 1],
            &[31, 32],
            &[32, 31],
            &[32, 32, 2],
            &[32, 32, 1, 2],
            &[1 << 40, 4],
        ] {
            self.add(format!("extents {size:?}"), &extents(size), DAMAGED);
        }
        for dimensions in [0, 1, 3, 4, 5, 1 << 31, u32::MAX] {
            let file = sound().with_tensor(one, |t| t.claimed_dimensions = Some(dimensions));
            self.add(format!("it claims {dimensions} dimensions"), &file, DAMAGED);
        }
        for tensor in sound().tensors {
            let name = String::from_utf8(tensor.name).expect("our names are text");
            let is_row = tensor.extents.len() == 1;
            for number_type in [4, 5, 31, 36, 43, u32::MAX] {
                let file = sound().with_tensor(&name, |t| t.number_type = number_type);
                self.add(
                    format!("{name} of type {number_type}"),
                    &file,
                    "unknown type",
                );
            }
            let (numbers, half) = (tensor.data.len() / 4, 1);
            for (number_type, bytes) in [
                (9, numbers / 32 * 36),
                (24, numbers),
                (25, numbers * 2),
                (26, numbers * 4),
                (27, numbers * 8),
                (28, numbers * 8),
            ] {
                let file =
                    sound().with_tensor(&name, |t| *t = t.clone().with_type(number_type, bytes));
                self.add(
                    format!("{name} of type {number_type}"),
                    &file,
                    "no weights have",
                );
            }
            if is_row {
                let file =
                    sound().with_tensor(&name, |t| *t = t.clone().with_type(half, numbers * 2));
                self.add(format!("{name} in halves"), &file, "no weights have");
            }
            let file = sound().with_tensor(&name, |t| {
                t.extents.push(2);
                t.data = t.data.repeat(2);
            });
            self.add(format!("{name} is too large"), &file, "another shape");
        }
        let file = sound().with_tensor(one, |tensor| {
            tensor.extents = vec![31, 32];
            tensor.number_type = 2;
        });
        self.add("rows of half a block", &file, "whole blocks");
        self.add(
            "an output for other tokens",
            &with_tensor(gguf::Tensor::new("output.weight", &[gguf::WIDTH, 7])),
            "another shape",
        );
    }

    fn places_of_tensors(&mut self) {
        let out_of_place = "not where the one before it ends";
        let tensors = sound().tensors;
        for (number, tensor) in tensors.iter().enumerate() {
            let name = String::from_utf8_lossy(&tensor.name).into_owned();
            for offset in [1, 31, u64::MAX, 1 << 63] {
                let file = sound().with_tensor(&name, |t| t.offset = Some(offset));
                self.add(format!("{name} is at {offset}"), &file, out_of_place);
            }
            if number > 0 {
                let file = sound().with_tensor(&name, |t| t.offset = Some(0));
                self.add(format!("{name} is over the first"), &file, out_of_place);
                let mut file = sound();
                file.tensors[number].name = tensors[0].name.clone();
                self.add(
                    format!("{name} has the name of the first"),
                    &file,
                    "appears twice",
                );
            }
        }
        for name in [
            "blk.2.attn_q.weight",
            "blk.511.x",
            "blk.18446744073709551615.x",
        ] {
            let file = with_tensor(gguf::Tensor::new(name, &[32]));
            self.add(format!("a tensor {name}"), &file, "more layers");
        }
        for name in ["blk.0.attn_q.weight\0", "\0"] {
            let file = with_tensor(gguf::Tensor::new(name, &[32]));
            self.add("a tensor with a zero in its name", &file, "holds a zero");
        }
        for key in ["llama.block_count\0", "tokenizer.ggml.tokens\0x", "\0"] {
            let file = sound().with(key, Value::number(1));
            self.add("a key with a zero in its name", &file, "a key holds a zero");
        }
        for (key, words) in [
            ("general.architecture", "llama\0"),
            ("tokenizer.ggml.model", "gpt2\0x"),
            ("llama.rope.scaling.type", "linear\0"),
        ] {
            let file = sound().with(key, Value::text(words));
            self.add("a kind with a zero in it", &file, "holds a zero");
        }
        let file = with_tensor(gguf::Tensor::new(&"n".repeat(64), &[32]));
        self.add("a tensor with a long name", &file, "too long");
        let mut file = sound();
        file.keys.push((Vec::new(), Value::number(1)));
        self.add("a key without a name", &file, "no name");
        file.keys.pop();
        file.keys.push((vec![0xff, 0xfe], Value::number(1)));
        self.add("a key that is no text", &file, "not text");
        for key in [
            "general.name",
            "general.architecture",
            "tokenizer.chat_template",
        ] {
            let file = sound().with(key, Value::text([0xff, 0xfe]));
            self.add(format!("{key} is no text"), &file, "UTF-8");
        }
    }
}

/// The sound file with one more tensor.
fn with_tensor(tensor: gguf::Tensor) -> Gguf {
    let mut file = sound();
    file.tensors.push(tensor);
    file
}
