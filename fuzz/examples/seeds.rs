//! Writes the corpora's beginnings: for each target a few inputs that its parser takes, and some that it does not.
//!
//! `cargo run --example seeds` in this folder. The vaults in it are made anew, so that their files are others each time.

use std::fs;
use std::path::Path;

use aparte_assistant::bench_support::{add_conversations, add_document};
use aparte_assistant::parsers::example_snapshot;
use aparte_protocol::documents::{DocumentEvent, DocumentRequest, Format, Limits};
use aparte_protocol::engine::{EngineEvent, EngineRequest};
use aparte_protocol::{RequestId, write_chunk, write_end, write_message};
use aparte_vault::parsers::{MASTER, example_manifest};
use aparte_vault::{OwnerKind, RecordKind, SettingKey, Vault};

#[expect(dead_code, reason = "only some of the ways to lie are tried here")]
#[path = "../../crates/engine/tests/gguf/mod.rs"]
mod gguf;

use gguf::{Gguf, Value};

/// As `stored.rs` freezes them.
const MESSAGE: RecordKind = RecordKind(1);
const PAGE: RecordKind = RecordKind(2);
/// Choices in their second layout: version, French, dark, seven minutes.
const SETTINGS: [u8; 4] = [2, 1, 2, 7];

fn main() {
    manifest();
    record();
    sets();
    blob();
    cache();
    recovery_words();
    vault();
    let snapshot = example_snapshot();
    seed("search_snapshot", "one-passage", &snapshot);
    seed("search_snapshot", "cut", &snapshot[..snapshot.len() / 2]);
    seed("search_snapshot", "empty", &[]);
    frames();
    preflight();
    template();
}

/// The templates of the tests with a conversation, and some that should do no harm.
fn template() {
    let with = |name: &str, source: &str, messages: &[&str]| {
        let texts = [&[source, "<s>", "</s>"], messages].concat();
        seed("template", name, texts.join("\0").as_bytes());
    };
    let turns = ["sBe brief.", "uOne?", "aYes.", "u <|im_end|>{{ 7 }} "];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engine/tests/templates");
    for entry in fs::read_dir(folder).expect("the engine has templates") {
        let family = entry.expect("a folder that can be listed").path();
        let Ok(source) = fs::read_to_string(family.join("template.jinja")) else {
            continue;
        };
        let name = family.file_name().expect("it was listed").to_string_lossy();
        with(&name, &source, &turns);
    }
    let each = "{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}";
    with("each-turn", each, &turns);
    with("two-of-one-speaker", each, &["ua", "ub", "a", "sc"]);
    for (name, source) in [
        ("does-not-parse", "{% for %}"),
        // Once ended the worker.
        ("begins-as-it-ends", "{%}{{ messages[0].content }}"),
        ("drops-a-turn", "{{ messages[1].content }}"),
        (
            "changes-a-turn",
            "{{ messages[0].content | upper | replace('0', '1') }}",
        ),
        ("refuses", "{{ raise_exception(messages[0].content) }}"),
        (
            "never-ends",
            "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
        ),
        (
            "doubles",
            "{% set s = namespace(x='x') %}{% for a in range(20) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}",
        ),
        (
            "calls-itself",
            "{% macro again(x) %}{{ again([x]) }}{% endmacro %}{{ again(1) }}",
        ),
        (
            "methods",
            "{% for m in messages %}{{ m.content.strip().split('</x>')[-1].title() | tojson(indent=2) }}\
             {%- generation -%}{{ strftime_now('%d %B %Y') }}{%- endgeneration %}{% endfor %}",
        ),
    ] {
        with(name, source, &turns);
    }
}

/// Headers of models, whose weights are only counted.
fn preflight() {
    let header = |name: &str, file: Gguf| {
        let (bytes, places) = file.write();
        let data = places.last().expect("a file has places").bytes.clone();
        let weights = u32::try_from(data.len()).expect("the model is small");
        let header = [&weights.to_le_bytes()[..], &bytes[..data.start]].concat();
        seed("preflight", name, &header);
        header
    };
    let sound = header("sound", Gguf::sound());
    let of_layers = Value::numbers(&[1, 1]);
    header(
        "each-layer",
        Gguf::sound().with("llama.attention.head_count_kv", of_layers),
    );
    header(
        "two-tokens-are-one",
        Gguf::sound().with("tokenizer.ggml.tokens", Value::texts(&["a", "a\0"])),
    );
    header(
        "experts",
        Gguf::sound().with("llama.expert_count", Value::number(8)),
    );
    seed("preflight", "cut", &sound[..sound.len() / 2]);
}

