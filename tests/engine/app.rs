//! The application as these tests use it. Everything that they ask of it is asked here.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aparte_assistant::{
    Answer, Assistant, Calibrations, Conversation, ConversationId, DocumentId, Error, Input, Item,
    Language, Message, Model, ModelFacts, Progress, Stop, Vault,
};
use aparte_tests::worker;

/// One session of the application with an engine of its own.
pub struct App(Assistant);

/// What is asked of [`DOCUMENT`].
pub const QUESTION: &str = "When does the ferry leave?";
/// A short text that answers it.
pub const DOCUMENT: &str =
    "The ferry leaves at dusk. It carries letters and bread to the island.\n";

/// The tests take turns: each of them measures the process that all of them are in, or what its two cores can do.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// A session that leaves nothing behind, with the model in a file.
    pub fn with_model(file: &Path) -> App {
        let model = Model {
            id: "mutant".to_owned(),
            name: "Mutant".to_owned(),
            file: PathBuf::from(file),
            languages: None,
        };
        App::over(
            Vault::in_memory().expect("a session needs only memory"),
            model,
        )
    }

    /// The same, with what is remembered about the speed of models.
    pub fn calibrated(file: &Path, calibrations: Calibrations) -> App {
        App(App::with_model(file).0.calibrated(calibrations))
    }

    /// A session over a vault.
    pub fn over(vault: Vault, model: Model) -> App {
        let opened = Assistant::open(vault, worker(), Some(model), Language::English);
        App(opened.expect("the vault opens"))
    }

    /// Loads the model.
    pub fn load(&self) -> Result<ModelFacts, Error> {
        self.0.load_model(&mut |_| {})
    }

    /// Whether the engine is to be calibrated once nobody asked anything for so long.
    pub fn is_to_be_calibrated(&self, idle: Duration) -> bool {
        self.0.is_to_be_calibrated(idle)
    }

    /// Calibrates the engine until `is_enough`.
    pub fn calibrate(&self, is_enough: &dyn Fn() -> bool) {
        self.0.calibrate(is_enough);
    }

    /// Adds a text under a name.
    pub fn add(&self, name: &str, text: &str) -> Result<DocumentId, Error> {
        let mut bytes = text.as_bytes();
        self.0.add(Input::Stream(name, &mut bytes), &mut |_, _| {})
    }

    pub fn begin(&self, question: &str, documents: &[DocumentId]) -> Result<Conversation, Error> {
        self.0.begin(question, documents, false)
    }

    /// Asks in a conversation.
    pub fn ask(
        &self,
        conversation: ConversationId,
        question: &str,
        documents: &[DocumentId],
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Answer, Error> {
        self.0
            .ask(conversation, question, documents, stop, on_progress)
    }

    /// Asks, and stops after so many pieces of text.
    pub fn ask_for_pieces(
        &self,
        conversation: ConversationId,
        question: &str,
        documents: &[DocumentId],
        pieces: usize,
    ) -> Result<Answer, Error> {
        let stop = Stop::default();
        let mut heard = 0;
        self.ask(conversation, question, documents, &stop, &mut |progress| {
            heard += usize::from(matches!(progress, Progress::Text(_)));
            if heard >= pieces {
                stop.now();
            }
        })
    }

    /// Counts the tokens of a prompt of about this length and reads it.
    pub fn count_and_read(&self, tokens: u32) -> Result<(), Error> {
        self.0.measure(tokens, 1).map(drop)
    }

    pub fn messages(&self, conversation: ConversationId) -> Result<Vec<Message>, Error> {
        self.0.messages(conversation)
    }

    pub fn erase(&self, item: Item) -> Result<(), Error> {
        self.0.erase_now(item)
    }

    /// The process id of the last engine.
    pub fn engine(&self) -> Option<u32> {
        self.0.engine_process()
    }

    /// Ends the session in good order.
    pub fn close(self) -> Result<(), Error> {
        self.0.close()
    }
}

/// Whether a failure is told as a person can read it: sentences in both languages, and nothing of the program's insides.
pub fn is_told_well(error: &Error) -> bool {
    [Language::English, Language::French]
        .iter()
        .all(|language| {
            let sentence = error.sentence(*language);
            sentence.ends_with('.')
                && sentence.lines().count() == 1
                && !["panicked", "unwrap", "src/", "GGML", "Some(", "Err("]
                    .iter()
                    .any(|inside| sentence.contains(inside))
        })
}
