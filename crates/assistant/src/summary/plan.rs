//! What of documents is read, and in which sections.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use aparte_protocol::documents::{Page, PageWarning};

use super::prompts::{Matter, Prompts};
use super::room::Room;
use super::sections::{Cutter, Gauge, Section};
use super::{
    PlannedSection, SummaryLength, SummaryPlan, SummaryProgress, SummaryTrouble, SummaryWish,
    UnreadPage, loading,
};
use crate::Assistant;
use crate::engine::{Engine, Running, Stop};
use crate::error::{DocumentTrouble, Error};
use crate::language::Language;
use crate::library::{Document, DocumentId};

/// Documents cut into sections for one model.
pub(crate) struct Plan {
    pub documents: Vec<Planned>,
    /// What the summary is in.
    pub language: Language,
    pub prompts: Prompts,
    pub room: Room,
    /// The most tokens of a prompt, whichever.
    pub limit: u32,
    /// Tokens of a note's prompt without a text.
    pub frame: u32,
    /// Of all documents, one after the other.
    pub sections: Vec<Section>,
    pub unread: Vec<UnreadPage>,
    /// Of the model.
    pub fingerprint: [u8; 32],
    /// Tokens that the context holds.
    pub context: u32,
    /// Milliseconds that it took until the model was there.
    pub load_ms: u64,
}

/// A document as it was when it was cut.
pub(crate) struct Planned {
    pub document: Arc<Document>,
    /// What notes on it are in.
    pub language: Language,
    /// Its sections among all; none where it cannot be summarized.
    pub sections: Range<usize>,
    /// Why it cannot be.
    pub trouble: Option<Error>,
}

