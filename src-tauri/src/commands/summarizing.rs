//! Commands about summaries of documents.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aparte_assistant::{Ending, Error, ExportTrouble, KeptSummary, SummaryProgress};
use tauri::ipc::Channel;
use tauri::{AppHandle, async_runtime};
use tauri_plugin_dialog::DialogExt;

use super::{Outcome, Running, domain, on_a_thread, unattended};
use crate::summaries::Made;
use crate::summarizing::Teller;
use crate::view::{
    self, AppError, DocumentId, Summary, SummaryFormat, SummaryNews, SummarySubject, SummaryWish,
};

/// Documents in short. What was stopped gives the notes that were there, and goes on from them when it is asked again; so does
/// another length, style or language.
#[tauri::command]
#[specta::specta]
pub async fn summarize(
    session: Running<'_>,
    number: u32,
    subject: SummarySubject,
    wish: SummaryWish,
    news: Channel<SummaryNews>,
) -> Outcome<Summary> {
    session.touch();
    let assistant = session.assistant()?;
    let undertaking = session.summaries.begin(number);
    let mut teller = Teller::new(&session, &assistant, news);
    let keeping = Arc::clone(&session);
    on_a_thread(&session, move || {
        let wish = aparte_assistant::SummaryWish::from(wish);
        let documents: Vec<_> = subject.documents.iter().map(DocumentId::known).collect();
        let mut kept = KeptSummary {
            name: subject.name,
            documents: documents.clone(),
            wish: wish.clone(),
            asked: now(),
            is_whole: false,
        };
        let made = assistant.summarize_all(&documents, &wish, &undertaking.stop, &mut |progress| {
            if let SummaryProgress::Planned(_) = progress {
                // Where it cannot be kept it is not listed later: asked for again it goes on from its notes all the same.
                let _ = assistant.keep_summary(&kept);
            }
            teller.hear(progress);
        });
        teller.finish(&made);
        let language = assistant.language();
        let summary = made.map_err(|error| AppError::of(&error, language))?;
        let coverage = &summary.coverage;
        kept.is_whole = coverage.read == coverage.total
            && matches!(summary.ending, Ending::Complete | Ending::Length);
        if kept.is_whole {
            let _ = assistant.keep_summary(&kept);
        }
        let shown = Summary::of(&summary, wish.style, language);
        let style = wish.style;
        (keeping.summaries).keep(number, Made { summary, style }, || keeping.is_open());
        Ok(shown)
    })
    .await
}

/// Ends a summary that is being made: the sections that were read are kept.
#[tauri::command]
#[specta::specta]
pub fn stop_summary(session: Running<'_>, number: u32) {
    session.touch();
    session.summaries.stop(number);
}

/// Ends a summary, and forgets it as far as it is made.
#[tauri::command]
#[specta::specta]
pub fn forget_summary(session: Running<'_>, number: u32) {
    session.touch();
    session.summaries.forget(number);
}

/// The summaries that were asked for, the latest first. The page asks by itself, so that this is no sign of a person.
#[tauri::command]
#[specta::specta]
pub async fn kept_summaries(session: Running<'_>) -> Outcome<Vec<view::KeptSummary>> {
    unattended(&session, |assistant| {
        let kept = assistant.kept_summaries()?.into_iter();
        Ok(kept.map(view::KeptSummary::from).collect())
    })
    .await
}

/// Forgets that a summary was asked for. What was noted for it stays with its documents.
#[tauri::command]
#[specta::specta]
pub async fn forget_kept_summary(
    session: Running<'_>,
    documents: Vec<DocumentId>,
    wish: SummaryWish,
) -> Outcome<()> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        assistant.forget_summary(&documents, &wish.into())
    })
    .await
}

/// Writes a summary that was made where the person says, and says whether they did.
#[tauri::command]
#[specta::specta]
pub async fn export_summary(
    app: AppHandle,
    session: Running<'_>,
    number: u32,
    format: SummaryFormat,
    name: String,
) -> Outcome<bool> {
    session.touch();
    let ending = format.ending();
    let dialog = app
        .dialog()
        .file()
        .add_filter(ending.to_uppercase(), &[ending])
        .set_file_name(format!("{}.{ending}", file_name(&name)));
    // Nothing of the vault is held meanwhile: it can be locked under a dialog.
    let chosen = async_runtime::spawn_blocking(move || dialog.blocking_save_file()).await;
    let chosen = chosen.map_err(|_| session.bug())?;
    let Some(to) = chosen.and_then(|file| file.into_path().ok()) else {
        return Ok(false);
    };
    let assistant = session.assistant()?;
    let named = with_ending(to.clone(), ending);
    // The dialog asked about the name as it was typed.
    if named != to && named.symlink_metadata().is_ok() {
        let there = Error::Export(ExportTrouble::AlreadyThere);
        return Err(AppError::of(&there, assistant.language()));
    }
    drop(assistant);
    let Some(made) = session.summaries.made(number) else {
        return Err(session.bug());
    };
    domain(&session, move |assistant| {
        assistant.export_summary(&made.summary, made.style, format.into(), &named)
    })
    .await?;
    Ok(true)
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A name that a file can have: what has a meaning in paths is left out.
fn file_name(name: &str) -> String {
    let plain = name.chars().map(|character| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => ' ',
        other if other.is_control() => ' ',
        other => other,
    });
    let words: Vec<_> = String::from_iter(plain)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let name: String = words.join(" ").chars().take(80).collect();
    name.trim_matches([' ', '.']).to_owned()
}

/// Dialogs let people leave the ending out.
fn with_ending(to: PathBuf, ending: &str) -> PathBuf {
    match to.extension() {
        Some(there) if there.eq_ignore_ascii_case(ending) => to,
        _ => {
            let mut name = to.into_os_string();
            name.push(".");
            name.push(ending);
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_summary_without_what_has_a_meaning_in_paths() {
        for (name, file) in [
            ("Summary of “report.pdf”", "Summary of “report.pdf”"),
            ("Résumé : a/b\\c\n", "Résumé a b c"),
            ("../etc", "etc"),
        ] {
            assert_eq!(file_name(name), file);
        }
        assert_eq!(file_name(&"é".repeat(300)).chars().count(), 80);
    }

    #[test]
    fn a_file_has_the_ending_of_its_format() {
        for (chosen, written) in [
            ("a.docx", "a.docx"),
            ("a.DOCX", "a.DOCX"),
            ("a", "a.docx"),
            ("report.pdf", "report.pdf.docx"),
        ] {
            assert_eq!(with_ending(chosen.into(), "docx"), PathBuf::from(written));
        }
    }
}
