//! What lives as long as the application: the open vault, the model's standing, and who is to be told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aparte_assistant::{Assistant, ConversationId, DocumentId, Language};
use tauri::WebviewWindow;
use tauri::ipc::Channel;

use crate::clock::Moment;
use crate::erasing::Erasing;
use crate::incoming::Incoming;
use crate::language;
use crate::replies::{Replies, ReplyPlace};
use crate::standing::Standing;
use crate::summaries::Summaries;
use crate::undertakings::Undertakings;
use crate::view::{AppError, Launch, ModelStatus, News, Settings, Start, Ways};

/// One run of the application.
pub struct Session {
    vault: Mutex<Standing<Assistant>>,
    model: Mutex<ModelStatus>,
    listener: Mutex<Option<Channel<News>>>,
    /// The one that was last chosen, or the system's as long as no vault was open.
    language: Mutex<Language>,
    /// When somebody last did something.
    active: Mutex<Moment>,
    pub(crate) window: OnceLock<WebviewWindow>,
    pub(crate) incoming: Incoming,
    pub(crate) replies: Arc<Replies>,
    pub(crate) findings: Arc<Undertakings>,
    pub(crate) summaries: Summaries,
    pub(crate) erasing: Erasing,
    /// Documents whose files are gone from watched folders, and about which the page was asked.
    pub(crate) asked_about: Mutex<HashSet<DocumentId>>,
}

impl Session {
    /// A run that has asked for nothing so far.
    pub fn new() -> Session {
        Session {
            vault: Mutex::new(Standing::new()),
            model: Mutex::new(ModelStatus::Waiting),
            listener: Mutex::new(None),
            language: Mutex::new(language::of_system()),
            active: Mutex::new(Moment::now()),
            window: OnceLock::new(),
            incoming: Incoming::new(),
            replies: Arc::default(),
            findings: Arc::default(),
            summaries: Summaries::default(),
            erasing: Erasing::default(),
            asked_about: Mutex::default(),
        }
    }

    /// Takes up the page that listens from here on; it hears everything that comes after this answer. A page that
    /// was loaded anew knows nothing of the replies under way, which end and are kept.
    pub fn listen(&self, page: Channel<News>) -> Start {
        let mut listener = lock(&self.listener);
        if listener.replace(page).is_some() {
            self.replies.stop_all();
            self.findings.stop_all();
            self.summaries.forget_all();
        }
        // It was not asked about anything.
        lock(&self.asked_about).clear();
        // A page begins with a conversation that is kept, and looks at no collection.
        self.incoming.set_private(false);
        self.incoming.set_drop_into(None);
        let vault = lock(&self.vault);
        Start {
            language: self.language().into(),
            launch: vault.launch().clone(),
            model: lock(&self.model).clone(),
            // The names of files are nobody's business before the vault is open.
            files: match vault.open() {
                Some(_) => self.incoming.list(),
                None => Vec::new(),
            },
            intake: self.incoming.intake(),
        }
    }

    /// Tells the page, if one listens.
    pub fn tell(&self, news: News) {
        if let Some(page) = lock(&self.listener).as_ref() {
            // A page that is gone, or loads anew, asks for the state when it is back.
            let _ = page.send(news);
        }
    }

    /// Tells the page what it may hear only while the vault is open.
    pub fn tell_if_open(&self, news: News) {
        if self.is_open() {
            self.tell(news);
        }
    }

    /// The vault is open, and what is behind it can be reached.
    pub fn become_open(
        &self,
        assistant: Arc<Assistant>,
        settings: Settings,
        notices: Vec<String>,
        ways: Ways,
    ) {
        *lock(&self.language) = settings.language.into();
        self.touch();
        lock(&self.vault).become_open(assistant, settings, notices, ways);
        self.tell_launch();
        for file in self.incoming.list() {
            self.tell(News::File { file });
        }
    }

    /// The vault is not open.
    pub fn become_closed(&self, launch: Launch) {
        lock(&self.vault).become_closed(launch);
        self.tell_launch();
    }

    /// Takes the right to open the vault, which one caller at a time has; `None` if it is open or being opened.
    pub fn begin_opening(&self) -> Option<Launch> {
        lock(&self.vault).begin_opening()
    }

    /// Takes the open vault away from everybody else, to shut it; `None` if it is not open.
    pub fn begin_locking(&self) -> Option<(Arc<Assistant>, Ways)> {
        lock(&self.vault).begin_locking()
    }

