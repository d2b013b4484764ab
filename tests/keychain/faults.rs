//! R1: what a keychain can do wrong. Whatever it is, the answer comes in time and by its name, no key is made anew, the
//! vault's bytes and the keychain's entries stay as they are, and the recovery words open.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::false_ring::{Entry, FalseRing, Mood};
use super::format::{self, Keys, content, sign, vault_id};
use super::machine::{Machine, Visit, eventually};
use super::prompter::Prompter;

/// What the vault waits for a keychain.
const LIMIT: Duration = Duration::from_secs(5);
/// What a process takes beside, on a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(2);
/// What a window may take to be there, whatever the keychain does.
const WINDOW: Duration = Duration::from_secs(2);
/// Longer than a keychain that does answer takes.
const SOON: Duration = Duration::from_secs(3);

const TEXT: &str = "a message behind the keychain";

/// Makes a vault behind the keychain and gives its recovery words.
fn create(machine: &Machine) -> String {
    let visit = machine.visit("create", TEXT);
    assert_eq!(visit.outcome, "done", "a keychain that works: {visit:?}");
    visit.said.as_str().expect("the words").to_owned()
}

/// The vault's bytes: SQLite's own index of the journal and the lock are nobody's.
fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    ["vault.db", "vault.db-wal", "vault.json"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fs::read(folder.join(name)).ok()?)))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

fn was_read(visit: &Visit) -> bool {
    visit.outcome == "done"
        && visit.said["texts"] == serde_json::json!([TEXT])
        && visit.said["sound"] == true
        && visit.said["notices"] == serde_json::json!([])
}

/// Opens the vault by the keychain that does not work, and by the words.
fn assert_survived(machine: &Machine, words: &str, named: &[&str], within: Duration) {
    let folder = machine.vault();
    let before = bytes(&folder);
    let visit = machine.visit("open", "");
    assert!(
        named.contains(&visit.outcome.as_str()),
        "{} is said, not one of {named:?}",
        visit.outcome
    );
    assert!(visit.took < within, "it took {visit:?}");
    assert!(
        visit.lived < within + SLACK,
        "the process lived on: {visit:?}"
    );
    assert_eq!(bytes(&folder), before, "a failed unlock changed the vault");
    let (visit_named, answered) = (visit.outcome, visit.took);

    let visit = machine.visit("create", "another vault in its place");
    assert_eq!(
        visit.outcome, "AlreadyExists",
        "nothing is made where a vault is"
    );
    assert_eq!(
        bytes(&folder),
        before,
        "a refused creation changed the vault"
    );

    let (output, took) = machine.ask_aparte();
    let sentence = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{sentence}");
    assert!(output.stdout.is_empty(), "there is no result");
    assert!(
        sentence.trim().lines().count() == 1 && sentence.trim().ends_with('.'),
        "one sentence, not {sentence:?}"
    );
    assert!(
        sentence.contains("keychain"),
        "it says what is the matter, not {sentence:?}"
    );
    assert!(took < within + SLACK, "`aparte` took {took:?}");
    assert_eq!(bytes(&folder), before, "`aparte` changed the vault");

    let shown = machine.show_window();
    assert!(shown < WINDOW + SLACK, "the window came after {shown:?}");
    assert_eq!(bytes(&folder), before, "the window changed the vault");
    println!("{visit_named} after {answered:?}, the window after {shown:?}: {sentence}");

    let visit = machine.visit("recover", words);
    assert!(was_read(&visit), "the words open: {visit:?}");
    assert!(
        visit.took < within,
        "the words wait for the keychain once at most: {visit:?}"
    );
}

#[test]
fn there_is_no_session_bus() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    let rings = machine.rings();
    assert!(!rings.is_empty(), "the key is in a ring");
    machine.end_ring();
    machine.end_bus();
    assert_survived(&machine, &words, &["KeychainUnavailable"], SOON);
    assert_eq!(machine.rings(), rings);
}

