//! Models that read texts as a whole: one makes a vector of each, another says how well each answers a question.
//!
//! Such a model does not write, and one that writes is not taken for this: the types keep them apart. No text is cut
//! without a word; what is too long is refused. How many texts are computed together is found out when several are first read, because a
//! processor is slower with several (each token is laid beside those of the other texts too) and a GPU is faster.
//! What texts must begin with (`query: `, `passage: `) belongs to the model's card and is left to the caller.

mod pooled;
mod reader;
mod trial;

use std::fs::File;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aparte_protocol::engine::LoadFailure;
use aparte_protocol::reading::{DIMENSIONS_LIMIT, Gives, ReadFailure, ReadingFacts};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::backends::Backends;
use crate::memory::Opening;
use crate::model::{Model, Purpose};
use crate::plan::Plan;
use crate::preflight::Pooling;

use pooled::Pooled;
use reader::Reader;

/// A model that makes vectors of texts.
#[derive(Debug)]
pub struct EmbeddingModel(Model);

impl EmbeddingModel {
    /// Loads it as [`Model::load`] does one that writes.
    ///
    /// # Errors
    /// As there; [`LoadFailure::Unsupported`] for a model that was made for something else, or whose vectors have more than
    /// [`DIMENSIONS_LIMIT`] numbers.
    pub fn load(
        backends: Backends,
        file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<EmbeddingModel, LoadFailure> {
        let model = Model::load_for(Purpose::Embed, backends, file, on_progress)?;
        if pooled::width_of(&model.llama) > DIMENSIONS_LIMIT {
            return Err(LoadFailure::Unsupported(model.header.architecture));
        }
        Ok(EmbeddingModel(model))
    }

    /// Where the model went, and how long a text it has room for.
    pub fn plan(&self) -> &Plan {
        self.0.plan()
    }
}

/// A model that says how well a text answers a question.
#[derive(Debug)]
pub struct RerankingModel(Model);

impl RerankingModel {
    /// Loads it as [`Model::load`] does one that writes.
    ///
    /// # Errors
    /// As there; [`LoadFailure::Unsupported`] for a model without the weights that make a score, whose scores would be
    /// next to zero for everything.
    pub fn load(
        backends: Backends,
        file: File,
        on_progress: &mut dyn FnMut(u8),
    ) -> Result<RerankingModel, LoadFailure> {
        let model = Model::load_for(Purpose::Rerank, backends, file, on_progress)?;
        // Several scores are those of a classifier; the two of a Qwen3 reranker are *yes* and *no*.
        let scores = pooled::scores_of(&model.llama);
        if scores != 1 && !model.header.architecture.starts_with("qwen3") {
            return Err(LoadFailure::Unsupported(model.header.architecture));
        }
        Ok(RerankingModel(model))
    }

    /// Where the model went, and how long a text it has room for.
    pub fn plan(&self) -> &Plan {
        self.0.plan()
    }
}

/// Makes vectors of texts.
#[derive(Debug)]
pub struct Embedder<'m>(Reader<'m>);

impl<'m> Embedder<'m> {
    /// Opens a context. How many texts are best computed together is tried when several are first read: it takes up to a second
    /// on a slow machine, which a question alone need not wait for.
    ///
    /// # Errors
    /// [`LoadFailure::Damaged`] when llama.cpp cannot compute with this model.
    pub fn open(model: &'m EmbeddingModel) -> Result<Embedder<'m>, LoadFailure> {
        Reader::open(&model.0, None).map(Embedder)
    }

    /// Opens a context for as many texts together as [`Embedder::texts_together`] said at another time.
    ///
    /// # Errors
    /// As [`Embedder::open`].
    pub fn open_for(
        model: &'m EmbeddingModel,
        texts_together: NonZeroUsize,
    ) -> Result<Embedder<'m>, LoadFailure> {
        Reader::open(&model.0, Some(texts_together)).map(Embedder)
    }

    /// A vector of length one for each text, in their order; the more alike two texts are, the larger is the sum of the products
    /// of their vectors' numbers. `stop` ends it in the middle of a computation, on a processor.
    ///
    /// # Errors
    /// [`ReadFailure`], before anything is computed where a text is too long or empty.
    pub fn embed(
        &mut self,
        texts: &[String],
        stop: &AtomicBool,
    ) -> Result<Vec<Vec<f32>>, ReadFailure> {
        self.0.refuse_endless(texts)?;
        let vocab = self.0.model.llama.vocab();
        let texts = texts
            .iter()
            .map(|text| vocab.tokenize(text.as_bytes(), true, false))
            .collect();
        self.0
            .read(texts, stop)?
            .into_iter()
            .map(|vector| {
                of_length_one(vector)
                    .ok_or_else(|| ReadFailure::Compute("a vector has no direction".to_owned()))
            })
            .collect()
    }

    /// What the model is and where it runs.
    pub fn facts(&self) -> ReadingFacts {
        // A header cannot ask for more numbers than C counts.
        let dimensions = u32::try_from(self.dimensions()).unwrap_or(u32::MAX);
        self.0.facts(Gives::Vectors { dimensions })
    }

    /// Tells from any thread whether something is being computed.
    pub fn pulse(&self) -> Pulse {
        self.0.pooled.pulse()
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.0.pooled.width()
    }

    /// Tokens of the longest text that can be read, with those that the model wants around it.
    pub fn longest(&self) -> u32 {
        self.0.longest
    }

    /// How many texts are computed together; `None` as long as several were never read.
    pub fn texts_together(&self) -> Option<NonZeroUsize> {
        self.0.together
    }
}

