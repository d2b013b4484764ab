//! What is in an export, and what an export does not do.

use aparte_protocol::documents::{Page, Passage, TextRange};
use serde_json::Value;

use super::*;
use crate::adding::add_pages;
use crate::answer::AnswerTimings;
use crate::conversation::ConversationId;
use crate::stored;

const MINUTES: &str = "The choir leaves on 17 July at 7:45 from the bus station.";

fn assistant() -> Assistant {
    let vault = Vault::in_memory().unwrap();
    Assistant::open(vault, PathBuf::from("no-worker"), None, Language::English).unwrap()
}

fn add_document(assistant: &Assistant, name: &str, text: &str) -> DocumentId {
    let whole = TextRange {
        start: 0,
        end: u32::try_from(text.len()).unwrap(),
    };
    let page = Page {
        number: 1,
        text: text.to_owned(),
        passages: vec![Passage {
            range: whole,
            headings: Vec::new(),
            header: None,
        }],
        ..Page::default()
    };
    add_pages(assistant, name, text.as_bytes(), vec![page])
}

/// A conversation with an answer that cites the document.
fn add_conversation(assistant: &Assistant, question: &str, document: DocumentId) -> ConversationId {
    let answer = Answer {
        text: "The choir leaves at **7:45** [1]. ![spy](http://host/x.png)".to_owned(),
        refused: false,
        citations: vec![Citation {
            document,
            name: "minutes.txt".to_owned(),
            page: None,
            anchor: Some("Departure".to_owned()),
            range: TextRange { start: 0, end: 9 },
            quote: "The choir".to_owned(),
            verified: true,
        }],
        nearest: Vec::new(),
        lead: Lead::Model,
        mode: Mode::Whole,
        ending: Ending::Complete,
        timings: AnswerTimings::default(),
        given: None,
        thinking: None,
    };
    let id = assistant.begin(question, &[document], false).unwrap().id;
    let answer = stored::encode(&Message::Answer(Box::new(answer)));
    assistant
        .vault
        .write(|change| change.append(id.0, stored::MESSAGE, &answer))
        .unwrap();
    id
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn json(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("aparte.json")).unwrap()).unwrap()
}

#[test]
fn everything_is_in_the_export_in_formats_that_anyone_reads() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let document = add_document(&assistant, "minutes.txt", MINUTES);
    let conversation = add_conversation(&assistant, "When does the choir leave?", document);
    let to = scratch.path().join("export");

    let exported = assistant.export(&to).unwrap();

    let expected = Exported {
        conversations: 1,
        documents: 1,
        ..Exported::default()
    };
    assert_eq!(exported, expected);
    assert_eq!(names(&to), ["aparte.json", "conversations", "documents"]);
    let original = fs::read_to_string(to.join("documents/minutes.txt")).unwrap();
    assert_eq!(original, MINUTES, "the very bytes that were added");

    let markdown = &names(&to.join("conversations"))[0];
    assert!(
        markdown.ends_with(" When does the choir leave_.md"),
        "{markdown}"
    );
    let text = fs::read_to_string(to.join("conversations").join(markdown)).unwrap();
    for part in [
        "# When does the choir leave?",
        "> When does the choir leave?",
        "leaves at **7:45** [1].",
        "1. [minutes.txt](../documents/minutes.txt), Departure (verified): “The choir”",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("!["), "an image would be loaded: {text}");

    let json = json(&to);
    assert_eq!(json["documents"][0]["pages"][0]["text"], MINUTES);
    assert_eq!(json["documents"][0]["file"], "documents/minutes.txt");
    let exported = &json["conversations"][0];
    assert_eq!(exported["id"], conversation.to_string());
    assert_eq!(exported["messages"][0]["role"], "question");
    let answer = &exported["messages"][1];
    assert!(
        answer["text"].as_str().unwrap().contains("![spy]"),
        "the text as it was: {answer}"
    );
    assert_eq!(answer["citations"][0]["document"], document.to_string());
    assert_eq!(answer["citations"][0]["quote"], "The choir");
    assert_eq!(json["left_out"], 0);
}

#[test]
fn documents_tell_the_collections_that_they_are_in() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let minutes = add_document(&assistant, "minutes.txt", MINUTES);
    add_document(&assistant, "loose.txt", "Nobody gathered this.");
    for (name, members) in [
        ("Tours", &[minutes][..]),
        ("Choir", &[minutes]),
        ("Later", &[]),
    ] {
        let collection = assistant.make_collection(name).unwrap();
        assistant.gather(members, collection, true).unwrap();
    }
    let to = scratch.path().join("export");

    assistant.export(&to).unwrap();

    let json = json(&to);
    assert_eq!(
        json["collections"],
        serde_json::json!(["Choir", "Later", "Tours"])
    );
    let documents = json["documents"].as_array().unwrap().iter();
    let told: Vec<_> = documents
        .map(|document| (document["name"].clone(), document["collections"].clone()))
        .collect();
    let expected = [
        ("minutes.txt".into(), serde_json::json!(["Choir", "Tours"])),
        ("loose.txt".into(), serde_json::json!([])),
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_empty_vault_is_an_export_too() {
    let scratch = tempfile::tempdir().unwrap();
    let to = scratch.path().join("export");
    assert_eq!(assistant().export(&to).unwrap(), Exported::default());
    let json = json(&to);
    assert_eq!(json["conversations"], serde_json::json!([]));
    assert_eq!(json["documents"], serde_json::json!([]));
}

#[test]
fn unsent_text_is_in_the_export_and_a_private_conversation_is_not() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let document = add_document(&assistant, "minutes.txt", MINUTES);
    let kept = add_conversation(&assistant, "When?", document);
    assistant.keep_draft(Some(kept), "and the bus").unwrap();
    assistant.keep_draft(None, "who sings").unwrap();
    let question = "What nobody shall know?";
    assistant.begin(question, &[document], true).unwrap();
    let to = scratch.path().join("export");

    assert_eq!(assistant.export(&to).unwrap().conversations, 1);

    let text = fs::read_to_string(to.join("aparte.json")).unwrap();
    assert!(text.contains("and the bus") && text.contains("who sings"));
    assert!(!text.contains("nobody shall know"), "{text}");
}

