//! The secrets of the vaults that the tests make, and of the golden one.

/// The master key of a vault that needs no passphrase, since what it costs to derive one is not the matter here.
pub const MASTER: [u8; 32] = [0x5a; 32];

/// Passphrases, each in its time.
pub const PASSPHRASES: [&str; 3] = [
    "the first of three passphrases",
    "the second of three passphrases",
    "the third of three passphrases",
];

/// The master key of the golden vault of format 1, as its passphrase gives it.
pub const GOLDEN: &str = "731cb97eeab723d4668843cc70c42b997fd16e6daa39c9be1339da7a8185217e";

/// How many items a careless writer writes.
pub const CARELESS_ITEMS: usize = 20;

/// Reads a key from 64 hexadecimal digits.
pub fn of_text(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}
