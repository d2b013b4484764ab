use super::*;

/// A machine with four cores of two threads each, and memory enough.
fn machine() -> Machine {
    let both = |batch| [(batch, true), (batch, false)];
    Machine {
        threads: vec![4, 2, 8],
        batches: BatchSize::ALL.into_iter().flat_map(both).collect(),
        context: 8192,
    }
}

fn usual() -> Tuning {
    Tuning {
        threads: threads(4),
        batch: BatchSize::Middle,
        flash_attention: true,
    }
}

/// Seconds that a token takes with some settings, read and written.
type Nature = fn(Tuning) -> (f64, f64);

/// A trial of three seconds on a machine of such a nature, each of whose measurements takes `noise` of their number more.
struct Simulated {
    nature: Nature,
    noise: fn(usize) -> f64,
    machine: Machine,
    measured: Vec<(Tuning, Sample)>,
    spent: Duration,
}

impl Simulated {
    fn new(nature: Nature, noise: fn(usize) -> f64) -> Simulated {
        Simulated {
            nature,
            noise,
            machine: machine(),
            measured: Vec::new(),
            spent: Duration::ZERO,
        }
    }

    fn choose(&mut self) -> Chosen {
        let machine = self.machine.clone();
        choose(usual(), &machine, LIMIT, &mut |tuning, sample| {
            let noise = 1.0 + (self.noise)(self.measured.len());
            let (read, written) = (self.nature)(tuning);
            let pace = Pace {
                read: read * noise,
                written: written * noise,
            };
            let spent = Duration::from_secs_f64(pace.of(sample) + 0.005);
            self.measured.push((tuning, sample));
            let left = LIMIT.saturating_sub(self.spent);
            self.spent += spent.min(left);
            match spent > left {
                true => Err(Unmeasured::CutOff),
                false => Ok(Measured { pace, spent }),
            }
        })
    }

    fn tuning(&mut self) -> Tuning {
        match self.choose() {
            Chosen::Settled { tuning, .. } => tuning,
            Chosen::TooBusy => panic!("the machine is calm"),
        }
    }
}

/// Up to a twentieth more or less, in no order.
fn a_little(number: usize) -> f64 {
    (number * 37 % 11) as f64 / 100.0 - 0.05
}

fn none(_number: usize) -> f64 {
    0.0
}

fn even(_tuning: Tuning) -> (f64, f64) {
    (0.000_2, 0.002)
}

fn plain_is_better(tuning: Tuning) -> (f64, f64) {
    let (read, written) = even(tuning);
    match tuning.flash_attention {
        true => (read, written),
        false => (read * 0.7, written * 0.8),
    }
}

#[test]
fn where_nothing_matters_all_stays_as_it_is() {
    assert_eq!(Simulated::new(even, none).tuning(), usual());
    assert_eq!(Simulated::new(even, a_little).tuning(), usual());
}

#[test]
fn what_is_clearly_better_is_chosen_through_a_little_noise() {
    for noise in [none, a_little] {
        let tuning = Simulated::new(plain_is_better, noise).tuning();
        assert_eq!(
            tuning,
            Tuning {
                flash_attention: false,
                ..usual()
            }
        );
    }
}

#[test]
fn what_is_better_by_less_than_a_twentieth_is_not() {
    let natures: [Nature; 3] = [
        |tuning| {
            (
                0.000_2 * if tuning.flash_attention { 1.0 } else { 0.96 },
                0.002,
            )
        },
        |tuning| {
            (
                0.000_2,
                0.002 * if tuning.threads.get() == 8 { 0.96 } else { 1.0 },
            )
        },
        |tuning| {
            (
                0.000_2
                    * if tuning.batch == BatchSize::Large {
                        0.96
                    } else {
                        1.0
                    },
                0.002,
            )
        },
    ];
    for nature in natures {
        assert_eq!(Simulated::new(nature, none).tuning(), usual());
    }
}

#[test]
fn each_choice_is_made_with_the_ones_before_it() {
    let nature: Nature = |tuning| {
        let (read, written) = plain_is_better(tuning);
        let by_threads = match tuning.threads.get() {
            2 => 1.5,
            8 if !tuning.flash_attention => 0.8,
            _ => 1.0,
        };
        let by_batch = match tuning.batch {
            BatchSize::Large if tuning.threads.get() == 8 => 0.6,
            _ => 1.0,
        };
        (read * by_threads * by_batch, written * by_threads)
    };
    let best = Tuning {
        threads: threads(8),
        batch: BatchSize::Large,
        flash_attention: false,
    };
    let mut simulated = Simulated::new(nature, none);
    let Chosen::Settled { tuning, pace } = simulated.choose() else {
        panic!("the machine is calm");
    };
    assert_eq!(tuning, best);
    let (read, written) = nature(best);
    assert_eq!(pace, Some(Pace { read, written }));
}

#[test]
fn beside_a_busy_machine_nothing_is_decided() {
    let busy = |number: usize| if number.is_multiple_of(3) { 0.4 } else { 0.0 };
    assert_eq!(
        Simulated::new(plain_is_better, busy).choose(),
        Chosen::TooBusy
    );
}

