//! ZIP archives that are folders of files: each entry is handed out as a file of its own. Nothing is written
//! anywhere, so that names, links and permissions in the archive mean nothing. Its pages list their names.

use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentFailure, Format, PIECE_LIMIT, Withheld,
};

use crate::archive::{Archive, Unreadable};
use crate::budget::Budget;
use crate::files;
use crate::send;
use crate::written::Writer;

/// Hands the entries out; see [`crate::read`].
pub(crate) fn read(
    bytes: &[u8],
    password: Option<&str>,
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    let mut archive = Archive::open(bytes)?;
    if archive.len() == 0 {
        return Err(DocumentFailure::Empty);
    }
    let names: Vec<(usize, String)> = (0..archive.len())
        .filter_map(|index| Some((index, archive.name(index)?)))
        .filter(|(_, name)| !is_aside(name))
        .map(|(index, name)| (index, files::harmless(&name)))
        .collect();
    // What lies in it is what an archive says itself: it is found by the names of its files.
    let mut listing = Writer::new(budget);
    for (_, name) in &names {
        listing.paragraph(name)?;
    }
    send(Format::Zip, listing.finish()?, emit);
    for (index, name) in names {
        let withheld = |reason| DocumentEvent::Withheld {
            name: name.clone(),
            reason,
        };
        match files::may(budget) {
            Ok(()) => {}
            Err(reason) => {
                emit(withheld(reason));
                // The rest would only be named one by one.
                break;
            }
        }
        emit(DocumentEvent::File {
            name: name.clone(),
            page: 0,
        });
        let mut waiting = Vec::new();
        let mut size = 0;
        let read = archive.unpack(index, password.map(str::as_bytes), budget, &mut |piece| {
            size += piece.len() as u64;
            if size > DOCUMENT_LIMIT {
                return Err(DocumentFailure::TooLarge);
            }
            if waiting.len() + piece.len() > PIECE_LIMIT {
                emit(DocumentEvent::FileBytes(std::mem::take(&mut waiting)));
            }
            waiting.extend_from_slice(piece);
            Ok(())
        });
        match read {
            Ok(()) => {
                if !waiting.is_empty() {
                    emit(DocumentEvent::FileBytes(waiting));
                }
                emit(DocumentEvent::FileEnd);
            }
            Err(Unreadable::Encrypted) => emit(withheld(Withheld::Encrypted)),
            Err(Unreadable::Damaged) => emit(withheld(Withheld::Damaged)),
            Err(Unreadable::Over(DocumentFailure::TooLarge)) => emit(withheld(Withheld::TooLarge)),
            Err(Unreadable::Over(failure)) => {
                emit(withheld(Withheld::TooLarge));
                return Err(failure);
            }
        }
    }
    Ok(())
}

/// Whether an entry is a folder, or what one system keeps beside each file.
fn is_aside(name: &str) -> bool {
    name.ends_with(['/', '\\']) || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store")
}
