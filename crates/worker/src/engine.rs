//! Serves one model: greet, load, then answer requests in order until standard input closes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Stdout};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use aparte_engine::{Backends, Model, Session};
use aparte_protocol::engine::{EngineEvent, EngineRequest, LoadFailure};
use aparte_protocol::{
    Frame, FrameError, Greeting, PROTOCOL_VERSION, RequestId, read_frame, write_message,
};

use crate::sandbox;

/// Runs until the app closes standard input, or the model turns out to be unusable.
pub fn serve(model: &Path) -> Result<(), FrameError> {
    let mut app = BufWriter::new(io::stdout());
    sandbox::prepare();
    // What must be opened is opened first: the sandbox allows no opening of anything.
    let backends = Backends::load(&compute_libraries());
    let file = File::open(model);
    let walls = sandbox::enter();
    write_message(
        &mut app,
        RequestId::NEWS,
        &EngineEvent::Greeting(Greeting {
            protocol: PROTOCOL_VERSION,
            walls,
        }),
    )?;
    let requests = Requests::listen();

    let loaded = file
        .map_err(|error| LoadFailure::Unreadable(error.kind().to_string()))
        .and_then(|file| {
            Model::load(backends?, file, &mut |percent| {
                // A broken pipe shows at the next write that matters.
                let _ = write_message(&mut app, RequestId::NEWS, &EngineEvent::Loading(percent));
            })
        });
    let model = match loaded {
        Ok(model) => model,
        Err(failure) => {
            return write_message(&mut app, RequestId::NEWS, &EngineEvent::LoadFailed(failure));
        }
    };
    let mut session = match Session::open(&model) {
        Ok(session) => session,
        Err(failure) => {
            return write_message(&mut app, RequestId::NEWS, &EngineEvent::LoadFailed(failure));
        }
    };
    write_message(
        &mut app,
        RequestId::NEWS,
        &EngineEvent::Ready(session.facts()),
    )?;
    while let Some(request) = requests.next() {
        answer(&mut session, &request, &mut app)?;
        requests.forget(request.id);
    }
    Ok(())
}

fn answer(
    session: &mut Session<'_>,
    request: &Request,
    app: &mut BufWriter<Stdout>,
) -> Result<(), FrameError> {
    let last = match &request.asked {
        EngineRequest::Generate(generate) => {
            let mut broken = None;
            let result = session.generate(generate, &request.stop, &mut |event| {
                if let Err(error) = write_message(app, request.id, &event) {
                    broken = Some(error);
                    request.stop.store(true, Ordering::Relaxed);
                }
            });
            if let Some(error) = broken {
                return Err(error);
            }
            match result {
                Ok(finished) => EngineEvent::Finished(finished),
                Err(failure) => EngineEvent::Failed(failure),
            }
        }
        EngineRequest::CountTokens(texts) => EngineEvent::TokenCounts(session.count_tokens(texts)),
        EngineRequest::Stop => return Ok(()),
    };
    write_message(app, request.id, &last)
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
    asked: EngineRequest,
    stop: Arc<AtomicBool>,
}

/// Requests as they arrive, read on a thread of their own so that a stop is seen in mid-reply.
struct Requests {
    arriving: Receiver<Request>,
    stops: Arc<Stops>,
}

/// The stop signal of each request that is not answered yet.
#[derive(Default)]
struct Stops(Mutex<HashMap<RequestId, Arc<AtomicBool>>>);

impl Requests {
    fn listen() -> Requests {
        let (sender, arriving) = mpsc::channel();
        let stops = Arc::new(Stops::default());
        let listening = Arc::clone(&stops);
        thread::spawn(move || {
            if let Err(error) = read_requests(&sender, &listening) {
                tracing::error!(%error, "the app sent what cannot be read");
            }
            sandbox::leave();
        });
        Requests { arriving, stops }
    }

    fn next(&self) -> Option<Request> {
        self.arriving.recv().ok()
    }

    fn forget(&self, id: RequestId) {
        self.stops
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }
}

fn read_requests(to: &Sender<Request>, stops: &Stops) -> Result<(), FrameError> {
    let mut app = io::stdin().lock();
    while let Some(frame) = read_frame(&mut app)? {
        let id = frame.request();
        let asked = match frame {
            Frame::Message(..) => frame.decode()?,
            Frame::Chunk(..) | Frame::End(..) => return Err(FrameError::Undecodable),
        };
        let mut waiting = stops.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked == EngineRequest::Stop {
            if let Some(stop) = waiting.get(&id) {
                stop.store(true, Ordering::Relaxed);
            }
            continue;
        }
        let stop = Arc::default();
        waiting.insert(id, Arc::clone(&stop));
        if to.send(Request { id, asked, stop }).is_err() {
            break;
        }
    }
    Ok(())
}
