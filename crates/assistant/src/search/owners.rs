//! Whose rows the index holds: each owner with the state that it was indexed in.

use std::collections::HashMap;

use super::{Fingerprint, Owner};

/// The owners, by a small number that rows name them by.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// `None` where an owner was removed.
    slots: Vec<Option<(Owner, Fingerprint)>>,
    numbers: HashMap<Owner, u32>,
    /// The numbers that are nobody's any more, to be given again.
    free: Vec<u32>,
}

impl Owners {
    /// The number of an owner that is here.
    pub fn number(&self, owner: Owner) -> Option<u32> {
        self.numbers.get(&owner).copied()
    }

    /// The number that an owner has, or gets when it is [`set`](Owners::set).
    pub fn number_for(&self, owner: Owner) -> u32 {
        let next = || {
            let free = self.free.last().copied();
            free.unwrap_or(self.slots.len() as u32)
        };
        self.number(owner).unwrap_or_else(next)
    }

    /// Notes the state in which an owner is held.
    pub fn set(&mut self, owner: Owner, fingerprint: Fingerprint) {
        let number = self.number_for(owner);
        if self.free.last() == Some(&number) {
            self.free.pop();
        }
        if number as usize == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[number as usize] = Some((owner, fingerprint));
        self.numbers.insert(owner, number);
    }

    /// Forgets every owner that is not to be kept. Their numbers may be others' from here on.
    pub fn retain(&mut self, keep: impl Fn(Owner) -> bool) {
        for (number, slot) in (0..).zip(&mut self.slots) {
            if let Some((owner, _)) = *slot
                && !keep(owner)
            {
                *slot = None;
                self.numbers.remove(&owner);
                self.free.push(number);
            }
        }
    }

    /// The owner with a number, and its state.
    pub fn get(&self, number: u32) -> Option<(Owner, Fingerprint)> {
        self.slots.get(number as usize).copied().flatten()
    }

    /// Every owner with its number and state, in the order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Owner, Fingerprint)> {
        let slots = (0..).zip(&self.slots);
        slots.filter_map(|(number, slot)| {
            slot.map(|(owner, fingerprint)| (number, owner, fingerprint))
        })
    }

    /// One more than the highest number that an owner ever had.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// For each number whether its owner is wanted.
    pub fn wanted(&self, wanted: impl Fn(Owner) -> bool) -> Vec<bool> {
        self.slots
            .iter()
            .map(|slot| slot.is_some_and(|(owner, _)| wanted(owner)))
            .collect()
    }

    /// The bytes that it takes in memory.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Option<(Owner, Fingerprint)>>()
            + self.numbers.capacity() * (size_of::<(Owner, u32)>() + 1)
            + self.free.capacity() * size_of::<u32>()
    }
}
