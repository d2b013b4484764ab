//! Backups: what comes back is what was there, and a file from elsewhere is taken for hostile.

use std::fs;
use std::path::{Path, PathBuf};

use aparte_vault::{Cost, Protection, Replacement, SlotKind, State, Vault, VaultError, WordList};
use rusqlite::Connection;
use secrecy::SecretString;

use super::campaign::{Dice, Tally, every, times};
use super::ground::{Contents, Ground, MESSAGE, PAGE, assert_same, files, lasting, put_files};

const PASSPHRASE: &str = "lanterns over a quiet estuary";

/// A vault, a backup of it, and what opens both without waiting for Argon2id.
struct BackedUp {
    ground: Ground,
    vault: Vault,
    contents: Contents,
    backup: PathBuf,
    passphrase: SecretString,
    words: SecretString,
}

impl BackedUp {
    fn new() -> BackedUp {
        let ground = Ground::empty();
        let passphrase = SecretString::from(PASSPHRASE);
        let proof = Protection::Passphrase(&passphrase);
        let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
        let words = vault.make_recovery(proof, WordList::English).unwrap();
        let words = SecretString::from(words.expose().to_owned());
        let contents = Contents::put(&vault, 6, 4, &[900, 70_000]);
        let backup = ground.beside("backup");
        vault.back_up(&backup).unwrap();
        BackedUp {
            ground,
            vault,
            contents,
            backup,
            passphrase,
            words,
        }
    }

    fn restore(&self, backup: &Path, into: &Path) -> Result<Vault, VaultError> {
        Vault::restore(backup, into, Protection::Recovery(&self.words))
    }

    /// Tells what is wrong unless this file is refused and leaves nothing behind.
    fn refuses(&self, bytes: &[u8]) -> Result<(), String> {
        let hostile = self.ground.beside("hostile");
        let into = self.ground.beside("into");
        fs::write(&hostile, bytes).unwrap();
        fs::create_dir_all(&into).unwrap();
        let outcome = self.restore(&hostile, &into);
        let accepted = outcome.is_ok();
        drop(outcome);
        let left = lasting(files(&into));
        fs::remove_dir_all(&into).unwrap();
        if accepted {
            return Err("it was restored".to_owned());
        }
        if !left.is_empty() {
            return Err(format!("it left {:?}", left.keys()));
        }
        match fs::read(&hostile).unwrap() == bytes {
            true => Ok(()),
            false => Err("the file was changed".to_owned()),
        }
    }

    /// The backup after statements were run in it.
    fn altered(&self, statements: &str) -> Vec<u8> {
        let path = self.ground.beside("altered");
        fs::copy(&self.backup, &path).unwrap();
        let rows = Connection::open(&path).unwrap();
        rows.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON;")
            .unwrap();
        rows.execute_batch(statements).unwrap();
        drop(rows);
        fs::read(path).unwrap()
    }
}

#[test]
fn a_backup_brings_everything_back_on_a_machine_that_has_nothing() {
    let it = BackedUp::new();
    for (name, protection) in [
        ("by words", Protection::Recovery(&it.words)),
        ("by passphrase", Protection::Passphrase(&it.passphrase)),
    ] {
        let into = it.ground.beside(name);
        let vault = Vault::restore(&it.backup, &into, protection).unwrap();
        assert!(
            it.contents.difference(&vault).is_none(),
            "{name}: {:?}",
            it.contents.difference(&vault)
        );
        assert!(vault.check().unwrap().is_sound());
        vault
            .write(|change| change.append(it.contents.owners[0].id, MESSAGE, b"Life goes on"))
            .unwrap();
        vault.close().unwrap();
        let slots = vec![SlotKind::Passphrase, SlotKind::Recovery];
        assert_eq!(Vault::look(&into).unwrap(), State::Locked { slots });
        let vault = Vault::unlock(&into, protection).unwrap();
        assert_eq!(vault.notices(), []);
    }
    assert!(
        it.contents.difference(&it.vault).is_none(),
        "the first vault is as it was"
    );
}

