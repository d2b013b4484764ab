//! The model's standing, as the window shows it.

use std::sync::Arc;
use std::time::Duration;

use aparte_assistant::{Assistant, Error, ModelFacts, Progress};

use crate::locking::end_if_locked;
use crate::session::Session;
use crate::view::{Language, ModelStatus, StepDown};

/// Loads the model in the background, so that it is there before the first question.
pub fn load(session: &Arc<Session>, assistant: &Arc<Assistant>) {
    if assistant.model().is_none() {
        return;
    }
    let (session, assistant) = (Arc::clone(session), Arc::clone(assistant));
    std::thread::spawn(move || show(&session, &assistant));
}

/// Shows where the model stands, and loads it if it is not.
pub fn show(session: &Session, assistant: &Assistant) {
    let loaded = assistant.load_model(&mut |progress| {
        end_if_locked(session);
        if let Progress::Loading(percent) = progress {
            session.set_model(loading(assistant, percent));
        }
    });
    session.set_model(match loaded {
        Ok(facts) => ready(assistant, facts),
        Err(error) => failed(assistant, &error),
    });
}

/// Puts the model out of memory when nobody asked anything for so many minutes, and what compares texts long before.
pub fn unload_if_idle(session: &Session, minutes: u16) {
    let Ok(assistant) = session.assistant() else {
        return;
    };
    assistant.rest();
    let after = Duration::from_secs(60 * u64::from(minutes));
    if !after.is_zero() && assistant.unload_if_idle(after) {
        session.set_model(ModelStatus::Unloaded {
            name: assistant.model_name(),
        });
    }
}

/// How long nobody asked anything before it is found out what the model is computed with the fastest.
const CALIBRATED_AFTER: Duration = Duration::from_secs(5);

/// Finds out what the model is computed with the fastest, where that is not known and nobody waits for anything.
pub fn calibrate_if_idle(session: &Arc<Session>) {
    let Ok(assistant) = session.assistant() else {
        return;
    };
    if assistant.is_to_be_calibrated(CALIBRATED_AFTER) {
        let session = Arc::clone(session);
        // A vault that is locked waits for whoever holds the domain.
        std::thread::spawn(move || assistant.calibrate(&|| !session.is_open()));
    }
}

/// A model that is being read.
pub fn loading(assistant: &Assistant, percent: u8) -> ModelStatus {
    ModelStatus::Loading {
        name: assistant.model_name(),
        percent,
    }
}

/// A model whose process ended.
pub fn stopped(assistant: &Assistant) -> ModelStatus {
    ModelStatus::Stopped {
        name: assistant.model_name(),
    }
}

fn ready(assistant: &Assistant, facts: ModelFacts) -> ModelStatus {
    let languages = assistant.model().and_then(|model| model.languages.clone());
    ModelStatus::Ready {
        name: assistant.model_name(),
        devices: facts.devices,
        context: facts.context,
        languages: languages.map(|known| known.into_iter().map(Language::from).collect()),
        steps: facts.steps.into_iter().map(StepDown::from).collect(),
    }
}

/// A model that could not be loaded.
pub fn failed(assistant: &Assistant, error: &Error) -> ModelStatus {
    ModelStatus::Failed {
        name: assistant.model_name(),
        message: error.sentence(assistant.language()),
    }
}
