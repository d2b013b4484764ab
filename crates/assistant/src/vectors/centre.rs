//! Vectors about the mean of their kind.
//!
//! The embedding model (multilingual-e5-small) gives all texts nearly the same direction: the cosine of two that have nothing to do with
//! each other is 0.75, and what a passage has in common with all passages, or a question with all questions in its language, says
//! more than what it is about. What is left without that mean is told apart much better.
//!
//! The means are those of this model, of ordinary texts: 45 passages in English and 42 in French of about 600 characters, from the
//! manuals of dblatex and the French introduction to LaTeX and from our samples; and 24 questions in each language about contracts,
//! appliances, studies and forms. No document or question of `tests/answers` is among them.

use std::sync::LazyLock;

use crate::language::Language;
use crate::search::DIMENSION;

/// What a vector is of: the model was taught to tell these apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Passage,
    Question,
}

type Mean = [f32; DIMENSION];

/// The vector of a text of this kind and language, of any length above zero, as seen from the mean of its kind. Where the language could
/// not be told the mean is that of all. A vector of zeros stays one.
pub(super) fn centred(vector: &[f32], kind: Kind, language: Option<Language>) -> Mean {
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    if length == 0.0 {
        return [0.0; DIMENSION];
    }
    let mean = mean(kind, language);
    std::array::from_fn(|place| {
        let part = vector.get(place).copied().unwrap_or_default();
        part / length - mean[place]
    })
}

fn mean(kind: Kind, language: Option<Language>) -> Mean {
    let of = |language: Language| &MEANS[kind as usize * Language::ALL.len() + language as usize];
    match language {
        Some(language) => *of(language),
        None => {
            let [one, other] = Language::ALL.map(of);
            std::array::from_fn(|place| (one[place] + other[place]) / 2.0)
        }
    }
}

/// Of passages in each language, then of questions in each.
static MEANS: LazyLock<[Mean; 4]> = LazyLock::new(|| {
    const NUMBERS: &[u8; 4 * DIMENSION * size_of::<f32>()] = include_bytes!("means.f32");
    let (numbers, _) = NUMBERS.as_chunks();
    std::array::from_fn(|which| {
        std::array::from_fn(|place| f32::from_le_bytes(numbers[which * DIMENSION + place]))
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &[f32], other: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
    }

    #[test]
    fn the_means_are_of_vectors_that_are_alike_and_are_not_one_another() {
        for mean in MEANS.iter() {
            let length = mean.iter().map(|part| part * part).sum::<f32>().sqrt();
            assert!((0.85..0.97).contains(&length), "{length}");
        }
        for (place, mean) in MEANS.iter().enumerate() {
            for other in &MEANS[..place] {
                assert!((0.8..0.999).contains(&cosine(mean, other)));
            }
        }
    }

    #[test]
    fn what_all_have_in_common_is_taken_away_whatever_the_length() {
        let [language, _] = Language::ALL;
        let common = mean(Kind::Passage, Some(language));
        let with = |place: usize| {
            let mut vector = common;
            vector[place] += 0.3;
            vector
        };
        let (one, other) = (with(5), with(200));
        assert!(cosine(&one, &other) > 0.85);
        let centred = |vector: &[f32]| centred(vector, Kind::Passage, Some(language));
        assert!(cosine(&centred(&one), &centred(&other)) < 0.5);
        let double: Vec<f32> = one.iter().map(|part| part * 2.0).collect();
        assert!(cosine(&centred(&one), &centred(&double)) > 0.999);
        assert_eq!(centred(&[0.0; DIMENSION]), [0.0; DIMENSION]);
    }
}
