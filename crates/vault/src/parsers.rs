//! The parsers of stored bytes, each by itself, for the fuzz targets and the test that replays their corpora. Built with
//! the feature `testing` alone.
//!
//! What stands behind a seal is sealed here first, under keys that everybody knows: an attacker who does not hold the keys
//! gets no further than the tag, and what comes after it would never be tried. Each function says whether the bytes were
//! taken. Absent: slots of passphrases, which cost half a second a try.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use aead_stream::EncryptorBE32;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, params};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::keychain::Keychain;
use crate::keys::{Key, Keyring, SealingKey};
use crate::record::{self, Place};
use crate::set::{OwnerSeal, Root};
use crate::slots::{Manifest, Slot};
use crate::{
    BlobId, CacheKind, Cost, OwnerId, Protection, SlotKind, VaultError, blob, cache, database,
    health, recovery, slots,
};

/// The master key of everything here.
pub const MASTER: [u8; 32] = *b"the master key that fuzzing uses";
/// Its recovery words: the last test vector of the reference implementation.
const WORDS: &str = "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen \
                     patrol group space point ten exist slush involve unfold";
const VAULT: [u8; 16] = [1; 16];
const OWNER: [u8; 16] = [2; 16];
const KIND: i64 = 1;

/// `vault.json` beside a sound copy of another. The bytes are tried as they are, and as what stands before a right MAC.
pub fn manifest(bytes: &[u8]) -> bool {
    let copy = genuine_manifest();
    let unsigned = [bytes, b"}"].concat();
    let unsigned = Manifest::read(&unsigned);
    if let Ok(manifest) = unsigned {
        let again = manifest.without_keychain().signed(&keyring().manifest);
        let again = Manifest::read(&again).expect("what is written is read");
        assert!(!again.kinds().contains(&SlotKind::Keychain));
    }
    let signed = sign(bytes);
    let mut taken = false;
    for file in [bytes, &signed] {
        for protection in [
            Protection::Keychain,
            Protection::Recovery(&SecretString::from(WORDS)),
        ] {
            let Ok((master, newest)) = slots::unlock(file, &copy, protection, &OneKey) else {
                continue;
            };
            assert_eq!(
                master.expose(),
                &MASTER,
                "a slot gives the key it was made for"
            );
            assert!(slots::is_authentic(newest, &keyring().manifest));
            taken |= newest == file;
        }
    }
    taken
}

/// A genuine manifest with two slots, without its MAC: what [`manifest`] takes.
pub fn example_manifest() -> Vec<u8> {
    let mut signed = genuine_manifest();
    let mac = br#","mac":""#.len() + 44 + b"\"}\n".len();
    signed.truncate(signed.len() - mac);
    signed
}

/// A sealed record: the bytes as they are, and as the padded plaintext behind a right tag.
pub fn record(bytes: &[u8]) -> bool {
    let (key, place) = (keyring().settings, place());
    let opened = record::open(&key, &place, bytes);
    assert!(opened.is_none(), "nobody guesses a tag");
    let payload = Payload {
        msg: bytes,
        aad: &place.associated_data(&key.id),
    };
    let nonce = [7; 12];
    let ciphertext = key.key.cipher().encrypt(&nonce.into(), payload);
    let ciphertext = ciphertext.expect("the bytes of one input are few");
    let sealed = [&[record::VERSION], &key.id[..], &nonce, &ciphertext].concat();
    record::open(&key, &place, &sealed).is_some()
}

/// What an owner seals of itself.
pub fn owner_seal(body: &[u8]) -> bool {
    let (key, owner) = (keyring().wrap, OwnerId::from_bytes(OWNER));
    let place = crate::owner::seal_place(&VAULT, KIND, owner);
    let open = |sealed: &[u8]| OwnerSeal::open(&key, &VAULT, KIND, owner, sealed);
    let Some(seal) = open(&sealed(&key, &place, body)) else {
        return false;
    };
    let again = seal.seal(&key, &VAULT, KIND, owner).expect("it is short");
    assert_eq!(open(&again), Some(seal), "what is written is read");
    true
}

