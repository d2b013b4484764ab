//! The commands of the web view, each a few lines over the session, by what they are about.
//!
//! What blocks runs on a thread for it. A text that is not an id does not reach a command.

pub mod conversations;
pub mod documents;
pub mod erasing;
pub mod finding;
pub mod library;
pub mod scanning;
pub mod summarizing;
pub mod vault;

use std::sync::Arc;

use aparte_assistant::{Assistant, Error};
use tauri::ipc::Channel;
use tauri::{State, async_runtime};

use crate::session::Session;
use crate::view::{AppError, News, Settings, Start};

type Running<'a> = State<'a, Arc<Session>>;
type Outcome<T> = Result<T, AppError>;

/// Says how things stand, and sends the news from here on.
#[tauri::command]
#[specta::specta]
pub fn listen(session: Running<'_>, news: Channel<News>) -> Start {
    session.listen(news)
}

/// The person did something that no other command tells of.
#[tauri::command]
#[specta::specta]
pub fn active(session: Running<'_>) {
    session.touch();
}

/// Whether a private conversation is what the person sees: files that come meanwhile are in memory alone.
#[tauri::command]
#[specta::specta]
pub fn in_private(session: Running<'_>, privately: bool) {
    session.touch();
    session.incoming.set_private(privately);
}

/// Which collection files go into that are dropped on the window from here on: the one that is looked at in the library.
#[tauri::command]
#[specta::specta]
pub fn drop_into(session: Running<'_>, collection: Option<u32>) {
    let collection = collection.map(aparte_assistant::CollectionId);
    session.incoming.set_drop_into(collection);
}

/// Keeps what was chosen about the application.
#[tauri::command]
#[specta::specta]
pub async fn change_settings(session: Running<'_>, settings: Settings) -> Outcome<()> {
    let changing = Arc::clone(&session);
    on_a_thread(&session, move || changing.change_settings(settings)).await
}

/// Runs something of the domain that a person asked for, on a thread that may wait.
async fn domain<T: Send + 'static>(
    session: &Session,
    work: impl FnOnce(&Assistant) -> Result<T, Error> + Send + 'static,
) -> Outcome<T> {
    session.touch();
    unattended(session, work).await
}

/// Runs something of the domain that goes on by itself, on a thread that may wait.
async fn unattended<T: Send + 'static>(
    session: &Session,
    work: impl FnOnce(&Assistant) -> Result<T, Error> + Send + 'static,
) -> Outcome<T> {
    let assistant = session.assistant()?;
    on_a_thread(session, move || {
        work(&assistant).map_err(|error| AppError::of(&error, assistant.language()))
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    session: &Session,
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    let done = async_runtime::spawn_blocking(work).await;
    // What panicked is in the log.
    done.unwrap_or_else(|_| Err(session.bug()))
}
