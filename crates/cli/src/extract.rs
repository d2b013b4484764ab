//! `aparte extract FILE`

use std::path::PathBuf;

use aparte_assistant::{PageWarning, extract, places};
use serde::Serialize;

use crate::failure::Failure;
use crate::inputs::input;
use crate::output::Output;

#[derive(clap::Args)]
pub struct Arguments {
    /// The document; - is standard input.
    file: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let progress = output.progress();
    let mut on_page = |page: u32, pages: u32| progress.show(&format!("{page}/{pages}"));
    let mut stdin = std::io::stdin().lock();
    let pages = extract(
        &places::worker(),
        input(&arguments.file, &mut stdin),
        &mut on_page,
    )?;
    progress.clear();
    if output.json {
        #[derive(Serialize)]
        struct Object {
            pages: Vec<Row>,
        }
        let pages = pages.into_iter().map(|page| Row {
            number: page.number,
            // Text that was written as text; recognised text will carry what the recogniser says.
            confidence: (!page.text.is_empty()).then_some(1.0),
            warnings: page.warnings.iter().copied().map(code).collect(),
            text: page.text,
        });
        output.object(&Object {
            pages: pages.collect(),
        });
        return Ok(());
    }
    for page in pages {
        output.line(&format!("--- {} ---\n{}", page.number, page.text));
        for warning in page.warnings {
            output.alert(&format!(
                "p. {}: {}",
                page.number,
                sentence(warning, output)
            ));
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Row {
    number: u32,
    text: String,
    confidence: Option<f32>,
    warnings: Vec<&'static str>,
}

fn code(warning: PageWarning) -> &'static str {
    match warning {
        PageWarning::OnlyImages => "only_images",
        PageWarning::Blank => "blank",
        PageWarning::Damaged => "damaged",
        PageWarning::Unmapped => "unmapped",
    }
}

fn sentence(warning: PageWarning, output: &Output) -> &'static str {
    match warning {
        PageWarning::OnlyImages => output.say("only images, no text", "des images sans texte"),
        PageWarning::Blank => output.say("blank", "page blanche"),
        PageWarning::Damaged => output.say(
            "damaged, may be incomplete",
            "endommagée, peut-être incomplète",
        ),
        PageWarning::Unmapped => output.say(
            "its fonts do not name their characters",
            "ses polices ne nomment pas leurs caractères",
        ),
    }
}
