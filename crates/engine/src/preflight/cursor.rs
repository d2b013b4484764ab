//! Reads forward through a file whose every number may lie.

use std::io::{BufReader, Read, Seek, SeekFrom};

use aparte_protocol::engine::LoadFailure;

use super::damaged;

/// The longest header that is read. The largest known have some 30 MB, nearly all of it vocabulary.
const LONGEST_HEADER: u64 = 256 << 20;

/// A position in a file of known length. Nothing is read or allocated that is not there.
pub(super) struct Cursor<'a, R> {
    reader: BufReader<&'a mut R>,
    position: u64,
    length: u64,
}

impl<'a, R: Read + Seek> Cursor<'a, R> {
    pub(super) fn new(file: &'a mut R, length: u64) -> Result<Self, LoadFailure> {
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        Ok(Cursor {
            reader: BufReader::with_capacity(1 << 17, file),
            position: 0,
            length,
        })
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadFailure> {
        let mut bytes = [0; N];
        self.advance(N as u64)?;
        self.reader.read_exact(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, LoadFailure> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, LoadFailure> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A number of one, two, four or eight bytes, without regard to its sign.
    pub(super) fn number(&mut self, size: u64) -> Result<u64, LoadFailure> {
        Ok(match size {
            1 => u64::from(self.array::<1>()?[0]),
            2 => u64::from(u16::from_le_bytes(self.array()?)),
            4 => u64::from(self.u32()?),
            _ => self.u64()?,
        })
    }

    /// A count of entries, of which at most `limit` are allowed and each takes at least `size` bytes.
    pub(super) fn count(&mut self, limit: u64, size: u64, of: &str) -> Result<u64, LoadFailure> {
        let count = self.u64()?;
        let room = self.length - self.position;
        if count > limit || count.checked_mul(size).is_none_or(|bytes| bytes > room) {
            return Err(damaged(format!("it claims to hold {count} {of}")));
        }
        Ok(count)
    }

    pub(super) fn string(&mut self, longest: u64, of: &str) -> Result<Vec<u8>, LoadFailure> {
        let mut bytes = Vec::new();
        self.string_into(&mut bytes, longest, of)?;
        Ok(bytes)
    }

    /// Replaces the contents of `bytes` with a string of at most `longest` bytes.
    pub(super) fn string_into(
        &mut self,
        bytes: &mut Vec<u8>,
        longest: u64,
        of: &str,
    ) -> Result<(), LoadFailure> {
        let length = self.u64()?;
        self.advance(length)?;
        if length > longest {
            return Err(damaged(format!("{of} is too long")));
        }
        bytes.clear();
        bytes.resize(length as usize, 0);
        self.reader.read_exact(bytes).map_err(unreadable)
    }

    pub(super) fn skip_string(&mut self) -> Result<(), LoadFailure> {
        let length = self.u64()?;
        self.skip(length)
    }

    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), LoadFailure> {
        self.advance(bytes)?;
        // A header is shorter than what the offset can express.
        self.reader.seek_relative(bytes as i64).map_err(unreadable)
    }

    /// Moves past `bytes` if the file has them.
    fn advance(&mut self, bytes: u64) -> Result<(), LoadFailure> {
        let position = self
            .position
            .checked_add(bytes)
            .filter(|&position| position <= self.length)
            .ok_or_else(|| damaged("it was cut short: its header ends too early"))?;
        if position > LONGEST_HEADER {
            return Err(damaged("its header is longer than that of any model"));
        }
        self.position = position;
        Ok(())
    }
}

fn unreadable(error: std::io::Error) -> LoadFailure {
    LoadFailure::Unreadable(error.to_string())
}
