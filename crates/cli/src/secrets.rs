//! Passphrases and recovery words: out of a file, or typed without being shown.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use aparte_assistant::{Error, Language, Protection, SlotKind, VaultTrouble, check_passphrase};
use secrecy::{ExposeSecret, SecretString};

use crate::failure::Failure;
use crate::output::Output;

/// How many words a recovery key has.
const RECOVERY_WORDS: usize = 24;

/// What a person opens a vault with.
pub enum Proof {
    Keychain,
    Passphrase(SecretString),
    Recovery(SecretString),
}

impl Proof {
    /// The same, as the vault wants it.
    pub fn protection(&self) -> Protection<'_> {
        match self {
            Proof::Keychain => Protection::Keychain,
            Proof::Passphrase(passphrase) => Protection::Passphrase(passphrase),
            Proof::Recovery(words) => Protection::Recovery(words),
        }
    }

    /// What it opens.
    pub fn kind(&self) -> SlotKind {
        match self {
            Proof::Keychain => SlotKind::Keychain,
            Proof::Passphrase(_) => SlotKind::Passphrase,
            Proof::Recovery(_) => SlotKind::Recovery,
        }
    }

    /// A passphrase or recovery words, whichever was typed.
    pub fn typed(slots: &[SlotKind], output: &Output) -> Result<Proof, Failure> {
        let passphrase = slots.contains(&SlotKind::Passphrase);
        let recovery = slots.contains(&SlotKind::Recovery);
        let prompt = match (passphrase, recovery) {
            (true, true) => output.say(
                "Passphrase, or the 24 recovery words: ",
                "Phrase secrète, ou les 24 mots de secours : ",
            ),
            (false, true) => output.say("The 24 recovery words: ", "Les 24 mots de secours : "),
            (_, false) => output.say("Passphrase: ", "Phrase secrète : "),
        };
        let secret = ask(prompt)?;
        Ok(match recovery && (!passphrase || is_recovery(&secret)) {
            true => Proof::Recovery(secret),
            false => Proof::Passphrase(secret),
        })
    }
}

/// The passphrase in the first line of a file.
pub fn passphrase_in(file: &Path) -> Result<SecretString, Failure> {
    let line = first_line(file).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Failure::PassphraseFileNotText,
        _ => Error::Vault(VaultTrouble::PassphraseFileUnreadable).into(),
    })?;
    given(line).map_err(|_| Failure::PassphraseFileEmpty)
}

/// The password of documents in the first line of a file.
pub fn document_password_in(file: &Path) -> Result<String, Failure> {
    match first_line(file).map_err(|_| Failure::PasswordFileUnreadable)? {
        line if line.is_empty() => Err(Failure::PasswordFileEmpty),
        line => Ok(line),
    }
}

/// The recovery words in a file, in as many lines as they please.
pub fn recovery_words_in(file: &Path) -> Result<SecretString, Failure> {
    let text = short_text(file).map_err(|_| Failure::RecoveryFileUnreadable)?;
    given(text)
}

fn first_line(file: &Path) -> io::Result<String> {
    let text = short_text(file)?;
    // Some editors begin a text with a mark that is none of its letters.
    let text = text.trim_start_matches('\u{feff}');
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// What a file begins with: a secret is short, and what is named may be a device without end.
fn short_text(file: &Path) -> io::Result<String> {
    const LONGEST: u64 = 64 << 10;
    let mut text = String::new();
    let read = File::open(file)?.take(LONGEST).read_to_string(&mut text)?;
    match read as u64 == LONGEST {
        true => Err(io::ErrorKind::InvalidData.into()),
        false => Ok(text),
    }
}

/// A new passphrase: that of a file, or typed twice.
pub fn new_passphrase(file: Option<&Path>, output: &Output) -> Result<SecretString, Failure> {
    let passphrase = match file {
        Some(file) => passphrase_in(file)?,
        None if !somebody_is_there() => return Err(Failure::NewPassphraseNeeded),
        None => ask(output.say("New passphrase: ", "Nouvelle phrase secrète : "))?,
    };
    check_passphrase(&passphrase)?;
    if file.is_none() {
        let again = ask(output.say(
            "The same passphrase again: ",
            "La même phrase secrète encore une fois : ",
        ))?;
        if again.expose_secret() != passphrase.expose_secret() {
            return Err(Failure::PassphrasesDiffer);
        }
    }
    Ok(passphrase)
}

/// What opens a vault, in the order in which people are told of it.
pub fn in_order(slots: &[SlotKind]) -> Vec<SlotKind> {
    let all = [SlotKind::Keychain, SlotKind::Passphrase, SlotKind::Recovery];
    let there = |slot: &SlotKind| slots.contains(slot);
    all.into_iter().filter(there).collect()
}

/// What opens a vault, in words.
pub fn names(slots: &[SlotKind], language: Language) -> String {
    let name = |slot| match (slot, language) {
        (SlotKind::Keychain, Language::English) => "keychain",
        (SlotKind::Keychain, Language::French) => "trousseau",
        (SlotKind::Passphrase, Language::English) => "passphrase",
        (SlotKind::Passphrase, Language::French) => "phrase secrète",
        (SlotKind::Recovery, Language::English) => "recovery words",
        (SlotKind::Recovery, Language::French) => "mots de secours",
    };
    let names: Vec<_> = in_order(slots).into_iter().map(name).collect();
    names.join(", ")
}

/// Whether a person sits at this terminal and can be asked.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal()
}

