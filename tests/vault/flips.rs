//! K1: every bit that is flipped, every cut and every exchanged chunk is noticed, and nothing else is lost by it.

use std::fs;

use aparte_vault::{Cost, Notice, Part, Protection, RecordId, Vault, VaultError, WordList};
use rusqlite::{Connection, params};
use secrecy::SecretString;

use super::campaign::{Tally, every};
use super::ground::{CHUNK, Contents, Ground, Held, MESSAGE, put_files};

/// Flips one bit.
fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn sealed_record(rows: &Connection, id: RecordId) -> Vec<u8> {
    rows.query_row(
        "SELECT sealed FROM records WHERE id = ?1",
        [id.as_bytes()],
        |row| row.get(0),
    )
    .expect("the record is there")
}

fn set_record(rows: &Connection, id: RecordId, sealed: &[u8]) {
    rows.prepare_cached("UPDATE records SET sealed = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute(params![id.as_bytes(), sealed]))
        .expect("the record is there");
}

/// Tells what is wrong unless exactly this message is damaged and the others are what they were.
fn only_damaged(vault: &Vault, owner: &Held, victim: RecordId) -> Result<(), String> {
    let listing = vault
        .records(owner.id, MESSAGE)
        .map_err(|error| format!("none can be read: {error}"))?;
    if listing.damaged != [victim] {
        return Err(format!("{:?} are said to be damaged", listing.damaged));
    }
    let others = owner
        .records
        .iter()
        .filter(|held| held.kind == MESSAGE && held.id != victim);
    let expected: Vec<_> = others.map(|held| (held.id, held.body.as_slice())).collect();
    let found: Vec<_> = listing
        .readable
        .iter()
        .map(|record| (record.id, record.body.as_slice()))
        .collect();
    match expected == found {
        true => Ok(()),
        false => Err("another record was lost or changed".to_owned()),
    }
}

#[test]
fn every_bit_of_two_hundred_records_is_noticed_and_the_others_stay_readable() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 40, 5, &[]);
    let rows = ground.rows();
    let mut tally = Tally::new("K1: a bit of a record is flipped");
    for owner in &contents.owners {
        for held in owner.records.iter().filter(|held| held.kind == MESSAGE) {
            let sealed = sealed_record(&rows, held.id);
            for bit in (0..sealed.len() * 8).step_by(every(5)) {
                set_record(&rows, held.id, &flipped(&sealed, bit));
                tally.take(
                    only_damaged(&vault, owner, held.id),
                    format!("bit {bit} of {}", held.id),
                );
            }
            set_record(&rows, held.id, &sealed);
        }
    }
    assert!(contents.difference(&vault).is_none(), "all is as it was");
    tally.end();
}

#[test]
fn a_record_that_was_cut_or_made_longer_is_noticed() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 2, 3, &[]);
    let rows = ground.rows();
    let mut tally = Tally::new("K1: a record is cut or made longer");
    let owner = &contents.owners[0];
    let victim = owner.records[1].id;
    let sealed = sealed_record(&rows, victim);
    let longer = (1..=300).map(|more| [sealed.clone(), vec![0; more]].concat());
    let shorter = (0..sealed.len()).map(|length| sealed[..length].to_vec());
    for changed in shorter.chain(longer) {
        set_record(&rows, victim, &changed);
        tally.take(
            only_damaged(&vault, owner, victim),
            format!("{} bytes", changed.len()),
        );
    }
    tally.end();
}

/// A vault with one blob of three chunks, and the row that is flipped.
struct Chunks {
    ground: Ground,
    vault: Vault,
    contents: Contents,
    rows: Connection,
    sealed: Vec<Vec<u8>>,
}

impl Chunks {
    fn new() -> Chunks {
        let (ground, vault) = Ground::new();
        let contents = Contents::put(&vault, 1, 1, &[2 * CHUNK + 100]);
        let rows = ground.rows();
        let sealed = {
            let mut select = rows
                .prepare("SELECT sealed FROM chunks ORDER BY sequence")
                .unwrap();
            let chunks = select.query_map([], |row| row.get(0)).unwrap();
            chunks.collect::<Result<Vec<Vec<u8>>, _>>().unwrap()
        };
        assert_eq!(sealed.len(), 3);
        Chunks {
            ground,
            vault,
            contents,
            rows,
            sealed,
        }
    }

    fn set(&self, sequence: usize, sealed: &[u8]) {
        self.rows
            .prepare_cached("UPDATE chunks SET sealed = ?2 WHERE sequence = ?1")
            .and_then(|mut update| update.execute(params![sequence as i64, sealed]))
            .expect("the chunk is there");
    }

