//! K4: a header that was changed is refused at once, whatever it asks for.

use std::fs;
use std::time::{Duration, Instant};

use aparte_vault::{Cost, Part, Protection, Vault, VaultError, WordList};
use secrecy::SecretString;

use super::campaign::{Tally, every};
use super::ground::{Contents, Ground, lasting, put_files};

const AT_ONCE: Duration = Duration::from_millis(100);

/// A vault with a passphrase and recovery words.
struct Locked {
    ground: Ground,
    passphrase: SecretString,
    words: SecretString,
}

impl Locked {
    fn new() -> Locked {
        let ground = Ground::empty();
        let passphrase = SecretString::from("lanterns over a quiet estuary");
        let proof = Protection::Passphrase(&passphrase);
        let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
        let words = vault.make_recovery(proof, WordList::French).unwrap();
        let words = SecretString::from(words.expose().to_owned());
        vault.close().unwrap();
        Locked {
            ground,
            passphrase,
            words,
        }
    }

    fn put(&self, manifest: &[u8]) {
        fs::write(self.ground.vault.join("vault.json"), manifest).unwrap();
        let rows = self.ground.rows();
        let set = rows.execute("UPDATE manifest SET bytes = ?1", [manifest]);
        assert_eq!(set, Ok(1));
    }

    fn unlock(&self, protection: Protection<'_>) -> (Result<(), VaultError>, Duration) {
        let started = Instant::now();
        let outcome = Vault::unlock(&self.ground.vault, protection).map(drop);
        (outcome, started.elapsed())
    }
}

#[test]
fn every_byte_of_the_keyslots_matters_and_is_refused_at_once() {
    let locked = Locked::new();
    let manifest = locked.ground.files()["vault.json"].clone();
    let mut tally = Tally::new("K4: a byte of vault.json is changed");
    let mut longest = Duration::ZERO;
    for at in (0..manifest.len()).step_by(every(5)) {
        for byte in [0, b' ', b'0', b'9', b'"', b'}', 0xff, manifest[at] ^ 1] {
            if byte == manifest[at] {
                continue;
            }
            let mut changed = manifest.clone();
            changed[at] = byte;
            locked.put(&changed);
            let (outcome, took) = locked.unlock(Protection::Recovery(&locked.words));
            longest = longest.max(took);
            let refused = outcome.is_err() && took < AT_ONCE;
            tally.note(refused, || {
                format!("byte {at} is {byte}: {outcome:?} after {took:?}")
            });
        }
    }
    locked.put(&manifest);
    assert!(locked.unlock(Protection::Recovery(&locked.words)).0.is_ok());
    println!("the longest refusal took {longest:?}");
    tally.end();
}

#[test]
fn a_cost_that_is_nothing_too_little_or_enormous_is_refused_at_once() {
    let locked = Locked::new();
    let manifest = String::from_utf8(locked.ground.files()["vault.json"].clone()).unwrap();
    let cost = "\"cost\":{\"memory\":65536,\"passes\":1,\"lanes\":4}";
    assert!(manifest.contains(cost), "{manifest}");
    let with = |memory: &str, passes: &str, lanes: &str| {
        let other =
            format!("\"cost\":{{\"memory\":{memory},\"passes\":{passes},\"lanes\":{lanes}}}");
        manifest.replace(cost, &other)
    };
    let numbers = [
        "0",
        "-1",
        "1",
        "8",
        "65535",
        "2097153",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "1e9",
        "65536.5",
        "null",
        "\"65536\"",
        "[65536]",
        "99999999999999999999999999999999",
    ];
    let mut changed: Vec<String> = Vec::new();
    for number in numbers {
        changed.push(with(number, "1", "4"));
        // One pass, and eight of them, are as good as any.
        if !["1", "8"].contains(&number) {
            changed.push(with("65536", number, "4"));
            changed.push(with("65536", "1", number));
        }
        changed.push(with(number, number, number));
    }
    for (passes, lanes) in [("21", "4"), ("1", "17"), ("0", "0"), ("4294967295", "16")] {
        changed.push(with("65536", passes, lanes));
        changed.push(with("2097152", passes, lanes));
    }
    changed.push(manifest.replace(cost, "\"cost\":{}"));
    changed.push(manifest.replace(
        cost,
        "\"cost\":{\"memory\":65536,\"passes\":1,\"lanes\":4,\"more\":1}",
    ));
    changed.push(manifest.replace("argon2id", "argon2d"));
    changed.push(manifest.replace("argon2id", ""));
    let mut tally = Tally::new("K4: the cost of a passphrase is changed");
    for changed in changed {
        locked.put(changed.as_bytes());
        let (outcome, took) = locked.unlock(Protection::Passphrase(&locked.passphrase));
        let refused = matches!(
            outcome,
            Err(VaultError::CostOutOfRange | VaultError::Damaged(Part::Keyslots))
        );
        tally.note(refused && took < AT_ONCE, || {
            let from = changed.find("\"algorithm\"").unwrap_or_default();
            format!("{:.120}: {outcome:?} after {took:?}", &changed[from..])
        });
    }
    tally.end();
}

#[test]
fn a_cost_that_is_allowed_and_was_never_chosen_opens_nothing() {
    let locked = Locked::new();
    let manifest = String::from_utf8(locked.ground.files()["vault.json"].clone()).unwrap();
    let weaker = [
        manifest.replace("\"passes\":1", "\"passes\":2"),
        manifest.replace("\"lanes\":4", "\"lanes\":1"),
        manifest.replace("\"memory\":65536", "\"memory\":65792"),
    ];
    for changed in weaker {
        assert_ne!(changed, manifest);
        locked.put(changed.as_bytes());
        let (outcome, _) = locked.unlock(Protection::Passphrase(&locked.passphrase));
        assert!(
            matches!(outcome, Err(VaultError::WrongPassphrase)),
            "{outcome:?}"
        );
    }
}

#[test]
fn every_byte_of_the_databases_header_is_survived() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 2, 2, &[100]);
    vault.close().unwrap();
    let whole = ground.files();
    let mut tally = Tally::new("K4: a byte of the database's header is changed");
    for at in 0..100 {
        for byte in [0, 1, 2, 3, 0x7f, 0x80, 0xff, whole["vault.db"][at] ^ 1] {
            if byte == whole["vault.db"][at] {
                continue;
            }
            let mut changed = whole.clone();
            changed.get_mut("vault.db").expect("there is a database")[at] = byte;
            put_files(&ground.vault, &changed);
            let started = Instant::now();
            let honest = match ground.unlock() {
                Ok(vault) => contents.difference(&vault).is_honest(),
                // Who is refused finds everything as it was; beside it there may be a copy, where the version seems to be
                // an older one.
                Err(_) => {
                    let mut after = lasting(ground.files());
                    after.retain(|name, _| !name.starts_with("vault.db.format-"));
                    after == lasting(changed)
                }
            };
            let took = started.elapsed();
            tally.note(honest && took < 10 * AT_ONCE, || {
                format!("byte {at} is {byte}, after {took:?}")
            });
        }
    }
    tally.end();
}
