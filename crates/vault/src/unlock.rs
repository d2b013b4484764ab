//! From a folder to an open vault, and back: looking, creating, unlocking, migrating, closing.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::change::columns;
use crate::folder::Identity;
use crate::keychain::{self, Keychain, Platform};
use crate::keys::{Key, Keyring, random};
use crate::owner::{key_place, unwrap_data_key};
use crate::set::{
    Columns, OwnerSeal, Root, STRANGER, blob_element, owner_element, record_element,
    setting_element,
};
use crate::slots::{self, Manifest, account};
use crate::vault::{Loss, Place, Store, loss, record_name};
use crate::{
    Cost, OwnerId, Part, Protection, RecordKind, SettingKey, SlotKind, Vault, VaultError, cache,
    database, folder, replacement,
};

/// What is in a folder, before any key is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No vault: one may be created.
    Absent,
    /// A vault that any of its slots opens.
    Locked {
        /// The kinds of its slots.
        slots: Vec<SlotKind>,
    },
}

/// What was noticed when a vault opened. Each is to be told to its user, until [`Vault::accept`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// `vault.json` or its copy was lost or damaged, and was restored from the other.
    SlotsRepaired,
    /// This is an older copy of the vault: the keychain remembers a later one.
    OlderCopy,
    /// So many conversations or documents are gone.
    OwnersLost(u32),
    /// Conversations or documents are not as they were left: an older one was put back, or one was added.
    OwnersAltered,
    /// Settings are gone or not as they were left.
    SettingsAltered,
    /// The vault lies on another machine: what a lost connection does to it, nobody can tell.
    OnNetwork,
}

impl Vault {
    /// Looks at a folder without asking for a key or changing a byte.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where only a part of a vault is left, [`VaultError::NewerFormat`],
    /// [`VaultError::Obstructed`].
    pub fn look(folder: &Path) -> Result<State, VaultError> {
        let folder = &replacement::current(folder)?;
        folder::expect_files(folder)?;
        let file = folder::read_slots(folder)?;
        if !folder.join(folder::DATABASE).try_exists()? {
            return match folder::is_free(folder)? {
                true => Ok(State::Absent),
                false => Err(VaultError::Damaged(Part::Database)),
            };
        }
        let manifest = Manifest::read(&file)
            .or_else(|_| Manifest::read(&database::manifest(&database::open(folder)?)?));
        Ok(State::Locked {
            slots: manifest?.kinds(),
        })
    }

    /// Makes a vault with a new master key and opens it. `cost` is that of a passphrase; the keychain has
    /// none.
    ///
    /// # Errors
    /// [`VaultError::AlreadyExists`] where a vault, or what is left of one, is in place; what the
    /// keychain reports; [`VaultError::CostOutOfRange`]; [`VaultError::NoSuchSlot`] for recovery words.
    pub fn create(
        folder: &Path,
        protection: Protection<'_>,
        cost: Cost,
    ) -> Result<Vault, VaultError> {
        Vault::create_with(folder, protection, cost, Arc::new(Platform))
    }

    /// Opens a vault. One of an earlier format is brought to this one, a copy of it kept aside until something is erased.
    ///
    /// # Errors
    /// [`VaultError::Absent`], [`VaultError::InUse`], [`VaultError::WrongPassphrase`], what the keychain
    /// reports, or what is damaged. Nothing is changed in any of these cases.
    pub fn unlock(folder: &Path, protection: Protection<'_>) -> Result<Vault, VaultError> {
        Vault::unlock_with(folder, protection, Arc::new(Platform))
    }

    /// Makes a vault that lives in memory, under a key that nobody keeps. Only the place differs: what it
    /// holds is sealed all the same.
    pub fn in_memory() -> Result<Vault, VaultError> {
        let keys = Keyring::of(&Key::random()?);
        let id = random()?;
        let root = Root::default();
        let connection = database::in_memory(&root.seal(&keys.root, &id)?)?;
        Ok(Vault {
            store: Mutex::new(Store {
                connection,
                root,
                slots: Vec::new(),
                is_unclean: false,
            }),
            keys,
            id,
            notices: Vec::new(),
            accepted: AtomicBool::new(false),
            place: None,
        })
    }

