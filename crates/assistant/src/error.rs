//! What can go wrong, named for what the user lost, and the sentences that say so.
//!
//! Sentences have two halves, what happened and what to do, in the language of the interface. They may
//! name the user's file; the log gets the [`code`](Error::code) alone.

use aparte_protocol::documents::{DocumentFailure, Limit, Withheld};
use aparte_protocol::engine::{GenerateFailure, LoadFailure};
use aparte_vault::VaultError;

use crate::export::ExportTrouble;
use crate::language::Language;
use crate::reading_trouble::ReadingTrouble;
use crate::search::SearchFailed;
use crate::summary::SummaryTrouble;
use crate::vault_trouble::VaultTrouble;

/// Why something that the user asked for was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A question without words.
    QuestionEmpty,
    /// A collection that was to have a name without a visible letter.
    CollectionNameEmpty,
    /// The question alone fills the model's context.
    QuestionTooLong,
    /// A question to no document, or to such as are gone.
    NoDocuments,
    /// The model reads less at a time than one passage of a document: its name.
    ContextTooSmall(String),
    /// A document that was not added.
    Document {
        /// The file's name, as the user knows it.
        name: String,
        /// What is the matter with it.
        trouble: DocumentTrouble,
    },
    /// A model that cannot be used.
    Model {
        /// The model's id, or its file's name.
        name: String,
        /// What is the matter with it.
        trouble: ModelTrouble,
    },
    /// The worker program does not lie beside the app, or may not be run.
    WorkerMissing,
    /// The engine ended before it could say anything of use.
    EngineStopped,
    /// The model gave up on this reply.
    ReplyFailed,
    /// A grammar or schema that no reply can be held to. Why, in the engine's words, which hold none of its text.
    Shape(String),
    /// Texts were not compared.
    Reading(ReadingTrouble),
    /// The index in memory failed: a bug, or no memory.
    SearchFailed,
    /// The vault did not open, or something in it was not read or stored.
    Vault(VaultTrouble),
    /// Nothing was exported.
    Export(ExportTrouble),
    /// There is no summary.
    Summary(SummaryTrouble),
}

/// What is the matter with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it, and the sentences below say it again"
)]
pub enum DocumentTrouble {
    Missing,
    NotAFile,
    NotReadable,
    Empty,
    PasswordWanted,
    PasswordWrong,
    /// Protected in a way that no password opens here.
    Encrypted,
    Damaged,
    UnknownFormat,
    TooLarge,
    /// More than is read of one document.
    TooMuch(Limit),
    /// The text of its images was not recognised, or not further.
    NotRecognised(Unrecognised),
    /// Its pages are blank.
    NoText,
    /// No page arrived in time.
    TookTooLong,
    /// The reader ended in the middle.
    ReaderStopped,
}

/// Why no text is recognised in images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecognised {
    /// It happens in a window that nobody sees, and no display answers.
    NoDisplay,
    /// The program of the window is not there.
    NoWindowProgram,
    /// It ended before its last page.
    Stopped,
    /// A page took too long.
    Slow,
}

/// What is the matter with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it, and the sentences below say it again"
)]
pub enum ModelTrouble {
    /// No model of this id is known.
    Unknown,
    /// It is of the catalogue, but its file is not there.
    Missing,
    /// A path was given, and nothing lies there.
    FileMissing,
    /// The path names a folder.
    NotAFile,
    Unreadable,
    Empty,
    NotGguf,
    Damaged,
    Unsupported(String),
    TooBigForMemory {
        needed: u64,
        available: u64,
    },
    NoComputeLibrary,
    /// The engine ended while it loaded the model.
    StoppedTheEngine,
}

