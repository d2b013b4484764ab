//! Prompt lookup: in a reply that copies, what comes next often stands in the prompt. Where the last tokens stand there
//! too, those that follow them are computed in the same step as the next token, and kept as far as they turn out right.
//!
//! A guess that is wrong costs its share of the step. So guesses are made only while they pay, by what steps with and
//! without them were measured to take for each token that came of them.
//!
//! Method: A. Saxena, "Prompt Lookup Decoding", 2023.

use std::time::Duration;

use llama_cpp_2::token::LlamaToken;

/// So many tokens must be the same before what follows them is a guess.
const ALIKE: usize = 3;
/// Tokens of a guess.
const LONGEST: usize = 4;
/// Tokens of the reply until guesses are tried again that did not pay.
const PAUSE: u32 = 48;
/// The first steps of either kind say little.
const FEW: u32 = 4;

/// Makes guesses, and learns whether they pay.
#[derive(Debug)]
pub(crate) struct Guesser {
    plain: Pace,
    guessing: Pace,
    /// Tokens until the next guess.
    pause: u32,
}

/// Seconds for each token.
#[derive(Debug, Default)]
struct Pace {
    seconds: f64,
    steps: u32,
}

impl Guesser {
    pub(crate) fn new() -> Guesser {
        Guesser {
            plain: Pace::default(),
            guessing: Pace::default(),
            // A reply begins without guesses, so that it is known what they must beat.
            pause: FEW,
        }
    }

    /// What may follow `tokens`, whose last is about to be computed: at most `room` tokens, often none.
    pub(crate) fn guess<'t>(&self, tokens: &'t [LlamaToken], room: usize) -> &'t [LlamaToken] {
        if self.pause > 0 || tokens.len() <= ALIKE {
            return &[];
        }
        let (before, last) = tokens.split_at(tokens.len() - ALIKE);
        let found = before
            .windows(ALIKE)
            .rposition(|window| window == last)
            .map(|at| at + ALIKE);
        let Some(from) = found else { return &[] };
        let to = (from + LONGEST.min(room)).min(tokens.len());
        &tokens[from..to]
    }

    /// Learns that a step with so many `guesses` took `elapsed` and gave so many `tokens`, at least one.
    pub(crate) fn measured(&mut self, guesses: usize, tokens: u32, elapsed: Duration) {
        self.pause = self.pause.saturating_sub(tokens);
        let pace = match guesses {
            0 => &mut self.plain,
            _ => &mut self.guessing,
        };
        pace.learn(elapsed.as_secs_f64() / f64::from(tokens.max(1)));
        if guesses > 0 && self.guessing.steps >= FEW && self.guessing.seconds > self.plain.seconds {
            self.pause = PAUSE;
            self.guessing = Pace::default();
        }
    }
}

impl Pace {
    fn learn(&mut self, seconds: f64) {
        self.steps += 1;
        let weight = 1.0 / f64::from(self.steps.min(8));
        self.seconds += (seconds - self.seconds) * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().copied().map(LlamaToken::new).collect()
    }

    fn milliseconds(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// One that has seen how long a token takes without a guess.
    fn ready() -> Guesser {
        let mut guesser = Guesser::new();
        for _ in 0..FEW {
            guesser.measured(0, 1, milliseconds(10));
        }
        guesser
    }

    #[test]
    fn what_followed_the_same_tokens_is_the_guess() {
        let text = tokens(&[1, 2, 3, 4, 5, 6, 7, 9, 1, 2, 3]);
        assert_eq!(ready().guess(&text, 10), tokens(&[4, 5, 6, 7]));
        assert_eq!(ready().guess(&text, 2), tokens(&[4, 5]));
        assert!(
            ready().guess(&text[..8], 10).is_empty(),
            "nothing is repeated"
        );
        assert!(ready().guess(&[], 10).is_empty());
    }

    #[test]
    fn the_latest_of_several_is_taken() {
        let text = tokens(&[1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3]);
        assert_eq!(ready().guess(&text, 1), tokens(&[5]));
    }

    #[test]
    fn guesses_stop_while_they_do_not_pay_and_are_tried_again() {
        let text = tokens(&[1, 2, 3, 4, 1, 2, 3]);
        let mut guesser = ready();
        for _ in 0..FEW {
            assert!(!guesser.guess(&text, 4).is_empty());
            guesser.measured(4, 1, milliseconds(15));
        }
        assert!(guesser.guess(&text, 4).is_empty());
        for _ in 0..PAUSE {
            guesser.measured(0, 1, milliseconds(10));
        }
        for _ in 0..20 {
            assert!(!guesser.guess(&text, 4).is_empty());
            guesser.measured(4, 4, milliseconds(15));
        }
    }
}
