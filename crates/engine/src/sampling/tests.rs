//! Choosing out of a vocabulary of nine tokens, without a model.

use super::*;

/// A vocabulary to write yes, no and numbers in, and a token after them that ends the reply.
const TEXTS: [&[u8]; 8] = [b"yes", b"no", b"y", b"es", b"1", b"2", b", ", b""];
const END: usize = 8;

fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: std::sync::OnceLock<Vocabulary> = std::sync::OnceLock::new();
    VOCABULARY.get_or_init(|| Vocabulary::with_end(&TEXTS))
}

fn chooser(sampling: &Sampling, shape: &Shape, alternatives: Option<u8>) -> Chooser<'static> {
    Chooser::new(sampling, shape, alternatives, 9, vocabulary).unwrap()
}

fn free(sampling: &Sampling) -> Chooser<'static> {
    chooser(sampling, &Shape::Free, None)
}

fn greedy() -> Chooser<'static> {
    free(&Sampling::CAREFUL)
}

fn token(next: &Next) -> Option<usize> {
    match next {
        Next::Token(chosen) => Some(usize::try_from(chosen.token.0).unwrap()),
        Next::End => None,
    }
}

/// The text that comes of choosing by `scores` again and again, and why it is over.
fn written(chooser: &mut Chooser<'_>, scores: &[f32]) -> (String, Result<(), NothingToChoose>) {
    let mut text = String::new();
    for _ in 0..50 {
        match chooser.choose(scores) {
            Ok(next) => match token(&next) {
                Some(id) => text += std::str::from_utf8(TEXTS[id]).unwrap(),
                None => return (text, Ok(())),
            },
            Err(nothing) => return (text, Err(nothing)),
        }
    }
    (text, Ok(()))
}

/// Scores of the vocabulary in which these tokens are the most likely, the first of all first.
fn preferring(order: &[usize]) -> [f32; 9] {
    let mut scores = [-10.0; 9];
    for (place, &id) in order.iter().enumerate() {
        scores[id] = 9.0 - place as f32;
    }
    scores
}

fn grammar(text: &str) -> Shape {
    Shape::Grammar(text.to_owned())
}

#[test]
fn without_temperature_the_most_likely_token_is_chosen() {
    let chosen = greedy().choose(&[0.5, -1.0, 2.0, 1.0]).unwrap();
    assert_eq!(token(&chosen), Some(2));
}

#[test]
fn scores_that_are_no_numbers_choose_nothing() {
    for scores in [
        &[0.5, f32::NAN, 2.0, 1.0][..],
        &[0.5, f32::INFINITY],
        &[f32::NEG_INFINITY; 3],
        &[],
    ] {
        assert_eq!(greedy().choose(scores), Err(NothingToChoose::NoScores));
    }
    let impossible = greedy().choose(&[f32::NEG_INFINITY, 0.0]).unwrap();
    assert_eq!(token(&impossible), Some(1));
}

#[test]
fn a_penalty_leads_away_from_what_was_chosen() {
    let penalty = Sampling {
        repeat_penalty: 2.0,
        ..Sampling::CAREFUL
    };
    let mut chooser = Chooser::new(&penalty, &Shape::Free, None, 2, vocabulary).unwrap();
    let chosen = [(); 2].map(|()| token(&chooser.choose(&[3.0, 2.0]).unwrap()));
    assert_eq!(chosen, [Some(0), Some(1)]);
}

#[test]
fn a_run_of_words_does_not_come_again_and_again() {
    let scores = preferring(&[4, 5, 0]);
    let repeated = |dry| {
        let sampling = Sampling {
            dry,
            ..Sampling::CAREFUL
        };
        written(&mut free(&sampling), &scores).0
    };
    assert_eq!(repeated(0.0), "1".repeat(50));
    let varied = repeated(0.8);
    assert!(
        varied.contains("yes") && !varied.contains(&"1".repeat(12)),
        "{varied}"
    );
}

#[test]
fn a_seed_chooses_alike() {
    let sampling = Sampling {
        temperature: 1.5,
        top_p: 0.9,
        ..Sampling::CREATIVE
    };
    let run = || {
        let mut chooser = free(&sampling);
        [(); 20].map(|()| chooser.choose(&[1.0, 1.1, 0.9, 1.0]).unwrap())
    };
    assert_eq!(run(), run());
}

/// Which of the tokens are ever chosen.
fn chosen_ever(sampling: Sampling, scores: &[f32]) -> Vec<usize> {
    let mut chooser = free(&sampling);
    let mut seen: Vec<usize> = (0..500)
        .filter_map(|_| token(&chooser.choose(scores).unwrap()))
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen
}

