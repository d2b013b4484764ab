//! What people choose about the application itself. It is kept in the vault, like everything that they do.

use aparte_protocol::engine::Sampling;
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
    /// What the model is told of the conversation.
    pub earlier: EarlierTurns,
    /// After how many minutes without a question the model is put out of memory; 0 for never.
    pub unload_after: u16,
    /// How freely the model chooses its words.
    pub preset: Preset,
    /// How much is read of one document.
    pub limits: ReadingLimits,
    /// How wide the source beside an answer is, in CSS pixels; 0 where nobody chose.
    pub source_width: u16,
}

/// How much memory and time a document may take to read, and how much may come out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadingLimits {
    /// More than documents of people have, and little enough that a hostile one harms nobody.
    #[default]
    Usual,
    /// Four times as much.
    Raised,
}

/// How freely the model chooses its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// Always the likeliest: the same question has the same answer.
    #[default]
    Careful,
    /// Words vary, and nothing unlikely is said.
    Balanced,
    /// The model's own spread of words.
    Creative,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 3] = [Preset::Careful, Preset::Balanced, Preset::Creative];

    /// As it is called in exports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Careful => "careful",
            Preset::Balanced => "balanced",
            Preset::Creative => "creative",
        }
    }

    /// What the engine is told.
    pub(crate) fn sampling(self) -> Sampling {
        match self {
            Preset::Careful => Sampling::CAREFUL,
            Preset::Balanced => Sampling::BALANCED,
            Preset::Creative => Sampling::CREATIVE,
        }
    }
}

/// What the model is told of the conversation before a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EarlierTurns {
    /// All that fits; the oldest questions and answers are left out first.
    OldestLeftOut,
    /// Nothing: each question stands alone.
    NoneTold,
}

/// The choices as the fifth version kept them.
#[derive(Deserialize)]
struct Settings5 {
    language: Language,
    theme: Theme,
    lock_after: u16,
    earlier: EarlierTurns,
    unload_after: u16,
    preset: Preset,
    limits: ReadingLimits,
}

/// The choices as the fourth version kept them.
#[derive(Deserialize)]
struct Settings4 {
    language: Language,
    theme: Theme,
    lock_after: u16,
    earlier: EarlierTurns,
    unload_after: u16,
    preset: Preset,
}

/// The choices as the third version kept them.
#[derive(Deserialize)]
struct Settings3 {
    language: Language,
    theme: Theme,
    lock_after: u16,
    earlier: EarlierTurns,
    unload_after: u16,
}

/// The choices as the second version kept them.
#[derive(Deserialize)]
struct Settings2 {
    language: Language,
    theme: Theme,
    lock_after: u16,
}

/// The choices as the first version kept them.
#[derive(Deserialize)]
struct Settings1 {
    language: Language,
    theme: Theme,
}

/// How long a vault stays open by itself unless somebody chose otherwise, in minutes.
pub const LOCK_AFTER: u16 = 10;

/// How long a model stays in memory without a question unless somebody chose otherwise, in minutes.
pub const UNLOAD_AFTER: u16 = 30;

/// The version of the choices' layout.
const VERSION: u8 = 6;

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
/// The names of the collections.
pub(crate) const COLLECTIONS: SettingKey = SettingKey(4);
/// The folders whose files are to be in the library.
pub(crate) const FOLDERS: SettingKey = SettingKey(5);
/// What was named and is not in the library yet.
pub(crate) const INTAKE: SettingKey = SettingKey(6);

impl Settings {
    /// The choices that a vault keeps; `None` before the first.
    pub fn of(vault: &Vault) -> Result<Option<Settings>, Error> {
        let stored = vault.setting(SETTINGS)?;
        stored.map(|bytes| Settings::decode(&bytes)).transpose()
    }

    /// Choices of any layout.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Settings, Error> {
        let first = |language, theme| Settings {
            language,
            theme,
            lock_after: LOCK_AFTER,
            earlier: EarlierTurns::OldestLeftOut,
            unload_after: UNLOAD_AFTER,
            preset: Preset::default(),
            limits: ReadingLimits::default(),
            source_width: 0,
        };
        if let Ok(Settings1 { language, theme }) = stored::decode(bytes) {
            return Ok(first(language, theme));
        }
        if let Ok(second) = stored::decode_as::<Settings2>(2, bytes) {
            return Ok(Settings {
                lock_after: second.lock_after,
                ..first(second.language, second.theme)
            });
        }
        if let Ok(third) = stored::decode_as::<Settings3>(3, bytes) {
            return Ok(Settings {
                lock_after: third.lock_after,
                earlier: third.earlier,
                unload_after: third.unload_after,
                ..first(third.language, third.theme)
            });
        }
        if let Ok(fourth) = stored::decode_as::<Settings4>(4, bytes) {
            return Ok(Settings {
                lock_after: fourth.lock_after,
                earlier: fourth.earlier,
                unload_after: fourth.unload_after,
                preset: fourth.preset,
                ..first(fourth.language, fourth.theme)
            });
        }
        if let Ok(fifth) = stored::decode_as::<Settings5>(5, bytes) {
            return Ok(Settings {
                lock_after: fifth.lock_after,
                earlier: fifth.earlier,
                unload_after: fifth.unload_after,
                preset: fifth.preset,
                limits: fifth.limits,
                ..first(fifth.language, fifth.theme)
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
    fn choices_that_earlier_versions_kept_are_still_there() {
        let vault = Vault::in_memory().unwrap();
        let mut settings = Settings {
            language: Language::French,
            theme: Theme::Dark,
            lock_after: LOCK_AFTER,
            earlier: EarlierTurns::OldestLeftOut,
            unload_after: UNLOAD_AFTER,
            preset: Preset::Careful,
            limits: ReadingLimits::Usual,
            source_width: 0,
        };
        let first = stored::encode(&(Language::French, Theme::Dark));
        vault
            .write(|change| change.set_setting(SETTINGS, &first))
            .unwrap();
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        let second = stored::encode_as(2, &(Language::French, Theme::Dark, 7_u16));
        vault
            .write(|change| change.set_setting(SETTINGS, &second))
            .unwrap();
        settings.lock_after = 7;
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        let third = (
            Language::French,
            Theme::Dark,
            7_u16,
            EarlierTurns::NoneTold,
            5_u16,
        );
        let third = stored::encode_as(3, &third);
        vault
            .write(|change| change.set_setting(SETTINGS, &third))
            .unwrap();
        settings.earlier = EarlierTurns::NoneTold;
        settings.unload_after = 5;
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        let fourth = (
            Language::French,
            Theme::Dark,
            7_u16,
            EarlierTurns::NoneTold,
            5_u16,
            Preset::Balanced,
        );
        let fourth = stored::encode_as(4, &fourth);
        vault
            .write(|change| change.set_setting(SETTINGS, &fourth))
            .unwrap();
        settings.preset = Preset::Balanced;
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        let fifth = (
            Language::French,
            Theme::Dark,
            7_u16,
            EarlierTurns::NoneTold,
            5_u16,
            Preset::Balanced,
            ReadingLimits::Raised,
        );
        let fifth = stored::encode_as(5, &fifth);
        vault
            .write(|change| change.set_setting(SETTINGS, &fifth))
            .unwrap();
        settings.limits = ReadingLimits::Raised;
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
        settings.source_width = 480;
        settings.keep(&vault).unwrap();
        assert_eq!(Settings::of(&vault), Ok(Some(settings)));
    }
}
