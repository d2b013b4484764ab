//! What can be asked.

use std::borrow::Cow;

use crate::error::Error;

/// No context holds so many bytes, and no message to a worker is to be filled by them.
const LONGEST: usize = 1 << 20;

/// Refuses what no document and no model can answer, before anything is done about it.
///
/// # Errors
/// [`Error::QuestionEmpty`] or [`Error::QuestionTooLong`].
pub(crate) fn check(question: &str) -> Result<(), Error> {
    if !has_words(question) {
        return Err(Error::QuestionEmpty);
    }
    match question.len() > LONGEST {
        true => Err(Error::QuestionTooLong),
        false => Ok(()),
    }
}

/// The question itself, without the passage that it is about: quoted lines (`> `) at its head and an empty line after them, as the
/// window writes what somebody selected in a document.
pub(crate) fn asked(question: &str) -> &str {
    let quoted = question
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("> "));
    let length: usize = quoted.map(str::len).sum();
    match question[length..].strip_prefix('\n') {
        Some(asked) if length > 0 => asked,
        _ => question,
    }
}

/// What is searched for. Quotation marks in a passage that a question is about are the document's: they make no phrases.
pub(crate) fn sought(question: &str) -> Cow<'_, str> {
    let asked = asked(question);
    let about = &question[..question.len() - asked.len()];
    match about {
        "" => Cow::Borrowed(question),
        about => Cow::Owned(about.replace(['"', '“', '”', '«', '»', '>'], " ") + asked),
    }
}

/// What is meant, for a model that reads a text from its beginning and no further than it can: the question itself first, then the passage
/// that it is about.
pub(crate) fn meant(question: &str) -> Cow<'_, str> {
    let asked = asked(question);
    let about = &question[..question.len() - asked.len()];
    match about {
        "" => Cow::Borrowed(question),
        about => {
            let lines = about.lines().map(|line| line.trim_start_matches("> "));
            let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
            Cow::Owned(format!("{}\n{}", asked.trim(), lines.join("\n")))
        }
    }
}

pub(crate) fn has_words(question: &str) -> bool {
    question.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_before_a_question_is_told_from_it_and_makes_no_phrases() {
        let question = "> The “north” basin\n> — report.pdf, page 3\n\nWhat does \"basin\" mean?";
        assert_eq!(asked(question), "What does \"basin\" mean?");
        assert_eq!(
            sought(question),
            "  The  north  basin\n  — report.pdf, page 3\n\nWhat does \"basin\" mean?"
        );
        assert_eq!(
            meant(question),
            "What does \"basin\" mean?\nThe “north” basin\n— report.pdf, page 3",
            "what is too long to be read is cut at its end"
        );
        for question in ["What?", "> all of it is quoted", "> a\nWhat?", "\nWhat?"] {
            assert_eq!((asked(question), &*sought(question)), (question, question));
            assert_eq!(meant(question), question);
        }
    }

    #[test]
    fn what_has_no_words_or_more_than_any_model_reads_is_refused() {
        assert_eq!(check(" ?! \u{202F}"), Err(Error::QuestionEmpty));
        assert_eq!(check("¿é?"), Ok(()));
        assert_eq!(check(&"a".repeat(LONGEST)), Ok(()));
        let longer = "a".repeat(LONGEST + 1);
        assert_eq!(check(&longer), Err(Error::QuestionTooLong));
    }
}