#[test]
fn what_is_cut_off_is_never_chosen() {
    let all = Sampling {
        temperature: 2.0,
        ..Sampling::CAREFUL
    };
    let scores = [1.0, 0.9, 0.8, 0.3];
    assert_eq!(chosen_ever(all, &scores), [0, 1, 2, 3]);
    assert_eq!(chosen_ever(Sampling { top_k: 2, ..all }, &scores), [0, 1]);
    assert_eq!(
        chosen_ever(Sampling { min_p: 0.8, ..all }, &scores),
        [0, 1, 2]
    );
    assert_eq!(chosen_ever(Sampling { top_p: 0.5, ..all }, &scores), [0, 1]);
}

#[test]
fn numbers_that_make_no_sense_do_nothing() {
    let nonsense = Sampling {
        temperature: f32::NAN,
        top_k: 0,
        top_p: f32::NAN,
        min_p: f32::NAN,
        repeat_penalty: f32::NAN,
        dry: f32::NAN,
        seed: 0,
    };
    assert_eq!(in_range(&nonsense), Sampling::CAREFUL);
    let beyond = Sampling {
        temperature: -1.0,
        top_p: 7.0,
        min_p: -0.5,
        repeat_penalty: -3.0,
        dry: -1.0,
        ..Sampling::CAREFUL
    };
    assert_eq!(in_range(&beyond), Sampling::CAREFUL);
}

#[test]
fn numbers_beyond_the_range_stop_at_its_end() {
    let highest = in_range(&Sampling {
        temperature: f32::INFINITY,
        top_k: u32::MAX,
        top_p: -1.0,
        min_p: f32::INFINITY,
        repeat_penalty: f32::INFINITY,
        dry: f32::INFINITY,
        seed: u32::MAX,
    });
    let floats = (highest.temperature, highest.top_p, highest.min_p);
    assert_eq!(floats, (2.0, 0.0, 1.0));
    assert_eq!((highest.repeat_penalty, highest.dry), (10.0, 10.0));
    // No seed would mean a random one.
    assert_ne!(highest.seed, u32::MAX);
    assert!(free(&highest).choose(&[1.0, 2.0]).is_ok());
}

#[test]
fn every_preset_is_within_its_ranges() {
    for preset in [Sampling::CAREFUL, Sampling::BALANCED, Sampling::CREATIVE] {
        assert_eq!(in_range(&preset), preset);
    }
}

