//! What of a document is read, and in which sections.

use std::sync::Arc;
use std::time::Instant;

use aparte_protocol::documents::{Page, PageWarning};

use super::prompts::Prompts;
use super::room::Room;
use super::sections::{Cutter, Gauge, Section};
use super::{
    PlannedSection, SummaryLength, SummaryPlan, SummaryProgress, SummaryStyle, SummaryTrouble,
    SummaryWish, UnreadPage, loading,
};
use crate::Assistant;
use crate::engine::{Running, Stop};
use crate::error::{DocumentTrouble, Error};
use crate::library::{Document, DocumentId};

/// A document cut into sections for one model.
pub(crate) struct Plan {
    pub document: Arc<Document>,
    pub prompts: Prompts,
    pub room: Room,
    /// The most tokens of a prompt, whichever.
    pub limit: u32,
    /// Tokens of a prompt without a text.
    pub frame: u32,
    pub sections: Vec<Section>,
    pub unread: Vec<UnreadPage>,
    /// Of the model.
    pub fingerprint: [u8; 32],
    /// Tokens that the context holds.
    pub context: u32,
    /// Milliseconds that it took until the model was there.
    pub load_ms: u64,
}

impl Plan {
    /// Loads the model and cuts the document; `None` if `stop` was told before.
    pub fn make(
        assistant: &Assistant,
        id: DocumentId,
        wish: &SummaryWish,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<Option<Plan>, Error> {
        let document = assistant.library().get(id).map(Arc::clone);
        let document = document.ok_or(Error::Summary(SummaryTrouble::Gone))?;
        if assistant.count_passages(&[id]) == 0 {
            return Err(without_text(&document));
        }
        let engine = assistant.engine()?;
        let own = document.language;
        // A document of numbers alone has no language.
        let language = wish.language.or(own).unwrap_or(assistant.language());
        for language in own.into_iter().chain([language]) {
            if !engine.model().knows(language) {
                return Err(Error::Summary(SummaryTrouble::Language {
                    model: engine.model().name.clone(),
                    language,
                }));
            }
        }
        let focus = wish.focus.as_deref().map(str::trim);
        let prompts = Prompts {
            language,
            minutes: wish.style == SummaryStyle::Minutes,
            focus: focus.filter(|focus| !focus.is_empty()).map(str::to_owned),
        };
        let started = Instant::now();
        let Some(running) = engine.ready(stop, &mut loading(on_progress))? else {
            return Ok(None);
        };
        let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let room = Room::of(&running.facts);
        let mut plan = Plan {
            document,
            limit: 0,
            frame: 0,
            room,
            sections: Vec::new(),
            unread: Vec::new(),
            fingerprint: running.facts.fingerprint,
            context: running.facts.context,
            load_ms,
            prompts,
        };
        plan.frame = running.count_prompt(plan.prompts.note(""))?;
        let whole = plan.prompts.whole("", SummaryLength::Detailed, wish.style);
        // The last prompt asks for more than the others, in more words.
        let more = running.count_prompt(whole)?.saturating_sub(plan.frame);
        plan.limit = room.prompt.saturating_sub(more);
        if plan.limit < plan.frame + LEAST_TEXT {
            let without_focus = Prompts {
                focus: None,
                ..plan.prompts.clone()
            };
            let frame = running.count_prompt(without_focus.note(""))?;
            return Err(Error::Summary(match plan.limit < frame + LEAST_TEXT {
                true => SummaryTrouble::ContextTooShort(plan.context),
                false => SummaryTrouble::FocusTooLong,
            }));
        }
        match plan.cut(assistant, &running, stop, on_progress)? {
            true => Ok(Some(plan)),
            false => Ok(None),
        }
    }

    /// Cuts the document. False if `stop` was told before its end.
    fn cut(
        &mut self,
        assistant: &Assistant,
        running: &Running,
        stop: &Stop,
        on_progress: &mut dyn FnMut(SummaryProgress),
    ) -> Result<bool, Error> {
        let mut gauge = OfModel {
            running,
            prompts: &self.prompts,
        };
        let mut cutter = Cutter::new(&mut gauge, self.limit)?;
        for number in 1..=self.document.pages {
            if stop.is_told() {
                return Ok(false);
            }
            let page = self.page(assistant, number)?;
            self.unread.extend(unread(&page));
            cutter.add(page)?;
            on_progress(SummaryProgress::Cutting(number, self.document.pages));
        }
        self.sections = cutter.finish()?;
        if self.sections.is_empty() {
            return Err(without_text(&self.document));
        }
        Ok(true)
    }

    /// A page of the document, as it was when the plan was made.
    pub fn page(&self, assistant: &Assistant, number: u32) -> Result<Arc<Page>, Error> {
        let now = assistant.library().get(self.document.id).map(Arc::clone);
        let now = now.ok_or(Error::Summary(SummaryTrouble::Gone))?;
        if !now.has_bytes_of(&self.document) {
            return Err(Error::Summary(SummaryTrouble::Changed));
        }
        Ok(Arc::new(assistant.page_of(&now, number)?))
    }

    /// The text of a section, as the model reads it.
    pub fn text(&self, assistant: &Assistant, section: usize) -> Result<String, Error> {
        self.sections[section].text(&mut |number| self.page(assistant, number))
    }

    /// As people are told of a section.
    pub fn section(&self, number: usize) -> PlannedSection {
        let section = &self.sections[number];
        PlannedSection {
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

/// Counts as the model does.
struct OfModel<'a> {
    running: &'a Running,
    prompts: &'a Prompts,
}

impl Gauge for OfModel<'_> {
    fn texts(&mut self, texts: Vec<String>) -> Result<Vec<u32>, Error> {
        self.running.count_tokens(texts)
    }

    fn prompt(&mut self, text: &str) -> Result<u32, Error> {
        self.running.count_prompt(self.prompts.note(text))
    }
}

fn unread(page: &Page) -> Option<UnreadPage> {
    let why = page
        .warnings
        .iter()
        .find(|warning| !matches!(warning, PageWarning::Blank))?;
    Some(UnreadPage {
        number: page.number,
        why: *why,
    })
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
