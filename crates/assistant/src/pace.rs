//! How fast a model reads on this machine, and so how much of a prompt it reads while somebody waits.

use std::time::Duration;

use aparte_protocol::engine::Timings;

/// Tokens of a short prompt in a second.
///
/// A token of a long one takes longer, because it is compared with all before it: on the processors that were measured a token takes
/// twice the time in a prompt of so many tokens as in a short one. Larger models lose less, so that no more is read than is
/// foretold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace(f64);

const TWICE_AS_LONG: f64 = 4_096.0;

/// Fewer tokens than this say little of the pace.
const LEAST: u32 = 96;

impl Pace {
    /// From the tokens of a short prompt in a second, which are more than zero.
    pub fn of_short_prompts(tokens_per_s: f64) -> Pace {
        Pace(tokens_per_s)
    }

    /// What is known after another reply: half of it from that one, where it tells anything.
    pub fn after(before: Option<Pace>, timings: &Timings) -> Option<Pace> {
        let read = timings.prompt_tokens.saturating_sub(timings.reused_tokens);
        let measured = timings.prompt_tokens_per_s().filter(|_| read >= LEAST);
        let Some(measured) = measured else {
            return before;
        };
        // Its tokens stand, in the middle, so far into the prompt; of a whole prompt they stand at half of its length.
        let middle = f64::from(timings.reused_tokens) + f64::from(read) / 2.0;
        let short = measured * (1.0 + 2.0 * middle / TWICE_AS_LONG);
        Some(Pace(
            before.map_or(short, |Pace(before)| f64::midpoint(before, short)),
        ))
    }

    /// How long a prompt of so many tokens takes of which nothing was computed before.
    pub fn time(self, tokens: u32) -> Duration {
        let tokens = f64::from(tokens);
        let seconds = tokens / self.0 * (1.0 + tokens / TWICE_AS_LONG);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// How many tokens are read in so long a time.
    pub fn tokens_in(self, time: Duration) -> u32 {
        let half = TWICE_AS_LONG / 2.0;
        let ratio = time.as_secs_f64() * self.0 / half;
        let tokens = half * ((1.0 + 2.0 * ratio).sqrt() - 1.0);
        // Saturates.
        tokens as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(prompt_tokens: u32, reused_tokens: u32, prompt_ms: f64) -> Timings {
        Timings {
            prompt_tokens,
            reused_tokens,
            prompt_ms,
            ..Timings::default()
        }
    }

    #[test]
    fn what_is_read_in_a_time_takes_that_time() {
        for tokens_per_s in [3.0, 40.0, 361.0, 20_000.0] {
            let pace = Pace::of_short_prompts(tokens_per_s);
            let time = Duration::from_secs(5);
            let tokens = pace.tokens_in(time);
            assert!(pace.time(tokens) <= time, "{tokens_per_s}");
            assert!(pace.time(tokens + 1) > time, "{tokens_per_s}");
        }
    }

    #[test]
    fn a_long_prompt_is_known_to_take_longer_a_token() {
        // As this was measured: 361 tokens a second in a short prompt, and 25 seconds for 4,096.
        let pace = Pace::of_short_prompts(361.0);
        let time = pace.time(4_096).as_secs_f64();
        assert!((20.0..27.0).contains(&time), "{time}");
    }

    #[test]
    fn a_pace_is_learnt_from_what_was_read_and_not_from_a_few_tokens() {
        let learnt = Pace::after(None, &timings(4_096, 0, 20_000.0)).unwrap();
        let time = learnt.time(4_096).as_secs_f64();
        assert!((time - 20.0).abs() < 0.01, "{time}");
        assert_eq!(Pace::after(None, &timings(4_096, 4_050, 10.0)), None);
        let before = Some(Pace::of_short_prompts(100.0));
        assert_eq!(Pace::after(before, &timings(50, 0, 10.0)), before);
        let Pace(mean) = Pace::after(before, &timings(100, 0, 500.0)).unwrap();
        assert!((140.0..170.0).contains(&mean), "{mean}");
    }
}
