//! Pages that are images, as text recognition in the window reads them: their words become a page like any other.
//!
//! What is recognised comes out of a picture in the document, and is as hostile as the document.

use aparte_protocol::documents::{Page, Passage, TextRange, Word};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::indexing::{self, PageTexts};
use crate::language::Language;
use crate::library::{DocumentId, Head};
use crate::{Assistant, pages, stored};

/// A word that was recognised on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecognisedWord {
    /// What it reads.
    pub text: String,
    /// How sure that is, from 0 to 100.
    pub confidence: f32,
    /// Left, top, width and height in points from the page's top left corner.
    pub rect: [f32; 4],
    /// Which line of the page it is on, in reading order.
    pub line: u32,
    /// Which paragraph of the page it is in, in reading order.
    pub paragraph: u32,
}

/// What was recognised on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecognisedPage {
    /// The page, counted from 1.
    pub number: u32,
    /// Width and height in points.
    pub size: (f32, f32),
    /// Its words in reading order.
    pub words: Vec<RecognisedWord>,
}

/// More words are not taken of a page: a full page of a newspaper has about 5,000.
const WORDS_LIMIT: usize = 20_000;
/// Longer words are cut, in characters.
const WORD_LIMIT: usize = 200;
/// Longer lines are broken, in characters.
const LINE_LIMIT: usize = 1_000;
/// No side of a page is longer, in points: the limit of ISO 32000-1, annex C.
const SIDE_LIMIT: f32 = 14_400.0;

/// A passage ends after the first paragraph that makes it this long, in characters.
const ENOUGH: usize = 600;
/// No passage is longer, in characters; it ends between two lines.
const LIMIT: usize = 1_200;

/// What is sealed of a recognised page beside the page itself. Its layout is frozen.
#[derive(Serialize, Deserialize)]
struct Recognition {
    /// How sure its text is, in percent.
    confidence: u8,
}

impl RecognisedPage {
    /// The page that its words make, cut into passages.
    pub fn page(&self) -> Page {
        page_of(self)
    }

    /// How sure its text is, in percent: the mean over its words, 0 without any.
    pub fn confidence(&self) -> u8 {
        confidence(&self.words)
    }
}

impl Assistant {
    /// Puts what was recognised in the place of a page that was nothing but an image, and lets it be found. A page that has
    /// text of its own, or is not there, stays as it is. Gives whether the page was taken.
    ///
    /// # Errors
    /// What the vault reports; the page is as it was then.
    pub fn take_recognised(
        &self,
        id: DocumentId,
        recognised: &RecognisedPage,
    ) -> Result<bool, Error> {
        let number = recognised.number;
        let mut library = self.library();
        let Some(document) = library.get(id) else {
            return Ok(false);
        };
        if !document.image_pages.contains(&number) {
            return Ok(false);
        }
        let private = document.private;
        let vault = self.vault_for(private);
        let page = recognised.page();
        let recognition = Recognition {
            confidence: recognised.confidence(),
        };
        let mut head = Head::decode(&vault.head(id.0, aparte_vault::OwnerKind::Document)?)?;
        head.image_pages.retain(|image| *image != number);
        head.incomplete_pages.retain(|page| *page != number);
        head.language = head.language.or_else(|| Language::of(&page.text));

        let before = vault.fingerprint(id.0)?;
        let old = vault.record(id.0, stored::PAGE, number)?;
        let outdated = [
            vault.record(id.0, stored::VECTORS, number)?,
            vault.record(id.0, stored::RECOGNITION, number)?,
        ];
        let body = pages::encode(&page);
        vault.write(|change| {
            match &old {
                Some(old) => change.replace(id.0, old.id, &body)?,
                None => drop(change.put(id.0, stored::PAGE, number, &body)?),
            }
            for record in outdated.iter().flatten() {
                change.remove_record(id.0, record.id)?;
            }
            let recognition = stored::encode(&recognition);
            change.put(id.0, stored::RECOGNITION, number, &recognition)?;
            change.set_head(id.0, &head.encode())
        })?;
        let after = vault.fingerprint(id.0)?;
        let (language, pages) = (head.language, head.pages);
        // An image has no passage in the index, so that those of the page are only added to the others.
        if library.index().covers(*id.0.as_bytes(), before) {
            let texts = [PageTexts::of(page, Vec::new())];
            indexing::add_to_document(library.index_mut(), id.0, after, language, &texts)?;
        } else {
            let texts = indexing::texts(vault, id.0, pages)?;
            indexing::put_document(library.index_mut(), id.0, after, language, &texts)?;
        }
        library.take(id, head, private);
        Ok(true)
    }

