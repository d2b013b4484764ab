//! The commands of the web view, each a few lines over the session.
//!
//! What blocks runs on a thread for it. A text that is not an id does not reach a command.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_assistant::{Assistant, Ending, Error, Progress};
use secrecy::SecretString;
use tauri::ipc::Channel;
use tauri::{AppHandle, State, async_runtime};
use tauri_plugin_dialog::{DialogExt, FilePath};

use crate::session::Session;
use crate::view::{
    Answer, AppError, Conversation, ConversationId, Document, DocumentId, Message, News, PageText,
    ReplyNews, Settings, Start, TextRange,
};
use crate::{model, opening};

type Running<'a> = State<'a, Arc<Session>>;
type Outcome<T> = Result<T, AppError>;

/// Text of a reply is sent at most this often.
const FRAME: Duration = Duration::from_millis(25);

/// Says how things stand, and sends the news from here on.
#[tauri::command]
#[specta::specta]
pub fn listen(session: Running<'_>, news: Channel<News>) -> Start {
    session.listen(news)
}

/// Makes the vault behind a passphrase.
#[tauri::command]
#[specta::specta]
pub async fn create_vault(session: Running<'_>, passphrase: String) -> Outcome<()> {
    let opening = Arc::clone(&session);
    let passphrase = SecretString::from(passphrase);
    on_a_thread(&session, move || opening::create(&opening, passphrase)).await
}

/// Opens the vault with its passphrase.
#[tauri::command]
#[specta::specta]
pub async fn unlock(session: Running<'_>, passphrase: String) -> Outcome<()> {
    let opening = Arc::clone(&session);
    let passphrase = SecretString::from(passphrase);
    on_a_thread(&session, move || opening::unlock(&opening, passphrase)).await
}

/// Tries again to open a vault that could not be opened.
#[tauri::command]
#[specta::specta]
pub fn retry(session: Running<'_>) {
    opening::retry(&session);
}

/// Keeps what was chosen about the application.
#[tauri::command]
#[specta::specta]
pub async fn change_settings(session: Running<'_>, settings: Settings) -> Outcome<()> {
    let changing = Arc::clone(&session);
    on_a_thread(&session, move || changing.change_settings(settings)).await
}

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

/// Lets the person choose files and takes them into the library.
#[tauri::command]
#[specta::specta]
pub fn choose_files(app: AppHandle, session: Running<'_>) {
    let kinds = session.say("Documents", "Documents");
    let session = Arc::clone(&session);
    app.dialog()
        .file()
        .add_filter(kinds, &["pdf", "txt", "text", "md", "markdown"])
        .add_filter(session.say("All files", "Tous les fichiers"), &["*"])
        .pick_files(move |chosen| {
            let chosen = chosen.unwrap_or_default().into_iter();
            let paths = chosen.filter_map(|file| FilePath::into_path(file).ok());
            session.add_files(paths.collect::<Vec<PathBuf>>());
        });
}

/// Forgets a file that could not be added.
#[tauri::command]
#[specta::specta]
pub fn dismiss(session: Running<'_>, file: u32) {
    session.incoming.dismiss(file);
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
        let page = |document: &_| PageText::of(document, number, highlight);
        Ok(assistant.with_document(document.known(), page).flatten())
    });
    page.await?.ok_or_else(|| AppError {
        code: "page_missing".into(),
        message: session.say(
            "This page is no longer in the library. Add its document again to see it.",
            "Cette page n'est plus dans la bibliothèque. Ajoutez à nouveau son document pour la voir.",
        ),
    })
}

/// All conversations, the latest first.
#[tauri::command]
#[specta::specta]
pub async fn conversations(session: Running<'_>) -> Outcome<Vec<Conversation>> {
    domain(&session, |assistant| {
        let conversations = assistant.conversations()?;
        Ok(conversations.into_iter().map(Conversation::from).collect())
    })
    .await
}

/// The messages of a conversation, in order.
#[tauri::command]
#[specta::specta]
pub async fn messages(session: Running<'_>, conversation: ConversationId) -> Outcome<Vec<Message>> {
    domain(&session, move |assistant| {
        let messages = assistant.messages(conversation.known())?;
        Ok(messages.into_iter().map(Message::from).collect())
    })
    .await
}

/// Begins a conversation that its first question names.
#[tauri::command]
#[specta::specta]
pub async fn begin(
    session: Running<'_>,
    question: String,
    documents: Vec<DocumentId>,
) -> Outcome<Conversation> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        assistant
            .begin(&question, &documents)
            .map(Conversation::from)
    })
    .await
}

/// Asks the next question of a conversation. The answer is stored when it comes back.
#[tauri::command]
#[specta::specta]
pub async fn ask(
    session: Running<'_>,
    conversation: ConversationId,
    question: String,
    documents: Vec<DocumentId>,
    reply: Channel<ReplyNews>,
) -> Outcome<Answer> {
    let assistant = session.assistant()?;
    let place = session.begin_reply(conversation.known())?;
    let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
    let teller = Teller::new(&session, &assistant, reply);
    on_a_thread(&session, move || {
        let mut teller = teller;
        let answered = assistant.ask(
            conversation.known(),
            &question,
            &documents,
            &place.stop,
            &mut |progress| teller.hear(progress),
        );
        teller.finish(&answered);
        drop(place);
        answered
            .map(Answer::from)
            .map_err(|error| AppError::of(&error, assistant.language()))
    })
    .await
}

/// Ends the reply of a conversation. What was written so far is its answer.
#[tauri::command]
#[specta::specta]
pub fn stop(session: Running<'_>, conversation: ConversationId) {
    session.stop(Some(conversation.known()));
}

/// Passes progress on to the window, text in pieces of a frame.
struct Teller {
    session: Arc<Session>,
    assistant: Arc<Assistant>,
    window: Channel<ReplyNews>,
    text: String,
    sent: Instant,
    model_was_loaded: bool,
}

impl Teller {
    fn new(session: &Arc<Session>, assistant: &Arc<Assistant>, window: Channel<ReplyNews>) -> Self {
        Teller {
            session: Arc::clone(session),
            assistant: Arc::clone(assistant),
            window,
            text: String::new(),
            sent: Instant::now(),
            model_was_loaded: false,
        }
    }

    fn hear(&mut self, progress: Progress) {
        match progress {
            Progress::Loading(percent) => {
                self.model_was_loaded = true;
                self.session
                    .set_model(model::loading(&self.assistant, percent));
                self.send(ReplyNews::Loading { percent });
            }
            Progress::Prompt(done, total) => self.send(ReplyNews::Reading { done, total }),
            Progress::Text(piece) => {
                self.text.push_str(&piece);
                if self.sent.elapsed() >= FRAME {
                    self.flush();
                }
            }
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.send(ReplyNews::Text { text });
            self.sent = Instant::now();
        }
    }

    /// Sends what is left, and shows where the model stands after a reply.
    fn finish(&mut self, answered: &Result<aparte_assistant::Answer, Error>) {
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
        } else if self.model_was_loaded {
            model::show(&self.session, &self.assistant);
        }
    }

    fn send(&self, news: ReplyNews) {
        // The answer comes back whole, whoever listened.
        let _ = self.window.send(news);
    }
}

/// Runs something of the domain on a thread that may wait.
async fn domain<T: Send + 'static>(
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
