//! C2, C3, C4: what a vault's files consist of, what is left of what was erased, and what is not a vault.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use aparte_vault::{CacheKind, Cost, OwnerKind, Protection, State, Vault, VaultError};
use rusqlite::Connection;
use secrecy::SecretString;

use super::campaign::{Dice, Tally};
use super::ground::{
    CHUNK, Contents, Files, Ground, MASTER, MESSAGE, PAGE, assert_same, files, lasting, put_files,
};
use super::sqlite::{Value, dissect};

/// Text as people write it, that would be seen if it were stored as it is.
const SENTENCE: &str = "The lanterns were lit at dusk, and the ferry left at ten past nine. ";

/// Bits of information in a byte of these, by how often each value occurs.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes
        .iter()
        .for_each(|&byte| counts[usize::from(byte)] += 1);
    let share = |count: u32| f64::from(count) / bytes.len() as f64;
    counts
        .into_iter()
        .filter(|&count| count > 0)
        .map(|count| -share(count) * share(count).log2())
        .sum()
}

/// Every sealed value of a vault.
fn sealed_values(rows: &Connection) -> Vec<Vec<u8>> {
    let all =
        "SELECT key FROM owners UNION ALL SELECT head FROM owners UNION ALL SELECT seal FROM owners
               UNION ALL SELECT sealed FROM records UNION ALL SELECT head FROM blobs
               UNION ALL SELECT sealed FROM chunks UNION ALL SELECT sealed FROM settings
               UNION ALL SELECT sealed FROM root UNION ALL SELECT head FROM caches";
    let mut select = rows.prepare(all).unwrap();
    let values = select.query_map([], |row| row.get(0)).unwrap();
    values.collect::<Result<_, _>>().unwrap()
}

fn ids(rows: &Connection) -> HashSet<Vec<u8>> {
    let all = "SELECT id FROM owners UNION SELECT id FROM records UNION SELECT id FROM blobs UNION SELECT file FROM caches";
    let mut select = rows.prepare(all).unwrap();
    let ids = select.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

/// A vault that has lived: things were written, replaced, removed and erased.
fn lived_in() -> Ground {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 30, 6, &[300, CHUNK + 7]);
    let owner = contents.owners[0].id;
    vault
        .write(|change| {
            for length in [1_200, 5_000, 40_000] {
                let text: String = SENTENCE.chars().cycle().take(length).collect();
                change.append(owner, MESSAGE, text.as_bytes())?;
                change.put_blob(owner, text.as_bytes())?;
            }
            contents.owners[10..20]
                .iter()
                .try_for_each(|owner| change.erase_owner(owner.id))
        })
        .unwrap();
    vault
        .write(|change| {
            for record in &contents.owners[1].records {
                change.replace(contents.owners[1].id, record.id, SENTENCE.as_bytes())?;
            }
            for record in &contents.owners[2].records {
                change.remove_record(contents.owners[2].id, record.id)?;
            }
            Ok(())
        })
        .unwrap();
    vault
        .keep_cache(CacheKind(1), SENTENCE.repeat(2_000).as_bytes())
        .unwrap();
    vault.close().unwrap();
    ground
}

#[test]
fn every_byte_of_the_database_is_sealed_or_an_id_or_a_number_or_sqlites_own() {
    let ground = lived_in();
    let files = ground.files();
    let anatomy = dissect(&files["vault.db"]);
    assert!(
        files.get("vault.db-wal").is_none_or(Vec::is_empty),
        "a closed vault has nothing in its journal"
    );
    let rows = ground.rows();
    let sealed: HashSet<Vec<u8>> = sealed_values(&rows).into_iter().collect();
    let ids = ids(&rows);
    let manifest = &files["vault.json"];
    let mut tally = Tally::new("C2: a value of the database");
    for (root, found) in &anatomy.rows {
        for value in found.iter().flatten() {
            let known = match value {
                Value::Null | Value::Integer(_) => true,
                Value::Text(_) => *root == 1,
                Value::Blob(bytes) => {
                    sealed.contains(bytes) || ids.contains(bytes) || bytes == manifest
                }
                Value::Other => false,
            };
            tally.note(known, || format!("in the tree of page {root}: {value:?}"));
        }
    }
    println!(
        "{} bytes: {} in values, {} SQLite's own, {} unused zeros, {} of old ids in indexes, {} others",
        files["vault.db"].len(),
        anatomy.values,
        anatomy.structure,
        anatomy.zeros,
        anatomy.old_in_indexes,
        anatomy
            .stray
            .iter()
            .map(|(_, bytes)| bytes.len())
            .sum::<usize>()
    );
    // What a new vault has too is nobody's: SQLite leaves some words of the schema behind when it makes the tables.
    let new = {
        let (ground, vault) = Ground::new();
        vault.close().unwrap();
        ground.files()["vault.db"].clone()
    };
    for (at, bytes) in &anatomy.stray {
        let is_everywhere = new.get(*at..at + bytes.len()) == Some(bytes);
        tally.note(is_everywhere, || {
            format!(
                "{} bytes at {at} belong to nothing: {bytes:02x?}",
                bytes.len()
            )
        });
    }
    tally.end();
}

