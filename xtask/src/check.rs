//! `cargo xtask check`: what can be said about the code without running it.

use crate::failure::Failure;
use crate::process;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

/// One thing to check.
pub struct Check {
    /// Its name in a report.
    pub name: &'static str,
    words: &'static [&'static str],
}

/// Everything that is checked, quickest first.
pub const CHECKS: [Check; 3] = [
    Check {
        name: "formatting",
        words: &["fmt", "--all", "--check"],
    },
    Check {
        name: "lints",
        words: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
    },
    Check {
        name: "documentation",
        words: &["doc", "--workspace", "--no-deps"],
    },
];

/// Prepares the system and checks everything, up to the first thing that is not in order.
pub fn check() -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare_toolchain()?;
    // The lints need the headers of llama.cpp as its build reads them.
    system::prepare(system::BUILD)?;
    system::prepare_node()?;
    // The window's program embeds the interface: without it there is nothing to lint.
    ui::build(&workspace)?;
    ui::check(&workspace)?;
    for check in &CHECKS {
        check.perform(&workspace)?;
    }
    Ok(())
}

impl Check {
    /// Checks one thing.
    pub fn perform(&self, workspace: &Workspace) -> Result<(), Failure> {
        let mut command = workspace.cargo(self.words);
        command.env("RUSTDOCFLAGS", "--deny warnings");
        process::step(&mut command)
    }
}
