//! `cargo xtask bundle`: what people install, a Debian package with everything that the application needs to answer a
//! first question without a network.
//!
//! All of it lies in one folder, `/usr/lib/aparte`, arranged as the build folder is: the programs, beside them the
//! libraries, `backends` and `models`. So what is installed finds its parts in the way that was tested, a worker that
//! nobody calls by hand is on nobody's PATH, and `/usr/bin` has two links. Nothing runs when the package is installed.
//!
//! No AppImage and no package for other systems: their tools are fetched from the network while they pack.

mod binaries;
mod deb;
mod licences;
mod plugins;
mod tree;
mod trial;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::catalogue;
use crate::failure::Failure;
use crate::models;
use crate::process;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

pub use plugins::Accelerator;
use tree::{Kind, Tree};

/// The packages whose programs are shipped, and these programs.
const PROGRAMS: [(&str, &str); 3] = [
    ("aparte-cli", "aparte"),
    ("aparte-desktop", "aparte-desktop"),
    ("aparte-worker", "aparte-worker"),
];

/// The programs that people start.
const STARTED: [&str; 2] = ["aparte", "aparte-desktop"];

/// Where everything lies that runs, as from the root of the system.
const HOME: &str = "usr/lib/aparte";

/// The library of llama.cpp that finds the plug-ins.
const FINDER_OF_PLUGINS: &str = "libggml.so.0";

/// Builds the programs for others, makes a package of them and prints its path. With `check` it is installed in a
/// clean system and tried there.
pub fn bundle(with: &[Accelerator], check: bool) -> Result<(), Failure> {
    if !system::is_debian() {
        return Err(Failure::SystemIncomplete {
            remedy: "the package is made with Debian's own tools. Run the command on Debian or Ubuntu; what it makes \
                     is for that release and later ones."
                .to_owned(),
        });
    }
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare(system::BUILD)?;
    system::prepare(system::BUNDLE)?;
    system::prepare_node()?;
    let models = models::obtain(&workspace.root)?;
    ui::build(&workspace)?;

    let folder = workspace.bundle();
    let mappings = Mappings::of(&workspace)?;
    build_with(&workspace, &mappings)?;
    let crates = licences::crates(&workspace, &PROGRAMS.map(|(package, _)| package))?;
    let plugins = plugins::build(with, &crates.llama, &mappings.for_c(), &folder)?;

    let tree = Tree::begin(folder.join("tree"))?;
    let binaries = put_binaries(&tree, &folder.join("release"), &plugins)?;
    for binary in binaries.needed.iter().chain(&binaries.optional) {
        binaries::strip(binary)?;
        // The library that finds the plug-ins is the only one that may know where they were built.
        if binary.ends_with(FINDER_OF_PLUGINS) {
            binaries::move_paths(binary, &folder, &format!("/{HOME}/backends"))?;
        }
    }
    put_models(&tree, &workspace.root, &models)?;
    put_in_menus(&tree, &workspace.root)?;
    let mut parts = crates.parts;
    parts.extend(licences::interface(&workspace.root)?);
    put_documents(&tree, &workspace.root, &licences::written(&parts), &folder)?;
    let private = telling([&workspace.root].into_iter().chain(mappings.folders()));
    for file in tree.files()? {
        binaries::check(&file, &private)?;
    }

    let relations = deb::relations(
        &tree,
        &binaries.needed,
        &binaries.optional,
        &folder.join("relations"),
    )?;
    let time = commit_time(&workspace.root)?;
    let package = deb::pack(&tree, &crates.version, &relations, time, &folder)?;
    println!("{}", package.display());
    if check {
        trial::in_clean_system(&workspace, &package)?;
    }
    Ok(())
}

