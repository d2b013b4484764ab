//! What was acknowledged is there: after kills, power cuts, failing calls, a full disk, failing allocations, and all of
//! that in the middle of a migration, a recovery, a restore or a change of keys. And a long life leaves nothing behind.
//!
//! A scenario program (`durability/scenario.rs`) uses a vault and says what was acknowledged; a library that is loaded
//! before libc (`interposer`) records what it does to its files, or makes it fail; and what is left is opened and
//! compared. Each way of destruction is first tried on a writer that is careless on purpose, which must be found out.
//!
//! The long form is `cargo xtask campaign durability`.

#![cfg(target_os = "linux")]

#[path = "durability/contents.rs"]
mod contents;
#[path = "interposer/src/entry.rs"]
#[expect(dead_code, reason = "the library writes what is only read here")]
mod entry;
#[path = "durability/history.rs"]
mod history;
#[path = "durability/keys.rs"]
mod keys;
#[path = "durability/outcome.rs"]
mod outcome;
#[path = "durability/plan.rs"]
mod plan;
#[path = "durability/program.rs"]
mod program;
#[path = "durability/recording.rs"]
mod recording;

#[path = "durability/controls.rs"]
mod controls;
#[path = "durability/failing_calls.rs"]
mod failing_calls;
#[path = "durability/full_disk.rs"]
mod full_disk;
#[path = "durability/kills.rs"]
mod kills;
#[path = "durability/memory.rs"]
mod memory;
#[path = "durability/migration.rs"]
mod migration;
#[path = "durability/power_loss.rs"]
mod power_loss;
#[path = "durability/second_fault.rs"]
mod second_fault;
#[path = "durability/soak.rs"]
mod soak;
#[path = "durability/surroundings.rs"]
mod surroundings;
