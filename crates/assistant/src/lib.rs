//! The domain of Aparté: a library of documents, a search over their passages, and answers whose every
//! citation is looked up in its source.
//!
//! The window and the command line both drive [`Assistant`] and hold nothing of the domain themselves.
//! Model and parsers run in worker processes that this crate starts and watches (`worker`, `engine`,
//! `reader`); it links neither, opens no socket and trusts nothing that a worker says.
//!
//! Everything here is synchronous: a caller that must not wait calls from a thread of its own.

#![forbid(unsafe_code)]

#[macro_use]
mod ids;
mod adding;
mod answer;
mod ask;
#[cfg(feature = "bench")]
pub mod bench_support;
mod calibrations;
mod complete;
mod context;
mod conversation;
mod doctor;
mod draft;
mod engine;
mod erasing;
mod error;
mod export;
mod extent;
mod extract;
mod facts;
mod files;
mod find;
mod find_all;
mod find_in;
mod follow_up;
mod indexing;
mod kept_states;
mod language;
mod library;
mod loading;
mod log;
mod meaning;
mod measure;
mod models;
mod notice;
mod pace;
mod pages;
#[cfg(any(test, feature = "bench"))]
pub mod parsers;
mod passages;
pub mod places;
mod prompt;
mod protection;
mod question;
mod quote;
mod reader;
mod reading_trouble;
mod recognised;
mod refusal;
mod samples;
mod scans;
mod search;
mod sentences;
mod settings;
mod stored;
mod summary;
mod support;
mod thinking;
mod turns;
mod vault_trouble;
mod vectors;
mod words;
mod worker;

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use adding::{Added, Adding, Inside};
pub use answer::{Answer, AnswerTimings, CORRECTED, Citation, DOUBT, Ending, Lead, Mode};
pub use aparte_protocol::calibration::{BatchSize, Tuning};
pub use aparte_protocol::documents::{Cell, Format, Page, PageWarning, TextRange, Unit};
pub use aparte_protocol::engine::{Likelihood, ModelFacts, Shape, StepDown, Template, Timings};
pub use aparte_protocol::{Wall, WallKind};
pub use aparte_vault::{
    Cost, Health, Part as VaultPart, Protection, RecoveryWords, Replacement, SlotKind,
    State as VaultState, Vault, WordList, close_memory,
};
pub use calibrations::Calibrations;
pub use complete::{Completed, Completion};
pub use context::ContextUse;
pub use conversation::{Conversation, ConversationId, Message};
pub use doctor::{Diagnosis, diagnose};
pub use engine::{Progress, Stop};
pub use erasing::{Item, UNDO};
pub use error::{DocumentTrouble, Error, ModelTrouble, Unrecognised};
pub use export::{ExportTrouble, Exported};
pub use extent::Given;
pub use extract::{Extract, extract};
pub use files::Input;
pub use find::Found;
pub use find_all::{
    Counted, Coverage, Decided, FindingProgress, FoundAll, FoundItem, Mention, Offer, Plan, offer,
};
pub use find_in::FoundIn;
pub use ids::NotAnId;
pub use language::Language;
pub use library::{
    Collection, CollectionId, Document, DocumentId, FolderChanges, Named, Origin, WatchedFolder,
    files_below,
};
pub use meaning::{Embedder, Reranker};
pub use measure::{FirstWords, Measured, measure_vectors};
pub use models::{EMBEDDING, Model, STARTER};
pub use notice::VaultNotice;
pub use protection::{PASSPHRASE_LENGTH, check_passphrase, create_vault};
pub use reading_trouble::ReadingTrouble;
pub use recognised::{RecognisedPage, RecognisedWord};
pub use samples::{SAMPLES, Sample};
pub use scans::{NO_DISPLAY, OnScanned, RECOGNISE, Recogniser, Scan, ScanTask};
pub use settings::{
    EarlierTurns, LOCK_AFTER, Preset, ReadingLimits, Settings, Theme, UNLOAD_AFTER,
};
pub use summary::{
    KeptSummary, OutlinedSection, PlannedSection, SummarizedDocument, Summary, SummaryCoverage,
    SummaryFormat, SummaryLength, SummaryPlan, SummaryProgress, SummarySection, SummarySentence,
    SummaryStyle, SummaryTimings, SummaryTrouble, SummaryWish, UnreadPage,
};
pub use thinking::Thinking;
pub use vault_trouble::VaultTrouble;
pub use vectors::Embedded;