#[test]
fn there_is_no_keychain_on_the_bus() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    let rings = machine.rings();
    machine.end_ring();
    assert_survived(&machine, &words, &["KeychainUnavailable"], SOON);
    assert_eq!(machine.rings(), rings);
    // Once it is back, everything is as it was.
    machine.start_ring();
    let visit = machine.visit("open", "");
    assert!(was_read(&visit), "{visit:?}");
}

#[test]
fn the_ring_is_locked() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    let rings = machine.rings();
    machine.start_locked_ring();
    // A locked ring may say that it is empty: either way nothing may be made of it.
    let named = ["KeychainLocked", "KeychainEntryMissing"];
    assert_survived(&machine, &words, &named, SOON);
    assert_eq!(machine.rings(), rings, "the ring is as it was");
    let visit = machine.visit_folder("create", &machine.path("other"), "another vault");
    assert!(visit.outcome.starts_with("Keychain"), "{visit:?}");
    assert_eq!(
        bytes(&machine.path("other")),
        [],
        "no vault is made that nothing opens"
    );
    machine.start_ring();
    let visit = machine.visit("open", "");
    assert!(was_read(&visit), "{visit:?}");
}

#[test]
fn the_prompt_of_a_locked_ring_is_dismissed() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    let rings = machine.rings();
    machine.start_locked_ring();
    let prompter = Prompter::start(&machine);
    let named = ["KeychainLocked", "KeychainEntryMissing"];
    assert_survived(&machine, &words, &named, LIMIT + SLACK);
    // Who wants to write is asked for the password of the ring.
    let visit = machine.visit_folder("create", &machine.path("other"), "another vault");
    assert!(visit.outcome.starts_with("Keychain"), "{visit:?}");
    assert!(prompter.asked() > 0, "the person was asked and said no");
    assert_eq!(bytes(&machine.path("other")), []);
    assert_eq!(machine.rings(), rings);
}

/// The same where the service itself says that the entry is there and locked.
#[test]
fn the_prompt_for_an_entry_is_dismissed() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    let entries = ring.entries();
    ring.is(Mood::Dismissed);
    assert_survived(&machine, &words, &["KeychainLocked"], SOON);
    assert_eq!(ring.entries(), entries);
}

#[test]
fn the_ring_dies_in_the_call() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    let rings = machine.rings();
    let before = bytes(&machine.vault());
    machine.stop_ring();
    let visiting = machine.begin_visit("open", &machine.vault(), "");
    // It is asked, and has not answered yet.
    thread::sleep(Duration::from_millis(1_000));
    machine.end_ring();
    let visit = visiting.end();
    assert_eq!(visit.outcome, "KeychainUnavailable");
    assert!(visit.took < LIMIT, "nobody waits for the dead: {visit:?}");
    assert_eq!(bytes(&machine.vault()), before);
    assert_eq!(machine.rings(), rings);
    assert_survived(&machine, &words, &["KeychainUnavailable"], SOON);
    machine.start_ring();
    let visit = machine.visit("open", "");
    assert!(was_read(&visit), "{visit:?}");
}

#[test]
fn the_ring_stands_still() {
    let mut machine = Machine::new();
    machine.start_ring();
    let words = create(&machine);
    machine.stop_ring();
    assert_survived(&machine, &words, &["KeychainUnavailable"], LIMIT + SLACK);
}

#[test]
fn the_keychain_never_answers() {
    // Nearly all of it is waiting, which three can do at once.
    let survives = |mood| {
        let machine = Machine::new();
        let ring = FalseRing::start(&machine);
        let words = create(&machine);
        let entries = ring.entries();
        ring.is(mood);
        assert_survived(&machine, &words, &["KeychainUnavailable"], LIMIT + SLACK);
        assert_eq!(ring.entries(), entries, "{mood:?}");
    };
    thread::scope(|scope| {
        for mood in [Mood::Silent, Mood::SilentAboutSecrets, Mood::SilentPrompt] {
            scope.spawn(move || survives(mood));
        }
    });
}

