//! Texts that try to run or to call out (X1, N4), stored as answers, questions, titles, names and quotes, and then
//! opened in the real window.
//!
//! The long form (`cargo xtask campaign window`) has three times as many.

use std::collections::BTreeSet;

use aparte_assistant::{DocumentId, Message, Protection, Vault};
use aparte_tests::fixture;
use aparte_vault::{OwnerId, OwnerKind, RecordKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::app::{App, Start};
use super::listener::Listener;
use super::machine::{Machine, folder_of_vault};
use super::patience::{SOON, eventually};
use super::trace::Trace;

const PASSPHRASE: &str = "ink that does not run in rain";

/// How many strings stand in one conversation: as many as the window draws before it is asked for earlier ones.
const TOGETHER: usize = 20;

/// The elements that the application draws with; each has a use in `ui/src`.
const ELEMENTS: &[&str] = &[
    "article",
    "blockquote",
    "br",
    "button",
    "canvas",
    "circle",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "footer",
    "g",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "input",
    "li",
    "line",
    "mark",
    "ol",
    "p",
    "path",
    "polyline",
    "pre",
    "rect",
    "section",
    "span",
    "strong",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The attributes of those elements. None names an address or holds code; `aria-` and `data-` go without saying.
const ATTRIBUTES: &[&str] = &[
    "class",
    "cx",
    "cy",
    "d",
    "disabled",
    "fill",
    "focusable",
    "height",
    "hidden",
    "id",
    "inputmode",
    "lang",
    "open",
    "points",
    "r",
    "role",
    "rx",
    "ry",
    "scope",
    "size",
    "start",
    "stroke",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-width",
    "tabindex",
    "title",
    "type",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
];

/// `tests/fixtures/hostile.json`: each wrapper has one `{}` for what is tried.
#[derive(Deserialize)]
struct Hostile {
    wrappers: Vec<String>,
    scripts: Vec<String>,
    callouts: Vec<String>,
}

/// What is sealed of a conversation itself: the layout of `conversation.rs`.
#[derive(Serialize)]
struct Head {
    title: String,
    began: u64,
    documents: Vec<DocumentId>,
}

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.close();
    let listener = Listener::new();
    let strings = strings(listener.port());
    store(&machine, &strings);

    let trace = Trace::new();
    let start = Start {
        under: trace.words(),
        ..Start::default()
    };
    let app = App::again(&machine, &start, PASSPHRASE);
    let conversations = strings.chunks(TOGETHER).len();
    eventually(SOON, "all conversations are listed", || {
        (app.count("conversation") == conversations).then_some(())
    });
    let before = traces_of_code(&app);
    let list = app.session().find("[data-part=conversation]").unwrap();
    let mut shown = 0;
    for (number, conversation) in list.iter().enumerate() {
        // In a long list the driver takes the end of what is shown for the middle of a button.
        app.run(
            "document.querySelectorAll('[data-part=conversation]')[arguments[0]].scrollIntoView({ block: 'nearest' })",
            &[json!(number)],
        );
        app.session().click(conversation).unwrap();
        // The latest is listed first: it holds the last of the strings.
        let expected = strings
            .chunks(TOGETHER)
            .rev()
            .nth(number)
            .expect("one for each");
        eventually(SOON, "the conversation is drawn", || {
            assert!(
                app.count("*") > 0,
                "the web view crashed over one of {expected:#?}"
            );
            (app.count("answer") == expected.len() && app.count("asked") == expected.len())
                .then_some(())
        });
        assert_harmless(&app);
        // What is shown is what was stored, without what is no sign at all.
        let text = app.texts("asked");
        for (asked, string) in text.iter().zip(expected) {
            assert_eq!(
                letters(asked),
                letters(string),
                "a question is shown as the text that it is"
            );
        }
        shown += expected.len();
    }
    assert_eq!(shown, strings.len());
    app.press("citation");
    app.see("source");
    assert_harmless(&app);
    app.screenshot("hostile-en");
    assert_eq!(
        traces_of_code(&app),
        before,
        "nothing that was stored ran in the page"
    );
    app.assert_alive();
    app.close();

    listener.assert_nobody_came();
    let contacts = trace.contacts();
    let proxy: Vec<_> = contacts
        .loopback
        .iter()
        .filter(|address| address.ends_with(":9"))
        .collect();
    assert!(
        contacts.outside.is_empty() && proxy.is_empty(),
        "{shown} hostile texts were drawn, and something was asked of a network: {contacts:#?}"
    );
    println!("campaign: executions={shown} failures=0");
}

/// What is tried, in wrappers, with the address of the listener where an address of this machine stands. The short form
/// has each wrapper and each thing tried, the long one each with each.
fn strings(port: u16) -> Vec<String> {
    let text = std::fs::read_to_string(fixture("hostile.json")).unwrap();
    let hostile: Hostile = serde_json::from_str(&text).unwrap();
    let is_short = std::env::var_os("APARTE_CAMPAIGN").is_none();
    let mut strings = BTreeSet::new();
    for tried in [&hostile.scripts, &hostile.callouts] {
        for (row, tried) in tried.iter().enumerate() {
            for (column, wrapper) in hostile.wrappers.iter().enumerate() {
                if is_short && (row + column) % 3 > 0 {
                    continue;
                }
                let string = wrapper.replacen("{}", tried, 1);
                strings.insert(string.replace("127.0.0.1:9/", &format!("127.0.0.1:{port}/")));
            }
        }
    }
    assert!(strings.len() > 800, "only {} strings", strings.len());
    strings.into_iter().collect()
}

/// Puts the strings into the vault, wherever a text can stand: as the domain stores it.
fn store(machine: &Machine, strings: &[String]) {
    const MESSAGE: RecordKind = RecordKind(1);
    let folder = folder_of_vault(&machine.aparte_home()).expect("the first launch made a vault");
    let passphrase = SecretString::from(PASSPHRASE);
    let vault = Vault::unlock(&folder, Protection::Passphrase(&passphrase)).unwrap();
    let sample = vault.owners(OwnerKind::Document).unwrap().readable[0].id;
    for (number, strings) in strings.chunks(TOGETHER).enumerate() {
        let head = Head {
            title: strings[0].clone(),
            began: 1_700_000_000_000 + number as u64,
            documents: vec![document(sample)],
        };
        vault
            .write(|change| {
                let conversation = change.create_owner(OwnerKind::Conversation, &stored(&head))?;
                for string in strings {
                    for message in messages(string, sample) {
                        change.append(conversation, MESSAGE, &stored(&message))?;
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}

fn messages(string: &str, sample: OwnerId) -> [Message; 2] {
    let citation = json!({
        "document": sample.as_bytes(), "name": string, "page": 1, "anchor": string,
        "range": {"start": 0, "end": 5}, "quote": string, "verified": true,
    });
    let answer = json!({"Answer": {
        "text": format!("{string} [1]"), "refused": false, "citations": [citation], "nearest": [citation],
        "lead": "Model", "mode": "Whole", "ending": "Complete",
        "timings": {"load_ms": 0, "first_word_ms": 1, "total_ms": 2, "engine": {
            "prompt_tokens": 1, "reused_tokens": 0, "generated_tokens": 1, "prompt_ms": 1.0, "generation_ms": 1.0,
        }},
    }});
    [
        Message::Question(string.to_owned()),
        serde_json::from_value(answer).expect("the answer has the fields of an answer"),
    ]
}

/// A document by the bytes of its id.
fn document(id: OwnerId) -> DocumentId {
    postcard::from_bytes(id.as_bytes()).expect("an id is 16 bytes")
}

/// A version, then the value: the layout of `stored.rs`.
fn stored(value: &impl Serialize) -> Vec<u8> {
    [vec![1], postcard::to_stdvec(value).unwrap()].concat()
}

/// Fails if the page holds anything that it does not draw with.
fn assert_harmless(app: &App) {
    let foreign = app.run(
        "const [elements, attributes] = arguments;
         const drawn = document.querySelectorAll('[data-part=asked], [data-part=asked] *, [data-part=answer], \
             [data-part=answer] *, [data-part=conversation], [data-part=conversation] *, [data-part=source] *');
         const foreign = new Set();
         for (const element of drawn) {
             if (!elements.includes(element.localName)) foreign.add(`<${element.localName}>`);
             for (const { name } of element.attributes) {
                 if (!attributes.includes(name) && !/^(aria|data)-/.test(name)) foreign.add(`${element.localName} ${name}=`);
             }
         }
         for (const element of document.querySelectorAll('iframe, object, embed, video, audio, base, form[action], \
             meta[http-equiv=refresh], a[href], [srcset], [srcdoc]')) foreign.add(`<${element.localName}>`);
         return [...foreign]",
        &[json!(ELEMENTS), json!(ATTRIBUTES)],
    );
    assert_eq!(
        foreign,
        json!([]),
        "an answer is drawn with elements that load and run nothing"
    );
}

/// Names that pdf.js takes when the first PDF is drawn.
const OF_PDF_JS: [&str; 4] = [
    "__core-js_shared__",
    "_pdfjsTestingUtils",
    "pdfjsLib",
    "pdfjsWorker",
];

/// What code that ran would leave: a global name, a title, another address, a script or frame in the document.
fn traces_of_code(app: &App) -> serde_json::Value {
    app.run(
        "const known = arguments[0];
         return [Object.getOwnPropertyNames(window).filter((name) => !known.includes(name)).sort(), document.title, location.href, document.scripts.length,
                 window.frames.length, document.cookie, localStorage.length]",
        &[json!(OF_PDF_JS)],
    )
}

fn letters(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).collect()
}
