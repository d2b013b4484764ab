//! The messages between the app and its workers, and their framing.
//!
//! Everything that crosses a worker's standard input or output is a [`Frame`]: a control message in
//! [postcard](https://postcard.jamesmunns.com) or a raw run of bytes. Both sides treat what they read
//! as hostile: lengths are bounded before anything is allocated, and a frame that does not decode ends
//! the conversation.
//!
//! No key, no path of the vault and nothing of the user's environment appears in any of these types.

#![forbid(unsafe_code)]

pub mod calibration;
pub mod documents;
pub mod engine;
mod frame;
pub mod reading;

use serde::{Deserialize, Serialize};

pub use frame::{
    CHUNK_LIMIT, Frame, FrameError, MESSAGE_LIMIT, RequestId, read_frame, write_chunk, write_end,
    write_message,
};

/// The version of everything in this crate. App and worker are built together: any other number means
/// that an old worker lies beside a new app.
pub const PROTOCOL_VERSION: u32 = 6;

/// The first message of every worker, sent before it reads anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL_VERSION`] of the worker.
    pub protocol: u32,
    /// The walls that the operating system was asked to put around this worker, one of each kind.
    pub walls: Vec<Wall>,
}

/// Something that a worker is kept from. Shown to the user, standing or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    /// From what.
    pub kind: WallKind,
    /// Why it does not stand, in the system's words; `None` where it does.
    pub missing: Option<String>,
}

/// From what a wall keeps a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WallKind {
    /// Opening files: Landlock on Linux, which stops TCP connections too where the kernel is recent; a sandbox profile on
    /// macOS, which stops connections and programs too.
    Files,
    /// System calls other than computing needs; among others no sockets, no programs: seccomp on Linux.
    SystemCalls,
    /// Leaving its memory in a core file.
    CoreFiles,
}

impl Greeting {
    /// Checks that the worker is of this build, and gives the walls around it.
    pub fn accept(self) -> Result<Vec<Wall>, WorkerOfAnotherBuild> {
        match self.protocol == PROTOCOL_VERSION {
            true => Ok(self.walls),
            false => Err(WorkerOfAnotherBuild),
        }
    }
}

/// The worker does not speak this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerOfAnotherBuild;
