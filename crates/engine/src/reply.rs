//! One reply as it is written: from scores to tokens to text, and when it is over.

use std::time::{Duration, Instant};

use aparte_protocol::engine::{
    EngineEvent, FinishReason, Generate, GenerateFailure, Likelihood, Shape, Timings,
};
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use crate::model::Model;
use crate::sampling::{self, Chooser};
use crate::stop_text::{self, StopTexts};
use crate::thinking::{Said, Thinking};
use crate::utf8::Utf8Pieces;

/// A reply on its way.
#[derive(Debug)]
pub(crate) struct Reply<'m> {
    chooser: Chooser<'m>,
    characters: Utf8Pieces,
    stop_texts: StopTexts,
    thinking: Thinking,
    shown: Shown,
    max_tokens: u32,
    first_token: Option<Instant>,
    bytes: Vec<u8>,
    pub(crate) timings: Timings,
}

/// What comes next in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// This token, whose outcome is needed to go on.
    Token(LlamaToken),
    /// Nothing.
    Over(FinishReason),
}

impl<'m> Reply<'m> {
    /// A reply to `request`, which ends at one of `stops` too. `begins_in_thinking` says whether its prompt has opened what is
    /// thought.
    ///
    /// # Errors
    /// [`GenerateFailure::Shape`].
    pub(crate) fn new(
        request: &Generate,
        stops: impl IntoIterator<Item = String>,
        begins_in_thinking: bool,
        model: &'m Model,
    ) -> Result<Reply<'m>, GenerateFailure> {
        let chooser = Chooser::new(
            &request.sampling,
            &request.shape,
            request.alternatives,
            model.llama.vocab().n_tokens(),
            || model.vocabulary(),
        )
        .map_err(|failure| GenerateFailure::Shape(failure.to_string()))?;
        if !stop_text::are_few(&request.stop_texts) {
            let (most, longest) = (stop_text::MOST, stop_text::LONGEST);
            return Err(GenerateFailure::Shape(format!(
                "it may end at {most} texts of {longest} bytes at the most"
            )));
        }
        let stops = request.stop_texts.iter().cloned().chain(stops);
        Ok(Reply {
            chooser,
            characters: Utf8Pieces::default(),
            stop_texts: StopTexts::new(stops),
            // What is held to a shape has no room for thinking.
            thinking: Thinking::new(begins_in_thinking && request.shape == Shape::Free),
            shown: Shown::default(),
            max_tokens: request.max_tokens,
            first_token: None,
            bytes: Vec::new(),
            timings: Timings::default(),
        })
    }

    /// The most tokens that it may have.
    pub(crate) fn max_tokens(&self) -> u32 {
        self.max_tokens
    }

    /// Whether a token was chosen yet.
    pub(crate) fn has_begun(&self) -> bool {
        self.first_token.is_some()
    }

    /// Chooses by `scores` and shows what that adds to the text. `has_room` says whether the context holds
    /// one token more.
    ///
    /// # Errors
    /// [`GenerateFailure::Decode`] when nothing can be chosen by these scores; all text was shown then.
    pub(crate) fn go_on(
        &mut self,
        scores: Option<&[f32]>,
        vocab: LlamaVocab<'_>,
        has_room: bool,
        emit: &mut dyn FnMut(EngineEvent),
    ) -> Result<Next, GenerateFailure> {
        if self.max_tokens == 0 {
            return Ok(self.over(FinishReason::Length, emit));
        }
        let chosen = match self.chooser.choose(scores.unwrap_or_default()) {
            Ok(sampling::Next::Token(chosen)) if !vocab.is_eog(chosen.token) => chosen,
            Ok(sampling::Next::Token(_) | sampling::Next::End) => {
                return Ok(self.over(FinishReason::Complete, emit));
            }
            Err(failure) => {
                self.shown.all(emit);
                return Err(GenerateFailure::Decode(failure.to_string()));
            }
        };
        let token = chosen.token;
        self.timings.generated_tokens += 1;
        let first_token = *self.first_token.get_or_insert_with(Instant::now);
        self.timings.generation_ms = milliseconds(first_token.elapsed());
        self.bytes.clear();
        vocab.token_to_piece_into(token, &mut self.bytes, false, None);
        if let Some(likelihood) = &chosen.likelihood {
            emit(EngineEvent::Likelihood(told(
                likelihood,
                &self.bytes,
                &vocab,
            )));
        }
        let (text, is_end) = self.stop_texts.push(&self.characters.push(&self.bytes));
        for said in self.thinking.push(&text) {
            self.shown.push(said, emit);
        }
        if is_end {
            return Ok(self.over(FinishReason::Complete, emit));
        }
        if !has_room || self.timings.generated_tokens == self.max_tokens {
            return Ok(self.over(FinishReason::Length, emit));
        }
        Ok(Next::Token(token))
    }

    /// Shows what was held back, because nothing follows.
    pub(crate) fn show_rest(&mut self, emit: &mut dyn FnMut(EngineEvent)) {
        let rest = self.stop_texts.finish();
        let mut said = self.thinking.push(&rest);
        said.extend(self.thinking.finish());
        for said in said {
            self.shown.push(said, emit);
        }
        self.shown.all(emit);
    }

    fn over(&mut self, reason: FinishReason, emit: &mut dyn FnMut(EngineEvent)) -> Next {
        self.show_rest(emit);
        Next::Over(reason)
    }
}

/// A likelihood as it is told: the token that was chosen stands for `bytes`.
fn told(likelihood: &sampling::Likelihood, bytes: &[u8], vocab: &LlamaVocab<'_>) -> Likelihood {
    let best = likelihood.best.iter().map(|&(token, log)| {
        let mut bytes = Vec::new();
        vocab.token_to_piece_into(token, &mut bytes, false, None);
        (bytes, log)
    });
    Likelihood {
        token: bytes.to_vec(),
        log: likelihood.chosen,
        best: best.collect(),
    }
}

/// Text on its way to whoever reads along: at once where it comes slowly, else a few tokens at a time. Whoever is woken for
/// each token takes a core from the threads that compute, which wait for each other.
#[derive(Debug, Default)]
struct Shown {
    waiting: String,
    is_thought: bool,
    last: Option<Instant>,
}

impl Shown {
    /// Adds text, and shows what waits if the last was shown long enough ago.
    fn push(&mut self, said: Said, emit: &mut dyn FnMut(EngineEvent)) {
        let (text, is_thought) = match said {
            Said::Thinking(text) => (text, true),
            Said::Answer(text) => (text, false),
        };
        if is_thought != self.is_thought {
            self.all(emit);
            self.is_thought = is_thought;
        }
        self.waiting.push_str(&text);
        if self.last.is_none_or(|last| last.elapsed() >= SHOWN_EVERY) {
            self.all(emit);
        }
    }

    fn all(&mut self, emit: &mut dyn FnMut(EngineEvent)) {
        if !self.waiting.is_empty() {
            let text = std::mem::take(&mut self.waiting);
            emit(match self.is_thought {
                true => EngineEvent::Thinking(text),
                false => EngineEvent::Text(text),
            });
            self.last = Some(Instant::now());
        }
    }
}

/// Forty times a second is as often as the window draws a reply.
const SHOWN_EVERY: Duration = Duration::from_millis(25);

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
