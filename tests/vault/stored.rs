//! The values that the domain keeps: whatever they are, what is whole is shown and what is not is told.
//!
//! The vault answers for the bytes being those that were written; these tests write other ones under its keys, as a build
//! with a mistake would have, and as the next format will.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aparte_assistant::{Assistant, Conversation, Hit, Item, Language, Message};
use aparte_vault::{CacheKind, OwnerId, OwnerKind, RecordId, RecordKind, SettingKey, Vault};

use super::campaign::{Dice, Tally, times};
use super::format::master_of;
use super::golden::{assistant, golden, passphrase};
use super::ground::{Files, Ground, put_files};

/// The golden vault, brought to this build's format: its files, and the key that opens them at once.
fn lived_in() -> (Files, [u8; 32]) {
    let golden = golden(1);
    let master = master_of(&golden["vault.json"], &passphrase(1));
    let ground = Ground::of(&golden);
    let vault = Vault::unlock_for_tests(&ground.vault, &master).expect("its key opens it");
    let assistant = assistant(vault);
    let conversation = assistant.conversations().unwrap()[0].id;
    assistant
        .keep_draft(Some(conversation), "not asked yet")
        .unwrap();
    assistant.keep_draft(None, "not begun yet").unwrap();
    assistant
        .change_settings(aparte_assistant::Settings {
            language: Language::French,
            theme: aparte_assistant::Theme::Dark,
            lock_after: 7,
            earlier: aparte_assistant::EarlierTurns::NoneTold,
            unload_after: 5,
            preset: aparte_assistant::Preset::Creative,
            limits: aparte_assistant::ReadingLimits::Raised,
            source_width: 480,
        })
        .unwrap();
    assistant.close().unwrap();
    (ground.files(), master)
}

/// Where a value of the domain is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kept {
    Head(OwnerId),
    Record(OwnerId, RecordId),
    Setting(SettingKey),
}

/// Everything that the domain keeps in this vault.
fn all_kept(vault: &Vault) -> Vec<(Kept, Vec<u8>)> {
    let mut all = Vec::new();
    for kind in [OwnerKind::Conversation, OwnerKind::Document] {
        for owner in vault.owners(kind).unwrap().readable {
            all.push((Kept::Head(owner.id), owner.head));
            for kind in 0..20 {
                let records = vault.records(owner.id, RecordKind(kind)).unwrap().readable;
                all.extend(
                    records
                        .into_iter()
                        .map(|record| (Kept::Record(owner.id, record.id), record.body)),
                );
            }
        }
    }
    for key in 0..20 {
        let value = vault.setting(SettingKey(key)).unwrap();
        all.extend(value.map(|value| (Kept::Setting(SettingKey(key)), value)));
    }
    all
}

fn put(vault: &Vault, place: Kept, body: &[u8]) {
    vault
        .write(|change| match place {
            Kept::Head(owner) => change.set_head(owner, body),
            Kept::Record(owner, record) => change.replace(owner, record, body),
            Kept::Setting(key) => change.set_setting(key, body),
        })
        .expect("a value can be replaced");
}

/// What a person sees of a vault.
#[derive(Debug, PartialEq)]
struct Seen {
    documents: Vec<(String, u32)>,
    conversations: Vec<(Conversation, Vec<Message>)>,
    told: usize,
}

fn look_at(assistant: &Assistant) -> Result<Seen, String> {
    let documents = assistant.documents();
    let conversations = assistant
        .conversations()
        .map_err(|error| format!("conversations: {error:?}"))?;
    let told = assistant
        .notices()
        .map_err(|error| format!("notices: {error:?}"))?
        .len();
    let mut seen = Seen {
        documents: documents
            .iter()
            .map(|document| (document.name.clone(), document.pages))
            .collect(),
        conversations: Vec::new(),
        told,
    };
    for conversation in conversations {
        let messages = assistant
            .messages(conversation.id)
            .map_err(|error| format!("messages: {error:?}"))?;
        let _ = assistant.draft(Some(conversation.id));
        seen.conversations.push((conversation, messages));
    }
    let _ = assistant.draft(None);
    let ids: Vec<_> = documents.iter().map(|document| document.id).collect();
    for question in [
        "lease workshop",
        "loyer atelier",
        "\"minutes\" of the meeting 2025",
    ] {
        assistant
            .search(question, &ids, 5)
            .map_err(|error| format!("search: {error:?}"))?;
    }
    Ok(seen)
}

