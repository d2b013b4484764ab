//! A file's way into the library: its pages go into the vault as they come, so that a document may be larger than the memory.
//!
//! Until it is whole it is hidden, like something that is about to be erased: a reading that is cut short, by a crash even,
//! leaves nothing to be seen, and what it left is erased when the vault closes.

use std::time::Instant;

use aparte_protocol::documents::{Format, Page, PageWarning};
use aparte_vault::{OwnerId, OwnerKind, Vault};

use crate::error::{DocumentTrouble, Error};
use crate::files::{File, Input};
use crate::language::Language;
use crate::library::{CollectionId, DocumentId, Head, Origin, hash, incomplete};
use crate::reader::{self, Part};
use crate::{Assistant, OnPage, indexing, log, pages, stored};

/// How a document is to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adding {
    /// In memory alone, for private conversations.
    pub private: bool,
    /// The collection that it is put into.
    pub collection: Option<CollectionId>,
    /// What opens it, where it wants a password. It is kept with the document, sealed, to read the original again.
    pub password: Option<String>,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The document.
    pub document: DocumentId,
    /// Its bytes were in the library before.
    pub already: bool,
    /// What lay in it, an archive or a message: each is a document of its own, or says why it is none.
    pub inside: Vec<Inside>,
}

/// A file in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Its name there, with `/` between folders.
    pub name: String,
    /// What became of it.
    pub outcome: Result<DocumentId, Error>,
}

/// Files in files are taken out so deep.
const DEPTH: u8 = 4;

/// Where a document comes from, if not from a file of the user's: so deep in this document.
#[derive(Clone, Copy)]
struct Within {
    parent: DocumentId,
    depth: u8,
}

impl Assistant {
    /// Reads a document into the library; one that is there already is not read again.
    ///
    /// # Errors
    /// [`Error::Document`], or what the vault reports.
    pub fn add(&self, input: Input<'_>, on_page: &mut OnPage<'_>) -> Result<DocumentId, Error> {
        let added = self.add_to(&Adding::default(), input, on_page)?;
        Ok(added.document)
    }

    /// The same, kept as it is said, and with what lies in it. One that is there already is put into the collection too.
    ///
    /// # Errors
    /// As [`Assistant::add`]; what lies in it says of itself what is the matter with it.
    pub fn add_to(
        &self,
        adding: &Adding,
        input: Input<'_>,
        on_page: &mut OnPage<'_>,
    ) -> Result<Added, Error> {
        self.add_file(input.read()?, adding, None, on_page)
    }

    fn add_file(
        &self,
        file: File,
        adding: &Adding,
        within: Option<Within>,
        on_page: &mut OnPage<'_>,
    ) -> Result<Added, Error> {
        let hash = hash(&file.bytes);
        let there = self.library().with_hash(&hash, adding.private);
        if let Some(document) = there {
            self.note_again(document, file.origin, adding)?;
            return Ok(Added {
                document,
                already: true,
                inside: Vec::new(),
            });
        }
        let mut keeping = Keeping::new(self, adding.private);
        let depth = within.map_or(DEPTH, |within| within.depth);
        let password = adding.password.as_deref();
        let mut inside = Vec::new();
        let read = self.read_parts(
            &file,
            password,
            depth,
            &mut keeping,
            on_page,
            &mut |keeping, name, bytes, on_page| {
                let outcome = match bytes {
                    Ok(bytes) => {
                        let within = Within {
                            parent: DocumentId(keeping.put()?),
                            depth: depth - 1,
                        };
                        // The password was for what it lay in.
                        let adding = Adding {
                            password: None,
                            ..adding.clone()
                        };
                        let file = File {
                            name: name.rsplit('/').next().unwrap_or(&name).to_owned(),
                            bytes,
                            origin: None,
                        };
                        let added = self.add_file(file, &adding, Some(within), on_page);
                        added.map(|added| {
                            inside.extend(added.inside.into_iter().map(|deeper| Inside {
                                name: format!("{name}/{}", deeper.name),
                                ..deeper
                            }));
                            added.document
                        })
                    }
                    Err(trouble) => Err(Error::Document {
                        name: name.clone(),
                        trouble,
                    }),
                };
                inside.push(Inside { name, outcome });
                Ok(())
            },
        );
        let format = read?;
        let head = Head {
            origin: file.origin,
            collections: adding.collection.into_iter().collect(),
            parent: within.map(|within| within.parent),
            password: adding.password.clone(),
            ..Head::new(file.name, format, &file.bytes)
        };
        Ok(Added {
            document: keeping.finish(head, &file.bytes)?,
            already: false,
            inside,
        })
    }

