//! `aparte bench`: one measurement through domain, frames and worker. `cargo xtask bench` sets it beside
//! the bare llama.cpp loop.

use std::time::Duration;

use serde::Serialize;

use crate::Global;
use crate::failure::Failure;
use crate::output::Output;

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
}

#[derive(Serialize)]
struct Object {
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    load_ms: u64,
}

#[derive(Serialize)]
struct Stops {
    stop_ms: Vec<f64>,
}

/// A prompt that takes seconds to read, and one that is read at once, in tokens.
const LONG_PROMPT: u32 = 2_000;
const SHORT_PROMPT: u32 = 16;

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let assistant = global.assistant(output)?;
    if let Some(stops) = arguments.stops {
        let moments: Vec<_> = (0..stops)
            .map(|number| Duration::from_millis(50 + 1_500 * u64::from(number) / u64::from(stops)))
            .collect();
        let mut times = assistant.measure_stops(LONG_PROMPT, &moments)?;
        times.extend(assistant.measure_stops(SHORT_PROMPT, &moments)?);
        let stop_ms = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        output.object(&Stops { stop_ms });
        return Ok(());
    }
    let measured = assistant.measure(arguments.prompt_tokens, arguments.generated_tokens)?;
    output.object(&Object {
        prompt_tokens_per_s: measured.timings.prompt_tokens_per_s(),
        generation_tokens_per_s: measured.timings.generation_tokens_per_s(),
        load_ms: measured.load_ms,
    });
    Ok(())
}
