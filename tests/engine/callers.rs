//! What programs build on: a reply that is held to a shape, the same again for the same seed, likelihoods, thinking apart from
//! what is said, and what is told of a model.

use std::fs;

use aparte_tests::{aparte, english_sample, json, refused};
use serde_json::Value;

use super::app::turn;
use crate::gguf::{self, Gguf};
use crate::reasoner;

const QUESTION: &str = "Name a colour and a number.";

fn complete(arguments: &[&str]) -> Value {
    json(
        aparte()
            .args(["complete", "--json", QUESTION])
            .args(arguments),
    )
}

#[test]
fn a_reply_is_held_to_a_schema_or_a_grammar() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(
        &schema,
        r#"{"type": "object", "required": ["colour", "number"], "additionalProperties": false,
            "properties": {"colour": {"enum": ["red", "green"]}, "number": {"type": "integer", "minimum": 1, "maximum": 9}}}"#,
    )
    .unwrap();
    let reply = complete(&["--json-schema", schema.to_str().unwrap()]);
    assert_eq!(reply["ending"], "complete", "{reply}");
    let text = reply["text"].as_str().unwrap();
    let object: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"));
    assert!(["red", "green"].contains(&object["colour"].as_str().unwrap()));
    assert!((1..=9).contains(&object["number"].as_u64().unwrap()));

    let grammar = folder.path().join("grammar.gbnf");
    fs::write(&grammar, "root ::= \"yes\" | \"no\"").unwrap();
    let reply = complete(&["--grammar", grammar.to_str().unwrap()]);
    assert!(["yes", "no"].contains(&reply["text"].as_str().unwrap()));
}

#[test]
fn what_is_no_schema_or_grammar_is_said_in_one_sentence() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let [schema, grammar] =
        [("schema", "{\"type\": "), ("grammar", "root ::= word")].map(|(name, text)| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            file
        });
    for (option, file, english, french) in [
        (
            "--json-schema",
            &schema,
            "the schema is not JSON",
            "ce schéma",
        ),
        ("--grammar", &grammar, "line 1", "cette grammaire"),
        (
            "--grammar",
            &missing,
            "cannot be read",
            "ne peut pas être lu",
        ),
    ] {
        for (language, expected) in [("en", english), ("fr", french)] {
            let said = refused(
                (aparte().args(["complete", QUESTION, "--language", language, option])).arg(file),
            );
            assert!(said.contains(expected), "{said}");
        }
    }
    for arguments in [
        &["--logprobs", "2"][..],
        &["--json", "--logprobs", "21"],
        &["--preset", "wild"],
        &["--json-schema", "a", "--grammar", "b"],
    ] {
        let status = (aparte().args(["complete", QUESTION]).args(arguments))
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_same_seed_has_the_same_reply_and_another_has_another() {
    let _turn = turn();
    let creative = |seed: &str| {
        let chosen = ["--preset", "creative", "--max-tokens", "24", "--seed", seed];
        complete(&chosen)["text"].as_str().unwrap().to_owned()
    };
    let first = creative("7");
    assert_eq!(creative("7"), first);
    assert!(
        ["8", "9", "10"]
            .map(creative)
            .iter()
            .any(|other| *other != first)
    );
}

#[test]
fn likelihoods_are_told_for_each_token_and_make_up_the_text() {
    let _turn = turn();
    let reply = complete(&["--logprobs", "3", "--max-tokens", "12"]);
    let tokens = reply["logprobs"].as_array().unwrap();
    assert!(!tokens.is_empty());
    let mut bytes = Vec::new();
    for token in tokens {
        assert!(token["logprob"].as_f64().unwrap() <= 0.0, "{token}");
        let top = token["top"].as_array().unwrap();
        assert_eq!(top.len(), 3);
        // The careful preset takes the likeliest.
        assert_eq!(top[0]["bytes"], token["bytes"]);
        let said = token["bytes"].as_array().unwrap().iter();
        bytes.extend(said.map(|byte| byte.as_u64().unwrap() as u8));
    }
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        reply["text"].as_str().unwrap()
    );
    assert!(complete(&["--max-tokens", "4"]).get("logprobs").is_none());
}

#[test]
fn what_a_model_thinks_is_no_part_of_what_it_says() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("reasoner.gguf");
    reasoner::write(&model);
    let (file, question) = english_sample();
    let with_reasoner = |arguments: &[&str]| {
        let mut command = aparte();
        command.arg("--model").arg(&model).args(arguments);
        command
    };
    let answer = json(with_reasoner(&["ask", "--json", &question]).arg(&file));
    let thought = answer["thinking"].as_str().unwrap();
    assert!(thought.contains(char::is_alphabetic), "{answer}");
    // Nothing was said, so that the documents speak for themselves.
    let said = answer["answer"].as_str().unwrap();
    assert!(
        said.contains("are left out") && !said.contains(thought),
        "{said}"
    );

    let printed = |more: &[&str]| {
        let mut command = with_reasoner(&["complete", QUESTION, "--max-tokens", "8"]);
        let output = command.args(more).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(printed(&[]).trim(), "");
    let with = printed(&["--thinking"]);
    assert!(with.starts_with("Thought:\n    "), "{with}");

    let schema = folder.path().join("schema.json");
    fs::write(&schema, r#"{"type": "boolean"}"#).unwrap();
    let mut held = with_reasoner(&["complete", "--json", "Is water wet?", "--json-schema"]);
    let held = json(held.arg(&schema));
    assert!(
        ["true", "false"].contains(&held["text"].as_str().unwrap()),
        "{held}"
    );
    assert!(held.get("thinking").is_none(), "{held}");
}

#[test]
fn a_template_that_was_never_tested_is_shown_with_its_hash() {
    let _turn = turn();
    let known = json(aparte().args(["doctor", "--json"]));
    assert_eq!(known["model"]["template"]["family"], "SmolLM2", "{known}");
    assert_eq!(known["model"]["steps"], serde_json::json!([]), "{known}");

    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    let tiny = |template: &str| {
        let tiny = Gguf::sound().with("tokenizer.chat_template", gguf::Value::text(template));
        fs::write(&model, tiny.bytes()).unwrap();
    };
    let doctor = |arguments: &[&str]| {
        let mut doctor = aparte();
        doctor
            .arg("--model")
            .arg(&model)
            .arg("doctor")
            .args(arguments);
        doctor
    };
    let printed =
        |arguments: &[&str]| String::from_utf8(doctor(arguments).output().unwrap().stdout).unwrap();
    tiny(reasoner::TEMPLATE);
    let told = json(&mut doctor(&["--json"]));
    let template = &told["model"]["template"];
    assert_eq!(template["family"], Value::Null, "{told}");
    let hash = template["sha256"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    let unknown = printed(&[]);
    assert!(
        unknown.contains("unknown") && unknown.contains(hash),
        "{unknown}"
    );
    assert_eq!(printed(&["--template"]).trim_end(), reasoner::TEMPLATE);

    tiny("{% if %}");
    let broken = printed(&[]);
    assert!(broken.contains("CANNOT BE USED"), "{broken}");
}
