//! Whether a model fits into memory, asked before a byte of it is loaded.
//!
//! A mapped file never fails to load: too big a model makes the whole machine crawl instead. So the need
//! is estimated from the header, on the high side, and compared with what the system can give.

use aparte_protocol::engine::LoadFailure;
use sysinfo::System;

use crate::preflight::Header;

/// Tokens evaluated in one call; also the size that the working memory is laid out for.
pub(crate) const BATCH: u32 = 512;

/// Reads how many bytes the system can give, within the limits of the container, if any. A system that
/// does not tell is taken to have enough: refusing every model would help nobody.
pub(crate) fn available() -> u64 {
    let Ok(mut system) = System::new() else {
        return u64::MAX;
    };
    system.refresh_memory();
    let free = system.available_memory();
    // Without a limit the group's total is the machine's, and what it counts as used includes the
    // file cache, which would be given back.
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory < system.total_memory() => free.min(limits.free_memory),
        _ => free,
    }
}

/// Refuses a model that needs more than `available` bytes with a context of `context` tokens.
pub(crate) fn check(header: &Header, context: u32, available: u64) -> Result<(), LoadFailure> {
    let needed = needed(header, context);
    if needed > available {
        return Err(LoadFailure::TooBigForMemory { needed, available });
    }
    Ok(())
}

/// Weights, context and working memory, in bytes.
fn needed(header: &Header, context: u32) -> u64 {
    let half = size_of::<u16>() as u64;
    let context_bytes = header
        .cache_width
        .saturating_mul(u64::from(context))
        .saturating_mul(half);
    // What the widest layer holds between two steps, a few times over, and the scores of one token.
    let float = size_of::<f32>() as u64;
    let widest = header
        .embedding_length
        .saturating_add(header.feed_forward_length);
    let working_bytes = widest
        .saturating_mul(u64::from(BATCH) * 4 * float)
        .saturating_add(header.token_count.saturating_mul(4 * float))
        .saturating_add(OVERHEAD);
    header
        .tensor_bytes
        .saturating_add(context_bytes)
        .saturating_add(working_bytes)
}

/// Libraries, vocabulary, graphs.
const OVERHEAD: u64 = 96 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Header {
        Header {
            tensor_bytes: 1_000_000,
            cache_width: 1_000,
            embedding_length: 64,
            ..Header::default()
        }
    }

    #[test]
    fn a_small_model_fits() {
        assert!(check(&small(), 4096, 1 << 30).is_ok());
    }

    #[test]
    fn a_trillion_bytes_of_weights_do_not() {
        let header = Header {
            tensor_bytes: 1_000_000_000_000,
            ..small()
        };
        let failure = check(&header, 4096, 16 << 30).unwrap_err();
        assert!(
            matches!(failure, LoadFailure::TooBigForMemory { needed, available }
                if needed > 1_000_000_000_000 && available == 16 << 30)
        );
    }

    #[test]
    fn a_context_counts_as_well_as_the_weights() {
        let header = Header {
            cache_width: 1 << 20,
            ..small()
        };
        assert!(check(&header, 4096, 8 << 30).is_err());
        assert!(check(&header, 512, 8 << 30).is_ok());
    }

    #[test]
    fn absurd_sizes_do_not_wrap_around() {
        let header = Header {
            tensor_bytes: u64::MAX,
            cache_width: u64::MAX,
            embedding_length: u64::MAX,
            token_count: u64::MAX,
            ..Header::default()
        };
        assert_eq!(needed(&header, u32::MAX), u64::MAX);
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(available() > 0);
    }
}
