//! What is printed where: results on standard output, everything else on standard error.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};

use aparte_assistant::{Error, Language};
use serde::Serialize;

/// How the user wants to be answered.
pub struct Output {
    pub json: bool,
    pub quiet: bool,
    pub language: Language,
}

impl Output {
    /// One of two texts, by the language of the interface.
    pub fn say<'a>(&self, english: &'a str, french: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// Prints the one JSON object of a command.
    pub fn object(&self, object: &impl Serialize) {
        let text = serde_json::to_string(object).expect("plain data has a JSON form");
        self.line(&text);
    }

    /// Prints a line of a result. A reader that went away (`| head`) is no failure.
    pub fn line(&self, text: &str) {
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// A remark on standard error.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// What happened and what to do.
    pub fn failed(&self, error: &Error) {
        eprintln!("{}", error.sentence(self.language));
    }

    /// A line of progress that each call writes over; nothing where no person watches.
    pub fn progress(&self) -> Progress {
        Progress {
            shown: !self.quiet && io::stderr().is_terminal(),
            width: Cell::new(0),
        }
    }
}

/// A line of progress on a terminal.
pub struct Progress {
    shown: bool,
    width: Cell<usize>,
}

impl Progress {
    /// Replaces the line.
    pub fn show(&self, text: &str) {
        if self.shown {
            let width = text.chars().count();
            let blank = " ".repeat(self.width.replace(width).saturating_sub(width));
            eprint!("\r{text}{blank}");
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown && self.width.get() > 0 {
            eprint!("\r{}\r", " ".repeat(self.width.replace(0)));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
