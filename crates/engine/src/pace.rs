//! How many prompt tokens to evaluate at once.
//!
//! A call into llama.cpp cannot be interrupted, so a piece of the prompt is as long as what this machine
//! does in less than a tenth of a second with this model, whatever both are.

use std::time::Duration;

use crate::memory::BATCH;

/// What a piece should take: a tenth of a second, less what a busy machine may add.
const TARGET: Duration = Duration::from_millis(80);

/// Measures pieces and sizes the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    size: usize,
}

impl Pace {
    /// Starts with pieces of `size` tokens.
    pub(crate) fn new(size: usize) -> Pace {
        Pace { size }
    }

    /// The size of the next piece, at least one token and at most [`BATCH`].
    pub(crate) fn piece(self) -> usize {
        self.size
    }

    /// Learns that `tokens` took `elapsed`. One slow piece halves the next at most, one fast piece
    /// doubles it at most: a single measurement may be a hiccup. A shorter piece teaches nothing.
    pub(crate) fn measured(&mut self, tokens: usize, elapsed: Duration) {
        if tokens < self.size {
            return;
        }
        let ratio = TARGET.as_secs_f64() / elapsed.as_secs_f64().max(1e-6);
        let fitting = (tokens as f64 * ratio) as usize;
        let size = fitting.clamp(self.size / 2, self.size * 2);
        // Kernels work on eight columns at a time; a piece in between costs like the next eight.
        let size = if size >= 8 { size / 8 * 8 } else { size };
        self.size = size.clamp(1, BATCH as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(tokens_per_s: f64) -> usize {
        let mut pace = Pace::new(16);
        for _ in 0..20 {
            let tokens = pace.piece();
            pace.measured(
                tokens,
                Duration::from_secs_f64(tokens as f64 / tokens_per_s),
            );
        }
        pace.piece()
    }

    #[test]
    fn a_piece_takes_less_than_a_tenth_of_a_second_on_any_machine() {
        for tokens_per_s in [10.5, 30.0, 200.0, 1_000.0, 5_000.0] {
            let piece = settled(tokens_per_s);
            assert!(
                piece as f64 / tokens_per_s <= 0.1,
                "{piece} at {tokens_per_s}/s"
            );
            assert!(piece as f64 / tokens_per_s >= 0.04 || piece == 1 || piece == 512);
        }
    }

    #[test]
    fn a_piece_is_never_empty_and_never_over_the_batch() {
        assert_eq!(settled(0.1), 1);
        assert_eq!(settled(1e9), BATCH as usize);
    }

    #[test]
    fn one_hiccup_does_not_stop_the_machine() {
        let mut pace = Pace::new(64);
        pace.measured(64, Duration::from_secs(60));
        assert_eq!(pace.piece(), 32);
    }
}
