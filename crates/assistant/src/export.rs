//! Everything of a person's, in formats that any program reads: conversations as Markdown, documents as the files that
//! they were, and one JSON file with all of it.
//!
//! An export is readable by whoever gets at it: callers warn first. It is written in a folder beside the one that was
//! named and takes its place when it is whole, so that half an export is never taken for one. What does not open is
//! left out and counted. What is private is left out too: it never reaches the disk.

mod markdown;
mod names;

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use aparte_protocol::documents::Page;
use aparte_vault::Vault;
use serde::Serialize;

use crate::answer::{Answer, Citation, Ending, Lead, Mode};
use crate::conversation::{Conversation, Message};
use crate::error::Error;
use crate::language::Language;
use crate::library::{Collection, Document, DocumentId};
use crate::settings::{EarlierTurns, Settings, Theme};
use crate::vault_trouble::VaultTrouble;
use crate::{Assistant, Format};
use names::Names;

pub(crate) use markdown::line;

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Conversations, each a Markdown file.
    pub conversations: usize,
    /// Documents, each with its original.
    pub documents: usize,
    /// Those of them of which something does not open and is not in the export.
    pub incomplete: usize,
    /// Conversations and documents that do not open at all.
    pub left_out: usize,
}

/// Why an export cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportTrouble {
    /// There are files in the folder already, or it is a file itself.
    NotEmpty,
    /// There is a file of this name already, and nobody agreed that it goes.
    AlreadyThere,
    /// It would lie in the vault's own folder.
    InVault,
    /// The folder above it is not there.
    FolderMissing,
    /// Nothing may be written there.
    NotWritable,
    /// There is no room.
    DiskFull,
    /// The system failed in a way that has no name of its own.
    SystemFailed,
}

impl Assistant {
    /// Writes everything into a folder that is new or empty. On an error nothing is there.
    pub fn export(&self, to: &Path) -> Result<Exported, Error> {
        self.check_export(to)?;
        let aside = Aside::beside(to)?;
        let exported = write_all(self, &aside.folder)?;
        aside.put_in_place()?;
        Ok(exported)
    }

    /// Refuses a folder that no export goes to, before anybody is warned of what an export is. Whether it can be written,
    /// only writing tells.
    pub fn check_export(&self, to: &Path) -> Result<(), Error> {
        if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::Export(ExportTrouble::NotEmpty));
        }
        match self.vault.would_hold(to) {
            Ok(true) => Err(Error::Export(ExportTrouble::InVault)),
            Ok(false) | Err(_) => Ok(()),
        }
    }
}

