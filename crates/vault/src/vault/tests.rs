//! The promises of the vault, each tried against a vault on disk or its rows.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::keychain::tests::Fake;
use crate::{CacheKind, Cost, Protection, State, WordList};

const MESSAGE: RecordKind = RecordKind(1);
const OTHER: RecordKind = RecordKind(2);
const THEME: SettingKey = SettingKey(1);
const CANARY: &[u8] = b"canary-7f3a-in-clear";

/// A vault on disk behind a keychain in memory: no passphrase, so no test waits for Argon2id.
struct OnDisk {
    folder: TempDir,
    keychain: Arc<Fake>,
}

impl OnDisk {
    fn new() -> (OnDisk, Vault) {
        let on_disk = OnDisk {
            folder: tempfile::tempdir().unwrap(),
            keychain: Arc::default(),
        };
        let vault = on_disk.create().unwrap();
        (on_disk, vault)
    }

    fn keychain(&self) -> Arc<Fake> {
        Arc::clone(&self.keychain)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn create(&self) -> Result<Vault, VaultError> {
        Vault::create_with(
            self.path(),
            Protection::Keychain,
            Cost::DEFAULT,
            self.keychain(),
        )
    }

    fn unlock(&self) -> Result<Vault, VaultError> {
        Vault::unlock_with(self.path(), Protection::Keychain, self.keychain())
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path().join(file)).unwrap()
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        fs::write(self.path().join(file), bytes).unwrap();
    }
}

/// A conversation with `bodies` as its messages.
fn conversation(vault: &Vault, bodies: &[&[u8]]) -> OwnerId {
    vault
        .write(|change| {
            let owner = change.create_owner(OwnerKind::Conversation, b"A title")?;
            for (sequence, body) in bodies.iter().enumerate() {
                change.put(owner, MESSAGE, sequence as u32, body)?;
            }
            Ok(owner)
        })
        .unwrap()
}

fn bodies(vault: &Vault, owner: OwnerId) -> Vec<Vec<u8>> {
    let records = vault.records(owner, MESSAGE).unwrap();
    records
        .readable
        .into_iter()
        .map(|record| record.body)
        .collect()
}

fn is_repaired(vault: &Vault) -> bool {
    vault.notices().contains(&Notice::SlotsRepaired)
}

fn sql(vault: &Vault, statement: &str) {
    vault.store().connection.execute_batch(statement).unwrap();
}

/// Runs a statement that may take values from the rows as they were, in `old_records` and `old_owners`:
/// an UPDATE that reads its own table would undo half of a swap.
fn swap_rows(vault: &Vault, statement: &str) {
    let old = "CREATE TEMP TABLE old_records AS SELECT * FROM records;
               CREATE TEMP TABLE old_owners AS SELECT * FROM owners;";
    sql(vault, &format!("{old} {statement}"));
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"Bonjour", b""]);
    vault
        .write(|change| {
            change.set_head(owner, b"Another title")?;
            change.set_setting(THEME, b"dark")
        })
        .unwrap();
    drop(vault);
    let vault = on_disk.unlock().unwrap();
    assert!(!is_repaired(&vault));
    assert_eq!(bodies(&vault, owner), [b"Bonjour".to_vec(), Vec::new()]);
    assert_eq!(
        vault.head(owner, OwnerKind::Conversation).unwrap(),
        b"Another title"
    );
    assert_eq!(vault.setting(THEME).unwrap().unwrap(), b"dark");
    assert_eq!(vault.setting(SettingKey(2)).unwrap(), None);
    let owners = vault.owners(OwnerKind::Conversation).unwrap();
    assert_eq!(owners.readable[0].id, owner);
    assert_eq!(owners.readable[0].head, b"Another title");
    assert!(
        vault
            .owners(OwnerKind::Document)
            .unwrap()
            .readable
            .is_empty()
    );
}

#[test]
fn a_vault_in_memory_behaves_the_same() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"Bonjour"]);
    let record = vault.records(owner, MESSAGE).unwrap().readable.remove(0);
    vault
        .write(|change| change.replace(owner, record.id, b"Bonsoir"))
        .unwrap();
    assert_eq!(bodies(&vault, owner), [b"Bonsoir"]);
    vault.write(|change| change.erase_owner(owner)).unwrap();
    assert!(matches!(
        vault.records(owner, MESSAGE),
        Err(VaultError::NotFound)
    ));
}

#[test]
fn only_the_right_passphrase_opens() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = SecretString::from("correct horse");
    let right = Protection::Passphrase(&passphrase);
    let vault = Vault::create(folder.path(), right, Cost::FLOOR).unwrap();
    let owner = conversation(&vault, &[b"Bonjour"]);
    drop(vault);
    for near in ["correct hors", "correct horse ", "Correct horse", ""] {
        let near = SecretString::from(near);
        let refused = Vault::unlock(folder.path(), Protection::Passphrase(&near));
        assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
    }
    let slots = vec![SlotKind::Passphrase];
    assert_eq!(Vault::look(folder.path()).unwrap(), State::Locked { slots });
    let keychain = Vault::unlock(folder.path(), Protection::Keychain);
    assert!(matches!(keychain, Err(VaultError::NoSuchSlot)));
    let vault = Vault::unlock(folder.path(), right).unwrap();
    assert_eq!(bodies(&vault, owner), [b"Bonjour"]);
}

#[test]
fn an_error_rolls_the_whole_change_back() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"one"]);
    let twice = vault.write(|change| {
        change.put(owner, MESSAGE, 1, b"two")?;
        change.put(owner, MESSAGE, 1, b"the same position")
    });
    assert!(twice.is_err());
    assert_eq!(bodies(&vault, owner), [b"one"]);
}

