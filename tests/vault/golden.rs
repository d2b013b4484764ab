//! Golden vaults: what builds of long ago wrote is opened by this one, and what a newer one wrote is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use aparte_assistant::{Assistant, Language, Message, VaultNotice};
use aparte_vault::{OwnerKind, Protection, Vault, VaultError};
use secrecy::SecretString;

use super::format::{Keys, content, master_of, sign};
use super::ground::{Files, Ground, MESSAGE, PAGE, assert_same, files, lasting, rows};

/// The latest format that there is a golden vault of.
const LATEST: u32 = 2;

fn folder(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/vault/tests/golden")
        .join(format!("format-{format}"))
}

/// The golden vault of a format.
pub fn golden(format: u32) -> Files {
    files(&folder(format))
}

/// What opens it.
pub fn passphrase(format: u32) -> String {
    format!("the golden passphrase of format {format}")
}

fn unlock(ground: &Ground, format: u32) -> Result<Vault, VaultError> {
    let passphrase = SecretString::from(passphrase(format));
    Vault::unlock(&ground.vault, Protection::Passphrase(&passphrase))
}

/// An assistant that reads what is there and can answer nothing.
pub fn assistant(vault: Vault) -> Assistant {
    let nobody = PathBuf::from("no worker is needed to read what is stored");
    Assistant::open(vault, nobody, None, Language::English).expect("what is stored can be read")
}

#[test]
fn every_format_there_ever_was_opens_whole() {
    for format in 1..=LATEST {
        let before = golden(format);
        let ground = Ground::of(&before);
        let vault = unlock(&ground, format).unwrap();
        assert_eq!(vault.notices(), [], "format {format}");
        let health = vault.check().unwrap();
        assert!(health.is_sound(), "format {format}: {health:?}");
        assert_eq!((health.owners, health.blobs), (4, 2), "format {format}");
        for owner in vault.owners(OwnerKind::Conversation).unwrap().readable {
            let messages = vault.records(owner.id, MESSAGE).unwrap();
            assert_eq!((messages.readable.len(), messages.loss), (2, None));
        }
        for owner in vault.owners(OwnerKind::Document).unwrap().readable {
            let pages = vault.records(owner.id, PAGE).unwrap();
            assert!(!pages.readable.is_empty() && pages.loss.is_none());
        }
        vault.close().unwrap();
        // Nobody is asked to do anything twice.
        let vault = unlock(&ground, format).unwrap();
        assert_eq!(vault.notices(), [], "format {format}, the second time");
        drop(vault);
        assert_same(&before, &golden(format), "a golden vault is never written");
    }
}

#[test]
fn the_documents_and_conversations_of_every_format_are_all_there() {
    for format in 1..=LATEST {
        let ground = Ground::of(&golden(format));
        let assistant = assistant(unlock(&ground, format).unwrap());
        assert_eq!(assistant.notices(), Ok(Vec::<VaultNotice>::new()));
        let documents = assistant.documents();
        let mut names: Vec<_> = documents
            .iter()
            .map(|document| document.name.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["Bail de l'atelier.txt", "minutes.md"],
            "format {format}"
        );
        assert!(documents.iter().all(|document| document.pages > 0));
        let conversations = assistant.conversations().unwrap();
        assert_eq!(conversations.len(), 2);
        for conversation in &conversations {
            let messages = assistant.messages(conversation.id).unwrap();
            let [Message::Question(question), Message::Answer(answer)] = messages.as_slice() else {
                panic!("format {format}: {messages:?}");
            };
            assert!(question.starts_with(&conversation.title) && !answer.text.is_empty());
            // What was cited can be found where it was cited.
            for citation in &answer.citations {
                let pages = assistant.pages(citation.document).unwrap();
                let stands = pages.iter().any(|page| page.text.contains(&citation.quote));
                assert!(stands, "{}", citation.quote);
            }
        }
        for document in &documents {
            let page = assistant.page(document.id, 1).unwrap().unwrap();
            let word = page
                .text
                .split_whitespace()
                .max_by_key(|word| word.len())
                .expect("it has words");
            let hits = assistant.search(word, &[document.id], 5).unwrap();
            assert!(!hits.is_empty(), "“{word}” is found in {}", document.name);
        }
    }
}

#[test]
fn what_a_full_disk_kept_from_being_erased_stays_out_of_sight_and_is_erased_later() {
    let ground = Ground::of(&golden(1));
    let vault = unlock(&ground, 1).unwrap();
    let kinds = [OwnerKind::Conversation, OwnerKind::Document];
    for kind in kinds {
        // Opening erases what is hidden; that it is hidden only now is as if there had been no room.
        let owner = vault.owners(kind).unwrap().readable[0].id;
        vault.write(|change| change.hide_owner(owner)).unwrap();
    }
    let assistant = assistant(vault);
    assert_eq!(assistant.documents().len(), 1);
    let conversations = assistant.conversations().unwrap();
    assert_eq!(conversations.len(), 1);
    for found in assistant.find("the", 50).unwrap() {
        assert_eq!(found.conversation, conversations[0].id);
    }
    assistant.close().unwrap();
    let vault = unlock(&ground, 1).unwrap();
    for kind in kinds {
        assert_eq!(vault.owners(kind).unwrap().readable.len(), 1);
    }
}

#[test]
fn a_copy_is_made_before_a_migration_and_opens_too() {
    let ground = Ground::of(&golden(1));
    let vault = unlock(&ground, 1).unwrap();
    drop(vault);
    let copy = "vault.db.format-1";
    let after = ground.files();
    assert!(after.contains_key(copy), "{:?}", after.keys());
    let version = |folder: &Path| -> i32 {
        rows(folder)
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    };
    assert!(version(&ground.vault) > 1);
    // Without the copy in it the old build would not open it; with it, it does.
    let before = Ground::of(&Files::from([
        ("vault.db".to_owned(), after[copy].clone()),
        ("vault.json".to_owned(), golden(1)["vault.json"].clone()),
    ]));
    assert_eq!(version(&before.vault), 1);
    assert!(unlock(&before, 1).is_ok());

    // What is erased is not kept in a copy.
    let vault = unlock(&ground, 1).unwrap();
    let gone = vault.owners(OwnerKind::Document).unwrap().readable[0].id;
    vault.write(|change| change.erase_owner(gone)).unwrap();
    assert!(!ground.files().contains_key(copy));
}

#[test]
fn what_a_newer_build_wrote_is_left_alone() {
    let golden = golden(1);
    let key = Keys::of(&master_of(&golden["vault.json"], &passphrase(1))).manifest;
    let newer = content(&golden["vault.json"]).replace("\"format\":1", "\"format\":3");
    let newer = sign(&newer, &key);
    let refuse = |ground: &Ground, what: &str| {
        let before = lasting(ground.files());
        assert!(
            matches!(unlock(ground, 1), Err(VaultError::NewerFormat)),
            "{what}"
        );
        assert_same(&before, &lasting(ground.files()), what);
    };

    let ground = Ground::of(&golden);
    fs::write(ground.vault.join("vault.json"), &newer).unwrap();
    refuse(&ground, "vault.json");

    let ground = Ground::of(&golden);
    let database = ground.vault.join("vault.db");
    let mut bytes = fs::read(&database).unwrap();
    bytes[60..64].copy_from_slice(&3_i32.to_be_bytes());
    fs::write(&database, bytes).unwrap();
    let before = lasting(ground.files());
    assert!(
        matches!(unlock(&ground, 1), Err(VaultError::NewerFormat)),
        "the database"
    );
    assert_same(&before, &lasting(ground.files()), "the database");
}
