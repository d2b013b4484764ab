//! A ZIP archive whose entries are unpacked under a count: what it declares is not believed.

use std::io::{Cursor, Read};

use aparte_protocol::documents::{DocumentFailure, Limit};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::budget::Budget;

/// More entries are not looked at, whatever they hold.
const ENTRIES_LIMIT: u64 = 100_000;
/// No part of a document is larger when unpacked: it is kept in memory.
pub(crate) const PART_LIMIT: u64 = 128 << 20;
/// Unpacked at a time.
const STEP: usize = 64 << 10;

/// A ZIP archive in memory.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
}

/// Why an entry is not unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Encrypted,
    Damaged,
    /// It ends the document.
    Over(DocumentFailure),
}

impl<'a> Archive<'a> {
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
    }

    /// Reads the directory.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Archive<'a>, DocumentFailure> {
        if entries_declared(bytes) > ENTRIES_LIMIT {
            return Err(DocumentFailure::Limit(Limit::Files));
        }
        match ZipArchive::new(Cursor::new(bytes)) {
            Ok(zip) if zip.len() as u64 <= ENTRIES_LIMIT => Ok(Archive { zip }),
            Ok(_) => Err(DocumentFailure::Limit(Limit::Files)),
            Err(_) => Err(DocumentFailure::Damaged),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.zip.len()
    }

    /// The name of an entry as it is written, which may be anything; `None` if it cannot be told.
    pub(crate) fn name(&self, index: usize) -> Option<String> {
        let name = self.zip.name_for_index(index)?.ok()?;
        Some(name.into_owned())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Unpacks the entry of that name; `None` if there is none or it is broken.
    pub(crate) fn part(
        &mut self,
        name: &str,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, DocumentFailure> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let read = self.unpack(index, None, budget, &mut |piece| {
            if (bytes.len() + piece.len()) as u64 > PART_LIMIT {
                return Err(DocumentFailure::Limit(Limit::Unpacked));
            }
            bytes.extend_from_slice(piece);
            Ok(())
        });
        match read {
            Ok(()) => Ok(Some(bytes)),
            Err(Unreadable::Over(failure)) => Err(failure),
            Err(Unreadable::Encrypted) => Err(DocumentFailure::Encrypted),
            // What came before the break is worth more than nothing.
            Err(Unreadable::Damaged) => Ok((!bytes.is_empty()).then_some(bytes)),
        }
    }

    /// Unpacks an entry piece by piece, each charged to the budget before it is handed on.
    pub(crate) fn unpack(
        &mut self,
        index: usize,
        password: Option<&[u8]>,
        budget: &mut Budget,
        take: &mut dyn FnMut(&[u8]) -> Result<(), DocumentFailure>,
    ) -> Result<(), Unreadable> {
        let encrypted = self
            .zip
            .by_index_raw(index)
            .map_err(|_| Unreadable::Damaged)?
            .encrypted();
        let opened = match (encrypted, password) {
            (true, None) => return Err(Unreadable::Encrypted),
            (true, Some(password)) => self.zip.by_index_decrypt(index, password),
            (false, _) => self.zip.by_index(index),
        };
        let mut entry = match opened {
            Ok(entry) => entry,
            Err(ZipError::InvalidPassword) => return Err(Unreadable::Encrypted),
            Err(_) => return Err(Unreadable::Damaged),
        };
        let mut piece = vec![0; STEP];
        loop {
            let length = entry.read(&mut piece).map_err(|_| Unreadable::Damaged)?;
            if length == 0 {
                return Ok(());
            }
            budget.unpacked(length as u64).map_err(Unreadable::Over)?;
            take(&piece[..length]).map_err(Unreadable::Over)?;
        }
    }
}

/// How many entries the end of the archive declares. Looked up before the archive is opened, because each
/// takes memory.
fn entries_declared(bytes: &[u8]) -> u64 {
    const END: &[u8] = b"PK\x05\x06";
    const END_64: &[u8] = b"PK\x06\x06";
    let tail = &bytes[bytes.len().saturating_sub((64 << 10) + 22 + 20 + 56)..];
    let last = |mark: &[u8], length: usize| {
        let found = tail.windows(mark.len()).rposition(|window| window == mark);
        found.and_then(|at| tail.get(at..at + length))
    };
    if let Some(end) = last(END_64, 40) {
        return u64::from_le_bytes(end[32..40].try_into().expect("eight bytes"));
    }
    last(END, 12).map_or(0, |end| u64::from(u16::from_le_bytes([end[10], end[11]])))
}
