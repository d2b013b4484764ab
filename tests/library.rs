//! The library as a person uses it: files come in, are gathered, change and go, and everything is there after a restart. With the
//! real workers and a vault on the disk.

#[path = "window/large.rs"]
mod large;

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aparte_assistant::{
    Adding, Assistant, DocumentId, Embedded, Error, Input, KeptSummary, Language, Named, Stop,
    SummaryLength, SummaryStyle, SummaryWish, Vault, files_below,
};
use aparte_tests::{embedding, worker};
use tempfile::TempDir;

const KEY: [u8; 32] = [9; 32];

const LEASE: &str = "# Lease\n\nThe rent of the mill is 412 euros a month.\n\n## Notice\n\nNotice is given in writing, three months before.\n";
const MINUTES: &str =
    "# Minutes\n\nThe choir leaves at a quarter to eight and comes back by train.\n";

/// A folder with a vault, and one with files.
struct Place {
    vault: TempDir,
    files: TempDir,
}

impl Place {
    fn new() -> (Place, Assistant) {
        let place = Place {
            vault: tempfile::tempdir().unwrap(),
            files: tempfile::tempdir().unwrap(),
        };
        let vault = Vault::create_for_tests(place.vault.path(), &KEY).unwrap();
        let assistant = opened(vault);
        (place, assistant)
    }