fn write_all(assistant: &Assistant, folder: &Path) -> Result<Exported, Error> {
    let damaged = assistant.damaged()?;
    let mut exported = Exported {
        left_out: damaged.conversations + damaged.documents,
        ..Exported::default()
    };
    let originals = folder.join(DOCUMENTS);
    make_folder(&originals)?;
    let mut json = BufWriter::new(make_file(&folder.join("aparte.json"))?);
    let settings = unless_damaged(Settings::of(&assistant.vault))?.flatten();
    let draft = unless_damaged(assistant.draft(None))?.unwrap_or_default();
    let collections = unless_damaged(assistant.collections())?.unwrap_or_default();
    let head = Head {
        format: "aparte-export",
        version: 1,
        settings: settings.as_ref().map(SettingsRow::of),
        draft: &draft,
        collections: collections.iter().map(|it| it.name.as_str()).collect(),
    };
    // One object whose lists are written as they are read: an export may be larger than the memory.
    let head = serde_json::to_string(&head).expect("plain data has a JSON form");
    let head = head.strip_suffix('}').expect("an object ends with a brace");
    write!(json, "{head},\n\"documents\":[").map_err(lost)?;

    let mut names = Names::default();
    let mut files = HashMap::new();
    let mut list = List::default();
    for document in assistant.documents() {
        if document.private {
            continue;
        }
        let name = names.give_like(&document.name);
        let whole = write_original(&assistant.vault, &document, &originals.join(&name))?;
        let path = whole.then(|| format!("{DOCUMENTS}/{name}"));
        let pages = assistant.pages(document.id)?;
        list.add(
            &mut json,
            &DocumentRow::of(&document, &collections, &pages, path.as_deref()),
        )?;
        files.extend(path.map(|path| (document.id, path)));
        exported.documents += 1;
        exported.incomplete += usize::from(!whole);
    }
    json.write_all(b"\n],\n\"conversations\":[").map_err(lost)?;

    let texts = folder.join(CONVERSATIONS);
    make_folder(&texts)?;
    let mut names = Names::default();
    let mut list = List::default();
    let link = |citation: &Citation| Some(format!("../{}", files.get(&citation.document)?));
    for conversation in assistant.conversations()? {
        if conversation.private {
            continue;
        }
        let messages = unless_damaged(assistant.messages(conversation.id))?;
        // One bad message does not cost the others: an export is what people turn to when something was damaged.
        let messages = messages.unwrap_or_else(|| vec![Message::Lost(1)]);
        let is_lost = |message: &Message| matches!(message, Message::Lost(_));
        let whole = !messages.iter().any(is_lost);
        let draft = unless_damaged(assistant.draft(Some(conversation.id)))?.unwrap_or_default();
        let title = format!(
            "{} {}",
            markdown::date(conversation.began),
            conversation.title
        );
        let name = names.give(&title, ".md");
        let text = markdown::conversation(&conversation, &messages, assistant.language(), &link);
        make_file(&texts.join(&name))?
            .write_all(text.as_bytes())
            .map_err(lost)?;
        let path = format!("{CONVERSATIONS}/{name}");
        let row = ConversationRow::of(&conversation, &messages, &draft, &path);
        list.add(&mut json, &row)?;
        exported.conversations += 1;
        exported.incomplete += usize::from(!whole);
    }
    let (incomplete, left_out) = (exported.incomplete, exported.left_out);
    writeln!(
        json,
        "\n],\n\"incomplete\":{incomplete},\"left_out\":{left_out}}}"
    )
    .map_err(lost)?;
    let file = json
        .into_inner()
        .map_err(|error| lost(error.into_error()))?;
    file.sync_all().map_err(lost)?;
    Ok(exported)
}

const DOCUMENTS: &str = "documents";
const CONVERSATIONS: &str = "conversations";

/// Writes the bytes that a document was made of, and says whether they are there.
fn write_original(vault: &Vault, document: &Document, path: &Path) -> Result<bool, Error> {
    let owner = document.id.0;
    let read = || {
        let blob = vault.blobs(owner)?.first().copied();
        blob.map(|blob| vault.blob(owner, blob)).transpose()
    };
    let Some(bytes) = unless_damaged(read().map_err(Error::from))?.flatten() else {
        return Ok(false);
    };
    make_file(path)?.write_all(&bytes).map_err(lost)?;
    Ok(true)
}

/// What is damaged is left out of an export; every other failure ends it.
fn unless_damaged<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Vault(
            VaultTrouble::Damaged | VaultTrouble::Missing | VaultTrouble::NewerFormat,
        )) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder that an export is made in. It is gone with all that is in it unless it was put in its place.
struct Aside {
    folder: PathBuf,
    place: PathBuf,
    in_place: bool,
}

impl Aside {
    fn beside(to: &Path) -> Result<Aside, Error> {
        let trouble = |trouble| Err(Error::Export(trouble));
        let place = match fs::read_dir(to) {
            Ok(mut entries) => match entries.next() {
                // A link to a folder is followed: the folder is what takes the export.
                None if fs::metadata(to).map_err(lost)?.permissions().readonly() => {
                    return trouble(ExportTrouble::NotWritable);
                }
                None => fs::canonicalize(to).map_err(lost)?,
                Some(_) => return trouble(ExportTrouble::NotEmpty),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => to.to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return trouble(ExportTrouble::NotEmpty);
            }
            Err(error) => return Err(lost(error)),
        };
        let Some(name) = place.file_name() else {
            return trouble(ExportTrouble::NotWritable);
        };
        // Not hidden: after a crash its person shall see it.
        let mut aside = name.to_owned();
        aside.push(format!(".{}.unfinished", std::process::id()));
        let folder = place.with_file_name(aside);
        make_folder(&folder)?;
        Ok(Aside {
            folder,
            place,
            in_place: false,
        })
    }

