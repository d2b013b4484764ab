//! F8: two instances, a folder that cannot be written, is gone, is moved, has an odd name, and a clock that was set back.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aparte_vault::{OwnerKind, Vault, VaultError};

use crate::full_disk::namespace;
use crate::history::{History, MESSAGE};
use crate::keys::MASTER;
use crate::outcome::left;
use crate::plan;
use crate::program::{End, Scenario, ground, program, run};
use crate::recording::files;

const SEED: u64 = 5;

/// A vault with something in it, and what is known of it.
fn prepared(folder: &Path, operations: usize) -> History {
    let run = Scenario::write(folder, SEED, 0, operations).run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let mut history = History::default();
    history.hear(&plan::plan(SEED, 500), &run.printed);
    history
}

fn assert_sound(folder: &Path, history: &History) {
    assert_eq!(left(folder, history), [""; 0]);
}

fn add(vault: &Vault) -> Result<(), VaultError> {
    vault.write(|change| {
        let owner = change.create_owner(OwnerKind::Conversation, b"conversation 900 version 0")?;
        change
            .append(owner, MESSAGE, &plan::message(900, 1))
            .map(drop)
    })
}

#[test]
fn a_second_instance_is_told_and_changes_nothing() {
    let ground = ground();
    let folder = ground.path().join("vault");
    let history = prepared(&folder, 30);
    let vault = Vault::unlock_for_tests(&folder, &MASTER).unwrap();
    let before = files(&folder);
    let second = Scenario::write(&folder, SEED, 30, 40).run();
    assert_eq!(second.end, End::Refused);
    assert!(
        second.printed.contains("refused open InUse"),
        "{}",
        second.printed
    );
    assert!(!second.printed.contains("done"));
    assert!(
        files(&folder) == before,
        "the second instance changed something"
    );
    drop(vault);
    assert_sound(&folder, &history);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_nothing_changes() {
    let script = r#"
set -e
program=$1 ground=$2
mkdir "$ground/disk"
mount -t tmpfs tmpfs "$ground/disk"
"$program" write "$ground/disk/vault" 5 0 30 > "$ground/printed"
cd "$ground/disk/vault"
find . -type f -exec cksum {} + > "$ground/before"
mount -o remount,ro "$ground/disk"
"$program" check "$ground/disk/vault" 5 30 "$ground/printed" > "$ground/read-only" || true
"$program" write "$ground/disk/new" 5 0 30 > "$ground/new" || true
find . -type f -exec cksum {} + > "$ground/between"
mount -o remount,rw "$ground/disk"
"$program" check "$ground/disk/vault" 5 30 "$ground/printed" > "$ground/after"
"#;
    let ground = ground();
    let mut command = namespace();
    command.args(["sh", "-c", script, "sh"]);
    command.arg(program()).arg(ground.path());
    let run = run(command, Duration::from_secs(60));
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
    let said = |name: &str| std::fs::read_to_string(ground.path().join(name)).unwrap();
    assert!(
        said("read-only").contains("refused open FolderNotWritable"),
        "{}",
        said("read-only")
    );
    assert!(
        said("new").contains("refused open FolderNotWritable"),
        "{}",
        said("new")
    );
    assert_eq!(said("before"), said("between"));
    assert!(said("after").contains("sound"), "{}", said("after"));
}

#[test]
fn a_folder_of_another_user_is_said_and_nothing_changes() {
    let ground = ground();
    let folder = ground.path().join("vault");
    let history = prepared(&folder, 30);
    let before = files(&folder);
    let scenario = Scenario::write(&folder, SEED, 30, 40).command();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--clear-groups", "--"]);
    command
        .arg(scenario.get_program())
        .args(scenario.get_args());
    let is_root =
        std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    if is_root.is_ok_and(|user| user != 0) {
        // Nobody but root can be another user; to its owner a folder without rights is as good.
        command = Command::new(program());
        command.args(scenario.get_args());
        lock_out(&folder, 0o000);
    } else {
        // The way to the folder is open; the folder itself is its owner's.
        lock_out(ground.path(), 0o755);
    }
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let run = run(command, Duration::from_secs(60));
    lock_out(&folder, 0o700);
    assert_eq!(run.end, End::Refused, "{}{}", run.printed, run.errors);
    assert!(
        run.printed.contains("refused open FolderNotWritable"),
        "{}",
        run.printed
    );
    assert!(files(&folder) == before);
    assert_sound(&folder, &history);
}

fn lock_out(folder: &Path, mode: u32) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(folder, mode).unwrap();
}

#[test]
fn what_is_written_after_the_folder_is_gone_is_refused() {
    let ground = ground();
    let folder = ground.path().join("vault");
    prepared(&folder, 30);
    let vault = Vault::unlock_for_tests(&folder, &MASTER).unwrap();
    add(&vault).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(add(&vault).is_err(), "it was acknowledged, and is nowhere");
    drop(vault);
    assert!(
        !folder.exists() || files(&folder).is_empty(),
        "half a vault came back"
    );
}

