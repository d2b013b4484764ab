//! K9: only the right secret opens, and through every change of the slots at least one does.

use std::fs;

use aparte_vault::{Cost, Protection, SlotKind, State, Vault, VaultError, WordList};
use secrecy::SecretString;

use super::campaign::{Dice, Tally, times};
use super::ground::{Contents, Files, Ground, assert_same, lasting};

const PASSPHRASE: &str = "Lanterns over a quiet estuary, été 1923";

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text)
}

/// Passphrases that a person, or somebody who watched one, might try.
fn near_misses(right: &str) -> Vec<String> {
    let letters: Vec<char> = right.chars().collect();
    let mut misses = vec![
        String::new(),
        " ".to_owned(),
        "\0".to_owned(),
        format!("{right} "),
        format!(" {right}"),
        format!("{right}\n"),
        format!("{right}\0"),
        format!("\u{feff}{right}"),
        format!("{right}{right}"),
        right.to_uppercase(),
        right.to_lowercase(),
        right.replace(' ', ""),
        right.replace(' ', "\u{a0}"),
        right.replace(' ', "  "),
        right.replace('é', "e"),
        right.replace('é', "è"),
        right.replace("1923", "１９２３"),
        right.chars().rev().collect(),
        right.repeat(100),
    ];
    for at in 0..letters.len() {
        let mut without = letters.clone();
        let letter = without.remove(at);
        misses.push(without.iter().collect());
        let mut twice = letters.clone();
        twice.insert(at, letter);
        misses.push(twice.iter().collect());
        if at > 0 {
            let mut exchanged = letters.clone();
            exchanged.swap(at - 1, at);
            misses.push(exchanged.iter().collect());
        }
        let mut otherwise = letters.clone();
        otherwise[at] = match letter.is_uppercase() {
            true => letter.to_ascii_lowercase(),
            false => letter.to_ascii_uppercase(),
        };
        misses.push(otherwise.iter().collect());
        misses.push(letters[..at].iter().collect());
    }
    misses.retain(|miss| miss != right);
    misses.sort();
    misses.dedup();
    misses
}

#[test]
fn a_thousand_wrong_passphrases_open_nothing_and_change_nothing() {
    let ground = Ground::empty();
    let right = passphrase(PASSPHRASE);
    let vault = Vault::create(&ground.vault, Protection::Passphrase(&right), Cost::FLOOR).unwrap();
    vault.close().unwrap();
    let before = lasting(ground.files());
    let mut dice = Dice::new(9);
    let mut wrong = near_misses(PASSPHRASE);
    while wrong.len() < 1_000 {
        let letters = (0..1 + dice.below(40)).map(|_| (b' ' + dice.below(95) as u8) as char);
        wrong.push(letters.collect());
    }
    // A short run takes some of each sort.
    let step = wrong.len() / times(60, wrong.len());
    let mut tally = Tally::new("K9: a wrong passphrase is tried");
    for wrong in wrong.iter().step_by(step) {
        let outcome = Vault::unlock(&ground.vault, Protection::Passphrase(&passphrase(wrong)));
        let refused = matches!(outcome, Err(VaultError::WrongPassphrase));
        tally.note(refused, || format!("{wrong:?}"));
    }
    assert_same(&before, &lasting(ground.files()), "something was written");
    let vault = Vault::unlock(&ground.vault, Protection::Passphrase(&right));
    assert!(vault.is_ok(), "the right one still opens");
    tally.end();
}

