//! A short trial that finds out what a model is computed with the fastest on this machine.
//!
//! One thing is tried after another: attention with and without a table, how many threads, how large a batch. Each rival is
//! measured beside what is the best so far, in turns, so that a machine that grows slower grows slower for all. The trial is
//! to be hardly noticed: what there is no time for stays as it is, which on a slow machine with a large model is everything.
//! And it is to be right: where measurements of the same thing differ much, nothing is said at all.
//!
//! It is made while nothing else is to be done, and gives way to whatever is. What it finds is what the model is opened with
//! the next time: a context cannot be changed once it is open. What is chosen so is the start; while replies are written, [`Tempo`](crate::tempo::Tempo) follows what the machine does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use aparte_protocol::calibration::{BatchSize, Speed, Trial, Tuning};
use llama_cpp_2::token::LlamaToken;

use crate::backends::threads;
use crate::context::{Batch, Computed, Context, SequenceId};
use crate::memory::Opening;
use crate::model::Model;

/// Makes a trial beside an open context in which nothing is computed meanwhile, unless it is told to give `way`.
pub fn calibrate(model: &Model, way: &Way) -> Trial {
    let machine = Machine::of(model);
    let usual = model.tuning;
    if !machine.has_room_for(usual) {
        return Trial::TooBusy;
    }
    let time = Limit::after(LIMIT, way);
    // What slept for a while takes longer the first time.
    let _ = measure(model, usual, Sample::PROBE, &time);
    let chosen = choose(usual, &machine, LIMIT, &mut |tuning, sample| {
        measure(model, tuning, sample, &time)
    });
    if way.is_given() {
        return Trial::GaveWay;
    }
    match chosen {
        Chosen::Settled { tuning, pace } => Trial::Settled {
            tuning,
            speed: pace.map(|pace| Speed {
                prompt: 1.0 / pace.read,
                reply: 1.0 / pace.written,
            }),
        },
        Chosen::TooBusy => Trial::TooBusy,
    }
}

/// Ends a trial, from any thread, in the middle of a computation: something else is to be done.
#[derive(Debug, Clone, Default)]
pub struct Way(Arc<AtomicU8>);

impl Way {
    /// Ends the trial that is made.
    pub fn give(&self) {
        self.0.fetch_max(GIVEN, Ordering::Relaxed);
    }

    /// Takes note of everything that was said so far: only what is said from here on ends a trial. To be called before it is
    /// looked at what else there is to do.
    pub fn attend(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_given(&self) -> bool {
        self.0.load(Ordering::Relaxed) == GIVEN
    }
}

/// What a trial may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How often everything is measured.
const ROUNDS: usize = 3;
/// Measurements of the same thing that differ by more than this part come from a machine that is busy.
const CALM: f64 = 0.25;
/// What takes the place of the usual must be better by this part.
const BETTER: f64 = 0.05;

/// What there is to choose from.
#[derive(Debug, Clone)]
struct Machine {
    /// Numbers of threads.
    threads: Vec<i32>,
    /// Batches for which there is memory, with and without flash attention.
    batches: Vec<(BatchSize, bool)>,
    /// Tokens that fit into the context.
    context: usize,
}

impl Machine {
    fn of(model: &Model) -> Machine {
        let cores = model.backends.threads;
        let has_room = |&(batch, flash_attention): &(BatchSize, bool)| {
            let tuning = Tuning {
                batch,
                flash_attention,
                ..model.tuning
            };
            model.can_be_opened(tuning)
                && model.has_room_beside(&opening_of(model, tuning, LARGEST))
        };
        let both = |batch| [(batch, true), (batch, false)];
        Machine {
            threads: vec![cores, cores / 2, model.backends.most_threads],
            batches: BatchSize::ALL
                .into_iter()
                .flat_map(both)
                .filter(has_room)
                .collect(),
            context: model.context as usize,
        }
    }

    /// What is tried against `best` in a stage.
    fn rivals(&self, stage: Stage, best: Tuning) -> Vec<Tuning> {
        let mut rivals: Vec<Tuning> = match stage {
            Stage::Attention => vec![Tuning {
                flash_attention: !best.flash_attention,
                ..best
            }],
            Stage::Threads => {
                let counts = self.threads.iter().filter(|&&count| count > 0);
                counts
                    .map(|&count| Tuning {
                        threads: threads(count),
                        ..best
                    })
                    .collect()
            }
            Stage::Batch => BatchSize::ALL
                .into_iter()
                .map(|batch| Tuning { batch, ..best })
                .collect(),
        };
        rivals.retain(|&rival| rival != best && self.has_room_for(rival));
        rivals.dedup();
        rivals
    }

