//! Asking about all of it: everything in some documents that a question wants, not the best of it.
//!
//! What words, numbers and signs can decide is decided by them over every page (`scan.rs`). What they cannot, the model judges,
//! passage by passage, with nothing but yes or no to say (`judging.rs`). A list says what it covers: what could not be read, and what
//! was not judged yet.

mod amounts;
mod dates;
mod identifiers;
mod judging;
mod request;
mod scan;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

use aparte_protocol::documents::{Page, PageWarning, TextRange};

use crate::answer::Citation;
use crate::engine::Stop;
use crate::error::Error;
use crate::language::Language;
use crate::library::{Document, DocumentId};
use crate::quote::locate;
use crate::sentences::sentences;
use crate::{Assistant, question};
use request::{Request, Sought, Wish};

pub(crate) use judging::Judgements;

/// Everything that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundAll {
    /// What was found, each once, in the order in which it is first mentioned.
    pub items: Vec<FoundItem>,
    /// What `count` counts.
    pub counted: Counted,
    /// How many there are in what was covered.
    pub count: usize,
    /// Mentions that are counted and not among the items, because there are too many for anybody to read.
    pub unlisted: usize,
    /// Who decided.
    pub decided: Decided,
    /// What that covers.
    pub coverage: Coverage,
}

/// Something that was found, with every place where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundItem {
    /// As it is first written, in one line.
    pub text: String,
    /// In the order of the documents.
    pub mentions: Vec<Mention>,
}

/// A place where something stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// The sentence or row that it stands in.
    pub citation: Citation,
    /// Its own words, in the page's text.
    pub words: TextRange,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Different things.
    Items,
    /// Every mention.
    Mentions,
    /// Sentences with a mention.
    Sentences,
    /// Sections, articles or clauses with a mention, by their headings.
    Sections,
    /// Pages with a mention.
    Pages,
}

/// Who decides what belongs to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Words, numbers and signs alone.
    ByWords,
    /// The model, of what words have found.
    ByModelAmongFound,
    /// The model, of the passages that come nearest to the question.
    ByModel,
}

/// What a list covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Pages of the documents.
    pub pages: u32,
    /// Those of them of which something or everything could not be read.
    pub unread: Vec<(DocumentId, u32)>,
    /// Passages of the documents.
    pub passages: usize,
    /// Those that the model was to judge; none where words decide.
    pub to_judge: usize,
    /// Those that it has judged.
    pub judged: usize,
    /// Those that it is not asked about, because it does not know their language.
    pub foreign: usize,
}

/// What asking about all of it will take, told before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Who decides.
    pub decided: Decided,
    /// Passages of the documents.
    pub passages: usize,
    /// Those that the model has yet to judge.
    pub to_judge: usize,
    /// Milliseconds that this will take, where the model judges.
    pub expected_ms: Option<u64>,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingProgress {
    /// The model is being loaded: percent.
    Loading(u8),
    /// Pages that were looked through, and of all.
    Looked(u32, u32),
    /// Passages that were judged, and of all, with the milliseconds that the rest will take.
    Judged(usize, usize, u64),
}

/// How a question about everything can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It can mean nothing else, and words decide it at once.
    AtOnce,
    /// It may mean that, or the model has to judge.
    Beside,
}

/// Whether a question may be asked about all of it.
pub fn offer(question: &str) -> Option<Offer> {
    // A passage that a question is about may look like a wish of its own.
    if question::asked(question) != question {
        return None;
    }
    let wish = request::wish(question)?;
    let request = request::request(question);
    Some(match wish {
        Wish::Certain if request.decided => Offer::AtOnce,
        Wish::Certain | Wish::Possible => Offer::Beside,
    })
}

impl Assistant {
    /// Finds everything in some documents that a question wants. A stop gives what was found until then; asked again, it goes on
    /// from there.
    ///
    /// # Errors
    /// As [`Assistant::ask`]; without a model only where words do not decide.
    pub fn find_all(
        &self,
        question: &str,
        documents: &[DocumentId],
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
    ) -> Result<FoundAll, Error> {
        question::check(question)?;
        let request = request::request(question);
        let mut found = Collected::new(&request);
        let mut coverage =
            self.look_through(documents, stop, on_progress, &mut |page, language| {
                for one in scan::matches(&request, &page.page, language) {
                    found.take(page, one);
                }
            })?;
        let decided = decided(&request);
        if decided != Decided::ByWords {
            let asked = Asked {
                question,
                documents,
                request: &request,
            };
            found = self.judge_all(&asked, &mut coverage, stop, on_progress)?;
        }
        Ok(found.end(decided, coverage))
    }

