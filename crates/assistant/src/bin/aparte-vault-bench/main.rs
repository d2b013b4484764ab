//! What the vault costs: the benchmark program behind `cargo xtask bench --suite vault`.
//!
//! Not shipped, and built only with the feature `bench`. Each command is one process that measures one thing from a
//! cold start (the file system's cache is warm) and prints one JSON object. The vaults that it fills have a key that is
//! written below: deriving one from a passphrase takes half a second by design and is not what is measured.

mod commit;
mod index;
mod memory;
mod messages;
mod passages;
mod report;
mod seal;
mod text;

use std::path::Path;
use std::time::Instant;

use aparte_assistant::bench_support::{Failure, sentence};
use aparte_assistant::{Assistant, Language, Vault};

use report::Report;

const KEY: [u8; 32] = *b"the key of a vault for measuring";

const USAGE: &str = "usage: aparte-vault-bench seal
       aparte-vault-bench fill-messages FOLDER COUNT
       aparte-vault-bench fill-passages FOLDER COUNT
       aparte-vault-bench open-messages|open-passages FOLDER
       aparte-vault-bench index|search-messages|search-passages|commit FOLDER";

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let report: Report = match words[..] {
        ["seal"] => seal::measure()?,
        ["fill-messages", folder, count] => messages::fill(Path::new(folder), count.parse()?)?,
        ["fill-passages", folder, count] => passages::fill(Path::new(folder), count.parse()?)?,
        ["open-messages", folder] => messages::open(Path::new(folder))?,
        ["open-passages", folder] => passages::open(Path::new(folder))?,
        ["index", folder] => index::load(Path::new(folder))?,
        ["search-messages", folder] => messages::search(Path::new(folder))?,
        ["search-passages", folder] => passages::search(Path::new(folder))?,
        ["commit", folder] => commit::measure(Path::new(folder))?,
        _ => return Err(USAGE.into()),
    };
    println!(
        "{}",
        serde_json::to_string(&report).expect("numbers have a JSON form")
    );
    Ok(())
}

fn create(folder: &Path) -> Result<Vault, Failure> {
    Ok(Vault::create_for_tests(folder, &KEY)?)
}

fn unlock(folder: &Path) -> Result<Vault, Failure> {
    Ok(Vault::unlock_for_tests(folder, &KEY)?)
}

/// The whole domain over a vault, as the window opens it.
fn assistant(vault: Vault) -> Result<Assistant, Failure> {
    Assistant::open(vault, "no-worker".into(), None, Language::English).map_err(sentence)
}

/// Milliseconds since a moment.
fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
