//! Which vault a command works on: the one that `--vault` names, or one in memory.

pub mod keeping;

use std::path::{Path, PathBuf};

use aparte_assistant::{
    Error, Protection, SlotKind, Vault, VaultState, VaultTrouble, create_vault,
};
use clap::error::ErrorKind;

use crate::failure::Failure;
use crate::output::Output;
use crate::secrets::{self, Proof};

#[derive(clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Keep documents and conversations, sealed, in this folder, for ask, search and vault. Without it nothing is written
    /// to disk; extract keeps nothing at all.
    #[arg(long = "vault", global = true, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// A file with the vault's passphrase in its first line.
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// A file with the vault's 24 recovery words.
    #[arg(long, global = true, value_name = "FILE")]
    pub recovery_file: Option<PathBuf>,
}

impl Arguments {
    /// What makes no sense together. Clap cannot be asked: it looks at what stands before the command, and at what stands
    /// behind it, each by itself.
    pub fn contradiction(&self) -> Option<(ErrorKind, &'static str)> {
        match (&self.folder, &self.passphrase_file, &self.recovery_file) {
            (_, Some(_), Some(_)) => Some((
                ErrorKind::ArgumentConflict,
                "one secret opens a vault: give --passphrase-file or --recovery-file, not both",
            )),
            (None, Some(_), None) | (None, None, Some(_)) => Some((
                ErrorKind::MissingRequiredArgument,
                "a secret is for a vault: name its folder with --vault DIR",
            )),
            _ => None,
        }
    }
}

/// Opens the vault, or makes it where there is none.
pub fn open(arguments: &Arguments, output: &Output) -> Result<Vault, Failure> {
    let Some(folder) = &arguments.folder else {
        return Ok(Vault::in_memory().map_err(Error::from)?);
    };
    match Vault::look(folder).map_err(Error::from)? {
        VaultState::Absent if arguments.recovery_file.is_some() => {
            Err(Error::Vault(VaultTrouble::Absent).into())
        }
        VaultState::Absent => {
            let vault = create(folder, arguments.passphrase_file.as_deref(), output)?;
            output.remark(output.say(
                "There was no vault in this folder: a new one was made.",
                "Il n'y avait pas de coffre dans ce dossier : un nouveau a été créé.",
            ));
            Ok(vault)
        }
        VaultState::Locked { slots } => {
            unlock(folder, &slots, arguments, output).map(|(vault, _)| vault)
        }
    }
}

/// Opens a vault that is there, with what the command line gives; else with the keychain; else with what is typed.
fn unlock(
    folder: &Path,
    slots: &[SlotKind],
    arguments: &Arguments,
    output: &Output,
) -> Result<(Vault, Proof), Failure> {
    if let Some(proof) = given(arguments)? {
        if !slots.contains(&proof.kind()) {
            return Err(Failure::NotThisWay(slots.to_vec()));
        }
        let vault = Vault::unlock(folder, proof.protection()).map_err(Error::from)?;
        return Ok((vault, proof));
    }
    if slots.contains(&SlotKind::Keychain) {
        match Vault::unlock(folder, Protection::Keychain).map_err(Error::from) {
            Ok(vault) => return Ok((vault, Proof::Keychain)),
            Err(error)
                if error.is_of_keychain() && slots.len() > 1 && secrets::somebody_is_there() =>
            {
                output.alert(&error.sentence(output.language));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let proof = Proof::typed(slots, output)?;
    let vault = Vault::unlock(folder, proof.protection()).map_err(Error::from)?;
    Ok((vault, proof))
}

/// What the command line gives to open a vault with.
fn given(arguments: &Arguments) -> Result<Option<Proof>, Failure> {
    Ok(
        match (&arguments.passphrase_file, &arguments.recovery_file) {
            (Some(file), _) => Some(Proof::Passphrase(secrets::passphrase_in(file)?)),
            (None, Some(file)) => Some(Proof::Recovery(secrets::recovery_words_in(file)?)),
            (None, None) => None,
        },
    )
}

/// The keychain keeps the key of a new vault, unless a passphrase is given; where there is no keychain, one is asked for.
fn create(folder: &Path, file: Option<&Path>, output: &Output) -> Result<Vault, Failure> {
    if file.is_some() {
        let passphrase = secrets::new_passphrase(file, output)?;
        return Ok(create_vault(folder, Protection::Passphrase(&passphrase))?);
    }
    match create_vault(folder, Protection::Keychain) {
        Err(Error::Vault(VaultTrouble::KeychainUnavailable)) => (),
        made => return Ok(made?),
    }
    if !secrets::somebody_is_there() {
        return Err(Error::Vault(VaultTrouble::PassphraseNeeded).into());
    }
    output.alert(output.say(
        "This machine has no keychain. Choose a passphrase; without it nobody, you included, can read \
         the vault.",
        "Cette machine n'a pas de trousseau. Choisissez une phrase secrète ; sans elle personne, vous \
         compris, ne pourra lire le coffre.",
    ));
    let passphrase = secrets::new_passphrase(None, output)?;
    Ok(create_vault(folder, Protection::Passphrase(&passphrase))?)
}