/// The words are the way out of a keychain that never answers: all that they lead to must not wait for it again and
/// again.
#[test]
fn a_passphrase_takes_the_place_of_a_keychain_that_never_answers() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    ring.is(Mood::Silent);
    let visit = machine.visit("leave", &words);
    assert!(was_read(&visit), "{visit:?}");
    assert!(visit.took < 2 * LIMIT + SLACK, "{visit:?}");
    let visit = machine.visit("open", "");
    assert_eq!(
        visit.outcome, "NoSuchSlot",
        "the keychain has no part in it any more"
    );
}

#[test]
fn the_entry_is_missing() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    ring.tamper(Vec::clear);
    assert_survived(&machine, &words, &["KeychainEntryMissing"], SOON);
    let made = ring
        .entries()
        .into_iter()
        .filter(|entry| key_of(entry).is_some())
        .count();
    assert_eq!(
        made, 0,
        "no key was made in place of the one that is missing"
    );
}

#[test]
fn the_entry_is_that_of_another_vault() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    let wrong = STANDARD.encode([7; 32]);
    ring.tamper(|entries| key_entry(entries).secret = wrong.clone().into_bytes());
    assert_survived(&machine, &words, &["KeychainEntryWrong"], SOON);
    let entries = ring.entries();
    assert!(
        entries.iter().any(|entry| entry.secret == wrong.as_bytes()),
        "an entry that does not open is not overwritten"
    );
}

#[test]
fn the_entry_is_cut_or_is_no_key() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    let whole = key_entry(&mut ring.entries()).secret.clone();
    let strange = [
        whole[..43].to_vec(),
        whole[..20].to_vec(),
        Vec::new(),
        [&whole[..], b"A"].concat(),
        [&whole[..], b"\n"].concat(),
        STANDARD.encode([7; 31]).into_bytes(),
        STANDARD.encode([7; 33]).into_bytes(),
        vec![0xff; 44],
        vec![b'A'; 100_000],
    ];
    for secret in strange {
        ring.tamper(|entries| key_entry(entries).secret = secret.clone());
        let before = bytes(&machine.vault());
        let visit = machine.visit("open", "");
        assert_eq!(
            visit.outcome,
            "KeychainEntryWrong",
            "{} bytes",
            secret.len()
        );
        assert!(visit.took < SOON, "{visit:?}");
        assert_eq!(bytes(&machine.vault()), before);
        assert_eq!(
            key_entry(&mut ring.entries()).secret,
            secret,
            "it is left as it is"
        );
    }
    ring.tamper(|entries| key_entry(entries).secret = whole[..43].to_vec());
    assert_survived(&machine, &words, &["KeychainEntryWrong"], SOON);
    ring.tamper(|entries| key_entry(entries).secret = whole);
    let visit = machine.visit("open", "");
    assert!(was_read(&visit), "{visit:?}");
}

#[test]
fn another_kind_of_keychain_wrapped_the_key() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    // As if the folder came from another system, where its slots were made and signed.
    let file = machine.vault().join("vault.json");
    let manifest = fs::read(&file).unwrap();
    let entry = key_of(key_entry(&mut ring.entries())).expect("a key");
    let keys = Keys::of(&master_by_entry(&manifest, entry));
    assert_eq!(sign(&content(&manifest), &keys.manifest), manifest);
    let elsewhere = content(&manifest).replace("\"secret-service\"", "\"credential-manager\"");
    assert_ne!(elsewhere, content(&manifest));
    let elsewhere = sign(&elsewhere, &keys.manifest);
    fs::write(&file, &elsewhere).unwrap();
    let rows = rusqlite::Connection::open(machine.vault().join("vault.db")).unwrap();
    let set = rows.execute("UPDATE manifest SET bytes = ?1", [&elsewhere]);
    assert_eq!(set, Ok(1));
    drop(rows);
    let entries = ring.entries();
    assert_survived(&machine, &words, &["KeychainChanged"], SOON);
    let keys = |entries: &[Entry]| entries.iter().filter_map(key_of).collect::<Vec<_>>();
    assert_eq!(
        keys(&ring.entries()),
        keys(&entries),
        "no key was made or changed"
    );
}

