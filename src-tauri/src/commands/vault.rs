//! Commands about the vault itself: what opens it, shuts it, and keeps copies of it.
//!
//! Where a file or folder is to be named, the person names it in a dialog of the system: no path comes from the page.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aparte_assistant::{Assistant, Error, VaultTrouble};
use secrecy::SecretString;
use tauri::{AppHandle, async_runtime};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};

use super::{Outcome, Running, domain, on_a_thread};
use crate::session::Session;
use crate::view::{AppError, Proof, Ways};
use crate::{locking, opening};

/// How the name of a backup ends.
const BACKUP: &str = "aparte-backup";

/// Makes the vault behind a passphrase.
#[tauri::command]
#[specta::specta]
pub async fn create_vault(session: Running<'_>, passphrase: String) -> Outcome<()> {
    let opening = Arc::clone(&session);
    let passphrase = SecretString::from(passphrase);
    on_a_thread(&session, move || opening::create(&opening, &passphrase)).await
}

/// Opens the vault, with the passphrase, the recovery words or what the keychain holds.
#[tauri::command]
#[specta::specta]
pub async fn unlock(session: Running<'_>, proof: Proof) -> Outcome<()> {
    let opening = Arc::clone(&session);
    on_a_thread(&session, move || opening::unlock(&opening, &proof)).await
}

/// Tries again to open a vault that could not be opened.
#[tauri::command]
#[specta::specta]
pub fn retry(session: Running<'_>) {
    opening::retry(&session);
}

/// Lets the person choose a backup, makes the vault of it, and says whether one was chosen. A vault that is there already
/// is set aside.
#[tauri::command]
#[specta::specta]
pub async fn restore(app: AppHandle, session: Running<'_>, proof: Proof) -> Outcome<bool> {
    let dialog = app
        .dialog()
        .file()
        .add_filter(session.say("Backups", "Sauvegardes"), &[BACKUP])
        .add_filter(session.say("All files", "Tous les fichiers"), &["*"]);
    let Some(backup) = choice(&session, dialog, FileDialogBuilder::blocking_pick_file).await?
    else {
        return Ok(false);
    };
    let opening = Arc::clone(&session);
    on_a_thread(&session, move || {
        opening::restore(&opening, &backup, &proof)
    })
    .await?;
    Ok(true)
}

/// Locks the vault. The page is loaded anew when it is.
#[tauri::command]
#[specta::specta]
pub fn lock(session: Running<'_>) {
    locking::by_hand(&session);
}

/// What opens the vault.
#[tauri::command]
#[specta::specta]
pub async fn ways(session: Running<'_>) -> Outcome<Ways> {
    domain(&session, |assistant| Ok(Ways::of(&assistant.slots()))).await
}

/// Puts the vault behind a passphrase, or another one.
#[tauri::command]
#[specta::specta]
pub async fn set_passphrase(session: Running<'_>, proof: Proof, passphrase: String) -> Outcome<()> {
    let passphrase = SecretString::from(passphrase);
    change_ways(&session, move |assistant| {
        assistant.set_passphrase(proof.protection(), &passphrase)
    })
    .await
}

/// Lets the keychain open the vault, and no passphrase any more.
#[tauri::command]
#[specta::specta]
pub async fn use_keychain(session: Running<'_>, proof: Proof) -> Outcome<()> {
    change_ways(&session, move |assistant| {
        assistant.set_keychain(proof.protection())
    })
    .await
}

/// Makes recovery words, which are told this once. Earlier ones open nothing from here on.
#[tauri::command]
#[specta::specta]
pub async fn make_recovery(session: Running<'_>, proof: Proof) -> Outcome<Vec<String>> {
    change_ways(&session, move |assistant| {
        let words = assistant.make_recovery(proof.protection())?;
        let words = words.expose().split_whitespace();
        Ok(words.map(str::to_owned).collect())
    })
    .await
}

/// Takes the recovery words away.
#[tauri::command]
#[specta::specta]
pub async fn remove_recovery(session: Running<'_>, proof: Proof) -> Outcome<()> {
    change_ways(&session, move |assistant| {
        assistant.remove_recovery(proof.protection())
    })
    .await
}

