//! The log: events without content, in two files of at most 2.5 MB beside the vault.
//!
//! `aparte.log` is written; when it is full it becomes `aparte.log.1` and takes the place of the one before.
//! What may be logged are the events of the domain, which cannot hold text, and the bounded warnings of the engine; a log that cannot be
//! written stops nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aparte_assistant::places;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const FILE_LIMIT: u64 = 2_500_000;

/// Starts the log. A panic leaves its place in it and no message, which could hold a slice of text.
pub fn start() {
    let kinds = Targets::new()
        .with_target("aparte", Level::INFO)
        .with_target("aparte::worker", Level::WARN);
    if let Some(file) = places::home().and_then(|home| Rotating::open(&home).ok()) {
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Mutex::new(file))
            .with_filter(kinds);
        tracing_subscriber::registry().with(lines).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(target: "aparte", "panic at {place}");
        let _ = writeln!(io::stderr(), "aparte-desktop: a bug at {place}");
    }));
}

/// A file that makes room for itself.
struct Rotating {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Rotating {
    fn open(folder: &Path) -> io::Result<Rotating> {
        let path = folder.join("aparte.log");
        let file = open(&path)?;
        let length = file.metadata()?.len();
        Ok(Rotating { path, file, length })
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.length > 0 && self.length + line.len() as u64 > FILE_LIMIT {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            self.file = open(&self.path)?;
            self.length = 0;
        }
        let written = self.file.write(line)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_never_takes_more_than_five_megabytes_and_keeps_what_is_latest() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(home.path()).unwrap();
        for number in 0..70_000 {
            let line = format!("{number:0>99}\n");
            log.write_all(line.as_bytes()).unwrap();
        }
        let files: Vec<_> = fs::read_dir(home.path()).unwrap().flatten().collect();
        let total: u64 = files
            .iter()
            .map(|file| file.metadata().unwrap().len())
            .sum();
        assert_eq!(files.len(), 2);
        assert!(total <= 5_000_000, "{total} bytes");
        let latest = fs::read_to_string(home.path().join("aparte.log")).unwrap();
        assert!(latest.ends_with("69999\n"));
    }

    #[test]
    fn a_log_goes_on_where_it_ended() {
        let home = tempfile::tempdir().unwrap();
        for line in ["one\n", "two\n"] {
            Rotating::open(home.path())
                .unwrap()
                .write_all(line.as_bytes())
                .unwrap();
        }
        let text = fs::read_to_string(home.path().join("aparte.log")).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }
}