#[cfg(unix)]
#[test]
fn a_backup_is_readable_to_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let it = BackedUp::new();
    let mode = fs::metadata(&it.backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_backup_of_a_vault_that_is_being_written_is_of_one_moment() {
    let it = BackedUp::new();
    let owner = it.contents.owners[0].id;
    let backups: Vec<_> = (0..8)
        .map(|number| it.ground.beside(&format!("moment-{number}")))
        .collect();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..200_u32 {
                // Two messages in one change: neither is ever there alone.
                it.vault
                    .write(|change| {
                        change.append(owner, MESSAGE, &number.to_be_bytes())?;
                        change.append(owner, MESSAGE, &number.to_be_bytes())
                    })
                    .unwrap();
            }
        });
        for backup in &backups {
            it.vault.back_up(backup).unwrap();
        }
        writer.join().unwrap();
    });
    for (number, backup) in backups.iter().enumerate() {
        let vault = it
            .restore(backup, &it.ground.beside(&format!("of-{number}")))
            .unwrap();
        let listing = vault.records(owner, MESSAGE).unwrap();
        assert_eq!((listing.damaged.len(), listing.loss), (0, None));
        assert_eq!(listing.readable.len() % 2, 0, "half a change was backed up");
    }
}

#[test]
fn a_backup_that_was_changed_anywhere_is_refused_and_leaves_nothing() {
    let it = BackedUp::new();
    let whole = fs::read(&it.backup).unwrap();
    let first = &it.contents.owners[0];
    let owner = format!("x'{}'", first.id);
    let record = format!("x'{}'", first.records[1].id);
    let statements = [
        "CREATE TABLE more (a INTEGER) STRICT".to_owned(),
        "CREATE INDEX more ON records (kind)".to_owned(),
        "CREATE VIEW more AS SELECT * FROM owners".to_owned(),
        "CREATE TRIGGER more AFTER UPDATE ON manifest BEGIN DELETE FROM owners; END".to_owned(),
        "CREATE TRIGGER more AFTER INSERT ON root BEGIN DELETE FROM records; END".to_owned(),
        "CREATE VIRTUAL TABLE more USING fts5(a)".to_owned(),
        "ALTER TABLE owners ADD COLUMN more BLOB".to_owned(),
        "ALTER TABLE owners ADD COLUMN more BLOB GENERATED ALWAYS AS (zeroblob(1000000000)) VIRTUAL".to_owned(),
        "ALTER TABLE owners RENAME COLUMN head TO title".to_owned(),
        "ALTER TABLE settings RENAME TO choices".to_owned(),
        "DROP INDEX blobs_by_owner".to_owned(),
        "DROP TABLE root".to_owned(),
        "DROP TABLE caches".to_owned(),
        "DROP TABLE manifest".to_owned(),
        "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'owners'".to_owned(),
        "UPDATE sqlite_schema SET sql = sql || ' ' WHERE name = 'owners'".to_owned(),
        "UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (id = 1)', 'CHECK (id > abs(-1) - 1)')".to_owned(),
        "UPDATE sqlite_schema SET rootpage = 5 WHERE name = 'owners'".to_owned(),
        "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'records'".to_owned(),
        "PRAGMA user_version = 0".to_owned(),
        "PRAGMA user_version = 1".to_owned(),
        "PRAGMA user_version = 3".to_owned(),
        "PRAGMA user_version = -5".to_owned(),
        "PRAGMA application_id = 1".to_owned(),
        "DELETE FROM manifest".to_owned(),
        "UPDATE manifest SET bytes = x''".to_owned(),
        "UPDATE manifest SET bytes = x'7b7d'".to_owned(),
        "UPDATE manifest SET bytes = zeroblob(50000000)".to_owned(),
        "DELETE FROM root".to_owned(),
        "UPDATE root SET sealed = x'00'".to_owned(),
        format!("DELETE FROM owners WHERE id = {owner}"),
        format!("DELETE FROM records WHERE id = {record}"),
        format!("DELETE FROM records WHERE owner = {owner}"),
        format!("DELETE FROM blobs WHERE owner = {owner}"),
        "DELETE FROM chunks WHERE sequence = 1".to_owned(),
        "DELETE FROM settings WHERE key = 1".to_owned(),
        "DELETE FROM settings".to_owned(),
        "DELETE FROM owners".to_owned(),
        format!("UPDATE records SET sequence = 90 WHERE id = {record}"),
        format!("UPDATE records SET kind = 9 WHERE id = {record}"),
        format!("UPDATE records SET id = x'00' WHERE id = {record}"),
        format!("UPDATE records SET sealed = x'' WHERE id = {record}"),
        format!("UPDATE records SET sealed = zeroblob(30000000) WHERE id = {record}"),
        format!("UPDATE owners SET kind = 2 WHERE id = {owner}"),
        format!("UPDATE owners SET seal = x'' WHERE id = {owner}"),
        format!("INSERT INTO records VALUES (zeroblob(16), {owner}, 1, 50, zeroblob(301))"),
        format!("INSERT INTO records SELECT zeroblob(16), owner, kind, 77, sealed FROM records WHERE id = {record}"),
        "INSERT INTO owners VALUES (zeroblob(16), 1, zeroblob(301), zeroblob(301), zeroblob(301))".to_owned(),
        "INSERT INTO records VALUES (zeroblob(16), zeroblob(16), 1, 0, zeroblob(301))".to_owned(),
        "INSERT INTO chunks VALUES (zeroblob(16), 0, zeroblob(301))".to_owned(),
        "INSERT INTO blobs VALUES (zeroblob(16), zeroblob(16), zeroblob(301))".to_owned(),
        "INSERT INTO settings VALUES (77, zeroblob(301))".to_owned(),
    ];
    let mut tally = Tally::new("a backup was altered");
    for statement in &statements {
        tally.take(it.refuses(&it.altered(statement)), statement);
    }

    let mut lengths: Vec<usize> = vec![0, 1, 15, 16, 50, 99, 100, 101, whole.len() - 1];
    lengths.extend((512..whole.len()).step_by(every(16) * 512));
    for length in lengths {
        tally.take(
            it.refuses(&whole[..length]),
            format!("cut to {length} bytes"),
        );
    }
    for more in [1, 512, 4096, 40 * 4096] {
        let longer = [whole.clone(), vec![0; more]].concat();
        tally.take(it.refuses(&longer), format!("{more} bytes behind its end"));
    }

    let other = BackedUp::new();
    tally.take(
        it.refuses(&fs::read(&other.backup).unwrap()),
        "the backup of another vault",
    );
    let rows = Connection::open(&other.backup).unwrap();
    let manifest: Vec<u8> = rows
        .query_row("SELECT bytes FROM manifest", [], |row| row.get(0))
        .unwrap();
    let hex: String = manifest.iter().map(|byte| format!("{byte:02x}")).collect();
    let mixed = it.altered(&format!("UPDATE manifest SET bytes = x'{hex}'"));
    tally.take(it.refuses(&mixed), "the slots of another vault");
    tally.take(it.refuses(b"a letter, not a backup"), "a letter");

    let vault = it
        .restore(&it.backup, &it.ground.beside("after all"))
        .unwrap();
    assert!(
        it.contents.difference(&vault).is_none(),
        "the backup itself is good"
    );
    tally.end();
}

