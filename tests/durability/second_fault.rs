//! F7: a fault while the vault recovers from one, while a backup is restored or made, and while its keys change.

use std::path::Path;

use aparte_vault::{Cost, OwnerKind, Protection, State, Vault};
use secrecy::SecretString;

use crate::contents::Contents;
use crate::entry::Kind;
use crate::history::{History, MESSAGE};
use crate::keys::PASSPHRASES;
use crate::outcome::{left, misbehaviour, patiently};
use crate::plan::{self, Draw};
use crate::program::{Action, End, Fault, Run, Scenario, conclude, ground, is_campaign};
use crate::recording::{Disk, count, entries, lay_out};

const OPERATIONS: usize = 24;
const SEED: u64 = 11;

#[test]
fn a_second_fault_while_recovering_from_the_first_costs_nothing() {
    // Every so many entries a crash, and while recovering from it, every so many calls a fault.
    let (crashes, faults) = if is_campaign() { (9, 1) } else { (90, 7) };
    let plan = plan::plan(SEED, OPERATIONS);
    let first = ground();
    let root = first.path().join("disk");
    std::fs::create_dir_all(root.join("vault")).unwrap();
    let mut disk = Disk::of(&root);
    let run = Scenario::write(&root.join("vault"), SEED, 0, OPERATIONS)
        .recorded(&root)
        .run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let mut history = History::default();
    let mut draw = Draw::of(SEED);
    let mut executions = 0;
    let mut complaints = Vec::new();
    for (moment, entry) in entries(&run.log).iter().enumerate() {
        disk.apply(entry);
        if entry.kind == Kind::Mark {
            history.hear(&plan, &String::from_utf8_lossy(entry.data));
        }
        if moment % crashes != 0 || !history.has_vault() {
            continue;
        }
        let crashed = disk.cut(&mut draw);
        let mut call = 1 + draw.below(faults);
        loop {
            let ground = ground();
            let root = ground.path().join("disk");
            std::fs::create_dir(&root).unwrap();
            lay_out(&crashed, &root);
            let fault = Fault {
                call,
                action: [Action::Die, Action::Eio, Action::Enospc][(moment + call) % 3],
                forever: draw.below(2) == 0,
            };
            // It opens, and is dropped.
            let run = Scenario::write(&root.join("vault"), SEED, OPERATIONS, OPERATIONS)
                .recorded(&root)
                .with_fault(fault)
                .run();
            if count(&run.log, Kind::Fault) == 0 {
                break;
            }
            executions += 1;
            let mut found = misbehaviour(&run, fault);
            found.extend(left(&root.join("vault"), &history));
            let found = found.into_iter();
            complaints
                .extend(found.map(|complaint| format!("entry {moment}, {fault:?}: {complaint}")));
            call += faults;
        }
    }
    assert!(executions >= 20);
    conclude(executions, &complaints);
}

fn secret(which: usize) -> SecretString {
    SecretString::from(PASSPHRASES[which])
}

/// Makes a vault that the first passphrase opens, with something in it.
fn vault_with_passphrase(folder: &Path) -> Vault {
    let first = secret(0);
    let vault = Vault::create(folder, Protection::Passphrase(&first), Cost::FLOOR).unwrap();
    vault
        .write(|change| {
            for number in 1..5 {
                let owner = change.create_owner(OwnerKind::Conversation, b"A title")?;
                change.append(owner, MESSAGE, &plan::message(number, number))?;
                change.put_blob(owner, plan::original(number).as_slice())?;
            }
            Ok(())
        })
        .unwrap();
    vault
}

