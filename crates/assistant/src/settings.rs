//! What people choose about the application itself. It is kept in the vault, like everything that they do.

use aparte_vault::{SettingKey, Vault};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::language::Language;
use crate::stored;

/// The choices. Their stored layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The language of the interface.
    pub language: Language,
    /// Light or dark.
    pub theme: Theme,
}

/// How the window looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Theme {
    /// As the system does.
    System,
    Light,
    Dark,
}

/// The numbers are stored: they are frozen.
const SETTINGS: SettingKey = SettingKey(1);
const SAMPLES_ADDED: SettingKey = SettingKey(2);

impl Settings {
    /// The choices that a vault keeps; `None` before the first.
    pub fn of(vault: &Vault) -> Result<Option<Settings>, Error> {
        let stored = vault.setting(SETTINGS)?;
        stored.map(|bytes| stored::decode(&bytes)).transpose()
    }

    /// Keeps the choices. They are on the disk when this returns.
    pub(crate) fn keep(self, vault: &Vault) -> Result<(), Error> {
        let bytes = stored::encode(&self);
        Ok(vault.write(|change| change.set_setting(SETTINGS, &bytes))?)
    }
}

pub(crate) fn note_samples_added(vault: &Vault) -> Result<(), Error> {
    Ok(vault.write(|change| change.set_setting(SAMPLES_ADDED, &stored::encode(&())))?)
}

pub(crate) fn samples_were_added(vault: &Vault) -> Result<bool, Error> {
    Ok(vault.setting(SAMPLES_ADDED)?.is_some())
}
