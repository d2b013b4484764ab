//! How much of the documents the model is given: all of their text where that is read in a moment or was read before, else the passages
//! that fit the question best.
//!
//! Documents that are given whole stand at the head of the prompt, before everything that was asked: what the model computes of them
//! serves every question about them, in any conversation. What takes longer than anybody waits for a first word is computed when a
//! question was answered from passages ([`Assistant::prepare`]), so that the next one has it; it is kept as a state is
//! (`kept_states.rs`), under the digest of what the model reads.

use std::time::Duration;

use aparte_protocol::engine::{
    FinishReason, Finished, Generate, Sampling, Shape, StateName, Urgency,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::conversation::ConversationId;
use crate::engine::{Ending, Head, Running};
use crate::error::Error;
use crate::language::Language;
use crate::library::DocumentId;
use crate::pace::Pace;
use crate::passages::PassageRef;
use crate::{Assistant, ask, lock, prompt};

/// What the model was given of the documents for an answer. Its layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Passages that it read.
    pub passages: u32,
    /// Passages that the documents have.
    pub of_passages: u32,
    /// Pages that the documents have; 0 where not all of them have pages.
    pub pages: u32,
}

/// So long somebody may wait until documents are read. Who waits longer is answered from passages.
const READING: Duration = Duration::from_secs(5);

/// Tokens of passages while nobody knows how fast the model reads. A small model finds its way among no more at any speed.
const PASSAGE_TOKENS: u32 = 500;
/// And so many of a whole document: of one of 3,700 tokens the starter model answered its simplest question with nothing that the
/// document bears out, which it answers rightly from passages.
const SMALL_WHOLE: u32 = 1_000;
/// The weights of a model that is small.
const SMALL: u64 = 1_000_000_000;
/// A model is given about one passage at least, however slow it is, and no more than are looked at.
const PASSAGE_RANGE: (u32, u32) = (250, 4_000);
/// What passages may have changes in steps, so that a conversation does not change with each measurement.
const STEP: u32 = 250;

/// Documents that are given together, at most; more are hardly one matter.
const TOGETHER: usize = 8;
/// No text has so many bytes for each of its tokens: what is longer than this in a context's tokens is not counted.
const BYTES_A_TOKEN: usize = 8;
/// For what a template puts around messages.
const AROUND: u32 = 64;
/// Tokens in which two prompts may differ before a document ends: its last sign and the next word may be one token.
const SEAM: u32 = 32;

/// All of the text of some documents, for a model that has room for it.
pub(crate) struct Whole {
    /// The state of their text.
    pub name: StateName,
    /// Their text as the model is told it.
    pub block: String,
    /// What the model is spoken to in.
    pub language: Language,
    /// Every passage, in order.
    pub passages: Vec<PassageRef>,
    /// Tokens of instructions and text.
    pub tokens: u32,
    /// Whether nothing of it is to be on the disk.
    private: bool,
}

/// How many tokens of passages a model is given that reads so fast and has so many weights, in a context of so many tokens, of
/// which the question and the reply need half.
pub(crate) fn passage_tokens(pace: Option<Pace>, parameters: u64, context: u32) -> u32 {
    let (least, most) = PASSAGE_RANGE;
    let tokens = match pace {
        None => PASSAGE_TOKENS,
        Some(pace) => {
            let read = pace.tokens_in(READING).saturating_sub(AROUND);
            (read / STEP * STEP).clamp(least, most)
        }
    };
    let most = match parameters < SMALL {
        true => PASSAGE_TOKENS,
        false => most,
    };
    tokens.min(most).min(context / 2)
}

/// Whether a prompt of so many tokens is read while somebody waits.
fn is_read_at_once(tokens: u32, pace: Option<Pace>) -> bool {
    match pace {
        None => tokens <= PASSAGE_TOKENS,
        Some(pace) => pace.time(tokens) <= READING,
    }
}

/// Whether a model of so many weights finds its way in so many tokens.
fn finds_its_way(tokens: u32, parameters: u64) -> bool {
    parameters >= SMALL || tokens <= SMALL_WHOLE
}

/// Whether documents of so many tokens have room beside a question and a reply of so many.
fn has_room(tokens: u32, question: u32, reply: u32, context: u32) -> bool {
    let taken = [tokens, question, reply, AROUND].map(u64::from);
    taken.iter().sum::<u64>() <= u64::from(context)
}

