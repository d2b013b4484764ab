//! The bare llama.cpp loop that the benchmarks compare with: no worker, no frames, no template.
//!
//! Not shipped. `aparte-bare MODEL BACKENDS PROMPT_TOKENS GENERATED_TOKENS SEQUENCES [THREADS]` evaluates a prompt in
//! batches of 512, generates greedily, one thread a core as the application does unless told otherwise, and
//! prints what it took as one line of JSON. With several sequences each has such a prompt of its own, and all get their next
//! token in one call; the speed of generation is of all together. `BACKENDS` is the folder of the compute libraries.

use std::error::Error;
use std::ffi::OsStr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Instant;

use aparte_engine::usable_threads;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;

const BATCH: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    #[cfg(not(target_os = "macos"))]
    llama_cpp_2::llama_backend::load_backends_from_path(&arguments.backends);
    let mut backend = LlamaBackend::init()?;
    backend.void_logs();

    let start = Instant::now();
    let model =
        LlamaModel::load_from_file(&backend, &arguments.model, &LlamaModelParams::default())?;
    let sequences = arguments.sequences;
    let context_length =
        u32::try_from((arguments.prompt_tokens + arguments.generated_tokens) * sequences)?;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(context_length))
        .with_n_batch(BATCH as u32)
        .with_n_ubatch(BATCH as u32)
        .with_n_seq_max(u32::try_from(sequences)?)
        .with_n_threads(arguments.threads)
        .with_n_threads_batch(arguments.threads);
    let mut context = model.new_context(&backend, params)?;
    let load_ms = milliseconds(start);

    let vocab = model.vocab();
    let sentence = b"The committee reads every report that it is sent. ";
    let mut prompt = vocab.tokenize(&sentence.repeat(arguments.prompt_tokens), false, false);
    prompt.truncate(arguments.prompt_tokens);
    let mut batch = LlamaBatch::new(BATCH, 1);
    // Brings the weights into memory, as the session does when it opens.
    batch.add(prompt[0], 0, &[0], true)?;
    context.decode(&mut batch)?;
    context.clear_kv_cache();

    let mut sampler = LlamaSampler::chain([LlamaSampler::greedy()], true);
    let mut last = Vec::with_capacity(sequences);
    let start = Instant::now();
    for sequence in 0..i32::try_from(sequences)? {
        for (number, part) in prompt.chunks(BATCH).enumerate() {
            batch.clear();
            for (index, &token) in part.iter().enumerate() {
                let position = number * BATCH + index;
                batch.add(
                    token,
                    position as i32,
                    &[sequence],
                    position + 1 == prompt.len(),
                )?;
            }
            context.decode(&mut batch)?;
        }
        last.push(sampler.sample(&context, -1));
        // Another beginning, so that no two sequences say the same.
        prompt.rotate_left(1);
    }
    context.synchronize();
    let prompt_ms = milliseconds(start);

    let start = Instant::now();
    // The first token falls out of the prompt; the end of a text is generated over.
    for position in (prompt.len()..).take(arguments.generated_tokens - 1) {
        batch.clear();
        for (sequence, &token) in (0..).zip(&last) {
            batch.add(token, position as i32, &[sequence], true)?;
        }
        context.decode(&mut batch)?;
        for (number, token) in (0..).zip(&mut last) {
            *token = sampler.sample(&context, number);
        }
    }
    let generation_ms = milliseconds(start);

    let per_s = |tokens: usize, ms: f64| tokens as f64 * 1e3 / ms;
    println!(
        "{}",
        serde_json::json!({
            "prompt_tokens_per_s": per_s(prompt.len() * sequences, prompt_ms),
            "generation_tokens_per_s":
                per_s((arguments.generated_tokens - 1) * sequences, generation_ms),
            "load_ms": load_ms,
        })
    );
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

struct Arguments {
    model: PathBuf,
    backends: PathBuf,
    prompt_tokens: usize,
    generated_tokens: usize,
    threads: i32,
    sequences: usize,
}

impl Arguments {
    fn read() -> Result<Arguments, Box<dyn Error>> {
        const USAGE: &str =
            "usage: aparte-bare MODEL BACKENDS PROMPT_TOKENS GENERATED_TOKENS SEQUENCES [THREADS]";
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        let [
            model,
            backends,
            prompt_tokens,
            generated_tokens,
            sequences,
            threads @ ..,
        ] = arguments.as_slice()
        else {
            return Err(USAGE.into());
        };
        let tokens = |text: &OsStr| -> Result<usize, Box<dyn Error>> {
            let tokens: NonZeroUsize = text.to_str().ok_or(USAGE)?.parse()?;
            Ok(tokens.get())
        };
        Ok(Arguments {
            model: model.into(),
            backends: backends.into(),
            prompt_tokens: tokens(prompt_tokens)?,
            generated_tokens: tokens(generated_tokens)?,
            threads: match threads {
                [] => usable_threads(),
                [threads] => i32::try_from(tokens(threads)?)?,
                _ => return Err(USAGE.into()),
            },
            sequences: tokens(sequences)?,
        })
    }
}
