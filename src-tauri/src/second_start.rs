//! Starting Aparté once more: the files go to the window that is there, and it comes to the front.
//!
//! Two windows on one vault cannot be. The first start takes a name on the bus of the session, one for each vault; the
//! next one finds it taken, hands over the files that it was given, as bytes, because a name of a file need not be
//! text, and ends. Without a bus, or with one that does not answer, each start opens a window, and the second says that
//! the vault is in use.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use aparte_assistant::places;
use zbus::blocking::Connection;

use crate::bus;
use crate::session::Session;
use crate::window;

/// What a start is.
pub enum Start {
    /// The first one: it opens a window, and hears of later ones while the connection is held.
    First(Option<Connection>),
    /// A later one, whose files the first has.
    HandedOver,
}

/// A bus that takes longer than this would keep the window waiting.
const PATIENCE: Duration = Duration::from_secs(1);

const PATH: &str = "/app/aparte/Window";
const INTERFACE: &str = "app.aparte.Window";

/// Finds out which start this is.
pub fn look(session: &Arc<Session>, files: &[PathBuf]) -> Start {
    let Some(name) = places::home().map(|home| name_of(&home)) else {
        return Start::First(None);
    };
    let (session, files) = (Arc::clone(session), files.to_vec());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        // Whoever waited may have opened a window meanwhile; then the name is given up again.
        let _ = tell.send(take_or_hand_over(session, &name, &files));
    });
    let start = told.recv_timeout(PATIENCE).ok();
    start.and_then(Result::ok).unwrap_or(Start::First(None))
}

fn take_or_hand_over(session: Arc<Session>, name: &str, files: &[PathBuf]) -> zbus::Result<Start> {
    let first = bus::session()?
        .serve_at(PATH, Window { session })?
        .replace_existing_names(false)
        .allow_name_replacements(false)
        .name(name)?
        .build();
    match first {
        Ok(connection) => Ok(Start::First(Some(connection))),
        Err(zbus::Error::NameTaken) => {
            let files: Vec<_> = files
                .iter()
                .map(|file| file.as_os_str().as_bytes())
                .collect();
            let bus = bus::session()?.method_timeout(PATIENCE).build()?;
            bus.call_method(Some(name), PATH, Some(INTERFACE), "Open", &(files,))?;
            Ok(Start::HandedOver)
        }
        Err(error) => Err(error),
    }
}

/// The window, as the bus knows it.
struct Window {
    session: Arc<Session>,
}

#[zbus::interface(name = "app.aparte.Window")]
impl Window {
    /// Adds files to the library, and comes to the front.
    fn open(&self, files: Vec<Vec<u8>>) {
        let files = files.into_iter().map(OsString::from_vec).map(PathBuf::from);
        let files = files.filter(|file| file.is_absolute());
        self.session.touch();
        self.session.add_files(files.collect());
        window::come_forward(&self.session);
    }
}

/// A name for the vault of a folder. Which folder that is cannot be read from it.
fn name_of(home: &Path) -> String {
    let home = home
        .canonicalize()
        .or_else(|_| std::path::absolute(home))
        .unwrap_or_else(|_| home.to_path_buf());
    let mut hasher = DefaultHasher::new();
    home.hash(&mut hasher);
    format!("app.aparte.Vault.v{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_has_a_name_of_its_own_however_it_is_written() {
        let home = tempfile::tempdir().unwrap();
        let plain = home.path().join("aparte");
        std::fs::create_dir(&plain).unwrap();
        let roundabout = home.path().join("aparte/../aparte");
        assert_eq!(name_of(&plain), name_of(&roundabout));
        assert_ne!(name_of(&plain), name_of(home.path()));
        let name = zbus::names::WellKnownName::try_from(name_of(&plain));
        assert!(name.is_ok(), "a bus takes it: {name:?}");
    }
}
