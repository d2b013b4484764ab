//! Pages that are images, for programs without a window: they are read in a hidden window of the desktop program, a process
//! of its own that sees this one document and ends with it.
//!
//! It is told a [`ScanTask`] as a line of JSON and then the document's bytes, and answers a [`RecognisedPage`] a line. It ends
//! with 0 after the last; where its input ends before, whoever asked is gone, and it ends too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::Assistant;
use crate::error::{DocumentTrouble, Error, Unrecognised};
use crate::library::DocumentId;
use crate::recognised::RecognisedPage;

/// What the desktop program is started with to recognise text.
pub const RECOGNISE: &str = "--recognise";
/// What it ends with where there is no display.
pub const NO_DISPLAY: i32 = 3;

/// What is to be read of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTask {
    /// How many bytes of a document follow.
    pub bytes: u64,
    /// The pages that are images, from 1.
    pub pages: Vec<u32>,
    /// What opens the document.
    pub password: Option<String>,
}

/// Recognises text in images.
#[derive(Debug, Clone)]
pub struct Recogniser {
    program: PathBuf,
}

/// A document and its pages that are images.
pub struct Scan<'a> {
    /// The name that the person knows it by.
    pub name: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
    /// The pages to read, from 1.
    pub pages: &'a [u32],
    /// What opens it.
    pub password: Option<&'a str>,
}

/// Hears how many pages of a scan were read, and of how many.
pub type OnScanned<'a> = dyn FnMut(u32, u32) + 'a;

/// A window that starts, or a page, that takes longer is given up: the window itself gives up before.
const SILENCE_LIMIT: Duration = Duration::from_secs(330);
/// How long it may take to end.
const LAST_STEPS: Duration = Duration::from_secs(5);
/// No page's line is longer, in bytes.
const LINE_LIMIT: u64 = 16 << 20;

impl Recogniser {
    /// `program` is the desktop program.
    pub fn new(program: PathBuf) -> Recogniser {
        Recogniser { program }
    }

    /// Reads the pages one after the other and gives each to `take` as it comes.
    ///
    /// # Errors
    /// That no text can be recognised, or no further; and what `take` gives, which ends it. Pages that were taken are whole.
    pub fn read(
        &self,
        scan: &Scan<'_>,
        take: &mut dyn FnMut(RecognisedPage) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let unread = |why| Error::Document {
            name: scan.name.to_owned(),
            trouble: DocumentTrouble::NotRecognised(why),
        };
        let mut hidden =
            Hidden::start(&self.program).map_err(|_| unread(Unrecognised::NoWindowProgram))?;
        let task = ScanTask {
            bytes: scan.bytes.len() as u64,
            pages: scan.pages.to_vec(),
            password: scan.password.map(str::to_owned),
        };
        thread::scope(|scope| {
            let input = hidden.input.take();
            // It ends when the window has heard it all, or is gone; what holds the input open lives as long as the window is wanted.
            let telling = scope.spawn(|| tell(input, &task, scan.bytes));
            let read = hidden
                .read_pages(scan.pages, take)
                .map_err(|end| match end {
                    End::Of(why) => unread(why),
                    End::Taken(error) => error,
                });
            if read.is_err() {
                hidden.end();
            }
            drop(telling.join());
            hidden.let_end();
            read
        })
    }
}

impl Assistant {
    /// Recognises the text of those pages of a document that are images, and lets it be found.
    ///
    /// # Errors
    /// Those of [`Recogniser::read`] and of the vault. Pages that were read stay read.
    pub fn recognise(
        &self,
        id: DocumentId,
        recogniser: &Recogniser,
        on_scanned: &mut OnScanned<'_>,
    ) -> Result<(), Error> {
        let known = self.with_document(id, |document| {
            (document.name.clone(), document.image_pages.clone())
        });
        let Some((name, pages)) = known else {
            return Ok(());
        };
        let Some(bytes) = self.original(id)? else {
            return Ok(());
        };
        let password = self.password_of(id)?;
        let scan = Scan {
            name: &name,
            bytes: &bytes,
            pages: &pages,
            password: password.as_deref(),
        };
        let mut done = 0;
        recogniser.read(&scan, &mut |page| {
            self.take_recognised(id, &page)?;
            done += 1;
            on_scanned(done, pages.len() as u32);
            Ok(())
        })
    }
}

/// Why no further page comes.
enum End {
    Of(Unrecognised),
    /// Whoever takes the pages wants no more.
    Taken(Error),
}

/// The desktop program without a window to see. It is killed when this is dropped.
struct Hidden {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    /// Where its web view keeps what it cannot do without; nothing of the document. It is removed after the process.
    _home: TempDir,
}

impl Hidden {
    fn start(program: &Path) -> io::Result<Hidden> {
        let home = tempfile::tempdir()?;
        let mut process = Command::new(program)
            .arg(RECOGNISE)
            // It has nothing to do with the person's own.
            .env("APARTE_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A web view complains of much that concerns nobody.
            .stderr(Stdio::null())
            .spawn()?;
        let input = process.stdin.take();
        let (sender, lines) = mpsc::sync_channel(1);
        if let Some(output) = process.stdout.take() {
            thread::spawn(move || send_lines(output, &sender));
        }
        Ok(Hidden {
            process,
            input,
            lines,
            _home: home,
        })
    }

    fn read_pages(
        &mut self,
        pages: &[u32],
        take: &mut dyn FnMut(RecognisedPage) -> Result<(), Error>,
    ) -> Result<(), End> {
        for number in pages {
            let line = match self.lines.recv_timeout(SILENCE_LIMIT) {
                Ok(Ok(line)) => line,
                Ok(Err(_)) => return Err(End::Of(Unrecognised::Stopped)),
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(End::Of(Unrecognised::Slow)),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(End::Of(self.why_ended())),
            };
            match serde_json::from_str::<RecognisedPage>(&line) {
                Ok(page) if page.number == *number => take(page).map_err(End::Taken)?,
                _ => return Err(End::Of(Unrecognised::Stopped)),
            }
        }
        Ok(())
    }

    /// Its output is at its end.
    fn why_ended(&mut self) -> Unrecognised {
        match self.process.wait().ok().and_then(|status| status.code()) {
            Some(NO_DISPLAY) => Unrecognised::NoDisplay,
            _ => Unrecognised::Stopped,
        }
    }

    /// It ends by itself when its input does, with all the processes of its web view.
    fn let_end(&mut self) {
        let asked = Instant::now();
        while asked.elapsed() < LAST_STEPS && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn end(&mut self) {
        // It may have ended by itself; waiting keeps no zombie.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.end();
    }
}

/// Gives the task away, and back what keeps the window's input open.
fn tell(input: Option<ChildStdin>, task: &ScanTask, bytes: &[u8]) -> Option<ChildStdin> {
    let mut input = input?;
    let mut line = serde_json::to_vec(task).ok()?;
    line.push(b'\n');
    // A window that is gone says so by its output.
    input.write_all(&line).ok()?;
    input.write_all(bytes).ok()?;
    input.flush().ok()?;
    Some(input)
}

fn send_lines(output: ChildStdout, sender: &SyncSender<io::Result<String>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        let read = (&mut output).take(LINE_LIMIT).read_line(&mut line);
        let sent = match read {
            Ok(0) => return,
            Ok(_) => sender.send(Ok(line)),
            Err(error) => sender.send(Err(error)),
        };
        if sent.is_err() {
            return;
        }
    }
}
