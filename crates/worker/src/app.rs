//! The way from a worker with a model to the app.

use std::io::{self, BufWriter, Stdout};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use aparte_protocol::{FrameError, RequestId, write_message};
use serde::Serialize;

/// Standard output, for one frame at a time.
#[derive(Clone)]
pub struct App(Arc<Mutex<BufWriter<Stdout>>>);

impl Default for App {
    fn default() -> Self {
        App(Arc::new(Mutex::new(BufWriter::new(io::stdout()))))
    }
}

impl App {
    /// Tells the worker's own news.
    pub fn tell(&self, event: &impl Serialize) -> Result<(), FrameError> {
        self.answer(RequestId::NEWS, event)
    }

    /// Tells what belongs to a request.
    pub fn answer(&self, id: RequestId, event: &impl Serialize) -> Result<(), FrameError> {
        write_message(&mut *self.lock(), id, event)
    }

    /// The pipe, for as long as nobody else is to write.
    pub fn lock(&self) -> MutexGuard<'_, BufWriter<Stdout>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells `alive` every few seconds, from a thread of its own, as long as `pulse` grows.
    pub fn tell_while_computing(
        &self,
        alive: impl Serialize + Send + 'static,
        pulse: impl Fn() -> u64 + Send + 'static,
    ) {
        let app = self.clone();
        thread::spawn(move || {
            let mut before = pulse();
            loop {
                thread::sleep(BEAT);
                let grown = pulse();
                // A broken pipe shows at the next write that matters.
                if grown != before {
                    let _ = app.tell(&alive);
                }
                before = grown;
            }
        });
    }
}

const BEAT: Duration = Duration::from_secs(3);
