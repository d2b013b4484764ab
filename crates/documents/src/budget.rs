//! What one document may still cost. Everything that a hostile file can multiply is counted here.

use aparte_protocol::documents::{DocumentFailure, Limit, Limits};

/// Elements in elements, groups in groups: no program that people write with goes deeper.
pub(crate) const NESTING_LIMIT: usize = 1_000;

/// What is left of a request's limits.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: Limits,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Budget {
        Budget { left: limits }
    }

    /// How many bytes may still be unpacked.
    pub(crate) fn unpacked_left(&self) -> u64 {
        self.left.unpacked
    }

    /// How many pages there may still be.
    pub(crate) fn pages_left(&self) -> u32 {
        self.left.pages
    }

    /// How many cells may still be read.
    pub(crate) fn cells_left(&self) -> u32 {
        self.left.cells
    }

    /// How deep files in files are still handed out.
    pub(crate) fn depth(&self) -> u8 {
        self.left.depth
    }

    pub(crate) fn text(&mut self, bytes: usize) -> Result<(), DocumentFailure> {
        spend(&mut self.left.text, bytes as u64, Limit::Text)
    }

    pub(crate) fn unpacked(&mut self, bytes: u64) -> Result<(), DocumentFailure> {
        spend(&mut self.left.unpacked, bytes, Limit::Unpacked)
    }

    pub(crate) fn cells(&mut self, cells: u32) -> Result<(), DocumentFailure> {
        spend(&mut self.left.cells, cells, Limit::Cells)
    }

    pub(crate) fn page(&mut self) -> Result<(), DocumentFailure> {
        spend(&mut self.left.pages, 1, Limit::Pages)
    }

    pub(crate) fn file(&mut self) -> Result<(), DocumentFailure> {
        spend(&mut self.left.files, 1, Limit::Files)
    }
}

fn spend<N: Copy + Ord + std::ops::Sub<Output = N> + Default>(
    left: &mut N,
    amount: N,
    limit: Limit,
) -> Result<(), DocumentFailure> {
    if amount > *left {
        // What was asked for in vain is not asked for again in smaller pieces.
        *left = N::default();
        return Err(DocumentFailure::Limit(limit));
    }
    *left = *left - amount;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone_and_what_is_over_is_named() {
        let mut budget = Budget::new(Limits {
            text: 10,
            cells: 1,
            ..Limits::default()
        });
        assert_eq!(budget.text(10), Ok(()));
        assert_eq!(budget.text(1), Err(DocumentFailure::Limit(Limit::Text)));
        assert_eq!(budget.cells(2), Err(DocumentFailure::Limit(Limit::Cells)));
        assert_eq!(budget.cells(1), Err(DocumentFailure::Limit(Limit::Cells)));
    }
}
