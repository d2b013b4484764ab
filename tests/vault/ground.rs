//! A vault on disk whose master key is known, what was put into it, and a second way to its rows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aparte_vault::{
    BlobId, OwnerId, OwnerKind, RecordId, RecordKind, SettingKey, Vault, VaultError,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::campaign::Dice;

/// What opens the vaults of these tests.
pub const MASTER: [u8; 32] = *b"the master key of a test's vault";

/// The two kinds of record that the contents have.
pub const KINDS: [RecordKind; 2] = [MESSAGE, PAGE];
pub const MESSAGE: RecordKind = RecordKind(1);
pub const PAGE: RecordKind = RecordKind(2);

/// The length of a chunk of a blob.
pub const CHUNK: usize = 64 << 10;

/// A folder with a vault in it.
pub struct Ground {
    _folder: TempDir,
    pub vault: PathBuf,
}

impl Ground {
    /// Makes a vault.
    pub fn new() -> (Ground, Vault) {
        let ground = Ground::empty();
        let vault = Vault::create_for_tests(&ground.vault, &MASTER).expect("an empty folder");
        (ground, vault)
    }

    /// A folder that has no vault yet.
    pub fn empty() -> Ground {
        let folder = tempfile::Builder::new()
            .prefix("aparte-vault-")
            .tempdir()
            .expect("the system has a folder for temporary files");
        let vault = folder.path().join("vault");
        fs::create_dir(&vault).expect("the folder is new");
        Ground {
            _folder: folder,
            vault,
        }
    }

    /// A folder with those files in it.
    pub fn of(files: &Files) -> Ground {
        let ground = Ground::empty();
        put_files(&ground.vault, files);
        ground
    }

    /// Opens the vault by its master key.
    pub fn unlock(&self) -> Result<Vault, VaultError> {
        Vault::unlock_for_tests(&self.vault, &MASTER)
    }

    /// A place beside the vault.
    pub fn beside(&self, name: &str) -> PathBuf {
        self._folder.path().join(name)
    }

    /// A connection to the rows beside the vault's own. What it commits, the vault sees.
    pub fn rows(&self) -> Connection {
        rows(&self.vault)
    }

    /// The files of the vault.
    pub fn files(&self) -> Files {
        files(&self.vault)
    }
}

/// Opens the rows of a vault without the vault.
pub fn rows(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("vault.db")).expect("a vault has a database");
    // Nothing here is to survive the machine, and rows are to be put where they do not belong.
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 5000;",
        )
        .expect("SQLite knows them");
    connection
}

/// Files by their names, with those of folders in it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads all files of a folder.
pub fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(folder).expect("the folder is the test's own") {
        let path = entry.expect("the folder is the test's own").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let inner = files(&path).into_iter();
            found.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).expect("the file is the test's own"));
        }
    }
    found
}

/// Writes files into a folder, which has no others afterwards.
pub fn put_files(folder: &Path, files: &Files) {
    fs::remove_dir_all(folder).expect("the folder is the test's own");
    fs::create_dir(folder).expect("it was just removed");
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(path, bytes).expect("the folder is the test's own");
    }
}

/// Everything of a vault that a person would miss: the lock says only who has it open, and SQLite makes its index of the
/// journal anew at every opening.
pub fn lasting(mut files: Files) -> Files {
    files.retain(|name, bytes| {
        let is_journal = name.ends_with("-wal");
        name != "vault.lock" && !name.ends_with("-shm") && !(is_journal && bytes.is_empty())
    });
    files
}

/// Fails if these are not the same files, and names those that differ.
pub fn assert_same(before: &Files, after: &Files, what: &str) {
    let names = before.keys().chain(after.keys());
    let mut changed: Vec<_> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .collect();
    changed.dedup();
    assert!(changed.is_empty(), "{what}: {changed:?}");
}

/// What was put into a vault.
pub struct Contents {
    pub owners: Vec<Held>,
    pub settings: Vec<(SettingKey, Vec<u8>)>,
}

/// A conversation or document that was put there.
pub struct Held {
    pub id: OwnerId,
    pub kind: OwnerKind,
    pub head: Vec<u8>,
    pub records: Vec<HeldRecord>,
    pub blobs: Vec<(BlobId, Vec<u8>)>,
}

/// A record that was put there.
#[derive(Clone)]
pub struct HeldRecord {
    pub kind: RecordKind,
    pub id: RecordId,
    pub sequence: u32,
    pub body: Vec<u8>,
}

/// How a vault differs from what was put into it.
#[derive(Debug, Default)]
pub struct Difference {
    /// What reads as something that was never put there.
    pub wrong: Vec<String>,
    /// What is not to be had.
    pub missing: Vec<String>,
    /// What the vault says by itself: what is damaged, what is lost.
    pub told: Vec<String>,
}

impl Difference {
    /// The vault gives what was put there, or says that it does not.
    pub fn is_honest(&self) -> bool {
        self.wrong.is_empty() && (self.missing.is_empty() || !self.told.is_empty())
    }

    /// Nothing is different and nothing is said.
    pub fn is_none(&self) -> bool {
        self.wrong.is_empty() && self.missing.is_empty() && self.told.is_empty()
    }
}