/// What the vault seals of itself.
pub fn root(body: &[u8]) -> bool {
    let key = keyring().root;
    let place = crate::owner::root_place(&VAULT);
    let Some(root) = Root::open(&key, &VAULT, &sealed(&key, &place, body)) else {
        return false;
    };
    let again = root.seal(&key, &VAULT).expect("it is short");
    assert_eq!(
        Root::open(&key, &VAULT, &again),
        Some(root),
        "what is written is read"
    );
    true
}

/// A blob: the length of its head's body (1), that body, then for each chunk its position (1), length (2) and bytes. Head
/// and chunks are sealed as they are, the last chunk as the last.
pub fn blob(bytes: &[u8]) -> bool {
    let Some((head, rest)) = split_head(bytes) else {
        return false;
    };
    let chunks = chunks_of(rest);
    let (owner, id) = (OwnerId::from_bytes(OWNER), BlobId::from_bytes([3; 16]));
    let key = keyring().wrap;
    let head_sealed = sealed(&key, &blob::head_place(owner, id), head);
    let salt = head.get(8..40).unwrap_or(&[0; 32]);
    let prefix = head.get(40..47).and_then(|prefix| prefix.try_into().ok());
    let prefix: [u8; 7] = prefix.unwrap_or_default();
    let cipher = key.key.derive(Some(salt), blob::INFO).cipher();
    let mut encryptor = EncryptorBE32::<Aes256Gcm>::from_aead(cipher, &prefix.into());
    let aad = blob::chunk_place(owner, id).associated_data(&key.id);

    let connection = chunk_rows().expect("a database in memory");
    let put = |sequence: u8, chunk: Vec<u8>| {
        let insert = "INSERT OR REPLACE INTO chunks (blob, sequence, sealed) VALUES (?1, ?2, ?3)";
        let values = params![id.as_bytes(), sequence, chunk];
        connection
            .execute(insert, values)
            .expect("a database in memory");
    };
    connection
        .execute(
            "INSERT INTO blobs (id, owner, head) VALUES (?1, ?2, ?3)",
            params![id.as_bytes(), OWNER, head_sealed],
        )
        .expect("a database in memory");
    if let Some(((last, chunks), sequence)) = chunks
        .split_last()
        .map(|(last, chunks)| ((&last.1, chunks), last.0))
    {
        for (sequence, chunk) in chunks {
            let mut chunk = chunk.to_vec();
            encryptor
                .encrypt_next_in_place(&aad, &mut chunk)
                .expect("a few chunks");
            put(*sequence, chunk);
        }
        let mut last = last.to_vec();
        encryptor
            .encrypt_last_in_place(&aad, &mut last)
            .expect("a few chunks");
        put(sequence, last);
    }
    blob::read(&connection, owner, id, &key).is_ok()
}

/// A cache: the length of its head's body (1), that body, then what the file holds, encrypted under the key that the head
/// gives; as it is where the head gives none, or is of an odd length.
pub fn cache(bytes: &[u8]) -> bool {
    let Some((head, content)) = split_head(bytes) else {
        return false;
    };
    let sealing = keyring().cache;
    let at = cache::cache_place(&VAULT, CacheKind(1), [4; 16]);
    let aad = at.associated_data(&sealing.id);
    let key = head.get(..32).and_then(Key::from_slice);
    let prefix = head.get(32..39).and_then(|prefix| prefix.try_into().ok());
    let file = match (key, prefix) {
        (Some(key), Some(prefix)) if head.len() == 47 => {
            let mut file = Vec::new();
            let mut sealer = cache::Sealer::new(&key, prefix, &aad);
            sealer.add(content, &mut file).expect("a few chunks");
            sealer.finish(&mut file).expect("a few chunks");
            file
        }
        _ => content.to_vec(),
    };
    let scratch = Scratch::new();
    let path = scratch.0.join("cache.bin");
    fs::write(&path, file).expect("the system has a folder for temporary files");
    let head = sealed(&sealing, &at, head);
    match cache::read(&sealing, &at, &head, &path) {
        Some(plain) => {
            assert_eq!(&plain[..], content, "what is written is read");
            true
        }
        None => false,
    }
}