use aparte_protocol::engine::{Sampling, StateName};
use aparte_vault::VaultError;
use draft::ReplyDraft;
use engine::Engine;
use library::Library;

/// Hears the pages of a document that were read so far, and how many there are.
pub type OnPage<'a> = dyn FnMut(u32, u32) + 'a;

/// One session: a library in memory and a model to ask.
pub struct Assistant {
    vault: Vault,
    /// What is private lives here, in memory, and ends with the session.
    private: Vault,
    /// The conversations whose replies are being written: their drafts are not yet what a crash left.
    replying: Mutex<HashSet<ConversationId>>,
    /// States that are kept are written, read and forgotten by one at a time.
    keeping: Mutex<()>,
    /// Documents that are being read for questions to come.
    preparing: Mutex<HashSet<StateName>>,
    worker: PathBuf,
    language: Mutex<Language>,
    /// As the settings of the vault have it.
    earlier: Mutex<EarlierTurns>,
    library: Mutex<Library>,
    engine: Option<Engine>,
    embedder: Option<Arc<Embedder>>,
    /// What the model judged where words could not decide.
    judgements: Mutex<find_all::Judgements>,
    closing: Closing,
    /// How words are chosen whatever the settings say, and from which seed.
    chosen: (Option<Preset>, Option<u32>),
    /// How much is read of one document whatever the settings say.
    limits: Option<ReadingLimits>,
}

/// How much is in the vault and does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged {
    /// Documents.
    pub documents: usize,
    /// Conversations.
    pub conversations: usize,
}

/// A passage that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which document.
    pub document: DocumentId,
    /// Its file's name.
    pub name: String,
    /// The page, counted from 1; `None` for formats without pages.
    pub page: Option<u32>,
    /// Where in a document without pages: the nearest heading.
    pub anchor: Option<String>,
    /// Where in the page's text.
    pub range: TextRange,
    /// Higher is better; comparable within one search only.
    pub score: f32,
    /// The passage as it stands in the document.
    pub text: String,
}

impl Assistant {
    /// The assistant over a vault; one in memory gives a session that leaves nothing behind. `worker` is the
    /// worker program; without a `model` it can read and search, but not answer. A model is loaded when it
    /// is first needed. `language` is that of the interface.
    pub fn open(
        vault: Vault,
        worker: PathBuf,
        model: Option<Model>,
        language: Language,
    ) -> Result<Assistant, Error> {
        let library = Mutex::new(Library::open(&vault)?);
        let engine = model.map(|model| Engine::new(worker.clone(), model));
        // Choices that do not open keep nobody from asking.
        let settings = Settings::of(&vault).ok().flatten();
        let earlier = settings.map_or(EarlierTurns::OldestLeftOut, |settings| settings.earlier);
        Ok(Assistant {
            vault,
            private: Vault::in_memory()?,
            replying: Mutex::default(),
            keeping: Mutex::default(),
            preparing: Mutex::default(),
            worker,
            language: Mutex::new(language),
            earlier: Mutex::new(earlier),
            library,
            engine,
            embedder: None,
            judgements: Mutex::default(),
            closing: Closing::default(),
            chosen: (None, None),
            limits: None,
        })
    }

    /// The same, with what is remembered about the speed of models. Without this each model is computed with what suits most
    /// machines.
    #[must_use]
    pub fn calibrated(mut self, calibrations: Calibrations) -> Assistant {
        if let Some(engine) = &mut self.engine {
            engine.calibrate(calibrations);
        }
        self
    }

