//! Blobs: bytes of any length, sealed chunk by chunk (STREAM over AES-256-GCM, chunks of 64 KiB) as rows
//! of the database. The layout is frozen.
//!
//! Each blob has its own key, `HKDF-SHA256(data key, salt, "aparte/1/blob")`. Its head is a record whose
//! body is `length (u64, big endian) | salt (32) | nonce prefix (7)`. A chunk is `ciphertext | tag`; the
//! last one is padded to a bucket.

use std::io::{self, Read};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::Aes256Gcm;
use rusqlite::{Connection, params};

use crate::keys::{SealingKey, random};
use crate::record::{Place, bucket, open, seal};
use crate::{BlobId, OwnerId, Part, VaultError};

const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
pub(crate) const INFO: &[u8] = b"aparte/1/blob";
const DAMAGED: VaultError = VaultError::Damaged(Part::Blob);

/// Seals all that `content` gives, and the head last; gives the sealed head too.
pub(crate) fn write(
    connection: &Connection,
    owner: OwnerId,
    data_key: &SealingKey,
    content: &mut dyn Read,
) -> Result<(BlobId, Vec<u8>), VaultError> {
    let id = BlobId::random()?;
    let salt: [u8; 32] = random()?;
    let prefix: [u8; 7] = random()?;
    let cipher = data_key.key.derive(Some(&salt), INFO).cipher();
    let mut encryptor = EncryptorBE32::<Aes256Gcm>::from_aead(cipher, &prefix.into());
    let aad = chunk_place(owner, id).associated_data(&data_key.id);

    // The head names the chunks' blob, so the row comes first and gets its head at the end.
    connection.execute(
        "INSERT INTO blobs (id, owner, head) VALUES (?1, ?2, x'')",
        params![id.as_bytes(), owner.as_bytes()],
    )?;
    let mut insert =
        connection.prepare("INSERT INTO chunks (blob, sequence, sealed) VALUES (?1, ?2, ?3)")?;
    let mut length = 0;
    let mut sequence = 0;
    let mut chunk = next_chunk(content)?;
    loop {
        length += chunk.len() as u64;
        let next = if chunk.len() == CHUNK {
            next_chunk(content)?
        } else {
            Vec::new()
        };
        if next.is_empty() {
            break;
        }
        encryptor
            .encrypt_next_in_place(&aad, &mut chunk)
            .map_err(|_| VaultError::TooLarge)?;
        insert.execute(params![id.as_bytes(), sequence, chunk])?;
        sequence += 1;
        chunk = next;
    }
    chunk.resize(bucket(chunk.len()).min(CHUNK), 0);
    encryptor
        .encrypt_last_in_place(&aad, &mut chunk)
        .map_err(|_| VaultError::TooLarge)?;
    insert.execute(params![id.as_bytes(), sequence, chunk])?;

    let mut head = Vec::with_capacity(8 + 32 + 7);
    head.extend(length.to_be_bytes());
    head.extend(salt);
    head.extend(prefix);
    let head = seal(data_key, &head_place(owner, id), &head)?;
    connection.execute(
        "UPDATE blobs SET head = ?2 WHERE id = ?1",
        params![id.as_bytes(), head],
    )?;
    Ok((id, head))
}

/// Opens a blob whole: all of its chunks, in order, and no other.
pub(crate) fn read(
    connection: &Connection,
    owner: OwnerId,
    id: BlobId,
    data_key: &SealingKey,
) -> Result<Vec<u8>, VaultError> {
    let sealed: Vec<u8> = connection.query_row(
        "SELECT head FROM blobs WHERE id = ?1 AND owner = ?2",
        params![id.as_bytes(), owner.as_bytes()],
        |row| row.get(0),
    )?;
    let head = open(data_key, &head_place(owner, id), &sealed).ok_or(DAMAGED)?;
    let (length, rest) = head.split_first_chunk().ok_or(DAMAGED)?;
    let (salt, prefix) = rest.split_first_chunk::<32>().ok_or(DAMAGED)?;
    let prefix: [u8; 7] = prefix.try_into().map_err(|_| DAMAGED)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| DAMAGED)?;

    let last = length.div_ceil(CHUNK).max(1) as i64 - 1;
    let cipher = data_key.key.derive(Some(salt), INFO).cipher();
    let mut decryptor = DecryptorBE32::<Aes256Gcm>::from_aead(cipher, &prefix.into());
    let aad = chunk_place(owner, id).associated_data(&data_key.id);
    let mut select = connection
        .prepare("SELECT sequence, sealed FROM chunks WHERE blob = ?1 ORDER BY sequence")?;
    let mut rows = select.query([id.as_bytes()])?;
    let mut content = Vec::new();
    for expected in 0..last {
        let mut chunk = chunk_row(rows.next()?, expected)?;
        decryptor
            .decrypt_next_in_place(&aad, &mut chunk)
            .map_err(|_| DAMAGED)?;
        content.extend(chunk);
    }
    let mut chunk = chunk_row(rows.next()?, last)?;
    decryptor
        .decrypt_last_in_place(&aad, &mut chunk)
        .map_err(|_| DAMAGED)?;
    content.extend(chunk);
    if rows.next()?.is_some() || content.len() < length {
        return Err(DAMAGED);
    }
    content.truncate(length);
    Ok(content)
}

fn chunk_row(row: Option<&rusqlite::Row<'_>>, expected: i64) -> Result<Vec<u8>, VaultError> {
    let row = row.ok_or(DAMAGED)?;
    if row.get::<_, i64>(0)? != expected {
        return Err(DAMAGED);
    }
    Ok(row.get(1)?)
}

/// Reads up to a whole chunk; shorter only at the end.
fn next_chunk(content: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    content.take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

pub(crate) fn head_place(owner: OwnerId, id: BlobId) -> Place {
    place("blobs.head", owner, id)
}

/// STREAM itself binds a chunk to its position.
pub(crate) fn chunk_place(owner: OwnerId, id: BlobId) -> Place {
    place("chunks.sealed", owner, id)
}

fn place(column: &'static str, owner: OwnerId, id: BlobId) -> Place {
    Place {
        column,
        kind: 0,
        id: *id.as_bytes(),
        parent: *owner.as_bytes(),
        sequence: 0,
    }
}
