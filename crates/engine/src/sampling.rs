//! How the next token is chosen.

use std::collections::HashMap;

use aparte_protocol::engine::{Sampling, Shape};
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

use crate::constraint::Constraint;
use crate::dry::Dry;
use crate::grammar::ShapeFailure;
use crate::grammar::matcher::TooManyWays;
use crate::vocabulary::Vocabulary;

/// How many tokens of the reply the repeat penalty looks back on.
const PENALTY_WINDOW: i32 = 64;

/// The most alternatives that are named beside a token.
pub(crate) const MOST_ALTERNATIVES: u8 = 20;

/// Chooses tokens as a request wants it, and remembers those that it chose.
#[derive(Debug)]
pub(crate) struct Chooser<'v> {
    chain: LlamaSampler,
    /// Whether the chain would choose what has the highest score. Candidates are made of all tokens only where it would
    /// not: that takes several times as long, and replies that are written together wait for each other's choices.
    takes_highest: bool,
    candidates: LlamaTokenDataArray,
    dry: Option<Dry<'v>>,
    constraint: Option<Constraint<'v>>,
    alternatives: Option<u8>,
}

/// What comes next in a reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// A token. Where the reply is free it may be one that ends it.
    Token(Chosen),
    /// Nothing: the reply has the shape that it must have.
    End,
}

/// A token that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) token: LlamaToken,
    /// How likely it was, where that was asked for.
    pub(crate) likelihood: Option<Likelihood>,
}

/// How likely a token was by the model's own scores, before anything was done to them. All numbers are
/// natural logarithms of probabilities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Likelihood {
    /// Of the token that was chosen.
    pub(crate) chosen: f32,
    /// The most likely tokens, the first of all first.
    pub(crate) best: Vec<(LlamaToken, f32)>,
}

/// Why no token can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NothingToChoose {
    /// The scores are no numbers, or none: a damaged model makes such.
    #[error("it made no usable scores")]
    NoScores,
    /// No token goes on as the shape of the reply demands, and the reply may not end.
    #[error("none of its words fits the shape that the reply must have")]
    NothingFits,
    /// The grammar is too ambiguous.
    #[error("the grammar can be read in too many ways")]
    TooManyWays,
}

impl From<TooManyWays> for NothingToChoose {
    fn from(TooManyWays: TooManyWays) -> NothingToChoose {
        NothingToChoose::TooManyWays
    }
}

impl<'v> Chooser<'v> {
    /// Chooses as `sampling` says, of what fits `shape`; numbers that make no sense are brought into range.
    /// With a number of `alternatives` it says of each token how likely it and so many others were.
    /// `vocabulary` is asked for only where it is needed; `tokens` is how many there are in it.
    ///
    /// # Errors
    /// [`ShapeFailure`].
    pub(crate) fn new(
        sampling: &Sampling,
        shape: &Shape,
        alternatives: Option<u8>,
        tokens: i32,
        vocabulary: impl Fn() -> &'v Vocabulary,
    ) -> Result<Chooser<'v>, ShapeFailure> {
        let sampling = in_range(sampling);
        Ok(Chooser {
            chain: chain(&sampling, tokens),
            takes_highest: sampling.temperature == 0.0
                && sampling.repeat_penalty == 1.0
                && sampling.dry == 0.0,
            candidates: LlamaTokenDataArray::new(Vec::new(), false),
            dry: (sampling.dry > 0.0).then(|| Dry::new(sampling.dry, vocabulary())),
            constraint: Constraint::new(shape, vocabulary)?,
            alternatives: alternatives.map(|count| count.min(MOST_ALTERNATIVES)),
        })
    }

    /// Chooses the next token by the `scores` of the vocabulary, and takes it for chosen: to be called
    /// once for each token.
    ///
    /// Going through all tokens with a grammar is slow, so it is asked about the one that would be chosen
    /// without it, and about all only when it refuses that.
    ///
    /// # Errors
    /// [`NothingToChoose`].
    pub(crate) fn choose(&mut self, scores: &[f32]) -> Result<Next, NothingToChoose> {
        let highest = highest(scores)?;
        if let Some(constraint) = &mut self.constraint {
            constraint.next_token();
            if constraint.must_end() {
                return Ok(Next::End);
            }
        }
        let Chooser {
            chain,
            takes_highest,
            candidates,
            dry,
            constraint,
            alternatives,
        } = self;
        let penalties = dry.as_ref().map(Dry::penalties).unwrap_or_default();
        let mut token = match takes_highest {
            true => highest,
            false => {
                fill(candidates, scores, &penalties);
                select(candidates, chain)?
            }
        };
        if let Some(constraint) = constraint {
            if !constraint.allows(token)? {
                fill(candidates, scores, &penalties);
                keep_allowed(candidates, constraint)?;
                if candidates.data.is_empty() {
                    return match constraint.may_end() {
                        true => Ok(Next::End),
                        false => Err(NothingToChoose::NothingFits),
                    };
                }
                token = select(candidates, chain)?;
            }
            if constraint.is_end(token) {
                return Ok(Next::End);
            }
            constraint.accept(token)?;
        }
        // Exactly once for each token: a second time would count it twice.
        chain
            .try_accept(token)
            .map_err(|_| NothingToChoose::NoScores)?;
        if let Some(dry) = dry {
            dry.accept(token);
        }
        let likelihood = alternatives.map(|count| likelihood(scores, token, count.into()));
        Ok(Next::Token(Chosen { token, likelihood }))
    }
}

