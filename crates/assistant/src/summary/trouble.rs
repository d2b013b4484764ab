//! Why there is no summary.

use crate::language::Language;

/// Why a document cannot be summarized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryTrouble {
    /// It is not in the library, or not any more.
    Gone,
    /// It was read anew while it was summarized.
    Changed,
    /// Its pages are images whose text was not recognised.
    OnlyImages,
    /// The model does not know the language of the document, or of the summary.
    Language {
        /// What people call the model.
        model: String,
        /// The language.
        language: Language,
    },
    /// The context has no room for a text beside what is asked, in tokens.
    ContextTooShort(u32),
    /// What the reader cares about takes the room of the text.
    FocusTooLong,
}

impl SummaryTrouble {
    /// A short name for the log and for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            SummaryTrouble::Gone => "summary_document_gone",
            SummaryTrouble::Changed => "summary_document_changed",
            SummaryTrouble::OnlyImages => "summary_only_images",
            SummaryTrouble::Language { .. } => "summary_language_unknown",
            SummaryTrouble::ContextTooShort(_) => "summary_context_too_short",
            SummaryTrouble::FocusTooLong => "summary_focus_too_long",
        }
    }

    pub(crate) fn english(&self) -> String {
        match self {
            SummaryTrouble::Gone => {
                "The document is not in the library any more. Add it again to summarize it.".into()
            }
            SummaryTrouble::Changed => {
                "The document changed while it was summarized. Summarize it again: what did not \
                 change in it is not computed again."
                    .into()
            }
            SummaryTrouble::OnlyImages => {
                "The document has only images and no text to summarize. Have its text \
                 recognised first."
                    .into()
            }
            SummaryTrouble::Language { model, language } => {
                let language = match language {
                    Language::English => "English",
                    Language::French => "French",
                };
                format!(
                    "The model {model} does not know {language}, so what it wrote would only look like a summary. Choose a \
                     model that does."
                )
            }
            SummaryTrouble::ContextTooShort(context) => format!(
                "The model's context of {context} tokens has no room for a part of a document. Choose a model with a longer \
                 one."
            ),
            SummaryTrouble::FocusTooLong => {
                "The focus is too long for this model. Say in fewer words what the summary is for."
                    .into()
            }
        }
    }

    pub(crate) fn french(&self) -> String {
        match self {
            SummaryTrouble::Gone => "Le document n'est plus dans la bibliothèque. Ajoutez-le de nouveau pour le \
                 résumer."
                .into(),
            SummaryTrouble::Changed => "Le document a changé pendant qu'il était résumé. Résumez-le de nouveau\u{202f}: ce \
                 qui n'y a pas changé n'est pas recalculé."
                .into(),
            SummaryTrouble::OnlyImages => "Le document ne contient que des images et aucun texte à résumer. Faites d'abord \
                 reconnaître son texte."
                .into(),
            SummaryTrouble::Language { model, language } => {
                let language = match language {
                    Language::English => "l'anglais",
                    Language::French => "le français",
                };
                format!(
                    "Le modèle {model} ne connaît pas {language}\u{202f}: ce qu'il écrirait n'aurait que l'air d'un résumé. \
                     Choisissez un modèle qui le connaît."
                )
            }
            SummaryTrouble::ContextTooShort(context) => format!(
                "Le contexte de {context} jetons du modèle n'a pas de place pour une partie d'un document. Choisissez un \
                 modèle dont le contexte est plus long."
            ),
            SummaryTrouble::FocusTooLong => "L'objet demandé est trop long pour ce modèle. Dites en moins de mots à quoi le \
                 résumé doit servir."
                .into(),
        }
    }
}
