//! `aparte-visitor`: opens a vault once, as a process of its own, and says what came of it. For tests only: what asks a
//! keychain keeps its connection to it for as long as the process lives.
//!
//! The first argument says what to do, the second is the vault's folder; a secret comes on standard input.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use aparte_vault::{Cost, OwnerKind, Protection, RecordKind, Vault, VaultError, WordList};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const MESSAGE: RecordKind = RecordKind(1);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments
        .next()
        .expect("the first argument says what to do");
    let folder = arguments.next().expect("the second argument is a folder");
    let mut secret = String::new();
    std::io::stdin()
        .read_to_string(&mut secret)
        .expect("standard input can be read");
    let secret = SecretString::from(secret.trim_end_matches('\n'));
    let started = Instant::now();
    let outcome = visit(&what, Path::new(&folder), &secret);
    let milliseconds = started.elapsed().as_millis() as u64;
    let said = match outcome {
        Ok(said) => json!({"outcome": "done", "milliseconds": milliseconds, "said": said}),
        Err(error) => json!({"outcome": format!("{error:?}"), "milliseconds": milliseconds}),
    };
    println!("{said}");
}

fn visit(what: &str, folder: &Path, secret: &SecretString) -> Result<Value, VaultError> {
    let keychain = Protection::Keychain;
    match what {
        // A vault behind the keychain, with the secret as its only message, and recovery words.
        "create" => {
            let vault = Vault::create(folder, keychain, Cost::DEFAULT)?;
            write(&vault, secret.expose_secret())?;
            let words = vault.make_recovery(keychain, WordList::English)?;
            vault.close()?;
            Ok(json!(words.expose()))
        }
        "create with nothing else" => {
            let vault = Vault::create(folder, keychain, Cost::DEFAULT)?;
            write(&vault, secret.expose_secret())?;
            // Beside the vault: into its own folder no backup goes.
            let backup = folder.with_extension("backup");
            Ok(json!(format!("{:?}", vault.back_up(&backup))))
        }
        "open" => read(&Vault::unlock(folder, keychain)?),
        "open and close" => {
            let vault = Vault::unlock(folder, keychain)?;
            let said = read(&vault)?;
            vault.close()?;
            Ok(said)
        }
        "write" => {
            let vault = Vault::unlock(folder, keychain)?;
            write(&vault, secret.expose_secret())?;
            vault.close()?;
            Ok(Value::Null)
        }
        "accept" => {
            let vault = Vault::unlock(folder, keychain)?;
            vault.accept()?;
            vault.close()?;
            Ok(Value::Null)
        }
        "recover" => read(&Vault::unlock(folder, Protection::Recovery(secret))?),
        // A passphrase in place of the keychain, by the recovery words.
        "leave" => {
            let vault = Vault::unlock(folder, Protection::Recovery(secret))?;
            let passphrase = SecretString::from("lanterns over a quiet estuary");
            vault.set_passphrase(Protection::Recovery(secret), &passphrase, Cost::FLOOR)?;
            vault.close()?;
            read(&Vault::unlock(folder, Protection::Passphrase(&passphrase))?)
        }
        // A vault behind a passphrase is to be put behind the keychain.
        "protect" => {
            let proof = Protection::Passphrase(secret);
            let vault = Vault::unlock(folder, proof)?;
            vault.set_keychain(proof)?;
            vault.close()?;
            Ok(Value::Null)
        }
        "create behind a passphrase" => {
            let vault = Vault::create(folder, Protection::Passphrase(secret), Cost::FLOOR)?;
            write(&vault, "a message")?;
            vault.close()?;
            Ok(Value::Null)
        }
        "open by passphrase" => read(&Vault::unlock(folder, Protection::Passphrase(secret))?),
        other => panic!("nobody knows how to {other}"),
    }
}

fn write(vault: &Vault, text: &str) -> Result<(), VaultError> {
    vault.write(|change| {
        let owner = change.create_owner(OwnerKind::Conversation, b"A title")?;
        change.append(owner, MESSAGE, text.as_bytes()).map(drop)
    })
}

/// All messages, and what is told about the vault.
fn read(vault: &Vault) -> Result<Value, VaultError> {
    let owners = vault.owners(OwnerKind::Conversation)?;
    let mut texts = Vec::new();
    for owner in owners.readable {
        let records = vault.records(owner.id, MESSAGE)?.readable.into_iter();
        texts.extend(records.map(|record| String::from_utf8_lossy(&record.body).into_owned()));
    }
    texts.sort();
    let notices: Vec<_> = vault
        .notices()
        .iter()
        .map(|notice| format!("{notice:?}"))
        .collect();
    Ok(json!({"texts": texts, "notices": notices, "sound": vault.check()?.is_sound()}))
}
