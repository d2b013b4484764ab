//! How the next token is chosen.

use aparte_protocol::engine::Sampling;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

/// How many tokens of the reply the repeat penalty looks back on.
const PENALTY_WINDOW: i32 = 64;

/// Chooses tokens as a request wants it, and remembers those that it chose.
#[derive(Debug)]
pub(crate) struct Chooser {
    chain: LlamaSampler,
    candidates: LlamaTokenDataArray,
}

impl Chooser {
    /// Chooses as `sampling` says; numbers that make no sense are brought into range.
    pub(crate) fn new(sampling: &Sampling, vocabulary: i32) -> Chooser {
        Chooser {
            chain: chain(&in_range(sampling), vocabulary),
            candidates: LlamaTokenDataArray::new(Vec::new(), false),
        }
    }

    /// Chooses the next token by the `scores` of the vocabulary; `None` when they are no numbers, as a
    /// damaged model may make them. (The binding that does this in one call aborts then.)
    pub(crate) fn choose(&mut self, scores: &[f32]) -> Option<LlamaToken> {
        if scores.is_empty() || scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        self.candidates.data.clear();
        self.candidates.data.extend(
            (0..)
                .zip(scores)
                .map(|(id, &score)| LlamaTokenData::new(LlamaToken::new(id), score, 0.0)),
        );
        self.candidates.selected = None;
        self.candidates.sorted = false;
        self.candidates.apply_sampler(&mut self.chain);
        let token = self.candidates.selected_token()?;
        // Exactly once for each token: a second time would count it twice.
        self.chain.try_accept(token).ok()?;
        Some(token)
    }
}

fn chain(sampling: &Sampling, vocabulary: i32) -> LlamaSampler {
    let mut chain = Vec::new();
    if sampling.repeat_penalty != 1.0 {
        chain.push(LlamaSampler::penalties(
            vocabulary,
            PENALTY_WINDOW,
            sampling.repeat_penalty,
            0.0,
            0.0,
        ));
    }
    if sampling.temperature == 0.0 {
        chain.push(LlamaSampler::greedy());
    } else {
        if sampling.top_p < 1.0 {
            chain.push(LlamaSampler::top_p(sampling.top_p, 1));
        }
        chain.push(LlamaSampler::temp(sampling.temperature));
        chain.push(LlamaSampler::dist(sampling.seed));
    }
    LlamaSampler::chain(chain, true)
}

fn in_range(sampling: &Sampling) -> Sampling {
    let or = |value: f32, otherwise: f32| if value.is_nan() { otherwise } else { value };
    Sampling {
        temperature: or(sampling.temperature, 0.0).clamp(0.0, 2.0),
        top_p: or(sampling.top_p, 1.0).clamp(0.0, 1.0),
        repeat_penalty: match sampling.repeat_penalty {
            penalty if penalty > 0.0 => penalty.clamp(0.1, 10.0),
            _ => 1.0,
        },
        // llama.cpp takes the highest number for "a random seed".
        seed: sampling.seed.min(u32::MAX - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f32, top_p: f32, repeat_penalty: f32) -> Sampling {
        in_range(&Sampling {
            temperature,
            top_p,
            repeat_penalty,
            seed: u32::MAX,
        })
    }

    fn greedy() -> Chooser {
        Chooser::new(&sampling(0.0, 1.0, 1.0), 4)
    }

    #[test]
    fn without_temperature_the_most_likely_token_is_chosen() {
        let chosen = greedy().choose(&[0.5, -1.0, 2.0, 1.0]);
        assert_eq!(chosen, Some(LlamaToken::new(2)));
    }

    #[test]
    fn scores_that_are_no_numbers_choose_nothing() {
        assert_eq!(greedy().choose(&[0.5, f32::NAN, 2.0, 1.0]), None);
        assert_eq!(greedy().choose(&[]), None);
    }

    #[test]
    fn a_penalty_leads_away_from_what_was_chosen() {
        let mut chooser = Chooser::new(&sampling(0.0, 1.0, 2.0), 2);
        let chosen = [(); 2].map(|()| chooser.choose(&[3.0, 2.0]).unwrap().0);
        assert_eq!(chosen, [0, 1]);
    }

    #[test]
    fn a_seed_chooses_alike() {
        let run = || {
            let mut chooser = Chooser::new(&sampling(1.5, 0.9, 1.0), 4);
            [(); 20].map(|()| chooser.choose(&[1.0, 1.1, 0.9, 1.0]))
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn numbers_that_make_no_sense_do_nothing() {
        let harmless = sampling(0.0, 1.0, 1.0);
        assert_eq!(sampling(f32::NAN, f32::NAN, f32::NAN), harmless);
        assert_eq!(sampling(-1.0, 7.0, -3.0), harmless);
    }

    #[test]
    fn numbers_beyond_the_range_stop_at_its_end() {
        let highest = sampling(f32::INFINITY, -1.0, f32::INFINITY);
        assert_eq!(
            (highest.temperature, highest.top_p, highest.repeat_penalty),
            (2.0, 0.0, 10.0)
        );
    }

    #[test]
    fn no_seed_means_a_random_one() {
        assert_ne!(sampling(1.0, 1.0, 1.0).seed, u32::MAX);
    }
}
