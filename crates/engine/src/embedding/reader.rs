//! Reading texts with a model, as many at a time as is best.

use std::num::NonZeroUsize;
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aparte_protocol::engine::LoadFailure;
use aparte_protocol::reading::{Gives, ReadFailure, ReadingFacts};
use llama_cpp_2::token::LlamaToken;

use super::Pulse;
use super::pooled::{Computed, Pooled};
use super::trial::Trial;
use crate::model::Model;
use crate::prompt::has_endless_run;
use crate::tempo::{Alone, Tempo};

/// Bytes of a token, beyond which a text of so many tokens is not even counted.
const LONG_TOKEN: usize = 64;

/// A context that reads texts, some at a time.
#[derive(Debug)]
pub(super) struct Reader<'m> {
    pub(super) model: &'m Model,
    pub(super) pooled: Pooled<'m>,
    tempo: Tempo,
    pub(super) longest: u32,
    /// Unknown until several are to be read.
    pub(super) together: Option<NonZeroUsize>,
    /// From opening the file to ready.
    load_time: Duration,
}

impl<'m> Reader<'m> {
    pub(super) fn open(
        model: &'m Model,
        together: Option<NonZeroUsize>,
    ) -> Result<Reader<'m>, LoadFailure> {
        let opening = &model.plan.opening;
        let longest = match model.header.context_length {
            0 => opening.context,
            trained => opening.context.min(trained),
        };
        let mut pooled = Pooled::open(
            &model.llama,
            model.header.pooling,
            opening,
            Pulse::default(),
        )?;
        let texts = usual_texts(model, longest);
        let alone = measure_alone(&mut pooled, &texts[0])?;
        Ok(Reader {
            model,
            pooled,
            tempo: Tempo::new(model.backends.threads, alone),
            longest,
            together: together.map(|together| together.min(most_of(&texts))),
            load_time: model.started.elapsed(),
        })
    }

    pub(super) fn facts(&self, gives: Gives) -> ReadingFacts {
        ReadingFacts {
            name: self.model.header.name.clone(),
            gives,
            longest: self.longest,
            devices: self.model.backends.devices(),
            load_ms: u64::try_from(self.load_time.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Refuses what the tokenizer would die of, or take long over for nothing, before it is tokenized.
    pub(super) fn refuse_endless(&self, texts: &[String]) -> Result<(), ReadFailure> {
        // Words are shorter on average in every language, with the white space around them.
        let most = self.longest as usize * LONG_TOKEN;
        let endless = |text: &String| text.len() > most || has_endless_run(text);
        match texts.iter().position(endless) {
            Some(text) => Err(ReadFailure::TextTooLong {
                text,
                tokens: self.longest.saturating_add(1),
                longest: self.longest,
            }),
            None => Ok(()),
        }
    }

    /// Reads texts, given as tokens, as many at a time as is best and fit.
    pub(super) fn read(
        &mut self,
        texts: Vec<Vec<LlamaToken>>,
        stop: &AtomicBool,
    ) -> Result<Vec<Vec<f32>>, ReadFailure> {
        for (text, tokens) in texts.iter().enumerate() {
            if tokens.is_empty() {
                return Err(ReadFailure::TextEmpty { text });
            }
            if tokens.len() > self.longest as usize {
                return Err(ReadFailure::TextTooLong {
                    text,
                    tokens: u32::try_from(tokens.len()).unwrap_or(u32::MAX),
                    longest: self.longest,
                });
            }
        }
        let together = self.together_for(texts.len())?;
        let mut outcomes = Vec::with_capacity(texts.len());
        let mut rest = texts.as_slice();
        while !rest.is_empty() {
            let group = &rest[..group(rest, together, self.pooled.capacity())];
            outcomes.extend(self.compute(group, stop)?);
            rest = &rest[group.len()..];
            // A GPU ends what it was given.
            if stop.load(Ordering::Relaxed) {
                return Err(ReadFailure::Stopped);
            }
        }
        Ok(outcomes)
    }

    /// How many of so many texts are computed together. A question comes alone, and should not wait for a trial.
    fn together_for(&mut self, texts: usize) -> Result<NonZeroUsize, ReadFailure> {
        if let Some(together) = self.together {
            return Ok(together);
        }
        if texts < 2 {
            return Ok(NonZeroUsize::MIN);
        }
        let usual = usual_texts(self.model, self.longest);
        let together = try_out(&mut self.pooled, &usual)
            .map_err(|failure| ReadFailure::Compute(failure.to_string()))?;
        // What the trial needed for its largest group would be kept.
        let pulse = self.pooled.pulse();
        let Model {
            llama,
            header,
            plan,
            ..
        } = self.model;
        if let Ok(pooled) = Pooled::open(llama, header.pooling, &plan.opening, pulse) {
            self.pooled = pooled;
        }
        let together = NonZeroUsize::new(together).unwrap_or(NonZeroUsize::MIN);
        self.together = Some(together);
        Ok(together)
    }

    /// Computes texts that fit together, with as many threads as are of use at the moment.
    fn compute(
        &mut self,
        texts: &[Vec<LlamaToken>],
        stop: &AtomicBool,
    ) -> Result<Vec<Vec<f32>>, ReadFailure> {
        self.pooled.set_threads(self.tempo.threads());
        let start = Instant::now();
        match self.pooled.compute(texts, stop) {
            Ok(Computed::Whole(rows)) => {
                let tokens = texts.iter().map(Vec::len).sum();
                let idle = &self.model.backends.idle;
                self.tempo
                    .measured(tokens, start.elapsed(), || idle.seconds());
                Ok(rows)
            }
            Ok(Computed::Stopped) => Err(ReadFailure::Stopped),
            Err(reason) => Err(ReadFailure::Compute(reason)),
        }
    }
}

/// As many texts as may be read together, as long as passages of documents are.
fn usual_texts(model: &Model, longest: u32) -> Vec<Vec<LlamaToken>> {
    const USUAL: u32 = 128;
    let length = USUAL.min(longest).max(1);
    let opening = &model.plan.opening;
    let count = opening.sequences.min(opening.context / length).max(1);
    // No model is troubled by reading the same token again and again.
    let token = model.llama.vocab().bos().max(LlamaToken::new(0));
    vec![vec![token; length as usize]; count as usize]
}

/// How many texts there are, of which there is one at least.
fn most_of(texts: &[Vec<LlamaToken>]) -> NonZeroUsize {
    NonZeroUsize::new(texts.len()).unwrap_or(NonZeroUsize::MIN)
}

/// Brings the weights into memory and learns what one thread alone can do.
fn measure_alone(pooled: &mut Pooled<'_>, text: &Vec<LlamaToken>) -> Result<Alone, LoadFailure> {
    let short = vec![text[0]];
    timed(pooled, slice::from_ref(&short))?;
    let single = timed(pooled, slice::from_ref(&short))?;
    let each = timed(pooled, slice::from_ref(text))?;
    Ok(Alone {
        single: single.as_secs_f64(),
        each: each.as_secs_f64() / text.len() as f64,
    })
}

/// Finds out how many of `texts`, all of one length, are best computed together. One thread computes, because what several
/// take depends on what the machine does beside.
fn try_out(pooled: &mut Pooled<'_>, texts: &[Vec<LlamaToken>]) -> Result<usize, LoadFailure> {
    let mut trial = Trial::new(texts.len());
    while let Some(together) = trial.next() {
        let elapsed = timed(pooled, &texts[..together])?;
        trial.measured(elapsed);
    }
    Ok(trial.best())
}

/// How long one thread takes for `texts`.
fn timed(pooled: &mut Pooled<'_>, texts: &[Vec<LlamaToken>]) -> Result<Duration, LoadFailure> {
    pooled.set_threads(1);
    let start = Instant::now();
    match pooled.compute(texts, &AtomicBool::new(false)) {
        Ok(_) => Ok(start.elapsed()),
        Err(reason) => Err(LoadFailure::Damaged(reason)),
    }
}

/// How many of the first texts are computed together: those that fit, at most `together`, at least one.
fn group(texts: &[Vec<LlamaToken>], together: NonZeroUsize, capacity: usize) -> usize {
    let mut tokens = 0;
    texts
        .iter()
        .take(together.get())
        .take_while(|text| {
            tokens += text.len();
            tokens <= capacity
        })
        .count()
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lengths: &[usize]) -> Vec<Vec<LlamaToken>> {
        lengths
            .iter()
            .map(|&length| vec![LlamaToken::new(0); length])
            .collect()
    }

    #[test]
    fn as_many_texts_are_computed_together_as_is_best_and_fit() {
        let four = NonZeroUsize::new(4).unwrap();
        assert_eq!(group(&texts(&[10, 10, 10, 10, 10]), four, 512), 4);
        assert_eq!(group(&texts(&[10, 10]), four, 512), 2);
        assert_eq!(group(&texts(&[200, 200, 200]), four, 512), 2);
        assert_eq!(group(&texts(&[512, 1]), four, 512), 1);
        assert_eq!(group(&texts(&[10, 10]), NonZeroUsize::MIN, 512), 1);
    }
}
