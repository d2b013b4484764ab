//! `aparte extract FILE`

use std::path::PathBuf;

use aparte_assistant::{Extract, Page, PageWarning, Recogniser, Unit, extract, places};
use serde::Serialize;

use crate::Global;
use crate::failure::Failure;
use crate::inputs::input;
use crate::output::Output;

#[derive(clap::Args)]
pub struct Arguments {
    /// The document; - is standard input.
    file: PathBuf,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let password = global.document_password()?;
    let progress = output.progress();
    let mut on_page = |page: u32, pages: u32| progress.show(&format!("{page}/{pages}"));
    let mut on_scanned = |page: u32, pages: u32| progress.show(&output.scanning(page, pages));
    let mut stdin = std::io::stdin().lock();
    let Extract {
        format,
        pages,
        recognised,
        unrecognised,
    } = extract(
        &places::worker(),
        &Recogniser::new(places::desktop()),
        input(&arguments.file, &mut stdin),
        password.as_deref(),
        global.limits(),
        &mut on_page,
        &mut on_scanned,
    )?;
    progress.clear();
    if let Some(error) = unrecognised {
        output.alert(&error.sentence(output.language));
    }
    if output.json {
        output.object(&Object {
            format: format!("{format:?}").to_lowercase(),
            unit: unit(format.unit()),
            pages: pages
                .iter()
                .map(|page| Row::of(page, recognised.get(&page.number).copied()))
                .collect(),
        });
        return Ok(());
    }
    for page in pages {
        let title = page.title.as_deref().map(|title| format!(" {title}"));
        let title = title.unwrap_or_default();
        output.line(&format!("--- {}{title} ---\n{}", page.number, page.text));
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
struct Object<'a> {
    /// What it is, in a word.
    format: String,
    /// What people call the parts that `pages` are.
    unit: &'static str,
    pages: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    number: u32,
    title: Option<&'a str>,
    text: &'a str,
    /// How sure the text is, from 0 to 1: text that was written as text is.
    confidence: Option<f32>,
    warnings: Vec<&'static str>,
    headings: Vec<HeadingRow<'a>>,
    /// Of sheets: the address of each cell that holds something, with what it holds.
    cells: Vec<(String, &'a str)>,
}

#[derive(Serialize)]
struct HeadingRow<'a> {
    level: u8,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn of(page: &'a Page, recognised: Option<u8>) -> Row<'a> {
        let text = |range: aparte_assistant::TextRange| range.of(&page.text).unwrap_or_default();
        Row {
            number: page.number,
            title: page.title.as_deref(),
            text: &page.text,
            confidence: match recognised {
                Some(percent) => Some(f32::from(percent) / 100.0),
                None => (!page.text.is_empty()).then_some(1.0),
            },
            warnings: page.warnings.iter().copied().map(code).collect(),
            headings: page
                .headings
                .iter()
                .map(|heading| HeadingRow {
                    level: heading.level,
                    text: text(heading.range),
                })
                .collect(),
            cells: page
                .cells
                .iter()
                .map(|cell| (cell.address(), text(cell.range)))
                .collect(),
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Page => "page",
        Unit::Slide => "slide",
        Unit::Sheet => "sheet",
        Unit::Chapter => "chapter",
        Unit::Message => "message",
        Unit::Whole => "whole",
    }
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
