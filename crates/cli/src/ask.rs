//! `aparte ask QUESTION FILE...`

use std::path::PathBuf;

use aparte_assistant::{
    Answer, AnswerTimings, Assistant, CORRECTED, Citation, DOUBT, Ending, Error, Given, Mode,
    Progress, Stop,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::sampling::Sampling;
use crate::{Global, inputs, progress};

#[derive(clap::Args)]
pub struct Arguments {
    /// What you want to know.
    question: String,
    /// Documents to answer from; - is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    sampling: Sampling,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    inputs::check(&arguments.files)?;
    let assistant = arguments.sampling.choose(global.assistant(output)?);
    let documents = inputs::add(&assistant, &arguments.files, global, output)?;
    let conversation = assistant.begin(&arguments.question, &documents, false)?;
    let shown = output.progress();
    let mut on_progress = |event: Progress| progress::show(&shown, &event, output);
    let answer = assistant.ask(
        conversation.id,
        &arguments.question,
        &documents,
        &Stop::default(),
        &mut on_progress,
    )?;
    shown.clear();
    if output.json {
        output.object(&Object::of(&answer, &assistant)?);
    } else {
        (arguments.sampling).print(answer.thinking.as_ref(), output);
        print(&answer, &assistant.model_name(), output);
    }
    assistant.close()?;
    match answer.ending {
        // What was written is printed; that it is not whole is still a failure.
        Ending::Interrupted => Err(Error::EngineStopped.into()),
        Ending::Complete | Ending::Length | Ending::Stopped | Ending::NotAsked => Ok(()),
    }
}

/// What marks without a number say.
const MARKS: [(&str, &str, &str); 2] = [
    (
        DOUBT,
        "nothing in the documents bears this out",
        "rien dans les documents n'étaye cela",
    ),
    (
        CORRECTED,
        "a quote that the model had written otherwise",
        "une citation que le modèle avait écrite autrement",
    ),
];

fn print(answer: &Answer, model: &str, output: &Output) {
    if !answer.text.is_empty() {
        output.line(&answer.text);
        output.line("");
        for (mark, english, french) in MARKS {
            if answer.text.contains(mark) {
                output.line(&format!("{mark} {}", output.say(english, french)));
            }
        }
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
    parts.extend(answer.given.map(|given| read(answer.mode, given, output)));
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

/// How much of the documents the model was given, in words.
fn read(mode: Mode, given: Given, output: &Output) -> String {
    let Given {
        passages,
        of_passages,
        pages,
    } = given;
    let count = |number: u32, one: (&str, &str), more: (&str, &str)| {
        let (english, french) = if number == 1 { one } else { more };
        format!("{number} {}", output.say(english, french))
    };
    let pages = (pages > 0).then(|| count(pages, ("page", "page"), ("pages", "pages")));
    match (mode, pages) {
        (Mode::Whole, None) => output.say("whole text read", "texte entier lu").to_owned(),
        (Mode::Whole, Some(pages)) => {
            let whole = output.say("whole text read", "texte entier lu");
            format!("{whole} ({pages})")
        }
        (Mode::Parts, pages) => {
            let read = count(passages, ("passage", "passage"), ("passages", "passages"));
            let all = pages.unwrap_or_else(|| of_passages.to_string());
            match output.say("of", "sur") {
                "of" => format!("{read} of {all} read"),
                sur if passages == 1 => format!("{read} lu {sur} {all}"),
                sur => format!("{read} lus {sur} {all}"),
            }
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    answer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    refused: bool,
    citations: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nearest: Vec<Row<'a>>,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<GivenRow>,
    ending: &'static str,
    model: String,
    timings: Timings,
}

#[derive(Serialize)]
struct GivenRow {
    passages: u32,
    of_passages: u32,
    /// Null where not all of the documents have pages.
    pages: Option<u32>,
}

#[derive(Serialize)]
struct Row<'a> {
    document: &'a str,
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<&'a str>,
    quote: &'a str,
    /// Where it stands on its page, a box for each line: left, top, width and height in points from the page's top left corner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    boxes: Vec<[f32; 4]>,
    verified: bool,
}

#[derive(Serialize)]
pub struct Timings {
    load_ms: u64,
    first_word_ms: Option<u64>,
    prompt_tokens: u32,
    generated_tokens: u32,
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    total_ms: u64,
}

impl<'a> Object<'a> {
    fn of(answer: &'a Answer, assistant: &Assistant) -> Result<Object<'a>, Error> {
        let rows = |citations: &'a [Citation]| -> Result<Vec<Row<'a>>, Error> {
            let rows = citations.iter();
            rows.map(|citation| Row::of(citation, assistant)).collect()
        };
        Ok(Object {
            answer: &answer.text,
            thinking: (answer.thinking.as_ref()).map(|thinking| thinking.text.as_str()),
            refused: answer.refused,
            citations: rows(&answer.citations)?,
            nearest: rows(&answer.nearest)?,
            mode: match answer.mode {
                Mode::Whole => "whole",
                Mode::Parts => "parts",
            },
            given: answer.given.map(|given| GivenRow {
                passages: given.passages,
                of_passages: given.of_passages,
                pages: (given.pages > 0).then_some(given.pages),
            }),
            ending: ending(answer.ending),
            model: assistant.model_name(),
            timings: Timings::of(&answer.timings),
        })
    }
}

impl Timings {
    /// As the contract of the command line has them.
    pub fn of(timings: &AnswerTimings) -> Timings {
        let engine = &timings.engine;
        Timings {
            load_ms: timings.load_ms,
            first_word_ms: timings.first_word_ms,
            prompt_tokens: engine.prompt_tokens,
            generated_tokens: engine.generated_tokens,
            prompt_tokens_per_s: engine.prompt_tokens_per_s(),
            generation_tokens_per_s: engine.generation_tokens_per_s(),
            total_ms: timings.total_ms,
        }
    }
}

/// As programs are told.
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::Length => "length",
        Ending::Stopped => "stopped",
        Ending::Interrupted => "interrupted",
        Ending::NotAsked => "not_asked",
    }
}

impl<'a> Row<'a> {
    fn of(citation: &'a Citation, assistant: &Assistant) -> Result<Row<'a>, Error> {
        let page = citation
            .page
            .map(|page| assistant.page(citation.document, page));
        let page = page.transpose()?.flatten();
        Ok(Row {
            document: &citation.name,
            page: citation.page,
            anchor: citation.anchor.as_deref(),
            quote: &citation.quote,
            boxes: page.map_or(Vec::new(), |page| citation.boxes(&page)),
            verified: citation.verified,
        })
    }
}
