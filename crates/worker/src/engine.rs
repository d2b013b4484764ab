//! Serves one model: greet, load, then answer requests, several at a time, until standard input closes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Stdout};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use aparte_engine::{Backends, Interruption, Model, Session};
use aparte_protocol::engine::{EngineEvent, EngineRequest, LoadFailure, StateName};
use aparte_protocol::{
    CHUNK_LIMIT, Frame, FrameError, Greeting, PROTOCOL_VERSION, RequestId, read_frame, write_chunk,
    write_end, write_message,
};

use crate::sandbox;

/// Runs until the app closes standard input, or the model turns out to be unusable.
pub fn serve(model: &Path) -> Result<(), FrameError> {
    let app = App::default();
    sandbox::prepare();
    // What must be opened is opened first: the sandbox allows no opening of anything.
    let backends = Backends::load(&compute_libraries());
    let file = File::open(model);
    let walls = sandbox::enter();
    app.tell(&EngineEvent::Greeting(Greeting {
        protocol: PROTOCOL_VERSION,
        walls,
    }))?;
    let interruption = Interruption::default();
    let requests = Requests::listen(interruption.clone());

    let loaded = file
        .map_err(|error| LoadFailure::Unreadable(error.kind().to_string()))
        .and_then(|file| {
            Model::load(backends?, file, &mut |percent| {
                // A broken pipe shows at the next write that matters.
                let _ = app.tell(&EngineEvent::Loading(percent));
            })
        });
    let model = match loaded {
        Ok(model) => model,
        Err(failure) => {
            return app.tell(&EngineEvent::LoadFailed(failure));
        }
    };
    let mut session = match Session::open(&model, interruption.clone()) {
        Ok(session) => session,
        Err(failure) => {
            return app.tell(&EngineEvent::LoadFailed(failure));
        }
    };
    app.tell(&EngineEvent::Ready(session.facts()))?;
    let beating = app.clone();
    thread::spawn(move || beat(&beating, &interruption));
    loop {
        session.attend();
        loop {
            match requests.next(session.is_idle()) {
                Ok(request) => begin(&mut session, request, &requests.stops, &app)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        sending(&requests.stops, &app, |emit| session.step(emit))?;
    }
}

/// Answers a request, or takes it on where that takes a while.
fn begin(
    session: &mut Session<'_>,
    request: Request,
    stops: &Stops,
    app: &App,
) -> Result<(), FrameError> {
    let Request { id, asked, stop } = request;
    let answer = match asked {
        Asked::For(EngineRequest::Generate(generate)) => {
            return sending(stops, app, |emit| session.submit(id, &generate, stop, emit));
        }
        Asked::For(EngineRequest::CountTokens(texts)) => {
            EngineEvent::TokenCounts(session.count_tokens(&texts))
        }
        Asked::For(EngineRequest::CountPrompt(messages)) => match session.count_prompt(&messages) {
            Ok(count) => EngineEvent::TokenCounts(vec![count]),
            Err(failure) => EngineEvent::Failed(failure),
        },
        Asked::For(EngineRequest::GiveState(name)) => {
            stops.forget(id);
            for chunk in session.state(name).unwrap_or_default().chunks(CHUNK_LIMIT) {
                write_chunk(&mut *app.lock(), id, chunk)?;
            }
            return write_end(&mut *app.lock(), id);
        }
        Asked::For(EngineRequest::ForgetStates) => {
            session.forget_states();
            EngineEvent::StatesForgotten
        }
        Asked::For(EngineRequest::TakeState(_) | EngineRequest::Stop) => return Ok(()),
        Asked::ToTake(name, bytes) => EngineEvent::StateTaken(session.take_state(name, bytes)),
    };
    stops.forget(id);
    app.answer(id, &answer)
}

/// Does something that emits events, and sends them.
fn sending(
    stops: &Stops,
    app: &App,
    work: impl FnOnce(&mut dyn FnMut(RequestId, EngineEvent)),
) -> Result<(), FrameError> {
    let mut sent = Ok(());
    work(&mut |id, event| {
        if matches!(event, EngineEvent::Finished(_) | EngineEvent::Failed(_)) {
            stops.forget(id);
        }
        if sent.is_ok() {
            sent = app.answer(id, &event);
        }
    });
    sent
}

/// Says every few seconds that something is computed, as long as it is.
fn beat(app: &App, interruption: &Interruption) {
    let mut before = interruption.pulse();
    loop {
        thread::sleep(BEAT);
        let pulse = interruption.pulse();
        // A broken pipe shows at the next write that matters.
        if pulse != before {
            let _ = app.tell(&EngineEvent::Alive);
        }
        before = pulse;
    }
}

const BEAT: Duration = Duration::from_secs(3);

/// The way to the app, for one frame at a time.
#[derive(Clone)]
struct App(Arc<Mutex<BufWriter<Stdout>>>);

impl Default for App {
    fn default() -> Self {
        App(Arc::new(Mutex::new(BufWriter::new(io::stdout()))))
    }
}

impl App {
    /// Tells the worker's own news.
    fn tell(&self, event: &EngineEvent) -> Result<(), FrameError> {
        self.answer(RequestId::NEWS, event)
    }

    fn answer(&self, id: RequestId, event: &EngineEvent) -> Result<(), FrameError> {
        write_message(&mut *self.lock(), id, event)
    }

    fn lock(&self) -> MutexGuard<'_, BufWriter<Stdout>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folder of compute libraries: beside the worker, or where a package puts them.
fn compute_libraries() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf))
        .unwrap_or_default();
    let packaged = beside.join("../lib/aparte/backends");
    if packaged.is_dir() {
        packaged
    } else {
        beside.join("backends")
    }
}

