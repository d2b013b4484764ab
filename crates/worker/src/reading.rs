//! Serves one model that reads texts as a whole: greet, load, then answer requests one after the other, until standard
//! input closes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::{io, thread};

use aparte_engine::{Backends, Embedder, EmbeddingModel, Pulse, Reranker, RerankingModel};
use aparte_protocol::engine::LoadFailure;
use aparte_protocol::reading::{
    ReadFailure, ReadingEvent, ReadingFacts, ReadingRequest, TEXTS_LIMIT,
};
use aparte_protocol::{FrameError, RequestId, read_frame};

use crate::app::App;
use crate::opened;
use crate::sandbox;
use crate::stops::Stops;

/// Makes vectors until the app closes standard input, or the model turns out to be unusable.
pub fn serve_vectors(model: &Path) -> Result<(), FrameError> {
    let app = App::default();
    let Some((model, requests)) = greet_and_load(&app, model, EmbeddingModel::load)? else {
        return Ok(());
    };
    let mut embedder = match Embedder::open(&model) {
        Ok(embedder) => embedder,
        Err(failure) => return app.tell(&ReadingEvent::LoadFailed(failure)),
    };
    tell_ready(&app, embedder.facts(), embedder.pulse())?;
    // A model with more dimensions than the protocol allows was refused.
    let dimensions = embedder.dimensions() as u32;
    requests.serve(&app, |asked, stop| match asked {
        ReadingRequest::Embed(texts) if texts.len() <= TEXTS_LIMIT => {
            let vectors = embedder.embed(&texts, stop);
            Ok(vectors.map(|vectors| ReadingEvent::Vectors {
                dimensions,
                numbers: vectors.concat(),
            }))
        }
        _ => Err(FrameError::Undecodable),
    })
}

/// Gives scores until the app closes standard input, or the model turns out to be unusable.
pub fn serve_scores(model: &Path) -> Result<(), FrameError> {
    let app = App::default();
    let Some((model, requests)) = greet_and_load(&app, model, RerankingModel::load)? else {
        return Ok(());
    };
    let mut reranker = match Reranker::open(&model) {
        Ok(reranker) => reranker,
        Err(failure) => return app.tell(&ReadingEvent::LoadFailed(failure)),
    };
    tell_ready(&app, reranker.facts(), reranker.pulse())?;
    requests.serve(&app, |asked, stop| match asked {
        ReadingRequest::Rerank { question, texts } if texts.len() <= TEXTS_LIMIT => {
            let scores = reranker.rerank(&question, &texts, stop);
            Ok(scores.map(ReadingEvent::Scores))
        }
        _ => Err(FrameError::Undecodable),
    })
}

/// Loads a model, and hears how far it is.
type Load<M> = fn(Backends, File, &mut dyn FnMut(u8)) -> Result<M, LoadFailure>;

/// The model, and the requests that come; `None` once it is told that the model cannot be used.
fn greet_and_load<M>(
    app: &App,
    model: &Path,
    load: Load<M>,
) -> Result<Option<(M, Requests)>, FrameError> {
    let (opened, greeting) = opened::open(model);
    app.tell(&ReadingEvent::Greeting(greeting))?;
    let requests = Requests::listen();
    let loaded = opened.load(|backends, file| {
        load(backends, file, &mut |percent| {
            // A broken pipe shows at the next write that matters.
            let _ = app.tell(&ReadingEvent::Loading(percent));
        })
    });
    match loaded {
        Ok(model) => Ok(Some((model, requests))),
        Err(failure) => {
            app.tell(&ReadingEvent::LoadFailed(failure))?;
            Ok(None)
        }
    }
}

fn tell_ready(app: &App, facts: ReadingFacts, pulse: Pulse) -> Result<(), FrameError> {
    app.tell(&ReadingEvent::Ready(facts))?;
    app.tell_while_computing(ReadingEvent::Alive, move || pulse.count());
    Ok(())
}

struct Request {
    id: RequestId,
    asked: ReadingRequest,
    stop: Arc<AtomicBool>,
}

/// Requests as they arrive, read on a thread of their own so that a stop is seen in the middle of a computation.
struct Requests {
    arriving: Receiver<Request>,
    stops: Arc<Stops>,
}

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

    /// Answers each request as `read` does. What it does not take is none that this worker answers.
    fn serve(
        self,
        app: &App,
        mut read: impl FnMut(
            ReadingRequest,
            &AtomicBool,
        ) -> Result<Result<ReadingEvent, ReadFailure>, FrameError>,
    ) -> Result<(), FrameError> {
        for Request { id, asked, stop } in self.arriving {
            let answer = read(asked, &stop)?;
            self.stops.forget(id);
            app.answer(id, &answer.unwrap_or_else(ReadingEvent::ReadFailed))?;
        }
        Ok(())
    }
}

fn read_requests(to: &Sender<Request>, stops: &Stops) -> Result<(), FrameError> {
    let mut app = io::stdin().lock();
    while let Some(frame) = read_frame(&mut app)? {
        let id = frame.request();
        match frame.decode()? {
            ReadingRequest::Stop => stops.tell(id),
            asked => {
                let stop = stops.add(id);
                if to.send(Request { id, asked, stop }).is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}
