//! A program that uses a vault and says, line by line, what it begins and what was acknowledged. The tests of durability
//! kill it, make its calls fail, and cut its power.
//!
//! `done N` is printed once the vault has answered that operation N is stored, and never before.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aparte_vault::{
    Cost, OwnerId, OwnerKind, Protection, Replacement, SettingKey, State, Vault, VaultError,
    WordList,
};
use secrecy::SecretString;

#[expect(dead_code, reason = "the tests use the rest")]
mod history;
#[expect(dead_code, reason = "the tests use the rest")]
mod keys;
mod plan;

use history::{CACHE, DRAFT, History, MESSAGE, PAGE};
use plan::{Item, Operation};

/// What ends a scenario: the vault does not open, and it said why.
const REFUSED: u8 = 3;

fn main() -> ExitCode {
    say("ready");
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            say(&format!("refused {refusal}"));
            ExitCode::from(REFUSED)
        }
    }
}

fn run(words: &[OsString]) -> Result<(), Box<dyn Error>> {
    let (name, rest) = words.split_first().ok_or("no scenario is named")?;
    let text = |at: usize| -> Result<&str, Box<dyn Error>> {
        let word = rest.get(at).ok_or("a word is missing")?;
        Ok(word.to_str().ok_or("a number is not UTF-8")?)
    };
    let path = |at: usize| rest.get(at).map(PathBuf::from).ok_or("a path is missing");
    match name.to_str() {
        Some("write") => {
            let (seed, from, to) = (text(1)?.parse()?, text(2)?.parse()?, text(3)?.parse()?);
            write(&path(0)?, &plan::plan(seed, to), from)
        }
        Some("check") => check(&path(0)?, text(1)?.parse()?, text(2)?.parse()?, &path(3)?),
        Some("open") => open_by_key(&path(0)?, text(1)?),
        Some("slots") => change_slots(&path(0)?),
        Some("back-up") => back_up(&path(0)?, &path(1)?),
        Some("restore") => restore(&path(0)?, &path(1)?),
        Some("replace") => replace(&path(0)?, &path(1)?),
        Some("clock") => tell_the_time(),
        Some("careless") => careless(&path(0)?, text(1)?),
        _ => Err("there is no such scenario".into()),
    }
}

/// Carries out a plan from one of its operations on. A refusal is said, and the next operation is tried.
fn write(folder: &Path, plan: &[Operation], from: usize) -> Result<(), Box<dyn Error>> {
    let mut vault = Some(open_or_create(folder)?);
    for (number, operation) in plan.iter().enumerate().skip(from) {
        let open = match vault.take() {
            Some(open) => open,
            None => unlock(folder)?,
        };
        if matches!(operation, Operation::Close | Operation::Drop) {
            say(&format!("begin {number}"));
            let closed = match operation {
                Operation::Close => open.close(),
                _ => {
                    drop(open);
                    Ok(())
                }
            };
            conclude(number, closed);
            continue;
        }
        let result = perform(&open, *operation, || say(&format!("begin {number}")));
        match result {
            // What it is about was never stored, or is erased.
            Err(VaultError::NotFound) => say(&format!("skipped {number}")),
            result => conclude(number, result),
        }
        vault = Some(open);
    }
    Ok(())
}

fn conclude(number: usize, result: Result<(), VaultError>) {
    match result {
        Ok(()) => say(&format!("done {number}")),
        Err(error) => say(&format!("refused {number} {error:?}")),
    }
}

/// Opens the vault of a folder, or makes it. What fails is tried once more, as a person would.
fn open_or_create(folder: &Path) -> Result<Vault, VaultError> {
    let attempt = || match Vault::look(folder)? {
        State::Absent => {
            say("begin vault");
            let vault = Vault::create_for_tests(folder, &keys::MASTER)?;
            say("done vault");
            Ok(vault)
        }
        State::Locked { .. } => Vault::unlock_for_tests(folder, &keys::MASTER),
    };
    twice(attempt)
}

fn unlock(folder: &Path) -> Result<Vault, VaultError> {
    twice(|| Vault::unlock_for_tests(folder, &keys::MASTER))
}

fn twice<T>(attempt: impl Fn() -> Result<T, VaultError>) -> Result<T, VaultError> {
    attempt().or_else(|error| {
        say(&format!("refused open {error:?}"));
        attempt()
    })
}

