//! One worker process: started with nothing but pipes, spoken to in frames, ended with its owner.
//!
//! Whatever a worker sends is treated as hostile. A frame that does not decode, or an answer to a request
//! that nobody made, ends the worker; its death shows as [`Stopped`] to every request under way.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use aparte_protocol::documents::DocumentEvent;
use aparte_protocol::engine::EngineEvent;
use aparte_protocol::reading::ReadingEvent;
use aparte_protocol::{
    CHUNK_LIMIT, Frame, FrameError, RequestId, read_frame, write_chunk, write_end,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{lock, log};

/// The worker ended, or said something that made us end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// What a worker sends.
pub(crate) trait Event: DeserializeOwned + Send + 'static {
    /// Whether the request is answered with this.
    fn is_last(&self) -> bool;

    /// What a frame says.
    fn of_frame(frame: Frame) -> Result<Self, FrameError> {
        frame.decode()
    }
}

impl Event for EngineEvent {
    fn is_last(&self) -> bool {
        match self {
            EngineEvent::Finished(_)
            | EngineEvent::Failed(_)
            | EngineEvent::TokenCounts(_)
            | EngineEvent::StateTaken(_)
            | EngineEvent::StatesForgotten
            | EngineEvent::Tried(_)
            | EngineEvent::BytesEnd => true,
            // Loading ends, but the worker's own news have no end.
            EngineEvent::Greeting(_)
            | EngineEvent::Loading(_)
            | EngineEvent::Ready(_)
            | EngineEvent::LoadFailed(_)
            | EngineEvent::Alive
            | EngineEvent::Prompt { .. }
            | EngineEvent::Text(_)
            | EngineEvent::Thinking(_)
            | EngineEvent::Likelihood(_)
            | EngineEvent::Bytes(_) => false,
        }
    }

    fn of_frame(frame: Frame) -> Result<Self, FrameError> {
        match frame {
            Frame::Message(..) => frame.decode(),
            Frame::Chunk(_, bytes) => Ok(EngineEvent::Bytes(bytes)),
            Frame::End(_) => Ok(EngineEvent::BytesEnd),
        }
    }
}

impl Event for ReadingEvent {
    fn is_last(&self) -> bool {
        match self {
            ReadingEvent::Vectors { .. }
            | ReadingEvent::Scores(_)
            | ReadingEvent::ReadFailed(_) => true,
            ReadingEvent::Greeting(_)
            | ReadingEvent::Loading(_)
            | ReadingEvent::Ready(_)
            | ReadingEvent::LoadFailed(_)
            | ReadingEvent::Alive => false,
        }
    }
}

impl Event for DocumentEvent {
    fn is_last(&self) -> bool {
        match self {
            DocumentEvent::Finished | DocumentEvent::Failed(_) => true,
            DocumentEvent::Greeting(_)
            | DocumentEvent::Opened { .. }
            | DocumentEvent::Page(_)
            | DocumentEvent::File { .. }
            | DocumentEvent::FileBytes(_)
            | DocumentEvent::FileEnd
            | DocumentEvent::Withheld { .. } => false,
        }
    }
}

/// A running worker whose events are `E`. Dropping it ends the process.
pub(crate) struct Worker<E> {
    process: Arc<Process>,
    to_worker: Mutex<BufWriter<ChildStdin>>,
    routes: Arc<Routes<E>>,
    next: AtomicU32,
}

