//! Where the values of an owner stand, and its data key.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::keys::{KEY_LENGTH, Key, SealingKey, random};
use crate::record::{Place, open, seal};
use crate::{OwnerId, Part, RecordId, RecordKind, SettingKey, VaultError};

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

/// Unwraps the data key of an owner.
///
/// # Errors
/// [`VaultError::NotFound`]; [`VaultError::Damaged`] if the wrapped key does not open.
pub(crate) fn data_key(
    connection: &Connection,
    vault: &[u8; 16],
    wrap: &SealingKey,
    owner: OwnerId,
) -> Result<(i64, SealingKey), VaultError> {
    let (kind, wrapped): (i64, Vec<u8>) = connection
        .prepare_cached("SELECT kind, key FROM owners WHERE id = ?1")?
        .query_row(params![owner.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?
        .ok_or(VaultError::NotFound)?;
    let key = unwrap_data_key(wrap, &key_place(vault, kind, owner), &wrapped)
        .ok_or(VaultError::Damaged(Part::DataKey))?;
    Ok((kind, key))
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
