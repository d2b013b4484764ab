//! Opening what the user named: the one place where the app reads a document's bytes.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use aparte_protocol::documents::DOCUMENT_LIMIT;

use crate::error::{DocumentTrouble, Error, shown};
use crate::library::Origin;

/// The longest name that a document keeps, in characters.
pub(crate) const NAME_LIMIT: usize = 255;

/// Where a document comes from.
pub enum Input<'a> {
    /// A file of the user's.
    File(&'a Path),
    /// A stream, with the name that the document shall have.
    Stream(&'a str, &'a mut dyn Read),
}

impl Input<'_> {
    /// Whether there is a document to read, as far as can be told before its first byte. A stream tells nothing.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Input::File(path) => match open_document(path) {
                Ok(_) => Ok(()),
                Err(trouble) => Err(Error::Document {
                    name: name_of(path),
                    trouble,
                }),
            },
            Input::Stream(..) => Ok(()),
        }
    }

    /// The document's name and bytes, and where they lie.
    pub(crate) fn read(self) -> Result<File, Error> {
        let (name, read) = match self {
            Input::File(path) => {
                let read = open_document(path).and_then(|file| {
                    // What the file system says now is of what is read: a change comes after.
                    let origin = file.metadata().ok().map(|facts| Origin::of(path, &facts));
                    Ok((read_bounded(file)?, origin))
                });
                (name_of(path), read)
            }
            Input::Stream(name, stream) => (
                name.to_owned(),
                read_bounded(stream).map(|bytes| (bytes, None)),
            ),
        };
        match read {
            Ok((bytes, origin)) => Ok(File {
                name,
                bytes,
                origin,
            }),
            Err(trouble) => Err(Error::Document { name, trouble }),
        }
    }
}

/// A document before it is read.
pub(crate) struct File {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Of a file of the user's.
    pub origin: Option<Origin>,
}

/// A path like `..` has no last part and is shown as it was given.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    shown(&name.to_string_lossy(), NAME_LIMIT)
}

/// Opens a regular file that is not too large. A directory, pipe or device is refused after it is opened, on the open
/// descriptor, so that nothing can be exchanged between the look and the reading.
fn open_document(path: &Path) -> Result<fs::File, DocumentTrouble> {
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
    Ok(file)
}

/// Everything up to the end, refused as soon as it is more than a document may have.
fn read_bounded(from: impl Read) -> Result<Vec<u8>, DocumentTrouble> {
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

/// Opens a file to be read, without waiting for anybody.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without O_NONBLOCK a named pipe would hold the app until somebody writes to it.
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

/// Opens a file to be read.
#[cfg(not(unix))]
pub(crate) fn open(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).open(path)
}
