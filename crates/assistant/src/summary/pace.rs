//! How long a summary will still take, by what it took so far.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Work in tokens, those that are read and those that are written: with several replies at once either takes about as long.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Since the first of the work was done that is measured.
    began: Option<Instant>,
    total: f64,
    done: f64,
    /// What is done of replies that are under way.
    under_way: HashMap<usize, f64>,
}

/// Before this share of the work is done nothing is told of the rest.
const TELLING: f64 = 0.05;

impl Pace {
    /// So much work is to be done.
    pub fn new(total: f64) -> Pace {
        Pace {
            began: None,
            total,
            done: 0.0,
            under_way: HashMap::new(),
        }
    }

    /// A reply has so much of its work done.
    pub fn at(&mut self, number: usize, done: f64) {
        self.began.get_or_insert_with(Instant::now);
        let work = self.under_way.entry(number).or_default();
        *work = work.max(done);
    }

    /// A reply has a token or a few more.
    pub fn more(&mut self, number: usize) {
        *self.under_way.entry(number).or_default() += 1.0;
    }

    /// A reply is whole, which was reckoned as so much work.
    pub fn finished(&mut self, number: usize, reckoned: f64) {
        self.under_way.remove(&number);
        self.done += reckoned;
    }

    /// A reply was known: it is no work.
    pub fn known(&mut self, reckoned: f64) {
        self.total -= reckoned;
    }

    /// How long the rest will take, once that can be told.
    pub fn left(&self) -> Option<Duration> {
        let began = self.began?;
        self.left_after(began.elapsed())
    }

    fn left_after(&self, elapsed: Duration) -> Option<Duration> {
        let done = self.done + self.under_way.values().sum::<f64>();
        if self.total <= 0.0 || done < TELLING * self.total {
            return None;
        }
        let rest = (self.total - done).max(0.0);
        Some(elapsed.mul_f64(rest / done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_by_what_was_done_and_what_is_under_way() {
        let seconds = Duration::from_secs;
        let mut pace = Pace::new(1_000.0);
        assert_eq!(pace.left_after(seconds(10)), None);
        pace.at(0, 90.0);
        for _ in 0..10 {
            pace.more(0);
        }
        assert_eq!(pace.left_after(seconds(10)), Some(seconds(90)));
        pace.finished(0, 100.0);
        pace.known(500.0);
        assert_eq!(
            pace.left_after(seconds(10)),
            Some(seconds(40)),
            "half of it was known"
        );
    }
}
