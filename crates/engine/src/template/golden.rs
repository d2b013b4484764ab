//! The renderer against Python's Jinja, on the templates in `tests/templates`; its README says more.

use std::fs;
use std::path::{Path, PathBuf};

use aparte_protocol::engine::{ChatMessage, Role};
use serde_json::{Map, Value};

use super::calendar::strftime_now;
use super::{ChatTemplate, Piece, SpecialTokens, folded, known};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates")
}

fn object(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Each template by its name, with what Python makes of each conversation.
fn templates() -> Vec<(String, ChatTemplate, Map<String, Value>)> {
    let mut templates: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let source = fs::read_to_string(path.join("template.jinja")).unwrap();
            let template =
                ChatTemplate::new(Some(&source)).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, template, object(&path.join("expected.json")))
        })
        .collect();
    templates.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(templates.len() >= 10, "the templates are there");
    templates
}

fn conversations() -> Vec<(String, Vec<ChatMessage>)> {
    let conversations = object(&folder().join("conversations.json"));
    assert!(conversations.len() >= 8, "the conversations are there");
    conversations
        .into_iter()
        .map(|(name, turns)| {
            let turns: Vec<(String, String)> = serde_json::from_value(turns).unwrap();
            let messages = turns.into_iter().map(|(role, content)| {
                let role = match role.as_str() {
                    "system" => Role::System,
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    other => panic!("{other} is no role"),
                };
                ChatMessage { role, content }
            });
            (name, messages.collect())
        })
        .collect()
}

fn rendered(template: &ChatTemplate, messages: &[ChatMessage]) -> Result<Vec<Piece>, String> {
    let special = SpecialTokens {
        bos: "<s>".to_owned(),
        eos: "</s>".to_owned(),
    };
    template.render(messages, &special)
}

fn joined(pieces: &[Piece]) -> String {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Markup(text) | Piece::Content(text) => text.as_str(),
    });
    texts.collect()
}

/// Puts today's date where Python left the format of one.
fn dated(text: &str) -> String {
    let mut parts = text.split("<date ");
    let mut dated = parts.next().unwrap().to_owned();
    for part in parts {
        let (format, rest) = part.split_once('>').unwrap();
        dated += &strftime_now(format);
        dated += rest;
    }
    dated
}

/// The lines that are not alike.
fn difference(found: &Result<String, String>, expected: &str) -> String {
    let found = match found {
        Ok(found) => found,
        Err(error) => return error.clone(),
    };
    let lines = found.lines().zip(expected.lines());
    lines
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("found    {found:?}\nexpected {expected:?}\n"))
        .collect()
}

#[test]
fn the_templates_that_are_known_are_those_that_are_tested() {
    let mut hashes: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // One of ours, which no model has.
        .filter(|path| path.is_dir() && !path.ends_with("language"))
        .map(|path| {
            let source = fs::read_to_string(path.join("template.jinja")).unwrap();
            let facts = known::facts(&source, None);
            assert!(facts.family.is_some(), "{path:?} is not known");
            facts
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
        .collect();
    let mut known: Vec<&str> = known::KNOWN.iter().map(|(_, hash)| *hash).collect();
    hashes.sort();
    known.sort();
    assert_eq!(known, hashes);
    assert_eq!(known::facts("{{ messages }}", None).family, None);
}

#[test]
fn every_template_renders_every_conversation_as_python_does() {
    let mut differences = Vec::new();
    for (name, template, expected) in templates() {
        for (about, messages) in conversations() {
            let expected = expected[&about]["text"].as_str().unwrap();
            // At midnight the date may be another one by the time that it is compared.
            let both = [(); 2].map(|()| {
                let text = rendered(&template, &messages).map(|pieces| joined(&pieces));
                (text, dated(expected))
            });
            let is_alike = both
                .iter()
                .any(|(text, expected)| text.as_ref() == Ok(expected));
            if !is_alike {
                let [(text, expected), _] = &both;
                differences.push(format!("{name}, {about}:\n{}", difference(text, expected)));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_is_folded_here_is_what_python_refuses() {
    for (name, template, expected) in templates() {
        let ChatTemplate::Own(environment) = &template else {
            panic!("{name} is a template");
        };
        for (about, messages) in conversations() {
            let is_refused =
                super::render(environment, &messages, &SpecialTokens::default()).is_err();
            let is_folded = expected[&about].get("folded").is_some();
            assert_eq!(is_refused, is_folded, "{name}, {about}");
        }
    }
}

#[test]
fn what_somebody_typed_is_never_markup_in_any_template() {
    for (name, template, expected) in templates() {
        for (about, messages) in conversations() {
            let said = match expected[&about].get("folded") {
                Some(_) => folded(&messages),
                None => messages,
            };
            let pieces = rendered(&template, &said).unwrap();
            let contents: Vec<&str> = pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Content(text) => Some(text.trim()),
                    Piece::Markup(_) => None,
                })
                .collect();
            for message in said.iter().filter(|message| !message.content.is_empty()) {
                let content = message.content.trim();
                assert!(contents.contains(&content), "{name}, {about}: {content}");
            }
            for piece in &pieces {
                let Piece::Markup(markup) = piece else {
                    continue;
                };
                assert!(!markup.contains("Forged"), "{name}, {about}: {markup}");
            }
        }
    }
}

#[test]
fn a_long_conversation_is_rendered_by_every_template() {
    let turn = |index: usize| ChatMessage {
        role: if index.is_multiple_of(2) {
            Role::User
        } else {
            Role::Assistant
        },
        content: format!("This is turn {index}."),
    };
    let messages: Vec<ChatMessage> = (0..1_001).map(turn).collect();
    for (name, template, _) in templates() {
        let pieces =
            rendered(&template, &messages).unwrap_or_else(|error| panic!("{name}: {error}"));
        let last = Piece::Content("This is turn 1000.".to_owned());
        assert!(pieces.contains(&last), "{name}");
    }
}
