//! The corpora of the fuzz targets (`fuzz/`), replayed: what once was found, and what every mutation began with, does no
//! harm in any later build.
//!
//! Fuzzing itself needs another build and hours; this needs neither.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use aparte_vault::parsers;

type Parser = fn(&[u8]) -> bool;

/// The targets that are parsers of the vault.
const TARGETS: [(&str, Parser); 8] = [
    ("manifest", parsers::manifest),
    ("record", parsers::record),
    ("owner_seal", parsers::owner_seal),
    ("root", parsers::root),
    ("blob", parsers::blob),
    ("cache", parsers::cache),
    ("recovery_words", parsers::recovery_words),
    ("database", parsers::database),
];

#[test]
fn every_input_of_the_corpora_is_taken_or_refused_and_none_does_harm() {
    for (target, parser) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fuzz/corpus")
            .join(target);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
        let (mut taken, mut refused) = (0, 0);
        for file in files {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            match catch_unwind(|| parser(&bytes)) {
                Ok(true) => taken += 1,
                Ok(false) => refused += 1,
                Err(_) => panic!("{} does harm", file.display()),
            }
        }
        // A parser that takes everything or nothing shows nothing.
        assert!(
            taken > 0 && refused > 0,
            "{target}: {taken} inputs are taken and {refused} refused"
        );
    }
}
