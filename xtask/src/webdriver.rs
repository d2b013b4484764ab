//! The program that starts the window for the tests and passes their wishes on to the system's WebKitWebDriver.

use std::fs;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

const PACKAGE: &str = "tauri-driver";
/// The driver and the window's framework move together.
const VERSION: &str = "2.1.0";

/// Installs the driver into the target folder, where the tests look for it, unless it is there.
pub fn install(workspace: &Workspace) -> Result<(), Failure> {
    let tools = workspace.tools();
    // Cargo writes down what it has installed: `"tauri-driver 2.1.0 (registry+…)" = ["tauri-driver"]`.
    let installed = fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    let program = tools
        .join("bin")
        .join(format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() && installed.contains(&format!("\"{PACKAGE} {VERSION} ")) {
        return Ok(());
    }
    let build = tools.join("build");
    let mut install = workspace.cargo(&["install", PACKAGE, "--version", VERSION, "--locked"]);
    install
        .arg("--root")
        .arg(&tools)
        .arg("--target-dir")
        .arg(&build);
    process::step(&mut install)?;
    // Only the program is wanted.
    fs::remove_dir_all(&build).map_err(Failure::file(&build))
}
