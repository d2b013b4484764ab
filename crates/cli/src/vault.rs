//! Which vault a command works on: the one that `--vault` names, or one in memory.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use aparte_assistant::{Cost, Error, Protection, SlotKind, Vault, VaultState, VaultTrouble};
use secrecy::SecretString;

use crate::output::Output;

#[derive(clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Keep documents and conversations, sealed, in this folder. Without it nothing is written to disk.
    #[arg(long, global = true, value_name = "DIR")]
    vault: Option<PathBuf>,
    /// A file with the vault's passphrase in its first line.
    #[arg(long, global = true, value_name = "FILE", requires = "vault")]
    passphrase_file: Option<PathBuf>,
}

/// Opens the vault, or makes it where there is none.
pub fn open(arguments: &Arguments, output: &Output) -> Result<Vault, Error> {
    let Some(folder) = &arguments.vault else {
        return Ok(Vault::in_memory()?);
    };
    let passphrase = match &arguments.passphrase_file {
        Some(file) => Some(first_line(file)?),
        None => None,
    };
    match (Vault::look(folder)?, passphrase) {
        (VaultState::Absent, Some(passphrase)) => Ok(Vault::create(
            folder,
            Protection::Passphrase(&passphrase),
            Cost::DEFAULT,
        )?),
        (VaultState::Absent, None) => create(folder, output),
        (VaultState::Locked { .. }, Some(passphrase)) => {
            Ok(Vault::unlock(folder, Protection::Passphrase(&passphrase))?)
        }
        (VaultState::Locked { slots }, None) if slots.contains(&SlotKind::Keychain) => {
            Ok(Vault::unlock(folder, Protection::Keychain)?)
        }
        (VaultState::Locked { .. }, None) => {
            let passphrase = ask(output.say("Passphrase: ", "Phrase secrète : "))?;
            Ok(Vault::unlock(folder, Protection::Passphrase(&passphrase))?)
        }
    }
}

/// The keychain keeps the key of a new vault; where there is none, a passphrase does.
fn create(folder: &Path, output: &Output) -> Result<Vault, Error> {
    match Vault::create(folder, Protection::Keychain, Cost::DEFAULT).map_err(Error::from) {
        Err(Error::Vault(VaultTrouble::KeychainUnavailable)) => (),
        made => return made,
    }
    if !io::stdin().is_terminal() {
        return Err(Error::Vault(VaultTrouble::PassphraseNeeded));
    }
    output.remark(output.say(
        "This machine has no keychain. Choose a passphrase; without it nobody, you included, can read \
         the vault.",
        "Cette machine n'a pas de trousseau. Choisissez une phrase secrète ; sans elle personne, vous \
         compris, ne pourra lire le coffre.",
    ));
    let passphrase = ask(output.say("New passphrase: ", "Nouvelle phrase secrète : "))?;
    Ok(Vault::create(
        folder,
        Protection::Passphrase(&passphrase),
        Cost::DEFAULT,
    )?)
}

fn first_line(file: &Path) -> Result<SecretString, Error> {
    let text = std::fs::read_to_string(file)
        .map_err(|_| Error::Vault(VaultTrouble::PassphraseFileUnreadable))?;
    given(text.lines().next().unwrap_or_default().to_owned())
}

fn ask(prompt: &str) -> Result<SecretString, Error> {
    let typed = rpassword::prompt_password(prompt)
        .map_err(|_| Error::Vault(VaultTrouble::PassphraseNeeded))?;
    given(typed)
}

fn given(passphrase: String) -> Result<SecretString, Error> {
    if passphrase.is_empty() {
        return Err(Error::Vault(VaultTrouble::PassphraseNeeded));
    }
    Ok(SecretString::from(passphrase))
}