impl Contents {
    /// Puts so many owners, in turn conversations and documents, with so many records of each kind into a vault.
    pub fn put(vault: &Vault, owners: usize, records: usize, blobs: &[usize]) -> Contents {
        let mut dice = Dice::new(records as u64);
        let owners = (0..owners)
            .map(|number| {
                let kind = match number % 2 {
                    0 => OwnerKind::Conversation,
                    _ => OwnerKind::Document,
                };
                Held::put(vault, kind, number, records, blobs, &mut dice)
            })
            .collect();
        let settings = vec![
            (SettingKey(1), b"dark".to_vec()),
            (SettingKey(2), b"fr".to_vec()),
        ];
        vault
            .write(|change| {
                settings
                    .iter()
                    .try_for_each(|(key, value)| change.set_setting(*key, value))
            })
            .expect("a setting can be set");
        Contents { owners, settings }
    }

    /// Lays a vault beside what was put into it.
    pub fn difference(&self, vault: &Vault) -> Difference {
        let mut difference = Difference::default();
        let told = vault.notices().iter().map(|notice| format!("{notice:?}"));
        difference.told.extend(told);
        for kind in [OwnerKind::Conversation, OwnerKind::Document] {
            self.difference_of_owners(vault, kind, &mut difference);
        }
        for owner in &self.owners {
            owner.difference(vault, &mut difference);
        }
        for (key, value) in &self.settings {
            match vault.setting(*key) {
                Ok(Some(found)) if found == *value => (),
                Ok(Some(_)) => difference.wrong.push(format!("{key:?}")),
                Ok(None) => difference.missing.push(format!("{key:?}")),
                Err(error) => difference.lose(format!("{key:?}"), error),
            }
        }
        difference
    }

    fn difference_of_owners(&self, vault: &Vault, kind: OwnerKind, difference: &mut Difference) {
        let expected = || self.owners.iter().filter(|owner| owner.kind == kind);
        let listing = match vault.owners(kind) {
            Ok(listing) => listing,
            Err(error) => return difference.lose(format!("all of {kind:?}"), error),
        };
        for damaged in &listing.damaged {
            difference.told.push(format!("{damaged} is damaged"));
        }
        if let Some(loss) = listing.loss {
            difference.told.push(format!("{kind:?}: {loss:?}"));
        }
        for found in &listing.readable {
            let known = expected().find(|owner| owner.id == found.id);
            if known.is_none_or(|owner| owner.head != found.head || found.hidden) {
                difference.wrong.push(format!("owner {}", found.id));
            }
        }
        for owner in expected() {
            if !listing.readable.iter().any(|found| found.id == owner.id) {
                difference.missing.push(format!("owner {}", owner.id));
            }
        }
    }
}

impl Held {
    fn put(
        vault: &Vault,
        kind: OwnerKind,
        number: usize,
        records: usize,
        blobs: &[usize],
        dice: &mut Dice,
    ) -> Held {
        let head = format!("A title, number {number}").into_bytes();
        let mut held = Held {
            id: OwnerId::from_bytes([0; 16]),
            kind,
            head,
            records: Vec::new(),
            blobs: Vec::new(),
        };
        vault
            .write(|change| {
                held.id = change.create_owner(kind, &held.head)?;
                for kind in KINDS {
                    for sequence in 0..records as u32 {
                        let body = format!("{number}, {}, {sequence}: ", kind.0).into_bytes();
                        let length = dice.below(180);
                        let body = [body, dice.bytes(length)].concat();
                        let id = change.append(held.id, kind, &body)?;
                        held.records.push(HeldRecord {
                            kind,
                            id,
                            sequence,
                            body,
                        });
                    }
                }
                for &length in blobs {
                    let content = dice.bytes(length);
                    let id = change.put_blob(held.id, content.as_slice())?;
                    held.blobs.push((id, content));
                }
                Ok(())
            })
            .expect("an owner can be put into an open vault");
        held
    }

    fn difference(&self, vault: &Vault, difference: &mut Difference) {
        for kind in KINDS {
            let place = format!("records {} of {}", kind.0, self.id);
            let listing = match vault.records(self.id, kind) {
                Ok(listing) => listing,
                Err(error) => {
                    difference.lose(place, error);
                    continue;
                }
            };
            for damaged in &listing.damaged {
                difference.told.push(format!("{damaged} is damaged"));
            }
            if let Some(loss) = listing.loss {
                difference.told.push(format!("{place}: {loss:?}"));
            }
            let mut expected: Vec<_> = self
                .records
                .iter()
                .filter(|held| held.kind == kind)
                .collect();
            for found in &listing.readable {
                let known = expected.iter().position(|held| {
                    (held.id, held.sequence, &held.body) == (found.id, found.sequence, &found.body)
                });
                match known {
                    Some(known) => drop(expected.remove(known)),
                    None => difference.wrong.push(format!("{place}: {}", found.id)),
                }
            }
            for held in expected {
                difference.missing.push(format!("{place}: {}", held.id));
            }
        }
        for (id, content) in &self.blobs {
            match vault.blob(self.id, *id) {
                Ok(found) if found == *content => (),
                Ok(_) => difference.wrong.push(format!("blob {id}")),
                Err(error) => difference.lose(format!("blob {id}"), error),
            }
        }
    }
}

impl Difference {
    fn lose(&mut self, what: String, error: VaultError) {
        self.told.push(format!("{what}: {error}"));
        self.missing.push(what);
    }
}
