//! Erasing: gone from sight at once, brought back for a minute, then gone for good.

use std::time::Duration;

use aparte_vault::{OwnerId, VaultError};

use crate::conversation::{self, ConversationId};
use crate::error::Error;
use crate::library::DocumentId;
use crate::{Assistant, Vault, lock};

/// How long what was erased can be brought back, unless the vault closes before.
pub const UNDO: Duration = Duration::from_secs(60);

/// What can be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// A conversation with its messages.
    Conversation(ConversationId),
    /// A document of the library. What was quoted from it in conversations stays there.
    Document(DocumentId),
}

impl Assistant {
    /// Takes something out of sight. It is erased for good by [`Assistant::erase_now`], or when the vault closes; if the
    /// application is killed, then when the vault next opens.
    pub fn erase(&self, item: Item) -> Result<(), Error> {
        self.set_hidden(item, true)
    }

    /// Brings back what was erased.
    pub fn undo_erase(&self, item: Item) -> Result<(), Error> {
        self.set_hidden(item, false)
    }

    /// What people call something that waits to be erased; `None` if it is gone, or does not open.
    pub fn name_of(&self, item: Item) -> Option<String> {
        match item {
            Item::Document(document) => {
                let library = self.library();
                library.known(document).map(|known| known.name.clone())
            }
            Item::Conversation(id) => conversation::title(self.home(id), id).ok(),
        }
    }

    /// Erases for good: the key is destroyed, rows, journal and snapshot are cleaned, the index forgets. The snapshot is
    /// made anew when the vault closes.
    pub fn erase_now(&self, item: Item) -> Result<(), Error> {
        let vault = self.vault_of(item);
        // A state that is being kept at the moment would come after the erasure, with what was erased in it.
        let keeping = lock(&self.keeping);
        match vault.write(|change| change.erase_owner(item.owner())) {
            // It was erased, and what came after was not done.
            Ok(()) | Err(VaultError::NotFound) => (),
            Err(error) => return Err(error.into()),
        }
        self.forget_states();
        drop(keeping);
        self.library().remove(item.owner())?;
        // In parts: a large library takes seconds, in which others read and ask.
        while !self.library().index_mut().erase_some()? {
            std::thread::yield_now();
        }
        Ok(())
    }

    /// How many conversations looked in a document or cite it.
    pub fn uses(&self, document: DocumentId) -> Result<usize, Error> {
        let mut uses = 0;
        for vault in [&self.vault, &self.private] {
            for conversation in conversation::list(vault)?.readable {
                uses += usize::from(conversation::is_about(vault, &conversation, document)?);
            }
        }
        Ok(uses)
    }

    fn set_hidden(&self, item: Item, hidden: bool) -> Result<(), Error> {
        let owner = item.owner();
        self.vault_of(item).write(|change| match hidden {
            true => change.hide_owner(owner),
            false => change.show_owner(owner),
        })?;
        self.library().set_hidden(owner, hidden);
        Ok(())
    }

    fn vault_of(&self, item: Item) -> &Vault {
        match item {
            Item::Conversation(conversation) => self.home(conversation),
            Item::Document(document) => match self.library().is_private(document) {
                true => &self.private,
                false => &self.vault,
            },
        }
    }
}

impl Item {
    fn owner(self) -> OwnerId {
        match self {
            Item::Conversation(id) => id.0,
            Item::Document(id) => id.0,
        }
    }
}
