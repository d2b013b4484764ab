//! K10: what was computed of a conversation comes back from its cache as it was kept, or not at all. Nothing of it is given
//! out before the last chunk is known to be genuine, so that nothing else reaches the engine.
//!
//! Of which conversation, model and settings a state is, `kept_states.rs` of the assistant and `fingerprint.rs` of the engine
//! look at; that a state without its end is not taken, the worker's `engine.rs`.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use aparte_vault::{CacheKind, Vault};
use rusqlite::{Connection, params};

use super::campaign::{Dice, Tally, every, times};
use super::ground::{CHUNK, Ground};

/// The caches of two conversations.
const STATE: CacheKind = CacheKind(100);
const OTHER: CacheKind = CacheKind(101);

/// A chunk with its tag.
const SEALED_CHUNK: usize = CHUNK + 16;

struct State {
    ground: Ground,
    vault: Vault,
    bytes: Vec<u8>,
    file: PathBuf,
    sealed: Vec<u8>,
}

impl State {
    /// A vault with a state of three chunks.
    fn kept() -> State {
        let (ground, vault) = Ground::new();
        let bytes = Dice::new(10).bytes(2 * CHUNK + 100);
        vault.keep_cache(STATE, &bytes).unwrap();
        let mut files = fs::read_dir(ground.vault.join("cache")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        let sealed = fs::read(&file).unwrap();
        assert_eq!(sealed.len(), 2 * SEALED_CHUNK + 116);
        State {
            ground,
            vault,
            bytes,
            file,
            sealed,
        }
    }

    fn is_whole(&self) -> bool {
        let read = self.vault.cache(STATE);
        read.is_some_and(|read| read.as_slice() == self.bytes)
    }

    fn is_refused(&self) -> bool {
        self.vault.cache(STATE).is_none()
    }

    fn chunk(&self, number: usize) -> &[u8] {
        let from = number * SEALED_CHUNK;
        &self.sealed[from..self.sealed.len().min(from + SEALED_CHUNK)]
    }
}

fn row(rows: &Connection, kind: CacheKind) -> (Vec<u8>, Vec<u8>) {
    let select = "SELECT file, head FROM caches WHERE kind = ?1";
    let both = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
    rows.query_row(select, [kind.0], both).unwrap()
}

fn set_row(rows: &Connection, kind: CacheKind, file: &[u8], head: &[u8]) {
    rows.prepare_cached("UPDATE caches SET file = ?2, head = ?3 WHERE kind = ?1")
        .and_then(|mut update| update.execute(params![kind.0, file, head]))
        .unwrap();
}

#[test]
fn every_bit_of_a_state_and_of_what_names_it_is_noticed() {
    let state = State::kept();
    let mut tally = Tally::new("K10: a bit of a state is flipped");
    let file = fs::File::options().write(true).open(&state.file).unwrap();
    for bit in (0..state.sealed.len() * 8).step_by(times(1499, 29)) {
        let byte = state.sealed[bit / 8];
        file.write_all_at(&[byte ^ 1 << (bit % 8)], bit as u64 / 8)
            .unwrap();
        tally.note(state.is_refused(), || format!("bit {bit} of the file"));
        file.write_all_at(&[byte], bit as u64 / 8).unwrap();
    }
    let rows = state.ground.rows();
    let (name, head) = row(&rows, STATE);
    for bit in (0..head.len() * 8).step_by(every(3)) {
        let mut flipped = head.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        set_row(&rows, STATE, &name, &flipped);
        tally.note(state.is_refused(), || format!("bit {bit} of the head"));
    }
    for bit in 0..name.len() * 8 {
        let mut flipped = name.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        set_row(&rows, STATE, &flipped, &head);
        tally.note(state.is_refused(), || format!("bit {bit} of the name"));
    }
    set_row(&rows, STATE, &name, &head);
    assert!(state.is_whole(), "all is as it was");
    tally.end();
}

#[test]
fn a_state_whose_chunks_are_cut_dropped_doubled_exchanged_or_added_is_refused() {
    let state = State::kept();
    let mut tally = Tally::new("K10: the chunks of a state are played with");
    // Every row of up to four of the three chunks.
    let mut played: Vec<Vec<usize>> = vec![Vec::new()];
    for from in 0.. {
        let Some(row) = played.get(from).filter(|row| row.len() < 4).cloned() else {
            break;
        };
        played.extend((0..3).map(|chunk| [&row[..], &[chunk]].concat()));
    }
    for row in played {
        let chunks: Vec<_> = row.iter().map(|&number| state.chunk(number)).collect();
        fs::write(&state.file, chunks.concat()).unwrap();
        match row == [0, 1, 2] {
            true => assert!(state.is_whole(), "the right chunks open"),
            false => tally.note(state.is_refused(), || format!("chunks {row:?}")),
        }
    }
    // Where the writing ended too early, as far as the last chunk and in it.
    for length in (0..state.sealed.len()).step_by(times(997, 13)) {
        fs::write(&state.file, &state.sealed[..length]).unwrap();
        tally.note(state.is_refused(), || format!("cut to {length}"));
    }
    for more in 1..=300 {
        fs::write(&state.file, [&state.sealed[..], &vec![0; more]].concat()).unwrap();
        tally.note(state.is_refused(), || format!("{more} bytes more"));
    }
    tally.end();
}

#[test]
fn a_state_opens_for_no_other_conversation_in_no_other_vault_and_not_as_an_earlier_one() {
    let state = State::kept();
    let other = Dice::new(11).bytes(state.bytes.len());
    state.vault.keep_cache(OTHER, &other).unwrap();
    let rows = state.ground.rows();
    let (first, second) = (row(&rows, STATE), row(&rows, OTHER));
    let mut tally = Tally::new("K10: a state in another place");
    // The whole row, its head alone, its file alone.
    for (file, head) in [
        (&second.0, &second.1),
        (&first.0, &second.1),
        (&second.0, &first.1),
    ] {
        set_row(&rows, STATE, file, head);
        tally.note(state.is_refused(), || "the other conversation's".to_owned());
    }
    set_row(&rows, STATE, &first.0, &first.1);

    let stranger = State::kept();
    let (file, head) = row(&stranger.ground.rows(), STATE);
    fs::copy(
        &stranger.file,
        state
            .file
            .with_file_name(stranger.file.file_name().unwrap()),
    )
    .unwrap();
    set_row(&rows, STATE, &file, &head);
    tally.note(state.is_refused(), || "another vault's".to_owned());
    set_row(&rows, STATE, &first.0, &first.1);
    fs::write(&state.file, &stranger.sealed).unwrap();
    tally.note(state.is_refused(), || "another vault's file".to_owned());
    fs::write(&state.file, &state.sealed).unwrap();
    assert!(state.is_whole(), "all is as it was");

    state.vault.keep_cache(STATE, &other).unwrap();
    let (later, _) = row(&rows, STATE);
    let later: String = later.iter().map(|byte| format!("{byte:02x}")).collect();
    let later = state.file.with_file_name(format!("{later}.bin"));
    assert!(later.is_file());
    fs::write(later, &state.sealed).unwrap();
    tally.note(state.is_refused(), || "what was kept before".to_owned());
    tally.end();
}
