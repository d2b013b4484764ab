//! Texts as numbers, as the application gets them: through the real worker, with tiny models that the test writes.

#![cfg(target_os = "linux")]

#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "../crates/engine/tests/tiny_models/encoder.rs"]
mod encoder;
#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "../crates/engine/tests/gguf/mod.rs"]
mod gguf;
#[expect(
    dead_code,
    reason = "shared with the tests of the engine, which use more of it"
)]
#[path = "engine/process.rs"]
mod process;

use aparte_assistant::{
    Embedder, Error, Language, Model, ModelTrouble, ReadingTrouble, Reranker, Stop,
};
use aparte_tests::{embedding, worker};
use tempfile::NamedTempFile;

use encoder::{Bert, LONGEST, Pooled};
use process::{exists, kill};

/// llama.cpp computes in 32 bits, with keys and values and the curve of the inner layer in 16; the test in 64.
const TOLERANCE: f64 = 0.01;

const TEXTS: [&str; 5] = [
    "the cat sat on the mat",
    "home",
    "the red dog ran home on the red mat",
    "the dog ran",
    "red house",
];

/// More texts than go into one request.
fn texts() -> Vec<String> {
    TEXTS
        .iter()
        .cycle()
        .take(70)
        .map(|text| (*text).to_owned())
        .collect()
}

fn too_long() -> String {
    vec!["cat"; LONGEST].join(" ")
}

fn never() -> Stop {
    Stop::default()
}

/// A model in a file that lasts as long as the first of the two.
fn written(bert: &Bert) -> (NamedTempFile, Model) {
    let file = bert.gguf().file();
    let model = Model {
        id: "tiny".to_owned(),
        name: "Tiny".to_owned(),
        file: file.path().to_owned(),
        languages: None,
    };
    (file, model)
}

fn with_embedder(bert: &Bert, test: impl FnOnce(&Embedder)) {
    let (_file, model) = written(bert);
    test(&Embedder::new(worker(), model));
}

fn with_reranker(bert: &Bert, test: impl FnOnce(&Reranker)) {
    let (_file, model) = written(bert);
    test(&Reranker::new(worker(), model));
}

fn vectors(embedder: &Embedder, texts: &[String]) -> Vec<Vec<f32>> {
    let vectors = embedder.vectors(texts, &never());
    vectors.expect("the model reads them").expect("no stop")
}

#[track_caller]
fn are_close(given: &[f32], right: &[f64]) {
    assert_eq!(given.len(), right.len());
    for (given, right) in given.iter().zip(right) {
        let apart = (f64::from(*given) - right).abs();
        assert!(apart < TOLERANCE, "{given} instead of {right}");
    }
}

/// Both sentences of a failure, each of which says what happened and what to do.
fn sentences(error: &Error) -> [String; 2] {
    [Language::English, Language::French].map(|language| {
        let sentence = error.sentence(language);
        assert!(sentence.ends_with('.') && sentence.lines().count() == 1);
        sentence
    })
}

#[test]
fn each_text_has_the_vector_that_its_model_gives_it() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    with_embedder(&bert, |embedder| {
        let texts = texts();
        let vectors = vectors(embedder, &texts);
        assert_eq!(vectors.len(), texts.len());
        for (vector, text) in vectors.iter().zip(&texts) {
            are_close(vector, &bert.vector(text));
        }
    });
}

#[test]
fn each_text_has_the_score_that_its_model_gives_it_for_the_question() {
    let bert = Bert::reranking();
    with_reranker(&bert, |reranker| {
        let texts = texts();
        for question in ["the cat", "home on the red mat"] {
            let scores = reranker.scores(question, &texts, &never());
            let scores = scores.expect("the model reads them").expect("no stop");
            let right: Vec<f64> = texts
                .iter()
                .map(|text| bert.score(question, text))
                .collect();
            are_close(&scores, &right);
        }
    });
}

/// The cosines of pairs of questions, as the engine of the package that the model comes from gives them.
#[test]
fn the_embedding_model_finds_the_same_meaning_in_english_and_french() {
    const PAIRS: [(&str, &str, f32); 3] = [
        (
            "How do I reset my password?",
            "Comment réinitialiser mon mot de passe ?",
            0.906,
        ),
        (
            "Le chiffre d'affaires a progressé de 12 % en 2024.",
            "Revenue grew 12% in 2024",
            0.946,
        ),
        (
            "How do I reset my password?",
            "The cat sat on the mat",
            0.707,
        ),
    ];
    let embedder = Embedder::new(worker(), embedding());
    for (one, other, cosine) in PAIRS {
        let texts = [one, other].map(|text| format!("query: {text}"));
        let [one, other] = vectors(&embedder, &texts)
            .try_into()
            .expect("one for each text");
        let given: f32 = one.iter().zip(&other).map(|(one, other)| one * other).sum();
        assert!((given - cosine).abs() < 0.002, "{given}, not {cosine}");
    }
}

