//! How many threads compute, and how many prompt tokens at once.
//!
//! Two findings stand behind this. The longer a piece of the prompt, the faster it is read: pieces of 20
//! tokens were measured a fifth slower than pieces of 512. But whoever waits wants to see it go on, so a
//! piece takes a few seconds at most, whatever machine and model are. And threads that compute together
//! wait for the slowest of them hundreds of times a token: beside another busy program two threads were
//! measured fifty times slower than one. So as soon as several are slower than one alone was, fewer go on,
//! and after a while it is tried whether there is room again: where the system tells the idle time of its cores, only once
//! it says that there is, because a trial beside a busy program costs as much as several tokens.
//!
//! Kernels for many tokens round otherwise than those for few, so another cut of a prompt can give another
//! reply. Pieces are powers of two, and do not follow small changes of speed.
//!
//! Time is counted in time spent computing, so nothing here asks a clock.

use std::time::Duration;

use crate::memory::BATCH;

/// What a piece takes: between half and twice this, unless a whole batch takes less.
const TARGET: Duration = Duration::from_secs(2);

/// How long fewer threads compute before more are tried again, at first: a hiccup should not slow the rest of a
/// reply. A trial that fails makes the next one wait ten times what it cost.
const FIRST_WAIT: Duration = Duration::from_millis(300);

/// The part of a core that must have been idle for a further thread to be tried.
const ROOM: f64 = 0.5;

/// After so much computing time it is tried even so: the idle time is of all cores, and ours may be others.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fewer tokens cost as much as one, and say nothing of what each costs among many.
const TELLING: usize = 16;

/// Measures steps and says how to take the next.
#[derive(Debug, Clone)]
pub(crate) struct Tempo {
    /// Numbers of threads, from all to one.
    choices: Vec<i32>,
    /// Which of them computes.
    choice: usize,
    /// What one thread alone needs, in seconds.
    alone: Alone,
    /// Tokens of the next piece.
    piece: usize,
    /// The most tokens of a piece.
    batch: usize,
    /// Seconds for each token of a piece, lately.
    each: f64,
    /// What a step of few tokens takes all of these threads, lately, in seconds: a long context makes each slower. Unknown
    /// until one of them was not slow.
    usual: Option<f64>,
    /// Whether the last step was slower than one thread would have been.
    was_slow: bool,
    /// Computing time until more threads are tried.
    until_retry: Duration,
    /// What that time is set to at the next failure.
    wait: Duration,
    /// Since when the room for more threads is watched.
    watch: Option<Watch>,
    /// Computing time without a trial because there was no room.
    without_trial: Duration,
    /// Whether more threads were tried lately: what said that there is room for them has been wrong, if they are slow.
    is_trial: bool,
}

/// A moment from which on idle time is counted.
#[derive(Debug, Clone, Copy)]
struct Watch {
    /// What the system's count was.
    idle: f64,
    /// Computing time since.
    computed: Duration,
}

/// What one thread alone needs, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alone {
    /// For a call with a single token.
    pub(crate) single: f64,
    /// For each token of a call with many.
    pub(crate) each: f64,
}

impl Alone {
    /// Few tokens cost as much as one, because the weights are read once for all of them.
    fn step(self, tokens: usize) -> f64 {
        self.single.max(self.each * tokens as f64)
    }

    /// The piece that one thread can do in time.
    fn piece(self, batch: usize) -> usize {
        power_of_two(TARGET.as_secs_f64() / self.each, batch)
    }
}

impl Watch {
    fn begin(idle: Option<f64>) -> Option<Watch> {
        idle.map(|idle| Watch {
            idle,
            computed: Duration::ZERO,
        })
    }

    /// Whether a thread more would have had a core, for half of the time at least.
    fn has_room(self, idle: Option<f64>) -> bool {
        idle.is_none_or(|idle| idle - self.idle >= ROOM * self.computed.as_secs_f64())
    }
}

impl Tempo {
    /// Starts with all of `threads`, and with the piece that one thread alone could do. Pieces have at most [`BATCH`] tokens.
    pub(crate) fn new(threads: i32, alone: Alone) -> Tempo {
        Tempo::with_batch(threads, alone, BATCH as usize)
    }