fn ask(prompt: &str) -> Result<SecretString, Failure> {
    let needed = Failure::Domain(Error::Vault(VaultTrouble::PassphraseNeeded));
    if !somebody_is_there() {
        return Err(needed);
    }
    given(rpassword::prompt_password(prompt).map_err(|_| needed)?)
}

fn given(secret: String) -> Result<SecretString, Failure> {
    if secret.trim().is_empty() {
        return Err(Error::Vault(VaultTrouble::PassphraseNeeded).into());
    }
    Ok(SecretString::from(secret))
}

fn is_recovery(secret: &SecretString) -> bool {
    secret.expose_secret().split_whitespace().count() == RECOVERY_WORDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn output() -> Output {
        Output {
            json: false,
            quiet: false,
            language: Language::English,
            lost: Cell::default(),
        }
    }

    fn file(name: &str, text: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("aparte-cli-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_new_passphrase_has_at_least_eight_characters() {
        for (name, text, is_long_enough) in [
            ("short", "sevenxx\n", false),
            ("long", "eight888\r\nsecond line\n", true),
            ("letters", "éééééééé", true),
            ("empty", "\n", false),
        ] {
            let path = file(name, text);
            let given = new_passphrase(Some(&path), &output());
            std::fs::remove_file(&path).unwrap();
            assert_eq!(given.is_ok(), is_long_enough, "{name}");
            if let Ok(passphrase) = given {
                let line = text.lines().next().unwrap();
                assert_eq!(
                    passphrase.expose_secret(),
                    line,
                    "the first line and no more"
                );
            }
        }
    }

    #[test]
    fn recovery_words_may_stand_in_several_lines() {
        let words = "one two three\n".repeat(8);
        let path = file("words", &words);
        let read = recovery_words_in(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(is_recovery(&read));
        assert!(!is_recovery(&SecretString::from("one two three")));
    }

    #[test]
    fn a_password_of_documents_is_said_to_be_one() {
        let path = file("password", "\u{feff}a b \nsecond line\n");
        assert_eq!(document_password_in(&path).unwrap(), "a b ");
        std::fs::write(&path, "\nsecond line\n").unwrap();
        let empty = document_password_in(&path);
        assert!(matches!(empty, Err(Failure::PasswordFileEmpty)));
        std::fs::write(&path, b"\xff\xfe\x00").unwrap();
        let bytes = document_password_in(&path);
        assert!(matches!(bytes, Err(Failure::PasswordFileUnreadable)));
        std::fs::remove_file(&path).unwrap();
        let gone = document_password_in(&path);
        assert!(matches!(gone, Err(Failure::PasswordFileUnreadable)));
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let nowhere = Path::new("no-such-file");
        assert!(matches!(
            recovery_words_in(nowhere),
            Err(Failure::RecoveryFileUnreadable)
        ));
        assert!(matches!(
            passphrase_in(nowhere),
            Err(Failure::Domain(Error::Vault(
                VaultTrouble::PassphraseFileUnreadable
            )))
        ));
    }
}
