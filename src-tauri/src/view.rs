//! What the window is told: plain data in the shape that the interface draws, without a path or a key.
//!
//! Numbers of 64 bits become JavaScript's, which are exact up to 2^53.

mod summary;

pub use summary::{KeptSummary, Summary, SummaryFormat, SummaryNews, SummarySubject, SummaryWish};

use aparte_assistant as domain;
use aparte_assistant::Error;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use specta::Type;

/// Why something was not done: `code` for the interface to branch on, `message` for the person, in their language.
#[derive(Debug, Clone, Serialize, Type)]
pub struct AppError {
    /// A name of ours.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
}

/// Names a document of the library: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(#[specta(type = String)] domain::DocumentId);

/// Names a conversation: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
pub struct ConversationId(#[specta(type = String)] domain::ConversationId);

/// A language of the interface.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
pub enum Language {
    /// English
    #[serde(rename = "en")]
    English,
    /// French
    #[serde(rename = "fr")]
    French,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system does.
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// What people choose about the application.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The language of the interface.
    pub language: Language,
    /// Light or dark.
    pub theme: Theme,
    /// After how many minutes without anybody the vault is locked; 0 for never.
    pub lock_after: u16,
    /// What the model is told of a conversation before a question.
    pub earlier: EarlierTurns,
    /// After how many minutes without a question the model is put out of memory; 0 for never.
    pub unload_after: u16,
    /// How freely the model chooses its words.
    pub preset: Preset,
    /// How much is read of one document.
    pub limits: ReadingLimits,
    /// How wide the source beside an answer is, in CSS pixels; 0 where nobody chose.
    pub source_width: u16,
}

/// How much memory and time a document may take to read, and how much may come out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ReadingLimits {
    /// More than documents of people have.
    Usual,
    /// Four times as much.
    Raised,
}

/// How freely the model chooses its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// Always the likeliest.
    Careful,
    /// Words vary.
    Balanced,
    /// The model's own spread of words.
    Creative,
}

/// What the model is told of a conversation before a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum EarlierTurns {
    /// All that fits; the oldest questions and answers are left out first.
    OldestLeftOut,
    /// Nothing: each question stands alone.
    NoneTold,
}

/// How much of the model's context a conversation takes before its next question.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ContextUse {
    /// Tokens of instructions and earlier turns.
    pub used: u32,
    /// Tokens that the context holds.
    pub capacity: u32,
    /// Earlier questions that are told.
    pub told: u32,
    /// Earlier questions that are not told any more.
    pub left_out: u32,
}

/// A way to open the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// What the system's keychain holds.
    Keychain,
    /// A passphrase.
    Passphrase,
    /// The recovery words.
    Recovery,
}

/// The ways that open the vault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Type)]
pub struct Ways {
    /// The keychain holds what opens it.
    pub keychain: bool,
    /// A passphrase opens it.
    pub passphrase: bool,
    /// Recovery words open it.
    pub recovery: bool,
}

/// What somebody opens the vault with.
#[derive(Deserialize, Type)]
pub struct Proof {
    /// What it is.
    pub way: Way,
    /// As it was typed; nothing where the keychain is asked.
    #[serde(deserialize_with = "secret")]
    #[specta(type = String)]
    pub secret: SecretString,
}

/// What can be erased.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Item {
    /// A conversation with its messages.
    Conversation {
        /// Which.
        id: ConversationId,
    },
    /// A document of the library.
    Document {
        /// Which.
        id: DocumentId,
    },
}

/// What was erased and can still be brought back.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Erasure {
    /// What.
    pub item: Item,
    /// What people call it.
    pub name: String,
}

/// The state at the moment of listening; what changes comes as [`News`].
#[derive(Debug, Clone, Serialize, Type)]
pub struct Start {
    /// The language until a vault says which was chosen.
    pub language: Language,
    /// Where the vault stands.
    pub launch: Launch,
    /// Where the model stands.
    pub model: ModelStatus,
    /// Files on their way into the library.
    pub files: Vec<IncomingFile>,
    /// How far they are together.
    pub intake: Intake,
}

/// Where the vault stands.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum Launch {
    /// The disk or the keychain is being asked.
    Opening,
    /// First launch where there is no keychain: a passphrase is to be chosen.
    NewPassphrase,
    /// Locked. Nothing of what is in it is known.
    Locked {
        /// What opens it.
        ways: Ways,
        /// What is the matter with the keychain, if something is.
        trouble: Option<AppError>,
    },
    /// It cannot be opened for the moment.
    Failed {
        /// Why.
        error: AppError,
    },
    /// Documents and conversations are there.
    Open {
        /// As chosen in this vault.
        settings: Settings,
        /// What was noticed about it and must be read: one sentence or two each.
        notices: Vec<String>,
        /// What opens it once it is locked.
        ways: Ways,
    },
}