    /// The same, with pieces of at most `batch` tokens, which is a power of two.
    pub(crate) fn with_batch(threads: i32, alone: Alone, batch: usize) -> Tempo {
        let mut choices = vec![threads, threads - 1, 1];
        choices.retain(|&choice| choice > 0);
        choices.dedup();
        Tempo {
            choices,
            choice: 0,
            piece: alone.piece(batch),
            batch,
            each: alone.each,
            alone,
            usual: None,
            was_slow: false,
            until_retry: FIRST_WAIT,
            wait: FIRST_WAIT,
            watch: None,
            without_trial: Duration::ZERO,
            is_trial: false,
        }
    }

    /// How many threads take the next step.
    pub(crate) fn threads(&self) -> i32 {
        self.choices[self.choice]
    }

    /// How many prompt tokens the next step takes, at least one and at most those of a batch.
    pub(crate) fn piece(&self) -> usize {
        self.piece
    }

    /// How many prompt tokens can be read within `time`, while others wait for their next token meanwhile; at least one.
    pub(crate) fn piece_within(&self, time: Duration) -> usize {
        power_of_two(time.as_secs_f64() / self.each, self.batch).min(self.piece)
    }

    /// Learns that a step of `tokens` took `elapsed`. `idle` tells how many seconds the cores were idle, counted from any
    /// moment, where that is known; it is asked only while not all threads compute.
    pub(crate) fn measured(
        &mut self,
        tokens: usize,
        elapsed: Duration,
        idle: impl Fn() -> Option<f64>,
    ) {
        let seconds = elapsed.as_secs_f64();
        let slowness = seconds / self.alone.step(tokens).max(1e-9);
        let is_usual = tokens < TELLING
            && slowness <= MUCH_SLOWER
            && self.usual.is_some_and(|usual| seconds <= UNUSUAL * usual);
        if self.threads() > 1 && slowness > SLOWER && !is_usual {
            // One such step may be a hiccup, unless it is a bad one.
            if self.was_slow || slowness > MUCH_SLOWER {
                self.wait = (self.wait * 2).max(elapsed * 10);
                self.choice += 1;
                self.usual = None;
                self.watch = Watch::begin(idle());
                self.until_retry = match self.watch {
                    Some(_) if !self.is_trial => FIRST_WAIT,
                    _ => self.wait,
                };
                self.piece = self.piece.min(self.alone.piece(self.batch));
            }
            self.was_slow = !self.was_slow;
            return;
        }
        self.was_slow = false;
        if tokens < TELLING {
            let usual = self.usual.get_or_insert(seconds);
            *usual += (seconds - *usual) / 32.0;
        }
        if self.threads() == 1 {
            self.learn_alone(tokens, seconds);
        }
        self.learn_piece(tokens, seconds);
        if tokens >= TELLING {
            self.each += (seconds / tokens as f64 - self.each) / 2.0;
        }
        if self.choice == 0 {
            self.wait = self.wait.saturating_sub(elapsed).max(FIRST_WAIT);
            self.is_trial &= self.wait > FIRST_WAIT;
            return;
        }
        self.without_trial += elapsed;
        if let Some(watch) = &mut self.watch {
            watch.computed += elapsed;
        }
        if let Some(rest) = self.until_retry.checked_sub(elapsed) {
            self.until_retry = rest;
            return;
        }
        let idle = idle();
        let has_room = self.watch.is_none_or(|watch| watch.has_room(idle));
        self.watch = Watch::begin(idle);
        if has_room || self.without_trial >= PATIENCE {
            self.choice -= 1;
            self.usual = None;
            self.is_trial = true;
            self.until_retry = self.wait;
            self.without_trial = Duration::ZERO;
        } else {
            self.until_retry = FIRST_WAIT;
        }
    }

    fn learn_alone(&mut self, tokens: usize, seconds: f64) {
        let known = if tokens == 1 {
            &mut self.alone.single
        } else {
            &mut self.alone.each
        };
        *known += (seconds / tokens as f64 - *known) / 8.0;
    }

    /// A piece that took too long halves the next, one that took too little doubles it. A shorter piece, as the
    /// last of a prompt and each step of a reply is, teaches nothing.
    fn learn_piece(&mut self, tokens: usize, seconds: f64) {
        if tokens < self.piece {
            return;
        }
        let target = TARGET.as_secs_f64();
        if seconds > 2.0 * target {
            self.piece = (self.piece / 2).max(1);
        } else if seconds < target / 2.0 {
            self.piece = (self.piece * 2).min(self.batch);
        }
    }
}

