//! Models that Aparté knows, and finding the file of one.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{self, Error, ModelTrouble};
use crate::language::Language;
use crate::places;

/// The id of the model that comes with Aparté.
pub const STARTER: &str = "smollm2-135m-instruct-q4_1";

/// The id of the model that comes with Aparté to compare what texts mean.
pub const EMBEDDING: &str = "multilingual-e5-small-q4_0";

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its id in the catalogue, or its file's name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it lies.
    pub file: PathBuf,
    /// The languages that it knows; `None` when nobody has said.
    pub languages: Option<Vec<Language>>,
}

impl Model {
    /// Finds a model by its id in the catalogue or by the path of a GGUF file. `folder` is where the
    /// models of the catalogue lie; `None` asks [`places::model_folders`].
    pub fn find(id_or_file: &str, folder: Option<&Path>) -> Result<Model, Error> {
        let folders =
            folder.map_or_else(places::model_folders, |folder| vec![folder.to_path_buf()]);
        let trouble = |trouble| Error::Model {
            name: shown(id_or_file),
            trouble,
        };
        if let Some(entry) = catalogue().into_iter().find(|entry| entry.id == id_or_file) {
            return match first_with(&entry.file, &folders) {
                Some(file) => Ok(entry.at(file)),
                None => Err(trouble(ModelTrouble::Missing)),
            };
        }
        let file = PathBuf::from(id_or_file);
        if file.is_file() {
            return Ok(Model::of_file(file));
        }
        if file.is_dir() {
            return Err(trouble(ModelTrouble::NotAFile));
        }
        let looks_like_a_path = file
            .extension()
            .is_some_and(|extension| extension == "gguf")
            || file.components().count() > 1;
        Err(trouble(if looks_like_a_path {
            ModelTrouble::FileMissing
        } else {
            ModelTrouble::Unknown
        }))
    }

    /// Whether the model can be expected to write in a language.
    pub fn knows(&self, language: Language) -> bool {
        self.languages
            .as_ref()
            .is_none_or(|languages| languages.contains(&language))
    }

    fn of_file(file: PathBuf) -> Model {
        let name = error::shown(&file.file_name().unwrap_or_default().to_string_lossy(), 255);
        // A model of the catalogue that lies elsewhere keeps what is known about it.
        match catalogue().into_iter().find(|entry| entry.file == name) {
            Some(entry) => entry.at(file),
            None => Model {
                id: name.clone(),
                name,
                file,
                languages: None,
            },
        }
    }
}

/// An entry of `models/catalog.json`.
#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    file: String,
    languages: Vec<String>,
}

impl Entry {
    fn at(self, file: PathBuf) -> Model {
        let languages = self
            .languages
            .iter()
            .filter_map(|tag| Language::from_tag(tag))
            .collect();
        Model {
            id: self.id,
            name: self.name,
            file,
            languages: Some(languages),
        }
    }
}

/// The file of that name in the first of the folders that has it.
fn first_with(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let mut files = folders.iter().map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

fn catalogue() -> Vec<Entry> {
    #[derive(Deserialize)]
    struct Catalogue {
        models: Vec<Entry>,
    }
    serde_json::from_str::<Catalogue>(include_str!("../../../models/catalog.json"))
        .expect("the catalogue is part of the build, and a test reads it")
        .models
}

/// A path is shown by its last part: the rest is nobody's business.
fn shown(id_or_file: &str) -> String {
    let path = Path::new(id_or_file);
    let name = path.file_name().unwrap_or(path.as_os_str());
    error::shown(&name.to_string_lossy(), 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_starter_and_its_language() {
        let starter = catalogue()
            .into_iter()
            .find(|entry| entry.id == STARTER)
            .unwrap();
        let starter = starter.at(PathBuf::new());
        assert!(starter.knows(Language::English));
        assert!(!starter.knows(Language::French));
    }

    #[test]
    fn a_model_of_ones_own_comes_before_the_one_that_a_package_brought() {
        let place = tempfile::tempdir().unwrap();
        let folders = ["own", "package"].map(|name| place.path().join(name));
        for folder in &folders {
            std::fs::create_dir(folder).unwrap();
        }
        let [own, package] = folders.each_ref().map(|folder| folder.join("m.gguf"));
        assert_eq!(first_with("m.gguf", &folders), None);
        std::fs::write(&package, "").unwrap();
        assert_eq!(first_with("m.gguf", &folders), Some(package));
        std::fs::write(&own, "").unwrap();
        assert_eq!(first_with("m.gguf", &folders), Some(own));
    }

    #[test]
    fn an_unknown_name_and_a_missing_file_are_told_apart() {
        let trouble = |name| match Model::find(name, Some(Path::new("nowhere"))) {
            Err(Error::Model { trouble, .. }) => trouble,
            other => panic!("{other:?}"),
        };
        assert_eq!(trouble("gpt-9000"), ModelTrouble::Unknown);
        assert_eq!(trouble("nowhere/x.gguf"), ModelTrouble::FileMissing);
        assert_eq!(trouble("."), ModelTrouble::NotAFile);
        assert_eq!(trouble(STARTER), ModelTrouble::Missing);
    }
}
