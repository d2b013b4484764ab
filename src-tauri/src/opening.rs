//! From the start of the application to an open vault.
//!
//! The window is there before the disk or a keychain answers; whoever waits for either does so here, on a thread of
//! its own. A vault's key is in the keychain where there is one, and behind a passphrase where there is none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use aparte_assistant::{
    Assistant, Cost, Error, Model, Protection, STARTER, Settings, SlotKind, Theme, Vault,
    VaultState, VaultTrouble, places,
};
use secrecy::{ExposeSecret, SecretString};

use crate::session::Session;
use crate::view::{AppError, Launch, ModelStatus};
use crate::{incoming, model};

/// Opens the vault, or makes one, with what the system's keychain can do; else the window is told what is missing.
pub fn start(session: &Arc<Session>) {
    let session = Arc::clone(session);
    std::thread::spawn(move || {
        let opening = AssertUnwindSafe(|| match with_keychain() {
            Ok(Found::Vault(vault)) => take(&session, vault),
            Ok(Found::Locked) => session.set_launch(Launch::Passphrase, None),
            Ok(Found::Nothing) => session.set_launch(Launch::NewPassphrase, None),
            Err(error) => session.set_launch(failed(&session, &error), None),
        });
        if catch_unwind(opening).is_err() {
            let error = session.bug();
            session.set_launch(Launch::Failed { error }, None);
        }
    });
}

/// Opens the vault again after it could not be opened.
pub fn retry(session: &Arc<Session>) {
    if let Some(before) = session.begin_opening() {
        if matches!(before, Launch::Failed { .. }) {
            session.set_launch(Launch::Opening, None);
            start(session);
        } else {
            session.set_launch(before, None);
        }
    }
}

/// Makes the vault behind a new passphrase.
pub fn create(session: &Arc<Session>, passphrase: SecretString) -> Result<(), AppError> {
    if passphrase.expose_secret().chars().count() < PASSPHRASE_LENGTH {
        return Err(AppError {
            code: "passphrase_short".into(),
            message: session.say(
                "This passphrase is too short to protect anything. Choose at least 8 characters.",
                "Cette phrase secrète est trop courte pour protéger quoi que ce soit. Choisissez au moins 8 caractères.",
            ),
        });
    }
    open(session, |folder| {
        let protection = Protection::Passphrase(&passphrase);
        Ok(Vault::create(&folder, protection, Cost::DEFAULT)?)
    })
}

/// Opens the vault with its passphrase.
pub fn unlock(session: &Arc<Session>, passphrase: SecretString) -> Result<(), AppError> {
    open(session, |folder| {
        Ok(Vault::unlock(&folder, Protection::Passphrase(&passphrase))?)
    })
}

fn open(
    session: &Arc<Session>,
    make: impl FnOnce(PathBuf) -> Result<Vault, Error>,
) -> Result<(), AppError> {
    let Some(before) = session.begin_opening() else {
        return Ok(());
    };
    let opening = AssertUnwindSafe(|| {
        let vault = folder().and_then(make)?;
        take(session, vault);
        Ok(())
    });
    let error = match catch_unwind(opening) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => AppError::of(&error, session.language()),
        Err(_) => session.bug(),
    };
    // The form stays as it is: the sentence appears beside it.
    session.set_launch(before, None);
    Err(error)
}

/// The least number of characters; the form says so before it is sent.
const PASSPHRASE_LENGTH: usize = 8;

/// What the keychain could do.
enum Found {
    Vault(Vault),
    Locked,
    Nothing,
}

fn with_keychain() -> Result<Found, Error> {
    let folder = folder()?;
    match Vault::look(&folder)? {
        VaultState::Absent => match Vault::create(&folder, Protection::Keychain, Cost::DEFAULT) {
            Ok(vault) => Ok(Found::Vault(vault)),
            Err(error) => match Error::from(error) {
                Error::Vault(VaultTrouble::KeychainUnavailable) => Ok(Found::Nothing),
                error => Err(error),
            },
        },
        VaultState::Locked { slots } if slots.contains(&SlotKind::Keychain) => {
            Ok(Found::Vault(Vault::unlock(&folder, Protection::Keychain)?))
        }
        VaultState::Locked { .. } => Ok(Found::Locked),
    }
}

fn folder() -> Result<PathBuf, Error> {
    let home = places::home().ok_or(Error::Vault(VaultTrouble::NotWritable))?;
    Ok(home.join("vault"))
}

/// An open vault becomes the session's, and everything begins that needs one.
fn take(session: &Arc<Session>, vault: Vault) {
    match assistant(session, vault) {
        Ok((assistant, settings)) => {
            let assistant = Arc::new(assistant);
            let launch = Launch::Open {
                settings: settings.into(),
            };
            session.set_launch(launch, Some(Arc::clone(&assistant)));
            incoming::start(session, &assistant);
            model::load(session, &assistant);
        }
        Err(error) => {
            let launch = failed(session, &error);
            session.set_launch(launch, None);
        }
    }
}

/// The domain over a vault, and the choices that are kept in it.
fn assistant(session: &Session, vault: Vault) -> Result<(Assistant, Settings), Error> {
    let settings = Settings::of(&vault)?.unwrap_or(Settings {
        language: session.language(),
        theme: Theme::System,
    });
    let language = settings.language;
    let model = Model::find(STARTER, None)
        .map_err(|error| {
            let message = error.sentence(language);
            session.set_model(ModelStatus::Missing { message });
        })
        .ok();
    let assistant = Assistant::open(vault, places::worker(), model, language)?;
    Ok((assistant, settings))
}

fn failed(session: &Session, error: &Error) -> Launch {
    Launch::Failed {
        error: AppError::of(error, session.language()),
    }
}
