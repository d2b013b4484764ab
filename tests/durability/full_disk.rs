//! F4: the disk is full. What was acknowledged is there, what could not be stored was refused, and once there is room
//! again everything goes on.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::history::{History, NOT_ERASED};
use crate::memory::limited;
use crate::outcome::left;
use crate::plan;
use crate::program::{End, Run, Scenario, conclude, ground, is_campaign, program, run};

/// Fills a disk of its own, looks, makes room, looks, and goes on. It needs a namespace, since nobody else is to see
/// that disk.
const SCRIPT: &str = r#"
set -e
size=$1 seed=$2 count=$3 program=$4 ground=$5
mkdir "$ground/disk"
mount -t tmpfs -o "size=$size" tmpfs "$ground/disk"
vault=$ground/disk/vault
head -c "$((size / 4))" /dev/zero > "$ground/disk/ballast"
"$program" write "$vault" "$seed" 0 "$count" > "$ground/first"
cp "$ground/first" "$ground/printed"
head -c "$size" /dev/zero > "$ground/disk/rest" 2> "$ground/full" || true
"$program" check "$vault" "$seed" "$count" "$ground/printed" > "$ground/when-full" || true
rm "$ground/disk/rest" "$ground/disk/ballast"
"$program" check "$vault" "$seed" "$count" "$ground/printed" > "$ground/with-room"
"$program" write "$vault" "$seed" "$count" "$((count + 20))" > "$ground/second"
cat "$ground/second" >> "$ground/printed"
"$program" check "$vault" "$seed" "$((count + 20))" "$ground/printed" > "$ground/after"
"#;

#[test]
fn a_full_disk_is_said_and_costs_nothing_and_with_room_again_everything_goes_on() {
    let sizes: &[u64] = match is_campaign() {
        true => &[1, 2, 3, 4, 5, 6, 8],
        false => &[1, 4],
    };
    let mut complaints = Vec::new();
    for size in sizes {
        // More than the disk takes.
        let count = 300 + 100 * *size as usize;
        complaints.extend(fill(*size, count).err());
    }
    conclude(sizes.len(), &complaints);
}

fn fill(size: u64, count: usize) -> Result<(), String> {
    let ground = ground();
    let words = [
        (size << 20).to_string(),
        size.to_string(),
        count.to_string(),
    ];
    let mut command = namespace();
    command.args(["sh", "-c", SCRIPT, "sh"]).args(words);
    command.arg(program()).arg(ground.path());
    let run = run(command, Duration::from_secs(300));
    let said = |name: &str| std::fs::read_to_string(ground.path().join(name)).unwrap_or_default();
    let expect = |holds: bool, what: &str| match holds {
        true => Ok(()),
        false => Err(format!("{size} MiB: {what}: {}{}", run.printed, run.errors)),
    };
    let refusals = said("first");
    let refusals: Vec<&str> = refusals
        .lines()
        .filter(|line| line.starts_with("refused"))
        .collect();
    expect(!refusals.is_empty(), "the disk was never full")?;
    let others: Vec<_> = refusals
        .iter()
        .filter(|line| !line.ends_with("DiskFull"))
        .collect();
    expect(
        others.is_empty(),
        &format!("it was not said that the disk is full: {others:?}"),
    )?;
    let when_full = said("when-full");
    let last = when_full.lines().last().unwrap_or_default();
    // Erasing needs room. Until there is some, what was to be erased is out of sight.
    let waits = |complaint: &str| complaint.ends_with(NOT_ERASED);
    let only_waits = last
        .strip_prefix("refused ")
        .is_some_and(|complaints| complaints.split("; ").all(waits));
    let understood = last.starts_with("sound") || only_waits;
    expect(understood, &format!("when full, it said “{last}”"))?;
    expect(run.end == End::Done, "it does not go on")?;
    for name in ["with-room", "after"] {
        expect(said(name).contains("sound"), name)?;
    }
    expect(said("second").contains("done"), "nothing was written after")
}

/// A command in a namespace where it may mount. Root needs no other user's for that.
pub fn namespace() -> Command {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .expect("every system has it");
    let mut command = Command::new("unshare");
    match id.stdout.as_slice() {
        b"0\n" => command.arg("--mount"),
        _ => command.args(["--map-root-user", "--mount"]),
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_limit_on_the_size_of_files_is_like_a_full_disk() {
    let mut complaints = Vec::new();
    let mut refused = 0;
    let plan = plan::plan(3, 150);
    let limits = [64, 200, 500, 1_000, 2_000];
    for limit in limits {
        let ground = ground();
        let folder = ground.path().join("vault");
        let run: Run = limited(
            // In blocks of 512 bytes; the signal would end the process before it is refused anything.
            &format!("trap '' XFSZ; ulimit -f {limit}"),
            &Scenario::write(&folder, 3, 0, 150),
        );
        let mut history = History::default();
        history.hear(&plan, &run.printed);
        refused += usize::from(!history.refusals.is_empty());
        if !matches!(run.end, End::Done | End::Refused) {
            complaints.push(format!(
                "{limit} blocks: it ended with {:?}: {}",
                run.end, run.errors
            ));
        }
        let found = left(&folder, &history).into_iter();
        complaints.extend(found.map(|complaint| format!("{limit} blocks: {complaint}")));
    }
    assert!(refused > 1, "the limits are too high");
    conclude(limits.len(), &complaints);
}
