//! F6: a vault of an earlier format is brought to this one, and everything happens to it on the way.

use std::path::Path;

use aparte_vault::{Vault, VaultError};

use crate::contents::Contents;
use crate::entry::Kind;
use crate::keys::{self, GOLDEN};
use crate::outcome::misbehaviour;
use crate::plan::Draw;
use crate::program::{Action, End, Fault, Run, Scenario, conclude, ground, is_campaign};
use crate::recording::{Disk, Files, count, entries, files, lay_out};

/// The golden vault of the first format, in a folder `vault`.
fn golden() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/vault/tests/golden/format-1")
        .canonicalize()
        .expect("the golden vaults are in the repository");
    let mut golden = Files::from([(b"vault".to_vec(), None)]);
    for (name, content) in files(&folder) {
        golden.insert([b"vault/".as_slice(), &name].concat(), content);
    }
    assert_eq!(golden.len(), 3, "a database and its slots");
    golden
}

/// Lays the golden vault out in a folder.
pub fn golden_into(folder: &Path) {
    let mut files = Files::new();
    for (name, content) in golden() {
        if let Some(name) = name.strip_prefix(b"vault/") {
            files.insert(name.to_vec(), content);
        }
    }
    lay_out(&files, folder);
}

fn key() -> [u8; 32] {
    keys::of_text(GOLDEN).expect("64 digits")
}

/// What the vault of those files holds, once it is brought to this format.
fn contents(files: &Files) -> Result<Contents, String> {
    let ground = ground();
    lay_out(files, ground.path());
    let vault = Vault::unlock_for_tests(&ground.path().join("vault"), &key());
    Contents::of(&vault.map_err(|error| format!("it does not open: {error:?}"))?)
}

fn expected() -> Contents {
    contents(&golden()).expect("the golden vault opens")
}

/// Compares what is left of a migration with what was there before.
fn difference(left: &Files, expected: &Contents) -> Option<String> {
    match contents(left) {
        Ok(contents) if contents == *expected => None,
        Ok(_) => Some("it holds something else".to_owned()),
        Err(error) => Some(error),
    }
}

/// Migrates, with a fault; gives what is left, too.
fn migrate(fault: Option<Fault>) -> (Run, Files) {
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    lay_out(&golden(), &root);
    let scenario = Scenario::of(&[&"open", &root.join("vault"), &GOLDEN]).recorded(&root);
    let run = match fault {
        Some(fault) => scenario.with_fault(fault),
        None => scenario,
    }
    .run();
    (run, files(&root))
}

#[test]
fn a_migrated_vault_holds_what_it_held_and_a_copy_of_what_it_was() {
    let expected = expected();
    let heads: Vec<String> = expected
        .documents
        .values()
        .map(|document| String::from_utf8_lossy(&document.head).into_owned())
        .collect();
    for name in ["minutes.md", "Bail de l'atelier.txt"] {
        assert!(heads.iter().any(|head| head.contains(name)), "{name}");
    }
    assert_eq!(expected.conversations.len(), 2);
    for conversation in expected.conversations.values() {
        assert_eq!(conversation.records.len(), 2, "a question and its answer");
    }
    for document in expected.documents.values() {
        assert!(!document.records.is_empty() && document.blobs.len() == 1);
    }

    let (run, mut left) = migrate(None);
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    assert_eq!(difference(&left, &expected), None);
    let copy = left.remove(b"vault/vault.db.format-1".as_slice());
    let copy = copy.expect("a copy was made").expect("it is a file");
    assert_eq!(
        copy[60..64],
        [0, 0, 0, 1],
        "the copy is of the first format"
    );
    let mut before = golden();
    before.insert(b"vault/vault.db".to_vec(), Some(copy));
    assert_eq!(difference(&before, &expected), None);
}

#[test]
fn a_migration_killed_or_failing_at_any_call_begins_again() {
    let expected = expected();
    let all = [
        (Action::Die, false),
        (Action::Eio, false),
        (Action::Enospc, true),
        (Action::Eio, true),
        (Action::Enospc, false),
        (Action::Short, true),
    ];
    let ways = if is_campaign() { &all[..] } else { &all[..3] };
    let mut executions = 0;
    let mut complaints = Vec::new();
    for (action, forever) in ways.iter().copied() {
        let mut call = 0;
        loop {
            call += 1;
            let fault = Fault {
                call,
                action,
                forever,
            };
            let (run, left) = migrate(Some(fault));
            if count(&run.log, Kind::Fault) == 0 {
                assert_eq!(run.end, End::Done, "a run without a fault is clean");
                assert!(call > 100, "only {call} calls were seen");
                break;
            }
            executions += 1;
            let found = misbehaviour(&run, fault).into_iter();
            let found = found.chain(difference(&left, &expected));
            complaints.extend(found.map(|complaint| format!("{fault:?}: {complaint}")));
        }
    }
    conclude(executions, &complaints);
}

#[test]
fn a_migration_that_loses_its_power_begins_again() {
    let states = if is_campaign() { 10_000 } else { 300 };
    let expected = expected();
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    lay_out(&golden(), &root);
    let mut disk = Disk::of(&root);
    let run = Scenario::of(&[&"open", &root.join("vault"), &GOLDEN])
        .recorded(&root)
        .run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let entries = entries(&run.log);
    let mut draw = Draw::of(6);
    let mut drawn = 0;
    let mut complaints = Vec::new();
    for (moment, entry) in entries.iter().enumerate() {
        disk.apply(entry);
        while drawn * entries.len() < states * (moment + 1) {
            drawn += 1;
            let found = difference(&disk.cut(&mut draw), &expected);
            complaints.extend(found.map(|complaint| format!("entry {moment}: {complaint}")));
        }
    }
    conclude(drawn, &complaints);
}

#[test]
fn a_vault_of_a_newer_format_is_left_as_it_is() {
    let mut before = golden();
    let database = before.get_mut(b"vault/vault.db".as_slice());
    database
        .expect("it is there")
        .as_mut()
        .expect("it is a file")[63] = 99;
    let ground = ground();
    lay_out(&before, ground.path());
    let folder = ground.path().join("vault");
    let refused = Vault::unlock_for_tests(&folder, &key());
    assert!(matches!(refused, Err(VaultError::NewerFormat)));
    let mut after = files(ground.path());
    // Taking the lock makes its file.
    for files in [&mut before, &mut after] {
        files.remove(b"vault/vault.lock".as_slice());
    }
    assert!(before == after, "a newer vault was touched");
}
