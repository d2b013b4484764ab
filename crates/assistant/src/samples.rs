//! The two documents that come with the application, each with a question that it answers: something to ask before
//! the first file of one's own is at hand.

use std::sync::LazyLock;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A document that comes with the application.
pub struct Sample {
    /// The file's name.
    pub name: &'static str,
    /// The whole PDF file.
    pub bytes: &'static [u8],
}

/// Both samples, the English one first.
pub const SAMPLES: [Sample; 2] = [
    Sample {
        name: "harbour-report-2025.pdf",
        bytes: include_bytes!("../samples/harbour-report-2025.pdf"),
    },
    Sample {
        name: "cooperative-bilan-2025.pdf",
        bytes: include_bytes!("../samples/cooperative-bilan-2025.pdf"),
    },
];

/// The question that is proposed for a file with these bytes (by their SHA-256); `None` for people's own files.
pub(crate) fn suggestion(hash: &[u8; 32]) -> Option<&'static str> {
    static SUGGESTIONS: LazyLock<Vec<([u8; 32], String)>> = LazyLock::new(|| {
        let of = |sample: &Sample| (Sha256::digest(sample.bytes).into(), question(sample.name));
        SAMPLES.iter().map(of).collect()
    });
    let known = SUGGESTIONS.iter().find(|(sample, _)| sample == hash)?;
    Some(&known.1)
}

fn question(name: &str) -> String {
    #[derive(Deserialize)]
    struct Questions {
        file: String,
        suggested: Suggested,
    }
    #[derive(Deserialize)]
    struct Suggested {
        question: String,
    }
    let all: Vec<Questions> = serde_json::from_str(include_str!("../samples/questions.json"))
        .expect("the questions are part of the build, and a test reads them");
    let of_this = all.into_iter().find(|questions| questions.file == name);
    of_this
        .expect("each sample has its questions, and a test looks")
        .suggested
        .question
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_proposes_a_question_and_other_files_do_not() {
        for sample in SAMPLES {
            let hash = Sha256::digest(sample.bytes).into();
            assert!(suggestion(&hash).is_some_and(|question| question.ends_with('?')));
        }
        assert_eq!(suggestion(&[0; 32]), None);
    }
}
