//! Caches: what can be made again, sealed in files of their own beside the database.
//!
//! A file has a random name that the vault's key marks as its own, and is one STREAM over AES-256-GCM in chunks of 64 KiB, under a random key. The row that
//! names the file holds key, nonce prefix and length, sealed under the subkey `index`: when the row is replaced, the old
//! file opens no more. A cache that is cut, changed or gone reads as none. Whatever is erased may be in one, so that all
//! go with it.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

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
        match self.begin_cache(kind)? {
            Some(mut cache) => {
                cache.add(bytes)?;
                cache.finish()
            }
            None => Ok(()),
        }
    }

    /// Begins a cache whose bytes come one after the other; `None` where none is kept, as in [`Self::keep_cache`].
    pub fn begin_cache(&self, kind: CacheKind) -> Result<Option<NewCache<'_>>, VaultError> {
        let Some(place) = &self.place else {
            return Ok(None);
        };
        let directory = place.folder.join(FOLDER);
        if is_link(&directory) {
            return Ok(None);
        }
        let file = draw_name(&self.keys.cache_name)?;
        let key = Key::random()?;
        let prefix: [u8; 7] = random()?;
        let at = cache_place(&self.id, kind, file);
        folder::prepare(&directory)?;
        let path = directory.join(name(file));
        let out = folder::open_new(&path)?;
        Ok(Some(NewCache {
            vault: self,
            kind,
            file,
            sealer: Some(Sealer::new(
                &key,
                prefix,
                &at.associated_data(&self.keys.cache.id),
            )),
            key,
            prefix,
            length: 0,
            out,
            path,
            is_kept: false,
        }))
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

/// A cache on its way: sealed and written as its bytes come, so that no second copy of it is in memory. One that is dropped
/// before it is finished was never there.
pub struct NewCache<'v> {
    vault: &'v Vault,
    kind: CacheKind,
    file: [u8; 16],
    key: Key,
    prefix: [u8; 7],
    sealer: Option<Sealer>,
    /// Bytes that were added.
    length: u64,
    out: fs::File,
    path: PathBuf,
    is_kept: bool,
}

impl NewCache<'_> {
    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.length += bytes.len() as u64;
        match &mut self.sealer {
            Some(sealer) => sealer.add(bytes, &mut self.out),
            None => unreachable!("it is taken when the cache is finished, which is its end"),
        }
    }

    /// How many bytes were added.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Keeps it in place of the one of its kind.
    pub fn finish(mut self) -> Result<(), VaultError> {
        if let Some(sealer) = self.sealer.take() {
            sealer.finish(&mut self.out)?;
        }
        self.out.sync_all()?;
        let directory = folder::parent(&self.path);
        folder::sync_folder(directory)?;
        let keys = &self.vault.keys;
        let mut head = Zeroizing::new(Vec::with_capacity(32 + 7 + 8));
        head.extend(self.key.expose());
        head.extend(self.prefix);
        head.extend(self.length.to_be_bytes());
        let at = cache_place(&self.vault.id, self.kind, self.file);
        let head = seal(&keys.cache, &at, &head)?;
        let old = {
            let store = self.vault.store();
            let connection = &store.connection;
            let old: Option<Vec<u8>> = connection
                .query_row(
                    "SELECT file FROM caches WHERE kind = ?1",
                    [self.kind.0],
                    |row| row.get(0),
                )
                .optional()?;
            connection.execute(
                "INSERT OR REPLACE INTO caches (kind, file, head) VALUES (?1, ?2, ?3)",
                params![self.kind.0, self.file, head],
            )?;
            old
        };
        self.is_kept = true;
        match old.map(TryInto::try_into) {
            Some(Ok(old)) => folder::remove(&directory.join(name(old))),
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Drop for NewCache<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // What stays behind opens with no key, and is swept away when the vault is next opened.
            let _ = folder::remove(&self.path);
        }
    }
}

/// Seals bytes in chunks as they come.
pub(crate) struct Sealer {
    // On the heap, where what it knows of the key is wiped.
    encryptor: Box<EncryptorBE32<Aes256Gcm>>,
    associated: Vec<u8>,
    /// What does not fill a chunk yet.
    chunk: Zeroizing<Vec<u8>>,
}

impl Sealer {
    pub(crate) fn new(key: &Key, prefix: [u8; 7], associated: &[u8]) -> Sealer {
        Sealer {
            encryptor: without_trace(|| {
                Box::new(EncryptorBE32::from_aead(key.cipher(), &prefix.into()))
            }),
            associated: associated.to_vec(),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
        }
    }

    /// Adds bytes, and writes the chunks that are full.
    pub(crate) fn add(&mut self, mut bytes: &[u8], out: &mut impl Write) -> Result<(), VaultError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == CHUNK {
                let Sealer {
                    encryptor,
                    associated,
                    chunk,
                } = &mut *self;
                without_trace(|| encryptor.encrypt_next_in_place(associated, &mut **chunk))
                    .map_err(|_| VaultError::TooLarge)?;
                out.write_all(chunk)?;
                chunk.clear();
            }
        }
        Ok(())
    }

    /// Writes the last chunk, which may be empty.
    pub(crate) fn finish(self, out: &mut impl Write) -> Result<(), VaultError> {
        let Sealer {
            encryptor,
            associated,
            mut chunk,
        } = self;
        without_trace(|| encryptor.encrypt_last_in_place(&associated, &mut *chunk))
            .map_err(|_| VaultError::TooLarge)?;
        Ok(out.write_all(&chunk)?)
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
