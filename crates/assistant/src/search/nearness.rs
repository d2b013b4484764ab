//! How near the nearest passage is to a question, beside what all passages have in common. A cosine says little by itself: the
//! model puts all texts close together, and those of one document closer still.

use super::vectors::DIMENSION;
use super::{Owner, SearchIndex, Vector};

/// Fewer vectors have no mean worth the name.
const FEWEST: usize = 8;

/// The nearest by the plain cosine are looked at.
const LOOKED_AT: usize = 100;

impl SearchIndex {
    /// The largest cosine of a passage of the `wanted` documents with a meaning, both taken from the mean of those documents; `None`
    /// where too few of them have vectors.
    pub fn nearness(&self, meaning: &Vector, wanted: impl Fn(Owner) -> bool) -> Option<f32> {
        let within = self.passages.rows.within(&self.owners.wanted(wanted));
        let (rows, bytes) = self.vectors.parts();
        let vector = |place: usize| {
            let bytes = &bytes[place * DIMENSION..(place + 1) * DIMENSION];
            unit(bytes.iter().map(|&byte| f32::from(byte as i8)))
        };
        let is_wanted = |row| within.contains(row);
        let mut sum = [0.0; DIMENSION];
        let mut count = 0;
        for place in (0..rows.len()).filter(|&place| is_wanted(rows[place])) {
            for (sum, part) in sum.iter_mut().zip(vector(place)) {
                *sum += part;
            }
            count += 1;
        }
        if count < FEWEST {
            return None;
        }
        let mean = sum.map(|sum| sum / count as f32);
        let centred = |of: [f32; DIMENSION]| {
            let parts = of.iter().zip(mean).map(|(part, mean)| part - mean);
            unit(parts)
        };
        let asked = centred(unit(meaning.iter().map(|&part| f32::from(part))));
        let (near, ()) = self.vectors.nearest(meaning, LOOKED_AT, is_wanted, || ());
        let cosines = near.iter().filter_map(|near| {
            let passage = centred(vector(rows.binary_search(&near.row).ok()?));
            Some(
                passage
                    .iter()
                    .zip(asked)
                    .map(|(one, other)| one * other)
                    .sum(),
            )
        });
        cosines.reduce(f32::max)
    }
}

/// A vector of length one, or of zeros.
fn unit(parts: impl Iterator<Item = f32>) -> [f32; DIMENSION] {
    let mut vector = [0.0; DIMENSION];
    for (place, part) in vector.iter_mut().zip(parts) {
        *place = part;
    }
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    match length > 0.0 {
        true => vector.map(|part| part / length),
        false => vector,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::search::Entry;

    /// What all have in common, and something of its own.
    fn vector(own: usize) -> Vector {
        let mut vector = [0; DIMENSION];
        (vector[0], vector[own]) = (120, 40);
        vector
    }

    #[test]
    fn what_all_passages_have_in_common_brings_none_of_them_near() {
        let mut index = SearchIndex::new().unwrap();
        let vectors: Vec<_> = (1..=FEWEST).map(vector).collect();
        let entries = vectors.iter().zip(0..).map(|(vector, passage)| Entry {
            page: 1,
            passage,
            text: "A text.",
            headings: &[],
            vector: Some(vector),
        });
        index
            .put_passages([0; 16], [0; 16], Language::English, entries)
            .unwrap();
        let near = |own| index.nearness(&vector(own), |_| true).unwrap();
        assert!(near(3) > 0.95, "{}", near(3));
        assert!(near(100) < 0.3, "{}", near(100));
        assert_eq!(index.nearness(&vector(3), |_| false), None);
    }
}
