//! What is told of sound files, and which kind of failure a bad one is. The list of bad files is `tests/preflight`.

use std::io::Cursor as Memory;

use super::*;

#[expect(dead_code, reason = "only some of the ways to lie are tried here")]
#[path = "../../tests/gguf/mod.rs"]
mod gguf;

use gguf::{Gguf, LAYERS, Tensor, Value, WIDTH};

fn check(bytes: &[u8]) -> Result<Header, LoadFailure> {
    preflight(&mut Memory::new(bytes), bytes.len() as u64)
}

fn header(file: &Gguf) -> Header {
    check(&file.bytes()).expect("a sound file")
}

#[test]
fn a_sound_file_tells_what_it_is() {
    let file = Gguf::sound().with("tokenizer.chat_template", Value::text("{{ messages }}"));
    let weights: usize = file.tensors.iter().map(|tensor| tensor.data.len()).sum();
    let told = header(&file);
    assert_eq!(told.architecture, "llama");
    assert_eq!(told.name, "Tiny");
    assert_eq!(told.chat_template.as_deref(), Some("{{ messages }}"));
    assert_eq!(told.context_length, 2048);
    assert_eq!(told.block_count, u64::from(LAYERS));
    assert_eq!(told.embedding_length, WIDTH);
    assert_eq!(told.feed_forward_length, 64);
    // Two layers of one head, with 16 numbers for the key and 16 for the value.
    assert_eq!(told.cache_width, 2 * 32);
    let layer = &told.layers[1];
    assert_eq!(
        (layer.key_width, layer.value_width, layer.state_width),
        (16, 16, 0)
    );
    assert_eq!(told.token_count, 259);
    assert!(told.causal && told.is_gated && !told.space_prefix);
    // All of them end where the next may begin.
    assert_eq!(told.tensor_bytes, weights as u64);
    assert_eq!(told.pooling, Pooling::Unsaid);
}

#[test]
fn version_two_is_read_as_well() {
    let mut file = Gguf::sound();
    file.version = 2;
    assert_eq!(header(&file), header(&Gguf::sound()));
}

#[test]
fn no_changed_byte_of_the_header_makes_it_panic() {
    let (bytes, places) = Gguf::sound().write();
    let data = places.last().expect("a file has places").bytes.start;
    for at in 0..data {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let _verdict = check(&bytes);
        }
    }
}

#[test]
fn nothing_is_empty() {
    assert_eq!(check(b""), Err(LoadFailure::Empty));
}

#[test]
fn other_files_are_not_models() {
    for bytes in [
        &b"G"[..],
        b"Dear all,\nplease find",
        b"%PDF-1.7\n",
        &[0; 64],
    ] {
        assert_eq!(check(bytes), Err(LoadFailure::NotGguf));
    }
}

#[test]
fn unknown_versions_are_unsupported() {
    for version in [0, 1, 4, u32::MAX, 3_u32.swap_bytes()] {
        let mut file = Gguf::sound();
        file.version = version;
        assert!(matches!(
            check(&file.bytes()),
            Err(LoadFailure::Unsupported(_))
        ));
    }
}

#[test]
fn a_file_that_the_disk_cannot_read_is_unreadable() {
    let bytes = Gguf::sound().bytes();
    // The length says more than there is to read.
    let verdict = preflight(&mut Memory::new(&bytes[..100]), bytes.len() as u64);
    assert!(matches!(verdict, Err(LoadFailure::Unreadable(_))));
}

#[test]
fn a_model_that_sees_what_comes_is_told_from_one_that_writes() {
    let reads = Gguf::sound().with("llama.attention.causal", Value::truth(false));
    assert!(!header(&reads).causal);
}

#[test]
fn models_that_have_no_words_or_more_files_are_unsupported() {
    for file in [
        Gguf::sound().without("tokenizer.ggml.tokens"),
        Gguf::sound().with("split.count", Value::raw(2, [3, 0])),
    ] {
        assert!(matches!(
            check(&file.bytes()),
            Err(LoadFailure::Unsupported(_))
        ));
    }
}

