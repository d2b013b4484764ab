//! A document's bytes to its pages, through a documents worker of its own.

use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use aparte_protocol::Wall;
use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentRequest, Format, Limits, Page, Password,
};

use crate::error::{DocumentTrouble, Error, shown};
use crate::files::NAME_LIMIT;
use crate::log;
use crate::settings::ReadingLimits;
use crate::worker::{Stopped, Worker};

/// A worker that sends nothing for this long is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// What all pages of a document may take, in bytes, and how long they may take to come, unless the limits are raised.
const SIZE_LIMIT: usize = 512 << 20;
const TIME_LIMIT: Duration = Duration::from_secs(15 * 60);

/// What is to be read.
pub(crate) struct Reading<'a> {
    /// The name that the person knows it by.
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// What the person gave to open it.
    pub password: Option<&'a str>,
    /// How deep files in files are handed out; with zero they are only named.
    pub depth: u8,
    pub limits: ReadingLimits,
}

/// What comes out of a document.
pub(crate) enum Part {
    /// The next page, and how many there are.
    Page(Page, u32),
    /// A file that lies in it.
    File {
        /// Its name there.
        name: String,
        bytes: Vec<u8>,
    },
    /// A file in it that is not to be had.
    Withheld {
        /// Its name there.
        name: String,
        trouble: DocumentTrouble,
    },
}

/// Reads a document, gives its parts to `take` as they come, and gives what it is.
pub(crate) fn read(
    program: &Path,
    reading: &Reading<'_>,
    take: &mut dyn FnMut(Part) -> Result<(), Error>,
) -> Result<Format, Error> {
    let Reading { name, bytes, .. } = *reading;
    let trouble = |trouble| Error::Document {
        name: name.to_owned(),
        trouble,
    };
    let started = Started::greeted(program)?;
    let Started { worker, .. } = started.ok_or_else(|| trouble(DocumentTrouble::ReaderStopped))?;
    let request = DocumentRequest {
        extension: extension(name),
        size: bytes.len() as u64,
        password: reading
            .password
            .map(|password| Password(password.to_owned())),
        limits: Limits {
            depth: reading.depth,
            ..match reading.limits {
                ReadingLimits::Usual => Limits::default(),
                ReadingLimits::Raised => Limits::raised(),
            }
        },
    };
    let times = match reading.limits {
        ReadingLimits::Usual => 1,
        ReadingLimits::Raised => 4,
    };
    let stopped = |Stopped| trouble(DocumentTrouble::ReaderStopped);
    let (id, events) = worker.request(&request).map_err(stopped)?;
    worker.send_bytes(id, bytes).map_err(stopped)?;

    // What is done with the parts is not the worker's time.
    let mut waited = Duration::ZERO;
    let mut size = 0;
    let mut opened = None;
    let mut file: Option<(String, Vec<u8>)> = None;
    loop {
        let began = Instant::now();
        let event = events
            .recv_timeout(SILENCE_LIMIT)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => trouble(DocumentTrouble::TookTooLong),
                RecvTimeoutError::Disconnected => trouble(DocumentTrouble::ReaderStopped),
            })?;
        waited += began.elapsed();
        if waited > TIME_LIMIT * times {
            return Err(trouble(DocumentTrouble::TookTooLong));
        }
        match (event, &mut opened) {
            (DocumentEvent::Opened { format, pages }, None) => {
                opened = Some(Opened {
                    format,
                    pages,
                    read: 0,
                });
            }
            (DocumentEvent::Page(page), Some(opened))
                if page.number <= opened.pages && is_next(&page, opened.read) =>
            {
                size += page.text.len() + size_of_val(page.words.as_slice());
                if size > SIZE_LIMIT * times as usize {
                    return Err(trouble(DocumentTrouble::TooLarge));
                }
                opened.read += 1;
                take(Part::Page(page, opened.pages))?;
            }
            (DocumentEvent::File { name, .. }, Some(_)) if file.is_none() => {
                file = Some((shown(&name, NAME_LIMIT), Vec::new()));
            }
            (DocumentEvent::FileBytes(bytes), Some(_)) => match &mut file {
                Some((_, so_far)) if (so_far.len() + bytes.len()) as u64 <= DOCUMENT_LIMIT => {
                    so_far.extend(bytes);
                }
                _ => return Err(trouble(DocumentTrouble::ReaderStopped)),
            },
            (DocumentEvent::FileEnd, Some(_)) => match file.take() {
                Some((name, bytes)) => take(Part::File { name, bytes })?,
                None => return Err(trouble(DocumentTrouble::ReaderStopped)),
            },
            (DocumentEvent::Withheld { name, reason }, Some(_)) => {
                file = None;
                take(Part::Withheld {
                    name: shown(&name, NAME_LIMIT),
                    trouble: reason.into(),
                })?;
            }
            (DocumentEvent::Finished, Some(opened)) if opened.read == opened.pages => {
                return Ok(opened.format);
            }
            (DocumentEvent::Failed(failure), _) => return Err(trouble(failure.into())),
            // Anything else is a worker that does not keep to the protocol.
            _ => return Err(trouble(DocumentTrouble::ReaderStopped)),
        }
    }
}

/// A document on its way.
struct Opened {
    format: Format,
    /// How many pages it has.
    pages: u32,
    /// How many of them came.
    read: u32,
}

/// The walls around a worker that reads documents.
pub(crate) fn walls(program: &Path) -> Result<Vec<Wall>, Error> {
    let started = Started::greeted(program)?;
    Ok(started.ok_or(Error::WorkerMissing)?.walls)
}

/// A worker that waits for a document.
struct Started {
    worker: Worker<DocumentEvent>,
    walls: Vec<Wall>,
}

impl Started {
    /// Starts a worker; `None` if it ended before it greeted.
    fn greeted(program: &Path) -> Result<Option<Started>, Error> {
        let (worker, news) = Worker::<DocumentEvent>::start(program, &["documents".as_ref()])
            .map_err(|_| Error::WorkerMissing)?;
        match news.recv_timeout(SILENCE_LIMIT) {
            Ok(DocumentEvent::Greeting(greeting)) => Ok(Some(Started {
                worker,
                walls: log::greeted(greeting)?,
            })),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            _ => Err(Error::WorkerMissing),
        }
    }
}

/// Whether a page is the one that must follow, and all its ranges lie in its text: what comes out of a
/// worker is only as honest as the document that went in.
fn is_next(page: &Page, before: u32) -> bool {
    let passages = page.passages.iter().map(|passage| passage.range);
    let columns = page.passages.iter().filter_map(|passage| passage.header);
    let cells = page.cells.iter().map(|cell| cell.range);
    let headings = page.headings.iter().map(|heading| heading.range);
    let words = page.words.iter().map(|word| word.range);
    page.number == before + 1
        && passages
            .chain(headings)
            .chain(words)
            .chain(columns)
            .chain(cells)
            .all(|range| range.of(&page.text).is_some())
}

fn extension(name: &str) -> Option<String> {
    Path::new(name).extension()?.to_str().map(str::to_lowercase)
}
