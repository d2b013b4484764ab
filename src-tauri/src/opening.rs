//! From the start of the application, or from a lock, to an open vault.
//!
//! The window is there before the disk or a keychain answers; whoever waits for either does so here, on a thread of
//! its own. A vault's key is in the keychain where there is one, and behind a passphrase where there is none. What is
//! the matter with a keychain is said beside the other ways to open the vault; where a vault is, none is ever made.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aparte_assistant::{
    Assistant, Calibrations, EMBEDDING, EarlierTurns, Error, LOCK_AFTER, Model, Preset, Protection,
    ReadingLimits, Replacement, STARTER, Settings, Theme, UNLOAD_AFTER, Vault, VaultState,
    VaultTrouble, create_vault, places,
};
use secrecy::SecretString;

use crate::session::Session;
use crate::view::{AppError, Launch, ModelStatus, Proof, Ways};
use crate::{incoming, locking, model, watching};

/// Opens the vault, or makes one, with what the system's keychain can do; else the window is told what is missing.
pub fn start(session: &Arc<Session>) {
    let session = Arc::clone(session);
    std::thread::spawn(move || {
        let opening = AssertUnwindSafe(|| {
            if let Err(error) = with_keychain(&session) {
                session.become_closed(failed(&session, &error));
            }
        });
        if catch_unwind(opening).is_err() {
            let error = session.bug();
            session.become_closed(Launch::Failed { error });
        }
    });
}

/// Tries again from the beginning: the disk may be free by now, or the keychain there.
pub fn retry(session: &Arc<Session>) {
    if session.begin_opening().is_some() {
        session.become_closed(Launch::Opening);
        start(session);
    }
}

/// Makes the vault behind a new passphrase.
pub fn create(session: &Arc<Session>, passphrase: &SecretString) -> Result<(), AppError> {
    open(session, |folder| {
        create_vault(folder, Protection::Passphrase(passphrase))
    })
}

/// Opens the vault with what somebody has for it.
pub fn unlock(session: &Arc<Session>, proof: &Proof) -> Result<(), AppError> {
    open(session, |folder| {
        Ok(Vault::unlock(folder, proof.protection())?)
    })
}

/// Makes the vault of a backup. One that is there already is set aside, whole, and where it is open it is locked first.
pub fn restore(session: &Arc<Session>, backup: &Path, proof: &Proof) -> Result<(), AppError> {
    let mut kept = None;
    let restored = if session.is_open() {
        restore_over(session, backup, proof, &mut kept)
    } else {
        open(session, |folder| match Vault::look(folder) {
            Ok(VaultState::Absent) => Ok(Vault::restore(backup, folder, proof.protection())?),
            _ => take_place(
                Replacement::prepare(backup, folder, proof.protection())?,
                proof,
                &mut kept,
            ),
        })
    };
    if let Some(kept) = kept {
        let kept = kept.display();
        session.add_notice(session.say(
            &format!(
                "The backup is restored. What was here before is kept, encrypted, in {kept}. Delete that folder once \
                 you no longer need it."
            ),
            &format!(
                "La sauvegarde est restaurée. Ce qui était ici auparavant est conservé, chiffré, dans {kept}. \
                 Supprimez ce dossier quand vous n'en aurez plus besoin."
            ),
        ));
    }
    restored
}

/// What is to be told of an open vault: what was noticed when it was opened, and how much of it does not open.
pub fn notices(assistant: &Assistant) -> Result<Vec<String>, Error> {
    let language = assistant.language();
    let noticed = assistant.notices()?.into_iter();
    Ok(noticed.map(|notice| notice.sentence(language)).collect())
}

fn open(
    session: &Arc<Session>,
    make: impl FnOnce(&Path) -> Result<Vault, Error>,
) -> Result<(), AppError> {
    let Some(before) = session.begin_opening() else {
        return Ok(());
    };
    attempt(session, || {
        let vault = make(&folder()?)?;
        take(session, vault);
        Ok(())
    })
    .inspect_err(|_| {
        // The form stays as it is: the sentence appears beside it.
        session.become_closed(before);
    })
}

