//! The interface, which Node builds: its packages, its build, its checks, its tests.
//!
//! Packages are installed as the lock file says, and none of their own programs is run while they are. What is done
//! already, and of which nothing changed since, is left as it is.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

use crate::failure::Failure;
use crate::process;
use crate::suites::Counts;
use crate::system;
use crate::workspace::Workspace;

/// The copy of the lock file by which packages were installed.
const INSTALLED: &str = "node_modules/.installed-package-lock.json";

/// What the tests of the interface counted, as vitest writes it.
#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "numPassedTests")]
    passed: u64,
    #[serde(rename = "numFailedTests")]
    failed: u64,
}

/// Installs the packages and builds the interface, which the window's program embeds.
pub fn build(workspace: &Workspace) -> Result<(), Failure> {
    let folder = folder(workspace);
    install(&folder)?;
    if is_built(&folder)? {
        return Ok(());
    }
    npm(&folder, &["run", "build"])
}

/// Checks types, components and formatting. The packages must be installed.
pub fn check(workspace: &Workspace) -> Result<(), Failure> {
    npm(&folder(workspace), &["run", "check"])
}

/// Runs the interface's own tests. The packages must be installed.
pub fn test(workspace: &Workspace) -> Result<Counts, Failure> {
    let results = workspace.tools().join("ui-tests.json");
    // Those of an earlier run say nothing about this one.
    remove(&results)?;
    let mut command = system::npm();
    command
        .args(["test", "--", "--reporter=default", "--reporter=json"])
        .arg(format!("--outputFile.json={}", results.display()))
        .current_dir(folder(workspace));
    let passed = process::lines(&mut command, |line| println!("{line}"))?;
    let counted = fs::read_to_string(&results).map_err(Failure::file(&results))?;
    let Counted {
        passed: succeeded,
        failed,
    } = serde_json::from_str(&counted).map_err(|error| Failure::Malformed {
        what: results.display().to_string(),
        reason: error.to_string(),
    })?;
    if failed == 0 && (!passed || succeeded == 0) {
        // A file of tests that cannot be loaded fails without a failed test.
        return Err(Failure::CommandFailed {
            command: "npm test".to_owned(),
        });
    }
    Ok(Counts {
        passed: succeeded,
        failed,
    })
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ui")
}

fn install(folder: &Path) -> Result<(), Failure> {
    let lock = folder.join("package-lock.json");
    let installed = folder.join(INSTALLED);
    let wanted = fs::read(&lock).map_err(Failure::file(&lock))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(
        folder,
        &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    )?;
    fs::write(&installed, wanted).map_err(Failure::file(&installed))
}

fn npm(folder: &Path, words: &[&str]) -> Result<(), Failure> {
    process::step(system::npm().args(words).current_dir(folder))
}

/// Whether nothing changed since the interface was built.
fn is_built(folder: &Path) -> Result<bool, Failure> {
    let page = folder.join("dist").join("index.html");
    let Ok(built) = page.metadata().and_then(|metadata| metadata.modified()) else {
        return Ok(false);
    };
    Ok(newest(folder)? < built)
}

/// The time of the newest source. A folder inside counts too: its time is that of the last file that came or went.
fn newest(folder: &Path) -> Result<SystemTime, Failure> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let path = entry.path();
        if ["node_modules", "dist"]
            .iter()
            .any(|made| path.file_name() == Some(OsStr::new(made)))
        {
            continue;
        }
        let metadata = entry.metadata().map_err(Failure::file(&path))?;
        newest = newest.max(metadata.modified().map_err(Failure::file(&path))?);
        if metadata.is_dir() {
            newest = newest.max(self::newest(&path)?);
        }
    }
    Ok(newest)
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::file(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    /// A folder like `ui`, with a page that was built after all sources were written.
    struct Built(PathBuf);

    impl Built {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("aparte-xtask-{name}-{}", std::process::id()));
            for inside in ["src/views", "dist", "node_modules/package"] {
                fs::create_dir_all(folder.join(inside)).unwrap();
            }
            for file in ["src/views/Chat.svelte", "package.json", "dist/index.html"] {
                fs::write(folder.join(file), "content").unwrap();
            }
            let built = Self(folder);
            built.touch("dist/index.html", 10);
            built
        }

        /// Gives a file a time some seconds from this moment.
        fn touch(&self, file: &str, seconds: u64) {
            let file = File::options().write(true).open(self.0.join(file)).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(seconds))
                .unwrap();
        }
    }

    impl Drop for Built {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_built_after_its_sources_is_built() {
        let ui = Built::new("ui-built");
        assert!(is_built(&ui.0).unwrap());
    }

    #[test]
    fn a_changed_source_is_noticed_at_any_depth() {
        let ui = Built::new("ui-changed");
        ui.touch("src/views/Chat.svelte", 20);
        assert!(!is_built(&ui.0).unwrap());
    }

    #[test]
    fn what_npm_writes_is_no_source() {
        let ui = Built::new("ui-packages");
        fs::write(ui.0.join("node_modules/package/index.js"), "code").unwrap();
        ui.touch("node_modules/package/index.js", 20);
        assert!(is_built(&ui.0).unwrap());
    }

    #[test]
    fn without_a_page_nothing_is_built() {
        let ui = Built::new("ui-none");
        fs::remove_file(ui.0.join("dist/index.html")).unwrap();
        assert!(!is_built(&ui.0).unwrap());
    }

    #[test]
    fn the_counts_of_vitest_are_read() {
        let json =
            r#"{"numTotalTests": 5, "numPassedTests": 4, "numFailedTests": 1, "success": false}"#;
        let Counted { passed, failed } = serde_json::from_str(json).unwrap();
        assert_eq!((passed, failed), (4, 1));
    }
}