impl Assistant {
    /// The documents for a question, if they are to be given whole: there is room for them, and what the model computes of them is at
    /// hand or takes no longer than somebody waits.
    pub(crate) fn whole_at_once(
        &self,
        running: &Running,
        conversation: ConversationId,
        documents: &[DocumentId],
        question: &str,
    ) -> Result<Option<Whole>, Error> {
        let Some(whole) = self.whole(running, documents, question)? else {
            return Ok(None);
        };
        let is_at_hand = running
            .head_of(conversation.state_name())
            .is_some_and(|head| head.name == whole.name)
            || self.brings(running, whole.name)
            || is_read_at_once(whole.tokens, running.pace());
        Ok(is_at_hand.then_some(whole))
    }

    /// Computes in the background what the next question of a conversation about these documents begins with, so that it is given all
    /// of their text, and keeps that in the vault unless the conversation is private. Gives way to every question. Gives whether it
    /// is there now; it is not where there is no room for the documents, where no model is loaded, or when `is_enough`.
    ///
    /// # Errors
    /// [`Error::EngineStopped`], or what the vault reports.
    pub fn prepare(
        &self,
        conversation: ConversationId,
        documents: &[DocumentId],
        is_enough: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let Some(running) = self.engine()?.running() else {
            return Ok(false);
        };
        let privately = self.is_private(conversation);
        let documents = &self.allowed(privately, documents);
        let Some(mut whole) = self.whole(&running, documents, "")? else {
            return Ok(false);
        };
        whole.private |= privately;
        if self.brings(&running, whole.name) {
            return Ok(true);
        }
        if running.is_lost(whole.name) || !lock(&self.preparing).insert(whole.name) {
            return Ok(false);
        }
        let computed = computed(&running, &whole, is_enough);
        // Where the engine died of it, it is not tried again.
        if computed.is_ok() {
            lock(&self.preparing).remove(&whole.name);
        }
        if computed? {
            self.keep_prepared(&running, &whole, documents)?;
        }
        Ok(running.knows(whole.name))
    }

    /// Keeps what was prepared, unless something of it was erased meanwhile.
    fn keep_prepared(
        &self,
        running: &Running,
        whole: &Whole,
        documents: &[DocumentId],
    ) -> Result<(), Error> {
        let _turn = lock(&self.keeping);
        let is_there = |id: &DocumentId| {
            let document = self.library().known(*id).cloned();
            document.is_some_and(|it| self.vault_for(it.private).fingerprint(id.0).is_ok())
        };
        if !documents.iter().all(is_there) {
            return running.forget_states();
        }
        match whole.private {
            true => Ok(()),
            false => self.keep_state(running, whole.name, whole.tokens),
        }
    }

    /// Whether a state is in the engine, also after it was brought from the vault.
    fn brings(&self, running: &Running, name: StateName) -> bool {
        if !running.is_lost(name) {
            self.bring(running, name);
        }
        running.knows(name)
    }

    /// All of the text of some documents; `None` where a context has no room for it beside the question, or there is none.
    fn whole(
        &self,
        running: &Running,
        documents: &[DocumentId],
        question: &str,
    ) -> Result<Option<Whole>, Error> {
        let context = running.facts.context;
        let most = (context as usize).saturating_mul(BYTES_A_TOKEN);
        if documents.len() > TOGETHER {
            return Ok(None);
        }
        let (mut texts, mut passages) = (Vec::new(), Vec::new());
        let (mut bytes, mut private) = (question.len(), false);
        let mut language = None;
        for id in documents {
            let Some(document) = self.library().get(*id).cloned() else {
                continue;
            };
            private |= document.private;
            language = language.or(document.language);
            let mut text = String::new();
            for number in 1..=document.pages {
                let (page, parts) = self.page_with_passages(&document, number)?;
                bytes = bytes.saturating_add(page.text.len());
                if bytes > most {
                    return Ok(None);
                }
                text.push_str(page.text.trim());
                text.push_str("\n\n");
                passages.extend(parts);
            }
            texts.push((document.name.clone(), text));
        }
        if passages.is_empty() {
            return Ok(None);
        }
        let language = language.unwrap_or(Language::English);
        let block = prompt::documents(&texts, language);
        let beginning = prompt::beginning(&block, "", language);
        let tokens = running.count_prompt(beginning.clone())?;
        let [question] = running.count_tokens(vec![question.to_owned()])?[..] else {
            return Err(Error::EngineStopped);
        };
        let reply = ask::reply_tokens(running);
        let mut digest = Sha256::new();
        for message in &beginning {
            digest.update(&message.content);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut name = StateName([0; 16]);
        name.0.copy_from_slice(&digest[..16]);
        let whole = Whole {
            name,
            block,
            language,
            passages,
            tokens,
            private,
        };
        let fits = has_room(tokens, question, reply, context)
            && finds_its_way(tokens, running.facts.parameters);
        Ok(fits.then_some(whole))
    }
}

impl Whole {
    /// How many tokens of a conversation's turns have room beside it.
    pub(crate) fn room_for_turns(&self, running: &Running, question: &str) -> Result<u32, Error> {
        let question = running.count_tokens(vec![question.to_owned()])?;
        let question: u32 = question.iter().sum();
        Ok(room_behind(self.tokens, running).saturating_sub(question))
    }

