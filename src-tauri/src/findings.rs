//! The lists that are being made of everything a question wants: each has a number that the page gave it, by which it is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aparte_assistant::Stop;

use crate::session::lock;

/// Who is told when a list is to end, by its number.
#[derive(Default)]
pub struct Findings(Mutex<HashMap<u32, Stop>>);

/// The place of a list that is being made, free again when this is dropped.
pub struct Finding {
    /// Told when it is to end.
    pub stop: Stop,
    number: u32,
    findings: Arc<Findings>,
}

impl Drop for Finding {
    fn drop(&mut self) {
        let mut findings = lock(&self.findings.0);
        // A page that was loaded anew begins with the same numbers.
        if (findings.get(&self.number)).is_some_and(|stop| stop.is(&self.stop)) {
            findings.remove(&self.number);
        }
    }
}

impl Findings {
    /// Begins a list; one of the same number ends.
    pub fn begin(self: &Arc<Self>, number: u32) -> Finding {
        let stop = Stop::default();
        if let Some(other) = lock(&self.0).insert(number, stop.clone()) {
            other.now();
        }
        Finding {
            stop,
            number,
            findings: Arc::clone(self),
        }
    }

    /// Ends a list, if it is being made.
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
    fn the_word_to_stop_reaches_one_list_and_all() {
        let findings = Arc::new(Findings::default());
        let (first, second) = (findings.begin(1), findings.begin(2));
        findings.stop(2);
        assert!(!first.stop.is_told() && second.stop.is_told());
        findings.stop_all();
        assert!(first.stop.is_told());
        drop((first, second));
        assert!(lock(&findings.0).is_empty());
        let (earlier, later) = (findings.begin(1), findings.begin(1));
        assert!(earlier.stop.is_told());
        drop(earlier);
        findings.stop(1);
        assert!(later.stop.is_told(), "the end of another is not its own");
    }
}
