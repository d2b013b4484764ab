//! What a scenario tried and what was acknowledged, and whether a vault agrees with it.
//!
//! The scenario prints a line before and after each operation. What was begun and not acknowledged may be there or not,
//! but whole; what was acknowledged is there, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use aparte_vault::{CacheKind, Notice, OwnerId, OwnerKind, RecordKind, SettingKey, Vault};

use crate::plan::{self, Item, Operation};

/// What is said of an item that was to be erased when the vault opened, and only is out of sight.
pub const NOT_ERASED: &str = "is not erased yet";

pub const MESSAGE: RecordKind = RecordKind(1);
pub const PAGE: RecordKind = RecordKind(2);
pub const DRAFT: RecordKind = RecordKind(3);
pub const CACHE: CacheKind = CacheKind(1);

/// A value over time: the one that is sure, and those that may have taken its place since.
#[derive(Clone, Debug)]
struct Past<T> {
    sure: Option<T>,
    perhaps: Vec<T>,
}

impl<T> Default for Past<T> {
    fn default() -> Self {
        Past {
            sure: None,
            perhaps: Vec::new(),
        }
    }
}

impl<T: PartialEq + Debug> Past<T> {
    fn try_to_be(&mut self, value: T) {
        self.perhaps.push(value);
    }

    fn is(&mut self, value: T) {
        self.perhaps.clear();
        self.sure = Some(value);
    }

    fn allows(&self, value: Option<&T>) -> bool {
        self.sure.as_ref() == value || value.is_some_and(|value| self.perhaps.contains(value))
    }
}

#[derive(Clone, Debug, Default)]
struct Owned {
    exists: Past<bool>,
    title: Past<u32>,
    draft: Past<u32>,
    /// In the order in which they were said, and whether they were acknowledged.
    messages: Vec<(u32, bool)>,
}

/// What was tried, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct History {
    vault: Past<bool>,
    items: BTreeMap<Item, Owned>,
    settings: BTreeMap<u16, Past<u32>>,
    cache: Past<u32>,
    /// How many operations were acknowledged.
    pub acknowledged: usize,
    /// What the scenario was refused, as it named it.
    pub refusals: Vec<String>,
    /// How far the plan was carried out.
    pub reached: usize,
}

