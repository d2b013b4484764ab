//! A model's context, what is in it, and the loop that reads prompts and writes replies.
//!
//! Several replies are written at a time: each step computes the next token of every one of them, and a piece of the
//! prompts that wait to be read, in one call. Whoever waits for a reply comes first; what is done in the background gets
//! a share of the time meanwhile.
//!
//! Invariant: what a sequence `held` is exactly the tokens whose state the context holds for it, at positions from zero
//! on, after every call and whatever ended it. A reply computes the tokens that it has and its sequence does not hold
//! yet, so that it does not matter how any of them were lost.

mod seats;
mod steps;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aparte_protocol::RequestId;
use aparte_protocol::engine::{
    ChatMessage, EngineEvent, FinishReason, Finished, Generate, GenerateFailure, LoadFailure,
    ModelFacts, StateName, Urgency,
};
use llama_cpp_2::token::LlamaToken;

use crate::context::{Batch, Computed, Context, SequenceId};
use crate::guess::Guesser;
use crate::log;
use crate::model::Model;
use crate::reply::{Next, Reply, milliseconds};
use crate::states::{State, States};
use crate::template::Piece;
use crate::tempo::{Alone, Tempo};
use crate::thinking;

use steps::{BackgroundShare, Step};

/// An open context of a model, and the requests for it.
#[derive(Debug)]
pub struct Session<'m> {
    model: &'m Model,
    context: Context<'m>,
    /// Each has the number of its place as its id.
    sequences: Vec<Sequence<'m>>,
    /// In the order of their urgency, then of their arrival.
    waiting: Vec<Job<'m>>,
    states: States,
    interruption: Interruption,
    tempo: Tempo,
    share: BackgroundShare,
    /// What was forgotten may still stand in the cache, unused.
    is_to_be_wiped: bool,
    facts: ModelFacts,
}

/// Interrupts the computation that is under way, from any thread, and tells whether it goes on.
#[derive(Debug, Clone, Default)]
pub struct Interruption {
    said: Arc<AtomicU8>,
    pulse: Arc<AtomicU64>,
}

impl Interruption {
    /// A number that grows while something is computed: within a step of the model on a processor, and from step to step on
    /// a GPU.
    pub fn pulse(&self) -> u64 {
        self.pulse.load(Ordering::Relaxed)
    }

    /// A request has arrived: what is done in the background lets go, anything else goes on.
    pub fn arrived(&self) {
        self.said.fetch_max(ARRIVED, Ordering::Relaxed);
    }

    /// A request is to be stopped: whatever is computed lets go.
    pub fn stopped(&self) {
        self.said.fetch_max(STOPPED, Ordering::Relaxed);
    }
}

const ARRIVED: u8 = 1;
const STOPPED: u8 = 2;

#[derive(Debug, Default)]
struct Sequence<'m> {
    held: Vec<LlamaToken>,
    /// Under which its state can be asked for.
    name: Option<StateName>,
    job: Option<Job<'m>>,
}

/// A request on its way.
#[derive(Debug)]
struct Job<'m> {
    id: RequestId,
    urgency: Urgency,
    name: Option<StateName>,
    stop: Arc<AtomicBool>,
    /// The prompt and what was chosen so far: all that is to be in the context.
    tokens: Vec<LlamaToken>,
    prompt: usize,
    reply: Reply<'m>,
    /// Guesses what comes next, in a reply that copies.
    guesser: Option<Guesser>,
    /// When its prompt was begun.
    begun: Option<Instant>,
    /// Where it was when it gave way to something urgent.
    suspended: Option<State>,
}

impl Job<'_> {
    /// The most tokens that it will ever have in the context.
    fn extent(&self, context: u32) -> usize {
        let most = self.prompt + self.reply.max_tokens() as usize;
        most.min(context as usize)
    }
}

