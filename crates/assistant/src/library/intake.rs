//! What was named to be put into the library and is not there yet: kept, so that a reading that a crash or a lock cut short goes
//! on where it was. Files that are in the library already, unchanged, are known without being read.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::origin::{bytes_of, path_of};
use super::{CollectionId, DocumentId, Origin};
use crate::error::Error;
use crate::{Assistant, settings, stored};

/// A file or folder that a person named. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    path: Vec<u8>,
    /// The collection that its documents are put into.
    pub collection: Option<CollectionId>,
}

impl Named {
    /// One at this path.
    pub fn new(path: &Path, collection: Option<CollectionId>) -> Named {
        Named {
            path: bytes_of(path),
            collection,
        }
    }

    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        path_of(&self.path)
    }
}

/// Folders within folders are looked into so deep.
const DEPTH: usize = 32;

/// So many files are taken of what is named at once.
const MOST_FILES: usize = 100_000;

impl Assistant {
    /// Keeps what is still to be read, in the place of what was kept before.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn keep_intake(&self, named: &[Named]) -> Result<(), Error> {
        let bytes = stored::encode(&named.to_vec());
        Ok(self
            .vault
            .write(|change| change.set_setting(settings::INTAKE, &bytes))?)
    }

    /// What was still to be read when the vault was last open.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn intake(&self) -> Result<Vec<Named>, Error> {
        match self.vault.setting(settings::INTAKE)? {
            Some(bytes) => stored::decode(&bytes),
            None => Ok(Vec::new()),
        }
    }

    /// The document that was read from this file, if the file was not changed since and the document is in that collection.
    pub fn unchanged(&self, path: &Path, collection: Option<CollectionId>) -> Option<DocumentId> {
        let origin = Origin::of(path, &fs::metadata(path).ok()?);
        let library = self.library();
        let id = library.unchanged(&origin)?;
        let document = library.get(id)?;
        let is_there = collection.is_none_or(|wanted| document.collections.contains(&wanted));
        is_there.then_some(id)
    }
}

/// All files in a folder and the folders in it, in the order of their paths; the path itself if it is no folder. Hidden ones and
/// links are left out: a link may lead anywhere, and round in circles. What cannot be looked into is left out too.
pub fn files_below(path: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    match path.is_dir() {
        true => collect(path, DEPTH, &mut files),
        false => files.push(path.to_path_buf()),
    }
    files
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if files.len() >= MOST_FILES || entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(kind) if kind.is_dir() && depth > 0 => collect(&entry.path(), depth - 1, files),
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_files_in_order_and_no_links_or_hidden_ones() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |name: &str| scratch.path().join(name);
        fs::create_dir_all(at("b/c")).unwrap();
        fs::create_dir_all(at(".git")).unwrap();
        for name in [
            "z.txt",
            "b/c/one.txt",
            "b/two.txt",
            ".hidden",
            ".git/config",
        ] {
            fs::write(at(name), name).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(scratch.path(), at("b/round")).unwrap();
        let files = files_below(scratch.path());
        assert_eq!(files, ["b/c/one.txt", "b/two.txt", "z.txt"].map(at));
        assert_eq!(files_below(&at("z.txt")), [at("z.txt")]);
    }
}
