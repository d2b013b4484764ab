//! The counts and lists of the set: whether what is found is all of it, and nothing else.

use aparte_assistant::{Assistant, Decided, DocumentId, Stop};
use serde::Deserialize;

/// What the set says that a document holds: how often a term occurs, or all members of a list.
#[derive(Deserialize)]
pub struct Marked {
    count: Option<usize>,
    items: Option<Vec<String>>,
}

impl Marked {
    /// Whether words find exactly that; `None` for a question that counts nothing.
    pub fn is_found(
        &self,
        assistant: &Assistant,
        document: DocumentId,
        question: &str,
    ) -> Option<bool> {
        if self.count.is_none() && self.items.is_none() {
            return None;
        }
        let found = assistant.find_all(question, &[document], &Stop::default(), &mut |_| {});
        // Where words do not decide there is no model to ask here.
        let Some(found) = found.ok().filter(|found| found.decided == Decided::ByWords) else {
            return Some(false);
        };
        let mut texts: Vec<_> = found.items.into_iter().map(|item| item.text).collect();
        texts.sort();
        let listed = self.items.as_ref().is_none_or(|items| *items == texts);
        let counted = self.count.is_none_or(|count| count == found.count);
        Some(listed && counted)
    }
}
