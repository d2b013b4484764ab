//! Vectors and scores of texts, beside those computed from the definition of the model.

use std::fs::File;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use aparte_engine::{Embedder, EmbeddingModel, Model, Reranker, RerankingModel};
use aparte_protocol::engine::LoadFailure;
use aparte_protocol::reading::ReadFailure;

use crate::decoder::{GROUPED, decoder};
use crate::encoder::{Bert, LONGEST, Pooled};
use crate::gguf::Gguf;
use crate::{backends, turn};

/// llama.cpp computes in 32 bits, with keys and values and the curve of the inner layer in 16.
const TOLERANCE: f64 = 0.01;

const TEXTS: [&str; 5] = [
    "the cat sat on the mat",
    "home",
    "the red dog ran home on the red mat the cat sat on",
    "the dog ran",
    "red house",
];

fn texts() -> Vec<String> {
    TEXTS.map(str::to_owned).to_vec()
}

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn file(gguf: &Gguf) -> File {
    gguf.file().reopen().unwrap()
}

fn with_embedder(gguf: &Gguf, together: usize, test: impl FnOnce(&mut Embedder<'_>)) {
    let _turn = turn();
    let model = EmbeddingModel::load(backends(), file(gguf), &mut |_| ()).unwrap();
    let together = NonZeroUsize::new(together).unwrap();
    test(&mut Embedder::open_for(&model, together).unwrap());
}

fn with_reranker(gguf: &Gguf, together: usize, test: impl FnOnce(&mut Reranker<'_>)) {
    let _turn = turn();
    let model = RerankingModel::load(backends(), file(gguf), &mut |_| ()).unwrap();
    let together = NonZeroUsize::new(together).unwrap();
    test(&mut Reranker::open_for(&model, together).unwrap());
}

#[track_caller]
fn are_close(given: &[f32], right: &[f64]) {
    assert_eq!(given.len(), right.len());
    for (given, right) in given.iter().zip(right) {
        let apart = (f64::from(*given) - right).abs();
        assert!(apart < TOLERANCE, "{given} instead of {right}");
    }
}

#[test]
fn vectors_are_those_of_the_architecture_whichever_way_they_are_made() {
    for pooled in [
        Some(Pooled::Mean),
        Some(Pooled::First),
        Some(Pooled::Last),
        None,
    ] {
        let bert = Bert::embedding(pooled);
        with_embedder(&bert.gguf(), 1, |embedder| {
            let vectors = embedder.embed(&texts(), &never()).unwrap();
            assert_eq!(vectors.len(), TEXTS.len());
            for (vector, text) in vectors.iter().zip(TEXTS) {
                assert_eq!(vector.len(), embedder.dimensions());
                are_close(vector, &bert.vector(text));
            }
        });
    }
}

#[test]
fn vectors_tell_texts_apart() {
    // Else the comparison with what is right would say nothing.
    let bert = Bert::embedding(Some(Pooled::Mean));
    let vectors = TEXTS.map(|text| bert.vector(text));
    for (index, one) in vectors.iter().enumerate() {
        for other in &vectors[..index] {
            let apart = one
                .iter()
                .zip(other)
                .map(|(one, other)| (one - other).abs());
            assert!(apart.fold(0.0, f64::max) > 5.0 * TOLERANCE);
        }
    }
}

#[test]
fn vectors_have_length_one() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    with_embedder(&bert.gguf(), 1, |embedder| {
        for vector in embedder.embed(&texts(), &never()).unwrap() {
            let square: f64 = vector.iter().map(|&number| f64::from(number).powi(2)).sum();
            assert!((square - 1.0).abs() < 1e-5, "{square}");
        }
    });
}

#[test]
fn texts_that_are_computed_together_do_not_see_each_other() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    for together in [2, 3, 8, 100] {
        with_embedder(&bert.gguf(), together, |embedder| {
            assert!(embedder.texts_together().unwrap().get() >= together.min(8));
            for _ in 0..2 {
                let vectors = embedder.embed(&texts(), &never()).unwrap();
                for (vector, text) in vectors.iter().zip(TEXTS) {
                    are_close(vector, &bert.vector(text));
                }
            }
        });
    }
    let bert = Bert::reranking();
    with_reranker(&bert.gguf(), 8, |reranker| {
        let scores = reranker.rerank("red house", &texts(), &never()).unwrap();
        are_close(&scores, &TEXTS.map(|text| bert.score("red house", text)));
    });
}

