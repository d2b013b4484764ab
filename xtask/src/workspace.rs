//! The cargo workspace: where it is, where it builds, and how cargo is called in it.
//!
//! Invariant: every cargo command here selects the whole workspace, but for those with a build folder of their own and those of
//! packages without llama.cpp. A selection of packages has its own set of features, and another set would build llama.cpp, ten
//! minutes' work, a second time.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::Failure;
use crate::models;
use crate::process;

/// The workspace that cargo was called in.
#[derive(Debug, Deserialize)]
pub struct Workspace {
    /// The root of the repository.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    #[serde(rename = "target_directory")]
    target: PathBuf,
    packages: Vec<Package>,
}

/// How programs are built.
#[derive(Clone, Copy)]
pub enum Profile {
    /// For running and testing.
    Dev,
    /// For measuring parts of them that are not shipped.
    Release,
    /// For others, and for measuring.
    Shipped,
}

#[derive(Debug, Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace and makes its target folder fit to be built in.
    pub fn open() -> Result<Self, Failure> {
        let metadata = process::output(&mut cargo(&[
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))?;
        let workspace: Self =
            serde_json::from_str(&metadata).map_err(|error| Failure::Malformed {
                what: "the output of `cargo metadata`".to_owned(),
                reason: error.to_string(),
            })?;
        for folder in [
            workspace.programs(Profile::Dev),
            workspace.programs(Profile::Release),
            workspace.programs(Profile::Shipped),
        ] {
            remove_dangling_libraries(&folder)?;
        }
        Ok(workspace)
    }

    /// Returns a cargo command in this workspace: its first words, to which more may be added.
    pub fn cargo(&self, words: &[&str]) -> Command {
        let mut command = cargo(words);
        command.current_dir(&self.root);
        command
    }

    /// Returns a command that runs tests of the workspace, with the models where [`models::obtain`] puts them.
    pub fn test(&self, words: &[&str]) -> Result<Command, Failure> {
        let mut command = self.cargo(&["test", "--workspace"]);
        command.args(words).env("APARTE_MODELS", models::folder()?);
        Ok(command)
    }

    /// Builds all programs, to develop with. [`bundle::build`](crate::bundle::build) builds those that are shipped.
    pub fn build(&self) -> Result<(), Failure> {
        process::step(&mut self.cargo(&["build", "--bins", "--workspace"]))
    }

    /// Returns a command that starts a built program as a user would: without what cargo adds to the environment.
    pub fn program(&self, profile: Profile, name: &str) -> Command {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        let mut command = Command::new(self.programs(profile).join(file));
        remove_variables_of_cargo(&mut command);
        command.env_remove("LD_LIBRARY_PATH");
        command
    }

    /// Returns the folder that the programs, and the libraries beside them, are built in.
    pub fn programs(&self, profile: Profile) -> PathBuf {
        match profile {
            Profile::Dev => self.target.join("debug"),
            Profile::Release => self.target.join("release"),
            Profile::Shipped => self.bundle().join("release"),
        }
    }

    /// Returns the folder for what the tests use beside the programs.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Returns the folder that bundles are made in. What is shipped is built with flags of its own, and so in a target
    /// folder of its own: these flags would build llama.cpp again for everything else.
    pub fn bundle(&self) -> PathBuf {
        self.target.join("bundle")
    }

    /// Names the targets of integration tests: each is a suite.
    pub fn test_targets(&self) -> Vec<&str> {
        let mut names: Vec<_> = self
            .packages
            .iter()
            .flat_map(|package| &package.targets)
            .filter(|target| target.kind.iter().any(|kind| kind == "test"))
            .map(|target| target.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn cargo(words: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words);
    remove_variables_of_cargo(&mut command);
    command
}

/// `cargo run` describes this package in the environment. A build script that watches one of these variables would
/// run again each time the caller changes between `cargo` and `cargo xtask`.
fn remove_variables_of_cargo(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// The build script of llama-cpp-sys-2 links its libraries into these folders and stops with "File exists" at a link
/// that an earlier build left there and that points nowhere. Such a link serves nobody, so it may always go.
fn remove_dangling_libraries(programs: &Path) -> Result<(), Failure> {
    for folder in [
        programs.to_path_buf(),
        programs.join("deps"),
        programs.join("examples"),
    ] {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_symlink() && !path.exists() && is_library_of_llama(&path) {
                fs::remove_file(&path).map_err(Failure::file(&path))?;
            }
        }
    }
    Ok(())
}

fn is_library_of_llama(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| {
            ["libggml", "libllama", "libmtmd"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_targets_are_named_once_and_in_order() {
        let metadata = r#"{"workspace_root": "/w", "target_directory": "/t", "packages": [
            {"targets": [{"name": "aparte", "kind": ["bin"]}]},
            {"targets": [{"name": "walls", "kind": ["test"]}, {"name": "journeys", "kind": ["test"]}]}
        ]}"#;
        let workspace: Workspace = serde_json::from_str(metadata).unwrap();
        assert_eq!(workspace.test_targets(), ["journeys", "walls"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_links_that_point_nowhere_are_removed() {
        let folder = env::temp_dir().join(format!("aparte-xtask-links-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("libggml.so.0"), "library").unwrap();
        let whole = folder.join("libggml.so");
        let dangling = folder.join("libllama.so");
        let stranger = folder.join("notes.so");
        std::os::unix::fs::symlink("libggml.so.0", &whole).unwrap();
        std::os::unix::fs::symlink("libllama.so.0", &dangling).unwrap();
        std::os::unix::fs::symlink("nowhere", &stranger).unwrap();

        remove_dangling_libraries(&folder).unwrap();

        assert!(whole.exists(), "a link that leads somewhere is in use");
        assert!(
            !dangling.is_symlink(),
            "llama.cpp could not be built over it"
        );
        assert!(stranger.is_symlink(), "it is not ours to remove");
        fs::remove_dir_all(&folder).unwrap();
    }
}
