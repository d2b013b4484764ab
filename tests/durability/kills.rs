//! F1: the process is killed at any moment.

use std::time::{Duration, Instant};

use aparte_vault::Vault;

use crate::history::History;
use crate::keys::{CARELESS_ITEMS, MASTER};
use crate::outcome::left;
use crate::plan::{self, Draw};
use crate::program::{Scenario, conclude, ground, is_campaign};

/// Far more operations than a scenario gets to before it is killed.
const OPERATIONS: usize = 6_000;

/// How often the same vault is killed.
const LIVES: usize = 5;

/// The longest that a scenario is left alone.
const LONGEST: Duration = Duration::from_millis(120);

#[test]
fn a_kill_at_any_moment_costs_nothing_that_was_acknowledged() {
    let kills = if is_campaign() { 2_000 } else { 100 };
    let mut complaints = Vec::new();
    let mut acknowledged = 0;
    let mut interrupted = 0;
    let mut slowest = Duration::ZERO;
    for seed in 0..(kills / LIVES) as u64 {
        let plan = plan::plan(seed, OPERATIONS);
        let ground = ground();
        let folder = ground.path().join("vault");
        let mut history = History::default();
        let mut draw = Draw::of(seed);
        for life in 0..LIVES {
            let scenario = Scenario::write(&folder, seed, history.reached, OPERATIONS);
            let printed = killed(&scenario, draw.below(LONGEST.as_micros() as usize));
            let before = history.reached;
            history.hear(&plan, &printed);
            let last = printed.lines().last().unwrap_or_default();
            interrupted += usize::from(last.starts_with("begin") && history.reached > before);

            let started = Instant::now();
            let opened = Vault::unlock_for_tests(&folder, &MASTER);
            slowest = slowest.max(started.elapsed());
            drop(opened);
            let found = left(&folder, &history).into_iter();
            complaints
                .extend(found.map(|complaint| format!("seed {seed}, life {life}: {complaint}")));
        }
        acknowledged += history.acknowledged;
    }
    println!("{acknowledged} acknowledged, {interrupted} in the middle, slowest start {slowest:?}");
    assert!(acknowledged > 10 * kills, "the kills come too early");
    assert!(
        interrupted > kills / 10,
        "the kills come between the operations"
    );
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    conclude(kills, &complaints);
}

/// What a scenario prints until it is killed after so many microseconds.
fn killed(scenario: &Scenario, moment: usize) -> String {
    let mut child = scenario.command().spawn().expect("the program starts");
    let listener = std::thread::spawn({
        let mut out = child.stdout.take().expect("it is piped");
        move || {
            let mut printed = Vec::new();
            std::io::Read::read_to_end(&mut out, &mut printed).expect("a pipe can be read");
            String::from_utf8(printed).expect("it prints ASCII")
        }
    });
    std::thread::sleep(Duration::from_micros(moment as u64));
    child.kill().expect("it is a child of this process");
    child.wait().expect("it is a child of this process");
    listener.join().expect("reading does not panic")
}

#[test]
fn a_writer_that_keeps_back_what_it_acknowledged_is_found_out() {
    let ground = ground();
    let folder = ground.path().join("folder");
    let scenario = Scenario::of(&[&"careless", &folder, &"unwritten"]);
    let mut losses = 0;
    for moment in (5_000..60_000).step_by(5_000) {
        let _ = std::fs::remove_file(folder.join("items"));
        let printed = killed(&scenario, moment);
        let acknowledged = printed
            .lines()
            .filter(|line| line.starts_with("done"))
            .count();
        let stored = std::fs::read_to_string(folder.join("items")).unwrap_or_default();
        assert!(acknowledged <= CARELESS_ITEMS);
        losses += usize::from(stored.lines().count() < acknowledged);
    }
    assert!(losses > 0);
}