    /// The same, with so much read of one document whatever the settings say.
    #[must_use]
    pub fn reading_up_to(mut self, limits: ReadingLimits) -> Assistant {
        self.limits = Some(limits);
        self
    }

    /// The same, with a model that makes vectors of passages. Without one they are found by their words.
    #[must_use]
    pub fn embedding(mut self, model: Model) -> Assistant {
        self.embedder = Some(Arc::new(Embedder::new(self.worker.clone(), model)));
        self
    }

    /// The same, with words chosen by `preset`, whatever the settings of the vault say, and by `seed`. Without a seed each reply
    /// has one of its own.
    #[must_use]
    pub fn choosing(mut self, preset: Option<Preset>, seed: Option<u32>) -> Assistant {
        self.chosen = (preset, seed);
        self
    }

    /// Notes that the documents that come with the application were added, so that they are not added again.
    pub fn note_samples_added(&self) -> Result<(), Error> {
        settings::note_samples_added(&self.vault)
    }

    /// Whether the documents that come with the application were ever added to this vault.
    pub fn samples_were_added(&self) -> Result<bool, Error> {
        settings::samples_were_added(&self.vault)
    }

    /// Keeps what was chosen about the application, and speaks the chosen language from here on.
    pub fn change_settings(&self, settings: Settings) -> Result<(), Error> {
        settings.keep(&self.vault)?;
        *lock(&self.language) = settings.language;
        *lock(&self.earlier) = settings.earlier;
        Ok(())
    }

    /// The documents of the library, in the order in which they were added.
    pub fn documents(&self) -> Vec<Arc<Document>> {
        self.library().documents()
    }