    /// Whether the vault is open.
    pub fn is_open(&self) -> bool {
        lock(&self.vault).open().is_some()
    }

    /// What opens the vault, while it is open.
    pub fn ways(&self) -> Option<Ways> {
        lock(&self.vault).ways()
    }

    /// What was chosen, while the vault is open.
    pub fn settings(&self) -> Option<Settings> {
        lock(&self.vault).settings()
    }

    /// Other ways open the vault from here on.
    pub fn set_ways(&self, ways: Ways) {
        lock(&self.vault).set_ways(ways);
        self.tell_launch();
    }

    /// Other things are to be told of the vault.
    pub fn set_notices(&self, notices: Vec<String>) {
        lock(&self.vault).set_notices(notices);
        self.tell_launch();
    }

    /// One more thing is to be told of the open vault.
    pub fn add_notice(&self, notice: String) {
        lock(&self.vault).add_notice(notice);
        self.tell_launch();
    }

    /// What is told last is how it stands, whoever else tells of it at the same time.
    fn tell_launch(&self) {
        let listener = lock(&self.listener);
        let launch = lock(&self.vault).launch().clone();
        if let Some(page) = listener.as_ref() {
            let _ = page.send(News::Launch { launch });
        }
    }

    /// The model stands elsewhere.
    pub fn set_model(&self, model: ModelStatus) {
        *lock(&self.model) = model.clone();
        self.tell(News::Model { model });
    }

    /// The domain, once the vault is open.
    pub fn assistant(&self) -> Result<Arc<Assistant>, AppError> {
        let assistant = lock(&self.vault).open().cloned();
        assistant.ok_or_else(|| AppError {
            code: "vault_locked".into(),
            message: self.say(
                "The vault is not open yet. Unlock it first.",
                "Le coffre n'est pas encore ouvert. Déverrouillez-le d'abord.",
            ),
        })
    }

    /// The language to speak.
    pub fn language(&self) -> Language {
        *lock(&self.language)
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
                "Aparté a commis une erreur ; ce qui était enregistré est intact. Réessayez.",
            ),
        }
    }

    /// Keeps what was chosen about the application; a page that loads anew hears of it.
    pub fn change_settings(&self, settings: Settings) -> Result<(), AppError> {
        let assistant = self.assistant()?;
        assistant
            .change_settings(settings.into())
            .map_err(|error| AppError::of(&error, assistant.language()))?;
        *lock(&self.language) = settings.language.into();
        lock(&self.vault).set_settings(settings);
        Ok(())
    }

    /// Somebody is here and did something.
    pub fn touch(&self) {
        *lock(&self.active) = Moment::now();
    }

    /// When somebody last did something.
    pub fn last_active(&self) -> Moment {
        *lock(&self.active)
    }

    /// Takes the place for a reply in a conversation.
    pub fn begin_reply(&self, conversation: ConversationId) -> Result<ReplyPlace, AppError> {
        self.replies.begin(conversation).ok_or_else(|| AppError {
            code: "busy".into(),
            message: self.say(
                "A reply is being written in this conversation. Wait for its end, or stop it.",
                "Une réponse est en cours dans cette conversation. Attendez sa fin, ou arrêtez-la.",
            ),
        })
    }
}

/// A lock whose holder panicked protects values that are whole: each is replaced in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Channel<News> {
        Channel::new(|_| Ok(()))
    }

    fn conversation(digit: char) -> ConversationId {
        let id = String::from(digit).repeat(32);
        id.parse().expect("these are 32 hexadecimal digits")
    }

    #[test]
    fn a_second_question_in_a_conversation_that_is_answered_is_refused_as_busy() {
        let session = Session::new();
        let first = session.begin_reply(conversation('a')).expect("it is free");
        let refused = session.begin_reply(conversation('a'));
        assert_eq!(refused.err().map(|error| error.code), Some("busy".into()));
        session
            .begin_reply(conversation('b'))
            .expect("another conversation is not busy");
        drop(first);
        session.begin_reply(conversation('a')).expect("it is done");
    }

    #[test]
    fn a_page_that_is_loaded_anew_ends_every_reply() {
        let session = Session::new();
        session.listen(page());
        let places = ['a', 'b'].map(|digit| {
            let place = session.begin_reply(conversation(digit));
            place.expect("it is free")
        });
        assert!(places.iter().all(|place| !place.stop.is_told()));
        session.listen(page());
        assert!(places.iter().all(|place| place.stop.is_told()));
    }
}
