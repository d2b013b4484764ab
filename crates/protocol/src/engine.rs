//! Messages to and from `aparte-worker engine MODEL`: one model a process, which writes. What is said to one that was
//! started for another [`Purpose`] is in [`reading`](crate::reading).
//!
//! The worker greets, loads the model it was started with ([`EngineEvent::Loading`] until
//! [`EngineEvent::Ready`] or [`EngineEvent::LoadFailed`]) and then serves requests, several at a time.
//!
//! The state of a conversation is what the model has computed from its tokens. It travels as a run of bytes, which mean
//! something to a worker with the same [`ModelFacts::fingerprint`] only and are to be brought back unchanged.

use serde::{Deserialize, Serialize};

use crate::Greeting;
use crate::calibration::{Trial, Tuning};

/// What the model of a worker is for: `aparte-worker engine MODEL --for PURPOSE`; without a word it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To write replies.
    Write,
    /// To make vectors of texts.
    Embed,
    /// To say how well texts answer a question.
    Rerank,
}

impl Purpose {
    /// As it stands among the arguments.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Write => "write",
            Purpose::Embed => "embed",
            Purpose::Rerank => "rerank",
        }
    }

    /// The purpose of this name.
    pub fn of_name(name: &str) -> Option<Purpose> {
        [Purpose::Write, Purpose::Embed, Purpose::Rerank]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// What the app asks of the engine. The frame's request id names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EngineRequest {
    /// Answered by any number of [`EngineEvent::Prompt`] and [`EngineEvent::Text`], then
    /// [`EngineEvent::Finished`] or [`EngineEvent::Failed`].
    Generate(Generate),
    /// Answered by [`EngineEvent::TokenCounts`], one count a text, markers of the template not included.
    CountTokens(Vec<String>),
    /// Answered by [`EngineEvent::TokenCounts`] with one count, of the conversation as the model would read it, or by
    /// [`EngineEvent::Failed`].
    CountPrompt(Vec<ChatMessage>),
    /// Answered by the bytes of the state of this name; by none where there is none.
    GiveState(StateName),
    /// Followed by the bytes of a state; answered by [`EngineEvent::StateTaken`].
    TakeState(StateName),
    /// Forgets and overwrites all states that are not in use; answered by [`EngineEvent::StatesForgotten`].
    ForgetStates,
    /// Finds out what the model is computed with the fastest, once there is nothing else to do, which takes a few seconds;
    /// answered by [`EngineEvent::Tried`]. Gives way to whatever is asked meanwhile.
    Calibrate,
    /// Ends the generation that has this frame's request id; it still answers with `Finished`.
    Stop,
}

/// What the engine answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EngineEvent {
    /// First of all, under request zero.
    Greeting(Greeting),
    /// Percent of the weights that are in memory.
    Loading(u8),
    /// The model can be used.
    Ready(ModelFacts),
    /// The model cannot be used; the worker exits.
    LoadFailed(LoadFailure),
    /// Something is being computed, under request zero, every few seconds. An engine with something to do that says nothing
    /// hangs.
    Alive,
    /// How much of the prompt is read.
    Prompt {
        /// Tokens in the context so far, the reused ones included.
        done: u32,
        /// Tokens of the whole prompt.
        total: u32,
    },
    /// The next piece of the reply: never empty, never a part of a character.
    Text(String),
    /// The next piece of what a reasoning model writes on the way to its reply, in the same way.
    Thinking(String),
    /// How likely the token was that was just chosen, where that was asked for.
    Likelihood(Likelihood),
    /// The reply is over.
    Finished(Finished),
    /// The reply could not be made or continued; what was sent before stands.
    Failed(GenerateFailure),
    /// Answer to [`EngineRequest::CountTokens`] and [`EngineRequest::CountPrompt`].
    TokenCounts(Vec<u32>),
    /// Answer to [`EngineRequest::TakeState`]: whether the bytes were a state.
    StateTaken(bool),
    /// Answer to [`EngineRequest::ForgetStates`].
    StatesForgotten,
    /// Answer to [`EngineRequest::Calibrate`].
    Tried(Trial),
    /// A piece of the bytes of a state; a frame of its own kind, not a message.
    #[serde(skip)]
    Bytes(Vec<u8>),
    /// The end of the bytes of a state; a frame of its own kind, not a message.
    #[serde(skip)]
    BytesEnd,
}