/// Runs a scenario with a fault at every so many calls, until a run comes to no fault. Each time it is told what was left.
fn with_faults_at(
    step: usize,
    prepare: &dyn Fn(&Path),
    words: &dyn Fn(&Path) -> Scenario,
    complaints_of: &dyn Fn(&Path, &Run) -> Vec<String>,
) {
    let mut executions = 0;
    let mut complaints = Vec::new();
    let mut draw = Draw::of(step as u64);
    let ways = [
        (Action::Die, false),
        (Action::Eio, false),
        (Action::Enospc, true),
    ];
    let mut call = 1 + draw.below(step);
    'calls: loop {
        let chosen = match is_campaign() {
            true => &ways[..],
            false => &ways[executions % ways.len()..][..1],
        };
        for (action, forever) in chosen.iter().copied() {
            let ground = ground();
            let root = ground.path().join("disk");
            std::fs::create_dir(&root).unwrap();
            prepare(&root);
            let fault = Fault {
                call,
                action,
                forever,
            };
            let run = words(&root).recorded(&root).with_fault(fault).run();
            if count(&run.log, Kind::Fault) == 0 {
                assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
                break 'calls;
            }
            executions += 1;
            let mut found = misbehaviour(&run, fault);
            found.extend(complaints_of(&root, &run));
            complaints.extend(
                found
                    .into_iter()
                    .map(|complaint| format!("{fault:?}: {complaint}")),
            );
        }
        call += step;
    }
    conclude(executions, &complaints);
}

#[test]
fn a_restore_that_fails_can_be_done_again() {
    let made = ground();
    let vault = vault_with_passphrase(&made.path().join("vault"));
    let backup = made.path().join("backup");
    vault.back_up(&backup).unwrap();
    let expected = Contents::of(&vault).unwrap();
    let bytes = std::fs::read(&backup).unwrap();
    with_faults_at(
        if is_campaign() { 1 } else { 12 },
        &|root| std::fs::write(root.join("backup"), &bytes).unwrap(),
        &|root| Scenario::of(&[&"restore", &root.join("backup"), &root.join("vault")]),
        &|root, run| {
            let (backup, folder) = (root.join("backup"), root.join("vault"));
            if std::fs::read(&backup).unwrap() != bytes {
                return vec!["the backup was changed".to_owned()];
            }
            let first = secret(0);
            let first = Protection::Passphrase(&first);
            let vault = match Vault::look(&folder) {
                Ok(State::Absent) if run.printed.contains("done restore") => {
                    return vec!["the restored vault is gone".to_owned()];
                }
                Ok(State::Absent) => Vault::restore(&backup, &folder, first),
                Ok(State::Locked { .. }) => Vault::unlock(&folder, first),
                Err(error) => Err(error),
            };
            let vault = vault.map(|vault| without_repair(vault, &folder, first));
            same(vault, &expected)
        },
    );
}

#[test]
fn a_replacement_that_fails_leaves_the_vault_before_or_the_restored_one() {
    let made = ground();
    let folder = made.path().join("vault");
    let vault = vault_with_passphrase(&folder);
    vault.back_up(&made.path().join("backup")).unwrap();
    let restored = Contents::of(&vault).unwrap();
    vault
        .write(|change| {
            change
                .create_owner(OwnerKind::Conversation, b"Later")
                .map(drop)
        })
        .unwrap();
    let before = Contents::of(&vault).unwrap();
    vault.close().unwrap();
    let files = crate::recording::files(made.path());
    with_faults_at(
        if is_campaign() { 1 } else { 14 },
        &|root| lay_out(&files, root),
        &|root| Scenario::of(&[&"replace", &root.join("backup"), &root.join("vault")]),
        &|root, run| {
            let first = secret(0);
            let first = Protection::Passphrase(&first);
            let is = |folder: &Path, expected: &Contents| {
                let vault = patiently(|| Vault::unlock(folder, first));
                let vault = vault.map(|vault| without_repair(vault, folder, first));
                same(vault, expected)
            };
            let (folder, aside) = (root.join("vault"), root.join("vault.before-1"));
            // The one before is there under one of its names, and the restored one once it was said to be.
            match aside.exists() {
                true => [is(&aside, &before), is(&folder, &restored)].concat(),
                false if run.printed.contains("done replace") => {
                    vec!["the vault before is gone".to_owned()]
                }
                false => is(&folder, &before),
            }
        },
    );
}

