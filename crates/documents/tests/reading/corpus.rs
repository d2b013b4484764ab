//! Replays what the fuzz target `document` begins with and what it found.

use std::fs;
use std::path::Path;

#[test]
fn what_was_fuzzed_is_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/document");
    let mut read = 0;
    let mut all = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        read += usize::from(aparte_documents::fuzzed(&bytes));
        all += 1;
    }
    assert!(all >= 10 && read >= 10, "{read} of {all} are sound files");
}