    fn again(&self) -> Assistant {
        opened(Vault::unlock_for_tests(self.vault.path(), &KEY).unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

fn opened(vault: Vault) -> Assistant {
    Assistant::open(vault, worker(), None, Language::English).unwrap()
}

fn add(assistant: &Assistant, file: &Path) -> DocumentId {
    assistant.add(Input::File(file), &mut |_, _| {}).unwrap()
}

fn name_of(assistant: &Assistant, id: DocumentId) -> Option<String> {
    assistant.with_document(id, |document| document.name.clone())
}

/// Whether a search in all documents finds this.
fn finds(assistant: &Assistant, question: &str, text: &str) -> bool {
    let all: Vec<_> = assistant
        .documents()
        .iter()
        .map(|document| document.id)
        .collect();
    let hits = assistant.search(question, &all, 10).unwrap();
    hits.iter().any(|hit| hit.text.contains(text))
}

#[test]
fn the_same_content_under_another_name_is_stored_once_and_joins_both_collections() {
    let (place, assistant) = Place::new();
    let first = assistant.make_collection("Contracts").unwrap();
    let second = assistant.make_collection("Mill").unwrap();
    let ids = [("lease.md", first), ("copy of lease.md", second)].map(|(name, collection)| {
        let adding = Adding {
            collection: Some(collection),
            ..Adding::default()
        };
        let file = place.file(name, LEASE);
        assistant
            .add_to(&adding, Input::File(&file), &mut |_, _| {})
            .unwrap()
            .document
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(assistant.documents().len(), 1);
    let collections = assistant.with_document(ids[0], |document| document.collections.clone());
    assert_eq!(collections, Some(vec![first, second]));
}

#[test]
fn names_and_collections_are_there_after_a_restart_and_a_collection_that_is_removed_leaves_its_documents()
 {
    let (place, assistant) = Place::new();
    let id = add(&assistant, &place.file("lease.md", LEASE));
    let mill = assistant.make_collection("  Mill ").unwrap();
    assert_eq!(assistant.make_collection("Mill"), Ok(mill), "it is there");
    assert_eq!(
        assistant.make_collection(" "),
        Err(Error::CollectionNameEmpty)
    );
    assistant.gather(&[id], mill, true).unwrap();
    assistant.rename_collection(mill, "The mill").unwrap();
    assistant.rename_document(id, "Lease of 1987.md").unwrap();
    assistant.close().unwrap();

    let assistant = place.again();
    assert_eq!(name_of(&assistant, id).unwrap(), "Lease of 1987.md");
    let names: Vec<_> = assistant
        .collections()
        .unwrap()
        .into_iter()
        .map(|collection| collection.name)
        .collect();
    assert_eq!(names, ["The mill"]);
    assert!(finds(&assistant, "rent of the mill", "412 euros"));
    assistant.remove_collection(mill).unwrap();
    assert_eq!(assistant.collections(), Ok(Vec::new()));
    let collections = assistant.with_document(id, |document| document.collections.clone());
    assert_eq!(collections, Some(Vec::new()));
}

#[test]
fn the_original_is_given_back_byte_for_byte() {
    let (place, assistant) = Place::new();
    let id = add(&assistant, &place.file("lease.md", LEASE));
    assistant.close().unwrap();
    let assistant = place.again();
    assert_eq!(
        assistant.original(id).unwrap().as_deref(),
        Some(LEASE.as_bytes())
    );
}

#[test]
fn a_document_that_is_read_again_from_a_changed_file_keeps_its_id_and_forgets_the_old_text() {
    let (place, assistant) = Place::new();
    let file = place.file("lease.md", LEASE);
    let id = add(&assistant, &file);
    fs::write(&file, LEASE.replace("412", "977")).unwrap();
    assistant
        .read_again(id, Some(Input::File(&file)), &mut |_, _| {})
        .unwrap();
    assert_eq!(assistant.documents().len(), 1);
    assert!(finds(&assistant, "rent of the mill", "977 euros"));
    assert!(!finds(&assistant, "rent of the mill", "412 euros"));
    assistant.close().unwrap();
    let assistant = place.again();
    assert!(finds(&assistant, "rent of the mill", "977 euros"));
    assert!(!finds(&assistant, "rent of the mill", "412 euros"));
    assistant.read_again(id, None, &mut |_, _| {}).unwrap();
    assert!(finds(&assistant, "rent of the mill", "977 euros"));
}

#[test]
fn a_file_that_became_unreadable_leaves_the_document_as_it_was() {
    let (place, assistant) = Place::new();
    let file = place.file("lease.md", LEASE);
    let id = add(&assistant, &file);
    fs::write(&file, "").unwrap();
    let refused = assistant.read_again(id, Some(Input::File(&file)), &mut |_, _| {});
    assert!(matches!(refused, Err(Error::Document { .. })));
    assert!(finds(&assistant, "rent of the mill", "412 euros"));
}

#[test]
fn a_reading_that_was_cut_short_leaves_nothing_and_the_file_can_be_read_after_it() {
    let (place, assistant) = Place::new();
    // More pages than are put into the vault at a time.
    let file = place.files.path().join("long.pdf");
    fs::write(&file, large::pdf(200)).unwrap();
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assistant.add(Input::File(&file), &mut |page, _| {
            if page == 150 {
                std::panic::resume_unwind(Box::new("locked"));
            }
        })
    }));
    assert!(cut.is_err());
    assert!(assistant.documents().is_empty());
    // As if the application had been killed.
    drop(assistant);
    let assistant = place.again();
    assert!(assistant.documents().is_empty());
    add(&assistant, &file);
    assert_eq!(assistant.documents().len(), 1);
    assistant.close().unwrap();
    assert_eq!(place.again().documents().len(), 1);
}

#[test]
fn what_was_named_is_kept_until_it_is_read_and_a_file_that_is_there_is_known_without_reading() {
    let (place, assistant) = Place::new();
    let lease = place.file("papers/lease.md", LEASE);
    let minutes = place.file("papers/deep/minutes.md", MINUTES);
    let mill = assistant.make_collection("Mill").unwrap();
    let named = [Named::new(&place.files.path().join("papers"), Some(mill))];
    assistant.keep_intake(&named).unwrap();
    let adding = Adding {
        collection: Some(mill),
        ..Adding::default()
    };
    assistant
        .add_to(&adding, Input::File(&lease), &mut |_, _| {})
        .unwrap();
    drop(assistant);

    let assistant = place.again();
    assert_eq!(assistant.intake().unwrap(), named);
    let files = files_below(&named[0].path());
    assert_eq!(files, [minutes.clone(), lease.clone()]);
    assert!(assistant.unchanged(&lease, Some(mill)).is_some());
    assert_eq!(assistant.unchanged(&minutes, Some(mill)), None);
    let other = assistant.make_collection("Other").unwrap();
    assert_eq!(assistant.unchanged(&lease, Some(other)), None);
    assistant.keep_intake(&[]).unwrap();
    assert_eq!(assistant.intake(), Ok(Vec::new()));
}

#[test]
fn a_watched_folder_tells_what_is_new_changed_and_gone() {
    let (place, assistant) = Place::new();
    let lease = place.file("papers/lease.md", LEASE);
    let minutes = place.file("papers/minutes.md", MINUTES);
    let folder = place.files.path().join("papers");
    assistant.watch(&folder, None).unwrap();
    let changes = assistant.folder_changes().unwrap();
    assert_eq!(
        changes.new,
        [(lease.clone(), None), (minutes.clone(), None)]
    );
    let [first, second] = [&lease, &minutes].map(|file| add(&assistant, file));
    assert_eq!(assistant.folder_changes(), Ok(Default::default()));

    fs::write(&lease, LEASE.replace("412", "977")).unwrap();
    let later = SystemTime::now() + Duration::from_secs(5);
    fs::File::options()
        .write(true)
        .open(&lease)
        .unwrap()
        .set_modified(later)
        .unwrap();
    fs::remove_file(&minutes).unwrap();
    let changes = assistant.folder_changes().unwrap();
    assert_eq!(changes.new, []);
    assert_eq!(changes.changed, [(first, lease)]);
    assert_eq!(changes.gone, [second]);
    assistant.forget_origin(&[second]).unwrap();
    assert_eq!(assistant.folder_changes().unwrap().gone, []);

    // What no document can be made of is not tried for ever, but again when it changes.
    let broken = place.file("papers/broken.pdf", "%PDF-1.7 and nothing more");
    assert_eq!(
        assistant.folder_changes().unwrap().new,
        [(broken.clone(), None)]
    );
    assistant.pass_over(&broken).unwrap();
    assert_eq!(assistant.folder_changes().unwrap().new, []);
    place.file(
        "papers/broken.pdf",
        "%PDF-1.7 and a little more than nothing",
    );
    assert_eq!(assistant.folder_changes().unwrap().new, [(broken, None)]);

    // A disk that was taken out takes no document with it.
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(assistant.folder_changes(), Ok(Default::default()));
    assistant.unwatch(&folder).unwrap();
    assert_eq!(assistant.watched_folders(), Ok(Vec::new()));
}

#[test]
fn a_passage_that_is_longer_than_the_model_reads_has_a_vector_too() {
    let (place, assistant) = Place::new();
    let assistant = assistant.embedding(embedding());
    // Of such signs every one takes several tokens.
    let signs: String = ('\u{12000}'..='\u{1237f}').collect();
    add(&assistant, &place.file("signs.txt", &signs));
    assistant
        .embed_passages(&Stop::default(), &mut |_| {})
        .unwrap();
    let Embedded { done, total, .. } = assistant.embedded();
    assert!(done > 0 && done == total, "{done} of {total}");
}

#[test]
fn what_lies_in_an_archive_is_a_document_of_its_own_and_can_be_ended_while_it_is_read() {
    let (place, assistant) = Place::new();
    let file = place.files.path().join("papers.zip");
    fs::write(
        &file,
        zipped(&[("a/lease.md", LEASE), ("broken.pdf", "%PDF-1.7")]),
    )
    .unwrap();
    let added = assistant
        .add_to(&Adding::default(), Input::File(&file), &mut |_, _| {})
        .unwrap();
    assert!(!added.already);
    let [lease, broken] = &added.inside[..] else {
        panic!("two files: {:?}", added.inside);
    };
    assert_eq!(lease.name, "a/lease.md");
    let id = *lease.outcome.as_ref().expect("it is read");
    let parent = assistant.with_document(id, |document| document.parent);
    assert_eq!(parent, Some(Some(added.document)));
    assert_eq!(name_of(&assistant, id).unwrap(), "lease.md");
    assert!(finds(&assistant, "rent of the mill", "412 euros"));
    assert!(matches!(broken.outcome, Err(Error::Document { .. })));
    let again = assistant
        .add_to(&Adding::default(), Input::File(&file), &mut |_, _| {})
        .unwrap();
    assert!(again.already && again.document == added.document);

    // Whoever locks the vault does not wait for all that lies in an archive.
    let (place, assistant) = Place::new();
    let file = place.files.path().join("papers.zip");
    fs::write(
        &file,
        zipped(&[("lease.md", LEASE), ("minutes.md", MINUTES)]),
    )
    .unwrap();
    let told = Cell::new(0);
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assistant.add(Input::File(&file), &mut |_, _| {
            told.set(told.get() + 1);
            // The archive has one page.
            if told.get() == 2 {
                std::panic::resume_unwind(Box::new("locked"));
            }
        })
    }));
    assert!(cut.is_err(), "it is heard while a file in it is read");
    assert!(assistant.documents().is_empty());
}

fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in entries {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_question_finds_what_it_means_in_another_language_once_there_are_vectors() {
    let (place, assistant) = Place::new();
    let assistant = assistant.embedding(embedding());
    let files = [
        ("lease.md", LEASE),
        ("minutes.md", MINUTES),
        (
            "dredging.md",
            "# Dredging\n\nSand was taken out of the north basin in May.\n",
        ),
    ];
    let documents: Vec<_> = files
        .iter()
        .map(|(name, text)| add(&assistant, &place.file(name, text)))
        .collect();
    let question = "Combien faut-il payer pour louer le moulin ?";
    let first = |assistant: &Assistant| {
        let hits = assistant.search(question, &documents, 10).unwrap();
        hits.first().map(|hit| hit.text.clone())
    };
    assert_eq!(first(&assistant), None, "no word is the same");
    assistant
        .embed_passages(&Stop::default(), &mut |_| {})
        .unwrap();
    // On a busy machine a question does not wait for its vector; one after it finds it.
    let found = (0..30).find_map(|_| first(&assistant));
    let found = found.expect("by meaning something is always near");
    assert!(found.contains("412 euros"), "{found}");
    // What is looked for stays within the documents that are named.
    let others = assistant.search(question, &documents[1..], 10).unwrap();
    assert!(others.iter().all(|hit| hit.document != documents[0]));
    assistant.close().unwrap();

    let assistant = place.again();
    assert_eq!(
        first(&assistant),
        None,
        "without the model words are searched"
    );
}

#[test]
fn passages_that_follow_each_other_are_one_hit() {
    let (place, assistant) = Place::new();
    // A section that says too little is no passage of its own.
    let part = |number: u32| {
        format!(
            "# Part {number}\n\nThe harbour wall of part {number} was built of granite from the quarry.\n\n"
        )
    };
    let text: String = (1..=3).map(part).collect();
    let choir = "# Choir\n\nIt sings on Mondays in the hall behind the church, never late.\n\n";
    let end = "# End\n\nThe harbour is mentioned once more at the end of these minutes.\n";
    let file = place.file("all.md", &format!("{text}{choir}{end}"));
    let document = add(&assistant, &file);
    assert_eq!(assistant.embedded().total, 5);
    let hits = assistant.search("harbour", &[document], 10).unwrap();
    let texts: Vec<_> = hits.iter().map(|hit| hit.text.as_str()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    let wall = texts.iter().find(|text| text.contains("granite")).unwrap();
    for number in 1..=3 {
        assert!(wall.contains(&format!("of part {number} was")), "{wall}");
    }
    assert!(!wall.contains("Mondays"));
}

#[test]
fn vectors_are_computed_in_parts_and_none_is_computed_twice() {
    let (place, assistant) = Place::new();
    let assistant = assistant.embedding(embedding());
    let text: String = (0..40)
        .map(|number| format!("# Part {number}\n\nThe {number}th report speaks of the harbour, its walls, and what each of them cost in that year.\n\n"))
        .collect();
    let files = [
        ("one.md", text.as_str()),
        ("two.md", LEASE),
        ("three.md", MINUTES),
    ];
    for (name, text) in files {
        add(&assistant, &place.file(name, text));
    }
    let all = assistant.embedded();
    assert_eq!(all.done, 0);
    assert!(all.total >= 3);
    let stop = Stop::default();
    let told = Cell::new(None);
    assistant
        .embed_passages(&stop, &mut |embedded| {
            told.set(Some(embedded));
            stop.now();
        })
        .unwrap();
    let first = told.get().expect("it tells how far it is");
    assert!(first.done > 0 && first.left.is_some());
    assistant.close().unwrap();

    let assistant = place.again().embedding(embedding());
    assert_eq!(assistant.embedded().done, first.done, "what was done stays");
    let mut tells = Vec::new();
    assistant
        .embed_passages(&Stop::default(), &mut |embedded| tells.push(embedded.done))
        .unwrap();
    let Embedded { done, total, .. } = assistant.embedded();
    assert_eq!((done, total), (all.total, all.total));
    assert!(tells.iter().all(|done| *done > first.done));
    // Where the index is made anew, the vectors come out of the vault.
    drop(assistant);
    assert_eq!(place.again().embedded().done, total);
}

#[test]
fn summaries_that_were_asked_for_are_listed_after_a_restart_each_once() {
    let (place, assistant) = Place::new();
    let lease = add(&assistant, &place.file("lease.md", LEASE));
    let minutes = add(&assistant, &place.file("minutes.md", MINUTES));
    let summary = |documents: &[DocumentId], length, asked, is_whole| KeptSummary {
        name: None,
        documents: documents.to_vec(),
        wish: SummaryWish {
            length,
            style: SummaryStyle::Bullets,
            focus: Some("the rent".to_owned()),
            language: Some(Language::French),
        },
        asked,
        is_whole,
    };
    let both = summary(&[lease, minutes], SummaryLength::Brief, 2, true);
    let long = summary(&[lease], SummaryLength::Detailed, 3, true);
    for kept in [
        &summary(&[lease], SummaryLength::Detailed, 1, false),
        &both,
        &long,
    ] {
        assistant.keep_summary(kept).unwrap();
    }
    assistant.close().unwrap();

    let assistant = place.again();
    let listed = assistant.kept_summaries().unwrap();
    assert_eq!(listed, [long.clone(), both.clone()]);
    assert!(
        finds(&assistant, "How much is the rent?", "412 euros"),
        "nothing of it is in the index"
    );
    assistant
        .forget_summary(&long.documents, &long.wish)
        .unwrap();
    assert_eq!(assistant.kept_summaries().unwrap(), [both]);
}