/// What the window hears without having asked.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum News {
    /// The vault stands elsewhere.
    Launch {
        /// Where.
        launch: Launch,
    },
    /// Files hang over the window, or no longer do.
    Drag {
        /// Whether they do.
        over: bool,
    },
    /// A file came further; replaces earlier news of the same file.
    File {
        /// Which, and how far.
        file: IncomingFile,
    },
    /// The files together came further.
    Intake {
        /// How far.
        intake: Intake,
    },
    /// All files that waited were given up, and the one that was being read.
    Cancelled,
    /// Files of watched folders are gone, and it is to be asked what becomes of their documents.
    Gone {
        /// Which documents.
        documents: Vec<DocumentId>,
    },
    /// The model stands elsewhere.
    Model {
        /// Where.
        model: ModelStatus,
    },
    /// What was erased can no longer be brought back.
    Erased {
        /// What that was.
        item: Item,
    },
}

/// Where the model stands.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum ModelStatus {
    /// Nothing needs it before the vault is open.
    Waiting,
    /// Its file is not there.
    Missing {
        /// What to do.
        message: String,
    },
    /// It is being read.
    Loading {
        /// What people call it.
        name: String,
        /// How much of it.
        percent: u8,
    },
    /// It can be asked.
    Ready {
        /// What people call it.
        name: String,
        /// What it runs on.
        devices: Vec<String>,
        /// How many tokens it can have in view.
        context: u32,
        /// The languages that it knows, if that is known.
        languages: Option<Vec<Language>>,
        /// In what it runs with less than it could have.
        steps: Vec<StepDown>,
    },
    /// It could not be loaded.
    Failed {
        /// What people call it.
        name: String,
        /// Why, and what to do.
        message: String,
    },
    /// Nobody asked anything for a while, and it was put out of memory; the next question loads it again.
    Unloaded {
        /// What people call it.
        name: String,
    },
    /// Its process ended; the next question starts another.
    Stopped {
        /// What people call it.
        name: String,
    },
}

/// In what a model runs with less than it could have, because there is too little memory for more.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum StepDown {
    /// The processor computes some of the layers.
    FewerLayersOnGpu {
        /// On GPUs.
        layers: u32,
        /// In all.
        of: u32,
    },
    /// No GPU has room for a layer.
    GpuTooSmall,
    /// The GPU does not say how much memory it has.
    GpuMemoryUnknown,
    /// The context is shorter than it could be.
    ShorterContext {
        /// Tokens that it could hold.
        wanted: u32,
        /// Tokens that it holds.
        given: u32,
    },
}

/// A file on its way into the library.
#[derive(Debug, Clone, Serialize, Type)]
pub struct IncomingFile {
    /// Its number in this run.
    pub id: u32,
    /// The file's name.
    pub name: String,
    /// How far it is.
    pub progress: FileProgress,
}

/// How far a file is on its way into the library.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum FileProgress {
    /// Others are before it.
    Waiting,
    /// Its pages are being read.
    Reading {
        /// How many are read.
        page: u32,
        /// How many there are; 0 until that is known.
        pages: u32,
    },
    /// It is in the library.
    Added {
        /// As the library shows it.
        document: Document,
        /// Its bytes were in the library before.
        already: bool,
    },
    /// It wants a password, or another one.
    Closed {
        /// Which, and what to do.
        message: String,
    },
    /// It was not added.
    Failed {
        /// Why, and what to do.
        message: String,
    },
}

/// How far the files together are on their way into the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Intake {
    /// Files that are done.
    pub done: u32,
    /// Those of them that were not added.
    pub failed: u32,
    /// All files; 0 when none waits.
    pub total: u32,
    /// How long the rest takes, once that can be told.
    pub seconds_left: Option<u32>,
    /// Whether nothing is read for now.
    pub paused: bool,
    /// Whether they go on from where the application ended before.
    pub resumed: bool,
    /// Passages that can be found by their meaning.
    pub embedded: u32,
    /// All passages; 0 as long as nobody counted them.
    pub passages: u32,
    /// How long it takes until all can.
    pub embedding_seconds_left: Option<u32>,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// Has pages.
    Pdf,
    /// One page, with headings.
    Markdown,
    /// One page.
    Text,
    /// Source code.
    Source,
    /// LaTeX source.
    Latex,
    /// A table in text.
    Csv,
    /// A web page.
    Html,
    /// A web page with what it shows.
    Mhtml,
    /// A book.
    Epub,
    /// Rich Text Format.
    Rtf,
    /// Word.
    Docx,
    /// Word before 2007.
    Doc,
    /// PowerPoint: has slides.
    Pptx,
    /// PowerPoint before 2007.
    Ppt,
    /// Excel: has sheets.
    Xlsx,
    /// Excel before 2007.
    Xls,
    /// OpenDocument text.
    Odt,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument presentation.
    Odp,
    /// One e-mail.
    Email,
    /// One e-mail of Outlook.
    Outlook,
    /// A folder of e-mails.
    Mbox,
    /// A folder of files.
    Zip,
    /// A picture.
    Image,
}