/// The folders of this machine that compilers write into what they make, and what they shall write instead: who
/// installs a package need not know where it was built.
struct Mappings(Vec<(PathBuf, &'static str)>);

impl Mappings {
    fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().map(|(folder, _)| folder)
    }

    fn of(workspace: &Workspace) -> Result<Mappings, Failure> {
        let cargo = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo")))
            .ok_or_else(|| Failure::SystemIncomplete {
                remedy: "this user has no home folder, so cargo's is unknown. Set CARGO_HOME."
                    .to_owned(),
            })?;
        // Cargo compiles the sources of this repository by paths that begin at its root, so its place shows nowhere; left
        // out here, another clone that shares the build folder builds nothing again.
        Mappings::new(vec![(cargo, "/cargo"), (workspace.bundle(), "/build")])
    }

    /// Compilers take these words apart at spaces and at the sign between two folders.
    fn new(mappings: Vec<(PathBuf, &'static str)>) -> Result<Mappings, Failure> {
        let breaks = |character: char| character.is_whitespace() || character == '=';
        for (folder, _) in &mappings {
            if folder.to_str().is_none_or(|folder| folder.contains(breaks)) {
                return Err(Failure::BundleUnfit {
                    reason: format!(
                        "the compilers cannot keep the folder {} out of it, because of the spaces or signs in its \
                         name; build in another (CARGO_TARGET_DIR and CARGO_HOME choose two of them)",
                        folder.display()
                    ),
                });
            }
        }
        Ok(Mappings(mappings))
    }

    /// The flags of C and C++ compilers.
    fn for_c(&self) -> String {
        self.flags("-ffile-prefix-map").join(" ")
    }

    /// The flags of rustc, as cargo takes them.
    fn for_rust(&self) -> String {
        self.flags("--remap-path-prefix").join("\u{1f}")
    }

    fn flags(&self, flag: &str) -> Vec<String> {
        self.0
            .iter()
            .map(|(folder, name)| format!("{flag}={}={name}", folder.display()))
            .collect()
    }
}

/// Those folders whose names say something about a machine. One directly below the root, such as `/src`, does not, and
/// stands in many a path.
fn telling<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Vec<&'a Path> {
    folders
        .map(PathBuf::as_path)
        .filter(|folder| folder.components().count() > 2)
        .collect()
}

/// Builds the programs as they are shipped, and the bare loop that they are measured against, without packing them.
pub fn build(workspace: &Workspace) -> Result<(), Failure> {
    build_with(workspace, &Mappings::of(workspace)?)
}

fn build_with(workspace: &Workspace, mappings: &Mappings) -> Result<(), Failure> {
    let mut cargo = workspace.cargo(&["build", "--release", "--locked", "--bins"]);
    cargo
        .args(PROGRAMS.map(|(package, _)| format!("--package={package}")))
        .arg("--package=aparte-engine")
        .arg("--target-dir")
        .arg(workspace.bundle())
        .env("CARGO_ENCODED_RUSTFLAGS", mappings.for_rust())
        .env("CFLAGS", mappings.for_c())
        .env("CXXFLAGS", mappings.for_c());
    process::step(&mut cargo)
}

/// What was put into the tree that needs libraries of the system.
struct Binaries {
    needed: Vec<PathBuf>,
    /// For these the machine may lack what they need.
    optional: Vec<PathBuf>,
}

/// Puts the programs, the libraries that they need under the names that they ask for, and the plug-ins.
fn put_binaries(tree: &Tree, built: &Path, plugins: &[PathBuf]) -> Result<Binaries, Failure> {
    let mut needed = Vec::new();
    let mut asking = Vec::new();
    for (_, program) in PROGRAMS {
        let from = built.join(program);
        needed.push(tree.copy(&from, &format!("{HOME}/{program}"), Kind::Program)?);
        asking.push(from);
    }
    for program in STARTED {
        tree.link(
            &format!("usr/bin/{program}"),
            &format!("../lib/aparte/{program}"),
        )?;
    }
    let put = |library: &Path, below: &str| {
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        tree.copy(library, &format!("{HOME}/{below}{name}"), Kind::Data)
    };
    let for_processors = built.join("backends");
    for entry in fs::read_dir(&for_processors).map_err(Failure::file(&for_processors))? {
        let library = entry.map_err(Failure::file(&for_processors))?.path();
        needed.push(put(&library, "backends/")?);
        asking.push(library);
    }
    for library in binaries::libraries_from(built, &asking)? {
        needed.push(put(&library, "")?);
    }
    let mut optional = Vec::new();
    for library in plugins {
        optional.push(put(library, "backends/")?);
    }
    needed.sort();
    Ok(Binaries { needed, optional })
}

fn put_models(tree: &Tree, root: &Path, files: &[PathBuf]) -> Result<(), Failure> {
    for (model, file) in catalogue::built_in_models(root)?.iter().zip(files) {
        tree.copy(file, &format!("{HOME}/models/{}", model.file), Kind::Data)?;
    }
    Ok(())
}

/// What makes the window appear in menus, in lists of software and beside the files that it opens.
fn put_in_menus(tree: &Tree, root: &Path) -> Result<(), Failure> {
    tree.write(
        include_bytes!("bundle/aparte-desktop.desktop"),
        "usr/share/applications/aparte-desktop.desktop",
    )?;
    tree.write(
        include_bytes!("bundle/app.aparte.desktop.metainfo.xml"),
        "usr/share/metainfo/app.aparte.desktop.metainfo.xml",
    )?;
    let icons = [
        ("32x32.png", "32x32"),
        ("128x128.png", "128x128"),
        ("128x128@2x.png", "256x256"),
        ("icon.png", "512x512"),
        ("icon.svg", "scalable"),
    ];
    for (file, size) in icons {
        let from = root.join("icons").join(file);
        let ending = from.extension().unwrap_or_default().to_string_lossy();
        let to = format!("usr/share/icons/hicolor/{size}/apps/aparte.{ending}");
        tree.copy(&from, &to, Kind::Data)?;
    }
    Ok(())
}

/// Licences and history, where Debian has them. `others` says what others made.
fn put_documents(tree: &Tree, root: &Path, others: &str, scratch: &Path) -> Result<(), Failure> {
    let read = |name: &str| {
        let path = root.join(name);
        fs::read_to_string(&path).map_err(Failure::file(&path))
    };
    let place = |name: &str| format!("usr/share/doc/aparte/{name}");
    tree.write(
        copyright(&read("LICENSE-MIT")?).as_bytes(),
        &place("copyright"),
    )?;
    let others = deb::compressed(others, scratch)?;
    tree.write(&others, &place("third-parties.gz"))?;
    let history = deb::compressed(&read("CHANGELOG.md")?, scratch)?;
    tree.write(&history, &place("NEWS.gz"))
}

/// Whose everything is, in Debian's form (<https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>).
fn copyright(mit: &str) -> String {
    let owner = mit
        .lines()
        .find_map(|line| line.strip_prefix("Copyright (c) "))
        .unwrap_or("The Aparté developers");
    let indented: String = mit
        .lines()
        .skip_while(|line| !line.starts_with("Permission"))
        .map(|line| match line.trim_end() {
            "" => " .\n".to_owned(),
            line => format!(" {line}\n"),
        })
        .collect();
    format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: Aparté\n\
         Comment: The programs are linked of the work of many others, llama.cpp among them.\n \
         third-parties.gz beside this file names each part and has the texts of their\n \
         licences.\n\
         \n\
         Files: *\n\
         Copyright: {owner}\n\
         License: Expat or Apache-2.0\n\
         \n\
         Files: {HOME}/models/SmolLM2-135M-Instruct-Q4_1.gguf\n\
         Copyright: Hugging Face (SmolLM2)\n\
         License: Apache-2.0\n\
         \n\
         Files: {HOME}/models/multilingual-e5-small-q4_0.gguf\n\
         Copyright: Microsoft (intfloat, multilingual E5)\n\
         License: Expat\n\
         \n\
         License: Expat\n\
         {indented}\
         \n\
         License: Apache-2.0\n \
         The text is in /usr/share/common-licenses/Apache-2.0.\n"
    )
}

