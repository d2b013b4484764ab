//! The pages of documents, read from the vault when somebody looks at them: a library may be larger than the memory.
//!
//! A page that does not open, or is gone, stands there empty and says so; the document is noted as incomplete from then on.

use std::sync::Arc;

use aparte_protocol::documents::{Heading, Page, PageWarning, Passage, TextRange, Word};
use aparte_vault::{Loss, OwnerId, Vault, VaultError};
use serde::Deserialize;

use crate::error::Error;
use crate::library::{Document, DocumentId};
use crate::{Assistant, stored};

impl Assistant {
    /// A page of a document; `None` if the document or the page is not there.
    ///
    /// # Errors
    /// What the vault reports when it cannot be read at all.
    pub fn page(&self, document: DocumentId, number: u32) -> Result<Option<Page>, Error> {
        let Some(document) = self.library().get(document).map(Arc::clone) else {
            return Ok(None);
        };
        if number == 0 || number > document.pages {
            return Ok(None);
        }
        self.page_of(&document, number).map(Some)
    }

    /// All pages of a document, in order; none if the document is not there.
    ///
    /// # Errors
    /// As [`Assistant::page`].
    pub fn pages(&self, document: DocumentId) -> Result<Vec<Page>, Error> {
        let Some(document) = self.library().get(document).map(Arc::clone) else {
            return Ok(Vec::new());
        };
        let vault = self.vault_of_document(&document);
        Ok(stored(vault, document.id.0)?.unwrap_or_default())
    }

    /// A page that a document has.
    pub(crate) fn page_of(&self, document: &Document, number: u32) -> Result<Page, Error> {
        let vault = self.vault_of_document(document);
        let page = match vault.record(document.id.0, stored::PAGE, number) {
            Ok(record) => record.and_then(|record| decode(&record.body).ok()),
            Err(VaultError::Damaged(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(page.unwrap_or_else(|| {
            self.library().note_incomplete(document.id, number);
            unreadable(number)
        }))
    }

    fn vault_of_document(&self, document: &Document) -> &Vault {
        match document.private {
            true => &self.private,
            false => &self.vault,
        }
    }
}

/// All pages that a vault has of a document, in order; `None` if none is there or its key does not open.
pub(crate) fn stored(vault: &Vault, document: OwnerId) -> Result<Option<Vec<Page>>, Error> {
    let records = match vault.records(document, stored::PAGE) {
        Ok(records) => records,
        Err(VaultError::Damaged(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut lost = records.damaged.len();
    if let Some(Loss::Missing(missing)) = records.loss {
        lost += missing as usize;
    }
    let mut pages = Vec::with_capacity(records.readable.len());
    for record in &records.readable {
        while lost > 0 && (pages.len() as u32) + 1 < record.sequence {
            pages.push(unreadable(pages.len() as u32 + 1));
            lost -= 1;
        }
        let page = decode(&record.body);
        pages.push(page.unwrap_or_else(|_| unreadable(record.sequence)));
    }
    for _ in 0..lost {
        pages.push(unreadable(pages.len() as u32 + 1));
    }
    Ok((!records.readable.is_empty()).then_some(pages))
}

/// The bytes to seal of a page.
pub(crate) fn encode(page: &Page) -> Vec<u8> {
    stored::encode_as(2, page)
}

/// A page of either layout.
pub(crate) fn decode(bytes: &[u8]) -> Result<Page, Error> {
    stored::decode_as::<Page>(2, bytes).or_else(|_| Ok(stored::decode::<FirstPage>(bytes)?.into()))
}

/// The first layout of a page, which had neither a title nor cells. It is frozen: see `stored.rs`.
#[derive(Deserialize)]
struct FirstPage {
    number: u32,
    text: String,
    words: Vec<Word>,
    headings: Vec<Heading>,
    passages: Vec<FirstPassage>,
    size: (f32, f32),
    warnings: Vec<PageWarning>,
}

/// The first layout of a passage, which did not know the names of its columns.
#[derive(Deserialize)]
struct FirstPassage {
    range: TextRange,
    headings: Vec<String>,
}

impl From<FirstPage> for Page {
    fn from(first: FirstPage) -> Page {
        let passages = first.passages.into_iter().map(|passage| Passage {
            range: passage.range,
            headings: passage.headings,
            header: None,
        });
        Page {
            number: first.number,
            text: first.text,
            words: first.words,
            headings: first.headings,
            passages: passages.collect(),
            size: first.size,
            warnings: first.warnings,
            title: None,
            cells: Vec::new(),
        }
    }
}

fn unreadable(number: u32) -> Page {
    Page {
        number,
        warnings: vec![PageWarning::Damaged],
        ..Page::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_first_layout_is_read() {
        let passages = vec![(TextRange { start: 0, end: 4 }, vec!["Lease".to_owned()])];
        let first = (
            3_u32,
            "Rent".to_owned(),
            Vec::<Word>::new(),
            Vec::<Heading>::new(),
            passages,
            (595.0_f32, 842.0_f32),
            vec![PageWarning::Damaged],
        );
        let page = decode(&stored::encode(&first)).unwrap();
        assert_eq!(
            (page.number, page.text.as_str(), page.size),
            (3, "Rent", (595.0, 842.0))
        );
        assert_eq!(page.passages[0].headings, ["Lease"]);
        assert_eq!(page.warnings, [PageWarning::Damaged]);
        assert_eq!(decode(&encode(&page)).unwrap(), page);
    }
}
