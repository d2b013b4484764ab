//! From a passphrase to a key: Argon2id (RFC 9106) with bounded parameters.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::VaultError;
use crate::keys::{KEY_LENGTH, Key};
use crate::stack::without_trace;

const MIB: u32 = 1024;
/// How long a try should take, in seconds.
const LEAST_SECONDS: f64 = 0.5;
const MOST_SECONDS: f64 = 1.0;

/// What one try of a passphrase costs. It is stored beside the slot, and read back within bounds only:
/// a changed file may neither weaken the slot nor exhaust the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB: 64 MiB to 2 GiB.
    memory: u32,
    /// Passes over the memory: 1 to 20.
    passes: u32,
    /// Lanes: 1 to 16.
    lanes: u32,
}

impl Cost {
    /// 256 MiB, three passes, four lanes.
    pub const DEFAULT: Cost = Cost {
        memory: 256 * MIB,
        passes: 3,
        lanes: 4,
    };

    /// The least that is accepted: 64 MiB, one pass, four lanes. Meant for tests.
    pub const FLOOR: Cost = Cost {
        memory: 64 * MIB,
        passes: 1,
        lanes: 4,
    };

    /// Measures this machine and gives the cost that takes it 0.5 to 1 s: three passes over 256 MiB where that is enough,
    /// more passes on a faster machine, less memory on a slower one, never under 64 MiB.
    pub fn calibrated() -> Cost {
        const PROBE: Cost = Cost {
            memory: 64 * MIB,
            passes: 1,
            lanes: 4,
        };
        let started = Instant::now();
        // A machine that cannot spare 64 MiB is told so when the passphrase is taken.
        let _ = derive(&SecretString::from("a probe"), &[0; 16], PROBE);
        Cost::for_machine(started.elapsed())
    }

    /// The cost for a machine that takes `probe` for one pass over 64 MiB. Time grows with memory and passes.
    fn for_machine(probe: Duration) -> Cost {
        let probe = probe.as_secs_f64().max(0.001);
        let default = probe * 4.0 * 3.0;
        let mut cost = Cost::DEFAULT;
        if default < LEAST_SECONDS {
            let passes = (LEAST_SECONDS / (probe * 4.0)).ceil() as u32;
            cost.passes = passes.clamp(3, 20);
        } else if default > MOST_SECONDS {
            let share = MOST_SECONDS / default;
            let memory = (f64::from(Cost::DEFAULT.memory) * share) as u32;
            cost.memory = (memory / MIB * MIB).max(64 * MIB);
        }
        cost
    }

    /// Writes the three numbers as big-endian u32 and four zeros, for the slot's associated data.
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&self.memory.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.passes.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.lanes.to_be_bytes());
        bytes
    }

    /// Refuses what is out of range, before any memory is asked for.
    pub(crate) fn checked(self) -> Result<Cost, VaultError> {
        let in_range = (64 * MIB..=2048 * MIB).contains(&self.memory)
            && (1..=20).contains(&self.passes)
            && (1..=16).contains(&self.lanes);
        in_range.then_some(self).ok_or(VaultError::CostOutOfRange)
    }
}

/// Derives the key of a passphrase slot. The passphrase is taken in normalisation form C, as RFC 8265 has it: the same
/// letters come composed from one keyboard and decomposed from another.
///
/// # Errors
/// [`VaultError::CostOutOfRange`], [`VaultError::OutOfMemory`].
pub(crate) fn derive(
    passphrase: &SecretString,
    salt: &[u8; 16],
    cost: Cost,
) -> Result<Key, VaultError> {
    let cost = cost.checked()?;
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(KEY_LENGTH))
        .map_err(|_| VaultError::CostOutOfRange)?;
    let mut memory: Vec<Block> = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| VaultError::OutOfMemory)?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Key::from_slice(&[0; KEY_LENGTH]).expect("32 bytes");
    let passphrase: Zeroizing<String> = Zeroizing::new(passphrase.expose_secret().nfc().collect());
    let derived = without_trace(|| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            key.expose_mut(),
            &mut memory,
        )
    });
    memory.iter_mut().for_each(Zeroize::zeroize);
    derived.map_err(|_| VaultError::CostOutOfRange)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{AssociatedData, ParamsBuilder};

    /// RFC 9106, section 5.3.
    #[test]
    fn argon2id_gives_the_vector_of_rfc_9106() {
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let mut tag = [0; 32];
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
            .unwrap()
            .hash_password_into(&[1; 32], &[2; 16], &mut tag)
            .unwrap();
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b,
            0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9,
            0x6b, 0x01, 0xe6, 0x59,
        ];
        assert_eq!(tag, expected);
    }

    #[test]
    fn the_cost_follows_the_machine_and_never_falls_below_the_floor() {
        let cost = |milliseconds| Cost::for_machine(Duration::from_millis(milliseconds));
        assert_eq!(cost(50), Cost::DEFAULT);
        assert_eq!((cost(10).memory, cost(10).passes), (256 * MIB, 13));
        assert_eq!((cost(160).memory, cost(160).passes), (133 * MIB, 3));
        assert_eq!((cost(5000).memory, cost(5000).passes), (64 * MIB, 3));
        assert_eq!(cost(0).passes, 20);
        assert!(Cost::calibrated().checked().is_ok());
    }

    #[test]
    fn a_passphrase_is_the_same_from_any_keyboard() {
        let key = |passphrase: &str| derive(&passphrase.into(), &[7; 16], Cost::FLOOR).unwrap();
        let composed = key("caf\u{e9} \u{1f9ad} passe");
        let decomposed = key("cafe\u{301} \u{1f9ad} passe");
        assert_eq!(composed.expose(), decomposed.expose());
        assert_ne!(composed.expose(), key("cafe passe").expose());
    }

    #[test]
    fn parameters_out_of_range_are_refused_at_once() {
        let started = std::time::Instant::now();
        let with = |memory, passes, lanes| Cost {
            memory,
            passes,
            lanes,
        };
        for cost in [
            with(0, 3, 4),
            with(64 * MIB - 1, 3, 4),
            with(2048 * MIB + 1, 3, 4),
            with(u32::MAX, u32::MAX, u32::MAX),
            with(256 * MIB, 0, 4),
            with(256 * MIB, 21, 4),
            with(256 * MIB, 3, 0),
            with(256 * MIB, 3, 17),
        ] {
            let refused = derive(&"passphrase".into(), &[0; 16], cost);
            assert!(matches!(refused, Err(VaultError::CostOutOfRange)));
        }
        assert!(started.elapsed().as_millis() < 100);
    }
}
