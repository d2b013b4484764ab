//! A model's context, what is in it, and the loop that reads a prompt and writes a reply.
//!
//! Invariant: `held` is exactly the tokens whose state the context holds, at positions from zero on,
//! after every call and whatever ended it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aparte_protocol::engine::{
    EngineEvent, FinishReason, Finished, Generate, GenerateFailure, LoadFailure, ModelFacts,
    Timings,
};
use llama_cpp_2::token::LlamaToken;

use crate::context::{Computed, Context};
use crate::log;
use crate::model::Model;
use crate::sampling::Chooser;
use crate::stop_text::StopText;
use crate::tempo::{Alone, Tempo};
use crate::utf8::Utf8Pieces;

/// An open context of a model.
#[derive(Debug)]
pub struct Session<'m> {
    model: &'m Model,
    context: Context<'m>,
    held: Vec<LlamaToken>,
    tempo: Tempo,
    facts: ModelFacts,
}

impl<'m> Session<'m> {
    /// Opens a context and computes a few tokens in it, so that the first prompt finds the weights in
    /// memory and its pace known.
    ///
    /// # Errors
    /// [`LoadFailure::Damaged`] when llama.cpp cannot compute with this model.
    pub fn open(model: &'m Model) -> Result<Session<'m>, LoadFailure> {
        let threads = model.backends.threads;
        let context = Context::open(&model.llama, model.context, threads).ok_or_else(|| {
            let reasons = log::take_errors().join("; ");
            LoadFailure::Damaged(format!("no context can be opened for it: {reasons}"))
        })?;
        let unknown = Alone {
            single: f64::INFINITY,
            each: f64::INFINITY,
        };
        let mut session = Session {
            facts: ModelFacts {
                name: model.header.name.clone(),
                architecture: model.header.architecture.clone(),
                parameters: model.llama.n_params(),
                context: context.capacity().min(model.context),
                has_template: model.header.chat_template.is_some(),
                devices: model.backends.devices(),
                load_ms: 0,
            },
            model,
            context,
            held: Vec::new(),
            tempo: Tempo::new(threads, unknown),
        };
        session
            .warm_up()
            .map_err(|failure| LoadFailure::Damaged(failure.to_string()))?;
        session.facts.load_ms =
            u64::try_from(model.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(session)
    }

    /// What the model is and where it runs.
    pub fn facts(&self) -> ModelFacts {
        self.facts.clone()
    }

    /// Counts the tokens of each text, as it stands alone.
    pub fn count_tokens(&self, texts: &[String]) -> Vec<u32> {
        let tokenizer = self.model.tokenizer();
        texts
            .iter()
            .map(|text| count(tokenizer.text(text).len()))
            .collect()
    }

    /// Reads the conversation and writes the next reply, piece by piece into `emit`. Tokens that the
    /// context holds already are not computed again. `stop` ends it in the middle of a step too, on a processor. When it
    /// stops before the prompt is read, the counts are of what was read.
    ///
    /// # Errors
    /// [`GenerateFailure`]; what was emitted before stands.
    pub fn generate(
        &mut self,
        request: &Generate,
        stop: &AtomicBool,
        emit: &mut dyn FnMut(EngineEvent),
    ) -> Result<Finished, GenerateFailure> {
        let template = self
            .model
            .template
            .as_ref()
            .map_err(|reason| GenerateFailure::Template(reason.clone()))?;
        let pieces = template
            .render(&request.messages, &self.model.special)
            .map_err(GenerateFailure::Template)?;
        let prompt = self.model.tokenizer().prompt(pieces);
        if prompt.is_empty() {
            return Err(GenerateFailure::Template("it renders nothing".to_owned()));
        }
        if prompt.len() >= self.facts.context as usize {
            return Err(GenerateFailure::PromptTooLong {
                tokens: count(prompt.len()),
                context: self.facts.context,
            });
        }
        let mut timings = Timings::default();
        let is_read = self.read(&prompt, stop, emit, &mut timings)?;
        let reason = if is_read {
            let stop_text = StopText::new(template.stop_text());
            self.write(request, stop_text, stop, emit, &mut timings)?
        } else {
            FinishReason::Stopped
        };
        Ok(Finished { reason, timings })
    }

    /// Brings `prompt` into the context. False when told to stop before its end.
    fn read(
        &mut self,
        prompt: &[LlamaToken],
        stop: &AtomicBool,
        emit: &mut dyn FnMut(EngineEvent),
        timings: &mut Timings,
    ) -> Result<bool, GenerateFailure> {
        let start = Instant::now();
        self.keep_beginning_of(prompt);
        timings.reused_tokens = count(self.held.len());
        while self.held.len() < prompt.len() && !stop.load(Ordering::Relaxed) {
            let rest = &prompt[self.held.len()..];
            let piece = &rest[..rest.len().min(self.tempo.piece())];
            if self.compute(piece, piece.len() == rest.len(), stop)? == Computed::Stopped {
                break;
            }
            emit(EngineEvent::Prompt {
                done: count(self.held.len()),
                total: count(prompt.len()),
            });
        }
        timings.prompt_tokens = count(self.held.len());
        timings.prompt_ms = milliseconds(start.elapsed());
        Ok(self.held.len() == prompt.len())
    }

    /// Writes the reply to the prompt that was read.
    fn write(
        &mut self,
        request: &Generate,
        mut stop_text: StopText,
        stop: &AtomicBool,
        emit: &mut dyn FnMut(EngineEvent),
        timings: &mut Timings,
    ) -> Result<FinishReason, GenerateFailure> {
        let vocab = self.model.llama.vocab();
        let mut chooser = Chooser::new(&request.sampling, vocab.n_tokens());
        let mut characters = Utf8Pieces::default();
        let mut bytes = Vec::new();
        let mut first_token = None;
        let mut shown = Shown::default();
        let reason = loop {
            if stop.load(Ordering::Relaxed) {
                break FinishReason::Stopped;
            }
            if timings.generated_tokens == request.max_tokens {
                break FinishReason::Length;
            }
            let scores = self.context.scores();
            let token = scores
                .and_then(|scores| chooser.choose(scores))
                .ok_or_else(|| GenerateFailure::Decode("it made no usable scores".to_owned()))?;
            if vocab.is_eog(token) {
                break FinishReason::Complete;
            }
            timings.generated_tokens += 1;
            let first_token = *first_token.get_or_insert_with(Instant::now);
            timings.generation_ms = milliseconds(first_token.elapsed());
            bytes.clear();
            vocab.token_to_piece_into(token, &mut bytes, false, None);
            let (text, is_end) = stop_text.push(&characters.push(&bytes));
            shown.push(&text, emit);
            if is_end {
                break FinishReason::Complete;
            }
            if self.held.len() == self.facts.context as usize {
                break FinishReason::Length;
            }
            if timings.generated_tokens < request.max_tokens {
                let computed = self.compute(&[token], true, stop);
                if computed.is_err() {
                    // What was written stands, whatever comes.
                    shown.all(emit);
                }
                if computed? == Computed::Stopped {
                    break FinishReason::Stopped;
                }
            }
        };
        shown.push(&stop_text.finish(), emit);
        shown.all(emit);
        Ok(reason)
    }

    /// Removes from the context what is not the beginning of `prompt`. At least one token of the prompt
    /// is left to compute, because its outcome is where the reply begins.
    fn keep_beginning_of(&mut self, prompt: &[LlamaToken]) {
        let common = self
            .held
            .iter()
            .zip(prompt)
            .take_while(|(held, wanted)| held == wanted)
            .count()
            .min(prompt.len() - 1);
        if common == self.held.len() {
            return;
        }
        if common > 0 && self.context.forget_from(common, self.is_recurrent()) {
            self.held.truncate(common);
        } else {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.context.clear();
        self.held.clear();
    }

    fn is_recurrent(&self) -> bool {
        self.model.llama.is_recurrent() || self.model.llama.is_hybrid()
    }

    /// Computes `tokens` after those that are held; with `has_outcome`, the next can be chosen. Clears the
    /// context when it fails.
    fn compute(
        &mut self,
        tokens: &[LlamaToken],
        has_outcome: bool,
        stop: &AtomicBool,
    ) -> Result<Computed, GenerateFailure> {
        self.context.set_threads(self.tempo.threads());
        let start = Instant::now();
        match self.context.compute(tokens, has_outcome, stop) {
            Ok(Computed::Whole) => {
                self.held.extend_from_slice(tokens);
                self.tempo.measured(tokens.len(), start.elapsed());
                Ok(Computed::Whole)
            }
            Ok(Computed::Stopped) => {
                // A recurrent state is changed in place.
                if self.is_recurrent() || !self.context.forget_from(self.held.len(), false) {
                    self.clear();
                }
                Ok(Computed::Stopped)
            }
            Err(status) => {
                self.clear();
                Err(GenerateFailure::Decode(format!("llama_decode: {status}")))
            }
        }
    }

    /// Brings the weights into memory and learns what one thread alone can do. The context is empty
    /// afterwards.
    fn warm_up(&mut self) -> Result<(), GenerateFailure> {
        let tokens = [LlamaToken::new(0); 4];
        let never = AtomicBool::new(false);
        self.context.set_threads(1);
        let mut timed = |tokens: &[LlamaToken]| {
            let start = Instant::now();
            match self.context.compute(tokens, false, &never) {
                Ok(_) => Ok(start.elapsed()),
                Err(status) => Err(GenerateFailure::Decode(format!("llama_decode: {status}"))),
            }
        };
        timed(&tokens[..1])?;
        let single = timed(&tokens[..1])?;
        let four = timed(&tokens)?;
        let alone = Alone {
            single: single.as_secs_f64(),
            each: four.as_secs_f64() / tokens.len() as f64,
        };
        self.tempo = Tempo::new(self.model.backends.threads, alone);
        self.clear();
        Ok(())
    }
}

/// Text on its way to whoever reads along: at once where it comes slowly, else a few tokens at a time. Whoever is woken for
/// each token takes a core from the threads that compute, which wait for each other.
#[derive(Default)]
struct Shown {
    waiting: String,
    last: Option<Instant>,
}

impl Shown {
    /// Adds text, and shows what waits if the last was shown long enough ago.
    fn push(&mut self, text: &str, emit: &mut dyn FnMut(EngineEvent)) {
        self.waiting.push_str(text);
        if self.last.is_none_or(|last| last.elapsed() >= SHOWN_EVERY) {
            self.all(emit);
        }
    }

    fn all(&mut self, emit: &mut dyn FnMut(EngineEvent)) {
        if !self.waiting.is_empty() {
            emit(EngineEvent::Text(std::mem::take(&mut self.waiting)));
            self.last = Some(Instant::now());
        }
    }
}

/// Forty times a second is as often as the window draws a reply.
const SHOWN_EVERY: Duration = Duration::from_millis(25);

/// Counts of tokens are bounded by the context or by the length of a message.
fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
