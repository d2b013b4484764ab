//! What this repository needs of the system, and how it gets there.
//!
//! On Debian and Ubuntu what is missing is installed with apt, as root or through sudo, after saying so. Elsewhere
//! it is only named. A program that is found on the PATH is not missing, however it came there.

use std::path::Path;
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
pub const BUILD: &[Need] = &[
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
    #[cfg(target_os = "linux")]
    Need {
        package: "libwebkit2gtk-4.1-dev",
        programs: &[],
        purpose: "draw the window",
    },
    #[cfg(target_os = "linux")]
    Need {
        package: "libgtk-3-dev",
        programs: &[],
        purpose: "draw the window",
    },
    #[cfg(target_os = "linux")]
    Need {
        package: "librsvg2-dev",
        programs: &[],
        purpose: "draw the icons",
    },
    #[cfg(target_os = "linux")]
    Need {
        package: "libdbus-1-dev",
        programs: &[],
        purpose: "reach the keychain",
    },
];

/// What the tests need beside what building needs.
#[cfg(target_os = "linux")]
pub const TEST: &[Need] = &[
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
    Need {
        package: "xvfb",
        programs: &["Xvfb"],
        purpose: "show the window where there is no screen",
    },
    Need {
        package: "webkit2gtk-driver",
        programs: &["WebKitWebDriver"],
        purpose: "look into the window",
    },
    Need {
        package: "xdotool",
        programs: &["xdotool"],
        purpose: "move the mouse and type",
    },
    Need {
        package: "python3-gi",
        programs: &[],
        purpose: "offer files for dragging",
    },
    Need {
        package: "gir1.2-gtk-3.0",
        programs: &[],
        purpose: "offer files for dragging",
    },
    Need {
        package: "dbus-x11",
        programs: &["dbus-run-session"],
        purpose: "give a keychain its bus",
    },
    Need {
        package: "gnome-keyring",
        programs: &["gnome-keyring-daemon"],
        purpose: "have a keychain",
    },
    Need {
        package: "iproute2",
        programs: &["ip"],
        purpose: "have a machine without a network",
    },
];

/// What comparing how documents are read needs.
#[cfg(target_os = "linux")]
pub const DOCUMENTS: &[Need] = &[
    Need {
        package: "poppler-utils",
        programs: &["pdftotext", "pdfinfo"],
        purpose: "compare how PDF files are read",
    },
    Need {
        package: "mupdf-tools",
        programs: &["mutool"],
        purpose: "compare how PDF files are read",
    },
    Need {
        package: "pandoc",
        programs: &["pandoc"],
        purpose: "compare how other documents are read",
    },
    Need {
        package: "qpdf",
        programs: &["qpdf"],
        purpose: "make a long manual of several",
    },
    Need {
        package: "dpkg",
        programs: &["dpkg-deb"],
        purpose: "unpack documents",
    },
    Need {
        package: "xz-utils",
        programs: &["xz"],
        purpose: "unpack documents",
    },
];

/// What making a bundle needs beside what building needs.
#[cfg(target_os = "linux")]
pub const BUNDLE: &[Need] = &[
    Need {
        package: "dpkg-dev",
        programs: &["dpkg-deb", "dpkg-shlibdeps"],
        purpose: "make a package and find what it depends on",
    },
    Need {
        package: "binutils",
        programs: &["readelf", "strip"],
        purpose: "look into what was built",
    },
];

/// What trying a bundle in a clean system needs.
#[cfg(target_os = "linux")]
pub const TRIAL: &[Need] = &[
    Need {
        package: "mmdebstrap",
        programs: &["mmdebstrap"],
        purpose: "make a clean system in a folder",
    },
    Need {
        package: "util-linux",
        programs: &["unshare"],
        purpose: "have a system without a network",
    },
];

/// What compiling for graphics processors by Vulkan needs. It is never installed from here: who wants it, asks for it.
#[cfg(target_os = "linux")]
pub const VULKAN: &[Need] = &[
    Need {
        package: "glslc",
        programs: &["glslc"],
        purpose: "compile what runs on the graphics processor",
    },
    Need {
        package: "libvulkan-dev",
        programs: &[],
        purpose: "reach the graphics processor",
    },
    Need {
        package: "spirv-headers",
        programs: &[],
        purpose: "name its instructions",
    },
];

/// What compiling for graphics processors by CUDA needs. Debian has it outside its main section.
#[cfg(target_os = "linux")]
pub const CUDA: &[Need] = &[Need {
    package: "nvidia-cuda-toolkit",
    programs: &["nvcc"],
    purpose: "compile what runs on the graphics processor",
}];