/// The open vault stays open until all of the backup was checked.
fn restore_over(
    session: &Arc<Session>,
    backup: &Path,
    proof: &Proof,
    kept: &mut Option<PathBuf>,
) -> Result<(), AppError> {
    let replacement = attempt(session, || {
        let folder = folder()?;
        Ok(Replacement::prepare(backup, &folder, proof.protection())?)
    })?;
    if !locking::shut(session) {
        // It was locked meanwhile.
        return open(session, |_| take_place(replacement, proof, kept));
    }
    attempt(session, || {
        let vault = take_place(replacement, proof, kept)?;
        take(session, vault);
        Ok(())
    })
    .inspect_err(|error| {
        let error = error.clone();
        session.become_closed(Launch::Failed { error });
    })
}

fn take_place(
    replacement: Replacement,
    proof: &Proof,
    kept: &mut Option<PathBuf>,
) -> Result<Vault, Error> {
    let (vault, aside) = replacement.take_place(proof.protection())?;
    *kept = Some(aside);
    Ok(vault)
}

/// Runs what may fail, or be a mistake of this program, and says so in words.
fn attempt<T>(session: &Session, run: impl FnOnce() -> Result<T, Error>) -> Result<T, AppError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(outcome) => outcome.map_err(|error| AppError::of(&error, session.language())),
        Err(_) => Err(session.bug()),
    }
}

/// Goes as far as the keychain leads: to an open vault, or to the form that is to be filled in.
fn with_keychain(session: &Arc<Session>) -> Result<(), Error> {
    let folder = folder()?;
    let (opened, form) = match Vault::look(&folder)? {
        VaultState::Absent => (
            create_vault(&folder, Protection::Keychain),
            Form::NewPassphrase,
        ),
        VaultState::Locked { slots } => {
            let ways = Ways::of(&slots);
            if !ways.keychain {
                let trouble = None;
                session.become_closed(Launch::Locked { ways, trouble });
                return Ok(());
            }
            let opened = Vault::unlock(&folder, Protection::Keychain);
            (opened.map_err(Error::from), Form::Locked(ways))
        }
    };
    match opened {
        Ok(vault) => take(session, vault),
        Err(error) if error.is_of_keychain() => session.become_closed(match form {
            Form::NewPassphrase => Launch::NewPassphrase,
            Form::Locked(ways) => Launch::Locked {
                ways,
                trouble: Some(AppError::of(&error, session.language())),
            },
        }),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// What is to be filled in where the keychain stands in the way.
enum Form {
    NewPassphrase,
    Locked(Ways),
}

fn folder() -> Result<PathBuf, Error> {
    let home = places::home().ok_or(Error::Vault(VaultTrouble::NotWritable))?;
    Ok(home.join("vault"))
}

/// An open vault becomes the session's, and everything begins that needs one.
fn take(session: &Arc<Session>, vault: Vault) {
    match assistant(session, vault) {
        Ok((assistant, settings, notices)) => {
            let assistant = Arc::new(assistant);
            let ways = Ways::of(&assistant.slots());
            // Before anything else can be named and kept.
            let kept = session
                .incoming
                .recall(assistant.intake().unwrap_or_default());
            session.become_open(Arc::clone(&assistant), settings.into(), notices, ways);
            incoming::start(session, &assistant, kept);
            watching::start(session, &assistant);
            model::load(session, &assistant);
        }
        Err(error) => session.become_closed(failed(session, &error)),
    }
}

/// The domain over a vault, the choices that are kept in it, and what is to be told of it.
fn assistant(session: &Session, vault: Vault) -> Result<(Assistant, Settings, Vec<String>), Error> {
    let settings = Settings::of(&vault)?.unwrap_or(Settings {
        language: session.language(),
        theme: Theme::System,
        lock_after: LOCK_AFTER,
        earlier: EarlierTurns::OldestLeftOut,
        unload_after: UNLOAD_AFTER,
        preset: Preset::default(),
        limits: ReadingLimits::default(),
        source_width: 0,
    });
    let language = settings.language;
    let model = Model::find(STARTER, None)
        .map_err(|error| {
            let message = error.sentence(language);
            session.set_model(ModelStatus::Missing { message });
        })
        .ok();
    let mut assistant = Assistant::open(vault, places::worker(), model, language)?;
    if let Some(folder) = places::models() {
        assistant = assistant.calibrated(Calibrations::in_folder(folder));
    }
    if let Ok(model) = Model::find(EMBEDDING, None) {
        assistant = assistant.embedding(model);
    }
    let notices = notices(&assistant)?;
    Ok((assistant, settings, notices))
}

fn failed(session: &Session, error: &Error) -> Launch {
    Launch::Failed {
        error: AppError::of(error, session.language()),
    }
}
