//! `vault.json`: the keyslots, each of which gives the master key to who holds its secret.
//!
//! The file is JSON whose last field is an HMAC over every byte before it. The database holds a copy of
//! the same bytes, for the day the file is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::keychain::{self, Keychain};
use crate::keys::{Key, Keyring, SealingKey, random};
use crate::passphrase::{self, Cost};
use crate::record::{Place, open, seal};
use crate::{Part, VaultError, recovery};

/// 2 brought the recovery slot.
const FORMAT: u32 = 2;
/// The version of what a slot's associated data says; it did not change with the file's.
const SLOT_FORMAT: i64 = 1;
/// How a key is derived from a passphrase.
const ALGORITHM: &str = "argon2id";
const MAC_FIELD: &str = ",\"mac\":\"";
const MAC_END: &str = "\"}\n";
/// The base64 of 32 bytes.
const MAC_LENGTH: usize = 44;

/// How a slot is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// By the key that lies in the platform's keychain.
    Keychain,
    /// By a passphrase.
    Passphrase,
    /// By recovery words.
    Recovery,
}

/// What opens a vault, or is to open a new one.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// The platform's keychain.
    Keychain,
    /// A passphrase that the user keeps.
    Passphrase(&'a SecretString),
    /// The recovery words, as they were typed. They open a vault; none is made with them.
    Recovery(&'a SecretString),
}

/// The content of `vault.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u32,
    #[serde(with = "bytes16")]
    pub(crate) vault: [u8; 16],
    /// Counts the changes of the slots: of two manifests the one with the higher count is the truth.
    pub(crate) generation: u64,
    slots: Vec<Slot>,
    /// Over every byte before this field; empty while the rest is being written.
    #[serde(default, skip_serializing)]
    #[expect(
        dead_code,
        reason = "the MAC is checked over the bytes; the field must be accepted"
    )]
    mac: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Slot {
    Keychain {
        /// Which keychain wrapped the key, so that a change of platform is told from a loss.
        store: String,
        sealed: String,
    },
    Passphrase {
        algorithm: String,
        #[serde(with = "bytes16")]
        salt: [u8; 16],
        cost: Cost,
        sealed: String,
    },
    Recovery {
        #[serde(with = "bytes16")]
        id: [u8; 16],
        sealed: String,
    },
}

/// Makes the manifest of a new vault and its bytes.
pub(crate) fn make(
    vault: [u8; 16],
    master: &Key,
    protection: Protection<'_>,
    cost: Cost,
    keychain: &dyn Keychain,
) -> Result<Vec<u8>, VaultError> {
    let manifest = Manifest {
        format: FORMAT,
        vault,
        generation: 1,
        slots: vec![Slot::make(vault, master, protection, cost, keychain)?],
        mac: String::new(),
    };
    Ok(manifest.signed(&Keyring::of(master).manifest))
}

/// Opens the vault by the newest genuine manifest among the file and its copy, and gives the master key
/// with the bytes of that manifest.
///
/// An older manifest is passed over even where it would open, so that a passphrase that was changed
/// does not come back with an old file. Two manifests of two vaults are never mixed.
pub(crate) fn unlock<'a>(
    file: &'a [u8],
    copy: &'a [u8],
    protection: Protection<'_>,
    keychain: &dyn Keychain,
) -> Result<(Key, &'a [u8]), VaultError> {
    let both = if file == copy {
        vec![file]
    } else {
        vec![file, copy]
    };
    let mut readable = Vec::new();
    let mut newer = Vec::new();
    let mut outcome = VaultError::Damaged(Part::Keyslots);
    for bytes in both {
        match Manifest::read(bytes) {
            Ok(manifest) => readable.push((bytes, manifest)),
            Err(VaultError::NewerFormat) => newer.push(bytes),
            Err(error) => outcome = error,
        }
    }
    if readable.is_empty() && !newer.is_empty() {
        return Err(VaultError::NewerFormat);
    }
    if let [(_, one), (_, other)] = readable.as_slice()
        && one.vault != other.vault
    {
        return Err(VaultError::Damaged(Part::Keyslots));
    }
    readable.sort_by_key(|(_, manifest)| std::cmp::Reverse(manifest.generation));
    for (tried, (bytes, manifest)) in readable.iter().enumerate() {
        match manifest.open(protection, keychain) {
            Ok(master) => {
                let key = Keyring::of(&master).manifest;
                // One that only looks newer is damaged, and mended from the other.
                if newer.iter().any(|bytes| is_authentic(bytes, &key)) {
                    return Err(VaultError::NewerFormat);
                }
                let newest = readable.iter().find(|(bytes, _)| is_authentic(bytes, &key));
                match newest {
                    Some((genuine, _)) if genuine == bytes => return Ok((master, genuine)),
                    Some(_) => (),
                    None => outcome = VaultError::Damaged(Part::Keyslots),
                }
            }
            Err(VaultError::KeychainUnavailable) => return Err(VaultError::KeychainUnavailable),
            Err(error) if tried == 0 => outcome = error,
            Err(_) => (),
        }
    }
    Err(outcome)
}

