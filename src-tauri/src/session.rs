//! What lives as long as the application: the open vault, the model's standing, and who is to be told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aparte_assistant::{Assistant, ConversationId, Language, Stop};
use tauri::ipc::Channel;

use crate::incoming::Incoming;
use crate::language;
use crate::view::{AppError, Launch, ModelStatus, News, Settings, Start};

/// One run of the application.
pub struct Session {
    vault: Mutex<Place>,
    model: Mutex<ModelStatus>,
    reply: Mutex<Option<(ConversationId, Stop)>>,
    window: Mutex<Option<Channel<News>>>,
    system_language: Language,
    pub(crate) incoming: Incoming,
}

/// Where the vault stands, and what is behind it once it is open.
struct Place {
    launch: Launch,
    assistant: Option<Arc<Assistant>>,
}

/// The one place for a reply, which is free again when this is dropped, however the reply ends.
pub struct ReplyPlace {
    /// Told when the reply is to end.
    pub stop: Stop,
    session: Arc<Session>,
}

impl Drop for ReplyPlace {
    fn drop(&mut self) {
        *lock(&self.session.reply) = None;
    }
}

impl Session {
    /// A run that has asked for nothing so far.
    pub fn new() -> Session {
        Session {
            vault: Mutex::new(Place {
                launch: Launch::Opening,
                assistant: None,
            }),
            model: Mutex::new(ModelStatus::Waiting),
            reply: Mutex::new(None),
            window: Mutex::new(None),
            system_language: language::of_system(),
            incoming: Incoming::new(),
        }
    }

    /// Takes up the window that listens from here on; it hears everything that comes after this answer. A page that
    /// was loaded anew knows nothing of a reply under way, which ends and is kept.
    pub fn listen(&self, window: Channel<News>) -> Start {
        let mut listener = lock(&self.window);
        if listener.replace(window).is_some() {
            self.stop(None);
        }
        Start {
            language: self.system_language.into(),
            launch: lock(&self.vault).launch.clone(),
            model: lock(&self.model).clone(),
            files: self.incoming.list(),
        }
    }

    /// Tells the window, if one listens.
    pub fn tell(&self, news: News) {
        if let Some(window) = lock(&self.window).as_ref() {
            // A window that is gone, or loads anew, asks for the state when it is back.
            let _ = window.send(news);
        }
    }

    /// The vault stands elsewhere; an open one comes with what is behind it.
    pub fn set_launch(&self, launch: Launch, assistant: Option<Arc<Assistant>>) {
        *lock(&self.vault) = Place {
            launch: launch.clone(),
            assistant,
        };
        self.tell(News::Launch { launch });
    }

    /// Takes the right to open the vault, which one caller at a time has; `None` if it is open or being opened.
    pub fn begin_opening(&self) -> Option<Launch> {
        let mut place = lock(&self.vault);
        match place.launch {
            Launch::Opening | Launch::Open { .. } => None,
            _ => Some(std::mem::replace(&mut place.launch, Launch::Opening)),
        }
    }

    /// The model stands elsewhere.
    pub fn set_model(&self, model: ModelStatus) {
        *lock(&self.model) = model.clone();
        self.tell(News::Model { model });
    }

    /// The domain, once the vault is open.
    pub fn assistant(&self) -> Result<Arc<Assistant>, AppError> {
        lock(&self.vault).assistant.clone().ok_or_else(|| AppError {
            code: "vault_locked".into(),
            message: self.say(
                "The vault is not open yet. Unlock it first.",
                "Le coffre n'est pas encore ouvert. Déverrouillez-le d'abord.",
            ),
        })
    }

    /// The language to speak: the chosen one, or the system's as long as the vault is closed.
    pub fn language(&self) -> Language {
        let place = lock(&self.vault);
        place
            .assistant
            .as_ref()
            .map_or(self.system_language, |assistant| assistant.language())
    }

    /// A sentence in the language to speak.
    pub fn say(&self, english: &str, french: &str) -> String {
        match self.language() {
            Language::English => english.into(),
            Language::French => french.into(),
        }
    }

    /// What is said when this program made a mistake. Where is in the log, without a word of content.
    pub fn bug(&self) -> AppError {
        AppError {
            code: "bug".into(),
            message: self.say(
                "Aparté made a mistake here; what was stored is safe. Try again.",
                "Aparté a commis une erreur ; ce qui était enregistré est intact. Réessayez.",
            ),
        }
    }

    /// Keeps what was chosen about the application; a window that loads anew hears of it.
    pub fn change_settings(&self, settings: Settings) -> Result<(), AppError> {
        let assistant = self.assistant()?;
        assistant
            .change_settings(settings.into())
            .map_err(|error| AppError::of(&error, assistant.language()))?;
        lock(&self.vault).launch = Launch::Open { settings };
        Ok(())
    }

    /// Takes the one place for a reply. The engine writes one at a time, and a person waits for one at a time.
    pub fn begin_reply(
        self: &Arc<Self>,
        conversation: ConversationId,
    ) -> Result<ReplyPlace, AppError> {
        let mut reply = lock(&self.reply);
        if reply.is_some() {
            drop(reply);
            return Err(AppError {
                code: "busy".into(),
                message: self.say(
                    "Another reply is being written. Wait for its end, or stop it.",
                    "Une autre réponse est en cours. Attendez sa fin, ou arrêtez-la.",
                ),
            });
        }
        let stop = Stop::default();
        *reply = Some((conversation, stop.clone()));
        drop(reply);
        Ok(ReplyPlace {
            stop,
            session: Arc::clone(self),
        })
    }

    /// Ends the reply of a conversation, or whichever is being written.
    pub fn stop(&self, conversation: Option<ConversationId>) {
        if let Some((writing, stop)) = lock(&self.reply).as_ref()
            && conversation.is_none_or(|conversation| conversation == *writing)
        {
            stop.now();
        }
    }

    /// Whether a reply is being written.
    pub fn is_replying(&self) -> bool {
        lock(&self.reply).is_some()
    }

    /// Closes the vault and ends the workers.
    pub fn close(&self) {
        self.stop(None);
        lock(&self.vault).assistant = None;
    }
}

/// A lock whose holder panicked protects values that are whole: each is replaced in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