/// The first of the tokens with the highest score.
///
/// # Errors
/// [`NothingToChoose::NoScores`] where any is no number: the samplers abort the process on such.
fn highest(scores: &[f32]) -> Result<LlamaToken, NothingToChoose> {
    let mut highest = f32::NEG_INFINITY;
    let mut has_unusable = false;
    for &score in scores {
        has_unusable |= score.is_nan() | (score == f32::INFINITY);
        highest = if score > highest { score } else { highest };
    }
    let place = scores.iter().position(|&score| score == highest);
    match place.map(i32::try_from) {
        Some(Ok(id)) if !has_unusable && highest.is_finite() => Ok(LlamaToken::new(id)),
        _ => Err(NothingToChoose::NoScores),
    }
}

/// Makes candidates of all tokens.
fn fill(
    candidates: &mut LlamaTokenDataArray,
    scores: &[f32],
    penalties: &HashMap<LlamaToken, f32>,
) {
    candidates.selected = None;
    candidates.sorted = false;
    candidates.data.clear();
    candidates.data.extend(
        (0..)
            .zip(scores)
            .map(|(id, &score)| LlamaTokenData::new(LlamaToken::new(id), score, 0.0)),
    );
    for (&token, penalty) in penalties {
        let place = usize::try_from(token.0).unwrap_or(usize::MAX);
        if let Some(candidate) = candidates.data.get_mut(place) {
            *candidate = LlamaTokenData::new(token, candidate.logit() - penalty, 0.0);
        }
    }
}

/// Leaves the candidates that are allowed and possible at all.
fn keep_allowed(
    candidates: &mut LlamaTokenDataArray,
    constraint: &mut Constraint<'_>,
) -> Result<(), TooManyWays> {
    let mut outcome = Ok(());
    candidates.data.retain(|candidate| {
        let is_possible = candidate.logit().is_finite() && outcome.is_ok();
        is_possible
            && constraint
                .allows(candidate.id())
                .unwrap_or_else(|too_many| {
                    outcome = Err(too_many);
                    false
                })
    });
    outcome
}

fn select(
    candidates: &mut LlamaTokenDataArray,
    chain: &mut LlamaSampler,
) -> Result<LlamaToken, NothingToChoose> {
    candidates.apply_sampler(chain);
    candidates.selected_token().ok_or(NothingToChoose::NoScores)
}

/// How likely `token` is, and the `count` most likely ones.
fn likelihood(scores: &[f32], token: LlamaToken, count: usize) -> Likelihood {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = scores
        .iter()
        .map(|score| f64::from(score - highest).exp())
        .sum();
    let logarithm = |score: f32| (f64::from(score - highest) - sum.ln()) as f32;
    let mut best: Vec<(LlamaToken, f32)> = Vec::new();
    for (id, &score) in (0..).zip(scores) {
        let is_better = best.len() < count || best.last().is_some_and(|last| score > last.1);
        if count == 0 || score == f32::NEG_INFINITY || !is_better {
            continue;
        }
        let place = best.partition_point(|better| better.1 >= score);
        best.insert(place, (LlamaToken::new(id), score));
        best.truncate(count);
    }
    for (_, score) in &mut best {
        *score = logarithm(*score);
    }
    let chosen = usize::try_from(token.0).ok().and_then(|id| scores.get(id));
    Likelihood {
        chosen: logarithm(chosen.copied().unwrap_or(f32::NEG_INFINITY)),
        best,
    }
}

fn chain(sampling: &Sampling, vocabulary: i32) -> LlamaSampler {
    let mut chain = Vec::new();
    if sampling.repeat_penalty != 1.0 {
        chain.push(LlamaSampler::penalties(
            vocabulary,
            PENALTY_WINDOW,
            sampling.repeat_penalty,
            0.0,
            0.0,
        ));
    }
    if sampling.temperature == 0.0 {
        chain.push(LlamaSampler::greedy());
    } else {
        if let top_k @ 1.. = i32::try_from(sampling.top_k).unwrap_or(i32::MAX) {
            chain.push(LlamaSampler::top_k(top_k));
        }
        if sampling.top_p < 1.0 {
            chain.push(LlamaSampler::top_p(sampling.top_p, 1));
        }
        if sampling.min_p > 0.0 {
            chain.push(LlamaSampler::min_p(sampling.min_p, 1));
        }
        chain.push(LlamaSampler::temp(sampling.temperature));
        chain.push(LlamaSampler::dist(sampling.seed));
    }
    LlamaSampler::chain(chain, true)
}

fn in_range(sampling: &Sampling) -> Sampling {
    let or = |value: f32, otherwise: f32| if value.is_nan() { otherwise } else { value };
    Sampling {
        temperature: or(sampling.temperature, 0.0).clamp(0.0, 2.0),
        top_k: sampling.top_k,
        top_p: or(sampling.top_p, 1.0).clamp(0.0, 1.0),
        min_p: or(sampling.min_p, 0.0).clamp(0.0, 1.0),
        repeat_penalty: match sampling.repeat_penalty {
            penalty if penalty > 0.0 => penalty.clamp(0.1, 10.0),
            _ => 1.0,
        },
        dry: or(sampling.dry, 0.0).clamp(0.0, 10.0),
        // llama.cpp takes the highest number for "a random seed".
        seed: sampling.seed.min(u32::MAX - 1),
    }
}

#[cfg(test)]
mod tests;
