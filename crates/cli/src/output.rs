//! What is printed where: results on standard output, everything else on standard error.

use std::cell::Cell;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal, Write};

use aparte_assistant::{Assistant, Error, Language};
use serde::Serialize;

use crate::failure::Failure;

/// How the user wants to be answered.
pub struct Output {
    pub json: bool,
    pub quiet: bool,
    pub language: Language,
    /// Why a result could not be written, if it could not.
    pub lost: Cell<Option<io::ErrorKind>>,
}

impl Output {
    /// One of two texts, by the language of the interface.
    pub fn say<'a>(&self, english: &'a str, french: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// The same for texts that have to be put together.
    pub fn say_with(
        &self,
        english: impl FnOnce() -> String,
        french: impl FnOnce() -> String,
    ) -> String {
        match self.language {
            Language::English => english(),
            Language::French => french(),
        }
    }

    /// How far the text recognition of a document is.
    pub fn scanning(&self, page: u32, pages: u32) -> String {
        let reading = self.say("Recognising text", "Reconnaissance du texte");
        format!("{reading} {page}/{pages}")
    }

    /// Where a quote stands, as people write it.
    pub fn place(&self, name: &str, page: Option<u32>, anchor: Option<&str>) -> String {
        match (page, anchor) {
            (Some(page), _) => format!("{name}, p. {page}"),
            (None, Some(anchor)) => format!("{name}, {anchor}"),
            (None, None) => name.to_owned(),
        }
    }

    /// Words of a document, in the quotation marks of the language.
    pub fn quoted(&self, words: &str) -> String {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.language {
            Language::English => format!("“{words}”"),
            Language::French => format!("« {words} »"),
        }
    }

    /// Seconds with one decimal.
    pub fn seconds(&self, milliseconds: u64) -> String {
        let seconds = format!("{:.1} s", milliseconds as f64 / 1e3);
        match self.language {
            Language::English => seconds,
            Language::French => seconds.replace('.', ","),
        }
    }

    /// Prints the one JSON object of a command.
    pub fn object(&self, object: &impl Serialize) {
        let text = serde_json::to_string(object).expect("plain data has a JSON form");
        self.write(&text);
    }

    /// Prints a line of a result.
    pub fn line(&self, text: &str) {
        self.write(&printable(text));
    }

    /// Prints what must have arrived before anything else happens.
    ///
    /// # Errors
    /// Why it did not arrive, or would have been seen by nobody.
    pub fn deliver(&self, text: &str) -> io::Result<()> {
        if is_discarded(&io::stdout()) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// A reader that went away (`| head`) is no failure; a full disk is.
    fn write(&self, text: &str) {
        if let Err(error) = writeln!(io::stdout(), "{text}")
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.set(Some(error.kind()));
        }
    }

    /// A remark on standard error.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", printable(text));
        }
    }

    /// What happened and what to do.
    pub fn failed(&self, failure: &Failure) {
        self.alert(&failure.sentence(self.language));
    }

    /// What must be said even to those who want to hear nothing.
    pub fn alert(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", printable(text));
    }

    /// Tells what was noticed when the vault opened: no loss is silent.
    pub fn tell_losses(&self, assistant: &Assistant) -> Result<(), Error> {
        for notice in assistant.notices()? {
            self.alert(&notice.sentence(self.language));
        }
        Ok(())
    }

    /// A line of progress that each call writes over; nothing where no person watches.
    pub fn progress(&self) -> Progress {
        Progress {
            shown: !self.quiet && io::stderr().is_terminal(),
            width: Cell::new(0),
        }
    }
}

/// Whether what is written there is thrown away. A standard output that was closed is replaced by such a one when a program
/// starts.
#[cfg(unix)]
fn is_discarded(output: &io::Stdout) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let here = output
        .as_fd()
        .try_clone_to_owned()
        .and_then(|file| File::from(file).metadata());
    match (here, std::fs::metadata("/dev/null")) {
        (Ok(here), Ok(null)) => (here.dev(), here.ino()) == (null.dev(), null.ino()),
        _ => false,
    }
}

/// On Windows a closed output cannot be told from a good one here.
#[cfg(not(unix))]
fn is_discarded(_output: &io::Stdout) -> bool {
    false
}

/// A text without what a terminal would take for commands: documents and file names are not to be trusted.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        // Marks that turn the direction of writing can make a line read as another.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
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
            let _ = write!(io::stderr(), "\r{}{blank}", printable(text));
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown && self.width.get() > 0 {
            let _ = write!(io::stderr(), "\r{}\r", " ".repeat(self.width.replace(0)));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_cannot_command_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{9b}c\n\td\r"),
            "a\u{fffd}[31mb\u{fffd}c\n\td\u{fffd}"
        );
    }
}
