//! Fuzzing of everything that reads stored bytes: `vault.json`, sealed values, what is inside them, the database file and
//! caches. (Backups are in `backup.rs`, the values of the domain in `stored.rs`.)
//!
//! The damage is drawn from fixed seeds, so that a failure is found again. Nothing may panic, hang, or give back
//! something that was never stored; what is lost is told.

use std::fs;
use std::time::{Duration, Instant};

use aparte_vault::{CacheKind, Cost, OwnerKind, Protection, Vault, VaultError, WordList};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, params};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::campaign::{Dice, Tally, times};
use super::format::{
    Key, Keys, Place, authenticate, content, data_key, master_of, open, owner_place, seal,
    seal_padded, sign, vault_id,
};
use super::ground::{CHUNK, Contents, Ground, KINDS, MASTER, put_files};

/// Longer than anything of this size may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A sealed value that was put there honestly.
struct Cell {
    name: &'static str,
    update: String,
    key: rusqlite::types::Value,
    sealed: Vec<u8>,
}

impl Cell {
    fn set(&self, rows: &Connection, sealed: &[u8]) {
        rows.prepare_cached(&self.update)
            .and_then(|mut update| update.execute(params![self.key, sealed]))
            .expect("the row is there");
    }
}

fn cells(rows: &Connection) -> Vec<Cell> {
    let columns = [
        ("owners.key", "owners", "key"),
        ("owners.head", "owners", "head"),
        ("owners.seal", "owners", "seal"),
        ("records.sealed", "records", "sealed"),
        ("blobs.head", "blobs", "head"),
        ("chunks.sealed", "chunks", "sealed"),
        ("settings.sealed", "settings", "sealed"),
    ];
    let mut cells = Vec::new();
    for (name, table, column) in columns {
        let mut select = rows
            .prepare(&format!(
                "SELECT rowid, {column} FROM {table} ORDER BY rowid"
            ))
            .unwrap();
        let found = select.query_map([], |row| {
            Ok(Cell {
                name,
                update: format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1"),
                key: row.get(0)?,
                sealed: row.get(1)?,
            })
        });
        cells.extend(found.unwrap().map(Result::unwrap));
    }
    cells
}

#[test]
fn sealed_values_that_were_damaged_in_any_way_are_noticed() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 4, 3, &[300, CHUNK + 10]);
    let rows = ground.rows();
    let cells = cells(&rows);
    let mut dice = Dice::new(0x63_65_6c_6c);
    let mut tally = Tally::new("fuzz: a sealed value");
    for number in 0..times(4_000, 300_000) {
        let cell = dice.one(&cells);
        let damaged = dice.damage(&cell.sealed);
        if damaged == cell.sealed {
            continue;
        }
        cell.set(&rows, &damaged);
        let started = Instant::now();
        let difference = contents.difference(&vault);
        let noticed = difference.wrong.is_empty() && !difference.told.is_empty();
        let is_soon = started.elapsed() < PATIENCE;
        tally.note(noticed && is_soon, || {
            format!("number {number}, {}: {difference:?}", cell.name)
        });
        cell.set(&rows, &cell.sealed);
    }
    assert!(contents.difference(&vault).is_none(), "all is as it was");
    tally.end();
}

/// What is inside a value, for which somebody had the key: the vault itself, after a mistake of its own.
struct Inside {
    cell: Cell,
    key: Key,
    place: Place,
    body: Vec<u8>,
    /// Whose it is, so that only the others must be whole.
    owner: usize,
}

