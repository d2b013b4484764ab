//! What the model has computed of conversations, sealed in the vault: a long one goes on at once after a restart.
//!
//! A state is a cache, never the truth: it is used only where the model, its settings and the beginning of the tokens are
//! the same, and whatever is wrong with it costs no more than reading the conversation again. All of them go with anything
//! that is erased, because it may be in any of them.

use std::time::{SystemTime, UNIX_EPOCH};

use aparte_protocol::engine::StateName;
use aparte_vault::{NewCache, Vault, VaultError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::stored;

/// Bytes of all states together, on the disk.
pub(crate) const DISK_BUDGET: u64 = 2 << 30;

/// Which states are kept. The layout is frozen: see `stored.rs`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    slot: u8,
    name: StateName,
    /// Of the model and its settings.
    fingerprint: [u8; 32],
    tokens: u32,
    bytes: u64,
    /// Milliseconds since 1970 when it was kept or read.
    used: u64,
}

/// Begins to keep the state of a conversation; `None` over a vault that keeps none. Nobody else may keep, get or forget states
/// of this vault meanwhile.
pub(crate) fn begin(
    vault: &Vault,
    name: StateName,
    fingerprint: [u8; 32],
    tokens: u32,
) -> Result<Option<NewState<'_>>, VaultError> {
    let index = Index::of(vault);
    let slot = index.slot_for(name);
    let Some(cache) = vault.begin_cache(stored::state(slot))? else {
        return Ok(None);
    };
    Ok(Some(NewState {
        vault,
        index,
        cache,
        entry: Entry {
            slot,
            name,
            fingerprint,
            tokens,
            bytes: 0,
            used: 0,
        },
    }))
}

/// A state on its way to the disk, sealed as its bytes come. One that is dropped before it is finished leaves the earlier one.
pub(crate) struct NewState<'v> {
    vault: &'v Vault,
    index: Index,
    cache: NewCache<'v>,
    entry: Entry,
}

impl NewState<'_> {
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.cache.add(bytes)
    }

    /// Keeps it in place of an earlier one. What was used longest ago gives way; a state that is larger than all of the
    /// `budget` is not kept.
    pub fn finish(self, budget: u64) -> Result<(), VaultError> {
        let NewState {
            vault,
            mut index,
            cache,
            mut entry,
        } = self;
        entry.bytes = cache.length();
        entry.used = now();
        if entry.bytes > budget {
            return Ok(());
        }
        index.entries.retain(|other| other.slot != entry.slot);
        while index.bytes() + entry.bytes > budget {
            let Some(oldest) = index.take_oldest() else {
                break;
            };
            vault.drop_cache(stored::state(oldest.slot))?;
        }
        cache.finish()?;
        index.entries.push(entry);
        index.keep(vault)
    }
}

/// The state of a conversation as a model with this fingerprint computed it, and of how many tokens it is.
pub(crate) fn get(
    vault: &Vault,
    name: StateName,
    fingerprint: [u8; 32],
) -> Option<(Zeroizing<Vec<u8>>, u32)> {
    let mut index = Index::of(vault);
    let entry = index
        .entries
        .iter_mut()
        .find(|entry| entry.name == name && entry.fingerprint == fingerprint)?;
    let state = vault.cache(stored::state(entry.slot))?;
    if state.len() as u64 != entry.bytes {
        return None;
    }
    entry.used = now();
    let tokens = entry.tokens;
    // That it was used is worth knowing, and no more.
    let _ = index.keep(vault);
    Some((state, tokens))
}

/// Removes the state of a conversation, because it did harm.
pub(crate) fn forget(vault: &Vault, name: StateName) -> Result<(), VaultError> {
    let mut index = Index::of(vault);
    match index.take(name) {
        Some(entry) => {
            index.keep(vault)?;
            vault.drop_cache(stored::state(entry.slot))
        }
        None => Ok(()),
    }
}

impl Index {
    /// What is there; nothing when it cannot be read, as after something was erased.
    fn of(vault: &Vault) -> Index {
        let bytes = vault.cache(stored::STATES);
        let index = bytes.and_then(|bytes| stored::decode::<Index>(&bytes).ok());
        index.unwrap_or_default()
    }

