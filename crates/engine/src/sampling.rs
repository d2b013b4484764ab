//! How the next token is chosen.
//!
//! `LlamaSampler::sample` accepts the token that it returns. Accepting it again would count it twice, and
//! abort the process where a grammar is in the chain.

use aparte_protocol::engine::Sampling;
use llama_cpp_2::sampling::LlamaSampler;

/// How many tokens of the reply the repeat penalty looks back on.
const PENALTY_WINDOW: i32 = 64;

/// Makes the chain that chooses as `sampling` says. Numbers that make no sense are brought into range.
pub(crate) fn chain(sampling: &Sampling, vocabulary: i32) -> LlamaSampler {
    let sampling = in_range(sampling);
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
