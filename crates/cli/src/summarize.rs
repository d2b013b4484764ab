//! `aparte summarize FILE...`

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aparte_assistant::{
    Assistant, Citation, DocumentId, Ending, Error, Language, PageWarning, PlannedSection, Stop,
    SummarizedDocument, Summary, SummaryCoverage, SummaryFormat, SummaryLength, SummaryProgress,
    SummarySection, SummaryStyle, SummaryWish, files_below,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::{Global, ask, inputs, language};

#[derive(clap::Args)]
pub struct Arguments {
    /// The documents to summarize, into one summary; a folder is all files in it, - is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How long the summary is: brief (of several documents, a line on each), standard (with its parts) or detailed (with
    /// every section).
    #[arg(long, value_name = "LENGTH", default_value = "standard", value_parser = length)]
    length: SummaryLength,
    /// What it is for: prose, bullets, executive (the matter, the facts and what is to be decided) or minutes (decisions, tasks,
    /// people).
    #[arg(long, value_name = "STYLE", default_value = "prose", value_parser = style)]
    style: SummaryStyle,
    /// What it should say above all, in words: "for the finance committee".
    #[arg(long, value_name = "WORDS")]
    focus: Option<String>,
    /// The language of the summary: en or fr (default: that of the first document).
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    summary_language: Option<Language>,
    /// A new file for the summary, instead of standard output: .md, .html, .docx or .pdf.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let (folders, named): (Vec<&PathBuf>, Vec<&PathBuf>) =
        arguments.files.iter().partition(|file| file.is_dir());
    let mut files: Vec<PathBuf> = named.into_iter().cloned().collect();
    inputs::check(&files)?;
    files.extend(folders.into_iter().flat_map(|folder| files_below(folder)));
    // Rather now than after the work.
    let export = arguments.export.as_deref().map(export).transpose()?;
    let assistant = global.assistant(output)?;
    let (documents, left_out) = add(&assistant, &files, global, output)?;
    let wish = SummaryWish {
        length: arguments.length,
        style: arguments.style,
        focus: arguments.focus.clone(),
        language: arguments.summary_language,
    };
    let shown = output.progress();
    let mut on_progress = |progress: SummaryProgress| show(&shown, &progress, output);
    let summary = assistant.summarize_all(&documents, &wish, &Stop::default(), &mut on_progress)?;
    shown.clear();
    let model = assistant.model_name();
    if !summary.is_kept {
        output.alert(output.say(
            "What was computed could not be kept in the vault; the next summary will compute it again. Make room on the disk.",
            "Ce qui a été calculé n'a pas pu être gardé dans le coffre\u{202f}; le prochain résumé le calculera de nouveau. \
             Faites de la place sur le disque.",
        ));
    }
    let written = |format| summary.export(format, arguments.style, output.language);
    let text = || {
        String::from_utf8_lossy(&written(SummaryFormat::Markdown))
            .trim_end()
            .to_owned()
    };
    let mut done = Ok(());
    if let Some((file, format)) = export {
        done = write_new(file, &written(format));
        if done.is_err() && !output.json {
            // Nothing is lost of it.
            output.line(&text());
        }
    } else if !output.json {
        output.line(&text());
    }
    if output.json {
        output.object(&Object::of(&summary, &model, output.language));
    } else {
        let timings = &summary.timings;
        output.remark(&format!("{model} · {}", output.seconds(timings.total_ms)));
    }
    assistant.close()?;
    done?;
    if left_out > 0 {
        return Err(Failure::FilesLeftOut(left_out));
    }
    if summary.coverage.read < summary.coverage.total {
        return Err(Error::EngineStopped.into());
    }
    match summary.ending {
        // What was written is printed; that it is not whole is still a failure.
        Ending::Interrupted => Err(Error::EngineStopped.into()),
        Ending::Complete | Ending::Length | Ending::Stopped | Ending::NotAsked => Ok(()),
    }
}

/// Adds files to the library; of several, those that can be, and tells how many are not among them.
fn add(
    assistant: &Assistant,
    files: &[PathBuf],
    global: &Global,
    output: &Output,
) -> Result<(Vec<DocumentId>, usize), Failure> {
    if let [single] = files {
        let documents = inputs::add(assistant, std::slice::from_ref(single), global, output)?;
        return Ok((documents, 0));
    }
    let (mut documents, mut left_out) = (Vec::new(), 0);
    for file in files {
        match inputs::add_all(assistant, std::slice::from_ref(file), global, output) {
            Ok(added) => {
                let new: Vec<_> = added
                    .into_iter()
                    .filter(|id| !documents.contains(id))
                    .collect();
                documents.extend(new);
            }
            Err(failure) => {
                output.failed(&failure);
                left_out += 1;
            }
        }
    }
    match documents.is_empty() {
        true => Err(Failure::NothingToSummarize),
        false => Ok((documents, left_out)),
    }
}

/// The file that a summary goes into, and as what.
fn export(file: &Path) -> Result<(&Path, SummaryFormat), Failure> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let format = SummaryFormat::of_file(file).ok_or(Failure::SummaryFormat)?;
    if file.symlink_metadata().is_ok() {
        return Err(Failure::SummaryInPlace);
    }
    match folder.is_dir() {
        true => Ok((file, format)),
        false => Err(Failure::SummaryNotWritten(io::ErrorKind::NotFound)),
    }
}

