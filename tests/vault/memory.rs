//! K8: the memory of a process that closed its vault holds no key and no passphrase.
//!
//! The process that is looked into is this test once more. It gets its secrets over a pipe that it does not buffer, so
//! that what is found there is the vault's. A page that was read is the allocator's when it is freed: what of it is still
//! there is counted and printed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aparte_vault::{CacheKind, Cost, OwnerKind, Protection, Vault, WordList};
use secrecy::SecretString;

use super::format::master_of;
use super::golden::{assistant, golden, passphrase};
use super::ground::{Ground, KINDS, MESSAGE};
use super::secrets::{Secret, count, secret, secrets};

const FOLDER: &str = "APARTE_TEST_MEMORY";
const PASSPHRASE: &str = "a passphrase that is looked for in memory";
const NEXT_PASSPHRASE: &str = "another passphrase that is looked for";
const TEXT: &str = "a message that nobody should find when the vault is closed";

/// The process that is looked into.
struct Watched {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Watched {
    fn start(folder: &Path, test: &str) -> Watched {
        let mut process = Command::new(std::env::current_exe().expect("a running test has a path"))
            .args(["--exact", test, "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test can be started once more");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Watched {
            process,
            input,
            output,
        }
    }

    /// Waits until the process is at a step and stands still.
    fn await_step(&mut self, step: &str) {
        let wanted = format!("step: {step}");
        let mut line = String::new();
        while !line.contains(&wanted) {
            line.clear();
            let read = self.output.read_line(&mut line).expect("it can be heard");
            assert_ne!(read, 0, "the process ended before it was at “{step}”");
        }
    }

    fn say(&mut self, words: &str) {
        self.input
            .write_all(format!("{words}\n").as_bytes())
            .expect("it listens");
    }

    fn count(&self, secrets: &[Secret]) -> Vec<usize> {
        count(self.process.id(), secrets)
    }

    fn end(mut self) {
        self.say("");
        assert!(self.process.wait().expect("it ends").success());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // It ended by itself unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Tells the parent where this process is, and waits for it.
fn stand_still(step: &str, input: &mut File) {
    println!("step: {step}");
    drop(listen(input));
}

/// Reads a line byte by byte, so that no buffer keeps it, into a secret that is wiped when it is dropped.
fn listen(input: &mut File) -> SecretString {
    let mut line = zeroize::Zeroizing::new([0_u8; 256]);
    let mut length = 0;
    while input
        .read(&mut line[length..=length])
        .expect("the parent speaks")
        == 1
        && line[length] != b'\n'
    {
        length += 1;
    }
    // Made at its right length, so that it is not moved to fit.
    let text = String::from_utf8(line[..length].to_vec()).expect("the parent speaks UTF-8");
    SecretString::from(text)
}

fn input() -> File {
    File::open("/proc/self/fd/0").expect("standard input is open")
}

#[test]
fn a_closed_vault_leaves_no_key_and_no_passphrase_in_memory() {
    const TEST: &str = "vault::memory::a_closed_vault_leaves_no_key_and_no_passphrase_in_memory";
    if let Some(folder) = std::env::var_os(FOLDER) {
        return use_the_vault(Path::new(&folder));
    }
    let ground = Ground::empty();
    let first = SecretString::from(PASSPHRASE);
    let proof = Protection::Passphrase(&first);
    let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
    let words = vault
        .make_recovery(proof, WordList::French)
        .unwrap()
        .expose()
        .to_owned();
    vault
        .write(|change| {
            for kind in [OwnerKind::Conversation, OwnerKind::Document] {
                let owner = change.create_owner(kind, b"A title")?;
                KINDS
                    .iter()
                    .try_for_each(|&kind| change.append(owner, kind, TEXT.as_bytes()).map(drop))?;
                change.put_blob(owner, TEXT.repeat(3_000).as_bytes())?;
            }
            change.set_setting(aparte_vault::SettingKey(1), b"dark")
        })
        .unwrap();
    vault.close().unwrap();
    let master = master_of(&ground.files()["vault.json"], PASSPHRASE);
    let mut secrets = secrets(&ground.vault, master, &[PASSPHRASE, NEXT_PASSPHRASE]);
    secrets.push(secret("recovery words", words.as_bytes()));
    let some: Vec<_> = words.split(' ').take(4).collect();
    secrets.push(secret(
        "recovery words, four of them",
        some.join(" ").as_bytes(),
    ));
    secrets.push(secret(SHOWN, TEXT.as_bytes()));
    let watched = Watched::start(&ground.vault, TEST);
    assert_forgotten(watched, &[PASSPHRASE, NEXT_PASSPHRASE, &words], &secrets);
}

/// The same through the domain, with documents and conversations in it.
#[test]
fn a_closed_session_leaves_no_key_and_no_passphrase_in_memory() {
    const TEST: &str = "vault::memory::a_closed_session_leaves_no_key_and_no_passphrase_in_memory";
    if let Some(folder) = std::env::var_os(FOLDER) {
        return use_the_session(Path::new(&folder));
    }
    let ground = Ground::of(&golden(1));
    let [old, new] = [passphrase(1), PASSPHRASE.to_owned()].map(SecretString::from);
    let vault = Vault::unlock(&ground.vault, Protection::Passphrase(&old)).unwrap();
    vault
        .set_passphrase(Protection::Passphrase(&old), &new, Cost::FLOOR)
        .unwrap();
    vault.close().unwrap();
    let master = master_of(&ground.files()["vault.json"], PASSPHRASE);
    let mut secrets = secrets(&ground.vault, master, &[PASSPHRASE]);
    let session = assistant(Vault::unlock_for_tests(&ground.vault, &master).unwrap());
    let page = session.page(session.documents()[0].id, 1).unwrap();
    let shown: String = page.unwrap().text.chars().take(40).collect();
    session.close().unwrap();
    secrets.push(secret(SHOWN, shown.as_bytes()));
    assert_forgotten(Watched::start(&ground.vault, TEST), &[PASSPHRASE], &secrets);
}

/// What people see. It is freed and not wiped: what is left of it is counted.
const SHOWN: &str = "text that was shown";

/// Counts secrets in a process before it opens a vault, while it has it open, and after it closed it.
fn assert_forgotten(mut watched: Watched, typed: &[&str], secrets: &[Secret]) {
    typed.iter().for_each(|line| watched.say(line));
    watched.await_step("typed");
    let typed = watched.count(secrets);
    watched.say("");
    watched.await_step("open");
    let open = watched.count(secrets);
    watched.say("");
    watched.await_step("locked");
    let locked = watched.count(secrets);
    watched.end();

    println!("{:40} typed  open  locked", "in memory");
    for (at, secret) in secrets.iter().enumerate() {
        println!(
            "{:40} {:5} {:5} {:7}",
            secret.name, typed[at], open[at], locked[at]
        );
    }
    let at = |name: &str| {
        secrets
            .iter()
            .position(|secret| secret.name == name)
            .expect(name)
    };
    // A search that is blind finds nothing too.
    assert!(typed[at("a passphrase")] > 0, "what was typed is seen");
    assert!(open[at(SHOWN)] > 0, "what is shown is seen");
    for name in [
        "the subkey that wraps data keys",
        "the subkey of the settings",
        "the subkey of sets",
    ] {
        assert!(open[at(name)] > 0, "{name} of an open vault is seen");
    }
    assert_eq!(open[at("the master key")], 0, "the master key is not kept");
    for (at, secret) in secrets
        .iter()
        .enumerate()
        .filter(|(_, secret)| secret.name != SHOWN)
    {
        assert_eq!(
            locked[at], 0,
            "{} is in memory after the vault is closed",
            secret.name
        );
    }
}

/// What the watched process does: everything that a key is used for.
fn use_the_vault(folder: &Path) {
    let mut input = input();
    let passphrase = listen(&mut input);
    let next = listen(&mut input);
    let words = listen(&mut input);
    stand_still("typed", &mut input);
    let by_words = Vault::unlock(folder, Protection::Recovery(&words)).unwrap();
    drop(words);
    by_words.close().unwrap();
    let vault = Vault::unlock(folder, Protection::Passphrase(&passphrase)).unwrap();
    let proof = Protection::Passphrase(&passphrase);
    drop(vault.make_recovery(proof, WordList::English).unwrap());
    vault.set_passphrase(proof, &next, Cost::FLOOR).unwrap();
    drop((passphrase, next));
    let owner = vault.owners(OwnerKind::Conversation).unwrap().readable[0].id;
    let shown = vault.records(owner, MESSAGE).unwrap();
    vault
        .write(|change| {
            change.set_head(owner, b"Another title")?;
            change.append(owner, MESSAGE, b"One more")?;
            change.set_setting(aparte_vault::SettingKey(2), b"fr")
        })
        .unwrap();
    let blob = vault.blobs(owner).unwrap()[0];
    let content = vault.blob(owner, blob).unwrap();
    vault.keep_cache(CacheKind(1), &content).unwrap();
    assert!(vault.cache(CacheKind(1)).is_some());
    assert!(vault.check().unwrap().is_sound());
    vault.back_up(&folder.with_file_name("backup")).unwrap();
    stand_still("open", &mut input);
    drop((shown, content));
    vault.close().unwrap();
    stand_still("locked", &mut input);
}

/// What it does with a session: everything that is shown is looked at.
fn use_the_session(folder: &Path) {
    let mut input = input();
    let passphrase = listen(&mut input);
    stand_still("typed", &mut input);
    let vault = Vault::unlock(folder, Protection::Passphrase(&passphrase)).unwrap();
    drop(passphrase);
    let session = assistant(vault);
    let documents = session.documents();
    let ids: Vec<_> = documents.iter().map(|document| document.id).collect();
    let shown = session.pages(ids[0]).unwrap();
    assert!(
        !session
            .search("rent of the workshop, loyer de l'atelier", &ids, 5)
            .unwrap()
            .is_empty()
    );
    for conversation in session.conversations().unwrap() {
        assert!(!session.messages(conversation.id).unwrap().is_empty());
    }
    session.keep_draft(None, "not asked yet").unwrap();
    stand_still("open", &mut input);
    drop((documents, shown));
    session.close().unwrap();
    stand_still("locked", &mut input);
}
