//! Watched folders: what lies in them is to be in the library. They are looked through from time to time, by what the file system
//! says of each file, because that works on every system and on a disk of the network too.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::intake::files_below;
use super::origin::{bytes_of, path_of};
use super::{CollectionId, DocumentId, Origin};
use crate::error::Error;
use crate::{Assistant, settings, stored};

/// A folder whose files are to be in the library. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedFolder {
    path: Vec<u8>,
    /// The collection that its documents are put into.
    pub collection: Option<CollectionId>,
}

impl WatchedFolder {
    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        path_of(&self.path)
    }
}

/// What is kept of watched folders. Its layout is frozen.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    folders: Vec<WatchedFolder>,
    /// Files that no document could be made of as they are: they are tried again when they change.
    passed_over: Vec<Origin>,
}

/// What is otherwise in watched folders than in the library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderChanges {
    /// Files that no document was read from, and the collection that they go into.
    pub new: Vec<(PathBuf, Option<CollectionId>)>,
    /// Documents whose file has changed since.
    pub changed: Vec<(DocumentId, PathBuf)>,
    /// Documents whose file is gone. Nobody is asked about them twice: see [`Assistant::forget_origin`].
    pub gone: Vec<DocumentId>,
}

impl Assistant {
    /// The folders that are watched.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn watched_folders(&self) -> Result<Vec<WatchedFolder>, Error> {
        Ok(self.kept_folders()?.folders)
    }

    /// Watches a folder from here on.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn watch(&self, path: &Path, collection: Option<CollectionId>) -> Result<(), Error> {
        let folder = WatchedFolder {
            path: bytes_of(path),
            collection,
        };
        let mut kept = self.kept_folders()?;
        kept.folders.retain(|other| other.path != folder.path);
        kept.folders.push(folder);
        self.keep_folders(&kept)
    }

    /// Watches a folder no more. Its documents stay.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn unwatch(&self, path: &Path) -> Result<(), Error> {
        let mut kept = self.kept_folders()?;
        kept.folders.retain(|folder| folder.path() != path);
        self.keep_folders(&kept)
    }

    /// Looks through the watched folders. A folder that is not there, as on a disk that was taken out, changes nothing.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn folder_changes(&self) -> Result<FolderChanges, Error> {
        let Kept {
            folders,
            passed_over,
        } = self.kept_folders()?;
        let mut changes = FolderChanges::default();
        if folders.is_empty() {
            return Ok(changes);
        }
        let passed_over: HashSet<Origin> = passed_over.into_iter().collect();
        let mut known = HashMap::new();
        for document in self.documents() {
            if let (Some(origin), false) = (&document.origin, document.private) {
                known.insert(origin.path(), (document.id, origin.clone()));
            }
        }
        for folder in &folders {
            let path = folder.path();
            if fs::read_dir(&path).is_err() {
                continue;
            }
            for file in files_below(&path) {
                let was = known.remove(&file);
                let Ok(facts) = fs::metadata(&file) else {
                    continue;
                };
                let is = Origin::of(&file, &facts);
                if passed_over.contains(&is) {
                    continue;
                }
                match was {
                    Some((_, origin)) if origin == is => (),
                    Some((id, _)) => changes.changed.push((id, file)),
                    None => changes.new.push((file, folder.collection)),
                }
            }
            let gone = known.extract_if(|file, _| file.starts_with(&path) && !file.exists());
            changes.gone.extend(gone.map(|(_, (id, _))| id));
        }
        changes.gone.sort();
        Ok(changes)
    }

    /// Passes over a file of a watched folder that no document was made of, as it is: one that cannot be read, or whose content
    /// another file brought. Otherwise it would be tried for ever.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn pass_over(&self, path: &Path) -> Result<(), Error> {
        let Ok(facts) = fs::metadata(path) else {
            return Ok(());
        };
        let origin = Origin::of(path, &facts);
        if self.library().unchanged(&origin).is_some() {
            return Ok(());
        }
        let mut kept = self.kept_folders()?;
        // What a file was before is of no more use, nor one that is gone.
        kept.passed_over
            .retain(|other| other.path() != path && other.path().exists());
        kept.passed_over.push(origin);
        self.keep_folders(&kept)
    }

    /// Keeps a document whose file is gone: from here on it came from nowhere.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn forget_origin(&self, documents: &[DocumentId]) -> Result<(), Error> {
        self.change_documents(documents, |head| head.origin = None)
    }

    fn kept_folders(&self) -> Result<Kept, Error> {
        match self.vault.setting(settings::FOLDERS)? {
            Some(bytes) => stored::decode(&bytes),
            None => Ok(Kept::default()),
        }
    }

    fn keep_folders(&self, kept: &Kept) -> Result<(), Error> {
        let bytes = stored::encode(kept);
        Ok(self
            .vault
            .write(|change| change.set_setting(settings::FOLDERS, &bytes))?)
    }
}