impl<'m> Session<'m> {
    /// Opens a context and computes a few tokens in it, so that the first prompt finds the weights in
    /// memory and its pace known. `interruption` is what interrupts its computations from then on.
    ///
    /// # Errors
    /// [`LoadFailure::Damaged`] when llama.cpp cannot compute with this model.
    pub fn open(model: &'m Model, interruption: Interruption) -> Result<Session<'m>, LoadFailure> {
        let threads = i32::from(model.tuning.threads.get());
        let said = Arc::clone(&interruption.said);
        let pulse = Arc::clone(&interruption.pulse);
        // What was complained of while it loaded is not why.
        drop(log::take_errors());
        let context = Context::open(&model.llama, &model.plan.opening, threads, said, pulse)
            .ok_or_else(|| {
                let reasons = log::take_errors().join("; ");
                LoadFailure::Damaged(format!("no context can be opened for it: {reasons}"))
            })?;
        let unknown = Alone {
            single: f64::INFINITY,
            each: f64::INFINITY,
        };
        let mut session = Session {
            facts: ModelFacts {
                name: model.header.name.clone(),
                architecture: model.header.architecture.clone(),
                parameters: model.llama.n_params(),
                context: context.capacity().min(model.context),
                template: model.template_facts(),
                devices: model.backends.devices(),
                fingerprint: model.content.opened(&model.plan.opening),
                load_ms: 0,
                machine: model.backends.machine(),
                tuning: model.tuning,
                calibrated: model.calibrated,
                steps: model.plan.steps.clone(),
            },
            sequences: (0..context.sequences())
                .map(|_| Sequence::default())
                .collect(),
            waiting: Vec::new(),
            states: States::new(
                model
                    .backends
                    .available_memory
                    .saturating_sub(model.plan.needs.processor.total())
                    / MEMORY_SHARE,
            ),
            interruption,
            model,
            context,
            tempo: Tempo::new(threads, unknown),
            share: BackgroundShare::default(),
            is_to_be_wiped: false,
        };
        session
            .warm_up()
            .map_err(|failure| LoadFailure::Damaged(failure.to_string()))?;
        session.facts.load_ms =
            u64::try_from(model.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(session)
    }

    /// What the model is and where it runs.
    pub fn facts(&self) -> ModelFacts {
        self.facts.clone()
    }

    /// Counts the tokens of each text, as it stands alone.
    pub fn count_tokens(&self, texts: &[String]) -> Vec<u32> {
        let tokenizer = self.model.tokenizer();
        texts
            .iter()
            .map(|text| count(tokenizer.text(text).len()))
            .collect()
    }

    /// Counts the tokens of a conversation as the model would read it.
    ///
    /// # Errors
    /// [`GenerateFailure::Template`].
    pub fn count_prompt(&self, messages: &[ChatMessage]) -> Result<u32, GenerateFailure> {
        Ok(count(self.prompt(messages)?.0.len()))
    }

    /// Takes note of everything that was said so far: only what is said from here on interrupts. To be called before
    /// requests and stops are looked at, so that none of them is missed.
    pub fn attend(&mut self) {
        self.interruption.said.store(0, Ordering::Relaxed);
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.sequences.iter().all(|sequence| sequence.job.is_none())
    }

    /// Takes a request on. What comes of it is emitted by [`Self::step`] under `id`; what cannot be done is said at once.
    /// `stop` ends it, with a word to the [`Interruption`] in the middle of a step too.
    pub fn submit(
        &mut self,
        id: RequestId,
        request: &Generate,
        stop: Arc<AtomicBool>,
        emit: &mut dyn FnMut(RequestId, EngineEvent),
    ) {
        match self.job(id, request, stop) {
            Ok(job) => {
                let place = self
                    .waiting
                    .partition_point(|other| other.urgency <= job.urgency);
                self.waiting.insert(place, job);
            }
            Err(failure) => emit(id, EngineEvent::Failed(failure)),
        }
    }

    /// Does the next piece of work, if there is any.
    pub fn step(&mut self, emit: &mut dyn FnMut(RequestId, EngineEvent)) {
        self.end_stopped(emit);
        while let Some(job) = self.next_with_room() {
            self.seat(job);
        }
        let steps = self.plan();
        if !steps.is_empty() {
            self.take(&steps, emit);
        }
        self.wipe_if_idle();
    }

    /// The state of the sequence with this name, for [`Self::take_state`] of a later session with the same fingerprint;
    /// `None` when there is none any more.
    pub fn state(&mut self, name: StateName) -> Option<Cow<'_, [u8]>> {
        let place = self.sequences.iter().position(|sequence| {
            sequence.name == Some(name) && sequence.job.is_none() && !sequence.held.is_empty()
        });
        if let Some(place) = place {
            return Some(Cow::Owned(self.state_of(place)?.into_bytes()));
        }
        Some(Cow::Borrowed(self.states.get(name)?.as_bytes()))
    }

    /// Takes over a state that [`Self::state`] gave. False for anything else.
    pub fn take_state(&mut self, name: StateName, bytes: Vec<u8>) -> bool {
        match State::from_bytes(bytes, self.model.llama.vocab().n_tokens()) {
            Some(state) => {
                self.states.keep(Some(name), state);
                true
            }
            None => false,
        }
    }

    /// Forgets and overwrites the state of everything that is not under way. What is goes on, and its state is given to nobody.
    pub fn forget_states(&mut self) {
        self.states.forget_all();
        for job in &mut self.waiting {
            job.name = None;
        }
        for sequence in &mut self.sequences {
            sequence.name = None;
            if let Some(job) = &mut sequence.job {
                job.name = None;
            }
        }
        self.is_to_be_wiped = true;
        self.wipe_if_idle();
        for place in 0..self.sequences.len() {
            if self.sequences[place].job.is_none() {
                self.forget(place);
            }
        }
    }
}

/// The part of the memory that the model leaves free, which states may take outside of the context.
const MEMORY_SHARE: u64 = 4;

impl<'m> Session<'m> {
    /// Overwrites what was forgotten while something else was under way, once nothing is.
    fn wipe_if_idle(&mut self) {
        let is_under_way = |sequence: &Sequence<'_>| sequence.job.is_some();
        if self.is_to_be_wiped && !self.sequences.iter().any(is_under_way) {
            for place in 0..self.sequences.len() {
                self.put_away_if_free(place);
            }
            self.clear();
            self.is_to_be_wiped = false;
        }
    }