fn insides(ground: &Ground, contents: &Contents) -> Vec<Inside> {
    let rows = ground.rows();
    let vault = vault_id(&ground.files()["vault.json"]);
    let keys = Keys::of(&MASTER);
    let mut insides = Vec::new();
    for (owner, held) in contents.owners.iter().enumerate() {
        let id = *held.id.as_bytes();
        let kind = held.kind as i64;
        let column = |column: &str| -> Vec<u8> {
            let select = format!("SELECT {column} FROM owners WHERE id = ?1");
            rows.query_row(&select, [id], |row| row.get(0)).unwrap()
        };
        let data_key =
            data_key(&keys, vault, kind, id, &column("key")).expect("it opens by the description");
        let mut add =
            |name, update: &str, row: Vec<u8>, key: &Key, place: Place, sealed: Vec<u8>| {
                let body = open(key, &place, &sealed)
                    .expect("what the vault wrote opens by the description");
                insides.push(Inside {
                    cell: Cell {
                        name,
                        update: update.to_owned(),
                        key: row.into(),
                        sealed,
                    },
                    key: key.clone(),
                    place,
                    body,
                    owner,
                });
            };
        for (name, short) in [
            ("owners.key", "key"),
            ("owners.head", "head"),
            ("owners.seal", "seal"),
        ] {
            let key = if short == "key" {
                &keys.wrap
            } else {
                &data_key
            };
            let update = format!("UPDATE owners SET {short} = ?2 WHERE id = ?1");
            let place = owner_place(name, vault, kind, id);
            add(name, &update, id.to_vec(), key, place, column(short));
        }
        for record in &held.records {
            let sealed = rows
                .query_row(
                    "SELECT sealed FROM records WHERE id = ?1",
                    [record.id.as_bytes()],
                    |row| row.get(0),
                )
                .unwrap();
            let place = Place {
                column: "records.sealed",
                kind: record.kind.0.into(),
                id: *record.id.as_bytes(),
                parent: id,
                sequence: record.sequence.into(),
            };
            let update = "UPDATE records SET sealed = ?2 WHERE id = ?1";
            add(
                "records.sealed",
                update,
                record.id.as_bytes().to_vec(),
                &data_key,
                place,
                sealed,
            );
        }
        for (blob, _) in &held.blobs {
            let sealed = rows
                .query_row(
                    "SELECT head FROM blobs WHERE id = ?1",
                    [blob.as_bytes()],
                    |row| row.get(0),
                )
                .unwrap();
            let place = Place {
                column: "blobs.head",
                kind: 0,
                id: *blob.as_bytes(),
                parent: id,
                sequence: 0,
            };
            let update = "UPDATE blobs SET head = ?2 WHERE id = ?1";
            add(
                "blobs.head",
                update,
                blob.as_bytes().to_vec(),
                &data_key,
                place,
                sealed,
            );
        }
    }
    insides
}

#[test]
fn values_that_are_genuine_and_make_no_sense_break_nothing_else() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 4, 3, &[300, CHUNK + 10]);
    let rows = ground.rows();
    let insides = insides(&ground, &contents);
    let mut dice = Dice::new(0x69_6e_73);
    let mut tally = Tally::new("fuzz: the inside of a sealed value");
    for number in 0..times(1_500, 150_000) {
        let inside = dice.one(&insides);
        let nonce: [u8; 12] = dice.bytes(12).try_into().unwrap();
        let body = match dice.below(4) {
            // Lengths that ask for more than there is: of the body, or of what it names.
            0 => {
                let mut body = inside.body.clone();
                let at = dice.below(body.len().saturating_sub(8).max(1));
                let end = (at + 8).min(body.len());
                let length = *dice.one(&[
                    0,
                    u64::MAX,
                    1 << 62,
                    1 << 40,
                    u64::from(u32::MAX),
                    65_536,
                    65_537,
                ]);
                body[at..end].copy_from_slice(&length.to_be_bytes()[..end - at]);
                body
            }
            _ => dice.damage(&inside.body),
        };
        let sealed = match dice.below(4) {
            0 => {
                let length = *dice.one(&[0, u32::MAX, 1 << 31, 252, 253, 65_536]);
                let mut padded = length.to_be_bytes().to_vec();
                padded.extend(&body);
                let rest = dice.below(300);
                padded.truncate(rest);
                seal_padded(&inside.key, &inside.place, nonce, &padded)
            }
            _ => seal(&inside.key, &inside.place, nonce, &body),
        };
        inside.cell.set(&rows, &sealed);
        let started = Instant::now();
        let _ = contents.difference(&vault);
        let checked = vault.check();
        let others = contents
            .owners
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != inside.owner);
        let mut others_are_whole = true;
        for (_, held) in others {
            for kind in KINDS {
                let listing = vault.records(held.id, kind);
                others_are_whole &= listing
                    .is_ok_and(|listing| listing.readable.len() == 3 && listing.loss.is_none());
            }
            others_are_whole &= held.blobs.iter().all(|(id, content)| {
                vault
                    .blob(held.id, *id)
                    .is_ok_and(|found| found == *content)
            });
        }
        let is_soon = started.elapsed() < PATIENCE;
        tally.note(others_are_whole && is_soon && checked.is_ok(), || {
            format!(
                "number {number}, {}: others {others_are_whole}, {:?}, check {checked:?}",
                inside.cell.name,
                started.elapsed()
            )
        });
        inside.cell.set(&rows, &inside.cell.sealed);
    }
    assert!(contents.difference(&vault).is_none(), "all is as it was");
    tally.end();
}