#[test]
fn recovery_words_that_are_nearly_right_open_nothing() {
    let ground = Ground::empty();
    let right = passphrase(PASSPHRASE);
    let proof = Protection::Passphrase(&right);
    let vault = Vault::create(&ground.vault, proof, Cost::FLOOR).unwrap();
    let other = vault.make_recovery(proof, WordList::English).unwrap();
    let words = vault.make_recovery(proof, WordList::English).unwrap();
    let (other, words) = (other.expose().to_owned(), words.expose().to_owned());
    vault.close().unwrap();
    let before = lasting(ground.files());
    let list: Vec<&str> = words.split(' ').collect();
    let other: Vec<&str> = other.split(' ').collect();
    let mut tally = Tally::new("K9: wrong recovery words are tried");
    let mut wrong = vec![other.join(" "), PASSPHRASE.to_owned(), String::new()];
    for at in 0..24 {
        // Of words that pass the checksum, none but the right ones open.
        let mut one = list.clone();
        one[at] = other[at];
        wrong.push(one.join(" "));
        let mut exchanged = list.clone();
        exchanged.swap(at, (at + 1) % 24);
        wrong.push(exchanged.join(" "));
        wrong.push([&list[..at], &list[at + 1..]].concat().join(" "));
    }
    wrong.retain(|wrong| *wrong != words);
    for wrong in &wrong {
        let outcome = Vault::unlock(&ground.vault, Protection::Recovery(&passphrase(wrong)));
        let refused = matches!(
            outcome,
            Err(VaultError::WrongRecoveryWords | VaultError::NotRecoveryWords)
        );
        tally.note(refused, || {
            "some words opened the vault, or broke it".to_owned()
        });
    }
    assert_same(&before, &lasting(ground.files()), "something was written");
    let right = passphrase(&words);
    assert!(Vault::unlock(&ground.vault, Protection::Recovery(&right)).is_ok());
    tally.end();
}

/// A secret of somebody.
#[derive(Clone)]
enum Secret {
    Passphrase(SecretString),
    Words(SecretString),
}

impl Secret {
    fn protection(&self) -> Protection<'_> {
        match self {
            Secret::Passphrase(secret) => Protection::Passphrase(secret),
            Secret::Words(secret) => Protection::Recovery(secret),
        }
    }
}

/// The vault on the disk at some moment, and who may open it then.
struct Moment {
    step: &'static str,
    files: Files,
    welcome: Vec<Secret>,
    gone: Vec<Secret>,
}

/// Makes, changes and removes slots, and looks at the disk after each step.
fn moments(ground: &Ground) -> (Contents, Vec<Moment>) {
    let [first, second, third] =
        [PASSPHRASE, "a second one, longer", "and the third"].map(passphrase);
    let pass = |secret: &SecretString| Secret::Passphrase(secret.clone());
    let vault = Vault::create(&ground.vault, Protection::Passphrase(&first), Cost::FLOOR).unwrap();
    let contents = Contents::put(&vault, 2, 2, &[100]);
    let words = |proof: Protection<'_>, list| {
        let words = vault.make_recovery(proof, list).unwrap();
        passphrase(words.expose())
    };
    let mut moments: Vec<Moment> = Vec::new();
    let mut look = |step, welcome: Vec<Secret>, gone: Vec<Secret>| {
        moments.push(Moment {
            step,
            files: ground.files(),
            welcome,
            gone,
        });
    };
    look("made", vec![pass(&first)], vec![]);
    let one = words(Protection::Passphrase(&first), WordList::English);
    let said = |words: &SecretString| Secret::Words(words.clone());
    look("words made", vec![pass(&first), said(&one)], vec![]);
    vault
        .set_passphrase(Protection::Passphrase(&first), &second, Cost::FLOOR)
        .unwrap();
    look(
        "passphrase changed",
        vec![pass(&second), said(&one)],
        vec![pass(&first)],
    );
    let two = words(Protection::Recovery(&one), WordList::French);
    look(
        "words replaced",
        vec![pass(&second), said(&two)],
        vec![pass(&first), said(&one)],
    );
    // Who forgot the passphrase sets another one with the words.
    vault
        .set_passphrase(Protection::Recovery(&two), &third, Cost::FLOOR)
        .unwrap();
    look(
        "passphrase replaced by words",
        vec![pass(&third), said(&two)],
        vec![pass(&second), said(&one)],
    );
    vault
        .remove_recovery(Protection::Passphrase(&third))
        .unwrap();
    look(
        "words removed",
        vec![pass(&third)],
        vec![pass(&second), said(&two)],
    );
    vault.close().unwrap();
    (contents, moments)
}

