//! What the benchmarks of the vault, of answers and of summaries need of the inside: filling a vault without a reader or a model, and the index by
//! itself, with vectors that no document brings yet. Built with the feature `bench` alone.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_protocol::documents::{Format, Page, Passage, TextRange};
use aparte_vault::{Listing, OwnerKind, Record, RecordId, Vault};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::search::{Owner, Vector};
pub use crate::summary::measuring::{Batch, Covered, covered, written};
pub use aparte_vault::{OwnerId, Sealer};

use crate::Assistant;
use crate::answer::{Answer, AnswerTimings, Citation, Ending, Lead, Mode};
use crate::conversation::Message;
use crate::engine::Stop;
use crate::language::Language;
use crate::library::{DocumentId, Head};
use crate::search::{Entry, Hit, MessageEntry, SearchIndex};
use crate::stored;
use crate::vectors::question_vector;

/// What can go wrong in a benchmark.
pub type Failure = Box<dyn Error>;

/// What is sealed of a conversation itself: the frozen layout of `conversation.rs`.
#[derive(Serialize)]
struct ConversationHead<'a> {
    title: &'a str,
    began: u64,
    documents: &'a [DocumentId],
}

/// Adds conversations of questions and answers by turns, all in one transaction.
pub fn add_conversations(
    vault: &Vault,
    conversations: &[Vec<String>],
    began: u64,
) -> Result<(), Failure> {
    vault.write(|change| {
        for (number, messages) in (0..).zip(conversations) {
            let title: String = messages.concat().chars().take(80).collect();
            let head = ConversationHead {
                title: &title,
                began: began + number,
                documents: &[],
            };
            let id = change.create_owner(OwnerKind::Conversation, &stored::encode(&head))?;
            for (turn, text) in messages.iter().enumerate() {
                let bytes = stored::encode(&message(turn, text));
                change.append(id, stored::MESSAGE, &bytes)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// The conversations of a vault, in no order.
pub fn conversations(vault: &Vault) -> Result<Vec<OwnerId>, Failure> {
    let owners = vault.owners(OwnerKind::Conversation)?;
    Ok(owners.readable.into_iter().map(|owner| owner.id).collect())
}

/// The bytes of a question, as they are sealed.
pub fn question(text: &str) -> Vec<u8> {
    stored::encode(&Message::Question(text.to_owned()))
}

/// Puts a message on the disk, as the domain does.
pub fn add_message(vault: &Vault, conversation: OwnerId, bytes: &[u8]) -> Result<(), Failure> {
    vault.write(|change| change.append(conversation, stored::MESSAGE, bytes))?;
    Ok(())
}

/// Adds a document: its pages, each a list of passages, and an original of the same text.
pub fn add_document(vault: &Vault, number: u64, pages: &[Vec<String>]) -> Result<(), Failure> {
    let pages: Vec<Page> = (1..)
        .zip(pages)
        .map(|(number, passages)| page(number, passages))
        .collect();
    let original: String = pages.iter().map(|page| page.text.as_str()).collect();
    let name = format!("report {number}.txt");
    let head = Head {
        language: Some(Language::English),
        pages: u32::try_from(pages.len())?,
        ..Head::new(name, Format::Text, original.as_bytes())
    };
    vault.write(|change| {
        let id = change.create_owner(OwnerKind::Document, &head.encode())?;
        for page in &pages {
            change.put(id, stored::PAGE, page.number, &crate::pages::encode(page))?;
        }
        change.put_blob(id, original.as_bytes())?;
        Ok(())
    })?;
    Ok(())
}

/// Of documents that are an index alone.
const PASSAGES_OF_A_DOCUMENT: usize = 250;

/// The search index by itself.
pub struct Index(SearchIndex);

/// An index out of its snapshot, and what that took.
pub struct Loaded {
    /// The index.
    pub index: Index,
    /// The bytes of the snapshot.
    pub serialized: usize,
    /// To read and open the sealed file.
    pub opened: Duration,
    /// To make the index of its bytes, and to wipe them.
    pub read: Duration,
    /// To see that it is up to date.
    pub compared: Duration,
}

impl Index {
    /// Makes an index of everything in a vault. `vector` is asked for the meaning of each passage.
    pub fn build(vault: &Vault, mut vector: impl FnMut() -> Vector) -> Result<Index, Failure> {
        let mut index = SearchIndex::new()?;
        for owner in vault.owners(OwnerKind::Conversation)?.readable {
            let records = vault.records(owner.id, stored::MESSAGE)?;
            let messages: Vec<Message> = all(&records)?;
            let entries = (0..).zip(&messages).map(|(number, message)| MessageEntry {
                message: number,
                language: Language::English,
                text: message.text(),
            });
            index.put_messages(*owner.id.as_bytes(), owner.fingerprint, entries)?;
        }
        for owner in vault.owners(OwnerKind::Document)?.readable {
            let pages = crate::pages::stored(vault, owner.id)
                .map_err(sentence)?
                .unwrap_or_default();
            let vectors: Vec<Vec<Vector>> = pages
                .iter()
                .map(|page| page.passages.iter().map(|_| vector()).collect())
                .collect();
            let entries = pages.iter().zip(&vectors).flat_map(|(page, vectors)| {
                let passages = (0..).zip(&page.passages).zip(vectors);
                passages.map(|((number, passage), vector)| Entry {
                    page: page.number,
                    passage: number,
                    text: passage.range.of(&page.text).unwrap_or_default(),
                    headings: &passage.headings,
                    vectors: std::slice::from_ref(vector),
                })
            });
            let id = *owner.id.as_bytes();
            index.put_passages(id, owner.fingerprint, Language::English, entries)?;
        }
        Ok(Index(index))
    }

    /// Makes an index of so many passages, each with its text and the vectors of its pieces.
    pub fn of(
        count: usize,
        mut passage: impl FnMut() -> (String, Vec<Vector>),
    ) -> Result<Index, Failure> {
        let mut index = SearchIndex::new()?;
        let mut left = count;
        for number in 0_u64.. {
            if left == 0 {
                break;
            }
            let passages: Vec<_> = (0..left.min(PASSAGES_OF_A_DOCUMENT))
                .map(|_| passage())
                .collect();
            left -= passages.len();
            let entries = (0..).zip(&passages).map(|(number, (text, vectors))| Entry {
                page: 1,
                passage: number,
                text,
                headings: &[],
                vectors,
            });
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            index.put_passages(id, id, Language::English, entries)?;
        }
        Ok(Index(index))
    }

    /// Compares all vectors with one and does nothing else.
    pub fn bare_scan(&self, vector: &Vector) -> i32 {
        self.0.bare_scan(vector)
    }

    /// Keeps the snapshot in the vault, and gives its length.
    pub fn keep(&mut self, vault: &Vault) -> Result<usize, Failure> {
        let bytes = self.0.to_bytes()?;
        vault.keep_cache(stored::INDEX, &bytes)?;
        Ok(bytes.len())
    }

    /// Loads the snapshot and looks whether it covers every owner as it is today.
    pub fn load(vault: &Vault) -> Result<Loaded, Failure> {
        let start = Instant::now();
        let bytes = vault.cache(stored::INDEX).ok_or("there is no snapshot")?;
        let opened = start.elapsed();
        let index = SearchIndex::from_bytes(&bytes).ok_or("the snapshot cannot be used")?;
        let serialized = bytes.len();
        drop(bytes);
        let read = start.elapsed();
        for kind in [OwnerKind::Conversation, OwnerKind::Document] {
            for owner in vault.owners(kind)?.readable {
                if !index.covers(*owner.id.as_bytes(), owner.fingerprint) {
                    return Err("the snapshot is not up to date".into());
                }
            }
        }
        Ok(Loaded {
            index: Index(index),
            serialized,
            opened,
            read: read - opened,
            compared: start.elapsed() - read,
        })
    }

    /// How many messages a search finds.
    pub fn messages(&self, question: &str, limit: usize) -> Result<usize, Failure> {
        Ok(self.0.search_messages(question, limit)?.len())
    }

    /// How many passages a search by words, and by vectors if there is one, finds among all documents.
    pub fn passages(
        &self,
        question: &str,
        meaning: Option<&Vector>,
        limit: usize,
    ) -> Result<usize, Failure> {
        let hits = self.0.search(question, meaning, limit, |_| true)?;
        Ok(hits.len())
    }

    /// What the index itself says that it takes in memory.
    pub fn memory(&self) -> Result<usize, Failure> {
        Ok(self.0.memory()?)
    }
}

/// Of two turns one asks and one answers, with a citation.
fn message(turn: usize, text: &str) -> Message {
    if turn.is_multiple_of(2) {
        return Message::Question(text.to_owned());
    }
    let quote: String = text.chars().take(60).collect();
    Message::Answer(Box::new(Answer {
        text: text.to_owned(),
        refused: false,
        citations: vec![Citation {
            document: DocumentId(OwnerId::from_bytes([7; 16])),
            name: "report.pdf".to_owned(),
            page: Some(3),
            anchor: None,
            range: TextRange { start: 0, end: 60 },
            quote,
            verified: true,
        }],
        nearest: Vec::new(),
        lead: Lead::Model,
        mode: Mode::Parts,
        ending: Ending::Complete,
        timings: AnswerTimings::default(),
        given: None,
        thinking: None,
    }))
}

fn page(number: u32, passages: &[String]) -> Page {
    let mut page = Page {
        number,
        ..Page::default()
    };
    for passage in passages {
        let start = page.text.len() as u32;
        page.text.push_str(passage);
        page.passages.push(Passage {
            range: TextRange {
                start,
                end: page.text.len() as u32,
            },
            headings: Vec::new(),
            header: None,
        });
        page.text.push_str("\n\n");
    }
    page
}

/// What records hold; a benchmark does not go on where something is damaged.
fn all<T: DeserializeOwned>(records: &Listing<Record, RecordId>) -> Result<Vec<T>, Failure> {
    if !records.damaged.is_empty() || records.loss.is_some() {
        return Err("something in the vault is damaged".into());
    }
    let decode = |record: &Record| stored::decode(&record.body).map_err(sentence);
    records.readable.iter().map(decode).collect()
}

/// What passages are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Their words alone.
    Words,
    /// Their meaning alone.
    Meaning,
    /// Both, as the application does.
    Both,
}

/// The passages that a search of some documents finds, best first, at most so many: their documents, pages and numbers there.
pub fn found(
    assistant: &Assistant,
    documents: &[DocumentId],
    question: &str,
    by: By,
    limit: usize,
) -> Result<Vec<(DocumentId, u32, u32)>, Failure> {
    let meaning = match by {
        By::Words => None,
        By::Meaning | By::Both => {
            let embedder = assistant.embedder.as_ref().ok_or("there is no model")?;
            let meaning = question_vector(embedder, question, &Stop::default());
            Some(meaning.ok_or("the question got no vector")?)
        }
    };
    let words = if by == By::Meaning { "" } else { question };
    let library = assistant.library();
    let document_of = |owner| DocumentId(OwnerId::from_bytes(owner));
    let wanted = |owner| documents.contains(&document_of(owner));
    let index = library.index();
    let hits = index.search(words, meaning.as_ref(), limit, wanted)?;
    let place = |hit: Hit| (document_of(hit.key.owner), hit.key.page, hit.key.passage);
    Ok(hits.into_iter().map(place).collect())
}

/// Whether a question to these documents is refused before any model is asked.
pub fn is_refused(
    assistant: &Assistant,
    documents: &[DocumentId],
    question: &str,
) -> Result<bool, Failure> {
    let speaks = crate::ask::documents_speak_of(assistant, question, documents);
    Ok(!speaks.map_err(sentence)?)
}

/// How many tokens a text has, for the model that is loaded.
pub fn count_tokens(assistant: &Assistant, text: &str) -> Result<u32, Failure> {
    let engine = assistant.engine().map_err(sentence)?;
    let running = engine.running().ok_or("no model is loaded")?;
    let counts = running.count_tokens(vec![text.to_owned()]);
    Ok(counts.map_err(sentence)?.iter().sum())
}

/// The text of a page of a document.
pub fn page_text(
    assistant: &Assistant,
    document: DocumentId,
    number: u32,
) -> Result<String, Failure> {
    let known = assistant.library().known(document).map(Arc::clone);
    let known = known.ok_or("there is no such document")?;
    let page = assistant.page_of(&known, number).map_err(sentence)?;
    Ok(page.text)
}

/// A failure of the domain, for a program whose failures are texts.
pub fn sentence(error: crate::Error) -> Failure {
    error.sentence(Language::English).into()
}
