//! Engines that say whatever they like: the application bounds it, and comes back from it.

use std::fs;
use std::num::NonZeroU16;
use std::os::unix::fs::PermissionsExt;

use aparte_protocol::calibration::{BatchSize, Tuning};
use aparte_protocol::engine::{FinishReason, Sampling, Shape, Urgency};
use aparte_protocol::{Greeting, PROTOCOL_VERSION, RequestId, write_chunk, write_message};
use tempfile::TempDir;

use super::*;

/// The first request to an engine.
const REQUEST: RequestId = RequestId(1);
const NAME: StateName = StateName([1; 16]);

/// An engine that is ready, says `once`, and `for_ever` over and over.
pub(crate) fn saying(once: &[EngineEvent], for_ever: &[EngineEvent]) -> (TempDir, Engine) {
    let greeting = Greeting {
        protocol: PROTOCOL_VERSION,
        walls: Vec::new(),
    };
    let mut before = Vec::new();
    for event in [EngineEvent::Greeting(greeting), EngineEvent::Ready(facts())] {
        write_message(&mut before, RequestId::NEWS, &event).unwrap();
    }
    let mut pieces = [before, Vec::new(), Vec::new()];
    for (events, bytes) in [once, for_ever].into_iter().zip(&mut pieces[1..]) {
        for event in events {
            match event {
                EngineEvent::Alive => write_message(bytes, RequestId::NEWS, event).unwrap(),
                EngineEvent::Bytes(chunk) => write_chunk(bytes, REQUEST, chunk).unwrap(),
                event => write_message(bytes, REQUEST, event).unwrap(),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, bytes) in ["before", "once", "for-ever"].into_iter().zip(pieces) {
        fs::write(path(name), bytes).unwrap();
    }
    let then = match for_ever {
        [] => "exec sleep 600",
        _ if for_ever.contains(&EngineEvent::Alive) => "while cat for-ever; do sleep 1; done",
        _ => "while cat for-ever; do :; done",
    };
    let script = format!(
        "#!/bin/sh\ncd '{}'\ncat before\nhead -c 1 >/dev/null\ncat once\n{then}\n",
        folder.path().display(),
    );
    fs::write(path("engine"), script).unwrap();
    fs::set_permissions(path("engine"), fs::Permissions::from_mode(0o755)).unwrap();
    let model = Model {
        id: "hostile".to_owned(),
        name: "Hostile".to_owned(),
        file: path("model.gguf"),
        languages: None,
    };
    let engine = Engine::new(path("engine"), model);
    (folder, engine)
}

fn facts() -> ModelFacts {
    ModelFacts {
        name: String::new(),
        architecture: String::new(),
        parameters: 1,
        context: u32::MAX,
        template: None,
        steps: Vec::new(),
        devices: Vec::new(),
        fingerprint: [0; 32],
        load_ms: u64::MAX,
        machine: String::new(),
        tuning: Tuning {
            threads: NonZeroU16::MIN,
            batch: BatchSize::Large,
            flash_attention: false,
        },
        calibrated: false,
    }
}

fn generate() -> Generate {
    Generate {
        messages: Vec::new(),
        sampling: Sampling::CAREFUL,
        max_tokens: 10,
        urgency: Urgency::Interactive,
        shape: Shape::Free,
        stop_texts: Vec::new(),
        alternatives: None,
        copies: false,
        state: Some(NAME),
    }
}

fn ready(engine: &Engine) -> Arc<Running> {
    engine.ready_at_last(&mut |_| ()).unwrap()
}

#[test]
fn a_reply_without_end_is_ended() {
    let (_folder, engine) = saying(&[], &[EngineEvent::Text("a".repeat(1_000))]);
    let mut heard = 0;
    let running = ready(&engine);
    let ended = running.generate(generate(), &|| false, &mut |progress| {
        if let Progress::Text(text) = progress {
            heard += text.len();
        }
    });
    assert!(matches!(ended, Ok(Ending::Died)));
    assert!(heard <= 11 * LONGEST_TOKEN, "{heard}");
    assert!(engine.running().is_none());
}

#[test]
fn an_engine_that_does_not_heed_a_stop_is_not_waited_for() {
    let prompt = EngineEvent::Prompt { done: 1, total: 2 };
    for for_ever in [vec![prompt, EngineEvent::Alive], vec![EngineEvent::Alive]] {
        let (_folder, engine) = saying(&[], &for_ever);
        let running = ready(&engine);
        let begun = Instant::now();
        let ended = running.generate(generate(), &|| true, &mut |_| ());
        assert!(matches!(ended, Ok(Ending::Died)));
        assert!(begun.elapsed() < STOP_LIMIT * 2, "{:?}", begun.elapsed());
    }
}

#[test]
fn numbers_that_make_no_sense_make_no_harm() {
    let most = u32::MAX;
    let (_folder, engine) = saying(&[EngineEvent::TokenCounts(vec![most; 2])], &[]);
    let turn = Turn {
        question: "a".to_owned(),
        said: "b".to_owned(),
    };
    let counts = ready(&engine).count_turns(NAME, &[turn]);
    assert_eq!(counts, Ok(vec![most]));
    let timings = Timings {
        prompt_tokens: most,
        generated_tokens: most,
        ..Timings::default()
    };
    let reason = FinishReason::Complete;
    let finished = EngineEvent::Finished(Finished { reason, timings });
    let (_folder, engine) = saying(&[finished], &[]);
    let running = ready(&engine);
    let ended = running.generate(generate(), &|| false, &mut |_| ());
    assert!(matches!(ended, Ok(Ending::Finished(_))));
    assert_eq!(running.unkept(0), [(NAME, most)]);
}

#[test]
fn a_state_without_end_is_not_taken() {
    let (_folder, engine) = saying(&[], &[EngineEvent::Bytes(vec![0; 1 << 16])]);
    let mut taken = 0;
    let given = ready(&engine).give_state(NAME, 1 << 20, &mut |bytes| {
        taken += bytes.len();
        Ok(())
    });
    assert_eq!((given, taken), (Ok(0), 1 << 20));
}

#[test]
fn an_answer_to_something_else_ends_the_engine() {
    let (_folder, engine) = saying(&[EngineEvent::StatesForgotten], &[]);
    let counts = ready(&engine).count_tokens(vec!["a".to_owned()]);
    assert_eq!(counts, Err(Error::EngineStopped));
    assert!(engine.running().is_none());
    let (_folder, engine) = saying(&[EngineEvent::TokenCounts(vec![1, 2])], &[]);
    let counts = ready(&engine).count_tokens(vec!["a".to_owned()]);
    assert_eq!(counts, Err(Error::EngineStopped));
    assert!(engine.running().is_none());
}
