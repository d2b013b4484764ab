//! How long the files that wait will take: by their bytes, at the pace of those that were read.

use std::time::Duration;

/// Counts what was read, what it took, and what is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Files that are done, in whatever way.
    pub done: u32,
    /// Those of them that could not be read.
    pub failed: u32,
    /// All files since there were last none.
    pub total: u32,
    bytes_read: u64,
    bytes_left: u64,
    spent: Duration,
}

/// So much must have been read before anything is said about the rest.
const TELLING: Duration = Duration::from_secs(2);

impl Pace {
    /// One more file waits.
    pub fn add(&mut self, bytes: u64) {
        self.total += 1;
        self.bytes_left += bytes;
    }

    /// A file was read, or given up.
    pub fn read(&mut self, bytes: u64, spent: Duration, has_failed: bool) {
        self.pass_over(bytes);
        self.failed += u32::from(has_failed);
        self.bytes_read += bytes;
        self.spent += spent;
    }

    /// A file needed no reading: it says nothing of the pace.
    pub fn pass_over(&mut self, bytes: u64) {
        self.done += 1;
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
    }

    /// How long the rest takes; `None` as long as nobody can tell. `current` is what was read so far of the file that is being
    /// read, and what that took.
    pub fn left(&self, current: (u64, Duration)) -> Option<Duration> {
        let spent = self.spent + current.1;
        let read = self.bytes_read + current.0;
        if spent < TELLING || read == 0 {
            return None;
        }
        let left = self.bytes_left.saturating_sub(current.0);
        Some(spent.mul_f64(left as f64 / read as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_rest_takes_as_long_for_each_byte_as_what_was_read() {
        let mut pace = Pace::default();
        for bytes in [1_000, 3_000, 6_000] {
            pace.add(bytes);
        }
        assert_eq!(pace.left((0, Duration::ZERO)), None, "nothing is known");
        pace.read(1_000, 2 * SECOND, false);
        assert_eq!(pace.left((0, Duration::ZERO)), Some(18 * SECOND));
        assert_eq!(pace.left((1_500, 3 * SECOND)), Some(15 * SECOND));
        pace.read(3_000, 2 * SECOND, true);
        assert_eq!((pace.done, pace.failed, pace.total), (2, 1, 3));
        assert_eq!(pace.left((0, Duration::ZERO)), Some(6 * SECOND));
    }

    #[test]
    fn a_file_that_needs_no_reading_does_not_make_the_rest_look_quick() {
        let mut pace = Pace::default();
        pace.add(1_000_000);
        pace.add(1_000);
        pace.add(1_000);
        pace.pass_over(1_000_000);
        pace.read(1_000, 3 * SECOND, true);
        assert_eq!(pace.left((0, Duration::ZERO)), Some(3 * SECOND));
    }
}
