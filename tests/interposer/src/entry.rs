//! One entry of the log that the interposer writes and the tests read. Both include this file.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file was made under `path`.
    Create = 1,
    /// `data` was written to a file at `offset`.
    Write = 2,
    /// A file was cut, or grown with zeros, to `offset` bytes.
    Resize = 3,
    /// A file, or a folder where `path` is one, was brought to the disk.
    Sync = 4,
    /// `path` got the name `other`.
    Rename = 5,
    /// The name `path` was removed.
    Remove = 6,
    /// A folder was made under `path`.
    Folder = 7,
    /// `path` got a second name, `other`.
    Link = 8,
    /// The program wrote `data` to its standard output.
    Mark = 9,
    /// A call that might be made to fail is about to be made; `data` is its name.
    Call = 10,
    /// The last call that was logged is made to fail.
    Fault = 11,
}

const KINDS: [Kind; 11] = [
    Kind::Create,
    Kind::Write,
    Kind::Resize,
    Kind::Sync,
    Kind::Rename,
    Kind::Remove,
    Kind::Folder,
    Kind::Link,
    Kind::Mark,
    Kind::Call,
    Kind::Fault,
];

/// One entry.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What happened.
    pub kind: Kind,
    /// The inode of the file.
    pub inode: u64,
    /// Where in the file.
    pub offset: u64,
    /// The name, whole.
    pub path: &'a [u8],
    /// The second name.
    pub other: &'a [u8],
    /// What was written.
    pub data: &'a [u8],
}

const HEADER: usize = 1 + 8 + 8 + 3 * 4;

impl<'a> Entry<'a> {
    /// An entry with nothing but its kind.
    pub fn of(kind: Kind) -> Entry<'static> {
        Entry {
            kind,
            inode: 0,
            offset: 0,
            path: b"",
            other: b"",
            data: b"",
        }
    }

    /// Writes the entry as bytes: kind, inode, offset, three lengths, and what they count.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.path.len() + self.data.len());
        bytes.push(self.kind as u8);
        bytes.extend(self.inode.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        for part in [self.path, self.other, self.data] {
            bytes.extend((part.len() as u32).to_le_bytes());
        }
        for part in [self.path, self.other, self.data] {
            bytes.extend(part);
        }
        bytes
    }

    /// Takes the first entry off a log. What is no whole entry, as the last one of a killed program may be, is none.
    pub fn read(log: &mut &'a [u8]) -> Option<Entry<'a>> {
        let (header, mut rest) = log.split_at_checked(HEADER)?;
        let long = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("8 bytes"));
        let mut part = |at: usize| {
            let length = u32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"));
            let (part, after) = rest.split_at_checked(length as usize)?;
            rest = after;
            Some(part)
        };
        let entry = Entry {
            kind: *KINDS.get(usize::from(header[0]).checked_sub(1)?)?,
            inode: long(1),
            offset: long(9),
            path: part(17)?,
            other: part(21)?,
            data: part(25)?,
        };
        *log = rest;
        Some(entry)
    }
}
