//! llama.cpp behind a small safe door: load a model, read a prompt, generate a reply; or make vectors and scores of texts.
//!
//! The door opens in three steps, so that a sandbox can be closed between the first and the second:
//! [`Backends::load`] opens every library and reads every system file that is ever needed,
//! [`Model::load`] works on a file that is open already, and [`Session`] opens nothing at all.
//!
//! A hostile model file is refused by [`preflight`](preflight::preflight) where a look at its header
//! suffices. llama.cpp itself may still abort the process on a worse one, which is why this crate runs
//! in a worker and never in the app. Text of the user is never read as control tokens and never
//! reaches a log or an error.

mod backends;
mod calibration;
mod constraint;
mod context;
pub mod devices;
mod dry;
mod embedding;
mod fingerprint;
mod grammar;
mod guess;
mod idle;
mod log;
pub mod memory;
mod model;
pub mod plan;
pub mod preflight;
mod prompt;
mod reply;
mod sampling;
mod session;
mod states;
mod stop_text;
mod template;
mod tempo;
mod thinking;
mod utf8;
mod vocabulary;

pub use backends::{Backends, usable_threads};
pub use calibration::{Way, calibrate};
pub use embedding::{Embedder, EmbeddingModel, Pulse, Reranker, RerankingModel};
pub use model::Model;
pub use session::{Interruption, Session};
