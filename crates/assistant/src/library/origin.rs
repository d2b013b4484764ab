//! The file that a document was read from: it tells whether the file has changed since without reading it.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// A file as it was when it was read. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Where it lies: the bytes of its path, which need not be text.
    path: Vec<u8>,
    /// Milliseconds since 1970 when its content last changed, as its file system says.
    modified: u64,
    /// Its length in bytes.
    bytes: u64,
}

impl Origin {
    /// A file with what its file system says of it.
    pub fn of(path: &Path, facts: &Metadata) -> Origin {
        let modified = facts.modified().ok();
        let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
        Origin {
            path: bytes_of(path),
            modified: since.map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }),
            bytes: facts.len(),
        }
    }

    /// Where the file lay.
    pub fn path(&self) -> PathBuf {
        path_of(&self.path)
    }
}

/// The bytes of a path, to be kept.
#[cfg(unix)]
pub(super) fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// A path of its bytes.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// The bytes of a path, to be kept. Paths of Windows that are no text lose what is none.
#[cfg(not(unix))]
pub(super) fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

/// A path of its bytes.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