    /// All conversations, the latest first.
    pub fn conversations(&self) -> Result<Vec<Conversation>, Error> {
        let mut conversations = conversation::list(&self.private)?.readable;
        for conversation in &mut conversations {
            conversation.private = true;
        }
        conversations.extend(conversation::list(&self.vault)?.readable);
        conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.began));
        Ok(conversations)
    }

    /// How much is in the vault and does not open. Everything else works.
    pub fn damaged(&self) -> Result<Damaged, Error> {
        Ok(Damaged {
            documents: self.library().damaged,
            conversations: conversation::list(&self.vault)?.damaged,
        })
    }

    /// What was noticed about the vault when it opened, and how much of it does not open.
    pub fn notices(&self) -> Result<Vec<VaultNotice>, Error> {
        let mut notices: Vec<_> = self.vault.notices().iter().map(VaultNotice::from).collect();
        let Damaged {
            documents,
            conversations,
        } = self.damaged()?;
        if documents + conversations > 0 {
            notices.push(VaultNotice::ItemsDamaged(documents + conversations));
        }
        Ok(notices)
    }

    /// Goes on with what is there: what was noticed is not told again, but for what is damaged.
    pub fn accept(&self) -> Result<(), Error> {
        Ok(self.vault.accept()?)
    }

    /// Begins a conversation about some documents with its first question, which names it and is yet to be asked. A
    /// private one is in memory alone.
    pub fn begin(
        &self,
        question: &str,
        documents: &[DocumentId],
        privately: bool,
    ) -> Result<Conversation, Error> {
        question::check(question)?;
        let vault = match privately {
            true => &self.private,
            false => &self.vault,
        };
        let documents = self.allowed(privately, documents);
        let begun = conversation::begin(vault, question, &documents)?;
        self.index_last_message(begun.id)?;
        Ok(Conversation {
            private: privately,
            ..begun
        })
    }

    /// The messages of a conversation, in order.
    pub fn messages(&self, conversation: ConversationId) -> Result<Vec<Message>, Error> {
        let vault = self.home(conversation);
        let replying = lock(&self.replying);
        if replying.contains(&conversation) {
            return conversation::messages(vault, conversation);
        }
        // What cannot be stored, on a full disk, or does not open is shown all the same.
        let kept = conversation::keep_interrupted(vault, conversation);
        let mut messages = conversation::messages(vault, conversation)?;
        // Once something else was answered, what is left of an earlier reply is nobody's loss any more.
        if kept.is_err() && matches!(messages.last(), Some(Message::Question(_))) {
            messages.extend(conversation::interrupted(vault, conversation));
        }
        Ok(messages)
    }

    /// Keeps what was typed and is not asked yet, in a conversation or where none is begun.
    pub fn keep_draft(
        &self,
        conversation: Option<ConversationId>,
        text: &str,
    ) -> Result<(), Error> {
        draft::keep_input(self.home_or_vault(conversation), conversation, text)
    }

    /// What was typed and is not asked yet.
    pub fn draft(&self, conversation: Option<ConversationId>) -> Result<String, Error> {
        draft::input(self.home_or_vault(conversation), conversation)
    }

    /// Lends a document of the library.
    pub fn with_document<T>(&self, id: DocumentId, look: impl FnOnce(&Document) -> T) -> Option<T> {
        self.library().get(id).map(|document| look(document))
    }

    /// The passages of the named documents that fit a question best, by words and by meaning. Passages that follow each other are
    /// one hit.
    pub fn search(
        &self,
        question: &str,
        documents: &[DocumentId],
        limit: usize,
    ) -> Result<Vec<Hit>, Error> {
        question::check(question)?;
        let found = self.best_passages(question, documents, limit)?;
        let found = passages::joined(found);
        Ok(found
            .into_iter()
            .map(|(passage, score)| Hit {
                document: passage.document.id,
                name: passage.document.name.clone(),
                page: passage.page_number(),
                anchor: passage.anchor(),
                range: passage.range(),
                score,
                text: passage.text().to_owned(),
            })
            .collect())
    }

    /// Answers a question from the named documents, as the next turn of a conversation. The question is
    /// stored before the model is asked, the answer before it is given back. A question that got no answer
    /// is not stored twice when it is asked again.
    pub fn ask(
        &self,
        conversation: ConversationId,
        question: &str,
        documents: &[DocumentId],
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Answer, Error> {
        question::check(question)?;
        let vault = self.home(conversation);
        let documents = self.allowed(self.is_private(conversation), documents);
        if conversation::ask(vault, conversation, question, &documents)? {
            self.index_last_message(conversation)?;
        }
        let turns = self.turns(conversation)?;
        let replying = Replying::begin(self, conversation);
        let mut draft = ReplyDraft::new(vault, conversation);
        let answered = ask::ask(
            self,
            conversation,
            &turns,
            question,
            &documents,
            stop,
            &mut |progress| {
                if let Progress::Text(piece) = &progress {
                    draft.hear(piece);
                }
                on_progress(progress);
            },
        );
        log::record(match &answered {
            Ok(Answer { refused: true, .. }) => log::Event::Refused,
            Ok(answer) => log::Event::Answered {
                prompt_tokens: answer.timings.engine.prompt_tokens,
                reused_tokens: answer.timings.engine.reused_tokens,
                generated_tokens: answer.timings.engine.generated_tokens,
                citations: answer.citations.len(),
            },
            Err(error) => log::Event::Failed { code: error.code() },
        });
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => {
                // What was written before the failure is no answer.
                draft.discard()?;
                return Err(error);
            }
        };
        draft.become_message(&Message::Answer(Box::new(answer.clone())))?;
        self.index_last_message(conversation)?;
        drop(replying);
        Ok(answer)
    }

    /// Ends the engine, erases what was to be erased, and closes the vault.
    pub fn close(self) -> Result<(), Error> {
        // What the model computed can be computed again: that it could not be kept is no reason to stay open. What is
        // about to be erased may be in it.
        if !self.library().has_hidden() {
            let _ = self.keep_states();
        }
        drop(self.engine);
        let library = self.library.into_inner();
        let mut library = library.unwrap_or_else(PoisonError::into_inner);
        for owner in library.take_hidden() {
            library.remove(owner)?;
            // What is private ends with its own vault.
            match self.vault.write(|change| change.erase_owner(owner)) {
                Ok(()) | Err(VaultError::NotFound) => (),
                Err(error) => return Err(error.into()),
            }
        }
        // The index can be made again: that it could not be kept is no reason to leave the vault open.
        let _ = library.keep_index(&self.vault);
        Ok(self.vault.close()?)
    }

    /// The language of the interface.
    pub fn language(&self) -> Language {
        *lock(&self.language)
    }

    /// Loads the model, unless it is loaded already.
    pub fn load_model(&self, on_progress: &mut dyn FnMut(Progress)) -> Result<ModelFacts, Error> {
        Ok(self.engine()?.ready_at_last(on_progress)?.facts.clone())
    }

    /// The model that is asked.
    pub fn model(&self) -> Option<&Model> {
        self.engine.as_ref().map(Engine::model)
    }

    /// What people call the model.
    pub fn model_name(&self) -> String {
        self.engine
            .as_ref()
            .map(|engine| engine.model().name.clone())
            .unwrap_or_default()
    }

    /// The process id of the engine, while one runs.
    pub fn engine_process(&self) -> Option<u32> {
        self.engine.as_ref()?.process_id()
    }

    fn is_private(&self, conversation: ConversationId) -> bool {
        conversation::lives_in(&self.private, conversation)
    }

    /// The vault that a conversation lives in.
    fn home(&self, conversation: ConversationId) -> &Vault {
        match self.is_private(conversation) {
            true => &self.private,
            false => &self.vault,
        }
    }

    fn home_or_vault(&self, conversation: Option<ConversationId>) -> &Vault {
        conversation.map_or(&self.vault, |conversation| self.home(conversation))
    }

    /// The documents that a conversation may see: what is private stays out of one that is kept.
    fn allowed(&self, privately: bool, documents: &[DocumentId]) -> Vec<DocumentId> {
        let library = self.library();
        let documents = documents.iter().copied();
        documents
            .filter(|&id| privately || !library.is_private(id))
            .collect()
    }

    /// How much is read of one document.
    pub(crate) fn reading_limits(&self) -> Result<ReadingLimits, Error> {
        Ok(match self.limits {
            Some(limits) => limits,
            None => Settings::of(&self.vault)?.map_or(ReadingLimits::default(), |kept| kept.limits),
        })
    }

    /// How the words of the next reply are chosen.
    fn sampling(&self) -> Result<Sampling, Error> {
        let (preset, seed) = self.chosen;
        let preset = match preset {
            Some(preset) => preset,
            None => Settings::of(&self.vault)?.map_or(Preset::default(), |kept| kept.preset),
        };
        // Another one each time; it need not be hard to guess.
        let any = || RandomState::new().build_hasher().finish() as u32;
        Ok(Sampling {
            seed: seed.unwrap_or_else(any),
            ..preset.sampling()
        })
    }

    fn library(&self) -> MutexGuard<'_, Library> {
        lock(&self.library)
    }

    fn engine(&self) -> Result<&Engine, Error> {
        self.engine.as_ref().ok_or_else(|| Error::Model {
            name: STARTER.to_owned(),
            trouble: ModelTrouble::Missing,
        })
    }
}

/// Tells whatever goes on behind the assistant's back to stop when it is gone.
#[derive(Default)]
struct Closing(Stop);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.now();
    }
}

/// A reply is being written as long as this lives.
struct Replying<'a> {
    assistant: &'a Assistant,
    conversation: ConversationId,
}

impl<'a> Replying<'a> {
    fn begin(assistant: &'a Assistant, conversation: ConversationId) -> Replying<'a> {
        lock(&assistant.replying).insert(conversation);
        Replying {
            assistant,
            conversation,
        }
    }
}

impl Drop for Replying<'_> {
    fn drop(&mut self) {
        lock(&self.assistant.replying).remove(&self.conversation);
    }
}

/// A lock whose holder panicked protects values that are whole: each is replaced in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