    /// Puts these chunks, in this order and from 0 on, in place of those that are there.
    fn replace(&self, chunks: &[Vec<u8>]) {
        let blob = self.contents.owners[0].blobs[0].0;
        self.rows.execute("DELETE FROM chunks", []).unwrap();
        for (sequence, sealed) in chunks.iter().enumerate() {
            self.rows
                .execute(
                    "INSERT INTO chunks (blob, sequence, sealed) VALUES (?1, ?2, ?3)",
                    params![blob.as_bytes(), sequence as i64, sealed],
                )
                .unwrap();
        }
    }

    fn read(&self) -> Result<Vec<u8>, VaultError> {
        let owner = &self.contents.owners[0];
        self.vault.blob(owner.id, owner.blobs[0].0)
    }

    fn refuses(&self) -> Result<(), String> {
        match self.read() {
            Err(VaultError::Damaged(Part::Blob)) => Ok(()),
            Err(error) => Err(format!("it is said that {error}")),
            Ok(_) => Err("it opened".to_owned()),
        }
    }
}

#[test]
fn every_bit_of_a_blob_of_three_chunks_is_noticed() {
    let chunks = Chunks::new();
    let mut tally = Tally::new("K1: a bit of a blob is flipped");
    for (sequence, sealed) in chunks.sealed.iter().enumerate() {
        for bit in (0..sealed.len() * 8).step_by(every(47)) {
            chunks.set(sequence, &flipped(sealed, bit));
            tally.take(chunks.refuses(), format!("bit {bit} of chunk {sequence}"));
        }
        chunks.set(sequence, sealed);
    }
    let head: Vec<u8> = chunks
        .rows
        .query_row("SELECT head FROM blobs", [], |row| row.get(0))
        .unwrap();
    let set_head = |head: &[u8]| {
        let set = chunks.rows.execute("UPDATE blobs SET head = ?1", [head]);
        assert_eq!(set, Ok(1));
    };
    for bit in 0..head.len() * 8 {
        set_head(&flipped(&head, bit));
        tally.take(chunks.refuses(), format!("bit {bit} of the head"));
    }
    set_head(&head);
    let owner = &chunks.contents.owners[0];
    assert!(
        chunks
            .read()
            .is_ok_and(|content| content == owner.blobs[0].1),
        "all is as it was"
    );
    tally.end();
    drop(chunks.ground);
}

#[test]
fn chunks_that_are_cut_dropped_doubled_exchanged_or_added_are_noticed() {
    let chunks = Chunks::new();
    let sealed = &chunks.sealed;
    let mut tally = Tally::new("K1: the chunks of a blob are played with");
    // Every row of up to four of the three chunks, but the one that is right.
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..4 {
        let until = rows.len();
        for row in from..until {
            let longer = (0..3).map(|chunk| [&rows[row][..], &[chunk]].concat());
            let longer: Vec<_> = longer.collect();
            rows.extend(longer);
        }
        from = until;
    }
    for row in rows {
        let played: Vec<_> = row.iter().map(|&chunk| sealed[chunk].clone()).collect();
        chunks.replace(&played);
        match row == [0, 1, 2] {
            true => assert!(chunks.read().is_ok(), "the right chunks open"),
            false => tally.take(chunks.refuses(), format!("chunks {row:?}")),
        }
    }
    for cut in 0..3 {
        for length in (0..sealed[cut].len()).step_by(every(211)) {
            let mut played = sealed.clone();
            played[cut].truncate(length);
            chunks.replace(&played);
            tally.take(chunks.refuses(), format!("chunk {cut} cut to {length}"));
        }
    }
    // The right chunks at places that are not theirs.
    for places in [[1, 2, 3], [0, 1, 3], [0, 2, 3], [-1, 0, 1]] {
        chunks.replace(sealed);
        chunks
            .rows
            .execute("UPDATE chunks SET sequence = sequence + 100", [])
            .unwrap();
        for (from, to) in places.into_iter().enumerate() {
            chunks
                .rows
                .execute(
                    "UPDATE chunks SET sequence = ?2 WHERE sequence = ?1",
                    [from as i64 + 100, to],
                )
                .unwrap();
        }
        tally.take(chunks.refuses(), format!("places {places:?}"));
    }
    tally.end();
}

/// A value that is neither a record nor a chunk: where it stands, and how its damage is to be told.
struct Value {
    table: &'static str,
    column: &'static str,
    key: &'static str,
}

