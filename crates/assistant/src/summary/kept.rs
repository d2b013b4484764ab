//! Which summaries were asked for, so that they can be seen again and, where a crash or a lock ended them, gone on with.
//!
//! What they said is not kept beside it: it is made anew of the notes, which takes a moment, and so tells of the documents as they
//! are now.

use std::sync::Arc;

use aparte_vault::{RecordId, Vault};
use serde::{Deserialize, Serialize};

use super::{SummaryWish, notes};
use crate::error::Error;
use crate::library::{Document, DocumentId};
use crate::{Assistant, stored};

/// A summary that was asked for. It is known by its documents and what was wanted. Its stored layout is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSummary {
    /// What its documents are called together, where they have a name.
    pub name: Option<String>,
    /// What it is of, in order.
    pub documents: Vec<DocumentId>,
    /// What was wanted.
    pub wish: SummaryWish,
    /// Milliseconds since 1970 when that was.
    pub asked: u64,
    /// Whether the model came to its end.
    pub is_whole: bool,
}

impl KeptSummary {
    fn is_of(&self, documents: &[DocumentId], wish: &SummaryWish) -> bool {
        self.documents == documents && self.wish == *wish
    }
}

impl Assistant {
    /// Keeps that a summary was asked for, in the place of the same one from before. It is sealed beside its first document, and
    /// in memory alone where one of its documents is.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn keep_summary(&self, summary: &KeptSummary) -> Result<(), Error> {
        let Some(owner) = self.owner_of(&summary.documents) else {
            return Ok(());
        };
        let earlier = self.kept_of(&owner, &summary.documents, &summary.wish)?;
        let body = stored::encode(summary);
        notes::change(self, &owner, |change| {
            for record in earlier {
                change.remove_record(owner.id.0, record)?;
            }
            change.append(owner.id.0, stored::SUMMARY, &body).map(drop)
        })
    }

    /// The summaries that were asked for, the latest first. What does not open is not among them.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn kept_summaries(&self) -> Result<Vec<KeptSummary>, Error> {
        let mut summaries = Vec::new();
        for private in [false, true] {
            let vault = self.vault_for(private);
            for owner in vault.count_records(stored::SUMMARY)?.into_keys() {
                if !self.library().is_hidden(owner) {
                    let kept = read(vault, DocumentId(owner))?;
                    summaries.extend(kept.into_iter().map(|(_, summary)| summary));
                }
            }
        }
        summaries.sort_by_key(|summary| std::cmp::Reverse(summary.asked));
        Ok(summaries)
    }

    /// Forgets that a summary was asked for. What was noted for it stays with its documents.
    ///
    /// # Errors
    /// What the vault reports.
    pub fn forget_summary(
        &self,
        documents: &[DocumentId],
        wish: &SummaryWish,
    ) -> Result<(), Error> {
        let Some(owner) = self.owner_of(documents) else {
            return Ok(());
        };
        let kept = self.kept_of(&owner, documents, wish)?;
        notes::change(self, &owner, |change| {
            let mut kept = kept.into_iter();
            kept.try_for_each(|record| change.remove_record(owner.id.0, record))
        })
    }

    /// The document that a summary is kept beside.
    fn owner_of(&self, documents: &[DocumentId]) -> Option<Arc<Document>> {
        let library = self.library();
        let mut known = documents.iter().filter_map(|id| library.get(*id));
        let first = known.clone().next();
        known.find(|document| document.private).or(first).cloned()
    }

    fn kept_of(
        &self,
        owner: &Document,
        documents: &[DocumentId],
        wish: &SummaryWish,
    ) -> Result<Vec<RecordId>, Error> {
        let kept = read(self.vault_for(owner.private), owner.id)?;
        let same = kept
            .into_iter()
            .filter(|(_, kept)| kept.is_of(documents, wish));
        Ok(same.map(|(record, _)| record).collect())
    }
}

fn read(vault: &Vault, owner: DocumentId) -> Result<Vec<(RecordId, KeptSummary)>, Error> {
    let records = vault.records(owner.0, stored::SUMMARY)?;
    let kept = records.readable.into_iter().filter_map(|record| {
        let summary = stored::decode(&record.body).ok()?;
        Some((record.id, summary))
    });
    Ok(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::summary::{SummaryLength, SummaryStyle};

    #[test]
    fn the_layout_of_what_is_kept_stays_as_it_is() {
        let summary = KeptSummary {
            name: Some("Works".to_owned()),
            documents: vec![DocumentId(aparte_vault::OwnerId::from_bytes([7; 16]))],
            wish: SummaryWish {
                length: SummaryLength::Standard,
                style: SummaryStyle::Executive,
                focus: None,
                language: Some(Language::French),
            },
            asked: 5,
            is_whole: true,
        };
        let bytes = stored::encode(&summary);
        // Its version; a name of five letters; one document; the second length, the third style, no focus, the second language.
        let mut frozen = vec![1, 1, 5];
        frozen.extend(b"Works");
        frozen.push(1);
        frozen.extend([7; 16]);
        frozen.extend([1, 2, 0, 1, 1, 5, 1]);
        assert_eq!(bytes, frozen);
        assert_eq!(stored::decode(&bytes), Ok(summary));
    }
}