#[test]
fn at_every_step_of_a_change_of_slots_one_works_and_none_comes_back() {
    let ground = Ground::empty();
    let (contents, moments) = moments(&ground);
    let mut tally = Tally::new("K9: slots are changed and the change is cut short");
    for (before, after) in std::iter::zip(&moments, &moments[1..]) {
        // The database and `vault.json` are two files: a crash can leave either without the other.
        let mix = |database: &Moment, manifest: &Moment| {
            let mut files = database.files.clone();
            files.insert("vault.json".into(), manifest.files["vault.json"].clone());
            files
        };
        let half = ["the database first", "vault.json first"];
        for (how, files) in half.iter().zip([mix(after, before), mix(before, after)]) {
            assert_ne!(files["vault.json"], Vec::<u8>::new());
            for secret in &after.welcome {
                let opened = opens(&files, secret, Some(&contents));
                tally.take(opened, format!("{}, {how}", after.step));
            }
            for secret in &after.gone {
                let refused = opens(&files, secret, None).is_err();
                tally.note(refused, || {
                    format!("{}, {how}: a removed secret came back", after.step)
                });
            }
        }
        let mut lost = after.files.clone();
        lost.remove("vault.json");
        for files in [after.files.clone(), lost] {
            for secret in &after.welcome {
                tally.take(opens(&files, secret, Some(&contents)), after.step);
            }
            for secret in &after.gone {
                let refused = opens(&files, secret, None).is_err();
                tally.note(refused, || {
                    format!("{}: a removed secret opens", after.step)
                });
            }
        }
        // A file that was being written when the power went is no file of the vault.
        let mut torn = before.files.clone();
        let cut = after.files["vault.json"].len() / 2;
        torn.insert(
            "vault.json.new".into(),
            after.files["vault.json"][..cut].to_vec(),
        );
        let opened = opens(&torn, &before.welcome[0], Some(&contents));
        tally.take(opened, format!("{}, torn", after.step));
    }
    tally.end();
}

/// Opens the files twice with a secret: what the first time mends holds.
fn opens(files: &Files, secret: &Secret, contents: Option<&Contents>) -> Result<(), String> {
    let ground = Ground::of(files);
    for time in ["first", "second"] {
        let vault = Vault::unlock(&ground.vault, secret.protection())
            .map_err(|error| format!("the {time} time: {error}"))?;
        let Some(contents) = contents else {
            continue;
        };
        let difference = contents.difference(&vault);
        if !difference.wrong.is_empty() || !difference.missing.is_empty() {
            return Err(format!("the {time} time: {difference:?}"));
        }
        if time == "second" && !vault.notices().is_empty() {
            return Err(format!("the {time} time still: {:?}", vault.notices()));
        }
    }
    Ok(())
}

#[test]
fn the_last_slot_stays_and_a_wrong_proof_changes_nothing() {
    let ground = Ground::empty();
    let (right, wrong, new) = (
        passphrase(PASSPHRASE),
        passphrase("wrong"),
        passphrase("new"),
    );
    let vault = Vault::create(&ground.vault, Protection::Passphrase(&right), Cost::FLOOR).unwrap();
    let (proof, no_proof) = (
        Protection::Passphrase(&right),
        Protection::Passphrase(&wrong),
    );
    let words = vault.make_recovery(proof, WordList::English).unwrap();
    let words = passphrase(words.expose());
    let before = fs::read(ground.vault.join("vault.json")).unwrap();
    let refused = |outcome: Result<(), VaultError>| {
        assert!(
            matches!(outcome, Err(VaultError::WrongPassphrase)),
            "{outcome:?}"
        );
        assert_eq!(fs::read(ground.vault.join("vault.json")).unwrap(), before);
    };
    refused(vault.set_passphrase(no_proof, &new, Cost::FLOOR));
    refused(vault.make_recovery(no_proof, WordList::English).map(drop));
    refused(vault.remove_recovery(no_proof));
    refused(vault.set_keychain(no_proof));
    let missing = vault.set_passphrase(Protection::Keychain, &new, Cost::FLOOR);
    assert!(
        matches!(missing, Err(VaultError::NoSuchSlot)),
        "{missing:?}"
    );
    vault.remove_recovery(proof).unwrap();
    let slots = vec![SlotKind::Passphrase];
    assert_eq!(Vault::look(&ground.vault).unwrap(), State::Locked { slots });
    vault.close().unwrap();
    let gone = Vault::unlock(&ground.vault, Protection::Recovery(&words));
    assert!(
        matches!(gone, Err(VaultError::NoSuchSlot)),
        "the words are worthless"
    );
    // With neither, nothing would open the vault: words alone make none.
    let empty = Ground::empty();
    let none = Vault::create(&empty.vault, Protection::Recovery(&words), Cost::FLOOR);
    assert!(matches!(none, Err(VaultError::NoSuchSlot)));
    assert_eq!(Vault::look(&empty.vault).unwrap(), State::Absent);
}
