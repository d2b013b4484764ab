//! How much of a document is told to the model at once: by the context that was opened, never by a constant.

use aparte_protocol::engine::ModelFacts;

/// The sequences of a summary share the context of one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// How many replies are written at once.
    pub at_once: u32,
    /// The most tokens of a prompt.
    pub prompt: u32,
    /// The most tokens of a reply, what is thought before it included.
    pub reply: u32,
    /// Of these, for the reply itself.
    pub words: u32,
    /// The tokens of the context.
    context: u32,
}

/// More replies at once do not make it faster.
const MOST_AT_ONCE: u32 = 8;
/// In fewer tokens than this a prompt and its reply say too little for the work that they are.
const LEAST_EXTENT: u32 = 640;
/// A note is at most this part of what it is made of.
const NOTE_SHARE: u32 = 8;
/// A note of fewer tokens than this is no sentence, of more no note.
const NOTE_TOKENS: std::ops::RangeInclusive<u32> = 48..=256;
/// What a reasoning model may think before a note.
const THINKING_TOKENS: u32 = 512;

impl Room {
    /// The room in the context of a loaded model.
    pub fn of(facts: &ModelFacts) -> Room {
        let thinks = (facts.template.as_ref()).is_some_and(|template| template.thinks);
        Room::new(facts.context, if thinks { THINKING_TOKENS } else { 0 })
    }

    fn new(context: u32, thinking: u32) -> Room {
        let at_once = (context / (LEAST_EXTENT + thinking)).clamp(1, MOST_AT_ONCE);
        let extent = context / at_once;
        let words = (extent / NOTE_SHARE).clamp(*NOTE_TOKENS.start(), *NOTE_TOKENS.end());
        // Half of a short context is for the text, whatever the model thinks.
        let reply = (words + thinking).min(extent / 2);
        Room {
            at_once,
            prompt: extent - reply,
            reply,
            words: words.min(reply),
            context,
        }
    }

    /// The most tokens of a reply that is so many times as long as a note, and written at once with others like it: with it so many.
    pub fn reply_beside(&self, times: u32, together: u32) -> u32 {
        let reply = self.reply + self.words * times.saturating_sub(1);
        let extent = self.context / together.clamp(1, self.at_once);
        reply.min(extent - self.prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_written_at_once_fits_the_context_together() {
        for context in [512, 1_000, 2_048, 4_096, 8_192, 32_768, 131_072] {
            for thinking in [0, THINKING_TOKENS] {
                let room = Room::new(context, thinking);
                assert!(
                    (room.prompt + room.reply) * room.at_once <= context,
                    "{context}"
                );
                assert!(room.prompt >= context.min(640) / 2, "{context}");
                assert!(room.words <= room.reply, "{context}");
                for together in [1, 3] {
                    let reply = room.reply_beside(3, together);
                    let at_once = together.min(room.at_once);
                    assert!(reply >= room.reply, "{context}");
                    assert!((room.prompt + reply) * at_once <= context, "{context}");
                }
            }
        }
    }

    #[test]
    fn a_longer_context_gives_longer_sections_once_eight_are_written_at_once() {
        let at_once = [512, 2_048, 8_192, 32_768].map(|context| Room::new(context, 0).at_once);
        assert_eq!(at_once, [1, 3, 8, 8]);
        assert!(Room::new(32_768, 0).prompt > 3 * Room::new(8_192, 0).prompt);
    }
}
