//! Time as people mean it: what a machine sleeps through counts.
//!
//! A timer that sleeps with the machine would leave a vault open on a laptop that was shut overnight. The clock on the
//! wall goes on, but it can be set back; the steady one cannot, but it stands still in some kinds of sleep. Of the two,
//! the one that says more is believed.

use std::time::{Duration, Instant, SystemTime};

/// A point in time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    wall: SystemTime,
    steady: Instant,
}

impl Moment {
    /// This one.
    pub fn now() -> Moment {
        Moment {
            wall: SystemTime::now(),
            steady: Instant::now(),
        }
    }

    /// How long an earlier moment is past.
    pub fn since(self, earlier: Moment) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        wall.max(self.steady.saturating_duration_since(earlier.steady))
    }
}

#[cfg(test)]
impl Moment {
    /// A moment at which both clocks went on.
    pub fn later(self, by: Duration) -> Moment {
        Moment {
            wall: self.wall + by,
            steady: self.steady + by,
        }
    }

    /// A moment after a sleep in which the steady clock stood still.
    pub fn after_sleep(self, by: Duration) -> Moment {
        Moment {
            wall: self.wall + by,
            ..self
        }
    }

    /// The same moment once somebody set the clock on the wall back.
    pub fn set_back(self, by: Duration) -> Moment {
        Moment {
            wall: self.wall - by,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

    #[test]
    fn a_sleep_of_the_machine_counts() {
        let before = Moment::now();
        assert_eq!(before.after_sleep(MINUTE).since(before), MINUTE);
    }

    #[test]
    fn a_clock_that_is_set_back_hides_nothing() {
        let before = Moment::now();
        let after = before.later(MINUTE).set_back(TEN_YEARS);
        assert_eq!(after.since(before), MINUTE);
    }

    #[test]
    fn what_lies_ahead_is_not_past() {
        let now = Moment::now();
        assert_eq!(now.since(now.later(MINUTE)), Duration::ZERO);
    }
}
