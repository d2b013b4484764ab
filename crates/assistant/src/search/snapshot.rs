//! The index as bytes, for the vault to seal and keep.
//!
//! All numbers are little-endian; there is nothing between the parts and nothing after the last:
//!
//! ```text
//! magic      8    "aparteix"
//! version    4    1
//! build      32   SHA-256 of what decides under which stems a text is indexed
//! owners     4    their number, then for each: id (16), fingerprint (16)
//! passages   4    the number of rows, then for each: owner (4), page (4), passage (4)
//! messages   4    the number of rows, then for each: owner (4), message (4)
//! vectors    4    their number, then the row of each (4), in order, at most eight of one row, then the components of each (384)
//! passages   8    the length of their FTS5 database, then the database
//! messages   8    the same for messages
//! checksum   4    CRC-32 (ISO 3309) of everything before it
//! ```
//!
//! An owner in a row is its place among the owners, or `0xffffffff` where the row is free.
//!
//! The bytes come out of a sealed store. They are read with care all the same: what is not exactly so is no
//! snapshot, and no length is believed before that many bytes are there. The checksum is for what a seal cannot tell:
//! bytes that changed in memory before they were sealed or after they were opened. FTS5 would take them, and find less.

use std::sync::LazyLock;

use rusqlite::Error;
use sha2::{Digest, Sha256};

use crate::{language::Language, words};

use super::{
    MESSAGES, PASSAGES, Place, SearchIndex,
    fulltext::{self, FullText},
    owners::Owners,
    rows::Rows,
    shelf::Shelf,
    vectors::{DIMENSION, PIECES, Vectors},
};

const MAGIC: &[u8; 8] = b"aparteix";
const VERSION: u32 = 3;
/// The owner's place in a free row.
const FREE: u32 = u32::MAX;