impl<E: Event> Worker<E> {
    /// Starts `program` with an empty environment. The receiver gets the worker's own news.
    pub fn start(program: &Path, arguments: &[&OsStr]) -> io::Result<(Worker<E>, Receiver<E>)> {
        let mut child = spawn(program, arguments)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are piped");
        };
        let process = Arc::new(Process::of(child));
        let routes = Arc::new(Routes::default());
        let news = routes.open(RequestId::NEWS);
        let (listening, heard) = (Arc::clone(&routes), Arc::clone(&process));
        thread::Builder::new()
            .name("worker-events".into())
            .spawn(move || {
                listening.serve(stdout);
                // One that says what makes no sense is not left to do anything else.
                heard.kill();
            })?;
        thread::Builder::new()
            .name("worker-log".into())
            .spawn(move || take_up_log(stderr))?;
        let worker = Worker {
            process,
            to_worker: Mutex::new(BufWriter::new(stdin)),
            routes,
            next: AtomicU32::new(RequestId::NEWS.0 + 1),
        };
        Ok((worker, news))
    }

    /// Sends a request; its answers arrive on the receiver, which hangs up when the worker stops.
    pub fn request(&self, request: &impl Serialize) -> Result<(RequestId, Receiver<E>), Stopped> {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let answers = self.routes.open(id);
        // What was not sent is not waited for.
        self.send(id, request)
            .inspect_err(|_| self.routes.close(id))?;
        Ok((id, answers))
    }

    /// Sends a further message of a request under way.
    pub fn send(&self, id: RequestId, message: &impl Serialize) -> Result<(), Stopped> {
        self.write(|pipe, _| aparte_protocol::write_message(pipe, id, message))
    }

    /// Sends a run of bytes that belongs to a request.
    pub fn send_bytes(&self, id: RequestId, bytes: &[u8]) -> Result<(), Stopped> {
        self.write(|pipe, on_taken| {
            for chunk in bytes.chunks(CHUNK_LIMIT) {
                write_chunk(pipe, id, chunk)?;
                on_taken();
            }
            write_end(pipe, id)
        })
    }

    /// Hangs up and ends the process: the worker counts as stopped.
    pub fn give_up(&self) {
        self.routes.lock().take();
        self.process.kill();
    }

    /// Whether the worker can still answer.
    pub fn is_running(&self) -> bool {
        self.routes.lock().is_some()
    }

    /// How long the worker has said nothing, to anybody, since it has something to do.
    pub fn silence(&self) -> Duration {
        lock(&self.routes.heard).elapsed()
    }

    /// The process id, for people who watch their machine.
    pub fn process_id(&self) -> u32 {
        self.process.id
    }

    /// Writes to the worker. A pipe waits for its reader for ever, and with it everybody who writes: one that takes nothing
    /// for long is ended. `what` is told how to say that a part was taken.
    fn write(
        &self,
        what: impl FnOnce(&mut BufWriter<ChildStdin>, &dyn Fn()) -> Result<(), FrameError>,
    ) -> Result<(), Stopped> {
        self.write_within(TAKING_LIMIT, what)
    }

    fn write_within(
        &self,
        limit: Duration,
        what: impl FnOnce(&mut BufWriter<ChildStdin>, &dyn Fn()) -> Result<(), FrameError>,
    ) -> Result<(), Stopped> {
        let mut pipe = lock(&self.to_worker);
        self.process
            .unless_it_hangs(limit, |on_taken| what(&mut pipe, on_taken))
            .map_err(|_| Stopped)
    }
}

impl<E> Drop for Worker<E> {
    fn drop(&mut self) {
        self.process.end();
    }
}

/// A worker that takes nothing of what it is sent for this long hangs: it reads on a thread that does nothing else.
const TAKING_LIMIT: Duration = Duration::from_secs(90);

/// The process of a worker.
struct Process {
    id: u32,
    child: Mutex<Child>,
}

impl Process {
    fn of(child: Child) -> Process {
        Process {
            id: child.id(),
            child: Mutex::new(child),
        }
    }

    fn kill(&self) {
        // It may have ended by itself.
        let _ = lock(&self.child).kill();
    }

    fn end(&self) {
        self.kill();
        // Waiting keeps no zombie.
        let _ = lock(&self.child).wait();
    }

    /// Does what waits for the process, which is killed when it takes longer than `limit` to go on: what waits fails then.
    fn unless_it_hangs<T>(&self, limit: Duration, wait: impl FnOnce(&dyn Fn()) -> T) -> T {
        thread::scope(|scope| {
            let (alive, watching) = mpsc::channel();
            let watch = move || loop {
                match watching.recv_timeout(limit) {
                    Ok(()) => (),
                    Err(RecvTimeoutError::Timeout) => return self.kill(),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            };
            // Without a thread it is not watched.
            let _ = thread::Builder::new().spawn_scoped(scope, watch);
            wait(&move || {
                // The watch may have ended.
                let _ = alive.send(());
            })
        })
    }
}

/// Where answers go.
struct Routes<E> {
    /// `None` once the worker has stopped.
    senders: Mutex<Option<HashMap<RequestId, Sender<E>>>>,
    /// When the worker last said something, or got something to do.
    heard: Mutex<Instant>,
}

impl<E> Default for Routes<E> {
    fn default() -> Self {
        Routes {
            senders: Mutex::new(Some(HashMap::new())),
            heard: Mutex::new(Instant::now()),
        }
    }
}

impl<E: Event> Routes<E> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<HashMap<RequestId, Sender<E>>>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receiver that has already hung up when the worker has stopped.
    fn open(&self, id: RequestId) -> Receiver<E> {
        let (sender, receiver) = mpsc::channel();
        if let Some(routes) = self.lock().as_mut() {
            // One that had nothing to do was silent for a reason.
            if routes.keys().all(|&open| open == RequestId::NEWS) {
                *lock(&self.heard) = Instant::now();
            }
            routes.insert(id, sender);
        }
        receiver
    }

    fn close(&self, id: RequestId) {
        if let Some(routes) = self.lock().as_mut() {
            routes.remove(&id);
        }
    }

    fn serve(&self, stdout: ChildStdout) {
        if let Err(error) = self.deliver(stdout) {
            log::record(log::Event::WorkerSpokeWrongly {
                how: wrongness(&error),
            });
        }
        // Hangs up on everybody who waits.
        self.lock().take();
    }

    fn deliver(&self, stdout: ChildStdout) -> Result<(), FrameError> {
        let mut stdout = BufReader::new(stdout);
        while let Some(frame) = read_frame(&mut stdout)? {
            let id = frame.request();
            let event = E::of_frame(frame)?;
            *lock(&self.heard) = Instant::now();
            let mut routes = self.lock();
            let Some(routes) = routes.as_mut() else { break };
            let Some(sender) = routes.get(&id) else {
                return Err(FrameError::Undecodable);
            };
            let last = event.is_last();
            // Nobody may be listening any more; the request still runs to its end.
            let _ = sender.send(event);
            if last {
                routes.remove(&id);
            }
        }
        Ok(())
    }
}

