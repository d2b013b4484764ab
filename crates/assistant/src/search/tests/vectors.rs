//! Words and vectors together.

use super::*;

/// A document with a vector for each passage that has one.
fn put_with_vectors(index: &mut SearchIndex, document: u8, passages: &[(&str, Option<Vector>)]) {
    let entries = passages.iter().zip(0..).map(|((text, vector), at)| Entry {
        vectors: vector.as_slice(),
        ..entry(text, at)
    });
    index
        .put_passages(owner(document), [0; 16], Language::English, entries)
        .unwrap();
}

fn keys(hits: Vec<Hit>) -> Vec<PassageKey> {
    hits.into_iter().map(|hit| hit.key).collect()
}

#[test]
fn without_vectors_the_ranking_is_that_of_the_words() {
    let mut random = Random(2);
    let texts: Vec<_> = (0..50).map(|_| random.text(10)).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let index = index(&texts, &[]);
    let vector = random.vector();
    for question in ["harbor lantern", "napkin", "What is it?"] {
        assert_eq!(
            index.search(question, Some(&vector), 20, |_| true).unwrap(),
            index.search(question, None, 20, |_| true).unwrap(),
        );
    }
}

#[test]
fn a_question_without_a_vector_is_searched_by_words_alone() {
    let mut random = Random(3);
    let mut with = SearchIndex::new().unwrap();
    let mut without = SearchIndex::new().unwrap();
    let texts: Vec<_> = (0..50)
        .map(|_| (random.text(10), random.vector()))
        .collect();
    let passages = texts
        .iter()
        .map(|(text, vector)| (text.as_str(), Some(*vector)));
    let passages: Vec<_> = passages.collect();
    put_with_vectors(&mut with, 0, &passages);
    let passages: Vec<_> = texts
        .iter()
        .map(|(text, _)| (text.as_str(), None))
        .collect();
    put_with_vectors(&mut without, 0, &passages);
    assert_eq!(
        with.search("harbor lantern", None, 20, |_| true).unwrap(),
        without
            .search("harbor lantern", None, 20, |_| true)
            .unwrap(),
    );
}

#[test]
fn what_is_near_in_meaning_is_found_without_a_word_of_the_question() {
    let mut random = Random(4);
    let near = random.vector();
    let mut index = SearchIndex::new().unwrap();
    let far = near.map(|component| component.wrapping_neg());
    let passages = [
        ("The harbor was dredged.", Some(far)),
        ("Ships come and go.", Some(near)),
        ("Nothing is known of this.", None),
    ];
    put_with_vectors(&mut index, 0, &passages);
    let hits = keys(index.search("lantern", Some(&near), 1, |_| true).unwrap());
    assert_eq!(hits, [key(0, 1)]);
    // A question of function words alone has a meaning too.
    let hits = keys(
        index
            .search("What is it?", Some(&near), 1, |_| true)
            .unwrap(),
    );
    assert_eq!(hits, [key(0, 1)]);
}

#[test]
fn a_score_is_how_near_it_is_and_a_share_of_its_words() {
    let mut random = Random(5);
    let near = random.vector();
    let nearly = std::array::from_fn(|at| if at < 40 { 0 } else { near[at] });
    let mut index = SearchIndex::new().unwrap();
    let passages = [
        ("harbor harbor harbor", None),
        ("harbor among other things, as it happens", Some(nearly)),
        ("ships", Some(near)),
    ];
    put_with_vectors(&mut index, 0, &passages);
    let words = index.search("harbor", None, 3, |_| true).unwrap();
    let hits = index.search("harbor", Some(&near), 3, |_| true).unwrap();
    let score_of = |hits: &[Hit], key: PassageKey| {
        let hit = hits.iter().find(|hit| hit.key == key).unwrap();
        hit.score
    };
    assert_eq!(keys(hits.clone())[2], key(0, 0));
    assert!((score_of(&hits, key(0, 2)) - 1.0).abs() < 1e-3);
    let cosine = score_of(&hits, key(0, 1)) - score_of(&words, key(0, 1)) * WORDS_SHARE;
    assert!((0.85..0.999).contains(&cosine), "{cosine}");
    let alone = score_of(&words, key(0, 0)) * WORDS_SHARE;
    assert!((score_of(&hits, key(0, 0)) - alone).abs() < 1e-6);
}