    /// What asking about all of it will take. Where the model judges and nobody knows yet how fast it does, it judges a few
    /// passages first, which are not judged again.
    ///
    /// # Errors
    /// As [`Assistant::find_all`].
    pub fn plan_find_all(
        &self,
        question: &str,
        documents: &[DocumentId],
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
    ) -> Result<Plan, Error> {
        question::check(question)?;
        let request = request::request(question);
        let passages = self.count_passages(documents);
        let decided = decided(&request);
        let (to_judge, expected_ms) = match decided {
            Decided::ByWords => (0, None),
            Decided::ByModelAmongFound | Decided::ByModel => {
                let asked = Asked {
                    question,
                    documents,
                    request: &request,
                };
                let (to_judge, ms) = self.plan_judging(&asked, stop, on_progress)?;
                (to_judge, Some(ms))
            }
        };
        Ok(Plan {
            decided,
            passages,
            to_judge,
            expected_ms,
        })
    }

    /// Shows every page of some documents to `look`, and gives what that covered.
    fn look_through(
        &self,
        documents: &[DocumentId],
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
        look: &mut dyn FnMut(&PageRef, Language),
    ) -> Result<Coverage, Error> {
        let documents: Vec<Arc<Document>> = {
            let library = self.library();
            let there = documents.iter().filter_map(|id| library.get(*id));
            there.map(Arc::clone).collect()
        };
        let mut coverage = Coverage {
            pages: documents.iter().map(|document| document.pages).sum(),
            ..Coverage::default()
        };
        let mut done = 0;
        for document in documents {
            let language = document.language.unwrap_or(self.language());
            let mut unread = document.incomplete_pages.clone();
            for number in 1..=document.pages {
                if stop.is_told() {
                    // What was not looked at is not covered.
                    unread.extend(number..=document.pages);
                    break;
                }
                let page = Arc::new(self.page_of(&document, number)?);
                coverage.passages += page.passages.len();
                if page.warnings.contains(&PageWarning::Damaged) {
                    unread.push(number);
                }
                look(
                    &PageRef {
                        document: Arc::clone(&document),
                        page,
                    },
                    language,
                );
                done += 1;
                if done % 16 == 0 || done == coverage.pages {
                    on_progress(FindingProgress::Looked(done, coverage.pages));
                }
            }
            unread.sort_unstable();
            unread.dedup();
            coverage
                .unread
                .extend(unread.into_iter().map(|page| (document.id, page)));
        }
        Ok(coverage)
    }
}

fn decided(request: &Request) -> Decided {
    match request.sought {
        Sought::Matter => Decided::ByModel,
        _ if request.decided => Decided::ByWords,
        _ => Decided::ByModelAmongFound,
    }
}

/// What is asked of which documents.
struct Asked<'a> {
    question: &'a str,
    documents: &'a [DocumentId],
    request: &'a Request,
}

/// A page with its document.
#[derive(Clone)]
struct PageRef {
    document: Arc<Document>,
    page: Arc<Page>,
}

impl PageRef {
    /// What a range of the page says, as it is cited.
    fn cite(&self, range: Range<usize>) -> Citation {
        let PageRef { document, page } = self;
        let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let quote = page.text.get(range.clone()).unwrap_or_default().to_owned();
        // A sheet of thousands of rows is not looked through for each of them.
        let text = page.text.as_str();
        let start = text.floor_char_boundary(range.start.saturating_sub(200));
        let end = text.ceil_char_boundary(range.end.saturating_add(200).min(text.len()));
        let near = text.get(start..end).unwrap_or_default();
        let heading = || {
            let passages = page.passages.iter().rev();
            let passage = passages
                .into_iter()
                .find(|passage| passage.range.start as usize <= range.start);
            passage.and_then(|passage| passage.headings.last().cloned())
        };
        Citation {
            document: document.id,
            name: document.name.clone(),
            page: document.format.has_pages().then_some(page.number),
            anchor: match document.format.has_pages() {
                true => None,
                false => page.title.clone().or_else(heading),
            },
            range: TextRange {
                start: bytes(range.start),
                end: bytes(range.end),
            },
            // Looked up afresh: what says "verified" is the page, not the way we came.
            verified: locate(&quote, near).is_some(),
            quote,
        }
    }
}

/// What is found, while it is looked for.
struct Collected<'a> {
    request: &'a Request,
    items: Vec<FoundItem>,
    /// Which item has which key.
    places: HashMap<String, usize>,
    /// The page that was looked at last, with its sentences and what was cited of it.
    latest: Option<(DocumentId, u32, Vec<Range<usize>>)>,
    cited: HashMap<(usize, usize), Citation>,
    /// Mentions that are listed.
    listed: usize,
    /// Those that are not any more, and digests of the keys among them that no item has.
    unlisted: usize,
    others: HashSet<u64>,
    digests: RandomState,
}

/// So many mentions are listed, more than anybody reads; further ones are counted.
const MOST_LISTED: usize = 10_000;