/// A document of the library.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its name for commands.
    pub id: DocumentId,
    /// The file's name.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// How many pages it has.
    pub pages: u32,
    /// The language of most of its text, if it could be told.
    pub language: Option<Language>,
    /// Pages of which something could not be read.
    pub incomplete_pages: Vec<u32>,
    /// A question to begin with.
    pub suggestion: Option<String>,
    /// It is in memory alone, and only private conversations see it.
    pub private: bool,
    /// The length of the original; 0 where nobody noted it.
    #[specta(type = f64)]
    pub bytes: u64,
    /// Milliseconds since 1970 when it was added; 0 where nobody noted it.
    #[specta(type = f64)]
    pub added: u64,
    /// Pages that are nothing but images.
    pub image_pages: Vec<u32>,
    /// The collections that it is in.
    pub collections: Vec<u32>,
    /// The name of the folder that its file lay in, if it came from one. Its path stays here.
    pub folder: Option<String>,
    /// The document that it came in.
    pub parent: Option<DocumentId>,
}

/// Documents that belong together.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Collection {
    /// Its number for commands.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// A folder whose files are to be in the library. Its path stays here.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WatchedFolder {
    /// Its number in the list.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// The collection that its files are put into.
    pub collection: Option<u32>,
}

impl WatchedFolder {
    /// A folder with its number in the list.
    pub fn of(number: u32, folder: &domain::WatchedFolder) -> WatchedFolder {
        let path = folder.path();
        let name = path.file_name().unwrap_or(path.as_os_str());
        WatchedFolder {
            number,
            name: name.to_string_lossy().into_owned(),
            collection: folder.collection.map(|collection| collection.0),
        }
    }
}

impl From<domain::Collection> for Collection {
    fn from(collection: domain::Collection) -> Collection {
        Collection {
            id: collection.id.0,
            name: collection.name,
        }
    }
}

/// A conversation as a list shows it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Conversation {
    /// Its name for commands.
    pub id: ConversationId,
    /// What it is about.
    pub title: String,
    /// Milliseconds since 1970.
    #[specta(type = f64)]
    pub began: u64,
    /// The documents that it looks in.
    pub documents: Vec<DocumentId>,
    /// It is in memory alone, and gone when the vault is locked.
    pub private: bool,
}

/// A message that speaks of what was looked for.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Found {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Which of the messages there, counted from 0.
    pub message: u32,
    /// What it says there.
    pub text: String,
}

/// One turn.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "role", rename_all = "camelCase")]
pub enum Message {
    /// What the person asked: plain text.
    Question {
        /// As it was written.
        text: String,
    },
    /// What they got.
    Answer {
        /// The answer.
        answer: Answer,
    },
    /// Turns that stood here and do not open any more, or are gone.
    Lost {
        /// How many.
        number: u32,
    },
}

/// An answer and what it rests on.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Answer {
    /// Markdown; a mark like `[2]` follows each sentence that the second citation supports.
    pub text: String,
    /// Nothing in the documents supports an answer.
    pub refused: bool,
    /// Who speaks.
    pub lead: Lead,
    /// How much of the documents the model was given.
    pub mode: Mode,
    /// The same in numbers; null where it was not asked, and in an answer of an earlier version.
    pub given: Option<Given>,
    /// Whether the model came to its end.
    pub ending: Ending,
    /// In the order of their marks.
    pub citations: Vec<Citation>,
    /// When refused: what came nearest.
    pub nearest: Vec<Citation>,
    /// What it took.
    pub timings: Timings,
    /// What the model wrote on the way to it.
    pub thinking: Option<Thinking>,
}

/// How much of the documents the model was given.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    /// Passages.
    pub passages: u32,
    /// Passages that the documents have.
    pub of_passages: u32,
    /// Pages that the documents have; 0 where not all of them have pages.
    pub pages: u32,
}

/// What a reasoning model wrote on the way to an answer.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Thinking {
    /// Plain text.
    pub text: String,
    /// Milliseconds that it took.
    #[specta(type = f64)]
    pub ms: u64,
}