fn perform(vault: &Vault, operation: Operation, begin: impl Fn()) -> Result<(), VaultError> {
    match operation {
        Operation::Begin { conversation } => {
            let head = plan::head(Item::Conversation(conversation), 0);
            begin();
            vault.write(|change| change.create_owner(OwnerKind::Conversation, head.as_bytes()))?;
        }
        Operation::Say {
            conversation,
            message,
        } => {
            let owner = find(vault, Item::Conversation(conversation))?;
            let body = plan::message(conversation, message);
            begin();
            vault.write(|change| change.append(owner, MESSAGE, &body))?;
        }
        Operation::Draft {
            conversation,
            version,
        } => {
            let owner = find(vault, Item::Conversation(conversation))?;
            let body = plan::draft(conversation, version);
            let draft = vault.last_record(owner, DRAFT)?;
            begin();
            vault.write(|change| match draft {
                Some(draft) => change.replace(owner, draft.id, &body),
                None => change.put(owner, DRAFT, 0, &body).map(drop),
            })?;
        }
        Operation::Rename {
            conversation,
            version,
        } => {
            let item = Item::Conversation(conversation);
            let owner = find(vault, item)?;
            begin();
            vault.write(|change| change.set_head(owner, plan::head(item, version).as_bytes()))?;
        }
        Operation::Import { document } => {
            let (pages, original) = (plan::pages(document), plan::original(document));
            let head = plan::head(Item::Document(document), 0);
            begin();
            vault.write(|change| {
                let owner = change.create_owner(OwnerKind::Document, head.as_bytes())?;
                change.put_blob(owner, original.as_slice())?;
                for page in &pages {
                    change.append(owner, PAGE, page)?;
                }
                Ok(())
            })?;
        }
        Operation::Erase { item } => {
            let owner = find(vault, item)?;
            begin();
            vault.write(|change| change.erase_owner(owner))?;
        }
        Operation::Hide { item } => {
            let owner = find(vault, item)?;
            begin();
            vault.write(|change| change.hide_owner(owner))?;
        }
        Operation::Show { item } => {
            let owner = find(vault, item)?;
            begin();
            vault.write(|change| change.show_owner(owner))?;
        }
        Operation::Set { key, version } => {
            begin();
            let value = plan::setting(key, version);
            vault.write(|change| change.set_setting(SettingKey(key), &value))?;
        }
        Operation::Cache { version } => {
            begin();
            vault.keep_cache(CACHE, &plan::cache(version))?;
        }
        Operation::Close | Operation::Drop => unreachable!("these end the vault"),
    }
    Ok(())
}

fn find(vault: &Vault, item: Item) -> Result<OwnerId, VaultError> {
    let kind = match item {
        Item::Conversation(_) => OwnerKind::Conversation,
        Item::Document(_) => OwnerKind::Document,
    };
    let owners = vault.owners(kind)?.readable.into_iter();
    owners
        .filter(|owner| plan::of_head(&owner.head).is_some_and(|(found, _)| found == item))
        .map(|owner| owner.id)
        .next()
        .ok_or(VaultError::NotFound)
}

/// Compares a vault with what earlier runs printed into a file.
fn check(folder: &Path, seed: u64, count: usize, printed: &Path) -> Result<(), Box<dyn Error>> {
    let mut history = History::default();
    history.hear(&plan::plan(seed, count), &fs::read_to_string(printed)?);
    if history.acknowledged == 0 {
        return Err("nothing was acknowledged, so nothing can be missed".into());
    }
    let complaints = history.complaints(&unlock(folder)?);
    match complaints.is_empty() {
        true => {
            say(&format!("sound {}", history.acknowledged));
            Ok(())
        }
        false => Err(complaints.join("; ").into()),
    }
}

/// Opens a vault by its master key and closes it, which is when a vault of an earlier format is brought to this one.
fn open_by_key(folder: &Path, key: &str) -> Result<(), Box<dyn Error>> {
    let key = keys::of_text(key).ok_or("the key is not one")?;
    say("begin open");
    let vault = twice(|| Vault::unlock_for_tests(folder, &key))?;
    say("done open");
    Ok(vault.close()?)
}

