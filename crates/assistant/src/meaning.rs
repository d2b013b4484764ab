//! What texts mean, in numbers: vectors of texts, and how well texts answer a question. Each comes from a model of its own
//! in a worker of its own, which is started when it is first needed and again after it died, and ends with its owner.
//!
//! What a worker gives is checked as far as it can be: how many numbers there are, and that they are numbers. What a
//! model's card says that texts must begin with is the caller's to add.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aparte_protocol::engine::Purpose;
use aparte_protocol::reading::{
    DIMENSIONS_LIMIT, Gives, ReadFailure, ReadingEvent, ReadingFacts, ReadingRequest, TEXTS_LIMIT,
};

use crate::engine::{SILENCE_LIMIT, STOP_LIMIT, Stop};
use crate::error::{Error, ModelTrouble};
use crate::loading::{Loaded, Place, STOP_POLL, Serving, load};
use crate::lock;
use crate::log;
use crate::models::Model;
use crate::reading_trouble::ReadingTrouble;
use crate::worker::{Stopped, Worker};

/// Makes vectors of texts.
pub struct Embedder(Comparing);

impl Embedder {
    /// One with this worker program and model. Nothing is started.
    pub fn new(program: PathBuf, model: Model) -> Embedder {
        Embedder(Comparing::new(program, model, Purpose::Embed))
    }

    /// A vector of length one for each text, in their order; the more alike two texts are, the larger is the sum of the
    /// products of their vectors' numbers. `None` when `stop` was told.
    ///
    /// # Errors
    /// [`Error::Reading`], [`Error::Model`] for a model that does not make vectors, or [`Error::WorkerMissing`].
    pub fn vectors(&self, texts: &[String], stop: &Stop) -> Result<Option<Vec<Vec<f32>>>, Error> {
        let asking = Asking {
            beside: 0,
            request: &ReadingRequest::Embed,
            taken: vectors,
        };
        self.0.of_texts(texts, &asking, stop)
    }

    /// The process id of the worker, if one runs.
    pub fn process_id(&self) -> Option<u32> {
        self.0.process_id()
    }

    /// Ends the worker if nobody asked it anything for so long. The next texts start another.
    pub(crate) fn end_if_idle(&self, after: Duration) {
        if self.0.running.running().is_some() && lock(&self.0.asked).elapsed() >= after {
            self.0.running.clear();
        }
    }
}

/// Says how well texts answer a question.
pub struct Reranker(Comparing);

impl Reranker {
    /// One with this worker program and model. Nothing is started.
    pub fn new(program: PathBuf, model: Model) -> Reranker {
        Reranker(Comparing::new(program, model, Purpose::Rerank))
    }

    /// A score for each text, in their order: the higher, the better it answers `question`. Scores of one model can be
    /// compared with each other. `None` when `stop` was told.
    ///
    /// # Errors
    /// [`Error::Reading`], [`Error::Model`] for a model that gives no scores, or [`Error::WorkerMissing`].
    pub fn scores(
        &self,
        question: &str,
        texts: &[String],
        stop: &Stop,
    ) -> Result<Option<Vec<f32>>, Error> {
        let asking = Asking {
            beside: question.len(),
            request: &|texts| ReadingRequest::Rerank {
                question: question.to_owned(),
                texts,
            },
            taken: scores,
        };
        self.0.of_texts(texts, &asking, stop)
    }

    /// The process id of the worker, if one runs.
    pub fn process_id(&self) -> Option<u32> {
        self.0.process_id()
    }
}

/// No model reads a text of so many bytes as a whole, nor a question.
const TEXT_LIMIT: usize = 1 << 20;

/// So many bytes of texts go into one request, which a message has room for beside a question.
const REQUEST_LIMIT: usize = 4 << 20;

/// A worker may die of something else than what it was asked; one after it does not.
const ATTEMPTS: usize = 2;

/// How a worker is asked about texts.
struct Asking<'a, T> {
    /// Bytes that a request holds beside the texts.
    beside: usize,
    request: &'a dyn Fn(Vec<String>) -> ReadingRequest,
    /// Takes what was asked for out of an answer about so many texts; `None` where it is not there.
    taken: fn(ReadingEvent, &ReadingFacts, usize) -> Option<Vec<T>>,
}