#[test]
fn a_flipped_bit_is_noticed_and_the_others_stay_readable() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"one", b"two", b"three"]);
    let victim = vault.records(owner, MESSAGE).unwrap().readable.remove(1).id;
    let sealed: Vec<u8> = vault
        .store()
        .connection
        .query_row(
            "SELECT sealed FROM records WHERE id = ?1",
            [victim.as_bytes()],
            |row| row.get(0),
        )
        .unwrap();
    for bit in (0..sealed.len() * 8).step_by(7) {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        vault
            .store()
            .connection
            .execute(
                "UPDATE records SET sealed = ?2 WHERE id = ?1",
                params![victim.as_bytes(), flipped],
            )
            .unwrap();
        let records = vault.records(owner, MESSAGE).unwrap();
        assert_eq!(records.damaged, [victim], "bit {bit}");
        assert_eq!(bodies(&vault, owner), [b"one".to_vec(), b"three".to_vec()]);
    }
}

#[test]
fn a_flipped_bit_in_a_key_a_head_or_a_setting_is_noticed() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"one"]);
    vault
        .write(|change| change.set_setting(THEME, b"dark"))
        .unwrap();
    let flip = |table: &str, column: &str| {
        let store = vault.store();
        let connection = &store.connection;
        let select = format!("SELECT {column} FROM {table}");
        let mut bytes: Vec<u8> = connection.query_row(&select, [], |row| row.get(0)).unwrap();
        bytes[60] ^= 1;
        let update = format!("UPDATE {table} SET {column} = ?1");
        connection.execute(&update, [bytes]).unwrap();
    };
    flip("settings", "sealed");
    assert!(matches!(
        vault.setting(THEME),
        Err(VaultError::Damaged(Part::Setting))
    ));
    flip("owners", "head");
    assert!(matches!(
        vault.head(owner, OwnerKind::Conversation),
        Err(VaultError::Damaged(Part::Head))
    ));
    assert_eq!(
        vault.owners(OwnerKind::Conversation).unwrap().damaged,
        [owner]
    );
    assert_eq!(bodies(&vault, owner), [b"one"]);
    flip("owners", "key");
    let records = vault.records(owner, MESSAGE);
    assert!(matches!(records, Err(VaultError::Damaged(Part::DataKey))));
}

#[test]
fn a_row_moved_anywhere_does_not_open() {
    let swaps = [
        // Two records of one conversation.
        "UPDATE records SET sealed = (SELECT r.sealed FROM old_records r WHERE r.sequence = 1 - records.sequence AND r.owner = records.owner AND r.kind = records.kind) WHERE kind = 1",
        // Positions.
        "UPDATE records SET sequence = sequence + 10",
        // Kinds.
        "UPDATE records SET kind = 3 - kind",
        // Owners.
        "DELETE FROM records WHERE owner = (SELECT min(id) FROM owners); UPDATE records SET owner = (SELECT min(id) FROM owners)",
        // Ids.
        "UPDATE records SET id = randomblob(16)",
        // Columns.
        "UPDATE records SET sealed = (SELECT o.head FROM old_owners o WHERE o.id = records.owner)",
        // Data keys of two conversations.
        "UPDATE owners SET key = (SELECT o.key FROM old_owners o WHERE o.id != owners.id)",
    ];
    for swap in swaps {
        let vault = Vault::in_memory().unwrap();
        let owners = [0, 1].map(|_| conversation(&vault, &[b"one", b"two"]));
        for owner in owners {
            let put = |change: &mut Change<'_>| {
                change.put(owner, OTHER, 5, b"x")?;
                change.put(owner, OTHER, 6, b"y")
            };
            vault.write(put).unwrap();
        }
        swap_rows(&vault, swap);
        let mut refused = 0;
        for owner in owners {
            match vault.records(owner, MESSAGE) {
                Ok(records) => {
                    assert!(records.readable.is_empty(), "{swap}");
                    refused += records.damaged.len();
                }
                Err(VaultError::Damaged(Part::DataKey)) => refused += 2,
                Err(error) => panic!("{swap}: {error}"),
            }
        }
        assert!(refused >= 2, "{swap}");
    }
}

#[test]
fn owners_do_not_trade_heads_or_kinds() {
    for swap in [
        "UPDATE owners SET head = (SELECT o.head FROM old_owners o WHERE o.id != owners.id)",
        "UPDATE owners SET head = key",
        "UPDATE owners SET kind = 2",
    ] {
        let vault = Vault::in_memory().unwrap();
        let owners = [0, 1].map(|_| conversation(&vault, &[]));
        swap_rows(&vault, swap);
        assert!(
            owners
                .iter()
                .all(|owner| vault.head(*owner, OwnerKind::Conversation).is_err()),
            "{swap}"
        );
        for kind in [OwnerKind::Conversation, OwnerKind::Document] {
            assert!(vault.owners(kind).unwrap().readable.is_empty(), "{swap}");
        }
    }
}

#[test]
fn a_database_under_another_key_does_not_open() {
    let (one, vault) = OnDisk::new();
    conversation(&vault, &[b"one"]);
    drop(vault);
    let (two, vault) = OnDisk::new();
    drop(vault);
    two.put(folder::DATABASE, &one.read(folder::DATABASE));
    assert!(matches!(
        two.unlock(),
        Err(VaultError::Damaged(Part::Keyslots))
    ));
    assert_eq!(two.read(folder::DATABASE), one.read(folder::DATABASE));
    assert!(one.unlock().is_ok());
}

