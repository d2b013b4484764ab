//! A worker that writes, asked for everything that an app of ours would not ask for: it answers, and goes on.

#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "../../engine/tests/gguf/mod.rs"]
mod gguf;

use std::collections::HashMap;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aparte_protocol::engine::{
    ChatMessage, EngineEvent, EngineRequest, FinishReason, Finished, Generate, GenerateFailure,
    Role, Sampling, Shape, StateName, Urgency,
};
use aparte_protocol::{Frame, RequestId, read_frame, write_chunk, write_end, write_message};

use gguf::{Gguf, Value};

const PROGRAM: &str = env!("CARGO_BIN_EXE_aparte-worker");
const CONTEXT: u32 = 2048;
const NAME: StateName = StateName([1; 16]);

/// A worker with a model that makes no sense, which is ready.
struct Worker {
    process: Child,
    to: ChildStdin,
    from: ChildStdout,
    next: u32,
}

impl Worker {
    fn ready() -> Worker {
        Worker::with(&Gguf::sound())
    }

    fn with(model: &Gguf) -> Worker {
        let file = model.file();
        let mut process = Command::new(PROGRAM)
            .arg("engine")
            .arg(file.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the worker starts");
        let mut worker = Worker {
            to: process.stdin.take().expect("it is piped"),
            from: process.stdout.take().expect("it is piped"),
            process,
            next: 1,
        };
        while !matches!(worker.hear().1, EngineEvent::Ready(_)) {}
        worker
    }

    fn send(&mut self, request: &EngineRequest) -> RequestId {
        let id = RequestId(self.next);
        self.next += 1;
        self.send_as(id, request);
        id
    }

    fn send_as(&mut self, id: RequestId, request: &EngineRequest) {
        write_message(&mut self.to, id, request).expect("the worker listens");
    }

    fn hear(&mut self) -> (RequestId, EngineEvent) {
        let frame = read_frame(&mut self.from).expect("what it sends is in frames");
        let frame = frame.expect("it goes on");
        let id = frame.request();
        let event = match frame {
            Frame::Chunk(_, bytes) => EngineEvent::Bytes(bytes),
            Frame::End(_) => EngineEvent::BytesEnd,
            message => message.decode().expect("it keeps to the protocol"),
        };
        (id, event)
    }

    /// What is written, and how it ended.
    fn generate(&mut self, generate: Generate) -> (String, Result<Finished, GenerateFailure>) {
        let own = self.send(&EngineRequest::Generate(generate));
        let mut text = String::new();
        loop {
            match self.hear() {
                (id, EngineEvent::Text(piece)) if id == own => text += &piece,
                (id, EngineEvent::Finished(finished)) if id == own => return (text, Ok(finished)),
                (id, EngineEvent::Failed(failure)) if id == own => return (text, Err(failure)),
                _ => (),
            }
        }
    }

    /// Whether it still writes what it must.
    fn works(&mut self) {
        let (text, ended) = self.generate(saying("yes"));
        assert_eq!(text, "yes", "{ended:?}");
    }

    fn state(&mut self) -> Vec<u8> {
        self.send(&EngineRequest::GiveState(NAME));
        let mut state = Vec::new();
        loop {
            match self.hear().1 {
                EngineEvent::Bytes(bytes) => state.extend(bytes),
                EngineEvent::BytesEnd => return state,
                _ => (),
            }
        }
    }

    fn takes(&mut self, state: &[u8]) -> bool {
        let id = self.send(&EngineRequest::TakeState(NAME));
        for chunk in state.chunks(1000) {
            write_chunk(&mut self.to, id, chunk).expect("the worker listens");
        }
        write_end(&mut self.to, id).expect("the worker listens");
        loop {
            if let EngineEvent::StateTaken(taken) = self.hear().1 {
                return taken;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn asking(question: &str) -> Generate {
    Generate {
        messages: vec![ChatMessage {
            role: Role::User,
            content: question.to_owned(),
        }],
        sampling: Sampling::CAREFUL,
        max_tokens: 8,
        urgency: Urgency::Interactive,
        shape: Shape::Free,
        stop_texts: Vec::new(),
        alternatives: None,
        copies: false,
        state: Some(NAME),
    }
}

fn shaped(grammar: &str) -> Generate {
    Generate {
        shape: Shape::Grammar(grammar.to_owned()),
        ..asking("Well?")
    }
}

fn saying(text: &str) -> Generate {
    shaped(&format!("root ::= \"{text}\""))
}

#[test]
fn a_hundred_requests_at_once_are_each_answered() {
    let mut worker = Worker::ready();
    let mut expected = HashMap::new();
    for number in 0..100 {
        let urgency = match number % 3 {
            0 => Urgency::Background,
            _ => Urgency::Interactive,
        };
        let generate = Generate {
            urgency,
            state: Some(StateName([number % 7; 16])),
            ..saying(&number.to_string())
        };
        let id = worker.send(&EngineRequest::Generate(generate));
        expected.insert(id, number.to_string());
    }
    let mut said: HashMap<RequestId, String> = HashMap::new();
    let mut ended = 0;
    while ended < 100 {
        match worker.hear() {
            (id, EngineEvent::Text(text)) => *said.entry(id).or_default() += &text,
            (_, EngineEvent::Finished(_)) => ended += 1,
            (_, EngineEvent::Failed(failure)) => panic!("{failure}"),
            _ => (),
        }
    }
    assert_eq!(said, expected);
}

#[test]
fn what_is_over_or_never_was_can_be_stopped() {
    let mut worker = Worker::ready();
    worker.works();
    for id in [1, 77, u32::MAX] {
        worker.send_as(RequestId(id), &EngineRequest::Stop);
    }
    worker.works();
    // Twice in mid-reply.
    let endless = Generate {
        max_tokens: u32::MAX,
        ..shaped("root ::= \"a\" root")
    };
    let id = worker.send(&EngineRequest::Generate(endless));
    for _ in 0..2 {
        worker.send_as(id, &EngineRequest::Stop);
    }
    let finished = loop {
        if let (_, EngineEvent::Finished(finished)) = worker.hear() {
            break finished;
        }
    };
    assert_eq!(finished.reason, FinishReason::Stopped);
    worker.works();
}

#[test]
fn shapes_that_nobody_would_write_cost_an_answer_and_no_engine() {
    let mut worker = Worker::ready();
    let nested = format!("root ::= {}\"a\"{}", "(".repeat(5_000), ")".repeat(5_000));
    let ambiguous =
        "root ::= (a | a)* \"b\"\na ::= (\"a\" | \"a\" \"a\" | b)+\nb ::= (\"a\" | \"aa\")+";
    for grammar in [
        "root ::= \"a\"{1,1000000}",
        "root ::= (((\"a\"{1000}){1000}){1000}){1000}",
        "root ::= root \"a\" | \"a\"",
        "root ::= | \"a\" |",
        "root ::= (|)*",
        "root ::= []",
        "root ::= [^\\x00-\\U0010FFFF]",
        "root ::= \"\\uD800\"",
        "",
        "\0",
        &nested,
        ambiguous,
        &"a".repeat(70_000),
    ] {
        let _ = worker.generate(shaped(grammar));
    }
    let chain: String = (0..2_000)
        .map(|link| format!(r##""{link}":{{"$ref":"#/{}"}},"##, link + 1))
        .collect();
    for schema in [
        &format!(r##"{{{chain}"2000":true,"$ref":"#/0"}}"##),
        r##"{"$ref":"#"}"##,
        r##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
        r#"{"type":"array","minItems":200000}"#,
        r#"{"type":"integer","minimum":5,"maximum":4}"#,
        r#"{"enum":[]}"#,
        &"[".repeat(60_000),
    ] {
        let generate = Generate {
            shape: Shape::Json(schema.to_owned()),
            ..asking("Well?")
        };
        let (_, ended) = worker.generate(generate);
        assert!(ended.is_err() || schema.contains("200000"), "{schema:.60}");
    }
    worker.works();
}

#[test]
fn numbers_and_texts_without_measure_are_bounded() {
    let mut worker = Worker::ready();
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 1e30] {
        let sampling = Sampling {
            temperature: number,
            top_k: u32::MAX,
            top_p: number,
            min_p: number,
            repeat_penalty: number,
            dry: number,
            seed: u32::MAX,
        };
        let (_, ended) = worker.generate(Generate {
            sampling,
            alternatives: Some(u8::MAX),
            ..asking("Well?")
        });
        assert!(ended.is_ok(), "{number}: {ended:?}");
    }
    let stops = |stop_texts: Vec<String>| Generate {
        stop_texts,
        ..saying("a stop")
    };
    let many = (0..10_000).map(|number| number.to_string()).collect();
    for stop_texts in [many, vec!["a".repeat(1 << 20)]] {
        let (_, ended) = worker.generate(stops(stop_texts));
        assert!(matches!(ended, Err(GenerateFailure::Shape(_))), "{ended:?}");
    }
    let (text, _) = worker.generate(stops(vec![String::new(), "stop".to_owned()]));
    assert_eq!(text, "a ");
    let (_, ended) = worker.generate(asking(&"well? ".repeat(1 << 20)));
    assert!(
        matches!(
            ended,
            Err(GenerateFailure::PromptTooLong {
                context: CONTEXT,
                ..
            })
        ),
        "{ended:?}"
    );
    let (text, ended) = worker.generate(Generate {
        max_tokens: u32::MAX,
        ..shaped("root ::= \"a\" root")
    });
    assert_eq!(ended.unwrap().reason, FinishReason::Length);
    assert!(text.len() < CONTEXT as usize, "{}", text.len());
    let (text, ended) = worker.generate(Generate {
        max_tokens: 0,
        ..saying("nothing")
    });
    assert_eq!(
        (text.as_str(), ended.unwrap().reason),
        ("", FinishReason::Length)
    );
    worker.works();
}

#[test]
fn states_that_are_none_or_cut_short_are_refused_or_do_without() {
    let mut worker = Worker::ready();
    let question = "How long is this question, that it is worth keeping what was computed of it?";
    let ask = || Generate {
        shape: Shape::Grammar("root ::= \"so long\"".to_owned()),
        ..asking(question)
    };
    let _ = worker.generate(ask());
    let state = worker.state();
    assert!(state.len() > 1_000, "{}", state.len());
    let changed = |at: usize, to: u8| {
        let mut state = state.clone();
        state[at] = to;
        state
    };
    let head = 8 + 4;
    for none in [
        Vec::new(),
        vec![0; 1 << 20],
        state[..head].to_vec(),
        state[..head + 6].to_vec(),
        changed(0, b'B'),
        changed(4, 9),
        changed(11, 0xff),
        changed(head + 3, 0x7f),
    ] {
        assert!(!worker.takes(&none), "{} bytes", none.len());
    }
    let computed = head + 4 * u32::from_le_bytes(state[8..12].try_into().unwrap()) as usize;
    let cuts = (computed..state.len()).step_by(state.len() / 40);
    for cut in cuts.chain([state.len() - 1]) {
        worker.send(&EngineRequest::ForgetStates);
        // What llama.cpp wrote is for llama.cpp to read.
        assert!(worker.takes(&state[..cut]), "{cut}");
        let (text, ended) = worker.generate(ask());
        let reused = ended.unwrap().timings.reused_tokens;
        assert_eq!((text.as_str(), reused), ("so long", 0), "cut at {cut}");
    }
    worker.send(&EngineRequest::ForgetStates);
    assert!(worker.takes(&state));
    let (text, ended) = worker.generate(ask());
    assert_eq!(text, "so long");
    assert!(
        ended.unwrap().timings.reused_tokens > 0,
        "the whole one is of use"
    );
}

#[test]
fn a_trial_is_answered_once_and_gives_way() {
    let mut worker = Worker::ready();
    let trial = worker.send(&EngineRequest::Calibrate);
    let reply = worker.send(&EngineRequest::Generate(saying("yes")));
    let (mut tried, mut replied) = (0, 0);
    while (tried, replied) != (1, 1) {
        match worker.hear() {
            (id, EngineEvent::Tried(_)) if id == trial => tried += 1,
            (id, EngineEvent::Finished(_)) if id == reply => replied += 1,
            _ => (),
        }
        assert!(tried < 2 && replied < 2);
    }
    worker.works();
}

/// Splitters of text that llama.cpp knows, with expressions of several kinds.
const SPLITTERS: [&str; 7] = [
    "default",
    "smollm",
    "qwen2",
    "deepseek-llm",
    "deepseek-v3",
    "tekken",
    "gpt-4o",
];

#[test]
fn words_without_end_are_too_long_and_end_nothing() {
    for splitter in SPLITTERS {
        let model = Gguf::sound().with("tokenizer.ggml.pre", Value::text(splitter));
        let mut worker = Worker::with(&model);
        for letter in ["a", "1", " ", "\n", "é", "文", "!", "a1", "e\u{301}"] {
            let question = letter.repeat((1 << 18) / letter.len());
            let (_, ended) = worker.generate(asking(&question));
            assert!(
                matches!(ended, Err(GenerateFailure::PromptTooLong { .. })),
                "{ended:?}"
            );
        }
    }
}
