//! The platform's keychain (Keychain, Credential Manager, Secret Service): it holds one random key per
//! vault, which wraps the master key.
//!
//! A keychain may hang, prompt, be locked, or claim to be empty while it is locked. So each call runs on
//! its own thread with a limit, "no entry" never leads to a new key, and no entry is ever overwritten.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyring::v1::Entry;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::keys::Key;

const SERVICE: &str = "aparte";
const PATIENCE: Duration = Duration::from_secs(5);

/// A store of one secret string per account.
pub(crate) trait Keychain {
    /// Reads the entry of `account`.
    fn read(&self, account: &str) -> Result<Zeroizing<String>, VaultError>;
    /// Writes the entry of `account`.
    fn write(&self, account: &str, secret: Zeroizing<String>) -> Result<(), VaultError>;
    /// Removes the entry of `account`.
    fn remove(&self, account: &str) -> Result<(), VaultError>;
}

/// The keychain of the platform.
pub(crate) struct Platform;

/// Makes the key for `account` and leaves it in the keychain. A key that lies there already serves again: it is random
/// and was this account's, and an entry is never overwritten.
///
/// # Errors
/// [`VaultError::KeychainEntryWrong`] where an entry is in place that is no key; [`VaultError::KeychainUnavailable`] where
/// the entry is not kept; what the keychain reports otherwise.
pub(crate) fn make_key(keychain: &dyn Keychain, account: &str) -> Result<Key, VaultError> {
    match read_key(keychain, account) {
        Err(VaultError::KeychainEntryMissing) => (),
        found => return found,
    }
    let key = Key::random()?;
    keychain.write(account, Zeroizing::new(STANDARD.encode(key.expose())))?;
    // A keychain that takes an entry and forgets it would cost the vault.
    match read_key(keychain, account) {
        Ok(kept) if kept.expose() == key.expose() => Ok(key),
        Ok(_) | Err(VaultError::KeychainEntryMissing) => Err(VaultError::KeychainUnavailable),
        Err(error) => Err(error),
    }
}

/// Reads how far a vault had come, as its keychain remembers; `None` where it does not say.
pub(crate) fn generation(keychain: &dyn Keychain, account: &str) -> Option<u64> {
    let entry = keychain.read(&generation_account(account)).ok()?;
    entry.parse().ok()
}

/// Leaves in the keychain how far a vault has come. A keychain that does not take it loses only this protection.
pub(crate) fn remember_generation(keychain: &dyn Keychain, account: &str, generation: u64) {
    let entry = Zeroizing::new(generation.to_string());
    let _ = keychain.write(&generation_account(account), entry);
}

/// Removes what the keychain holds of a vault that it no longer opens.
pub(crate) fn forget(keychain: &dyn Keychain, account: &str) {
    // What stays behind wraps nothing any more.
    let _ = keychain.remove(account);
    let _ = keychain.remove(&generation_account(account));
}

fn generation_account(account: &str) -> String {
    format!("{account}.generation")
}

/// Reads the key of `account`.
pub(crate) fn read_key(keychain: &dyn Keychain, account: &str) -> Result<Key, VaultError> {
    let secret = keychain.read(account)?;
    let bytes = STANDARD
        .decode(secret.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| VaultError::KeychainEntryWrong)?;
    Key::from_slice(&bytes).ok_or(VaultError::KeychainEntryWrong)
}

impl Keychain for Platform {
    fn read(&self, account: &str) -> Result<Zeroizing<String>, VaultError> {
        on_its_own_thread(account, |entry| entry.get_password().map(Zeroizing::new))
    }

    fn write(&self, account: &str, secret: Zeroizing<String>) -> Result<(), VaultError> {
        on_its_own_thread(account, move |entry| entry.set_password(&secret))
    }

    fn remove(&self, account: &str) -> Result<(), VaultError> {
        on_its_own_thread(account, |entry| entry.delete_credential())
    }
}

