//! Those who read: the application, and the programs that it is compared with. Each reads one file in a process of its own
//! and has a limit of time.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::failure::Failure;
use crate::process;
use crate::system;
use crate::workspace::{Profile, Workspace};

/// Longer than the application lets any worker read.
const LIMIT: Duration = Duration::from_secs(300);

/// Packages of Python that read what pandoc does not.
const PYTHON: [&str; 3] = ["openpyxl==3.1.5", "odfpy==1.4.1", "python-pptx==1.0.2"];

/// All of them.
pub struct Readers<'a> {
    workspace: &'a Workspace,
    python: OsString,
    /// The folder of the packages of Python.
    packages: PathBuf,
    script: PathBuf,
}

/// What the application says of a file.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The texts of its pages.
    Read(Vec<String>),
    /// It says in a sentence why it reads nothing.
    Refused(String),
    /// It did not end as a program should.
    Crashed(String),
}

/// How a program ended, and what it printed.
struct Printed {
    /// `None` where it was ended for its time.
    status: Option<ExitStatus>,
    output: Vec<u8>,
    errors: Vec<u8>,
}

impl<'a> Readers<'a> {
    /// Sees to what the others need. `folder` keeps it.
    pub fn prepare(workspace: &'a Workspace, folder: &Path) -> Result<Readers<'a>, Failure> {
        let packages = folder.join("packages");
        if !packages.exists() {
            let incoming = folder.join(".packages");
            let mut pip = system::python()?;
            pip.args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--target",
            ])
            .arg(&incoming)
            .args(PYTHON);
            process::step(&mut pip)?;
            fs::rename(&incoming, &packages).map_err(Failure::file(&packages))?;
        }
        let script = folder.join("reference.py");
        fs::write(&script, include_str!("reference.py")).map_err(Failure::file(&script))?;
        Ok(Readers {
            workspace,
            python: system::python()?.get_program().to_owned(),
            packages,
            script,
        })
    }

    /// What the application reads. Scans stay pictures: text is recognised in a window, which has no display here.
    pub fn ours(&self, path: &Path) -> Verdict {
        let mut command = self.workspace.program(Profile::Dev, "aparte");
        command
            .args(["extract", "--json", "--quiet", "--language", "en"])
            .arg(path)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        match run(&mut command) {
            Ok(printed) => verdict(&printed),
            Err(error) => Verdict::Crashed(format!("it could not be started: {error}")),
        }
    }

    /// The pages of a PDF file as poppler reads them; `None` where it fails.
    pub fn poppler(&self, path: &Path) -> Option<Vec<String>> {
        text_of_pdf(path).map(into_pages)
    }

    /// The pages of a PDF file as MuPDF reads them; `None` where it fails.
    pub fn mupdf(&self, path: &Path) -> Option<Vec<String>> {
        let mut command = Command::new("mutool");
        text(
            command
                .args(["draw", "-q", "-F", "txt", "-o", "-"])
                .arg(path),
        )
        .map(into_pages)
    }

    /// The text of a file that is no PDF, as pandoc or a library of Python reads it; `None` where it fails.
    pub fn other(&self, path: &Path, ending: &str) -> Option<String> {
        let mut command;
        match ending {
            "xlsx" | "ods" | "pptx" => {
                command = Command::new(&self.python);
                command
                    .arg(&self.script)
                    .arg(path)
                    .env("PYTHONPATH", &self.packages)
                    .env("PYTHONIOENCODING", "utf-8");
            }
            _ => {
                let from = if ending == "htm" { "html" } else { ending };
                command = Command::new("pandoc");
                command
                    .args(["--from", from, "--to", "plain", "--wrap", "none"])
                    .arg(path);
            }
        }
        text(&mut command)
    }
}

/// What a PDF file says of the program that made it, without its version: small letters up to the first digit.
pub fn producer(path: &Path) -> Option<String> {
    let about = text(Command::new("pdfinfo").arg(path))?;
    let name = about
        .lines()
        .find_map(|line| line.strip_prefix("Producer:"))?;
    let name: String = name
        .chars()
        .take_while(|character| !character.is_ascii_digit())
        .flat_map(char::to_lowercase)
        .collect();
    let is_of_version = |character: char| !character.is_alphanumeric();
    let name = name.trim_matches(is_of_version);
    let name = name.strip_suffix(" version").unwrap_or(name);
    (!name.is_empty()).then(|| name.trim_end_matches(is_of_version).to_owned())
}

/// How many pages a PDF file has; `None` where poppler cannot read it.
pub fn page_count(path: &Path) -> Option<usize> {
    let about = text(Command::new("pdfinfo").arg(path))?;
    let pages = about.lines().find_map(|line| line.strip_prefix("Pages:"))?;
    pages.trim().parse().ok()
}

/// The text of a PDF file as poppler reads it.
pub fn text_of_pdf(path: &Path) -> Option<String> {
    let mut command = Command::new("pdftotext");
    text(command.args(["-enc", "UTF-8"]).arg(path).arg("-"))
}

/// How many words that is.
pub fn words_of_pdf(path: &Path) -> Option<usize> {
    Some(text_of_pdf(path)?.split_whitespace().count())
}

fn verdict(printed: &Printed) -> Verdict {
    #[derive(Deserialize)]
    struct Object {
        pages: Vec<Page>,
    }
    #[derive(Deserialize)]
    struct Page {
        text: String,
    }
    let Some(status) = printed.status else {
        return Verdict::Crashed("it did not end".to_owned());
    };
    match status.code() {
        Some(0) => match serde_json::from_slice::<Object>(&printed.output) {
            Ok(Object { pages }) => {
                Verdict::Read(pages.into_iter().map(|page| page.text).collect())
            }
            Err(error) => Verdict::Crashed(format!("it printed no object: {error}")),
        },
        Some(1) => Verdict::Refused(String::from_utf8_lossy(&printed.errors).trim().to_owned()),
        _ => Verdict::Crashed(format!("it ended with {status}")),
    }
}

fn into_pages(text: String) -> Vec<String> {
    text.split('\u{c}').map(str::to_owned).collect()
}

fn text(command: &mut Command) -> Option<String> {
    let printed = run(command).ok()?;
    printed.status.filter(ExitStatus::success)?;
    Some(String::from_utf8_lossy(&printed.output).into_owned())
}

/// Runs a program to its end, or to the limit of its time.
fn run(command: &mut Command) -> io::Result<Printed> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let output = scope.spawn(|| all(output));
        let errors = scope.spawn(|| all(errors));
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if begin.elapsed() > LIMIT {
                child.kill()?;
                child.wait()?;
                break None;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        Ok(Printed {
            status,
            output: output.join().unwrap_or_default(),
            errors: errors.join().unwrap_or_default(),
        })
    })
}

/// Everything that comes, as far as it comes.
fn all(from: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _ = from.read_to_end(&mut bytes);
    }
    bytes
}
