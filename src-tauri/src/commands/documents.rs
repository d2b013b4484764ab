//! Commands about the library.

use std::path::PathBuf;
use std::sync::Arc;

use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::{Outcome, Running, domain, unattended};
use crate::view::{
    AppError, Document, DocumentId, FoundIn, Hit, PageText, RecognisedPage, TextRange,
};

/// A person looks through no more of what was found.
const HITS: usize = 50;

/// The documents of the library.
#[tauri::command]
#[specta::specta]
pub async fn documents(session: Running<'_>) -> Outcome<Vec<Document>> {
    domain(&session, |assistant| {
        let documents = assistant.documents();
        Ok(documents
            .iter()
            .map(|document| Document::from(&**document))
            .collect())
    })
    .await
}

/// Lets the person choose files and takes them into the library, and into a collection.
#[tauri::command]
#[specta::specta]
pub fn choose_files(app: AppHandle, session: Running<'_>, collection: Option<u32>) {
    session.touch();
    let kinds = session.say("Documents", "Documents");
    let session = Arc::clone(&session);
    app.dialog()
        .file()
        .add_filter(kinds, aparte_assistant::Format::EXTENSIONS)
        .add_filter(session.say("All files", "Tous les fichiers"), &["*"])
        .pick_files(move |chosen| {
            let chosen = chosen.unwrap_or_default().into_iter();
            let paths = chosen.filter_map(|file| FilePath::into_path(file).ok());
            let collection = collection.map(aparte_assistant::CollectionId);
            session.add_to_collection(paths.collect::<Vec<PathBuf>>(), collection);
        });
}

/// Forgets a file that could not be added.
#[tauri::command]
#[specta::specta]
pub fn dismiss(session: Running<'_>, file: u32) {
    session.touch();
    session.incoming.dismiss(file);
}

/// How many conversations cite a document or look in it.
#[tauri::command]
#[specta::specta]
pub async fn uses(session: Running<'_>, document: DocumentId) -> Outcome<u32> {
    domain(&session, move |assistant| {
        let uses = assistant.uses(document.known())?;
        Ok(u32::try_from(uses).unwrap_or(u32::MAX))
    })
    .await
}

/// A page of a document, with a range of it parted from the rest.
#[tauri::command]
#[specta::specta]
pub async fn page(
    session: Running<'_>,
    document: DocumentId,
    number: u32,
    highlight: Option<TextRange>,
) -> Outcome<PageText> {
    let page = domain(&session, move |assistant| {
        let document = document.known();
        let Some(page) = assistant.page(document, number)? else {
            return Ok(None);
        };
        let recognised = assistant.recognition(document, number)?;
        let text = |document: &_| PageText::of(document, &page, highlight, recognised);
        Ok(assistant.with_document(document, text))
    });
    page.await?.ok_or_else(|| AppError {
        code: "page_missing".into(),
        message: session.say(
            "This page is no longer in the library. Add its document again to see it.",
            "Cette page n'est plus dans la bibliothèque. Ajoutez à nouveau son document pour la voir.",
        ),
    })
}

/// The passages of some documents that fit a question best, by words and by meaning.
#[tauri::command]
#[specta::specta]
pub async fn search(
    session: Running<'_>,
    question: String,
    documents: Vec<DocumentId>,
) -> Outcome<Vec<Hit>> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        let hits = assistant.search(&question, &documents, HITS)?;
        Ok(hits.into_iter().map(Hit::from).collect())
    })
    .await
}

/// Every place of a document where some words stand one after the other, at most ten thousand.
#[tauri::command]
#[specta::specta]
pub async fn find_in(
    session: Running<'_>,
    document: DocumentId,
    words: String,
) -> Outcome<Vec<FoundIn>> {
    domain(&session, move |assistant| {
        let found = assistant.find_in(document.known(), &words)?;
        Ok(found.into_iter().map(FoundIn::from).collect())
    })
    .await
}

/// Takes what text recognition read on a page that is an image, and gives the document as it is then. Nobody may be at the
/// machine when it comes.
#[tauri::command]
#[specta::specta]
pub async fn recognised(
    session: Running<'_>,
    document: DocumentId,
    page: RecognisedPage,
) -> Outcome<Option<Document>> {
    unattended(&session, move |assistant| {
        let id = document.known();
        assistant.take_recognised(id, &page.into())?;
        Ok(assistant.with_document(id, |document| Document::from(document)))
    })
    .await
}
