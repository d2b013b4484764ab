//! What the next step computes: for whom, and how much.

use std::time::Duration;

use aparte_protocol::engine::Urgency;
use llama_cpp_2::token::LlamaToken;

use super::seats::WORTH_SHARING;
use super::{Sequence, Session, count};
use crate::states::usable_beginning;

/// While somebody reads along or waits for a first word, nothing else computes for longer at a time.
const SMOOTH: Duration = Duration::from_millis(150);

/// What one sequence does in a step.
pub(super) struct Step {
    pub(super) place: usize,
    /// How many are computed of the tokens that its job has and the sequence does not hold.
    pub(super) tokens: usize,
    /// Whether these are the last that it has.
    pub(super) has_outcome: bool,
    /// What may come after them.
    pub(super) guesses: Vec<LlamaToken>,
}

/// Several replies in one step use the processor as well as guesses do.
const MOST_WITH_GUESSES: usize = 2;

impl Session<'_> {
    /// What the next step computes.
    pub(super) fn plan(&mut self) -> Vec<Step> {
        let has = |urgency| {
            let mut jobs = self.sequences.iter().flat_map(|sequence| &sequence.job);
            jobs.any(|job| job.urgency == urgency)
        };
        let urgency = match (has(Urgency::Interactive), has(Urgency::Background)) {
            (true, true) if self.share.is_due() => Urgency::Background,
            (true, _) => Urgency::Interactive,
            (false, _) => Urgency::Background,
        };
        let mut reading = Vec::new();
        let mut steps = Vec::new();
        for place in 0..self.sequences.len() {
            let Sequence { held, job, .. } = &self.sequences[place];
            let Some(job) = job.as_ref().filter(|job| job.urgency == urgency) else {
                continue;
            };
            if job.reply.has_begun() && job.tokens.len() == held.len() + 1 {
                steps.push(Step {
                    place,
                    tokens: 1,
                    has_outcome: true,
                    guesses: Vec::new(),
                });
            } else {
                reading.push(place);
            }
        }
        let is_watched =
            has(Urgency::Interactive) && (urgency == Urgency::Background || !steps.is_empty());
        let mut room = match is_watched {
            true => self.tempo.piece_within(SMOOTH),
            false => self.tempo.piece(),
        };
        room = room.min(self.context.batch() - steps.len());
        // First come, first served.
        reading.sort_by_key(|&place| self.sequences[place].job.as_ref().map(|job| job.id));
        for (number, &place) in reading.iter().enumerate() {
            if !self.waits_for_beginning(place, &reading[..number]) && room > 0 {
                let Sequence { held, job, .. } = &self.sequences[place];
                let missing = job.as_ref().map_or(0, |job| job.tokens.len()) - held.len();
                let tokens = missing.min(room);
                room -= tokens;
                steps.push(Step {
                    place,
                    tokens,
                    has_outcome: tokens == missing,
                    guesses: Vec::new(),
                });
            }
        }
        if reading.is_empty() && steps.len() <= MOST_WITH_GUESSES && !self.context.is_recurrent() {
            for step in &mut steps {
                step.guesses = self.guesses(step.place);
            }
        }
        steps
    }

    pub(super) fn guesses(&self, place: usize) -> Vec<LlamaToken> {
        let Some(job) = &self.sequences[place].job else {
            return Vec::new();
        };
        let Some(guesser) = &job.guesser else {
            return Vec::new();
        };
        // One more is chosen than is guessed.
        let room = job
            .extent(self.facts.context)
            .saturating_sub(job.tokens.len() + 1);
        guesser.guess(&job.tokens, room).to_vec()
    }

    /// Gives a job that has not begun the longest beginning of it that another sequence holds. Whether it is to wait,
    /// because one of the `earlier`, which are being read, is about to compute a longer one.
    pub(super) fn waits_for_beginning(&mut self, place: usize, earlier: &[usize]) -> bool {
        let Sequence { held, job, .. } = &self.sequences[place];
        let Some(job) = job.as_ref().filter(|job| job.begun.is_none()) else {
            return false;
        };
        if self.context.is_recurrent() {
            return false;
        }
        let worth = held.len() + WORTH_SHARING;
        let common = |tokens: &[LlamaToken]| usable_beginning(tokens, &job.tokens, true);
        let to_come = earlier
            .iter()
            .filter_map(|&other| self.sequences[other].job.as_ref())
            .map(|other| common(&other.tokens))
            .max();
        let there = (0..self.sequences.len())
            .filter(|&other| other != place)
            .map(|other| (common(&self.sequences[other].held), other))
            .max();
        let there = there.filter(|(length, _)| *length >= worth);
        let at_hand = there.map_or(held.len(), |(length, _)| length);
        if to_come.is_some_and(|length| length >= at_hand + WORTH_SHARING) {
            return true;
        }
        if let Some((length, other)) = there {
            let name = self.sequences[place].name;
            self.forget(place);
            self.borrow(other, place, length);
            let Sequence { name: own, job, .. } = &mut self.sequences[place];
            *own = name;
            if let Some(job) = job {
                job.reply.timings.reused_tokens = count(length);
            }
        }
        false
    }
}

/// How the time is divided while somebody waits and something else is done in the background.
#[derive(Debug, Default)]
pub(super) struct BackgroundShare {
    /// Seconds that the background may take, or, negative, has taken in advance.
    due: f64,
}

impl BackgroundShare {
    /// Of each second that is spent on what is urgent.
    const SHARE: f64 = 0.2;

    pub(super) fn is_due(&self) -> bool {
        self.due > 0.0
    }

    pub(super) fn spent(&mut self, on_background: bool, time: Duration) {
        match on_background {
            true => self.due -= time.as_secs_f64(),
            false => self.due += time.as_secs_f64() * Self::SHARE,
        }
    }
}
