//! A search among some documents finds what a search among all finds there.

use super::*;

#[test]
fn a_search_among_some_documents_ranks_as_one_among_all() {
    let mut random = Random(1);
    let mut index = SearchIndex::new().unwrap();
    for document in 0..40 {
        let texts: Vec<_> = (0..1 + random.below(5)).map(|_| random.text(8)).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        put(&mut index, document, Language::English, &texts);
    }
    // So that free rows are among them.
    index.remove(owner(7)).unwrap();
    index.remove(owner(30)).unwrap();
    // One range, a few, more than SQL is asked for, all.
    for step in [40, 16, 8, 3, 2, 1] {
        let wanted = |owner: Owner| owner[0].is_multiple_of(step);
        for question in ["harbor", "napkin lizard", "copper timber basalt falcon"] {
            let all = index.search(question, None, usize::MAX, |_| true).unwrap();
            let expected: Vec<_> = all
                .into_iter()
                .filter(|hit| wanted(hit.key.owner))
                .collect();
            for limit in [1, 10, 1000] {
                let hits = index.search(question, None, limit, wanted).unwrap();
                let expected = &expected[..limit.min(expected.len())];
                assert_eq!(hits, expected, "{question}, every {step}th, {limit}");
            }
        }
    }
}
