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
    /// After how many minutes without anybody the vault is locked; 0 for never.
    pub lock_after: u16,
}

/// The choices as the first version kept them.
#[derive(Deserialize)]
struct Settings1 {
    language: Language,
    theme: Theme,
}

/// How long a vault stays open by itself unless somebody chose otherwise, in minutes.
pub const LOCK_AFTER: u16 = 10;

/// The version of the choices' layout.
const VERSION: u8 = 2;

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
/// What was typed where no conversation is begun yet.
pub(crate) const INPUT_DRAFT: SettingKey = SettingKey(3);

impl Settings {
    /// The choices that a vault keeps; `None` before the first.
    pub fn of(vault: &Vault) -> Result<Option<Settings>, Error> {
        let stored = vault.setting(SETTINGS)?;
        stored.map(|bytes| Settings::decode(&bytes)).transpose()
    }

    /// Choices of either layout.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Settings, Error> {
        if let Ok(Settings1 { language, theme }) = stored::decode(bytes) {
            return Ok(Settings {
                language,
                theme,
                lock_after: LOCK_AFTER,
            });
        }
        stored::decode_as(VERSION, bytes)
    }

    /// The bytes to seal.
    pub(crate) fn encode(self) -> Vec<u8> {
        stored::encode_as(VERSION, &self)
    }

    /// Keeps the choices. They are on the disk when this returns.
    pub(crate) fn keep(self, vault: &Vault) -> Result<(), Error> {
        let bytes = self.encode();
        Ok(vault.write(|change| change.set_setting(SETTINGS, &bytes))?)
    }
}

pub(crate) fn note_samples_added(vault: &Vault) -> Result<(), Error> {
    Ok(vault.write(|change| change.set_setting(SAMPLES_ADDED, &stored::encode(&())))?)
}

pub(crate) fn samples_were_added(vault: &Vault) -> Result<bool, Error> {
    Ok(vault.setting(SAMPLES_ADDED)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_that_the_first_version_kept_are_still_there() {
        let vault = Vault::in_memory().unwrap();
        let before = stored::encode(&(Language::French, Theme::Dark));
        vault
            .write(|change| change.set_setting(SETTINGS, &before))
            .unwrap();
        let settings = Settings {
            language: Language::French,
            theme: Theme::Dark,
            lock_after: LOCK_AFTER,
        };
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        let changed = Settings {
            lock_after: 0,
            ..settings
        };
        changed.keep(&vault).unwrap();
        assert_eq!(Settings::of(&vault), Ok(Some(changed)));
    }
}
