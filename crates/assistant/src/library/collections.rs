//! Collections: names that documents are gathered under. A document may be in several, or in none.

use aparte_vault::Vault;
use serde::{Deserialize, Serialize};

use super::DocumentId;
use crate::error::{Error, shown};
use crate::{Assistant, settings, stored};

/// Names a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CollectionId(pub u32);

/// Documents that belong together. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Its name for commands.
    pub id: CollectionId,
    /// Its name for people.
    pub name: String,
}

/// The longest name of a collection, in characters.
const NAME_LIMIT: usize = 100;

impl Assistant {
    /// All collections, by name.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn collections(&self) -> Result<Vec<Collection>, Error> {
        let mut collections = kept(&self.vault)?;
        collections.sort_by_key(|collection| collection.name.to_lowercase());
        Ok(collections)
    }

    /// Makes a collection, or gives the one that has this name.
    ///
    /// # Errors
    /// [`Error::CollectionNameEmpty`], or what the vault reports.
    pub fn make_collection(&self, name: &str) -> Result<CollectionId, Error> {
        let name = usable(name)?;
        let mut collections = kept(&self.vault)?;
        if let Some(there) = collections.iter().find(|there| there.name == name) {
            return Ok(there.id);
        }
        let last = collections.iter().map(|collection| collection.id.0).max();
        let id = CollectionId(last.map_or(1, |last| last.saturating_add(1)));
        collections.push(Collection { id, name });
        keep(&self.vault, &collections)?;
        Ok(id)
    }

    /// Gives a collection another name.
    ///
    /// # Errors
    /// [`Error::CollectionNameEmpty`], or what the vault reports. Of a collection that is not there nothing is changed.
    pub fn rename_collection(&self, id: CollectionId, name: &str) -> Result<(), Error> {
        let name = usable(name)?;
        let mut collections = kept(&self.vault)?;
        for collection in &mut collections {
            if collection.id == id {
                collection.name.clone_from(&name);
            }
        }
        keep(&self.vault, &collections)
    }

    /// Removes a collection. Its documents stay.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn remove_collection(&self, id: CollectionId) -> Result<(), Error> {
        let members = self.in_collection(id);
        self.change_documents(&members, |head| {
            head.collections.retain(|other| *other != id)
        })?;
        let mut collections = kept(&self.vault)?;
        collections.retain(|collection| collection.id != id);
        keep(&self.vault, &collections)
    }

    /// Puts documents into a collection, or takes them out of it.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn gather(
        &self,
        documents: &[DocumentId],
        collection: CollectionId,
        into: bool,
    ) -> Result<(), Error> {
        self.change_documents(documents, |head| {
            head.collections.retain(|other| *other != collection);
            if into {
                head.collections.push(collection);
            }
        })
    }

    fn in_collection(&self, id: CollectionId) -> Vec<DocumentId> {
        // What is about to be erased may be brought back.
        let library = self.library();
        let all = library.with_hidden();
        all.filter(|document| document.collections.contains(&id))
            .map(|member| member.id)
            .collect()
    }
}

fn kept(vault: &Vault) -> Result<Vec<Collection>, Error> {
    match vault.setting(settings::COLLECTIONS)? {
        Some(bytes) => stored::decode(&bytes),
        None => Ok(Vec::new()),
    }
}

fn keep(vault: &Vault, collections: &Vec<Collection>) -> Result<(), Error> {
    let bytes = stored::encode(collections);
    Ok(vault.write(|change| change.set_setting(settings::COLLECTIONS, &bytes))?)
}

fn usable(name: &str) -> Result<String, Error> {
    match shown(name.trim(), NAME_LIMIT) {
        name if name.is_empty() => Err(Error::CollectionNameEmpty),
        name => Ok(name),
    }
}