/// Says how well texts answer a question.
#[derive(Debug)]
pub struct Reranker<'m>(Reader<'m>);

impl<'m> Reranker<'m> {
    /// Opens a context. How many texts are best computed together is tried when several are first read: it takes up to a second
    /// on a slow machine, which a question alone need not wait for.
    ///
    /// # Errors
    /// [`LoadFailure::Damaged`] when llama.cpp cannot compute with this model.
    pub fn open(model: &'m RerankingModel) -> Result<Reranker<'m>, LoadFailure> {
        Reader::open(&model.0, None).map(Reranker)
    }

    /// Opens a context for as many texts together as [`Reranker::texts_together`] said at another time.
    ///
    /// # Errors
    /// As [`Reranker::open`].
    pub fn open_for(
        model: &'m RerankingModel,
        texts_together: NonZeroUsize,
    ) -> Result<Reranker<'m>, LoadFailure> {
        Reader::open(&model.0, Some(texts_together)).map(Reranker)
    }

    /// A score for each text, in their order: the higher, the better it answers `question`. Scores of one model can be
    /// compared with each other; what their size means is the model's own. `stop` ends it in the middle of a
    /// computation, on a processor.
    ///
    /// # Errors
    /// [`ReadFailure`], before anything is computed where a text is too long with the question.
    pub fn rerank(
        &mut self,
        question: &str,
        texts: &[String],
        stop: &AtomicBool,
    ) -> Result<Vec<f32>, ReadFailure> {
        self.0.refuse_endless(texts)?;
        self.0.refuse_endless(&[question.to_owned()])?;
        let pairs = texts
            .iter()
            .map(|text| pair(self.0.model, question, text))
            .collect();
        self.0
            .read(pairs, stop)?
            .into_iter()
            .map(|scores| match scores.first() {
                Some(score) if score.is_finite() => Ok(*score),
                _ => Err(ReadFailure::Compute("a score is no number".to_owned())),
            })
            .collect()
    }

    /// What the model is and where it runs.
    pub fn facts(&self) -> ReadingFacts {
        self.0.facts(Gives::Scores)
    }

    /// Tells from any thread whether something is being computed.
    pub fn pulse(&self) -> Pulse {
        self.0.pooled.pulse()
    }

    /// Tokens of the longest question and text together that can be read, with those that the model wants around them.
    pub fn longest(&self) -> u32 {
        self.0.longest
    }

    /// How many texts are computed together; `None` as long as several were never read.
    pub fn texts_together(&self) -> Option<NonZeroUsize> {
        self.0.together
    }
}

/// Grows while a model reads: within a computation on a processor, and from one to the next on a GPU.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// How far it has grown.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether there is memory for a context that reads texts as `opening` says.
pub(crate) fn has_room(llama: &LlamaModel, pooling: Pooling, opening: &Opening) -> bool {
    Pooled::open(llama, pooling, opening, Pulse::default()).is_ok()
}

/// Tokens of a question and a text as the model was taught to read them.
fn pair(model: &Model, question: &str, text: &str) -> Vec<LlamaToken> {
    let vocab = model.llama.vocab();
    if let Some(template) = &model.header.rerank_template {
        return fill(model, template, question, text);
    }
    let mut tokens = vocab.tokenize(question.as_bytes(), true, false);
    let text = vocab.tokenize(text.as_bytes(), true, false);
    let begins = vocab.should_add_bos() && text.first() == Some(&vocab.bos());
    // BERT marks the end of each; its descendants mark the place between them twice.
    if vocab.should_add_sep() && !pooled::has_vocabulary_of_bert(&model.llama) && vocab.sep().0 >= 0
    {
        tokens.push(vocab.sep());
    }
    tokens.extend_from_slice(&text[usize::from(begins)..]);
    tokens
}

/// Tokens of a template with `{query}` and `{document}` in it. Control tokens are recognised in its own text alone.
fn fill(model: &Model, template: &str, question: &str, text: &str) -> Vec<LlamaToken> {
    let vocab = model.llama.vocab();
    let mut tokens = Vec::new();
    let mut rest = template;
    while let Some((at, mark, content)) = [("{query}", question), ("{document}", text)]
        .into_iter()
        .filter_map(|(mark, content)| rest.find(mark).map(|at| (at, mark, content)))
        .min_by_key(|&(at, _, _)| at)
    {
        tokens.extend(vocab.tokenize(&rest.as_bytes()[..at], false, true));
        tokens.extend(vocab.tokenize(content.as_bytes(), false, false));
        rest = &rest[at + mark.len()..];
    }
    tokens.extend(vocab.tokenize(rest.as_bytes(), false, true));
    tokens
}

/// The vector in the same direction that has length one; `None` for one that has no direction.
fn of_length_one(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let square: f64 = vector.iter().map(|&number| f64::from(number).powi(2)).sum();
    let length = square.sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    for number in &mut vector {
        *number = (f64::from(*number) / length) as f32;
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_keeps_its_direction_and_gets_length_one() {
        assert_eq!(of_length_one(vec![3.0, -4.0]), Some(vec![0.6, -0.8]));
        let tiny = of_length_one(vec![1e-30, 0.0]).unwrap();
        assert_eq!(tiny, [1.0, 0.0]);
    }

    #[test]
    fn a_vector_without_a_direction_is_none() {
        assert_eq!(of_length_one(vec![0.0, 0.0]), None);
        assert_eq!(of_length_one(vec![f32::NAN, 1.0]), None);
        assert_eq!(of_length_one(vec![f32::INFINITY, 1.0]), None);
        assert_eq!(of_length_one(Vec::new()), None);
    }
}
