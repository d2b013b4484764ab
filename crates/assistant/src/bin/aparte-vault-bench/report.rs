//! What was measured: for each name the values in their order, as one JSON object.

use std::collections::BTreeMap;

use serde::Serialize;

/// Values by name.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub struct Report(BTreeMap<&'static str, Vec<f64>>);

impl Report {
    /// Adds a value.
    pub fn add(&mut self, name: &'static str, value: f64) {
        self.0.entry(name).or_default().push(value);
    }
}

/// The value that a share of all values does not exceed: 0.95 for the 95th percentile.
pub fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = (values.len() as f64 * share).ceil() as usize;
    values.get(place.checked_sub(1)?).copied()
}