    fn keep(&self, vault: &Vault) -> Result<(), VaultError> {
        vault.keep_cache(stored::STATES, &stored::encode(self))
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.bytes).sum()
    }

    fn take(&mut self, name: StateName) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(place))
    }

    fn take_oldest(&mut self) -> Option<Entry> {
        let oldest = self.entries.iter().enumerate();
        let (place, _) = oldest.min_by_key(|(_, entry)| entry.used)?;
        Some(self.entries.remove(place))
    }

    /// The slot for a state of this name: its own, one that is free, or that of what was used longest ago.
    fn slot_for(&self, name: StateName) -> u8 {
        let own = self.entries.iter().find(|entry| entry.name == name);
        let is_free = |slot: &u8| self.entries.iter().all(|entry| entry.slot != *slot);
        let oldest = || self.entries.iter().min_by_key(|entry| entry.used);
        own.map(|entry| entry.slot)
            .or_else(|| (0..stored::STATE_SLOTS).find(is_free))
            .or_else(|| oldest().map(|entry| entry.slot))
            .unwrap_or_default()
    }
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use aparte_vault::OwnerKind;

    use super::*;

    const MODEL: [u8; 32] = [7; 32];

    fn name(byte: u8) -> StateName {
        StateName([byte; 16])
    }

    fn keep_of(vault: &Vault, byte: u8, length: usize, budget: u64) {
        let state = vec![byte; length];
        let mut new = begin(vault, name(byte), MODEL, 5).unwrap().unwrap();
        for piece in state.chunks(64) {
            new.add(piece).unwrap();
        }
        new.finish(budget).unwrap();
    }

    fn is_kept(vault: &Vault, byte: u8) -> bool {
        get(vault, name(byte), MODEL).is_some_and(|(state, _)| state.iter().all(|&b| b == byte))
    }

    #[test]
    fn a_state_comes_back_for_the_same_conversation_and_model_alone() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        keep_of(&vault, 1, 100, 1000);
        let (state, tokens) = get(&vault, name(1), MODEL).unwrap();
        assert_eq!((state.len(), tokens), (100, 5));
        assert!(get(&vault, name(2), MODEL).is_none());
        assert!(get(&vault, name(1), [8; 32]).is_none());
    }

    #[test]
    fn what_was_used_longest_ago_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        for byte in [1, 2, 3] {
            keep_of(&vault, byte, 300, 1000);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(is_kept(&vault, 1), "and is the latest from here on");
        std::thread::sleep(std::time::Duration::from_millis(2));
        keep_of(&vault, 4, 300, 1000);
        assert_eq!(
            [1, 2, 3, 4].map(|byte| is_kept(&vault, byte)),
            [true, false, true, true]
        );
        keep_of(&vault, 5, 2000, 1000);
        assert!(!is_kept(&vault, 5), "more than there may be");
        let files = std::fs::read_dir(folder.path().join("cache"))
            .unwrap()
            .count();
        assert_eq!(files, 4, "three states and their index");
    }

    #[test]
    fn a_newer_state_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        for length in [100, 200] {
            keep_of(&vault, 1, length, 1000);
        }
        assert_eq!(get(&vault, name(1), MODEL).unwrap().0.len(), 200);
        forget(&vault, name(1)).unwrap();
        assert!(!is_kept(&vault, 1));
        let files = std::fs::read_dir(folder.path().join("cache"))
            .unwrap()
            .count();
        assert_eq!(files, 1, "the index");
    }

    #[test]
    fn a_state_that_does_not_come_to_its_end_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        keep_of(&vault, 1, 100, 1000);
        let mut cut = begin(&vault, name(1), MODEL, 9).unwrap().unwrap();
        cut.add(&[2; 100_000]).unwrap();
        drop(cut);
        assert!(is_kept(&vault, 1));
        let files = std::fs::read_dir(folder.path().join("cache"))
            .unwrap()
            .count();
        assert_eq!(files, 2, "the state and the index");
        let in_memory = Vault::in_memory().unwrap();
        assert!(begin(&in_memory, name(1), MODEL, 9).unwrap().is_none());
    }

    #[test]
    fn more_states_than_there_are_slots_do_not_take_each_others_place_wrongly() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        let all = stored::STATE_SLOTS + 3;
        for byte in 0..all {
            keep_of(&vault, byte, 1, 1000);
        }
        let kept = (0..all).filter(|&byte| is_kept(&vault, byte)).count();
        assert_eq!(kept, usize::from(stored::STATE_SLOTS));
    }

    #[test]
    fn whatever_is_erased_takes_all_states_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create_for_tests(folder.path(), &[1; 32]).unwrap();
        let owner = vault
            .write(|change| change.create_owner(OwnerKind::Conversation, b"a"))
            .unwrap();
        keep_of(&vault, 1, 100, 1000);
        vault.write(|change| change.erase_owner(owner)).unwrap();
        assert!(!is_kept(&vault, 1));
        assert!(
            std::fs::read_dir(folder.path().join("cache"))
                .unwrap()
                .next()
                .is_none()
        );
    }
}