#[test]
fn blobs_of_every_length_come_back() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[]);
    let chunk = 64 << 10;
    for length in [
        0,
        1,
        255,
        chunk - 1,
        chunk,
        chunk + 1,
        2 * chunk,
        3 * chunk + 77,
    ] {
        let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let id = vault
            .write(|change| change.put_blob(owner, content.as_slice()))
            .unwrap();
        assert!(vault.blob(owner, id).unwrap() == content, "{length}");
    }
}

#[test]
fn a_blob_with_a_chunk_cut_moved_copied_or_added_is_refused() {
    let games = [
        "DELETE FROM chunks WHERE sequence = 2",
        "DELETE FROM chunks WHERE sequence = 0",
        "DELETE FROM chunks WHERE sequence = 0; UPDATE chunks SET sequence = sequence - 1",
        "UPDATE chunks SET sequence = sequence + 10; UPDATE chunks SET sequence = 1 WHERE sequence = 10; UPDATE chunks SET sequence = 0 WHERE sequence = 11; UPDATE chunks SET sequence = 2 WHERE sequence = 12",
        "UPDATE chunks SET sealed = (SELECT c.sealed FROM chunks c WHERE c.sequence = 0) WHERE sequence = 1",
        "INSERT INTO chunks SELECT blob, 3, sealed FROM chunks WHERE sequence = 2",
        "UPDATE chunks SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE sequence = 2",
        "UPDATE chunks SET sealed = x'' WHERE sequence = 1",
        "UPDATE blobs SET head = x''",
        "UPDATE blobs SET head = (SELECT head FROM owners)",
    ];
    for game in games {
        let vault = Vault::in_memory().unwrap();
        let owner = conversation(&vault, &[b"one"]);
        let content = vec![7; 3 * (64 << 10) - 100];
        let id = vault
            .write(|change| change.put_blob(owner, content.as_slice()))
            .unwrap();
        assert!(vault.blob(owner, id).unwrap() == content);
        sql(&vault, game);
        let refused = vault.blob(owner, id);
        assert!(
            matches!(refused, Err(VaultError::Damaged(Part::Blob))),
            "{game}"
        );
        assert_eq!(bodies(&vault, owner), [b"one"]);
    }
}

#[test]
fn every_flipped_bit_of_the_slots_is_noticed_and_mended_from_the_copy() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    let genuine = on_disk.read(folder::SLOTS);
    for bit in (0..genuine.len() * 8).step_by(11) {
        let mut flipped = genuine.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        on_disk.put(folder::SLOTS, &flipped);
        match on_disk.unlock() {
            Ok(vault) => {
                assert!(is_repaired(&vault), "bit {bit}");
                assert_eq!(on_disk.read(folder::SLOTS), genuine);
            }
            // A changed vault id: refused and left for the user to decide.
            Err(error) => {
                assert!(
                    matches!(error, VaultError::Damaged(_)),
                    "bit {bit}: {error}"
                );
                assert_eq!(on_disk.read(folder::SLOTS), flipped, "bit {bit}");
            }
        }
    }
}

#[test]
fn a_digit_that_makes_the_slots_look_newer_is_mended_and_slots_that_are_newer_are_refused() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    let genuine = on_disk.read(folder::SLOTS);
    let newer = String::from_utf8(genuine.clone())
        .unwrap()
        .replace("\"format\":2", "\"format\":3");
    on_disk.put(folder::SLOTS, newer.as_bytes());
    assert!(matches!(
        Vault::look(on_disk.path()),
        Ok(State::Locked { .. })
    ));
    let vault = on_disk.unlock().unwrap();
    assert!(is_repaired(&vault));
    assert_eq!(on_disk.read(folder::SLOTS), genuine);
    let bytes = newer.as_bytes();
    crate::database::set_manifest(&vault.store().connection, bytes).unwrap();
    drop(vault);
    on_disk.put(folder::SLOTS, bytes);
    assert!(matches!(on_disk.unlock(), Err(VaultError::NewerFormat)));
}

#[test]
fn a_damaged_copy_is_mended_from_the_file() {
    let (on_disk, vault) = OnDisk::new();
    sql(&vault, "UPDATE manifest SET bytes = x'00'");
    drop(vault);
    assert!(is_repaired(&on_disk.unlock().unwrap()));
    assert!(!is_repaired(&on_disk.unlock().unwrap()));
}

#[test]
fn with_both_manifests_damaged_nothing_opens_and_nothing_is_made() {
    let (on_disk, vault) = OnDisk::new();
    sql(&vault, "UPDATE manifest SET bytes = x'00'");
    drop(vault);
    on_disk.put(folder::SLOTS, b"{}");
    assert!(matches!(
        on_disk.unlock(),
        Err(VaultError::Damaged(Part::Keyslots))
    ));
    assert!(matches!(on_disk.create(), Err(VaultError::AlreadyExists)));
    assert_eq!(on_disk.read(folder::SLOTS), b"{}");
}

#[test]
fn a_crash_at_any_step_of_making_a_vault_leaves_none_or_one_that_opens() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one"]);
    drop(vault);

    // Stopped before vault.json was renamed.
    fs::rename(
        on_disk.path().join(folder::SLOTS),
        on_disk.path().join("vault.json.new"),
    )
    .unwrap();
    assert!(matches!(on_disk.create(), Err(VaultError::AlreadyExists)));
    let vault = on_disk.unlock().unwrap();
    assert!(is_repaired(&vault));
    assert_eq!(bodies(&vault, owner), [b"one"]);
    drop(vault);

    // Stopped before the database was renamed, whole or cut.
    let half_made = OnDisk {
        folder: tempfile::tempdir().unwrap(),
        keychain: Arc::default(),
    };
    half_made.put(
        folder::DATABASE_BEING_MADE,
        &on_disk.read(folder::DATABASE)[..5000],
    );
    assert_eq!(Vault::look(half_made.path()).unwrap(), State::Absent);
    assert!(matches!(half_made.unlock(), Err(VaultError::Absent)));
    drop(half_made.create().unwrap());
    half_made.unlock().unwrap();
}

