//! Trying a package as somebody does who installs it: in a system that has nothing else, with no network, as an
//! ordinary user.
//!
//! The system is a folder with the release of Debian or Ubuntu that this machine runs, made by its own sources of
//! packages. It is removed when all went well, and left to be looked at when not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::Failure;
use crate::process;
use crate::system;
use crate::workspace::Workspace;

/// What is asked, and the number that only a right answer has.
const QUESTION: &str = "How much did the dredging of the north basin cost?";
const NUMBER: &str = "412,000";

/// Installs the package in a clean system, asks a question, looks at the walls, opens the window, and removes the
/// package again.
pub fn in_clean_system(workspace: &Workspace, package: &Path) -> Result<(), Failure> {
    if !system::is_root()? {
        return Err(Failure::NotTried {
            reason: "only root can make a clean system in a folder. Run the command again as root"
                .to_owned(),
        });
    }
    system::prepare(system::TRIAL)?;
    let clean = CleanSystem::make(workspace.bundle().join("clean-system"))?;
    clean.put(package, "aparte.deb")?;
    let samples = workspace.root.join("crates/assistant/samples");
    clean.put(&samples.join("harbour-report-2025.pdf"), "report.pdf")?;

    eprintln!("Installing the package …");
    clean.install(&["/srv/aparte.deb"])?;
    clean.as_root(&["useradd", "--create-home", "person"])?;

    eprintln!("Asking without a network: {QUESTION}");
    let answer = clean.as_person(&["aparte", "ask", "--json", QUESTION, "/srv/report.pdf"])?;
    eprintln!("{}", answer.trim());
    judge_answer(&answer)?;
    let diagnosis = clean.as_person(&["aparte", "doctor", "--json"])?;
    eprintln!("{}", diagnosis.trim());
    judge_diagnosis(&diagnosis)?;

    eprintln!("Opening the window …");
    clean.install(&["xvfb", "xdotool"])?;
    clean
        .as_person(&["sh", "-c", WINDOW])
        .map_err(|_| wrong("no window appeared".to_owned()))?;

    clean.as_root(&["apt-get", "purge", "--yes", "aparte"])?;
    if let Some(left) = clean.find_left()? {
        return Err(wrong(format!("it left {left} behind when it was removed")));
    }
    clean.remove()?;
    eprintln!("The package installs, answers, opens its window and goes without a trace.");
    Ok(())
}

/// Ends well as soon as a screen shows a window of the application, and badly where none comes within two minutes.
const WINDOW: &str = "
    Xvfb :7 -screen 0 1280x800x24 >/dev/null 2>&1 &
    export DISPLAY=:7
    for attempt in $(seq 120); do
        sleep 1
        xdotool getdisplaygeometry >/dev/null 2>&1 && break
    done
    aparte-desktop >&2 &
    window=$!
    for attempt in $(seq 120); do
        sleep 1
        kill -0 $window || exit 1
        xdotool search --onlyvisible --name '^Aparté$' && exit 0
    done
    exit 1";

fn wrong(reason: String) -> Failure {
    Failure::TrialFailed { reason }
}

#[derive(Deserialize)]
struct Answer {
    answer: String,
    citations: Vec<Citation>,
}

#[derive(Deserialize)]
struct Citation {
    quote: String,
    page: Option<u32>,
    verified: bool,
}

#[derive(Deserialize)]
struct Diagnosis {
    documents: Worker,
    engine: Worker,
}

#[derive(Deserialize)]
struct Worker {
    works: bool,
    walls: Vec<Wall>,
}

#[derive(Deserialize)]
struct Wall {
    wall: String,
    enforced: bool,
}

fn judge_answer(printed: &str) -> Result<(), Failure> {
    let answer: Answer = serde_json::from_str(printed)
        .map_err(|error| wrong(format!("the answer cannot be read ({error})")))?;
    let right = |citation: &Citation| {
        citation.verified && citation.page == Some(3) && citation.quote.contains(NUMBER)
    };
    if !answer.answer.contains(NUMBER) || !answer.citations.iter().any(right) {
        return Err(wrong(format!(
            "the answer has no {NUMBER} with a verified citation of page 3"
        )));
    }
    Ok(())
}

fn judge_diagnosis(printed: &str) -> Result<(), Failure> {
    let diagnosis: Diagnosis = serde_json::from_str(printed)
        .map_err(|error| wrong(format!("what the doctor says cannot be read ({error})")))?;
    for (name, worker) in [
        ("documents", diagnosis.documents),
        ("engine", diagnosis.engine),
    ] {
        if !worker.works {
            return Err(wrong(format!("the worker for {name} does not start")));
        }
        if let Some(wall) = worker.walls.iter().find(|wall| !wall.enforced) {
            return Err(wrong(format!(
                "nothing keeps the worker for {name} in: {} is not enforced",
                wall.wall
            )));
        }
    }
    Ok(())
}

/// A system in a folder.
struct CleanSystem(PathBuf);

impl CleanSystem {
    fn make(root: PathBuf) -> Result<CleanSystem, Failure> {
        let clean = CleanSystem(root);
        clean.remove()?;
        let path = Path::new("/etc/os-release");
        let text = fs::read_to_string(path).map_err(Failure::file(path))?;
        let release = Release::read(&text).ok_or_else(|| Failure::NotTried {
            reason: "/etc/os-release does not say which release this is".to_owned(),
        })?;
        eprintln!(
            "Making a clean system ({} {}) …",
            release.id, release.codename
        );
        let mut mmdebstrap = Command::new("mmdebstrap");
        mmdebstrap
            .args(["--mode=root", "--variant=minbase", "--quiet"])
            .arg(&release.codename)
            .arg(&clean.0);
        if let Some(sources) = release.sources() {
            mmdebstrap.arg(sources);
        }
        process::step(&mut mmdebstrap)?;
        // Names of servers are found in there as they are here.
        let resolver = Path::new("/etc/resolv.conf");
        fs::copy(resolver, clean.0.join("etc/resolv.conf")).map_err(Failure::file(resolver))?;
        clean.as_root(&["apt-get", "update"])?;
        Ok(clean)
    }

