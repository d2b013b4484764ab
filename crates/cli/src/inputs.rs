//! The files that a command names.

use std::io::Read;
use std::path::{Path, PathBuf};

use aparte_assistant::{Assistant, DocumentId, DocumentTrouble, Error, Input};

use crate::output::Output;

/// Refuses files that cannot be read, before anything is opened or made for them.
pub fn check(files: &[PathBuf]) -> Result<(), Error> {
    files
        .iter()
        .try_for_each(|file| input(file, &mut std::io::empty()).check())
}

/// Adds the named files to the session's library; `-` is standard input.
pub fn add(
    assistant: &Assistant,
    files: &[PathBuf],
    output: &Output,
) -> Result<Vec<DocumentId>, Error> {
    let progress = output.progress();
    let mut documents = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut on_page = |page: u32, pages: u32| {
            let reading = output.say("Reading", "Lecture de");
            progress.show(&format!("{reading} {name}: {page}/{pages}"));
        };
        let id = assistant.add(input(file, &mut std::io::stdin().lock()), &mut on_page)?;
        // The same bytes named twice are one document.
        if !documents.contains(&id) {
            documents.push(id);
        }
    }
    progress.clear();
    for id in &documents {
        refuse_only_images(assistant, *id)?;
        warn_of_incomplete_pages(assistant, *id, output);
    }
    Ok(documents)
}

/// What a command means by a file: `-` is standard input.
pub fn input<'a>(file: &'a Path, stdin: &'a mut dyn Read) -> Input<'a> {
    if file == Path::new("-") {
        Input::Stream("stdin", stdin)
    } else {
        Input::File(file)
    }
}

/// Text is recognised in the window alone, so that nothing can be found in a document of nothing but images.
fn refuse_only_images(assistant: &Assistant, id: DocumentId) -> Result<(), Error> {
    let scan = assistant.with_document(id, |document| {
        let only_images = document.image_pages.len() == document.pages as usize;
        only_images.then(|| document.name.clone())
    });
    match scan.flatten() {
        Some(name) => Err(Error::Document {
            name,
            trouble: DocumentTrouble::OnlyImages,
        }),
        None => Ok(()),
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
