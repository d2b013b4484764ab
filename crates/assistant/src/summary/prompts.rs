//! What the model is told to summarize, and how.
//!
//! Short and plain, because small models follow no other. All notes of one summary begin alike up to the text, so that the
//! engine computes that once; what is asked for stands behind the text once more, where a small model still knows it. A note is
//! the same whatever its summary will look like, so that it serves for all of them; a focus alone is asked for in each.

use aparte_protocol::engine::{ChatMessage, Role};

use super::{SummaryLength, SummaryStyle};
use crate::language::Language;

/// What all prompts of a summary have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompts {
    /// What the reader cares about.
    pub focus: Option<String>,
}

/// What one reply at the end of a summary is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matter {
    Whole,
    Subject,
    Facts,
    ToDecide,
    Decisions,
    Actions,
    People,
}

impl Matter {
    /// All of them.
    pub const ALL: [Matter; 7] = [
        Matter::Whole,
        Matter::Subject,
        Matter::Facts,
        Matter::ToDecide,
        Matter::Decisions,
        Matter::Actions,
        Matter::People,
    ];

    /// What a style consists of.
    pub fn of(style: SummaryStyle) -> &'static [Matter] {
        match style {
            SummaryStyle::Prose | SummaryStyle::Bullets => &[Matter::Whole],
            SummaryStyle::Executive => &[Matter::Subject, Matter::Facts, Matter::ToDecide],
            SummaryStyle::Minutes => &[Matter::Decisions, Matter::Actions, Matter::People],
        }
    }

    /// What it stands under.
    pub fn heading(self, language: Language) -> Option<&'static str> {
        let (english, french) = match self {
            Matter::Whole => return None,
            Matter::Subject => ("Subject", "Objet"),
            Matter::Facts => ("Main facts", "Principaux faits"),
            Matter::ToDecide => ("To be decided", "À décider"),
            Matter::Decisions => ("Decisions", "Décisions"),
            Matter::Actions => ("Actions", "Actions"),
            Matter::People => ("People and dates", "Personnes et dates"),
        };
        Some(match language {
            Language::English => english,
            Language::French => french,
        })
    }
}

impl Prompts {
    /// For a note on a section, or on several notes.
    pub fn note(&self, text: &str, language: Language) -> Vec<ChatMessage> {
        let task = match language {
            Language::English => {
                "Summarize this text in two or three sentences. Keep its decisions, names, dates and figures."
            }
            Language::French => {
                "Résume ce texte en deux ou trois phrases. Garde ses décisions, ses noms, ses dates et ses chiffres."
            }
        };
        self.about(text, task, language)
    }

    /// For the end of a summary, made of a text or of notes on all of it.
    pub fn end(
        &self,
        text: &str,
        length: SummaryLength,
        matter: Matter,
        language: Language,
    ) -> Vec<ChatMessage> {
        let sentences = match (language, length) {
            (Language::English, SummaryLength::Brief) => "two or three",
            (Language::English, SummaryLength::Standard) => "five or six",
            (Language::English, SummaryLength::Detailed) => "eight to ten",
            (Language::French, SummaryLength::Brief) => "deux ou trois",
            (Language::French, SummaryLength::Standard) => "cinq ou six",
            (Language::French, SummaryLength::Detailed) => "huit à dix",
        };
        let task = match (language, matter) {
            (Language::English, Matter::Whole) => {
                format!("Summarize this text in {sentences} sentences.")
            }
            (Language::English, Matter::Subject) => {
                "Say in one or two sentences what this text is about.".to_owned()
            }
            (Language::English, Matter::Facts) => {
                format!("Say in {sentences} sentences the main facts and figures of this text.")
            }
            (Language::English, Matter::ToDecide) => {
                "Say in one or two sentences what is still to be decided or done.".to_owned()
            }
            (Language::English, Matter::Decisions) => {
                format!("Say in {sentences} sentences what was decided.")
            }
            (Language::English, Matter::Actions) => {
                format!("Say in {sentences} sentences who has to do what, and until when.")
            }
            (Language::English, Matter::People) => {
                format!(
                    "Say in {sentences} sentences who is named, and what happened on which date."
                )
            }
            (Language::French, Matter::Whole) => format!("Résume ce texte en {sentences} phrases."),
            (Language::French, Matter::Subject) => {
                "Dis en une ou deux phrases de quoi parle ce texte.".to_owned()
            }
            (Language::French, Matter::Facts) => format!(
                "Donne en {sentences} phrases les principaux faits et chiffres de ce texte."
            ),
            (Language::French, Matter::ToDecide) => {
                "Dis en une ou deux phrases ce qui reste à décider ou à faire.".to_owned()
            }
            (Language::French, Matter::Decisions) => {
                format!("Dis en {sentences} phrases ce qui a été décidé.")
            }
            (Language::French, Matter::Actions) => {
                format!("Dis en {sentences} phrases qui doit faire quoi, et pour quand.")
            }
            (Language::French, Matter::People) => format!(
                "Dis en {sentences} phrases qui est nommé, et ce qui s'est passé à quelle date."
            ),
        };
        self.about(text, &task, language)
    }

    fn about(&self, text: &str, task: &str, language: Language) -> Vec<ChatMessage> {
        let (instructions, heading) = match language {
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
        let focus = self.focus.as_ref().map(|focus| match language {
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
            focus: Some("the budget".to_owned()),
        };
        let language = Language::English;
        let ends = Matter::ALL.map(|matter| {
            let length = SummaryLength::Detailed;
            prompts.end("TEXT", length, matter, language)
        });
        let all = ends.into_iter().chain([prompts.note("TEXT", language)]);
        let beginnings: Vec<_> = all
            .map(|messages| {
                let (before, _) = messages[1].content.split_once("TEXT").unwrap();
                (messages[0].clone(), before.to_owned())
            })
            .collect();
        assert!(
            beginnings
                .iter()
                .all(|beginning| *beginning == beginnings[0])
        );
        assert!(beginnings[0].0.content.contains("the budget"));
    }

    #[test]
    fn every_style_has_its_headings_in_both_languages_and_prose_has_none() {
        for style in [SummaryStyle::Executive, SummaryStyle::Minutes] {
            for matter in Matter::of(style) {
                let headings = [Language::English, Language::French].map(|it| matter.heading(it));
                assert!(headings.iter().all(Option::is_some), "{matter:?}");
            }
        }
        let prose = Matter::of(SummaryStyle::Prose);
        assert_eq!(prose[0].heading(Language::French), None);
    }
}
