//! Opening what the user named: the one place where the app reads a document's bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use aparte_protocol::documents::DOCUMENT_LIMIT;

use crate::error::DocumentTrouble;

/// The bytes of a regular file. A directory, pipe or device is refused after it is opened, on the open
/// descriptor, so that nothing can be exchanged between the look and the reading.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DocumentTrouble> {
    let file = open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => DocumentTrouble::Missing,
        io::ErrorKind::IsADirectory => DocumentTrouble::NotAFile,
        _ => DocumentTrouble::NotReadable,
    })?;
    let facts = file.metadata().map_err(|_| DocumentTrouble::NotReadable)?;
    if !facts.is_file() {
        return Err(DocumentTrouble::NotAFile);
    }
    if facts.len() > DOCUMENT_LIMIT {
        return Err(DocumentTrouble::TooLarge);
    }
    read_bounded(file)
}

/// Everything up to the end, refused as soon as it is more than a document may have.
pub(crate) fn read_bounded(from: impl Read) -> Result<Vec<u8>, DocumentTrouble> {
    let mut bytes = Vec::new();
    from.take(DOCUMENT_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| DocumentTrouble::NotReadable)?;
    match bytes.len() as u64 {
        0 => Err(DocumentTrouble::Empty),
        length if length > DOCUMENT_LIMIT => Err(DocumentTrouble::TooLarge),
        _ => Ok(bytes),
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without O_NONBLOCK a named pipe would hold the app until somebody writes to it.
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