/// Damage at the level of bytes: of pages, pointers, lengths.
#[test]
fn a_damaged_backup_is_refused_or_brings_everything_back() {
    let it = BackedUp::new();
    let whole = fs::read(&it.backup).unwrap();
    let mut dice = Dice::new(0x62_61_63_6b);
    let mut tally = Tally::new("fuzz: a backup file");
    let mut refused = 0;
    let hostile = it.ground.beside("hostile");
    let into = it.ground.beside("into");
    for number in 0..times(400, 25_000) {
        let bytes = dice.damage(&whole);
        fs::write(&hostile, &bytes).unwrap();
        let outcome = it
            .restore(&hostile, &into)
            .map(|vault| it.contents.difference(&vault));
        let held = match &outcome {
            Ok(difference) => difference.is_none(),
            Err(_) => {
                refused += 1;
                !into.exists()
            }
        };
        tally.note(held, || format!("number {number}: {outcome:?}"));
        let _ = fs::remove_dir_all(&into);
    }
    println!("{refused} were refused, the others were whole where it matters");
    tally.end();
}

/// SQLite finds a row by its index and not in its table: what the two say must be the same.
#[test]
fn a_backup_whose_index_tells_of_other_rows_than_its_table_is_refused() {
    let it = BackedUp::new();
    let whole = fs::read(&it.backup).unwrap();
    // In a row of the table and in its entry of the index the kind of a page stands behind its owner.
    let owner = it.contents.owners[0].id;
    let named = [owner.as_bytes(), &[PAGE.0 as u8][..]].concat();
    let places: Vec<_> = (0..whole.len())
        .filter(|&at| whole[at..].starts_with(&named))
        .collect();
    let pages = it.contents.owners[0].records.iter();
    let pages = pages.filter(|record| record.kind == PAGE).count();
    assert!(places.len() >= 2 * pages, "each stands in both");
    for at in places {
        let mut changed = whole.clone();
        changed[at + named.len() - 1] += 1;
        assert_eq!(it.refuses(&changed), Ok(()), "byte {at}");
    }
}

