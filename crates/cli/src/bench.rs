//! `aparte bench`: one measurement through domain, frames and worker. `cargo xtask bench` sets it beside
//! the bare llama.cpp loop.

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
}

#[derive(Serialize)]
struct Object {
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    load_ms: u64,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let assistant = global.assistant(output)?;
    let measured = assistant.measure(arguments.prompt_tokens, arguments.generated_tokens)?;
    output.object(&Object {
        prompt_tokens_per_s: measured.timings.prompt_tokens_per_s(),
        generation_tokens_per_s: measured.timings.generation_tokens_per_s(),
        load_ms: measured.load_ms,
    });
    Ok(())
}
