//! How many texts are best computed together: one, two, four and so on are tried, as long as that makes them faster.

use std::time::Duration;

/// Measures groups of texts of one length, each twice as large as the one before.
#[derive(Debug)]
pub(super) struct Trial {
    /// The largest group that is tried.
    most: usize,
    /// Texts of the group that is measured next.
    next: usize,
    best: usize,
    /// Seconds that a text takes in the best group so far.
    seconds: f64,
}

/// A larger group must save so much: it takes more memory, and is later to hear a stop.
const WORTHWHILE: f64 = 0.95;

/// In seconds for one text. What is slower is no GPU, and nobody should wait for a trial whose outcome is known.
const SLOW: f64 = 0.3;

impl Trial {
    pub(super) fn new(most: usize) -> Trial {
        Trial {
            most,
            next: 1,
            best: 1,
            seconds: f64::INFINITY,
        }
    }

    /// Texts of the group to measure; `None` when the best is known.
    pub(super) fn next(&self) -> Option<usize> {
        // Alone, one has nothing to be compared with.
        (self.next <= self.most && self.most > 1).then_some(self.next)
    }

    /// Learns what the group took.
    pub(super) fn measured(&mut self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64() / self.next as f64;
        let is_better = seconds < self.seconds * WORTHWHILE;
        if is_better {
            self.best = self.next;
            self.seconds = seconds;
        }
        self.next = if is_better && seconds < SLOW {
            self.next * 2
        } else {
            usize::MAX
        };
    }

    pub(super) fn best(&self) -> usize {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best group on a machine that needs `seconds` for a group of so many, and the groups that were tried.
    fn tried(most: usize, seconds: impl Fn(f64) -> f64) -> (usize, Vec<usize>) {
        let mut trial = Trial::new(most);
        let mut groups = Vec::new();
        while let Some(group) = trial.next() {
            groups.push(group);
            trial.measured(Duration::from_secs_f64(seconds(group as f64)));
        }
        (trial.best(), groups)
    }

    #[test]
    fn a_machine_that_is_slower_with_several_reads_one_at_a_time() {
        assert_eq!(
            tried(8, |texts| texts * (0.1 + texts / 100.0)),
            (1, vec![1, 2])
        );
    }

    #[test]
    fn a_machine_that_is_faster_with_several_reads_as_many_as_it_may() {
        assert_eq!(tried(8, |texts| 0.1 + texts / 100.0), (8, vec![1, 2, 4, 8]));
    }

    #[test]
    fn the_trial_ends_where_more_make_no_difference() {
        assert_eq!(
            tried(16, |texts| texts.max(4.0) / 20.0),
            (4, vec![1, 2, 4, 8])
        );
    }

    #[test]
    fn a_slow_machine_is_not_kept_waiting() {
        assert_eq!(tried(8, |texts| texts), (1, vec![1]));
    }

    #[test]
    fn nothing_is_measured_where_there_is_no_choice() {
        assert_eq!(tried(1, |texts| texts), (1, vec![]));
        assert_eq!(tried(0, |texts| texts), (1, vec![]));
    }
}
