//! The Debian package: what is said about a tree of files, and packing it.
//!
//! The same commit built by the same tools gives the same package: times are the commit's, owners are root, and the
//! order is that of the names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

use super::tree::Tree;

/// What a package needs of others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// Without these it does not work.
    pub depends: String,
    /// Without these it works, and something is missing.
    pub recommends: String,
}

/// Asks the system which packages bring what the binaries are linked with, and from which version on. What only
/// `optional` binaries need is recommended.
pub fn relations(
    tree: &Tree,
    binaries: &[PathBuf],
    optional: &[PathBuf],
    scratch: &Path,
) -> Result<Relations, Failure> {
    // The tool wants to stand in a source package, and knows the tree of a package by this folder.
    tree.folder("DEBIAN")?;
    let debian = scratch.join("debian");
    fs::create_dir_all(&debian).map_err(Failure::file(&debian))?;
    let control = debian.join("control");
    fs::write(
        &control,
        "Source: aparte\n\nPackage: aparte\nArchitecture: any\n",
    )
    .map_err(Failure::file(&control))?;
    let mut shlibdeps = Command::new("dpkg-shlibdeps");
    shlibdeps
        .current_dir(scratch)
        // Our own libraries are in no package yet.
        .args(["-O", "--ignore-missing-info", "--warnings=0"])
        .arg(format!("-S{}", tree.root().display()))
        .arg(format!(
            "-l{}",
            tree.root().join("usr/lib/aparte").display()
        ))
        .args(binaries);
    if !optional.is_empty() {
        shlibdeps.arg("-dRecommends").args(optional);
    }
    read_relations(&process::output(&mut shlibdeps)?).ok_or_else(|| Failure::Malformed {
        what: "the output of `dpkg-shlibdeps`".to_owned(),
        reason: "it names no package that is depended on".to_owned(),
    })
}

/// Packs a tree. `time`, in seconds since 1970, becomes the time of everything in it. Returns the package's file.
pub fn pack(
    tree: &Tree,
    version: &str,
    relations: &Relations,
    time: u64,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let architecture = process::output(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    let mut kilobytes = 0;
    for file in tree.files()? {
        let metadata = file.metadata().map_err(Failure::file(&file))?;
        kilobytes += metadata.len().div_ceil(1024);
    }
    let sums = sums(tree)?;
    tree.write(
        control(version, architecture, kilobytes, relations).as_bytes(),
        "DEBIAN/control",
    )?;
    tree.write(sums.as_bytes(), "DEBIAN/md5sums")?;
    let package = folder.join(format!("aparte_{version}_{architecture}.deb"));
    process::step(
        Command::new("dpkg-deb")
            .env("SOURCE_DATE_EPOCH", time.to_string())
            // Several threads would cut the archive in another way on another machine.
            .args(["--root-owner-group", "-Zxz", "--threads-max=1", "--build"])
            .arg(tree.root())
            .arg(&package),
    )?;
    Ok(package)
}

/// Compresses a text as Debian wants the texts of a package, the same way each time.
pub fn compressed(text: &str, scratch: &Path) -> Result<Vec<u8>, Failure> {
    let file = scratch.join("text");
    fs::write(&file, text).map_err(Failure::file(&file))?;
    process::step(Command::new("gzip").args(["-9nf"]).arg(&file))?;
    let packed = scratch.join("text.gz");
    fs::read(&packed).map_err(Failure::file(packed))
}

fn control(version: &str, architecture: &str, kilobytes: u64, relations: &Relations) -> String {
    // Without a keychain the application asks for a passphrase.
    let mut recommends = "gnome-keyring | org.freedesktop.secrets".to_owned();
    if !relations.recommends.is_empty() {
        recommends = format!("{recommends}, {}", relations.recommends);
    }
    format!(
        "Package: aparte\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: The Aparté developers\n\
         Installed-Size: {kilobytes}\n\
         Depends: {}\n\
         Recommends: {recommends}\n\
         Section: text\n\
         Priority: optional\n\
         Description: ask your documents, on your own machine\n \
         Aparté answers questions from PDF files and texts with a language model that\n \
         runs on this machine, and shows for each sentence the page that it rests on.\n \
         Nothing leaves the machine. What it keeps is encrypted.\n \
         .\n \
         There is a window and a command, aparte. A small model is part of the package.\n",
        relations.depends
    )
}

/// Reads lines such as `shlibs:Depends=libc6 (>= 2.36), libgomp1 (>= 6)`.
fn read_relations(printed: &str) -> Option<Relations> {
    let of = |name: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    Some(Relations {
        depends: of("shlibs:Depends").filter(|depends| !depends.is_empty())?,
        recommends: of("shlibs:Recommends").unwrap_or_default(),
    })
}

/// The sums by which the system finds files that changed after they were installed.
fn sums(tree: &Tree) -> Result<String, Failure> {
    let mut md5sum = Command::new("md5sum");
    md5sum.current_dir(tree.root());
    for file in tree.files()? {
        md5sum.arg(file.strip_prefix(tree.root()).unwrap_or(&file));
    }
    process::output(&mut md5sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_depended_on_and_what_may_be_missing_is_recommended() {
        let printed = "shlibs:Depends=libc6 (>= 2.36), libgomp1 (>= 6)\n\
             shlibs:Recommends=libvulkan1 (>= 1.2.131.2)\n";
        assert_eq!(
            read_relations(printed),
            Some(Relations {
                depends: "libc6 (>= 2.36), libgomp1 (>= 6)".to_owned(),
                recommends: "libvulkan1 (>= 1.2.131.2)".to_owned(),
            })
        );
        assert_eq!(read_relations("shlibs:Depends=\n"), None);
        assert_eq!(read_relations(""), None);
    }

    #[test]
    fn the_description_is_indented_as_the_format_wants_it() {
        let relations = Relations {
            depends: "libc6".to_owned(),
            recommends: "libvulkan1".to_owned(),
        };
        let control = control("1.2.3", "amd64", 4, &relations);
        assert!(
            control.contains("\nRecommends: gnome-keyring | org.freedesktop.secrets, libvulkan1\n")
        );
        let (_, description) = control.split_once("\nDescription: ").unwrap();
        assert!(
            description
                .lines()
                .skip(1)
                .all(|line| line.starts_with(' ')),
            "{description}"
        );
    }
}
