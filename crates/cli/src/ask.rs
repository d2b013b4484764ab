//! `aparte ask QUESTION FILE...`

use std::path::PathBuf;

use aparte_assistant::{Answer, Citation, Ending, Error, Mode, Progress, Stop};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::{Global, inputs};

#[derive(clap::Args)]
pub struct Arguments {
    /// What you want to know.
    question: String,
    /// Documents to answer from; - is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    inputs::check(&arguments.files)?;
    let assistant = global.assistant(output)?;
    let documents = inputs::add(&assistant, &arguments.files, output)?;
    let conversation = assistant.begin(&arguments.question, &documents, false)?;
    let progress = output.progress();
    let mut on_progress = |event: Progress| match event {
        Progress::Loading(percent) => progress.show(&format!(
            "{} {percent} %",
            output.say("Loading the model", "Chargement du modèle")
        )),
        Progress::Prompt(done, total) => progress.show(&format!(
            "{} {done}/{total}",
            output.say("Reading the passages", "Lecture des passages")
        )),
        Progress::Thinking(_) => progress.show(output.say("Thinking…", "Réflexion…")),
        Progress::Text(_) => progress.show(output.say("Writing…", "Rédaction…")),
    };
    let answer = assistant.ask(
        conversation.id,
        &arguments.question,
        &documents,
        &Stop::default(),
        &mut on_progress,
    )?;
    progress.clear();
    if output.json {
        output.object(&Object::of(&answer, &assistant.model_name()));
    } else {
        print(&answer, &assistant.model_name(), output);
    }
    assistant.close()?;
    match answer.ending {
        // What was written is printed; that it is not whole is still a failure.
        Ending::Interrupted => Err(Error::EngineStopped.into()),
        Ending::Complete | Ending::Length | Ending::Stopped | Ending::NotAsked => Ok(()),
    }
}

fn print(answer: &Answer, model: &str, output: &Output) {
    if !answer.text.is_empty() {
        output.line(&answer.text);
        output.line("");
    }
    let listed = if answer.refused {
        &answer.nearest
    } else {
        &answer.citations
    };
    if answer.refused && !listed.is_empty() {
        output.line(output.say("The nearest passages:", "Les passages les plus proches :"));
    }
    for (number, citation) in (1..).zip(listed) {
        let standing = match (answer.refused, citation.verified) {
            (true, _) => "",
            (false, true) => output.say(" (verified)", " (vérifié)"),
            (false, false) => output.say(
                " (not found in the source)",
                " (introuvable dans la source)",
            ),
        };
        let quote = output.quoted(&citation.quote);
        let place = output.place(&citation.name, citation.page, citation.anchor.as_deref());
        output.line(&format!("[{number}] {place}{standing}\n    {quote}"));
    }
    let timings = &answer.timings;
    let mut parts = vec![model.to_owned()];
    if let Some(first) = timings.first_word_ms {
        let first_word = output.say("first word", "premier mot");
        parts.push(format!("{first_word} {}", output.seconds(first)));
    }
    if let Some(speed) = timings.engine.generation_tokens_per_s() {
        parts.push(format!("{speed:.0} {}", output.say("tokens/s", "jetons/s")));
    }
    let total = output.say("in all", "au total");
    parts.push(format!("{total} {}", output.seconds(timings.total_ms)));
    output.remark(&parts.join(" · "));
}

#[derive(Serialize)]
struct Object<'a> {
    answer: &'a str,
    refused: bool,
    citations: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nearest: Vec<Row<'a>>,
    mode: &'static str,
    ending: &'static str,
    model: &'a str,
    timings: Timings,
}

#[derive(Serialize)]
struct Row<'a> {
    document: &'a str,
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<&'a str>,
    quote: &'a str,
    verified: bool,
}

#[derive(Serialize)]
struct Timings {
    load_ms: u64,
    first_word_ms: Option<u64>,
    prompt_tokens: u32,
    generated_tokens: u32,
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    total_ms: u64,
}

impl<'a> Object<'a> {
    fn of(answer: &'a Answer, model: &'a str) -> Object<'a> {
        let engine = &answer.timings.engine;
        Object {
            answer: &answer.text,
            refused: answer.refused,
            citations: answer.citations.iter().map(Row::of).collect(),
            nearest: answer.nearest.iter().map(Row::of).collect(),
            mode: match answer.mode {
                Mode::Whole => "whole",
                Mode::Parts => "parts",
            },
            ending: match answer.ending {
                Ending::Complete => "complete",
                Ending::Length => "length",
                Ending::Stopped => "stopped",
                Ending::Interrupted => "interrupted",
                Ending::NotAsked => "not_asked",
            },
            model,
            timings: Timings {
                load_ms: answer.timings.load_ms,
                first_word_ms: answer.timings.first_word_ms,
                prompt_tokens: engine.prompt_tokens,
                generated_tokens: engine.generated_tokens,
                prompt_tokens_per_s: engine.prompt_tokens_per_s(),
                generation_tokens_per_s: engine.generation_tokens_per_s(),
                total_ms: answer.timings.total_ms,
            },
        }
    }
}

impl<'a> Row<'a> {
    fn of(citation: &'a Citation) -> Row<'a> {
        Row {
            document: &citation.name,
            page: citation.page,
            anchor: citation.anchor.as_deref(),
            quote: &citation.quote,
            verified: citation.verified,
        }
    }
}
