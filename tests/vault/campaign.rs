//! How much of a test is run, and what came of it.

use std::fmt::Display;

/// Whether the long form was asked for.
pub fn is_long() -> bool {
    std::env::var_os("APARTE_CAMPAIGN").is_some()
}

/// How often something is tried: a part on every change, all of it in a campaign.
pub fn times(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Every how manieth of a run of tries is made: all of them in a campaign.
pub fn every(step: usize) -> usize {
    times(step, 1)
}

/// Counts tries, so that one that fails does not hide the others.
pub struct Tally {
    what: &'static str,
    executions: u64,
    failures: u64,
}

impl Tally {
    /// Begins to count.
    pub fn new(what: &'static str) -> Tally {
        Tally {
            what,
            executions: 0,
            failures: 0,
        }
    }

    /// Counts one try. The first failures are printed.
    pub fn note(&mut self, held: bool, what: impl FnOnce() -> String) {
        self.executions += 1;
        if !held {
            self.failures += 1;
            if self.failures <= 10 {
                println!("{}: {}", self.what, what());
            }
        }
    }

    /// Counts one try that says itself what went wrong.
    pub fn take(&mut self, outcome: Result<(), String>, place: impl Display) {
        let wrong = outcome.err();
        self.note(wrong.is_none(), || {
            format!("{place}: {}", wrong.unwrap_or_default())
        });
    }

    /// Prints the totals as `cargo xtask campaign` reads them, and fails if any try did.
    pub fn end(self) {
        let Tally {
            what,
            executions,
            failures,
        } = self;
        println!("{what}\ncampaign: executions={executions} failures={failures}");
        assert!(executions > 0, "{what}: nothing was tried");
        assert_eq!(failures, 0, "{what}: {failures} of {executions} failed");
    }
}

/// Numbers that look random and are the same at every run (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as they fell before for this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// One of some things.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// So many bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.number() as u8).collect()
    }

    /// Bytes with a few of them changed, cut, doubled, exchanged or replaced: what damage and attackers do.
    pub fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + self.below(3) {
            self.damage_once(&mut damaged);
        }
        damaged
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length == 0 {
            let more = self.below(40);
            *bytes = self.bytes(more);
            return;
        }
        let at = self.below(length);
        let run = (1 + self.below(32)).min(length - at);
        match self.below(10) {
            0..=2 => bytes[at] ^= 1 << self.below(8),
            3 => bytes[at] = *self.one(&[0, 1, 0x7f, 0x80, 0xfe, 0xff]),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..at + run)),
            6 => {
                let again = bytes[at..at + run].to_vec();
                let to = self.below(length);
                bytes.splice(to..to, again);
            }
            7 => {
                let strange = self.bytes(run);
                bytes.splice(at..at + run, strange);
            }
            8 => bytes[at..at + run].fill(*self.one(&[0, 0xff])),
            _ => {
                let more = 1 + self.below(300);
                bytes.extend(self.bytes(more));
            }
        }
    }
}
