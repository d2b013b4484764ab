//! `aparte complete PROMPT`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use aparte_assistant::{Completed, Completion, Ending, Error, Likelihood, Shape, Stop};
use clap::CommandFactory;
use clap::error::ErrorKind;
use serde::Serialize;

use crate::ask::{Timings, ending};
use crate::failure::Failure;
use crate::output::Output;
use crate::sampling::Sampling;
use crate::{Global, progress};

#[derive(clap::Args)]
pub struct Arguments {
    /// What the model is told.
    prompt: String,
    #[command(flatten)]
    sampling: Sampling,
    /// Hold the reply to JSON that fits the JSON schema in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "grammar")]
    json_schema: Option<PathBuf>,
    /// Hold the reply to the grammar in this file, in GBNF.
    #[arg(long, value_name = "FILE")]
    grammar: Option<PathBuf>,
    /// The longest reply, in tokens.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: u32,
    /// With --json: tell how likely each token was, and the N likeliest in its place.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=20))]
    logprobs: Option<u8>,
}

/// Larger files hold no grammar that the engine takes.
const LARGEST_SHAPE: u64 = 1 << 20;

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    if arguments.logprobs.is_some() && !output.json {
        crate::Arguments::command()
            .error(
                ErrorKind::MissingRequiredArgument,
                "likelihoods are told in JSON: give --json with --logprobs",
            )
            .exit();
    }
    let shape = match (&arguments.json_schema, &arguments.grammar) {
        (Some(file), _) => Shape::Json(read(file)?),
        (None, Some(file)) => Shape::Grammar(read(file)?),
        (None, None) => Shape::Free,
    };
    let assistant = arguments.sampling.choose(global.assistant(output)?);
    let asked = Completion {
        prompt: arguments.prompt.clone(),
        shape,
        max_tokens: arguments.max_tokens,
        alternatives: arguments.logprobs,
    };
    let shown = output.progress();
    let mut on_progress = |event| progress::show(&shown, &event, output);
    let completed = assistant.complete(asked, &Stop::default(), &mut on_progress)?;
    shown.clear();
    let model = assistant.model_name();
    if output.json {
        output.object(&Object::of(
            &completed,
            arguments.logprobs.is_some(),
            &model,
        ));
    } else {
        arguments
            .sampling
            .print(completed.thinking.as_ref(), output);
        output.line(&completed.text);
        if completed.ending == Ending::Length {
            output.remark(output.say(
                "The reply was cut at its greatest length. A larger --max-tokens gives it more room.",
                "La réponse a été coupée à sa longueur maximale. Un --max-tokens plus grand lui laisse plus de place.",
            ));
        }
    }
    assistant.close()?;
    match completed.ending {
        // What was written is printed; that it is not whole is still a failure.
        Ending::Interrupted => Err(Error::EngineStopped.into()),
        Ending::Complete | Ending::Length | Ending::Stopped | Ending::NotAsked => Ok(()),
    }
}

/// The text of a grammar or schema.
fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(LARGEST_SHAPE).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(_) => Err(Failure::ShapeFileUnreadable),
    }
}

#[derive(Serialize)]
struct Object<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    ending: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<Vec<Token>>,
    model: &'a str,
    timings: Timings,
}

/// A token, with the logarithms of probabilities.
#[derive(Serialize)]
struct Token {
    #[serde(flatten)]
    chosen: Scored,
    /// The likeliest in its place, the first of all first.
    top: Vec<Scored>,
}

#[derive(Serialize)]
struct Scored {
    /// What the token says; what is a part of a character shows as U+FFFD, and `bytes` has it.
    token: String,
    bytes: Vec<u8>,
    logprob: f32,
}

impl<'a> Object<'a> {
    fn of(completed: &'a Completed, with_logprobs: bool, model: &'a str) -> Object<'a> {
        let logprobs = || completed.likelihoods.iter().map(Token::of).collect();
        Object {
            text: &completed.text,
            thinking: (completed.thinking.as_ref()).map(|thinking| thinking.text.as_str()),
            ending: ending(completed.ending),
            logprobs: with_logprobs.then(logprobs),
            model,
            timings: Timings::of(&completed.timings),
        }
    }
}

impl Token {
    fn of(likelihood: &Likelihood) -> Token {
        let best = likelihood.best.iter();
        Token {
            chosen: Scored::of(&likelihood.token, likelihood.log),
            top: best.map(|(token, log)| Scored::of(token, *log)).collect(),
        }
    }
}

impl Scored {
    fn of(bytes: &[u8], logprob: f32) -> Scored {
        Scored {
            token: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.to_vec(),
            logprob,
        }
    }
}