/// How many calls went over their limit and have not come back yet.
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// A thread that outlives the limit is left to end by itself: nothing can interrupt a keychain. As long as it does not
/// end, nobody waits for another.
fn on_its_own_thread<T: Send + 'static>(
    account: &str,
    call: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
) -> Result<T, VaultError> {
    if STUCK.load(Ordering::SeqCst) > 0 {
        return Err(VaultError::KeychainUnavailable);
    }
    let account = account.to_owned();
    let (answer, wait) = mpsc::channel();
    let settled = Arc::new(AtomicBool::new(false));
    let ends = Settles(Arc::clone(&settled));
    thread::Builder::new()
        .name("keychain".into())
        .spawn(move || {
            let _ends = ends;
            let result = Entry::new(SERVICE, &account).and_then(|entry| call(&entry));
            // Nobody listens after the limit.
            let _ = answer.send(result.map_err(lost));
        })
        .map_err(VaultError::from)?;
    wait.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        // A call that panics hangs up, and is not stuck.
        if !settled.swap(true, Ordering::SeqCst) {
            STUCK.fetch_add(1, Ordering::SeqCst);
        }
        Err(VaultError::KeychainUnavailable)
    })
}

/// Of a call and of who waits for it, the second to come to its end finds the flag set.
struct Settles(Arc<AtomicBool>);

impl Drop for Settles {
    fn drop(&mut self) {
        if self.0.swap(true, Ordering::SeqCst) {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn lost(error: keyring::v1::Error) -> VaultError {
    use keyring::v1::Error;
    match error {
        Error::NoEntry => VaultError::KeychainEntryMissing,
        Error::NoStorageAccess(_) => VaultError::KeychainLocked,
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => {
            VaultError::KeychainEntryWrong
        }
        _ => VaultError::KeychainUnavailable,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A keychain in memory, which can be locked the way a Secret Service is: it then denies having entries.
    #[derive(Default)]
    pub(crate) struct Fake {
        pub(crate) entries: Mutex<HashMap<String, String>>,
        pub(crate) locked: AtomicBool,
        /// Takes entries and keeps none.
        pub(crate) forgets: AtomicBool,
    }

    impl Keychain for Fake {
        fn read(&self, account: &str) -> Result<Zeroizing<String>, VaultError> {
            if self.locked.load(Ordering::Relaxed) {
                return Err(VaultError::KeychainEntryMissing);
            }
            let entries = self.entries.lock().unwrap();
            let secret = entries.get(account).cloned();
            secret
                .map(Zeroizing::new)
                .ok_or(VaultError::KeychainEntryMissing)
        }

        fn write(&self, account: &str, secret: Zeroizing<String>) -> Result<(), VaultError> {
            if self.locked.load(Ordering::Relaxed) {
                return Err(VaultError::KeychainLocked);
            }
            if !self.forgets.load(Ordering::Relaxed) {
                let mut entries = self.entries.lock().unwrap();
                entries.insert(account.into(), secret.to_string());
            }
            Ok(())
        }

        fn remove(&self, account: &str) -> Result<(), VaultError> {
            self.entries.lock().unwrap().remove(account);
            Ok(())
        }
    }

    #[test]
    fn an_entry_in_place_is_never_overwritten() {
        let keychain = Fake::default();
        let key = make_key(&keychain, "one").unwrap();
        let strange = || ("two".to_owned(), "not a key".to_owned());
        keychain.entries.lock().unwrap().extend([strange()]);
        let before = keychain.entries.lock().unwrap().clone();
        let again = make_key(&keychain, "one").unwrap();
        assert_eq!(again.expose(), key.expose());
        assert!(matches!(
            make_key(&keychain, "two"),
            Err(VaultError::KeychainEntryWrong)
        ));
        assert_eq!(*keychain.entries.lock().unwrap(), before);
    }

    #[test]
    fn a_keychain_that_keeps_nothing_is_not_relied_on() {
        let keychain = Fake::default();
        keychain.forgets.store(true, Ordering::Relaxed);
        assert!(matches!(
            make_key(&keychain, "one"),
            Err(VaultError::KeychainUnavailable)
        ));
    }

    #[test]
    fn a_cut_entry_is_reported_as_wrong() {
        let keychain = Fake::default();
        keychain
            .entries
            .lock()
            .unwrap()
            .insert("one".into(), "QUJD".into());
        assert!(matches!(
            read_key(&keychain, "one"),
            Err(VaultError::KeychainEntryWrong)
        ));
    }
}