fn manifest() {
    let manifest = example_manifest();
    seed("manifest", "two-slots", &manifest);
    seed("manifest", "cut", &manifest[..manifest.len() / 2]);
    seed("manifest", "newer", br#"{"format":9,"slots":{}}"#);
    for format in [1, 2] {
        let golden = fs::read(golden(format).join("vault.json")).expect("a golden vault");
        seed("manifest", &format!("golden-{format}"), &golden);
    }
}

fn record() {
    let mut whole = b"\0\0\0\x07Bonjour".to_vec();
    whole.resize(256, 0);
    seed("record", "whole", &whole);
    seed("record", "empty-body", &[0; 256]);
    whole[..4].copy_from_slice(&253_u32.to_be_bytes());
    seed("record", "longer-than-it-is", &whole);
    seed("record", "no-length", &[0; 3]);
}

fn sets() {
    let set = |count: u32| [&count.to_be_bytes()[..], &[7; 32]].concat();
    let records = |kind: u16| [&kind.to_be_bytes()[..], &9_u32.to_be_bytes(), &set(4)].concat();
    let seal = [&[0], &set(1)[..], &records(1), &records(2)].concat();
    seed("owner_seal", "two-kinds", &seal);
    seed("owner_seal", "hidden", &[&[1], &set(0)[..]].concat());
    seed("owner_seal", "cut", &seal[..seal.len() - 1]);
    let root = [&12_u64.to_be_bytes()[..], &[0], &set(4), &set(2)].concat();
    seed("root", "whole", &root);
    seed("root", "cut", &root[..80]);
    seed("root", "longer", &[&root[..], &[0]].concat());
}

fn blob() {
    let head = |length: u64| [&[47], &length.to_be_bytes()[..], &[5; 32], &[6; 7]].concat();
    let chunk = |sequence: u8, bytes: &[u8]| {
        [&[sequence], &(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
    };
    let mut padded = b"Bonjour".to_vec();
    padded.resize(256, 0);
    seed("blob", "one-chunk", &[head(7), chunk(0, &padded)].concat());
    seed("blob", "empty", &[head(0), chunk(0, &[0; 256])].concat());
    seed("blob", "no-chunk", &head(7));
    seed(
        "blob",
        "cut-head",
        &[&[46], &[0; 46][..], &chunk(0, &padded)].concat(),
    );
    let two = [head(65_537), chunk(0, &padded), chunk(1, &padded)].concat();
    seed("blob", "shorter-than-its-length", &two);
    seed(
        "blob",
        "another-order",
        &[head(70_000), chunk(1, &padded), chunk(0, &padded)].concat(),
    );
}

fn cache() {
    let head = |length: u64| [&[47], &[3; 32][..], &[4; 7], &length.to_be_bytes()].concat();
    seed("cache", "whole", &[head(7), b"Bonjour".to_vec()].concat());
    seed("cache", "empty", &head(0));
    seed(
        "cache",
        "another-length",
        &[head(8), b"Bonjour".to_vec()].concat(),
    );
    seed("cache", "endless", &head(u64::MAX));
    seed("cache", "cut-head", &[46; 47]);
}

fn recovery_words() {
    let english = ["abandon ".repeat(23), "art".into()].concat();
    let french: String = (1..24)
        .map(|number| format!("{number}. Abaisser\n"))
        .collect();
    let french = format!("{french}24. Anaphore\n");
    seed("recovery_words", "english", english.as_bytes());
    seed("recovery_words", "french", french.as_bytes());
    seed(
        "recovery_words",
        "one-too-few",
        "abandon ".repeat(23).as_bytes(),
    );
    seed(
        "recovery_words",
        "wrong-sum",
        "abandon ".repeat(24).as_bytes(),
    );
    seed("recovery_words", "no-text", &[0xff, 0xcc, 0x81]);
}

/// The whole database of a small vault, and the values of the domain in it.
fn vault() {
    let folder = std::env::temp_dir().join(format!("aparte-seeds-{}", std::process::id()));
    fs::create_dir(&folder).expect("the system has a folder for temporary files");
    let vault = Vault::create_for_tests(&folder, &MASTER).expect("an empty folder");
    let turns = ["What is the rent?", "It is 412,000 euros a year."].map(str::to_owned);
    add_conversations(&vault, &[turns.to_vec()], 1).expect("a vault that can be written");
    let page = vec![
        "Le loyer est de 412 000 €.".to_owned(),
        "Il est annuel.".to_owned(),
    ];
    add_document(&vault, 1, &[page]).expect("a vault that can be written");
    vault
        .write(|change| change.set_setting(SettingKey(1), &SETTINGS))
        .expect("a vault that can be written");

    let value = |name: &str, which: u8, bytes: &[u8]| {
        seed("stored_value", name, &[&[which], bytes].concat());
    };
    let owners = |kind| vault.owners(kind).expect("it was just written").readable;
    let records = |owner, kind| vault.records(owner, kind).expect("as above").readable;
    let conversation = &owners(OwnerKind::Conversation)[0];
    let document = &owners(OwnerKind::Document)[0];
    let messages = records(conversation.id, MESSAGE);
    value("question", 0, &messages[0].body);
    value("answer", 0, &messages[1].body);
    let thinking = b"\x0bLet me see.\xb0\x09";
    let with_thinking = [&[2], &messages[1].body[1..], thinking].concat();
    value("answer-with-thinking", 0, &with_thinking);
    value("page", 1, &records(document.id, PAGE)[0].body);
    value("conversation", 2, &conversation.head);
    value("document", 3, &document.head);
    value("settings", 4, &SETTINGS);
    value("first-settings", 4, &SETTINGS.map(|byte| byte.min(1))[..3]);
    value("text", 5, b"\x01\x07Bonjour");
    value("cut", 0, &messages[1].body[..20]);
    value("newer", 0, &[9]);
    vault.close().expect("nobody else reads it");

    let database = fs::read(folder.join("vault.db")).expect("it was just closed");
    seed("database", "small", &database);
    seed("database", "cut", &database[..4096]);
    let golden = fs::read(golden(1).join("vault.db")).expect("a golden vault");
    seed("database", "golden-1", &golden);
    fs::remove_dir_all(folder).expect("it is ours");
}

fn frames() {
    let mut pipe = Vec::new();
    let request = DocumentRequest {
        extension: Some("md".into()),
        size: 7,
        password: None,
        limits: Limits::default(),
    };
    write_message(&mut pipe, RequestId(1), &request).expect("memory");
    write_chunk(&mut pipe, RequestId(1), b"Bonjour").expect("memory");
    write_end(&mut pipe, RequestId(1)).expect("memory");
    let opened = DocumentEvent::Opened {
        format: Format::Markdown,
        pages: 1,
    };
    write_message(&mut pipe, RequestId(1), &opened).expect("memory");
    seed("frames", "document", &pipe);
    let mut pipe = Vec::new();
    let request = EngineRequest::CountTokens(vec!["Bonjour".into()]);
    write_message(&mut pipe, RequestId(2), &request).expect("memory");
    let event = EngineEvent::TokenCounts(vec![3]);
    write_message(&mut pipe, RequestId(2), &event).expect("memory");
    let event = EngineEvent::Text("déjà".into());
    write_message(&mut pipe, RequestId(3), &event).expect("memory");
    seed("frames", "engine", &pipe);
    seed("frames", "cut", &pipe[..pipe.len() - 1]);
}

fn golden(format: u32) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vault/tests/golden");
    folder.join(format!("format-{format}"))
}

fn seed(target: &str, name: &str, bytes: &[u8]) {
    assert!(bytes.len() < 64 << 10, "{target}/{name} is too long");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder).expect("this folder can be written");
    fs::write(folder.join(name), bytes).expect("this folder can be written");
}