#[test]
fn what_is_left_of_a_vault_is_a_loss_and_no_fresh_start() {
    for remains in ["vault.db-wal", "vault.db.format-1", folder::SLOTS] {
        let on_disk = OnDisk {
            folder: tempfile::tempdir().unwrap(),
            keychain: Arc::default(),
        };
        on_disk.put(remains, b"all that is left");
        assert!(
            matches!(
                Vault::look(on_disk.path()),
                Err(VaultError::Damaged(Part::Database))
            ),
            "{remains}"
        );
        assert!(matches!(on_disk.create(), Err(VaultError::AlreadyExists)));
        assert!(!on_disk.path().join(folder::DATABASE).exists());
    }
}

#[test]
fn slots_without_a_database_are_a_loss_and_no_fresh_start() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    fs::remove_file(on_disk.path().join(folder::DATABASE)).unwrap();
    assert!(matches!(
        on_disk.unlock(),
        Err(VaultError::Damaged(Part::Database))
    ));
    assert!(matches!(on_disk.create(), Err(VaultError::AlreadyExists)));
}

#[test]
fn a_keychain_that_is_locked_empty_or_changed_makes_no_new_key() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    let before = (on_disk.read(folder::SLOTS), on_disk.read(folder::DATABASE));
    let entries = on_disk.keychain.entries.lock().unwrap().clone();

    on_disk.keychain.locked.store(true, Ordering::Relaxed);
    assert!(matches!(
        on_disk.unlock(),
        Err(VaultError::KeychainEntryMissing)
    ));
    on_disk.keychain.locked.store(false, Ordering::Relaxed);
    on_disk.keychain.entries.lock().unwrap().clear();
    assert!(matches!(
        on_disk.unlock(),
        Err(VaultError::KeychainEntryMissing)
    ));
    assert!(on_disk.keychain.entries.lock().unwrap().is_empty());
    for wrong in [
        "",
        "not base64!",
        "QUJD",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ] {
        let changed = entries
            .keys()
            .map(|account| (account.clone(), wrong.into()))
            .collect();
        *on_disk.keychain.entries.lock().unwrap() = changed;
        assert!(matches!(
            on_disk.unlock(),
            Err(VaultError::KeychainEntryWrong)
        ));
    }
    assert_eq!(
        before,
        (on_disk.read(folder::SLOTS), on_disk.read(folder::DATABASE))
    );
    *on_disk.keychain.entries.lock().unwrap() = entries;
    on_disk.unlock().unwrap();
}

#[test]
fn a_second_instance_is_refused() {
    let (on_disk, vault) = OnDisk::new();
    assert!(matches!(on_disk.unlock(), Err(VaultError::InUse)));
    drop(vault);
    on_disk.unlock().unwrap();
}

#[test]
fn no_plaintext_reaches_any_file() {
    let (on_disk, vault) = OnDisk::new();
    let contains = |file: &Path, canary: &[u8]| {
        fs::read(file)
            .unwrap()
            .windows(canary.len())
            .any(|window| window == canary)
    };
    let write = |change: &mut Change<'_>| {
        let owner = change.create_owner(OwnerKind::Document, CANARY)?;
        change.put(owner, MESSAGE, 0, CANARY)?;
        change.put_blob(owner, CANARY.repeat(10_000).as_slice())?;
        change.set_setting(THEME, CANARY)
    };
    let scan = |when: &str| {
        let files: Vec<_> = fs::read_dir(on_disk.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        assert!(files.len() >= 3, "{when}");
        for file in files {
            assert!(!contains(&file, CANARY), "{when}");
        }
    };
    vault.write(write).unwrap();
    assert!(on_disk.path().join("vault.db-wal").exists());
    scan("open");
    // The scan does find what is in clear.
    sql(
        &vault,
        "INSERT INTO settings VALUES (99, CAST('canary-7f3a-in-clear' AS BLOB))",
    );
    assert!(contains(&on_disk.path().join("vault.db-wal"), CANARY));
    sql(
        &vault,
        "DELETE FROM settings WHERE key = 99; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    drop(vault);
    scan("closed");
}

#[test]
fn what_is_erased_leaves_neither_row_nor_key_nor_journal() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one"]);
    vault
        .write(|change| change.put_blob(owner, [1; 100_000].as_slice()))
        .unwrap();
    let wrapped: Vec<u8> = vault
        .store()
        .connection
        .query_row("SELECT key FROM owners", [], |row| row.get(0))
        .unwrap();
    vault.write(|change| change.erase_owner(owner)).unwrap();
    for table in ["owners", "records", "blobs", "chunks"] {
        let rows: i64 = vault
            .store()
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert!(on_disk.read("vault.db-wal").is_empty());
    let database = on_disk.read(folder::DATABASE);
    assert!(
        !database
            .windows(32)
            .any(|window| window == &wrapped[40..72])
    );
}

#[test]
fn errors_name_no_path() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    let name = on_disk
        .path()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    on_disk.put(folder::DATABASE, b"a letter");
    let error = on_disk.unlock().err().unwrap();
    assert!(!format!("{error} {error:?}").contains(&name));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_folder_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;

    // The umask belongs to the process: a child with an open one runs this very test.
    const CHILD: &str = "APARTE_VAULT_OPEN_UMASK";
    if std::env::var_os(CHILD).is_none() {
        let test = std::env::current_exe().unwrap();
        let name = "vault::tests::only_its_owner_may_read_the_folder_whatever_the_umask";
        let child = std::process::Command::new("sh")
            .args(["-c", "umask 000; exec \"$0\" --exact \"$1\""])
            .arg(test)
            .arg(name)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(
            child.status.success() && output.contains("1 passed"),
            "{output}"
        );
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data/aparte");
    let keychain = Arc::new(Fake::default());
    let vault = Vault::create_with(&folder, Protection::Keychain, Cost::DEFAULT, keychain).unwrap();
    conversation(&vault, &[b"one"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "vault.db",
            "vault.db-shm",
            "vault.db-wal",
            "vault.json",
            "vault.lock"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_folder_of_its_person_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let set = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode));
    let create = |folder: &Path| {
        let keychain = Arc::new(Fake::default());
        Vault::create_with(folder, Protection::Keychain, Cost::DEFAULT, keychain)
    };
    let read_only = parent.path().join("read only");
    fs::create_dir(&read_only).unwrap();
    set(&read_only, 0o555).unwrap();
    assert!(matches!(
        create(&read_only),
        Err(VaultError::FolderNotWritable)
    ));
    assert_eq!(mode(&read_only), 0o555);
    assert_eq!(fs::read_dir(&read_only).unwrap().count(), 0);

    let shared = parent.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("letter.txt"), b"a letter").unwrap();
    set(&shared, 0o755).unwrap();
    drop(create(&shared).unwrap());
    assert_eq!(mode(&shared), 0o755);
    assert_eq!(mode(&shared.join(folder::DATABASE)), 0o600);

    let empty = parent.path().join("empty");
    fs::create_dir(&empty).unwrap();
    set(&empty, 0o755).unwrap();
    drop(create(&empty).unwrap());
    assert_eq!(mode(&empty), 0o700);
}