    /// Reads a document anew: from its original, or from a file that has changed since. Its name in the library stays, and so do
    /// the answers that cite it.
    ///
    /// # Errors
    /// [`Error::Document`], or what the vault reports; the document is as it was then.
    pub fn read_again(
        &self,
        id: DocumentId,
        from: Option<Input<'_>>,
        on_page: &mut OnPage<'_>,
    ) -> Result<(), Error> {
        let Some(document) = self.with_document(id, Clone::clone) else {
            return Ok(());
        };
        let file = match from {
            Some(input) => input.read()?,
            None => File {
                bytes: self.original(id)?.ok_or_else(|| Error::Document {
                    name: document.name.clone(),
                    trouble: DocumentTrouble::Missing,
                })?,
                name: document.name.clone(),
                origin: document.origin.clone(),
            },
        };
        let vault = self.vault_for(document.private);
        let mut keeping = Keeping::new(self, document.private);
        let mut head = Head::decode(&vault.head(id.0, OwnerKind::Document)?)?;
        let password = head.password.clone();
        // What lies in it was taken out when it was added.
        head.format = self.read_parts(
            &file,
            password.as_deref(),
            0,
            &mut keeping,
            on_page,
            &mut |_, _, _, _| Ok(()),
        )?;
        head.hash = hash(&file.bytes);
        head.bytes = file.bytes.len() as u64;
        head.origin = file.origin;
        keeping.replace(id, head, &file.bytes)
    }

    fn read_parts<'a>(
        &self,
        file: &File,
        password: Option<&str>,
        depth: u8,
        keeping: &mut Keeping<'a>,
        on_page: &mut OnPage<'_>,
        on_file: &mut TakeFile<'_, 'a>,
    ) -> Result<Format, Error> {
        let started = Instant::now();
        let reading = reader::Reading {
            name: &file.name,
            bytes: &file.bytes,
            password,
            depth,
            limits: self.reading_limits()?,
        };
        let (mut number, mut pages) = (0, 0);
        let format = reader::read(&self.worker, &reading, &mut |part| {
            let (name, bytes) = match part {
                Part::Page(page, total) => {
                    (number, pages) = (page.number, total);
                    keeping.take(page)?;
                    on_page(number, pages);
                    return Ok(());
                }
                Part::File { name, bytes } => (name, Ok(bytes)),
                Part::Withheld { name, trouble } => (name, Err(trouble)),
            };
            // How far the whole is, is told by its own pages; whoever hears it may want to end it within a file too.
            on_file(keeping, name, bytes, &mut |_, _| on_page(number, pages))
        })?;
        // What is nothing but images is read later, by text recognition in the window.
        if keeping.passages == 0 && keeping.images.is_empty() {
            return Err(Error::Document {
                name: file.name.clone(),
                trouble: keeping.without_text(),
            });
        }
        log::record(log::Event::DocumentRead {
            pages: keeping.pages as usize,
            passages: keeping.passages,
            milliseconds: started.elapsed().as_millis(),
        });
        Ok(format)
    }

    /// A file with the bytes of a document that is there: where it lies, and the collection, are noted.
    fn note_again(
        &self,
        id: DocumentId,
        origin: Option<Origin>,
        adding: &Adding,
    ) -> Result<(), Error> {
        let known = self.with_document(id, |document| {
            let has_origin = origin.is_none() || document.origin == origin;
            let collection = adding.collection;
            has_origin && collection.is_none_or(|wanted| document.collections.contains(&wanted))
        });
        if known == Some(true) {
            return Ok(());
        }
        self.change_documents(&[id], |head| {
            // Where it was read from stays, if that is still there: the same content lies in two places then.
            let is_gone = |origin: &Origin| !origin.path().exists();
            if origin.is_some() && head.origin.as_ref().is_none_or(is_gone) {
                head.origin.clone_from(&origin);
            }
            if let Some(wanted) = adding.collection
                && !head.collections.contains(&wanted)
            {
                head.collections.push(wanted);
            }
        })
    }
}

/// Takes a file that lies in a document: its name there, its bytes or why there are none, and who hears of its pages.
type TakeFile<'t, 'a> = dyn FnMut(
        &mut Keeping<'a>,
        String,
        Result<Vec<u8>, DocumentTrouble>,
        &mut OnPage<'_>,
    ) -> Result<(), Error>
    + 't;

/// So many bytes of pages, and so many pages, are put into the vault at a time.
const PORTION: usize = 4 << 20;
const PORTION_PAGES: usize = 64;

/// So much of the text tells its language.
const SAMPLE: usize = 20_000;

/// A document that comes in page by page.
struct Keeping<'a> {
    assistant: &'a Assistant,
    private: bool,
    /// Where its pages are, hidden, once there are some.
    owner: Option<OwnerId>,
    /// Those that are not in the vault yet, as they will be.
    waiting: Vec<(u32, Vec<u8>)>,
    size: usize,
    sample: String,
    pages: u32,
    passages: usize,
    incomplete: Vec<u32>,
    images: Vec<u32>,
    is_damaged: bool,
}

impl<'a> Keeping<'a> {
    fn new(assistant: &'a Assistant, private: bool) -> Keeping<'a> {
        Keeping {
            assistant,
            private,
            owner: None,
            waiting: Vec::new(),
            size: 0,
            sample: String::new(),
            pages: 0,
            passages: 0,
            incomplete: Vec::new(),
            images: Vec::new(),
            is_damaged: false,
        }
    }

    fn vault(&self) -> &'a Vault {
        self.assistant.vault_for(self.private)
    }