/// Changes what opens a vault, in every way that needs no keychain.
fn change_slots(folder: &Path) -> Result<(), Box<dyn Error>> {
    let secrets = keys::PASSPHRASES.map(SecretString::from);
    let [first, second, third] = secrets.each_ref().map(Protection::Passphrase);
    let vault = Vault::unlock(folder, first)?;
    let slot = |name: &str, change: &dyn Fn() -> Result<(), VaultError>| {
        say(&format!("begin {name}"));
        let result = change();
        match &result {
            Ok(()) => say(&format!("done {name}")),
            Err(error) => say(&format!("refused {name} {error:?}")),
        }
        result.is_ok()
    };
    // Each is proven by the one before: after a refusal there is nothing to go on with.
    let _ = slot("second", &|| {
        vault.set_passphrase(first, &secrets[1], Cost::FLOOR)
    }) && slot("words", &|| {
        vault
            .make_recovery(second, WordList::English)
            .map(|words| say(&format!("words {}", words.expose())))
    }) && slot("third", &|| {
        vault.set_passphrase(second, &secrets[2], Cost::FLOOR)
    }) && slot("no words", &|| vault.remove_recovery(third));
    Ok(())
}

fn back_up(folder: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let first = SecretString::from(keys::PASSPHRASES[0]);
    let vault = Vault::unlock(folder, Protection::Passphrase(&first))?;
    say("begin back-up");
    vault.back_up(to)?;
    say("done back-up");
    Ok(())
}

fn restore(backup: &Path, into: &Path) -> Result<(), Box<dyn Error>> {
    let first = SecretString::from(keys::PASSPHRASES[0]);
    say("begin restore");
    Vault::restore(backup, into, Protection::Passphrase(&first))?;
    say("done restore");
    Ok(())
}

fn replace(backup: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let first = SecretString::from(keys::PASSPHRASES[0]);
    let first = Protection::Passphrase(&first);
    say("begin replace");
    Replacement::prepare(backup, folder, first)?.take_place(first)?;
    say("done replace");
    Ok(())
}

/// Prints the seconds since 1970.
fn tell_the_time() -> Result<(), Box<dyn Error>> {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    say(&format!("clock {}", wall.as_secs()));
    Ok(())
}

/// Acknowledges what is not stored: the tests must find these out.
fn careless(folder: &Path, way: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    File::open(folder)?.sync_all()?;
    File::open(folder.parent().ok_or("a folder is in another")?)?.sync_all()?;
    let items = 0..keys::CARELESS_ITEMS;
    match way {
        // Written, and never brought to the disk.
        "unsynced" => {
            let mut file = append(folder)?;
            File::open(folder)?.sync_all()?;
            for item in items {
                writeln!(file, "item {item}")?;
                say(&format!("done {item}"));
            }
        }
        // Brought to the disk under a name that is not.
        "unnamed" => {
            for item in items {
                let mut file = File::create(folder.join("aside"))?;
                writeln!(file, "{}", listed(item))?;
                file.sync_all()?;
                fs::rename(folder.join("aside"), folder.join("items"))?;
                say(&format!("done {item}"));
            }
        }
        // Still in the program's own memory.
        "unwritten" => {
            let mut file = BufWriter::new(append(folder)?);
            for item in items {
                writeln!(file, "item {item}")?;
                say(&format!("done {item}"));
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
        // Deaf to what the system says.
        "deaf" => {
            let mut file = append(folder)?;
            for item in items {
                let _ = writeln!(file, "item {item}");
                let _ = file.sync_all();
                say(&format!("done {item}"));
            }
        }
        // As it should be: a test that finds this one out is mistaken.
        "careful" => {
            let mut file = append(folder)?;
            File::open(folder)?.sync_all()?;
            for item in items {
                writeln!(file, "item {item}")?;
                file.sync_all()?;
                say(&format!("done {item}"));
            }
        }
        _ => return Err("there is no such way".into()),
    }
    Ok(())
}

fn append(folder: &Path) -> io::Result<File> {
    let items = folder.join("items");
    OpenOptions::new().create(true).append(true).open(items)
}

fn listed(last: usize) -> String {
    let lines: Vec<String> = (0..=last).map(|item| format!("item {item}")).collect();
    lines.join("\n")
}

/// Prints a line, in one piece.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    // Whoever listens may be gone; the scenario goes on, since its files are what is looked at.
    let _ = out.write_all(format!("{line}\n").as_bytes());
    let _ = out.flush();
}