#[test]
fn a_machine_that_grows_slower_evenly_favours_nobody() {
    let slower = |number: usize| number as f64 / 100.0;
    assert_eq!(Simulated::new(even, slower).tuning(), usual());
}

#[test]
fn a_slow_model_is_tried_less_and_a_very_slow_one_not_at_all() {
    let natures: [Nature; 4] = [
        |_| (0.000_05, 0.001),
        even,
        |_| (0.004, 0.02),
        |_| (0.05, 0.1),
    ];
    let counts = natures.map(|nature| {
        let mut simulated = Simulated::new(nature, none);
        assert_eq!(simulated.tuning(), usual());
        assert!(simulated.spent <= LIMIT, "{:?}", simulated.spent);
        simulated.measured.len()
    });
    let (probes, of_two, of_three) = (ROUNDS, 2 * ROUNDS, 3 * ROUNDS);
    let expected = [
        probes + of_two + of_three + of_three,
        probes + of_two + of_three,
        probes + of_three,
        probes,
    ];
    assert_eq!(counts, expected);
}

#[test]
fn a_machine_that_is_busy_from_the_start_is_not_taken_for_a_slow_one() {
    let slow: Nature = |_| (0.05, 0.1);
    let uneven = |number: usize| if number == 1 { 0.5 } else { 0.0 };
    assert_eq!(Simulated::new(slow, uneven).choose(), Chosen::TooBusy);
    // Not even one probe has the time.
    let slower: Nature = |_| (1.0, 3.0);
    assert_eq!(Simulated::new(slower, none).choose(), Chosen::TooBusy);
}

#[test]
fn a_trial_that_is_cut_off_changes_nothing_and_is_remembered_only_if_the_machine_was_seen_to_be_calm()
 {
    let plain_takes = |seconds: f64| -> (Chosen, usize) {
        let mut rivals = 0;
        let mut spent = 0.0;
        let chosen = choose(usual(), &machine(), LIMIT, &mut |tuning, sample| {
            let (read, written) = match tuning.flash_attention {
                true => (0.000_6, 0.006),
                false => (seconds, seconds),
            };
            rivals += usize::from(!tuning.flash_attention);
            let pace = Pace { read, written };
            spent += pace.of(sample);
            match spent > LIMIT.as_secs_f64() {
                true => Err(Unmeasured::CutOff),
                false => Ok(Measured {
                    pace,
                    spent: Duration::from_secs_f64(pace.of(sample)),
                }),
            }
        });
        (chosen, rivals)
    };
    assert_eq!(plain_takes(0.1), (Chosen::TooBusy, 1));
    let (chosen, rivals) = plain_takes(0.0077);
    let kept = Chosen::Settled {
        tuning: usual(),
        pace: None,
    };
    assert_eq!((chosen, rivals), (kept, 3));
}

#[test]
fn what_there_is_no_memory_for_is_not_tried() {
    let mut simulated = Simulated::new(plain_is_better, none);
    simulated.machine.batches = vec![(BatchSize::Small, true), (BatchSize::Middle, true)];
    assert_eq!(simulated.tuning(), usual());
    let tried =
        |found: fn(&Tuning) -> bool| simulated.measured.iter().any(|(tuning, _)| found(tuning));
    assert!(tried(|tuning| tuning.batch == BatchSize::Small));
    assert!(!tried(
        |tuning| !tuning.flash_attention || tuning.batch == BatchSize::Large
    ));
}

#[test]
fn a_rival_that_cannot_be_computed_does_not_win() {
    let chosen = choose(usual(), &machine(), LIMIT, &mut |tuning, sample| {
        let (read, written) = plain_is_better(tuning);
        let pace = Pace { read, written };
        let spent = Duration::from_secs_f64(pace.of(sample));
        match tuning.flash_attention {
            true => Ok(Measured { pace, spent }),
            false => Err(Unmeasured::Refused),
        }
    });
    assert!(
        matches!(chosen, Chosen::Settled { tuning, pace: Some(_) } if tuning == usual()),
        "{chosen:?}"
    );
}

#[test]
fn a_short_context_is_not_overrun() {
    let mut simulated = Simulated::new(even, none);
    simulated.machine.context = 200;
    simulated.tuning();
    assert!(simulated.measured.len() > 1);
    let longest = simulated.measured.iter();
    let longest = longest
        .map(|(_, sample)| sample.read + sample.written)
        .max();
    assert_eq!(longest, Some(144));
}

#[test]
fn one_core_has_no_half_and_equal_numbers_are_tried_once() {
    let machine = Machine {
        threads: vec![1, 0, 1],
        ..machine()
    };
    let alone = Tuning {
        threads: threads(1),
        ..usual()
    };
    assert_eq!(machine.rivals(Stage::Threads, alone), []);
    let two = Machine {
        threads: vec![2, 1, 2],
        ..machine
    };
    let both = Tuning {
        threads: threads(2),
        ..usual()
    };
    assert_eq!(two.rivals(Stage::Threads, both), [alone]);
}