    fn put_in_place(mut self) -> Result<(), Error> {
        // Unix lets a folder take the place of an empty one; elsewhere that one has to go first. One that is not empty
        // any more stays.
        if cfg!(not(unix)) && self.place.exists() {
            fs::remove_dir(&self.place).map_err(lost)?;
        }
        fs::rename(&self.folder, &self.place).map_err(lost)?;
        self.in_place = true;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.in_place {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Makes a folder that only its owner may enter.
fn make_folder(path: &Path) -> Result<(), Error> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "rights are a matter of Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(lost)
}

/// Makes a file that only its owner may read, and never over another.
fn make_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(lost)
}

/// Puts a file in the place of the one that is there, once all of it is written; on an error nothing changes. Only its owner may
/// read it.
pub(crate) fn replace_file(place: &Path, bytes: &[u8]) -> Result<(), Error> {
    let Some(name) = place.file_name() else {
        return Err(Error::Export(ExportTrouble::NotWritable));
    };
    // Not hidden: after a crash its person shall see it.
    let mut aside = name.to_owned();
    aside.push(format!(".{}.unfinished", std::process::id()));
    let aside = place.with_file_name(aside);
    let mut file = make_file(&aside)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&aside, place));
    written.map_err(|error| {
        let _ = fs::remove_file(&aside);
        lost(error)
    })
}

fn lost(error: io::Error) -> Error {
    Error::Export(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ExportTrouble::DiskFull,
        io::ErrorKind::NotFound => ExportTrouble::FolderMissing,
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::ResourceBusy => ExportTrouble::NotWritable,
        io::ErrorKind::DirectoryNotEmpty => ExportTrouble::NotEmpty,
        _ => ExportTrouble::SystemFailed,
    })
}

impl ExportTrouble {
    /// A short name for the log and for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            ExportTrouble::NotEmpty => "export_folder_not_empty",
            ExportTrouble::AlreadyThere => "export_already_there",
            ExportTrouble::InVault => "export_in_vault",
            ExportTrouble::FolderMissing => "export_folder_missing",
            ExportTrouble::NotWritable => "export_not_writable",
            ExportTrouble::DiskFull => "export_disk_full",
            ExportTrouble::SystemFailed => "export_failed",
        }
    }

    pub(crate) fn english(self) -> &'static str {
        match self {
            ExportTrouble::NotEmpty => {
                "There is something in this folder already, so nothing was exported. Choose a new or empty \
                 folder."
            }
            ExportTrouble::AlreadyThere => {
                "There is a file of this name already, so nothing was exported. Choose another name, or this one with \
                 its ending."
            }
            ExportTrouble::InVault => {
                "What is encrypted and what is not do not belong in one folder, so nothing was exported. Choose a \
                 folder outside of the vault's."
            }
            ExportTrouble::FolderMissing => {
                "The folder that the export would lie in is not there. Make it, or choose another."
            }
            ExportTrouble::NotWritable => {
                "Nothing may be written there, so nothing was exported. Choose another folder."
            }
            ExportTrouble::DiskFull => {
                "The disk is full, so nothing was exported. Free some space or choose another disk."
            }
            ExportTrouble::SystemFailed => {
                "The system could not write the export, so nothing was exported. Check the disk, then try \
                 again."
            }
        }
    }

    pub(crate) fn french(self) -> &'static str {
        match self {
            ExportTrouble::NotEmpty => {
                "Il y a déjà quelque chose dans ce dossier ; rien n'a été exporté. Choisissez un dossier \
                 nouveau ou vide."
            }
            ExportTrouble::AlreadyThere => {
                "Un fichier de ce nom existe déjà ; rien n'a été exporté. Choisissez un autre nom, ou celui-ci avec \
                 sa terminaison."
            }
            ExportTrouble::InVault => {
                "Ce qui est chiffré et ce qui ne l'est pas ne vont pas dans le même dossier ; rien n'a été exporté. \
                 Choisissez un dossier hors de celui du coffre."
            }
            ExportTrouble::FolderMissing => {
                "Le dossier qui devrait contenir l'export n'existe pas. Créez-le, ou choisissez-en un autre."
            }
            ExportTrouble::NotWritable => {
                "Il n'est pas permis d'écrire à cet endroit ; rien n'a été exporté. Choisissez un autre \
                 dossier."
            }
            ExportTrouble::DiskFull => {
                "Le disque est plein ; rien n'a été exporté. Libérez de la place ou choisissez un autre \
                 disque."
            }
            ExportTrouble::SystemFailed => {
                "Le système n'a pas pu écrire l'export ; rien n'a été exporté. Vérifiez le disque, puis \
                 recommencez."
            }
        }
    }
}

