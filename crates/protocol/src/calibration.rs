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

/// How a worker is to come to its settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// What to open the model with, on the same machine. A worker on another one, or that cannot do it, does without.
    pub known: Option<Known>,
    /// Whether to make a trial where nothing is known. It takes a few seconds.
    pub may_try: bool,
}

impl Wish {
    /// The arguments that say so, after the model. None for nothing known and no trial.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if self.may_try {
            arguments.push(TRY.to_owned());
        }
        if let Some(Known { tuning, machine }) = &self.known {
            let attention = if tuning.flash_attention { FLASH } else { PLAIN };
            arguments.extend([
                tuning.threads.to_string(),
                tuning.batch.tokens().to_string(),
                attention.to_owned(),
                machine.clone(),
            ]);
        }
        arguments
    }

    /// What arguments say; `None` where no app of ours says so.
    pub fn of_arguments(arguments: &[OsString]) -> Option<Wish> {
        let (may_try, rest) = match arguments {
            [first, rest @ ..] if first == TRY => (true, rest),
            rest => (false, rest),
        };
        let known = match rest {
            [] => None,
            [threads, batch, attention, machine] => Some(Known {
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
            }),
            _ => return None,
        };
        Some(Wish { known, may_try })
    }
}

const TRY: &str = "try";
const FLASH: &str = "flash";
const PLAIN: &str = "plain";

/// How a worker came to its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Calibrated {
    /// Nothing was known and no trial was to be made: it is opened with what suits most machines.
    Untried,
    /// An earlier trial chose them.
    Known,
    /// A trial chose them, and measured this; `None` where the model is too slow for a short trial, which leaves everything
    /// as it is.
    Tried(Option<Speed>),
    /// A trial gave nothing to go by, because the machine was busy with something else. Another one may.
    TooBusy,
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

    fn back(wish: &Wish) -> Option<Wish> {
        let arguments: Vec<_> = wish.arguments().into_iter().map(OsString::from).collect();
        Wish::of_arguments(&arguments)
    }

    #[test]
    fn a_wish_is_understood_as_it_was_meant() {
        for batch in BatchSize::ALL {
            for (flash_attention, may_try) in [(true, false), (false, true)] {
                let tuning = Tuning {
                    threads: NonZeroU16::MAX,
                    batch,
                    flash_attention,
                };
                let machine = "CPU (a processor), 2 of 4 cores".to_owned();
                let known = Some(Known { tuning, machine });
                let wish = Wish { known, may_try };
                assert_eq!(back(&wish).as_ref(), Some(&wish));
                let nothing_known = Wish {
                    known: None,
                    may_try,
                };
                assert_eq!(back(&nothing_known).as_ref(), Some(&nothing_known));
            }
        }
        assert!(Wish::default().arguments().is_empty());
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
            "try try",
            "try 2 512 flash x y",
            "again",
        ] {
            let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Wish::of_arguments(&arguments), None, "{line}");
        }
    }
}
