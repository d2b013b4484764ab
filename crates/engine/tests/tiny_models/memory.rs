//! What the header tells of a model's memory, beside what llama.cpp says that it allocates.

use std::ffi::{CStr, CString, c_char, c_void};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aparte_engine::memory::{CacheType, Need, Opening, needs};
use aparte_engine::preflight::{Header, preflight};
use aparte_engine::{Interruption, Model, Session};
use aparte_protocol::calibration::{BatchSize, Known, Tuning};
use llama_cpp_sys_2 as sys;

use crate::decoder::{GROUPED, Shape, decoder, write_vocabulary};
use crate::gguf::{FLOATS, FOUR_BITS, Gguf, HALVES};
use crate::{backends, turn};

/// The log gives hundredths of a MiB.
const ROUNDING: f64 = 0.01 * 1024.0 * 1024.0;

const OPENINGS: [Opening; 9] = {
    let usual = Opening {
        context: 4096,
        sequences: 1,
        batch: 512,
        outputs: 512,
        cache: CacheType::F16,
        has_flash_attention: true,
        keeps_everything: false,
        has_rows: false,
    };
    [
        usual,
        Opening {
            keeps_everything: true,
            ..usual
        },
        Opening {
            outputs: 1,
            ..usual
        },
        Opening {
            has_flash_attention: false,
            ..usual
        },
        Opening {
            cache: CacheType::Q8_0,
            outputs: 1,
            ..usual
        },
        Opening {
            context: 16_384,
            sequences: 8,
            outputs: 8,
            ..usual
        },
        Opening {
            context: 8192,
            outputs: 1,
            has_flash_attention: false,
            ..usual
        },
        Opening {
            context: 300,
            outputs: 1,
            ..usual
        },
        Opening {
            batch: 128,
            outputs: 128,
            ..usual
        },
    ]
};

/// A model of the Gemma 3 family, most of whose layers look back a little way.
const WINDOWED: Shape = Shape {
    architecture: "gemma3",
    layers: 14,
    embedding: 256,
    feed_forward: 768,
    heads: 4,
    cached_heads: 2,
    head: 64,
    window: Some(512),
    has_output: false,
    ..GROUPED
};

#[test]
fn the_starter_model_takes_what_its_header_tells() {
    let folder = std::env::var_os("APARTE_MODELS").expect(
        "set APARTE_MODELS to a folder with SmolLM2-135M-Instruct-Q4_1.gguf to run these tests",
    );
    let path = PathBuf::from(folder).join("SmolLM2-135M-Instruct-Q4_1.gguf");
    agrees_with_llama_cpp(&path);
}

#[test]
fn a_model_whose_heads_share_keys_takes_what_its_header_tells() {
    agrees_with_llama_cpp(decoder(&GROUPED).file().path());
}

#[test]
fn a_model_with_a_sliding_window_takes_what_its_header_tells() {
    agrees_with_llama_cpp(decoder(&WINDOWED).file().path());
}

#[test]
fn a_model_with_a_large_vocabulary_takes_what_its_header_tells() {
    let shape = Shape {
        layers: 2,
        embedding: 128,
        feed_forward: 384,
        heads: 4,
        vocabulary: 120_000,
        ..GROUPED
    };
    agrees_with_llama_cpp(decoder(&shape).file().path());
}

#[test]
fn a_model_whose_weights_are_put_into_another_order_takes_what_its_header_tells() {
    let shape = Shape {
        vocabulary: 60_000,
        kind: FOUR_BITS,
        has_output: false,
        ..GROUPED
    };
    agrees_with_llama_cpp(decoder(&shape).file().path());
}

#[test]
fn a_model_with_a_choice_of_inner_layers_takes_what_its_header_tells() {
    let shape = Shape {
        feed_forward: 512,
        experts: Some(8),
        ..GROUPED
    };
    agrees_with_llama_cpp(decoder(&shape).file().path());
}

