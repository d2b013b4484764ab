//! Caches: what can be made again, sealed in files of their own beside the database.
//!
//! A file has a random name that the vault's key marks as its own, and is one STREAM over AES-256-GCM in chunks of 64 KiB, under a random key. The row that
//! names the file holds key, nonce prefix and length, sealed under the subkey `index`: when the row is replaced, the old
//! file opens no more. A cache that is cut, changed or gone reads as none. Whatever is erased may be in one, so that all
//! go with it.

use std::fs;
use std::io::Read;
use std::path::Path;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::Aes256Gcm;
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::{Zeroize, Zeroizing};

use crate::keys::{Key, SealingKey, random};
use crate::record::{Place, TAG, open, seal};
use crate::stack::without_trace;
use crate::{Vault, VaultError, folder};

const FOLDER: &str = "cache";
const CHUNK: usize = 64 << 10;

/// Which cache is meant, by a number that the caller freezes; it is stored in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheKind(pub u16);

impl Vault {
    /// Keeps a cache in place of the one of its kind. A vault in memory keeps none, and none is kept where a link leads.
    pub fn keep_cache(&self, kind: CacheKind, bytes: &[u8]) -> Result<(), VaultError> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        let file = draw_name(&self.keys.cache_name)?;
        let key = Key::random()?;
        let prefix: [u8; 7] = random()?;
        let mut head = Zeroizing::new(Vec::with_capacity(32 + 7 + 8));
        head.extend(key.expose());
        head.extend(prefix);
        head.extend((bytes.len() as u64).to_be_bytes());
        let at = cache_place(&self.id, kind, file);
        let head = seal(&self.keys.cache, &at, &head)?;

        let directory = place.folder.join(FOLDER);
        if is_link(&directory) {
            return Ok(());
        }
        folder::prepare(&directory)?;
        let aad = at.associated_data(&self.keys.cache.id);
        folder::write_new(
            &directory.join(name(file)),
            &without_trace(|| encrypt(bytes, &key, prefix, &aad))?,
        )?;
        let old = {
            let store = self.store();
            let connection = &store.connection;
            let old: Option<Vec<u8>> = connection
                .query_row("SELECT file FROM caches WHERE kind = ?1", [kind.0], |row| {
                    row.get(0)
                })
                .optional()?;
            connection.execute(
                "INSERT OR REPLACE INTO caches (kind, file, head) VALUES (?1, ?2, ?3)",
                params![kind.0, file, head],
            )?;
            old
        };
        match old.map(TryInto::try_into) {
            Some(Ok(old)) => folder::remove(&directory.join(name(old))),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Removes a cache, if there is one.
    pub fn drop_cache(&self, kind: CacheKind) -> Result<(), VaultError> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        let file: Option<Vec<u8>> = self
            .store()
            .connection
            .query_row(
                "DELETE FROM caches WHERE kind = ?1 RETURNING file",
                [kind.0],
                |row| row.get(0),
            )
            .optional()?;
        let directory = place.folder.join(FOLDER);
        match file.map(TryInto::try_into) {
            Some(Ok(file)) if !is_link(&directory) => folder::remove(&directory.join(name(file))),
            _ => Ok(()),
        }
    }