/// A conversation to continue, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// Oldest first. Text in here is never read as control tokens.
    pub messages: Vec<ChatMessage>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// The most tokens to generate.
    pub max_tokens: u32,
    /// Who waits for it.
    pub urgency: Urgency,
    /// What the reply must look like.
    pub shape: Shape,
    /// Texts that end the reply, and are not shown. At most 64, of at most 1024 bytes each.
    pub stop_texts: Vec<String>,
    /// With a number, up to 20, each token is told with its probability and those of so many others.
    pub alternatives: Option<u8>,
    /// Whether the reply is likely to copy from the prompt, as one that quotes, extracts or corrects does: it is written
    /// faster then, with the same kind of choices.
    pub copies: bool,
    /// Under which the state is kept afterwards; without a name it may be used again but not asked for.
    pub state: Option<StateName>,
}

/// Who waits for a reply. The more urgent is the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Urgency {
    /// Somebody, who reads along.
    Interactive,
    /// Nobody at the moment: it gives way to what is interactive, and does not stand still for it.
    Background,
}

/// Names the state of a conversation. It says nothing: a worker is not told whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StateName(pub [u8; 16]);

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// How the next token is chosen. The steps are taken in this order: penalties, `top_k`, `top_p`, `min_p`,
/// temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Zero is greedy; otherwise 0 to 2.
    pub temperature: f32,
    /// Keep so many of the most likely tokens; 0 keeps all.
    pub top_k: u32,
    /// Keep the most likely tokens up to this probability, 0 to 1; 1 keeps all.
    pub top_p: f32,
    /// Keep the tokens that are at least so likely, as a share of the most likely one, 0 to 1; 0 keeps all.
    pub min_p: f32,
    /// Divides the logit of tokens seen lately; 1 does nothing.
    pub repeat_penalty: f32,
    /// How much is taken from the logit of a token that would go on with what the reply has already said
    /// word for word: this at two tokens alike before it, and 1.75 times more for each further one. A line
    /// break, a colon, a quotation mark or a star begins anew. 0 does nothing; up to 10.
    pub dry: f32,
    /// The same seed, prompt and build give the same reply.
    pub seed: u32,
}

impl Sampling {
    /// The most likely token, always: the same question has the same answer. No penalty on repeated words:
    /// an answer repeats those of the question.
    pub const CAREFUL: Sampling = Sampling {
        temperature: 0.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repeat_penalty: 1.0,
        dry: 0.0,
        seed: 0,
    };

    /// For conversation: words vary, while what is unlikely stays out, whose share a small model rates too
    /// high. Whole sentences are kept from coming again; single words may.
    pub const BALANCED: Sampling = Sampling {
        temperature: 0.7,
        top_k: 40,
        top_p: 0.95,
        min_p: 0.05,
        repeat_penalty: 1.0,
        dry: 0.4,
        seed: 0,
    };

    /// For stories and ideas: the model's own spread of words. Only `min_p` cuts it, which leaves many words
    /// where many are as good, and few where the model is sure.
    pub const CREATIVE: Sampling = Sampling {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.05,
        repeat_penalty: 1.0,
        dry: 0.8,
        seed: 0,
    };
}

/// What a reply must look like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// As the model likes.
    #[default]
    Free,
    /// A text that this grammar makes, in llama.cpp's GBNF. At most 64 KiB.
    Grammar(String),
    /// JSON that fits this JSON schema, of which the engine knows the common part. At most 64 KiB.
    Json(String),
}

/// How likely a token and the most likely ones in its place were, by the model's own scores: natural logarithms of
/// probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    /// The bytes that the token stands for, which may be a part of a character.
    pub token: Vec<u8>,
    /// Of the token.
    pub log: f32,
    /// The most likely tokens, the first of all first.
    pub best: Vec<(Vec<u8>, f32)>,
}

/// What a loaded model is and where it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// `general.name` of the file, empty when it has none.
    pub name: String,
    /// `general.architecture`, for example `llama`.
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// Tokens that the open context holds.
    pub context: u32,
    /// The chat template in its file; without one a plain form is used.
    pub template: Option<Box<Template>>,
    /// The devices in use, for example `CPU (Haswell)`.
    pub devices: Vec<String>,
    /// Of the model's file and of everything that decides how a state is laid out: states go from a worker to another
    /// only where it is the same. SHA-256, of samples of the file: it tells models apart and proves nothing.
    pub fingerprint: [u8; 32],
    /// Milliseconds from opening the file to ready.
    pub load_ms: u64,
    /// The devices and how many cores of the processor compute, in words, without control characters.
    pub machine: String,
    /// What the context was opened with.
    pub tuning: Tuning,
    /// Whether an earlier trial chose that; else it is what suits most machines.
    pub calibrated: bool,
    /// In what the model runs with less than it could have; empty where all is as wished.
    pub steps: Vec<StepDown>,
}

