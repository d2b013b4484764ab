//! What is said of a reply while it is made.

use aparte_assistant::Progress as Event;

use crate::output::{Output, Progress};

pub fn show(progress: &Progress, event: &Event, output: &Output) {
    match event {
        Event::Loading(percent) => progress.show(&format!(
            "{} {percent} %",
            output.say("Loading the model", "Chargement du modèle")
        )),
        Event::Prompt(done, total) => progress.show(&format!(
            "{} {done}/{total}",
            output.say("Reading", "Lecture")
        )),
        Event::Thinking(_) => progress.show(output.say("Thinking…", "Réflexion…")),
        Event::Text(_) => progress.show(output.say("Writing…", "Rédaction…")),
        Event::Likelihood(_) => {}
    }
}
