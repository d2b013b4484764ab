//! Files that were copied in another program. Their paths stay here, like those of files that are dropped.

use std::path::PathBuf;

/// Hands over the files that lie in the clipboard, on the main thread and a moment later; nothing if something else does.
#[cfg(target_os = "linux")]
pub fn files(then: impl FnOnce(Vec<PathBuf>) + 'static) {
    let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
    clipboard.request_uris(|_, addresses| {
        // What was copied in a browser is an address, not a file.
        let files = addresses
            .iter()
            .filter_map(|address| gtk::glib::filename_from_uri(address).ok())
            .map(|(path, _)| path);
        let files: Vec<PathBuf> = files.collect();
        if !files.is_empty() {
            then(files);
        }
    });
}

/// Elsewhere files are dropped, chosen or named.
#[cfg(not(target_os = "linux"))]
pub fn files(_then: impl FnOnce(Vec<PathBuf>) + 'static) {}