#[test]
fn a_conversation_takes_what_its_plan_tells() {
    let _turn = turn();
    let facts = {
        let file = decoder(&GROUPED).file().reopen().unwrap();
        let model = Model::load(backends(), file, &mut |_| ()).unwrap();
        Session::open(&model, Interruption::default())
            .unwrap()
            .facts()
    };
    let known = |batch, flash_attention| Known {
        tuning: Tuning {
            batch,
            flash_attention,
            ..facts.tuning
        },
        machine: facts.machine.clone(),
    };
    let cases = [
        (GROUPED, None),
        (WINDOWED, None),
        (GROUPED, Some(known(BatchSize::Large, true))),
        (GROUPED, Some(known(BatchSize::Small, false))),
    ];
    for (shape, known) in cases {
        let backends = backends();
        let file = decoder(&shape).file().reopen().unwrap();
        listen();
        let model = Model::load_as_known(known.as_ref(), backends, file, &mut |_| ()).unwrap();
        let session = Session::open(&model, Interruption::default()).unwrap();
        if let Some(known) = known {
            assert_eq!(session.facts().tuning, known.tuning);
        }
        let told = model.plan().needs.processor;
        let real = heard();
        assert!(real.cache > 0, "llama.cpp said nothing");
        let differences = differences(&[
            ("weights", told.weights, real.weights),
            ("cache", told.cache, real.cache),
            ("compute", told.compute, real.compute),
            ("output", told.output, real.output),
        ]);
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

#[test]
fn a_model_some_of_whose_layers_keep_a_state_takes_what_its_header_tells() {
    agrees_with_llama_cpp(recurring().file().path());
}

/// A model of the LFM2 family: three of its four layers keep the last tokens alone.
fn recurring() -> Gguf {
    const EMBEDDING: u64 = 512;
    const FEED_FORWARD: u64 = 1536;
    const CACHED: u64 = 128;
    let cached_heads = [0, 2, 0, 0];
    let mut gguf = Gguf::default();
    gguf.text("general.architecture", "lfm2");
    gguf.number("lfm2.context_length", 32_768);
    gguf.number("lfm2.block_count", 4);
    gguf.number("lfm2.embedding_length", EMBEDDING as u32);
    gguf.number("lfm2.feed_forward_length", FEED_FORWARD as u32);
    gguf.number("lfm2.attention.head_count", 8);
    gguf.numbers("lfm2.attention.head_count_kv", &cached_heads);
    gguf.float("lfm2.attention.layer_norm_rms_epsilon", 1e-6);
    gguf.number("lfm2.shortconv.l_cache", 3);
    write_vocabulary(&mut gguf, 8192);
    gguf.zeros("token_embd.weight", &[EMBEDDING, 8192], HALVES);
    gguf.zeros("token_embd_norm.weight", &[EMBEDDING], FLOATS);
    for (layer, heads) in cached_heads.into_iter().enumerate() {
        let mut zeros = |name: &str, dimensions: &[u64], kind| {
            gguf.zeros(&format!("blk.{layer}.{name}.weight"), dimensions, kind);
        };
        zeros("attn_norm", &[EMBEDDING], FLOATS);
        zeros("ffn_norm", &[EMBEDDING], FLOATS);
        zeros("ffn_gate", &[EMBEDDING, FEED_FORWARD], HALVES);
        zeros("ffn_up", &[EMBEDDING, FEED_FORWARD], HALVES);
        zeros("ffn_down", &[FEED_FORWARD, EMBEDDING], HALVES);
        if heads > 0 {
            zeros("attn_q", &[EMBEDDING, EMBEDDING], HALVES);
            zeros("attn_k", &[EMBEDDING, CACHED], HALVES);
            zeros("attn_v", &[EMBEDDING, CACHED], HALVES);
            zeros("attn_output", &[EMBEDDING, EMBEDDING], HALVES);
            zeros("attn_q_norm", &[64], FLOATS);
            zeros("attn_k_norm", &[64], FLOATS);
        } else {
            zeros("shortconv.conv", &[3, EMBEDDING], FLOATS);
            zeros("shortconv.in_proj", &[EMBEDDING, 3 * EMBEDDING], HALVES);
            zeros("shortconv.out_proj", &[EMBEDDING, EMBEDDING], HALVES);
        }
    }
    gguf
}

#[test]
fn a_model_that_reads_takes_what_its_header_tells() {
    let _turn = turn();
    let _backends = backends();
    let mut apart = Vec::new();
    for (embedding, feed_forward) in [(256, 1024), (512, 512)] {
        let named = reader(embedding, feed_forward).file();
        let header = header_of(named.path());
        for has_flash_attention in [true, false] {
            let opening = Opening {
                has_flash_attention,
                ..Opening::reading(512)
            };
            let told = needs(&header, &opening, &[]).processor;
            let real = allocated(named.path(), &opening);
            assert_eq!((told.cache, real.cache), (0, 0));
            // Room for the outcome grows with the first text; what llama.cpp says is what it begins with.
            apart.extend(differences(&[
                ("weights", told.weights, real.weights),
                ("compute", told.compute, real.compute),
            ]));
        }
    }
    assert!(apart.is_empty(), "{apart:#?}");
}

/// A model of the BERT family, with weights of zero.
fn reader(embedding: u64, feed_forward: u64) -> Gguf {
    let mut gguf = Gguf::default();
    let tokens: Vec<String> = (0..8192).map(|token| format!("word{token}")).collect();
    gguf.text("general.architecture", "bert");
    gguf.number("bert.context_length", 512);
    gguf.number("bert.block_count", 2);
    gguf.number("bert.embedding_length", embedding as u32);
    gguf.number("bert.feed_forward_length", feed_forward as u32);
    gguf.number("bert.attention.head_count", 8);
    gguf.float("bert.attention.layer_norm_epsilon", 1e-12);
    gguf.truth("bert.attention.causal", false);
    gguf.number("bert.pooling_type", 1);
    gguf.text("tokenizer.ggml.model", "bert");
    gguf.texts("tokenizer.ggml.tokens", &tokens);
    gguf.number("tokenizer.ggml.token_type_count", 1);
    gguf.zeros("token_embd.weight", &[embedding, 8192], FOUR_BITS);
    gguf.zeros("position_embd.weight", &[embedding, 512], FLOATS);
    gguf.zeros("token_types.weight", &[embedding, 1], FLOATS);
    gguf.zeros("token_embd_norm.weight", &[embedding], FLOATS);
    gguf.zeros("token_embd_norm.bias", &[embedding], FLOATS);
    for layer in 0..2 {
        for (name, inputs, outputs) in [
            ("attn_q", embedding, embedding),
            ("attn_k", embedding, embedding),
            ("attn_v", embedding, embedding),
            ("attn_output", embedding, embedding),
            ("ffn_up", embedding, feed_forward),
            ("ffn_down", feed_forward, embedding),
        ] {
            gguf.zeros(
                &format!("blk.{layer}.{name}.weight"),
                &[inputs, outputs],
                FOUR_BITS,
            );
            gguf.zeros(&format!("blk.{layer}.{name}.bias"), &[outputs], FLOATS);
        }
        for name in ["attn_output_norm", "layer_output_norm"] {
            gguf.zeros(&format!("blk.{layer}.{name}.weight"), &[embedding], FLOATS);
            gguf.zeros(&format!("blk.{layer}.{name}.bias"), &[embedding], FLOATS);
        }
    }
    gguf
}

fn header_of(path: &Path) -> Header {
    let mut file = File::open(path).unwrap();
    let length = file.metadata().unwrap().len();
    preflight(&mut file, length).unwrap()
}

/// Where what was told is not what is real, give or take a tenth.
fn differences(parts: &[(&str, u64, u64)]) -> Vec<String> {
    parts
        .iter()
        .filter(|(_, told, real)| told.abs_diff(*real) as f64 > *real as f64 * 0.1 + ROUNDING)
        .map(|(part, told, real)| format!("{part}: {told} instead of {real}"))
        .collect()
}

#[track_caller]
fn agrees_with_llama_cpp(path: &Path) {
    let _turn = turn();
    let _backends = backends();
    let header = header_of(path);
    let mut apart = Vec::new();
    for opening in &OPENINGS {
        let told = needs(&header, opening, &[]).processor;
        let real = allocated(path, opening);
        assert!(real.cache > 0, "llama.cpp said nothing");
        let differences = differences(&[
            ("weights", told.weights, real.weights),
            ("cache", told.cache, real.cache),
            ("compute", told.compute, real.compute),
            ("output", told.output, real.output),
            ("all", told.total(), real.total()),
        ]);
        apart.extend(
            differences
                .into_iter()
                .map(|difference| format!("{difference} with {opening:?}")),
        );
    }
    assert!(apart.is_empty(), "{apart:#?}");
}

/// What llama.cpp says that it allocates.
fn allocated(path: &Path, opening: &Opening) -> Need {
    listen();
    let path = CString::new(path.to_str().unwrap()).unwrap();
    let kind = match opening.cache {
        CacheType::F16 => sys::GGML_TYPE_F16,
        CacheType::Q8_0 => sys::GGML_TYPE_Q8_0,
    };
    // SAFETY: the path is a C string, and model and context are freed once, after their use.
    unsafe {
        let mut params = sys::llama_model_default_params();
        // A mapped file counts as allocated even where another copy of it is used.
        params.load_mode = sys::LLAMA_LOAD_MODE_NONE;
        let model = sys::llama_model_load_from_file(path.as_ptr(), params);
        assert!(!model.is_null(), "{:#?}", lines());
        let mut params = sys::llama_context_default_params();
        params.n_ctx = opening.context;
        params.n_batch = opening.batch;
        params.n_ubatch = opening.batch;
        params.n_seq_max = opening.sequences;
        params.n_outputs_max = opening.outputs;
        params.kv_unified = true;
        params.embeddings = opening.has_rows;
        params.swa_full = opening.keeps_everything;
        params.type_k = kind;
        params.type_v = kind;
        params.flash_attn_type = if opening.has_flash_attention {
            sys::LLAMA_FLASH_ATTN_TYPE_ENABLED
        } else {
            sys::LLAMA_FLASH_ATTN_TYPE_DISABLED
        };
        let context = sys::llama_init_from_model(model, params);
        assert!(!context.is_null(), "{:#?}", lines());
        sys::llama_free(context);
        sys::llama_model_free(model);
    }
    heard()
}

/// Hears what llama.cpp says from here on, until the libraries are loaded anew.
fn listen() {
    lines().clear();
    // SAFETY: the callback lives for ever and uses no user data.
    unsafe { sys::llama_log_set(Some(receive), std::ptr::null_mut()) }
}

/// What llama.cpp said that it allocated.
fn heard() -> Need {
    Need {
        weights: sum_of("model buffer size"),
        cache: sum_of("KV buffer size") + sum_of("RS buffer size"),
        compute: sum_of("compute buffer size ="),
        output: sum_of("output buffer size"),
    }
}

/// Adds up the sizes, given in MiB, of the lines that speak of `what`.
fn sum_of(what: &str) -> u64 {
    let size = |line: &String| -> Option<f64> {
        let (_, size) = line.split_once(what)?;
        let size = size.trim_start_matches([' ', '=']);
        size.strip_suffix(" MiB")?.parse().ok()
    };
    let mebibytes: f64 = lines().iter().filter_map(size).sum();
    (mebibytes * 1024.0 * 1024.0) as u64
}

fn lines() -> MutexGuard<'static, Vec<String>> {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn receive(
    _level: sys::ggml_log_level,
    text: *const c_char,
    _user_data: *mut c_void,
) {
    // SAFETY: ggml passes a string that ends in a zero byte and lives until this function returns.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    lines().push(text.trim().to_owned());
}