impl Plan {
    /// Loads the model and cuts the documents; `None` if `stop` was told before.
    pub fn make(
        assistant: &Assistant,
        ids: &[DocumentId],
        wish: &SummaryWish,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<Option<Plan>, Error> {
        let gone = || Error::Summary(SummaryTrouble::Gone);
        let documents = ids
            .iter()
            .map(|id| {
                assistant
                    .library()
                    .get(*id)
                    .map(Arc::clone)
                    .ok_or_else(gone)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        if documents.is_empty() {
            return Err(gone());
        }
        let engine = assistant.engine()?;
        // Documents of numbers alone have no language.
        let own = documents.iter().find_map(|document| document.language);
        let language = wish.language.or(own).unwrap_or(assistant.language());
        let documents: Vec<Planned> = documents
            .into_iter()
            .map(|document| Planned {
                trouble: trouble(assistant, engine, &document),
                language: document.language.unwrap_or(language),
                sections: 0..0,
                document,
            })
            .collect();
        fail_if_none_is_left(&documents)?;
        if !engine.model().knows(language) {
            return Err(unknown_language(engine, language));
        }
        let focus = wish.focus.as_deref().map(str::trim);
        let prompts = Prompts {
            focus: focus.filter(|focus| !focus.is_empty()).map(str::to_owned),
        };
        let started = Instant::now();
        let Some(running) = engine.ready(stop, &mut loading(on_progress))? else {
            return Ok(None);
        };
        let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let room = Room::of(&running.facts);
        let frames = Frames::of(&running, &prompts)?;
        let frame = frames.most;
        let limit = frames.limit(&room);
        if limit < frame + LEAST_TEXT {
            let bare = Frames::of(&running, &Prompts { focus: None })?;
            return Err(Error::Summary(
                match bare.limit(&room) < bare.most + LEAST_TEXT {
                    true => SummaryTrouble::ContextTooShort(running.facts.context),
                    false => SummaryTrouble::FocusTooLong,
                },
            ));
        }
        let mut plan = Plan {
            documents,
            language,
            limit,
            frame,
            room,
            sections: Vec::new(),
            unread: Vec::new(),
            fingerprint: running.facts.fingerprint,
            context: running.facts.context,
            load_ms,
            prompts,
        };
        match plan.cut(assistant, &running, stop, on_progress)? {
            true => Ok(Some(plan)),
            false => Ok(None),
        }
    }

    /// Cuts the documents. False if `stop` was told before their end.
    fn cut(
        &mut self,
        assistant: &Assistant,
        running: &Running,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<bool, Error> {
        let (pages, mut seen) = (self.pages(), 0);
        for number in 0..self.documents.len() {
            let planned = &self.documents[number];
            if planned.trouble.is_some() {
                continue;
            }
            let document = Arc::clone(&planned.document);
            let mut gauge = OfModel {
                running,
                prompts: &self.prompts,
                language: planned.language,
            };
            let mut cutter = Cutter::new(&mut gauge, self.limit)?;
            for number in 1..=document.pages {
                if stop.is_told() {
                    return Ok(false);
                }
                let page = page(assistant, &document, number)?;
                self.unread.extend(unread(&document, &page));
                cutter.add(page)?;
                seen += 1;
                on_progress(SummaryProgress::Cutting(seen, pages));
            }
            let first = self.sections.len();
            self.sections.extend(cutter.finish()?);
            let planned = &mut self.documents[number];
            planned.sections = first..self.sections.len();
            if planned.sections.is_empty() {
                planned.trouble = Some(without_text(&document));
            }
        }
        fail_if_none_is_left(&self.documents)?;
        Ok(true)
    }

    /// Pages of all documents that are summarized.
    pub fn pages(&self) -> u32 {
        let read = self
            .documents
            .iter()
            .filter(|planned| planned.trouble.is_none());
        read.fold(0, |sum, planned| sum.saturating_add(planned.document.pages))
    }

    /// The document of a section.
    pub fn of(&self, section: usize) -> &Planned {
        let holds = |planned: &&Planned| planned.sections.contains(&section);
        let planned = self.documents.iter().find(holds);
        planned.expect("every section was cut of a document")
    }

    /// Whether sections are all of one document.
    pub fn is_of_one(&self, sections: &Range<usize>) -> bool {
        let documents = self.documents.iter().filter(|planned| {
            planned.sections.start < sections.end && sections.start < planned.sections.end
        });
        documents.count() == 1
    }

    /// What notes on these sections are in: the language of their documents, if that is one.
    pub fn language_of(&self, sections: &Range<usize>) -> Language {
        let mut languages = self
            .documents
            .iter()
            .filter(|planned| {
                planned.sections.start < sections.end && sections.start < planned.sections.end
            })
            .map(|planned| planned.language);
        match languages.next() {
            Some(first) if languages.all(|language| language == first) => first,
            _ => self.language,
        }
    }

    /// The text of a section, as the model reads it.
    pub fn text(&self, assistant: &Assistant, section: usize) -> Result<String, Error> {
        let document = &self.of(section).document;
        self.sections[section].text(&mut |number| page(assistant, document, number))
    }

    /// As people are told of a section.
    pub fn section(&self, number: usize) -> PlannedSection {
        let section = &self.sections[number];
        PlannedSection {
            document: self.of(number).document.id,
            heading: section.headings.last().cloned(),
            pages: section.pages(),
            tokens: section.tokens,
        }
    }

    /// As people are told of it.
    pub fn shown(&self) -> SummaryPlan {
        SummaryPlan {
            sections: (0..self.sections.len())
                .map(|number| self.section(number))
                .collect(),
            unread: self.unread.clone(),
            prompt_limit: self.limit,
            reply_limit: self.room.reply,
            at_once: self.room.at_once,
            context: self.context,
        }
    }
}

/// In less room than this there is nothing to summarize, in tokens.
const LEAST_TEXT: u32 = 96;

/// Tokens of prompts without a text: of all that any summary may have, so that documents are cut alike for all of them.
struct Frames {
    /// Of a note, in the language where it has the fewest, and the most.
    least: u32,
    most: u32,
    /// Of the longest prompt.
    longest: u32,
}

impl Frames {
    fn of(running: &Running, prompts: &Prompts) -> Result<Frames, Error> {
        let (mut least, mut most, mut longest) = (u32::MAX, 0, 0);
        for language in [Language::English, Language::French] {
            let note = running.count_prompt(prompts.note("", language))?;
            (least, most) = (least.min(note), most.max(note));
            for matter in Matter::ALL {
                let end = prompts.end("", SummaryLength::Detailed, matter, language);
                longest = longest.max(running.count_prompt(end)?);
            }
        }
        Ok(Frames {
            least,
            most,
            longest,
        })
    }

    /// The most tokens that the prompt of a note may have, if any other with the same text is to fit.
    fn limit(&self, room: &Room) -> u32 {
        let more = self.longest.saturating_sub(self.least);
        room.prompt.saturating_sub(more)
    }
}

/// A page of a document, as it was when that was cut.
pub(crate) fn page(
    assistant: &Assistant,
    document: &Document,
    number: u32,
) -> Result<Arc<Page>, Error> {
    let now = assistant.library().get(document.id).map(Arc::clone);
    let now = now.ok_or(Error::Summary(SummaryTrouble::Gone))?;
    if !now.has_bytes_of(document) {
        return Err(Error::Summary(SummaryTrouble::Changed));
    }
    Ok(Arc::new(assistant.page_of(&now, number)?))
}

/// Counts as the model does.
struct OfModel<'a> {
    running: &'a Running,
    prompts: &'a Prompts,
    language: Language,
}

impl Gauge for OfModel<'_> {
    fn texts(&mut self, texts: Vec<String>) -> Result<Vec<u32>, Error> {
        self.running.count_tokens(texts)
    }

    fn prompt(&mut self, text: &str) -> Result<u32, Error> {
        self.running
            .count_prompt(self.prompts.note(text, self.language))
    }
}

fn unread(document: &Document, page: &Page) -> Option<UnreadPage> {
    let why = page
        .warnings
        .iter()
        .find(|warning| !matches!(warning, PageWarning::Blank))?;
    Some(UnreadPage {
        document: document.id,
        number: page.number,
        why: *why,
    })
}

/// Why a document cannot be summarized, as far as that is known before it is cut.
fn trouble(assistant: &Assistant, engine: &Engine, document: &Document) -> Option<Error> {
    if assistant.count_passages(&[document.id]) == 0 {
        return Some(without_text(document));
    }
    let language = document.language?;
    (!engine.model().knows(language)).then(|| unknown_language(engine, language))
}

fn unknown_language(engine: &Engine, language: Language) -> Error {
    Error::Summary(SummaryTrouble::Language {
        model: engine.model().name.clone(),
        language,
    })
}

fn fail_if_none_is_left(documents: &[Planned]) -> Result<(), Error> {
    match documents
        .iter()
        .map(|planned| planned.trouble.clone())
        .collect::<Option<Vec<_>>>()
    {
        Some(mut troubles) => Err(troubles.swap_remove(0)),
        None => Ok(()),
    }
}

fn without_text(document: &Document) -> Error {
    match document.image_pages.is_empty() {
        true => Error::Document {
            name: document.name.clone(),
            trouble: DocumentTrouble::NoText,
        },
        false => Error::Summary(SummaryTrouble::OnlyImages),
    }
}
