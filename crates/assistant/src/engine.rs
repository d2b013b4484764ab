//! The engine: one model in a worker of its own, started when it is needed and again after it died.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use aparte_protocol::Wall;
use aparte_protocol::calibration::Wish;
use aparte_protocol::engine::{
    ChatMessage, EngineEvent, EngineRequest, Finished, Generate, ModelFacts, StateName, Timings,
};
use zeroize::Zeroizing;

use crate::calibrations::Calibrations;
use crate::error::{Error, ModelTrouble};
use crate::lock;
use crate::log;
use crate::models::Model;
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

    /// Whether the reply is to end.
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What happens while a reply is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The model is being loaded: percent.
    Loading(u8),
    /// The prompt is being read: tokens so far, and of all.
    Prompt(u32, u32),
    /// The next piece of what a reasoning model writes on the way to its reply.
    Thinking(String),
    /// The next piece of text.
    Text(String),
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
    running: Mutex<Option<Arc<Running>>>,
    /// When it was last asked for.
    used: Mutex<Instant>,
    /// The process id of the last worker started; zero before the first.
    process: AtomicU32,
    /// The walls around the last worker that greeted.
    walls: Mutex<Vec<Wall>>,
}

/// An engine worker with its model loaded.
pub(crate) struct Running {
    worker: Worker<EngineEvent>,
    pub facts: ModelFacts,
    states: Mutex<HashMap<StateName, KnownState>>,
    /// Tokens of the turns of conversations.
    turns: Mutex<HashMap<StateName, Vec<u32>>>,
}

/// How often a stop is looked for while the engine is silent.
pub(crate) const STOP_POLL: Duration = Duration::from_millis(15);
/// An engine that has something to do and says nothing for this long hangs: it says that it is alive every few seconds, and
/// within a step of the model too. A slow disk or a system without memory may hold it up for less.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(90);
/// While a model is loaded there is news with each percent of it.
pub(crate) const LOADING_SILENCE_LIMIT: Duration = Duration::from_secs(300);
/// The greeting comes before any model is touched.
pub(crate) const GREETING_LIMIT: Duration = Duration::from_secs(20);

impl Engine {
    pub fn new(program: PathBuf, model: Model) -> Engine {
        Engine {
            program,
            model,
            calibrations: None,
            running: Mutex::new(None),
            used: Mutex::new(Instant::now()),
            process: AtomicU32::new(0),
            walls: Mutex::default(),
        }
    }