    /// Notes whether what was at hand was used: what was not is not counted on again.
    pub(crate) fn note_used(&self, running: &Running, conversation: StateName, reused: u32) {
        let head = Head {
            name: self.name,
            tokens: self.tokens,
        };
        running.note_head(conversation, Some(head));
        let is_used = reused.saturating_add(SEAM) >= self.tokens;
        if running.knows(self.name) && !is_used {
            running.note_lost(self.name);
        }
    }
}

/// How many tokens of a conversation's turns, with the question, have room behind documents of so many tokens.
pub(crate) fn room_behind(tokens: u32, running: &Running) -> u32 {
    let taken = [tokens, ask::reply_tokens(running), AROUND];
    let context = running.facts.context;
    taken.into_iter().fold(context, u32::saturating_sub)
}

/// Has the engine compute the text, and looks whether another prompt that begins with it uses that: some models cannot go back to
/// where it ended.
fn computed(running: &Running, whole: &Whole, is_enough: &dyn Fn() -> bool) -> Result<bool, Error> {
    let mut reused = 0;
    for question in ["", "?"] {
        let generate = Generate {
            messages: prompt::beginning(&whole.block, question, whole.language),
            sampling: Sampling::CAREFUL,
            max_tokens: 1,
            urgency: Urgency::Background,
            shape: Shape::Free,
            stop_texts: Vec::new(),
            alternatives: None,
            copies: false,
            state: Some(whole.name),
        };
        match running.generate(generate, is_enough, &mut |_| ())? {
            Ending::Finished(Finished {
                reason: FinishReason::Complete | FinishReason::Length,
                timings,
            }) => reused = timings.reused_tokens,
            Ending::Finished(_) => {
                running.note_not_computed(whole.name);
                return Ok(false);
            }
            Ending::Died => return Err(Error::EngineStopped),
        }
    }
    let is_used = reused.saturating_add(SEAM) >= whole.tokens;
    if !is_used {
        running.note_lost(whole.name);
    }
    Ok(is_used)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: u64 = 7 * SMALL;

    fn pace(tokens_per_s: f64) -> Option<Pace> {
        Some(Pace::of_short_prompts(tokens_per_s))
    }

    #[test]
    fn a_model_is_given_what_it_reads_in_five_seconds_and_about_one_passage_at_least() {
        assert_eq!(passage_tokens(None, LARGE, 8_192), PASSAGE_TOKENS);
        let given = |tokens_per_s| passage_tokens(pace(tokens_per_s), LARGE, 32_768);
        assert_eq!(given(10.0), 250);
        assert_eq!(given(350.0), 1_250);
        assert_eq!(given(5_000.0), 4_000);
        for tokens_per_s in [100.0, 200.0, 500.0, 1_000.0] {
            let pace = Pace::of_short_prompts(tokens_per_s);
            assert!(pace.time(given(tokens_per_s)) <= READING);
        }
    }

    #[test]
    fn passages_leave_half_of_the_context_and_a_small_model_finds_its_way_among_few() {
        assert_eq!(passage_tokens(pace(5_000.0), LARGE, 2_048), 1_024);
        assert_eq!(passage_tokens(None, LARGE, 512), 256);
        assert_eq!(
            passage_tokens(pace(350.0), SMALL - 1, 8_192),
            PASSAGE_TOKENS
        );
    }

    #[test]
    fn a_document_is_read_at_once_where_that_takes_five_seconds_at_most() {
        assert!(is_read_at_once(1_300, pace(361.0)));
        assert!(!is_read_at_once(1_500, pace(361.0)));
        assert!(is_read_at_once(PASSAGE_TOKENS, None));
        assert!(!is_read_at_once(PASSAGE_TOKENS + 1, None), "nobody knows");
    }

    #[test]
    fn a_small_model_is_given_a_short_document_whole_and_a_long_one_in_passages() {
        assert!(finds_its_way(SMALL_WHOLE, SMALL - 1));
        assert!(!finds_its_way(SMALL_WHOLE + 1, SMALL - 1));
        assert!(finds_its_way(30_000, LARGE));
    }

    #[test]
    fn a_document_is_whole_or_it_is_not_and_never_cut() {
        assert!(has_room(7_000, 100, 220, 8_192));
        assert!(!has_room(7_900, 100, 220, 8_192));
        assert!(!has_room(u32::MAX, 1, 1, u32::MAX));
    }
}
