//! `aparte summarize FILE`

mod markdown;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aparte_assistant::{
    Citation, Ending, Error, Language, PageWarning, PlannedSection, Stop, Summary, SummaryLength,
    SummaryProgress, SummarySection, SummaryStyle, SummaryWish,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::{Global, ask, inputs, language};

#[derive(clap::Args)]
pub struct Arguments {
    /// The document to summarize; - is standard input.
    file: PathBuf,
    /// How long the summary is: brief, standard (with its parts) or detailed (with every section).
    #[arg(long, value_name = "LENGTH", default_value = "standard", value_parser = length)]
    length: SummaryLength,
    /// What it is for: prose, bullets, executive (the matter and what is to be decided) or minutes (decisions and tasks).
    #[arg(long, value_name = "STYLE", default_value = "prose", value_parser = style)]
    style: SummaryStyle,
    /// What it should say above all, in words: "for the finance committee".
    #[arg(long, value_name = "WORDS")]
    focus: Option<String>,
    /// The language of the summary: en or fr (default: that of the document).
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    summary_language: Option<Language>,
    /// A new Markdown file for the summary, instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let files = std::slice::from_ref(&arguments.file);
    inputs::check(files)?;
    // Rather now than after the work.
    arguments.output.as_deref().map_or(Ok(()), check_new)?;
    let assistant = global.assistant(output)?;
    let documents = inputs::add(&assistant, files, global, output)?;
    let (document, inside) = documents
        .split_first()
        .expect("a file that was added is a document");
    let wish = SummaryWish {
        length: arguments.length,
        style: arguments.style,
        focus: arguments.focus.clone(),
        language: arguments.summary_language,
    };
    let shown = output.progress();
    let mut on_progress = |progress: SummaryProgress| show(&shown, &progress, output);
    let summary = assistant.summarize(*document, &wish, &Stop::default(), &mut on_progress)?;
    shown.clear();
    let model = assistant.model_name();
    if !summary.is_kept {
        output.alert(output.say(
            "What was computed could not be kept in the vault; the next summary will compute it again. Make room on the disk.",
            "Ce qui a été calculé n'a pas pu être gardé dans le coffre\u{202f}; le prochain résumé le calculera de nouveau. \
             Faites de la place sur le disque.",
        ));
    }
    let text = || markdown::of(&summary, arguments.style, inside.len(), output);
    let mut written = Ok(());
    if let Some(file) = &arguments.output {
        written = write_new(file, &text());
        if written.is_err() && !output.json {
            // Nothing is lost of it.
            output.line(&text());
        }
    } else if !output.json {
        output.line(&text());
    }
    if output.json {
        output.object(&Object::of(&summary, inside.len(), &model));
    } else {
        let timings = &summary.timings;
        output.remark(&format!("{model} · {}", output.seconds(timings.total_ms)));
    }
    assistant.close()?;
    written?;
    match summary.ending {
        // What was written is printed; that it is not whole is still a failure.
        Ending::Interrupted => Err(Error::EngineStopped.into()),
        Ending::Complete | Ending::Length | Ending::Stopped | Ending::NotAsked => Ok(()),
    }
}

fn check_new(file: &Path) -> Result<(), Failure> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if file.symlink_metadata().is_ok() {
        return Err(Failure::SummaryInPlace);
    }
    match folder.is_dir() {
        true => Ok(()),
        false => Err(Failure::SummaryNotWritten(io::ErrorKind::NotFound)),
    }
}

fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let mut open = options
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::SummaryInPlace,
            kind => Failure::SummaryNotWritten(kind),
        })?;
    let written = writeln!(open, "{text}").and_then(|()| open.sync_all());
    written.map_err(|error| {
        // Half a summary would be taken for one.
        let _ = std::fs::remove_file(file);
        Failure::SummaryNotWritten(error.kind())
    })
}

fn show(progress: &Progress, event: &SummaryProgress, output: &Output) {
    let left = |left: &Option<std::time::Duration>| {
        left.map_or_else(String::new, |left| {
            let minutes = left.as_secs().div_ceil(60);
            output.say_with(
                || format!(" · about {minutes} min left"),
                || format!(" · encore {minutes} min environ"),
            )
        })
    };
    match event {
        SummaryProgress::Loading(percent) => progress.show(&format!(
            "{} {percent} %",
            output.say("Loading the model", "Chargement du modèle")
        )),
        SummaryProgress::Cutting(page, pages) => progress.show(&format!(
            "{} {page}/{pages}",
            output.say("Cutting", "Découpage")
        )),
        SummaryProgress::Reading {
            done,
            total,
            left: rest,
        } => progress.show(&format!(
            "{} {done}/{total}{}",
            output.say("Sections", "Parties"),
            left(rest)
        )),
        SummaryProgress::Note(_) => {}
        SummaryProgress::Merging { left: rest } => progress.show(&format!(
            "{}{}",
            output.say("Putting it together", "Assemblage"),
            left(rest)
        )),
    }
}