/// Keeps one model ready that compares texts.
struct Comparing {
    program: PathBuf,
    model: Model,
    purpose: Purpose,
    running: Place<Running>,
    /// When it was last asked something.
    asked: Mutex<Instant>,
}

/// A worker with its model loaded.
struct Running {
    worker: Worker<ReadingEvent>,
    facts: ReadingFacts,
}

impl Comparing {
    fn new(program: PathBuf, model: Model, purpose: Purpose) -> Comparing {
        Comparing {
            program,
            model,
            purpose,
            running: Place::default(),
            asked: Mutex::new(Instant::now()),
        }
    }

    fn process_id(&self) -> Option<u32> {
        let running = self.running.running()?;
        Some(running.worker.process_id())
    }

    /// Asks about all texts, some at a time, so that others who ask come in between.
    fn of_texts<T>(
        &self,
        texts: &[String],
        asking: &Asking<'_, T>,
        stop: &Stop,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut outcomes = Vec::with_capacity(texts.len());
        while outcomes.len() < texts.len() {
            *lock(&self.asked) = Instant::now();
            let some = some_from(texts, outcomes.len());
            match self.of_some(texts, some, asking, stop)? {
                Some(outcome) => outcomes.extend(outcome),
                None => return Ok(None),
            }
        }
        Ok(Some(outcomes))
    }

    fn of_some<T>(
        &self,
        texts: &[String],
        some: Range<usize>,
        asking: &Asking<'_, T>,
        stop: &Stop,
    ) -> Result<Option<Vec<T>>, Error> {
        let first = some.start;
        let texts = &texts[some];
        for _ in 0..ATTEMPTS {
            let Some(running) = self.ready(stop)? else {
                return Ok(None);
            };
            // A worker that runs may be quicker than the word that stops it.
            if stop.is_told() {
                return Ok(None);
            }
            let is_too_long = |text: &String| text.len().max(asking.beside) > TEXT_LIMIT;
            if let Some(text) = texts.iter().position(is_too_long) {
                return Err(Error::Reading(ReadingTrouble::TextTooLong {
                    text: first + text,
                    longest: running.facts.longest,
                }));
            }
            let request = (asking.request)(texts.to_vec());
            let trouble = match running.ask(&request, stop) {
                Err(Stopped) => continue,
                Ok(ReadingEvent::ReadFailed(failure)) => match failure {
                    ReadFailure::Stopped if stop.is_told() => return Ok(None),
                    ReadFailure::TextTooLong { text, longest, .. } if text < texts.len() => {
                        let text = first + text;
                        Some(ReadingTrouble::TextTooLong { text, longest })
                    }
                    ReadFailure::TextEmpty { text } if text < texts.len() => {
                        let text = first + text;
                        Some(ReadingTrouble::TextEmpty { text })
                    }
                    ReadFailure::Compute(_) => Some(ReadingTrouble::Refused),
                    _ => None,
                },
                Ok(event) => match (asking.taken)(event, &running.facts, texts.len()) {
                    Some(outcome) => return Ok(Some(outcome)),
                    None => None,
                },
            };
            match trouble {
                Some(trouble) => return Err(Error::Reading(trouble)),
                // A worker that answers something else is not asked again.
                None => running.give_up(),
            }
        }
        Err(Error::Reading(ReadingTrouble::Stopped))
    }

    /// The running worker; loads the model if none runs or the last one died. `None` if `stop` was told before it was
    /// there: what this call was loading ends, what another is loading goes on.
    fn ready(&self, stop: &Stop) -> Result<Option<Arc<Running>>, Error> {
        self.running.ready(stop, || self.load(stop))
    }

