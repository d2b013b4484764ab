//! A summary on its way to the window: how far it is, told no more often than somebody can read it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, Ending, Error, Summary, SummaryProgress};
use tauri::ipc::Channel;

use crate::locking::end_if_locked;
use crate::model;
use crate::session::Session;
use crate::view::SummaryNews;

/// What the time that is left changes by is sent at most this often.
const TICK: Duration = Duration::from_millis(250);

/// Passes progress on to the window.
pub struct Teller {
    session: Arc<Session>,
    assistant: Arc<Assistant>,
    window: Channel<SummaryNews>,
    /// When something was sent last, and how many sections were read then.
    sent: Option<(Instant, u32)>,
    /// The model is being loaded for this summary.
    is_loading: bool,
}

impl Teller {
    /// One that has nothing to tell so far.
    pub fn new(
        session: &Arc<Session>,
        assistant: &Arc<Assistant>,
        window: Channel<SummaryNews>,
    ) -> Teller {
        Teller {
            session: Arc::clone(session),
            assistant: Arc::clone(assistant),
            window,
            sent: None,
            is_loading: false,
        }
    }

    /// Hears how far the summary is.
    pub fn hear(&mut self, progress: SummaryProgress) {
        // A lock ends the writing by its word to stop, and the loading and cutting here.
        if let SummaryProgress::Loading(percent) = progress {
            end_if_locked(&self.session);
            self.is_loading = true;
            self.session
                .set_model(model::loading(&self.assistant, percent));
        } else {
            self.show_loaded();
        }
        if self.is_worth_telling(&progress) {
            // The summary comes back whole, whoever listened.
            let _ = self.window.send(SummaryNews::from(progress));
        }
    }

    /// Shows where the model stands after a summary.
    pub fn finish(&mut self, made: &Result<Summary, Error>) {
        let died = match made {
            Ok(summary) => summary.ending == Ending::Interrupted,
            Err(error) => *error == Error::EngineStopped,
        };
        if died {
            self.session.set_model(model::stopped(&self.assistant));
        } else if let Err(error @ Error::Model { .. }) = made {
            self.session
                .set_model(model::failed(&self.assistant, error));
        } else {
            self.show_loaded();
        }
    }

    /// Each note and each section is; between two of them it is only the time that is left.
    fn is_worth_telling(&mut self, progress: &SummaryProgress) -> bool {
        let done = match progress {
            SummaryProgress::Cutting(page, pages) if page < pages => 0,
            SummaryProgress::Reading { done, .. } => *done,
            SummaryProgress::Merging { .. } => u32::MAX,
            _ => return true,
        };
        let is_due = self
            .sent
            .is_none_or(|(at, before)| done != before || at.elapsed() >= TICK);
        if is_due {
            self.sent = Some((Instant::now(), done));
        }
        is_due
    }

    fn show_loaded(&mut self) {
        if std::mem::take(&mut self.is_loading) {
            model::show(&self.session, &self.assistant);
        }
    }
}