#[derive(Serialize)]
struct Object<'a> {
    sections: Vec<Section<'a>>,
    coverage: Coverage<'a>,
    language: &'static str,
    ending: &'static str,
    model: &'a str,
    timings: Timings,
}

#[derive(Serialize)]
struct Section<'a> {
    heading: Option<&'a str>,
    pages: Option<[u32; 2]>,
    /// With the marks of the citations.
    text: String,
    citations: Vec<Row<'a>>,
    /// Sentences that nothing in the document bears out.
    unsupported: Vec<&'a str>,
    /// Numbers, dates and names that do not stand where they should.
    unknown: Vec<&'a str>,
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
struct Coverage<'a> {
    read: u32,
    total: u32,
    pages: u32,
    unread_pages: Vec<UnreadPage>,
    shown: u32,
    left_out: Vec<LeftOut<'a>>,
    files_left_out: usize,
}

#[derive(Serialize)]
struct UnreadPage {
    page: u32,
    why: &'static str,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    heading: Option<&'a str>,
    pages: [u32; 2],
}

/// The speeds of a single reply have no meaning where several are written at once: they are null.
#[derive(Serialize)]
struct Timings {
    load_ms: u64,
    first_word_ms: Option<u64>,
    prompt_tokens: u64,
    reused_tokens: u64,
    generated_tokens: u64,
    prompt_tokens_per_s: Option<f64>,
    generation_tokens_per_s: Option<f64>,
    notes_written: u32,
    notes_known: u32,
    total_ms: u64,
}

impl<'a> Object<'a> {
    fn of(summary: &'a Summary, inside: usize, model: &'a str) -> Object<'a> {
        let coverage = &summary.coverage;
        let timings = &summary.timings;
        Object {
            sections: summary.sections.iter().map(Section::of).collect(),
            coverage: Coverage {
                read: coverage.read,
                total: coverage.total,
                pages: coverage.pages,
                unread_pages: (coverage.unread.iter())
                    .map(|page| UnreadPage {
                        page: page.number,
                        why: why(page.why),
                    })
                    .collect(),
                shown: coverage.shown,
                left_out: coverage.left_out.iter().map(LeftOut::of).collect(),
                files_left_out: inside,
            },
            language: summary.language.tag(),
            ending: ask::ending(summary.ending),
            model,
            timings: Timings {
                load_ms: timings.load_ms,
                first_word_ms: timings.first_note_ms,
                prompt_tokens: timings.prompt_tokens,
                reused_tokens: timings.reused_tokens,
                generated_tokens: timings.generated_tokens,
                prompt_tokens_per_s: None,
                generation_tokens_per_s: None,
                notes_written: timings.written,
                notes_known: timings.known,
                total_ms: timings.total_ms,
            },
        }
    }
}

impl<'a> Section<'a> {
    fn of(section: &'a SummarySection) -> Section<'a> {
        let mut citations: Vec<&Citation> = Vec::new();
        let sentences = section.sentences.iter().map(|sentence| {
            let mark = markdown::mark(&mut citations, sentence.citation.as_ref());
            format!("{}{mark}", sentence.text)
        });
        let text = sentences.collect::<Vec<_>>().join(" ");
        let unsupported = section
            .sentences
            .iter()
            .filter(|sentence| sentence.citation.is_none());
        Section {
            heading: section.heading.as_deref(),
            pages: section
                .pages
                .as_ref()
                .map(|pages| [*pages.start(), *pages.end()]),
            text,
            citations: citations.into_iter().map(Row::of).collect(),
            unsupported: unsupported.map(|sentence| sentence.text.as_str()).collect(),
            unknown: (section.sentences.iter())
                .flat_map(|sentence| sentence.unknown.iter().map(String::as_str))
                .collect(),
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

impl<'a> LeftOut<'a> {
    fn of(section: &'a PlannedSection) -> LeftOut<'a> {
        LeftOut {
            heading: section.heading.as_deref(),
            pages: [*section.pages.start(), *section.pages.end()],
        }
    }
}

/// As programs are told.
fn why(warning: PageWarning) -> &'static str {
    match warning {
        PageWarning::OnlyImages => "only_images",
        PageWarning::Blank => "blank",
        PageWarning::Damaged => "damaged",
        PageWarning::Unmapped => "unmapped",
    }
}

fn length(name: &str) -> Result<SummaryLength, String> {
    match name {
        "brief" => Ok(SummaryLength::Brief),
        "standard" => Ok(SummaryLength::Standard),
        "detailed" => Ok(SummaryLength::Detailed),
        _ => Err("brief, standard and detailed are known".into()),
    }
}

fn style(name: &str) -> Result<SummaryStyle, String> {
    match name {
        "prose" => Ok(SummaryStyle::Prose),
        "bullets" => Ok(SummaryStyle::Bullets),
        "executive" => Ok(SummaryStyle::Executive),
        "minutes" => Ok(SummaryStyle::Minutes),
        _ => Err("prose, bullets, executive and minutes are known".into()),
    }
}
