//! That the tests see: every byte that the scenario writes is in a recording, and who is careless is found out.

use std::collections::BTreeSet;

use crate::entry::Kind;
use crate::history::History;
use crate::plan::{self, Draw};
use crate::power_loss::examine;
use crate::program::{End, Scenario, ground};
use crate::recording::{Disk, Files, count, differences, entries, files};

#[test]
fn a_recording_played_back_gives_the_same_files() {
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let before = Disk::of(&root);
    let run = Scenario::write(&root.join("vault"), 7, 0, 120)
        .recorded(&root)
        .run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    assert!(count(&run.log, Kind::Sync) > 100, "syncs are not seen");
    assert!(count(&run.log, Kind::Rename) > 1, "renames are not seen");
    assert!(count(&run.log, Kind::Mark) > 100, "marks are not seen");

    let mut disk = before;
    entries(&run.log).iter().for_each(|entry| disk.apply(entry));
    let (played, real) = (disk.whole(), files(&root));
    assert_eq!(differences(&played, &real), [""; 0]);
    assert!(real.values().flatten().map(Vec::len).sum::<usize>() > 100_000);
}

/// The items that a careless writer acknowledged, at some moment, and those that a power cut then leaves.
fn losses(way: &str) -> usize {
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let mut disk = Disk::of(&root);
    let run = Scenario::of(&[&"careless", &root.join("folder"), &way])
        .recorded(&root)
        .run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let mut draw = Draw::of(1);
    let mut acknowledged = 0;
    let mut losses = 0;
    for entry in entries(&run.log) {
        disk.apply(&entry);
        if entry.kind == Kind::Mark && entry.data.starts_with(b"done") {
            acknowledged += 1;
        }
        for _ in 0..4 {
            if items(&disk.cut(&mut draw)) < acknowledged {
                losses += 1;
            }
        }
    }
    assert!(acknowledged > 10);
    losses
}

/// How many items are there, whole.
fn items(files: &Files) -> usize {
    let Some(Some(bytes)) = files.get(b"folder/items".as_slice()) else {
        return 0;
    };
    let text = String::from_utf8_lossy(bytes);
    let items: BTreeSet<&str> = text
        .lines()
        .filter(|line| line.starts_with("item"))
        .collect();
    items.len()
}

#[test]
fn a_writer_that_does_not_sync_is_found_out_by_power_loss() {
    assert!(losses("unsynced") > 10);
}

#[test]
fn a_writer_that_does_not_sync_its_folder_is_found_out_by_power_loss() {
    assert!(losses("unnamed") > 10);
}

#[test]
fn a_writer_that_syncs_loses_nothing_to_power_loss() {
    assert_eq!(losses("careful"), 0);
}

#[test]
fn a_disk_that_only_says_it_synced_is_found_out() {
    let plan = plan::plan(7, 60);
    let ground = ground();
    let root = ground.path().join("disk");
    std::fs::create_dir_all(root.join("vault")).unwrap();
    let mut disk = Disk::of(&root);
    let run = Scenario::write(&root.join("vault"), 7, 0, 60)
        .recorded(&root)
        .run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let mut history = History::default();
    let mut draw = Draw::of(7);
    let mut losses = 0;
    for (moment, entry) in entries(&run.log).iter().enumerate() {
        if entry.kind != Kind::Sync {
            disk.apply(entry);
        }
        if entry.kind == Kind::Mark {
            history.hear(&plan, &String::from_utf8_lossy(entry.data));
        }
        if moment % 20 == 0 && history.has_vault() {
            let found = examine(&disk.cut(&mut draw), &history, &plan, &mut draw);
            losses += usize::from(!found.is_empty());
        }
    }
    assert!(
        losses > 20,
        "only {losses} states were found to have lost something"
    );
}

#[test]
fn the_clock_that_a_program_sees_can_be_moved() {
    let time = |moved: i64| -> i64 {
        let run = Scenario::of(&[&"clock"])
            .with("APARTE_INTERPOSE_CLOCK", moved.to_string())
            .run();
        let time = run
            .printed
            .lines()
            .find_map(|line| line.strip_prefix("clock "));
        time.expect("it was printed").parse().unwrap()
    };
    let hour = 3_600;
    let apart = time(0) - time(-100 * hour);
    assert!(
        (100 * hour..101 * hour).contains(&(apart + hour / 2)),
        "{apart}"
    );
}
