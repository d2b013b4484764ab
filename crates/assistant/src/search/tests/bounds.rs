//! Large indexes: the bounds on work change nothing in small ones, and little in large ones.

use super::*;

/// An index of `lines` passages, 20 a document, that has room for little work.
fn bounded(lines: usize, bounds: Bounds) -> (SearchIndex, Vec<String>) {
    let mut random = Random(11);
    let mut index = SearchIndex::with_bounds(bounds, bounds).unwrap();
    let texts: Vec<_> = (0..lines).map(|_| random.text(6)).collect();
    for (document, texts) in (0..).zip(texts.chunks(20)) {
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        put(&mut index, document, Language::English, &texts);
    }
    (index, texts)
}

fn texts_of<'a>(hits: &[Hit], texts: &'a [String]) -> Vec<&'a str> {
    let place = |key: PassageKey| usize::from(key.owner[0]) * 20 + key.passage as usize;
    hits.iter()
        .map(|hit| texts[place(hit.key)].as_str())
        .collect()
}

const TIGHT: Bounds = Bounds {
    ranked: 60.0,
    read: 400.0,
};

const QUESTIONS: [&str; 7] = [
    "harbor",
    "napkin",
    "harbor lantern",
    "harbor napkin",
    "harbor lantern meadow copper timber",
    "lizard magnet napkin harbor lantern meadow copper timber basalt falcon",
    "unheard harbor",
];

#[test]
fn in_an_index_within_the_bounds_they_change_nothing() {
    let bounds = Bounds {
        ranked: 400.0,
        read: 1.0,
    };
    let (bounded_index, _) = bounded(400, bounds);
    let (index, _) = bounded(400, PASSAGES);
    for question in QUESTIONS {
        assert_eq!(
            bounded_index.search(question, None, 50, |_| true).unwrap(),
            index.search(question, None, 50, |_| true).unwrap(),
            "{question}"
        );
    }
}

#[test]
fn rare_terms_are_looked_up_in_full_and_common_ones_count() {
    let bounds = Bounds {
        ranked: 60.0,
        read: 2000.0,
    };
    let (index, texts) = bounded(2000, bounds);
    let napkins = |text: &str| text.matches("napkin").count();
    let holding = texts.iter().filter(|text| napkins(text) > 0).count();
    assert!((2..=60).contains(&holding), "{holding}");
    let hits = index
        .search("copper napkin", None, holding, |_| true)
        .unwrap();
    let found = texts_of(&hits, &texts);
    assert_eq!(found.len(), holding);
    assert!(found.iter().all(|text| napkins(text) > 0), "{found:?}");
    let once = found.into_iter().filter(|text| napkins(text) == 1);
    let has_copper: Vec<_> = once.map(|text| text.contains("copper")).collect();
    assert!(has_copper.contains(&true) && has_copper.contains(&false));
    assert!(has_copper.is_sorted_by(|a, b| a >= b), "{has_copper:?}");
}

#[test]
fn terms_that_are_all_common_are_looked_up_together() {
    let (index, texts) = bounded(2000, TIGHT);
    let hits = index.search("harbor lantern", None, 10, |_| true).unwrap();
    for text in texts_of(&hits, &texts) {
        assert!(
            text.contains("harbor") && text.contains("lantern"),
            "{text}"
        );
    }
    assert_eq!(hits.len(), 10);
}

#[test]
fn one_common_term_is_looked_up_in_the_newest() {
    let (index, texts) = bounded(2000, TIGHT);
    let holding = texts.iter().filter(|text| text.contains("harbor")).count();
    assert!(holding > 1000, "{holding}");
    let hits = index.search("harbor", None, 1000, |_| true).unwrap();
    assert!((20..=100).contains(&hits.len()), "{}", hits.len());
    let oldest = hits.iter().map(|hit| hit.key.owner[0]).min().unwrap();
    assert!(oldest > 90, "{oldest}");
}

#[test]
fn what_no_passage_holds_hides_nothing() {
    let (index, texts) = bounded(2000, TIGHT);
    let hits = index.search("unheard harbor", None, 10, |_| true).unwrap();
    assert_eq!(hits.len(), 10);
    assert!(
        texts_of(&hits, &texts)
            .iter()
            .all(|text| text.contains("harbor"))
    );
}

#[test]
fn a_rare_term_with_too_few_passages_is_followed_by_others() {
    let (mut index, texts) = bounded(2000, TIGHT);
    put(&mut index, 200, Language::English, &["zeppelin"]);
    let hits = index.search("zeppelin harbor", None, 10, |_| true).unwrap();
    assert_eq!(hits[0].key, key(200, 0));
    assert_eq!(hits.len(), 10);
    let others = texts_of(&hits[1..], &texts);
    assert!(
        others.iter().all(|text| text.contains("harbor")),
        "{others:?}"
    );
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn a_search_among_few_documents_of_many_is_in_full() {
    let bounds = Bounds {
        ranked: 60.0,
        read: 1e9,
    };
    let (index, texts) = bounded(2000, bounds);
    let wanted = |other: Owner| other == owner(3) || other == owner(50);
    for question in QUESTIONS {
        let terms: Vec<_> = question.split(' ').collect();
        let holds = |text: &String| terms.iter().any(|term| text.contains(term));
        let expected = texts[60..80].iter().chain(&texts[1000..1020]);
        let hits = index.search(question, None, 1000, wanted).unwrap();
        assert_eq!(
            hits.len(),
            expected.filter(|text| holds(text)).count(),
            "{question}"
        );
    }
}

#[test]
fn a_phrase_is_looked_up_in_full_however_common_its_words() {
    let (mut index, _) = bounded(2000, TIGHT);
    put(
        &mut index,
        0,
        Language::English,
        &["harbor harbor meadow meadow harbor"],
    );
    let hits = index
        .search("\"harbor harbor meadow meadow harbor\"", None, 1, |_| true)
        .unwrap();
    assert_eq!(hits[0].key, key(0, 0));
}

#[test]
fn counts_of_common_forms_follow_what_comes_and_goes() {
    let (mut index, texts) = bounded(2000, PASSAGES);
    let holding = |texts: &[String]| texts.iter().filter(|text| text.contains("harbor")).count();
    let count = |index: &SearchIndex| index.passages.text.count("harbor").unwrap() as usize;
    assert_eq!(count(&index), holding(&texts));
    index.retain(|owner| owner[0] >= 50).unwrap();
    assert_eq!(count(&index), holding(&texts[1000..]));
    put(&mut index, 0, Language::English, &["harbor"]);
    assert!(count(&index).abs_diff(holding(&texts[1000..]) + 1) <= 1);
}