#[test]
fn what_does_not_open_is_counted_and_costs_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let document = add_document(&assistant, "minutes.txt", MINUTES);
    let conversation = add_conversation(&assistant, "When?", document);
    let vault = &assistant.vault;
    let records = vault.records(conversation.0, stored::MESSAGE).unwrap();
    let (question, unreadable) = (records.readable[0].id, b"\xff");
    vault
        .write(|change| change.replace(conversation.0, question, unreadable))
        .unwrap();
    let to = scratch.path().join("export");

    let exported = assistant.export(&to).unwrap();

    assert_eq!((exported.conversations, exported.incomplete), (1, 1));
    let json = json(&to);
    let messages = &json["conversations"][0]["messages"];
    assert_eq!(messages[0]["role"], "lost");
    assert_eq!(messages[1]["role"], "answer", "the others are there");
    assert_eq!(json["incomplete"], 1);
}

#[test]
fn an_export_goes_over_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let full = scratch.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("kept"), "of the user").unwrap();
    let file = scratch.path().join("file");
    fs::write(&file, "of the user").unwrap();

    let not_empty = Err(Error::Export(ExportTrouble::NotEmpty));
    assert_eq!(assistant.export(&full), not_empty);
    assert_eq!(assistant.export(&file), not_empty);
    let missing = scratch.path().join("no/such/folder");
    let folder_missing = Err(Error::Export(ExportTrouble::FolderMissing));
    assert_eq!(assistant.export(&missing), folder_missing);

    assert_eq!(names(&full), ["kept"]);
    assert_eq!(
        names(scratch.path()),
        ["file", "full"],
        "nothing is left beside it"
    );
}

#[test]
fn an_export_takes_an_empty_folder_and_a_second_one_does_not_follow() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let to = scratch.path().join("empty");
    fs::create_dir(&to).unwrap();
    assistant.export(&to).unwrap();
    assert!(to.join("aparte.json").is_file());
    let again = assistant.export(&to);
    assert_eq!(again, Err(Error::Export(ExportTrouble::NotEmpty)));
}

#[test]
fn an_export_that_fails_in_the_middle_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let to = scratch.path().join("export");
    let aside = Aside::beside(&to).unwrap();
    make_folder(&aside.folder.join(DOCUMENTS)).unwrap();
    make_file(&aside.folder.join(DOCUMENTS).join("half")).unwrap();
    // What was being written when the disk was full.
    drop(aside);
    assert!(names(scratch.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_an_export() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let document = add_document(&assistant, "minutes.txt", MINUTES);
    add_conversation(&assistant, "When?", document);
    let to = scratch.path().join("export");
    assistant.export(&to).unwrap();
    let mut looked_at = 0;
    let mut folders = vec![to];
    while let Some(folder) = folders.pop() {
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let facts = entry.metadata().unwrap();
            if facts.is_dir() {
                folders.push(entry.path());
            } else {
                assert_eq!(facts.permissions().mode() & 0o777, 0o600);
                looked_at += 1;
            }
        }
    }
    assert_eq!(looked_at, 3);
}

#[test]
fn titles_and_names_that_are_no_file_names_are_exported_all_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let assistant = assistant();
    let evil = [
        "../../up.txt",
        "/etc/passwd",
        "CON",
        "a\u{202e}txt.exe",
        "..",
        "",
    ];
    for (number, name) in evil.iter().enumerate() {
        let document = add_document(&assistant, name, &format!("{MINUTES} {number}"));
        add_conversation(&assistant, &format!("../{name} why?"), document);
    }
    let to = scratch.path().join("export");
    let exported = assistant.export(&to).unwrap();
    assert_eq!(exported.documents, evil.len());
    assert_eq!(names(&to.join("documents")).len(), evil.len());
    assert_eq!(names(&to.join("conversations")).len(), evil.len());
    assert_eq!(names(scratch.path()), ["export"], "nothing got out");
    let links = json(&to);
    for document in links["documents"].as_array().unwrap() {
        let file = to.join(document["file"].as_str().unwrap());
        assert!(file.is_file(), "{document}");
    }
}
