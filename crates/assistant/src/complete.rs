//! A reply of the model to a prompt as it is: no documents, no citations, nothing stored. What programs build on, which hold
//! the reply to a shape and look at how likely its words were.

use std::time::Instant;

use aparte_protocol::engine::{
    ChatMessage, Finished, Generate, Likelihood, Role, Shape, Timings, Urgency,
};

use crate::answer::{AnswerTimings, Ending};
use crate::engine::{self, Progress, Stop};
use crate::error::Error;
use crate::thinking::{Thinking, Thought};
use crate::{Assistant, question};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// What the model is told, as a turn of the person.
    pub prompt: String,
    /// What the reply must look like.
    pub shape: Shape,
    /// The longest reply, in tokens.
    pub max_tokens: u32,
    /// With a number, up to 20, it is told how likely each token was, and so many others in its place.
    pub alternatives: Option<u8>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// The model's words.
    pub text: String,
    /// What it wrote on the way to them.
    pub thinking: Option<Thinking>,
    /// Whether it came to its end; a shape that was cut short is not whole.
    pub ending: Ending,
    /// Of each token, what was thought included, where that was asked for.
    pub likelihoods: Vec<Likelihood>,
    /// What it took.
    pub timings: AnswerTimings,
}

impl Assistant {
    /// Has the model reply to a prompt.
    ///
    /// # Errors
    /// [`Error::Shape`] for a grammar or schema that is none, [`Error::EngineStopped`] when the engine ended on the way.
    pub fn complete(
        &self,
        asked: Completion,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Completed, Error> {
        question::check(&asked.prompt)?;
        let started = Instant::now();
        let ms = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut completed = Completed {
            text: String::new(),
            thinking: None,
            ending: Ending::Stopped,
            likelihoods: Vec::new(),
            timings: AnswerTimings::default(),
        };
        let Some(running) = self.engine()?.ready(stop, on_progress)? else {
            return Ok(completed);
        };
        let load_ms = ms();
        let generate = Generate {
            messages: vec![ChatMessage {
                role: Role::User,
                content: asked.prompt,
            }],
            sampling: self.sampling()?,
            max_tokens: asked.max_tokens,
            urgency: Urgency::Interactive,
            // What is held to a shape is mostly taken out of a text that the prompt holds.
            copies: !matches!(asked.shape, Shape::Free),
            shape: asked.shape,
            stop_texts: Vec::new(),
            alternatives: asked.alternatives,
            state: None,
        };
        let mut thought = Thought::default();
        let mut first_word_ms = None;
        let ended = running.generate(generate, &|| stop.is_told(), &mut |progress| {
            thought.hear(&progress);
            match &progress {
                Progress::Text(text) => {
                    first_word_ms.get_or_insert_with(|| ms().saturating_sub(load_ms));
                    completed.text.push_str(text);
                }
                Progress::Likelihood(likelihood) => completed.likelihoods.push(likelihood.clone()),
                Progress::Loading(_) | Progress::Prompt(..) | Progress::Thinking(_) => {}
            }
            on_progress(progress);
        })?;
        let (ending, engine) = match ended {
            engine::Ending::Finished(Finished { reason, timings }) => (reason.into(), timings),
            engine::Ending::Died => (Ending::Interrupted, Timings::default()),
        };
        if ending == Ending::Interrupted && completed.text.is_empty() {
            return Err(Error::EngineStopped);
        }
        completed.ending = ending;
        completed.thinking = thought.end();
        completed.timings = AnswerTimings {
            load_ms,
            first_word_ms,
            engine,
            total_ms: ms().saturating_sub(load_ms),
        };
        Ok(completed)
    }
}