#[test]
fn every_bit_of_a_head_a_key_a_seal_and_a_setting_is_noticed() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 4, 2, &[]);
    let rows = ground.rows();
    let mut tally = Tally::new("K1: a bit of a head, a key, a seal or a setting is flipped");
    let value = |table, column, key| Value { table, column, key };
    for Value { table, column, key } in [
        value("owners", "head", "id"),
        value("owners", "key", "id"),
        value("owners", "seal", "id"),
        value("settings", "sealed", "key"),
    ] {
        let select = format!("SELECT {key}, {column} FROM {table} ORDER BY {key} LIMIT 1");
        let (id, sealed): (rusqlite::types::Value, Vec<u8>) = rows
            .query_row(&select, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let update = format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1");
        let set = |bytes: &[u8]| {
            rows.prepare_cached(&update)
                .and_then(|mut update| update.execute(params![id, bytes]))
                .expect("the value is there");
        };
        for bit in (0..sealed.len() * 8).step_by(every(3)) {
            set(&flipped(&sealed, bit));
            let difference = contents.difference(&vault);
            let noticed = difference.wrong.is_empty() && !difference.told.is_empty();
            // What hangs on it may be lost, but nothing of other owners.
            let others = difference.missing.len() <= 3;
            tally.note(noticed && others, || {
                format!("bit {bit} of {table}.{column}: {difference:?}")
            });
        }
        set(&sealed);
    }
    assert!(contents.difference(&vault).is_none(), "all is as it was");
    tally.end();
}

#[test]
fn every_bit_of_the_root_is_noticed_when_the_vault_opens() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 3, 2, &[]);
    drop(vault);
    let whole = ground.files();
    let sealed: Vec<u8> = ground
        .rows()
        .query_row("SELECT sealed FROM root", [], |row| row.get(0))
        .unwrap();
    let mut tally = Tally::new("K1: a bit of the root is flipped");
    for bit in (0..sealed.len() * 8).step_by(every(9)) {
        put_files(&ground.vault, &whole);
        let set = ground
            .rows()
            .execute("UPDATE root SET sealed = ?1", [flipped(&sealed, bit)]);
        assert_eq!(set, Ok(1));
        let noticed = match ground.unlock() {
            Ok(vault) => {
                let difference = contents.difference(&vault);
                let held = difference.wrong.is_empty() && difference.missing.is_empty();
                held && vault.notices().contains(&Notice::OwnersAltered)
            }
            Err(_) => false,
        };
        tally.note(noticed, || format!("bit {bit}"));
    }
    tally.end();
}

/// A vault with recovery words, so that no try waits for Argon2id.
fn with_words() -> (Ground, SecretString) {
    let ground = Ground::empty();
    let passphrase = SecretString::from("lanterns over a quiet estuary");
    let proof = Protection::Passphrase(&passphrase);
    let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
    let words = vault.make_recovery(proof, WordList::English).unwrap();
    let words = SecretString::from(words.expose().to_owned());
    vault.close().unwrap();
    (ground, words)
}

#[test]
fn every_bit_of_the_keyslots_is_noticed() {
    let (ground, words) = with_words();
    let whole = ground.files();
    let manifest = whole["vault.json"].clone();
    let unlock = || Vault::unlock(&ground.vault, Protection::Recovery(&words));
    let mut tally = Tally::new("K1: a bit of vault.json is flipped");
    for bit in (0..manifest.len() * 8).step_by(every(19)) {
        let changed = flipped(&manifest, bit);
        put_files(&ground.vault, &whole);
        fs::write(ground.vault.join("vault.json"), &changed).unwrap();
        let noticed = match unlock() {
            Ok(vault) => vault.notices() == [Notice::SlotsRepaired],
            Err(_) => fs::read(ground.vault.join("vault.json")).unwrap() == changed,
        };
        tally.note(noticed, || format!("bit {bit} of the file"));

        put_files(&ground.vault, &whole);
        fs::write(ground.vault.join("vault.json"), &changed).unwrap();
        set_manifest(&ground.rows(), &changed);
        let refused =
            unlock().is_err() && fs::read(ground.vault.join("vault.json")).unwrap() == changed;
        tally.note(refused, || format!("bit {bit} of both copies"));
    }
    put_files(&ground.vault, &whole);
    assert!(unlock().unwrap().notices().is_empty(), "all is as it was");
    tally.end();
}

fn set_manifest(rows: &Connection, bytes: &[u8]) {
    let set = rows.execute("UPDATE manifest SET bytes = ?1", [bytes]);
    assert_eq!(set, Ok(1));
}