    /// Has the model computed with what is the fastest.
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
        let mut slot = loop {
            match self.running.try_lock() {
                Ok(slot) => break slot,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) if stop.is_told() => return Ok(None),
                Err(TryLockError::WouldBlock) => std::thread::sleep(STOP_POLL),
            }
        };
        if let Some(running) = slot.as_ref().filter(|running| running.worker.is_running()) {
            return Ok(Some(Arc::clone(running)));
        }
        // The dead one goes first: its memory is needed.
        *slot = None;
        *slot = self.load(stop, on_progress)?.map(Arc::new);
        Ok(slot.clone())
    }

    /// The engine, if one runs at the moment.
    pub fn running(&self) -> Option<Arc<Running>> {
        // While one is loading there is none.
        let slot = self.running.try_lock().ok()?;
        slot.clone().filter(|running| running.worker.is_running())
    }

    /// The engine, if one runs once nobody is loading it any more.
    pub fn running_at_last(&self) -> Option<Arc<Running>> {
        let slot = lock(&self.running).clone();
        slot.filter(|running| running.worker.is_running())
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
        *lock(&self.running) = None;
    }

    fn load(
        &self,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<Running>, Error> {
        let trouble = |trouble| Error::Model {
            name: self.model.name.clone(),
            trouble,
        };
        // The worker starts in another folder than the app.
        let file =
            std::path::absolute(&self.model.file).map_err(|_| trouble(ModelTrouble::Unreadable))?;
        let calibrations = self.calibrations.as_ref();
        let wish = calibrations.map_or(Wish::default(), |known| known.wish(&file));
        let wish = wish.arguments();
        let mut arguments = vec![OsStr::new("engine"), file.as_os_str()];
        arguments.extend(wish.iter().map(OsStr::new));
        let (worker, news) = Worker::<EngineEvent>::start(&self.program, &arguments)
            .map_err(|_| Error::WorkerMissing)?;
        self.process.store(worker.process_id(), Ordering::Relaxed);
        log::record(log::Event::EngineStarted {
            process: worker.process_id(),
        });
        match news.recv_timeout(GREETING_LIMIT) {
            Ok(EngineEvent::Greeting(greeting)) => {
                *lock(&self.walls) = log::greeted(greeting)?;
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(trouble(ModelTrouble::StoppedTheEngine));
            }
            _ => return Err(Error::WorkerMissing),
        }
        let mut heard = Instant::now();
        loop {
            if stop.is_told() {
                return Ok(None);
            }
            let event = news.recv_timeout(STOP_POLL);
            match event {
                Err(RecvTimeoutError::Timeout) if heard.elapsed() < LOADING_SILENCE_LIMIT => {
                    continue;
                }
                _ => heard = Instant::now(),
            }
            match event {
                Ok(EngineEvent::Loading(percent)) => on_progress(Progress::Loading(percent)),
                Ok(EngineEvent::Ready(facts)) => {
                    if let Some(calibrations) = calibrations {
                        calibrations.learn(&file, &facts);
                    }
                    let ModelFacts {
                        load_ms, context, ..
                    } = facts;
                    log::record(log::Event::ModelReady { load_ms, context });
                    return Ok(Some(Running {
                        worker,
                        facts,
                        states: Mutex::default(),
                        turns: Mutex::default(),
                    }));
                }
                Ok(EngineEvent::LoadFailed(failure)) => return Err(trouble(failure.into())),
                _ => return Err(trouble(ModelTrouble::StoppedTheEngine)),
            }
        }
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
        let state = generate.state;
        let Ok((id, events)) = self.worker.request(&EngineRequest::Generate(generate)) else {
            return Ok(Ending::Died);
        };
        let mut stopping = false;
        loop {
            if !stopping && is_enough() {
                stopping = true;
                if let Err(Stopped) = self.worker.send(id, &EngineRequest::Stop) {
                    return Ok(Ending::Died);
                }
            }
            match events.recv_timeout(STOP_POLL) {
                Err(RecvTimeoutError::Timeout) if self.worker.silence() < SILENCE_LIMIT => (),
                Ok(EngineEvent::Prompt { done, total }) => {
                    on_progress(Progress::Prompt(done, total))
                }
                Ok(EngineEvent::Text(text)) => on_progress(Progress::Text(text)),
                Ok(EngineEvent::Thinking(text)) => on_progress(Progress::Thinking(text)),
                Ok(EngineEvent::Finished(finished)) => {
                    self.note(state, finished.timings);
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
            counts.extend(
                tokens
                    .chunks(2)
                    .map(|pair| pair.iter().sum::<u32>() + AROUND_TURN),
            );
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

    /// The state of a conversation, to be kept and brought back unchanged; `None` where there is none any more.
    pub fn give_state(&self, name: StateName) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let (_, events) = self
            .worker
            .request(&EngineRequest::GiveState(name))
            .map_err(|Stopped| Error::EngineStopped)?;
        let mut state = Zeroizing::new(Vec::new());
        loop {
            match self.wait(&events) {
                Ok(EngineEvent::Bytes(bytes)) if state.len() + bytes.len() <= STATE_LIMIT => {
                    state.extend_from_slice(&Zeroizing::new(bytes));
                }
                Ok(EngineEvent::BytesEnd) => break,
                _ => return Err(self.wrong_answer()),
            }
        }
        if let Some(known) = lock(&self.states).get_mut(&name) {
            known.kept = known.held;
        }
        Ok((!state.is_empty()).then_some(state))
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
        match self.answer(&EngineRequest::ForgetStates)? {
            EngineEvent::StatesForgotten => Ok(()),
            _ => Err(self.wrong_answer()),
        }
    }

    /// Whether a conversation was asked about in this engine, or its state was brought here.
    pub fn knows(&self, name: StateName) -> bool {
        lock(&self.states).contains_key(&name)
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

    fn note(&self, name: Option<StateName>, timings: Timings) {
        if let Some(name) = name {
            let held = timings.prompt_tokens + timings.generated_tokens;
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

/// More than any context that is opened has.
const STATE_LIMIT: usize = 8 << 30;

/// What is known of a state in the engine, in tokens.
#[derive(Debug, Clone, Copy, Default)]
struct KnownState {
    /// How many it has.
    held: u32,
    /// How many it had when it was last kept outside of the engine.
    kept: u32,
}
