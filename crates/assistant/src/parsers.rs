//! The parsers of what the domain keeps, each by itself, for the fuzz targets and the test that replays their corpora. The products
//! do not have them.
//!
//! Each takes bytes as they come out of the vault's seal and says whether they were taken. What was taken is used as the
//! domain uses it, because a value that reads and then brings the window down is no better than one that does not.

use std::sync::LazyLock;

use crate::conversation::{self, Message};
use crate::error::Error;
use crate::language::Language;
use crate::library;
use crate::pages;
use crate::search::{Entry, SearchIndex};
use crate::settings::Settings;
use crate::stored;

/// Where the part of a snapshot begins that is not the same in every one of this build.
const AFTER_BUILD: usize = 8 + 4 + 32;
/// The length of the checksum at the end.
const CHECKSUM: usize = 4;

/// The snapshot of the search index, from its owners to its checksum, both left out: what stands before names the build and
/// changes with it, and nothing would get past a wrong checksum.
pub fn search_snapshot(bytes: &[u8]) -> bool {
    static START: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut start = empty_index().to_bytes().expect("an index in memory");
        start.truncate(AFTER_BUILD);
        start
    });
    let mut bytes = [&START, bytes].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let Some(mut index) = SearchIndex::from_bytes(&bytes) else {
        return false;
    };
    // FTS5 finds damage when it reads: that may fail, and must not do worse.
    for question in ["rent of the workshop", "\"loyer de l'atelier\"", "412,000"] {
        let _ = index.search(question, None, 10, |_| true);
        let _ = index.search_messages(question, 10);
    }
    let entry = Entry {
        page: 1,
        passage: 0,
        text: "The rent of the workshop is 412,000 euros.",
        headings: &[],
        vectors: &[],
    };
    let _ = index.put_passages([9; 16], [9; 16], Language::English, [entry]);
    let _ = index.retain(|owner| owner == [9; 16]);
    let _ = index.to_bytes();
    true
}

/// The snapshot of a small index, as [`search_snapshot`] takes it.
pub fn example_snapshot() -> Vec<u8> {
    let mut index = empty_index();
    let entry = Entry {
        page: 1,
        passage: 0,
        text: "Le loyer de l’atelier est de 412 000 € par an.",
        headings: &[],
        vectors: &[],
    };
    let put = index.put_passages([1; 16], [2; 16], Language::French, [entry]);
    put.expect("an index in memory");
    let bytes = index.to_bytes().expect("an index in memory");
    bytes[AFTER_BUILD..bytes.len() - CHECKSUM].to_vec()
}

fn empty_index() -> SearchIndex {
    SearchIndex::new().expect("an index in memory")
}

/// A value behind a byte that says which: a message, a page, the head of a conversation, the head of a document, the
/// settings, or a text.
pub fn stored_value(bytes: &[u8]) -> bool {
    let [which, bytes @ ..] = bytes else {
        return false;
    };
    match which {
        0 => reads(bytes, Message::decode, Message::encode),
        1 => match pages::decode(bytes) {
            Ok(page) => {
                for passage in &page.passages {
                    let _ = passage.range.of(&page.text);
                }
                reads(bytes, pages::decode, pages::encode)
            }
            Err(_) => false,
        },
        2 => reads(bytes, stored::decode::<conversation::Head>, stored::encode),
        3 => reads(bytes, library::Head::decode, library::Head::encode),
        4 => reads(bytes, Settings::decode, |settings: &Settings| {
            settings.encode()
        }),
        _ => reads(bytes, stored::decode::<String>, stored::encode),
    }
}

/// Whether bytes are read. What was read and written again is read as the same.
fn reads<T>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, Error>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> bool {
    let Ok(value) = decode(bytes) else {
        return false;
    };
    let written = encode(&value);
    let again = decode(&written).expect("what is written is read");
    assert_eq!(encode(&again), written, "and is the same");
    true
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_input_of_the_corpora_is_taken_or_refused_and_none_does_harm() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        type Parser = fn(&[u8]) -> bool;
        let parsers: [(&str, Parser); 2] = [
            ("search_snapshot", search_snapshot),
            ("stored_value", stored_value),
        ];
        for (target, parser) in parsers {
            let files = fs::read_dir(corpora.join(target)).unwrap();
            let inputs = files.map(|file| fs::read(file.unwrap().path()).unwrap());
            let (taken, refused): (Vec<_>, Vec<_>) = inputs.partition(|bytes| parser(bytes));
            // A parser that takes everything or nothing shows nothing.
            assert!(!taken.is_empty() && !refused.is_empty(), "{target}");
        }
    }
}