/// Who speaks in an answer.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Lead {
    /// The model.
    Model,
    /// The documents, because the model does not know their language.
    PassagesForLanguage,
    /// The documents, because nothing that the model wrote is supported by them.
    PassagesForSupport,
}

/// How much of the documents the model was given.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// All of their text.
    Whole,
    /// The best passages.
    Parts,
}

/// How the model's writing ended.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// It was done.
    Complete,
    /// It reached the most that an answer may have.
    Length,
    /// The person stopped it.
    Stopped,
    /// The engine died.
    Interrupted,
    /// It was not asked.
    NotAsked,
}

/// A place in a document that supports a sentence.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Citation {
    /// Which document.
    pub document: DocumentId,
    /// Its file's name.
    pub name: String,
    /// The page, counted from 1; `null` for formats without pages.
    pub page: Option<u32>,
    /// Where in a document without pages: the nearest heading.
    pub anchor: Option<String>,
    /// Where on the page.
    pub range: TextRange,
    /// The words of the document.
    pub quote: String,
    /// The quote was looked up and stands on this page.
    pub verified: bool,
}

/// Whether everything that a question wants can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum FindingOffer {
    /// It can mean nothing else, and words decide it at once.
    AtOnce,
    /// It may mean that, or the model has to judge.
    Beside,
}

/// What it will take.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FindingPlan {
    /// Passages of the documents.
    pub passages: u32,
    /// Those that the model has yet to judge; 0 where words decide.
    pub to_judge: u32,
    /// Milliseconds that this will take.
    #[specta(type = f64)]
    pub expected_ms: u64,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum FindingNews {
    /// The model is being loaded.
    Loading {
        /// How much of it.
        percent: u8,
    },
    /// Pages are looked through.
    Looked {
        /// So far.
        done: u32,
        /// In all.
        total: u32,
    },
    /// Passages are judged.
    #[serde(rename_all = "camelCase")]
    Judged {
        /// So far.
        done: u32,
        /// In all.
        total: u32,
        /// Milliseconds that the rest will take.
        #[specta(type = f64)]
        left_ms: u64,
    },
}

/// Everything that was found.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundAll {
    /// Each once, in the order of its first mention.
    pub items: Vec<FoundItem>,
    /// What `count` counts.
    pub counted: Counted,
    /// How many there are in what was covered.
    pub count: u32,
    /// Mentions that are counted and not among the items, because there are too many.
    pub unlisted: u32,
    /// Who decided.
    pub decided: Decided,
    /// Pages of the documents.
    pub pages: u32,
    /// Those of them of which something or everything could not be read.
    pub unread: Vec<UnreadPage>,
    /// Passages of the documents.
    pub passages: u32,
    /// Those that the model was to judge.
    pub to_judge: u32,
    /// Those that it has judged.
    pub judged: u32,
    /// Those that it is not asked about, because it does not know their language.
    pub foreign: u32,
}

/// Something that was found, with every place where it stands.
#[derive(Debug, Clone, Serialize, Type)]
pub struct FoundItem {
    /// As it is first written.
    pub text: String,
    /// The sentences or rows that it stands in.
    pub mentions: Vec<Citation>,
}

/// A page that could not be read, or not completely.
#[derive(Debug, Clone, Serialize, Type)]
pub struct UnreadPage {
    /// Of which document.
    pub document: DocumentId,
    /// Counted from 1.
    pub page: u32,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Counted {
    /// Different things.
    Items,
    /// Every mention.
    Mentions,
    /// Sentences with a mention.
    Sentences,
    /// Sections with a mention, by their headings.
    Sections,
    /// Pages with a mention.
    Pages,
}

/// Who decides what belongs to a list.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "as it is said: decided by words")]
pub enum Decided {
    /// Words, numbers and signs alone.
    ByWords,
    /// The model, of what words have found.
    ByModelAmongFound,
    /// The model, of the passages that come nearest.
    ByModel,
}

/// A range of bytes of a page's text, to be handed back to `page`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
pub struct TextRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// What an answer took.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Milliseconds to load the model; 0 when it was loaded.
    #[specta(type = f64)]
    pub load_ms: u64,
    /// Milliseconds to the first word.
    #[specta(type = Option<f64>)]
    pub first_word_ms: Option<u64>,
    /// Milliseconds to the last.
    #[specta(type = f64)]
    pub total_ms: u64,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens that were written.
    pub generated_tokens: u32,
    /// How fast they were written.
    pub generation_tokens_per_s: Option<f64>,
}

