//! What the window that nobody sees asks and answers; see [`crate::scanning`].

use tauri::{AppHandle, State};

use super::library::Bytes;
use crate::scanning::Scanning;
use crate::view::RecognisedPage;

/// The pages that are to be read, from 1.
#[tauri::command]
#[specta::specta]
pub fn scan_pages(scanning: State<'_, Scanning>) -> Vec<u32> {
    scanning.task().pages.clone()
}

/// The document whose pages they are.
#[tauri::command]
#[specta::specta]
pub fn scan_bytes(scanning: State<'_, Scanning>) -> Bytes {
    Bytes(scanning.take_bytes())
}

/// What opens it, where it wants a password.
#[tauri::command]
#[specta::specta]
pub fn scan_password(scanning: State<'_, Scanning>) -> Option<String> {
    scanning.task().password.clone()
}

/// Answers what was read of a page.
#[tauri::command]
#[specta::specta]
pub fn scan_read(scanning: State<'_, Scanning>, app: AppHandle, page: RecognisedPage) {
    scanning.answer(&app, &page.into());
}

/// The document cannot be read, or not further.
#[tauri::command]
#[specta::specta]
pub fn scan_failed(app: AppHandle) {
    app.exit(1);
}