#[test]
fn there_are_two_entries() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    ring.tamper(|entries| {
        let mut second = key_entry(entries).clone();
        second.secret = STANDARD.encode([7; 32]).into_bytes();
        entries.push(second);
    });
    let keys = |entries: &[Entry]| entries.iter().filter_map(key_of).collect::<Vec<_>>();
    let before = keys(&ring.entries());
    assert_eq!(before.len(), 2);
    assert_survived(&machine, &words, &["KeychainEntryWrong"], SOON);
    assert_eq!(keys(&ring.entries()), before, "neither was touched");
}

#[test]
fn the_keychain_lets_nobody_write() {
    for (mood, within) in [
        (Mood::ReadOnly, SOON),
        (Mood::SilentToWriters, LIMIT + SLACK),
    ] {
        let machine = Machine::new();
        let ring = FalseRing::start(&machine);
        let words = create(&machine);
        let entries = ring.entries();
        ring.is(mood);
        // A vault that is there opens: its key can be read.
        let visit = machine.visit("open", "");
        assert!(was_read(&visit), "{mood:?}: {visit:?}");
        assert!(visit.took < within, "{mood:?}: {visit:?}");
        let visit = machine.visit("recover", &words);
        assert!(was_read(&visit), "{mood:?}: {visit:?}");
        assert_eq!(ring.entries(), entries);

        // A new one is not made: its key would be nowhere.
        let other = machine.path("other");
        let visit = machine.visit_folder("create", &other, "another vault");
        assert!(
            ["KeychainLocked", "KeychainUnavailable"].contains(&visit.outcome.as_str()),
            "{mood:?}: {visit:?}"
        );
        assert!(visit.took < within, "{mood:?}: {visit:?}");
        assert_eq!(bytes(&other), [], "no vault is made that nothing opens");

        // One that has a passphrase keeps it.
        let behind = machine.path("behind a passphrase");
        let visit = machine.visit_folder(
            "create behind a passphrase",
            &behind,
            "a passphrase of its own",
        );
        assert_eq!(visit.outcome, "done", "{mood:?}");
        let before = bytes(&behind);
        let visit = machine.visit_folder("protect", &behind, "a passphrase of its own");
        assert!(visit.outcome.starts_with("Keychain"), "{mood:?}: {visit:?}");
        let slots = |files: Vec<(String, Vec<u8>)>| {
            files.into_iter().find(|(name, _)| name == "vault.json")
        };
        assert_eq!(
            slots(bytes(&behind)),
            slots(before),
            "{mood:?}: the slots are as they were"
        );
        let visit = machine.visit_folder("open by passphrase", &behind, "a passphrase of its own");
        assert_eq!(visit.outcome, "done", "{mood:?}");
        assert_eq!(ring.entries(), entries, "{mood:?}");
        println!("{mood:?}: {} writes in all", ring.writes());
    }
}