/// What happens while a reply is made.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ReplyNews {
    /// The model is being loaded.
    Loading {
        /// How much of it.
        percent: u8,
    },
    /// The prompt is being read.
    Reading {
        /// Tokens so far.
        done: u32,
        /// Tokens in all.
        total: u32,
    },
    /// The next piece of what a reasoning model writes on the way to its reply.
    Thinking {
        /// The piece.
        text: String,
    },
    /// The next piece of the reply, without citation marks.
    Text {
        /// The piece.
        text: String,
    },
}

/// A page's text around a quote; without one, all of it is `before`.
#[derive(Debug, Clone, Serialize, Type)]
pub struct PageText {
    /// The page, counted from 1.
    pub number: u32,
    /// How many the document has.
    pub pages: u32,
    /// What stands before the quote.
    pub before: String,
    /// The quote as it stands there.
    pub quote: String,
    /// What stands after it.
    pub after: String,
    /// Something on this page could not be read.
    pub incomplete: bool,
    /// How sure its text is, in percent, where it was recognised in an image.
    pub recognised: Option<u8>,
    /// Width and height of the page in points; zero where it has no layout.
    pub size: (f32, f32),
    /// Its words in reading order, where it has a layout.
    pub words: Vec<PlacedWord>,
}

/// A word of a page and where it stands.
#[derive(Debug, Clone, Serialize, Type)]
pub struct PlacedWord {
    /// Where in the page's text.
    pub range: TextRange,
    /// Left, top, width and height in points from the page's top left corner.
    pub rect: [f32; 4],
}

/// A place in a document where words stand that were looked for.
#[derive(Debug, Clone, Copy, Serialize, Type)]
pub struct FoundIn {
    /// The page, counted from 1.
    pub page: u32,
    /// Where in the page's text.
    pub range: TextRange,
}

/// A passage of a document that speaks of what was looked for.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Hit {
    /// Which document.
    pub document: DocumentId,
    /// Its file's name.
    pub name: String,
    /// The page, counted from 1; `null` for formats without pages.
    pub page: Option<u32>,
    /// Where in a document without pages: the nearest heading.
    pub anchor: Option<String>,
    /// Where in the page's text.
    pub range: TextRange,
    /// What it says.
    pub text: String,
}

/// What text recognition read on a page that is an image.
#[derive(Debug, Clone, Deserialize, Type)]
pub struct RecognisedPage {
    /// The page, counted from 1.
    pub number: u32,
    /// Width and height in points.
    pub size: (f32, f32),
    /// Its words in reading order.
    pub words: Vec<RecognisedWord>,
}

/// A word that was recognised.
#[derive(Debug, Clone, Deserialize, Type)]
pub struct RecognisedWord {
    /// What it reads.
    pub text: String,
    /// How sure that is, from 0 to 100.
    pub confidence: f32,
    /// Left, top, width and height in points from the page's top left corner.
    pub rect: [f32; 4],
    /// Which line of the page it is on.
    pub line: u32,
    /// Which paragraph of the page it is in.
    pub paragraph: u32,
}

impl Proof {
    /// What the vault is asked to open with.
    pub fn protection(&self) -> domain::Protection<'_> {
        match self.way {
            Way::Keychain => domain::Protection::Keychain,
            Way::Passphrase => domain::Protection::Passphrase(&self.secret),
            Way::Recovery => domain::Protection::Recovery(&self.secret),
        }
    }
}

/// Takes a secret in without a copy that could be printed.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

impl Ways {
    /// What these slots open with.
    pub fn of(slots: &[domain::SlotKind]) -> Ways {
        Ways {
            keychain: slots.contains(&domain::SlotKind::Keychain),
            passphrase: slots.contains(&domain::SlotKind::Passphrase),
            recovery: slots.contains(&domain::SlotKind::Recovery),
        }
    }
}

impl AppError {
    /// The sentence for a failure of the domain.
    pub fn of(error: &Error, language: domain::Language) -> AppError {
        AppError {
            code: error.code().into(),
            message: error.sentence(language),
        }
    }
}

impl PageText {
    /// A page of a document, parted around a range; a range that does not lie in it highlights nothing.
    pub fn of(
        document: &domain::Document,
        page: &domain::Page,
        range: Option<TextRange>,
        recognised: Option<u8>,
    ) -> PageText {
        let range = range.map(domain::TextRange::from);
        let words = page.words.iter().map(|word| PlacedWord {
            range: word.range.into(),
            rect: word.rect,
        });
        let parts = range.and_then(|range| {
            let quote = range.of(&page.text)?;
            let (start, end) = (range.start as usize, range.end as usize);
            Some((&page.text[..start], quote, &page.text[end..]))
        });
        let (before, quote, after) = parts.unwrap_or((&page.text, "", ""));
        PageText {
            number: page.number,
            pages: document.pages,
            before: before.into(),
            quote: quote.into(),
            after: after.into(),
            incomplete: document.incomplete_pages.contains(&page.number),
            recognised,
            size: page.size,
            words: words.collect(),
        }
    }
}