    /// Reads a cache; `None` whenever there is none that can be trusted.
    pub fn cache(&self, kind: CacheKind) -> Option<Zeroizing<Vec<u8>>> {
        let place = self.place.as_ref()?;
        let (file, head): ([u8; 16], Vec<u8>) = self
            .store()
            .connection
            .query_row(
                "SELECT file, head FROM caches WHERE kind = ?1",
                [kind.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .ok()?;
        let at = cache_place(&self.id, kind, file);
        let path = place.folder.join(FOLDER).join(name(file));
        read(&self.keys.cache, &at, &head, &path)
    }
}

/// Opens the file that a sealed head names the key of.
pub(crate) fn read(
    sealing: &SealingKey,
    at: &Place,
    head: &[u8],
    path: &Path,
) -> Option<Zeroizing<Vec<u8>>> {
    let head = open(sealing, at, head)?;
    let (key, rest) = head.split_at_checked(32)?;
    let (prefix, length) = rest.split_first_chunk::<7>()?;
    let length = u64::from_be_bytes(length.try_into().ok()?);
    let key = Key::from_slice(key)?;
    let aad = at.associated_data(&sealing.id);
    let plain = without_trace(|| decrypt(path, length, &key, *prefix, &aad))?;
    (plain.len() as u64 == length).then_some(plain)
}

/// Removes the caches in a vault's folder that no row names: they are what a crash, an older row or something erased left
/// behind. A name without this vault's mark is somebody else's.
pub(crate) fn sweep(connection: &Connection, folder: &Path, names: &Key) -> Result<(), VaultError> {
    let folder = folder.join(FOLDER);
    if is_link(&folder) {
        return Ok(());
    }
    let Ok(files) = fs::read_dir(folder) else {
        return Ok(());
    };
    let mut select = connection.prepare("SELECT file FROM caches")?;
    let named = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let named = named.collect::<Result<Vec<_>, _>>()?.into_iter();
    let named: Vec<_> = named
        .filter_map(|file| file.try_into().ok().map(name))
        .collect();
    for file in files {
        let file = file?;
        let found = file.file_name().to_string_lossy().into_owned();
        if is_marked(&found, names) && !named.contains(&found) {
            folder::remove(&file.path())?;
        }
    }
    Ok(())
}

pub(crate) fn encrypt(
    bytes: &[u8],
    key: &Key,
    prefix: [u8; 7],
    aad: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut encryptor = EncryptorBE32::<Aes256Gcm>::from_aead(key.cipher(), &prefix.into());
    let mut sealed = Vec::with_capacity(bytes.len() + (bytes.len() / CHUNK + 2) * TAG);
    let whole = bytes.len() / CHUNK * CHUNK;
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    for plain in bytes[..whole].chunks_exact(CHUNK) {
        chunk.clear();
        chunk.extend(plain);
        encryptor
            .encrypt_next_in_place(aad, &mut chunk)
            .map_err(|_| VaultError::TooLarge)?;
        sealed.extend(&chunk);
    }
    chunk.clear();
    chunk.extend(&bytes[whole..]);
    encryptor
        .encrypt_last_in_place(aad, &mut chunk)
        .map_err(|_| VaultError::TooLarge)?;
    sealed.extend(&chunk);
    Ok(sealed)
}

/// Opens a file chunk by chunk, so that no second copy of it is in memory.
fn decrypt(
    path: &Path,
    length: u64,
    key: &Key,
    prefix: [u8; 7],
    aad: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let file = fs::File::open(path).ok()?;
    let chunks = length / CHUNK as u64 + 1;
    let sealed = length.checked_add(chunks.checked_mul(TAG as u64)?)?;
    if file.metadata().ok()?.len() != sealed {
        return None;
    }
    let mut file = std::io::BufReader::new(file);
    let mut decryptor = DecryptorBE32::<Aes256Gcm>::from_aead(key.cipher(), &prefix.into());
    let mut plain = Zeroizing::new(Vec::new());
    plain
        .try_reserve_exact(usize::try_from(length).ok()?)
        .ok()?;
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    for _ in 1..chunks {
        chunk.resize(CHUNK + TAG, 0);
        file.read_exact(&mut chunk).ok()?;
        decryptor.decrypt_next_in_place(aad, &mut chunk).ok()?;
        plain.extend(&chunk);
    }
    chunk.clear();
    file.read_to_end(&mut chunk).ok()?;
    decryptor.decrypt_last_in_place(aad, &mut chunk).ok()?;
    plain.extend(&chunk);
    chunk.zeroize();
    Some(plain)
}

fn name(file: [u8; 16]) -> String {
    format!("{:032x}.bin", u128::from_be_bytes(file))
}

/// What a link leads to is somebody's own.
fn is_link(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink())
}

/// The name of a new file: 8 random bytes, then their mark.
fn draw_name(names: &Key) -> Result<[u8; 16], VaultError> {
    let drawn: [u8; 8] = random()?;
    let mut file = [0; 16];
    file[..8].copy_from_slice(&drawn);
    file[8..].copy_from_slice(&mark(names, &drawn));
    Ok(file)
}

/// Whether a file was named with this key: a name alone, which anybody may give, is no reason to remove a file.
fn is_marked(found: &str, names: &Key) -> bool {
    let file = found
        .strip_suffix(".bin")
        .and_then(|digits| u128::from_str_radix(digits, 16).ok());
    let Some(file) = file.map(u128::to_be_bytes) else {
        return false;
    };
    // Other writings of the same number are not ours.
    name(file) == found && file[8..] == mark(names, &file[..8])
}

fn mark(names: &Key, drawn: &[u8]) -> [u8; 8] {
    let code = names.authenticate(drawn);
    code[..8].try_into().expect("8 of 32 bytes")
}

pub(crate) fn cache_place(vault: &[u8; 16], kind: CacheKind, file: [u8; 16]) -> Place {
    Place {
        column: "caches.head",
        kind: kind.0.into(),
        id: file,
        parent: *vault,
        sequence: 0,
    }
}