#[test]
fn layers_may_differ() {
    let file = Gguf::sound()
        .with("llama.attention.head_count_kv", Value::numbers(&[1, 2]))
        .with_tensor("blk.1.attn_k.weight", widen)
        .with_tensor("blk.1.attn_v.weight", widen);
    assert_eq!(header(&file).cache_width, (1 + 2) * 32);
}

fn widen(tensor: &mut Tensor) {
    tensor.extents[1] *= 2;
    tensor.data = tensor.data.repeat(2);
}

#[test]
fn an_architecture_that_is_not_looked_into_may_have_any_tensors() {
    let mut file = Gguf::sound().with("general.architecture", Value::text("mamba"));
    for (name, _) in &mut file.keys {
        if let Some(rest) = name.strip_prefix(b"llama.") {
            *name = [b"mamba.", rest].concat();
        }
    }
    file.tensors.truncate(3);
    assert_eq!(
        header(&file.without("mamba.attention.head_count")).cache_width,
        0
    );
}

#[test]
fn an_alignment_of_its_own_moves_the_tensors() {
    let mut file = Gguf::sound().with("general.alignment", Value::number(64));
    file.alignment = 64;
    assert_eq!(header(&file).architecture, "llama");
}

#[test]
fn special_tokens_that_the_vocabulary_has_not_are_llama_cpps_choice() {
    // As some real files do for the one that fills up.
    let file = Gguf::sound()
        .with("tokenizer.ggml.padding_token_id", Value::number(u32::MAX))
        .with("tokenizer.ggml.bos_token_id", Value::number(u32::MAX));
    assert_eq!(header(&file).token_count, 259);
}

#[test]
fn a_trillion_bytes_of_weights_that_are_there_are_no_damage() {
    // A sparse file has them; whether they fit is asked elsewhere.
    let mut file = Gguf::sound();
    let mut huge = Tensor::new("rope_freqs.weight", &[1]);
    huge.extents = vec![1 << 38];
    file.tensors.push(huge);
    let written = file.bytes();
    let length = written.len() as u64 + (1 << 40);
    let verdict = preflight(&mut Memory::new(&written), length).unwrap();
    assert!(verdict.tensor_bytes > 1 << 40);
}

/// A value under a key of one architecture.
type Key<'a> = (&'a str, Value);

/// The header of a file of another architecture, with the keys that every file has.
fn of_architecture(architecture: &str, layers: u32, more: &[Key<'_>]) -> Header {
    let mut file = Gguf::sound();
    file.keys.retain(|(name, _)| !name.starts_with(b"llama."));
    file.tensors
        .retain(|tensor| !tensor.name.starts_with(b"blk."));
    let common = [
        ("context_length", 2048),
        ("block_count", layers),
        ("embedding_length", 64),
        ("attention.head_count", 4),
        ("attention.head_count_kv", 2),
    ];
    let common = common.map(|(name, number)| (name, Value::number(number)));
    file = file.with("general.architecture", Value::text(architecture));
    for (name, value) in common.iter().chain(more) {
        file = file.with(&format!("{architecture}.{name}"), value.clone());
    }
    header(&file)
}

fn number(name: &str, number: u32) -> Key<'_> {
    (name, Value::number(number))
}

#[test]
fn weights_are_counted_where_they_belong() {
    let file = Gguf::sound();
    let bytes = |beginning: &str| -> u64 {
        let own = file.tensors.iter();
        let own = own.filter(|tensor| tensor.name.starts_with(beginning.as_bytes()));
        own.map(|tensor| tensor.data.len() as u64).sum()
    };
    let told = header(&file);
    assert_eq!(told.input_bytes, bytes("token_embd."));
    assert_eq!(told.output_bytes, bytes("output"));
    for (number, layer) in told.layers.iter().enumerate() {
        assert_eq!(layer.weight_bytes, bytes(&format!("blk.{number}.")));
    }
    assert_eq!(
        told.shared_bytes,
        bytes("token_embd."),
        "there is no output matrix"
    );
    let mut own = file.clone();
    let mut output = file.tensors[0].clone();
    assert_eq!(output.name, b"token_embd.weight");
    output.name = b"output.weight".to_vec();
    own.tensors.push(output);
    assert_eq!(header(&own).shared_bytes, 0);
}

