//! How fast a reply is written while the window draws it. Nothing is judged here: `cargo xtask bench` runs this beside the bare
//! library and tells what came of it.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{SOON, eventually};

/// Questions that the samples answer, and the model at some length.
const QUESTIONS: [&str; 3] = [
    "List all projects of the harbour with what each cost and when each was finished.",
    "List all works of the harbour, what each of them cost and when each of them was done.",
    "What did the committee decide about the harbour, and why? Explain all of it.",
];

/// Looking for the end of a reply takes time from it, so it is looked for seldom.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prints `measured: {"prompt_tokens":…,"generated_tokens":…,"generation_tokens_per_s":…}` for each reply.
#[test]
#[ignore = "a measurement: `cargo xtask bench` asks for it"]
fn replies_in_the_window_are_timed() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), "four calm words here");
    for question in QUESTIONS {
        app.press("new-conversation");
        app.ask(question);
        let row = "conversation[aria-current=page]";
        eventually(SOON, "the conversation is in the list", || {
            (app.count(row) == 1).then_some(())
        });
        let timings = (0..24).find_map(|_| {
            thread::sleep(PATIENCE);
            is_answered(&app).then(|| timings(&app))
        });
        let timings = timings.expect("a reply ends");
        println!(
            "measured: {}",
            json!({
                "prompt_tokens": timings["promptTokens"],
                "generated_tokens": timings["generatedTokens"],
                "generation_tokens_per_s": timings["generationTokensPerS"],
            })
        );
    }
    app.close();
}

fn is_answered(app: &App) -> bool {
    app.count("answer") == 1 && app.count("reply") == 0
}

/// What the answer on screen took.
fn timings(app: &App) -> Value {
    let id = app.run(
        "return document.querySelector('[data-part=conversation][aria-current=page]').dataset.id",
        &[],
    );
    let messages = app.invoke("messages", json!({"conversation": id}));
    let text = messages.to_string();
    find(&messages, "timings").unwrap_or_else(|| panic!("no timings in {text}"))
}

/// The first value under this name, however deep.
fn find(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Object(fields) => fields
            .get(name)
            .cloned()
            .or_else(|| fields.values().find_map(|field| find(field, name))),
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}
