//! How near the nearest passage is to a question.

use super::{Owner, SearchIndex, Vector};

impl SearchIndex {
    /// The largest cosine of a passage of the `wanted` documents with a meaning; `None` where none of them has a vector.
    pub fn nearness(&self, meaning: &Vector, wanted: impl Fn(Owner) -> bool) -> Option<f32> {
        let within = self.passages.rows.within(&self.owners.wanted(wanted));
        let is_wanted = |row| within.contains(row);
        let (near, ()) = self.vectors.nearest(meaning, 1, is_wanted, || ());
        near.first().map(|near| near.cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::search::{DIMENSION, Entry};

    #[test]
    fn the_nearest_piece_of_the_wanted_documents_is_how_near_they_are() {
        let vector = |first, second| {
            let mut vector = [0; DIMENSION];
            (vector[0], vector[1]) = (first, second);
            vector
        };
        let mut index = SearchIndex::new().unwrap();
        let entry = |vectors| Entry {
            page: 1,
            passage: 0,
            text: "A text.",
            headings: &[],
            vectors,
        };
        let english = Language::English;
        let pieces = [vector(0, 100), vector(60, 80)];
        for (owner, vectors) in [([1; 16], &pieces[..]), ([2; 16], &[])] {
            index
                .put_passages(owner, owner, english, [entry(vectors)])
                .unwrap();
        }
        let near = |wanted: u8| index.nearness(&vector(100, 0), |owner| owner == [wanted; 16]);
        assert!((near(1).unwrap() - 0.6).abs() < 0.001, "{:?}", near(1));
        assert_eq!(near(2), None);
    }
}