    fn job(
        &self,
        id: RequestId,
        request: &Generate,
        stop: Arc<AtomicBool>,
    ) -> Result<Job<'m>, GenerateFailure> {
        let (tokens, begins_in_thinking) = self.prompt(&request.messages)?;
        if tokens.len() >= self.facts.context as usize {
            return Err(GenerateFailure::PromptTooLong {
                tokens: count(tokens.len()),
                context: self.facts.context,
            });
        }
        let template = self.model.template.as_ref();
        let stop_text = template.ok().and_then(|template| template.stop_text());
        Ok(Job {
            id,
            urgency: request.urgency,
            name: request.state,
            stop,
            prompt: tokens.len(),
            tokens,
            reply: Reply::new(
                request,
                stop_text.map(str::to_owned),
                begins_in_thinking,
                self.model,
            )?,
            guesser: request.copies.then(Guesser::new),
            begun: None,
            suspended: None,
        })
    }

    /// The tokens of a conversation, and whether the reply to it begins in the midst of thinking.
    fn prompt(&self, messages: &[ChatMessage]) -> Result<(Vec<LlamaToken>, bool), GenerateFailure> {
        let template = self
            .model
            .template
            .as_ref()
            .map_err(|reason| GenerateFailure::Template(reason.clone()))?;
        let pieces = template
            .render(messages, &self.model.special)
            .map_err(GenerateFailure::Template)?;
        let begins_in_thinking = match pieces.last() {
            Some(Piece::Markup(markup)) => thinking::begins_in_thinking(markup),
            _ => false,
        };
        let prompt = self.model.tokenizer().prompt(pieces);
        match prompt.is_empty() {
            true => Err(GenerateFailure::Template("it renders nothing".to_owned())),
            false => Ok((prompt, begins_in_thinking)),
        }
    }