impl From<RecognisedPage> for domain::RecognisedPage {
    fn from(page: RecognisedPage) -> domain::RecognisedPage {
        let words = page.words.into_iter().map(|word| domain::RecognisedWord {
            text: word.text,
            confidence: word.confidence,
            rect: word.rect,
            line: word.line,
            paragraph: word.paragraph,
        });
        domain::RecognisedPage {
            number: page.number,
            size: page.size,
            words: words.collect(),
        }
    }
}

impl From<domain::Language> for Language {
    fn from(language: domain::Language) -> Language {
        match language {
            domain::Language::English => Language::English,
            domain::Language::French => Language::French,
        }
    }
}

impl From<Language> for domain::Language {
    fn from(language: Language) -> domain::Language {
        match language {
            Language::English => domain::Language::English,
            Language::French => domain::Language::French,
        }
    }
}

impl From<domain::Settings> for Settings {
    fn from(settings: domain::Settings) -> Settings {
        Settings {
            language: settings.language.into(),
            theme: match settings.theme {
                domain::Theme::System => Theme::System,
                domain::Theme::Light => Theme::Light,
                domain::Theme::Dark => Theme::Dark,
            },
            lock_after: settings.lock_after,
            earlier: match settings.earlier {
                domain::EarlierTurns::OldestLeftOut => EarlierTurns::OldestLeftOut,
                domain::EarlierTurns::NoneTold => EarlierTurns::NoneTold,
            },
            unload_after: settings.unload_after,
            preset: match settings.preset {
                domain::Preset::Careful => Preset::Careful,
                domain::Preset::Balanced => Preset::Balanced,
                domain::Preset::Creative => Preset::Creative,
            },
            limits: match settings.limits {
                domain::ReadingLimits::Usual => ReadingLimits::Usual,
                domain::ReadingLimits::Raised => ReadingLimits::Raised,
            },
            source_width: settings.source_width,
        }
    }
}

impl From<domain::ContextUse> for ContextUse {
    fn from(context: domain::ContextUse) -> ContextUse {
        let domain::ContextUse {
            used,
            capacity,
            told,
            left_out,
        } = context;
        ContextUse {
            used,
            capacity,
            told,
            left_out,
        }
    }
}

impl From<Settings> for domain::Settings {
    fn from(settings: Settings) -> domain::Settings {
        domain::Settings {
            language: settings.language.into(),
            theme: match settings.theme {
                Theme::System => domain::Theme::System,
                Theme::Light => domain::Theme::Light,
                Theme::Dark => domain::Theme::Dark,
            },
            lock_after: settings.lock_after,
            earlier: match settings.earlier {
                EarlierTurns::OldestLeftOut => domain::EarlierTurns::OldestLeftOut,
                EarlierTurns::NoneTold => domain::EarlierTurns::NoneTold,
            },
            unload_after: settings.unload_after,
            preset: match settings.preset {
                Preset::Careful => domain::Preset::Careful,
                Preset::Balanced => domain::Preset::Balanced,
                Preset::Creative => domain::Preset::Creative,
            },
            limits: match settings.limits {
                ReadingLimits::Usual => domain::ReadingLimits::Usual,
                ReadingLimits::Raised => domain::ReadingLimits::Raised,
            },
            source_width: settings.source_width,
        }
    }
}

impl From<domain::TextRange> for TextRange {
    fn from(domain::TextRange { start, end }: domain::TextRange) -> TextRange {
        TextRange { start, end }
    }
}

impl From<domain::FoundIn> for FoundIn {
    fn from(domain::FoundIn { page, range }: domain::FoundIn) -> FoundIn {
        FoundIn {
            page,
            range: range.into(),
        }
    }
}

impl From<domain::Hit> for Hit {
    fn from(hit: domain::Hit) -> Hit {
        Hit {
            document: hit.document.into(),
            name: hit.name,
            page: hit.page,
            anchor: hit.anchor,
            range: hit.range.into(),
            text: hit.text,
        }
    }
}

impl From<TextRange> for domain::TextRange {
    fn from(TextRange { start, end }: TextRange) -> domain::TextRange {
        domain::TextRange { start, end }
    }
}

