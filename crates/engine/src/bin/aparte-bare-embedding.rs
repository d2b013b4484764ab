//! The bare llama.cpp loop that vectors are compared with: no worker, no frames, no sealing.
//!
//! Not shipped. `aparte-bare-embedding MODEL BACKENDS TEXTS TOKENS` makes a vector of each of so many texts of so many tokens, by
//! one, two, four and eight texts in a computation, one thread a core, and prints the texts a second of the best of these as one
//! line of JSON. `BACKENDS` is the folder of the compute libraries.

use std::error::Error;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Instant;

use aparte_engine::usable_threads;
use llama_cpp_2::context::params::{LlamaContextParams, LlamaPoolingType};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

const USAGE: &str = "usage: aparte-bare-embedding MODEL BACKENDS TEXTS TOKENS";
const GROUPS: [usize; 4] = [1, 2, 4, 8];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [model, backends, texts, tokens] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let number = |text: &OsString| -> Result<usize, Box<dyn Error>> {
        Ok(text.to_str().ok_or(USAGE)?.parse()?)
    };
    let (texts, tokens) = (number(texts)?, number(tokens)?);
    #[cfg(not(target_os = "macos"))]
    llama_cpp_2::llama_backend::load_backends_from_path(&PathBuf::from(backends));
    let mut backend = LlamaBackend::init()?;
    backend.void_logs();
    let file = PathBuf::from(model);
    let model = LlamaModel::load_from_file(&backend, &file, &LlamaModelParams::default())?;
    let sentence = b"The committee reads every report that it is sent. ";
    let mut text = model
        .vocab()
        .tokenize(&sentence.repeat(tokens), true, false);
    // The last is the end of a text.
    let end = text.pop();
    text.truncate(tokens.saturating_sub(1));
    text.extend(end);

    let mut best = (0, 0.0);
    for group in GROUPS {
        let size = u32::try_from(group * text.len())?;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size))
            .with_n_batch(size)
            .with_n_ubatch(size)
            .with_n_seq_max(u32::try_from(group)?)
            .with_n_threads(usable_threads())
            .with_n_threads_batch(usable_threads())
            .with_embeddings(true)
            .with_pooling_type(LlamaPoolingType::Mean);
        let mut context = model.new_context(&backend, params)?;
        let mut batch = LlamaBatch::new(group * text.len(), 1);
        let mut compute = || -> Result<(), Box<dyn Error>> {
            batch.clear();
            for sequence in 0..i32::try_from(group)? {
                for (position, &token) in (0..).zip(&text) {
                    batch.add(token, position, &[sequence], true)?;
                }
            }
            context.encode(&mut batch)?;
            for sequence in 0..i32::try_from(group)? {
                context.embeddings_seq_ith(sequence)?;
            }
            Ok(())
        };
        // Brings the weights into memory.
        compute()?;
        let start = Instant::now();
        for _ in 0..texts / group {
            compute()?;
        }
        let per_s = (texts / group * group) as f64 / start.elapsed().as_secs_f64();
        if per_s > best.1 {
            best = (group, per_s);
        }
    }
    println!(
        "{}",
        serde_json::json!({ "together": best.0, "texts_per_s": best.1 })
    );
    Ok(())
}