    fn end_stopped(&mut self, emit: &mut dyn FnMut(RequestId, EngineEvent)) {
        let is_stopped = |job: &Job<'_>| job.stop.load(Ordering::Relaxed);
        for job in self.waiting.extract_if(.., |job| is_stopped(job)) {
            finish(job, 0, FinishReason::Stopped, emit);
        }
        for sequence in &mut self.sequences {
            if let Some(job) = sequence.job.take_if(|job| is_stopped(job)) {
                finish(job, sequence.held.len(), FinishReason::Stopped, emit);
            }
        }
    }

    fn take(&mut self, steps: &[Step], emit: &mut dyn FnMut(RequestId, EngineEvent)) {
        let mut batch = Batch::default();
        let mut outcomes = Vec::with_capacity(steps.len());
        let mut is_background = false;
        for step in steps {
            let Sequence { held, job, .. } = &mut self.sequences[step.place];
            let Some(job) = job else { continue };
            job.begun.get_or_insert_with(Instant::now);
            is_background |= job.urgency == Urgency::Background;
            let mut last = 0;
            let end = held.len() + step.tokens;
            for position in held.len()..end {
                let is_scored = step.has_outcome && position + 1 == end;
                last = batch.add(id_of(step.place), position, job.tokens[position], is_scored);
            }
            outcomes.push(last);
            for (position, &guess) in (end..).zip(&step.guesses) {
                batch.add(id_of(step.place), position, guess, true);
            }
        }
        let heeded = if is_background { ARRIVED } else { STOPPED };
        self.context.set_threads(self.tempo.threads());
        let start = Instant::now();
        let computed = self.context.compute(&mut batch, heeded);
        let elapsed = start.elapsed();
        self.interruption.pulse.fetch_add(1, Ordering::Relaxed);
        self.share.spent(is_background, elapsed);
        match computed {
            Ok(Computed::Whole) => {
                let idle = &self.model.backends.idle;
                self.tempo.measured(batch.len(), elapsed, || idle.seconds());
                for (step, outcome) in steps.iter().zip(outcomes) {
                    self.go_on(step, outcome, elapsed, emit);
                }
                if self.is_alone() {
                    self.share = BackgroundShare::default();
                }
            }
            Ok(Computed::Interrupted) => {
                for step in steps {
                    let held = self.sequences[step.place].held.len();
                    if self.context.is_recurrent()
                        || !self.context.forget_from(id_of(step.place), held)
                    {
                        self.context.forget(id_of(step.place));
                        self.sequences[step.place].held.clear();
                    }
                }
            }
            Err(status) => {
                self.clear();
                for step in steps {
                    if let Some(mut job) = self.sequences[step.place].job.take() {
                        let failure = GenerateFailure::Decode(format!("llama_decode: {status}"));
                        // What was written stands, whatever comes.
                        job.reply.show_rest(&mut |event| emit(job.id, event));
                        emit(job.id, EngineEvent::Failed(failure));
                    }
                }
            }
        }
    }

    /// Whether all that is under way is of one urgency.
    fn is_alone(&self) -> bool {
        let mut jobs = self.sequences.iter().flat_map(|sequence| &sequence.job);
        let first = jobs.next().map(|job| job.urgency);
        jobs.all(|job| Some(job.urgency) == first)
    }

