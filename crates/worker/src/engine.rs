//! Serves one model that writes: greet, load, then answer requests, several at a time, until standard input closes.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

use aparte_engine::{Interruption, Model, Session, Way, calibrate};
use aparte_protocol::calibration::{Known, Trial};
use aparte_protocol::engine::{EngineEvent, EngineRequest, StateName};
use aparte_protocol::{
    CHUNK_LIMIT, Frame, FrameError, RequestId, read_frame, write_chunk, write_end,
};

use crate::app::App;
use crate::opened;
use crate::sandbox;
use crate::stops::Stops;

/// Runs until the app closes standard input, or the model turns out to be unusable.
pub fn serve(model: &Path, known: Option<&Known>) -> Result<(), FrameError> {
    let app = App::default();
    let (opened, greeting) = opened::open(model);
    app.tell(&EngineEvent::Greeting(greeting))?;
    let (interruption, way) = (Interruption::default(), Way::default());
    let requests = Requests::listen(interruption.clone(), way.clone());

    let loaded = opened.load(|backends, file| {
        Model::load_as_known(known, backends, file, &mut |percent| {
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
    app.tell_while_computing(EngineEvent::Alive, move || interruption.pulse());
    // Who waits for a trial.
    let mut trial = None;
    loop {
        session.attend();
        way.attend();
        let is_asked = trial;
        loop {
            match requests.next(session.is_idle() && trial.is_none()) {
                Ok(Request {
                    id,
                    asked: Asked::For(EngineRequest::Calibrate),
                    ..
                }) => {
                    // One trial serves all who ask.
                    if let Some(earlier) = trial.replace(id) {
                        requests.stops.forget(earlier);
                        app.answer(earlier, &EngineEvent::Tried(Trial::GaveWay))?;
                    }
                }
                Ok(request) => begin(&mut session, request, &requests.stops, &app)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        // Once nothing came since its way was looked at.
        if let (Some(id), true) = (is_asked, session.is_idle()) {
            trial = None;
            requests.stops.forget(id);
            app.answer(id, &EngineEvent::Tried(calibrate(&model, &way)))?;
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
        // They are looked at where requests arrive, and in between.
        Asked::For(
            EngineRequest::TakeState(_) | EngineRequest::Calibrate | EngineRequest::Stop,
        ) => return Ok(()),
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

impl Requests {
    fn listen(interruption: Interruption, way: Way) -> Requests {
        let (sender, arriving) = mpsc::channel();
        let stops = Arc::new(Stops::default());
        let listening = Arc::clone(&stops);
        thread::spawn(move || {
            let mut app = io::stdin().lock();
            let read = read_requests(&mut app, &sender, &listening, &interruption, &way);
            if let Err(error) = read {
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
    app: &mut impl Read,
    to: &Sender<Request>,
    stops: &Stops,
    interruption: &Interruption,
    way: &Way,
) -> Result<(), FrameError> {
    // States on their way, as far as their bytes have come.
    let mut coming: HashMap<RequestId, (StateName, Vec<u8>)> = HashMap::new();
    while let Some(frame) = read_frame(app)? {
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
                    way.give();
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
        // A trial would give way to itself, where this thread comes to say so only once it is made.
        let ends_trial = !matches!(asked, Asked::For(EngineRequest::Calibrate));
        if to.send(Request { id, asked, stop }).is_err() {
            break;
        }
        interruption.arrived();
        if ends_trial {
            way.give();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aparte_protocol::write_message;

    use super::*;

    const NAME: StateName = StateName([1; 16]);
    const STATE: RequestId = RequestId(1);

    /// What of the states that the app sends is given to the engine.
    fn taken(said: &[u8]) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
        let (sender, arriving) = mpsc::channel();
        let (stops, interruption) = (Stops::default(), Interruption::default());
        let way = Way::default();
        let read = read_requests(&mut &said[..], &sender, &stops, &interruption, &way);
        drop(sender);
        let states = arriving
            .into_iter()
            .filter_map(|request| match request.asked {
                Asked::ToTake(name, bytes) => (name == NAME).then_some(bytes),
                Asked::For(_) => None,
            });
        (states.collect(), read)
    }

    /// The beginning of a state, and another request behind it.
    fn begun() -> Vec<u8> {
        let mut said = Vec::new();
        write_message(&mut said, STATE, &EngineRequest::TakeState(NAME)).unwrap();
        write_chunk(&mut said, STATE, b"not ").unwrap();
        let counted = EngineRequest::CountTokens(vec!["a".to_owned()]);
        write_message(&mut said, RequestId(2), &counted).unwrap();
        write_chunk(&mut said, STATE, b"yet").unwrap();
        said
    }

    #[test]
    fn a_state_is_taken_when_its_end_has_come_and_never_before() {
        let mut said = begun();
        for cut in 0..=said.len() {
            assert!(taken(&said[..cut]).0.is_empty(), "at {cut}");
        }
        write_end(&mut said, STATE).unwrap();
        let (states, read) = taken(&said);
        assert_eq!(states, [b"not yet"]);
        assert!(read.is_ok());
        // What comes for it afterwards is of no state.
        write_chunk(&mut said, STATE, b"more").unwrap();
        let (states, read) = taken(&said);
        assert_eq!(states.len(), 1);
        assert!(matches!(read, Err(FrameError::Undecodable)));
    }

    #[test]
    fn bytes_that_nobody_announced_end_the_conversation() {
        let mut said = begun();
        write_end(&mut said, RequestId(2)).unwrap();
        let (states, read) = taken(&said);
        assert!(states.is_empty());
        assert!(matches!(read, Err(FrameError::Undecodable)));
    }
}