    /// Puts a file where everybody in there can read it.
    fn put(&self, file: &Path, name: &str) -> Result<(), Failure> {
        let place = self.0.join("srv").join(name);
        fs::copy(file, &place).map_err(Failure::file(file))?;
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(&place, readable).map_err(Failure::file(&place))
    }

    /// Installs packages, with what they cannot do without and nothing else.
    fn install(&self, packages: &[&str]) -> Result<(), Failure> {
        let mut apt = self.command(&[], "/root", &[]);
        apt.args(["apt-get", "install", "--yes", "--no-install-recommends"])
            // The system does not outlive this trial: nothing need be safe from a power cut.
            .arg("--option=DPkg::Options::=--force-unsafe-io")
            .args(packages);
        process::step(&mut apt)
    }

    /// Runs a command as root, with the network.
    fn as_root(&self, words: &[&str]) -> Result<(), Failure> {
        process::step(self.command(&[], "/root", &[]).args(words))
    }

    /// Runs a command as an ordinary user without a network, and returns what it prints.
    fn as_person(&self, words: &[&str]) -> Result<String, Failure> {
        let user = ["--userspec=person:person"];
        process::output(self.command(&["--net"], "/home/person", &user).args(words)).map_err(
            |failure| match failure {
                Failure::CommandFailed { .. } => wrong(format!(
                    "`{}` failed for an ordinary user; its own message is above",
                    words.join(" ")
                )),
                other => other,
            },
        )
    }

    /// A command in there, with processes of its own that end with it and nothing of this environment.
    fn command(&self, apart: &[&str], home: &str, user: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--pid", "--fork", "--kill-child"])
            .args(apart)
            .arg(format!("--mount-proc={}", self.0.join("proc").display()))
            .args(["--", "chroot"])
            .args(user)
            .arg(&self.0)
            .args([
                "env",
                "-i",
                "LANG=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive",
            ])
            .arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .arg(format!("HOME={home}"));
        command
    }

    /// A file that bears the application's name and is still there.
    fn find_left(&self) -> Result<Option<String>, Failure> {
        let mut find = Command::new("find");
        find.current_dir(&self.0)
            .args(["usr", "etc", "var/lib", "-xdev", "-name", "*aparte*"]);
        let found = process::output(&mut find)?;
        Ok(found.lines().next().map(str::to_owned))
    }

    fn remove(&self) -> Result<(), Failure> {
        if self.0.exists() {
            fs::remove_dir_all(&self.0).map_err(Failure::file(&self.0))?;
        }
        Ok(())
    }
}

/// The release of the system, as `/etc/os-release` names it.
#[derive(Debug, PartialEq, Eq)]
struct Release {
    id: String,
    codename: String,
}

impl Release {
    fn read(text: &str) -> Option<Release> {
        let value = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim_matches('"').to_owned())
        };
        Some(Release {
            id: value("ID")?,
            codename: value("VERSION_CODENAME")?,
        })
    }

    /// The system's own list of sources, without those that were added to it.
    fn sources(&self) -> Option<PathBuf> {
        let places = [
            format!("/etc/apt/sources.list.d/{}.sources", self.id),
            "/etc/apt/sources.list".to_owned(),
        ];
        places
            .map(PathBuf::from)
            .into_iter()
            .find(|place| place.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, quote: &str, verified: bool) -> String {
        format!(
            r#"{{"answer": "{text}", "citations": [{{"document": "r.pdf", "page": 3, "quote": "{quote}",
                "verified": {verified}}}]}}"#
        )
    }

    #[test]
    fn only_the_right_number_with_a_verified_quote_passes() {
        assert!(judge_answer(&answer("412,000 euros [1]", "cost 412,000 euros", true)).is_ok());
        for bad in [
            answer("412,000 euros [1]", "cost 412,000 euros", false),
            answer("412,000 euros [1]", "the ferry", true),
            answer("It cost much. [1]", "cost 412,000 euros", true),
            r#"{"answer": "412,000 euros", "citations": []}"#.to_owned(),
            "The model is missing.".to_owned(),
        ] {
            assert!(judge_answer(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_worker_that_does_not_start_or_has_no_wall_fails() {
        let diagnosis = |works: bool, enforced: bool| {
            format!(
                r#"{{"documents": {{"works": true, "walls": []}},
                    "engine": {{"works": {works}, "walls": [{{"wall": "files", "enforced": {enforced}}}]}}}}"#
            )
        };
        assert!(judge_diagnosis(&diagnosis(true, true)).is_ok());
        assert!(judge_diagnosis(&diagnosis(false, true)).is_err());
        assert!(judge_diagnosis(&diagnosis(true, false)).is_err());
    }

    #[test]
    fn the_release_is_read_with_and_without_quotes() {
        let text =
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_CODENAME=\"bookworm\"\nID=debian\n";
        assert_eq!(
            Release::read(text),
            Some(Release {
                id: "debian".to_owned(),
                codename: "bookworm".to_owned()
            })
        );
        assert_eq!(Release::read("ID=arch\n"), None);
    }
}