/// The newest genuine manifest among the file and its copy under a master key that is known.
#[cfg(feature = "testing")]
pub(crate) fn genuine<'a>(
    file: &'a [u8],
    copy: &'a [u8],
    master: Key,
) -> Result<(Key, &'a [u8]), VaultError> {
    let key = Keyring::of(&master).manifest;
    let genuine = [file, copy]
        .into_iter()
        .filter(|bytes| is_authentic(bytes, &key));
    genuine
        .max_by_key(|bytes| Manifest::read(bytes).map_or(0, |manifest| manifest.generation))
        .map(|bytes| (master, bytes))
        .ok_or(VaultError::Damaged(Part::Keyslots))
}

impl Manifest {
    /// The manifest of a vault that no slot opens.
    #[cfg(feature = "testing")]
    pub(crate) fn empty(vault: [u8; 16]) -> Manifest {
        Manifest {
            format: FORMAT,
            vault,
            generation: 1,
            slots: Vec::new(),
            mac: String::new(),
        }
    }

    /// Reads a manifest; its MAC can be checked only once the master key is known.
    ///
    /// # Errors
    /// [`VaultError::NewerFormat`]; [`VaultError::Damaged`] if it is not one.
    pub(crate) fn read(bytes: &[u8]) -> Result<Manifest, VaultError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = |_| VaultError::Damaged(Part::Keyslots);
        let Format { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format > FORMAT {
            return Err(VaultError::NewerFormat);
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(damaged)?;
        let is_known = |slot: &Slot| match slot {
            Slot::Passphrase { algorithm, .. } => algorithm == ALGORITHM,
            Slot::Keychain { .. } | Slot::Recovery { .. } => true,
        };
        match manifest.slots.iter().all(is_known) {
            true => Ok(manifest),
            false => Err(VaultError::Damaged(Part::Keyslots)),
        }
    }

    /// Lists the kinds of slot.
    pub(crate) fn kinds(&self) -> Vec<SlotKind> {
        self.slots.iter().map(Slot::kind).collect()
    }

    /// Opens the slot that `protection` fits and gives the master key.
    pub(crate) fn open(
        &self,
        protection: Protection<'_>,
        keychain: &dyn Keychain,
    ) -> Result<Key, VaultError> {
        let mut outcome = Err(VaultError::NoSuchSlot);
        for slot in &self.slots {
            let (key, refusal) = match (slot, protection) {
                (Slot::Keychain { store, .. }, Protection::Keychain) => {
                    if store != STORE {
                        return Err(VaultError::KeychainChanged);
                    }
                    let key = keychain::read_key(keychain, &account(&self.vault))?;
                    (key, VaultError::KeychainEntryWrong)
                }
                (Slot::Passphrase { salt, cost, .. }, Protection::Passphrase(passphrase)) => (
                    passphrase::derive(passphrase, salt, *cost)?,
                    VaultError::WrongPassphrase,
                ),
                (Slot::Recovery { .. }, Protection::Recovery(words)) => {
                    (recovery::key(words)?, VaultError::WrongRecoveryWords)
                }
                _ => continue,
            };
            match slot.unwrap(self.vault, key) {
                Some(master) => return Ok(master),
                None => outcome = Err(refusal),
            }
        }
        outcome
    }

    /// Whether somebody could open the vault on another machine.
    pub(crate) fn has_secret(&self) -> bool {
        self.slots
            .iter()
            .any(|slot| slot.kind() != SlotKind::Keychain)
    }

    /// Takes the keychain's slot out, which is of no use on another machine.
    pub(crate) fn without_keychain(mut self) -> Manifest {
        self.slots.retain(|slot| slot.kind() != SlotKind::Keychain);
        self
    }

    /// Takes up a slot in place of those kinds, as the next generation.
    pub(crate) fn with(mut self, slot: Option<Slot>, instead_of: &[SlotKind]) -> Manifest {
        self.format = FORMAT;
        self.generation = self.generation.saturating_add(1);
        self.slots.retain(|slot| !instead_of.contains(&slot.kind()));
        self.slots.extend(slot);
        self
    }

    /// The bytes of `vault.json`.
    pub(crate) fn signed(&self, key: &Key) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain fields are JSON");
        bytes.pop();
        let mac = STANDARD.encode(key.authenticate(&bytes));
        bytes.extend([MAC_FIELD, mac.as_str(), MAC_END].concat().into_bytes());
        bytes
    }
}

