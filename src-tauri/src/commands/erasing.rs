//! Commands that erase, and the one that brings back.

use std::sync::Arc;

use super::{Outcome, Running, domain, unattended};
use crate::view::{Erasure, Item};

/// Takes something out of sight. For a minute it can be brought back; then it is erased for good.
#[tauri::command]
#[specta::specta]
pub async fn erase(session: Running<'_>, item: Item) -> Outcome<()> {
    let erasing = Arc::clone(&session);
    domain(&session, move |assistant| {
        erasing.erase(assistant, item.into())
    })
    .await
}

/// What can still be brought back.
#[tauri::command]
#[specta::specta]
pub async fn erasures(session: Running<'_>) -> Outcome<Vec<Erasure>> {
    let erasing = Arc::clone(&session);
    unattended(&session, move |assistant| Ok(erasing.erasures(assistant))).await
}

/// Brings back what was erased within the last minute.
#[tauri::command]
#[specta::specta]
pub async fn undo_erase(session: Running<'_>, item: Item) -> Outcome<()> {
    let erasing = Arc::clone(&session);
    domain(&session, move |assistant| {
        erasing.undo_erase(assistant, item.into())
    })
    .await
}

/// Erases for good what can still be brought back.
#[tauri::command]
#[specta::specta]
pub async fn erase_now(session: Running<'_>, item: Item) -> Outcome<()> {
    let erasing = Arc::clone(&session);
    domain(&session, move |assistant| {
        erasing.erase_now(assistant, item.into())
    })
    .await
}