    fn load(&self, stop: &Stop) -> Result<Option<Running>, Error> {
        let words = ["--for".as_ref(), self.purpose.name().as_ref()];
        let loaded = load::<ReadingEvent>(&self.program, &self.model, &words, stop, &mut |_| ())?;
        let Some(Loaded { worker, facts }) = loaded else {
            return Ok(None);
        };
        if purpose_of(&facts) != Some(self.purpose) {
            return Err(Error::Model {
                name: self.model.name.clone(),
                trouble: ModelTrouble::StoppedTheEngine,
            });
        }
        log::record(log::Event::ModelReady {
            load_ms: facts.load_ms,
            context: facts.longest,
        });
        Ok(Some(Running { worker, facts }))
    }
}

impl Serving for Running {
    fn is_running(&self) -> bool {
        self.worker.is_running()
    }
}

impl Running {
    /// The answer to a request; without one the worker is not asked again.
    fn ask(&self, request: &ReadingRequest, stop: &Stop) -> Result<ReadingEvent, Stopped> {
        let answer = self.answer(request, stop);
        if answer.is_err() {
            self.give_up();
        }
        answer
    }

    /// After `stop` was told the answer comes soon, or is not waited for.
    fn answer(&self, request: &ReadingRequest, stop: &Stop) -> Result<ReadingEvent, Stopped> {
        let (id, events) = self.worker.request(request)?;
        let mut stopping: Option<Instant> = None;
        loop {
            if stopping.is_none() && stop.is_told() {
                stopping = Some(Instant::now());
                self.worker.send(id, &ReadingRequest::Stop)?;
            }
            if stopping.is_some_and(|since| since.elapsed() > STOP_LIMIT) {
                return Err(Stopped);
            }
            match events.recv_timeout(STOP_POLL) {
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Timeout) if self.worker.silence() < SILENCE_LIMIT => (),
                Err(_) => return Err(Stopped),
            }
        }
    }

    fn give_up(&self) {
        self.worker.give_up();
        log::record(log::Event::EngineStopped);
    }
}

/// What a model that says this of itself can be asked for.
fn purpose_of(facts: &ReadingFacts) -> Option<Purpose> {
    match facts.gives {
        Gives::Vectors { dimensions } => (1..=DIMENSIONS_LIMIT)
            .contains(&(dimensions as usize))
            .then_some(Purpose::Embed),
        Gives::Scores => Some(Purpose::Rerank),
    }
}

/// Which of the texts from one on go into the next request: at least one.
fn some_from(texts: &[String], first: usize) -> Range<usize> {
    let mut bytes = 0;
    let fitting = texts[first..]
        .iter()
        .take(TEXTS_LIMIT)
        .take_while(|text| {
            bytes += text.len();
            bytes <= REQUEST_LIMIT
        })
        .count();
    first..first + fitting.max(1)
}

