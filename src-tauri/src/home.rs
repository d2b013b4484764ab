//! The folder of the application's data, which is for nobody else's eyes.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;

use aparte_assistant::places;

/// What lies in it. Where something else does, the folder serves for more than us and keeps its permissions.
const OURS: &[&str] = &["models", "vault", "webview", "aparte.log", "aparte.log.1"];

/// Makes the folder if it is not there, and closes one to others that was made before by somebody with other habits: an
/// installer, say, that put a model in it. Where neither can be done the vault says what is the matter.
pub fn prepare() {
    let _ = places::home().map(|home| prepare_at(&home));
}

fn prepare_at(home: &Path) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
    private.create(home)?;
    if is_ours(home)? {
        restrict(home)?;
    }
    Ok(())
}

fn is_ours(home: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(home)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        // A vault that was set aside has the name of the one in its place, and more.
        if !OURS.contains(&name.as_ref()) && !name.starts_with("vault") {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(unix)]
fn restrict(home: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // What its person may not do there stays so.
    let mode = fs::metadata(home)?.permissions().mode();
    fs::set_permissions(home, fs::Permissions::from_mode(mode & 0o700))
}

/// Elsewhere the place itself belongs to its person.
#[cfg(not(unix))]
fn restrict(_home: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode_after(before: u32, names: &[&str]) -> u32 {
        let home = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        fs::set_permissions(home.path(), fs::Permissions::from_mode(before)).unwrap();
        prepare_at(home.path()).unwrap();
        home.path().metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_home_that_others_could_look_into_is_closed() {
        assert_eq!(mode_after(0o755, &[]), 0o700);
        assert_eq!(mode_after(0o755, &["models", "vault.before-1"]), 0o700);
        assert_eq!(mode_after(0o555, &["vault"]), 0o500, "it stays read-only");
    }

    #[test]
    fn a_folder_that_serves_for_something_else_too_keeps_its_permissions() {
        assert_eq!(mode_after(0o755, &["models", "letters"]), 0o755);
    }

    #[test]
    fn a_home_that_is_not_there_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("share/aparte");
        prepare_at(&home).unwrap();
        let mode = home.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