#[test]
fn a_journal_beside_a_backup_is_not_read() {
    let it = BackedUp::new();
    for (end, bytes) in [
        (
            "-wal",
            it.ground.files().remove("vault.db-wal").unwrap_or_default(),
        ),
        ("-wal", vec![0x37; 9_000]),
        ("-journal", vec![0xd9; 9_000]),
    ] {
        let beside = PathBuf::from(format!("{}{end}", it.backup.display()));
        fs::write(&beside, &bytes).unwrap();
        let into = it.ground.beside("into");
        let vault = it.restore(&it.backup, &into).unwrap();
        assert!(it.contents.difference(&vault).is_none());
        assert_eq!(fs::read(&beside).unwrap(), bytes);
        drop(vault);
        fs::remove_dir_all(into).unwrap();
        fs::remove_file(beside).unwrap();
    }
}

#[test]
fn a_restore_needs_the_right_secret_and_an_empty_place() {
    let it = BackedUp::new();
    let into = it.ground.beside("into");
    let wrong = SecretString::from("lanterns over another estuary");
    let outcome = Vault::restore(&it.backup, &into, Protection::Passphrase(&wrong));
    assert!(matches!(outcome, Err(VaultError::WrongPassphrase)));
    let outcome = Vault::restore(&it.backup, &into, Protection::Recovery(&wrong));
    assert!(matches!(outcome, Err(VaultError::NotRecoveryWords)));
    let outcome = Vault::restore(&it.backup, &into, Protection::Keychain);
    assert!(matches!(outcome, Err(VaultError::NoSuchSlot)));
    assert!(!into.exists(), "a refused restore leaves nothing");

    let (other, vault) = Ground::new();
    vault.close().unwrap();
    let whole = other.files();
    for part in [None, Some("vault.db"), Some("vault.json")] {
        let mut before = whole.clone();
        if let Some(part) = part {
            before.retain(|name, _| name == part);
        }
        put_files(&other.vault, &before);
        let outcome = it.restore(&it.backup, &other.vault);
        assert!(
            matches!(outcome, Err(VaultError::AlreadyExists)),
            "{part:?}"
        );
        drop(outcome);
        assert_same(
            &lasting(before),
            &lasting(other.files()),
            &format!("{part:?}"),
        );
    }
    // A vault that is open is one too.
    let outcome = it.restore(&it.backup, &it.ground.vault);
    assert!(matches!(
        outcome,
        Err(VaultError::AlreadyExists | VaultError::InUse)
    ));
    assert!(it.contents.difference(&it.vault).is_none());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_no_backup() {
    use std::time::{Duration, Instant};
    let it = BackedUp::new();
    let folder = it.ground.beside("a folder");
    fs::create_dir(&folder).unwrap();
    let pipe = it.ground.beside("a pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "mkfifo is part of the system"
    );
    let link = it.ground.beside("a link to nowhere");
    std::os::unix::fs::symlink(it.ground.beside("nowhere"), &link).unwrap();
    let devices = ["/dev/zero", "/dev/null", "/dev/stdin"].map(PathBuf::from);
    for path in [folder, pipe, link, it.ground.beside("nothing")]
        .iter()
        .chain(&devices)
    {
        let into = it.ground.beside("into");
        let started = Instant::now();
        let outcome = it.restore(path, &into);
        assert!(outcome.is_err(), "{}", path.display());
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{}",
            path.display()
        );
        assert!(!into.exists() || lasting(files(&into)).is_empty());
    }
}