#[test]
fn a_database_of_other_bytes_beside_the_slots_is_damaged() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    for bytes in [&b"a letter"[..], b""] {
        on_disk.put(folder::DATABASE, bytes);
        assert!(matches!(
            on_disk.unlock(),
            Err(VaultError::Damaged(Part::Database))
        ));
    }
}

#[test]
fn a_row_that_was_dropped_added_or_put_back_is_noticed_until_it_is_accepted() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"one", b"two", b"three"]);
    let loss = |vault: &Vault| vault.records(owner, MESSAGE).unwrap().loss;
    assert_eq!(loss(&vault), None);

    sql(&vault, "CREATE TEMP TABLE before AS SELECT * FROM records");
    let second = vault.records(owner, MESSAGE).unwrap().readable[1].id;
    vault
        .write(|change| change.replace(owner, second, b"deux"))
        .unwrap();
    sql(
        &vault,
        "UPDATE records SET sealed = (SELECT sealed FROM before WHERE before.id = records.id)",
    );
    assert_eq!(loss(&vault), Some(Loss::Altered));
    assert_eq!(bodies(&vault, owner)[1], b"two");
    vault.accept().unwrap();
    assert_eq!(loss(&vault), None);

    sql(&vault, "DELETE FROM records WHERE sequence > 0");
    assert_eq!(loss(&vault), Some(Loss::Missing(2)));
    // What is written meanwhile does not hide the loss.
    vault
        .write(|change| change.append(owner, MESSAGE, b"four"))
        .unwrap();
    assert_eq!(loss(&vault), Some(Loss::Missing(2)));
    vault.accept().unwrap();
    assert_eq!(loss(&vault), None);
    assert_eq!(bodies(&vault, owner), [b"one".to_vec(), b"four".to_vec()]);
}

#[test]
fn a_removed_record_is_no_loss_and_its_place_is_not_taken_again() {
    let vault = Vault::in_memory().unwrap();
    let owner = conversation(&vault, &[b"one", b"two"]);
    let last = vault.last_record(owner, MESSAGE).unwrap().unwrap();
    assert_eq!(last.body, b"two");
    vault
        .write(|change| change.remove_record(owner, last.id))
        .unwrap();
    vault
        .write(|change| change.append(owner, MESSAGE, b"three"))
        .unwrap();
    let records = vault.records(owner, MESSAGE).unwrap();
    let sequences: Vec<_> = records
        .readable
        .iter()
        .map(|record| record.sequence)
        .collect();
    assert_eq!((sequences, records.loss), (vec![0, 2], None));
}

#[test]
fn an_owner_or_setting_that_was_dropped_or_put_back_is_noticed_at_unlock() {
    let changes: [(&str, Notice); 4] = [
        (
            "DELETE FROM owners WHERE rowid = (SELECT min(rowid) FROM owners)",
            Notice::OwnersLost(1),
        ),
        (
            "UPDATE owners SET head = x'00', key = x'00' WHERE rowid = 1",
            Notice::OwnersAltered,
        ),
        ("DELETE FROM root", Notice::OwnersAltered),
        ("DELETE FROM settings", Notice::SettingsAltered),
    ];
    for (statement, notice) in changes {
        let (on_disk, vault) = OnDisk::new();
        conversation(&vault, &[b"one"]);
        conversation(&vault, &[b"two"]);
        vault
            .write(|change| change.set_setting(THEME, b"dark"))
            .unwrap();
        drop(vault);
        let vault = on_disk.unlock().unwrap();
        assert_eq!(vault.notices(), [], "{statement}");
        sql(&vault, statement);
        drop(vault);
        for _ in 0..2 {
            let vault = on_disk.unlock().unwrap();
            assert!(vault.notices().contains(&notice), "{statement}");
            conversation(&vault, &[b"three"]);
        }
        on_disk.unlock().unwrap().accept().unwrap();
        assert_eq!(on_disk.unlock().unwrap().notices(), [], "{statement}");
    }
}

