//! The sealed formats as `SECURITY.md` describes them, written a second time and apart from the vault.
//!
//! What the vault writes must open here, and what is sealed here must open there: so the description is enough for
//! somebody else's reader. It is also how tests get at keys to look for, and at bytes that are genuine and yet wrong.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// 32 bytes and the id that values under them carry.
#[derive(Clone)]
pub struct Key {
    pub id: [u8; 16],
    pub bytes: [u8; 32],
}

/// Everything that is derived from a master key.
pub struct Keys {
    pub wrap: Key,
    pub settings: Key,
    pub root: Key,
    pub cache: Key,
    pub cache_name: [u8; 32],
    pub set: [u8; 32],
    pub manifest: [u8; 32],
}

impl Keys {
    /// Derives them.
    pub fn of(master: &[u8; 32]) -> Keys {
        let subkey = |label: &str| derive(master, None, format!("aparte/1/{label}").as_bytes());
        let key = |label: &str| Key {
            id: subkey(&format!("{label}/id"))[..16].try_into().unwrap(),
            bytes: subkey(label),
        };
        Keys {
            wrap: key("wrap"),
            settings: key("settings"),
            root: key("root"),
            cache: key("index"),
            cache_name: subkey("index/name"),
            set: subkey("set"),
            manifest: subkey("manifest"),
        }
    }
}

/// HKDF-SHA256.
pub fn derive(key: &[u8; 32], salt: Option<&[u8]>, info: &[u8]) -> [u8; 32] {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(salt, key)
        .expand(info, &mut derived)
        .expect("32 bytes are few");
    derived
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub struct Place {
    pub column: &'static str,
    pub kind: i64,
    pub id: [u8; 16],
    pub parent: [u8; 16],
    pub sequence: i64,
}

impl Place {
    /// The associated data.
    pub fn bytes(&self, key: &[u8; 16]) -> Vec<u8> {
        let fields: [&[u8]; 8] = [
            b"aparte",
            &[1],
            self.column.as_bytes(),
            &self.kind.to_be_bytes(),
            &self.id,
            &self.parent,
            &self.sequence.to_be_bytes(),
            key,
        ];
        fields
            .iter()
            .flat_map(|field| [&(field.len() as u32).to_be_bytes()[..], field].concat())
            .collect()
    }
}

/// Opens a record; `None` if it is not one for this place under this key.
pub fn open(key: &Key, place: &Place, sealed: &[u8]) -> Option<Vec<u8>> {
    let padded = open_padded(key, place, sealed)?;
    let length = u32::from_be_bytes(padded.get(..4)?.try_into().unwrap()) as usize;
    Some(padded.get(4..4 + length)?.to_vec())
}

fn open_padded(key: &Key, place: &Place, sealed: &[u8]) -> Option<Vec<u8>> {
    if *sealed.first()? != 1 || *sealed.get(1..17)? != key.id {
        return None;
    }
    let nonce: [u8; 12] = sealed.get(17..29)?.try_into().unwrap();
    let payload = Payload {
        msg: &sealed[29..],
        aad: &place.bytes(&key.id),
    };
    let cipher = Aes256Gcm::new_from_slice(&key.bytes).unwrap();
    cipher.decrypt(&nonce.into(), payload).ok()
}

/// Seals a body like the vault does.
pub fn seal(key: &Key, place: &Place, nonce: [u8; 12], body: &[u8]) -> Vec<u8> {
    let mut padded = (body.len() as u32).to_be_bytes().to_vec();
    padded.extend(body);
    padded.resize(padded.len().next_multiple_of(256), 0);
    seal_padded(key, place, nonce, &padded)
}

/// Seals a plaintext as it is, with whatever it has for a length and for padding.
pub fn seal_padded(key: &Key, place: &Place, nonce: [u8; 12], padded: &[u8]) -> Vec<u8> {
    let payload = Payload {
        msg: padded,
        aad: &place.bytes(&key.id),
    };
    let cipher = Aes256Gcm::new_from_slice(&key.bytes).unwrap();
    let ciphertext = cipher.encrypt(&nonce.into(), payload).unwrap();
    [&[1], &key.id[..], &nonce, &ciphertext].concat()
}

/// Reads the data key out of an owner's row.
pub fn data_key(
    keys: &Keys,
    vault: [u8; 16],
    kind: i64,
    owner: [u8; 16],
    wrapped: &[u8],
) -> Option<Key> {
    let body = open(
        &keys.wrap,
        &owner_place("owners.key", vault, kind, owner),
        wrapped,
    )?;
    Some(Key {
        id: body.get(..16)?.try_into().unwrap(),
        bytes: body.get(16..)?.try_into().ok()?,
    })
}

/// The place of a sealed column of an owner's row.
pub fn owner_place(column: &'static str, vault: [u8; 16], kind: i64, owner: [u8; 16]) -> Place {
    Place {
        column,
        kind,
        id: owner,
        parent: vault,
        sequence: 0,
    }
}

/// Reads the id of the vault out of `vault.json`.
pub fn vault_id(manifest: &[u8]) -> [u8; 16] {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).expect("it is JSON");
    let id = STANDARD.decode(manifest["vault"].as_str().expect("a vault has an id"));
    id.expect("it is base64").try_into().expect("16 bytes")
}

