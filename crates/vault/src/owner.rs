//! Where the values of an owner stand, and its data key.

use zeroize::Zeroizing;

use crate::keys::{KEY_LENGTH, Key, SealingKey, random};
use crate::record::{Place, open, seal};
use crate::{OwnerId, RecordId, RecordKind, SettingKey, VaultError};

/// Makes a data key, and its wrapped form for the column `key`: id (16), key (32), sealed under `wrap`.
pub(crate) fn make_data_key(
    wrap: &SealingKey,
    place: &Place,
) -> Result<(SealingKey, Vec<u8>), VaultError> {
    let data_key = SealingKey {
        id: random()?,
        key: Key::random()?,
    };
    let mut body = Zeroizing::new(Vec::with_capacity(16 + KEY_LENGTH));
    body.extend(data_key.id);
    body.extend(data_key.key.expose());
    let wrapped = seal(wrap, place, &body)?;
    Ok((data_key, wrapped))
}

/// Unwraps a data key that was read.
pub(crate) fn unwrap_data_key(
    wrap: &SealingKey,
    place: &Place,
    wrapped: &[u8],
) -> Option<SealingKey> {
    let body = open(wrap, place, wrapped)?;
    let (id, key) = body.split_first_chunk()?;
    Some(SealingKey {
        id: *id,
        key: Key::from_slice(key)?,
    })
}

/// The place of an owner's wrapped data key.
pub(crate) fn key_place(vault: &[u8; 16], kind: i64, owner: OwnerId) -> Place {
    Place {
        column: "owners.key",
        kind,
        id: *owner.as_bytes(),
        parent: *vault,
        sequence: 0,
    }
}

/// The place of an owner's head.
pub(crate) fn head_place(vault: &[u8; 16], kind: i64, owner: OwnerId) -> Place {
    Place {
        column: "owners.head",
        ..key_place(vault, kind, owner)
    }
}

/// The place of what an owner seals of itself.
pub(crate) fn seal_place(vault: &[u8; 16], kind: i64, owner: OwnerId) -> Place {
    Place {
        column: "owners.seal",
        ..key_place(vault, kind, owner)
    }
}

/// The place of what the vault seals of itself.
pub(crate) fn root_place(vault: &[u8; 16]) -> Place {
    Place {
        column: "root.sealed",
        kind: 0,
        id: [0; 16],
        parent: *vault,
        sequence: 0,
    }
}

/// The place of a record.
pub(crate) fn record_place(owner: OwnerId, kind: RecordKind, id: RecordId, sequence: u32) -> Place {
    Place {
        column: "records.sealed",
        kind: kind.0.into(),
        id: *id.as_bytes(),
        parent: *owner.as_bytes(),
        sequence: sequence.into(),
    }
}

/// The place of a setting.
pub(crate) fn setting_place(vault: &[u8; 16], key: SettingKey) -> Place {
    Place {
        column: "settings.sealed",
        kind: key.0.into(),
        id: [0; 16],
        parent: *vault,
        sequence: 0,
    }
}
