//! Waiting for what must happen, with an end.

use std::time::{Duration, Instant};

/// For what a person takes as immediate, on a machine that does other things too.
pub const SOON: Duration = Duration::from_secs(30);

/// For an answer of the model.
pub const ANSWER: Duration = Duration::from_secs(90);

/// Looks until there is something to see; the test fails where there is not in time.
pub fn eventually<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Looks until there is something to see, and says whether there was in time.
pub fn within(limit: Duration, mut look: impl FnMut() -> Option<()>) -> bool {
    let started = Instant::now();
    while started.elapsed() < limit {
        if look().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Looks for a while whether something stays as it is: what must not happen has this long to happen.
pub fn stays(what: &str, mut look: impl FnMut() -> bool) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(300) {
        assert!(look(), "no longer so: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
