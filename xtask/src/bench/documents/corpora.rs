//! Real files, out of packages by name. The packages are unpacked into the target folder and never installed; nothing of
//! theirs is committed. What Debian gives is signed; what comes from the index of Python is of one version.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::process;
use crate::system;

/// A package that holds files.
#[derive(Clone, Copy)]
pub enum Package {
    /// A binary package of Debian.
    Debian(&'static str),
    /// The source of a package of Debian.
    DebianSource(&'static str),
    /// A source archive of the index of Python, with its version. pip runs its set-up to learn its name.
    Python(&'static str, &'static str),
}

/// What the test run reads some files of: small packages with files of many producers.
pub const SMALL: &[Package] = &[
    Package::Python("pypdf", "7.1.1"),
    Package::DebianSource("pandoc"),
];

/// Everything that is read.
pub const ALL: &[Package] = &[
    Package::Debian("asymptote-doc"),
    Package::Debian("dblatex-doc"),
    Package::Debian("debian-policy"),
    Package::Debian("developers-reference"),
    Package::Debian("developers-reference-de"),
    Package::Debian("developers-reference-fr"),
    Package::Debian("developers-reference-it"),
    Package::Debian("developers-reference-ja"),
    Package::Debian("developers-reference-ru"),
    Package::Debian("gnuplot-doc"),
    Package::Debian("groff"),
    Package::Debian("maxima-doc"),
    Package::Debian("octave-doc"),
    Package::Debian("r-doc-pdf"),
    Package::Debian("texlive-fonts-recommended-doc"),
    Package::Debian("texlive-latex-base-doc"),
    Package::Debian("texlive-latex-recommended-doc"),
    Package::Debian("texlive-metapost-doc"),
    Package::Debian("ubuntu-packaging-guide-epub"),
    Package::Debian("ubuntu-packaging-guide-epub-de"),
    Package::Debian("ubuntu-packaging-guide-epub-es"),
    Package::Debian("ubuntu-packaging-guide-epub-fr"),
    Package::Debian("ubuntu-packaging-guide-epub-pt-br"),
    Package::Debian("ubuntu-packaging-guide-epub-ru"),
    Package::DebianSource("gnumeric"),
    Package::DebianSource("latex2rtf"),
    Package::DebianSource("libjopendocument-java"),
    Package::DebianSource("libodfdom-java"),
    Package::DebianSource("liborcus"),
    Package::DebianSource("libxlsxwriter"),
    Package::DebianSource("pandoc"),
    Package::DebianSource("pdfminer"),
    Package::DebianSource("qpdf"),
    Package::DebianSource("unrtf"),
    Package::Python("odfpy", "1.4.1"),
    Package::Python("pyexcel-ods3", "0.6.1"),
    Package::Python("pypdf", "7.1.1"),
    Package::Python("python-docx", "1.2.0"),
    Package::Python("python-pptx", "1.0.2"),
];

/// The endings of the names of the files that are taken.
const ENDINGS: [&str; 10] = [
    "pdf", "docx", "odt", "epub", "rtf", "html", "htm", "xlsx", "ods", "pptx",
];

/// A file of a corpus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Its place below the folder of the corpora: the package is the first part.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// How its name ends, in small letters.
    pub ending: String,
}

/// Unpacks those of these packages that are not there yet into `folder`, and lists their files by name, each content once.
pub fn obtain(packages: &[Package], folder: &Path) -> Result<Vec<Sample>, Failure> {
    fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    let mut samples = Vec::new();
    let mut known = HashSet::new();
    for package in packages {
        let place = folder.join(package.name());
        if !place.exists() {
            obtain_one(*package, folder, &place)?;
        }
        let mut paths = Vec::new();
        files_below(&place, &mut paths)?;
        paths.sort();
        for path in paths {
            let ending = path.extension().and_then(OsStr::to_str);
            let ending = ending.unwrap_or_default().to_lowercase();
            if !ENDINGS.contains(&ending.as_str()) {
                continue;
            }
            let content = fs::read(&path).map_err(Failure::file(&path))?;
            if known.insert(Sha256::digest(content)) {
                let below = path.strip_prefix(folder).unwrap_or(&path);
                samples.push(Sample {
                    name: below.to_string_lossy().into_owned(),
                    path,
                    ending,
                });
            }
        }
    }
    Ok(samples)
}

/// Puts a list into an order that is the same each time, and owes nothing to names and places in the list.
pub fn shuffle(samples: &mut [Sample]) {
    const SEED: &str = "documents 7";
    samples.sort_by_cached_key(|sample| Sha256::digest(format!("{SEED} {}", sample.name)).to_vec());
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Package::Debian(name) | Package::DebianSource(name) | Package::Python(name, _) => name,
        }
    }
}

