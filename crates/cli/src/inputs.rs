//! The files that a command names.

use std::io::Read;
use std::path::{Path, PathBuf};

use aparte_assistant::{Adding, Assistant, DocumentId, Error, Input, Recogniser, places};

use crate::Global;
use crate::failure::Failure;
use crate::output::{Output, Progress};

/// Refuses files that cannot be read, before anything is opened or made for them.
pub fn check(files: &[PathBuf]) -> Result<(), Error> {
    files
        .iter()
        .try_for_each(|file| input(file, &mut std::io::empty()).check())
}

/// Adds the named files to the session's library, with what lies in them; `-` is standard input.
pub fn add(
    assistant: &Assistant,
    files: &[PathBuf],
    global: &Global,
    output: &Output,
) -> Result<Vec<DocumentId>, Failure> {
    add_or(Unread::Fails, assistant, files, global, output)
}

/// The same, where a document without any text is no failure: the command says which pages were not read.
pub fn add_all(
    assistant: &Assistant,
    files: &[PathBuf],
    global: &Global,
    output: &Output,
) -> Result<Vec<DocumentId>, Failure> {
    add_or(Unread::IsTold, assistant, files, global, output)
}

/// What becomes of a document of which no page could be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unread {
    Fails,
    IsTold,
}

fn add_or(
    unread: Unread,
    assistant: &Assistant,
    files: &[PathBuf],
    global: &Global,
    output: &Output,
) -> Result<Vec<DocumentId>, Failure> {
    let adding = Adding {
        password: global.document_password()?,
        ..Adding::default()
    };
    let progress = output.progress();
    let mut documents = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut on_page = |page: u32, pages: u32| {
            let reading = output.say("Reading", "Lecture de");
            progress.show(&format!("{reading} {name}: {page}/{pages}"));
        };
        let mut stdin = std::io::stdin().lock();
        let added = assistant.add_to(&adding, input(file, &mut stdin), &mut on_page)?;
        let mut found = vec![added.document];
        for inside in added.inside {
            match inside.outcome {
                Ok(id) => found.push(id),
                Err(error) => output.alert(&error.sentence(assistant.language())),
            }
        }
        for id in found {
            // The same bytes named twice are one document.
            if documents.contains(&id) {
                continue;
            }
            match read_images(assistant, id, output, &progress) {
                Ok(()) => documents.push(id),
                // A picture in a message is no reason to leave the message unread.
                Err(error) if id != added.document => {
                    output.alert(&error.sentence(assistant.language()));
                }
                Err(error) if unread == Unread::IsTold => {
                    output.alert(&error.sentence(assistant.language()));
                    documents.push(id);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    progress.clear();
    for id in &documents {
        warn_of_incomplete_pages(assistant, *id, output);
    }
    Ok(documents)
}

/// Recognises the text of pages that are images. It fails where that leaves a document without any text, since nothing could
/// be found in it.
fn read_images(
    assistant: &Assistant,
    id: DocumentId,
    output: &Output,
    progress: &Progress,
) -> Result<(), Error> {
    let images = || {
        let images = assistant.with_document(id, |document| {
            (document.image_pages.len(), document.pages as usize)
        });
        images.unwrap_or_default()
    };
    if images().0 == 0 {
        return Ok(());
    }
    let recogniser = Recogniser::new(places::desktop());
    let recognised = assistant.recognise(id, &recogniser, &mut |page, pages| {
        progress.show(&output.scanning(page, pages));
    });
    match recognised {
        Err(error) if images().0 == images().1 => Err(error),
        Err(error) => {
            output.alert(&error.sentence(assistant.language()));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// What a command means by a file: `-` is standard input.
pub fn input<'a>(file: &'a Path, stdin: &'a mut dyn Read) -> Input<'a> {
    if file == Path::new("-") {
        Input::Stream("stdin", stdin)
    } else {
        Input::File(file)
    }
}

fn warn_of_incomplete_pages(assistant: &Assistant, id: DocumentId, output: &Output) {
    assistant.with_document(id, |document| {
        let pages = &document.incomplete_pages;
        if !pages.is_empty() {
            let list = pages.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let name = &document.name;
            output.alert(&match output.language {
                aparte_assistant::Language::English => {
                    format!("“{name}” could not be read completely (page {list}); answers may miss something.")
                }
                aparte_assistant::Language::French => format!(
                    "« {name} » n'a pas pu être lu entièrement (page {list}) ; il peut manquer quelque \
                     chose aux réponses."
                ),
            });
        }
    });
}
