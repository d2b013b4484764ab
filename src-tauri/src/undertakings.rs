//! What is made of documents at some length, lists and summaries: each has a number that the page gave it, by which it is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aparte_assistant::Stop;

use crate::session::lock;

/// Who is told when one is to end, by its number. Lists have theirs, and so have summaries.
#[derive(Default)]
pub struct Undertakings(Mutex<HashMap<u32, Stop>>);

/// The place of one that is being made, free again when this is dropped.
pub struct Undertaking {
    /// Told when it is to end.
    pub stop: Stop,
    number: u32,
    undertakings: Arc<Undertakings>,
}

impl Drop for Undertaking {
    fn drop(&mut self) {
        let mut undertakings = lock(&self.undertakings.0);
        // A page that was loaded anew begins with the same numbers.
        if (undertakings.get(&self.number)).is_some_and(|stop| stop.is(&self.stop)) {
            undertakings.remove(&self.number);
        }
    }
}

impl Undertakings {
    /// Begins one; another of the same number ends.
    pub fn begin(self: &Arc<Self>, number: u32) -> Undertaking {
        let stop = Stop::default();
        if let Some(other) = lock(&self.0).insert(number, stop.clone()) {
            other.now();
        }
        Undertaking {
            stop,
            number,
            undertakings: Arc::clone(self),
        }
    }

    /// Ends one, if it is being made.
    pub fn stop(&self, number: u32) {
        if let Some(stop) = lock(&self.0).get(&number) {
            stop.now();
        }
    }

    /// Ends all of them.
    pub fn stop_all(&self) {
        lock(&self.0).values().for_each(Stop::now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_to_stop_reaches_one_and_all() {
        let undertakings = Arc::new(Undertakings::default());
        let (first, second) = (undertakings.begin(1), undertakings.begin(2));
        undertakings.stop(2);
        assert!(!first.stop.is_told() && second.stop.is_told());
        undertakings.stop_all();
        assert!(first.stop.is_told());
        drop((first, second));
        assert!(lock(&undertakings.0).is_empty());
        let (earlier, later) = (undertakings.begin(1), undertakings.begin(1));
        assert!(earlier.stop.is_told());
        drop(earlier);
        undertakings.stop(1);
        assert!(later.stop.is_told(), "the end of another is not its own");
    }
}
