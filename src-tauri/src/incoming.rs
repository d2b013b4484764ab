//! Files on their way into the library: one after the other, in the order in which they came.
//!
//! Paths stay here; the window knows a number and a name. Files that were named before the vault is open
//! wait for it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, DocumentId, Error, Input, SAMPLES};

use crate::session::{Session, lock};
use crate::view::{Document, FileProgress, IncomingFile, News};

/// The files that are not in the library yet, and those that could not be read and were not dismissed.
pub struct Incoming {
    files: Mutex<BTreeMap<u32, IncomingFile>>,
    last_id: AtomicU32,
    queue: Sender<(u32, PathBuf)>,
    /// Taken by the thread that reads.
    waiting: Mutex<Option<Receiver<(u32, PathBuf)>>>,
}

/// How often a file's progress is told: a person sees no more, and a long document has thousands of pages.
const TELL_EVERY: Duration = Duration::from_millis(100);

impl Incoming {
    pub fn new() -> Incoming {
        let (queue, waiting) = channel();
        Incoming {
            files: Mutex::default(),
            last_id: AtomicU32::new(0),
            queue,
            waiting: Mutex::new(Some(waiting)),
        }
    }

    /// All of them, in their order.
    pub fn list(&self) -> Vec<IncomingFile> {
        lock(&self.files).values().cloned().collect()
    }

    /// Forgets a file that could not be added.
    pub fn dismiss(&self, id: u32) {
        let mut files = lock(&self.files);
        if let Some(FileProgress::Failed { .. }) = files.get(&id).map(|file| &file.progress) {
            files.remove(&id);
        }
    }

    fn announce(&self, name: String) -> IncomingFile {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let progress = FileProgress::Waiting;
        let file = IncomingFile { id, name, progress };
        lock(&self.files).insert(id, file.clone());
        file
    }

    /// Notes how far a file is; one that is in the library is the library's.
    fn note(&self, id: u32, progress: &FileProgress) -> Option<IncomingFile> {
        let mut files = lock(&self.files);
        let file = files.get_mut(&id)?;
        file.progress = progress.clone();
        let file = file.clone();
        if let FileProgress::Added { .. } = progress {
            files.remove(&id);
        }
        Some(file)
    }
}

impl Session {
    /// Takes files to be read into the library.
    pub fn add_files(&self, paths: Vec<PathBuf>) {
        for path in paths {
            // A path without a last part, such as the root of a disk, is none of the window's business.
            let name = path.file_name().unwrap_or_default();
            let file = self.incoming.announce(name.to_string_lossy().into_owned());
            let id = file.id;
            self.tell(News::File { file });
            // The reading thread lives as long as the session.
            let _ = self.incoming.queue.send((id, path));
        }
    }

    fn note(&self, id: u32, progress: FileProgress) {
        if let Some(file) = self.incoming.note(id, &progress) {
            self.tell(News::File { file });
        }
    }
}

/// Begins to read what waits and what will come. Before everything else, and once for a vault, come the documents that
/// come with the application.
pub fn start(session: &Arc<Session>, assistant: &Arc<Assistant>) {
    let Some(queue) = lock(&session.incoming.waiting).take() else {
        return;
    };
    let (session, assistant) = (Arc::clone(session), Arc::downgrade(assistant));
    std::thread::spawn(move || {
        if let Some(assistant) = assistant.upgrade() {
            add_samples(&session, &assistant);
        }
        for (id, path) in queue {
            // The session was closed.
            let Some(assistant) = assistant.upgrade() else {
                return;
            };
            read(&session, &assistant, id, Input::File(&path));
        }
    });
}

fn add_samples(session: &Session, assistant: &Assistant) {
    if assistant.samples_were_added() != Ok(false) {
        return;
    }
    let added = SAMPLES.iter().all(|sample| {
        let file = session.incoming.announce(sample.name.into());
        let mut bytes = sample.bytes;
        read(
            session,
            assistant,
            file.id,
            Input::Stream(sample.name, &mut bytes),
        )
    });
    if added {
        // A vault that cannot be written says so as soon as somebody wants something written.
        let _ = assistant.note_samples_added();
    }
}

/// Reads one file and says whether it is in the library. Nothing that it does ends the thread that reads the others.
fn read(session: &Session, assistant: &Assistant, id: u32, input: Input<'_>) -> bool {
    session.note(id, FileProgress::Reading { page: 0, pages: 0 });
    let reading = AssertUnwindSafe(|| add(session, assistant, id, input));
    let progress = match catch_unwind(reading) {
        Ok(Ok(added)) => added,
        Ok(Err(error)) => FileProgress::Failed {
            message: error.sentence(assistant.language()),
        },
        Err(_) => FileProgress::Failed {
            message: session.bug().message,
        },
    };
    let is_added = matches!(progress, FileProgress::Added { .. });
    session.note(id, progress);
    is_added
}

fn add(
    session: &Session,
    assistant: &Assistant,
    id: u32,
    input: Input<'_>,
) -> Result<FileProgress, Error> {
    let before = ids(assistant);
    let mut told = Instant::now();
    let added = assistant.add(input, &mut |page, pages| {
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            session.note(id, FileProgress::Reading { page, pages });
        }
    })?;
    let document = assistant
        .with_document(added, |document| Document::from(document))
        .expect("what was added is in the library");
    let already = before.contains(&added);
    Ok(FileProgress::Added { document, already })
}

fn ids(assistant: &Assistant) -> Vec<DocumentId> {
    assistant
        .documents()
        .iter()
        .map(|document| document.id)
        .collect()
}
