//! Programs and libraries as they leave this machine: what they ask for is known, and nothing in them tells where they
//! were built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// What a program or library says about the libraries that it needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Their names, such as `libllama.so.0`.
    pub libraries: Vec<String>,
    /// The folders that it wants them looked for in, before the system's.
    pub folders: Vec<String>,
}

/// Asks a program or library what it needs.
pub fn needs(binary: &Path) -> Result<Needs, Failure> {
    let mut readelf = Command::new("readelf");
    readelf
        .env("LC_ALL", "C")
        .args(["--dynamic", "--wide"])
        .arg(binary);
    Ok(read_needs(&process::output(&mut readelf)?))
}

/// Lists the libraries that some binaries need and that lie in `folder`, with those that these need in turn. Of a library
/// with several names this gives the one that is asked for.
pub fn libraries_from(folder: &Path, binaries: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut to_ask = binaries.to_vec();
    while let Some(binary) = to_ask.pop() {
        for library in needs(&binary)?.libraries {
            let library = folder.join(library);
            if library.is_file() && !found.contains(&library) {
                found.push(library.clone());
                to_ask.push(library);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what only debuggers read.
pub fn strip(binary: &Path) -> Result<(), Failure> {
    process::step(Command::new("strip").arg("--strip-unneeded").arg(binary))
}

/// Puts another folder in place of each path of a C++ library that lies in the folder it was built in. llama.cpp writes
/// the folder of its plug-ins into one, as a place to look in. (In a program of Rust a text has no mark where it ends.)
pub fn move_paths(binary: &Path, built_in: &Path, to: &str) -> Result<(), Failure> {
    let mut bytes = fs::read(binary).map_err(Failure::file(binary))?;
    overwrite_paths(&mut bytes, built_in.as_os_str().as_encoded_bytes(), to).map_err(
        |TooShort| Failure::BundleUnfit {
            reason: format!(
                "the build folder {} has so short a name that the real one finds no room in {}",
                built_in.display(),
                name(binary)
            ),
        },
    )?;
    fs::write(binary, bytes).map_err(Failure::file(binary))
}

/// Refuses a binary that looks for libraries anywhere but beside itself, or in which one of the folders of this
/// machine is named.
pub fn check(binary: &Path, private: &[&Path]) -> Result<(), Failure> {
    let unfit = |reason| Err(Failure::BundleUnfit { reason });
    let bytes = fs::read(binary).map_err(Failure::file(binary))?;
    for folder in private {
        if let Some(path) = path_in(&bytes, folder.as_os_str().as_encoded_bytes()) {
            return unfit(format!(
                "{} names a path of this machine, {path}",
                name(binary)
            ));
        }
    }
    if !is_binary(&bytes) {
        return Ok(());
    }
    match needs(binary)?
        .folders
        .into_iter()
        .find(|folder| !is_beside(folder))
    {
        Some(folder) => unfit(format!("{} looks for libraries in {folder}", name(binary))),
        None => Ok(()),
    }
}

fn name(binary: &Path) -> String {
    binary
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Every program and library of Linux begins so.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// Whether a folder of a search path is meant from where the binary lies.
fn is_beside(folder: &str) -> bool {
    folder == "$ORIGIN" || folder.starts_with("$ORIGIN/")
}

/// Reads lines such as `0x1 (NEEDED)  Shared library: [libm.so.6]`.
fn read_needs(printed: &str) -> Needs {
    let mut needs = Needs::default();
    for line in printed.lines() {
        let Some((_, value)) = line.split_once('[') else {
            continue;
        };
        let value = value.trim_end().trim_end_matches(']');
        if line.contains("(NEEDED)") {
            needs.libraries.push(value.to_owned());
        } else if line.contains("(RPATH)") || line.contains("(RUNPATH)") {
            needs.folders.extend(value.split(':').map(str::to_owned));
        }
    }
    needs
}

/// The path that is to be written is longer than the one that stands there.
#[derive(Debug, PartialEq, Eq)]
struct TooShort;

/// Overwrites each path that begins with `from` by `to`. It keeps its length, which a program may know without looking:
/// slashes fill it up, and a path does not mind them.
fn overwrite_paths(bytes: &mut [u8], from: &[u8], to: &str) -> Result<(), TooShort> {
    let mut at = 0;
    while let Some(start) = find(&bytes[at..], from).map(|found| at + found) {
        let end = bytes[start..]
            .iter()
            .position(|&byte| byte == 0)
            .map_or(bytes.len(), |length| start + length);
        let path = &mut bytes[start..end];
        let (head, tail) = path.split_at_mut_checked(to.len()).ok_or(TooShort)?;
        head.copy_from_slice(to.as_bytes());
        tail.fill(b'/');
        at = end;
    }
    Ok(())
}

/// The first path in `bytes` that is `folder` or lies in it.
fn path_in(bytes: &[u8], folder: &[u8]) -> Option<String> {
    let mut at = 0;
    while let Some(start) = find(&bytes[at..], folder).map(|found| at + found) {
        let rest = &bytes[start + folder.len()..];
        // A longer name that only begins alike is another folder.
        if rest
            .first()
            .is_none_or(|&next| !next.is_ascii_alphanumeric() && next != b'-' && next != b'_')
        {
            let end = rest
                .iter()
                .position(|byte| !byte.is_ascii_graphic())
                .unwrap_or(rest.len())
                .min(200);
            let path = &bytes[start..start + folder.len() + end];
            return Some(String::from_utf8_lossy(path).into_owned());
        }
        at = start + 1;
    }
    None
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let (&first, rest) = what.split_first()?;
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == first) {
        let start = at + found;
        if bytes[start + 1..].starts_with(rest) {
            return Some(start);
        }
        at = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_libraries_and_search_folders_are_read() {
        let printed = "\nDynamic section at offset 0x1 contains 3 entries:\n  Tag  Type  Name/Value\n \
             0x000000000000000f (RPATH)    Library rpath: [$ORIGIN:$ORIGIN/../lib/aparte]\n \
             0x0000000000000001 (NEEDED)   Shared library: [libllama.so.0]\n \
             0x000000000000000e (SONAME)   Library soname: [libx.so.1]\n \
             0x000000000000000c (INIT)     0x1000\n";
        let needs = read_needs(printed);
        assert_eq!(needs.libraries, ["libllama.so.0"]);
        assert_eq!(needs.folders, ["$ORIGIN", "$ORIGIN/../lib/aparte"]);
    }

    #[test]
    fn only_folders_beside_the_binary_are_searched() {
        assert!(is_beside("$ORIGIN"));
        assert!(is_beside("$ORIGIN/../lib/aparte"));
        for elsewhere in ["/build/out/lib", "", "lib", "$ORIGINAL/lib", "/usr/lib"] {
            assert!(!is_beside(elsewhere), "{elsewhere:?}");
        }
    }

    #[test]
    fn a_path_of_the_build_is_overwritten_and_keeps_its_length() {
        let mut bytes = *b"\0/home/u/build/out/plugins\0other\0/home/u/build\0";
        assert_eq!(
            overwrite_paths(&mut bytes, b"/home/u/build", "/usr/lib/x"),
            Ok(())
        );
        assert_eq!(
            &bytes[..],
            b"\0/usr/lib/x///////////////\0other\0/usr/lib/x///\0"
        );
    }

    #[test]
    fn a_path_too_short_for_the_real_one_is_refused() {
        let mut bytes = *b"/b\0";
        assert_eq!(
            overwrite_paths(&mut bytes, b"/b", "/usr/lib/x"),
            Err(TooShort)
        );
    }

    #[test]
    fn a_path_of_this_machine_is_found_and_a_name_that_begins_alike_is_not() {
        let bytes = b"ELF /home/u2/x \0/home/u/.cargo/registry/a.rs\0";
        assert_eq!(
            path_in(bytes, b"/home/u").as_deref(),
            Some("/home/u/.cargo/registry/a.rs")
        );
        assert_eq!(path_in(b"/home/u2/x", b"/home/u"), None);
        assert_eq!(
            path_in(b"see /home/u", b"/home/u").as_deref(),
            Some("/home/u")
        );
        assert_eq!(path_in(b"", b"/home/u"), None);
    }
}