/// The bytes of an index.
pub(super) fn write(index: &mut SearchIndex) -> Result<Vec<u8>, Error> {
    index.passages.rows.shrink();
    index.messages.rows.shrink();
    index.vectors.shrink();
    let passages = index.passages.text.bytes()?;
    let messages = index.messages.text.bytes()?;
    let (vector_rows, vectors) = index.vectors.parts();
    let owners = index.owners.iter().count();
    let before_databases = 64
        + owners * 32
        + index.passages.rows.len() * 12
        + index.messages.rows.len() * 8
        + vector_rows.len() * 4
        + vectors.len();
    let mut bytes = Vec::with_capacity(before_databases + passages.len() + messages.len() + 20);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(*BUILD);

    put(&mut bytes, owners);
    let mut places = vec![FREE; index.owners.len()];
    for (place, (number, owner, fingerprint)) in (0..).zip(index.owners.iter()) {
        places[number as usize] = place;
        bytes.extend(owner);
        bytes.extend(fingerprint);
    }
    put(&mut bytes, index.passages.rows.len());
    for row in index.passages.rows.iter() {
        let (owner, place) = row.map_or((FREE, Place::default()), |(number, place)| {
            (places[number as usize], place)
        });
        for number in [owner, place.page, place.passage] {
            bytes.extend(number.to_le_bytes());
        }
    }
    put(&mut bytes, index.messages.rows.len());
    for row in index.messages.rows.iter() {
        let (owner, message) = row.map_or((FREE, 0), |(number, message)| {
            (places[number as usize], message)
        });
        for number in [owner, message] {
            bytes.extend(number.to_le_bytes());
        }
    }
    put(&mut bytes, vector_rows.len());
    for row in vector_rows {
        bytes.extend(row.to_le_bytes());
    }
    bytes.extend(vectors);
    for database in [&passages, &messages] {
        bytes.extend((database.len() as u64).to_le_bytes());
        bytes.extend_from_slice(database);
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    Ok(bytes)
}

/// The index that these are the bytes of, if they are what this build writes.
pub(super) fn read(bytes: &[u8]) -> Option<SearchIndex> {
    let (bytes, checksum) = bytes.split_last_chunk()?;
    if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let mut reader = Reader(bytes);
    if reader.array()? != *MAGIC || reader.number()? != VERSION || reader.array()? != *BUILD {
        return None;
    }
    let mut owners = Owners::default();
    for record in reader.records::<32>()? {
        let (owner, fingerprint) = record.split_first_chunk()?;
        if owners.number(*owner).is_some() {
            return None;
        }
        owners.set(*owner, fingerprint.try_into().ok()?);
    }
    let known = |owner: u32| owner == FREE || (owner as usize) < owners.len();

    let records = reader.records::<12>()?;
    let mut passages = Rows::with_capacity(records.len());
    for record in records {
        let [owner, page, passage] = numbers(record);
        let place = Place { page, passage };
        passages.push(known(owner).then(|| (owner != FREE).then_some((owner, place)))?);
    }
    let records = reader.records::<8>()?;
    let mut messages = Rows::with_capacity(records.len());
    for record in records {
        let [owner, message] = numbers(record);
        messages.push(known(owner).then(|| (owner != FREE).then_some((owner, message)))?);
    }
    let vector_rows: Vec<u32> = reader.records::<4>()?.map(u32::from_le_bytes).collect();
    let is_crowded = |rows: &[u32]| rows.len() > PIECES;
    let crowded = vector_rows
        .chunk_by(|row, next| row == next)
        .any(is_crowded);
    if !vector_rows.is_sorted()
        || crowded
        || vector_rows.iter().any(|&row| passages.get(row).is_none())
    {
        return None;
    }
    let vectors = reader.take(vector_rows.len().checked_mul(DIMENSION)?)?;
    let vectors = Vectors::from_parts(vector_rows, vectors.to_vec());

    let text = FullText::from_bytes(reader.database()?, passages.used(), PASSAGES)?;
    let passages = Shelf {
        rows: passages,
        text,
    };
    let text = FullText::from_bytes(reader.database()?, messages.used(), MESSAGES)?;
    let messages = Shelf {
        rows: messages,
        text,
    };
    reader.0.is_empty().then_some(SearchIndex {
        owners,
        passages,
        messages,
        vectors,
    })
}

/// Tells builds apart that would index a text otherwise. It is made of the very sources that decide, and of
/// what the stemmers make of every word in them, because those are other people's: no one has to remember to
/// count a version up, and an index that was built anew in vain costs seconds.
static BUILD: LazyLock<[u8; 32]> = LazyLock::new(|| {
    const SOURCES: [&str; 3] = [
        include_str!("../words.rs"),
        include_str!("../language.rs"),
        include_str!("line.rs"),
    ];
    let mut hash = Sha256::new();
    hash.update(fulltext::SCHEMA);
    hash.update(rusqlite::version());
    for source in SOURCES {
        hash.update(source);
        for language in Language::ALL {
            for term in words::terms(source, language) {
                hash.update(term.stem);
                hash.update(b" ");
            }
        }
    }
    hash.finalize().into()
});

/// Adds a count. There are fewer rows than 2^32, and no more owners than that.
fn put(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u32).to_le_bytes());
}

/// The numbers that a record is made of.
fn numbers<const BYTES: usize, const COUNT: usize>(record: [u8; BYTES]) -> [u32; COUNT] {
    let mut numbers = [0; COUNT];
    for (number, bytes) in numbers.iter_mut().zip(record.as_chunks().0) {
        *number = u32::from_le_bytes(*bytes);
    }
    numbers
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        self.take(LENGTH)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A count and as many records of the same length.
    fn records<const LENGTH: usize>(
        &mut self,
    ) -> Option<impl ExactSizeIterator<Item = [u8; LENGTH]> + use<'a, LENGTH>> {
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(LENGTH)?)?;
        Some(bytes.as_chunks().0.iter().copied())
    }

    fn database(&mut self) -> Option<&'a [u8]> {
        let length = u64::from_le_bytes(self.array()?);
        self.take(usize::try_from(length).ok()?)
    }
}