#[test]
fn an_older_copy_of_the_whole_vault_is_noticed_by_what_the_keychain_remembers() {
    let (on_disk, vault) = OnDisk::new();
    drop(vault);
    on_disk.unlock().unwrap().close().unwrap();
    let older = on_disk.read(folder::DATABASE);
    on_disk.unlock().unwrap().close().unwrap();
    on_disk.put(folder::DATABASE, &older);
    for _ in 0..6 {
        let vault = on_disk.unlock().unwrap();
        assert_eq!(vault.notices(), [Notice::OlderCopy]);
        let erased = conversation(&vault, &[b"one"]);
        vault.write(|change| change.erase_owner(erased)).unwrap();
        vault.close().unwrap();
    }
    on_disk.unlock().unwrap().accept().unwrap();
    assert_eq!(on_disk.unlock().unwrap().notices(), []);
}

#[test]
fn what_is_hidden_comes_back_until_the_vault_closes_or_opens_again() {
    let (on_disk, vault) = OnDisk::new();
    let [kept, gone, killed] = [0, 1, 2].map(|_| conversation(&vault, &[b"one"]));
    vault
        .write(|change| {
            change.hide_owner(kept)?;
            change.hide_owner(gone)?;
            change.show_owner(kept)
        })
        .unwrap();
    let hidden = |vault: &Vault| -> Vec<_> {
        let owners = vault.owners(OwnerKind::Conversation).unwrap().readable;
        owners
            .into_iter()
            .filter(|owner| owner.hidden)
            .map(|owner| owner.id)
            .collect()
    };
    assert_eq!(hidden(&vault), [gone]);
    vault.close().unwrap();
    let vault = on_disk.unlock().unwrap();
    assert!(matches!(
        vault.head(gone, OwnerKind::Conversation),
        Err(VaultError::NotFound)
    ));
    vault.write(|change| change.hide_owner(killed)).unwrap();
    drop(vault);
    let vault = on_disk.unlock().unwrap();
    let owners = vault.owners(OwnerKind::Conversation).unwrap().readable;
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].id, kept);
    assert_eq!(vault.notices(), []);
}

#[test]
fn slots_change_while_records_stay_as_they_are() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one"]);
    let secret = SecretString::from("a passphrase");
    let passphrase = Protection::Passphrase(&secret);
    assert!(matches!(
        vault.set_passphrase(passphrase, &secret, Cost::FLOOR),
        Err(VaultError::NoSuchSlot)
    ));
    vault
        .set_passphrase(Protection::Keychain, &secret, Cost::FLOOR)
        .unwrap();
    assert_eq!(vault.slots(), [SlotKind::Passphrase]);
    assert!(on_disk.keychain.entries.lock().unwrap().is_empty());
    let words = vault.make_recovery(passphrase, WordList::French).unwrap();
    let words = SecretString::from(words.expose());
    drop(vault);

    assert!(matches!(on_disk.unlock(), Err(VaultError::NoSuchSlot)));
    let unlock = |protection| Vault::unlock_with(on_disk.path(), protection, on_disk.keychain());
    assert_eq!(bodies(&unlock(passphrase).unwrap(), owner), [b"one"]);
    let vault = unlock(Protection::Recovery(&words)).unwrap();
    assert_eq!(bodies(&vault, owner), [b"one"]);

    // Who forgot the passphrase takes another with the words.
    let other = SecretString::from("another passphrase");
    vault
        .set_passphrase(Protection::Recovery(&words), &other, Cost::FLOOR)
        .unwrap();
    drop(vault);
    assert!(matches!(
        unlock(passphrase),
        Err(VaultError::WrongPassphrase)
    ));
    let vault = unlock(Protection::Passphrase(&other)).unwrap();
    vault.set_keychain(Protection::Passphrase(&other)).unwrap();
    vault.remove_recovery(Protection::Keychain).unwrap();
    assert_eq!(vault.slots(), [SlotKind::Keychain]);
    drop(vault);
    assert!(matches!(
        unlock(Protection::Recovery(&words)),
        Err(VaultError::NoSuchSlot)
    ));
    assert_eq!(bodies(&on_disk.unlock().unwrap(), owner), [b"one"]);
}

#[test]
fn words_that_could_not_be_shown_are_not_made() {
    let (on_disk, vault) = OnDisk::new();
    let proof = Protection::Keychain;
    let earlier = vault.make_recovery(proof, WordList::English).unwrap();
    let earlier = SecretString::from(earlier.expose());
    let lost = vault.make_recovery_once_shown(proof, WordList::English, |_| {
        Err(VaultError::Io(std::io::ErrorKind::BrokenPipe))
    });
    assert!(matches!(lost, Err(VaultError::Io(_))));
    let mut shown = String::new();
    let wrong = SecretString::from("no words");
    let refused =
        vault.make_recovery_once_shown(Protection::Recovery(&wrong), WordList::English, |words| {
            shown.push_str(words.expose());
            Ok::<_, VaultError>(())
        });
    assert!(refused.is_err());
    assert_eq!(shown, "", "nobody sees words that will open nothing");
    drop(vault);

    let unlock = |words: &SecretString| {
        Vault::unlock_with(
            on_disk.path(),
            Protection::Recovery(words),
            on_disk.keychain(),
        )
    };
    let vault = unlock(&earlier).unwrap();
    vault
        .make_recovery_once_shown(proof, WordList::English, |words| {
            shown.push_str(words.expose());
            Ok::<_, VaultError>(())
        })
        .unwrap();
    drop(vault);
    assert!(matches!(
        unlock(&earlier),
        Err(VaultError::WrongRecoveryWords)
    ));
    unlock(&SecretString::from(shown)).unwrap();
}

