//! Words that must not be found, and the search for them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::{english_sample, sample_questions};

/// What nobody may read after a session about the English sample: the question, sentences of the document, its title
/// and its file's name.
pub fn canaries() -> Vec<String> {
    let (file, question) = english_sample();
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let quotes = sample_questions()
        .into_iter()
        .filter(|questions| questions.language == "en")
        .flat_map(|questions| questions.questions)
        .map(|question| question.quote);
    [question, name, "Tarrin Harbour".to_owned()]
        .into_iter()
        .chain(quotes)
        .collect()
}

/// Every place under a folder where a text stands, in the name of a file or in the file: as it is, in UTF-16, or in
/// base64 or hexadecimal.
pub fn places_of(text: &str, folder: &Path) -> Vec<PathBuf> {
    let forms = forms(text);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the test's own can be read") {
        let entry = entry.expect("a folder of the test's own can be read");
        let path = entry.path();
        let kind = entry.file_type().expect("the entry is there");
        if kind.is_dir() {
            found.extend(places_of(text, &path));
        }
        // A socket has a name only, and a program that runs may take a file of its own away again.
        let bytes = match kind.is_file() {
            true => match std::fs::read(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
                read => read.expect("a file of the test's own can be read"),
            },
            false => Vec::new(),
        };
        let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| reads(window, form));
        if entry.file_name().to_string_lossy().contains(text) || forms.iter().any(holds) {
            found.push(path);
        }
    }
    found
}

/// Whether bytes read as a text: where it has a space, a document may have the end of a line or of a table's cell.
fn reads(bytes: &[u8], text: &[u8]) -> bool {
    let same = |(byte, letter): (&u8, &u8)| {
        byte == letter || *letter == b' ' && matches!(*byte, b'\n' | b'\r' | b'\t')
    };
    bytes.iter().zip(text).all(same)
}

/// Plants each text in each form and fails if [`places_of`] does not see it: a search that is blind finds nothing too.
pub fn assert_seen_when_planted(texts: &[String], folder: &Path) {
    let planted = folder.join("planted");
    for text in texts {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let base64 = STANDARD_NO_PAD.encode(format!("ab{text}")).into_bytes();
        for bytes in [text.clone().into_bytes(), utf16, base64] {
            std::fs::write(&planted, [b"noise ".to_vec(), bytes].concat())
                .expect("the folder is the test's own");
            assert_eq!(
                places_of(text, folder),
                std::slice::from_ref(&planted),
                "“{text}” was planted"
            );
        }
    }
    std::fs::remove_file(planted).expect("it was planted");
}

fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hexadecimal: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    // Base64 depends on where in three bytes a text begins: its middle is looked for in each way.
    let base64 = (0..3).map(|skip| {
        let whole = STANDARD_NO_PAD.encode(&text.as_bytes()[skip..]);
        whole.as_bytes()[..whole.len() - 4].to_vec()
    });
    [text.as_bytes().to_vec(), utf16, hexadecimal.into_bytes()]
        .into_iter()
        .chain(base64)
        .collect()
}
