//! `aparte bench`: one measurement through domain, frames and worker. `cargo xtask bench` sets it beside
//! the bare llama.cpp loop.

use std::time::Duration;

use aparte_assistant::{EMBEDDING, Embedder, Model, Timings, measure_vectors, places};
use serde::Serialize;

use crate::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::steps;

#[derive(clap::Args)]
pub struct Arguments {
    /// Tokens of the prompt.
    #[arg(long, default_value_t = 512)]
    prompt_tokens: u32,
    /// Tokens to generate.
    #[arg(long, default_value_t = 128)]
    generated_tokens: u32,
    /// Time stops instead: so many, while the prompt is read and while the reply is written.
    #[arg(long)]
    stops: Option<u32>,
    /// Time so many replies that are written at once instead.
    #[arg(long)]
    together: Option<u32>,
    /// Time vectors of so many texts of about `--prompt-tokens` instead.
    #[arg(long)]
    embed: Option<u32>,
    /// Time first words in a conversation of `--prompt-tokens` instead: cold, from memory, and, with `--vault`, restored.
    #[arg(long)]
    first_words: bool,
}

#[derive(Serialize)]
struct Object {
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    load_ms: u64,
    /// In what the model runs with less than it could have: figures of such a run are not those of the model.
    steps: Vec<&'static str>,
}

#[derive(Serialize)]
struct Together {
    /// Of all replies together.
    generation_tokens_per_s: f64,
}

#[derive(Serialize)]
struct FirstWords {
    prompt_tokens: u32,
    cold_ms: f64,
    in_memory_ms: f64,
    restored_ms: Option<f64>,
    state_bytes: u64,
}

#[derive(Serialize)]
struct Vectors {
    texts_per_s: f64,
}

#[derive(Serialize)]
struct Stops {
    stop_ms: Vec<f64>,
}

/// A prompt that takes seconds to read, and one that is read at once, in tokens.
const LONG_PROMPT: u32 = 2_000;
const SHORT_PROMPT: u32 = 16;

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    if let Some(texts) = arguments.embed {
        let model = Model::find(EMBEDDING, global.models.as_deref())?;
        let embedder = Embedder::new(places::worker(), model);
        let texts_per_s = measure_vectors(&embedder, texts, arguments.prompt_tokens)?;
        output.object(&Vectors { texts_per_s });
        return Ok(());
    }
    let assistant = global.assistant(output)?;
    let steps = assistant.load_model(&mut |_| {})?.steps;
    for step in &steps {
        output.remark(&steps::sentence(step, output));
    }
    if let Some(stops) = arguments.stops {
        let moments: Vec<_> = (0..stops)
            .map(|number| Duration::from_millis(50 + 1_500 * u64::from(number) / u64::from(stops)))
            .collect();
        let mut times = assistant.measure_stops(LONG_PROMPT, &moments)?;
        times.extend(assistant.measure_stops(SHORT_PROMPT, &moments)?);
        let stop_ms = times.into_iter().map(milliseconds).collect();
        output.object(&Stops { stop_ms });
        return Ok(());
    }
    if let Some(replies) = arguments.together {
        let (prompt, generated) = (arguments.prompt_tokens, arguments.generated_tokens);
        let timings = assistant.measure_together(replies, prompt, generated)?;
        let speeds = timings.iter().filter_map(Timings::generation_tokens_per_s);
        output.object(&Together {
            generation_tokens_per_s: speeds.sum(),
        });
        return Ok(());
    }
    if arguments.first_words {
        let first = assistant.measure_first_words(arguments.prompt_tokens)?;
        output.object(&FirstWords {
            prompt_tokens: first.prompt_tokens,
            cold_ms: milliseconds(first.cold),
            in_memory_ms: milliseconds(first.in_memory),
            restored_ms: first.restored.map(milliseconds),
            state_bytes: first.state_bytes,
        });
        assistant.close()?;
        return Ok(());
    }
    let measured = assistant.measure(arguments.prompt_tokens, arguments.generated_tokens)?;
    output.object(&Object {
        prompt_tokens_per_s: measured.timings.prompt_tokens_per_s(),
        generation_tokens_per_s: measured.timings.generation_tokens_per_s(),
        load_ms: measured.load_ms,
        steps: steps.iter().map(steps::name).collect(),
    });
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
