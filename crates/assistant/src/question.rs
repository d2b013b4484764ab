//! What can be asked.

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

pub(crate) fn has_words(question: &str) -> bool {
    question.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_words_or_more_than_any_model_reads_is_refused() {
        assert_eq!(check(" ?! \u{202F}"), Err(Error::QuestionEmpty));
        assert_eq!(check("¿é?"), Ok(()));
        assert_eq!(check(&"a".repeat(LONGEST)), Ok(()));
        let longer = "a".repeat(LONGEST + 1);
        assert_eq!(check(&longer), Err(Error::QuestionTooLong));
    }
}