    fn has_room_for(&self, tuning: Tuning) -> bool {
        self.batches
            .contains(&(tuning.batch, tuning.flash_attention))
    }
}

/// What is tried together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Attention,
    Threads,
    Batch,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Attention, Stage::Threads, Stage::Batch];

    /// What it may take of the time that is left: those after it want theirs. A batch is tried where there is time enough.
    fn share(self) -> f64 {
        match self {
            Stage::Attention => 0.5,
            Stage::Threads | Stage::Batch => 1.0,
        }
    }

    /// What may be measured, the most telling first. A batch shows in a prompt that fills the largest alone.
    fn samples(self) -> &'static [Sample] {
        const LONG: &[Sample] = &[
            Sample::new(256, 16),
            Sample::new(128, 16),
            Sample::new(64, 8),
            Sample::new(32, 8),
        ];
        const WHOLE: &[Sample] = &[LARGEST];
        match self {
            Stage::Attention | Stage::Threads => LONG,
            Stage::Batch => WHOLE,
        }
    }
}

/// What is computed to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    /// Tokens that are read first.
    read: usize,
    /// Tokens that are written after them, one at a time.
    written: usize,
}

/// The largest of all.
const LARGEST: Sample = Sample::new(1024, 4);

impl Sample {
    /// To learn how long anything takes.
    const PROBE: Sample = Sample::new(8, 2);

    const fn new(read: usize, written: usize) -> Sample {
        Sample { read, written }
    }
}

/// What one measurement found.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measured {
    pace: Pace,
    /// All that it took.
    spent: Duration,
}

/// Seconds for a token.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pace {
    read: f64,
    written: f64,
}

impl Pace {
    /// Seconds for a question with a few passages and its answer: what a person waits for.
    fn answer(self) -> f64 {
        512.0 * self.read + 128.0 * self.written
    }

    fn of(self, sample: Sample) -> f64 {
        sample.read as f64 * self.read + sample.written as f64 * self.written
    }
}

/// What comes of a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Chosen {
    /// This, and its pace where there was time to measure it.
    Settled { tuning: Tuning, pace: Option<Pace> },
    /// Nothing: the machine is busy.
    TooBusy,
}

/// Why there is no measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unmeasured {
    /// llama.cpp or the memory of the machine refused.
    Refused,
    /// The time was up.
    CutOff,
}

type Measure<'a> = dyn FnMut(Tuning, Sample) -> Result<Measured, Unmeasured> + 'a;

/// Finds the best for a machine within about `limit`.
fn choose(usual: Tuning, machine: &Machine, limit: Duration, measure: &mut Measure<'_>) -> Chosen {
    let limit = limit.as_secs_f64();
    let mut spent = 0.0;
    let mut probes = Vec::new();
    let mut around: f64 = 0.0;
    while probes.len() < ROUNDS {
        // What was seen once may be slow for any reason.
        if spent > limit {
            return match probes.len() {
                1 => Chosen::TooBusy,
                _ => Chosen::Settled {
                    tuning: usual,
                    pace: None,
                },
            };
        }
        let Ok(Measured { pace, spent: all }) = measure(usual, Sample::PROBE) else {
            return Chosen::TooBusy;
        };
        spent += all.as_secs_f64();
        around = around.max(all.as_secs_f64() - pace.of(Sample::PROBE));
        probes.push(pace);
        if !is_calm(&probes) {
            return Chosen::TooBusy;
        }
    }
    let mut best = usual;
    let mut pace = None;
    for stage in Stage::ALL {
        let mut entrants = vec![best];
        entrants.extend(machine.rivals(stage, best));
        let [_, _, ..] = *entrants else { continue };
        let known: Pace = pace.unwrap_or(probes[ROUNDS - 1]);
        let measurements = (ROUNDS * entrants.len()) as f64;
        let share = (limit - spent) * stage.share();
        let fits = |sample: &&Sample| {
            sample.read + sample.written < machine.context
                && measurements * (known.of(**sample) + around) <= share
        };
        let Some(&sample) = stage.samples().iter().find(fits) else {
            continue;
        };
        match race(&entrants, sample, limit, &mut spent, measure) {
            Race::Won(winner, its) => {
                best = winner;
                pace = Some(its);
            }
            Race::Undecided => break,
            Race::TooBusy => return Chosen::TooBusy,
        }
    }
    Chosen::Settled { tuning: best, pace }
}

enum Race {
    Won(Tuning, Pace),
    /// It took too long, or the best so far could not be measured.
    Undecided,
    TooBusy,
}