    /// What was noticed when the vault opened.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Goes on with what is here: what it says of itself is made anew over the rows that are there, and none of what was
    /// noticed is noticed again. What does not open stays as it is.
    pub fn accept(&self) -> Result<(), VaultError> {
        let known = self.remembered_generation();
        let mut store = self.store();
        let Store {
            connection, root, ..
        } = &mut *store;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        reseal_owners(&transaction, &self.keys, &self.id)?;
        let mut fresh = count(&transaction, &self.keys)?;
        fresh.generation = root.generation.max(known.unwrap_or(0)).saturating_add(1);
        database::set_root(&transaction, &fresh.seal(&self.keys.root, &self.id)?)?;
        transaction.commit()?;
        *root = fresh;
        drop(store);
        self.accepted.store(true, Ordering::Relaxed);
        self.remember_generation();
        Ok(())
    }

    /// Closes the vault: what is hidden is erased, the journal is cut, and the keychain remembers how far the vault came.
    /// Dropping the vault leaves the hidden to the next time it opens, and so does a full disk.
    pub fn close(self) -> Result<(), VaultError> {
        unless_full(self.erase_hidden())?;
        unless_full(self.write(|change| {
            change.advance();
            Ok(())
        }))?;
        unless_full(database::cut_journal(&self.store().connection).map(drop))?;
        self.remember_generation();
        Ok(())
    }

    /// The database lands before `vault.json`: whatever step a crash stops at, there is either no vault
    /// or one that opens by the copy in its database.
    pub(crate) fn create_with(
        folder: &Path,
        protection: Protection<'_>,
        cost: Cost,
        keychain: Arc<dyn Keychain + Send + Sync>,
    ) -> Result<Vault, VaultError> {
        replacement::finish(folder)?;
        let master = Key::random()?;
        Vault::make(folder, &master, keychain, |id, keychain| {
            slots::make(id, &master, protection, cost.checked()?, keychain)
        })
    }

    fn make(
        folder: &Path,
        master: &Key,
        keychain: Arc<dyn Keychain + Send + Sync>,
        slots: impl FnOnce([u8; 16], &dyn Keychain) -> Result<Vec<u8>, VaultError>,
    ) -> Result<Vault, VaultError> {
        let is_new = !folder.try_exists()?;
        folder::prepare(folder)?;
        let lock = folder::lock(folder)?;
        if !folder::is_free(folder)? {
            return Err(VaultError::AlreadyExists);
        }
        let id = random()?;
        let keys = Keyring::of(master);
        let root = Root::default();
        let begun = slots(id, keychain.as_ref()).and_then(|manifest| {
            database::create(folder, &manifest, &root.seal(&keys.root, &id)?)?;
            Ok(manifest)
        });
        let manifest = begun.inspect_err(|_| folder::take_back(folder, is_new))?;
        folder::write_slots(folder, &manifest)?;
        let connection = database::open(folder)?;
        database::trust(&connection)?;
        let vault = Vault {
            store: Mutex::new(Store {
                connection,
                root,
                slots: Manifest::read(&manifest)?.kinds(),
                is_unclean: false,
            }),
            keys,
            id,
            notices: match folder::is_on_network(folder) {
                true => vec![Notice::OnNetwork],
                false => Vec::new(),
            },
            accepted: AtomicBool::new(false),
            place: Some(Place {
                folder: std::path::absolute(folder)?,
                database: Identity::of(folder)?,
                keychain,
                _lock: lock,
            }),
        };
        vault.settle()?;
        Ok(vault)
    }

