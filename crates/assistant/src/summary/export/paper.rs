//! What a summary says, block by block, before it is written in a format.

use std::ops::RangeInclusive;

use aparte_protocol::documents::PageWarning;

use crate::answer::{Citation, Ending};
use crate::language::Language;
use crate::library::DocumentId;
use crate::summary::{Summary, SummaryCoverage, SummarySection, SummarySentence, SummaryStyle};

/// A summary laid out.
pub(super) struct Paper {
    pub title: String,
    pub blocks: Vec<Block>,
    /// The footnotes, from the first.
    pub notes: Vec<String>,
    /// What it is written in.
    pub language: Language,
}

/// What stands below each other.
pub(super) enum Block {
    Heading(String),
    Paragraph(Vec<Run>),
    Item(Vec<Run>),
}

/// What stands after each other, with the spaces between in it.
pub(super) enum Run {
    Text(String),
    /// Nothing in the documents bears this out.
    Doubtful(String),
    /// The mark of a footnote, by its place among them.
    Note(usize),
}

impl Paper {
    pub fn of(summary: &Summary, style: SummaryStyle, language: Language) -> Paper {
        let mut writer = Writer {
            summary,
            language,
            citations: Vec::new(),
        };
        let mut blocks = Vec::new();
        let coverage = &summary.coverage;
        if summary.ending != Ending::Complete || coverage.read < coverage.total {
            let cut = writer.say(
                "This summary is not whole: not everything was read, or it was ended before its end.",
                "Ce résumé n'est pas entier\u{202f}: tout n'a pas été lu, ou il a été arrêté avant la fin.",
            );
            blocks.push(Block::Paragraph(vec![Run::Text(cut.to_owned())]));
        }
        for section in &summary.sections {
            writer.section(section, style, &mut blocks);
        }
        let heading = writer.say("Coverage", "Étendue");
        blocks.push(Block::Heading(heading.to_owned()));
        writer.coverage(&summary.coverage, &mut blocks);
        Paper {
            title: writer.title(),
            notes: writer.citations.iter().map(|it| writer.note(it)).collect(),
            blocks,
            language,
        }
    }
}

struct Writer<'s> {
    summary: &'s Summary,
    language: Language,
    /// Those that have a footnote.
    citations: Vec<&'s Citation>,
}

impl<'s> Writer<'s> {
    fn say(&self, english: &'static str, french: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    fn say_with(
        &self,
        english: impl FnOnce() -> String,
        french: impl FnOnce() -> String,
    ) -> String {
        match self.language {
            Language::English => english(),
            Language::French => french(),
        }
    }

    fn quoted(&self, words: &str) -> String {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        self.say_with(
            || format!("“{words}”"),
            || format!("«\u{202f}{words}\u{202f}»"),
        )
    }

    fn title(&self) -> String {
        match self.summary.documents.as_slice() {
            [single] => format!(
                "{} {}",
                self.say("Summary of", "Résumé de"),
                self.quoted(&single.name)
            ),
            several => self.say_with(
                || format!("Summary of {} documents", several.len()),
                || format!("Résumé de {} documents", several.len()),
            ),
        }
    }

    fn section(
        &mut self,
        section: &'s SummarySection,
        style: SummaryStyle,
        blocks: &mut Vec<Block>,
    ) {
        let is_digest = self.is_digest();
        let name = self.name(section.document);
        let mut sentences: Vec<Vec<Run>> = section
            .sentences
            .iter()
            .map(|sentence| self.sentence(sentence))
            .collect();
        if is_digest && let Some(name) = name {
            // A line a document.
            let said = self.say_with(|| format!("{name}: "), || format!("{name}\u{202f}: "));
            let mut line = vec![Run::Text(said)];
            line.extend(sentences.into_iter().flatten());
            blocks.push(Block::Item(line));
            return;
        }
        blocks.extend(self.heading(section).map(Block::Heading));
        if style == SummaryStyle::Bullets {
            blocks.extend(sentences.into_iter().map(Block::Item));
            return;
        }
        for sentence in sentences.iter_mut().skip(1) {
            sentence.insert(0, Run::Text(" ".to_owned()));
        }
        if !sentences.is_empty() {
            blocks.push(Block::Paragraph(sentences.into_iter().flatten().collect()));
        }
    }

    /// Whether each part is a line on a document.
    fn is_digest(&self) -> bool {
        let mut parts = self
            .summary
            .sections
            .iter()
            .filter(|section| section.document.is_some());
        self.summary.documents.len() > 1 && parts.all(|part| part.sentences.len() <= 1)
    }

