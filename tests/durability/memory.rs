//! F5: memory runs out, at one allocation or from one on. A process that aborts for it has lost nothing.

use crate::entry::Kind;
use crate::history::History;
use crate::outcome::left;
use crate::plan;
use crate::program::{End, Run, Scenario, conclude, ground, is_campaign, run};
use crate::recording::count;

/// The signal of a process that aborts, as Rust's do where memory runs out.
const ABORT: i32 = 6;

const SEED: u64 = 2;
const OPERATIONS: usize = 8;

#[test]
fn an_allocation_that_fails_costs_nothing_that_was_acknowledged() {
    let mut executions = 0;
    let mut aborted = 0;
    let mut refused = 0;
    let mut complaints = Vec::new();
    let plan = plan::plan(SEED, OPERATIONS);
    for often in ["once", "forever"] {
        let mut which = 1;
        loop {
            let ground = ground();
            let root = ground.path().join("disk");
            std::fs::create_dir(&root).unwrap();
            let folder = root.join("vault");
            let run = Scenario::write(&folder, SEED, 0, OPERATIONS)
                .recorded(&root)
                .with("APARTE_INTERPOSE_ALLOCATION", format!("{which} {often}"))
                .run();
            if count(&run.log, Kind::Fault) == 0 {
                assert_eq!(run.end, End::Done, "a run without a fault is clean");
                assert!(which > 1_000, "only {which} allocations were seen");
                break;
            }
            executions += 1;
            let mut history = History::default();
            history.hear(&plan, &run.printed);
            aborted += usize::from(run.end == End::Killed(ABORT));
            refused += usize::from(!history.refusals.is_empty());
            let found = badly_ended(&run).into_iter().chain(left(&folder, &history));
            complaints
                .extend(found.map(|complaint| format!("allocation {which} {often}: {complaint}")));
            // In the short form the steps grow, so that the first of them, where everything is made, are close.
            which += if is_campaign() { 1 } else { 1 + which / 16 };
        }
    }
    assert!(
        aborted > 0 && refused > 0,
        "{aborted} aborted, {refused} refused"
    );
    conclude(executions, &complaints);
}

fn badly_ended(run: &Run) -> Option<String> {
    match run.end {
        End::Done | End::Refused | End::Killed(ABORT) => None,
        end => Some(format!("it ended with {end:?}: {}", run.errors)),
    }
}

#[test]
fn an_address_space_that_is_too_small_costs_nothing_that_was_acknowledged() {
    let plan = plan::plan(SEED, 200);
    let mut complaints = Vec::new();
    let mut cut_short = 0;
    let limits = (1..40).map(|step| step * 1_024);
    let mut executions = 0;
    for limit in limits {
        let ground = ground();
        let folder = ground.path().join("vault");
        let run = limited(
            &format!("ulimit -v {limit}"),
            &Scenario::write(&folder, SEED, 0, 200),
        );
        executions += 1;
        let mut history = History::default();
        history.hear(&plan, &run.printed);
        cut_short += usize::from(run.end != End::Done && history.acknowledged > 0);
        // With less than a program needs to be loaded there is no run at all.
        let started = run.printed.starts_with("ready");
        let found = match started {
            true => badly_ended(&run),
            false => None,
        };
        let found = found.into_iter().chain(left(&folder, &history));
        complaints.extend(found.map(|complaint| format!("{limit} KiB: {complaint}")));
    }
    println!("{cut_short} of {executions} were cut short in the middle");
    conclude(executions, &complaints);
}

/// Runs a scenario under a limit that a shell sets.
pub fn limited(limit: &str, scenario: &Scenario) -> Run {
    let direct = scenario.command();
    let mut command = std::process::Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{limit}; exec \"$0\" \"$@\""));
    command.arg(direct.get_program()).args(direct.get_args());
    command.env_clear();
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    run(command, crate::program::PATIENCE)
}