#[test]
fn every_column_is_of_blobs_or_integers_and_nothing_runs_by_itself() {
    let ground = lived_in();
    let rows = ground.rows();
    let mut select = rows
        .prepare(
            "SELECT s.type, s.name, s.sql, c.name, c.type FROM sqlite_schema s
             LEFT JOIN pragma_table_xinfo(s.name) c ON s.type = 'table'",
        )
        .unwrap();
    let columns = select.query_map([], |row| {
        let [kind, table]: [String; 2] = [row.get(0)?, row.get(1)?];
        let [sql, column, of]: [Option<String>; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok((
            kind,
            table,
            sql.unwrap_or_default(),
            column.unwrap_or_default(),
            of.unwrap_or_default(),
        ))
    });
    let mut seen = 0;
    for found in columns.unwrap() {
        let (kind, table, sql, column, of) = found.unwrap();
        match kind.as_str() {
            "table" => {
                assert!(
                    of == "BLOB" || of == "INTEGER",
                    "{table}.{column} is of {of}"
                );
                assert!(
                    sql.ends_with("STRICT"),
                    "{table} takes values of other kinds: {sql}"
                );
                seen += 1;
            }
            "index" => (),
            other => panic!("{table} is a {other}"),
        }
    }
    assert!(seen >= 20, "{seen} columns were looked at");
}

#[test]
fn every_sealed_value_of_a_kibibyte_looks_like_noise() {
    let ground = lived_in();
    let caches = ground
        .files()
        .into_iter()
        .filter(|(name, _)| name.starts_with("cache/"));
    let caches: Vec<_> = caches.map(|(_, bytes)| bytes).collect();
    assert_eq!(caches.len(), 1, "one cache was kept");
    let values = sealed_values(&ground.rows());
    let mut tally = Tally::new("C2: a sealed value of a KiB or more");
    let mut least = 8.0_f64;
    for value in values
        .iter()
        .chain(&caches)
        .filter(|value| value.len() >= 1024)
    {
        least = least.min(entropy(value));
        tally.note(entropy(value) >= 7.2, || {
            format!("{} bytes have {:.2} bits each", value.len(), entropy(value))
        });
    }
    println!("the least has {least:.2} bits in a byte");
    let plain = SENTENCE.repeat(100);
    assert!(
        entropy(plain.as_bytes()) < 7.2,
        "text would be told from noise"
    );
    tally.end();
}

/// Pieces of sealed values, and the search for them.
struct Pieces {
    /// By their first eight bytes.
    pieces: HashMap<[u8; 8], Vec<[u8; 24]>>,
    number: usize,
}

impl Pieces {
    /// Takes a piece at every 512 bytes of each value, and its last.
    fn of(values: &[Vec<u8>]) -> Pieces {
        let mut all: HashSet<[u8; 24]> = HashSet::new();
        for value in values {
            let last = value.len() - 24;
            // What stands before the nonce is the same in every value of an owner.
            let places = (17..last).step_by(512).chain([last]);
            all.extend(places.map(|at| <[u8; 24]>::try_from(&value[at..at + 24]).unwrap()));
        }
        let number = all.len();
        let mut pieces: HashMap<[u8; 8], Vec<[u8; 24]>> = HashMap::new();
        for piece in all {
            pieces
                .entry(piece[..8].try_into().unwrap())
                .or_default()
                .push(piece);
        }
        Pieces { pieces, number }
    }

    /// How many of them stand in these files.
    fn count(&self, files: &Files) -> usize {
        let mut found: HashSet<&[u8; 24]> = HashSet::new();
        for bytes in files.values() {
            for window in bytes.windows(24) {
                let beginning: [u8; 8] = window[..8].try_into().unwrap();
                let here = self.pieces.get(&beginning).into_iter().flatten();
                found.extend(here.filter(|piece| piece.as_slice() == window));
            }
        }
        found.len()
    }
}

/// The sealed values of these owners.
fn sealed_of(rows: &Connection, kind: OwnerKind) -> Vec<Vec<u8>> {
    let kind = kind as i64;
    let all = "SELECT key FROM owners WHERE kind = ?1 UNION ALL SELECT head FROM owners WHERE kind = ?1
               UNION ALL SELECT seal FROM owners WHERE kind = ?1
               UNION ALL SELECT sealed FROM records WHERE owner IN (SELECT id FROM owners WHERE kind = ?1)
               UNION ALL SELECT head FROM blobs WHERE owner IN (SELECT id FROM owners WHERE kind = ?1)
               UNION ALL SELECT sealed FROM chunks WHERE blob IN
                   (SELECT b.id FROM blobs b JOIN owners o ON b.owner = o.id WHERE o.kind = ?1)";
    let mut select = rows.prepare(all).unwrap();
    let values = select.query_map([kind], |row| row.get(0)).unwrap();
    values.collect::<Result<_, _>>().unwrap()
}

#[test]
fn nothing_is_left_of_a_thousand_messages_and_a_hundred_documents_that_were_erased() {
    let (ground, vault) = Ground::new();
    let kept = Contents::put(&vault, 6, 4, &[700]);
    let mut dice = Dice::new(3);
    let mut erased = Vec::new();
    for _ in 0..50 {
        erased.push(
            vault
                .write(|change| {
                    let owner =
                        change.create_owner(OwnerKind::Conversation, SENTENCE.as_bytes())?;
                    for _ in 0..20 {
                        let length = dice.below(2_000);
                        change.append(owner, MESSAGE, &dice.bytes(length))?;
                    }
                    Ok(owner)
                })
                .unwrap(),
        );
    }
    for number in 0..100 {
        erased.push(
            vault
                .write(|change| {
                    let owner = change.create_owner(OwnerKind::Document, SENTENCE.as_bytes())?;
                    for _ in 0..3 {
                        change.append(owner, PAGE, SENTENCE.repeat(20).as_bytes())?;
                    }
                    change.put_blob(owner, SENTENCE.repeat(1 + 15 * number).as_bytes())?;
                    Ok(owner)
                })
                .unwrap(),
        );
    }
    let pieces = {
        let rows = ground.rows();
        let all = [OwnerKind::Conversation, OwnerKind::Document].map(|kind| sealed_of(&rows, kind));
        let theirs: Vec<_> = all.concat();
        // What is kept is not looked for.
        let mine: HashSet<_> = kept
            .owners
            .iter()
            .flat_map(|owner| sealed_of_owner(&rows, owner.id.as_bytes()))
            .collect();
        let gone: Vec<_> = theirs
            .into_iter()
            .filter(|value| !mine.contains(value))
            .collect();
        Pieces::of(&gone)
    };
    // A piece in a hundred or so goes on in another page.
    let seen = pieces.count(&ground.files());
    assert!(
        seen * 100 > pieces.number * 95,
        "{seen} of {} pieces are seen before",
        pieces.number
    );

    for owners in erased.chunks(30) {
        vault
            .write(|change| {
                owners
                    .iter()
                    .try_for_each(|&owner| change.erase_owner(owner))
            })
            .unwrap();
    }
    let while_open = pieces.count(&ground.files());
    assert!(
        kept.difference(&vault).is_none(),
        "the others are all there"
    );
    vault.close().unwrap();
    let closed = pieces.count(&ground.files());
    let vault = ground.unlock().unwrap();
    assert!(
        kept.difference(&vault).is_none(),
        "and they are after a restart"
    );
    println!(
        "{} pieces of sealed bytes: {while_open} left at once, {closed} when closed",
        pieces.number
    );
    assert_eq!((while_open, closed), (0, 0));
}

fn sealed_of_owner(rows: &Connection, owner: &[u8; 16]) -> Vec<Vec<u8>> {
    let all = "SELECT key FROM owners WHERE id = ?1 UNION ALL SELECT head FROM owners WHERE id = ?1
               UNION ALL SELECT seal FROM owners WHERE id = ?1
               UNION ALL SELECT sealed FROM records WHERE owner = ?1 UNION ALL SELECT head FROM blobs WHERE owner = ?1
               UNION ALL SELECT sealed FROM chunks WHERE blob IN (SELECT id FROM blobs WHERE owner = ?1)";
    let mut select = rows.prepare(all).unwrap();
    let values = select.query_map([owner], |row| row.get(0)).unwrap();
    values.collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_was_hidden_is_gone_when_the_vault_is_closed_or_opens_again() {
    for is_closed in [true, false] {
        let (ground, vault) = Ground::new();
        let kept = Contents::put(&vault, 2, 2, &[100]);
        let [gone, back] = [b"to be erased", b"to come back"].map(|head| {
            vault
                .write(|change| {
                    let owner = change.create_owner(OwnerKind::Document, head)?;
                    change.append(owner, PAGE, SENTENCE.as_bytes())?;
                    change.hide_owner(owner)?;
                    Ok(owner)
                })
                .unwrap()
        });
        vault.write(|change| change.show_owner(back)).unwrap();
        let pieces = Pieces::of(&sealed_of_owner(&ground.rows(), gone.as_bytes()));
        assert!(pieces.count(&ground.files()) > 0);
        let hidden = vault.owners(OwnerKind::Document).unwrap().readable;
        assert_eq!(
            hidden.iter().filter(|owner| owner.hidden).count(),
            1,
            "it could still come back"
        );
        match is_closed {
            true => vault.close().unwrap(),
            // As when the process was killed: the next start does what was not done.
            false => drop(vault),
        }
        let vault = ground.unlock().unwrap();
        assert_eq!(pieces.count(&ground.files()), 0);
        let documents = vault.owners(OwnerKind::Document).unwrap();
        let heads: HashSet<_> = documents
            .readable
            .iter()
            .map(|owner| owner.head.clone())
            .collect();
        assert!(
            heads.contains(b"to come back".as_slice())
                && !heads.contains(b"to be erased".as_slice())
        );
        assert_eq!(vault.notices(), [], "an erasure is no loss");
        assert!(
            kept.owners
                .iter()
                .all(|owner| vault.head(owner.id, owner.kind).is_ok())
        );
    }
}

#[test]
fn a_backup_made_after_an_erasure_does_not_hold_what_was_erased() {
    let ground = Ground::empty();
    let passphrase = SecretString::from("lanterns over a quiet estuary");
    let proof = Protection::Passphrase(&passphrase);
    let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
    let contents = Contents::put(&vault, 4, 3, &[2_000]);
    let gone = contents.owners[0].id;
    let pieces = Pieces::of(&sealed_of_owner(&ground.rows(), gone.as_bytes()));
    vault.back_up(&ground.beside("before")).unwrap();
    vault.write(|change| change.erase_owner(gone)).unwrap();
    vault.back_up(&ground.beside("after")).unwrap();
    let count = |name: &str| {
        let bytes = fs::read(ground.beside(name)).unwrap();
        pieces.count(&Files::from([(name.to_owned(), bytes)]))
    };
    assert!(count("before") > 0, "the search is not blind");
    assert_eq!(count("after"), 0);
}

/// Something that is not a vault of this build, in place of one.
struct Stranger {
    name: &'static str,
    files: Files,
}

fn strangers() -> Vec<Stranger> {
    let (ground, vault) = Ground::new();
    Contents::put(&vault, 2, 2, &[100]);
    vault.close().unwrap();
    let ours = ground.files();
    let stranger = |name, files| Stranger { name, files };
    let database = |bytes: Vec<u8>| {
        let mut files = ours.clone();
        files.insert("vault.db".into(), bytes);
        files
    };
    let made = |statements: &str| {
        let scratch = Ground::empty();
        let path = scratch.beside("made.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(statements).unwrap();
        drop(connection);
        database(fs::read(path).unwrap())
    };
    let altered = |statements: &str| {
        let scratch = Ground::of(&ours);
        scratch.rows().execute_batch(statements).unwrap();
        let mut files = scratch.files();
        files.retain(|name, _| !name.ends_with("-wal") && !name.ends_with("-shm"));
        files
    };
    vec![
        stranger("a letter", database(SENTENCE.repeat(100).into_bytes())),
        stranger("nothing", database(Vec::new())),
        stranger("half a header", database(ours["vault.db"][..50].to_vec())),
        stranger("zeros", database(vec![0; 8192])),
        stranger(
            "somebody's notes",
            made("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('my diary');"),
        ),
        stranger(
            "notes that say that they are a vault",
            made(
                "PRAGMA application_id = 0x41706172; PRAGMA user_version = 2;
                 CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('my diary');",
            ),
        ),
        stranger(
            "a vault in clear",
            made(
                "PRAGMA application_id = 0x41706172; PRAGMA user_version = 1;
                 CREATE TABLE manifest (id INTEGER PRIMARY KEY, bytes TEXT);
                 CREATE TABLE owners (id TEXT, kind INTEGER, key TEXT, head TEXT);
                 INSERT INTO owners VALUES ('one', 1, '', 'my diary');",
            ),
        ),
        stranger(
            "a vault of a newer build",
            altered("PRAGMA user_version = 3"),
        ),
        stranger(
            "a vault of a build long after",
            altered("PRAGMA user_version = 2147483647"),
        ),
        stranger("a vault of no version", altered("PRAGMA user_version = 0")),
        stranger(
            "a vault of a negative version",
            altered("PRAGMA user_version = -1"),
        ),
        stranger("a vault without its owners", altered("DROP TABLE owners")),
        stranger(
            "a vault without its copy of the slots",
            altered("DROP TABLE manifest"),
        ),
        stranger("a vault without its root", altered("DROP TABLE root")),
    ]
}

#[test]
fn a_database_that_is_not_the_vaults_is_refused_with_every_byte_unchanged() {
    let mut tally = Tally::new("C4: something else is in place of the vault");
    for Stranger { name, files } in strangers() {
        let ground = Ground::of(&files);
        let passphrase = SecretString::from("lanterns over a quiet estuary");
        let proof = Protection::Passphrase(&passphrase);
        let _ = Vault::look(&ground.vault);
        let by_key = ground.unlock().is_err();
        let by_passphrase = Vault::unlock(&ground.vault, proof).is_err();
        let created = Vault::create(&ground.vault, proof, Cost::FLOOR);
        let is_kept = matches!(created, Err(VaultError::AlreadyExists));
        let (before, after) = (lasting(files), lasting(ground.files()));
        tally.note(by_key && by_passphrase && is_kept && after == before, || {
            let names: Vec<_> = after.keys().collect();
            format!(
                "{name}: refused {by_key} and {by_passphrase}, kept {is_kept}, changed {}, {names:?}",
                after != before
            )
        });
    }
    tally.end();
}

#[test]
fn no_new_vault_is_made_where_a_part_of_one_is_left() {
    let ours = {
        let (ground, vault) = Ground::new();
        vault.close().unwrap();
        ground.files()
    };
    for part in ["vault.db", "vault.json"] {
        let files = Files::from([(part.to_owned(), ours[part].clone())]);
        let ground = Ground::of(&files);
        assert_ne!(
            Vault::look(&ground.vault).ok(),
            Some(State::Absent),
            "{part}"
        );
        let passphrase = SecretString::from("lanterns over a quiet estuary");
        let made = Vault::create(
            &ground.vault,
            Protection::Passphrase(&passphrase),
            Cost::FLOOR,
        );
        assert!(matches!(made, Err(VaultError::AlreadyExists)), "{part}");
        let made = Vault::create_for_tests(&ground.vault, &MASTER);
        assert!(matches!(made, Err(VaultError::AlreadyExists)), "{part}");
        assert_same(&files, &lasting(ground.files()), part);
    }
    // What opens a vault of which only the database is left is the copy in it.
    let files = Files::from([("vault.db".to_owned(), ours["vault.db"].clone())]);
    assert!(Ground::of(&files).unlock().is_ok());
}

#[test]
fn a_link_or_a_folder_in_place_of_a_file_is_refused() {
    let (ground, vault) = Ground::new();
    vault.close().unwrap();
    let ours = ground.files();
    let folder_in_place_of = |name: &str| {
        let ground = Ground::of(&ours);
        fs::remove_file(ground.vault.join(name)).unwrap();
        fs::create_dir(ground.vault.join(name)).unwrap();
        ground
    };
    for name in ["vault.db", "vault.json"] {
        let outcome = folder_in_place_of(name).unlock();
        assert!(matches!(outcome, Err(VaultError::Obstructed)), "{name}");
    }
    let nowhere = Ground::empty();
    put_files(&nowhere.vault, &Files::new());
    assert!(matches!(nowhere.unlock(), Err(VaultError::Absent)));
    assert!(lasting(files(Path::new(&nowhere.vault))).is_empty());
}

/// A pipe is never waited for, a link to nowhere is not written through, and what a person put there stays.
#[cfg(unix)]
#[test]
fn what_is_no_file_of_a_vault_is_neither_waited_for_nor_written_over() {
    let (ground, vault) = Ground::new();
    vault.close().unwrap();
    let ours = ground.files();
    let passphrase = SecretString::from("lanterns over a quiet estuary");
    let create = |ground: &Ground| {
        let proof = Protection::Passphrase(&passphrase);
        Vault::create(&ground.vault, proof, Cost::FLOOR)
    };
    for name in ["vault.db", "vault.json", "vault.lock", "vault.db-wal"] {
        let ground = Ground::of(&ours);
        let _ = fs::remove_file(ground.vault.join(name));
        let made = std::process::Command::new("mkfifo")
            .arg(ground.vault.join(name))
            .status();
        assert!(made.unwrap().success());
        let looked = Vault::look(&ground.vault);
        assert!(matches!(looked, Err(VaultError::Obstructed)), "{name}");
        let opened = ground.unlock();
        assert!(matches!(opened, Err(VaultError::Obstructed)), "{name}");
    }
    for name in ["vault.db", "vault.json", "vault.lock"] {
        let ground = Ground::empty();
        fs::create_dir_all(&ground.vault).unwrap();
        let nowhere = ground.vault.join("nowhere");
        std::os::unix::fs::symlink(&nowhere, ground.vault.join(name)).unwrap();
        assert!(
            matches!(create(&ground), Err(VaultError::Obstructed)),
            "{name}"
        );
        assert!(!nowhere.exists(), "{name}");
        assert!(ground.vault.join(name).is_symlink(), "{name}");
    }
    let ground = Ground::empty();
    let letter = ("vault.db.new".to_owned(), b"a letter".to_vec());
    put_files(&ground.vault, &Files::from([letter]));
    create(&ground).unwrap().close().unwrap();
    let kept = ground.vault.join("vault.db.new.kept-1");
    assert_eq!(fs::read(kept).unwrap(), b"a letter");
    // A link under the name that `vault.json` is written under leads to somebody's letter.
    let ground = Ground::of(&ours);
    let letter = ground.beside("letter");
    fs::write(&letter, b"a letter").unwrap();
    let mut files = ours.clone();
    files.remove("vault.json");
    put_files(&ground.vault, &files);
    std::os::unix::fs::symlink(&letter, ground.vault.join("vault.json.new")).unwrap();
    ground.unlock().unwrap().close().unwrap();
    assert!(!ground.vault.join("vault.json").is_symlink());
    assert_eq!(fs::read(&letter).unwrap(), b"a letter");
    // What an attempt that was killed left of ours is in nobody's way.
    let ground = Ground::empty();
    let torn = ours["vault.db"][..700].to_vec();
    put_files(
        &ground.vault,
        &Files::from([("vault.db.new".to_owned(), torn)]),
    );
    create(&ground).unwrap().close().unwrap();
    let names: Vec<_> = ground.files().into_keys().collect();
    assert!(names.iter().all(|name| !name.contains("kept")), "{names:?}");
}
