//! A reply that is computed by Vulkan, behind the walls of the real worker. Mesa's software Vulkan (Debian's
//! mesa-vulkan-drivers) stands in for a graphics processor, which ggml takes only when it is named.
//!
//! The library for Vulkan comes with a bundle, so that the worker is the bundle's:
//!
//! ```text
//! cargo xtask bundle --with vulkan
//! APARTE_BUNDLED_WORKER=target/bundle/tree/usr/lib/aparte/aparte-worker \
//!     cargo test --workspace --test software_gpu -- --ignored
//! ```
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use aparte_protocol::engine::{
    ChatMessage, EngineEvent, EngineRequest, FinishReason, Generate, Role, Sampling, Shape, Urgency,
};
use aparte_protocol::{RequestId, read_frame, write_message};

#[test]
#[ignore = "needs the library for Vulkan, which takes a quarter of an hour to build"]
fn a_model_computes_on_a_graphics_processor_behind_the_walls() {
    let path = |variable| PathBuf::from(std::env::var_os(variable).expect(variable));
    let mut worker = Command::new(path("APARTE_BUNDLED_WORKER").canonicalize().unwrap())
        .arg("engine")
        .arg(path("APARTE_MODELS").join("SmolLM2-135M-Instruct-Q4_1.gguf"))
        .env_clear()
        .env("GGML_VK_VISIBLE_DEVICES", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut to, mut from) = (worker.stdin.take().unwrap(), worker.stdout.take().unwrap());
    let mut next = || -> EngineEvent {
        let frame = read_frame(&mut from).expect("frames");
        let frame = frame.expect("it says something before it ends");
        frame.decode().expect("it keeps to the protocol")
    };

    let EngineEvent::Greeting(greeting) = next() else {
        panic!("a worker greets first");
    };
    let missing = |wall: &aparte_protocol::Wall| wall.missing.is_some();
    assert!(!greeting.walls.iter().any(missing), "{:?}", greeting.walls);
    let facts = loop {
        match next() {
            EngineEvent::Loading(_) => (),
            EngineEvent::Ready(facts) => break facts,
            event => panic!("{event:?} before the model is loaded"),
        }
    };
    println!("{facts:?}");
    assert!(facts.devices[0].contains("llvmpipe"), "{:?}", facts.devices);

    let ask = EngineRequest::Generate(Generate {
        messages: vec![ChatMessage {
            role: Role::User,
            content: "Which city is the capital of France? Answer with its name.".to_owned(),
        }],
        sampling: Sampling::CAREFUL,
        max_tokens: 20,
        urgency: Urgency::Interactive,
        shape: Shape::Free,
        stop_texts: Vec::new(),
        alternatives: None,
        copies: false,
        state: None,
    });
    write_message(&mut to, RequestId(1), &ask).unwrap();
    let mut text = String::new();
    let finished = loop {
        match next() {
            EngineEvent::Text(piece) => text.push_str(&piece),
            EngineEvent::Prompt { .. } | EngineEvent::Alive => (),
            EngineEvent::Finished(finished) => break finished,
            event => panic!("{event:?} within a reply"),
        }
    };
    println!("{text}\n{finished:?}");
    assert_eq!(finished.reason, FinishReason::Complete);
    assert!(text.contains("Paris"), "{text}");
    drop(to);
    assert!(worker.wait().unwrap().success());
}
