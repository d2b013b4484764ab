//! What opens the vault, changed while it is open. No record is touched: only the wrapped master key is.
//!
//! The master key is not in memory while a vault is open, so each change asks for what opens the vault today, which is
//! also what keeps somebody at an unattended machine from changing it. The database takes the new slots first, then
//! `vault.json`: a crash in between leaves two genuine manifests, of which the newer one is true.

use secrecy::SecretString;

use crate::keychain;
use crate::keys::{Key, Keyring};
use crate::recovery::{self, RecoveryWords, WordList};
use crate::slots::{Manifest, Slot, account, is_authentic};
use crate::vault::Place;
use crate::{Cost, Part, Protection, SlotKind, Vault, VaultError, database, folder};

impl Vault {
    /// The kinds of the slots that open this vault; none for a vault in memory.
    pub fn slots(&self) -> Vec<SlotKind> {
        self.store().slots.clone()
    }

    /// Lets a passphrase open the vault, in place of an earlier passphrase and of the keychain. `proof` is what opens it
    /// today.
    pub fn set_passphrase(
        &self,
        proof: Protection<'_>,
        passphrase: &SecretString,
        cost: Cost,
    ) -> Result<(), VaultError> {
        let had_keychain = self.slots().contains(&SlotKind::Keychain);
        let keychain = self.place()?.keychain.as_ref();
        self.change_slots(proof, EITHER, |master| {
            let protection = Protection::Passphrase(passphrase);
            Slot::make(self.id, master, protection, cost.checked()?, keychain).map(Some)
        })?;
        if had_keychain {
            keychain::forget(keychain, &account(&self.id));
        }
        Ok(())
    }

    /// Lets the keychain open the vault, in place of a passphrase. `proof` is what opens it today.
    pub fn set_keychain(&self, proof: Protection<'_>) -> Result<(), VaultError> {
        let keychain = self.place()?.keychain.as_ref();
        self.change_slots(proof, EITHER, |master| {
            Slot::make(
                self.id,
                master,
                Protection::Keychain,
                Cost::DEFAULT,
                keychain,
            )
            .map(Some)
        })?;
        self.remember_generation();
        Ok(())
    }

    /// Draws recovery words, in place of earlier ones. `proof` is what opens the vault today. The words are shown once
    /// and kept nowhere.
    pub fn make_recovery(
        &self,
        proof: Protection<'_>,
        list: WordList,
    ) -> Result<RecoveryWords, VaultError> {
        let (key, words) = recovery::draw(list)?;
        self.change_slots(proof, &[SlotKind::Recovery], |master| {
            Slot::recovery(self.id, master, key).map(Some)
        })?;
        Ok(words)
    }

    /// Draws recovery words in place of earlier ones, which are worthless only once `show` has succeeded. It is not called
    /// where `proof` does not open the vault.
    ///
    /// # Errors
    /// What `show` reports, the earlier words still valid; what [`Vault::unlock`] reports of the proof;
    /// [`VaultError::FolderGone`].
    pub fn make_recovery_once_shown<E: From<VaultError>>(
        &self,
        proof: Protection<'_>,
        list: WordList,
        show: impl FnOnce(&RecoveryWords) -> Result<(), E>,
    ) -> Result<(), E> {
        let (key, words) = recovery::draw(list)?;
        self.change_slots(proof, &[SlotKind::Recovery], |master| {
            let slot = Slot::recovery(self.id, master, key)?;
            show(&words)?;
            Ok(Some(slot))
        })
    }

    /// Makes the recovery words worthless. `proof` is what opens the vault today.
    ///
    /// # Errors
    /// [`VaultError::LastSlot`] if nothing else would open the vault.
    pub fn remove_recovery(&self, proof: Protection<'_>) -> Result<(), VaultError> {
        self.change_slots(proof, &[SlotKind::Recovery], |_| Ok(None))
    }

    fn change_slots<E: From<VaultError>>(
        &self,
        proof: Protection<'_>,
        instead_of: &[SlotKind],
        slot: impl FnOnce(&Key) -> Result<Option<Slot>, E>,
    ) -> Result<(), E> {
        let place = self.place()?;
        let mut store = self.store();
        let bytes = database::manifest(&store.connection)?;
        let manifest = Manifest::read(&bytes)?;
        let master = manifest.open(proof, place.keychain.as_ref())?;
        if !is_authentic(&bytes, &Keyring::of(&master).manifest) {
            return Err(VaultError::Damaged(Part::Keyslots).into());
        }
        let manifest = manifest.with(slot(&master)?, instead_of);
        drop(master);
        let slots = manifest.kinds();
        if slots.is_empty() {
            return Err(VaultError::LastSlot.into());
        }
        let bytes = manifest.signed(&self.keys.manifest);
        place.check()?;
        database::set_manifest(&store.connection, &bytes)?;
        // From here on the new slots hold, whatever becomes of the rest. A `vault.json` that cannot be replaced is older
        // than its copy, opens nothing, and is replaced when the vault is unlocked.
        store.slots = slots;
        let _ = folder::write_slots(&place.folder, &bytes);
        // The wrapped key that was replaced is still in the journal, and in the copies made before a migration.
        store.clean(Some(place), &self.keys);
        Ok(())
    }

    fn place(&self) -> Result<&Place, VaultError> {
        self.place.as_ref().ok_or(VaultError::Absent)
    }
}

/// A vault has a passphrase or the keychain, and recovery words beside either.
const EITHER: &[SlotKind] = &[SlotKind::Passphrase, SlotKind::Keychain];
