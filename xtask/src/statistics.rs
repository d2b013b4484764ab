//! The median of repeated measurements, and how far they lie apart.

/// The middle of some measurements and their ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the measurements lie on each side.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Summarises measurements; none have no middle.
    pub fn of(measurements: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<_> = measurements.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Some(Self { median, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_measurements_has_one_in_the_middle() {
        let spread = Spread::of([3.0, 1.0, 100.0]);
        let expected = Spread {
            median: 3.0,
            min: 1.0,
            max: 100.0,
        };
        assert_eq!(
            spread,
            Some(expected),
            "an outlier moves the end, not the middle"
        );
    }

    #[test]
    fn an_even_number_of_measurements_has_its_middle_between_two() {
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    }

    #[test]
    fn no_measurement_has_no_middle() {
        assert_eq!(Spread::of([]), None);
    }
}