/// Measures all in turns. The first, which is the best so far, gives way to one that is clearly better only.
fn race(
    entrants: &[Tuning],
    sample: Sample,
    limit: f64,
    spent: &mut f64,
    measure: &mut Measure<'_>,
) -> Race {
    let mut paces: Vec<Vec<Pace>> = vec![Vec::new(); entrants.len()];
    for round in 0..ROUNDS {
        for step in 0..entrants.len() {
            // Whoever comes last in one round comes first in the next.
            let place = match round % 2 {
                0 => step,
                _ => entrants.len() - 1 - step,
            };
            let measured = match *spent > limit {
                true => Err(Unmeasured::CutOff),
                false => measure(entrants[place], sample),
            };
            match measured {
                Ok(measured) => {
                    *spent += measured.spent.as_secs_f64();
                    paces[place].push(measured.pace);
                }
                Err(Unmeasured::Refused) => (),
                // It seemed to take less. What was seen once does not tell why.
                Err(Unmeasured::CutOff) if paces[0].len() < 2 => return Race::TooBusy,
                Err(Unmeasured::CutOff) => return Race::Undecided,
            }
            if !is_calm(&paces[place]) {
                return Race::TooBusy;
            }
        }
    }
    // What could not be measured each time does not take part.
    paces.iter_mut().for_each(|paces| match paces.len() {
        ROUNDS => paces.sort_by(|one, other| one.answer().total_cmp(&other.answer())),
        _ => paces.clear(),
    });
    let medians = paces.iter().map(|paces| paces.get(ROUNDS / 2).copied());
    let mut results = entrants.iter().copied().zip(medians);
    let Some((first, Some(pace))) = results.next() else {
        return Race::Undecided;
    };
    let fastest = results
        .filter_map(|(tuning, pace)| Some((tuning, pace?)))
        .min_by(|(_, one), (_, other)| one.answer().total_cmp(&other.answer()))
        .filter(|(_, rival)| rival.answer() < pace.answer() * (1.0 - BETTER));
    let (winner, pace) = fastest.unwrap_or((first, pace));
    Race::Won(winner, pace)
}

fn is_calm(paces: &[Pace]) -> bool {
    let answers = || paces.iter().map(|pace| pace.answer());
    let least = answers().fold(f64::INFINITY, f64::min);
    let most = answers().fold(0.0, f64::max);
    most <= least * (1.0 + CALM)
}

/// Ends computations when the time is up.
struct Limit {
    said: Arc<AtomicU8>,
    /// Ends the thread that waits for the time, when it is dropped.
    _waiting: Sender<()>,
}

impl Limit {
    fn after(time: Duration, way: &Way) -> Limit {
        let (sender, waiting) = mpsc::channel();
        let saying = Arc::clone(&way.0);
        thread::spawn(move || {
            if waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                saying.fetch_max(UP, Ordering::Relaxed);
            }
        });
        Limit {
            said: Arc::clone(&way.0),
            _waiting: sender,
        }
    }
}

/// What ends a computation of the trial: its time, or something else to do.
const UP: u8 = 1;
const GIVEN: u8 = 2;

/// The small context in which a sample is computed.
fn opening_of(model: &Model, tuning: Tuning, sample: Sample) -> Opening {
    let tokens = u32::try_from(sample.read + sample.written + 1).unwrap_or(u32::MAX);
    Opening {
        context: tokens.max(tuning.batch.tokens()),
        sequences: 1,
        outputs: 1,
        ..model.plan.opening.tuned(tuning)
    }
}

/// Opens a small context with `tuning`, reads and writes in it, and closes it.
fn measure(
    model: &Model,
    tuning: Tuning,
    sample: Sample,
    limit: &Limit,
) -> Result<Measured, Unmeasured> {
    let started = Instant::now();
    let opening = opening_of(model, tuning, sample);
    let said = Arc::clone(&limit.said);
    let count = i32::from(tuning.threads.get());
    let mut context = Context::open(&model.llama, &opening, count, said, Arc::default())
        .ok_or(Unmeasured::Refused)?;
    let vocabulary = i64::from(model.llama.n_vocab().max(1));
    let mut compute = |range: std::ops::Range<usize>| {
        let mut batch = Batch::default();
        let last = range.end - 1;
        for position in range {
            // Spread over the vocabulary, so that a model with experts asks several of them.
            let number = position as i64 * 7919 % vocabulary;
            let token = LlamaToken::new(i32::try_from(number).unwrap_or(0));
            batch.add(SequenceId(0), position, token, position == last);
        }
        match context.compute(&mut batch, UP) {
            Ok(Computed::Whole) => Ok(()),
            Ok(Computed::Interrupted) => Err(Unmeasured::CutOff),
            Err(_) => Err(Unmeasured::Refused),
        }
    };
    // The first computation lays out the memory.
    compute(0..1)?;
    let begun = Instant::now();
    let mut next = 1;
    while next < sample.read + 1 {
        let end = (next + tuning.batch.tokens() as usize).min(sample.read + 1);
        compute(next..end)?;
        next = end;
    }
    let read = begun.elapsed();
    let begun = Instant::now();
    for position in next..next + sample.written {
        compute(position..position + 1)?;
    }
    let written = begun.elapsed();
    drop(context);
    Ok(Measured {
        pace: Pace {
            read: read.as_secs_f64() / sample.read as f64,
            written: written.as_secs_f64() / sample.written as f64,
        },
        spent: started.elapsed(),
    })
}

#[cfg(test)]
mod tests;
