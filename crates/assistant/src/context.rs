//! How much of the model's context a conversation takes, and what is kept of what was computed of it.

use std::time::Duration;

use aparte_protocol::engine::{ModelFacts, StateName};

use crate::conversation::{self, ConversationId};
use crate::engine::Running;
use crate::error::Error;
use crate::extent::room_behind;
use crate::language::Language;
use crate::settings::EarlierTurns;
use crate::turns::{self, Turn};
use crate::{Assistant, ask, kept_states, lock, prompt};

/// What the model will be told of a conversation before the next question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextUse {
    /// Tokens of instructions and earlier turns.
    pub used: u32,
    /// Tokens that the context holds.
    pub capacity: u32,
    /// Earlier questions that are told.
    pub told: u32,
    /// Earlier questions that are not told any more.
    pub left_out: u32,
}

/// A state is kept outside of the engine when it has grown by so many tokens, which are read in well under a second or two.
const WORTH_KEEPING: u32 = 256;

impl Assistant {
    /// How much of the context a conversation takes; `None` while no model is loaded.
    pub fn context_use(&self, conversation: ConversationId) -> Result<Option<ContextUse>, Error> {
        let Some(running) = self.engine().ok().and_then(|engine| engine.running()) else {
            return Ok(None);
        };
        let turns = self.turns(conversation)?;
        let head = running.head_of(conversation.state_name());
        let room = match head {
            Some(head) => room_behind(head.tokens, &running),
            None => ask::room_for_turns(&running),
        };
        let told = ask::told(&running, conversation, &turns, room)?;
        let last = told.last().and_then(|turn| Language::of(&turn.question));
        let language = last.unwrap_or(self.language());
        let ModelFacts { context, .. } = running.facts;
        Ok(Some(ContextUse {
            used: running
                .count_prompt(prompt::conversation(told, None, language))?
                .saturating_add(head.map_or(0, |head| head.tokens)),
            capacity: context,
            told: count(told.len()),
            left_out: count(turns.len() - told.len()),
        }))
    }

    /// What may be told of a conversation, by what was chosen.
    pub(crate) fn turns(&self, conversation: ConversationId) -> Result<Vec<Turn>, Error> {
        match *lock(&self.earlier) {
            EarlierTurns::OldestLeftOut => {
                let messages = conversation::messages(self.home(conversation), conversation)?;
                Ok(turns::turns(&messages))
            }
            EarlierTurns::NoneTold => Ok(Vec::new()),
        }
    }

    /// Keeps what the engine computed of conversations that are kept, as far as it is worth it: they go on at once when the
    /// application is opened again. Takes a while for long ones, and does nothing while
    /// a reply is written.
    pub fn keep_states(&self) -> Result<(), Error> {
        let _turn = lock(&self.keeping);
        if !lock(&self.replying).is_empty() {
            return Ok(());
        }
        let Some(running) = self.engine().ok().and_then(|engine| engine.running()) else {
            return Ok(());
        };
        for (name, tokens) in running.unkept(WORTH_KEEPING) {
            if conversation::lives_in(&self.vault, ConversationId::of_state(name)) {
                self.keep_state(&running, name, tokens)?;
            }
            running.note_given(name, tokens);
        }
        Ok(())
    }

    /// Keeps one state, sealed as the engine gives it.
    pub(crate) fn keep_state(
        &self,
        running: &Running,
        name: StateName,
        tokens: u32,
    ) -> Result<(), Error> {
        let fingerprint = running.facts.fingerprint;
        let Some(mut new) = kept_states::begin(&self.vault, name, fingerprint, tokens)? else {
            return Ok(());
        };
        let budget = kept_states::DISK_BUDGET;
        if running.give_state(name, budget, &mut |bytes| Ok(new.add(bytes)?))? > 0 {
            new.finish(budget)?;
        }
        Ok(())
    }