/// Recovery words as somebody typed them.
pub fn recovery_words(bytes: &[u8]) -> bool {
    let typed = String::from_utf8_lossy(bytes).into_owned();
    recovery::key(&SecretString::from(typed)).is_ok()
}

/// A database or a backup, whole: everything that is looked at before a restored vault is put in place. Taken if it is
/// sound.
pub fn database(bytes: &[u8]) -> bool {
    let scratch = Scratch::new();
    let path = scratch.0.join("vault.db");
    fs::write(&path, bytes).expect("the system has a folder for temporary files");
    examine(&path, bytes.len() as u64).unwrap_or(false)
}

fn examine(path: &Path, length: u64) -> Result<bool, VaultError> {
    let connection = database::open_file(path)?;
    let structure = database::check_structure(&connection, length);
    let manifest = Manifest::read(&database::manifest(&connection)?)?;
    // Looked at even where the structure is not sound, as a vault is that opens every day.
    let health = health::examine(&connection, &keyring(), &manifest.vault)?;
    Ok(structure.is_ok() && health.is_sound())
}

fn keyring() -> Keyring {
    Keyring::of(&master())
}

fn master() -> Key {
    Key::from_slice(&MASTER).expect("32 bytes")
}

fn place() -> Place {
    Place {
        column: "records.sealed",
        kind: KIND,
        id: [5; 16],
        parent: OWNER,
        sequence: 1,
    }
}

fn sealed(key: &SealingKey, place: &Place, body: &[u8]) -> Vec<u8> {
    record::seal(key, place, body).expect("the bytes of one input are few")
}

fn genuine_manifest() -> Vec<u8> {
    let words = recovery::key(&SecretString::from(WORDS)).expect("24 words of the list");
    let recovery = Slot::recovery(VAULT, &master(), words).expect("a key of 32 bytes");
    let keychain = Slot::make(VAULT, &master(), Protection::Keychain, Cost::FLOOR, &OneKey);
    let keychain = keychain.expect("its keychain answers");
    Manifest::empty(VAULT)
        .with(Some(recovery), &[])
        .with(Some(keychain), &[])
        .signed(&keyring().manifest)
}

fn sign(content: &[u8]) -> Vec<u8> {
    let mac = STANDARD.encode(keyring().manifest.authenticate(content));
    [content, br#","mac":""#, mac.as_bytes(), b"\"}\n"].concat()
}

/// A body behind its length.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked((*length).into())
}

/// Chunks behind their positions and lengths. What is too short for its length is the last.
fn chunks_of(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut chunks = Vec::new();
    while let [sequence, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (chunk, rest) = rest.split_at(length.min(rest.len()));
        chunks.push((*sequence, chunk));
        bytes = rest;
    }
    chunks
}

/// The two tables that a blob is read from, without the work of a whole schema.
fn chunk_rows() -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(
        "CREATE TABLE blobs (id BLOB PRIMARY KEY NOT NULL, owner BLOB NOT NULL, head BLOB NOT NULL) STRICT;
         CREATE TABLE chunks (blob BLOB NOT NULL, sequence INTEGER NOT NULL, sealed BLOB NOT NULL,
                              UNIQUE (blob, sequence)) STRICT;",
    )?;
    Ok(connection)
}

/// A keychain that holds one key, whatever the account.
struct OneKey;

impl Keychain for OneKey {
    fn read(&self, _account: &str) -> Result<Zeroizing<String>, VaultError> {
        Ok(Zeroizing::new(STANDARD.encode([6; 32])))
    }

    fn write(&self, _account: &str, _secret: Zeroizing<String>) -> Result<(), VaultError> {
        Err(VaultError::KeychainUnavailable)
    }

    fn remove(&self, _account: &str) -> Result<(), VaultError> {
        Err(VaultError::KeychainUnavailable)
    }
}

/// A folder of its own, gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aparte-parsers-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("the system has a folder for temporary files");
        Scratch(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