#[test]
fn a_root_that_is_genuine_and_makes_no_sense_keeps_nothing_from_being_read() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 3, 2, &[]);
    vault.close().unwrap();
    let whole = ground.files();
    let vault = vault_id(&whole["vault.json"]);
    let keys = Keys::of(&MASTER);
    let place = Place {
        column: "root.sealed",
        kind: 0,
        id: [0; 16],
        parent: vault,
        sequence: 0,
    };
    let sealed: Vec<u8> = ground
        .rows()
        .query_row("SELECT sealed FROM root", [], |row| row.get(0))
        .unwrap();
    let body = open(&keys.root, &place, &sealed).expect("the root opens by the description");
    let mut dice = Dice::new(0x72_6f_6f_74);
    let mut tally = Tally::new("fuzz: the inside of the root");
    for number in 0..times(150, 6_000) {
        put_files(&ground.vault, &whole);
        let nonce = dice.bytes(12).try_into().unwrap();
        let changed = dice.damage(&body);
        let sealed = seal(&keys.root, &place, nonce, &changed);
        let set = ground
            .rows()
            .execute("UPDATE root SET sealed = ?1", [sealed]);
        assert_eq!(set, Ok(1));
        let outcome = ground.unlock().map(|vault| contents.difference(&vault));
        // A number of generations that is as high as it gets is not to be counted beyond.
        let held = outcome
            .as_ref()
            .is_ok_and(|difference| difference.wrong.is_empty() && difference.missing.is_empty());
        tally.note(held, || {
            format!("number {number}: {changed:02x?}: {outcome:?}")
        });
    }
    tally.end();
}

/// Changes a piece of JSON the way a person with an editor, or an attacker, would.
fn damage_json(dice: &mut Dice, value: &mut Value) {
    let strange = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(2),
        json!(3),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("AAAA"),
        json!("AAAAAAAAAAAAAAAAAAAAAA=="),
        json!("é\u{0}\u{202e}"),
        json!("A".repeat(100_000)),
        json!([]),
        json!({}),
        json!([[[[[[[[[[[[]]]]]]]]]]]]),
        json!("keychain"),
        json!("recovery"),
        json!("passphrase"),
    ];
    match value {
        Value::Object(fields) if !fields.is_empty() && dice.below(6) > 0 => {
            let names: Vec<_> = fields.keys().cloned().collect();
            let name = dice.one(&names).clone();
            match dice.below(5) {
                0 => drop(fields.remove(&name)),
                1 => {
                    let more = dice.one(&strange).clone();
                    fields.insert(format!("{name}2"), more);
                }
                _ => damage_json(dice, fields.get_mut(&name).expect("it has that name")),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.below(6) > 0 => {
            let at = dice.below(items.len());
            match dice.below(6) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                2 => {
                    let again = items[at].clone();
                    items.extend(vec![again; 300]);
                }
                3 => items.reverse(),
                _ => damage_json(dice, &mut items[at]),
            }
        }
        Value::String(text) if dice.below(2) > 0 => {
            let bytes = STANDARD
                .decode(text.as_bytes())
                .unwrap_or_else(|_| text.clone().into_bytes());
            *text = STANDARD.encode(dice.damage(&bytes));
        }
        other => *other = dice.one(&strange).clone(),
    }
}

