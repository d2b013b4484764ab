//! What tells one model from another, and one layout of a state from another.

use std::io::{self, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use crate::memory::{CacheType, Opening};

/// Bytes of a sample.
const SAMPLE: u64 = 4096;
/// Samples, spread evenly: each of a model's larger tensors gets some. Reading a whole file would take longer than
/// loading it.
const SAMPLES: u64 = 1024;

/// What besides the model and its [`Opening`] decides how llama.cpp lays out a state and what the numbers in it mean.
const LAYOUT: &str = "llama-cpp-sys-2 0.1.161, unified cache";

/// What tells the file of a model from those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content([u8; 32]);

impl Content {
    /// SHA-256 of [`LAYOUT`], of how keys and values are kept, and of the content.
    pub(crate) fn opened(&self, opening: &Opening) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(LAYOUT);
        hash.update(match opening.cache {
            CacheType::F16 => ", of 16-bit floats",
            CacheType::Q8_0 => ", of 8-bit blocks",
        });
        // Without flash attention, values lie across.
        hash.update(match opening.has_flash_attention {
            true => ", flash attention",
            false => ", plain attention",
        });
        hash.update(self.0);
        hash.finalize().into()
    }
}

/// SHA-256 of the length of the file and of samples of it. Two models that were made from each other differ in every large
/// tensor, so that samples tell them apart; they prove nothing.
pub(crate) fn content(file: &mut (impl Read + Seek), length: u64) -> io::Result<Content> {
    let mut hash = Sha256::new();
    hash.update(length.to_le_bytes());
    let stride = (length / SAMPLES).max(SAMPLE);
    let mut sample = Vec::new();
    for start in (0..length).step_by(usize::try_from(stride).unwrap_or(usize::MAX)) {
        file.seek(SeekFrom::Start(start))?;
        sample.clear();
        file.take(SAMPLE).read_to_end(&mut sample)?;
        hash.update(&sample);
    }
    Ok(Content(hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8]) -> Content {
        content(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn a_state_is_of_no_use_where_keys_and_values_lie_otherwise() {
        let content = of(&[7; 100]);
        let flash = Opening::conversation(4096, false);
        let plain = Opening {
            has_flash_attention: false,
            ..flash
        };
        let blocks = Opening {
            cache: CacheType::Q8_0,
            ..flash
        };
        assert_ne!(content.opened(&flash), content.opened(&plain));
        assert_ne!(content.opened(&flash), content.opened(&blocks));
        let longer = Opening::conversation(8192, false);
        assert_eq!(content.opened(&flash), content.opened(&longer));
    }

    #[test]
    fn the_layout_is_that_of_the_llama_cpp_that_is_built() {
        let manifest = include_str!("../../../Cargo.toml");
        let (name, version) = LAYOUT.split_once(' ').unwrap();
        let (version, _) = version.split_once(',').unwrap();
        let pinned = format!("{name} = {{ version = \"={version}\"");
        assert!(manifest.contains(&pinned), "{pinned}");
    }

    #[test]
    fn a_small_file_is_read_whole() {
        let bytes = vec![7; 20_000];
        for place in [0, 4_096, 19_999] {
            let mut changed = bytes.clone();
            changed[place] = 8;
            assert_ne!(of(&bytes), of(&changed), "at {place}");
        }
    }

    #[test]
    fn a_change_of_a_thousandth_of_a_large_file_is_seen() {
        let bytes = vec![7; 16 << 20];
        let mut changed = bytes.clone();
        changed[5 << 20..(5 << 20) + (16 << 10)].fill(8);
        assert_ne!(of(&bytes), of(&changed));
        assert_eq!(of(&bytes), of(&bytes.clone()));
        assert_ne!(of(&bytes), of(&bytes[1..]), "another length");
    }
}
