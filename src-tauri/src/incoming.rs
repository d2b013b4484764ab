//! Files on their way into the library: one after the other, in the order in which they came.
//!
//! Paths stay here; the window knows a number, a name and a size. Files that were named before the vault is open
//! wait for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, DocumentId, Error, Input, SAMPLES, Settings};

use crate::session::{Session, lock};
use crate::view::{Document, FileProgress, IncomingFile, News};

/// The files that are not in the library yet, and those that could not be read and were not dismissed.
pub struct Incoming {
    files: Mutex<BTreeMap<u32, IncomingFile>>,
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

    fn announce(&self, name: String, size: Option<u64>) -> IncomingFile {
        let mut files = lock(&self.files);
        let id = files.last_key_value().map_or(1, |(last, _)| last + 1);
        let progress = FileProgress::Waiting;
        let file = IncomingFile {
            id,
            name,
            size,
            progress,
        };
        files.insert(id, file.clone());
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
            let name = path.file_name().unwrap_or(path.as_os_str());
            let size = std::fs::metadata(&path).ok().map(|facts| facts.len());
            let file = self
                .incoming
                .announce(name.to_string_lossy().into_owned(), size);
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

/// Begins to read what waits and what will come. On the first time, given with the choices to keep, the documents
/// that come with the application are read before everything else; the choices are kept once they are there, so
/// that a first time that was cut short is had again.
pub fn start(session: &Arc<Session>, assistant: &Arc<Assistant>, first: Option<Settings>) {
    let Some(queue) = lock(&session.incoming.waiting).take() else {
        return;
    };
    let (session, assistant) = (Arc::clone(session), Arc::downgrade(assistant));
    std::thread::spawn(move || {
        if let (Some(settings), Some(assistant)) = (first, assistant.upgrade()) {
            let added = SAMPLES.iter().try_for_each(|sample| {
                let size = sample.bytes.len() as u64;
                let file = session.incoming.announce(sample.name.into(), Some(size));
                let mut bytes = sample.bytes;
                let input = Input::Stream(sample.name, &mut bytes);
                read(&session, &assistant, file.id, input)
            });
            // Without them the application works as well, and a vault that cannot be written says so soon enough.
            if let (Ok(()), Ok(None)) = (added, assistant.settings()) {
                let _ = assistant.change_settings(settings);
            }
        }
        for (id, path) in queue {
            // The session was closed.
            let Some(assistant) = assistant.upgrade() else {
                return;
            };
            // What went wrong is told, and the next file is read.
            let _ = read(&session, &assistant, id, Input::File(&path));
        }
    });
}

fn read(session: &Session, assistant: &Assistant, id: u32, input: Input<'_>) -> Result<(), Error> {
    let before: Vec<DocumentId> = ids(assistant);
    session.note(id, FileProgress::Reading { page: 0, pages: 0 });
    let mut told = Instant::now();
    let added = assistant.add(input, &mut |page, pages| {
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            session.note(id, FileProgress::Reading { page, pages });
        }
    });
    let document = added.clone().ok().and_then(|document| {
        assistant.with_document(document, |document| Document::from(document))
    });
    match (&added, document) {
        (Ok(id_in_library), Some(document)) => {
            let already = before.contains(id_in_library);
            session.note(id, FileProgress::Added { document, already });
        }
        (Err(error), _) => {
            let message = error.sentence(assistant.language());
            session.note(id, FileProgress::Failed { message });
        }
        (Ok(_), None) => unreachable!("what was added is in the library"),
    }
    added.map(drop)
}

fn ids(assistant: &Assistant) -> Vec<DocumentId> {
    assistant
        .documents()
        .iter()
        .map(|document| document.id)
        .collect()
}
