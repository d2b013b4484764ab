//! Snapshots: what was written is read, and nothing else.

use super::*;

/// An index with everything in it: two documents, two conversations, vectors, free rows.
fn full() -> SearchIndex {
    let mut random = Random(21);
    let mut index = index(&ENGLISH, &FRENCH);
    let vector = random.vector();
    let entries = [
        Entry {
            vectors: std::slice::from_ref(&vector),
            ..entry("Ships come and go.", 0)
        },
        entry("The harbor was dredged.", 1),
    ];
    index
        .put_passages(owner(2), [3; 16], Language::English, entries)
        .unwrap();
    for conversation in [10, 11] {
        let text = random.text(5);
        let entries = [0, 1].map(|message| MessageEntry {
            message,
            language: Language::English,
            text: &text,
        });
        index
            .put_messages(owner(conversation), [4; 16], entries)
            .unwrap();
    }
    index.remove(owner(0)).unwrap();
    index.remove(owner(10)).unwrap();
    index
}

#[test]
fn a_snapshot_answers_as_the_index_did() {
    let mut index = full();
    let bytes = index.to_bytes().unwrap();
    let mut read = SearchIndex::from_bytes(&bytes).unwrap();
    let vector = Random(21).vector();
    for question in ["412000", "harbor", "\"prête des livres\"", "What is it?"] {
        for meaning in [None, Some(&vector)] {
            assert_eq!(
                read.search(question, meaning, 10, |_| true).unwrap(),
                index.search(question, meaning, 10, |_| true).unwrap(),
            );
        }
        assert_eq!(
            read.search_messages(question, 10).unwrap(),
            index.search_messages(question, 10).unwrap(),
        );
    }
    assert!(read.covers(owner(2), [3; 16]) && read.covers(owner(11), [4; 16]));
    assert!(!read.covers(owner(10), [4; 16]) && !read.covers(owner(2), [4; 16]));
    assert_eq!(
        read.weigh("harbor books", Language::English).unwrap(),
        index.weigh("harbor books", Language::English).unwrap(),
    );
    // And goes on as an index does.
    put(&mut read, 3, Language::English, &["A falcon."]);
    assert_eq!(found(&read, "falcon"), [key(3, 0)]);
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    let bytes = full().to_bytes().unwrap();
    let mut read = SearchIndex::from_bytes(&bytes).unwrap();
    assert!(read.to_bytes().unwrap() == bytes);
}

#[test]
fn an_empty_index_has_a_snapshot() {
    let bytes = SearchIndex::new().unwrap().to_bytes().unwrap();
    let index = SearchIndex::from_bytes(&bytes).unwrap();
    assert_eq!(index.owners().count(), 0);
    assert!(found(&index, "harbor").is_empty());
}

/// The bytes of a snapshot without its checksum.
fn contents(index: &mut SearchIndex) -> Vec<u8> {
    let mut bytes = index.to_bytes().unwrap();
    bytes.truncate(bytes.len() - 4);
    bytes
}

/// Reads contents behind which the right checksum stands, whatever they are.
fn read(contents: &[u8]) -> Option<SearchIndex> {
    let checksum = crc32fast::hash(contents).to_le_bytes();
    SearchIndex::from_bytes(&[contents, &checksum].concat())
}

#[test]
fn a_snapshot_of_which_one_byte_changed_is_none() {
    let mut bytes = full().to_bytes().unwrap();
    for at in (0..bytes.len()).step_by(37) {
        bytes[at] ^= 1;
        assert!(SearchIndex::from_bytes(&bytes).is_none(), "{at}");
        bytes[at] ^= 1;
    }
    assert!(SearchIndex::from_bytes(&bytes).is_some());
}

/// Where the databases begin, the first after its length.
fn databases(bytes: &[u8]) -> usize {
    let header = b"SQLite format 3\0";
    let found = bytes
        .windows(header.len())
        .position(|window| window == header);
    found.unwrap()
}

#[test]
fn a_snapshot_that_was_cut_is_none() {
    let bytes = contents(&mut full());
    let first = databases(&bytes);
    let lengths = (0..first + 600).chain((first + 600..bytes.len()).step_by(509));
    for length in lengths {
        assert!(read(&bytes[..length]).is_none(), "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(read(&longer).is_none());
}

#[test]
fn a_snapshot_of_another_version_or_build_is_none() {
    let mut bytes = contents(&mut full());
    for at in 0..8 + 4 + 32 {
        bytes[at] ^= 1;
        assert!(read(&bytes).is_none(), "{at}");
        bytes[at] ^= 1;
    }
    assert!(read(&bytes).is_some());
}

/// Asks an index whatever can be asked: it may find anything or fail, but not panic.
fn ask_everything(index: &mut SearchIndex) {
    let vector = Random(21).vector();
    for question in ["412000 harbor", "\"prête des livres\""] {
        _ = index.search(question, Some(&vector), 10, |_| true);
        _ = index.search_messages(question, 10);
    }
    _ = index.weigh("harbor books", Language::English);
    let entries = [entry("A falcon.", 0)];
    _ = index.put_passages(owner(2), [9; 16], Language::English, entries);
    _ = index.remove(owner(11));
    _ = index.to_bytes();
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let mut bytes = contents(&mut full());
    let mut random = Random(22);
    let first = databases(&bytes);
    let anywhere: Vec<_> = (0..300)
        .map(|_| 44 + random.below(bytes.len() - 44))
        .collect();
    let mut taken = 0;
    for at in (44..first).step_by(5).chain(anywhere) {
        let was = bytes[at];
        bytes[at] = random.below(256) as u8;
        if let Some(mut index) = read(&bytes) {
            taken += 1;
            ask_everything(&mut index);
        }
        bytes[at] = was;
    }
    assert!(
        taken > 100,
        "most of a database may change without FTS5 noticing: {taken}"
    );
}

#[test]
fn no_length_is_believed() {
    let bytes = contents(&mut full());
    let first = databases(&bytes);
    // Wherever a number may stand, an enormous one.
    for at in (44..first).step_by(4) {
        for enormous in [u32::MAX, u32::MAX / 12] {
            let mut bytes = bytes.clone();
            bytes[at..at + 4].copy_from_slice(&enormous.to_le_bytes());
            if let Some(mut index) = read(&bytes) {
                ask_everything(&mut index);
            }
        }
    }
}

#[test]
fn a_database_of_another_kind_is_none() {
    let bytes = contents(&mut full());
    let first = databases(&bytes);
    let mut other = rusqlite::Connection::open_in_memory().unwrap();
    for schema in [
        "CREATE TABLE lines (stems, raw, headings);",
        "CREATE TABLE lines_docsize (id); CREATE VIEW lines AS SELECT id FROM lines_docsize;",
    ] {
        other.execute_batch(schema).unwrap_or_default();
        let database = other.serialize(rusqlite::MAIN_DB).unwrap();
        let mut changed = bytes[..first - 8].to_vec();
        for _ in 0..2 {
            changed.extend((database.len() as u64).to_le_bytes());
            changed.extend_from_slice(&database);
        }
        assert!(read(&changed).is_none(), "{schema}");
    }
}
