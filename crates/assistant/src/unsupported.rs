//! The sentences of an answer that no citation bears out, told from where its marks stand: what is stored is the answer alone.

use aparte_protocol::documents::TextRange;

use crate::answer::{Answer, Lead};
use crate::sentences::sentences;

impl Answer {
    /// The sentences of the text, or what follows the mark within one, that have no mark of a citation; none where the documents
    /// themselves speak, and where nothing is cited.
    pub fn unsupported(&self) -> Vec<TextRange> {
        if self.lead != Lead::Model || self.refused || self.citations.is_empty() {
            return Vec::new();
        }
        let (plain, marks) = parted(&self.text, self.citations.len());
        let mut ranges = Vec::new();
        for sentence in sentences(&plain) {
            // A mark stands after its sentence, or within it after the clause that it belongs to.
            let last = marks
                .iter()
                .filter(|mark| sentence.start < mark.at && mark.at <= sentence.end)
                .next_back();
            let from = match last {
                Some(mark) => mark.at,
                None => sentence.start + leading_sign(&plain[sentence.clone()]),
            };
            let rest = &plain[from..sentence.end];
            // What leads to a list claims nothing.
            if !rest.contains(char::is_alphanumeric) || rest.ends_with(':') || rest.starts_with('#')
            {
                continue;
            }
            let from = from + rest.len() - rest.trim_start().len();
            let written = |at: usize, ends: bool| {
                let before = marks
                    .iter()
                    .filter(|mark| mark.at < at || mark.at == at && !ends);
                u32::try_from(at + before.map(|mark| mark.length).sum::<usize>())
            };
            if let (Ok(start), Ok(end)) = (written(from, false), written(sentence.end, true)) {
                ranges.push(TextRange { start, end });
            }
        }
        ranges
    }
}

/// A mark that was taken out of a text.
struct Mark {
    /// Where it stood, in the text without marks.
    at: usize,
    /// How many bytes it had, with the space before it.
    length: usize,
}

/// A text without the marks of its citations, and where those stood.
fn parted(text: &str, citations: usize) -> (String, Vec<Mark>) {
    let mut plain = String::with_capacity(text.len());
    let mut marks = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, mark) = rest.split_at(open);
        let number = mark[1..].split_once(']').map(|(number, _)| number);
        let known = number.filter(|number| {
            let value: Option<usize> = number.parse().ok();
            value.is_some_and(|value| (1..=citations).contains(&value))
        });
        let Some(number) = known else {
            plain.push_str(&rest[..=open]);
            rest = &mark[1..];
            continue;
        };
        let kept = before.strip_suffix(' ').unwrap_or(before);
        plain.push_str(kept);
        let length = before.len() - kept.len() + number.len() + 2;
        marks.push(Mark {
            at: plain.len(),
            length,
        });
        rest = &mark[number.len() + 2..];
    }
    plain.push_str(rest);
    (plain, marks)
}

/// The length of the sign that begins an item of a list.
fn leading_sign(sentence: &str) -> usize {
    let Some((sign, rest)) = sentence.split_once(' ') else {
        return 0;
    };
    let number = sign.trim_end_matches(['.', ')']);
    let counts = number.len() < sign.len() && number.bytes().all(|byte| byte.is_ascii_digit());
    match counts || matches!(sign, "-" | "*" | "+" | "•") {
        true => sentence.len() - rest.trim_start().len(),
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Citation;
    use crate::library::DocumentId;
    use aparte_vault::OwnerId;

    fn answer(text: &str) -> Answer {
        let citation = Citation {
            document: DocumentId(OwnerId::from_bytes([0; 16])),
            name: "a.pdf".into(),
            page: Some(1),
            anchor: None,
            range: TextRange { start: 0, end: 1 },
            quote: "a".into(),
            verified: true,
        };
        Answer {
            citations: vec![citation.clone(), citation],
            ..Answer::interrupted(text.into())
        }
    }

    fn unsupported(text: &str) -> Vec<String> {
        let ranges = answer(text).unsupported();
        let sentences = ranges
            .iter()
            .map(|range| range.of(text).unwrap().to_owned());
        sentences.collect()
    }

    #[test]
    fn a_sentence_without_a_mark_is_told_from_those_that_have_one() {
        for (text, expected) in [
            (
                "It cost 5 euros. [1] It was late. It ended. [2]",
                vec!["It was late."],
            ),
            (
                "It cost 5 euros [1]. It was déjà vu.",
                vec!["It was déjà vu."],
            ),
            (
                "It cost 5 euros, [1] and it was late.",
                vec!["and it was late."],
            ),
            ("All is well. [1] [2]", vec![]),
            (
                "It cost:\n\n- 5 euros [1]\n- 6 euros\n\n1. One [2]\n2. Two",
                vec!["6 euros", "Two"],
            ),
            ("See [7] for more. It ended. [1]", vec!["See [7] for more."]),
            ("# Costs\n\nIt cost 5 euros. [1]", vec![]),
        ] {
            assert_eq!(unsupported(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused_or_said_by_the_documents_is_not_judged() {
        let text = "It was late.";
        let refused = Answer {
            refused: true,
            ..answer(text)
        };
        let passages = Answer {
            lead: Lead::PassagesForSupport,
            ..answer(text)
        };
        let uncited = Answer {
            citations: Vec::new(),
            ..answer(text)
        };
        for answer in [refused, passages, uncited] {
            assert_eq!(answer.unsupported(), []);
        }
    }
}
