//! Which requests have a place in the context, and what of their tokens is there already.

use llama_cpp_2::token::LlamaToken;

use super::{Job, Sequence, Session, count, id_of};
use crate::states::{State, usable_beginning};

/// A beginning of so many tokens is worth waiting for that another request is about to compute.
pub(super) const WORTH_SHARING: usize = 32;

impl<'m> Session<'m> {
    /// The next request that waits, if there is room for it; what is done in the background makes room for what is urgent.
    pub(super) fn next_with_room(&mut self) -> Option<Job<'m>> {
        let urgency = self.waiting.first()?.urgency;
        while !self.has_room() {
            let youngest = self.sequences.iter().rposition(|sequence| {
                let job = sequence.job.as_ref();
                job.is_some_and(|job| job.urgency > urgency)
            })?;
            self.suspend(youngest);
        }
        Some(self.waiting.remove(0))
    }

    pub(super) fn has_room(&self) -> bool {
        let extent = |job: &Job<'_>| job.extent(self.facts.context);
        let jobs = self.sequences.iter().flat_map(|sequence| &sequence.job);
        let wanted = self.waiting.first().map_or(0, extent);
        let taken: usize = jobs.map(extent).sum();
        taken + wanted <= self.context.capacity() as usize
            && self.sequences.iter().any(|sequence| sequence.job.is_none())
    }

    /// Takes a job out of the context until there is room for it again.
    pub(super) fn suspend(&mut self, place: usize) {
        let state = self.state_of(place);
        let Some(mut job) = self.sequences[place].job.take() else {
            return;
        };
        self.forget(place);
        job.suspended = state;
        let place = self
            .waiting
            .partition_point(|other| other.urgency < job.urgency);
        self.waiting.insert(place, job);
    }

    /// Gives a job a sequence, with the longest beginning of its tokens that is to be had.
    pub(super) fn seat(&mut self, mut job: Job<'m>) {
        let can_go_back = !self.context.is_recurrent();
        let suspended = job.suspended.take();
        let usable = |held: &[LlamaToken]| usable_beginning(held, &job.tokens, can_go_back);
        let free = |sequence: &Sequence<'_>| sequence.job.is_none();
        let is_own = |sequence: &Sequence<'_>| sequence.name.is_none() || sequence.name == job.name;
        // The one that can be gone on with as it is, else one that nobody misses.
        let place = (0..self.sequences.len())
            .filter(|&place| free(&self.sequences[place]))
            .max_by_key(|&place| {
                let sequence = &self.sequences[place];
                let own = if is_own(sequence) {
                    usable(&sequence.held)
                } else {
                    0
                };
                (own, sequence.held.is_empty(), sequence.name.is_none())
            })
            .expect("there is room");
        let own = match is_own(&self.sequences[place]) {
            true => usable(&self.sequences[place].held),
            false => 0,
        };
        let lent = (0..self.sequences.len())
            .filter(|&other| other != place)
            .map(|other| (other, usable(&self.sequences[other].held)))
            .max_by_key(|(_, length)| *length)
            .filter(|(_, length)| *length > own);
        let in_context = lent.map_or(own, |(_, length)| length);
        let least = in_context + WORTH_SHARING;
        let kept = match suspended {
            Some(state) => Some((None, usable(&state.tokens), state)),
            None => self.states.take_best(&job.tokens, can_go_back, least),
        };
        if let Some((name, length, state)) = kept {
            for other in 0..self.sequences.len() {
                self.put_away_if_free(other);
            }
            self.restore(place, &state, length);
            if name.is_some() && name != job.name {
                self.states.keep(name, state);
            }
        } else if let Some((other, length)) = lent {
            if !is_own(&self.sequences[place]) {
                self.put_away_if_free(place);
            }
            self.forget(place);
            self.borrow(other, place, length);
        } else if own > 0 {
            self.keep_beginning(place, own);
        } else {
            self.put_away_if_free(place);
        }
        if let Some(name) = job.name {
            self.states.forget(name);
            for sequence in &mut self.sequences {
                sequence.name = sequence.name.filter(|other| *other != name);
            }
        }
        if job.begun.is_none() {
            job.reply.timings.reused_tokens = count(self.sequences[place].held.len());
        }
        self.sequences[place].name = job.name;
        self.sequences[place].job = Some(job);
        for other in 0..self.sequences.len() {
            self.put_away_if_free(other);
        }
    }

    /// Takes what is not worked on out of the context: to the states if it has a name, else nobody asks for it again.
    pub(super) fn put_away_if_free(&mut self, place: usize) {
        let sequence = &self.sequences[place];
        if sequence.job.is_some() || sequence.held.is_empty() {
            return;
        }
        if let Some(name) = self.sequences[place].name
            && let Some(state) = self.state_of(place)
        {
            self.states.keep(Some(name), state);
        }
        self.forget(place);
    }

    pub(super) fn state_of(&mut self, place: usize) -> Option<State> {
        let held = &self.sequences[place].held;
        if held.is_empty() {
            return None;
        }
        let context = &mut self.context;
        State::new(held.clone(), |bytes| {
            context.append_state(id_of(place), bytes)
        })
    }

    /// Brings a state into a sequence, which is empty, and keeps so much of it.
    pub(super) fn restore(&mut self, place: usize, state: &State, length: usize) {
        let tokens = state.tokens.len();
        let is_taken = self
            .context
            .set_state(id_of(place), state.computed(), tokens);
        if is_taken {
            self.sequences[place].held = state.tokens.clone();
            self.keep_beginning(place, length);
        }
    }

    pub(super) fn borrow(&mut self, from: usize, to: usize, length: usize) {
        self.context.share(id_of(from), id_of(to), length);
        self.sequences[to].held = self.sequences[from].held[..length].to_vec();
    }

    /// Removes from a sequence what comes after its first `length` tokens, or everything where that is impossible.
    pub(super) fn keep_beginning(&mut self, place: usize, length: usize) {
        if length == self.sequences[place].held.len() {
            return;
        }
        if self.context.forget_from(id_of(place), length) {
            self.sequences[place].held.truncate(length);
        } else {
            self.forget(place);
        }
    }

    pub(super) fn forget(&mut self, place: usize) {
        self.context.forget(id_of(place));
        self.sequences[place].held.clear();
        self.sequences[place].name = None;
    }

    pub(super) fn clear(&mut self) {
        self.context.clear();
        for sequence in &mut self.sequences {
            sequence.held.clear();
        }
    }
}
