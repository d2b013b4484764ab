//! Looking for keys and passphrases in the memory of another process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;

use super::format::{Keys, data_key, slot_key, vault_id};

/// Something that is looked for.
pub struct Secret {
    /// What it is.
    pub name: &'static str,
    bytes: Vec<u8>,
}

/// Something to look for, of at least 8 bytes.
pub fn secret(name: &'static str, bytes: &[u8]) -> Secret {
    Secret {
        name,
        bytes: bytes.to_vec(),
    }
}

/// How often each secret stands in the writable memory of a process.
pub fn count(process: u32, secrets: &[Secret]) -> Vec<usize> {
    let mut beginnings: HashMap<[u8; 8], Vec<usize>> = HashMap::new();
    let mut first = vec![false; 1 << 16];
    for (at, secret) in secrets.iter().enumerate() {
        let beginning: [u8; 8] = secret.bytes[..8].try_into().expect("8 of more");
        beginnings.entry(beginning).or_default().push(at);
        first[usize::from(u16::from_le_bytes([beginning[0], beginning[1]]))] = true;
    }
    let memory = File::open(format!("/proc/{process}/mem"))
        .expect("the memory of a child can be read; of one that lets nobody trace it, by root");
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("it runs");
    let mut counts = vec![0; secrets.len()];
    let mut looked_at = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, until) = range.split_once('-').expect("a range");
        let [from, until] =
            [from, until].map(|end| u64::from_str_radix(end, 16).expect("an address"));
        // What a web view sets aside and does not use.
        if until - from > 1 << 30 {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(until - from).expect("it is in memory")];
        // Some of the system's own ranges cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        looked_at += bytes.len();
        for at in 0..bytes.len().saturating_sub(8) {
            if !first[usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))] {
                continue;
            }
            let beginning: [u8; 8] = bytes[at..at + 8].try_into().expect("8 bytes");
            for &found in beginnings.get(&beginning).into_iter().flatten() {
                let whole = bytes[at..].starts_with(&secrets[found].bytes);
                counts[found] += usize::from(whole);
            }
        }
    }
    assert!(looked_at > 1 << 20, "only {looked_at} bytes were looked at");
    counts
}

/// Everything that opens something in the vault of this folder.
pub fn secrets(folder: &Path, master: [u8; 32], passphrases: &[&'static str]) -> Vec<Secret> {
    let manifest = fs::read(folder.join("vault.json")).unwrap();
    let vault = vault_id(&manifest);
    let keys = Keys::of(&master);
    let mut secrets = vec![
        secret("the master key", &master),
        secret("the subkey that wraps data keys", &keys.wrap.bytes),
        secret("the subkey of the settings", &keys.settings.bytes),
        secret("the subkey of the root", &keys.root.bytes),
        secret("the subkey of caches", &keys.cache.bytes),
        secret("the subkey of the names of caches", &keys.cache_name),
        secret("the subkey of sets", &keys.set),
        secret("the subkey of the manifest", &keys.manifest),
    ];
    let rows = Connection::open(folder.join("vault.db")).unwrap();
    let mut select = rows.prepare("SELECT id, kind, key FROM owners").unwrap();
    let owners = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    for owner in owners {
        let (id, kind, wrapped): ([u8; 16], i64, Vec<u8>) = owner.unwrap();
        let key = data_key(&keys, vault, kind, id, &wrapped).expect("it opens under the subkey");
        secrets.push(secret("a data key", &key.bytes));
    }
    let slots: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    for slot in slots["slots"].as_array().into_iter().flatten() {
        for passphrase in passphrases {
            if slot["kind"] == "passphrase" {
                secrets.push(secret(
                    "the key of a passphrase",
                    &slot_key(slot, passphrase),
                ));
            }
        }
    }
    for passphrase in passphrases {
        secrets.push(secret("a passphrase", passphrase.as_bytes()));
    }
    secrets
}