#[test]
fn a_value_that_makes_no_sense_hides_nothing_else_and_is_told() {
    let (files, master) = lived_in();
    let ground = Ground::of(&files);
    let unlock = || Vault::unlock_for_tests(&ground.vault, &master).expect("its key opens it");
    let all = all_kept(&unlock());
    assert!(all.len() >= 12, "{} values are kept", all.len());
    let whole = look_at(&assistant(unlock())).unwrap();
    assert_eq!(
        (whole.documents.len(), whole.conversations.len(), whole.told),
        (2, 2, 0)
    );

    let mut dice = Dice::new(0x73_74_6f_72);
    let mut tally = Tally::new("fuzz: a value of the domain");
    for number in 0..times(250, 25_000) {
        put_files(&ground.vault, &files);
        let (place, body) = dice.one(&all);
        let damaged = match dice.below(5) {
            // The value of another place, whole.
            0 => dice.one(&all).1.clone(),
            // Of a version that is not there yet.
            1 => [&[dice.below(256) as u8], &body[1..]].concat(),
            _ => dice.damage(body),
        };
        let vault = unlock();
        put(&vault, *place, &damaged);
        // A panic here is a window that does not open.
        let outcome = catch_unwind(AssertUnwindSafe(|| look_at(&assistant(vault))));
        let held = match &outcome {
            Ok(Ok(seen)) => {
                let documents = seen
                    .documents
                    .iter()
                    .filter(|document| whole.documents.contains(document));
                let others = seen
                    .conversations
                    .iter()
                    .filter(|seen| whole.conversations.contains(seen));
                let lost = 4 - documents.count() - others.count();
                let is_missing = seen.documents.len() + seen.conversations.len() < 4;
                // At most the one that was damaged, and if it is not shown, that is told.
                lost <= 1 && (!is_missing || seen.told > 0)
            }
            Ok(Err(_)) | Err(_) => false,
        };
        tally.note(held, || {
            let outcome = outcome.map_err(|_| "it panicked");
            format!("number {number}, {place:?}: {damaged:02x?}: {outcome:?}")
        });
    }
    tally.end();
}

/// The snapshot of the index, under the vault's seal and yet not what this build writes.
#[test]
fn an_index_that_makes_no_sense_is_made_again() {
    const INDEX: CacheKind = CacheKind(1);
    let (files, master) = lived_in();
    let ground = Ground::of(&files);
    let unlock = || Vault::unlock_for_tests(&ground.vault, &master).expect("its key opens it");
    let search = |assistant: &Assistant| -> Vec<Vec<Hit>> {
        let ids: Vec<_> = assistant
            .documents()
            .iter()
            .map(|document| document.id)
            .collect();
        let questions = [
            "rent of the workshop",
            "loyer de l'atelier",
            "meeting minutes",
            "2025",
        ];
        let hits = questions.map(|question| assistant.search(question, &ids, 10));
        hits.map(|hits| hits.expect("a question can be looked for"))
            .into()
    };
    let vault = unlock();
    let snapshot = vault
        .cache(INDEX)
        .expect("the index is kept when the vault is closed")
        .to_vec();
    let expected = search(&assistant(vault));
    assert!(
        expected.iter().any(|hits| !hits.is_empty()),
        "something is found"
    );

    let mut dice = Dice::new(0x69_6e_64_78);
    let mut tally = Tally::new("fuzz: the snapshot of the index");
    for number in 0..times(120, 12_000) {
        put_files(&ground.vault, &files);
        let strange = match dice.below(5) {
            0 => {
                let length = dice.below(2_000);
                dice.bytes(length)
            }
            1 => Vec::new(),
            _ => dice.damage(&snapshot),
        };
        let vault = unlock();
        vault.keep_cache(INDEX, &strange).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let assistant = assistant(vault);
            (assistant.documents().len(), search(&assistant))
        }));
        let held = matches!(&outcome, Ok((2, found)) if *found == expected);
        tally.note(held, || {
            let outcome = outcome.map(|(documents, found)| {
                (documents, found.iter().map(Vec::len).collect::<Vec<_>>())
            });
            format!("number {number}: {outcome:?}")
        });
    }
    tally.end();
}

/// An older snapshot, and one of a vault that has gone on since, are brought up to date.
#[test]
fn an_index_that_is_older_than_the_vault_finds_what_came_since_and_not_what_went() {
    const INDEX: CacheKind = CacheKind(1);
    let (files, master) = lived_in();
    let ground = Ground::of(&files);
    let unlock = || Vault::unlock_for_tests(&ground.vault, &master).expect("its key opens it");
    let vault = unlock();
    let older = vault.cache(INDEX).expect("the index is kept").to_vec();
    let gone = vault.owners(OwnerKind::Document).unwrap().readable[0].id;
    vault.write(|change| change.erase_owner(gone)).unwrap();
    vault.keep_cache(INDEX, &older).unwrap();
    let assistant = assistant(vault);
    let documents = assistant.documents();
    assert_eq!(documents.len(), 1);
    let ids: Vec<_> = documents.iter().map(|document| document.id).collect();
    for question in [
        "rent of the workshop",
        "loyer de l'atelier",
        "meeting minutes",
        "2025",
    ] {
        let hits = assistant.search(question, &ids, 20).unwrap();
        assert!(hits.iter().all(|hit| hit.document == ids[0]), "{question}");
    }
}

