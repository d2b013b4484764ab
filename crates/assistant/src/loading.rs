//! A worker with a model, on its way from the start of its process until it serves, and kept from then on.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use aparte_protocol::engine::{EngineEvent, LoadFailure, ModelFacts};
use aparte_protocol::reading::{ReadingEvent, ReadingFacts};
use aparte_protocol::{Greeting, Wall};

use crate::engine::Stop;
use crate::error::{Error, ModelTrouble};
use crate::lock;
use crate::log;
use crate::models::Model;
use crate::worker::{Event, Worker};

/// How often a stop is looked for while a worker is silent.
pub(crate) const STOP_POLL: Duration = Duration::from_millis(15);
/// The greeting comes before any model is touched.
const GREETING_LIMIT: Duration = Duration::from_secs(20);
/// While a model is loaded there is news with each percent of it, but not while its file comes into memory.
const SILENCE_LIMIT: Duration = Duration::from_secs(300);
/// Bytes a second of the slowest disk that people keep models on: a share of a network, a stick.
const SLOWEST_DISK: u64 = 10 << 20;

/// What is heard of a worker while it loads.
pub(crate) enum Heard {
    /// It runs, under this process id.
    Started(u32),
    /// It has greeted, from behind these walls.
    Greeted(Vec<Wall>),
    /// It has read so many percent of the model.
    Loading(u8),
}

/// What a worker says before it serves; anything else that it says is wrong.
pub(crate) enum News<F> {
    Greeting(Greeting),
    Loading(u8),
    Ready(F),
    Failed(LoadFailure),
    Other,
}

/// The events of a worker that loads a model.
pub(crate) trait Loads: Event {
    /// What it tells of the model.
    type Facts;

    fn news(self) -> News<Self::Facts>;
}

impl Loads for EngineEvent {
    type Facts = ModelFacts;

    fn news(self) -> News<ModelFacts> {
        match self {
            EngineEvent::Greeting(greeting) => News::Greeting(greeting),
            EngineEvent::Loading(percent) => News::Loading(percent),
            EngineEvent::Ready(facts) => News::Ready(facts),
            EngineEvent::LoadFailed(failure) => News::Failed(failure),
            _ => News::Other,
        }
    }
}

impl Loads for ReadingEvent {
    type Facts = ReadingFacts;

    fn news(self) -> News<ReadingFacts> {
        match self {
            ReadingEvent::Greeting(greeting) => News::Greeting(greeting),
            ReadingEvent::Loading(percent) => News::Loading(percent),
            ReadingEvent::Ready(facts) => News::Ready(facts),
            ReadingEvent::LoadFailed(failure) => News::Failed(failure),
            _ => News::Other,
        }
    }
}

/// A worker that is ready.
pub(crate) struct Loaded<E: Loads> {
    pub worker: Worker<E>,
    pub facts: E::Facts,
}

/// Starts `program` with a model, and with `words` after the model's file. `None` if `stop` was told before it was ready, which
/// ends it.
///
/// # Errors
/// [`Error::Model`], or [`Error::WorkerMissing`].
pub(crate) fn load<E: Loads>(
    program: &Path,
    model: &Model,
    words: &[&OsStr],
    stop: &Stop,
    on_news: &mut dyn FnMut(Heard),
) -> Result<Option<Loaded<E>>, Error> {
    let trouble = |trouble| Error::Model {
        name: model.name.clone(),
        trouble,
    };
    // The worker starts in another folder than the app.
    let file = std::path::absolute(&model.file).map_err(|_| trouble(ModelTrouble::Unreadable))?;
    let mut arguments = vec![OsStr::new("engine"), file.as_os_str()];
    arguments.extend(words);
    let (worker, news) =
        Worker::<E>::start(program, &arguments).map_err(|_| Error::WorkerMissing)?;
    on_news(Heard::Started(worker.process_id()));
    log::record(log::Event::EngineStarted {
        process: worker.process_id(),
    });
    match news.recv_timeout(GREETING_LIMIT).map(E::news) {
        Ok(News::Greeting(greeting)) => on_news(Heard::Greeted(log::greeted(greeting)?)),
        Err(RecvTimeoutError::Disconnected) => {
            return Err(trouble(ModelTrouble::StoppedTheEngine));
        }
        _ => return Err(Error::WorkerMissing),
    }
    let bytes = std::fs::metadata(&file).map_or(0, |facts| facts.len());
    let silence_limit = SILENCE_LIMIT + Duration::from_secs(bytes / SLOWEST_DISK);
    let mut heard = Instant::now();
    loop {
        if stop.is_told() {
            return Ok(None);
        }
        match news.recv_timeout(STOP_POLL).map(E::news) {
            Err(RecvTimeoutError::Timeout) if heard.elapsed() < silence_limit => (),
            Ok(News::Loading(percent)) => {
                heard = Instant::now();
                on_news(Heard::Loading(percent));
            }
            Ok(News::Ready(facts)) => return Ok(Some(Loaded { worker, facts })),
            Ok(News::Failed(failure)) => return Err(trouble(failure.into())),
            _ => return Err(trouble(ModelTrouble::StoppedTheEngine)),
        }
    }
}

/// A worker that serves, as long as it does.
pub(crate) trait Serving {
    fn is_running(&self) -> bool;
}

/// The place of one worker, which is started when it is needed and again after it died.
pub(crate) struct Place<R>(Mutex<Option<Arc<R>>>);

impl<R> Default for Place<R> {
    fn default() -> Self {
        Place(Mutex::new(None))
    }
}

impl<R: Serving> Place<R> {
    /// What runs; `load` brings it where nothing does. `None` if `stop` was told before it was there: what this call was
    /// loading ends, what another is loading goes on.
    pub fn ready(
        &self,
        stop: &Stop,
        load: impl FnOnce() -> Result<Option<R>, Error>,
    ) -> Result<Option<Arc<R>>, Error> {
        let mut place = loop {
            match self.0.try_lock() {
                Ok(place) => break place,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) if stop.is_told() => return Ok(None),
                Err(TryLockError::WouldBlock) => std::thread::sleep(STOP_POLL),
            }
        };
        if let Some(running) = place.as_ref().filter(|running| running.is_running()) {
            return Ok(Some(Arc::clone(running)));
        }
        // The dead one goes first: its memory is needed.
        *place = None;
        *place = load()?.map(Arc::new);
        Ok(place.clone())
    }

    /// What runs at the moment; nothing while something is loaded.
    pub fn running(&self) -> Option<Arc<R>> {
        let place = self.0.try_lock().ok()?;
        place.clone().filter(|running| running.is_running())
    }

    /// What runs once nobody is loading it any more.
    pub fn running_at_last(&self) -> Option<Arc<R>> {
        let place = lock(&self.0).clone();
        place.filter(|running| running.is_running())
    }

    /// Ends what runs.
    pub fn clear(&self) {
        *lock(&self.0) = None;
    }
}
