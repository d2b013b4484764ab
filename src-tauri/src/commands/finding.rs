//! Commands about everything in some documents that a question wants: what it will take, and the list.

use aparte_assistant::FindingProgress;
use tauri::ipc::Channel;

use super::{Outcome, Running, domain};
use crate::view::{DocumentId, FindingNews, FindingOffer, FindingPlan, FoundAll};

/// Whether a question may be asked about all of it. It is asked while a person types, so that this is no sign of one.
#[tauri::command]
#[specta::specta]
pub fn offer_all(question: String) -> Option<FindingOffer> {
    aparte_assistant::offer(&question).map(FindingOffer::from)
}

/// What it will take, told before it begins. Where the model judges and nobody knows how fast it does, it judges a few passages first.
#[tauri::command]
#[specta::specta]
pub async fn plan_all(
    session: Running<'_>,
    number: u32,
    question: String,
    documents: Vec<DocumentId>,
    news: Channel<FindingNews>,
) -> Outcome<FindingPlan> {
    let finding = session.findings.begin(number);
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        let plan =
            assistant.plan_find_all(&question, &documents, &finding.stop, &mut teller(news))?;
        Ok(FindingPlan::from(plan))
    })
    .await
}

/// Everything that was found. What was stopped gives what was found until then, and goes on from there when it is asked again.
#[tauri::command]
#[specta::specta]
pub async fn find_all(
    session: Running<'_>,
    number: u32,
    question: String,
    documents: Vec<DocumentId>,
    news: Channel<FindingNews>,
) -> Outcome<FoundAll> {
    let finding = session.findings.begin(number);
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        let found = assistant.find_all(&question, &documents, &finding.stop, &mut teller(news))?;
        Ok(FoundAll::from(found))
    })
    .await
}

/// Ends a list that is being made.
#[tauri::command]
#[specta::specta]
pub fn stop_finding(session: Running<'_>, number: u32) {
    session.touch();
    session.findings.stop(number);
}

/// Passes progress on to the window.
fn teller(news: Channel<FindingNews>) -> impl FnMut(FindingProgress) {
    move |progress| {
        // The list comes back whole, whoever listened.
        let _ = news.send(FindingNews::from(progress));
    }
}