    pub(crate) fn unlock_with(
        folder: &Path,
        protection: Protection<'_>,
        keychain: Arc<dyn Keychain + Send + Sync>,
    ) -> Result<Vault, VaultError> {
        replacement::finish(folder)?;
        Vault::enter(folder, keychain, |file, copy, keychain| {
            slots::unlock(file, copy, protection, keychain)
        })
    }

    fn enter(
        folder: &Path,
        keychain: Arc<dyn Keychain + Send + Sync>,
        unlock: impl for<'a> FnOnce(
            &'a [u8],
            &'a [u8],
            &dyn Keychain,
        ) -> Result<(Key, &'a [u8]), VaultError>,
    ) -> Result<Vault, VaultError> {
        if Vault::look(folder)? == State::Absent {
            return Err(VaultError::Absent);
        }
        let lock = folder::lock(folder)?;
        folder::close_files(folder)?;
        let mut connection = database::open(folder)?;
        let copy = database::manifest(&connection)?;
        let file = folder::read_slots(folder)?;
        let (master, genuine) = unlock(&file, &copy, keychain.as_ref())?;
        let keys = Keyring::of(&master);
        drop(master);
        let manifest = Manifest::read(genuine)?;
        let id = manifest.vault;
        database::trust(&connection)?;
        if file != genuine {
            unless_full(folder::write_slots(folder, genuine))?;
        }
        if copy != genuine {
            unless_full(database::set_manifest(&connection, genuine))?;
        }
        migrate(folder, &mut connection, &keys, &id)?;
        let mut notices = Vec::new();
        if file != copy {
            notices.push(Notice::SlotsRepaired);
        }
        if folder::is_on_network(folder) {
            notices.push(Notice::OnNetwork);
        }
        let root = take_root(&mut connection, &keys, &id, &mut notices)?;
        let mut vault = Vault {
            store: Mutex::new(Store {
                connection,
                root,
                slots: manifest.kinds(),
                is_unclean: false,
            }),
            keys,
            id,
            notices,
            accepted: AtomicBool::new(false),
            place: Some(Place {
                folder: std::path::absolute(folder)?,
                database: Identity::of(folder)?,
                keychain,
                _lock: lock,
            }),
        };
        // What was erased before a crash may still be in the journal.
        let is_cut = match database::cut_journal(&vault.store().connection) {
            Err(VaultError::DiskFull) => false,
            cut => cut?,
        };
        vault.store().is_unclean = !is_cut;
        unless_full(vault.erase_hidden())?;
        unless_full(vault.begin_generation())?;
        // What cannot be removed opens no more, and is in nobody's way.
        let _ = cache::sweep(&vault.store().connection, folder, &vault.keys.cache_name);
        vault.settle()?;
        Ok(vault)
    }

    /// Returns once the journal's name is on the disk, without which what it holds would be lost with the power. SQLite
    /// does the same but passes over a failure.
    fn settle(&self) -> Result<(), VaultError> {
        let store = self.store();
        // The journal is there from the first reading on.
        database::version(&store.connection)?;
        match &self.place {
            Some(place) => folder::sync_folder(&place.folder),
            None => Ok(()),
        }
    }

    /// Erases for good what was marked, by this process or by one that ended before it could.
    fn erase_hidden(&self) -> Result<(), VaultError> {
        let mut hidden = Vec::new();
        for kind in [crate::OwnerKind::Conversation, crate::OwnerKind::Document] {
            let owners = self.owners(kind)?.readable.into_iter();
            hidden.extend(owners.filter(|owner| owner.hidden).map(|owner| owner.id));
        }
        if hidden.is_empty() {
            return Ok(());
        }
        self.write(|change| {
            hidden
                .iter()
                .try_for_each(|&owner| change.erase_owner(owner))
        })
    }

    /// Compares how far the vault came with what the keychain remembers, and goes one further.
    fn begin_generation(&mut self) -> Result<(), VaultError> {
        let known = self.remembered_generation();
        if known.is_some_and(|known| known > self.store().root.generation) {
            // It stays older than what the keychain remembers, however often it is opened and closed.
            self.notices.push(Notice::OlderCopy);
            return Ok(());
        }
        self.write(|change| {
            change.advance();
            Ok(())
        })?;
        self.remember_generation();
        Ok(())
    }

