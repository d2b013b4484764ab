//! What a package puts where: a folder that looks like the root of the system, for `dpkg-deb` to pack.
//!
//! Modes are set, never left to the habit of who builds. Times are not: packing makes all of them the commit's.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A package's files, below a folder that stands for the root of the system.
pub struct Tree(PathBuf);

/// What the people of the system may do with a file.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Read it.
    Data,
    /// Read and start it.
    Program,
}

impl Tree {
    /// Begins an empty tree; an earlier one in the same folder is removed.
    pub fn begin(root: PathBuf) -> Result<Tree, Failure> {
        if root.exists() {
            fs::remove_dir_all(&root).map_err(Failure::file(&root))?;
        }
        make(&root)?;
        Ok(Tree(root))
    }

    /// The folder that stands for the root.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Copies a file to a place that is written as from the root, such as `usr/bin/aparte`.
    pub fn copy(&self, from: &Path, to: &str, kind: Kind) -> Result<PathBuf, Failure> {
        let place = self.place(to)?;
        fs::copy(from, &place).map_err(Failure::file(from))?;
        set_mode(&place, kind)?;
        Ok(place)
    }

    /// Writes a file that everybody may read.
    pub fn write(&self, contents: &[u8], to: &str) -> Result<(), Failure> {
        let place = self.place(to)?;
        fs::write(&place, contents).map_err(Failure::file(&place))?;
        set_mode(&place, Kind::Data)
    }

    /// Puts a link at a place. `to` is written as seen from there.
    pub fn link(&self, at: &str, to: &str) -> Result<(), Failure> {
        let place = self.place(at)?;
        symlink(to, &place).map_err(Failure::file(&place))
    }

    /// Sees to it that there is a folder at a place.
    pub fn folder(&self, at: &str) -> Result<(), Failure> {
        make(&self.0.join(at))
    }

    /// Lists the files, without folders and links, sorted by their names.
    pub fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        collect(&self.0, &mut files)?;
        files.sort();
        Ok(files)
    }

    fn place(&self, to: &str) -> Result<PathBuf, Failure> {
        let place = self.0.join(to);
        make(place.parent().unwrap_or(&self.0))?;
        Ok(place)
    }
}

fn make(folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make(parent)?;
    }
    DirBuilder::new()
        .mode(0o755)
        .create(folder)
        .map_err(Failure::file(folder))?;
    // The process may be forbidden to give others anything.
    fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(Failure::file(folder))
}

fn set_mode(place: &Path, kind: Kind) -> Result<(), Failure> {
    let mode = match kind {
        Kind::Data => 0o644,
        Kind::Program => 0o755,
    };
    fs::set_permissions(place, Permissions::from_mode(mode)).map_err(Failure::file(place))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let kind = entry.file_type().map_err(Failure::file(entry.path()))?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("aparte-bundle-{name}-{}", std::process::id()))
    }

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_gets_the_mode_of_its_kind_whatever_it_had() {
        let tree = Tree::begin(scratch("modes")).unwrap();
        let source = tree.root().join("source");
        fs::write(&source, "x").unwrap();
        fs::set_permissions(&source, Permissions::from_mode(0o666)).unwrap();
        let data = tree.copy(&source, "usr/share/x", Kind::Data).unwrap();
        let program = tree.copy(&source, "usr/bin/x", Kind::Program).unwrap();
        assert_eq!(mode(&data), 0o644);
        assert_eq!(mode(&program), 0o755);
        assert_eq!(mode(&tree.root().join("usr/bin")), 0o755);
        fs::remove_dir_all(tree.root()).unwrap();
    }

    #[test]
    fn a_tree_begins_empty_and_lists_files_but_no_links() {
        let root = scratch("files");
        let tree = Tree::begin(root.clone()).unwrap();
        tree.write(b"old", "old").unwrap();
        let tree = Tree::begin(root.clone()).unwrap();
        tree.write(b"b", "usr/b").unwrap();
        tree.write(b"a", "usr/a").unwrap();
        tree.link("usr/bin/c", "../a").unwrap();
        assert_eq!(
            tree.files().unwrap(),
            [root.join("usr/a"), root.join("usr/b")]
        );
        fs::remove_dir_all(root).unwrap();
    }
}
