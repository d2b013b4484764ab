//! `cargo xtask`: the commands that people and CI both run.
//!
//! Every task prints its progress on standard error and its result on standard output. A task that fails exits 1 with
//! a sentence that says what happened and what to do. Each can be run again: what is done already is left as it is.
//! The version of Rust is not checked here: cargo refuses to build this very program with one that is too old.

mod bench;
#[cfg(target_os = "linux")]
mod bundle;
mod campaign;
mod catalogue;
mod check;
mod e5;
mod failure;
mod machine;
mod models;
mod process;
mod run;
mod statistics;
mod suites;
mod system;
mod test;
mod ui;
#[cfg(target_os = "linux")]
mod webdriver;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use failure::Failure;

/// The commands of this repository, for people and for CI.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Prepares this machine, builds the application and opens its window
    Run,
    /// Obtains and checks the built-in models
    Models,
    /// Prepares this machine and runs everything that a change must pass
    Test,
    /// Checks formatting, lints, documentation and the interface
    Check,
    /// Measures the application side by side with what it is built on, in release builds
    Bench {
        /// What to measure
        #[arg(long)]
        suite: BenchSuite,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Makes what people install: a Debian package of the programs, their libraries and both models
    #[cfg(target_os = "linux")]
    Bundle {
        /// Adds compute libraries for graphics processors; one whose tools are not here is named and left out
        #[arg(long, value_delimiter = ',')]
        with: Vec<bundle::Accelerator>,
        /// Installs the package in a clean system and asks it a question there (as root)
        #[arg(long)]
        check: bool,
    },
    /// Runs the long form of a suite of tests and adds its totals to tests/ledger
    Campaign {
        /// The name of a test target, such as `faults`
        suite: String,
        /// Runs only the tests whose names hold this
        tests: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum BenchSuite {
    /// How well questions find the pages that answer them
    Answers,
    /// How well documents are read, against poppler, MuPDF, pandoc and libraries of Python
    #[cfg(target_os = "linux")]
    Documents,
    /// How fast documents are read, in how much memory, and how soon a long manual is searchable
    #[cfg(target_os = "linux")]
    DocumentsSpeed,
    /// The engine against the bare library
    Engine,
    /// What summaries cover, and what they cost
    Summaries,
    /// The vault and its search index, at 100,000 messages and up to 1,000,000 passages
    Vault,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<(), Failure> {
    match task {
        Task::Run => run::run(),
        Task::Models => models::print_places(),
        Task::Test => test::test(),
        Task::Check => check::check(),
        Task::Bench { suite, json } => match suite {
            BenchSuite::Answers => bench::answers::run(json),
            #[cfg(target_os = "linux")]
            BenchSuite::Documents => bench::documents::run(json),
            #[cfg(target_os = "linux")]
            BenchSuite::DocumentsSpeed => bench::documents::speed::run(json),
            BenchSuite::Engine => bench::engine::run(json),
            BenchSuite::Summaries => bench::summaries::run(json),
            BenchSuite::Vault => bench::vault::run(json),
        },
        #[cfg(target_os = "linux")]
        Task::Bundle { with, check } => bundle::bundle(&with, check),
        Task::Campaign { suite, tests } => campaign::campaign(&suite, tests.as_deref()),
    }
}
