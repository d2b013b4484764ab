//! Sets: how the loss of a whole row, or an older one put back, is noticed.
//!
//! A sealed row proves itself, but not that its neighbours are still there. So each owner seals how many records it has,
//! and the vault how many owners and settings, each with a digest: the exclusive or of HMAC-SHA256 over the place and the
//! tag of every row (MSet-XOR-Hash of Clarke et al., "Incremental Multiset Hash Functions and Their Application to
//! Memory Integrity Checking", 2003). The digest is secret and the tags are unique, so no other set of rows has the same.
//! Adding, replacing or removing a row changes the digest at the cost of one HMAC, whatever the size of the set.

use crate::keys::{Key, SealingKey};
use crate::owner::{root_place, seal_place};
use crate::record::{TAG, open, seal};
use crate::{OwnerId, RecordId, RecordKind, SettingKey, VaultError};

/// A row of a set: its part in the digest.
pub(crate) type Element = [u8; 32];

/// The part of a row of a shape that no vault writes: it counts, and is no row of ours.
pub(crate) const STRANGER: Element = [0xff; 32];

/// How many rows there are, and which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) count: u32,
    digest: Element,
}

impl Set {
    pub(crate) fn add(&mut self, element: Element) {
        self.count = self.count.saturating_add(1);
        self.flip(element);
    }

    pub(crate) fn remove(&mut self, element: Element) {
        self.count = self.count.saturating_sub(1);
        self.flip(element);
    }

    pub(crate) fn replace(&mut self, old: Element, new: Element) {
        self.flip(old);
        self.flip(new);
    }

    fn flip(&mut self, element: Element) {
        for (mine, theirs) in self.digest.iter_mut().zip(element) {
            *mine ^= theirs;
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.count.to_be_bytes());
        bytes.extend(self.digest);
    }

    fn read(bytes: &[u8]) -> Option<(Set, &[u8])> {
        let (count, rest) = bytes.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let set = Set {
            count: u32::from_be_bytes(*count),
            digest: *digest,
        };
        Some((set, rest))
    }
}

/// The part of a record in its owner's set.
pub(crate) fn record_element(
    key: &Key,
    kind: RecordKind,
    sequence: u32,
    id: RecordId,
    sealed: &[u8],
) -> Element {
    let mut place = [0; 2 + 4 + 16];
    place[..2].copy_from_slice(&kind.0.to_be_bytes());
    place[2..6].copy_from_slice(&sequence.to_be_bytes());
    place[6..].copy_from_slice(id.as_bytes());
    element(key, b"record", &place, &[sealed])
}

/// The part of a blob in its owner's set. Its chunks hang on the key that its head gives.
pub(crate) fn blob_element(key: &Key, id: &[u8; 16], head: &[u8]) -> Element {
    element(key, b"blob", id, &[head])
}

/// The part of an owner in the vault's set.
pub(crate) fn owner_element(key: &Key, id: OwnerId, kind: i64, columns: &Columns) -> Element {
    let mut place = [0; 16 + 8];
    place[..16].copy_from_slice(id.as_bytes());
    place[16..].copy_from_slice(&kind.to_be_bytes());
    let sealed = [&columns.key[..], &columns.head, &columns.seal];
    element(key, b"owner", &place, &sealed)
}

/// The part of a setting in the vault's set.
pub(crate) fn setting_element(key: &Key, setting: SettingKey, sealed: &[u8]) -> Element {
    element(key, b"setting", &setting.0.to_be_bytes(), &[sealed])
}

/// The tag of a sealed value stands for all of it.
fn element(key: &Key, table: &[u8], place: &[u8], sealed: &[&[u8]]) -> Element {
    let mut message = Vec::with_capacity(128);
    message.push(table.len() as u8);
    message.extend(table);
    message.extend(place);
    for value in sealed {
        message.extend(&value[value.len().saturating_sub(TAG)..]);
    }
    key.authenticate(&message)
}

/// The sealed columns of an owner's row.
pub(crate) struct Columns {
    pub(crate) key: Vec<u8>,
    pub(crate) head: Vec<u8>,
    pub(crate) seal: Vec<u8>,
}

/// The records of one kind that an owner has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Records {
    kind: RecordKind,
    /// The position behind the highest that was ever taken.
    pub(crate) next: u32,
    pub(crate) set: Set,
}

/// What an owner seals of itself: all that it holds, and whether it is about to be erased.
///
/// Bytes: hidden (1) | blobs: count (4), digest (32) | for each kind of record: kind (2), next (4), count (4), digest (32).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnerSeal {
    pub(crate) hidden: bool,
    pub(crate) blobs: Set,
    records: Vec<Records>,
}

impl OwnerSeal {
    /// The records of a kind; none as long as there was none.
    pub(crate) fn records(&self, kind: RecordKind) -> Records {
        let known = self.records.iter().find(|records| records.kind == kind);
        known.copied().unwrap_or(Records {
            kind,
            next: 0,
            set: Set::default(),
        })
    }

    /// The records of a kind, to be changed.
    pub(crate) fn records_mut(&mut self, kind: RecordKind) -> &mut Records {
        let at = self.records.iter().position(|records| records.kind == kind);
        let at = at.unwrap_or_else(|| {
            self.records.push(self.records(kind));
            self.records.len() - 1
        });
        &mut self.records[at]
    }

