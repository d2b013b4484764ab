//! A reply on its way to the window: progress, and what is thought and said in pieces of a frame.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_assistant::{Answer, Assistant, Ending, Error, Progress};
use tauri::ipc::Channel;

use crate::locking::end_if_locked;
use crate::model;
use crate::session::Session;
use crate::view::ReplyNews;

/// Text of a reply is sent at most this often: some words at a time. To draw them takes page, web view and screen about 8 ms of a core
/// without a graphics processor, while the engine computes on all cores: of its speed 0.65 were left at 40 pieces a second, 0.77 at 12,
/// 0.83 at 8.
const FRAME: Duration = Duration::from_millis(120);

/// Passes progress on to the window.
pub struct Teller {
    session: Arc<Session>,
    assistant: Arc<Assistant>,
    window: Channel<ReplyNews>,
    thought: String,
    text: String,
    sent: Instant,
    /// The model is being loaded for this reply.
    loading: bool,
}

impl Teller {
    /// One that has nothing to tell so far.
    pub fn new(
        session: &Arc<Session>,
        assistant: &Arc<Assistant>,
        window: Channel<ReplyNews>,
    ) -> Teller {
        Teller {
            session: Arc::clone(session),
            assistant: Arc::clone(assistant),
            window,
            thought: String::new(),
            text: String::new(),
            sent: Instant::now(),
            loading: false,
        }
    }

    /// Hears how far the reply is.
    pub fn hear(&mut self, progress: Progress) {
        match progress {
            Progress::Loading(percent) => {
                end_if_locked(&self.session);
                self.loading = true;
                self.session
                    .set_model(model::loading(&self.assistant, percent));
                self.send(ReplyNews::Loading { percent });
            }
            Progress::Prompt(done, total) => {
                self.show_loaded();
                self.send(ReplyNews::Reading { done, total });
            }
            Progress::Thinking(piece) => {
                self.thought.push_str(&piece);
                self.flush_in_time();
            }
            Progress::Text(piece) => {
                self.text.push_str(&piece);
                self.flush_in_time();
            }
            // Nobody asks for it in the window.
            Progress::Likelihood(_) => {}
        }
    }

    /// Sends what is left, and shows where the model stands after a reply.
    pub fn finish(&mut self, answered: &Result<Answer, Error>) {
        self.flush();
        let died = match answered {
            Ok(answer) => answer.ending == Ending::Interrupted,
            Err(error) => *error == Error::EngineStopped,
        };
        if died {
            self.session.set_model(model::stopped(&self.assistant));
        } else if let (Err(error @ Error::Model { .. }), Some(_)) =
            (answered, self.assistant.model())
        {
            self.session
                .set_model(model::failed(&self.assistant, error));
        } else {
            self.show_loaded();
        }
    }

    /// Whoever asks elsewhere meanwhile is not to see a model that is still being loaded.
    fn show_loaded(&mut self) {
        if std::mem::take(&mut self.loading) {
            model::show(&self.session, &self.assistant);
        }
    }

    fn flush_in_time(&mut self) {
        self.show_loaded();
        if self.sent.elapsed() >= FRAME {
            self.flush();
        }
    }

    /// What is thought comes before what is said.
    fn flush(&mut self) {
        if !self.thought.is_empty() {
            let text = std::mem::take(&mut self.thought);
            self.send(ReplyNews::Thinking { text });
            self.sent = Instant::now();
        }
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.send(ReplyNews::Text { text });
            self.sent = Instant::now();
        }
    }

    fn send(&self, news: ReplyNews) {
        // The answer comes back whole, whoever listened.
        let _ = self.window.send(news);
    }
}