/// Tells whether the bytes of a manifest end with the right MAC.
pub(crate) fn is_authentic(bytes: &[u8], key: &Key) -> bool {
    let Some(rest) = bytes.strip_suffix(MAC_END.as_bytes()) else {
        return false;
    };
    let Some((rest, mac)) = rest.split_at_checked(rest.len().saturating_sub(MAC_LENGTH)) else {
        return false;
    };
    match (
        rest.strip_suffix(MAC_FIELD.as_bytes()),
        STANDARD.decode(mac),
    ) {
        (Some(content), Ok(code)) => key.verifies(content, &code),
        _ => false,
    }
}

impl Slot {
    /// Makes the slot of a keychain or a passphrase.
    ///
    /// # Errors
    /// What the keychain reports; [`VaultError::CostOutOfRange`]; [`VaultError::NoSuchSlot`] for recovery words, which
    /// are drawn and not chosen.
    pub(crate) fn make(
        vault: [u8; 16],
        master: &Key,
        protection: Protection<'_>,
        cost: Cost,
        keychain: &dyn Keychain,
    ) -> Result<Slot, VaultError> {
        let (slot, key) = match protection {
            Protection::Keychain => {
                let slot = Slot::Keychain {
                    store: STORE.into(),
                    sealed: String::new(),
                };
                (slot, keychain::make_key(keychain, &account(&vault))?)
            }
            Protection::Passphrase(passphrase) => {
                let salt = random()?;
                let slot = Slot::Passphrase {
                    algorithm: ALGORITHM.into(),
                    salt,
                    cost,
                    sealed: String::new(),
                };
                (slot, passphrase::derive(passphrase, &salt, cost)?)
            }
            Protection::Recovery(_) => return Err(VaultError::NoSuchSlot),
        };
        slot.wrap(vault, key, master)
    }

    /// Makes the slot of recovery words, whose key was drawn.
    pub(crate) fn recovery(vault: [u8; 16], master: &Key, key: Key) -> Result<Slot, VaultError> {
        let slot = Slot::Recovery {
            id: random()?,
            sealed: String::new(),
        };
        slot.wrap(vault, key, master)
    }

    fn kind(&self) -> SlotKind {
        match self {
            Slot::Keychain { .. } => SlotKind::Keychain,
            Slot::Passphrase { .. } => SlotKind::Passphrase,
            Slot::Recovery { .. } => SlotKind::Recovery,
        }
    }

    fn sealed(&self) -> &String {
        match self {
            Slot::Keychain { sealed, .. }
            | Slot::Passphrase { sealed, .. }
            | Slot::Recovery { sealed, .. } => sealed,
        }
    }

    /// Puts the master key into the slot under the slot's own key.
    fn wrap(mut self, vault: [u8; 16], key: Key, master: &Key) -> Result<Slot, VaultError> {
        let (id, place) = self.place(vault);
        let record = STANDARD.encode(seal(&SealingKey { id, key }, &place, master.expose())?);
        match &mut self {
            Slot::Keychain { sealed, .. }
            | Slot::Passphrase { sealed, .. }
            | Slot::Recovery { sealed, .. } => *sealed = record,
        }
        Ok(self)
    }

    fn unwrap(&self, vault: [u8; 16], key: Key) -> Option<Key> {
        let (id, place) = self.place(vault);
        let record = STANDARD.decode(self.sealed()).ok()?;
        Key::from_slice(&open(&SealingKey { id, key }, &place, &record)?)
    }

    /// The master key is a record like any other, whose place says the vault, the kind of the slot and
    /// the cost; the key's id is the salt. None of them can be changed without closing the slot.
    fn place(&self, vault: [u8; 16]) -> ([u8; 16], Place) {
        let (column, id, cost) = match self {
            Slot::Keychain { .. } => ("slots.keychain", [0; 16], [0; 16]),
            Slot::Passphrase { salt, cost, .. } => ("slots.passphrase", *salt, cost.to_bytes()),
            Slot::Recovery { id, .. } => ("slots.recovery", *id, [0; 16]),
        };
        let place = Place {
            column,
            kind: SLOT_FORMAT,
            id: cost,
            parent: vault,
            sequence: 0,
        };
        (id, place)
    }
}

/// The keychain's account of a vault: its id in hexadecimal digits.
pub(crate) fn account(vault: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*vault))
}

const STORE: &str = if cfg!(target_os = "macos") {
    "keychain"
} else if cfg!(target_os = "windows") {
    "credential-manager"
} else {
    "secret-service"
};

mod bytes16 {
    use super::*;
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("16 bytes"))
    }
}
