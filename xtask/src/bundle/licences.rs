//! The work of others that a package carries, and the texts under which they let it be carried.
//!
//! Everything is read from the sources that the package is built of: nothing here is kept up by hand. What builds the
//! programs and does not get into them (build scripts, macros' own dependencies aside) is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// The work of somebody else.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name and version.
    pub title: String,
    /// An SPDX expression, as its makers wrote it.
    pub licence: String,
    /// Who made it, where they say so.
    pub authors: Vec<String>,
    /// Where its source is public.
    pub source: Option<String>,
    /// The texts that came with it.
    pub texts: Vec<String>,
}

/// The crates that the programs are linked of.
pub struct Crates {
    /// All but our own, sorted.
    pub parts: Vec<Part>,
    /// The version of Aparté.
    pub version: String,
    /// Where the source of llama.cpp lies.
    pub llama: PathBuf,
}

/// Asks cargo what the programs of these packages are linked of.
pub fn crates(workspace: &Workspace, programs: &[&str]) -> Result<Crates, Failure> {
    let host = process::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let mut cargo = workspace.cargo(&["metadata", "--locked", "--format-version", "1"]);
    cargo.args(["--filter-platform", host.trim()]);
    let metadata = read_metadata(&process::output(&mut cargo)?)?;
    let linked = metadata.linked(programs);
    let missing = |what: &str| Failure::Malformed {
        what: "the output of `cargo metadata`".to_owned(),
        reason: format!("it does not name {what}"),
    };
    let llama = linked
        .iter()
        .find(|package| package.name == "llama-cpp-sys-2")
        .ok_or_else(|| missing("llama-cpp-sys-2"))?
        .folder()
        .join("llama.cpp");
    let version = linked
        .iter()
        .find(|package| programs.contains(&package.name.as_str()))
        .ok_or_else(|| missing(&programs.join(", ")))?
        .version
        .clone();
    let mut parts = Vec::new();
    for package in linked {
        if package.source.is_some() {
            parts.push(package.part()?);
        }
    }
    parts.push(llama_part(&llama)?);
    parts.sort();
    Ok(Crates {
        parts,
        version,
        llama,
    })
}

/// The packages that the interface is built of. Those that only build or test it are left out.
pub fn interface(root: &Path) -> Result<Vec<Part>, Failure> {
    let lock = root.join("ui/package-lock.json");
    let text = fs::read_to_string(&lock).map_err(Failure::file(&lock))?;
    let mut parts = Vec::new();
    for (place, package) in read_lock(&text)? {
        parts.push(Part {
            title: format!(
                "{} {}",
                place.rsplit("node_modules/").next().unwrap_or(&place),
                package.version
            ),
            licence: package.licence,
            authors: Vec::new(),
            source: None,
            // What a package took from others has its licence in the folder of that part.
            texts: texts_below(&root.join("ui").join(&place))?,
        });
    }
    parts.sort();
    Ok(parts)
}

/// Writes all of it as one text: what there is, then each text once, with those whose it is.
pub fn written(parts: &[Part]) -> String {
    let mut out = String::from(
        "What others made and Aparté carries, each under the licence that is named. The source of a part is public \
         under its\nname and version. Where a part came without a text of its licence, the usual text holds: those of \
         MIT stand below,\nthe others in /usr/share/common-licenses.\n\n",
    );
    let mut texts: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    for part in parts {
        let _ = write!(out, "{}: {}", part.title, part.licence);
        if let Some(source) = &part.source {
            let _ = write!(out, ", {source}");
        }
        if part.texts.is_empty() && !part.authors.is_empty() {
            let _ = write!(out, ", by {}", part.authors.join(", "));
        }
        out.push('\n');
        for text in &part.texts {
            // Two that differ in their line ends only are one.
            let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (_, titles) = texts
                .entry(key)
                .or_insert_with(|| (text.clone(), BTreeSet::new()));
            titles.insert(&part.title);
        }
    }
    for (text, titles) in texts.values() {
        let titles = titles.iter().copied().collect::<Vec<_>>().join(", ");
        let _ = write!(out, "\n{:-<80}\n{titles}\n\n{}\n", "", text.trim_end());
    }
    out
}

/// llama.cpp comes inside a crate, with files that its own makers took from others.
fn llama_part(folder: &Path) -> Result<Part, Failure> {
    let mut texts = texts_in(folder)?;
    let vendor = folder.join("vendor");
    let mut notices = BTreeSet::new();
    for file in files_below(&vendor)? {
        if is_licence(&file) {
            texts.push(read(&file)?);
        } else if file
            .extension()
            .is_some_and(|extension| ["h", "hpp"].iter().any(|header| extension == *header))
        {
            notices.extend(copyright_lines(&read(&file)?));
        }
    }
    if !notices.is_empty() {
        texts.push(Vec::from_iter(notices).join("\n"));
    }
    Ok(Part {
        title: "llama.cpp with ggml and what it carries itself".to_owned(),
        licence: "MIT".to_owned(),
        authors: Vec::new(),
        source: None,
        texts,
    })
}

/// The lines by which a source file says whose it is.
fn copyright_lines(source: &str) -> impl Iterator<Item = String> {
    source
        .lines()
        .filter(|line| line.contains("SPDX-"))
        .map(|line| {
            let marks = |character: char| !character.is_alphanumeric();
            line.trim_start_matches(marks).trim_end().to_owned()
        })
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    repository: Option<String>,
    /// Our own packages have none.
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// None for what is linked; else what it is for.
    kind: Option<String>,
}