/// A package has its place only when it is whole.
fn obtain_one(package: Package, folder: &Path, place: &Path) -> Result<(), Failure> {
    eprintln!("Obtaining the files of {} …", package.name());
    let incoming = folder.join(".incoming");
    if incoming.exists() {
        fs::remove_dir_all(&incoming).map_err(Failure::file(&incoming))?;
    }
    let (archives, contents) = (incoming.join("archives"), incoming.join("contents"));
    for folder in [&archives, &contents] {
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    }
    match package {
        Package::Debian(name) => {
            let mut apt = Command::new("apt-get");
            process::step(apt.args(["download", name]).current_dir(&archives))?;
        }
        Package::DebianSource(name) => {
            let options = lists_of_sources(&folder.join(".apt"))?;
            let mut apt = Command::new("apt-get");
            apt.args(options)
                .args(["source", "--download-only", "--tar-only", name]);
            process::step(apt.current_dir(&archives))?;
        }
        Package::Python(name, version) => {
            let mut pip = system::python()?;
            pip.args(["-m", "pip", "download", "--no-deps", "--no-binary", ":all:"])
                .args(["--disable-pip-version-check", "--dest"])
                .arg(&archives)
                .arg(format!("{name}=={version}"));
            process::step(&mut pip)?;
        }
    }
    let mut files = Vec::new();
    files_below(&archives, &mut files)?;
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".deb") {
            let mut unpack = Command::new("dpkg-deb");
            process::step(unpack.arg("--extract").arg(&file).arg(&contents))?;
        } else if [".tar.gz", ".tar.xz", ".tar.bz2"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            let mut unpack = Command::new("tar");
            unpack.args(["--no-same-owner", "--extract", "--file"]);
            process::step(unpack.arg(&file).arg("--directory").arg(&contents))?;
        }
    }
    unpack_compressed(&contents)?;
    fs::rename(&contents, place).map_err(Failure::file(place))?;
    fs::remove_dir_all(&incoming).map_err(Failure::file(&incoming))
}

/// Debian compresses documents.
fn unpack_compressed(folder: &Path) -> Result<(), Failure> {
    let mut files = Vec::new();
    files_below(folder, &mut files)?;
    for file in files {
        let name = file.to_string_lossy().to_lowercase();
        if ENDINGS
            .iter()
            .any(|ending| name.ends_with(&format!(".{ending}.gz")))
        {
            process::step(
                Command::new("gzip")
                    .args(["--decompress", "--force"])
                    .arg(&file),
            )?;
        }
    }
    Ok(())
}

/// Lists of the sources of this Debian, in a folder of their own: the system's own lists stay as they are, and no root is
/// needed. Gives the options with which apt looks there.
fn lists_of_sources(folder: &Path) -> Result<Vec<String>, Failure> {
    let lists = folder.join("lists");
    let parts = folder.join("parts");
    let options = [
        "Dir::Etc::sourcelist=/dev/null".to_owned(),
        format!("Dir::Etc::sourceparts={}", parts.display()),
        format!("Dir::State::lists={}", lists.display()),
        format!("Dir::Cache={}", folder.join("cache").display()),
    ];
    let options: Vec<_> = options
        .into_iter()
        .flat_map(|option| ["--option".to_owned(), option])
        .collect();
    if lists.exists() {
        return Ok(options);
    }
    for folder in [&lists.join("partial"), &parts] {
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    }
    let (mut found_sources, mut found_lines) = (String::new(), String::new());
    let mut places = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        places.extend(entries.flatten().map(|entry| entry.path()));
    }
    for place in places {
        let Ok(text) = fs::read_to_string(&place) else {
            continue;
        };
        match place.extension().and_then(OsStr::to_str) {
            Some("sources") => found_sources += &format!("{}\n", of_sources(&text)),
            Some("list") => found_lines += &of_lines(&text),
            _ => (),
        }
    }
    for (name, text) in [
        ("found.sources", found_sources),
        ("found.list", found_lines),
    ] {
        let path = parts.join(name);
        fs::write(&path, text).map_err(Failure::file(&path))?;
    }
    let mut apt = Command::new("apt-get");
    let updated = process::step(apt.args(&options).arg("update"));
    if updated.is_err() {
        fs::remove_dir_all(&lists).map_err(Failure::file(&lists))?;
    }
    updated.map(|()| options)
}

/// Paragraphs that name packages, as they name the sources of these.
fn of_sources(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("Types:") {
        Some(_) => "Types: deb-src\n".to_owned(),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The same for lists of one line each.
fn of_lines(text: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start().strip_prefix("deb ")?;
        Some(format!("deb-src {rest}\n"))
    };
    text.lines().filter_map(line).collect()
}

/// Adds all files below a folder. Links are not followed.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let kind = entry.file_type().map_err(Failure::file(entry.path()))?;
        if kind.is_dir() {
            files_below(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_packages_come_from_their_sources_come_from_too() {
        let text = "Types: deb\nURIs: http://example.org/debian\nSuites: stable\n";
        assert_eq!(
            of_sources(text),
            "Types: deb-src\nURIs: http://example.org/debian\nSuites: stable\n"
        );
        let text = "# deb cdrom\ndeb [arch=amd64] http://example.org stable main\n\
                    deb-src http://example.org stable main\n";
        assert_eq!(
            of_lines(text),
            "deb-src [arch=amd64] http://example.org stable main\n"
        );
    }

    #[test]
    fn the_same_files_are_chosen_each_time_whatever_the_order_they_were_found_in() {
        let sample = |number: u32| Sample {
            name: format!("package/{number}.pdf"),
            path: PathBuf::new(),
            ending: "pdf".to_owned(),
        };
        let mut one: Vec<_> = (0..50).map(sample).collect();
        let sorted = one.clone();
        let mut other: Vec<_> = (0..50).rev().map(sample).collect();
        shuffle(&mut one);
        shuffle(&mut other);
        assert_eq!(one, other);
        assert_ne!(one, sorted);
    }
}
