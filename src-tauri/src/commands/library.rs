//! Commands that put the library in order: collections, names, folders, and what is on its way.

use std::sync::Arc;

use aparte_assistant::files_below;
use tauri::AppHandle;
use tauri::ipc::{InvokeResponseBody, IpcResponse};
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::{Outcome, Running, domain, on_a_thread};
use crate::clipboard;
use crate::locking::end_if_locked;
use crate::session::Session;
use crate::view::{Collection, Document, DocumentId, WatchedFolder};

/// Lets the person choose a folder and takes what is in it into the library, and into a collection. With `watched` the folder is
/// looked through again and again.
#[tauri::command]
#[specta::specta]
pub fn choose_folder(app: AppHandle, session: Running<'_>, collection: Option<u32>, watched: bool) {
    session.touch();
    let session = Arc::clone(&session);
    app.dialog().file().pick_folder(move |chosen| {
        let Some(Ok(path)) = chosen.map(FilePath::into_path) else {
            return;
        };
        let collection = collection.map(aparte_assistant::CollectionId);
        if watched && let Ok(assistant) = session.assistant() {
            // A vault that cannot be written says so at the first document.
            let _ = assistant.watch(&path, collection);
        }
        // A folder may hold many: they are counted elsewhere.
        std::thread::spawn(move || {
            // One that is watched may be empty for now.
            match watched {
                true if files_below(&path).is_empty() => (),
                true => session.add_watched(path, collection),
                false => session.add_to_collection(vec![path], collection),
            }
        });
    });
}

/// Takes files that were copied in another program into the library, and into a collection. Nothing happens where something else
/// was copied.
#[tauri::command]
#[specta::specta]
pub fn paste_files(session: Running<'_>, collection: Option<u32>) {
    session.touch();
    let session = Arc::clone(&session);
    let collection = collection.map(aparte_assistant::CollectionId);
    clipboard::files(move |paths| {
        std::thread::spawn(move || session.add_to_collection(paths, collection));
    });
}

/// Reads nothing more for now, or goes on.
#[tauri::command]
#[specta::specta]
pub async fn pause_intake(session: Running<'_>, paused: bool) -> Outcome<()> {
    intake(&session, move |session| session.pause_intake(paused)).await
}

/// Tries a file again that wants a password.
#[tauri::command]
#[specta::specta]
pub async fn open_file(session: Running<'_>, file: u32, password: String) -> Outcome<()> {
    intake(&session, move |session| session.open_file(file, password)).await
}

/// Gives up what is on its way into the library.
#[tauri::command]
#[specta::specta]
pub async fn cancel_intake(session: Running<'_>) -> Outcome<()> {
    intake(&session, Session::cancel_intake).await
}

/// Changes what is on its way. The vault may be written meanwhile, and this thread draws.
async fn intake(
    session: &Arc<Session>,
    change: impl FnOnce(&Session) + Send + 'static,
) -> Outcome<()> {
    session.touch();
    let changing = Arc::clone(session);
    on_a_thread(session, move || {
        change(&changing);
        Ok(())
    })
    .await
}

/// The collections, by name.
#[tauri::command]
#[specta::specta]
pub async fn collections(session: Running<'_>) -> Outcome<Vec<Collection>> {
    domain(&session, |assistant| {
        let collections = assistant.collections()?.into_iter();
        Ok(collections.map(Collection::from).collect())
    })
    .await
}

/// Makes a collection, or gives the one of this name.
#[tauri::command]
#[specta::specta]
pub async fn make_collection(session: Running<'_>, name: String) -> Outcome<u32> {
    domain(&session, move |assistant| {
        Ok(assistant.make_collection(&name)?.0)
    })
    .await
}

/// Gives a collection another name.
#[tauri::command]
#[specta::specta]
pub async fn rename_collection(session: Running<'_>, collection: u32, name: String) -> Outcome<()> {
    domain(&session, move |assistant| {
        assistant.rename_collection(aparte_assistant::CollectionId(collection), &name)
    })
    .await
}

/// Removes a collection; its documents stay.
#[tauri::command]
#[specta::specta]
pub async fn remove_collection(session: Running<'_>, collection: u32) -> Outcome<()> {
    domain(&session, move |assistant| {
        assistant.remove_collection(aparte_assistant::CollectionId(collection))
    })
    .await
}

/// Puts documents into a collection, or takes them out of it.
#[tauri::command]
#[specta::specta]
pub async fn gather(
    session: Running<'_>,
    documents: Vec<DocumentId>,
    collection: u32,
    into: bool,
) -> Outcome<()> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        assistant.gather(&documents, aparte_assistant::CollectionId(collection), into)
    })
    .await
}

/// Gives a document another name.
#[tauri::command]
#[specta::specta]
pub async fn rename_document(
    session: Running<'_>,
    document: DocumentId,
    name: String,
) -> Outcome<()> {
    domain(&session, move |assistant| {
        assistant.rename_document(document.known(), &name)
    })
    .await
}

/// Reads a document anew from its original.
#[tauri::command]
#[specta::specta]
pub async fn read_again(session: Running<'_>, document: DocumentId) -> Outcome<Option<Document>> {
    let reading = Arc::clone(&session);
    domain(&session, move |assistant| {
        let id = document.known();
        // Whoever locks the vault does not wait for the rest of it.
        assistant.read_again(id, None, &mut |_, _| end_if_locked(&reading))?;
        Ok(assistant.with_document(id, |document| Document::from(document)))
    })
    .await
}

/// The original of a document, as it was read; no bytes if it is not there any more.
#[tauri::command]
#[specta::specta]
pub async fn original(session: Running<'_>, document: DocumentId) -> Outcome<Bytes> {
    domain(&session, move |assistant| {
        Ok(Bytes(
            assistant.original(document.known())?.unwrap_or_default(),
        ))
    })
    .await
}

/// What opens the original of a document, where it wanted a password.
#[tauri::command]
#[specta::specta]
pub async fn original_password(
    session: Running<'_>,
    document: DocumentId,
) -> Outcome<Option<String>> {
    domain(&session, move |assistant| {
        assistant.password_of(document.known())
    })
    .await
}

/// The folders that are watched.
#[tauri::command]
#[specta::specta]
pub async fn watched_folders(session: Running<'_>) -> Outcome<Vec<WatchedFolder>> {
    domain(&session, |assistant| {
        let folders = (0..).zip(assistant.watched_folders()?);
        Ok(folders
            .map(|(number, folder)| WatchedFolder::of(number, &folder))
            .collect())
    })
    .await
}

/// Watches a folder no more, by its number in the list.
#[tauri::command]
#[specta::specta]
pub async fn unwatch_folder(session: Running<'_>, number: u32) -> Outcome<()> {
    domain(&session, move |assistant| {
        let folders = assistant.watched_folders()?;
        match folders.get(number as usize) {
            Some(folder) => assistant.unwatch(&folder.path()),
            None => Ok(()),
        }
    })
    .await
}

/// Keeps documents whose files are gone from their folders.
#[tauri::command]
#[specta::specta]
pub async fn keep_gone(session: Running<'_>, documents: Vec<DocumentId>) -> Outcome<()> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        assistant.forget_origin(&documents)
    })
    .await
}

/// Bytes that go to the page as they are, as an `ArrayBuffer`.
#[derive(specta::Type)]
#[specta(transparent)]
pub struct Bytes(pub Vec<u8>);

impl IpcResponse for Bytes {
    fn body(self) -> tauri::Result<InvokeResponseBody> {
        Ok(InvokeResponseBody::Raw(self.0))
    }
}
