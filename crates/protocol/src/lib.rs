//! The messages between the app and its workers, and their framing.
//!
//! Everything that crosses a worker's standard input or output is a [`Frame`]: a control message in
//! [postcard](https://postcard.jamesmunns.com) or a raw run of bytes. Both sides treat what they read
//! as hostile: lengths are bounded before anything is allocated, and a frame that does not decode ends
//! the conversation.
//!
//! No key, no path of the vault and nothing of the user's environment appears in any of these types.

#![forbid(unsafe_code)]

pub mod documents;
pub mod engine;
mod frame;

use serde::{Deserialize, Serialize};

pub use frame::{
    CHUNK_LIMIT, Frame, FrameError, MESSAGE_LIMIT, RequestId, read_frame, write_chunk, write_end,
    write_message,
};

/// The version of everything in this crate. App and worker are built together: any other number means
/// that an old worker lies beside a new app.
pub const PROTOCOL_VERSION: u32 = 1;

/// The first message of every worker, sent before it reads anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL_VERSION`] of the worker.
    pub protocol: u32,
    /// How well the operating system holds this worker in.
    pub isolation: Isolation,
}

/// Which walls stand around a worker. Shown to the user, never hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Isolation {
    /// Every wall that this platform offers stands.
    Full,
    /// Some do not; each entry names one, in English, for the About page and the log.
    Reduced(Vec<String>),
}

impl Greeting {
    /// Checks that the worker is of this build, and says which walls are missing around it.
    pub fn accept(self) -> Result<Vec<String>, WorkerOfAnotherBuild> {
        if self.protocol != PROTOCOL_VERSION {
            return Err(WorkerOfAnotherBuild);
        }
        Ok(match self.isolation {
            Isolation::Full => Vec::new(),
            Isolation::Reduced(missing) => missing,
        })
    }
}

/// The worker does not speak this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerOfAnotherBuild;