#[test]
fn layers_with_a_window_are_told_by_the_rule_of_their_architecture() {
    let window = || number("attention.sliding_window", 512);
    let windowed = |architecture: &str, more: &[Key<'_>]| -> (u64, Vec<bool>) {
        let header = of_architecture(architecture, 6, more);
        let layers = header.layers.iter().map(|layer| layer.is_windowed);
        (header.window, layers.collect())
    };
    let [yes, no] = [true, false];
    assert_eq!(
        windowed("gemma3", &[window()]),
        (512, vec![yes, yes, yes, yes, yes, no])
    );
    assert_eq!(
        windowed("gemma2", &[]),
        (4096, vec![yes, no, yes, no, yes, no])
    );
    assert_eq!(
        windowed("cohere2moe", &[window()]),
        (512, vec![no, yes, yes, yes, no, yes])
    );
    // llama.cpp does not look at the key there.
    let llama = Gguf::sound().with("llama.attention.sliding_window", Value::number(512));
    assert_eq!(header(&llama).window, 0);
    let pattern = Value::list(gguf::BOOL, 6, &[1, 0, 1, 1, 0, 0]);
    let pattern = ("attention.sliding_window_pattern", pattern);
    assert_eq!(
        windowed("gemma4", &[window(), pattern]),
        (512, vec![yes, no, yes, yes, no, no])
    );
}

#[test]
fn windowed_layers_may_keep_narrower_keys() {
    let header = of_architecture(
        "gemma4",
        2,
        &[
            number("attention.sliding_window", 512),
            (
                "attention.sliding_window_pattern",
                Value::list(gguf::BOOL, 2, &[1, 0]),
            ),
            number("attention.key_length", 64),
            number("attention.value_length", 64),
            number("attention.key_length_swa", 32),
            number("attention.value_length_swa", 32),
        ],
    );
    let widths: Vec<_> = header
        .layers
        .iter()
        .map(|layer| (layer.key_width, layer.value_width))
        .collect();
    assert_eq!(widths, [(64, 64), (128, 128)]);
}

#[test]
fn layers_that_use_the_keys_of_others_keep_none() {
    let header = of_architecture("gemma4", 4, &[number("attention.shared_kv_layers", 3)]);
    let widths: Vec<_> = header.layers.iter().map(|layer| layer.key_width).collect();
    assert_eq!(widths, [32, 0, 0, 0]);
}

#[test]
fn keys_that_hold_their_values_are_kept_alone() {
    let header = of_architecture(
        "deepseek2",
        1,
        &[
            number("attention.head_count_kv", 1),
            number("attention.key_length", 576),
            number("attention.value_length", 512),
            number("attention.key_length_mla", 192),
            number("attention.value_length_mla", 128),
        ],
    );
    assert_eq!(
        (header.layers[0].key_width, header.layers[0].value_width),
        (576, 0)
    );
}

#[test]
fn layers_that_recur_keep_a_state_of_one_size() {
    let header = of_architecture(
        "lfm2",
        2,
        &[
            ("attention.head_count_kv", Value::numbers(&[0, 2])),
            number("shortconv.l_cache", 3),
        ],
    );
    assert_eq!(
        (header.layers[0].key_width, header.layers[0].state_width),
        (0, 128)
    );
    assert_eq!(
        (header.layers[1].key_width, header.layers[1].state_width),
        (32, 0)
    );
    let header = of_architecture(
        "qwen35",
        4,
        &[
            number("ssm.conv_kernel", 4),
            number("ssm.inner_size", 128),
            number("ssm.state_size", 16),
            number("ssm.group_count", 2),
        ],
    );
    let state = 3 * (128 + 2 * 2 * 16) + 16 * 128;
    let states: Vec<_> = header
        .layers
        .iter()
        .map(|layer| layer.state_width)
        .collect();
    assert_eq!(states, [state, state, state, 0]);
    let keys: Vec<_> = header.layers.iter().map(|layer| layer.key_width).collect();
    assert_eq!(keys, [0, 0, 0, 32]);
}