impl<'a> Collected<'a> {
    fn new(request: &'a Request) -> Collected<'a> {
        Collected {
            request,
            items: Vec::new(),
            places: HashMap::new(),
            latest: None,
            cited: HashMap::new(),
            listed: 0,
            unlisted: 0,
            others: HashSet::new(),
            digests: RandomState::new(),
        }
    }

    /// Takes a match in, as another mention of what it is the same as.
    fn take(&mut self, at: &PageRef, found: scan::Match) {
        let page = (at.document.id, at.page.number);
        if self
            .latest
            .as_ref()
            .is_none_or(|latest| (latest.0, latest.1) != page)
        {
            self.latest = Some((page.0, page.1, sentences(&at.page.text)));
            self.cited.clear();
        }
        let sentences = self.latest.as_ref().map_or(&[][..], |latest| &latest.2);
        let (key, text) = match scan::place(self.request.counted, &at.page, sentences, &found.range)
        {
            Some((key, text)) => (format!("{} {key}", at.document.id), text),
            None => (found.key, found.text),
        };
        let place = self.same(&key);
        if self.listed >= MOST_LISTED {
            self.unlisted += 1;
            if place.is_none() {
                self.others.insert(self.digests.hash_one(&key));
            }
            return;
        }
        self.listed += 1;
        let sentences = self.latest.as_ref().map_or(&[][..], |latest| &latest.2);
        let quote = quote_around(sentences, &found.range, &at.page.text);
        let citation = self
            .cited
            .entry((quote.start, quote.end))
            .or_insert_with(|| at.cite(quote))
            .clone();
        let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mention = Mention {
            citation,
            words: TextRange {
                start: bytes(found.range.start),
                end: bytes(found.range.end),
            },
        };
        let place = place.unwrap_or(self.items.len());
        self.places.insert(key, place);
        match self.items.get_mut(place) {
            Some(item) => item.mentions.push(mention),
            None => self.items.push(FoundItem {
                text,
                mentions: vec![mention],
            }),
        }
    }

    /// The item that has this key already. An amount whose currency is said elsewhere, in the head of its column, is the same
    /// as one that says it.
    fn same(&self, key: &str) -> Option<usize> {
        let same = self.places.get(key).copied();
        same.or_else(|| match key.split_once('|')? {
            (value, "") => ["EUR", "USD", "GBP", "CHF"]
                .iter()
                .find_map(|money| self.places.get(&format!("{value}|{money}")).copied()),
            (_, "%") => None,
            (value, _) => self.places.get(&format!("{value}|")).copied(),
        })
    }

    fn end(self, decided: Decided, coverage: Coverage) -> FoundAll {
        let count = match self.request.counted {
            Counted::Mentions => self.listed + self.unlisted,
            Counted::Items | Counted::Sentences | Counted::Sections | Counted::Pages => {
                self.items.len() + self.others.len()
            }
        };
        FoundAll {
            items: self.items,
            counted: self.request.counted,
            count,
            unlisted: self.unlisted,
            decided,
            coverage,
        }
    }
}

/// The longest quote, in bytes: a sentence that is longer is a table or a list that nobody reads as one.
const LONGEST_QUOTE: usize = 600;

/// The sentence that a match stands in, or, where that is long, its lines.
fn quote_around(sentences: &[Range<usize>], range: &Range<usize>, text: &str) -> Range<usize> {
    let sentence = scan::around(sentences, range);
    if sentence.len() <= LONGEST_QUOTE {
        return sentence;
    }
    let start = text[..range.start]
        .rfind('\n')
        .map_or(0, |at| at + 1)
        .max(sentence.start);
    let end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |to| range.end + to)
        .min(sentence.end);
    match end - start <= LONGEST_QUOTE {
        true => start..end,
        false => range.clone(),
    }
}

#[cfg(test)]
mod tests {
    use aparte_protocol::documents::Passage;
    use aparte_vault::Vault;

    use super::*;
    use crate::adding::add_pages;

    /// A table of so many different amounts, each twice.
    fn page_of(amounts: usize) -> Page {
        let rows = (0..2 * amounts).map(|row| format!("row\t{} euros\n", 1_000 + row % amounts));
        let text: String = rows.collect();
        let range = TextRange {
            start: 0,
            end: text.len() as u32,
        };
        Page {
            number: 1,
            text,
            passages: vec![Passage {
                range,
                headings: Vec::new(),
                header: None,
            }],
            ..Page::default()
        }
    }

    #[test]
    fn a_list_that_nobody_reads_to_its_end_is_bounded_and_its_count_is_not() {
        let vault = Vault::in_memory().unwrap();
        let assistant =
            Assistant::open(vault, "no-worker".into(), None, Language::English).unwrap();
        let amounts = MOST_LISTED - 1_000;
        let page = page_of(amounts);
        let text = page.text.clone();
        let table = add_pages(&assistant, "amounts.csv", text.as_bytes(), vec![page]);
        let never = Stop::default();
        let question = "List every amount over 500 euros";
        let found = assistant
            .find_all(question, &[table], &never, &mut |_| {})
            .unwrap();
        let listed: usize = found.items.iter().map(|item| item.mentions.len()).sum();
        assert_eq!(
            (listed, found.unlisted),
            (MOST_LISTED, amounts * 2 - MOST_LISTED)
        );
        assert_eq!((found.counted, found.count), (Counted::Items, amounts));
    }
}