/// The words of a document that stand in a snapshot of the index, and in no other document or conversation.
fn own_words(assistant: &Assistant, document: usize, snapshot: &[u8]) -> Vec<String> {
    let documents = assistant.documents();
    let text = |at: usize| -> String {
        let pages = assistant.pages(documents[at].id).unwrap().into_iter();
        let texts: Vec<_> = pages.map(|page| page.text).collect();
        texts.join(" ").to_lowercase()
    };
    let mut others = text(1 - document);
    for conversation in assistant.conversations().unwrap() {
        let messages = assistant.messages(conversation.id).unwrap();
        others += &format!("{messages:?}").to_lowercase();
    }
    let text = text(document);
    let words = text.split(|c: char| !c.is_alphanumeric());
    let mut own: Vec<_> = words
        .filter(|word| word.len() >= 4 && !others.contains(*word) && holds(snapshot, word))
        .map(str::to_owned)
        .collect();
    own.sort();
    own.dedup();
    own
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

/// How a document is erased for good.
#[derive(Debug, Clone, Copy)]
enum Way {
    Now,
    ByClosing,
    ByOpeningAfterDeath,
}

/// C3: the index that is kept forgets what was erased, whichever way it goes.
#[test]
fn the_words_of_an_erased_document_are_in_no_index_that_is_kept() {
    const INDEX: CacheKind = CacheKind(1);
    let (files, master) = lived_in();
    for way in [Way::Now, Way::ByClosing, Way::ByOpeningAfterDeath] {
        let ground = Ground::of(&files);
        let unlock = || Vault::unlock_for_tests(&ground.vault, &master).expect("its key opens it");
        let vault = unlock();
        let snapshot = vault.cache(INDEX).expect("the index is kept").to_vec();
        let session = assistant(vault);
        let document = session.documents()[0].id;
        let words = own_words(&session, 0, &snapshot);
        assert!(
            !words.is_empty(),
            "the search in the index is not blind: {words:?}"
        );
        let before: Vec<_> = ground
            .files()
            .into_iter()
            .filter(|(name, _)| name.starts_with("cache/"))
            .collect();
        match way {
            Way::Now => {
                session.erase(Item::Document(document)).unwrap();
                session.erase_now(Item::Document(document)).unwrap();
                let left = ground.files();
                assert!(
                    before.iter().all(|(name, _)| !left.contains_key(name)),
                    "the old index is gone at once"
                );
                session.close().unwrap();
            }
            Way::ByClosing => {
                session.erase(Item::Document(document)).unwrap();
                session.close().unwrap();
            }
            Way::ByOpeningAfterDeath => {
                session.erase(Item::Document(document)).unwrap();
                drop(session);
            }
        }
        for time in ["first", "second"] {
            let vault = unlock();
            let found: Vec<_> = match vault.cache(INDEX) {
                Some(kept) => words.iter().filter(|word| holds(&kept, word)).collect(),
                None => Vec::new(),
            };
            assert!(
                found.is_empty(),
                "{way:?}, the {time} start after it: {found:?} are in the index"
            );
            let session = assistant(vault);
            assert_eq!(session.documents().len(), 1, "{way:?}");
            let ids: Vec<_> = session
                .documents()
                .iter()
                .map(|document| document.id)
                .collect();
            for word in &words {
                let hits = session.search(word, &ids, 5).unwrap();
                assert!(
                    hits.iter().all(|hit| hit.document == ids[0]),
                    "{way:?}: {word}"
                );
            }
            session.close().unwrap();
        }
    }
}

/// What the vault notices, a person reads in their language.
#[test]
fn everything_that_is_noticed_is_told_in_a_sentence_of_either_language() {
    let (files, master) = lived_in();
    let tampered = [
        "DELETE FROM owners WHERE rowid = (SELECT min(rowid) FROM owners)",
        "UPDATE owners SET head = x'00' WHERE rowid = (SELECT min(rowid) FROM owners)",
        "DELETE FROM settings",
        "DELETE FROM root",
        "UPDATE manifest SET bytes = x'00'",
    ];
    for statement in tampered {
        let ground = Ground::of(&files);
        ground.rows().execute_batch(statement).unwrap();
        let vault = Vault::unlock_for_tests(&ground.vault, &master).unwrap();
        let assistant = assistant(vault);
        let notices = assistant.notices().unwrap();
        assert!(!notices.is_empty(), "{statement}");
        for notice in notices {
            let [english, french] =
                [Language::English, Language::French].map(|of| notice.sentence(of));
            assert_ne!(english, french);
            for sentence in [english, french] {
                assert!(
                    sentence.len() > 30 && sentence.trim_end().ends_with('.'),
                    "{sentence}"
                );
            }
        }
        assistant.accept().unwrap();
        assistant.close().unwrap();
        let vault = Vault::unlock_for_tests(&ground.vault, &master).unwrap();
        assert_eq!(vault.notices(), [], "{statement}, after it was accepted");
    }
}
