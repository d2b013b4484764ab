//! The summaries of the page: those that are being made, and those that were made and can be written into files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aparte_assistant::{Summary, SummaryStyle};

use crate::session::lock;
use crate::undertakings::{Undertaking, Undertakings};

/// Each summary has a number that the page gave it.
#[derive(Default)]
pub struct Summaries {
    undertakings: Arc<Undertakings>,
    made: Mutex<HashMap<u32, Arc<Made>>>,
}

/// A summary that was made.
pub struct Made {
    /// What came of it.
    pub summary: Summary,
    /// What it was asked for in.
    pub style: SummaryStyle,
}

impl Summaries {
    /// Begins one; another of the same number ends.
    pub fn begin(&self, number: u32) -> Undertaking {
        self.undertakings.begin(number)
    }

    /// Ends one, if it is being made.
    pub fn stop(&self, number: u32) {
        self.undertakings.stop(number);
    }

    /// Keeps one that was made, as long as what it is of may be known.
    pub fn keep(&self, number: u32, made: Made, is_open: impl FnOnce() -> bool) {
        let mut all = lock(&self.made);
        if is_open() {
            all.insert(number, Arc::new(made));
        }
    }

    /// One that was made.
    pub fn made(&self, number: u32) -> Option<Arc<Made>> {
        lock(&self.made).get(&number).cloned()
    }

    /// Ends one and forgets it.
    pub fn forget(&self, number: u32) {
        self.stop(number);
        lock(&self.made).remove(&number);
    }

    /// Ends all of them and forgets them.
    pub fn forget_all(&self) {
        self.undertakings.stop_all();
        lock(&self.made).clear();
    }
}