/// The items of a JSON list, one a line.
#[derive(Default)]
struct List {
    begun: bool,
}

impl List {
    fn add(&mut self, json: &mut impl Write, row: &impl Serialize) -> Result<(), Error> {
        let row = serde_json::to_string(row).expect("plain data has a JSON form");
        let before = if self.begun { "," } else { "" };
        self.begun = true;
        write!(json, "{before}\n{row}").map_err(lost)
    }
}

#[derive(Serialize)]
struct Head<'a> {
    format: &'static str,
    version: u32,
    settings: Option<SettingsRow>,
    /// What was typed and not sent, outside of any conversation.
    draft: &'a str,
    /// The names of all collections; a document tells in which it is.
    collections: Vec<&'a str>,
}

#[derive(Serialize)]
struct SettingsRow {
    language: &'static str,
    theme: &'static str,
    lock_after_minutes: u16,
    /// What the model is told of a conversation before a question.
    earlier_turns: &'static str,
    unload_after_minutes: u16,
    preset: &'static str,
}

#[derive(Serialize)]
struct DocumentRow<'a> {
    id: String,
    name: &'a str,
    format: &'static str,
    language: Option<&'static str>,
    /// The names of those that it is in.
    collections: Vec<&'a str>,
    /// The original, from the folder of the export; null if it does not open.
    file: Option<&'a str>,
    pages: Vec<PageRow<'a>>,
}

#[derive(Serialize)]
struct PageRow<'a> {
    number: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct ConversationRow<'a> {
    id: String,
    title: &'a str,
    /// Milliseconds since 1970.
    began: u64,
    file: &'a str,
    documents: Vec<String>,
    messages: Vec<MessageRow<'a>>,
    draft: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum MessageRow<'a> {
    Question {
        text: &'a str,
    },
    Answer {
        text: &'a str,
        refused: bool,
        citations: Vec<CitationRow<'a>>,
        nearest: Vec<CitationRow<'a>>,
        lead: &'static str,
        mode: &'static str,
        ending: &'static str,
        /// What the model wrote on the way to it.
        #[serde(skip_serializing_if = "Option::is_none")]
        thinking: Option<&'a str>,
    },
    /// So many messages stood here and do not open any more, or are gone.
    Lost {
        count: u32,
    },
}

#[derive(Serialize)]
struct CitationRow<'a> {
    document: String,
    name: &'a str,
    page: Option<u32>,
    anchor: Option<&'a str>,
    /// Bytes of the page's text.
    start: u32,
    end: u32,
    quote: &'a str,
    verified: bool,
}

