//! Words and vectors together.

use super::*;

/// A document with a vector for each passage that has one.
fn put_with_vectors(index: &mut SearchIndex, document: u8, passages: &[(&str, Option<Vector>)]) {
    let entries = passages.iter().zip(0..).map(|((text, vector), at)| Entry {
        vector: vector.as_ref(),
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
fn what_both_rankings_hold_comes_before_the_first_of_either() {
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
    let hits = index.search("harbor", Some(&near), 3, |_| true).unwrap();
    assert_eq!(keys(hits.clone()), [key(0, 1), key(0, 0), key(0, 2)]);
    // Ranks 2 and 2; rank 1; rank 1.
    let expected = [2.0 / 62.0, 1.0 / 61.0, 1.0 / 61.0];
    for (hit, expected) in hits.iter().zip(expected) {
        assert!((hit.score - expected).abs() < 1e-6, "{hits:?}");
    }
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
