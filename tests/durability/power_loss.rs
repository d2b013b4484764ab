//! F2: the power is cut at any moment.

use std::path::Path;

use aparte_vault::{OwnerKind, Vault};

use crate::entry::Kind;
use crate::history::{History, MESSAGE};
use crate::keys::MASTER;
use crate::outcome::{left, patiently};
use crate::plan::{self, Draw, Operation};
use crate::program::{End, Scenario, conclude, ground, is_campaign};
use crate::recording::{Disk, Files, entries, lay_out};

/// How many operations are recorded at a time.
const OPERATIONS: usize = 60;

#[test]
fn a_power_cut_at_any_moment_costs_nothing_that_was_acknowledged() {
    // Of each recording, so many states.
    let (recordings, states) = if is_campaign() { (12, 5_000) } else { (2, 500) };
    let mut complaints = Vec::new();
    let mut executions = 0;
    for seed in 0..recordings {
        let plan = plan::plan(seed, OPERATIONS);
        let ground = ground();
        let root = ground.path().join("disk");
        std::fs::create_dir_all(root.join("vault")).unwrap();
        let mut disk = Disk::of(&root);
        let run = Scenario::write(&root.join("vault"), seed, 0, OPERATIONS)
            .recorded(&root)
            .run();
        assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
        let entries = entries(&run.log);
        let mut history = History::default();
        let mut draw = Draw::of(seed);
        let mut drawn = 0;
        for (moment, entry) in entries.iter().enumerate() {
            disk.apply(entry);
            if entry.kind == Kind::Mark {
                history.hear(&plan, &String::from_utf8_lossy(entry.data));
            }
            // Spread evenly over the recording.
            while drawn * entries.len() < states * (moment + 1) {
                drawn += 1;
                executions += 1;
                let state = disk.cut(&mut draw);
                let found = examine(&state, &history, &plan, &mut draw);
                complaints.extend(found.into_iter().map(|complaint| {
                    format!("seed {seed}, entry {moment}, state {drawn}: {complaint}")
                }));
            }
        }
    }
    conclude(executions, &complaints);
}

/// Opens what a power cut left, and in some cases goes on from there.
pub fn examine(
    state: &Files,
    history: &History,
    plan: &[Operation],
    draw: &mut Draw,
) -> Vec<String> {
    let ground = ground();
    lay_out(state, ground.path());
    let folder = ground.path().join("vault");
    // The index that several processes share over the journal is whatever memory held.
    if state.contains_key(b"vault/vault.db-wal".as_slice()) && draw.below(4) == 0 {
        let noise: Vec<u8> = (0..32 << 10).map(|_| draw.number() as u8).collect();
        std::fs::write(folder.join("vault.db-shm"), noise).unwrap();
    }
    let mut complaints = left(&folder, history);
    if complaints.is_empty() && history.has_vault() && draw.below(8) == 0 {
        complaints.extend(goes_on(&folder, history, plan));
    }
    complaints
}

/// Writes on, and looks again.
fn goes_on(folder: &Path, history: &History, plan: &[Operation]) -> Vec<String> {
    let again = || -> Result<Vec<String>, String> {
        let text = |error| format!("it does not go on: {error:?}");
        let item = plan::Item::Conversation(u32::MAX);
        let vault = patiently(|| Vault::unlock_for_tests(folder, &MASTER)).map_err(text)?;
        vault
            .write(|change| {
                let head = plan::head(item, 0);
                let owner = change.create_owner(OwnerKind::Conversation, head.as_bytes())?;
                change.append(owner, MESSAGE, &plan::message(u32::MAX, 1))
            })
            .map_err(text)?;
        drop(vault);
        let mut history = history.clone();
        let mut plan = plan.to_vec();
        plan.push(Operation::Begin {
            conversation: u32::MAX,
        });
        plan.push(Operation::Say {
            conversation: u32::MAX,
            message: 1,
        });
        let next = plan.len() - 2;
        for number in [next, next + 1] {
            history.hear(&plan, &format!("begin {number}\ndone {number}\n"));
        }
        Ok(left(folder, &history))
    };
    again().unwrap_or_else(|complaint| vec![complaint])
}
