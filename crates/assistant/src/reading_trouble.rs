//! Why texts were not compared, and the sentences that say so.

/// What kept a model that reads from giving a vector or a score. Nothing of what was asked for is given then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingTrouble {
    /// A text has more tokens than the model reads at a time.
    TextTooLong {
        /// Which of the texts, from zero on.
        text: usize,
        /// Tokens of the longest that it reads, with those that it wants around it (and the question, where there is one).
        longest: u32,
    },
    /// A text has nothing that the model could read.
    TextEmpty {
        /// Which of the texts, from zero on.
        text: usize,
    },
    /// The model gave no numbers.
    Refused,
    /// The worker died of it, and the one after it too.
    Stopped,
}

impl ReadingTrouble {
    pub(crate) fn code(self) -> &'static str {
        match self {
            ReadingTrouble::TextTooLong { .. } => "text_too_long",
            ReadingTrouble::TextEmpty { .. } => "text_empty",
            ReadingTrouble::Refused => "reading_refused",
            ReadingTrouble::Stopped => "reading_stopped",
        }
    }

    pub(crate) fn english(self) -> String {
        match self {
            ReadingTrouble::TextTooLong { text, longest } => format!(
                "Text {} is too long: the model that compares texts reads {longest} tokens at a time. Split the text, \
                 or choose another model.",
                text + 1
            ),
            ReadingTrouble::TextEmpty { text } => format!(
                "Text {} has nothing that the model could compare. Leave it out.",
                text + 1
            ),
            ReadingTrouble::Refused => {
                "The model could not compare the texts. Try again, or choose another model.".into()
            }
            ReadingTrouble::Stopped => {
                "The engine stopped twice while it compared texts; nothing else is affected. \
                 Choose another model for it."
                    .into()
            }
        }
    }

    pub(crate) fn french(self) -> String {
        match self {
            ReadingTrouble::TextTooLong { text, longest } => format!(
                "Le texte {} est trop long : le modèle qui compare les textes lit {longest} tokens à la fois. Coupez \
                 le texte, ou choisissez un autre modèle.",
                text + 1
            ),
            ReadingTrouble::TextEmpty { text } => format!(
                "Le texte {} n'a rien que le modèle puisse comparer. Laissez-le de côté.",
                text + 1
            ),
            ReadingTrouble::Refused => {
                "Le modèle n'a pas pu comparer les textes. Réessayez, ou choisissez un autre modèle."
                    .into()
            }
            ReadingTrouble::Stopped => "Le moteur s'est arrêté deux fois en comparant des textes ; rien d'autre n'est \
                 touché. Choisissez-lui un autre modèle."
                .into(),
        }
    }
}