    /// How sure the text of a recognised page is, in percent; `None` for a page that was not recognised.
    ///
    /// # Errors
    /// What the vault reports when it cannot be read at all.
    pub fn recognition(&self, id: DocumentId, number: u32) -> Result<Option<u8>, Error> {
        let Some(private) = self.library().get(id).map(|document| document.private) else {
            return Ok(None);
        };
        let record = match self
            .vault_for(private)
            .record(id.0, stored::RECOGNITION, number)
        {
            Ok(record) => record,
            Err(aparte_vault::VaultError::Damaged(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let kept = record.and_then(|record| stored::decode::<Recognition>(&record.body).ok());
        Ok(kept.map(|kept| kept.confidence.min(100)))
    }
}

/// The mean over all words, in percent; 0 without any.
fn confidence(words: &[RecognisedWord]) -> u8 {
    let sure = words.iter().map(|word| match word.confidence {
        sure if sure.is_finite() => sure.clamp(0.0, 100.0),
        _ => 0.0,
    });
    let sum: f32 = sure.sum();
    (sum / words.len().max(1) as f32).round() as u8
}

/// The page that recognised words make.
fn page_of(recognised: &RecognisedPage) -> Page {
    let mut text = String::new();
    let mut words = Vec::new();
    let mut lines = Vec::new();
    let mut open: Option<Open> = None;
    for word in recognised.words.iter().take(WORDS_LIMIT) {
        let reads: String = word
            .text
            .chars()
            .filter(|character| !character.is_control() && !character.is_whitespace())
            .take(WORD_LIMIT)
            .collect();
        if reads.is_empty() {
            continue;
        }
        let same_paragraph = open
            .as_ref()
            .is_some_and(|open| open.paragraph == word.paragraph);
        let same_line = same_paragraph
            && open.as_ref().is_some_and(|open| {
                open.line == word.line && text.len() - open.start + reads.len() < LINE_LIMIT
            });
        let start = match open {
            Some(open) if same_line => {
                text.push(' ');
                open.start
            }
            Some(open) => {
                lines.push(Line {
                    range: range(open.start, text.len()),
                    ends_paragraph: !same_paragraph,
                });
                text.push_str(if same_paragraph { "\n" } else { "\n\n" });
                text.len()
            }
            None => 0,
        };
        words.push(Word {
            range: range(text.len(), text.len() + reads.len()),
            rect: on_page(word.rect),
        });
        text.push_str(&reads);
        open = Some(Open {
            start,
            line: word.line,
            paragraph: word.paragraph,
        });
    }
    if let Some(open) = open {
        lines.push(Line {
            range: range(open.start, text.len()),
            ends_paragraph: true,
        });
    }
    Page {
        number: recognised.number,
        passages: passages(&text, &lines),
        text,
        words,
        size: (side(recognised.size.0), side(recognised.size.1)),
        ..Page::default()
    }
}

/// The line that is being written.
struct Open {
    /// Where in the text it begins.
    start: usize,
    line: u32,
    paragraph: u32,
}

/// A line of the page's text.
struct Line {
    range: TextRange,
    ends_paragraph: bool,
}

/// Cuts the text between paragraphs, and between lines where one is too long.
fn passages(text: &str, lines: &[Line]) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut open: Option<TextRange> = None;
    let characters = |range: TextRange| range.of(text).unwrap_or_default().chars().count();
    let mut close = |range| {
        passages.push(Passage {
            range,
            headings: Vec::new(),
            header: None,
        });
    };
    for line in lines {
        let with_line = |open: TextRange| range(open.start as usize, line.range.end as usize);
        let grown = match open {
            Some(open) if characters(with_line(open)) <= LIMIT => with_line(open),
            Some(open) => {
                close(open);
                line.range
            }
            None => line.range,
        };
        open = Some(grown);
        if line.ends_paragraph && characters(grown) >= ENOUGH {
            close(grown);
            open = None;
        }
    }
    if let Some(open) = open {
        close(open);
    }
    passages
}

fn range(start: usize, end: usize) -> TextRange {
    // A page's text stays far below 4 GiB: so many words of so many characters.
    TextRange {
        start: start as u32,
        end: end as u32,
    }
}

fn side(points: f32) -> f32 {
    match points.is_finite() {
        true => points.clamp(0.0, SIDE_LIMIT),
        false => 0.0,
    }
}

fn on_page(rect: [f32; 4]) -> [f32; 4] {
    rect.map(side)
}

#[cfg(test)]
mod tests {
    use aparte_protocol::documents::PageWarning;

    use aparte_vault::Vault;

    use super::*;
    use crate::adding::add_pages;

    fn word(text: &str, line: u32, paragraph: u32) -> RecognisedWord {
        RecognisedWord {
            text: text.into(),
            confidence: 90.0,
            rect: [72.0, 72.0 + 14.0 * line as f32, 40.0, 12.0],
            line,
            paragraph,
        }
    }

    fn a_page(words: Vec<RecognisedWord>) -> RecognisedPage {
        RecognisedPage {
            number: 1,
            size: (595.0, 842.0),
            words,
        }
    }

    #[test]
    fn words_become_lines_and_paragraphs_that_their_ranges_name() {
        let page = page_of(&a_page(vec![
            word("The", 0, 0),
            word("rent", 0, 0),
            word("is\u{7}", 1, 0),
            word(" ", 1, 0),
            word("due.", 2, 1),
        ]));
        assert_eq!(page.text, "The rent\nis\n\ndue.");
        let read: Vec<_> = page
            .words
            .iter()
            .map(|word| word.range.of(&page.text))
            .collect();
        assert_eq!(read, [Some("The"), Some("rent"), Some("is"), Some("due.")]);
        assert_eq!(page.words[3].rect, [72.0, 100.0, 40.0, 12.0]);
        assert_eq!(page.passages.len(), 1, "a few words are one passage");
    }

    #[test]
    fn passages_end_with_paragraphs_and_never_grow_too_long() {
        let long = |paragraph: u32, lines: u32| {
            (0..lines).flat_map(move |line| {
                (0..10).map(move |_| word("recognised", paragraph * 100 + line, paragraph))
            })
        };
        let page = page_of(&a_page(long(0, 7).chain(long(1, 40)).collect()));
        let lengths: Vec<_> = page
            .passages
            .iter()
            .map(|passage| passage.range.of(&page.text).unwrap().chars().count())
            .collect();
        assert!(lengths.iter().all(|length| *length <= LIMIT), "{lengths:?}");
        assert_eq!(
            lengths[0],
            7 * 110 - 1,
            "the first paragraph is one passage"
        );
        let cut: usize = page
            .passages
            .iter()
            .map(|passage| {
                passage
                    .range
                    .of(&page.text)
                    .unwrap()
                    .split_whitespace()
                    .count()
            })
            .sum();
        assert_eq!(cut, page.words.len(), "every word is in one passage");
    }

    #[test]
    fn what_is_no_place_on_a_page_is_brought_onto_it() {
        let mut odd = word("odd", 0, 0);
        odd.rect = [f32::NAN, -5.0, f32::INFINITY, 1e9];
        odd.confidence = f32::NAN;
        let mut recognised = a_page(vec![odd, word(&"x".repeat(9_000), 0, 0)]);
        recognised.size = (f32::INFINITY, -1.0);
        let page = page_of(&recognised);
        assert_eq!(page.words[0].rect, [0.0, 0.0, 0.0, SIDE_LIMIT]);
        assert_eq!(page.size, (0.0, 0.0));
        assert_eq!(page.text.len(), 4 + WORD_LIMIT);
        assert_eq!(confidence(&recognised.words), 45);
    }

    #[test]
    fn an_image_that_was_read_is_found_and_stays_read() {
        let vault = Vault::in_memory().unwrap();
        let assistant =
            Assistant::open(vault, "no worker".into(), None, Language::English).unwrap();
        let image = Page {
            number: 1,
            warnings: vec![PageWarning::OnlyImages],
            ..Page::default()
        };
        let id = add_pages(&assistant, "scan.pdf", b"a scan", vec![image]);
        let images = |assistant: &Assistant| {
            assistant.with_document(id, |document| {
                (
                    document.image_pages.clone(),
                    document.incomplete_pages.clone(),
                )
            })
        };
        assert_eq!(images(&assistant), Some((vec![1], vec![1])));
        assert_eq!(assistant.recognition(id, 1), Ok(None));

        let recognised = a_page(vec![word("Lighthouse", 0, 0), word("keepers", 0, 0)]);
        assert_eq!(assistant.take_recognised(id, &recognised), Ok(true));
        assert_eq!(images(&assistant), Some((vec![], vec![])));
        assert_eq!(assistant.recognition(id, 1), Ok(Some(90)));
        let found = assistant.search("lighthouse", &[id], 5).unwrap();
        assert_eq!(found.len(), 1, "its words are found");

        let other = a_page(vec![word("forged", 0, 0)]);
        assert_eq!(
            assistant.take_recognised(id, &other),
            Ok(false),
            "a page that has text keeps it"
        );
        assert_eq!(
            assistant.page(id, 1).unwrap().unwrap().text,
            "Lighthouse keepers"
        );
        let mut library = crate::library::Library::open(&assistant.vault).unwrap();
        let kept = library.get(id).unwrap();
        assert_eq!(
            (kept.image_pages.as_slice(), kept.pages),
            (&[][..], 1),
            "it is on the disk"
        );
        let index = library.index_mut();
        let found = index.search("lighthouse", None, 5, |_| true).unwrap();
        assert_eq!(found.len(), 1, "and found from there");
    }
}