    /// The name of a document, where there are several.
    fn name(&self, id: Option<DocumentId>) -> Option<&'s str> {
        let documents = &self.summary.documents;
        let found = documents
            .iter()
            .find(|document| Some(document.document) == id);
        found
            .filter(|_| documents.len() > 1)
            .map(|document| document.name.as_str())
    }

    /// The pages of a part, where its document has several.
    fn pages_of(&self, id: DocumentId, pages: &RangeInclusive<u32>) -> Option<String> {
        let documents = &self.summary.documents;
        let document = documents.iter().find(|document| document.document == id)?;
        (document.pages > 1).then(|| self.pages(pages))
    }

    fn pages(&self, pages: &RangeInclusive<u32>) -> String {
        let (first, last) = (pages.start(), pages.end());
        match first == last {
            true => format!("p. {first}"),
            false => self.say_with(
                || format!("pp. {first}–{last}"),
                || format!("p. {first}–{last}"),
            ),
        }
    }

    fn heading(&self, section: &SummarySection) -> Option<String> {
        let pages = section.document.zip(section.pages.as_ref());
        let pages = pages.and_then(|(id, pages)| self.pages_of(id, pages));
        let name = self.name(section.document).map(str::to_owned);
        let named: Vec<String> = name.into_iter().chain(section.heading.clone()).collect();
        let named = (!named.is_empty()).then(|| named.join(" · "));
        match (named, pages) {
            (Some(named), Some(pages)) => Some(format!("{named} ({pages})")),
            (named, pages) => named.or(pages),
        }
    }

    fn sentence(&mut self, sentence: &'s SummarySentence) -> Vec<Run> {
        let text = match sentence.is_quote {
            true => self.quoted(&sentence.text),
            false => sentence.text.clone(),
        };
        let mut runs = Vec::new();
        match &sentence.citation {
            Some(citation) => {
                let known = self
                    .citations
                    .iter()
                    .position(|earlier| *earlier == citation);
                let place = known.unwrap_or_else(|| {
                    self.citations.push(citation);
                    self.citations.len() - 1
                });
                runs.push(Run::Text(text));
                runs.push(Run::Note(place));
            }
            None => {
                runs.push(Run::Doubtful(text));
                let unsupported = self.say(" [unsupported]", " [non étayé]");
                runs.push(Run::Text(unsupported.to_owned()));
            }
        }
        if !sentence.unknown.is_empty() {
            let words = sentence.unknown.join(", ");
            let where_not = sentence.citation.is_some();
            runs.push(Run::Text(self.say_with(
                || match where_not {
                    true => format!(" [not on that page: {words}]"),
                    false => format!(" [not in the document: {words}]"),
                },
                || match where_not {
                    true => format!(" [absent de cette page\u{202f}: {words}]"),
                    false => format!(" [absent du document\u{202f}: {words}]"),
                },
            )));
        }
        runs
    }

    fn note(&self, citation: &Citation) -> String {
        let name = &citation.name;
        let place = match (citation.page, citation.anchor.as_deref()) {
            (Some(page), _) => format!("{name}, p. {page}"),
            (None, Some(anchor)) => format!("{name}, {anchor}"),
            (None, None) => name.clone(),
        };
        let standing = match citation.verified {
            true => self.say("verified", "vérifié"),
            false => self.say("not found in the source", "introuvable dans la source"),
        };
        let quote = self.quoted(&citation.quote);
        self.say_with(
            || format!("{place} ({standing}): {quote}"),
            || format!("{place} ({standing})\u{202f}: {quote}"),
        )
    }

    /// What was read, what could not be, and what is not in the summary: exactly, so that no part passes for the whole.
    fn coverage(&self, coverage: &SummaryCoverage, blocks: &mut Vec<Block>) {
        let SummaryCoverage {
            read,
            total,
            pages,
            unread,
            shown,
            left_out,
            outline: _,
        } = coverage;
        let mut push = |text: String| blocks.push(Block::Paragraph(vec![Run::Text(text)]));
        push(self.say_with(
            || {
                format!(
                    "Sections read: {read} of {total} (pages: {pages}). Sections that the sentences above are drawn from: \
                     {shown} of {total}."
                )
            },
            || {
                format!(
                    "Parties lues\u{202f}: {read} sur {total} (pages\u{202f}: {pages}). Parties dont proviennent les phrases \
                     ci-dessus\u{202f}: {shown} sur {total}."
                )
            },
        ));
        if !unread.is_empty() {
            let listed = unread.iter().map(|page| {
                let why = self.why(page.why);
                match self.name(Some(page.document)) {
                    Some(name) => format!("{name}, p. {} ({why})", page.number),
                    None => format!("{} ({why})", page.number),
                }
            });
            let listed = listed.collect::<Vec<_>>().join(", ");
            push(self.say_with(
                || format!("Pages that could not be read, or not completely: {listed}."),
                || {
                    format!(
                        "Pages qui n'ont pas pu être lues, ou pas entièrement\u{202f}: {listed}."
                    )
                },
            ));
        }
        for document in &self.summary.documents {
            if let Some(trouble) = &document.trouble {
                let (name, why) = (&document.name, trouble.sentence(self.language));
                push(self.say_with(
                    || format!("Not summarized: {name}. {why}"),
                    || format!("Non résumé\u{202f}: {name}. {why}"),
                ));
            }
        }
        if left_out.is_empty() {
            return;
        }
        let heading = self.say(
            "Not in this summary (left out by its length, or not supported):",
            "Absentes de ce résumé (omises par sa longueur, ou non étayées)\u{202f}:",
        );
        push(heading.to_owned());
        for section in left_out {
            let pages = self.pages_of(section.document, &section.pages);
            let name = self.name(Some(section.document)).map(str::to_owned);
            let parts: Vec<String> = name
                .into_iter()
                .chain(section.heading.clone())
                .chain(pages)
                .collect();
            let place = match parts.is_empty() {
                true => self
                    .say("a section without a heading", "une partie sans titre")
                    .to_owned(),
                false => parts.join(", "),
            };
            blocks.push(Block::Item(vec![Run::Text(place)]));
        }
    }

    fn why(&self, warning: PageWarning) -> &'static str {
        match warning {
            PageWarning::OnlyImages => self.say("an image", "une image"),
            PageWarning::Blank => self.say("blank", "vierge"),
            PageWarning::Damaged => self.say("damaged", "endommagée"),
            PageWarning::Unmapped => {
                self.say("fonts without characters", "polices sans caractères")
            }
        }
    }
}
