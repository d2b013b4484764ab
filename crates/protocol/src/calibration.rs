//! What a model is computed with, and how that was chosen.
//!
//! Which settings are the fastest depends on the machine and on the model. A worker finds out by a short trial when it is
//! asked to, and tells what came of it. The app remembers that, and gives it to the next worker as arguments: a worker reads
//! no file but its model.

use std::ffi::OsString;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

/// What a context is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// How many threads compute while nothing else disturbs them.
    pub threads: NonZeroU16,
    /// How many tokens of a prompt are computed in one call at most.
    pub batch: BatchSize,
    /// Whether attention is computed piece by piece where a device can; else by a table of every token against every other.
    pub flash_attention: bool,
}

/// Tokens that are computed in one call at most. Written as their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum BatchSize {
    /// 256.
    Small,
    /// 512.
    Middle,
    /// 1024.
    Large,
}

impl BatchSize {
    /// All of them, the smallest first.
    pub const ALL: [BatchSize; 3] = [BatchSize::Small, BatchSize::Middle, BatchSize::Large];

    /// How many tokens.
    pub const fn tokens(self) -> u32 {
        match self {
            BatchSize::Small => 256,
            BatchSize::Middle => 512,
            BatchSize::Large => 1024,
        }
    }
}

/// No batch has this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no batch has {0} tokens")]
pub struct NoSuchBatch(pub u32);

impl TryFrom<u32> for BatchSize {
    type Error = NoSuchBatch;

    fn try_from(tokens: u32) -> Result<BatchSize, NoSuchBatch> {
        let mut sizes = BatchSize::ALL.into_iter();
        sizes
            .find(|size| size.tokens() == tokens)
            .ok_or(NoSuchBatch(tokens))
    }
}

impl From<BatchSize> for u32 {
    fn from(size: BatchSize) -> u32 {
        size.tokens()
    }
}

/// What an earlier trial chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it chose.
    pub tuning: Tuning,
    /// On which machine, as [`ModelFacts::machine`](crate::engine::ModelFacts::machine) told. What was found on one machine
    /// holds for no other.
    pub machine: String,
}

impl Known {
    /// The arguments that say so, after the model.
    pub fn arguments(&self) -> [String; 4] {
        let Known { tuning, machine } = self;
        let attention = if tuning.flash_attention { FLASH } else { PLAIN };
        [
            tuning.threads.to_string(),
            tuning.batch.tokens().to_string(),
            attention.to_owned(),
            machine.clone(),
        ]
    }

    /// What arguments say, none for nothing known; `None` where no app of ours says so.
    pub fn of_arguments(arguments: &[OsString]) -> Option<Option<Known>> {
        match arguments {
            [] => Some(None),
            [threads, batch, attention, machine] => Some(Some(Known {
                tuning: Tuning {
                    threads: threads.to_str()?.parse().ok()?,
                    batch: batch.to_str()?.parse::<u32>().ok()?.try_into().ok()?,
                    flash_attention: match attention.to_str()? {
                        FLASH => true,
                        PLAIN => false,
                        _ => return None,
                    },
                },
                machine: machine.to_str()?.to_owned(),
            })),
            _ => None,
        }
    }
}

const FLASH: &str = "flash";
const PLAIN: &str = "plain";

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Trial {
    /// These are the fastest.
    Settled {
        /// What to open the model with from the next time on.
        tuning: Tuning,
        /// What was measured; `None` where the model is too slow for a short trial, which leaves everything as it is.
        speed: Option<Speed>,
    },
    /// Nothing to go by, because the machine was busy with something else or has no memory for it. Another trial may find
    /// something.
    TooBusy,
    /// Something was asked meanwhile.
    GaveWay,
}

/// How fast a model is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Tokens of a prompt in a second.
    pub prompt: f64,
    /// Tokens of a reply in a second.
    pub reply: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_words(words: &[String]) -> Option<Option<Known>> {
        let arguments: Vec<_> = words.iter().map(OsString::from).collect();
        Known::of_arguments(&arguments)
    }

    #[test]
    fn what_is_known_is_understood_as_it_was_meant() {
        for batch in BatchSize::ALL {
            for flash_attention in [true, false] {
                let tuning = Tuning {
                    threads: NonZeroU16::MAX,
                    batch,
                    flash_attention,
                };
                let machine = "CPU (a processor), 2 of 4 cores".to_owned();
                let known = Known { tuning, machine };
                assert_eq!(of_words(&known.arguments()), Some(Some(known)));
            }
        }
        assert_eq!(of_words(&[]), Some(None));
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for line in [
            "2 512 flash",
            "0 512 flash x",
            "-1 512 flash x",
            "65536 512 flash x",
            "2 513 flash x",
            "2 512 yes x",
            "try",
            "2 512 flash x y",
        ] {
            let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(of_words(&words), None, "{line}");
        }
    }
}