/// Signs `vault.json` again, after the text before its code was changed.
pub fn sign(content: &str, key: &[u8; 32]) -> Vec<u8> {
    let code = STANDARD.encode(authenticate(content.as_bytes(), key));
    format!("{content},\"mac\":\"{code}\"}}\n").into_bytes()
}

/// HMAC-SHA256.
pub fn authenticate(message: &[u8], key: &[u8; 32]) -> [u8; 32] {
    let mut hmac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    hmac.update(message);
    hmac.finalize().into_bytes().into()
}

/// What stands in `vault.json` before its code.
pub fn content(manifest: &[u8]) -> String {
    let text = std::str::from_utf8(manifest).expect("it is JSON");
    let (content, _) = text.split_once(",\"mac\":\"").expect("it is signed");
    content.to_owned()
}

/// What Argon2id makes of a passphrase for a slot of `vault.json`.
pub fn slot_key(slot: &serde_json::Value, passphrase: &str) -> [u8; 32] {
    let [memory, passes, lanes, _] = cost(slot);
    let params =
        argon2::Params::new(memory, passes, lanes, Some(32)).expect("a cost that is allowed");
    let mut key = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &bytes(slot, "salt"), &mut key)
        .expect("a cost that is allowed");
    key
}

/// Reads the master key out of the first slot of `vault.json`, which is a passphrase's.
pub fn master_of(manifest: &[u8], passphrase: &str) -> [u8; 32] {
    let json: serde_json::Value = serde_json::from_slice(manifest).expect("it is JSON");
    let slot = &json["slots"][0];
    let place = Place {
        column: "slots.passphrase",
        kind: 1,
        id: cost(slot)
            .map(u32::to_be_bytes)
            .concat()
            .try_into()
            .expect("16 bytes"),
        parent: vault_id(manifest),
        sequence: 0,
    };
    let key = Key {
        id: bytes(slot, "salt").try_into().expect("16 bytes"),
        bytes: slot_key(slot, passphrase),
    };
    let master = open(&key, &place, &bytes(slot, "sealed")).expect("the slot opens");
    master.try_into().expect("32 bytes")
}

fn cost(slot: &serde_json::Value) -> [u32; 4] {
    let number = |name: &str| slot["cost"][name].as_u64().expect("a number") as u32;
    [number("memory"), number("passes"), number("lanes"), 0]
}

fn bytes(slot: &serde_json::Value, name: &str) -> Vec<u8> {
    let text = slot[name].as_str().expect("base64");
    STANDARD.decode(text).expect("base64")
}