#[test]
fn a_folder_that_is_moved_while_it_is_open_keeps_what_was_acknowledged() {
    let ground = ground();
    let (folder, elsewhere) = (ground.path().join("vault"), ground.path().join("elsewhere"));
    let history = prepared(&folder, 30);
    let vault = Vault::unlock_for_tests(&folder, &MASTER).unwrap();
    std::fs::rename(&folder, &elsewhere).unwrap();
    let stored = add(&vault).is_ok();
    drop(vault);
    let vault = Vault::unlock_for_tests(&elsewhere, &MASTER).unwrap();
    let complaints = history.complaints(&vault);
    // Of what this test added the history knows nothing.
    let others: Vec<_> = complaints
        .iter()
        .filter(|text| !text.contains("conversation 900"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(
        !stored || complaints.len() == 1,
        "it was acknowledged, and is nowhere"
    );
}

#[test]
fn a_clock_that_was_set_back_changes_nothing() {
    let ground = ground();
    let folder = ground.path().join("vault");
    let mut history = prepared(&folder, 40);
    let years = -10 * 365 * 24 * 60 * 60;
    let plan = plan::plan(SEED, 120);
    let back = Scenario::write(&folder, SEED, 40, 80)
        .with("APARTE_INTERPOSE_CLOCK", years.to_string())
        .run();
    let again = Scenario::write(&folder, SEED, 80, 120).run();
    for run in [back, again] {
        assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
        history.hear(&plan, &run.printed);
    }
    assert_eq!(history.refusals, [""; 0]);
    assert_sound(&folder, &history);
}

#[test]
fn odd_names_are_names() {
    let longest = "n".repeat(255);
    let names: [&[u8]; 10] = [
        longest.as_bytes(),
        b"not \xff UTF-8 \xc3",
        b"a space and a\nnew line",
        b"file:vault?mode=memory",
        b"%20%00?#&=",
        b"'quotes' \"and\" `more`; DROP TABLE owners",
        "l'été à Noël".as_bytes(),
        "l'e\u{301}te\u{301}".as_bytes(),
        b"-rf",
        b"*",
    ];
    for name in names {
        let ground = ground();
        let folder = ground.path().join(OsStr::from_bytes(name));
        let history = prepared(&folder, 40);
        assert!(history.acknowledged > 20, "{}", folder.display());
        assert_sound(&folder, &history);
        assert!(
            files(&folder).contains_key(b"vault.db".as_slice()),
            "it is elsewhere"
        );
    }
}

#[test]
fn an_odd_name_that_is_relative_is_a_name_too() {
    for name in ["file:vault", "file:vault?mode=memory", ":memory:", "-rf"] {
        let ground = ground();
        let mut command = Scenario::write(Path::new(name), SEED, 0, 40).command();
        command.current_dir(ground.path());
        let first = run(command, Duration::from_secs(30));
        assert_eq!(first.end, End::Done, "{}{}", first.printed, first.errors);
        let mut history = History::default();
        history.hear(&plan::plan(SEED, 40), &first.printed);
        assert_sound(&ground.path().join(name), &history);
    }
}

#[test]
fn a_vault_of_an_earlier_format_opens_under_a_name_that_is_not_utf_8() {
    let ground = ground();
    let folder = ground.path().join(OsStr::from_bytes(b"not \xff UTF-8"));
    std::fs::create_dir(&folder).unwrap();
    crate::migration::golden_into(&folder);
    let run = Scenario::of(&[&"open", &folder, &crate::keys::GOLDEN]).run();
    assert_eq!(run.end, End::Done, "{}{}", run.printed, run.errors);
}

#[test]
fn a_path_that_is_too_long_is_refused_before_anything_is_made() {
    let ground = ground();
    let mut folder = ground.path().to_path_buf();
    for _ in 0..5 {
        folder.push("n".repeat(200));
    }
    let run = Scenario::write(&folder, SEED, 0, 10).run();
    if run.end == End::Done {
        let mut history = History::default();
        history.hear(&plan::plan(SEED, 10), &run.printed);
        assert_sound(&folder, &history);
    } else {
        assert_eq!(run.end, End::Refused, "{}{}", run.printed, run.errors);
        assert!(!run.printed.contains("done"), "{}", run.printed);
    }
}

#[test]
fn a_link_to_a_folder_is_that_folder() {
    let ground = ground();
    let (real, link) = (ground.path().join("real"), ground.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let history = prepared(&link, 40);
    assert_sound(&real, &history);
    let _vault = Vault::unlock_for_tests(&real, &MASTER).unwrap();
    let second = Vault::unlock_for_tests(&link, &MASTER);
    assert!(matches!(second, Err(VaultError::InUse)));
}
