//! `cargo xtask test`: everything that a change must pass, on any machine.

#[cfg(target_os = "linux")]
use crate::bench;
use crate::check::CHECKS;
use crate::failure::Failure;
use crate::models;
use crate::process;
use crate::suites::Report;
use crate::system;
use crate::ui;
#[cfg(target_os = "linux")]
use crate::webdriver;
use crate::workspace::Workspace;

/// Prepares the system, checks, builds and tests. One part that fails does not hide the others, except those that the
/// rest needs.
pub fn test() -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    let mut report = Report::default();
    let ready = report.step("system and models", || {
        system::prepare_toolchain()?;
        prepare(&workspace)
    });
    if ready && report.step("interface", || ui::build(&workspace)) {
        report.step("interface checks", || ui::check(&workspace));
        report.counted("interface tests", || ui::test(&workspace));
        for check in &CHECKS {
            report.step(check.name, || check.perform(&workspace));
        }
        // The tests start the programs, which `cargo test` alone would not build.
        let built = report.step("build", || {
            process::step(&mut workspace.cargo(&["build", "--workspace", "--all-targets"]))
        });
        if built {
            report.suite(&workspace, "unit tests", &["--lib", "--bins"]);
            report.suite(&workspace, "examples in documentation", &["--doc"]);
            for target in workspace.test_targets() {
                report.suite(&workspace, target, &["--test", target]);
            }
            #[cfg(target_os = "linux")]
            if system::is_debian() {
                report.counted("documents beside others", || {
                    bench::documents::short(&workspace)
                });
            }
        }
    }
    println!("\n{report}");
    match report.failed() {
        suites if suites.is_empty() => Ok(()),
        suites => Err(Failure::TestsFailed { suites }),
    }
}

/// Sees to everything that tests need before they are built.
pub fn prepare(workspace: &Workspace) -> Result<(), Failure> {
    system::check_node()?;
    system::prepare(system::BUILD)?;
    #[cfg(target_os = "linux")]
    system::prepare(system::TEST)?;
    system::prepare_node()?;
    // Only there does the system's web view have a driver that the tests use.
    #[cfg(target_os = "linux")]
    webdriver::install(workspace)?;
    models::obtain(&workspace.root).map(drop)
}
