//! What this repository needs of the system, and how it gets there.
//!
//! On Debian and Ubuntu what is missing is installed with apt, as root or through sudo, after saying so. Elsewhere
//! it is only named. A program that is found on the PATH is not missing, however it came there.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// A thing that must be on the system.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// The Debian package that brings it.
    package: &'static str,
    /// The programs by which it is recognised; none for a library, which only the package system knows.
    programs: &'static [&'static str],
    /// What it is for, as it completes "is needed to".
    purpose: &'static str,
}

/// What building the application needs.
pub const BUILD: [Need; 5] = [
    Need {
        package: "build-essential",
        programs: &["cc", "c++", "make"],
        purpose: "compile llama.cpp",
    },
    Need {
        package: "cmake",
        programs: &["cmake"],
        purpose: "compile llama.cpp",
    },
    Need {
        package: "pkg-config",
        programs: &["pkg-config"],
        purpose: "find libraries",
    },
    Need {
        package: "libclang-dev",
        programs: &[],
        purpose: "read the headers of llama.cpp",
    },
    Need {
        package: "libgomp1",
        programs: &[],
        purpose: "compute on several cores",
    },
];

/// What the tests need beside what building needs.
pub const TEST: [Need; 2] = [
    Need {
        package: "strace",
        programs: &["strace"],
        purpose: "watch the system calls of the programs",
    },
    Need {
        package: "procps",
        programs: &["kill", "pgrep", "pkill"],
        purpose: "end the programs at the worst moments",
    },
];

const PIP: Need = Need {
    package: "python3-pip",
    programs: &[],
    purpose: "obtain the models",
};

/// Sees to it that what is needed is there, and always Python 3 with pip, which obtain the models; installs what is
/// missing where it can.
pub fn prepare(needs: &[Need]) -> Result<(), Failure> {
    let debian = process::find("dpkg-query").is_some() && process::find("apt-get").is_some();
    let mut missing: Vec<_> = needs
        .iter()
        .filter(|need| !need.programs.is_empty())
        .filter(|need| {
            !need
                .programs
                .iter()
                .all(|program| process::find(program).is_some())
        })
        .collect();
    if debian {
        missing.extend(missing_libraries(needs)?);
    }
    if !python().is_ok_and(|mut python| process::succeeds(python.args(["-m", "pip", "--version"])))
    {
        missing.push(&PIP);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list: String = missing
        .iter()
        .map(|need| format!("\n  {:<16} to {}", need.package, need.purpose))
        .collect();
    if debian {
        install(&missing, &list)
    } else {
        Err(Failure::SystemIncomplete {
            remedy: format!(
                "this system lacks some things, named here as Debian packages:{list}\n\
                 Install them with your system's own tools (and libclang, if it is not there) and run the command again."
            ),
        })
    }
}

/// Sees to it that cargo can format and lint.
pub fn prepare_toolchain() -> Result<(), Failure> {
    let has = |program| process::succeeds(Command::new(program).arg("--version"));
    if has("rustfmt") && has("cargo-clippy") {
        return Ok(());
    }
    if process::find("rustup").is_none() {
        return Err(Failure::SystemIncomplete {
            remedy: "rustfmt or clippy is missing. Install both for your version of Rust; with Rust from rustup.rs \
                     this is done by itself."
                .to_owned(),
        });
    }
    eprintln!("Adding rustfmt and clippy to Rust …");
    process::step(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

/// Returns a command that starts Python 3.
pub fn python() -> Result<Command, Failure> {
    // On Windows the program has no number in its name.
    ["python3", "python"]
        .into_iter()
        .find(|program| {
            let test = "import sys; sys.exit(sys.version_info < (3,))";
            process::succeeds(Command::new(program).args(["-c", test]))
        })
        .map(Command::new)
        .ok_or_else(|| Failure::SystemIncomplete {
            remedy: "Python 3 is missing; the models come in Python packages. Install it from your system's packages \
                     (on Debian and Ubuntu: apt install python3 python3-pip) or from python.org."
                .to_owned(),
        })
}

fn missing_libraries(needs: &[Need]) -> Result<Vec<&Need>, Failure> {
    let libraries: Vec<_> = needs
        .iter()
        .filter(|need| need.programs.is_empty())
        .collect();
    if libraries.is_empty() {
        return Ok(libraries);
    }
    let mut query = Command::new("dpkg-query");
    query
        .args([
            "--show",
            "--showformat",
            "${Package} ${db:Status-Status}\\n",
        ])
        .args(libraries.iter().map(|need| need.package));
    // It fails, and says so, when it does not know a package: that is an answer.
    let output = query.output().map_err(|source| Failure::NotStarted {
        program: "dpkg-query".to_owned(),
        source,
    })?;
    let installed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(not_installed(libraries, &installed))
}

/// Returns the needs whose package does not appear as installed in what `dpkg-query` printed.
fn not_installed<'needs>(needs: Vec<&'needs Need>, printed: &str) -> Vec<&'needs Need> {
    needs
        .into_iter()
        .filter(|need| {
            !printed
                .lines()
                .any(|line| line.split_whitespace().eq([need.package, "installed"]))
        })
        .collect()
}

fn install(missing: &[&Need], list: &str) -> Result<(), Failure> {
    let root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    if !root && process::find("sudo").is_none() {
        let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
        return Err(Failure::SystemIncomplete {
            remedy: format!(
                "some packages are missing, and only root may install them:{list}\n\
                 As root: apt-get install {}",
                packages.join(" ")
            ),
        });
    }
    eprintln!(
        "To be installed with apt{}:{list}",
        if root { "" } else { ", through sudo" }
    );
    // A list that cannot be fetched is no obstacle if the packages are known; the installation decides.
    if let Err(failure) = process::step(apt_get(root).arg("update")) {
        eprintln!("{failure}");
    }
    process::step(
        apt_get(root)
            .args(["install", "--yes", "--no-install-recommends"])
            .args(missing.iter().map(|need| need.package)),
    )
}

fn apt_get(root: bool) -> Command {
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(printed: &str) -> Vec<&'static str> {
        let libraries = BUILD
            .iter()
            .filter(|need| need.programs.is_empty())
            .collect();
        not_installed(libraries, printed)
            .iter()
            .map(|need| need.package)
            .collect()
    }

    #[test]
    fn a_package_that_dpkg_does_not_know_is_missing() {
        assert_eq!(packages("libgomp1 installed\n"), ["libclang-dev"]);
    }

    #[test]
    fn a_package_that_was_removed_is_missing() {
        let printed = "libclang-dev config-files\nlibgomp1 installed\n";
        assert_eq!(packages(printed), ["libclang-dev"]);
    }

    #[test]
    fn nothing_is_missing_when_all_is_installed() {
        let printed = "libclang-dev installed\nlibgomp1 installed\n";
        assert!(packages(printed).is_empty());
    }
}