/// Goes on with the vault as it is, after its notices were read.
#[tauri::command]
#[specta::specta]
pub async fn accept(session: Running<'_>) -> Outcome<()> {
    let told = Arc::clone(&session);
    domain(&session, move |assistant| {
        assistant.accept()?;
        told.set_notices(opening::notices(assistant)?);
        Ok(())
    })
    .await
}

/// Keeps an encrypted copy where the person says, and says whether they did.
#[tauri::command]
#[specta::specta]
pub async fn back_up(app: AppHandle, session: Running<'_>) -> Outcome<bool> {
    if (session.ways()).is_some_and(|ways| !ways.passphrase && !ways.recovery) {
        // Nobody is asked where to keep what would open nowhere.
        let refused = Error::Vault(VaultTrouble::BackupNeedsSecret);
        return Err(AppError::of(&refused, session.language()));
    }
    let dialog = app
        .dialog()
        .file()
        .add_filter(session.say("Backups", "Sauvegardes"), &[BACKUP])
        .set_file_name(format!("Aparté.{BACKUP}"));
    let to = choice(&session, dialog, FileDialogBuilder::blocking_save_file).await?;
    write(&session, to, |assistant, to| assistant.back_up(to)).await
}

/// Writes everything out in open formats where the person says, and says whether they did.
#[tauri::command]
#[specta::specta]
pub async fn export(app: AppHandle, session: Running<'_>) -> Outcome<bool> {
    let dialog = app.dialog().file();
    let folder = choice(&session, dialog, FileDialogBuilder::blocking_pick_folder).await?;
    let name = session.say("Aparté export", "Export d'Aparté");
    let to = folder.map(|folder| beside_others(&folder, &name));
    write(&session, to, |assistant, to| assistant.export(to).map(drop)).await
}

/// A name in a folder that nothing has: what is there already, such as an earlier export, stays as it is.
fn beside_others(folder: &Path, name: &str) -> PathBuf {
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    let first = folder.join(name);
    let numbered = (2..1000).map(|number| folder.join(format!("{name} {number}")));
    let mut free = std::iter::once(first.clone())
        .chain(numbered)
        .filter(is_free);
    free.next().unwrap_or(first)
}

/// Changes what opens the vault, and tells the page what does from here on.
async fn change_ways<T: Send + 'static>(
    session: &Arc<Session>,
    change: impl FnOnce(&Assistant) -> Result<T, Error> + Send + 'static,
) -> Outcome<T> {
    let told = Arc::clone(session);
    domain(session, move |assistant| {
        let changed = change(assistant)?;
        told.set_ways(Ways::of(&assistant.slots()));
        Ok(changed)
    })
    .await
}

/// Lets the person choose in a dialog. Nothing of the vault is held meanwhile: it can be locked under a dialog.
async fn choice(
    session: &Session,
    dialog: FileDialogBuilder<tauri::Wry>,
    ask: impl FnOnce(FileDialogBuilder<tauri::Wry>) -> Option<FilePath> + Send + 'static,
) -> Outcome<Option<PathBuf>> {
    session.touch();
    let chosen = async_runtime::spawn_blocking(move || ask(dialog)).await;
    let chosen = chosen.map_err(|_| session.bug())?;
    Ok(chosen.and_then(|file| file.into_path().ok()))
}

/// Writes to what was chosen, if something was.
async fn write(
    session: &Session,
    to: Option<PathBuf>,
    write: impl FnOnce(&Assistant, &Path) -> Result<(), Error> + Send + 'static,
) -> Result<bool, AppError> {
    let Some(to) = to else {
        return Ok(false);
    };
    domain(session, move |assistant| write(assistant, &to)).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = || beside_others(folder.path(), "Export");
        assert_eq!(place(), folder.path().join("Export"));
        std::fs::create_dir(place()).unwrap();
        assert_eq!(place(), folder.path().join("Export 2"));
        std::fs::write(place(), "").unwrap();
        assert_eq!(place(), folder.path().join("Export 3"));
    }
}
