//! What a run must leave behind, whatever was done to it.

use std::path::Path;
use std::time::{Duration, Instant};

use aparte_vault::{State, Vault, VaultError};

use crate::entry::Kind;
use crate::history::History;
use crate::keys::MASTER;
use crate::plan::{self, Draw, Operation};
use crate::power_loss::examine;
use crate::program::{Action, End, Fault, Run, Scenario, ground};
use crate::recording::{Disk, Files, count, entries, files, lay_out};

/// A vault as a scenario finds it, and what is known of it.
pub struct Start {
    pub files: Files,
    pub history: History,
    /// The plan that is carried out on it.
    pub plan: Vec<Operation>,
    seed: u64,
    from: usize,
}

impl Start {
    /// A folder with nothing in it.
    pub fn of_nothing(seed: u64, operations: usize) -> Start {
        Start {
            files: Files::new(),
            history: History::default(),
            plan: plan::plan(seed, operations),
            seed,
            from: 0,
        }
    }

    /// What the first operations of a plan leave, closed; the rest is carried out on it.
    pub fn of_vault(seed: u64, before: usize, operations: usize) -> Start {
        Start::of_nothing(seed, before + operations).after(before, None)
    }

    /// What the first operations of a plan leave when the process dies in a later one: a journal that is still needed.
    pub fn of_crash(seed: u64, before: usize, operations: usize, call: usize) -> Start {
        let fault = Fault {
            call,
            action: Action::Die,
            forever: false,
        };
        Start::of_nothing(seed, before + operations).after(before, Some(fault))
    }

    fn after(mut self, before: usize, fault: Option<Fault>) -> Start {
        let ground = ground();
        let root = ground.path().join("disk");
        std::fs::create_dir_all(root.join("vault")).unwrap();
        let scenario = Scenario::write(&root.join("vault"), self.seed, 0, before).recorded(&root);
        let run = match fault {
            Some(fault) => scenario.with_fault(fault),
            None => scenario,
        }
        .run();
        let expected = match fault {
            Some(_) => End::Killed(9),
            None => End::Done,
        };
        assert_eq!(run.end, expected, "{}{}", run.printed, run.errors);
        self.history.hear(&self.plan, &run.printed);
        self.files = files(&root);
        self.from = self.history.reached;
        self
    }

    /// Carries out the rest of the plan, with a fault in it; and cuts the power so many times, at moments after the fault.
    pub fn run(&self, fault: Fault, cuts: usize) -> Trial {
        let ground = ground();
        let root = ground.path().join("disk");
        std::fs::create_dir_all(root.join("vault")).unwrap();
        lay_out_over(&self.files, &root);
        let disk = Disk::of(&root);
        let run = Scenario::write(&root.join("vault"), self.seed, self.from, self.plan.len())
            .recorded(&root)
            .with_fault(fault)
            .run();
        let mut history = self.history.clone();
        history.hear(&self.plan, &run.printed);
        let mut complaints = misbehaviour(&run, fault);
        complaints.extend(left(&root.join("vault"), &history));
        complaints.extend(self.cut(disk, &run.log, fault.call as u64, cuts));
        Trial {
            failed_on_purpose: count(&run.log, Kind::Fault) > 0,
            complaints,
            run,
        }
    }

    fn cut<'a>(&self, mut disk: Disk<'a>, log: &'a [u8], seed: u64, cuts: usize) -> Vec<String> {
        let entries = entries(log);
        let Some(fault) = entries.iter().position(|entry| entry.kind == Kind::Fault) else {
            return Vec::new();
        };
        let mut draw = Draw::of(seed);
        let moments: Vec<usize> = (0..cuts)
            .map(|_| fault + draw.below(entries.len() - fault))
            .collect();
        let mut history = self.history.clone();
        let mut complaints = Vec::new();
        for (moment, entry) in entries.iter().enumerate() {
            disk.apply(entry);
            if entry.kind == Kind::Mark {
                history.hear(&self.plan, &String::from_utf8_lossy(entry.data));
            }
            for _ in moments.iter().filter(|cut| **cut == moment) {
                let found = examine(&disk.cut(&mut draw), &history, &self.plan, &mut draw);
                complaints.extend(found.into_iter().map(|complaint| {
                    format!("the power was cut at entry {moment} after that: {complaint}")
                }));
            }
        }
        complaints
    }
}

/// A run with a fault in it, and what is wrong with what it left.
pub struct Trial {
    /// Whether the fault came to pass: a run that ended before it is clean.
    pub failed_on_purpose: bool,
    pub complaints: Vec<String>,
    pub run: Run,
}

/// Lays files out in a folder where the vault's own may be in place.
fn lay_out_over(files: &Files, root: &Path) {
    let mut files = files.clone();
    files.remove(b"vault".as_slice());
    lay_out(&files, root);
}

/// Whether a run ended as it may, and said what was the matter.
pub fn misbehaviour(run: &Run, fault: Fault) -> Vec<String> {
    let may_die = fault.action == Action::Die;
    let mut complaints = Vec::new();
    match run.end {
        End::Done | End::Refused => (),
        End::Killed(9) if may_die => (),
        end => {
            let last = run.errors.lines().next().unwrap_or_default();
            complaints.push(format!("it ended with {end:?}: {last}"));
        }
    }
    let refusals = run.printed.lines();
    for line in refusals.filter(|line| line.starts_with("refused")) {
        if is_misleading(line, fault) {
            complaints.push(format!("it said “{line}”"));
        }
    }
    complaints
}

/// A call that fails is no damage, and no reason to say that a vault is foreign or was never there. But once a read has
/// failed with EIO, SQLite takes a file for corrupt until it is opened anew.
fn is_misleading(refusal: &str, fault: Fault) -> bool {
    let words = [
        "Damaged",
        "Foreign",
        "NewerFormat",
        "Absent",
        "WrongPassphrase",
    ];
    let sqlite_gave_up = fault.action == Action::Eio && refusal.ends_with("Damaged(Database)");
    words.iter().any(|word| refusal.contains(word)) && !sqlite_gave_up
}

/// Opens what a run left, and says what is wrong with it.
pub fn left(folder: &Path, history: &History) -> Vec<String> {
    match open(folder) {
        Ok(None) if history.has_vault() => vec!["the vault is gone".to_owned()],
        Ok(None) => match Vault::create_for_tests(folder, &MASTER) {
            Ok(_) => Vec::new(),
            Err(error) => vec![format!("a vault cannot be made: {error:?}")],
        },
        Ok(Some(vault)) => history.complaints(&vault),
        Err(error) => vec![format!("it does not open: {error:?}")],
    }
}

fn open(folder: &Path) -> Result<Option<Vault>, VaultError> {
    match Vault::look(folder)? {
        State::Absent => Ok(None),
        State::Locked { .. } => patiently(|| Vault::unlock_for_tests(folder, &MASTER)).map(Some),
    }
}

/// Opens a vault that this process had open before. What another test starts at that moment holds a copy of every open
/// file, the vault's lock among them, until its own program begins.
pub fn patiently(open: impl Fn() -> Result<Vault, VaultError>) -> Result<Vault, VaultError> {
    let started = Instant::now();
    loop {
        match open() {
            Err(VaultError::InUse) if started.elapsed() < Duration::from_secs(2) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            opened => return opened,
        }
    }
}
