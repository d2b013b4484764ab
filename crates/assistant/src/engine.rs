//! The engine: one model in a worker of its own, started when it is needed and again after it died.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aparte_protocol::Wall;
use aparte_protocol::calibration::Trial;
use aparte_protocol::engine::{
    ChatMessage, EngineEvent, EngineRequest, Finished, Generate, Likelihood, ModelFacts, StateName,
    Timings, Urgency,
};
use zeroize::Zeroizing;

use crate::calibrations::Calibrations;
use crate::error::Error;
use crate::loading::{Heard, Loaded, Place, STOP_POLL, Serving, load};
use crate::lock;
use crate::log;
use crate::models::Model;
use crate::pace::Pace;
use crate::turns::Turn;
use crate::worker::{Stopped, Worker};

/// Told once, by whoever wants a reply to end; looked at while it is written.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the reply. What was written so far is kept.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is the same word to stop, said to the same work.
    pub fn is(&self, other: &Stop) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether the reply is to end.
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What happens while a reply is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The model is being loaded: percent.
    Loading(u8),
    /// The prompt is being read: tokens so far, and of all.
    Prompt(u32, u32),
    /// The next piece of what a reasoning model writes on the way to its reply.
    Thinking(String),
    /// The next piece of text.
    Text(String),
    /// How likely the next token was, where that was asked for.
    Likelihood(Likelihood),
}

/// How a reply ended.
pub(crate) enum Ending {
    /// As the engine meant it to.
    Finished(Finished),
    /// The engine died under it.
    Died,
}

/// Keeps one model ready.
pub(crate) struct Engine {
    program: PathBuf,
    model: Model,
    /// Where it is remembered what the model is computed with the fastest.
    calibrations: Option<Calibrations>,
    running: Place<Running>,
    /// When it was last asked for.
    used: Mutex<Instant>,
    /// The process id of the last worker started; zero before the first.
    process: AtomicU32,
    /// The walls around the last worker that greeted.
    walls: Mutex<Vec<Wall>>,
}

/// Documents that stand whole at the head of what was computed of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Of their state.
    pub name: StateName,
    /// Tokens of all that stands before the first question.
    pub tokens: u32,
}

/// An engine worker with its model loaded.
pub(crate) struct Running {
    worker: Worker<EngineEvent>,
    pub facts: ModelFacts,
    states: Mutex<HashMap<StateName, KnownState>>,
    /// Tokens of the turns of conversations.
    turns: Mutex<HashMap<StateName, Vec<u32>>>,
    /// Which documents stand whole at the head of what was computed of a conversation.
    heads: Mutex<HashMap<StateName, Head>>,
    /// What was computed and not there when it was to be gone on with.
    lost: Mutex<HashSet<StateName>>,
    /// How fast it reads.
    pace: Mutex<Option<Pace>>,
    /// Whether a trial of its settings was begun.
    is_tried: AtomicBool,
}

/// An engine that has something to do and says nothing for this long hangs: it says that it is alive every few seconds, and
/// within a step of the model too. A slow disk or a system without memory may hold it up for less.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(90);
/// An engine that was told to end a reply ends it within a piece of its work. One that does not is not waited for any longer.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(10);
/// No token stands for so many bytes of text.
const LONGEST_TOKEN: usize = 4096;

impl Engine {
    pub fn new(program: PathBuf, model: Model) -> Engine {
        Engine {
            program,
            model,
            calibrations: None,
            running: Place::default(),
            used: Mutex::new(Instant::now()),
            process: AtomicU32::new(0),
            walls: Mutex::default(),
        }
    }