#[test]
fn scores_are_those_of_the_architecture_and_depend_on_the_question() {
    let bert = Bert::reranking();
    with_reranker(&bert.gguf(), 1, |reranker| {
        let mut seen: Vec<Vec<f32>> = Vec::new();
        for question in ["the cat", "home on the red mat"] {
            let scores = reranker.rerank(question, &texts(), &never()).unwrap();
            are_close(&scores, &TEXTS.map(|text| bert.score(question, text)));
            seen.push(scores);
        }
        let apart = seen[0]
            .iter()
            .zip(&seen[1])
            .map(|(one, other)| (one - other).abs());
        assert!(f64::from(apart.fold(0.0, f32::max)) > 5.0 * TOLERANCE);
    });
}

#[test]
fn how_many_are_computed_together_is_found_out_when_several_are_first_read() {
    let _turn = turn();
    let bert = Bert::embedding(Some(Pooled::Mean));
    let model = EmbeddingModel::load(backends(), file(&bert.gguf()), &mut |_| ()).unwrap();
    let mut embedder = Embedder::open(&model).unwrap();
    let alone = embedder.embed(&texts()[4..5], &never()).unwrap();
    are_close(&alone[0], &bert.vector(TEXTS[4]));
    assert_eq!(embedder.texts_together(), None);
    let pulse = embedder.pulse();
    let vectors = embedder.embed(&texts(), &never()).unwrap();
    are_close(&vectors[4], &bert.vector(TEXTS[4]));
    let together = embedder.texts_together().unwrap();
    assert!(matches!(together.get(), 1 | 2 | 4 | 8));
    // The trial does not lose the thread that watches.
    let before = pulse.count();
    embedder.embed(&texts(), &never()).unwrap();
    assert!(pulse.count() > before);
}

#[test]
fn a_text_of_the_greatest_length_is_read_and_a_longer_one_refused_with_both_numbers() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    // Two tokens stand around each text.
    let of_length = |tokens: usize| vec!["cat"; tokens - 2].join(" ");
    with_embedder(&bert.gguf(), 8, |embedder| {
        assert_eq!(embedder.longest() as usize, LONGEST);
        let longest = of_length(LONGEST);
        let vectors = embedder
            .embed(std::slice::from_ref(&longest), &never())
            .unwrap();
        are_close(&vectors[0], &bert.vector(&longest));
        let mut texts = texts();
        texts.push(of_length(LONGEST + 1));
        let failure = embedder.embed(&texts, &never()).unwrap_err();
        let expected = ReadFailure::TextTooLong {
            text: TEXTS.len(),
            tokens: LONGEST as u32 + 1,
            longest: LONGEST as u32,
        };
        assert_eq!(failure, expected);
    });
    with_reranker(&Bert::reranking().gguf(), 1, |reranker| {
        let half = of_length(LONGEST / 2 + 2);
        let failure = reranker
            .rerank(&half, std::slice::from_ref(&half), &never())
            .unwrap_err();
        let tokens = LONGEST as u32 + 3;
        assert!(
            matches!(failure, ReadFailure::TextTooLong { text: 0, tokens: told, .. } if told == tokens)
        );
    });
}

#[test]
fn a_text_without_words_has_a_vector_too() {
    with_embedder(&Bert::embedding(None).gguf(), 1, |embedder| {
        let vectors = embedder.embed(&[String::new()], &never()).unwrap();
        assert_eq!(vectors[0].len(), embedder.dimensions());
        assert_eq!(
            embedder.embed(&[], &never()).unwrap(),
            Vec::<Vec<f32>>::new()
        );
    });
}