impl Metadata {
    /// The packages of that name here, and all that they are linked of.
    fn linked(&self, names: &[&str]) -> Vec<&Package> {
        let nodes: HashMap<_, _> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let mut to_see: Vec<_> = self
            .packages
            .iter()
            .filter(|package| package.source.is_none() && names.contains(&package.name.as_str()))
            .map(|package| package.id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = to_see.pop() {
            if seen.insert(id)
                && let Some(node) = nodes.get(id)
            {
                let linked = node.deps.iter().filter(|dependency| {
                    let mut kinds = dependency.dep_kinds.iter();
                    kinds.any(|kind| kind.kind.is_none())
                });
                to_see.extend(linked.map(|dependency| dependency.pkg.as_str()));
            }
        }
        self.packages
            .iter()
            .filter(|package| seen.contains(package.id.as_str()))
            .collect()
    }
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    fn part(&self) -> Result<Part, Failure> {
        Ok(Part {
            title: format!("{} {}", self.name, self.version),
            licence: self
                .license
                .clone()
                .unwrap_or_else(|| "see its text".to_owned()),
            authors: self.authors.clone(),
            source: self.repository.clone(),
            texts: texts_in(self.folder())?,
        })
    }
}

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    version: String,
    #[serde(default, rename = "license")]
    licence: String,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    optional: bool,
}

fn read_metadata(text: &str) -> Result<Metadata, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Malformed {
        what: "the output of `cargo metadata`".to_owned(),
        reason: error.to_string(),
    })
}

/// The packages by the places where they lie; the one without a place is the interface itself. Optional ones are not in it:
/// they are for Node where pdf.js runs without a window, each for another system.
fn read_lock(text: &str) -> Result<Vec<(String, Locked)>, Failure> {
    let lock: Lock = serde_json::from_str(text).map_err(|error| Failure::Malformed {
        what: "ui/package-lock.json".to_owned(),
        reason: error.to_string(),
    })?;
    let packages = lock.packages.into_iter();
    Ok(packages
        .filter(|(place, package)| !place.is_empty() && !package.dev && !package.optional)
        .collect())
}

fn texts_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).map_err(Failure::file(folder))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file() && is_licence(file));
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn texts_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut files = files_below(folder)?;
    files.retain(|file| is_licence(file));
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn is_licence(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_uppercase();
    let begins = [
        "LICENSE",
        "LICENCE",
        "COPYING",
        "COPYRIGHT",
        "NOTICE",
        "UNLICENSE",
    ];
    begins.iter().any(|beginning| name.starts_with(beginning))
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Some old text is not UTF-8; a name that is lost in it is no reason to leave the rest out.
fn read(file: &Path) -> Result<String, Failure> {
    let bytes = fs::read(file).map_err(Failure::file(file))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(title: &str, text: &str) -> Part {
        Part {
            title: title.to_owned(),
            licence: "MIT".to_owned(),
            authors: vec!["the makers".to_owned()],
            source: None,
            texts: if text.is_empty() {
                Vec::new()
            } else {
                vec![text.to_owned()]
            },
        }
    }

    #[test]
    fn what_builds_or_tests_a_program_is_not_linked_into_it() {
        let text = r#"{"packages": [
              {"id": "p", "name": "program", "version": "1.0.0", "manifest_path": "/p/Cargo.toml"},
              {"id": "a", "name": "a", "version": "1.0.0", "source": "s", "manifest_path": "/a/Cargo.toml"},
              {"id": "b", "name": "b", "version": "1.0.0", "source": "s", "manifest_path": "/b/Cargo.toml"},
              {"id": "c", "name": "c", "version": "1.0.0", "source": "s", "manifest_path": "/c/Cargo.toml"}],
            "resolve": {"nodes": [
              {"id": "p", "deps": [{"pkg": "a", "dep_kinds": [{"kind": null}]},
                                   {"pkg": "b", "dep_kinds": [{"kind": "build"}, {"kind": "dev"}]}]},
              {"id": "a", "deps": [{"pkg": "c", "dep_kinds": [{"kind": "build"}, {"kind": null}]}]},
              {"id": "b", "deps": []}, {"id": "c", "deps": []}]}}"#;
        let metadata = read_metadata(text).unwrap_or_else(|failure| panic!("{failure}"));
        let names: Vec<_> = metadata
            .linked(&["program"])
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        assert_eq!(names, ["program", "a", "c"]);
    }

    #[test]
    fn packages_that_only_build_the_interface_are_left_out() {
        let text = r#"{"packages": {"": {"version": "0.1.0"},
            "node_modules/drawn": {"version": "1.2.3", "license": "MIT"},
            "node_modules/builder": {"version": "4.5.6", "license": "MIT", "dev": true}}}"#;
        let packages = read_lock(text).unwrap_or_else(|failure| panic!("{failure}"));
        let places: Vec<_> = packages.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["node_modules/drawn"]);
    }

    #[test]
    fn a_text_that_two_parts_share_stands_once_with_both_names() {
        let written = written(&[
            part("a 1.0", "Do as you\r\nplease."),
            part("b 2.0", "Do as you please."),
        ]);
        assert_eq!(written.matches("please.").count(), 1, "{written}");
        assert!(written.contains("\na 1.0, b 2.0\n"), "{written}");
    }

    #[test]
    fn a_part_without_a_text_names_its_makers() {
        let written = written(&[part("a 1.0", "")]);
        assert!(written.contains("a 1.0: MIT, by the makers"), "{written}");
    }

    #[test]
    fn notices_in_source_files_are_taken_without_their_marks() {
        let source = "//  ####\n//  SPDX-FileCopyrightText: 2013 Somebody <them>\n int x;\n";
        assert_eq!(
            Vec::from_iter(copyright_lines(source)),
            ["SPDX-FileCopyrightText: 2013 Somebody <them>"]
        );
    }
}
