//! The files that a command names.

use std::path::{Path, PathBuf};

use aparte_assistant::{Assistant, DocumentId, Error};

use crate::output::Output;

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
        let id = if is_standard_input(file) {
            assistant.add_stream("stdin", std::io::stdin().lock(), &mut on_page)?
        } else {
            assistant.add_file(file, &mut on_page)?
        };
        documents.push(id);
    }
    progress.clear();
    for id in &documents {
        warn_of_unreadable_pages(assistant, *id, output);
    }
    Ok(documents)
}

/// Whether a file stands for standard input.
pub fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn warn_of_unreadable_pages(assistant: &Assistant, id: DocumentId, output: &Output) {
    assistant.with_document(id, |document| {
        let pages = document.unreadable_pages();
        if !pages.is_empty() {
            let list = pages.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let name = &document.name;
            output.remark(&match output.language {
                aparte_assistant::Language::English => {
                    format!("“{name}”: nothing could be read on page {list}; answers leave it out.")
                }
                aparte_assistant::Language::French => format!(
                    "« {name} » : rien n'a pu être lu en page {list} ; les réponses n'en tiennent pas \
                     compte."
                ),
            });
        }
    });
}
