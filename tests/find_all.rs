//! Asking about all of it, with the real programs: lists and counts that words decide, and what the model is left to judge.

use aparte_assistant::{
    Assistant, Cost, Decided, FindingProgress, Input, Language, Protection, Stop, Vault,
};
use aparte_tests::{aparte, assistant, fixture, json, plain, refused, sample, starter, worker};
use secrecy::SecretString;
use serde_json::{Value, json as value};

/// Every amount over a thousand that the English sample names, in the order of its pages.
const AMOUNTS: [(&str, u64); 28] = [
    ("955,000 euros", 3),
    ("412,000 euros", 3),
    ("41,000 euros", 3),
    ("147,200", 3),
    ("268,500", 3),
    ("31,500", 3),
    ("95,800", 3),
    ("62,000 euros", 4),
    ("1,184,000", 4),
    ("612,000", 4),
    ("347,000", 4),
    ("298,000", 4),
    ("180,000", 4),
    ("2,621,000", 4),
    ("1,098,000", 4),
    ("1,036,000", 4),
    ("152,000", 4),
    ("121,000", 4),
    ("94,000", 4),
    ("58,000", 4),
    ("2,559,000", 4),
    ("540,000 euros", 4),
    ("400,000 euros", 4),
    ("10,000 euros", 4),
    ("23,700 euros", 5),
    ("50,000 euros", 7),
    ("720,000 euros", 8),
    ("1.9 million euros", 4),
];

fn find_all(question: &str, file: &std::path::Path) -> Value {
    json(aparte().args(["find-all", "--json", question]).arg(file))
}

#[test]
fn every_amount_over_a_thousand_is_listed_once_with_its_pages() {
    let found = find_all(
        "list every amount over 1 000",
        &sample("harbour-report-2025.pdf"),
    );
    let items = found["items"].as_array().unwrap();
    let listed: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["text"].as_str().unwrap(),
                item["pages"][0].as_u64().unwrap(),
            )
        })
        .collect();
    for amount in AMOUNTS {
        assert!(listed.contains(&amount), "{amount:?} is not in {listed:?}");
    }
    assert_eq!(listed.len(), AMOUNTS.len(), "{listed:?}");
    assert_eq!(found["count"], items.len());
    assert_eq!(found["decided"], "words");
    for hit in found["hits"].as_array().unwrap() {
        assert_eq!(hit["verified"], true, "{hit}");
        let text = items[hit["item"].as_u64().unwrap() as usize]["text"]
            .as_str()
            .unwrap();
        let number = text.split(' ').next().unwrap();
        assert!(
            plain(hit["quote"].as_str().unwrap()).contains(number),
            "{hit}"
        );
    }
}

#[test]
fn a_list_is_told_to_programs_in_these_words() {
    let mut found = find_all(
        "How many times is \"lift bridge\" mentioned?",
        &sample("harbour-report-2025.pdf"),
    );
    let hits = found["hits"].as_array().unwrap().clone();
    assert!(!hits.is_empty());
    let pages: Vec<_> = hits
        .iter()
        .map(|hit| hit["page"].as_u64().unwrap())
        .collect();
    let mut each = pages.clone();
    each.dedup();
    found["hits"] = value!([hits[0]]);
    found["timings"]["total_ms"] = value!(0);
    let passages = found["coverage"]["passages"].clone();
    assert_eq!(
        found,
        value!({
            "hits": [{
                "document": "harbour-report-2025.pdf",
                "page": pages[0],
                "quote": hits[0]["quote"],
                "verified": true,
                "item": 0,
            }],
            "items": [{"text": "lift bridge", "mentions": hits.len(), "pages": each}],
            "count": hits.len(),
            "unlisted": 0,
            "counted": "mentions",
            "decided": "words",
            "coverage": {"pages": 8, "unread": [], "passages": passages, "to_judge": 0, "judged": 0, "foreign": 0},
            "timings": {"total_ms": 0},
        })
    );
}

#[test]
fn a_page_that_is_an_image_is_not_covered_and_the_list_says_so() {
    let found = json(
        aparte()
            .args(["find-all", "--json", "list every amount"])
            .arg(fixture("images-only.pdf")),
    );
    let pages = found["coverage"]["pages"].as_u64().unwrap();
    assert_eq!(found["count"], 0);
    assert_eq!(
        found["coverage"]["unread"].as_array().unwrap().len() as u64,
        pages
    );
}

#[test]
fn what_cannot_be_asked_is_refused_in_a_sentence() {
    let file = sample("harbour-report-2025.pdf");
    refused(aparte().args(["find-all", "--json", " ?"]).arg(&file));
    let assistant = assistant(Language::English);
    let found = assistant.find_all("list every amount", &[], &Stop::default(), &mut |_| {});
    assert_eq!(found.unwrap().coverage.pages, 0);
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    // A text that was pasted in is no request; the model judges nothing when it is stopped at once.
    let stop = Stop::default();
    stop.now();
    let long = "list every amount over 1 000 ".repeat(4000);
    let found = assistant
        .find_all(&long, &[document], &stop, &mut |_| {})
        .unwrap();
    assert_eq!((found.count, found.coverage.judged), (0, 0));
}

#[test]
fn what_the_model_judged_is_not_judged_again_after_a_stop_or_a_restart() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("vault");
    let passphrase = SecretString::from("four calm words here".to_owned());
    let protection = || Protection::Passphrase(&passphrase);
    let open = |vault| Assistant::open(vault, worker(), Some(starter()), Language::English);
    let question = "List every duty of the board";

    let assistant = open(Vault::create(&folder, protection(), Cost::FLOOR).unwrap()).unwrap();
    let file = sample("harbour-report-2025.pdf");
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    let stop = Stop::default();
    let mut seen = 0;
    let found = assistant.find_all(question, &[document], &stop, &mut |progress| {
        if let FindingProgress::Judged(done, ..) = progress {
            seen = done;
            if done >= 3 {
                stop.now();
            }
        }
    });
    let stopped = found.unwrap();
    assert_eq!(stopped.decided, Decided::ByModel);
    let (judged, all) = (stopped.coverage.judged, stopped.coverage.to_judge);
    assert!(
        seen >= 3 && judged >= 3 && judged < all,
        "{judged} of {all}"
    );
    assistant.close().unwrap();

    let assistant = open(Vault::unlock(&folder, protection()).unwrap()).unwrap();
    let plan = assistant.plan_find_all(question, &[document], &Stop::default(), &mut |_| {});
    let plan = plan.unwrap();
    assert_eq!(plan.to_judge, all - judged);
    assert!(plan.expected_ms.is_some_and(|ms| ms > 0), "{plan:?}");
    let mut first = None;
    let found = assistant.find_all(question, &[document], &Stop::default(), &mut |progress| {
        if let FindingProgress::Judged(done, ..) = progress {
            first.get_or_insert(done);
        }
    });
    let found = found.unwrap();
    assert_eq!(first, Some(judged + 1), "it goes on where it was stopped");
    assert_eq!(found.coverage.judged, all);
    for item in &found.items {
        assert!(
            item.mentions
                .iter()
                .all(|mention| mention.citation.verified)
        );
    }
    assistant.close().unwrap();
}
