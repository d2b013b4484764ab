//! The integers between two bounds, as digits.

use super::{DIGITS, Part, one, text};

/// The integers from `least` to `most`, both included, of at most 15 digits; `None` where there are none.
pub(super) fn between(least: Option<i64>, most: Option<i64>) -> Option<Part> {
    let least = least.unwrap_or(-HIGHEST).max(-HIGHEST);
    let most = most.unwrap_or(HIGHEST).min(HIGHEST);
    if least > most {
        return None;
    }
    let mut ways = Vec::new();
    if least < 0 {
        let negative = up_to_length(most.min(-1).unsigned_abs(), least.unsigned_abs());
        ways.push(Part::Sequence(vec![text("-"), negative]));
    }
    if most >= 0 {
        ways.push(up_to_length(
            least.max(0).unsigned_abs(),
            most.unsigned_abs(),
        ));
    }
    Some(Part::Choice(ways))
}

/// Every integer of 15 digits is exact in every reader of JSON.
const HIGHEST: i64 = 999_999_999_999_999;

/// One way for each number of digits.
fn up_to_length(least: u64, most: u64) -> Part {
    let lengths = least.to_string().len()..=most.to_string().len();
    let ways = lengths.map(|length| {
        let (first, last) = match length {
            1 => (0, 9),
            length => (10_u64.pow(length as u32 - 1), 10_u64.pow(length as u32) - 1),
        };
        let (from, to) = (least.max(first).to_string(), most.min(last).to_string());
        of_length(from.as_bytes(), to.as_bytes())
    });
    Part::Choice(ways.collect())
}

/// The numbers from `from` to `to`, which have as many digits.
fn of_length(from: &[u8], to: &[u8]) -> Part {
    let ([low, from_rest @ ..], [high, to_rest @ ..]) = (from, to) else {
        return Part::Sequence(Vec::new());
    };
    let digits = |low: u8, high: u8| one(&[(char::from(low), char::from(high))]);
    let (zeros, nines) = (vec![b'0'; from_rest.len()], vec![b'9'; from_rest.len()]);
    if low == high {
        return Part::Sequence(vec![digits(*low, *low), of_length(from_rest, to_rest)]);
    }
    if from_rest == zeros && to_rest == nines {
        let rest = from_rest.len() as u32;
        let rest = Part::Repeated(Box::new(one(DIGITS)), rest, Some(rest));
        return Part::Sequence(vec![digits(*low, *high), rest]);
    }
    let mut ways = vec![Part::Sequence(vec![
        digits(*low, *low),
        of_length(from_rest, &nines),
    ])];
    if low + 1 < *high {
        let rest = of_length(&zeros, &nines);
        ways.push(Part::Sequence(vec![digits(low + 1, high - 1), rest]));
    }
    ways.push(Part::Sequence(vec![
        digits(*high, *high),
        of_length(&zeros, to_rest),
    ]));
    Part::Choice(ways)
}
