//! The index against a model of it that looks at every text.

use std::collections::BTreeMap;

use super::*;

/// A passage's text, and its vector if it has one.
type Passage = (String, Option<Vector>);

/// What should be in the index.
#[derive(Default)]
struct Model {
    documents: BTreeMap<Owner, (Fingerprint, Vec<Passage>)>,
    conversations: BTreeMap<Owner, (Fingerprint, Vec<String>)>,
}

impl Model {
    fn passages_with(&self, word: &str) -> Vec<PassageKey> {
        let mut keys = Vec::new();
        for (&owner, (_, passages)) in &self.documents {
            for ((text, _), passage) in passages.iter().zip(0..) {
                if text.contains(word) {
                    let page = 1;
                    keys.push(PassageKey {
                        owner,
                        page,
                        passage,
                    });
                }
            }
        }
        keys
    }

    fn messages_with(&self, word: &str) -> Vec<(Owner, u32)> {
        let mut found = Vec::new();
        for (&owner, (_, texts)) in &self.conversations {
            for (text, message) in texts.iter().zip(0..) {
                if text.contains(word) {
                    found.push((owner, message));
                }
            }
        }
        found
    }

    fn fingerprints(&self) -> BTreeMap<Owner, Fingerprint> {
        let documents = self.documents.iter().map(|(&owner, of)| (owner, of.0));
        let conversations = self.conversations.iter().map(|(&owner, of)| (owner, of.0));
        documents.chain(conversations).collect()
    }

    fn forget(&mut self, owner: Owner) {
        self.documents.remove(&owner);
        self.conversations.remove(&owner);
    }
}

/// Changes both alike; gives what was done.
fn change(random: &mut Random, index: &mut SearchIndex, model: &mut Model) -> &'static str {
    let someone = owner(random.below(12) as u8);
    let fingerprint = [random.below(256) as u8; 16];
    match random.below(10) {
        0..4 => {
            let passages: Vec<_> = (0..random.below(6))
                .map(|_| {
                    let vector = (random.below(2) == 0).then(|| random.vector());
                    (random.text(5), vector)
                })
                .collect();
            let entries = passages.iter().zip(0..).map(|((text, vector), at)| Entry {
                vectors: vector.as_slice(),
                ..entry(text, at)
            });
            index
                .put_passages(someone, fingerprint, Language::English, entries)
                .unwrap();
            model.forget(someone);
            model.documents.insert(someone, (fingerprint, passages));
            "put passages"
        }
        4..6 => {
            let texts: Vec<_> = (0..random.below(4)).map(|_| random.text(5)).collect();
            index
                .put_messages(someone, fingerprint, entries(&texts, 0))
                .unwrap();
            model.forget(someone);
            model.conversations.insert(someone, (fingerprint, texts));
            "put messages"
        }
        6..8 => {
            if model.documents.contains_key(&someone) {
                return "nothing";
            }
            let texts: Vec<_> = (0..random.below(3)).map(|_| random.text(5)).collect();
            let (state, held) = model.conversations.entry(someone).or_default();
            index
                .add_messages(someone, fingerprint, entries(&texts, held.len() as u32))
                .unwrap();
            *state = fingerprint;
            held.extend(texts);
            "add messages"
        }
        8 => {
            index.remove(someone).unwrap();
            model.forget(someone);
            "remove"
        }
        _ => {
            let bytes = index.to_bytes().unwrap();
            *index = SearchIndex::from_bytes(&bytes).unwrap();
            "snapshot"
        }
    }
}

fn entries(texts: &[String], first: u32) -> impl Iterator<Item = MessageEntry<'_>> {
    let language = Language::English;
    (first..)
        .zip(texts)
        .map(move |(message, text)| MessageEntry {
            message,
            language,
            text,
        })
}

#[test]
fn whatever_is_done_it_holds_what_a_model_holds() {
    let mut random = Random(41);
    for round in 0..12 {
        let mut index = SearchIndex::new().unwrap();
        let mut model = Model::default();
        let mut done = Vec::new();
        for _ in 0..60 {
            done.push(change(&mut random, &mut index, &mut model));
            let word = WORDS[random.below(WORDS.len())];
            let mut hits = keys(index.search(word, None, usize::MAX, |_| true).unwrap());
            hits.sort();
            assert_eq!(hits, model.passages_with(word), "{round}: {done:?}");
            let hits = index.search_messages(word, usize::MAX).unwrap();
            let mut hits: Vec<_> = hits.iter().map(|hit| (hit.owner, hit.message)).collect();
            hits.sort();
            assert_eq!(hits, model.messages_with(word), "{round}: {done:?}");
            let held: BTreeMap<_, _> = model.fingerprints();
            assert!(
                held.iter()
                    .all(|(&owner, &state)| index.covers(owner, state))
            );
            assert!(index.owners().all(|owner| held.contains_key(&owner)));
            assert_eq!(index.owners().count(), held.len());
            let vectors = model.documents.values().flat_map(|of| &of.1);
            let vectors = vectors.filter(|passage| passage.1.is_some()).count();
            let near = index.search("What is it?", Some(&[1; 384]), usize::MAX, |_| true);
            assert_eq!(near.unwrap().len(), vectors, "{round}: {done:?}");
        }
    }
}

fn keys(hits: Vec<Hit>) -> Vec<PassageKey> {
    hits.into_iter().map(|hit| hit.key).collect()
}