#[test]
fn a_cache_comes_back_and_anything_strange_reads_as_none() {
    const INDEX: CacheKind = CacheKind(1);
    let (on_disk, vault) = OnDisk::new();
    assert!(vault.cache(INDEX).is_none());
    let folder = on_disk.path().join("cache");
    let files = || -> Vec<_> {
        let files = fs::read_dir(&folder).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    };
    vault.keep_cache(INDEX, b"earlier").unwrap();
    let earlier = files().remove(0);
    for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
        let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
        vault.keep_cache(INDEX, &bytes).unwrap();
        assert_eq!(vault.cache(INDEX).unwrap().as_slice(), bytes, "{length}");
    }
    drop(vault);
    fs::write(earlier, b"left by a crash").unwrap();
    let vault = on_disk.unlock().unwrap();
    let files = files();
    let [file] = files.as_slice() else {
        panic!("{files:?}")
    };
    let whole = fs::read(file).unwrap();
    assert_eq!(vault.cache(INDEX).unwrap().len(), 200_000);
    let chunk = 65_536 + 16;
    let swapped = [
        &whole[chunk..2 * chunk],
        &whole[..chunk],
        &whole[2 * chunk..],
    ]
    .concat();
    let mut flipped = whole.clone();
    flipped[70_000] ^= 1;
    for changed in [
        &swapped,
        &flipped,
        &whole[..chunk].to_vec(),
        &Vec::new(),
        &[&whole[..], b"x"].concat(),
    ] {
        fs::write(file, changed).unwrap();
        assert!(vault.cache(INDEX).is_none());
    }
}

#[test]
fn caches_go_with_whatever_is_erased_and_a_persons_own_files_stay() {
    const INDEX: CacheKind = CacheKind(1);
    let (on_disk, vault) = OnDisk::new();
    let folder = on_disk.path().join("cache");
    fs::create_dir_all(folder.join("letters")).unwrap();
    fs::write(folder.join("letter.txt"), b"a letter").unwrap();
    // Named like a cache, but without the vault's mark.
    let like_a_cache = folder.join(format!("{:032x}.bin", 7));
    fs::write(&like_a_cache, b"a letter").unwrap();
    let files = || fs::read_dir(&folder).unwrap().count() - 1;
    for killed in [false, true] {
        let [kept, gone] = [0, 1].map(|_| conversation(&vault, &[b"one"]));
        vault.keep_cache(INDEX, b"words of both").unwrap();
        assert_eq!(files(), 3);
        if killed {
            vault.write(|change| change.hide_owner(gone)).unwrap();
            break;
        }
        vault.write(|change| change.erase_owner(gone)).unwrap();
        assert!(vault.cache(INDEX).is_none());
        assert_eq!(files(), 2);
        assert_eq!(bodies(&vault, kept), [b"one"]);
    }
    drop(vault);
    let vault = on_disk.unlock().unwrap();
    assert!(
        vault.cache(INDEX).is_none(),
        "it is erased when the vault opens"
    );
    assert_eq!(files(), 2);
    assert_eq!(fs::read(folder.join("letter.txt")).unwrap(), b"a letter");
    assert_eq!(fs::read(like_a_cache).unwrap(), b"a letter");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_caches_is_not_followed() {
    const INDEX: CacheKind = CacheKind(1);
    let (on_disk, vault) = OnDisk::new();
    let pictures = tempfile::tempdir().unwrap();
    let picture = pictures.path().join(format!("{:032x}.bin", 7));
    fs::write(&picture, b"a picture").unwrap();
    std::os::unix::fs::symlink(pictures.path(), on_disk.path().join("cache")).unwrap();
    vault.keep_cache(INDEX, b"words").unwrap();
    let erased = conversation(&vault, &[b"one"]);
    vault.write(|change| change.erase_owner(erased)).unwrap();
    drop(vault);
    drop(on_disk.unlock().unwrap());
    assert_eq!(fs::read(&picture).unwrap(), b"a picture");
    assert_eq!(fs::read_dir(pictures.path()).unwrap().count(), 1);
}

#[test]
fn one_record_is_read_without_the_others_and_they_are_counted_without_being_opened() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one", b"two"]);
    let empty = conversation(&vault, &[]);
    let read = |sequence| vault.record(owner, MESSAGE, sequence);
    assert_eq!(read(1).unwrap().unwrap().body, b"two");
    assert!(read(2).unwrap().is_none());
    assert!(vault.record(owner, OTHER, 0).unwrap().is_none());
    let counts = vault.count_records(MESSAGE).unwrap();
    assert_eq!((counts.get(&owner), counts.get(&empty)), (Some(&2), None));
    sql(
        &vault,
        "UPDATE records SET sealed = x'00' WHERE sequence = 0",
    );
    assert!(matches!(read(0), Err(VaultError::Damaged(Part::Record))));
    assert_eq!(read(1).unwrap().unwrap().body, b"two");
    drop(vault);
    drop(on_disk);
}