impl From<DocumentFailure> for DocumentTrouble {
    fn from(failure: DocumentFailure) -> Self {
        match failure {
            DocumentFailure::Empty => DocumentTrouble::Empty,
            DocumentFailure::PasswordWanted => DocumentTrouble::PasswordWanted,
            DocumentFailure::PasswordWrong => DocumentTrouble::PasswordWrong,
            DocumentFailure::Encrypted => DocumentTrouble::Encrypted,
            DocumentFailure::Damaged => DocumentTrouble::Damaged,
            DocumentFailure::UnknownFormat => DocumentTrouble::UnknownFormat,
            DocumentFailure::TooLarge => DocumentTrouble::TooLarge,
            DocumentFailure::Limit(limit) => DocumentTrouble::TooMuch(limit),
        }
    }
}

impl From<Withheld> for DocumentTrouble {
    fn from(reason: Withheld) -> Self {
        match reason {
            Withheld::TooDeep => DocumentTrouble::TooMuch(Limit::Nesting),
            Withheld::TooLarge => DocumentTrouble::TooLarge,
            Withheld::TooMany => DocumentTrouble::TooMuch(Limit::Files),
            Withheld::Encrypted => DocumentTrouble::Encrypted,
            Withheld::Damaged => DocumentTrouble::Damaged,
        }
    }
}

impl From<LoadFailure> for ModelTrouble {
    fn from(failure: LoadFailure) -> Self {
        match failure {
            LoadFailure::Unreadable(_) => ModelTrouble::Unreadable,
            LoadFailure::Empty => ModelTrouble::Empty,
            LoadFailure::NotGguf => ModelTrouble::NotGguf,
            LoadFailure::Damaged(_) => ModelTrouble::Damaged,
            LoadFailure::Unsupported(kind) => ModelTrouble::Unsupported(shown(&kind, 40)),
            LoadFailure::TooBigForMemory { needed, available } => {
                ModelTrouble::TooBigForMemory { needed, available }
            }
            LoadFailure::NoComputeLibrary(_) => ModelTrouble::NoComputeLibrary,
        }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Error::Vault(error.into())
    }
}

impl From<SearchFailed> for Error {
    fn from(_: SearchFailed) -> Self {
        Error::SearchFailed
    }
}

impl From<GenerateFailure> for Error {
    fn from(failure: GenerateFailure) -> Self {
        match failure {
            GenerateFailure::PromptTooLong { .. } => Error::QuestionTooLong,
            GenerateFailure::Shape(why) => Error::Shape(shown(&why, 200)),
            GenerateFailure::Template(_) | GenerateFailure::Decode(_) => Error::ReplyFailed,
        }
    }
}

impl Error {
    /// Whether it is the keychain that keeps the vault shut, which another way may open.
    pub fn is_of_keychain(&self) -> bool {
        matches!(
            self,
            Error::Vault(
                VaultTrouble::KeychainUnavailable
                    | VaultTrouble::KeychainLocked
                    | VaultTrouble::KeychainStranger
                    | VaultTrouble::KeychainChanged
            )
        )
    }

