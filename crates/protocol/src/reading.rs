//! Messages to and from `aparte-worker engine MODEL --for embed` and `--for rerank`: one model a process that reads texts
//! as a whole, and makes a vector of each or says how well each answers a question.
//!
//! The worker greets, loads its model ([`ReadingEvent::Loading`] until [`ReadingEvent::Ready`] or
//! [`ReadingEvent::LoadFailed`]) and then answers requests one after the other, in the order in which they came. It keeps
//! nothing of a text.

use serde::{Deserialize, Serialize};

use crate::engine::LoadFailure;
use crate::{Greeting, MESSAGE_LIMIT};

/// The most texts that a request may hold. A model reads a few at a time, so that more would not be faster, and another
/// request would have to wait longer.
pub const TEXTS_LIMIT: usize = 32;

/// The most numbers that a vector may have: the vectors of [`TEXTS_LIMIT`] texts fill half a message.
pub const DIMENSIONS_LIMIT: usize = MESSAGE_LIMIT / 2 / TEXTS_LIMIT / size_of::<f32>();

/// What the app asks of a model that reads. The frame's request id names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReadingRequest {
    /// At most [`TEXTS_LIMIT`] texts, for a worker that makes vectors. Answered by [`ReadingEvent::Vectors`] or
    /// [`ReadingEvent::ReadFailed`].
    Embed(Vec<String>),
    /// For a worker that gives scores. Answered by [`ReadingEvent::Scores`] or [`ReadingEvent::ReadFailed`].
    Rerank {
        /// What the texts are to answer.
        question: String,
        /// At most [`TEXTS_LIMIT`].
        texts: Vec<String>,
    },
    /// Ends the request that has this frame's request id; it is still answered, with [`ReadFailure::Stopped`] where it was
    /// not done already.
    Stop,
}

/// What a model that reads answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReadingEvent {
    /// First of all, under request zero.
    Greeting(Greeting),
    /// Percent of the weights that are in memory.
    Loading(u8),
    /// The model can be used.
    Ready(ReadingFacts),
    /// The model cannot be used; the worker exits.
    LoadFailed(LoadFailure),
    /// Something is being computed, under request zero, every few seconds.
    Alive,
    /// Answer to [`ReadingRequest::Embed`]: a vector of length one for each text.
    Vectors {
        /// How many numbers a vector has, at most [`DIMENSIONS_LIMIT`].
        dimensions: u32,
        /// The vectors one after the other, in the order of the texts.
        numbers: Vec<f32>,
    },
    /// Answer to [`ReadingRequest::Rerank`]: a score for each text, in their order; the higher, the better it answers.
    Scores(Vec<f32>),
    /// Nothing of what was asked for is given.
    ReadFailed(ReadFailure),
}

/// What a loaded model that reads is and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFacts {
    /// `general.name` of the file, empty when it has none.
    pub name: String,
    /// What it gives.
    pub gives: Gives,
    /// Tokens of the longest text that it reads, with those that it wants around it; for scores, of question and text
    /// together.
    pub longest: u32,
    /// The devices in use, for example `CPU (Haswell)`.
    pub devices: Vec<String>,
    /// Milliseconds from opening the file to ready.
    pub load_ms: u64,
}

/// What a model that reads gives for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gives {
    /// A vector.
    Vectors {
        /// How many numbers it has.
        dimensions: u32,
    },
    /// A score.
    Scores,
}

/// Why there is no vector or score. Nothing of what was asked for is given then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReadFailure {
    /// A text has more tokens than the model knows positions, or memory has room for.
    #[error("text {text} has {tokens} tokens and the model reads {longest}")]
    TextTooLong {
        /// Which text, from zero on.
        text: usize,
        /// Tokens of the text, with those that the model wants around it (and the question, where there is one).
        tokens: u32,
        /// Tokens of the longest that can be read.
        longest: u32,
    },
    /// A text has nothing that the model could read.
    #[error("text {text} has no tokens")]
    TextEmpty {
        /// Which text, from zero on.
        text: usize,
    },
    /// It was told to stop.
    #[error("it was told to stop")]
    Stopped,
    /// llama.cpp refused, or gave no numbers.
    #[error("the model could not read: {0}")]
    Compute(String),
}