#[test]
fn a_backup_never_lands_among_the_vaults_own_files() {
    let (on_disk, vault) = OnDisk::new();
    for place in ["backup", "cache/backup"] {
        fs::create_dir_all(on_disk.path().join("cache")).unwrap();
        let to = on_disk.path().join(place);
        assert!(
            matches!(vault.back_up(&to), Err(VaultError::AlreadyExists)),
            "{place}"
        );
    }
}

#[test]
fn a_backup_makes_the_vault_again_and_a_changed_one_makes_none() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one", b"two"]);
    vault
        .write(|change| change.put_blob(owner, [1; 200_000].as_slice()))
        .unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("my vault.aparte-backup");
    assert!(matches!(
        vault.back_up(&backup),
        Err(VaultError::BackupNeedsSecret)
    ));
    let words = vault
        .make_recovery(Protection::Keychain, WordList::English)
        .unwrap();
    let words = SecretString::from(words.expose());
    let words = Protection::Recovery(&words);
    vault.back_up(&backup).unwrap();
    vault.back_up(&backup).unwrap();

    let into = elsewhere.path().join("new");
    let restored = Vault::restore(&backup, &into, words).unwrap();
    assert_eq!(restored.notices(), []);
    assert_eq!(restored.slots(), [SlotKind::Recovery]);
    assert_eq!(bodies(&restored, owner), [b"one".to_vec(), b"two".to_vec()]);
    assert!(restored.check().unwrap().is_sound());
    drop(restored);
    assert!(matches!(
        Vault::restore(&backup, &into, words),
        Err(VaultError::AlreadyExists)
    ));
    assert!(matches!(
        Vault::restore(&backup, on_disk.path(), words),
        Err(VaultError::InUse)
    ));

    let whole = fs::read(&backup).unwrap();
    let into = elsewhere.path().join("never");
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&backup, flipped).unwrap();
        // Some bytes of a database's pages mean nothing.
        if let Ok(vault) = Vault::restore(&backup, &into, words) {
            assert!(vault.check().unwrap().is_sound());
            drop(vault);
        }
        fs::remove_dir_all(&into).unwrap_or_default();
    }
    fs::write(&backup, &whole[..whole.len() / 2]).unwrap();
    assert!(Vault::restore(&backup, &into, words).is_err());
    assert_eq!(Vault::look(&into).unwrap(), State::Absent);
    fs::write(&backup, &whole).unwrap();
    drop(Vault::restore(&backup, &into, words).unwrap());
}

#[test]
fn a_vault_of_format_1_is_brought_to_this_one() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-1");
    let folder = tempfile::tempdir().unwrap();
    for file in ["vault.db", "vault.json"] {
        fs::copy(golden.join(file), folder.path().join(file)).unwrap();
    }
    let passphrase = SecretString::from("the golden passphrase of format 1");
    let unlock = || Vault::unlock(folder.path(), Protection::Passphrase(&passphrase)).unwrap();
    let vault = unlock();
    assert_eq!(vault.notices(), []);
    let conversations = vault.owners(OwnerKind::Conversation).unwrap();
    assert_eq!(
        (conversations.readable.len(), conversations.damaged.len()),
        (2, 0)
    );
    for conversation in &conversations.readable {
        let messages = vault.records(conversation.id, MESSAGE).unwrap();
        assert_eq!((messages.readable.len(), messages.loss), (2, None));
    }
    assert!(vault.check().unwrap().is_sound());
    let copy = folder.path().join("vault.db.format-1");
    assert!(copy.is_file());
    vault
        .write(|change| change.erase_owner(conversations.readable[0].id))
        .unwrap();
    assert!(!copy.exists(), "the copy still holds what was erased");
    drop(vault);
    assert_eq!(unlock().notices(), []);
}

#[cfg(unix)]
#[test]
fn nothing_is_acknowledged_once_the_folder_is_gone_or_another_is_in_its_place() {
    let (on_disk, vault) = OnDisk::new();
    let owner = conversation(&vault, &[b"one"]);
    let write = || vault.write(|change| change.append(owner, MESSAGE, b"two"));
    let elsewhere = on_disk.path().with_extension("moved");
    fs::rename(on_disk.path(), &elsewhere).unwrap();
    assert!(matches!(write(), Err(VaultError::FolderGone)));
    fs::create_dir(on_disk.path()).unwrap();
    fs::write(on_disk.path().join("vault.db"), b"another").unwrap();
    assert!(matches!(write(), Err(VaultError::FolderGone)));
    fs::remove_dir_all(on_disk.path()).unwrap();
    fs::rename(&elsewhere, on_disk.path()).unwrap();
    write().expect("the folder is back");
    drop(vault);
    let messages = on_disk.unlock().unwrap().records(owner, MESSAGE).unwrap();
    assert_eq!((messages.readable.len(), messages.loss), (2, None));
}

#[cfg(unix)]
#[test]
fn a_vault_may_lie_and_be_backed_up_under_a_name_that_is_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent
        .path()
        .join(std::ffi::OsStr::from_bytes(b"caf\xe9 \xff"));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-1");
    fs::create_dir(&folder).unwrap();
    for file in ["vault.db", "vault.json"] {
        fs::copy(golden.join(file), folder.join(file)).unwrap();
    }
    let passphrase = SecretString::from("the golden passphrase of format 1");
    let protection = Protection::Passphrase(&passphrase);
    let vault = Vault::unlock(&folder, protection).expect("brought to this format");
    let backup = folder.with_extension("backup");
    vault.back_up(&backup).unwrap();
    let into = folder.with_extension("restored");
    let restored = Vault::restore(&backup, &into, protection).unwrap();
    let conversations = restored.owners(OwnerKind::Conversation).unwrap();
    assert_eq!(conversations.readable.len(), 2);
}
