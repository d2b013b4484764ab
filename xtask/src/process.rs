//! Other programs: running them as steps of a task, or for what they print.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Runs a step of a task. Whatever it prints goes to standard error: standard output belongs to the task's result.
pub fn step(command: &mut Command) -> Result<(), Failure> {
    let status = command
        .stdout(io::stderr())
        .status()
        .map_err(not_started(command))?;
    if status.success() {
        Ok(())
    } else {
        Err(command_failed(command))
    }
}

/// Runs a program for what it prints on standard output. Its messages go to standard error as they come.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(not_started(command))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(command_failed(command))
    }
}

/// Runs a program, gives each line of its standard output to `on_line`, and says whether it succeeded.
pub fn lines(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool, Failure> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(not_started(command))?;
    let stdout = child.stdout.take().expect("standard output is piped");
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    // A line that is not UTF-8 is a test's business, not a reason to stop listening.
    while reader
        .read_until(b'\n', &mut line)
        .map_err(not_started(command))?
        > 0
    {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    let status = child.wait().map_err(not_started(command))?;
    Ok(status.success())
}

/// Says whether a program starts and succeeds, without showing what it prints.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Finds a program on the PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

fn not_started(command: &Command) -> impl FnOnce(io::Error) -> Failure + use<> {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Failure::NotStarted { program, source }
}

fn command_failed(command: &Command) -> Failure {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    Failure::CommandFailed {
        command: words.join(" "),
    }
}
