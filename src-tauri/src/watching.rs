//! Looks through the watched folders from time to time, as long as a vault is open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, DocumentId};

use crate::incoming::Wanted;
use crate::session::{Session, lock};
use crate::view::News;

/// A file that is put into a folder is in the library soon after, and ten thousand files take a disk a moment.
const EVERY: Duration = Duration::from_secs(30);

/// How often it is looked whether the vault is still open.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Watches until the vault is locked.
pub fn start(session: &Arc<Session>, assistant: &Arc<Assistant>) {
    let (session, assistant) = (Arc::clone(session), Arc::downgrade(assistant));
    std::thread::spawn(move || {
        lock(&session.asked_about).clear();
        // A file that is being written changes until it is whole.
        let mut settling: Vec<(DocumentId, PathBuf)> = Vec::new();
        loop {
            {
                let Some(assistant) = assistant.upgrade().filter(|_| session.is_open()) else {
                    return;
                };
                look(&session, &assistant, &mut settling);
            }
            let looked = Instant::now();
            while looked.elapsed() < EVERY && session.is_open() {
                std::thread::sleep(LOOK_EVERY);
            }
        }
    });
}

fn look(session: &Session, assistant: &Assistant, settling: &mut Vec<(DocumentId, PathBuf)>) {
    // A vault that cannot be read says so wherever somebody wants something of it.
    let Ok(changes) = assistant.folder_changes() else {
        return;
    };
    let (settled, new): (Vec<_>, Vec<_>) = changes
        .changed
        .into_iter()
        .partition(|change| settling.contains(change));
    *settling = new;
    let wanted = |path, collection, replaces| Wanted {
        path,
        private: false,
        collection,
        replaces,
        watched: true,
    };
    let new = changes.new.into_iter();
    let new = new.map(|(path, collection)| wanted(path, collection, None));
    let settled = settled.into_iter();
    let settled = settled.map(|(document, path)| wanted(path, None, Some(document)));
    let all: Vec<_> = new.chain(settled).collect();
    if !all.is_empty() {
        session.enqueue(all, Vec::new());
    }
    let gone: Vec<_> = {
        let mut asked_about = lock(&session.asked_about);
        let gone = changes.gone.into_iter();
        gone.filter(|document| asked_about.insert(*document))
            .collect()
    };
    if !gone.is_empty() {
        let documents = gone.into_iter().map(Into::into).collect();
        session.tell_if_open(News::Gone { documents });
    }
}
