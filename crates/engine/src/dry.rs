//! The "don't repeat yourself" penalty: keeps a reply from saying again, word for word, what it has said.
//!
//! A token is made less likely that would go on with a run of tokens that stands in the reply before, the
//! more the longer the run is. llama.cpp has one too; it goes through the whole vocabulary for every reply.

use std::collections::HashMap;

use llama_cpp_2::token::LlamaToken;

use crate::vocabulary::Vocabulary;

/// The penalty, and what the reply has said lately.
#[derive(Debug)]
pub(crate) struct Dry<'v> {
    multiplier: f32,
    vocabulary: &'v Vocabulary,
    /// The tokens of the reply; `None` for one at which runs begin anew.
    said: Vec<Option<LlamaToken>>,
}

/// How much a run of one token more counts.
const BASE: f32 = 1.75;

/// A run of so many tokens is penalised, shorter ones are not.
const SHORTEST: usize = 2;

/// Longer runs count as if they had this length, which leaves a token no chance.
const LONGEST: usize = 40;

/// How many tokens of the reply are looked back on.
const WINDOW: usize = 1024;

/// What parts a text: lists and tables repeat what stands around these.
const BREAKERS: &[u8] = b"\n:\"*";

impl<'v> Dry<'v> {
    /// Nothing is said yet.
    pub(crate) fn new(multiplier: f32, vocabulary: &'v Vocabulary) -> Dry<'v> {
        Dry {
            multiplier,
            vocabulary,
            said: Vec::new(),
        }
    }

    /// What is to be taken from the score of each token.
    pub(crate) fn penalties(&self) -> HashMap<LlamaToken, f32> {
        let said = &self.said[self.said.len().saturating_sub(WINDOW)..];
        let mut runs: HashMap<LlamaToken, usize> = HashMap::new();
        for end in 1..said.len() {
            let Some(next) = said[end] else {
                continue;
            };
            let (before, now) = (said[..end].iter().rev(), said.iter().rev());
            let run = before
                .zip(now)
                .take(LONGEST)
                .take_while(|(before, now)| before.is_some() && before == now)
                .count();
            if run >= SHORTEST {
                let longest = runs.entry(next).or_default();
                *longest = run.max(*longest);
            }
        }
        runs.into_iter()
            .map(|(token, run)| {
                let steps = (run - SHORTEST) as i32;
                (token, self.multiplier * BASE.powi(steps))
            })
            .collect()
    }

    /// The reply goes on with `token`.
    pub(crate) fn accept(&mut self, token: LlamaToken) {
        let text = self.vocabulary.text(token);
        let is_breaker = text.iter().any(|byte| BREAKERS.contains(byte));
        self.said.push((!is_breaker).then_some(token));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The penalties after a reply in a vocabulary of `a`, `b`, `c`, `d` and a line break.
    fn after(reply: &[i32]) -> Vec<(i32, f32)> {
        let vocabulary = Vocabulary::with_end(&[b"a", b"b", b"c", b"d", b".\n"]);
        let mut dry = Dry::new(1.0, &vocabulary);
        for &token in reply {
            dry.accept(LlamaToken::new(token));
        }
        let mut penalties: Vec<(i32, f32)> = dry
            .penalties()
            .into_iter()
            .map(|(token, penalty)| (token.0, penalty))
            .collect();
        penalties.sort_by_key(|&(token, _)| token);
        penalties
    }

    #[test]
    fn what_came_after_the_same_run_is_penalised_by_its_length() {
        assert_eq!(after(&[0, 1, 2, 3, 1, 2]), [(3, 1.0)]);
        assert_eq!(after(&[0, 1, 2, 3, 0, 1, 2]), [(3, 1.75)]);
        assert_eq!(after(&[0, 1, 2, 0, 1, 3, 0, 1]), [(2, 1.0), (3, 1.0)]);
    }

    #[test]
    fn one_word_may_come_again_and_so_may_what_stands_after_a_break() {
        assert!(after(&[0, 1, 2, 0]).is_empty());
        assert!(after(&[]).is_empty());
        assert!(after(&[1, 4, 2, 3, 1, 4, 2]).is_empty());
        // Breaks are never penalised themselves.
        assert!(after(&[0, 1, 4, 0, 1]).is_empty());
    }

    #[test]
    fn the_longest_run_stays_a_number() {
        let penalties = after(&[0; 3000]);
        assert!(penalties[0].1.is_finite() && penalties[0].1 > 1e6);
    }
}