/// A person who chooses where a backup goes may choose badly.
#[test]
fn a_backup_is_never_written_over_the_vault_itself() {
    let it = BackedUp::new();
    for name in [
        "vault.db",
        "vault.json",
        "vault.lock",
        "vault.db-wal",
        "vault.db-shm",
        "./vault.db",
    ] {
        let path = it.ground.vault.join(name);
        let written = it.vault.back_up(&path);
        assert!(written.is_err(), "{name} was written over");
    }
    #[cfg(unix)]
    {
        let link = it.ground.beside("a link to the vault");
        std::os::unix::fs::symlink(&it.ground.vault, &link).unwrap();
        assert!(
            it.vault.back_up(&link.join("vault.db")).is_err(),
            "by a link"
        );
    }
    it.vault
        .write(|change| change.append(it.contents.owners[0].id, MESSAGE, b"One more"))
        .unwrap();
    it.vault.close().unwrap();
    let vault = Vault::unlock(&it.ground.vault, Protection::Recovery(&it.words)).unwrap();
    assert_eq!(vault.notices(), []);
    let listing = vault.records(it.contents.owners[0].id, MESSAGE).unwrap();
    assert_eq!(listing.readable.len(), 5);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_the_earlier_one() {
    let it = BackedUp::new();
    let before = fs::read(&it.backup).unwrap();
    let nowhere = it.ground.beside("nowhere").join("backup");
    assert!(it.vault.back_up(&nowhere).is_err());
    let folder = it.ground.beside("a folder");
    fs::create_dir(&folder).unwrap();
    assert!(it.vault.back_up(&folder).is_err());
    assert_eq!(fs::read(&it.backup).unwrap(), before);
    it.vault.back_up(&it.backup).unwrap();
    let vault = it.restore(&it.backup, &it.ground.beside("into")).unwrap();
    assert!(it.contents.difference(&vault).is_none());
    let left: Vec<_> = fs::read_dir(it.backup.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("part"))
        .collect();
    assert!(left.is_empty(), "{left:?} is left over");
}

#[test]
fn a_backup_takes_the_place_of_a_vault_which_is_set_aside_as_it_was() {
    let it = BackedUp::new();
    it.vault
        .write(|change| change.append(it.contents.owners[0].id, MESSAGE, b"Later"))
        .unwrap();
    let folder = it.ground.vault.clone();
    let words = Protection::Recovery(&it.words);
    let waiting = Replacement::prepare(&it.backup, &folder, words).unwrap();
    let refused = waiting.take_place(words);
    assert!(
        matches!(refused, Err(VaultError::InUse)),
        "nothing is moved under an open vault"
    );
    it.vault.close().unwrap();
    for number in 1..=2 {
        let before = lasting(files(&folder));
        let waiting = Replacement::prepare(&it.backup, &folder, words).unwrap();
        let (vault, aside) = waiting.take_place(words).unwrap();
        assert_eq!(aside, it.ground.beside(&format!("vault.before-{number}")));
        assert!(it.contents.difference(&vault).is_none(), "as backed up");
        vault.close().unwrap();
        assert_same(&before, &lasting(files(&aside)), "the vault set aside");
    }
}

#[test]
fn a_backup_that_is_refused_moves_nothing_and_leaves_nothing_beside() {
    let it = BackedUp::new();
    let folder = &it.ground.vault;
    let wrong = SecretString::from("not the lanterns at all");
    let refused = Replacement::prepare(&it.backup, folder, Protection::Passphrase(&wrong));
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
    let words = Protection::Recovery(&it.words);
    drop(Replacement::prepare(&it.backup, folder, words).unwrap());
    assert!(!it.ground.beside("vault.restoring").exists());
    assert!(!it.ground.beside("vault.before-1").exists());
    assert!(it.contents.difference(&it.vault).is_none());
}

#[test]
fn a_vault_that_a_crash_left_between_two_names_is_found_and_no_other_is_made() {
    let it = BackedUp::new();
    let folder = it.ground.vault.clone();
    it.vault.close().unwrap();
    // As after the first of the two renames.
    fs::rename(&folder, it.ground.beside("vault.restoring")).unwrap();
    assert!(matches!(Vault::look(&folder), Ok(State::Locked { .. })));
    assert!(!folder.exists(), "looking changes nothing");
    let proof = Protection::Passphrase(&it.passphrase);
    let made = Vault::create(&folder, proof, Cost::FLOOR);
    assert!(matches!(made, Err(VaultError::AlreadyExists)));
    let vault = Vault::unlock(&folder, proof).unwrap();
    assert!(it.contents.difference(&vault).is_none());
}