    fn take(&mut self, page: Page) -> Result<(), Error> {
        self.pages += 1;
        self.passages += page.passages.len();
        if self.sample.len() < SAMPLE {
            self.sample += &page.text;
            self.sample.push('\n');
        }
        if incomplete(&page) {
            self.incomplete.push(page.number);
        }
        if page.warnings.contains(&PageWarning::OnlyImages) {
            self.images.push(page.number);
        }
        let damage = [PageWarning::Damaged, PageWarning::Unmapped];
        self.is_damaged |= damage.iter().any(|damage| page.warnings.contains(damage));
        let body = pages::encode(&page);
        self.size += body.len();
        self.waiting.push((page.number, body));
        if self.size >= PORTION || self.waiting.len() >= PORTION_PAGES {
            self.put()?;
        }
        Ok(())
    }

    /// Puts into the vault what waits.
    fn put(&mut self) -> Result<OwnerId, Error> {
        let (there, waiting) = (self.owner, std::mem::take(&mut self.waiting));
        self.size = 0;
        let owner = self.vault().write(|change| {
            let owner = match there {
                Some(owner) => owner,
                None => {
                    let owner = change.create_owner(OwnerKind::Document, &[])?;
                    change.hide_owner(owner)?;
                    owner
                }
            };
            for (number, body) in &waiting {
                change.put(owner, stored::PAGE, *number, body)?;
            }
            Ok(owner)
        })?;
        self.owner = Some(owner);
        Ok(owner)
    }

    /// Completes a head with what was seen of the pages.
    fn complete(&mut self, head: Head) -> Head {
        Head {
            language: Language::of(&self.sample),
            pages: self.pages,
            incomplete_pages: std::mem::take(&mut self.incomplete),
            image_pages: std::mem::take(&mut self.images),
            ..head
        }
    }

    /// Makes a document of it, which is on the disk when this returns.
    fn finish(mut self, head: Head, original: &[u8]) -> Result<DocumentId, Error> {
        let owner = self.put()?;
        let head = self.complete(head);
        let vault = self.vault();
        let (hash, private) = (head.hash, self.private);
        let document = DocumentId(owner);
        let library = &self.assistant.library;
        {
            let library = crate::lock(library);
            if let Some(id) = library.with_hash(&hash, private) {
                // Somebody else added it while it was read.
                return Ok(id);
            }
        }
        vault.write(|change| {
            change.put_blob(owner, original)?;
            change.set_head(owner, &head.encode())?;
            change.show_owner(owner)
        })?;
        self.owner = None;
        self.index(document, head)?;
        Ok(document)
    }

    /// Puts it in the place of a document, which keeps its name for commands.
    fn replace(mut self, id: DocumentId, head: Head, original: &[u8]) -> Result<(), Error> {
        let from = self.put()?;
        let head = self.complete(head);
        let vault = self.vault();
        // In one step: half of an old and half of a new document would be neither.
        let pages = (1..=head.pages)
            .map(|number| Ok((number, vault.record(from, stored::PAGE, number)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        vault.write(|change| {
            for kind in [stored::PAGE, stored::VECTORS, stored::RECOGNITION] {
                change.remove_records(id.0, kind)?;
            }
            change.remove_blobs(id.0)?;
            for (number, page) in &pages {
                if let Some(page) = page {
                    change.put(id.0, stored::PAGE, *number, &page.body)?;
                }
            }
            change.put_blob(id.0, original)?;
            change.set_head(id.0, &head.encode())
        })?;
        self.index(id, head)
    }

    /// Lets it be found.
    fn index(&self, id: DocumentId, head: Head) -> Result<(), Error> {
        let (vault, private) = (self.vault(), self.private);
        let fingerprint = vault.fingerprint(id.0)?;
        let texts = indexing::texts(vault, id.0, head.pages)?;
        let mut library = self.assistant.library();
        let language = head.language;
        indexing::put_document(library.index_mut(), id.0, fingerprint, language, &texts)?;
        library.take(id, head, private);
        Ok(())
    }

    /// Why no page has any text, where none is an image.
    fn without_text(&self) -> DocumentTrouble {
        if self.is_damaged {
            DocumentTrouble::Damaged
        } else {
            DocumentTrouble::NoText
        }
    }
}

impl Drop for Keeping<'_> {
    /// What did not become a document is erased when the vault closes.
    fn drop(&mut self) {
        if let Some(owner) = self.owner {
            self.assistant.library().set_hidden(owner, true);
        }
    }
}

/// Puts a document that needs no reading into the library, of these pages.
#[cfg(test)]
pub(crate) fn add_pages(
    assistant: &Assistant,
    name: &str,
    original: &[u8],
    pages: Vec<Page>,
) -> DocumentId {
    let mut keeping = Keeping::new(assistant, false);
    for page in pages {
        keeping.take(page).unwrap();
    }
    let head = Head::new(name.to_owned(), Format::Text, original);
    keeping.finish(head, original).unwrap()
}
