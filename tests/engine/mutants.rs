//! Mutants of a model: each is loaded by the real worker and asked one short question, as the application does it.
//!
//! The worker may refuse, answer or die. The application answers or says what happened, and keeps no worker that is of
//! no use. In the campaign each must be over within five seconds.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aparte_assistant::{Answer, Ending, Error, ModelTrouble};
use aparte_tests::starter;

use super::app::{App, DOCUMENT, QUESTION, is_told_well, turn};
use super::mutations::{Ground, Mutation, Stock};
use super::process;
use crate::campaign::{Tally, is_long, times};
use crate::gguf::Gguf;

/// In the campaign: the longest that a mutant may take which is not answered, from its choice to the failure.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// So many mutants are tried at a time.
const LANES: usize = 2;
/// After so many pieces of text an answer has shown that there is one.
const PIECES: usize = 3;

#[test]
fn the_models_that_mutants_are_made_of_answer() {
    let _turn = turn();
    let scratch = tempfile::tempdir().unwrap();
    for (name, model) in [("cut", cut_starter()), ("tiny", Gguf::sound())] {
        let ground = Ground::new(&scratch.path().join(name), &Stock::new(&model));
        let (outcome, _) = attempt(&ground);
        assert_eq!(outcome, Ok(Outcome::Answered), "{name}");
    }
}

#[test]
fn a_mutant_of_a_real_model_ends_in_an_answer_or_a_sentence_and_leaves_no_worker() {
    let stock = Stock::new(&cut_starter());
    try_mutants("mutants of the starter model", &stock, times(300, 20_000));
}

#[test]
fn a_mutant_of_a_tiny_model_ends_in_an_answer_or_a_sentence_and_leaves_no_worker() {
    // Nearly all of its bytes are structure.
    let stock = Stock::new(&Gguf::sound());
    try_mutants("mutants of a tiny model", &stock, times(300, 5_000));
}

/// The starter model with the first two of its layers.
fn cut_starter() -> Gguf {
    let whole = fs::read(starter().file).expect("the starter model can be read");
    Gguf::read(&whole).first_layers("llama", 2)
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// There was an answer, or a beginning of one.
    Answered,
    /// The application said why there is none.
    Refused(&'static str),
    /// The worker died while it loaded.
    DiedLoading,
    /// The worker died of the question.
    DiedAsked,
}

fn try_mutants(what: &'static str, stock: &Stock, mutants: usize) {
    let _turn = turn();
    count_panics();
    let scratch = tempfile::tempdir().unwrap();
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::new(what));
    let outcomes = Mutex::new(BTreeMap::<Outcome, usize>::new());
    let slowest = Mutex::new((Duration::ZERO, String::new()));
    thread::scope(|scope| {
        for lane in 0..LANES {
            let path = scratch.path().join(format!("{lane}.gguf"));
            let (next, tally, outcomes, slowest) = (&next, &tally, &outcomes, &slowest);
            scope.spawn(move || {
                let mut ground = Ground::new(&path, stock);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= mutants as u64 {
                        break;
                    }
                    if is_long() && number.is_multiple_of(500) {
                        println!("{what}: {number} of {mutants}");
                    }
                    let mutation = stock.mutation(number);
                    ground.apply(&mutation, stock);
                    let (mut outcome, mut took) = attempt(&ground);
                    let is_late = |outcome: &Result<Outcome, String>, took| {
                        is_long() && took > TIME_LIMIT && *outcome != Ok(Outcome::Answered)
                    };
                    // Another program may have had the processor.
                    if outcome.is_ok() && is_late(&outcome, took) {
                        (outcome, took) = attempt(&ground);
                    }
                    ground.mend(&mutation, stock);
                    report(number, &mutation, &outcome, took);
                    let held = outcome.is_ok() && !is_late(&outcome, took);
                    if let Ok(outcome) = &outcome {
                        *outcomes.lock().unwrap().entry(outcome.clone()).or_default() += 1;
                    }
                    let mut slowest = slowest.lock().unwrap();
                    if took > slowest.0 {
                        *slowest = (took, format!("{number}, {}", mutation.what));
                    }
                    tally.lock().unwrap().note(held, || {
                        format!("{number}, {}: {outcome:?} after {took:?}", mutation.what)
                    });
                }
            });
        }
    });
    let (took, which) = slowest.into_inner().unwrap();
    println!("{:?}", outcomes.into_inner().unwrap());
    println!("the slowest took {took:?}: {which}");
    tally.into_inner().unwrap().end();
}

/// A death is no failure, but whoever looks for what preflight should refuse wants to know each.
fn report(number: u64, mutation: &Mutation, outcome: &Result<Outcome, String>, took: Duration) {
    if let Ok(Outcome::DiedLoading | Outcome::DiedAsked) = outcome {
        println!("{number}, {}: {outcome:?} after {took:?}", mutation.what);
    }
}

/// Loads the model of a file and asks it a question. `Err` says what the application did wrong.
fn attempt(ground: &Ground) -> (Result<Outcome, String>, Duration) {
    let panics = PANICS.load(Ordering::Relaxed);
    let started = Instant::now();
    let app = App::with_model(ground.path());
    let ended = catch_unwind(AssertUnwindSafe(|| load_and_ask(&app)));
    let took = started.elapsed();
    let engine = app.engine();
    let gone = match &ended {
        // An engine of no use is not kept until the session ends.
        Ok(Err(Error::Model { .. })) => engine.is_none_or(|engine| !process::exists(engine)),
        _ => true,
    };
    drop(app);
    let gone = gone && engine.is_none_or(|engine| !process::exists(engine));
    let outcome = match ended {
        Err(_) => Err("a panic came out of the application".to_owned()),
        Ok(_) if PANICS.load(Ordering::Relaxed) > panics => {
            Err("a thread of the application panicked".to_owned())
        }
        Ok(_) if !gone => Err("a worker is still there".to_owned()),
        Ok(Err(error)) if !is_told_well(&error) => Err(format!("it is told as {error:?}")),
        Ok(Ok(answer)) if answer.ending == Ending::Interrupted => Ok(Outcome::DiedAsked),
        Ok(Ok(_)) => Ok(Outcome::Answered),
        Ok(Err(Error::EngineStopped)) => Ok(Outcome::DiedAsked),
        Ok(Err(Error::Model {
            trouble: ModelTrouble::StoppedTheEngine,
            ..
        })) => Ok(Outcome::DiedLoading),
        Ok(Err(error)) => Ok(Outcome::Refused(error.code())),
    };
    (outcome, took)
}

fn load_and_ask(app: &App) -> Result<Answer, Error> {
    app.load()?;
    let document = app.add("ferry.txt", DOCUMENT)?;
    let conversation = app.begin(QUESTION, &[document])?;
    app.ask_for_pieces(conversation.id, QUESTION, &[document], PIECES)
}

/// Panics anywhere in this process, which other threads than the one that asked may have.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            usual(panic);
        }));
    });
}
