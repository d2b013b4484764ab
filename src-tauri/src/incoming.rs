//! Files on their way into the library: one after the other, in the order in which they came.
//!
//! Paths stay here; the window knows a number and a name, and those only while the vault is open. Files that are named
//! before that wait for it, and so does the one that was being read when the vault was locked. What was named is kept in the
//! vault until all of it is read: a crash costs the file that was being read, which is read again.
//!
//! When there is nothing to read, the passages that have no vectors get them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use aparte_assistant::{
    Adding, Assistant, CollectionId, DocumentId, DocumentTrouble, Embedded, Error, Input, Inside,
    Named, SAMPLES, Stop, files_below,
};

use crate::locking::{WasLocked, end_if_locked};
use crate::pace::Pace;
use crate::session::{Session, lock};
use crate::view::{Document, FileProgress, IncomingFile, Intake, News};

/// The files that are not in the library yet, and those that could not be read and were not dismissed.
pub struct Incoming {
    files: Mutex<BTreeMap<u32, IncomingFile>>,
    last_id: AtomicU32,
    queue: Mutex<Queue>,
    /// Held by whoever keeps in the vault what was named.
    keeping: Mutex<()>,
    /// Whether what comes now is to be in memory alone.
    private: AtomicBool,
    /// What is dropped on the window goes into this collection.
    drop_into: Mutex<Option<CollectionId>>,
    /// The file that is being read is to be given up.
    is_cancelled: AtomicBool,
    /// There is one more, or somebody wants something else to be done.
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Those that nobody reads yet.
    waiting: VecDeque<Waiting>,
    /// What they were named as, to be kept.
    named: Vec<Named>,
    /// What is being read.
    reading: Option<Wanted>,
    /// Those that wait for a password.
    closed: BTreeMap<u32, Waiting>,
    /// What lies in watched folders and was given up: it is not looked at again before the vault was locked.
    given_up_files: HashSet<PathBuf>,
    pace: Pace,
    is_paused: bool,
    /// They go on from where the application ended before.
    is_resumed: bool,
    /// How far the vectors are, and what ends their computation.
    embedded: Option<Embedded>,
    embedding: Option<Stop>,
    /// So many passages there were when it was given up: with as many it is not tried again.
    given_up: Option<usize>,
}

/// A file that nobody reads yet.
struct Waiting {
    id: u32,
    wanted: Wanted,
    bytes: u64,
    /// What opens it.
    password: Option<String>,
}

/// A file that is to be read, and how it is to be kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub path: PathBuf,
    pub private: bool,
    pub collection: Option<CollectionId>,
    /// The document that it has changed under.
    pub replaces: Option<DocumentId>,
    /// It lies in a watched folder, where it is looked at again and again.
    pub watched: bool,
}

impl Wanted {
    /// What tells whether the same is wanted twice, whoever found it.
    fn what(&self) -> Wanted {
        Wanted {
            watched: false,
            ..self.clone()
        }
    }
}

/// How often a file's progress is told: a person sees no more, and a long document has thousands of pages.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// So many files that wait are shown by their names; the others are counted.
const SHOWN: usize = 100;

impl Incoming {
    pub fn new() -> Incoming {
        Incoming {
            files: Mutex::default(),
            last_id: AtomicU32::new(0),
            queue: Mutex::default(),
            keeping: Mutex::default(),
            private: AtomicBool::new(false),
            drop_into: Mutex::default(),
            is_cancelled: AtomicBool::new(false),
            changed: Condvar::new(),
        }
    }

    /// Those that are shown, in their order.
    pub fn list(&self) -> Vec<IncomingFile> {
        lock(&self.files).values().cloned().collect()
    }

    /// How far all of them are.
    pub fn intake(&self) -> Intake {
        lock(&self.queue).intake((0, Duration::ZERO))
    }

    /// Forgets a file that could not be added.
    pub fn dismiss(&self, id: u32) {
        lock(&self.queue).closed.remove(&id);
        let mut files = lock(&self.files);
        let progress = files.get(&id).map(|file| &file.progress);
        if let Some(FileProgress::Failed { .. } | FileProgress::Closed { .. }) = progress {
            files.remove(&id);
        }
    }

    /// Takes in what was named before the application ended, before anything else can be kept in its place, and gives what is
    /// new of it.
    pub fn recall(&self, kept: Vec<Named>) -> Vec<Named> {
        let mut queue = lock(&self.queue);
        let new = kept
            .into_iter()
            .filter(|named| !queue.named.contains(named));
        let new: Vec<_> = new.collect();
        queue.named.extend(new.iter().cloned());
        new
    }

