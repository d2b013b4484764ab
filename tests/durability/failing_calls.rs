//! F3: each call on a file fails, once, and from there on for ever. What comes of it is said, and costs nothing that was
//! acknowledged.

use crate::outcome::Start;
use crate::program::{Action, End, Fault, Scenario, conclude, ground, is_campaign};

/// What fails, and whether it goes on failing. A system that interrupts every call for ever serves no program at all, and
/// everybody tries again: that one is left out.
const WAYS: [(Action, bool); 9] = [
    (Action::Eio, false),
    (Action::Eio, true),
    (Action::Enospc, false),
    (Action::Enospc, true),
    (Action::Edquot, false),
    (Action::Edquot, true),
    (Action::Short, false),
    (Action::Short, true),
    (Action::Eintr, false),
];

/// A vault's first launch, its work when it is young and when it is older, and what comes after a crash.
fn starts() -> [Start; 4] {
    let operations = if is_campaign() { 12 } else { 4 };
    [
        Start::of_nothing(1, operations),
        Start::of_vault(2, 30, operations),
        Start::of_vault(9, 60, operations),
        Start::of_crash(4, 30, operations, 500),
    ]
}

#[test]
fn a_call_that_fails_costs_nothing_that_was_acknowledged() {
    let starts = starts();
    let all = (0..starts.len()).flat_map(|start| WAYS.map(|way| (start, way)));
    // In the short form each start has one way or two, and each kind of failure its turn.
    let chosen = [
        (0, WAYS[0]),
        (0, WAYS[1]),
        (1, WAYS[0]),
        (2, WAYS[3]),
        (3, WAYS[6]),
    ];
    let cases: Vec<_> = match is_campaign() {
        true => all.collect(),
        false => chosen.to_vec(),
    };
    let mut executions = 0;
    let mut complaints = Vec::new();
    for (start, (action, forever)) in cases {
        let mut call = 0;
        loop {
            call += 1;
            let fault = Fault {
                call,
                action,
                forever,
            };
            let trial = starts[start].run(fault, 1);
            if !trial.failed_on_purpose {
                assert_eq!(trial.run.end, End::Done, "a run without a fault is clean");
                assert!(call > 50, "only {call} calls were seen");
                break;
            }
            executions += 1;
            let found = trial.complaints.into_iter();
            complaints
                .extend(found.map(|complaint| format!("start {start}, {fault:?}: {complaint}")));
        }
    }
    conclude(executions, &complaints);
}

#[test]
fn a_writer_that_does_not_listen_is_found_out() {
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let fault = Fault {
        call: 20,
        action: Action::Eio,
        forever: true,
    };
    let folder = root.join("folder");
    let run = Scenario::of(&[&"careless", &folder, &"deaf"])
        .recorded(&root)
        .with_fault(fault)
        .run();
    assert_eq!(run.end, End::Done);
    let acknowledged = run.printed.lines().filter(|line| line.starts_with("done"));
    let stored = std::fs::read_to_string(folder.join("items")).unwrap();
    assert!(stored.lines().count() < acknowledged.count());
}
