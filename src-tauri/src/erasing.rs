//! The minute in which what was erased can be brought back.
//!
//! Erasing hides at once; when the minute is over, by a clock that counts what the machine sleeps through, it is final.
//! Locking and ending make it final too: shutting the vault erases whatever is hidden in it.

use std::sync::Mutex;

use aparte_assistant::{Assistant, Error, Item, UNDO};

use crate::clock::Moment;
use crate::session::{Session, lock};
use crate::view::{Erasure, News};

/// What was erased, and when, as long as it can be brought back.
#[derive(Default)]
pub struct Erasing(Mutex<Waiting>);

type Waiting = Vec<(Item, Moment)>;

impl Erasing {
    /// Leaves what waits to the vault that is being shut.
    pub fn forget(&self) {
        lock(&self.0).clear();
    }
}

impl Session {
    /// Takes something out of sight, to be erased when the minute is over.
    pub fn erase(&self, assistant: &Assistant, item: Item) -> Result<(), Error> {
        if let Item::Conversation(conversation) = item {
            self.replies.stop(conversation);
        }
        let mut waiting = lock(&self.erasing.0);
        assistant.erase(item)?;
        begin(&mut waiting, item, Moment::now());
        Ok(())
    }

    /// Brings something back that still waits to be erased.
    pub fn undo_erase(&self, assistant: &Assistant, item: Item) -> Result<(), Error> {
        // Held meanwhile, so that the minute is not over in between.
        let mut waiting = lock(&self.erasing.0);
        assistant.undo_erase(item)?;
        end(&mut waiting, item);
        Ok(())
    }

    /// What can still be brought back, in the order in which it was erased.
    pub fn erasures(&self, assistant: &Assistant) -> Vec<Erasure> {
        let waiting = lock(&self.erasing.0).clone();
        let erasure = |(item, _): (Item, Moment)| {
            let name = assistant.name_of(item)?;
            let item = item.into();
            Some(Erasure { item, name })
        };
        waiting.into_iter().filter_map(erasure).collect()
    }

    /// Erases for good without waiting.
    pub fn erase_now(&self, assistant: &Assistant, item: Item) -> Result<(), Error> {
        let mut waiting = lock(&self.erasing.0);
        assistant.erase_now(item)?;
        end(&mut waiting, item);
        drop(waiting);
        self.tell_if_open(News::Erased { item: item.into() });
        Ok(())
    }

    /// Erases for good whatever has waited for its minute. What cannot be erased, on a disk that is full, waits for
    /// another one.
    pub fn erase_what_is_due(&self, now: Moment) {
        if lock(&self.erasing.0).is_empty() {
            return;
        }
        let Ok(assistant) = self.assistant() else {
            return;
        };
        let mut waiting = lock(&self.erasing.0);
        let mut erased = Vec::new();
        for item in due(&waiting, now) {
            end(&mut waiting, item);
            match assistant.erase_now(item) {
                Ok(()) => erased.push(item),
                Err(_) => begin(&mut waiting, item, now),
            }
        }
        drop(waiting);
        for item in erased {
            self.tell_if_open(News::Erased { item: item.into() });
        }
    }
}

fn begin(waiting: &mut Waiting, item: Item, now: Moment) {
    end(waiting, item);
    waiting.push((item, now));
}

fn end(waiting: &mut Waiting, item: Item) {
    waiting.retain(|(other, _)| *other != item);
}

fn due(waiting: &Waiting, now: Moment) -> Vec<Item> {
    let over = waiting
        .iter()
        .filter(|(_, began)| now.since(*began) >= UNDO);
    over.map(|(item, _)| *item).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn conversation(digit: char) -> Item {
        let id = String::from(digit).repeat(32);
        Item::Conversation(id.parse().expect("these are 32 hexadecimal digits"))
    }

    #[test]
    fn what_was_erased_can_be_brought_back_for_a_minute() {
        let (erased, mut waiting) = (Moment::now(), Waiting::new());
        begin(&mut waiting, conversation('a'), erased);
        let nearly = erased.later(UNDO - Duration::from_millis(1));
        assert!(due(&waiting, nearly).is_empty());
        assert_eq!(due(&waiting, erased.later(UNDO)), [conversation('a')]);
        assert_eq!(
            due(&waiting, erased.after_sleep(UNDO)),
            [conversation('a')],
            "the minute passes while the machine sleeps"
        );
    }

    #[test]
    fn what_was_brought_back_is_not_erased() {
        let (erased, mut waiting) = (Moment::now(), Waiting::new());
        begin(&mut waiting, conversation('a'), erased);
        begin(&mut waiting, conversation('b'), erased);
        end(&mut waiting, conversation('a'));
        assert_eq!(due(&waiting, erased.later(UNDO)), [conversation('b')]);
    }

    #[test]
    fn what_is_erased_again_has_its_minute_again() {
        let (erased, mut waiting) = (Moment::now(), Waiting::new());
        begin(&mut waiting, conversation('a'), erased);
        let again = erased.later(UNDO / 2);
        begin(&mut waiting, conversation('a'), again);
        assert!(due(&waiting, erased.later(UNDO)).is_empty());
        assert_eq!(due(&waiting, again.later(UNDO)), [conversation('a')]);
    }
}
