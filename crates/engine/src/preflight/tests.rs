//! Headers written by hand, one for each thing that is refused.

use std::io::Cursor as Memory;
use std::time::{Duration, Instant};

use super::*;

/// A GGUF file in the making. The defaults make a sound one.
#[derive(Clone)]
struct File {
    version: u32,
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    claimed_keys: Option<u64>,
    claimed_tensors: Option<u64>,
    data: u64,
}

fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

fn key(name: &str, value_type: u32, value: &[u8]) -> Vec<u8> {
    [&text(name), &value_type.to_le_bytes()[..], value].concat()
}

fn number(name: &str, value: u32) -> Vec<u8> {
    key(name, 4, &value.to_le_bytes())
}

fn list(name: &str, value_type: u32, count: u64, values: &[u8]) -> Vec<u8> {
    let value = [&value_type.to_le_bytes()[..], &count.to_le_bytes(), values].concat();
    key(name, ARRAY, &value)
}

fn tokens(tokens: &[&str]) -> Vec<u8> {
    let texts: Vec<u8> = tokens.iter().flat_map(text).collect();
    list("tokenizer.ggml.tokens", STRING, tokens.len() as u64, &texts)
}

fn tensor(name: &str, dimensions: &[u64], tensor_type: u32, offset: u64) -> Vec<u8> {
    let mut bytes = text(name);
    bytes.extend((dimensions.len() as u32).to_le_bytes());
    for dimension in dimensions {
        bytes.extend(dimension.to_le_bytes());
    }
    bytes.extend(tensor_type.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

impl File {
    fn sound() -> File {
        File {
            version: 3,
            keys: vec![
                key("general.architecture", STRING, &text("llama")),
                key("general.name", STRING, &text("Tiny")),
                key("tokenizer.chat_template", STRING, &text("{{ messages }}")),
                number("llama.context_length", 2048),
                number("llama.block_count", 2),
                number("llama.embedding_length", 64),
                number("llama.feed_forward_length", 256),
                number("llama.attention.head_count", 4),
                number("llama.attention.head_count_kv", 2),
                tokens(&["a", "b", "", ""]),
            ],
            // 64 numbers of four bytes, then 64 numbers in two blocks of 18 bytes.
            tensors: vec![tensor("one", &[64], 0, 0), tensor("two", &[32, 2], 2, 256)],
            claimed_keys: None,
            claimed_tensors: None,
            data: 256 + 36,
        }
    }

    fn with_key(mut self, key: Vec<u8>) -> File {
        self.keys.push(key);
        self
    }

    fn with_tensors(mut self, tensors: &[Vec<u8>]) -> File {
        self.tensors = tensors.to_vec();
        self
    }

    fn header(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        let tensors = self.claimed_tensors.unwrap_or(self.tensors.len() as u64);
        let keys = self.claimed_keys.unwrap_or(self.keys.len() as u64);
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(keys.to_le_bytes());
        bytes.extend(self.keys.concat());
        bytes.extend(self.tensors.concat());
        bytes
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.resize(bytes.len().next_multiple_of(32) + self.data as usize, 0);
        bytes
    }

    fn check(&self) -> Result<Header, LoadFailure> {
        check(&self.bytes())
    }

    #[track_caller]
    fn refused_because(&self, reason: &str) {
        let failure = self.check().expect_err("the file should be refused");
        assert!(failure.to_string().contains(reason), "{failure}");
    }
}

fn check(bytes: &[u8]) -> Result<Header, LoadFailure> {
    preflight(&mut Memory::new(bytes), bytes.len() as u64)
}

#[test]
fn a_sound_file_tells_what_it_is() {
    let header = File::sound().check().unwrap();
    assert_eq!(
        header,
        Header {
            architecture: "llama".to_owned(),
            name: "Tiny".to_owned(),
            chat_template: Some("{{ messages }}".to_owned()),
            context_length: 2048,
            block_count: 2,
            embedding_length: 64,
            feed_forward_length: 256,
            is_gated: true,
            // Two layers of two heads, each with 16 numbers for the key and 16 for the value.
            cache_width: 2 * 2 * 32,
            token_count: 4,
            causal: true,
            space_prefix: false,
            tensor_bytes: 292,
            input_bytes: 0,
            output_bytes: 292,
            shared_bytes: 0,
            is_shared_repacked: false,
            layers: vec![
                Layer {
                    key_width: 32,
                    value_width: 32,
                    ..Layer::default()
                };
                2
            ],
            window: 0,
            head_count: 4,
            head_width: 16,
            experts_used: 0,
            expert_feed_forward_length: 256,
            pooling: Pooling::Unsaid,
            has_scorer: false,
            rerank_template: None,
        }
    );
}

#[test]
fn version_two_is_read_as_well() {
    let mut file = File::sound();
    file.version = 2;
    assert!(file.check().is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let bytes = File::sound().bytes();
    for length in 0..bytes.len() {
        assert!(check(&bytes[..length]).is_err(), "the first {length} bytes");
    }
}

#[test]
fn no_changed_byte_of_the_header_makes_it_panic() {
    let file = File::sound();
    let header = file.header().len();
    for at in 0..header {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = file.bytes();
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
        let mut file = File::sound();
        file.version = version;
        assert!(matches!(file.check(), Err(LoadFailure::Unsupported(_))));
    }
}

#[test]
fn a_file_that_the_disk_cannot_read_is_unreadable() {
    let bytes = File::sound().bytes();
    // The length says more than there is to read.
    let verdict = preflight(&mut Memory::new(&bytes[..100]), bytes.len() as u64);
    assert!(matches!(verdict, Err(LoadFailure::Unreadable(_))));
}

#[test]
fn counts_beyond_the_file_are_refused() {
    for count in [100_000, 1 << 40, 1 << 63, u64::MAX] {
        let mut keys = File::sound();
        keys.claimed_keys = Some(count);
        keys.refused_because("keys");
        let mut tensors = File::sound();
        tensors.claimed_tensors = Some(count);
        tensors.refused_because("tensors");
        let sound = File::sound;
        sound()
            .with_key(list("x", 0, count, &[]))
            .refused_because("numbers in a list");
        sound()
            .with_key(list("x", 12, count, &[]))
            .refused_because("numbers in a list");
        sound()
            .with_key(list("x", STRING, count, &[]))
            .refused_because("texts in a list");
        let mut vocabulary = sound();
        vocabulary.keys.pop();
        vocabulary
            .with_key(list("tokenizer.ggml.tokens", STRING, count, &[]))
            .refused_because("tokens");
    }
}

#[test]
fn texts_beyond_the_file_are_refused() {
    for length in [10_000_u64, 1 << 40, u64::MAX] {
        let length = length.to_le_bytes();
        File::sound()
            .with_key(length.to_vec())
            .refused_because("cut short");
        File::sound()
            .with_key(key("general.author", STRING, &length))
            .refused_because("cut short");
        File::sound()
            .with_key(key("tokenizer.chat_template", STRING, &length))
            .refused_because("cut short");
    }
}

#[test]
fn long_keys_texts_and_names_are_refused() {
    let long = "k".repeat(LONGEST_KEY as usize + 1);
    File::sound()
        .with_key(number(&long, 1))
        .refused_because("a key is too long");
    let mut file = File::sound();
    file.keys[1] = key("general.name", STRING, &text(vec![b'n'; (1 << 20) + 1]));
    file.refused_because("too long");
    File::sound()
        .with_tensors(&[tensor(&"n".repeat(64), &[1], 0, 0)])
        .refused_because("name of a tensor is too long");
}

#[test]
fn names_that_are_missing_or_no_text_are_refused() {
    File::sound()
        .with_key(number("", 1))
        .refused_because("no name");
    File::sound()
        .with_key([&text(b"\xff"), &number("", 1)[8..]].concat())
        .refused_because("not text");
}

#[test]
fn unknown_value_types_are_refused() {
    for value_type in [13, 255, u32::MAX] {
        File::sound()
            .with_key(key("x", value_type, &[0; 8]))
            .refused_because("unknown type");
        File::sound()
            .with_key(list("x", value_type, 1, &[0; 8]))
            .refused_because("unknown type");
    }
}

#[test]
fn lists_of_lists_are_refused() {
    File::sound()
        .with_key(list("x", ARRAY, 1, &[0; 64]))
        .refused_because("a list holds lists");
}

#[test]
fn names_that_appear_twice_are_refused() {
    File::sound()
        .with_key(number("llama.block_count", 2))
        .refused_because("a key appears twice");
    File::sound()
        .with_tensors(&[tensor("one", &[64], 0, 0), tensor("one", &[9], 0, 256)])
        .refused_because("a tensor appears twice");
}

#[test]
fn tokens_that_appear_twice_are_refused() {
    let mut file = File::sound();
    file.keys.pop();
    file.clone()
        .with_key(tokens(&["a", "b", "a"]))
        .refused_because("a token twice");
    // What llama.cpp calls an empty token may be there already.
    file.with_key(tokens(&["[EMPTY_1]", ""]))
        .refused_because("a token twice");
}

#[test]
fn tensors_of_impossible_shape_are_refused() {
    let refused = |dimensions: &[u64], tensor_type, reason: &str| {
        File::sound()
            .with_tensors(&[tensor("x", dimensions, tensor_type, 0)])
            .refused_because(reason);
    };
    refused(&[1, 1, 1, 1, 1], 0, "more than four dimensions");
    refused(&[1 << 32, 1 << 32], 0, "overflow");
    refused(&[0, 1 << 63], 0, "overflow");
    refused(&[u64::MAX], 0, "overflow");
    refused(&[1 << 62], 27, "overflow");
    refused(&[33], 2, "whole blocks");
    for tensor_type in [4, 5, 31, 36, 43, u32::MAX] {
        refused(&[32], tensor_type, "unknown type");
    }
}

#[test]
fn tensors_out_of_place_are_refused() {
    for offset in [32, 255, 257, 288, u64::MAX] {
        File::sound()
            .with_tensors(&[tensor("one", &[64], 0, 0), tensor("two", &[1], 0, offset)])
            .refused_because("not where the one before it ends");
    }
}

#[test]
fn a_download_that_stopped_early_is_refused() {
    let mut file = File::sound();
    file.data -= 1;
    file.refused_because("cut short");
}

#[test]
fn a_model_without_weights_is_refused() {
    File::sound()
        .with_tensors(&[])
        .refused_because("no weights");
}

#[test]
fn alignments_that_are_no_power_of_two_are_refused() {
    for alignment in [0, 3, 48, u32::MAX] {
        File::sound()
            .with_key(number("general.alignment", alignment))
            .refused_because("alignment");
    }
    File::sound()
        .with_key(key("general.alignment", 10, &32_u64.to_le_bytes()))
        .refused_because("alignment");
    let file = File::sound().with_key(number("general.alignment", 32));
    assert!(file.check().is_ok());
}

#[test]
fn a_file_must_say_its_architecture() {
    let mut file = File::sound();
    file.keys.remove(0);
    file.refused_because("architecture");
}

#[test]
fn a_model_in_several_files_is_unsupported() {
    let file = File::sound().with_key(key("split.count", 2, &3_u16.to_le_bytes()));
    assert!(matches!(file.check(), Err(LoadFailure::Unsupported(_))));
}

#[test]
fn too_many_layers_are_refused() {
    let mut file = File::sound();
    file.keys[4] = number("llama.block_count", 513);
    file.refused_because("layers");
}

#[test]
fn layers_of_different_width_are_added_up() {
    let mut file = File::sound();
    let heads = [1_u32, 3].map(u32::to_le_bytes).concat();
    file.keys[8] = list("llama.attention.head_count_kv", 4, 2, &heads);
    assert_eq!(file.check().unwrap().cache_width, (1 + 3) * 32);
}

#[test]
fn a_large_vocabulary_is_read_in_less_than_a_second() {
    let words: Vec<String> = (0..262_144).map(|word| format!("token{word}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut file = File::sound();
    file.keys.pop();
    let file =
        file.with_key(tokens(&words))
            .with_key(list("scores", 6, 262_144, &vec![0; 4 * 262_144]));
    let bytes = file.bytes();
    let start = Instant::now();
    assert_eq!(check(&bytes).unwrap().token_count, 262_144);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_trillion_bytes_of_weights_that_are_there_are_no_damage() {
    // A sparse file has them; whether they fit is asked elsewhere.
    let file = File::sound().with_tensors(&[tensor("x", &[1 << 38], 0, 0)]);
    let header = file.bytes();
    let length = header.len() as u64 + (1 << 40);
    let verdict = preflight(&mut Memory::new(&header), length).unwrap();
    assert_eq!(verdict.tensor_bytes, 1 << 40);
}

/// A file of another architecture, with the keys that every file has.
fn of_architecture(architecture: &str, layers: u32, more: &[Vec<u8>]) -> Header {
    let own = |name: &str| format!("{architecture}.{name}");
    let mut file = File::sound();
    file.keys = vec![
        key("general.architecture", STRING, &text(architecture)),
        number(&own("block_count"), layers),
        number(&own("embedding_length"), 64),
        number(&own("attention.head_count"), 4),
        number(&own("attention.head_count_kv"), 2),
    ];
    for key in more {
        // A key that is there already is replaced.
        let name = |key: &[u8]| key[8..8 + key[0] as usize].to_vec();
        file.keys.retain(|old| name(old) != name(key));
        file.keys.push(key.clone());
    }
    file.check().unwrap()
}

#[test]
fn weights_are_counted_where_they_belong() {
    let names = [
        "token_embd.weight",
        "blk.1.attn_q.weight",
        "output_norm.weight",
        "blk.0.x",
    ];
    let offset = |index: usize| index as u64 * 128;
    let tensors: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| tensor(name, &[32], 0, offset(index)))
        .collect();
    let mut file = File::sound().with_tensors(&tensors);
    file.data = offset(names.len());
    let header = file.check().unwrap();
    assert_eq!(header.input_bytes, 128);
    assert_eq!(header.output_bytes, 128);
    assert_eq!(header.layers[0].weight_bytes, 128);
    assert_eq!(header.layers[1].weight_bytes, 128);
    assert_eq!(header.shared_bytes, 128, "there is no output matrix");
    file.tensors[2] = tensor("output.weight", &[32], 0, offset(2));
    assert_eq!(file.check().unwrap().shared_bytes, 0);
}

#[test]
fn layers_with_a_window_are_told_by_the_rule_of_their_architecture() {
    let window =
        |architecture: &str| number(&format!("{architecture}.attention.sliding_window"), 512);
    let windowed = |architecture: &str, more: &[Vec<u8>]| -> (u64, Vec<bool>) {
        let header = of_architecture(architecture, 6, more);
        let layers = header.layers.iter().map(|layer| layer.is_windowed);
        (header.window, layers.collect())
    };
    let [yes, no] = [true, false];
    assert_eq!(
        windowed("gemma3", &[window("gemma3")]),
        (512, vec![yes, yes, yes, yes, yes, no])
    );
    assert_eq!(
        windowed("gemma2", &[]),
        (4096, vec![yes, no, yes, no, yes, no])
    );
    assert_eq!(
        windowed("cohere2moe", &[window("cohere2moe")]),
        (512, vec![no, yes, yes, yes, no, yes])
    );
    // llama.cpp does not look at the key there.
    assert_eq!(windowed("llama", &[window("llama")]), (0, vec![no; 6]));
    let pattern = list(
        "gemma4.attention.sliding_window_pattern",
        7,
        6,
        &[1, 0, 1, 1, 0, 0],
    );
    assert_eq!(
        windowed("gemma4", &[window("gemma4"), pattern]),
        (512, vec![yes, no, yes, yes, no, no])
    );
}

#[test]
fn windowed_layers_may_keep_narrower_keys() {
    let header = of_architecture(
        "gemma4",
        2,
        &[
            number("gemma4.attention.sliding_window", 512),
            list("gemma4.attention.sliding_window_pattern", 7, 2, &[1, 0]),
            number("gemma4.attention.key_length", 64),
            number("gemma4.attention.value_length", 64),
            number("gemma4.attention.key_length_swa", 32),
            number("gemma4.attention.value_length_swa", 32),
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
    let header = of_architecture(
        "gemma4",
        4,
        &[number("gemma4.attention.shared_kv_layers", 3)],
    );
    let widths: Vec<_> = header.layers.iter().map(|layer| layer.key_width).collect();
    assert_eq!(widths, [32, 0, 0, 0]);
}

#[test]
fn keys_that_hold_their_values_are_kept_alone() {
    let header = of_architecture(
        "deepseek2",
        1,
        &[
            number("deepseek2.attention.head_count_kv", 1),
            number("deepseek2.attention.key_length", 576),
            number("deepseek2.attention.value_length", 512),
            number("deepseek2.attention.key_length_mla", 192),
            number("deepseek2.attention.value_length_mla", 128),
        ],
    );
    assert_eq!(
        (header.layers[0].key_width, header.layers[0].value_width),
        (576, 0)
    );
}

#[test]
fn layers_that_recur_keep_a_state_of_one_size() {
    let heads = [0_u32, 2].map(u32::to_le_bytes).concat();
    let header = of_architecture(
        "lfm2",
        2,
        &[
            list("lfm2.attention.head_count_kv", 4, 2, &heads),
            number("lfm2.shortconv.l_cache", 3),
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
            number("qwen35.ssm.conv_kernel", 4),
            number("qwen35.ssm.inner_size", 128),
            number("qwen35.ssm.state_size", 16),
            number("qwen35.ssm.group_count", 2),
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