    /// A short name for the log and for programs; it holds nothing of the user's.
    pub fn code(&self) -> &'static str {
        match self {
            Error::QuestionEmpty => "question_empty",
            Error::CollectionNameEmpty => "collection_name_empty",
            Error::QuestionTooLong => "question_too_long",
            Error::NoDocuments => "no_documents",
            Error::ContextTooSmall(_) => "context_too_small",
            Error::Document { trouble, .. } => match trouble {
                DocumentTrouble::Missing => "document_missing",
                DocumentTrouble::NotAFile => "document_not_a_file",
                DocumentTrouble::NotReadable => "document_not_readable",
                DocumentTrouble::Empty => "document_empty",
                DocumentTrouble::PasswordWanted => "document_password_wanted",
                DocumentTrouble::PasswordWrong => "document_password_wrong",
                DocumentTrouble::Encrypted => "document_encrypted",
                DocumentTrouble::Damaged => "document_damaged",
                DocumentTrouble::UnknownFormat => "document_unknown_format",
                DocumentTrouble::TooLarge => "document_too_large",
                DocumentTrouble::TooMuch(limit) => match limit {
                    Limit::Text => "document_too_much_text",
                    Limit::Unpacked => "document_too_much_unpacked",
                    Limit::Pages => "document_too_many_pages",
                    Limit::Cells => "document_too_many_cells",
                    Limit::Files => "document_too_many_files",
                    Limit::Nesting => "document_too_nested",
                },
                DocumentTrouble::NotRecognised(_) => "document_not_recognised",
                DocumentTrouble::NoText => "document_no_text",
                DocumentTrouble::TookTooLong => "document_took_too_long",
                DocumentTrouble::ReaderStopped => "document_reader_stopped",
            },
            Error::Model { trouble, .. } => match trouble {
                ModelTrouble::Unknown => "model_unknown",
                ModelTrouble::Missing => "model_missing",
                ModelTrouble::FileMissing => "model_file_missing",
                ModelTrouble::NotAFile => "model_not_a_file",
                ModelTrouble::Unreadable => "model_unreadable",
                ModelTrouble::Empty => "model_empty",
                ModelTrouble::NotGguf => "model_not_gguf",
                ModelTrouble::Damaged => "model_damaged",
                ModelTrouble::Unsupported(_) => "model_unsupported",
                ModelTrouble::TooBigForMemory { .. } => "model_too_big",
                ModelTrouble::NoComputeLibrary => "no_compute_library",
                ModelTrouble::StoppedTheEngine => "model_stopped_the_engine",
            },
            Error::WorkerMissing => "worker_missing",
            Error::EngineStopped => "engine_stopped",
            Error::ReplyFailed => "reply_failed",
            Error::Shape(_) => "shape_unusable",
            Error::Reading(trouble) => trouble.code(),
            Error::SearchFailed => "search_failed",
            Error::Vault(trouble) => trouble.code(),
            Error::Export(trouble) => trouble.code(),
            Error::Summary(trouble) => trouble.code(),
        }
    }

    /// What happened and what to do.
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::French => self.french(),
        }
    }

    fn english(&self) -> String {
        match self {
            Error::QuestionEmpty => "The question is empty. Type what you want to know.".into(),
            Error::CollectionNameEmpty => "The collection has no name. Type one.".into(),
            Error::QuestionTooLong => {
                "The question is too long for this model. Shorten it, or choose a model with a larger \
                 context."
                    .into()
            }
            Error::NoDocuments => {
                "There is no document to answer from. Add one, or choose others for this \
                 conversation, then ask again."
                    .into()
            }
            Error::ContextTooSmall(model) => format!(
                "The model {model} reads less text at a time than one passage of these documents has. \
                 Choose a model with a larger context."
            ),
            Error::Document { name, trouble } => match trouble {
                DocumentTrouble::Missing => {
                    format!("“{name}” was not found. Check the name and the folder.")
                }
                DocumentTrouble::NotAFile => {
                    format!("“{name}” is not a file. Choose the documents themselves.")
                }
                DocumentTrouble::NotReadable => {
                    format!("“{name}” may not be read. Check its permissions.")
                }
                DocumentTrouble::Empty => {
                    format!("“{name}” is empty: it has no bytes. Check that it was copied to its end.")
                }
                DocumentTrouble::PasswordWanted => format!(
                    "“{name}” is protected by a password. Give it (on the command line with --password-file), or \
                     save a copy without it and add that."
                ),
                DocumentTrouble::PasswordWrong => format!(
                    "This is not the password of “{name}”. Try again; small and capital letters count."
                ),
                DocumentTrouble::Encrypted => format!(
                    "“{name}” is encrypted in a way that cannot be read here. Open it in its own program, \
                     save a copy without protection and add that."
                ),
                DocumentTrouble::Damaged => format!(
                    "“{name}” is damaged and cannot be read. Get another copy, or open it in its own \
                     program and save it again."
                ),
                DocumentTrouble::UnknownFormat => format!(
                    "“{name}” is not a kind of file that can be read. PDF, Word, Excel, PowerPoint, \
                     OpenDocument, RTF, web pages, EPUB, e-mail, CSV, Markdown, LaTeX, source code, plain \
                     text, and ZIP files of these work."
                ),
                DocumentTrouble::TooLarge => format!(
                    "“{name}” is too large: files up to 256 MB are read. Split it and add the parts."
                ),
                DocumentTrouble::TooMuch(limit) => match limit {
                    Limit::Text => format!(
                        "“{name}” has more text than is read of one file. Split it and add the parts, or raise \
                         how much is read of one document."
                    ),
                    Limit::Unpacked => format!(
                        "“{name}” unpacks to more than is read of one file. If it is not meant to do harm, \
                         split it and add the parts, or raise how much is read of one document."
                    ),
                    Limit::Pages => format!(
                        "“{name}” has more pages than are read of one file. Split it and add the parts, or raise \
                         how much is read of one document."
                    ),
                    Limit::Cells => format!(
                        "“{name}” has more filled cells than are read of one file. Split it and add the \
                         parts, or raise how much is read of one document."
                    ),
                    Limit::Files => format!(
                        "“{name}” holds more files than are read. Unpack it and add those that matter."
                    ),
                    Limit::Nesting => format!(
                        "“{name}” is nested more deeply than is read. If it is a ZIP file, unpack it and add \
                         what is in it; otherwise save it again in its own program."
                    ),
                },
                DocumentTrouble::NotRecognised(why) => match why {
                    Unrecognised::NoDisplay => format!(
                        "“{name}” has pages that are images, and their text is recognised in a hidden window, for which no \
                         display answers here. Run the command in a desktop session, or with “xvfb-run” before it."
                    ),
                    Unrecognised::NoWindowProgram => format!(
                        "“{name}” has pages that are images, and their text is recognised by the program of the window, \
                         “aparte-desktop”, which is not beside this one. Install Aparté again."
                    ),
                    Unrecognised::Stopped => format!(
                        "The text of the images in “{name}” could not be recognised to the end. Try again; if it ends the \
                         same way, save the document again in its own program."
                    ),
                    Unrecognised::Slow => format!(
                        "A page of “{name}” took too long to recognise, and it was given up. Try again when the machine has \
                         less to do, or scan the page again with fewer dots an inch."
                    ),
                },
                DocumentTrouble::NoText => {
                    format!("“{name}” has no text: its pages are blank. Check that it is the right file.")
                }
                DocumentTrouble::TookTooLong => format!(
                    "“{name}” took too long to read and was given up. Open it in its own program and \
                     save it again, split it, or raise how much is read of one document."
                ),
                DocumentTrouble::ReaderStopped => format!(
                    "The reader stopped in the middle of “{name}”; nothing else is affected. The file \
                     is probably damaged: try another copy."
                ),
            },
            Error::Model { name, trouble } => match trouble {
                ModelTrouble::Unknown => format!(
                    "No model is called “{name}”. Give the path of a GGUF file, or an id of the \
                     catalogue."
                ),
                ModelTrouble::Missing => format!(
                    "The model “{name}” is not on this machine. Put its file into the models folder (for the one \
                     that comes with Aparté “cargo xtask models” does that), then start Aparté again."
                ),
                ModelTrouble::FileMissing => {
                    format!("The model file “{name}” was not found. Check the name and the folder.")
                }
                ModelTrouble::NotAFile => {
                    format!("“{name}” is a folder and not a model. Choose the GGUF file itself.")
                }
                ModelTrouble::Unreadable => {
                    format!("The model “{name}” cannot be read. Check the file's permissions.")
                }
                ModelTrouble::Empty => format!(
                    "The model “{name}” is empty: it has no bytes. Get the file again."
                ),
                ModelTrouble::NotGguf => format!(
                    "“{name}” is not a GGUF model, whatever its name says. Choose a GGUF file."
                ),
                ModelTrouble::Damaged => format!(
                    "The model “{name}” is damaged or was cut short. Get the file again."
                ),
                ModelTrouble::Unsupported(kind) => format!(
                    "Models of the kind “{kind}” (“{name}”) cannot be run by this version. Choose \
                     another model."
                ),
                ModelTrouble::TooBigForMemory { needed, available } => format!(
                    "The model “{name}” needs {} GB of memory and {} GB are free. Close other programs \
                     or choose a smaller model.",
                    gigabytes(*needed, '.'),
                    gigabytes(*available, '.')
                ),
                ModelTrouble::NoComputeLibrary => "The compute libraries of Aparté are missing, foreign, \
                     or do not support this processor. Install Aparté again; processors from before \
                     2008 cannot run it."
                    .into(),
                ModelTrouble::StoppedTheEngine => format!(
                    "The engine stopped while it loaded “{name}”; nothing else is affected. The file is \
                     probably damaged: get it again or choose another model."
                ),
            },
            Error::WorkerMissing => "The program “aparte-worker” is not beside Aparté or may not be run. \
                 Install Aparté again."
                .into(),
            Error::EngineStopped => {
                "The engine stopped; what was written so far is kept. Ask again, and if it stops again choose \
                 another model."
                    .into()
            }
            Error::ReplyFailed => {
                "The model could not answer. Ask again, or choose another model.".into()
            }

            Error::Shape(why) => {
                format!("No reply can be held to this grammar or schema: {why}. Correct it, and try again.")
            }
            Error::Reading(trouble) => trouble.english(),
            Error::Vault(trouble) => trouble.english().into(),
            Error::Export(trouble) => trouble.english().into(),
            Error::Summary(trouble) => trouble.english(),
            Error::SearchFailed => {
                "The search index failed. Start Aparté again; your documents are not affected.".into()
            }
        }
    }

    fn french(&self) -> String {
        match self {
            Error::CollectionNameEmpty => "La collection n'a pas de nom. Saisissez-en un.".into(),
            Error::QuestionEmpty => {
                "La question est vide. Écrivez ce que vous voulez savoir.".into()
            }
            Error::QuestionTooLong => {
                "La question est trop longue pour ce modèle. Raccourcissez-la, ou choisissez un modèle \
                 au contexte plus grand."
                    .into()
            }
            Error::NoDocuments => {
                "Il n'y a aucun document d'où répondre. Ajoutez-en un, ou choisissez-en d'autres pour \
                 cette conversation, puis reposez la question."
                    .into()
            }
            Error::ContextTooSmall(model) => format!(
                "Le modèle {model} lit moins de texte à la fois que n'en a un passage de ces documents. \
                 Choisissez un modèle dont le contexte est plus grand."
            ),
            Error::Document { name, trouble } => match trouble {
                DocumentTrouble::Missing => {
                    format!("« {name} » est introuvable. Vérifiez le nom et le dossier.")
                }
                DocumentTrouble::NotAFile => {
                    format!("« {name} » n'est pas un fichier. Choisissez les documents eux-mêmes.")
                }
                DocumentTrouble::NotReadable => {
                    format!("« {name} » ne peut pas être lu. Vérifiez ses droits d'accès.")
                }
                DocumentTrouble::Empty => format!(
                    "« {name} » est vide : il ne contient aucun octet. Vérifiez que la copie est allée \
                     au bout."
                ),
                DocumentTrouble::PasswordWanted => format!(
                    "« {name} » est protégé par un mot de passe. Donnez-le (en ligne de commande avec \
                     --password-file), ou enregistrez-en une copie sans mot de passe et ajoutez-la."
                ),
                DocumentTrouble::PasswordWrong => format!(
                    "Ce n'est pas le mot de passe de « {name} ». Essayez de nouveau ; minuscules et \
                     majuscules comptent."
                ),
                DocumentTrouble::Encrypted => format!(
                    "« {name} » est chiffré d'une façon qui ne peut pas être lue ici. Ouvrez-le dans son \
                     logiciel, enregistrez-en une copie sans protection et ajoutez-la."
                ),
                DocumentTrouble::Damaged => format!(
                    "« {name} » est endommagé et ne peut pas être lu. Procurez-vous une autre copie, ou \
                     ouvrez-le dans son logiciel et enregistrez-le de nouveau."
                ),
                DocumentTrouble::UnknownFormat => format!(
                    "« {name} » n'est pas d'un format lisible. Le sont : PDF, Word, Excel, PowerPoint, \
                     OpenDocument, RTF, pages web, EPUB, courriels, CSV, Markdown, LaTeX, code source, \
                     texte brut, et les fichiers ZIP qui en contiennent."
                ),
                DocumentTrouble::TooLarge => format!(
                    "« {name} » est trop volumineux : la limite est de 256 Mo. Divisez-le et ajoutez les \
                     parties."
                ),
                DocumentTrouble::TooMuch(limit) => match limit {
                    Limit::Text => format!(
                        "« {name} » contient plus de texte qu'il n'en est lu d'un fichier. Divisez-le et \
                         ajoutez les parties, ou augmentez ce qui est lu d'un document."
                    ),
                    Limit::Unpacked => format!(
                        "« {name} » se décompresse au-delà de ce qui est lu d'un fichier. S'il n'est pas là \
                         pour nuire, divisez-le et ajoutez les parties, ou augmentez ce qui est lu d'un document."
                    ),
                    Limit::Pages => format!(
                        "« {name} » a plus de pages qu'il n'en est lu d'un fichier. Divisez-le et ajoutez \
                         les parties, ou augmentez ce qui est lu d'un document."
                    ),
                    Limit::Cells => format!(
                        "« {name} » a plus de cellules remplies qu'il n'en est lu d'un fichier. Divisez-le \
                         et ajoutez les parties, ou augmentez ce qui est lu d'un document."
                    ),
                    Limit::Files => format!(
                        "« {name} » contient plus de fichiers qu'il n'en est lu. Décompressez-le et ajoutez \
                         ceux qui comptent."
                    ),
                    Limit::Nesting => format!(
                        "« {name} » est imbriqué plus profondément que ce qui est lu. Si c'est un fichier \
                         ZIP, décompressez-le et ajoutez son contenu ; sinon, enregistrez-le de nouveau \
                         dans son logiciel."
                    ),
                },
                DocumentTrouble::NotRecognised(why) => match why {
                    Unrecognised::NoDisplay => format!(
                        "« {name} » a des pages qui sont des images, dont le texte est reconnu dans une fenêtre cachée, et \
                         aucun écran ne répond ici. Lancez la commande dans une session graphique, ou précédée de \
                         « xvfb-run »."
                    ),
                    Unrecognised::NoWindowProgram => format!(
                        "« {name} » a des pages qui sont des images, dont le texte est reconnu par le programme de la \
                         fenêtre, « aparte-desktop », qui n'est pas à côté de celui-ci. Réinstallez Aparté."
                    ),
                    Unrecognised::Stopped => format!(
                        "Le texte des images de « {name} » n'a pas pu être reconnu jusqu'au bout. Réessayez ; si cela se \
                         reproduit, enregistrez à nouveau le document dans son propre programme."
                    ),
                    Unrecognised::Slow => format!(
                        "Une page de « {name} » a demandé trop de temps à reconnaître, et elle a été abandonnée. Réessayez \
                         quand la machine sera moins occupée, ou numérisez la page avec moins de points par pouce."
                    ),
                },
                DocumentTrouble::NoText => format!(
                    "« {name} » ne contient aucun texte : ses pages sont blanches. Vérifiez que c'est le \
                     bon fichier."
                ),
                DocumentTrouble::TookTooLong => format!(
                    "La lecture de « {name} » a été abandonnée : elle était trop longue. Ouvrez-le dans \
                     son logiciel et enregistrez-le de nouveau, divisez-le, ou augmentez ce qui est lu d'un document."
                ),
                DocumentTrouble::ReaderStopped => format!(
                    "Le lecteur s'est arrêté au milieu de « {name} » ; rien d'autre n'est touché. Le \
                     fichier est sans doute endommagé : essayez une autre copie."
                ),
            },
            Error::Model { name, trouble } => match trouble {
                ModelTrouble::Unknown => format!(
                    "Aucun modèle ne s'appelle « {name} ». Donnez le chemin d'un fichier GGUF ou un \
                     identifiant du catalogue."
                ),
                ModelTrouble::Missing => format!(
                    "Le modèle « {name} » n'est pas sur cette machine. Placez son fichier dans le dossier des modèles \
                     (pour celui qui accompagne Aparté, « cargo xtask models » le fait), puis relancez Aparté."
                ),
                ModelTrouble::FileMissing => format!(
                    "Le fichier de modèle « {name} » est introuvable. Vérifiez le nom et le dossier."
                ),
                ModelTrouble::NotAFile => format!(
                    "« {name} » est un dossier et non un modèle. Choisissez le fichier GGUF lui-même."
                ),
                ModelTrouble::Unreadable => {
                    format!("Le modèle « {name} » ne peut pas être lu. Vérifiez les droits du fichier.")
                }
                ModelTrouble::Empty => format!(
                    "Le modèle « {name} » est vide : il ne contient aucun octet. Procurez-vous de \
                     nouveau le fichier."
                ),
                ModelTrouble::NotGguf => format!(
                    "« {name} » n'est pas un modèle GGUF, quoi qu'en dise son nom. Choisissez un fichier \
                     GGUF."
                ),
                ModelTrouble::Damaged => format!(
                    "Le modèle « {name} » est endommagé ou incomplet. Procurez-vous de nouveau le \
                     fichier."
                ),
                ModelTrouble::Unsupported(kind) => format!(
                    "Les modèles du type « {kind} » (« {name} ») ne sont pas pris en charge par cette \
                     version. Choisissez un autre modèle."
                ),
                ModelTrouble::TooBigForMemory { needed, available } => format!(
                    "Le modèle « {name} » demande {} Go de mémoire et {} Go sont libres. Fermez d'autres \
                     programmes ou choisissez un modèle plus petit.",
                    gigabytes(*needed, ','),
                    gigabytes(*available, ',')
                ),
                ModelTrouble::NoComputeLibrary => "Les bibliothèques de calcul d'Aparté manquent, ne sont \
                     pas les siennes, ou ne conviennent pas à ce processeur. Réinstallez Aparté ; les \
                     processeurs d'avant 2008 ne peuvent pas l'exécuter."
                    .into(),
                ModelTrouble::StoppedTheEngine => format!(
                    "Le moteur s'est arrêté en chargeant « {name} » ; rien d'autre n'est touché. Le \
                     fichier est sans doute endommagé : procurez-vous-le de nouveau ou choisissez un \
                     autre modèle."
                ),
            },
            Error::WorkerMissing => "Le programme « aparte-worker » n'est pas à côté d'Aparté ou ne peut \
                 pas être lancé. Réinstallez Aparté."
                .into(),
            Error::EngineStopped => "Le moteur s'est arrêté ; ce qui était écrit est conservé. Posez la question de nouveau, et \
                 s'il s'arrête encore, choisissez un autre modèle."
                .into(),
            Error::ReplyFailed => "Le modèle n'a pas pu répondre. Posez la question de nouveau, ou choisissez un autre \
                 modèle."
                .into(),
            Error::Shape(why) => format!(
                "Aucune réponse ne peut suivre cette grammaire ou ce schéma ({why}). Corrigez-le et réessayez."
            ),
            Error::Reading(trouble) => trouble.french(),
            Error::Vault(trouble) => trouble.french().into(),
            Error::Export(trouble) => trouble.french().into(),
            Error::Summary(trouble) => trouble.french(),
            Error::SearchFailed => "L'index de recherche a échoué. Relancez Aparté ; vos documents ne \
                 sont pas touchés."
                .into(),
        }
    }
}

/// At most `limit` characters of a name that is not ours, without any that a terminal would obey, that turn the
/// direction of the text around, or that are not seen.
pub(crate) fn shown(name: &str, limit: usize) -> String {
    let visible = |c: char| {
        let deceives = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || deceives {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    name.chars().take(limit).map(visible).collect()
}

/// Tenths of 10^9 bytes, rounded up so that a need is never understated.
fn gigabytes(bytes: u64, point: char) -> String {
    let tenths = bytes.div_ceil(100_000_000);
    format!("{}{point}{}", tenths / 10, tenths % 10)
}