/// What a point of BM25 is worth.
const WORDS_SHARE: f32 = super::super::WORDS;

#[test]
fn a_passage_is_as_near_as_the_nearest_of_its_pieces_and_found_once() {
    let mut random = Random(8);
    let near = random.vector();
    let far = near.map(|component| component.wrapping_neg().max(-127));
    let mut index = SearchIndex::new().unwrap();
    let pieces: Vec<Vec<Vector>> = vec![
        vec![far; PIECES],
        vec![far, near, near],
        vec![random.vector()],
        Vec::new(),
    ];
    let entries = pieces.iter().zip(0..).map(|(vectors, at)| Entry {
        vectors,
        ..entry("ships", at)
    });
    index
        .put_passages(owner(0), [0; 16], Language::English, entries)
        .unwrap();
    let again = SearchIndex::from_bytes(&index.to_bytes().unwrap()).unwrap();
    for index in [&index, &again] {
        let hits = index.search("lantern", Some(&near), 5, |_| true).unwrap();
        assert_eq!(keys(hits.clone()), [key(0, 1), key(0, 2), key(0, 0)]);
        assert!((hits[0].score - 1.0).abs() < 1e-3);
        assert_eq!(index.passages_with_vectors(), 3);
        assert_eq!(index.without_vectors(9, |_| false), [(owner(0), 1)]);
    }
}

#[test]
fn what_words_alone_found_counts_for_how_near_it_is_though_many_are_nearer() {
    let mut random = Random(9);
    let near = random.vector();
    let mut index = SearchIndex::new().unwrap();
    let mut passages = vec![("ships", Some(near)); 3 * DEPTH];
    let nearly = std::array::from_fn(|at| if at < 40 { 0 } else { near[at] });
    passages.push(("harbor", Some(nearly)));
    put_with_vectors(&mut index, 0, &passages);
    let found = index.search("harbor", Some(&near), 1, |_| true).unwrap();
    let words = index.search("harbor", None, 1, |_| true).unwrap();
    let expected =
        index.vectors.cosine(&near, 3 * DEPTH as u32).unwrap() + words[0].score * WORDS_SHARE;
    let all = index
        .search("harbor", Some(&near), usize::MAX, |_| true)
        .unwrap();
    let hit = all
        .iter()
        .find(|hit| hit.key == key(0, 3 * DEPTH as u32))
        .unwrap();
    assert!((hit.score - expected).abs() < 1e-6);
    assert_eq!(found[0].score, all[0].score);
}

#[test]
fn a_phrase_is_required_of_what_is_near_too() {
    let mut random = Random(6);
    let near = random.vector();
    let mut index = SearchIndex::new().unwrap();
    let passages = [
        ("The copper lantern was lit.", None),
        ("A lantern of copper.", Some(near)),
    ];
    put_with_vectors(&mut index, 0, &passages);
    let question = "\"copper lantern\"";
    let hits = keys(index.search(question, Some(&near), 5, |_| true).unwrap());
    assert_eq!(hits, [key(0, 0)]);
}

#[test]
fn unwanted_documents_are_not_near_either() {
    let mut random = Random(7);
    let near = random.vector();
    let mut index = SearchIndex::new().unwrap();
    for document in 0..3 {
        put_with_vectors(&mut index, document, &[("ships", Some(near))]);
    }
    let wanted = |other| other == owner(2);
    let hits = keys(index.search("lantern", Some(&near), 5, wanted).unwrap());
    assert_eq!(hits, [key(2, 0)]);
}
