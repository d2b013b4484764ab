//! Files on their way into the library: one after the other, in the order in which they came.
//!
//! Paths stay here; the window knows a number and a name, and those only while the vault is open. Files that are named
//! before that wait for it, and so does the one that was being read when the vault was locked.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use aparte_assistant::{Adding, Assistant, DocumentId, Error, Input, SAMPLES};

use crate::locking::{WasLocked, end_if_locked};
use crate::session::{Session, lock};
use crate::view::{Document, FileProgress, IncomingFile, News};

/// The files that are not in the library yet, and those that could not be read and were not dismissed.
pub struct Incoming {
    files: Mutex<BTreeMap<u32, IncomingFile>>,
    last_id: AtomicU32,
    /// Those that nobody reads yet.
    queue: Mutex<VecDeque<Waiting>>,
    /// Whether what comes now is to be in memory alone.
    private: AtomicBool,
    /// There is one more, or the vault was locked.
    changed: Condvar,
}

/// A file that nobody reads yet.
struct Waiting {
    id: u32,
    path: PathBuf,
    private: bool,
}

/// How often a file's progress is told: a person sees no more, and a long document has thousands of pages.
const TELL_EVERY: Duration = Duration::from_millis(100);

impl Incoming {
    pub fn new() -> Incoming {
        Incoming {
            files: Mutex::default(),
            last_id: AtomicU32::new(0),
            queue: Mutex::default(),
            private: AtomicBool::new(false),
            changed: Condvar::new(),
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

    /// Whether files that come from here on are to be in memory alone.
    pub fn set_private(&self, private: bool) {
        self.private.store(private, Ordering::Relaxed);
    }

    /// Lets whoever waits for a file see that the vault was locked.
    pub fn pause(&self) {
        // Taken and let go: between a look at the vault and the wait for a change there must be no change.
        drop(lock(&self.queue));
        self.changed.notify_all();
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
        let private = self.incoming.private.load(Ordering::Relaxed);
        for path in paths {
            // A path without a last part, such as the root of a disk, is none of the window's business.
            let name = path.file_name().unwrap_or_default();
            let file = self.incoming.announce(name.to_string_lossy().into_owned());
            let id = file.id;
            self.tell_if_open(News::File { file });
            lock(&self.incoming.queue).push_back(Waiting { id, path, private });
            self.incoming.changed.notify_all();
        }
    }

    fn note(&self, id: u32, progress: FileProgress) {
        if let Some(file) = self.incoming.note(id, &progress) {
            self.tell_if_open(News::File { file });
        }
    }

    /// Waits for the next file, and for nothing longer than this vault is open.
    fn next_file(&self, assistant: &Weak<Assistant>) -> Option<(Arc<Assistant>, Waiting)> {
        let mut queue = lock(&self.incoming.queue);
        loop {
            if !self.is_open() || assistant.strong_count() == 0 {
                return None;
            }
            if !queue.is_empty() {
                let assistant = assistant.upgrade()?;
                return Some((assistant, queue.pop_front()?));
            }
            let changed = self.incoming.changed.wait(queue);
            queue = changed.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// How the reading of a file ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Added,
    Failed,
    /// By the lock of the vault.
    CutShort,
}

/// Reads what waits and what will come, as long as this vault is open. Before everything else, and once for a vault,
/// come the documents that come with the application.
pub fn start(session: &Arc<Session>, assistant: &Arc<Assistant>) {
    let (session, assistant) = (Arc::clone(session), Arc::downgrade(assistant));
    std::thread::spawn(move || {
        if let Some(assistant) = assistant.upgrade() {
            add_samples(&session, &assistant);
        }
        while let Some((assistant, file)) = session.next_file(&assistant) {
            let Waiting { id, path, private } = &file;
            if read(&session, &assistant, *id, Input::File(path), *private) == Reading::CutShort {
                session.note(*id, FileProgress::Waiting);
                lock(&session.incoming.queue).push_front(file);
            }
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
        let input = Input::Stream(sample.name, &mut bytes);
        let reading = read(session, assistant, file.id, input, false);
        if reading == Reading::CutShort {
            // It is announced again when it is read again.
            lock(&session.incoming.files).remove(&file.id);
        }
        reading == Reading::Added
    });
    if added {
        // A vault that cannot be written says so as soon as somebody wants something written.
        let _ = assistant.note_samples_added();
    }
}

/// Reads one file. Nothing that it does ends the thread that reads the others.
fn read(
    session: &Session,
    assistant: &Assistant,
    id: u32,
    input: Input<'_>,
    private: bool,
) -> Reading {
    session.note(id, FileProgress::Reading { page: 0, pages: 0 });
    let reading = AssertUnwindSafe(|| add(session, assistant, id, input, private));
    let (reading, progress) = match catch_unwind(reading) {
        Ok(Ok(added)) => (Reading::Added, added),
        Err(payload) if payload.is::<WasLocked>() => return Reading::CutShort,
        Ok(Err(error)) => {
            let message = error.sentence(assistant.language());
            (Reading::Failed, FileProgress::Failed { message })
        }
        Err(_) => {
            let message = session.bug().message;
            (Reading::Failed, FileProgress::Failed { message })
        }
    };
    session.note(id, progress);
    reading
}

fn add(
    session: &Session,
    assistant: &Assistant,
    id: u32,
    input: Input<'_>,
    private: bool,
) -> Result<FileProgress, Error> {
    let before = ids(assistant);
    let mut told = Instant::now();
    let mut on_page = |page, pages| {
        end_if_locked(session);
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            session.note(id, FileProgress::Reading { page, pages });
        }
    };
    let adding = Adding {
        private,
        ..Adding::default()
    };
    let added = assistant.add_to(&adding, input, &mut on_page)?;
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
