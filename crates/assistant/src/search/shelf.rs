//! Lines of one kind: what each row stands for, and its words.

use std::ops::Range;

use rusqlite::{Error, ffi};

use super::{fulltext::FullText, line::Line, question::Bounds, rows::Rows};

/// Rows and their index, which change together.
#[derive(Debug)]
pub(super) struct Shelf<P> {
    pub rows: Rows<P>,
    pub text: FullText,
}

impl<P: Copy + Default> Shelf<P> {
    /// An empty shelf.
    pub fn new(bounds: Bounds) -> Result<Shelf<P>, Error> {
        Ok(Shelf {
            rows: Rows::new(),
            text: FullText::new(bounds)?,
        })
    }

    /// Takes away the rows in `gone` and gives an owner a line for each of `places`, all or nothing. Gives the
    /// rows where they are.
    pub fn change(
        &mut self,
        gone: &[u32],
        owner: u32,
        places: Vec<P>,
        lines: impl Iterator<Item = Line>,
    ) -> Result<Range<u32>, Error> {
        let full = || Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
        // Before the old rows are free, so that none is deleted and added in one transaction.
        let rows = self.rows.room(places.len()).ok_or_else(full)?;
        self.text.change(gone, rows.start, lines)?;
        self.rows.put(rows.start, owner, places);
        self.rows.free(gone);
        Ok(rows)
    }

    /// Takes away rows.
    pub fn remove(&mut self, gone: &[u32]) -> Result<(), Error> {
        if !gone.is_empty() {
            self.text.change(gone, 0, std::iter::empty())?;
            self.rows.free(gone);
        }
        Ok(())
    }

    /// The bytes that it takes in memory.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> Result<usize, Error> {
        Ok(self.rows.memory() + self.text.memory()?)
    }
}