/// With a keychain that works, all of it does; this is also the control of the false one.
#[test]
fn a_keychain_that_works_opens_and_keeps_one_key_for_each_vault() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    let words = create(&machine);
    let key = key_of(key_entry(&mut ring.entries()));
    for what in ["open", "open and close", "open"] {
        let visit = machine.visit(what, "");
        assert!(was_read(&visit), "{visit:?}");
    }
    let visit = machine.visit("recover", &words);
    assert!(was_read(&visit), "{visit:?}");
    assert_eq!(key_of(key_entry(&mut ring.entries())), key);
    let (output, _) = machine.ask_aparte();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let other = machine.path("other");
    let visit = machine.visit_folder("create", &other, "another vault");
    assert_eq!(visit.outcome, "done");
    let keys: Vec<_> = ring.entries().iter().filter_map(key_of).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_backup_of_what_only_the_keychain_opens_is_refused() {
    let machine = Machine::new();
    let _ring = FalseRing::start(&machine);
    let visit = machine.visit("create with nothing else", TEXT);
    assert_eq!(visit.said, "Err(BackupNeedsSecret)", "{visit:?}");
    assert!(!machine.vault().with_extension("backup").exists());
}

/// K6: the whole of an older vault is put back. Only the keychain can know.
#[test]
fn an_older_copy_of_the_whole_vault_is_told_until_it_is_accepted() {
    let mut machine = Machine::new();
    machine.start_ring();
    create(&machine);
    let older: Vec<_> = bytes(&machine.vault());
    assert_eq!(machine.visit("write", "a later message").outcome, "done");
    let newer = bytes(&machine.vault());
    let put = |files: &[(String, Vec<u8>)]| {
        for (name, bytes) in files {
            fs::write(machine.vault().join(name), bytes).unwrap();
        }
    };
    let notices = |visit: &Visit| visit.said["notices"].clone();
    put(&older);
    for _ in 0..2 {
        let visit = machine.visit("open and close", "");
        assert_eq!(
            notices(&visit),
            serde_json::json!(["OlderCopy"]),
            "{visit:?}"
        );
    }
    // The later one is found again: all is well.
    put(&newer);
    let visit = machine.visit("open and close", "");
    assert_eq!(notices(&visit), serde_json::json!([]), "{visit:?}");
    assert_eq!(visit.said["texts"].as_array().map(Vec::len), Some(2));
    // Or the older one is what there is.
    put(&older);
    assert_eq!(machine.visit("accept", "").outcome, "done");
    let visit = machine.visit("open", "");
    assert!(was_read(&visit), "{visit:?}");
    // Then the other is the older copy.
    put(&newer);
    let visit = machine.visit("open", "");
    assert_eq!(
        notices(&visit),
        serde_json::json!(["OlderCopy"]),
        "{visit:?}"
    );
}

/// Reads the master key out of the slot of the keychain.
fn master_by_entry(manifest: &[u8], entry: [u8; 32]) -> [u8; 32] {
    let json: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    let sealed = json["slots"][0]["sealed"].as_str().expect("base64");
    let place = format::Place {
        column: "slots.keychain",
        kind: 1,
        id: [0; 16],
        parent: vault_id(manifest),
        sequence: 0,
    };
    let key = format::Key {
        id: [0; 16],
        bytes: entry,
    };
    let master = format::open(&key, &place, &STANDARD.decode(sealed).unwrap());
    master
        .expect("the slot opens")
        .try_into()
        .expect("32 bytes")
}

/// The entry that holds a vault's key.
fn key_entry(entries: &mut [Entry]) -> &mut Entry {
    let mut keys = entries.iter_mut().filter(|entry| !is_count(entry));
    keys.next().expect("a vault has a key in the keychain")
}

fn key_of(entry: &Entry) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(&entry.secret).ok()?;
    bytes.try_into().ok().filter(|_| !is_count(entry))
}

/// Whether an entry says how far a vault has come.
fn is_count(entry: &Entry) -> bool {
    let name = entry.attributes.get("username");
    name.is_none_or(|name| name.ends_with(".generation"))
}

#[test]
fn a_false_ring_keeps_what_is_written() {
    let machine = Machine::new();
    let ring = FalseRing::start(&machine);
    create(&machine);
    eventually("the key is there", || {
        ring.entries().iter().filter_map(key_of).count() == 1
    });
    assert!(ring.writes() > 0);
}