    /// Whether files that come from here on are to be in memory alone.
    pub fn set_private(&self, private: bool) {
        self.private.store(private, Ordering::Relaxed);
    }

    /// Which collection files go into that are dropped on the window from here on.
    pub fn set_drop_into(&self, collection: Option<CollectionId>) {
        *lock(&self.drop_into) = collection;
    }

    /// Lets whoever waits for a file see that the vault was locked. No conversation and no collection is looked at then.
    pub fn let_go(&self) {
        // Under the lock: between a look at the vault and the wait for a change there must be no change.
        lock(&self.queue).end_embedding();
        self.set_private(false);
        self.set_drop_into(None);
        self.changed.notify_all();
    }

    fn announce(&self, id: u32, path: &Path) -> IncomingFile {
        // A path without a last part, such as the root of a disk, is none of the window's business.
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let progress = FileProgress::Waiting;
        let file = IncomingFile { id, name, progress };
        lock(&self.files).insert(id, file.clone());
        file
    }

    fn next_id(&self) -> u32 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
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

impl Queue {
    fn intake(&self, current: (u64, Duration)) -> Intake {
        let Pace {
            done,
            failed,
            total,
            ..
        } = self.pace;
        Intake {
            done,
            failed,
            total,
            seconds_left: self.pace.left(current).map(seconds),
            paused: self.is_paused,
            resumed: self.is_resumed && self.pace.total > 0,
            embedded: self.embedded.map_or(0, |embedded| count(embedded.done)),
            passages: self.embedded.map_or(0, |embedded| count(embedded.total)),
            embedding_seconds_left: self
                .embedded
                .and_then(|embedded| embedded.left)
                .map(seconds),
        }
    }