impl History {
    /// Takes in what a scenario printed. A line that was cut by its death was not said.
    pub fn hear(&mut self, plan: &[Operation], printed: &str) {
        let end = printed.rfind('\n').map_or(0, |at| at + 1);
        for line in printed[..end].lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (word, rest.parse::<usize>()) {
                ("begin", Ok(number)) => {
                    self.reached = number + 1;
                    self.begin(plan[number]);
                }
                ("done", Ok(number)) => {
                    self.acknowledged += 1;
                    self.done(plan[number]);
                }
                ("begin", Err(_)) => self.vault.try_to_be(true),
                ("done", Err(_)) => self.vault.is(true),
                ("refused", _) => self.refusals.push(rest.to_owned()),
                _ => (),
            }
        }
    }

    /// Whether a vault must be there.
    pub fn has_vault(&self) -> bool {
        self.vault.sure == Some(true)
    }

    fn begin(&mut self, operation: Operation) {
        match operation {
            Operation::Begin { conversation } => {
                let owned = self.of(Item::Conversation(conversation));
                owned.exists.try_to_be(true);
                owned.title.is(0);
            }
            Operation::Import { document } => {
                let owned = self.of(Item::Document(document));
                owned.exists.try_to_be(true);
                owned.title.is(0);
            }
            Operation::Say {
                conversation,
                message,
            } => {
                let messages = &mut self.of(Item::Conversation(conversation)).messages;
                messages.push((message, false));
            }
            Operation::Draft {
                conversation,
                version,
            } => self
                .of(Item::Conversation(conversation))
                .draft
                .try_to_be(version),
            Operation::Rename {
                conversation,
                version,
            } => self
                .of(Item::Conversation(conversation))
                .title
                .try_to_be(version),
            // What is hidden when a vault opens is erased: to whoever looks after a restart, the two are one.
            Operation::Erase { item } | Operation::Hide { item } => {
                self.of(item).exists.try_to_be(false);
            }
            Operation::Show { item } => self.of(item).exists.try_to_be(true),
            Operation::Set { key, version } => {
                self.settings.entry(key).or_default().try_to_be(version);
            }
            Operation::Cache { version } => self.cache.try_to_be(version),
            Operation::Close | Operation::Drop => (),
        }
    }

    fn done(&mut self, operation: Operation) {
        match operation {
            Operation::Begin { conversation } => {
                self.of(Item::Conversation(conversation)).exists.is(true);
            }
            Operation::Import { document } => self.of(Item::Document(document)).exists.is(true),
            Operation::Say {
                conversation,
                message,
            } => {
                let messages = &mut self.of(Item::Conversation(conversation)).messages;
                let said = messages.iter_mut().find(|said| said.0 == message);
                said.expect("it was begun").1 = true;
            }
            Operation::Draft {
                conversation,
                version,
            } => self.of(Item::Conversation(conversation)).draft.is(version),
            Operation::Rename {
                conversation,
                version,
            } => self.of(Item::Conversation(conversation)).title.is(version),
            Operation::Erase { item } | Operation::Hide { item } => {
                self.of(item).exists.is(false);
            }
            Operation::Show { item } => self.of(item).exists.is(true),
            Operation::Set { key, version } => {
                self.settings.entry(key).or_default().is(version);
            }
            Operation::Cache { version } => self.cache.is(version),
            Operation::Close | Operation::Drop => (),
        }
    }

    fn of(&mut self, item: Item) -> &mut Owned {
        self.items.entry(item).or_default()
    }

    /// Everything in which a vault differs from what may be in it.
    pub fn complaints(&self, vault: &Vault) -> Vec<String> {
        let mut complaints = Vec::new();
        let unexpected = |notice: &&Notice| !matches!(notice, Notice::SlotsRepaired);
        for notice in vault.notices().iter().filter(unexpected) {
            complaints.push(format!("noticed {notice:?}"));
        }
        let mut seen = BTreeSet::new();
        for kind in [OwnerKind::Conversation, OwnerKind::Document] {
            match vault.owners(kind) {
                Ok(owners) if owners.damaged.is_empty() && owners.loss.is_none() => {
                    for owner in owners.readable {
                        match plan::of_head(&owner.head) {
                            Some((item, _)) if owner.hidden => {
                                complaints.push(format!("{item} {NOT_ERASED}"));
                            }
                            Some((item, version)) if seen.insert(item) => {
                                self.check(vault, owner.id, item, version, &mut complaints);
                            }
                            _ => complaints.push("an owner that nobody made".to_owned()),
                        }
                    }
                }
                Ok(owners) => complaints.push(format!(
                    "of the owners {} are damaged, and {:?}",
                    owners.damaged.len(),
                    owners.loss
                )),
                Err(error) => complaints.push(format!("the owners are not listed: {error:?}")),
            }
        }
        for (item, owned) in &self.items {
            // Nothing and “not there” are the same to whoever looks.
            let found = seen.contains(item);
            let allowed =
                owned.exists.allows(Some(&found)) || !found && owned.exists.sure.is_none();
            if !allowed {
                complaints.push(format!(
                    "{item} is {}there: {:?}",
                    if found { "" } else { "not " },
                    owned.exists
                ));
            }
        }
        for (key, past) in &self.settings {
            match vault.setting(SettingKey(*key)) {
                Ok(value) => {
                    let version = value.as_ref().map(|value| {
                        let versions = past.sure.iter().chain(&past.perhaps);
                        let same = |version: &&u32| plan::setting(*key, **version) == *value;
                        versions.copied().find(|version| same(&version))
                    });
                    if !match version {
                        None => past.allows(None),
                        Some(version) => version.is_some(),
                    } {
                        complaints.push(format!("setting {key} is not one of {past:?}"));
                    }
                }
                Err(error) => complaints.push(format!("setting {key}: {error:?}")),
            }
        }
        if let Some(cache) = vault.cache(CACHE) {
            let mut versions = self.cache.sure.iter().chain(&self.cache.perhaps);
            if !versions.any(|version| plan::cache(*version) == **cache) {
                complaints.push(format!("the cache is not one of {:?}", self.cache));
            }
        }
        complaints
    }

    fn check(
        &self,
        vault: &Vault,
        id: OwnerId,
        item: Item,
        title: u32,
        complaints: &mut Vec<String>,
    ) {
        let Some(owned) = self.items.get(&item) else {
            complaints.push(format!("{item} was never made"));
            return;
        };
        if !owned.title.allows(Some(&title)) {
            complaints.push(format!("{item} has title {title}: {:?}", owned.title));
        }
        let mut bodies = |kind| match vault.records(id, kind) {
            Ok(records) if records.damaged.is_empty() && records.loss.is_none() => {
                let records = records.readable.into_iter();
                records.map(|record| record.body).collect::<Vec<_>>()
            }
            Ok(records) => {
                complaints.push(format!(
                    "of the records of {item} {} are damaged, and {:?}",
                    records.damaged.len(),
                    records.loss
                ));
                Vec::new()
            }
            Err(error) => {
                complaints.push(format!("the records of {item} are not read: {error:?}"));
                Vec::new()
            }
        };
        match item {
            Item::Conversation(conversation) => {
                let (messages, drafts) = (bodies(MESSAGE), bodies(DRAFT));
                complaints.extend(owned.messages_differ(conversation, &messages));
                let versions = owned.draft.sure.iter().chain(&owned.draft.perhaps);
                let known = |body: &[u8]| {
                    let mut versions = versions.clone();
                    versions.any(|version| plan::draft(conversation, *version) == body)
                };
                let right = match drafts.as_slice() {
                    [] => owned.draft.sure.is_none(),
                    [draft] => known(draft),
                    _ => false,
                };
                if !right {
                    complaints.push(format!("the draft of {item} is none of {:?}", owned.draft));
                }
            }
            Item::Document(document) => {
                if bodies(PAGE) != plan::pages(document) {
                    complaints.push(format!("the pages of {item} are not those imported"));
                }
                let blobs = vault.blobs(id).unwrap_or_default();
                let whole = match blobs.as_slice() {
                    [blob] => vault
                        .blob(id, *blob)
                        .is_ok_and(|bytes| bytes == plan::original(document)),
                    _ => false,
                };
                if !whole {
                    complaints.push(format!("the original of {item} is not the one imported"));
                }
            }
        }
    }
}

impl Owned {
    /// The stored messages are those that were said, in that order, of which only unacknowledged ones may be missing.
    fn messages_differ(&self, conversation: u32, stored: &[Vec<u8>]) -> Option<String> {
        let mut said = self.messages.iter();
        for body in stored {
            let number = plan::of_message(body).unwrap_or_default();
            if *body != plan::message(conversation, number) {
                return Some(format!("message {number} of {conversation} is altered"));
            }
            loop {
                match said.next() {
                    Some((next, _)) if *next == number => break,
                    Some((missing, true)) => {
                        return Some(format!("message {missing} of {conversation} is lost"));
                    }
                    Some((_, false)) => (),
                    None => {
                        return Some(format!(
                            "message {number} of {conversation} is out of place"
                        ));
                    }
                }
            }
        }
        said.find(|(_, acknowledged)| *acknowledged)
            .map(|(missing, _)| format!("message {missing} of {conversation} is lost"))
    }
}