    /// How far the keychain says that this vault came. Only a vault whose key is there asks it: others must not make it
    /// prompt.
    fn remembered_generation(&self) -> Option<u64> {
        let place = self.place.as_ref()?;
        let uses_keychain = self.store().slots.contains(&SlotKind::Keychain);
        uses_keychain
            .then(|| keychain::generation(place.keychain.as_ref(), &account(&self.id)))
            .flatten()
    }

    /// Whether this is an older copy that nobody accepted yet. It comes no further than it is.
    pub(crate) fn is_older_copy(&self) -> bool {
        self.notices.contains(&Notice::OlderCopy) && !self.accepted.load(Ordering::Relaxed)
    }

    /// Leaves in the keychain how far the vault came. It goes on remembering a later copy until this one is accepted.
    pub(crate) fn remember_generation(&self) {
        let Some(place) = &self.place else {
            return;
        };
        let (generation, uses_keychain) = {
            let store = self.store();
            (
                store.root.generation,
                store.slots.contains(&SlotKind::Keychain),
            )
        };
        if uses_keychain && !self.is_older_copy() {
            let account = account(&self.id);
            keychain::remember_generation(place.keychain.as_ref(), &account, generation);
        }
    }

    /// Makes a vault under a given master key, without any slot. Only tests may: nothing else opens it.
    #[cfg(feature = "testing")]
    pub fn create_for_tests(folder: &Path, key: &[u8; 32]) -> Result<Vault, VaultError> {
        let master = Key::from_slice(key).expect("32 bytes");
        Vault::make(folder, &master, Arc::new(Platform), |id, _| {
            Ok(Manifest::empty(id).signed(&Keyring::of(&master).manifest))
        })
    }

    /// Opens a vault by its master key. Only tests know one.
    #[cfg(feature = "testing")]
    pub fn unlock_for_tests(folder: &Path, key: &[u8; 32]) -> Result<Vault, VaultError> {
        let master = Key::from_slice(key).expect("32 bytes");
        Vault::enter(folder, Arc::new(Platform), |file, copy, _| {
            slots::genuine(file, copy, master)
        })
    }
}

/// A full disk is no reason to keep somebody from reading: what unlocking would write can wait for the next time.
fn unless_full(result: Result<(), VaultError>) -> Result<(), VaultError> {
    match result {
        Err(VaultError::DiskFull) => Ok(()),
        result => result,
    }
}

/// Brings a database of an earlier version to this one: a copy is made, then everything happens in one transaction.
fn migrate(
    folder: &Path,
    connection: &mut Connection,
    keys: &Keyring,
    vault: &[u8; 16],
) -> Result<(), VaultError> {
    let version = database::version(connection)?;
    if version == database::SCHEMA_VERSION {
        return Ok(());
    }
    let copy = folder::copy_before_migration(folder, version);
    crate::backup::copy_database(connection, &copy)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    database::upgrade(&transaction, version)?;
    reseal_owners(&transaction, keys, vault)?;
    let root = count(&transaction, keys)?;
    database::set_root(&transaction, &root.seal(&keys.root, vault)?)?;
    transaction.commit()?;
    Ok(())
}

/// Reads what the vault says of itself, and compares it with what is there.
fn take_root(
    connection: &mut Connection,
    keys: &Keyring,
    vault: &[u8; 16],
    notices: &mut Vec<Notice>,
) -> Result<Root, VaultError> {
    let found = count(connection, keys)?;
    let sealed = database::root(connection)?;
    let Some(root) = sealed.and_then(|sealed| Root::open(&keys.root, vault, &sealed)) else {
        notices.push(Notice::OwnersAltered);
        return Ok(Root {
            lost: true,
            ..found
        });
    };
    let owners = loss(root.owners, found.owners);
    notices.extend(match owners {
        Some(Loss::Missing(number)) => Some(Notice::OwnersLost(number)),
        Some(Loss::Altered) => Some(Notice::OwnersAltered),
        None => root.lost.then_some(Notice::OwnersAltered),
    });
    if root.settings != found.settings {
        notices.push(Notice::SettingsAltered);
    }
    Ok(root)
}