    fn end_embedding(&mut self) {
        if let Some(stop) = self.embedding.take() {
            stop.now();
        }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Session {
    /// Takes files, and those in folders, to be read into the library and a collection of it.
    pub fn add_files(&self, paths: Vec<PathBuf>) {
        self.add_to_collection(paths, None);
    }

    /// The same, into a collection.
    pub fn add_to_collection(&self, paths: Vec<PathBuf>, collection: Option<CollectionId>) {
        self.add(paths, collection, false);
    }

    /// The same with files that were dropped on the window, into the collection that is looked at there.
    pub fn add_dropped(&self, paths: Vec<PathBuf>) {
        let collection = *lock(&self.incoming.drop_into);
        self.add_to_collection(paths, collection);
    }

    /// The same with what is in a folder that is watched from now on.
    pub fn add_watched(&self, folder: PathBuf, collection: Option<CollectionId>) {
        lock(&self.incoming.queue)
            .given_up_files
            .retain(|file| !file.starts_with(&folder));
        self.add(vec![folder], collection, true);
    }

    fn add(&self, paths: Vec<PathBuf>, collection: Option<CollectionId>, watched: bool) {
        let private = self.incoming.private.load(Ordering::Relaxed);
        let mut wanted = Vec::new();
        for path in &paths {
            let mut files = files_below(path);
            if files.is_empty() {
                // It is said that this folder is nothing to read.
                files.push(path.clone());
            }
            wanted.extend(files.into_iter().map(|path| Wanted {
                path,
                private,
                collection,
                replaces: None,
                watched,
            }));
        }
        // What is private leaves no trace.
        let named = match private {
            true => Vec::new(),
            false => paths
                .iter()
                .map(|path| Named::new(path, collection))
                .collect(),
        };
        self.enqueue(wanted, named);
    }

    /// Reads nothing more until it is wanted again. The file that is being read is read to its end.
    pub fn pause_intake(&self, is_paused: bool) {
        {
            let mut queue = lock(&self.incoming.queue);
            queue.is_paused = is_paused;
            queue.end_embedding();
        }
        self.incoming.changed.notify_all();
        self.tell_intake((0, Duration::ZERO));
    }

    /// Tries a file again that wants a password.
    pub fn open_file(&self, id: u32, password: String) {
        {
            let mut queue = lock(&self.incoming.queue);
            let Some(mut file) = queue.closed.remove(&id) else {
                return;
            };
            file.password = Some(password);
            queue.pace.add(file.bytes);
            queue.waiting.push_front(file);
            queue.end_embedding();
        }
        self.note(id, FileProgress::Waiting);
        self.incoming.changed.notify_all();
    }

    /// Gives up all files that wait, and the one that is being read. What is in the library stays.
    pub fn cancel_intake(&self) {
        {
            let mut queue = lock(&self.incoming.queue);
            let mut files = lock(&self.incoming.files);
            let Queue {
                waiting,
                reading,
                given_up_files,
                ..
            } = &mut *queue;
            let current = reading.iter().cloned();
            let rest = waiting.drain(..).map(|waiting| {
                files.remove(&waiting.id);
                waiting.wanted
            });
            let watched = rest.chain(current).filter(|wanted| wanted.watched);
            given_up_files.extend(watched.map(|wanted| wanted.path));
            queue.named.clear();
            queue.pace = Pace::default();
            queue.is_paused = false;
            queue.is_resumed = false;
            self.incoming.is_cancelled.store(true, Ordering::Relaxed);
        }
        self.keep_named();
        self.incoming.changed.notify_all();
        self.tell_if_open(News::Cancelled);
        self.tell_intake((0, Duration::ZERO));
    }

    /// Takes files to be read after those that wait, but for those that wait already, and what they were named as.
    pub fn enqueue(&self, wanted: Vec<Wanted>, named: Vec<Named>) {
        let sizes: Vec<u64> = wanted
            .iter()
            .map(|wanted| std::fs::metadata(&wanted.path).map_or(0, |facts| facts.len()))
            .collect();
        let mut announced = Vec::new();
        {
            let mut queue = lock(&self.incoming.queue);
            let waiting = queue.waiting.iter().map(|waiting| &waiting.wanted);
            let mut there: HashSet<Wanted> =
                waiting.chain(&queue.reading).map(Wanted::what).collect();
            for (wanted, bytes) in wanted.into_iter().zip(sizes) {
                let was_given_up = wanted.watched && queue.given_up_files.contains(&wanted.path);
                if was_given_up || !there.insert(wanted.what()) {
                    continue;
                }
                let id = self.incoming.next_id();
                if queue.waiting.len() < SHOWN {
                    announced.push(self.incoming.announce(id, &wanted.path));
                }
                queue.pace.add(bytes);
                queue.waiting.push_back(Waiting {
                    id,
                    wanted,
                    bytes,
                    password: None,
                });
            }
            queue.named.extend(named);
            queue.end_embedding();
        }
        for file in announced {
            self.tell_if_open(News::File { file });
        }
        self.keep_named();
        self.incoming.changed.notify_all();
        self.tell_intake((0, Duration::ZERO));
    }

    fn note(&self, id: u32, progress: FileProgress) {
        if let Some(file) = self.incoming.note(id, &progress) {
            self.tell_if_open(News::File { file });
        }
    }

    fn tell_intake(&self, current: (u64, Duration)) {
        let intake = lock(&self.incoming.queue).intake(current);
        self.tell_if_open(News::Intake { intake });
    }

    /// Tells of what lay in a document: what became documents, and what could not be read.
    fn tell_inside(&self, assistant: &Assistant, inside: Vec<Inside>) {
        for Inside { name, outcome } in inside {
            let progress = match outcome {
                Ok(document) => {
                    let shown = |document: &_| Document::from(document);
                    let Some(document) = assistant.with_document(document, shown) else {
                        continue;
                    };
                    let already = false;
                    FileProgress::Added { document, already }
                }
                Err(error) => FileProgress::Failed {
                    message: error.sentence(assistant.language()),
                },
            };
            let id = self.incoming.next_id();
            self.incoming.announce(id, Path::new(&name));
            self.note(id, progress);
        }
    }

    /// Keeps what was named, if the vault is open. Where it cannot be kept the files are read all the same.
    fn keep_named(&self) {
        if let Ok(assistant) = self.assistant() {
            // One after the other, so that what is kept last is what was named last; the queue does not wait for the disk.
            let _keeping = lock(&self.incoming.keeping);
            let named = lock(&self.incoming.queue).named.clone();
            let _ = assistant.keep_intake(&named);
        }
    }

    /// Waits for the next thing to do, and for nothing longer than this vault is open.
    fn next_work(&self, assistant: &Weak<Assistant>) -> Option<(Arc<Assistant>, Work)> {
        let mut queue = lock(&self.incoming.queue);
        loop {
            if !self.is_open() || assistant.strong_count() == 0 {
                return None;
            }
            if !queue.is_paused {
                if let Some(waiting) = queue.waiting.pop_front() {
                    queue.reading = Some(waiting.wanted.clone());
                    self.incoming.is_cancelled.store(false, Ordering::Relaxed);
                    return Some((assistant.upgrade()?, Work::Read(waiting)));
                }
                let open = assistant.upgrade()?;
                if queue.pace.done > 0 || !queue.named.is_empty() {
                    queue.pace = Pace::default();
                    queue.is_resumed = false;
                    queue.named.clear();
                    return Some((open, Work::SayAllIsRead));
                }
                let embedded = open.embedded();
                queue.embedded = Some(embedded);
                if embedded.done < embedded.total && queue.given_up != Some(embedded.total) {
                    let stop = Stop::default();
                    queue.embedding = Some(stop.clone());
                    return Some((open, Work::Embed(stop)));
                }
            }
            let changed = self.incoming.changed.wait(queue);
            queue = changed.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What is to be done next.
enum Work {
    Read(Waiting),
    /// Nothing waits any more, and nothing is to be gone on with after a restart.
    SayAllIsRead,
    Embed(Stop),
}

/// How the reading of a file ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Added,
    Failed,
    /// It wants a password.
    Closed,
    /// By the lock of the vault.
    CutShort,
    /// By the person.
    Cancelled,
}

/// What a thread that was ended because the person gave up the file leaves behind.
struct WasCancelled;

/// Reads what waits and what will come, as long as this vault is open. Before everything else, and once for a vault,
/// come the documents that come with the application.
///
/// `kept` is what was named before the application ended: see [`Incoming::recall`].
pub fn start(session: &Arc<Session>, assistant: &Arc<Assistant>, kept: Vec<Named>) {
    lock(&session.incoming.queue).given_up_files.clear();
    let (session, assistant) = (Arc::clone(session), Arc::downgrade(assistant));
    std::thread::spawn(move || {
        if let Some(assistant) = assistant.upgrade() {
            add_samples(&session, &assistant);
            go_on(&session, &assistant, kept);
        }
        while let Some((assistant, work)) = session.next_work(&assistant) {
            match work {
                Work::Read(file) => {
                    read_waiting(&session, &assistant, file);
                    lock(&session.incoming.queue).reading = None;
                }
                Work::SayAllIsRead => {
                    session.keep_named();
                    session.tell_intake((0, Duration::ZERO));
                }
                Work::Embed(stop) => embed(&session, &assistant, &stop),
            }
        }
    });
}

/// Takes up what was named before the application ended.
fn go_on(session: &Session, assistant: &Assistant, kept: Vec<Named>) {
    for named in kept {
        let files = files_below(&named.path()).into_iter();
        let left = files.filter(|file| assistant.unchanged(file, named.collection).is_none());
        let wanted: Vec<_> = left
            .map(|path| Wanted {
                path,
                private: false,
                collection: named.collection,
                replaces: None,
                watched: false,
            })
            .collect();
        lock(&session.incoming.queue).is_resumed |= !wanted.is_empty();
        session.enqueue(wanted, Vec::new());
    }
    // What was named while no vault was open is kept from now on.
    session.keep_named();
    session.tell_intake((0, Duration::ZERO));
}

fn read_waiting(session: &Session, assistant: &Assistant, file: Waiting) {
    if !lock(&session.incoming.files).contains_key(&file.id) {
        let file = session.incoming.announce(file.id, &file.wanted.path);
        session.tell_if_open(News::File { file });
    }
    let Wanted {
        path,
        private,
        collection,
        replaces,
        watched,
    } = &file.wanted;
    let unchanged = match (private, replaces) {
        (false, None) => assistant.unchanged(path, *collection),
        _ => None,
    };
    if let Some(document) =
        unchanged.and_then(|id| assistant.with_document(id, |document| Document::from(document)))
    {
        let already = true;
        session.note(file.id, FileProgress::Added { document, already });
        lock(&session.incoming.queue).pace.pass_over(file.bytes);
        return;
    }
    let started = Instant::now();
    let how = How::of(&file);
    let reading = read(session, assistant, file.id, Input::File(path), &how);
    let is_over = !matches!(reading, Reading::CutShort | Reading::Cancelled);
    if *watched && is_over {
        // Where that cannot be kept it is tried again, as everything is.
        let _ = assistant.pass_over(path);
    }
    let mut queue = lock(&session.incoming.queue);
    match reading {
        Reading::CutShort => {
            drop(queue);
            session.note(file.id, FileProgress::Waiting);
            lock(&session.incoming.queue).waiting.push_front(file);
            return;
        }
        Reading::Cancelled => {
            lock(&session.incoming.files).remove(&file.id);
        }
        Reading::Added | Reading::Failed | Reading::Closed => {
            let has_failed = reading == Reading::Failed;
            queue.pace.read(file.bytes, started.elapsed(), has_failed);
            if reading == Reading::Closed {
                let password = None;
                queue.closed.insert(file.id, Waiting { password, ..file });
            }
        }
    }
    drop(queue);
    session.tell_intake((0, Duration::ZERO));
}

fn embed(session: &Session, assistant: &Assistant, stop: &Stop) {
    // What does not work now is tried again when something changes; the search by words goes on.
    let _ = assistant.embed_passages(stop, &mut |embedded| {
        lock(&session.incoming.queue).embedded = Some(embedded);
        session.tell_intake((0, Duration::ZERO));
    });
    {
        let embedded = assistant.embedded();
        let mut queue = lock(&session.incoming.queue);
        if !stop.is_told() {
            queue.given_up = Some(embedded.total);
        }
        // Nobody computes: how long it would take is no longer told.
        queue.embedded = Some(embedded);
        queue.embedding = None;
    }
    session.tell_intake((0, Duration::ZERO));
}

fn add_samples(session: &Session, assistant: &Assistant) {
    if assistant.samples_were_added() != Ok(false) {
        return;
    }
    let added = SAMPLES.iter().all(|sample| {
        let id = session.incoming.next_id();
        session.incoming.announce(id, Path::new(sample.name));
        let mut bytes = sample.bytes;
        let input = Input::Stream(sample.name, &mut bytes);
        let reading = read(session, assistant, id, input, &How::default());
        if reading == Reading::CutShort {
            // It is announced again when it is read again.
            lock(&session.incoming.files).remove(&id);
        }
        reading == Reading::Added
    });
    if added {
        // A vault that cannot be written says so as soon as somebody wants something written.
        let _ = assistant.note_samples_added();
    }
}

/// How a file is to be read.
#[derive(Default)]
struct How {
    adding: Adding,
    replaces: Option<DocumentId>,
    bytes: u64,
}

impl How {
    fn of(file: &Waiting) -> How {
        How {
            adding: Adding {
                private: file.wanted.private,
                collection: file.wanted.collection,
                password: file.password.clone(),
            },
            replaces: file.wanted.replaces,
            bytes: file.bytes,
        }
    }
}

/// Reads one file. Nothing that it does ends the thread that reads the others.
fn read(session: &Session, assistant: &Assistant, id: u32, input: Input<'_>, how: &How) -> Reading {
    session.note(id, FileProgress::Reading { page: 0, pages: 0 });
    let reading = AssertUnwindSafe(|| add(session, assistant, id, input, how));
    let (reading, progress) = match catch_unwind(reading) {
        Ok(Ok(added)) => (Reading::Added, added),
        Err(payload) if payload.is::<WasLocked>() => return Reading::CutShort,
        Err(payload) if payload.is::<WasCancelled>() => return Reading::Cancelled,
        Ok(Err(error)) => {
            let message = error.sentence(assistant.language());
            match error {
                Error::Document {
                    trouble: DocumentTrouble::PasswordWanted | DocumentTrouble::PasswordWrong,
                    ..
                } => (Reading::Closed, FileProgress::Closed { message }),
                _ => (Reading::Failed, FileProgress::Failed { message }),
            }
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
    how: &How,
) -> Result<FileProgress, Error> {
    let started = Instant::now();
    let mut told = started;
    let mut on_page = |page, pages| {
        end_if_locked(session);
        if session.incoming.is_cancelled.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new(WasCancelled));
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            session.note(id, FileProgress::Reading { page, pages });
            let read = how.bytes * u64::from(page) / u64::from(pages).max(1);
            session.tell_intake((read, started.elapsed()));
        }
    };
    let (added, already) = match how.replaces {
        Some(document) => {
            assistant.read_again(document, Some(input), &mut on_page)?;
            (document, false)
        }
        None => {
            let added = assistant.add_to(&how.adding, input, &mut on_page)?;
            session.tell_inside(assistant, added.inside);
            (added.document, added.already)
        }
    };
    let document = assistant
        .with_document(added, |document| Document::from(document))
        .expect("what was added is in the library");
    Ok(FileProgress::Added { document, already })
}