    /// The kinds of record that there ever were.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = RecordKind> {
        self.records.iter().map(|records| records.kind)
    }

    pub(crate) fn seal(
        &self,
        key: &SealingKey,
        vault: &[u8; 16],
        kind: i64,
        owner: OwnerId,
    ) -> Result<Vec<u8>, VaultError> {
        let mut body = vec![u8::from(self.hidden)];
        self.blobs.write(&mut body);
        for records in &self.records {
            body.extend(records.kind.0.to_be_bytes());
            body.extend(records.next.to_be_bytes());
            records.set.write(&mut body);
        }
        seal(key, &seal_place(vault, kind, owner), &body)
    }

    pub(crate) fn open(
        key: &SealingKey,
        vault: &[u8; 16],
        kind: i64,
        owner: OwnerId,
        sealed: &[u8],
    ) -> Option<OwnerSeal> {
        let body = open(key, &seal_place(vault, kind, owner), sealed)?;
        let (hidden, rest) = body.split_first()?;
        let (blobs, mut rest) = Set::read(rest)?;
        let mut records = Vec::new();
        while let Some((kind, more)) = rest.split_first_chunk() {
            let (next, more) = more.split_first_chunk()?;
            let (set, more) = Set::read(more)?;
            records.push(Records {
                kind: RecordKind(u16::from_be_bytes(*kind)),
                next: u32::from_be_bytes(*next),
                set,
            });
            rest = more;
        }
        rest.is_empty().then_some(OwnerSeal {
            hidden: *hidden != 0,
            blobs,
            records,
        })
    }
}

/// What the vault seals of itself: its owners and settings, and how often it was opened, closed or erased from.
///
/// Bytes: generation (8) | untold loss (1) | owners: count (4), digest (32) | settings: count (4), digest (32).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Root {
    /// Grows at every unlock, close and erasure: a lower one than the keychain remembers is an older copy.
    pub(crate) generation: u64,
    /// The root before this one was lost, so that nobody can tell what else was.
    pub(crate) lost: bool,
    pub(crate) owners: Set,
    pub(crate) settings: Set,
}

impl Root {
    pub(crate) fn seal(&self, key: &SealingKey, vault: &[u8; 16]) -> Result<Vec<u8>, VaultError> {
        let mut body = Vec::with_capacity(81);
        body.extend(self.generation.to_be_bytes());
        body.push(u8::from(self.lost));
        self.owners.write(&mut body);
        self.settings.write(&mut body);
        seal(key, &root_place(vault), &body)
    }

    pub(crate) fn open(key: &SealingKey, vault: &[u8; 16], sealed: &[u8]) -> Option<Root> {
        let body = open(key, &root_place(vault), sealed)?;
        let (generation, rest) = body.split_first_chunk()?;
        let (lost, rest) = rest.split_first()?;
        let (owners, rest) = Set::read(rest)?;
        let (settings, rest) = Set::read(rest)?;
        rest.is_empty().then_some(Root {
            generation: u64::from_be_bytes(*generation),
            lost: *lost != 0,
            owners,
            settings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element_of(byte: u8) -> Element {
        Key::from_slice(&[9; 32]).unwrap().authenticate(&[byte])
    }

    fn key() -> SealingKey {
        SealingKey {
            id: [1; 16],
            key: Key::from_slice(&[2; 32]).unwrap(),
        }
    }

    #[test]
    fn a_set_is_the_same_in_any_order_and_tells_what_left_it() {
        let [a, b, c] = [1, 2, 3].map(element_of);
        let mut one = Set::default();
        let mut other = Set::default();
        [a, b, c].iter().for_each(|element| one.add(*element));
        [c, a].iter().for_each(|element| other.add(*element));
        assert_ne!(one, other);
        other.add(b);
        assert_eq!(one, other);
        other.remove(b);
        other.add(c);
        // As many rows, one of them twice.
        assert_ne!(one, other);
    }

    #[test]
    fn an_owners_seal_comes_back_and_opens_for_no_other_owner() {
        let owner = OwnerId::from_bytes([3; 16]);
        let mut before = OwnerSeal {
            hidden: true,
            ..OwnerSeal::default()
        };
        before.blobs.add(element_of(1));
        for kind in [RecordKind(1), RecordKind(7)] {
            let records = before.records_mut(kind);
            records.next = 5;
            records.set.add(element_of(2));
        }
        let sealed = before.seal(&key(), &[4; 16], 1, owner).unwrap();
        let open = |kind, owner| OwnerSeal::open(&key(), &[4; 16], kind, owner, &sealed);
        assert_eq!(open(1, owner), Some(before));
        assert_eq!(open(2, owner), None);
        assert_eq!(open(1, OwnerId::from_bytes([5; 16])), None);
    }

    #[test]
    fn the_root_comes_back() {
        let mut before = Root {
            generation: 7,
            lost: true,
            ..Root::default()
        };
        before.owners.add(element_of(1));
        let sealed = before.seal(&key(), &[4; 16]).unwrap();
        assert_eq!(Root::open(&key(), &[4; 16], &sealed), Some(before));
        assert_eq!(Root::open(&key(), &[5; 16], &sealed), None);
    }
}
