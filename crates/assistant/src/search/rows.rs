//! What each row of an index stands for: an owner's number and a place, side by side in two vectors.
//!
//! Row 0 here is rowid 1 in SQLite. A row that was freed is given again, the first run that is long enough;
//! the rows of one [`put`](Rows::put) are next to each other, so that a search among few owners is a search
//! in few ranges.

use std::ops::Range;

/// Stands for no owner: the row is free.
const FREE: u32 = u32::MAX;

/// The rows of one index; `P` is a place within an owner.
#[derive(Debug)]
pub(super) struct Rows<P> {
    owners: Vec<u32>,
    places: Vec<P>,
    free: usize,
}

/// Which rows a search may find: ranges in order that do not touch. Free rows may be among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Within {
    ranges: Vec<Range<u32>>,
    /// How many rows there are.
    len: u32,
}

impl Within {
    /// The ranges.
    pub fn ranges(&self) -> &[Range<u32>] {
        &self.ranges
    }

    /// How many rows there are, wanted or not.
    pub fn of(&self) -> u32 {
        self.len
    }

    /// Which part of all rows it is; 1 if there are none.
    pub fn share(&self) -> f64 {
        match self.len {
            0 => 1.0,
            len => self.rows() as f64 / f64::from(len),
        }
    }

    /// The last part of it.
    pub fn newest(&self, part: f64) -> Within {
        let mut rows = (self.rows() as f64 * part).ceil() as usize;
        let mut ranges = Vec::new();
        for range in self.ranges.iter().rev() {
            if rows == 0 {
                break;
            }
            let taken = rows.min(range.len());
            ranges.push(range.end - taken as u32..range.end);
            rows -= taken;
        }
        ranges.reverse();
        let len = self.len;
        Within { ranges, len }
    }

    /// Whether it lets a row through.
    pub fn contains(&self, row: u32) -> bool {
        let after = self.ranges.partition_point(|range| range.start <= row);
        after > 0 && self.ranges[after - 1].contains(&row)
    }

    fn rows(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }
}

impl<P: Copy + Default> Rows<P> {
    /// No rows.
    pub fn new() -> Rows<P> {
        Rows {
            owners: Vec::new(),
            places: Vec::new(),
            free: 0,
        }
    }

    /// No rows, and memory for as many as will be pushed.
    pub fn with_capacity(rows: usize) -> Rows<P> {
        Rows {
            owners: Vec::with_capacity(rows),
            places: Vec::with_capacity(rows),
            free: 0,
        }
    }

    /// Adds a row at the end: an owner's number and a place, or `None` for a free one.
    pub fn push(&mut self, row: Option<(u32, P)>) {
        let (owner, place) = row.unwrap_or((FREE, P::default()));
        self.free += usize::from(owner == FREE);
        self.owners.push(owner);
        self.places.push(place);
    }

    /// Gives back the memory that was kept for more.
    pub fn shrink(&mut self) {
        self.owners.shrink_to_fit();
        self.places.shrink_to_fit();
    }

    /// How many rows there are, free ones included.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// How many rows stand for something.
    pub fn used(&self) -> usize {
        self.owners.len() - self.free
    }

    /// The owner's number and the place that a row stands for, unless it is free.
    pub fn get(&self, row: u32) -> Option<(u32, P)> {
        let owner = *self.owners.get(row as usize)?;
        (owner != FREE).then(|| (owner, self.places[row as usize]))
    }

    /// Every row in order; `None` where one is free.
    pub fn iter(&self) -> impl Iterator<Item = Option<(u32, P)>> {
        self.owners
            .iter()
            .zip(&self.places)
            .map(|(&owner, &place)| (owner != FREE).then_some((owner, place)))
    }

    /// The rows of the owners whose numbers are named.
    pub fn of(&self, named: impl Fn(u32) -> bool) -> Vec<u32> {
        (0..)
            .zip(&self.owners)
            .filter_map(|(row, &owner)| (owner != FREE && named(owner)).then_some(row))
            .collect()
    }

    /// How many rows the owners have whose numbers are named.
    pub fn count(&self, named: impl Fn(u32) -> bool) -> usize {
        let owners = self.owners.iter();
        owners
            .filter(|&&owner| owner != FREE && named(owner))
            .count()
    }

    /// Where the next `count` rows go, or `None` if there can be no more.
    pub fn room(&self, count: usize) -> Option<Range<u32>> {
        let mut first = self.owners.len();
        if self.free >= count {
            let mut run = 0;
            for (row, &owner) in self.owners.iter().enumerate() {
                run = if owner == FREE { run + 1 } else { 0 };
                if run >= count.max(1) {
                    first = row + 1 - run;
                    break;
                }
            }
        }
        let end = u32::try_from(first + count).ok()?;
        (end < FREE).then_some(first as u32..end)
    }

    /// Lets the rows from `first` on stand for an owner's places. They must have been found by
    /// [`Rows::room`].
    pub fn put(&mut self, first: u32, owner: u32, places: impl IntoIterator<Item = P>) {
        for (row, place) in (first as usize..).zip(places) {
            if row == self.owners.len() {
                self.push(Some((owner, place)));
            } else {
                self.free -= 1;
                self.owners[row] = owner;
                self.places[row] = place;
            }
        }
    }

    /// Frees rows that stand for something.
    pub fn free(&mut self, rows: &[u32]) {
        for &row in rows {
            self.owners[row as usize] = FREE;
            self.places[row as usize] = P::default();
        }
        self.free += rows.len();
        while self.owners.last() == Some(&FREE) {
            self.owners.pop();
            self.places.pop();
            self.free -= 1;
        }
    }

    /// The rows of the owners whose numbers are wanted.
    pub fn within(&self, wanted: &[bool]) -> Within {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for (row, &owner) in (0..).zip(&self.owners) {
            if owner == FREE || wanted.get(owner as usize) == Some(&true) {
                match ranges.last_mut().filter(|range| range.end == row) {
                    Some(range) => range.end += 1,
                    None => ranges.push(row..row + 1),
                }
            }
        }
        let len = self.owners.len() as u32;
        Within { ranges, len }
    }

    /// The bytes that it takes in memory.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> usize {
        self.owners.capacity() * size_of::<u32>() + self.places.capacity() * size_of::<P>()
    }
}
