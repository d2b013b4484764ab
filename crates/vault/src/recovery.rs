//! Recovery words: 256 random bits as 24 words with a checksum (BIP 39), for the day a keychain or a memory fails.
//!
//! Both word lists have 2,048 words that differ in their first four letters. The words stand for a key that is as strong
//! as the master key itself, so nothing slows a try down.

use bip39::{Language, Mnemonic};
use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, Zeroizing};

use crate::VaultError;
use crate::keys::{Key, random};
use crate::stack::without_trace;

/// In which language words are drawn. Words of either are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordList {
    /// English words.
    English,
    /// French words.
    French,
}

/// The words, to be shown once. They are wiped when dropped.
pub struct RecoveryWords(Zeroizing<String>);

impl RecoveryWords {
    /// Lends the 24 words, parted by spaces.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Draws a key and the words that stand for it.
pub(crate) fn draw(list: WordList) -> Result<(Key, RecoveryWords), VaultError> {
    let entropy: Zeroizing<[u8; 32]> = Zeroizing::new(random()?);
    let mut mnemonic = Mnemonic::from_entropy_in(list.language(), entropy.as_slice())
        .expect("24 words stand for 256 bits");
    let words = RecoveryWords(Zeroizing::new(mnemonic.to_string()));
    mnemonic.zeroize();
    Ok((
        Key::from_slice(entropy.as_slice()).expect("32 bytes"),
        words,
    ))
}

/// Reads the key out of words as people type them: with numbers, line breaks and capitals.
///
/// # Errors
/// [`VaultError::NotRecoveryWords`].
pub(crate) fn key(typed: &SecretString) -> Result<Key, VaultError> {
    let words = Zeroizing::new(plain(typed.expose_secret()));
    let mut lists = [WordList::English, WordList::French].into_iter();
    let key = lists.find_map(|list| without_trace(|| key_in(list, &words)));
    key.ok_or(VaultError::NotRecoveryWords)
}

fn key_in(list: WordList, words: &str) -> Option<Key> {
    let mut mnemonic = Mnemonic::parse_in(list.language(), words).ok()?;
    let (entropy, length) = mnemonic.to_entropy_array();
    let entropy = Zeroizing::new(entropy);
    mnemonic.zeroize();
    Key::from_slice(&entropy[..length])
}

fn plain(typed: &str) -> String {
    let words = typed
        .split(|c: char| !c.is_alphabetic() && !is_accent(c))
        .filter(|word| !word.is_empty());
    let mut plain = String::with_capacity(typed.len());
    for word in words {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.chars().flat_map(char::to_lowercase));
    }
    plain
}

/// Accents stand by themselves in the normal form that keyboards of some systems give.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

impl WordList {
    fn language(self) -> Language {
        match self {
            WordList::English => Language::English,
            WordList::French => Language::French,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &str) -> Option<[u8; 32]> {
        key(&words.into()).ok().map(|key| *key.expose())
    }

    /// The last test vector of the reference implementation (Trezor's `vectors.json`).
    #[test]
    fn the_published_words_give_the_published_bits() {
        let words = "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen \
                     patrol group space point ten exist slush involve unfold";
        let expected = [
            0xf5, 0x85, 0xc1, 0x1a, 0xec, 0x52, 0x0d, 0xb5, 0x7d, 0xd3, 0x53, 0xc6, 0x95, 0x54,
            0xb2, 0x1a, 0x89, 0xb2, 0x0f, 0xb0, 0x65, 0x09, 0x66, 0xfa, 0x0a, 0x9d, 0x6f, 0x74,
            0xfd, 0x98, 0x9d, 0x8f,
        ];
        assert_eq!(typed(words), Some(expected));
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        for list in [WordList::English, WordList::French] {
            let (drawn, words) = draw(list).unwrap();
            let numbered: Vec<_> = words
                .expose()
                .split(' ')
                .enumerate()
                .map(|(at, word)| format!("{}. {}\n", at + 1, word.to_uppercase()))
                .collect();
            assert_eq!(words.expose().split(' ').count(), 24);
            for way in [words.expose().to_owned(), numbered.concat()] {
                assert_eq!(typed(&way).as_ref(), Some(drawn.expose()), "{list:?}");
            }
        }
    }

    #[test]
    fn a_word_too_few_too_many_or_unknown_is_noticed() {
        let (_, words) = draw(WordList::English).unwrap();
        let words: Vec<_> = words.expose().split(' ').collect();
        let mut unknown = words.clone();
        unknown[3] = "aparte";
        let unknown = unknown.join(" ");
        let twice = [words.clone(), words.clone()].concat().join(" ");
        for typed_words in [
            "",
            &words[..23].join(" "),
            &words[..12].join(" "),
            &unknown,
            &twice,
        ] {
            assert_eq!(typed(typed_words), None);
        }
    }
}