    /// Has the model computed with what is known to be the fastest.
    pub fn calibrate(&mut self, calibrations: Calibrations) {
        self.calibrations = Some(calibrations);
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The process id of the last worker that was started, which may still be loading.
    pub fn process_id(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }

    /// The walls around the last worker that greeted, which may have failed since; none before the first.
    pub fn walls(&self) -> Vec<Wall> {
        lock(&self.walls).clone()
    }

    /// The running engine; loads the model if none runs or the last one died. `None` if `stop` was told before it was
    /// there: what this call was loading ends, what another is loading goes on.
    pub fn ready(
        &self,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<Arc<Running>>, Error> {
        *lock(&self.used) = Instant::now();
        let ready = self.running.ready(stop, || self.load(stop, on_progress));
        // Loading may have taken a while.
        *lock(&self.used) = Instant::now();
        ready
    }

    /// The engine, if one runs at the moment; while one is loading there is none.
    pub fn running(&self) -> Option<Arc<Running>> {
        self.running.running()
    }

    /// The engine, if one runs once nobody is loading it any more.
    pub fn running_at_last(&self) -> Option<Arc<Running>> {
        self.running.running_at_last()
    }

    /// The running engine, however long it takes to load.
    pub fn ready_at_last(
        &self,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Arc<Running>, Error> {
        let running = self.ready(&Stop::default(), on_progress)?;
        Ok(running.expect("nobody told it to stop"))
    }

    /// How long nobody has asked for it.
    pub fn idle(&self) -> Duration {
        lock(&self.used).elapsed()
    }

    /// Ends the engine, if one runs; the next question starts another.
    pub fn unload(&self) {
        self.running.clear();
    }

    fn load(
        &self,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<Running>, Error> {
        let calibrations = self.calibrations.as_ref();
        let known = calibrations.and_then(|found| found.known(&self.model.file));
        let words = known.map(|known| known.arguments());
        let words: Vec<_> = words.iter().flatten().map(OsStr::new).collect();
        let mut on_news = |heard| match heard {
            Heard::Started(process) => self.process.store(process, Ordering::Relaxed),
            Heard::Greeted(walls) => *lock(&self.walls) = walls,
            Heard::Loading(percent) => on_progress(Progress::Loading(percent)),
        };
        let loaded = load::<EngineEvent>(&self.program, &self.model, &words, stop, &mut on_news)?;
        let Some(Loaded { worker, facts }) = loaded else {
            return Ok(None);
        };
        log::record(log::Event::ModelReady {
            load_ms: facts.load_ms,
            context: facts.context,
        });
        let speed = calibrations.and_then(|found| found.speed(&self.model.file, &facts.machine));
        Ok(Some(Running {
            worker,
            facts,
            states: Mutex::default(),
            turns: Mutex::default(),
            heads: Mutex::default(),
            lost: Mutex::default(),
            pace: Mutex::new(speed.map(|speed| Pace::of_short_prompts(speed.prompt))),
            is_tried: AtomicBool::new(false),
        }))
    }

    /// The engine, if it is to be found out what its model is computed with the fastest: it runs, nobody asked it anything
    /// for so long, and nothing is known nor was tried.
    pub fn to_be_calibrated(&self, idle: Duration) -> Option<Arc<Running>> {
        let running = self.running()?;
        let is_due = self.calibrations.is_some()
            && !running.facts.calibrated
            && !running.is_tried.load(Ordering::Relaxed)
            && self.idle() >= idle;
        is_due.then_some(running)
    }

    /// Finds that out, and remembers it for the next time that the model is loaded. Ends early when `is_enough`, and when the
    /// engine is asked for something.
    pub fn calibrate_now(
        &self,
        running: &Running,
        is_enough: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        if running.is_tried.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        match running.calibrate(is_enough)? {
            Trial::Settled { tuning, speed } => {
                if let Some(speed) = speed {
                    *lock(&running.pace) = Some(Pace::of_short_prompts(speed.prompt));
                }
                if let Some(calibrations) = &self.calibrations {
                    calibrations.learn(&self.model.file, &running.facts.machine, tuning, speed);
                }
            }
            // A busy machine would be kept busy by further trials.
            Trial::TooBusy => (),
            Trial::GaveWay => running.is_tried.store(false, Ordering::Relaxed),
        }
        Ok(())
    }
}

impl Serving for Running {
    fn is_running(&self) -> bool {
        self.worker.is_running()
    }
}

impl Running {
    /// Writes a reply until it is done or `is_enough`. Text arrives through `on_progress` as it is written.
    pub fn generate(
        &self,
        generate: Generate,
        is_enough: &dyn Fn() -> bool,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Ending, Error> {
        let (state, urgency) = (generate.state, generate.urgency);
        // What an engine says without end is no reply.
        let mut room = (generate.max_tokens as usize).saturating_add(1) * LONGEST_TOKEN;
        let mut likelihoods = generate.alternatives.map_or(0, |_| generate.max_tokens);
        let Ok((id, events)) = self.worker.request(&EngineRequest::Generate(generate)) else {
            return Ok(Ending::Died);
        };
        let mut stopping: Option<Instant> = None;
        loop {
            if stopping.is_none() && is_enough() {
                stopping = Some(Instant::now());
                if let Err(Stopped) = self.worker.send(id, &EngineRequest::Stop) {
                    return Ok(Ending::Died);
                }
            }
            let event = match stopping {
                Some(since) if since.elapsed() > STOP_LIMIT => Err(RecvTimeoutError::Disconnected),
                _ => events.recv_timeout(STOP_POLL),
            };
            if let Ok(EngineEvent::Text(text) | EngineEvent::Thinking(text)) = &event {
                room = room.saturating_sub(text.len());
            }
            match event {
                Err(RecvTimeoutError::Timeout) if self.worker.silence() < SILENCE_LIMIT => (),
                Ok(EngineEvent::Prompt { done, total }) => {
                    on_progress(Progress::Prompt(done, total))
                }
                Ok(EngineEvent::Text(text)) if room > 0 => on_progress(Progress::Text(text)),
                Ok(EngineEvent::Thinking(text)) if room > 0 => {
                    on_progress(Progress::Thinking(text));
                }
                Ok(EngineEvent::Likelihood(likelihood)) if likelihoods > 0 => {
                    likelihoods -= 1;
                    on_progress(Progress::Likelihood(likelihood));
                }
                Ok(EngineEvent::Finished(finished)) => {
                    self.note(state, urgency, finished.timings);
                    return Ok(Ending::Finished(finished));
                }
                Ok(EngineEvent::Failed(failure)) => return Err(failure.into()),
                Ok(_) | Err(_) => {
                    self.worker.give_up();
                    log::record(log::Event::EngineStopped);
                    return Ok(Ending::Died);
                }
            }
        }
    }

    /// How many tokens each text has.
    pub fn count_tokens(&self, texts: Vec<String>) -> Result<Vec<u32>, Error> {
        let asked = texts.len();
        match self.answer(&EngineRequest::CountTokens(texts))? {
            EngineEvent::TokenCounts(counts) if counts.len() == asked => Ok(counts),
            _ => Err(self.wrong_answer()),
        }
    }

    /// How many tokens each turn of a conversation has. Those that were counted before are not counted again: turns are
    /// only added.
    pub fn count_turns(&self, name: StateName, turns: &[Turn]) -> Result<Vec<u32>, Error> {
        let mut counts = lock(&self.turns).get(&name).cloned().unwrap_or_default();
        counts.truncate(turns.len());
        let new = &turns[counts.len()..];
        if !new.is_empty() {
            let texts = new.iter().flat_map(|turn| [&turn.question, &turn.said]);
            let tokens = self.count_tokens(texts.cloned().collect())?;
            counts.extend(tokens.chunks(2).map(|pair| {
                pair.iter()
                    .fold(AROUND_TURN, |sum, &tokens| sum.saturating_add(tokens))
            }));
            lock(&self.turns).insert(name, counts.clone());
        }
        Ok(counts)
    }

    /// How many tokens a conversation has, as the model would read it.
    pub fn count_prompt(&self, messages: Vec<ChatMessage>) -> Result<u32, Error> {
        match self.answer(&EngineRequest::CountPrompt(messages))? {
            EngineEvent::TokenCounts(counts) if counts.len() == 1 => Ok(counts[0]),
            EngineEvent::Failed(failure) => Err(failure.into()),
            _ => Err(self.wrong_answer()),
        }
    }

    /// Gives the state of a conversation in pieces, to be kept and brought back unchanged, and how many bytes it has: none
    /// where there is none any more, or where it has more than `most`.
    pub fn give_state(
        &self,
        name: StateName,
        most: u64,
        on_bytes: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let (_, events) = self
            .worker
            .request(&EngineRequest::GiveState(name))
            .map_err(|Stopped| Error::EngineStopped)?;
        let mut length = 0;
        loop {
            match self.wait(&events)? {
                EngineEvent::Bytes(bytes) => {
                    let bytes = Zeroizing::new(bytes);
                    length += bytes.len() as u64;
                    if length > most {
                        return Ok(0);
                    }
                    on_bytes(&bytes)?;
                }
                EngineEvent::BytesEnd => return Ok(length),
                _ => return Err(self.wrong_answer()),
            }
        }
    }

    /// Notes that a state was given when it had so many tokens.
    pub fn note_given(&self, name: StateName, tokens: u32) {
        if let Some(known) = lock(&self.states).get_mut(&name) {
            known.kept = tokens;
        }
    }

    /// Brings back the state of a conversation. False when it is of no use.
    pub fn take_state(&self, name: StateName, state: &[u8]) -> Result<bool, Error> {
        let stopped = |Stopped| Error::EngineStopped;
        let (id, events) = self
            .worker
            .request(&EngineRequest::TakeState(name))
            .map_err(stopped)?;
        self.worker.send_bytes(id, state).map_err(stopped)?;
        match self.wait(&events) {
            Ok(EngineEvent::StateTaken(taken)) => Ok(taken),
            _ => Err(self.wrong_answer()),
        }
    }

    /// Has the engine forget whatever it computed and does not need at the moment.
    pub fn forget_states(&self) -> Result<(), Error> {
        lock(&self.states).clear();
        lock(&self.turns).clear();
        lock(&self.heads).clear();
        lock(&self.lost).clear();
        match self.answer(&EngineRequest::ForgetStates)? {
            EngineEvent::StatesForgotten => Ok(()),
            _ => Err(self.wrong_answer()),
        }
    }

    /// Finds out what the model is computed with the fastest.
    fn calibrate(&self, is_enough: &dyn Fn() -> bool) -> Result<Trial, Error> {
        let (_, events) = self
            .worker
            .request(&EngineRequest::Calibrate)
            .map_err(|Stopped| Error::EngineStopped)?;
        loop {
            if is_enough() {
                return Ok(Trial::GaveWay);
            }
            match events.recv_timeout(STOP_POLL) {
                Ok(EngineEvent::Tried(trial)) => return Ok(trial),
                Err(RecvTimeoutError::Timeout) if self.worker.silence() < SILENCE_LIMIT => (),
                _ => return Err(self.wrong_answer()),
            }
        }
    }

    /// Whether a conversation was asked about in this engine, or its state was brought here.
    pub fn knows(&self, name: StateName) -> bool {
        lock(&self.states).contains_key(&name)
    }

    /// How fast it reads, as far as that is known.
    pub fn pace(&self) -> Option<Pace> {
        *lock(&self.pace)
    }

    /// Which documents stand whole at the head of what is computed of a conversation.
    pub fn head_of(&self, conversation: StateName) -> Option<Head> {
        lock(&self.heads).get(&conversation).copied()
    }

    /// Notes which documents stand whole at the head of what is computed of a conversation, if any do.
    pub fn note_head(&self, conversation: StateName, head: Option<Head>) {
        let mut heads = lock(&self.heads);
        match head {
            Some(head) => heads.insert(conversation, head),
            None => heads.remove(&conversation),
        };
    }

    /// Notes that a state was not there, or of no use, when it was to be gone on with: it is not counted on again.
    pub fn note_lost(&self, name: StateName) {
        lock(&self.states).remove(&name);
        lock(&self.lost).insert(name);
    }

    /// Notes that a state was not computed to its end.
    pub fn note_not_computed(&self, name: StateName) {
        lock(&self.states).remove(&name);
    }

    /// Whether a state turned out to be of no use.
    pub fn is_lost(&self, name: StateName) -> bool {
        lock(&self.lost).contains(&name)
    }

    /// Notes that a state that was kept is here.
    pub fn note_kept(&self, name: StateName, tokens: u32) {
        let known = KnownState {
            held: tokens,
            kept: tokens,
        };
        lock(&self.states).insert(name, known);
    }

    /// The states that grew by more than `least` tokens since they were kept.
    pub fn unkept(&self, least: u32) -> Vec<(StateName, u32)> {
        let states = lock(&self.states);
        let grown = states
            .iter()
            .filter(|(_, known)| known.held.saturating_sub(known.kept) > least);
        grown.map(|(&name, known)| (name, known.held)).collect()
    }

    fn note(&self, name: Option<StateName>, urgency: Urgency, timings: Timings) {
        // What is done in the background waits for others in between.
        if urgency == Urgency::Interactive {
            let mut pace = lock(&self.pace);
            *pace = Pace::after(*pace, &timings);
        }
        if let Some(name) = name {
            let held = timings
                .prompt_tokens
                .saturating_add(timings.generated_tokens);
            lock(&self.states).entry(name).or_default().held = held;
        }
    }

    /// The one answer to a request.
    fn answer(&self, request: &EngineRequest) -> Result<EngineEvent, Error> {
        let (_, events) = self
            .worker
            .request(request)
            .map_err(|Stopped| Error::EngineStopped)?;
        self.wait(&events)
    }

    /// The next answer, for which an engine takes as long as it must that does not hang.
    fn wait(&self, events: &Receiver<EngineEvent>) -> Result<EngineEvent, Error> {
        loop {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Timeout) if self.worker.silence() < SILENCE_LIMIT => (),
                Err(_) => return Err(self.wrong_answer()),
            }
        }
    }

    /// An engine that answers something else, or nothing, is not asked again.
    fn wrong_answer(&self) -> Error {
        self.worker.give_up();
        Error::EngineStopped
    }
}

/// Tokens that templates put around a question and its answer, on the high side.
const AROUND_TURN: u32 = 16;

/// What is known of a state in the engine, in tokens.
#[derive(Debug, Clone, Copy, Default)]
struct KnownState {
    /// How many it has.
    held: u32,
    /// How many it had when it was last kept outside of the engine.
    kept: u32,
}

#[cfg(all(test, unix))]
pub(crate) mod tests;
