//! What the model is told to summarize, and how.
//!
//! Short and plain, because small models follow no other. All prompts of one summary begin alike up to the text, so that the
//! engine computes that once; what is asked for stands behind the text once more, where a small model still knows it.

use aparte_protocol::engine::{ChatMessage, Role};

use super::{SummaryLength, SummaryStyle};
use crate::language::Language;

/// What all prompts of a summary have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompts {
    /// What the summary is in.
    pub language: Language,
    /// Whether decisions and tasks are looked for.
    pub minutes: bool,
    /// What the reader cares about.
    pub focus: Option<String>,
}

impl Prompts {
    /// For a note on a section, or on several notes.
    pub fn note(&self, text: &str) -> Vec<ChatMessage> {
        let task = match (self.language, self.minutes) {
            (Language::English, false) => "Summarize this text in two or three sentences.",
            (Language::English, true) => {
                "Say in two or three sentences what was decided, and who has to do what until when."
            }
            (Language::French, false) => "Résume ce texte en deux ou trois phrases.",
            (Language::French, true) => {
                "Dis en deux ou trois phrases ce qui a été décidé, et qui doit faire quoi pour quand."
            }
        };
        self.about(text, task)
    }

    /// For the summary itself, of a text or of notes on all of it.
    pub fn whole(
        &self,
        text: &str,
        length: SummaryLength,
        style: SummaryStyle,
    ) -> Vec<ChatMessage> {
        let sentences = match (self.language, length) {
            (Language::English, SummaryLength::Brief) => "two or three",
            (Language::English, SummaryLength::Standard) => "five or six",
            (Language::English, SummaryLength::Detailed) => "eight to ten",
            (Language::French, SummaryLength::Brief) => "deux ou trois",
            (Language::French, SummaryLength::Standard) => "cinq ou six",
            (Language::French, SummaryLength::Detailed) => "huit à dix",
        };
        let task = match (self.language, style) {
            (Language::English, SummaryStyle::Prose | SummaryStyle::Bullets) => {
                format!("Summarize this text in {sentences} sentences.")
            }
            (Language::English, SummaryStyle::Executive) => format!(
                "Write a note for a director in {sentences} sentences: the matter, the main facts and figures, and what \
                 is to be decided."
            ),
            (Language::English, SummaryStyle::Minutes) => format!(
                "Write minutes in {sentences} sentences: the decisions, and who has to do what until when."
            ),
            (Language::French, SummaryStyle::Prose | SummaryStyle::Bullets) => {
                format!("Résume ce texte en {sentences} phrases.")
            }
            (Language::French, SummaryStyle::Executive) => format!(
                "Écris une note de synthèse en {sentences} phrases : le sujet, les principaux faits et chiffres, et ce \
                 qui est à décider."
            ),
            (Language::French, SummaryStyle::Minutes) => format!(
                "Écris un compte rendu en {sentences} phrases : les décisions, et qui doit faire quoi pour quand."
            ),
        };
        self.about(text, &task)
    }

    fn about(&self, text: &str, task: &str) -> Vec<ChatMessage> {
        let (instructions, heading) = match self.language {
            Language::English => (
                "You summarize documents. Keep to the words, names and figures of the text. Write plain sentences.",
                "Text:",
            ),
            Language::French => (
                "Tu résumes des documents en français. Garde les mots, les noms et les chiffres du texte. Écris des \
                 phrases simples.",
                "Texte :",
            ),
        };
        let focus = self.focus.as_ref().map(|focus| match self.language {
            Language::English => format!(" Say above all what concerns this: {focus}."),
            Language::French => format!(" Dis surtout ce qui concerne ceci : {focus}."),
        });
        let focus = focus.unwrap_or_default();
        let message = |role, content| ChatMessage { role, content };
        vec![
            message(Role::System, format!("{instructions}{focus}")),
            message(
                Role::User,
                format!("{heading}\n\"\"\"\n{text}\n\"\"\"\n\n{task}{focus}"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_prompts_of_a_summary_begin_alike_up_to_the_text() {
        let prompts = Prompts {
            language: Language::English,
            minutes: false,
            focus: Some("the budget".to_owned()),
        };
        let whole = |length| prompts.whole("TEXT", length, SummaryStyle::Executive);
        let all = [
            prompts.note("TEXT"),
            whole(SummaryLength::Brief),
            whole(SummaryLength::Detailed),
        ];
        let beginnings = all.map(|messages| {
            let (before, _) = messages[1].content.split_once("TEXT").unwrap();
            (messages[0].clone(), before.to_owned())
        });
        assert!(
            beginnings
                .iter()
                .all(|beginning| *beginning == beginnings[0])
        );
        assert!(beginnings[0].0.content.contains("the budget"));
    }
}