fn vectors(event: ReadingEvent, facts: &ReadingFacts, texts: usize) -> Option<Vec<Vec<f32>>> {
    let (
        ReadingEvent::Vectors {
            dimensions,
            numbers,
        },
        Gives::Vectors { dimensions: told },
    ) = (event, facts.gives)
    else {
        return None;
    };
    let width = dimensions as usize;
    let is_right = dimensions == told && are_numbers(&numbers, width * texts);
    is_right.then(|| numbers.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

fn scores(event: ReadingEvent, _: &ReadingFacts, texts: usize) -> Option<Vec<f32>> {
    match event {
        ReadingEvent::Scores(scores) if are_numbers(&scores, texts) => Some(scores),
        _ => None,
    }
}

fn are_numbers(numbers: &[f32], count: usize) -> bool {
    numbers.len() == count && numbers.iter().all(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(dimensions: u32) -> ReadingFacts {
        ReadingFacts {
            name: String::new(),
            gives: Gives::Vectors { dimensions },
            longest: 64,
            devices: Vec::new(),
            load_ms: 0,
        }
    }

    fn answer(dimensions: u32, numbers: &[f32]) -> ReadingEvent {
        let numbers = numbers.to_vec();
        ReadingEvent::Vectors {
            dimensions,
            numbers,
        }
    }

    #[test]
    fn as_many_texts_go_into_a_request_as_fit() {
        let short = vec![String::new(); TEXTS_LIMIT + 1];
        assert_eq!(some_from(&short, 0), 0..TEXTS_LIMIT);
        assert_eq!(some_from(&short, TEXTS_LIMIT), TEXTS_LIMIT..TEXTS_LIMIT + 1);
        let long = vec!["a".repeat(REQUEST_LIMIT / 2); 3];
        assert_eq!(some_from(&long, 0), 0..2);
        let hopeless = ["a".repeat(REQUEST_LIMIT + 1), String::new()];
        assert_eq!(some_from(&hopeless, 0), 0..1);
    }

    #[test]
    fn vectors_are_taken_apart_in_the_order_of_the_texts() {
        let vectors = vectors(answer(2, &[0.0, 1.0, 1.0, 0.0]), &facts(2), 2);
        assert_eq!(vectors, Some(vec![vec![0.0, 1.0], vec![1.0, 0.0]]));
    }

    #[test]
    fn what_is_not_a_number_for_each_text_is_no_answer() {
        for (answer, texts) in [
            (answer(2, &[0.0, 1.0]), 2),
            (answer(2, &[0.0, 1.0, 1.0]), 1),
            (answer(3, &[0.0, 1.0, 1.0]), 1),
            (answer(2, &[0.0, f32::NAN]), 1),
            (ReadingEvent::Scores(vec![0.0, 1.0]), 2),
        ] {
            assert_eq!(
                vectors(answer.clone(), &facts(2), texts),
                None,
                "{answer:?}"
            );
        }
        for answer in [
            ReadingEvent::Scores(vec![1.0]),
            ReadingEvent::Scores(vec![1.0, f32::INFINITY]),
            answer(1, &[1.0, 0.0]),
        ] {
            assert_eq!(scores(answer.clone(), &facts(2), 2), None, "{answer:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_worker_that_dies_of_a_text_or_answers_wrongly_is_started_twice_and_no_more() {
        use std::fs;
        use std::os::unix::fs::PermissionsExt;

        use aparte_protocol::{Greeting, PROTOCOL_VERSION, RequestId, write_message};

        let greeting = Greeting {
            protocol: PROTOCOL_VERSION,
            walls: Vec::new(),
        };
        // A vector too few.
        let wrong = answer(2, &[0.0, 1.0]);
        for answered in [None, Some(wrong)] {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            let mut before = Vec::new();
            for news in [
                ReadingEvent::Greeting(greeting.clone()),
                ReadingEvent::Ready(facts(2)),
            ] {
                write_message(&mut before, RequestId::NEWS, &news).unwrap();
            }
            fs::write(at("before"), before).unwrap();
            let mut after = Vec::new();
            for (request, event) in (1..).zip(answered) {
                write_message(&mut after, RequestId(request), &event).unwrap();
            }
            fs::write(at("after"), after).unwrap();
            // It waits for the head of a request before it answers.
            let script = format!(
                "#!/bin/sh\ncd '{}'\necho >> starts\ncat before\nhead -c 9 > /dev/null\ncat after\n",
                folder.path().display()
            );
            fs::write(at("worker"), script).unwrap();
            fs::set_permissions(at("worker"), fs::Permissions::from_mode(0o700)).unwrap();
            let model = Model {
                id: String::new(),
                name: String::new(),
                file: at("model"),
                languages: None,
            };
            let embedder = Embedder::new(at("worker"), model);
            let texts = ["one".to_owned(), "two".to_owned()];
            let error = embedder.vectors(&texts, &Stop::default()).unwrap_err();
            assert_eq!(error, Error::Reading(ReadingTrouble::Stopped));
            assert_eq!(fs::read(at("starts")).unwrap().len(), ATTEMPTS);
            assert_eq!(embedder.process_id(), None);
        }
    }

    #[test]
    fn a_model_without_dimensions_or_with_too_many_can_be_asked_for_nothing() {
        assert_eq!(purpose_of(&facts(384)), Some(Purpose::Embed));
        assert_eq!(purpose_of(&facts(0)), None);
        assert_eq!(purpose_of(&facts(u32::MAX)), None);
    }
}
