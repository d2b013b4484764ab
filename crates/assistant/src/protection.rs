//! What opens the vault, backups, and the vault's health: passed on to the vault with what the person chose.

use std::path::Path;

use aparte_vault::{
    Cost, Health, Protection, RecoveryWords, SlotKind, Vault, VaultError, WordList,
};
use secrecy::{ExposeSecret, SecretString};

use crate::Assistant;
use crate::error::Error;
use crate::language::Language;
use crate::vault_trouble::VaultTrouble;

/// The least number of characters of a new passphrase.
pub const PASSPHRASE_LENGTH: usize = 8;

/// Refuses a new passphrase that protects nothing.
pub fn check_passphrase(passphrase: &SecretString) -> Result<(), Error> {
    match passphrase.expose_secret().chars().count() < PASSPHRASE_LENGTH {
        true => Err(Error::Vault(VaultTrouble::PassphraseShort)),
        false => Ok(()),
    }
}

/// Makes a vault. A passphrase is as slow to try as half a second to a second of this machine.
pub fn create_vault(folder: &Path, protection: Protection<'_>) -> Result<Vault, Error> {
    let cost = match protection {
        Protection::Passphrase(passphrase) => {
            check_passphrase(passphrase)?;
            Cost::calibrated()
        }
        Protection::Keychain | Protection::Recovery(_) => Cost::DEFAULT,
    };
    Ok(Vault::create(folder, protection, cost)?)
}

impl Assistant {
    /// What opens the vault.
    pub fn slots(&self) -> Vec<SlotKind> {
        self.vault.slots()
    }

    /// Lets a passphrase open the vault, in place of an earlier one and of the keychain. `proof` is what opens it today.
    pub fn set_passphrase(
        &self,
        proof: Protection<'_>,
        passphrase: &SecretString,
    ) -> Result<(), Error> {
        check_passphrase(passphrase)?;
        Ok(self
            .vault
            .set_passphrase(proof, passphrase, Cost::calibrated())?)
    }

    /// Lets the keychain open the vault, in place of a passphrase.
    pub fn set_keychain(&self, proof: Protection<'_>) -> Result<(), Error> {
        Ok(self.vault.set_keychain(proof)?)
    }

    /// Draws recovery words in the language of the interface, in place of earlier ones.
    pub fn make_recovery(&self, proof: Protection<'_>) -> Result<RecoveryWords, Error> {
        Ok(self.vault.make_recovery(proof, self.word_list())?)
    }

    /// The same, where showing the words may fail: earlier ones are worthless only once `show` has succeeded.
    pub fn make_recovery_once_shown<E: From<Error>>(
        &self,
        proof: Protection<'_>,
        show: impl FnOnce(&RecoveryWords) -> Result<(), E>,
    ) -> Result<(), E> {
        let shown = self
            .vault
            .make_recovery_once_shown(proof, self.word_list(), |words| {
                show(words).map_err(Refusal::Showing)
            });
        shown.map_err(|refusal| match refusal {
            Refusal::Showing(error) => error,
            Refusal::Vault(error) => Error::from(error).into(),
        })
    }

    /// Makes the recovery words worthless.
    pub fn remove_recovery(&self, proof: Protection<'_>) -> Result<(), Error> {
        Ok(self.vault.remove_recovery(proof)?)
    }

    /// Writes an encrypted backup of everything.
    pub fn back_up(&self, to: &Path) -> Result<(), Error> {
        self.vault.back_up(to).map_err(|error| match error {
            VaultError::AlreadyExists => Error::Vault(VaultTrouble::BackupInVault),
            error => error.into(),
        })
    }

    /// Opens everything in the vault once.
    pub fn check(&self) -> Result<Health, Error> {
        Ok(self.vault.check()?)
    }

    fn word_list(&self) -> WordList {
        match self.language() {
            Language::English => WordList::English,
            Language::French => WordList::French,
        }
    }
}

/// Why recovery words were not made: the vault did not take them, or they could not be shown.
enum Refusal<E> {
    Vault(VaultError),
    Showing(E),
}

impl<E> From<VaultError> for Refusal<E> {
    fn from(error: VaultError) -> Self {
        Refusal::Vault(error)
    }
}