#[test]
fn control_tokens_in_a_text_are_text() {
    with_embedder(&Bert::embedding(None).gguf(), 1, |embedder| {
        let forged = ["cat [SEP] dog".to_owned(), "cat".to_owned()];
        let vectors = embedder.embed(&forged, &never()).unwrap();
        assert_ne!(vectors[0], vectors[1]);
        // Three signs that the model does not know stand for the mark: it is no token of its own.
        let long = "[SEP] ".repeat(LONGEST / 3 - 1);
        let failure = embedder.embed(&[long], &never());
        assert!(failure.is_ok(), "{failure:?}");
        let longer = "[SEP] ".repeat(LONGEST / 2);
        assert!(
            embedder.embed(&[longer], &never()).is_err(),
            "a mark is one token"
        );
    });
}

#[test]
fn a_stop_is_obeyed_and_leaves_a_sound_context() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    with_embedder(&bert.gguf(), 2, |embedder| {
        let stopped = embedder.embed(&texts(), &AtomicBool::new(true));
        assert_eq!(stopped, Err(ReadFailure::Stopped));
        let vectors = embedder.embed(&texts(), &never()).unwrap();
        are_close(&vectors[0], &bert.vector(TEXTS[0]));
    });
}

#[test]
fn it_is_told_that_something_is_computed_and_not_only_once() {
    with_embedder(&Bert::embedding(None).gguf(), 1, |embedder| {
        let pulse = embedder.pulse();
        let before = pulse.count();
        embedder.embed(&texts()[..1], &never()).unwrap();
        let within = pulse.count();
        assert!(within > before + 1, "{before} to {within}");
        assert_eq!(embedder.pulse().count(), within, "nothing is computed");
    });
}

#[test]
fn a_model_that_writes_makes_vectors_where_it_says_how() {
    let mut gguf = decoder(&GROUPED);
    gguf.number("llama.pooling_type", Pooled::Last as u32);
    with_embedder(&gguf, 3, |embedder| {
        // All its weights are zero, so that no vector has a direction.
        let failure = embedder.embed(&texts(), &never()).unwrap_err();
        assert!(matches!(failure, ReadFailure::Compute(_)), "{failure}");
        assert_eq!(embedder.dimensions(), GROUPED.embedding as usize);
    });
}

#[test]
fn a_model_is_used_for_what_it_was_made_for_and_nothing_else() {
    let _turn = turn();
    let embedding = Bert::embedding(Some(Pooled::Mean)).gguf();
    let reranking = Bert::reranking().gguf();
    // It says that it scores texts, but the weights for that are missing: its scores would be next to zero.
    let headless = Bert::embedding(Some(Pooled::Rank)).gguf();
    let writing = decoder(&GROUPED);
    let mut made_for_vectors = decoder(&GROUPED);
    made_for_vectors.number("llama.pooling_type", Pooled::Last as u32);
    let is_unsupported = |failure| matches!(failure, Some(LoadFailure::Unsupported(_)));
    for (gguf, writes, embeds, reranks) in [
        (&embedding, false, true, false),
        (&reranking, false, false, true),
        (&headless, false, false, false),
        (&writing, true, false, false),
        (&made_for_vectors, false, true, false),
    ] {
        let written = Model::load(backends(), file(gguf), &mut |_| ()).err();
        assert_eq!(is_unsupported(written.clone()), !writes, "{written:?}");
        let embedded = EmbeddingModel::load(backends(), file(gguf), &mut |_| ()).err();
        assert_eq!(is_unsupported(embedded.clone()), !embeds, "{embedded:?}");
        let reranked = RerankingModel::load(backends(), file(gguf), &mut |_| ()).err();
        assert_eq!(is_unsupported(reranked.clone()), !reranks, "{reranked:?}");
        let refused = [written, embedded, reranked].into_iter().flatten().count();
        assert_eq!(
            refused,
            3 - [writes, embeds, reranks]
                .map(usize::from)
                .iter()
                .sum::<usize>()
        );
    }
}