#[test]
fn a_reply_has_the_shape_of_its_grammar_whatever_is_likely() {
    let shape = grammar(r#"root ::= "yes" | "no""#);
    let greedy = |order: &[usize]| {
        let mut chooser = chooser(&Sampling::CAREFUL, &shape, None);
        written(&mut chooser, &preferring(order))
    };
    assert_eq!(greedy(&[4, 6, END, 1, 0]), ("no".to_owned(), Ok(())));
    assert_eq!(greedy(&[4, 2, 1, 3]), ("yes".to_owned(), Ok(())));
    let warm = Sampling {
        temperature: 2.0,
        ..Sampling::BALANCED
    };
    let replies: Vec<String> = (0..60)
        .map(|seed| {
            let mut chooser = chooser(&Sampling { seed, ..warm }, &shape, None);
            let (text, end) = written(&mut chooser, &[0.0; 9]);
            assert_eq!(end, Ok(()));
            text
        })
        .collect();
    assert!(replies.iter().all(|reply| reply == "yes" || reply == "no"));
    assert!(replies.iter().any(|reply| reply == "yes"));
    assert!(replies.iter().any(|reply| reply == "no"));
}

#[test]
fn the_end_is_chosen_only_where_the_grammar_lets_it() {
    let list = grammar(r#"root ::= [12] (", " [12])*"#);
    let mut ends = chooser(&Sampling::CAREFUL, &list, None);
    assert_eq!(
        written(&mut ends, &preferring(&[END, 4])),
        ("1".to_owned(), Ok(()))
    );
    let mut goes_on = chooser(&Sampling::CAREFUL, &list, None);
    let (text, _) = written(&mut goes_on, &preferring(&[4, 6, END]));
    assert!(text.starts_with("1, 1, 1, "), "{text}");
}

#[test]
fn the_end_stays_the_end_when_asked_again() {
    let mut chooser = chooser(&Sampling::CAREFUL, &grammar(r#"root ::= "no""#), None);
    let scores = preferring(&[0]);
    assert_eq!(token(&chooser.choose(&scores).unwrap()), Some(1));
    for _ in 0..3 {
        assert_eq!(chooser.choose(&scores), Ok(Next::End));
    }
}

#[test]
fn what_no_token_can_write_is_an_error_and_no_abort() {
    let mut chooser = chooser(&Sampling::CAREFUL, &grammar(r#"root ::= "1" "x""#), None);
    let (text, end) = written(&mut chooser, &preferring(&[END]));
    assert_eq!(
        (text.as_str(), end),
        ("1", Err(NothingToChoose::NothingFits))
    );
}

#[test]
fn a_grammar_without_words_ends_the_reply_at_once() {
    let mut chooser = chooser(&Sampling::CAREFUL, &grammar(r#"root ::= """#), None);
    assert_eq!(chooser.choose(&[0.0; 9]), Ok(Next::End));
}

#[test]
fn a_shape_that_is_none_is_refused_before_anything_is_chosen() {
    let failure =
        |shape| Chooser::new(&Sampling::CAREFUL, &shape, None, 9, vocabulary).unwrap_err();
    assert_eq!(failure(Shape::Json("{".to_owned())), ShapeFailure::NoJson);
    assert_eq!(failure(grammar("root ::= root")), ShapeFailure::EndlessRule);
}

#[test]
fn json_is_written_as_the_schema_says() {
    let schema = r#"{"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "maxItems": 2}"#;
    let texts: [&[u8]; 6] = [b"[", b"]", b",", b" ", b"1", b"2"];
    let vocabulary = Vocabulary::with_end(&texts);
    let shape = Shape::Json(schema.to_owned());
    let mut chooser = Chooser::new(&Sampling::CREATIVE, &shape, None, 7, || &vocabulary).unwrap();
    let mut text = Vec::new();
    while let Some(id) = token(&chooser.choose(&[0.0; 7]).unwrap()) {
        text.extend_from_slice(texts[id]);
    }
    let numbers: Vec<u8> = serde_json::from_slice(&text).unwrap();
    assert!(numbers.len() == 2 && numbers.iter().all(|number| [1, 2].contains(number)));
}

fn likelihood_of(scores: &[f32], shape: &Shape, count: u8) -> (usize, Likelihood) {
    let mut chooser = chooser(&Sampling::CAREFUL, shape, Some(count));
    let Ok(Next::Token(chosen)) = chooser.choose(scores) else {
        panic!("a token is chosen");
    };
    let token = usize::try_from(chosen.token.0).unwrap();
    (token, chosen.likelihood.unwrap())
}

#[test]
fn the_likelihoods_are_those_of_the_model() {
    // Probabilities of a half, a quarter and two eighths.
    let scores = [1.0, 4.0, 2.0, 1.0].map(|share: f32| share.ln() + 7.0);
    let (_, likelihood) = likelihood_of(&scores, &Shape::Free, 3);
    let expected = [(1, 0.5_f32), (2, 0.25), (0, 0.125)];
    assert!((likelihood.chosen - 0.5_f32.ln()).abs() < 1e-5);
    for ((token, found), (id, share)) in likelihood.best.iter().zip(expected) {
        assert_eq!(token.0, id);
        assert!((found - share.ln()).abs() < 1e-5);
    }
    assert_eq!(likelihood.best.len(), 3);
}

#[test]
fn a_token_that_a_grammar_forced_tells_how_unlikely_it_was() {
    let scores = preferring(&[0, 4, 1]);
    let (token, likelihood) = likelihood_of(&scores, &grammar(r#"root ::= "no""#), 1);
    assert_eq!((token, likelihood.best[0].0.0), (1, 0));
    assert!(likelihood.chosen < -2.0 && likelihood.best[0].1 > -1.0);
}

#[test]
fn as_many_alternatives_are_named_as_were_asked_for() {
    let scores: Vec<f32> = (0..100).map(|id| (id as f32 * 0.7).sin()).collect();
    let best = |count| likelihood_of(&scores, &Shape::Free, count).1.best;
    assert!(best(0).is_empty());
    assert_eq!(best(5), best(20)[..5]);
    assert_eq!(best(255).len(), usize::from(MOST_ALTERNATIVES));
    assert!(best(20).is_sorted_by(|before, after| before.1 >= after.1));
    let few = likelihood_of(&[0.0, 1.0], &Shape::Free, 9).1.best;
    assert_eq!(few.len(), 2);
    assert_eq!(
        greedy().choose(&scores).map(|next| match next {
            Next::Token(chosen) => chosen.likelihood,
            Next::End => panic!("a token is chosen"),
        }),
        Ok(None)
    );
}