/// The largest power of two that is not more, from one to `most`, which is one.
fn power_of_two(tokens: f64, most: usize) -> usize {
    let tokens = (tokens as usize).clamp(1, most);
    1 << tokens.ilog2()
}

/// Several threads should be faster than one; what a longer context adds is allowed for, and more of it where steps were not much
/// faster lately either.
const SLOWER: f64 = 1.5;
const MUCH_SLOWER: f64 = 4.0;
const UNUSUAL: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Alone = Alone {
        single: 0.02,
        each: 0.01,
    };

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Takes `steps` single-token steps, each as long as `step` says for its number of threads.
    fn take(tempo: &mut Tempo, steps: usize, step: impl Fn(i32) -> f64) -> f64 {
        take_beside(tempo, steps, step, None)
    }

    /// The same, on a system that tells that this part of a core is idle.
    fn take_beside(
        tempo: &mut Tempo,
        steps: usize,
        step: impl Fn(i32) -> f64,
        room: Option<f64>,
    ) -> f64 {
        let mut time = 0.0;
        for _ in 0..steps {
            let taken = step(tempo.threads());
            time += taken;
            tempo.measured(1, seconds(taken), || room.map(|room| 1_000.0 + room * time));
        }
        time
    }

    fn alone(_threads: i32) -> f64 {
        0.014
    }

    fn crowded(threads: i32) -> f64 {
        if threads == 1 { 0.02 } else { 2.0 }
    }

    fn settled(tokens_per_s: f64) -> usize {
        let mut tempo = Tempo::new(1, ALONE);
        for _ in 0..20 {
            let tokens = tempo.piece();
            tempo.measured(tokens, seconds(tokens as f64 / tokens_per_s), || None);
        }
        tempo.piece()
    }

    #[test]
    fn a_piece_takes_a_few_seconds_at_most_on_any_machine() {
        for tokens_per_s in [0.6, 10.5, 30.0, 200.0, 1_000.0, 5_000.0] {
            let piece = settled(tokens_per_s);
            let taken = piece as f64 / tokens_per_s;
            assert!(taken <= 4.0, "{piece} at {tokens_per_s}/s");
            assert!(
                taken >= 1.0 || piece == BATCH as usize,
                "{piece} at {tokens_per_s}/s"
            );
        }
    }

    #[test]
    fn a_context_that_grows_slows_no_thread_down() {
        let mut tempo = Tempo::new(2, ALONE);
        for step in 0..2_000 {
            // Up to three times what one thread needs without a context.
            let taken = 0.014 + 0.046 * f64::from(step) / 2_000.0;
            tempo.measured(1, seconds(taken), || None);
            assert_eq!(tempo.threads(), 2, "after {step} steps");
        }
        tempo.measured(1, seconds(0.14), || None);
        assert_eq!(tempo.threads(), 1, "that was no context");
    }

    #[test]
    fn a_piece_is_no_longer_than_the_batch() {
        for batch in [256, 512, 1024] {
            let mut tempo = Tempo::with_batch(1, ALONE, batch);
            for _ in 0..20 {
                let tokens = tempo.piece();
                tempo.measured(tokens, seconds(tokens as f64 / 100_000.0), || None);
            }
            assert_eq!(tempo.piece(), batch);
        }
    }

    #[test]
    fn a_prompt_is_cut_the_same_way_whatever_the_machine_does_beside() {
        let mut tempo = Tempo::new(1, ALONE);
        let piece = tempo.piece();
        for (number, tokens_per_s) in [80.0, 120.0, 40.0, 100.0].into_iter().enumerate() {
            assert_eq!(tempo.piece(), piece, "{number}");
            tempo.measured(piece, seconds(piece as f64 / tokens_per_s), || None);
        }
    }

    #[test]
    fn a_piece_is_never_empty_and_never_over_the_batch() {
        assert_eq!(settled(0.1), 1);
        assert_eq!(settled(1e9), BATCH as usize);
    }

    #[test]
    fn one_slow_piece_does_not_make_the_next_tiny() {
        let mut tempo = Tempo::new(1, ALONE);
        let piece = tempo.piece();
        tempo.measured(piece, seconds(600.0), || None);
        assert_eq!(tempo.piece(), piece / 2);
    }

    #[test]
    fn fewer_threads_are_given_no_more_than_they_can_do() {
        let mut tempo = Tempo::new(8, ALONE);
        for _ in 0..4 {
            let tokens = tempo.piece();
            tempo.measured(tokens, seconds(tokens as f64 * ALONE.each / 8.0), || None);
        }
        assert_eq!(tempo.piece(), BATCH as usize);
        tempo.measured(tempo.piece(), seconds(100.0), || None);
        assert!(tempo.piece() as f64 * ALONE.each <= TARGET.as_secs_f64());
    }

    #[test]
    fn an_idle_machine_keeps_all_threads() {
        let mut tempo = Tempo::new(2, ALONE);
        take(&mut tempo, 1_000, alone);
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn a_hiccup_changes_nothing() {
        let mut tempo = Tempo::new(2, ALONE);
        take(&mut tempo, 1, |_| 0.05);
        assert_eq!(tempo.threads(), 2);
        take(&mut tempo, 1, alone);
        take(&mut tempo, 1, |_| 0.05);
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn a_bad_hiccup_is_forgotten_within_the_reply() {
        let mut tempo = Tempo::new(2, ALONE);
        take(&mut tempo, 1, |_| 0.1);
        assert_eq!(tempo.threads(), 1);
        take(&mut tempo, 80, alone);
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn a_busy_core_leaves_one_thread_and_costs_a_tenth_of_the_time_at_most() {
        let mut tempo = Tempo::new(2, ALONE);
        take(&mut tempo, 1, crowded);
        assert_eq!(tempo.threads(), 1);
        let taken = take(&mut tempo, 5_000, crowded);
        assert!(taken < 1.15 * 5_000.0 * crowded(1), "{taken} s");
    }

    #[test]
    fn nothing_is_tried_where_the_system_tells_that_no_core_is_idle() {
        let mut tempo = Tempo::new(2, ALONE);
        take_beside(&mut tempo, 1, crowded, Some(0.0));
        assert_eq!(tempo.threads(), 1);
        let steps = (0.8 * PATIENCE.as_secs_f64() / crowded(1)) as usize;
        let taken = take_beside(&mut tempo, steps, crowded, Some(0.1));
        assert!(taken < 1.001 * steps as f64 * crowded(1), "{taken} s");
    }

    #[test]
    fn all_threads_come_back_at_once_when_the_system_tells_of_an_idle_core() {
        let mut tempo = Tempo::new(2, ALONE);
        take_beside(&mut tempo, 500, crowded, Some(0.0));
        assert_eq!(tempo.threads(), 1);
        let steps = (3.0 * FIRST_WAIT.as_secs_f64() / alone(1)) as usize;
        take_beside(&mut tempo, steps, alone, Some(0.9));
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn more_threads_are_tried_some_day_whatever_the_system_tells() {
        let mut tempo = Tempo::new(2, ALONE);
        take_beside(&mut tempo, 1, crowded, Some(0.0));
        let steps = (1.1 * PATIENCE.as_secs_f64() / alone(1)) as usize;
        take_beside(&mut tempo, steps, alone, Some(0.0));
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn all_threads_come_back_when_the_core_is_free() {
        let mut tempo = Tempo::new(2, ALONE);
        take(&mut tempo, 10, crowded);
        assert_eq!(tempo.threads(), 1);
        take(&mut tempo, 2_000, alone);
        assert_eq!(tempo.threads(), 2);
    }

    #[test]
    fn a_step_that_waited_for_a_core_does_not_shorten_the_pieces() {
        let mut tempo = Tempo::new(2, ALONE);
        let piece = tempo.piece();
        tempo.measured(piece, seconds(100.0), || None);
        assert_eq!(tempo.piece(), piece);
    }

    #[test]
    fn of_many_threads_one_is_given_up_first() {
        let mut tempo = Tempo::new(8, ALONE);
        take(&mut tempo, 1, crowded);
        assert_eq!(tempo.threads(), 7);
        take(&mut tempo, 1, crowded);
        assert_eq!(tempo.threads(), 1);
    }
}