#[test]
fn keyslots_that_were_damaged_in_any_way_open_the_vault_or_are_refused() {
    let ground = Ground::empty();
    let passphrase = SecretString::from("lanterns over a quiet estuary");
    let proof = Protection::Passphrase(&passphrase);
    let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
    let words = vault.make_recovery(proof, WordList::English).unwrap();
    let words = SecretString::from(words.expose().to_owned());
    let contents = Contents::put(&vault, 2, 2, &[]);
    vault.close().unwrap();
    let whole = ground.files();
    let manifest = &whole["vault.json"];
    let key = Keys::of(&master_of(manifest, "lanterns over a quiet estuary")).manifest;
    assert_eq!(
        sign(&content(manifest), &key),
        *manifest,
        "the code is made as it is described"
    );

    let mut dice = Dice::new(0x6a_73_6f_6e);
    let mut tally = Tally::new("fuzz: vault.json");
    let mut opened = 0;
    for number in 0..times(600, 40_000) {
        put_files(&ground.vault, &whole);
        let changed = match dice.below(3) {
            0 => dice.damage(manifest),
            // Under the right code, as if a build of ours had written it.
            genuine => {
                let mut value: Value = serde_json::from_slice(manifest).expect("it is JSON");
                for _ in 0..1 + dice.below(3) {
                    damage_json(&mut dice, &mut value);
                }
                let text = value.to_string();
                match genuine {
                    1 => text.into_bytes(),
                    _ => sign(text.trim_end_matches('}'), &key),
                }
            }
        };
        let place = dice.below(3);
        if place != 1 {
            fs::write(ground.vault.join("vault.json"), &changed).unwrap();
        }
        if place != 0 {
            let set = ground
                .rows()
                .execute("UPDATE manifest SET bytes = ?1", [&changed]);
            assert_eq!(set, Ok(1));
        }
        let started = Instant::now();
        let _ = Vault::look(&ground.vault);
        let outcome = Vault::unlock(&ground.vault, Protection::Recovery(&words));
        let is_soon = started.elapsed() < PATIENCE;
        let difference = outcome.map(|vault| contents.difference(&vault));
        let held = match &difference {
            Ok(difference) => {
                opened += 1;
                difference.wrong.is_empty() && difference.missing.is_empty()
            }
            Err(_) => true,
        };
        tally.note(held && is_soon, || {
            format!(
                "number {number}, place {place}: {difference:?}, {}",
                String::from_utf8_lossy(&changed)
            )
        });
    }
    println!("{opened} opened by what was left");
    assert!(opened > 0, "one good copy is enough");
    put_files(&ground.vault, &whole);
    let vault = Vault::unlock(&ground.vault, Protection::Recovery(&words)).unwrap();
    assert!(contents.difference(&vault).is_none());
    tally.end();
}

/// Damage at the level of bytes: of pages, pointers, lengths, the journal.
#[test]
fn a_damaged_database_file_gives_what_was_stored_or_says_that_it_does_not() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 6, 4, &[300, 9_000]);
    // One message is in the journal only, as after a crash.
    let in_journal = Ground::of(&ground.files());
    vault.close().unwrap();
    let closed = ground.files();
    let open = in_journal.files();
    assert!(
        open["vault.db-wal"].len() > 4096,
        "there is a journal to be damaged"
    );
    let mut dice = Dice::new(0x66_69_6c_65);
    let mut tally = Tally::new("fuzz: the database file and its journal");
    let mut refused = 0;
    for number in 0..times(700, 60_000) {
        let (mut files, name) = match dice.below(3) {
            0 => (open.clone(), "vault.db-wal"),
            _ => (closed.clone(), "vault.db"),
        };
        files.remove("vault.db-shm");
        let bytes = dice.damage(&files[name]);
        files.insert(name.to_owned(), bytes);
        put_files(&ground.vault, &files);
        let started = Instant::now();
        let difference = ground.unlock().map(|vault| {
            let _ = vault.check();
            contents.difference(&vault)
        });
        let is_soon = started.elapsed() < PATIENCE;
        let held = match &difference {
            // The end of a journal may be cut: what it held was then never there, as after a crash.
            Ok(difference) if name == "vault.db-wal" => difference.wrong.is_empty(),
            Ok(difference) => difference.is_honest(),
            Err(_) => {
                refused += 1;
                true
            }
        };
        tally.note(held && is_soon, || {
            format!(
                "number {number} of {name}: {difference:?}, {:?}",
                started.elapsed()
            )
        });
    }
    println!("{refused} were refused as a whole");
    tally.end();
}