/// The root that the rows make, at no generation.
fn count(connection: &Connection, keys: &Keyring) -> Result<Root, VaultError> {
    let mut root = Root::default();
    let mut select = connection.prepare("SELECT id, kind, key, head, seal FROM owners")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let columns = Columns {
            key: row.get(2)?,
            head: row.get(3)?,
            seal: row.get(4)?,
        };
        root.owners.add(match row.get::<_, Vec<u8>>(0)?.try_into() {
            Ok(id) => owner_element(&keys.set, OwnerId::from_bytes(id), row.get(1)?, &columns),
            Err(_) => STRANGER,
        });
    }
    let mut select = connection.prepare("SELECT key, sealed FROM settings")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let sealed: Vec<u8> = row.get(1)?;
        root.settings
            .add(match u16::try_from(row.get::<_, i64>(0)?) {
                Ok(key) => setting_element(&keys.set, SettingKey(key), &sealed),
                Err(_) => STRANGER,
            });
    }
    Ok(root)
}

/// Lets every owner whose key opens seal what it holds now.
fn reseal_owners(
    connection: &Connection,
    keys: &Keyring,
    vault: &[u8; 16],
) -> Result<(), VaultError> {
    let mut select = connection.prepare("SELECT id FROM owners")?;
    let owners = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    for owner in owners.collect::<Result<Vec<_>, _>>()? {
        let Ok(owner) = owner.try_into().map(OwnerId::from_bytes) else {
            continue;
        };
        let (kind, columns) = columns(connection, owner)?;
        let place = key_place(vault, kind, owner);
        let Some(key) = unwrap_data_key(&keys.wrap, &place, &columns.key) else {
            continue;
        };
        let before = OwnerSeal::open(&key, vault, kind, owner, &columns.seal);
        let mut seal = holdings(connection, &keys.set, owner)?;
        seal.hidden = before.is_some_and(|before| before.hidden);
        let sealed = seal.seal(&key, vault, kind, owner)?;
        connection
            .prepare_cached("UPDATE owners SET seal = ?2 WHERE id = ?1")?
            .execute(params![owner.as_bytes(), sealed])?;
    }
    Ok(())
}

/// What an owner holds by its rows.
fn holdings(connection: &Connection, key: &Key, owner: OwnerId) -> Result<OwnerSeal, VaultError> {
    let mut seal = OwnerSeal::default();
    let mut select = connection.prepare_cached(
        "SELECT id, kind, sequence, sealed FROM records WHERE owner = ?1 ORDER BY kind, sequence",
    )?;
    let mut rows = select.query(params![owner.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let name = record_name(row.get(0)?, row.get(2)?);
        let (Some((id, sequence)), Ok(kind)) = (name, u16::try_from(row.get::<_, i64>(1)?)) else {
            continue;
        };
        let kind = RecordKind(kind);
        let sealed: Vec<u8> = row.get(3)?;
        let records = seal.records_mut(kind);
        records.next = records.next.max(sequence.saturating_add(1));
        records
            .set
            .add(record_element(key, kind, sequence, id, &sealed));
    }
    let mut select = connection.prepare_cached("SELECT id, head FROM blobs WHERE owner = ?1")?;
    let mut rows = select.query(params![owner.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let head: Vec<u8> = row.get(1)?;
        if let Ok(id) = row.get::<_, Vec<u8>>(0)?.try_into() {
            seal.blobs.add(blob_element(key, &id, &head));
        }
    }
    Ok(seal)
}
