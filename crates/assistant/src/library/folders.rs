//! Watched folders: what lies in them is to be in the library. They are looked through from time to time, by what the file system
//! says of each file, because that works on every system and on a disk of the network too.

use std::collections::HashMap;
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
        match self.vault.setting(settings::FOLDERS)? {
            Some(bytes) => stored::decode(&bytes),
            None => Ok(Vec::new()),
        }
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
        let mut folders = self.watched_folders()?;
        folders.retain(|other| other.path != folder.path);
        folders.push(folder);
        self.keep_folders(&folders)
    }

    /// Watches a folder no more. Its documents stay.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn unwatch(&self, path: &Path) -> Result<(), Error> {
        let mut folders = self.watched_folders()?;
        folders.retain(|folder| folder.path() != path);
        self.keep_folders(&folders)
    }

    /// Looks through the watched folders. A folder that is not there, as on a disk that was taken out, changes nothing.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn folder_changes(&self) -> Result<FolderChanges, Error> {
        let folders = self.watched_folders()?;
        let mut changes = FolderChanges::default();
        if folders.is_empty() {
            return Ok(changes);
        }
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
                match (known.remove(&file), fs::metadata(&file)) {
                    (Some((id, origin)), Ok(facts)) if Origin::of(&file, &facts) != origin => {
                        changes.changed.push((id, file));
                    }
                    (None, Ok(_)) => changes.new.push((file, folder.collection)),
                    _ => (),
                }
            }
            let gone = known.extract_if(|file, _| file.starts_with(&path) && !file.exists());
            changes.gone.extend(gone.map(|(_, (id, _))| id));
        }
        changes.gone.sort();
        Ok(changes)
    }

    /// Keeps a document whose file is gone: from here on it came from nowhere.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn forget_origin(&self, documents: &[DocumentId]) -> Result<(), Error> {
        self.change_documents(documents, |head| head.origin = None)
    }

    fn keep_folders(&self, folders: &Vec<WatchedFolder>) -> Result<(), Error> {
        let bytes = stored::encode(folders);
        Ok(self
            .vault
            .write(|change| change.set_setting(settings::FOLDERS, &bytes))?)
    }
}