impl SettingsRow {
    fn of(settings: &Settings) -> SettingsRow {
        SettingsRow {
            language: settings.language.tag(),
            theme: match settings.theme {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
            lock_after_minutes: settings.lock_after,
            earlier_turns: match settings.earlier {
                EarlierTurns::OldestLeftOut => "oldest left out",
                EarlierTurns::NoneTold => "none",
            },
            unload_after_minutes: settings.unload_after,
            preset: settings.preset.name(),
        }
    }
}

impl<'a> DocumentRow<'a> {
    fn of(
        document: &'a Document,
        collections: &'a [Collection],
        pages: &'a [Page],
        file: Option<&'a str>,
    ) -> DocumentRow<'a> {
        let is_in = |collection: &&Collection| document.collections.contains(&collection.id);
        let collections = collections.iter().filter(is_in);
        let pages = pages.iter().map(|page| PageRow {
            number: page.number,
            text: &page.text,
        });
        DocumentRow {
            id: document.id.to_string(),
            name: &document.name,
            format: match document.format {
                Format::Pdf => "pdf",
                Format::Markdown => "markdown",
                Format::Text => "text",
                Format::Source => "source",
                Format::Latex => "latex",
                Format::Csv => "csv",
                Format::Html => "html",
                Format::Mhtml => "mhtml",
                Format::Epub => "epub",
                Format::Rtf => "rtf",
                Format::Docx => "docx",
                Format::Doc => "doc",
                Format::Pptx => "pptx",
                Format::Ppt => "ppt",
                Format::Xlsx => "xlsx",
                Format::Xls => "xls",
                Format::Odt => "odt",
                Format::Ods => "ods",
                Format::Odp => "odp",
                Format::Email => "email",
                Format::Outlook => "outlook",
                Format::Mbox => "mbox",
                Format::Zip => "zip",
                Format::Image => "image",
            },
            language: document.language.map(Language::tag),
            collections: collections.map(|it| it.name.as_str()).collect(),
            file,
            pages: pages.collect(),
        }
    }
}

impl<'a> ConversationRow<'a> {
    fn of(
        conversation: &'a Conversation,
        messages: &'a [Message],
        draft: &'a str,
        file: &'a str,
    ) -> ConversationRow<'a> {
        let documents = conversation.documents.iter().map(DocumentId::to_string);
        ConversationRow {
            id: conversation.id.to_string(),
            title: &conversation.title,
            began: conversation.began,
            file,
            documents: documents.collect(),
            messages: messages.iter().map(MessageRow::of).collect(),
            draft,
        }
    }
}

impl<'a> MessageRow<'a> {
    fn of(message: &'a Message) -> MessageRow<'a> {
        match message {
            Message::Question(text) => MessageRow::Question { text },
            Message::Answer(answer) => MessageRow::answer(answer),
            Message::Lost(count) => MessageRow::Lost { count: *count },
        }
    }

    fn answer(answer: &'a Answer) -> MessageRow<'a> {
        MessageRow::Answer {
            text: &answer.text,
            refused: answer.refused,
            citations: answer.citations.iter().map(CitationRow::of).collect(),
            nearest: answer.nearest.iter().map(CitationRow::of).collect(),
            lead: match answer.lead {
                Lead::Model => "model",
                Lead::PassagesForLanguage => "passages_for_language",
                Lead::PassagesForSupport => "passages_for_support",
            },
            mode: match answer.mode {
                Mode::Whole => "whole",
                Mode::Parts => "parts",
            },
            ending: match answer.ending {
                Ending::Complete => "complete",
                Ending::Length => "length",
                Ending::Stopped => "stopped",
                Ending::Interrupted => "interrupted",
                Ending::NotAsked => "not_asked",
            },
            thinking: answer.thinking.as_ref().map(|it| it.text.as_str()),
        }
    }
}

impl<'a> CitationRow<'a> {
    fn of(citation: &'a Citation) -> CitationRow<'a> {
        CitationRow {
            document: citation.document.to_string(),
            name: &citation.name,
            page: citation.page,
            anchor: citation.anchor.as_deref(),
            start: citation.range.start,
            end: citation.range.end,
            quote: &citation.quote,
            verified: citation.verified,
        }
    }
}

#[cfg(test)]
mod tests;
