//! `aparte search QUESTION FILE...`

use std::path::PathBuf;

use aparte_assistant::Hit;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::{Global, inputs};

#[derive(clap::Args)]
pub struct Arguments {
    /// Words to look for; "in quotes" they must stand together.
    question: String,
    /// Documents to look in; - is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The most passages to list.
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    inputs::check(&arguments.files)?;
    let assistant = global.library(output)?;
    let documents = inputs::add(&assistant, &arguments.files, global, output)?;
    let hits = assistant.search(&arguments.question, &documents, arguments.top)?;
    assistant.close()?;
    if output.json {
        #[derive(Serialize)]
        struct Object {
            hits: Vec<Row>,
        }
        output.object(&Object {
            hits: hits.into_iter().map(Row::from).collect(),
        });
        return Ok(());
    }
    if hits.is_empty() {
        output.line(output.say(
            "No passage has these words.",
            "Aucun passage ne contient ces mots.",
        ));
    }
    for hit in hits {
        let place = output.place(&hit.name, hit.page, hit.anchor.as_deref());
        output.line(&format!("{place}\n{}\n", hit.text));
    }
    Ok(())
}

#[derive(Serialize)]
struct Row {
    document: String,
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<String>,
    score: f32,
    text: String,
}

impl From<Hit> for Row {
    fn from(hit: Hit) -> Row {
        let Hit {
            name,
            page,
            anchor,
            score,
            text,
            ..
        } = hit;
        Row {
            document: name,
            page,
            anchor,
            score,
            text,
        }
    }
}