    /// Puts the model out of memory if nobody asked anything for so long, and says whether it did. What was computed is kept
    /// as [`Self::keep_states`] does; the next question loads the model again.
    pub fn unload_if_idle(&self, after: Duration) -> bool {
        let Ok(engine) = self.engine() else {
            return false;
        };
        if engine.running().is_none() || engine.idle() < after {
            return false;
        }
        // What cannot be kept is computed again.
        let _ = self.keep_states();
        let replying = lock(&self.replying);
        // A question that came meanwhile has the model.
        if !replying.is_empty() || engine.idle() < after {
            return false;
        }
        engine.unload();
        true
    }

    /// Whether it is to be found out what the model is computed with the fastest: that is not known, and nobody asked anything
    /// for so long.
    pub fn is_to_be_calibrated(&self, idle: Duration) -> bool {
        let engine = self.engine();
        engine.is_ok_and(|engine| engine.to_be_calibrated(idle).is_some())
            && lock(&self.replying).is_empty()
    }

    /// Finds that out, in a few seconds, and remembers it for the next time that the model is loaded. A question that comes
    /// meanwhile does not wait for it. Ends early when `is_enough`.
    pub fn calibrate(&self, is_enough: &dyn Fn() -> bool) {
        if let Ok(engine) = self.engine()
            && let Some(running) = engine.to_be_calibrated(Duration::ZERO)
        {
            // An engine that died of it is missed by the next question.
            let _ = engine.calibrate_now(&running, is_enough);
        }
    }

    /// Brings the engine what was computed of a conversation in an earlier one. Without it, it is computed again.
    pub(crate) fn bring_state(&self, running: &Running, conversation: ConversationId) {
        self.bring(running, conversation.state_name());
    }

    /// Brings the engine a state of this name, if it is kept.
    pub(crate) fn bring(&self, running: &Running, name: StateName) {
        if running.knows(name) {
            return;
        }
        // A state that is read before an erasure and brought after it would hold what was erased.
        let _turn = lock(&self.keeping);
        let kept = kept_states::get(&self.vault, name, running.facts.fingerprint);
        if let Some((state, tokens)) = kept
            && running.take_state(name, &state).is_ok_and(|taken| taken)
        {
            running.note_kept(name, tokens);
        }
    }

    /// Removes what was computed under this name from the disk: an engine died of it, perhaps.
    pub(crate) fn forget_state(&self, name: StateName) {
        let _turn = lock(&self.keeping);
        // What cannot be removed now is used once more at the worst.
        let _ = kept_states::forget(&self.vault, name);
    }

    /// Forgets everything that was computed, because something is erased that may be in it.
    pub(crate) fn forget_states(&self) {
        if let Some(running) = self
            .engine()
            .ok()
            .and_then(|engine| engine.running_at_last())
        {
            // An engine that cannot be told is given up, and forgets with its end.
            let _ = running.forget_states();
        }
    }
}

fn count(turns: usize) -> u32 {
    u32::try_from(turns).unwrap_or(u32::MAX)
}

#[cfg(all(test, unix))]
mod tests {
    use aparte_protocol::engine::EngineEvent;
    use aparte_vault::Vault;

    use super::*;
    use crate::engine::tests::saying;

    #[test]
    fn no_state_is_brought_that_goes_with_what_is_being_erased() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        let assistant =
            Assistant::open(vault, "no worker".into(), None, Language::English).unwrap();
        let conversation = assistant.begin("Well?", &[], false).unwrap().id;
        let name = conversation.state_name();
        let (_folder, engine) = saying(&[EngineEvent::StateTaken(true)], &[]);
        let running = engine.ready_at_last(&mut |_| ()).unwrap();
        let fingerprint = running.facts.fingerprint;
        let new = kept_states::begin(&assistant.vault, name, fingerprint, 300).unwrap();
        let mut new = new.unwrap();
        new.add(b"a state").unwrap();
        new.finish(1000).unwrap();
        std::thread::scope(|scope| {
            let erasing = lock(&assistant.keeping);
            scope.spawn(|| assistant.bring_state(&running, conversation));
            std::thread::sleep(Duration::from_millis(200));
            kept_states::forget(&assistant.vault, name).unwrap();
            drop(erasing);
        });
        assert!(!running.knows(name));
    }
}