struct Request {
    id: RequestId,
    asked: Asked,
    stop: Arc<AtomicBool>,
}

enum Asked {
    For(EngineRequest),
    /// A state, all of whose bytes have come.
    ToTake(StateName, Vec<u8>),
}

/// Requests as they arrive, read on a thread of their own so that a stop is seen in mid-reply.
struct Requests {
    arriving: Receiver<Request>,
    stops: Arc<Stops>,
}

/// The stop signal of each request that is not answered yet.
#[derive(Default)]
struct Stops(Mutex<HashMap<RequestId, Arc<AtomicBool>>>);

impl Stops {
    fn add(&self, id: RequestId) -> Arc<AtomicBool> {
        let stop = Arc::default();
        self.lock().insert(id, Arc::clone(&stop));
        stop
    }

    fn tell(&self, id: RequestId) {
        if let Some(stop) = self.lock().get(&id) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn forget(&self, id: RequestId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Arc<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Requests {
    fn listen(interruption: Interruption) -> Requests {
        let (sender, arriving) = mpsc::channel();
        let stops = Arc::new(Stops::default());
        let listening = Arc::clone(&stops);
        thread::spawn(move || {
            if let Err(error) = read_requests(&sender, &listening, &interruption) {
                tracing::error!(%error, "the app sent what cannot be read");
            }
            sandbox::leave();
        });
        Requests { arriving, stops }
    }

    /// The next request that has arrived; waits for it where there is nothing else to do.
    fn next(&self, wait: bool) -> Result<Request, TryRecvError> {
        match wait {
            true => self.arriving.recv().map_err(|_| TryRecvError::Disconnected),
            false => self.arriving.try_recv(),
        }
    }
}

fn read_requests(
    to: &Sender<Request>,
    stops: &Stops,
    interruption: &Interruption,
) -> Result<(), FrameError> {
    let mut app = io::stdin().lock();
    // States on their way, as far as their bytes have come.
    let mut coming: HashMap<RequestId, (StateName, Vec<u8>)> = HashMap::new();
    while let Some(frame) = read_frame(&mut app)? {
        let id = frame.request();
        let asked = match frame {
            Frame::Chunk(_, chunk) => {
                let (_, bytes) = coming.get_mut(&id).ok_or(FrameError::Undecodable)?;
                bytes.extend(chunk);
                continue;
            }
            Frame::End(_) => {
                let (name, bytes) = coming.remove(&id).ok_or(FrameError::Undecodable)?;
                Asked::ToTake(name, bytes)
            }
            Frame::Message(..) => match frame.decode()? {
                EngineRequest::Stop => {
                    stops.tell(id);
                    interruption.stopped();
                    continue;
                }
                EngineRequest::TakeState(name) => {
                    coming.insert(id, (name, Vec::new()));
                    continue;
                }
                asked => Asked::For(asked),
            },
        };
        let stop = stops.add(id);
        if to.send(Request { id, asked, stop }).is_err() {
            break;
        }
        interruption.arrived();
    }
    Ok(())
}