#[test]
fn a_damaged_cache_is_none() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 1, 1, &[]);
    let mut dice = Dice::new(0x63_61_63_68);
    let cached = dice.bytes(2 * CHUNK + 300);
    let kind = CacheKind(1);
    vault.keep_cache(kind, &cached).unwrap();
    let folder = ground.vault.join("cache");
    let file = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = fs::read(&file).unwrap();
    let rows = ground.rows();
    let head: Vec<u8> = rows
        .query_row("SELECT head FROM caches", [], |row| row.get(0))
        .unwrap();
    let mut tally = Tally::new("fuzz: a cache");
    for number in 0..times(2_000, 200_000) {
        let started = Instant::now();
        let is_head = dice.below(3) == 0;
        let changed = match is_head {
            true => {
                let changed = dice.damage(&head);
                rows.execute("UPDATE caches SET head = ?1", [&changed])
                    .unwrap();
                changed != head
            }
            false => {
                let changed = dice.damage(&whole);
                fs::write(&file, &changed).unwrap();
                changed != whole
            }
        };
        let found = vault.cache(kind);
        let held = match changed {
            true => found.is_none(),
            false => found.is_some_and(|found| *found == cached),
        };
        tally.note(held && started.elapsed() < PATIENCE, || {
            format!("number {number}, head: {is_head}")
        });
        match is_head {
            true => drop(
                rows.execute("UPDATE caches SET head = ?1", [&head])
                    .unwrap(),
            ),
            false => fs::write(&file, &whole).unwrap(),
        }
    }
    assert!(vault.cache(kind).is_some_and(|found| *found == cached));
    assert!(contents.difference(&vault).is_none());
    tally.end();
}

/// A length that a genuine head gives is not believed before the file has it.
#[test]
fn a_cache_whose_head_asks_for_more_than_there_is_is_none_at_once() {
    let (ground, vault) = Ground::new();
    let kind = CacheKind(1);
    vault.keep_cache(kind, b"a snapshot").unwrap();
    let rows = ground.rows();
    let (file, sealed): ([u8; 16], Vec<u8>) = rows
        .query_row("SELECT file, head FROM caches", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let keys = Keys::of(&MASTER);
    let place = Place {
        column: "caches.head",
        kind: 1,
        id: file,
        parent: vault_id(&ground.files()["vault.json"]),
        sequence: 0,
    };
    let mark = authenticate(&file[..8], &keys.cache_name);
    assert_eq!(
        file[8..],
        mark[..8],
        "the name is marked by the description"
    );
    let body = open(&keys.cache, &place, &sealed).expect("the head opens by the description");
    for length in [0, 11, u64::MAX, u64::MAX - 16, 1 << 62, 1 << 40, 65_536] {
        let mut body = body.clone();
        let at = body.len() - 8;
        body[at..].copy_from_slice(&u64::to_be_bytes(length));
        let sealed = seal(&keys.cache, &place, [7; 12], &body);
        rows.execute("UPDATE caches SET head = ?1", [sealed])
            .unwrap();
        let started = Instant::now();
        assert!(vault.cache(kind).is_none(), "{length}");
        assert!(started.elapsed() < Duration::from_millis(100), "{length}");
    }
}

/// A blob's length likewise.
#[test]
fn a_blob_whose_head_asks_for_more_than_there_is_is_damaged_at_once() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 1, 1, &[1_000]);
    let rows = ground.rows();
    let inside = insides(&ground, &contents)
        .into_iter()
        .find(|inside| inside.cell.name == "blobs.head");
    let inside = inside.expect("there is a blob");
    let (owner, blob) = (contents.owners[0].id, contents.owners[0].blobs[0].0);
    for length in [
        u64::MAX,
        1 << 62,
        1 << 40,
        u64::from(u32::MAX) + 1,
        65_536,
        1_025,
        70_000,
    ] {
        let mut body = inside.body.clone();
        body[..8].copy_from_slice(&length.to_be_bytes());
        inside
            .cell
            .set(&rows, &seal(&inside.key, &inside.place, [7; 12], &body));
        let started = Instant::now();
        let outcome = vault.blob(owner, blob);
        assert!(matches!(outcome, Err(VaultError::Damaged(_))), "{length}");
        assert!(started.elapsed() < Duration::from_millis(100), "{length}");
    }
    assert!(
        vault
            .owners(OwnerKind::Conversation)
            .unwrap()
            .damaged
            .is_empty()
    );
}