/// When the commit that is built was made, in seconds since 1970; `SOURCE_DATE_EPOCH` where there is no git.
fn commit_time(root: &Path) -> Result<u64, Failure> {
    let given = env::var("SOURCE_DATE_EPOCH").ok();
    let time = match given {
        Some(time) => time,
        None => process::output(Command::new("git").current_dir(root).args([
            "log",
            "-1",
            "--format=%ct",
        ]))?,
    };
    time.trim().parse().map_err(|_| Failure::Malformed {
        what: "the time of the commit".to_owned(),
        reason: format!("`{}` is no number of seconds", time.trim()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_compiler_gets_the_mappings_in_its_own_words() {
        let mappings = Mappings(vec![
            ("/home/u/.cargo".into(), "/cargo"),
            ("/w/target/bundle".into(), "/build"),
        ]);
        assert_eq!(
            mappings.for_c(),
            "-ffile-prefix-map=/home/u/.cargo=/cargo -ffile-prefix-map=/w/target/bundle=/build"
        );
        assert_eq!(
            mappings.for_rust(),
            "--remap-path-prefix=/home/u/.cargo=/cargo\u{1f}--remap-path-prefix=/w/target/bundle=/build"
        );
    }

    #[test]
    fn a_folder_directly_below_the_root_tells_nothing() {
        let folders = ["/src", "/", "/home/u/aparte"].map(PathBuf::from);
        assert_eq!(telling(folders.iter()), [Path::new("/home/u/aparte")]);
    }

    #[test]
    fn a_folder_whose_name_would_break_the_flags_is_refused_before_anything_is_built() {
        for name in ["/my home/target", "/a=b", "/tab\there"] {
            let refused = Mappings::new(vec![(name.into(), "/build")]);
            assert!(
                matches!(refused, Err(Failure::BundleUnfit { .. })),
                "{name:?}"
            );
        }
        assert!(Mappings::new(vec![("/home/é/target".into(), "/build")]).is_ok());
    }

    #[test]
    fn the_copyright_file_has_our_terms_and_the_models() {
        let copyright = copyright(include_str!("../../LICENSE-MIT"));
        assert!(copyright.contains("\nLicense: Expat\n Permission is hereby granted"));
        for model in catalogue::of_this_source() {
            let paragraph = format!("\nFiles: {HOME}/models/{}\n", model.file);
            assert!(copyright.contains(&paragraph), "{paragraph}");
        }
        let paragraphs = copyright.split("\n\n");
        for paragraph in paragraphs {
            let first = paragraph.lines().next().unwrap_or_default();
            assert!(first.contains(": "), "no field begins {paragraph:?}");
        }
    }

    #[test]
    fn the_menu_entry_starts_a_program_that_is_on_the_path() {
        let entry = include_str!("bundle/aparte-desktop.desktop");
        let program = entry
            .lines()
            .find_map(|line| line.strip_prefix("Exec="))
            .and_then(|command| command.split(' ').next())
            .unwrap();
        assert!(STARTED.contains(&program));
    }

    #[test]
    fn the_menu_entry_and_the_description_open_the_same_kinds() {
        let entry = include_str!("bundle/aparte-desktop.desktop");
        let entry = entry
            .lines()
            .find_map(|line| line.strip_prefix("MimeType="));
        let entry: Vec<_> = entry.unwrap().split_terminator(';').collect();
        let description = include_str!("bundle/app.aparte.desktop.metainfo.xml");
        let description: Vec<_> = description
            .lines()
            .filter_map(|line| {
                let kind = line.trim().strip_prefix("<mediatype>")?;
                kind.strip_suffix("</mediatype>")
            })
            .collect();
        assert_eq!(entry, description);
        assert!(entry.len() > 20);
    }
}
