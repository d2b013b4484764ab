//! Vectors and scores over the pipes of the real worker, beside those of the engine itself, with tiny models that the test
//! writes.

#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "../../engine/tests/tiny_models/encoder.rs"]
mod encoder;
#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "../../engine/tests/gguf/mod.rs"]
mod gguf;

use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use aparte_engine::{Backends, Embedder, EmbeddingModel, Reranker, RerankingModel};
use aparte_protocol::engine::{LoadFailure, Purpose};
use aparte_protocol::reading::{
    Gives, ReadFailure, ReadingEvent, ReadingFacts, ReadingRequest, TEXTS_LIMIT,
};
use aparte_protocol::{PROTOCOL_VERSION, RequestId, read_frame, write_message};

use encoder::{Bert, LONGEST, Pooled};
use gguf::Gguf;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aparte-worker");

const QUESTION: &str = "red house";

/// How far numbers may lie apart that were computed in another order: on several threads, or beside other texts.
const TOLERANCE: f32 = 1e-4;

fn texts() -> Vec<String> {
    [
        "the cat sat on the mat",
        "home",
        "the red dog ran home on the red mat",
        "red house",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A worker with a model, which has greeted.
struct Worker {
    process: Child,
    to: Option<ChildStdin>,
    from: ChildStdout,
}

impl Worker {
    fn start(gguf: &Gguf, purpose: Purpose) -> (Worker, Result<ReadingFacts, LoadFailure>) {
        // It has opened the file when it greets, and the file may go then.
        let file = gguf.file();
        let mut process = Command::new(PROGRAM)
            .arg("engine")
            .arg(file.path())
            .args(["--for", purpose.name()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the worker starts");
        let mut worker = Worker {
            to: process.stdin.take(),
            from: process.stdout.take().expect("it is piped"),
            process,
        };
        let ReadingEvent::Greeting(greeting) = worker.next().1 else {
            panic!("a worker greets first");
        };
        assert_eq!(greeting.protocol, PROTOCOL_VERSION);
        if cfg!(target_os = "linux") {
            let missing = |wall: &aparte_protocol::Wall| wall.missing.is_some();
            assert!(!greeting.walls.iter().any(missing), "{:?}", greeting.walls);
        }
        loop {
            match worker.next().1 {
                ReadingEvent::Loading(_) => (),
                ReadingEvent::Ready(facts) => return (worker, Ok(facts)),
                ReadingEvent::LoadFailed(failure) => return (worker, Err(failure)),
                event => panic!("{event:?} before the model is loaded"),
            }
        }
    }

    fn ready(gguf: &Gguf, purpose: Purpose) -> (Worker, ReadingFacts) {
        let (worker, loaded) = Worker::start(gguf, purpose);
        (worker, loaded.expect("the model can be used"))
    }

    fn send(&mut self, id: u32, request: &ReadingRequest) {
        let to = self.to.as_mut().expect("it is open");
        write_message(to, RequestId(id), request).expect("the worker listens");
    }

    /// The next event that is not a sign of life.
    fn next(&mut self) -> (u32, ReadingEvent) {
        loop {
            let frame = read_frame(&mut self.from).expect("what it sends is in frames");
            let frame = frame.expect("it says something before it ends");
            match frame.decode().expect("it keeps to the protocol") {
                ReadingEvent::Alive => (),
                event => return (frame.request().0, event),
            }
        }
    }

    /// Whether it sends nothing more, and ends well.
    fn ends(&mut self) -> bool {
        let nothing = read_frame(&mut self.from).is_ok_and(|frame| frame.is_none());
        nothing && self.process.wait().expect("it is ours").success()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the engine itself does with a model. A process can have the compute libraries once, so the tests take turns.
fn in_the_engine<T>(gguf: &Gguf, work: impl FnOnce(Backends, std::fs::File) -> T) -> T {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let libraries = Path::new(PROGRAM).with_file_name("backends");
    let backends = Backends::load(&libraries).expect("they lie beside the worker");
    work(backends, gguf.file().reopen().unwrap())
}

#[track_caller]
fn are_alike(given: &[f32], expected: &[f32]) {
    assert_eq!(given.len(), expected.len());
    for (given, expected) in given.iter().zip(expected) {
        assert!(
            (given - expected).abs() < TOLERANCE,
            "{given} and not {expected}"
        );
    }
}

#[test]
fn vectors_are_those_of_the_engine() {
    let gguf = Bert::embedding(Some(Pooled::Mean)).gguf();
    let expected = in_the_engine(&gguf, |backends, file| {
        let model = EmbeddingModel::load(backends, file, &mut |_| ()).unwrap();
        let mut embedder = Embedder::open(&model).unwrap();
        embedder.embed(&texts(), &AtomicBool::new(false)).unwrap()
    });
    let (mut worker, facts) = Worker::ready(&gguf, Purpose::Embed);
    worker.send(7, &ReadingRequest::Embed(texts()));
    let (
        7,
        ReadingEvent::Vectors {
            dimensions,
            numbers,
        },
    ) = worker.next()
    else {
        panic!("vectors are the answer");
    };
    assert_eq!(facts.gives, Gives::Vectors { dimensions });
    assert_eq!(dimensions as usize, expected[0].len());
    are_alike(&numbers, &expected.concat());
}

#[test]
fn scores_are_those_of_the_engine() {
    let gguf = Bert::reranking().gguf();
    let expected = in_the_engine(&gguf, |backends, file| {
        let model = RerankingModel::load(backends, file, &mut |_| ()).unwrap();
        let mut reranker = Reranker::open(&model).unwrap();
        let never = AtomicBool::new(false);
        reranker.rerank(QUESTION, &texts(), &never).unwrap()
    });
    let (mut worker, facts) = Worker::ready(&gguf, Purpose::Rerank);
    assert_eq!(facts.gives, Gives::Scores);
    let request = ReadingRequest::Rerank {
        question: QUESTION.to_owned(),
        texts: texts(),
    };
    worker.send(1, &request);
    let (1, ReadingEvent::Scores(scores)) = worker.next() else {
        panic!("scores are the answer");
    };
    are_alike(&scores, &expected);
}

#[test]
fn a_worker_that_is_ready_tells_what_its_model_is_and_where_it_runs() {
    let mut gguf = Bert::embedding(None).gguf();
    gguf.text("general.name", "Tiny");
    let (_worker, facts) = Worker::ready(&gguf, Purpose::Embed);
    assert_eq!(facts.name, "Tiny");
    assert_eq!(facts.longest as usize, LONGEST);
    assert!(!facts.devices.is_empty());
}

#[test]
fn a_model_that_was_made_for_something_else_is_refused_and_its_worker_ends() {
    let embedding = Bert::embedding(None).gguf();
    let reranking = Bert::reranking().gguf();
    for (gguf, purpose) in [
        (&embedding, Purpose::Rerank),
        (&reranking, Purpose::Embed),
        (&embedding, Purpose::Write),
    ] {
        let (mut worker, loaded) = Worker::start(gguf, purpose);
        let refused = loaded.expect_err("it was made for something else");
        assert_eq!(refused, LoadFailure::Unsupported("bert".to_owned()));
        assert!(worker.ends());
    }
}

#[test]
fn a_text_that_is_too_long_is_told_with_its_place_and_the_next_request_is_answered() {
    let (mut worker, facts) = Worker::ready(&Bert::embedding(None).gguf(), Purpose::Embed);
    let long = vec!["cat"; LONGEST].join(" ");
    worker.send(1, &ReadingRequest::Embed(vec!["home".to_owned(), long]));
    let failure = ReadFailure::TextTooLong {
        text: 1,
        // One stands before the words and one after them.
        tokens: LONGEST as u32 + 2,
        longest: facts.longest,
    };
    assert_eq!(worker.next(), (1, ReadingEvent::ReadFailed(failure)));
    worker.send(2, &ReadingRequest::Embed(texts()));
    assert!(matches!(worker.next(), (2, ReadingEvent::Vectors { .. })));
}

#[test]
fn a_stop_ends_the_request_that_it_names_and_no_other() {
    const LAST: u32 = 100;
    let (mut worker, _) = Worker::ready(&Bert::embedding(None).gguf(), Purpose::Embed);
    let long = vec!["cat"; LONGEST - 2].join(" ");
    // The pipe back has room for some answers only, and nobody reads them yet: the worker is held up there, far from the
    // last request, when the stop comes.
    for id in 1..=LAST {
        worker.send(id, &ReadingRequest::Embed(vec![long.clone(); TEXTS_LIMIT]));
    }
    worker.send(LAST, &ReadingRequest::Stop);
    for id in 1..LAST {
        let (answered, event) = worker.next();
        assert_eq!(answered, id);
        assert!(matches!(event, ReadingEvent::Vectors { .. }), "{id}");
    }
    let stopped = ReadingEvent::ReadFailed(ReadFailure::Stopped);
    assert_eq!(worker.next(), (LAST, stopped));
}

#[test]
fn a_worker_ends_when_nobody_can_ask_it_any_more() {
    let (mut worker, _) = Worker::ready(&Bert::reranking().gguf(), Purpose::Rerank);
    worker.to = None;
    assert!(worker.ends());
}

#[test]
fn a_request_that_the_worker_was_not_started_for_ends_it() {
    let too_many = vec!["home".to_owned(); TEXTS_LIMIT + 1];
    for request in [
        ReadingRequest::Embed(too_many),
        ReadingRequest::Rerank {
            question: QUESTION.to_owned(),
            texts: texts(),
        },
    ] {
        let (mut worker, _) = Worker::ready(&Bert::embedding(None).gguf(), Purpose::Embed);
        worker.send(1, &request);
        assert!(read_frame(&mut worker.from).is_ok_and(|frame| frame.is_none()));
        assert!(!worker.process.wait().expect("it is ours").success());
    }
}

#[test]
fn a_purpose_that_nobody_knows_is_told_with_what_can_be_said() {
    let output = Command::new(PROGRAM)
        .args(["engine", "model.gguf", "--for", "fun"])
        .output()
        .expect("the worker starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--for write|embed|rerank"));
}