/// The chat template of a model: a program in Jinja that whoever made the file chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// As it stands in the file: at most 1 MiB.
    pub source: String,
    /// Of the source's bytes.
    pub sha256: [u8; 32],
    /// The model family whose template this is, to the letter; `None` for one that nobody here has tested.
    pub family: Option<String>,
    /// Whether it speaks of thinking, as those of reasoning models do.
    pub thinks: bool,
    /// Why it is none: nothing can be asked of such a model.
    pub trouble: Option<String>,
}

/// In what a model runs with less than was wished, because there is too little memory for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepDown {
    /// The GPUs have room for some layers only; the processor computes the others.
    FewerLayersOnGpu {
        /// On GPUs.
        layers: u64,
        /// In all.
        of: u64,
    },
    /// No GPU has room for a layer; the processor computes everything. In bytes.
    GpuTooSmall {
        /// Free on the GPU that has most.
        free: u64,
    },
    /// There is a GPU but none says how much memory it has; the processor computes everything.
    GpuMemoryUnknown,
    /// The memory has no room for the whole context. In tokens.
    ShorterContext {
        /// What was wished.
        wanted: u32,
        /// What there is room for.
        given: u32,
    },
}

/// The end of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Why it ended.
    pub reason: FinishReason,
    /// What it took.
    pub timings: Timings,
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinishReason {
    /// The model said that it was done.
    Complete,
    /// `max_tokens` were generated, or the context is full.
    Length,
    /// It was told to stop.
    Stopped,
}

/// Token counts and times of one reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Tokens of the whole prompt.
    pub prompt_tokens: u32,
    /// Of these, how many were in the context already and were not evaluated again.
    pub reused_tokens: u32,
    /// Tokens of the reply.
    pub generated_tokens: u32,
    /// Milliseconds spent on the prompt tokens that were not reused.
    pub prompt_ms: f64,
    /// Milliseconds from the first generated token to the last.
    pub generation_ms: f64,
}

impl Timings {
    /// Prompt tokens evaluated in a second; `None` when all of them were reused.
    pub fn prompt_tokens_per_s(&self) -> Option<f64> {
        let evaluated = self.prompt_tokens.saturating_sub(self.reused_tokens);
        (evaluated > 0 && self.prompt_ms > 0.0).then(|| f64::from(evaluated) * 1e3 / self.prompt_ms)
    }

    /// Tokens generated in a second. The first token falls out of the prompt, so it is not counted.
    pub fn generation_tokens_per_s(&self) -> Option<f64> {
        let after_first = self.generated_tokens.saturating_sub(1);
        (after_first > 0 && self.generation_ms > 0.0)
            .then(|| f64::from(after_first) * 1e3 / self.generation_ms)
    }
}

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LoadFailure {
    /// It could not be opened or read.
    #[error("the model file cannot be read: {0}")]
    Unreadable(String),
    /// It has no bytes.
    #[error("the model file is empty")]
    Empty,
    /// It does not begin as a GGUF file does.
    #[error("the file is not a GGUF model")]
    NotGguf,
    /// A GGUF file whose header lies or that was cut short.
    #[error("the model file is damaged: {0}")]
    Damaged(String),
    /// A sound GGUF file that this build of llama.cpp does not know how to run.
    #[error("models of this kind ({0}) are not supported")]
    Unsupported(String),
    /// Weights and context do not fit. Both in bytes.
    #[error("the model needs {needed} bytes of memory and {available} are free")]
    TooBigForMemory {
        /// Weights, context and working memory.
        needed: u64,
        /// What the system says it can give.
        available: u64,
    },
    /// The folder of compute libraries is missing or not of this build, or the processor is too old
    /// for every one of them.
    #[error("no compute library can be used here: {0}")]
    NoComputeLibrary(String),
}

/// Why a reply could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum GenerateFailure {
    /// The prompt alone does not fit the context. Both in tokens.
    #[error("the prompt has {tokens} tokens and the context holds {context}")]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: u32,
        /// Tokens that the context holds.
        context: u32,
    },
    /// What the reply must look like cannot be: the grammar or schema is none, or too large, or there are too many texts that
    /// end it.
    #[error("the reply cannot be held to its shape: {0}")]
    Shape(String),
    /// The model's own chat template failed.
    #[error("the model's chat template failed: {0}")]
    Template(String),
    /// llama.cpp refused a step.
    #[error("the model could not continue: {0}")]
    Decode(String),
}
