//! The state of health of a vault: everything in it is opened once.

use rusqlite::{Connection, params};

use crate::keys::Keyring;
use crate::owner::{head_place, key_place, record_place, setting_place, unwrap_data_key};
use crate::record::open;
use crate::set::{
    Columns, OwnerSeal, Root, STRANGER, Set, blob_element, owner_element, record_element,
    setting_element,
};
use crate::stack::without_trace;
use crate::vault::record_name;
use crate::{BlobId, OwnerId, Part, RecordKind, SettingKey, Vault, VaultError, blob, database};

/// What was found when everything was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Conversations and documents.
    pub owners: u64,
    /// Messages, pages and other records.
    pub records: u64,
    /// Originals of documents.
    pub blobs: u64,
    /// Settings.
    pub settings: u64,
    /// What does not open, one entry each.
    pub damaged: Vec<Part>,
    /// How many rows are gone, or stand where none was left.
    pub missing: u64,
}

impl Health {
    /// Whether everything is there and opens.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.missing == 0
    }
}

impl Vault {
    /// Opens everything that the vault holds.
    pub fn check(&self) -> Result<Health, VaultError> {
        let store = self.store();
        let mut health = examine(&store.connection, &self.keys, &self.id)?;
        if !database::is_consistent(&store.connection)? {
            health.damaged.push(Part::Database);
        }
        Ok(health)
    }
}

/// Opens everything in a database. One of an earlier version says nothing of what should be there.
pub(crate) fn examine(
    connection: &Connection,
    keys: &Keyring,
    vault: &[u8; 16],
) -> Result<Health, VaultError> {
    let mut health = Health::default();
    let seals_itself = database::version(connection)? >= 2;
    let mut root = Root::default();
    let columns = match seals_itself {
        true => "SELECT id, kind, key, head, seal FROM owners",
        false => "SELECT id, kind, key, head, x'' FROM owners",
    };
    let mut select = connection.prepare(columns)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(id) = row.get::<_, Vec<u8>>(0)?.try_into() else {
            root.owners.add(STRANGER);
            health.damaged.push(Part::Database);
            continue;
        };
        let id = OwnerId::from_bytes(id);
        let kind: i64 = row.get(1)?;
        let columns = Columns {
            key: row.get(2)?,
            head: row.get(3)?,
            seal: row.get(4)?,
        };
        health.owners += 1;
        let element = owner_element(&keys.set, id, kind, &columns);
        root.owners.add(element);
        let place = key_place(vault, kind, id);
        let Some(key) = unwrap_data_key(&keys.wrap, &place, &columns.key) else {
            health.damaged.push(Part::DataKey);
            continue;
        };
        if open(&key, &head_place(vault, kind, id), &columns.head).is_none() {
            health.damaged.push(Part::Head);
        }
        let found = holdings(connection, keys, id, &key, &mut health)?;
        if seals_itself {
            match OwnerSeal::open(&key, vault, kind, id, &columns.seal) {
                Some(seal) => health.missing += differences(&seal, &found),
                None => health.damaged.push(Part::Seal),
            }
        }
    }
    let mut select = connection.prepare("SELECT key, sealed FROM settings")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(key) = u16::try_from(row.get::<_, i64>(0)?) else {
            root.settings.add(STRANGER);
            health.damaged.push(Part::Database);
            continue;
        };
        let key = SettingKey(key);
        let sealed: Vec<u8> = row.get(1)?;
        health.settings += 1;
        let element = setting_element(&keys.set, key, &sealed);
        root.settings.add(element);
        if open(&keys.settings, &setting_place(vault, key), &sealed).is_none() {
            health.damaged.push(Part::Setting);
        }
    }
    if seals_itself {
        let sealed = database::root(connection)?.unwrap_or_default();
        match Root::open(&keys.root, vault, &sealed) {
            Some(expected) => {
                health.missing += difference(expected.owners, root.owners);
                health.missing += difference(expected.settings, root.settings);
            }
            None => health.damaged.push(Part::Seal),
        }
    }
    Ok(health)
}

/// Opens what an owner holds, and gives the sets that it makes.
fn holdings(
    connection: &Connection,
    keys: &Keyring,
    owner: OwnerId,
    key: &crate::keys::SealingKey,
    health: &mut Health,
) -> Result<OwnerSeal, VaultError> {
    let mut found = OwnerSeal::default();
    let mut select = connection
        .prepare_cached("SELECT id, kind, sequence, sealed FROM records WHERE owner = ?1")?;
    let mut rows = select.query(params![owner.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let name = record_name(row.get(0)?, row.get(2)?);
        let (Some((id, sequence)), Ok(kind)) = (name, u16::try_from(row.get::<_, i64>(1)?)) else {
            health.damaged.push(Part::Record);
            continue;
        };
        let kind = RecordKind(kind);
        let sealed: Vec<u8> = row.get(3)?;
        health.records += 1;
        let element = record_element(&keys.set, kind, sequence, id, &sealed);
        found.records_mut(kind).set.add(element);
        if open(key, &record_place(owner, kind, id, sequence), &sealed).is_none() {
            health.damaged.push(Part::Record);
        }
    }
    let mut select = connection.prepare_cached("SELECT id, head FROM blobs WHERE owner = ?1")?;
    let mut rows = select.query(params![owner.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let Ok(id) = row.get::<_, Vec<u8>>(0)?.try_into() else {
            health.damaged.push(Part::Blob);
            continue;
        };
        let id = BlobId::from_bytes(id);
        let head: Vec<u8> = row.get(1)?;
        health.blobs += 1;
        let element = blob_element(&keys.set, id.as_bytes(), &head);
        found.blobs.add(element);
        match without_trace(|| blob::read(connection, owner, id, key)) {
            Ok(_) => (),
            Err(VaultError::Damaged(part)) => health.damaged.push(part),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn differences(expected: &OwnerSeal, found: &OwnerSeal) -> u64 {
    let kinds = expected.kinds().chain(found.kinds());
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_by_key(|kind| kind.0);
    kinds.dedup();
    let records = kinds
        .into_iter()
        .map(|kind| difference(expected.records(kind).set, found.records(kind).set));
    difference(expected.blobs, found.blobs) + records.sum::<u64>()
}

/// How many rows are missing or too many; one where as many are others.
fn difference(expected: Set, found: Set) -> u64 {
    let apart = u64::from(expected.count.abs_diff(found.count));
    apart.max(u64::from(expected != found))
}