#[test]
fn no_text_needs_no_worker() {
    with_embedder(&Bert::embedding(None), |embedder| {
        assert_eq!(vectors(embedder, &[]), Vec::<Vec<f32>>::new());
        assert_eq!(embedder.process_id(), None);
    });
}

#[test]
fn a_model_that_cannot_do_it_is_refused_with_a_sentence() {
    let refused = |error: Error| {
        let unsupported = Error::Model {
            name: "Tiny".to_owned(),
            trouble: ModelTrouble::Unsupported("bert".to_owned()),
        };
        assert_eq!(error, unsupported);
        for sentence in sentences(&error) {
            assert!(sentence.contains("Tiny"), "{sentence}");
        }
    };
    with_embedder(&Bert::reranking(), |embedder| {
        refused(embedder.vectors(&texts(), &never()).unwrap_err());
    });
    with_reranker(&Bert::embedding(None), |reranker| {
        refused(reranker.scores("home", &texts(), &never()).unwrap_err());
    });
}

#[test]
fn a_text_that_is_too_long_says_so_and_which_it_is_and_the_others_are_read_without_it() {
    with_embedder(&Bert::embedding(None), |embedder| {
        let long = [too_long(), "cat ".repeat(1 << 20)];
        for long in long {
            let mut texts = texts();
            texts[40] = long;
            let error = embedder.vectors(&texts, &never()).unwrap_err();
            let expected = ReadingTrouble::TextTooLong {
                text: 40,
                longest: LONGEST as u32,
            };
            assert_eq!(error, Error::Reading(expected));
            for sentence in sentences(&error) {
                assert!(sentence.contains("41") && sentence.contains("64"));
            }
            texts.remove(40);
            assert_eq!(vectors(embedder, &texts).len(), texts.len());
        }
    });
}

#[test]
fn a_text_that_is_too_long_with_its_question_says_so() {
    with_reranker(&Bert::reranking(), |reranker| {
        let half = vec!["cat"; LONGEST / 2].join(" ");
        let texts = ["home".to_owned(), half.clone()];
        // With the second the question is too long, with any text the other question is.
        for (question, text) in [(half, 1), ("cat ".repeat(1 << 20), 0)] {
            let error = reranker.scores(&question, &texts, &never()).unwrap_err();
            let longest = LONGEST as u32;
            let trouble = ReadingTrouble::TextTooLong { text, longest };
            assert_eq!(error, Error::Reading(trouble));
        }
    });
}

#[test]
fn a_worker_that_was_killed_is_replaced() {
    with_embedder(&Bert::embedding(None), |embedder| {
        let before = vectors(embedder, &texts());
        let first = embedder.process_id().expect("it is kept for the next");
        assert_eq!(vectors(embedder, &texts()), before);
        assert_eq!(embedder.process_id(), Some(first));
        kill(first);
        let after = vectors(embedder, &texts());
        for (one, other) in before.iter().zip(&after) {
            let one: Vec<f64> = one.iter().copied().map(f64::from).collect();
            are_close(other, &one);
        }
        let second = embedder.process_id().expect("another was started");
        assert_ne!(second, first);
        assert!(!exists(first), "the dead one is not waited for");
    });
}

#[test]
fn texts_that_are_read_when_the_worker_is_killed_are_read_by_the_next() {
    let bert = Bert::embedding(Some(Pooled::Mean));
    with_embedder(&bert, |embedder| {
        vectors(embedder, &texts());
        let first = embedder.process_id().expect("it runs");
        let many: Vec<String> = texts().into_iter().cycle().take(5000).collect();
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| vectors(embedder, &many));
            kill(first);
            let vectors = reading.join().expect("a death is no panic");
            assert_eq!(vectors.len(), many.len());
            for (vector, text) in vectors.iter().zip(&many) {
                are_close(vector, &bert.vector(text));
            }
        });
        assert_ne!(embedder.process_id(), Some(first));
    });
}

#[test]
fn what_is_stopped_gives_nothing_and_the_next_is_read() {
    with_embedder(&Bert::embedding(None), |embedder| {
        let stopped = Stop::default();
        stopped.now();
        assert_eq!(embedder.vectors(&texts(), &stopped), Ok(None));
        assert_eq!(vectors(embedder, &texts()).len(), texts().len());
        let running = embedder.process_id();
        assert_eq!(embedder.vectors(&texts(), &stopped), Ok(None));
        assert_eq!(embedder.process_id(), running, "a stop ends no worker");
        assert_eq!(vectors(embedder, &texts()).len(), texts().len());
    });
}

#[test]
fn a_worker_ends_with_its_owner() {
    let (_file, model) = written(&Bert::reranking());
    let reranker = Reranker::new(worker(), model);
    reranker
        .scores("home", &texts(), &never())
        .expect("it reads");
    let process = reranker.process_id().expect("it runs");
    assert!(exists(process));
    drop(reranker);
    assert!(!exists(process));
}
