//! A document read without keeping it.

use std::collections::BTreeMap;
use std::path::Path;

use aparte_protocol::documents::{Format, Page, PageWarning};

use crate::error::Error;
use crate::files::Input;
use crate::scans::{OnScanned, Recogniser, Scan};
use crate::settings::ReadingLimits;
use crate::{OnPage, reader};

/// What is in a document.
pub struct Extract {
    /// What it is.
    pub format: Format,
    /// All its pages, in order.
    pub pages: Vec<Page>,
    /// How sure the text is, in percent, of those pages that were recognised in images.
    pub recognised: BTreeMap<u32, u8>,
    /// Why the text of its images was not recognised, or not of all: such a page has no text, and says that it is an image.
    pub unrecognised: Option<Error>,
}

/// Reads a document; `worker` is the worker program, `password` opens a document that wants one.
///
/// # Errors
/// Why it cannot be read, and that it is not one.
pub fn extract(
    worker: &Path,
    recogniser: &Recogniser,
    input: Input<'_>,
    password: Option<&str>,
    limits: ReadingLimits,
    on_page: &mut OnPage<'_>,
    on_scanned: &mut OnScanned<'_>,
) -> Result<Extract, Error> {
    let file = input.read()?;
    let mut pages: Vec<Page> = Vec::new();
    let reading = reader::Reading {
        name: &file.name,
        bytes: &file.bytes,
        password,
        // The files in a document are named in its text.
        depth: 0,
        limits,
    };
    let format = reader::read(worker, &reading, &mut |part| {
        if let reader::Part::Page(page, total) = part {
            on_page(page.number, total);
            pages.push(page);
        }
        Ok(())
    })?;
    let images: Vec<u32> = pages
        .iter()
        .filter(|page| page.warnings.contains(&PageWarning::OnlyImages))
        .map(|page| page.number)
        .collect();
    let mut recognised = BTreeMap::new();
    let mut unrecognised = None;
    if !images.is_empty() {
        let scan = Scan {
            name: &file.name,
            bytes: &file.bytes,
            pages: &images,
            password,
        };
        let read = recogniser.read(&scan, &mut |page| {
            recognised.insert(page.number, page.confidence());
            // Pages are numbered from 1, in order.
            pages[page.number as usize - 1] = page.page();
            on_scanned(recognised.len() as u32, images.len() as u32);
            Ok(())
        });
        unrecognised = read.err();
    }
    Ok(Extract {
        format,
        pages,
        recognised,
        unrecognised,
    })
}