    /// Takes note of what was computed for a sequence in this time, and chooses its next tokens where there is an outcome.
    fn go_on(
        &mut self,
        step: &Step,
        outcome: usize,
        elapsed: Duration,
        emit: &mut dyn FnMut(RequestId, EngineEvent),
    ) {
        let Sequence {
            held, job: slot, ..
        } = &mut self.sequences[step.place];
        let Some(job) = slot else { return };
        let from = held.len();
        held.extend_from_slice(&job.tokens[from..from + step.tokens]);
        let id = job.id;
        let mut emit_own = |event| emit(id, event);
        if !job.reply.has_begun() {
            job.reply.timings.prompt_tokens = count(held.len());
            job.reply.timings.prompt_ms =
                job.begun.map_or(0.0, |begun| milliseconds(begun.elapsed()));
            emit_own(EngineEvent::Prompt {
                done: count(held.len()),
                total: count(job.prompt),
            });
        }
        if !step.has_outcome {
            return;
        }
        let before = job.reply.timings.generated_tokens;
        let mut ended = None;
        let mut outcomes = (outcome..).zip(step.guesses.iter().map(Some).chain([None]));
        // Each guess that was right has an outcome of its own.
        while let (None, Some((outcome, guess))) = (&ended, outcomes.next()) {
            let has_room = held.len() < self.facts.context as usize;
            let scores = self.context.scores(outcome);
            let vocab = self.model.llama.vocab();
            match job.reply.go_on(scores, vocab, has_room, &mut emit_own) {
                Ok(Next::Token(token)) => {
                    job.tokens.push(token);
                    if guess != Some(&token) {
                        break;
                    }
                    held.push(token);
                }
                Ok(Next::Over(reason)) => ended = Some(Ok(reason)),
                Err(failure) => ended = Some(Err(failure)),
            }
        }
        if let Some(guesser) = &mut job.guesser {
            let tokens = job.reply.timings.generated_tokens - before;
            guesser.measured(step.guesses.len(), tokens, elapsed);
        }
        let kept = held.len();
        match ended {
            Some(Ok(reason)) => {
                if let Some(job) = slot.take() {
                    finish(job, kept, reason, emit);
                }
            }
            Some(Err(failure)) => {
                emit_own(EngineEvent::Failed(failure));
                *slot = None;
            }
            None => (),
        }
        if kept < from + step.tokens + step.guesses.len()
            && !self.context.forget_from(id_of(step.place), kept)
        {
            self.context.forget(id_of(step.place));
            self.sequences[step.place].held.clear();
        }
    }

    /// Brings the weights into memory and learns what one thread alone can do. The context is empty
    /// afterwards.
    fn warm_up(&mut self) -> Result<(), GenerateFailure> {
        self.context.set_threads(1);
        let mut timed = |tokens: usize| {
            let mut batch = Batch::default();
            for position in 0..tokens {
                batch.add(id_of(0), position, LlamaToken::new(0), false);
            }
            let start = Instant::now();
            let computed = self.context.compute(&mut batch, u8::MAX);
            let elapsed = start.elapsed();
            self.context.forget(id_of(0));
            match computed {
                Ok(_) => Ok(elapsed.as_secs_f64()),
                Err(status) => Err(GenerateFailure::Decode(format!("llama_decode: {status}"))),
            }
        };
        timed(1)?;
        let alone = Alone {
            single: timed(1)?,
            each: timed(4)? / 4.0,
        };
        let threads = i32::from(self.model.tuning.threads.get());
        self.tempo = Tempo::with_batch(threads, alone, self.context.batch());
        self.clear();
        Ok(())
    }
}

/// Ends a request: what was held back of its reply is shown, and the counts are of what was read.
fn finish(
    mut job: Job<'_>,
    held: usize,
    reason: FinishReason,
    emit: &mut dyn FnMut(RequestId, EngineEvent),
) {
    job.reply.show_rest(&mut |event| emit(job.id, event));
    if !job.reply.has_begun() {
        job.reply.timings.prompt_tokens = count(held.min(job.prompt));
    }
    let timings = job.reply.timings;
    emit(job.id, EngineEvent::Finished(Finished { reason, timings }));
}

/// The id of the sequence in a place.
fn id_of(place: usize) -> SequenceId {
    // There are no more places than ids.
    SequenceId(u8::try_from(place).unwrap_or(u8::MAX))
}

/// Counts of tokens are bounded by the context or by the length of a message.
fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