#[test]
fn a_backup_that_fails_leaves_the_one_before() {
    let made = ground();
    let vault = vault_with_passphrase(&made.path().join("vault"));
    vault.back_up(&made.path().join("backup")).unwrap();
    let expected = Contents::of(&vault).unwrap();
    vault.close().unwrap();
    let files = crate::recording::files(made.path());
    with_faults_at(
        if is_campaign() { 1 } else { 16 },
        &|root| lay_out(&files, root),
        &|root| Scenario::of(&[&"back-up", &root.join("vault"), &root.join("backup")]),
        &|root, _| {
            let into = root.join("restored");
            let first = secret(0);
            let restored =
                Vault::restore(&root.join("backup"), &into, Protection::Passphrase(&first));
            same(restored, &expected)
        },
    );
}

#[test]
fn some_slot_opens_the_vault_wherever_a_change_of_slots_ends() {
    let made = ground();
    let vault = vault_with_passphrase(&made.path().join("vault"));
    let expected = Contents::of(&vault).unwrap();
    vault.close().unwrap();
    let files = crate::recording::files(made.path());
    with_faults_at(
        if is_campaign() { 1 } else { 11 },
        &|root| lay_out(&files, root),
        &|root| Scenario::of(&[&"slots", &root.join("vault")]),
        &|root, run| slots_differ(&root.join("vault"), &run.printed, &expected),
    );
}

/// Tries every secret that the vault ever had. One that was replaced opens nothing; one that was set opens.
fn slots_differ(folder: &Path, printed: &str, expected: &Contents) -> Vec<String> {
    let said = |line: &str| printed.lines().any(|said| said == line);
    let words = printed
        .lines()
        .find_map(|line| line.strip_prefix("words "))
        .map(SecretString::from);
    let passphrases = [secret(0), secret(1), secret(2)];
    let opens = |protection: Protection<'_>| match patiently(|| Vault::unlock(folder, protection)) {
        Ok(vault) => Contents::of(&without_repair(vault, folder, protection))
            .is_ok_and(|contents| contents == *expected),
        Err(_) => false,
    };
    let open: Vec<bool> = passphrases
        .iter()
        .map(|passphrase| opens(Protection::Passphrase(passphrase)))
        .collect();
    let mut complaints = Vec::new();
    if !open.contains(&true) {
        complaints.push("no passphrase opens it".to_owned());
    }
    for (set, done, before) in [(1, "done second", 0), (2, "done third", 1)] {
        let later = set == 1 && said("begin third");
        if said(done) && !open[set] && !later {
            complaints.push(format!("after “{done}” passphrase {set} does not open it"));
        }
        if said(done) && open[before] {
            complaints.push(format!("after “{done}” passphrase {before} still opens it"));
        }
    }
    if let Some(words) = &words {
        let open = opens(Protection::Recovery(words));
        if said("done words") && !open && !said("begin no words") {
            complaints.push("the recovery words do not open it".to_owned());
        }
        if said("done no words") && open {
            complaints.push("the recovery words still open it".to_owned());
        }
    }
    complaints
}

/// That `vault.json` was mended from its copy is said once, and no matter here.
fn without_repair(vault: Vault, folder: &Path, protection: Protection<'_>) -> Vault {
    if vault.notices().is_empty() {
        return vault;
    }
    drop(vault);
    patiently(|| Vault::unlock(folder, protection)).expect("it opened before")
}

fn same(vault: Result<Vault, aparte_vault::VaultError>, expected: &Contents) -> Vec<String> {
    let contents = vault
        .map_err(|error| format!("it does not open: {error:?}"))
        .and_then(|vault| Contents::of(&vault));
    match contents {
        Ok(contents) if contents == *expected => Vec::new(),
        Ok(_) => vec!["it holds something else".to_owned()],
        Err(error) => vec![error],
    }
}