/// The doors of an id: from the domain, from and to the text that the interface keeps.
macro_rules! id {
    ($id:ident) => {
        impl $id {
            /// The id that the domain knows it by.
            pub fn known(&self) -> domain::$id {
                self.0
            }
        }

        impl From<domain::$id> for $id {
            fn from(id: domain::$id) -> $id {
                $id(id)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> String {
                id.0.to_string()
            }
        }

        impl TryFrom<String> for $id {
            type Error = domain::NotAnId;

            fn try_from(text: String) -> Result<$id, domain::NotAnId> {
                text.parse().map($id)
            }
        }
    };
}

id!(DocumentId);
id!(ConversationId);

impl From<Item> for domain::Item {
    fn from(item: Item) -> domain::Item {
        match item {
            Item::Conversation { id } => domain::Item::Conversation(id.known()),
            Item::Document { id } => domain::Item::Document(id.known()),
        }
    }
}

impl From<domain::Item> for Item {
    fn from(item: domain::Item) -> Item {
        match item {
            domain::Item::Conversation(id) => Item::Conversation { id: id.into() },
            domain::Item::Document(id) => Item::Document { id: id.into() },
        }
    }
}

impl From<&domain::Document> for Document {
    fn from(document: &domain::Document) -> Document {
        Document {
            id: document.id.into(),
            name: document.name.clone(),
            format: match document.format {
                domain::Format::Pdf => Format::Pdf,
                domain::Format::Markdown => Format::Markdown,
                domain::Format::Text => Format::Text,
                domain::Format::Source => Format::Source,
                domain::Format::Latex => Format::Latex,
                domain::Format::Csv => Format::Csv,
                domain::Format::Html => Format::Html,
                domain::Format::Mhtml => Format::Mhtml,
                domain::Format::Epub => Format::Epub,
                domain::Format::Rtf => Format::Rtf,
                domain::Format::Docx => Format::Docx,
                domain::Format::Doc => Format::Doc,
                domain::Format::Pptx => Format::Pptx,
                domain::Format::Ppt => Format::Ppt,
                domain::Format::Xlsx => Format::Xlsx,
                domain::Format::Xls => Format::Xls,
                domain::Format::Odt => Format::Odt,
                domain::Format::Ods => Format::Ods,
                domain::Format::Odp => Format::Odp,
                domain::Format::Email => Format::Email,
                domain::Format::Outlook => Format::Outlook,
                domain::Format::Mbox => Format::Mbox,
                domain::Format::Zip => Format::Zip,
                domain::Format::Image => Format::Image,
            },
            pages: document.pages,
            language: document.language.map(Language::from),
            incomplete_pages: document.incomplete_pages.clone(),
            suggestion: document.suggestion().map(str::to_owned),
            private: document.private,
            bytes: document.bytes,
            added: document.added,
            image_pages: document.image_pages.clone(),
            collections: document.collections.iter().map(|id| id.0).collect(),
            folder: document.origin.as_ref().and_then(|origin| {
                let path = origin.path();
                let folder = path.parent()?.file_name()?;
                Some(folder.to_string_lossy().into_owned())
            }),
            parent: document.parent.map(DocumentId::from),
        }
    }
}

impl From<domain::Conversation> for Conversation {
    fn from(conversation: domain::Conversation) -> Conversation {
        let documents = conversation.documents.into_iter();
        Conversation {
            id: conversation.id.into(),
            title: conversation.title,
            began: conversation.began,
            documents: documents.map(DocumentId::from).collect(),
            private: conversation.private,
        }
    }
}

impl From<domain::Found> for Found {
    fn from(found: domain::Found) -> Found {
        Found {
            conversation: found.conversation.into(),
            message: count(found.message),
            text: found.text,
        }
    }
}

impl From<domain::Message> for Message {
    fn from(message: domain::Message) -> Message {
        match message {
            domain::Message::Question(text) => Message::Question { text },
            domain::Message::Lost(number) => Message::Lost { number },
            domain::Message::Answer(answer) => Message::Answer {
                answer: Answer::from(*answer),
            },
        }
    }
}

impl From<domain::Answer> for Answer {
    fn from(answer: domain::Answer) -> Answer {
        let citations =
            |citations: Vec<domain::Citation>| citations.into_iter().map(Citation::from).collect();
        Answer {
            text: answer.text,
            refused: answer.refused,
            lead: match answer.lead {
                domain::Lead::Model => Lead::Model,
                domain::Lead::PassagesForLanguage => Lead::PassagesForLanguage,
                domain::Lead::PassagesForSupport => Lead::PassagesForSupport,
            },
            mode: match answer.mode {
                domain::Mode::Whole => Mode::Whole,
                domain::Mode::Parts => Mode::Parts,
            },
            given: answer.given.map(|given| Given {
                passages: given.passages,
                of_passages: given.of_passages,
                pages: given.pages,
            }),
            ending: answer.ending.into(),
            citations: citations(answer.citations),
            nearest: citations(answer.nearest),
            timings: Timings {
                load_ms: answer.timings.load_ms,
                first_word_ms: answer.timings.first_word_ms,
                total_ms: answer.timings.total_ms,
                prompt_tokens: answer.timings.engine.prompt_tokens,
                generated_tokens: answer.timings.engine.generated_tokens,
                generation_tokens_per_s: answer.timings.engine.generation_tokens_per_s(),
            },
            thinking: answer
                .thinking
                .map(|domain::Thinking { text, ms }| Thinking { text, ms }),
        }
    }
}

impl From<domain::Ending> for Ending {
    fn from(ending: domain::Ending) -> Ending {
        match ending {
            domain::Ending::Complete => Ending::Complete,
            domain::Ending::Length => Ending::Length,
            domain::Ending::Stopped => Ending::Stopped,
            domain::Ending::Interrupted => Ending::Interrupted,
            domain::Ending::NotAsked => Ending::NotAsked,
        }
    }
}

impl From<domain::StepDown> for StepDown {
    fn from(step: domain::StepDown) -> StepDown {
        let count = |layers: u64| u32::try_from(layers).unwrap_or(u32::MAX);
        match step {
            domain::StepDown::FewerLayersOnGpu { layers, of } => StepDown::FewerLayersOnGpu {
                layers: count(layers),
                of: count(of),
            },
            domain::StepDown::GpuTooSmall { .. } => StepDown::GpuTooSmall,
            domain::StepDown::GpuMemoryUnknown => StepDown::GpuMemoryUnknown,
            domain::StepDown::ShorterContext { wanted, given } => {
                StepDown::ShorterContext { wanted, given }
            }
        }
    }
}

impl From<domain::Citation> for Citation {
    fn from(citation: domain::Citation) -> Citation {
        Citation {
            document: citation.document.into(),
            name: citation.name,
            page: citation.page,
            anchor: citation.anchor,
            range: citation.range.into(),
            quote: citation.quote,
            verified: citation.verified,
        }
    }
}

impl From<domain::Offer> for FindingOffer {
    fn from(offer: domain::Offer) -> FindingOffer {
        match offer {
            domain::Offer::AtOnce => FindingOffer::AtOnce,
            domain::Offer::Beside => FindingOffer::Beside,
        }
    }
}

impl From<domain::Plan> for FindingPlan {
    fn from(plan: domain::Plan) -> FindingPlan {
        FindingPlan {
            passages: count(plan.passages),
            to_judge: count(plan.to_judge),
            expected_ms: plan.expected_ms.unwrap_or_default(),
        }
    }
}

impl From<domain::FindingProgress> for FindingNews {
    fn from(progress: domain::FindingProgress) -> FindingNews {
        match progress {
            domain::FindingProgress::Loading(percent) => FindingNews::Loading { percent },
            domain::FindingProgress::Looked(done, total) => FindingNews::Looked { done, total },
            domain::FindingProgress::Judged(done, total, left_ms) => FindingNews::Judged {
                done: count(done),
                total: count(total),
                left_ms,
            },
        }
    }
}

impl From<domain::FoundAll> for FoundAll {
    fn from(found: domain::FoundAll) -> FoundAll {
        let coverage = found.coverage;
        let item = |item: domain::FoundItem| FoundItem {
            text: item.text,
            mentions: (item.mentions.into_iter())
                .map(|mention| mention.citation.into())
                .collect(),
        };
        FoundAll {
            items: found.items.into_iter().map(item).collect(),
            counted: match found.counted {
                domain::Counted::Items => Counted::Items,
                domain::Counted::Mentions => Counted::Mentions,
                domain::Counted::Sentences => Counted::Sentences,
                domain::Counted::Sections => Counted::Sections,
                domain::Counted::Pages => Counted::Pages,
            },
            count: count(found.count),
            unlisted: count(found.unlisted),
            decided: match found.decided {
                domain::Decided::ByWords => Decided::ByWords,
                domain::Decided::ByModelAmongFound => Decided::ByModelAmongFound,
                domain::Decided::ByModel => Decided::ByModel,
            },
            pages: coverage.pages,
            unread: (coverage.unread.into_iter())
                .map(|(document, page)| UnreadPage {
                    document: document.into(),
                    page,
                })
                .collect(),
            passages: count(coverage.passages),
            to_judge: count(coverage.to_judge),
            judged: count(coverage.judged),
            foreign: count(coverage.foreign),
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