/// Writes a file that was not there; on an error there is none.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::SummaryInPlace,
            kind => Failure::SummaryNotWritten(kind),
        })?;
    let written = open.write_all(bytes).and_then(|()| open.sync_all());
    written.map_err(|error| {
        // Half a summary would be taken for one.
        let _ = std::fs::remove_file(file);
        Failure::SummaryNotWritten(error.kind())
    })
}

fn show(progress: &Progress, event: &SummaryProgress, output: &Output) {
    let left = |left: &Option<std::time::Duration>| {
        left.map_or_else(String::new, |left| {
            let minutes = left.as_secs().div_ceil(60).max(1);
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
        SummaryProgress::Planned(_) | SummaryProgress::Note(_) => {}
        SummaryProgress::Merging { left: rest } => progress.show(&format!(
            "{}{}",
            output.say("Putting it together", "Assemblage"),
            left(rest)
        )),
    }
}

#[derive(Serialize)]
struct Object<'a> {
    documents: Vec<Summarized<'a>>,
    sections: Vec<Section<'a>>,
    coverage: Coverage<'a>,
    language: &'static str,
    ending: &'static str,
    model: &'a str,
    timings: Timings,
}

#[derive(Serialize)]
struct Summarized<'a> {
    name: &'a str,
    pages: u32,
    read: u32,
    total: u32,
    /// Why nothing of it is in the summary.
    error: Option<String>,
}

#[derive(Serialize)]
struct Section<'a> {
    /// The document that it is a part of; null for the whole.
    document: Option<&'a str>,
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
    unread_pages: Vec<UnreadPage<'a>>,
    shown: u32,
    left_out: Vec<LeftOut<'a>>,
}

#[derive(Serialize)]
struct UnreadPage<'a> {
    document: &'a str,
    page: u32,
    why: &'static str,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    document: &'a str,
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
    fn of(summary: &'a Summary, model: &'a str, language: Language) -> Object<'a> {
        let timings = &summary.timings;
        let documents = &summary.documents;
        let sections = summary.sections.iter();
        Object {
            documents: documents
                .iter()
                .map(|document| Summarized::of(document, language))
                .collect(),
            sections: sections
                .map(|section| Section::of(section, documents))
                .collect(),
            coverage: Coverage::of(&summary.coverage, documents),
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

/// The name of a document of a summary.
fn name(documents: &[SummarizedDocument], id: DocumentId) -> &str {
    let found = documents.iter().find(|document| document.document == id);
    found.map_or("", |document| document.name.as_str())
}

impl<'a> Summarized<'a> {
    fn of(document: &'a SummarizedDocument, language: Language) -> Summarized<'a> {
        let trouble = document.trouble.as_ref();
        Summarized {
            name: &document.name,
            pages: document.pages,
            read: document.read,
            total: document.total,
            error: trouble.map(|trouble| trouble.sentence(language)),
        }
    }
}

impl<'a> Coverage<'a> {
    fn of(coverage: &'a SummaryCoverage, documents: &'a [SummarizedDocument]) -> Coverage<'a> {
        let unread = coverage.unread.iter().map(|page| UnreadPage {
            document: name(documents, page.document),
            page: page.number,
            why: why(page.why),
        });
        let left_out = coverage.left_out.iter();
        Coverage {
            read: coverage.read,
            total: coverage.total,
            pages: coverage.pages,
            unread_pages: unread.collect(),
            shown: coverage.shown,
            left_out: left_out
                .map(|section| LeftOut::of(section, documents))
                .collect(),
        }
    }
}

impl<'a> Section<'a> {
    fn of(section: &'a SummarySection, documents: &'a [SummarizedDocument]) -> Section<'a> {
        let mut citations: Vec<&Citation> = Vec::new();
        let sentences = section.sentences.iter().map(|sentence| {
            let mark = mark(&mut citations, sentence.citation.as_ref());
            format!("{}{mark}", sentence.text)
        });
        let text = sentences.collect::<Vec<_>>().join(" ");
        let unsupported = section
            .sentences
            .iter()
            .filter(|sentence| sentence.citation.is_none());
        Section {
            document: section.document.map(|id| name(documents, id)),
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

/// The mark of a citation, which is numbered if it is new; nothing for a sentence without one.
fn mark<'c>(citations: &mut Vec<&'c Citation>, citation: Option<&'c Citation>) -> String {
    let Some(citation) = citation else {
        return String::new();
    };
    let known = citations.iter().position(|earlier| *earlier == citation);
    let number = known.unwrap_or_else(|| {
        citations.push(citation);
        citations.len() - 1
    });
    format!(" [{}]", number + 1)
}

impl<'a> LeftOut<'a> {
    fn of(section: &'a PlannedSection, documents: &'a [SummarizedDocument]) -> LeftOut<'a> {
        LeftOut {
            document: name(documents, section.document),
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
