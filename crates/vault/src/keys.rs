//! Keys: the master key, its subkeys, and the data key of each conversation and document.
//!
//! A key is 32 bytes that are wiped when dropped. No key type can be copied, printed or serialized.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::KeyInit;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::VaultError;
use crate::stack::without_trace;

/// The length of every key, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// 32 secret bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key(Box<[u8; KEY_LENGTH]>);

impl Key {
    /// Draws a key from the system's random source.
    pub(crate) fn random() -> Result<Key, VaultError> {
        let mut key = Key(Box::new([0; KEY_LENGTH]));
        fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// Takes a key out of decrypted bytes; `None` if they are not 32.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Key> {
        let mut key = Key(Box::new([0; KEY_LENGTH]));
        if bytes.len() != KEY_LENGTH {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    /// Derives a key by HKDF-SHA256 (RFC 5869).
    pub(crate) fn derive(&self, salt: Option<&[u8]>, info: &[u8]) -> Key {
        let mut derived = Key(Box::new([0; KEY_LENGTH]));
        without_trace(|| {
            Hkdf::<Sha256>::new(salt, self.0.as_slice()).expand(info, derived.0.as_mut_slice())
        })
        .expect("32 bytes are within the 8160 that HKDF-SHA256 can give");
        derived
    }

    /// Computes HMAC-SHA256 over `message`.
    pub(crate) fn authenticate(&self, message: &[u8]) -> [u8; 32] {
        without_trace(|| self.hmac(message).finalize().into_bytes().into())
    }

    /// Compares an HMAC-SHA256 over `message` in constant time.
    pub(crate) fn verifies(&self, message: &[u8], code: &[u8]) -> bool {
        without_trace(|| self.hmac(message).verify_slice(code).is_ok())
    }

    /// Sets up AES-256-GCM under this key.
    pub(crate) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(self.0.as_slice()).expect("the key has 32 bytes")
    }

    /// Lends the raw bytes, to be wrapped under another key or given to the keychain.
    pub(crate) fn expose(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// Lends the raw bytes to be written by a derivation.
    pub(crate) fn expose_mut(&mut self) -> &mut [u8; KEY_LENGTH] {
        &mut self.0
    }

    fn hmac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut hmac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of any length");
        hmac.update(message);
        hmac
    }
}

/// A key that seals records, with the id that each record under it carries.
pub(crate) struct SealingKey {
    pub(crate) id: [u8; 16],
    pub(crate) key: Key,
}

/// What is derived from the master key when the vault opens; the master key itself is not kept.
pub(crate) struct Keyring {
    /// Wraps the data keys.
    pub(crate) wrap: SealingKey,
    /// Seals the settings.
    pub(crate) settings: SealingKey,
    /// Seals what the vault says of itself.
    pub(crate) root: SealingKey,
    /// Wraps the keys of caches.
    pub(crate) cache: SealingKey,
    /// Marks the names of caches as this vault's.
    pub(crate) cache_name: Key,
    /// Makes the digests of sets.
    pub(crate) set: Key,
    /// Authenticates `vault.json`.
    pub(crate) manifest: Key,
}

impl Keyring {
    /// Derives the subkeys by label from the master key.
    pub(crate) fn of(master: &Key) -> Keyring {
        Keyring {
            wrap: sealing(master, "wrap"),
            settings: sealing(master, "settings"),
            root: sealing(master, "root"),
            cache: sealing(master, "index"),
            cache_name: subkey(master, "index/name"),
            set: subkey(master, "set"),
            manifest: subkey(master, "manifest"),
        }
    }
}

/// Draws `N` bytes from the system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|_| VaultError::RandomSource)
}

fn subkey(master: &Key, label: &str) -> Key {
    master.derive(None, format!("aparte/1/{label}").as_bytes())
}

/// The id of a subkey is derived beside it, so that a record names its key without telling it.
fn sealing(master: &Key, label: &str) -> SealingKey {
    let id = subkey(master, &format!("{label}/id"));
    SealingKey {
        id: id.expose()[..16].try_into().expect("16 of 32 bytes"),
        key: subkey(master, label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::{Aead, Payload};

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn hkdf_gives_the_first_vector_of_rfc_5869() {
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(Some(&bytes("000102030405060708090a0b0c")), &[0x0b; 22])
            .expand(&bytes("f0f1f2f3f4f5f6f7f8f9"), &mut okm)
            .unwrap();
        assert_eq!(
            okm.as_slice(),
            bytes(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            )
        );
    }

    #[test]
    fn derivation_is_hkdf_with_the_label_as_info() {
        let master = Key::from_slice(&[7; 32]).unwrap();
        let mut expected = [0; 32];
        Hkdf::<Sha256>::new(None, &[7; 32])
            .expand(b"aparte/1/wrap", &mut expected)
            .unwrap();
        assert_eq!(Keyring::of(&master).wrap.key.expose(), &expected);
    }

    /// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    #[test]
    fn aes_256_gcm_gives_the_published_vector() {
        let key = Key::from_slice(&bytes(
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        ))
        .unwrap();
        let nonce: [u8; 12] = bytes("cafebabefacedbaddecaf888").try_into().unwrap();
        let sealed = key
            .cipher()
            .encrypt(
                &nonce.into(),
                Payload {
                    msg: &bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                    aad: &bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                },
            )
            .unwrap();
        assert_eq!(
            sealed,
            bytes(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
            )
        );
    }
}