const NODE: Need = Need {
    package: "nodejs",
    programs: &[],
    purpose: "build the interface",
};

/// Debian has it in a package of its own; elsewhere it comes with Node.
const NPM: Need = Need {
    package: "npm",
    programs: &[],
    purpose: "build the interface",
};

/// The first version of Node that builds the interface: major, minor.
const NODE_VERSION: (u32, u32) = (20, 19);

const PIP: Need = Need {
    package: "python3-pip",
    programs: &[],
    purpose: "obtain the models",
};

/// How Python 3 is started. On Windows the program has no number in its name. Debian's own comes last: it is the one that
/// Debian's pip belongs to, and another may stand before it on the PATH.
const PYTHONS: [&str; 3] = ["python3", "python", "/usr/bin/python3"];

/// Sees to it that what is needed is there, and always Python 3 with pip, which obtain the models; installs what is
/// missing where it can.
pub fn prepare(needs: &[Need]) -> Result<(), Failure> {
    let debian = is_debian();
    python()?;
    let mut missing = missing(needs)?;
    if !python().is_ok_and(|mut python| process::succeeds(python.args(["-m", "pip", "--version"])))
    {
        missing.push(&PIP);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list = listed(&missing);
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

/// Lists what is missing of these needs, a line each; `None` where nothing is.
#[cfg(target_os = "linux")]
pub fn lacking(needs: &[Need]) -> Result<Option<String>, Failure> {
    let missing = missing(needs)?;
    Ok((!missing.is_empty()).then(|| listed(&missing)))
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

/// Refuses a system whose Node is too old and not to be had newer from its packages: nobody waits for what else is
/// missing, only to be told that.
pub fn check_node() -> Result<(), Failure> {
    let found = node_version();
    let is_new_enough = |version: (u32, u32)| version >= NODE_VERSION;
    if found.is_some_and(is_new_enough)
        || is_debian()
            && apt_can_replace(process::find("node").as_deref())
            && candidate_of_node().is_some_and(is_new_enough)
    {
        return Ok(());
    }
    let have = match found {
        Some((major, minor)) => format!("this system has Node {major}.{minor}"),
        None => "Node is missing".to_owned(),
    };
    let (major, minor) = NODE_VERSION;
    Err(Failure::SystemIncomplete {
        remedy: format!(
            "{have}, and the interface is built with Node {major}.{minor} or later. Install it from nodejs.org \
             (npm comes with it) and run the command again."
        ),
    })
}

/// Sees to it that the interface can be built, where [`check_node`] found that it can: Node, not too old, and npm.
pub fn prepare_node() -> Result<(), Failure> {
    if node_version().is_some_and(|version| version >= NODE_VERSION) {
        if npm_runs() {
            return Ok(());
        }
    } else {
        install(&[&NODE], &listed(&[&NODE]))?;
    }
    // Some packages of Node bring npm, and refuse to stand beside Debian's.
    if npm_runs() {
        return Ok(());
    }
    if is_debian() {
        return install(&[&NPM], &listed(&[&NPM]));
    }
    Err(Failure::SystemIncomplete {
        remedy: "npm, which comes with Node from nodejs.org, is missing. Install it and run the command again."
            .to_owned(),
    })
}

/// Returns a command that starts npm.
pub fn npm() -> Command {
    // On Windows it is a script, which is only found under its whole name.
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Returns a command that starts Python 3, with pip if there is one that has it.
pub fn python() -> Result<Command, Failure> {
    let succeeds =
        |program: &str, words: &[&str]| process::succeeds(Command::new(program).args(words));
    let test = "import sys; sys.exit(sys.version_info < (3,))";
    let pythons: Vec<_> = PYTHONS
        .into_iter()
        .filter(|&program| succeeds(program, &["-c", test]))
        .collect();
    let has_pip = |program: &str| succeeds(program, &["-m", "pip", "--version"]);
    preferred(&pythons, has_pip)
        .map(Command::new)
        .ok_or_else(|| Failure::SystemIncomplete {
            remedy: "Python 3 is missing; the models come in Python packages. Install it from your system's packages \
                     (on Debian and Ubuntu: apt install python3 python3-pip) or from python.org."
                .to_owned(),
        })
}

/// Of some Pythons the first that has pip, or the first of all where none has.
fn preferred<'a>(pythons: &[&'a str], has_pip: impl Fn(&str) -> bool) -> Option<&'a str> {
    let mut all = pythons.iter().copied();
    all.find(|&python| has_pip(python))
        .or(pythons.first().copied())
}

/// A program that is on the PATH is not missing; a library is known on Debian only.
fn missing(needs: &[Need]) -> Result<Vec<&Need>, Failure> {
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
    if is_debian() {
        missing.extend(missing_libraries(needs)?);
    }
    Ok(missing)
}

/// Whether this system is Debian or made of it.
pub fn is_debian() -> bool {
    process::find("dpkg-query").is_some() && process::find("apt-get").is_some()
}

fn listed(needs: &[&Need]) -> String {
    needs
        .iter()
        .map(|need| format!("\n  {:<22} to {}", need.package, need.purpose))
        .collect()
}

fn npm_runs() -> bool {
    process::succeeds(npm().arg("--version"))
}

fn node_version() -> Option<(u32, u32)> {
    process::find("node")?;
    let printed = process::output(Command::new("node").arg("--version")).ok()?;
    major_and_minor(printed.trim().trim_start_matches('v'))
}

/// Whether a Node that apt installs would be the one that runs: one that lies elsewhere stays first on the PATH.
fn apt_can_replace(node: Option<&Path>) -> bool {
    node.is_none_or(|node| node.starts_with("/usr/bin") || node.starts_with("/bin"))
}

/// The version of Node that apt would install. A fresh system knows of none until it has fetched its lists.
fn candidate_of_node() -> Option<(u32, u32)> {
    let known = || {
        let mut apt = Command::new("apt-cache");
        apt.env("LC_ALL", "C").args(["policy", NODE.package]);
        let policy = process::output(&mut apt).ok();
        policy.and_then(|policy| candidate(&policy))
    };
    known().or_else(|| {
        let root = is_root().ok()?;
        if !root && process::find("sudo").is_none() {
            return None;
        }
        eprintln!(
            "To see which Node apt has, its lists are fetched{}.",
            if root { "" } else { ", through sudo" }
        );
        fetch_lists(root);
        known()
    })
}

/// Reads the line `  Candidate: 1:20.1.0-2` of what `apt-cache policy` printed.
fn candidate(policy: &str) -> Option<(u32, u32)> {
    let version = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate:"))?
        .trim();
    let (_, without_epoch) = version.split_once(':').unwrap_or(("", version));
    major_and_minor(without_epoch)
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
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
    let root = is_root()?;
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
    fetch_lists(root);
    process::step(
        apt_get(root)
            .args(["install", "--yes", "--no-install-recommends"])
            .args(missing.iter().map(|need| need.package)),
    )
}

/// Whether this runs as root.
pub fn is_root() -> Result<bool, Failure> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// A list that cannot be fetched is no obstacle if the packages are known: what needs them decides.
fn fetch_lists(root: bool) {
    if let Err(failure) = process::step(apt_get(root).arg("update")) {
        eprintln!("{failure}");
    }
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
        let needs = ["libclang-dev", "libgomp1"].map(|package| Need {
            package,
            programs: &[],
            purpose: "be looked for",
        });
        not_installed(needs.iter().collect(), printed)
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

    #[test]
    fn a_python_without_pip_gives_way_to_one_that_has_it() {
        let pythons = ["python3", "/usr/bin/python3"];
        let of_debian = |program: &str| program.starts_with("/usr/bin");
        assert_eq!(preferred(&pythons, of_debian), Some("/usr/bin/python3"));
        assert_eq!(
            preferred(&pythons, |_| true),
            Some("python3"),
            "the PATH decides where it can"
        );
        assert_eq!(preferred(&pythons, |_| false), Some("python3"));
        assert_eq!(preferred(&[], |_| true), None);
    }

    #[test]
    fn apt_replaces_no_node_that_lies_elsewhere() {
        assert!(apt_can_replace(None));
        assert!(apt_can_replace(Some(Path::new("/usr/bin/node"))));
        assert!(!apt_can_replace(Some(Path::new("/usr/local/bin/node"))));
    }

    #[test]
    fn the_version_that_apt_would_install_is_read() {
        let policy = "nodejs:\n  Installed: (none)\n  Candidate: 18.20.4+dfsg-1~deb12u1\n";
        assert_eq!(
            candidate(policy),
            Some((18, 20)),
            "Debian 12 has one too old"
        );
        assert_eq!(
            candidate("  Candidate: 1:20.2.0-1\n"),
            Some((20, 2)),
            "an epoch is no version"
        );
        assert_eq!(candidate("  Candidate: (none)\n"), None);
        assert_eq!(candidate(""), None, "a package that apt does not know");
    }
}
