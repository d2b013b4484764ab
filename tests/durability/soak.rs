//! F9: a long life takes no more than a short one: no descriptor, thread or memory is kept, and the journal stays short.
//!
//! What is stored is the same at the end of each day of that life, so that whatever grows was left behind.

use std::fs;
use std::path::Path;

use aparte_assistant::{Assistant, Item, Language};
use aparte_vault::Vault;

use crate::keys::MASTER;
use crate::program::{conclude, ground, is_campaign};

/// Messages of a day: so many conversations, each begun with a question and typed in once more.
const CONVERSATIONS: usize = 5;

/// The longest that the journal may become, in bytes.
const JOURNAL: u64 = 64 << 20;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    descriptors: usize,
    threads: usize,
    resident: u64,
}

impl Held {
    fn of_this_process() -> Held {
        let count = |folder: &str| fs::read_dir(folder).expect("Linux tells").count();
        let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells");
        let resident = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        Held {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            resident: resident.unwrap_or(0) * 4096,
        }
    }
}

#[test]
fn a_long_life_takes_no_more_than_a_short_one() {
    let messages = if is_campaign() { 100_000 } else { 1_000 };
    let days = messages / (2 * CONVERSATIONS);
    let ground = ground();
    let folder = ground.path().join("vault");
    drop(Vault::create_for_tests(&folder, &MASTER).unwrap());
    // What is made once, such as SQLite's page caches, is made in the first tenth.
    for day in 0..days / 10 {
        live(&folder, day);
    }
    let before = Held::of_this_process();
    let mut complaints = Vec::new();
    for day in days / 10..days {
        let journal = live(&folder, day);
        if journal > JOURNAL {
            complaints.push(format!("day {day}: a journal of {journal} bytes"));
        }
    }
    let after = Held::of_this_process();
    println!("{before:?}\n{after:?}");
    if after.descriptors > before.descriptors || after.threads > before.threads {
        complaints.push(format!("{before:?} became {after:?}"));
    }
    if after.resident > before.resident + before.resident / 20 {
        complaints.push(format!("memory grew: {before:?} became {after:?}"));
    }
    let database = folder.join("vault.db").metadata().unwrap().len();
    if database > 4 << 20 {
        complaints.push(format!(
            "the database has {database} bytes and holds nothing"
        ));
    }
    conclude(messages, &complaints);
}

/// Opens the vault, says what is said in a day, erases it and closes. Gives how long the journal became.
fn live(folder: &Path, day: usize) -> u64 {
    let vault = Vault::unlock_for_tests(folder, &MASTER).unwrap();
    let assistant = Assistant::open(vault, "no-worker".into(), None, Language::English).unwrap();
    let begun: Vec<_> = (0..CONVERSATIONS)
        .map(|number| {
            let question = format!("What was decided on day {day} about matter {number}?");
            let begun = assistant.begin(&question, &[], false).unwrap();
            let typed = question.repeat(20);
            assistant.keep_draft(Some(begun.id), &typed).unwrap();
            begun.id
        })
        .collect();
    let journal = folder.join("vault.db-wal").metadata().unwrap().len();
    assert!(!assistant.find("decided", 10).unwrap().is_empty());
    for conversation in begun {
        assistant
            .erase_now(Item::Conversation(conversation))
            .unwrap();
    }
    assistant.close().unwrap();
    journal
}
