//! What was removed leaves nothing in a snapshot.

use super::*;

/// Made-up words, so that no other holds them. FTS5 may leave out what a term has in common with the one
/// before it, so only their ends are looked for.
const SECRETS: [&str; 3] = ["quovadzimplex", "brelkhostunix", "vondrigaspelk"];

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether each secret is in the bytes, under the stem that it has in the index.
fn secrets_in(bytes: &[u8]) -> [bool; 3] {
    SECRETS.map(|secret| holds(bytes, &secret.as_bytes()[4..]))
}

/// An index of other texts, with the secrets in a document under a heading and with a vector.
fn with_secrets(others: usize, vector: &Vector) -> SearchIndex {
    let mut random = Random(31);
    let mut index = SearchIndex::new().unwrap();
    let fill = |index: &mut SearchIndex, random: &mut Random, first: usize| {
        for document in first..first + others {
            let text = random.text(30);
            put(index, document as u8, Language::English, &[&text]);
            let entries = [MessageEntry {
                message: 0,
                language: Language::English,
                text: &text,
            }];
            let conversation = owner(document as u8 + 100);
            index.put_messages(conversation, [5; 16], entries).unwrap();
        }
    };
    fill(&mut index, &mut random, 0);
    let heading = [SECRETS[1].to_owned()];
    let text = format!("The word is {}.", SECRETS[0]);
    let entries = [Entry {
        headings: &heading,
        vectors: std::slice::from_ref(vector),
        ..entry(&text, 0)
    }];
    index
        .put_passages(owner(250), [0xab; 16], Language::English, entries)
        .unwrap();
    let text = format!("Tell me of {}.", SECRETS[2]);
    let entries = [MessageEntry {
        message: 0,
        language: Language::English,
        text: &text,
    }];
    index.put_messages(owner(251), [0xcd; 16], entries).unwrap();
    fill(&mut index, &mut random, others);
    index
}

#[test]
fn what_was_removed_leaves_nothing_in_the_snapshot() {
    let vector = Random(32).vector();
    let vector_bytes = vector.map(|component| component as u8);
    for others in [0, 1, 20] {
        let mut index = with_secrets(others, &vector);
        let before = index.to_bytes().unwrap();
        assert_eq!(
            secrets_in(&before),
            [true; 3],
            "this test sees what is there"
        );
        assert!(holds(&before, &vector_bytes) && holds(&before, &owner(250)));

        index.remove(owner(250)).unwrap();
        index.remove(owner(251)).unwrap();
        let after = index.to_bytes().unwrap();
        assert_eq!(secrets_in(&after), [false; 3]);
        assert!(!holds(&after, &vector_bytes[..8]));
        for trace in [owner(250), owner(251), [0xab; 16], [0xcd; 16]] {
            assert!(!holds(&after, &trace));
        }
        let index = SearchIndex::from_bytes(&after).unwrap();
        assert_eq!(index.owners().count(), 4 * others);
    }
}

#[test]
fn what_was_replaced_leaves_nothing_in_the_snapshot() {
    let vector = Random(33).vector();
    let mut index = with_secrets(10, &vector);
    put(&mut index, 250, Language::English, &["harbor"]);
    index.put_messages(owner(251), [0; 16], []).unwrap();
    let after = index.to_bytes().unwrap();
    assert_eq!(secrets_in(&after), [false; 3]);
    assert_eq!(found(&index, "harbor").len(), 10);
}

#[test]
fn erasing_in_parts_comes_to_an_end_while_more_is_put() {
    let vector = Random(34).vector();
    let mut index = with_secrets(20, &vector);
    index.remove(owner(250)).unwrap();
    index.remove(owner(251)).unwrap();
    let mut parts = 0;
    while !index.erase_some().unwrap() {
        parts += 1;
        assert!(parts < 100);
        if parts < 5 {
            put(&mut index, 0, Language::English, &["harbor and lantern"]);
        }
    }
    assert!(parts > 0, "there was something to erase");
    assert!(index.erase_some().unwrap(), "it stays erased");
    let after = index.to_bytes().unwrap();
    assert_eq!(secrets_in(&after), [false; 3]);
}

#[test]
fn memory_is_given_back() {
    let mut random = Random(35);
    let mut index = SearchIndex::new().unwrap();
    for document in 0..40 {
        let texts: Vec<_> = (0..50).map(|_| random.text(60)).collect();
        let vector = random.vector();
        let entries = texts.iter().zip(0..).map(|(text, at)| Entry {
            vectors: std::slice::from_ref(&vector),
            ..entry(text, at)
        });
        index
            .put_passages(owner(document), [0; 16], Language::English, entries)
            .unwrap();
    }
    let full = index.to_bytes().unwrap().len();
    index.retain(|owner| owner[0] < 4).unwrap();
    let few = index.to_bytes().unwrap().len();
    assert!(few < full / 5, "{few} of {full}");
    let memory = index.memory().unwrap();
    assert!(memory < few + few / 5, "{memory} for {few}");
}