fn wrongness(error: &FrameError) -> &'static str {
    match error {
        FrameError::Pipe(_) => "pipe broke",
        FrameError::TooLong(_) => "frame too long",
        FrameError::UnknownKind(_) => "unknown frame kind",
        FrameError::Undecodable => "undecodable message",
    }
}

/// Takes up what a worker writes to standard error, line by bounded line.
fn take_up_log(stderr: impl Read) {
    const LINE_LIMIT: u64 = 400;
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut lines).take(LINE_LIMIT).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => log::worker_line(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

struct Order {
    program: PathBuf,
    arguments: Vec<std::ffi::OsString>,
    started: Sender<io::Result<Child>>,
}

/// Starts a process from a thread that lives as long as the app. On Linux a worker asks to be killed
/// when the *thread* that started it ends, and callers' threads come and go.
fn spawn(program: &Path, arguments: &[&OsStr]) -> io::Result<Child> {
    static STARTER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, orders) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for order in orders {
                let mut command = Command::new(&order.program);
                command
                    .args(&order.arguments)
                    .env_clear()
                    .current_dir("/")
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                // Windows cannot find its own libraries without it.
                #[cfg(windows)]
                command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
                let _ = order.started.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    let (started, child) = mpsc::channel();
    let order = Order {
        program: program.to_path_buf(),
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        started,
    };
    let gone = || io::Error::other("the starting thread ended");
    starter
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send(order)
        .map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;

    use super::*;

    /// A worker that does nothing.
    fn idle() -> Worker<EngineEvent> {
        let (worker, _) = Worker::start(Path::new("/bin/sleep"), &["600".as_ref()]).unwrap();
        worker
    }

    fn is_alive(process: u32) -> bool {
        let about = std::fs::read_to_string(format!("/proc/{process}/stat"));
        about.is_ok_and(|about| !about.contains(") Z "))
    }

    #[track_caller]
    fn ends(process: u32) {
        let begun = Instant::now();
        while is_alive(process) {
            assert!(begun.elapsed() < Duration::from_secs(20), "it goes on");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_worker_that_takes_nothing_is_ended_and_nobody_waits_for_it_for_ever() {
        let worker = idle();
        let more_than_a_pipe_holds = vec![0; CHUNK_LIMIT];
        let written = worker.write_within(Duration::from_millis(100), |pipe, _| {
            write_chunk(pipe, RequestId(1), &more_than_a_pipe_holds)
        });
        assert_eq!(written, Err(Stopped));
        ends(worker.process_id());
    }

    #[test]
    fn a_worker_that_takes_slowly_what_it_is_sent_goes_on() {
        let worker = idle();
        let written = worker.write_within(Duration::from_millis(400), |_, on_taken| {
            for _ in 0..8 {
                thread::sleep(Duration::from_millis(100));
                on_taken();
            }
            Ok(())
        });
        assert_eq!(written, Ok(()));
        assert!(is_alive(worker.process_id()));
    }

    #[test]
    fn a_worker_that_is_given_up_or_makes_no_sense_takes_no_memory_any_more() {
        let given_up = idle();
        given_up.give_up();
        ends(given_up.process_id());
        assert!(!given_up.is_running());
        // It says what it is told.
        let (parrot, _) = Worker::<EngineEvent>::start(Path::new("/bin/cat"), &[]).unwrap();
        assert!(is_alive(parrot.process_id()));
        parrot
            .write(|pipe, _| write_end(pipe, RequestId(7)))
            .unwrap();
        ends(parrot.process_id());
    }

    #[test]
    fn another_request_does_not_make_a_silent_worker_look_alive() {
        let worker = idle();
        let pause = Duration::from_millis(60);
        thread::sleep(pause);
        let silence = |worker: &Worker<EngineEvent>| worker.silence();
        let _first = worker.request(&()).unwrap();
        assert!(silence(&worker) < pause, "it had nothing to do");
        thread::sleep(pause);
        let _second = worker.request(&()).unwrap();
        assert!(silence(&worker) >= pause);
    }

    #[test]
    fn a_request_that_is_too_long_to_be_sent_is_not_waited_for() {
        let worker = idle();
        let too_long = vec![0_u8; aparte_protocol::MESSAGE_LIMIT + 1];
        assert!(worker.request(&too_long).is_err());
        let pause = Duration::from_millis(60);
        thread::sleep(pause);
        let _next = worker.request(&()).unwrap();
        assert!(worker.silence() < pause, "it had nothing to do");
    }

    #[test]
    fn a_worker_finds_nothing_in_its_environment() {
        let mut child = spawn(Path::new("/usr/bin/env"), &[]).unwrap();
        let mut environment = String::new();
        let mut printed = child.stdout.take().unwrap();
        printed.read_to_string(&mut environment).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(environment, "");
    }
}
