//! One FTS5 table in a SQLite database of its own that lives in memory only.
//!
//! The table is contentless: of a text it keeps stems and folded words with their positions, and it answers
//! with row numbers. The database is one buffer (SQLite's `memdb`), which a snapshot is a copy of. Nothing is
//! ever written to a file: journal and temporary tables are in memory too.

use std::{cell::RefCell, collections::HashMap, ops::Range};

use rusqlite::{
    Connection, Error, MAIN_DB, OptionalExtension, config::DbConfig, params, serialize::Data,
};

use super::{
    line::Line,
    question::{Bounds, Question},
    rows::Within,
};

/// An index of lines by their words.
#[derive(Debug)]
pub(super) struct FullText {
    connection: Connection,
    bounds: Bounds,
    /// How many lines hold a form, for those that many do.
    counts: RefCell<HashMap<String, Count>>,
    /// How many lines were added or deleted since this was made.
    changes: u64,
    /// Whether entries of deleted lines may still be there.
    traces: bool,
}

/// How many lines held a form, and after how many changes.
#[derive(Debug, Clone, Copy)]
struct Count {
    lines: u32,
    changes: u64,
}

/// A form in fewer lines than this is counted whenever it is asked for: that takes microseconds.
const COUNTED_ONCE: u32 = 256;

/// The bytes of a page of the database.
#[cfg(any(test, feature = "bench"))]
const PAGE: usize = 4096;

/// `raw` serves phrases and has no weight of its own. The tokenizer only parts at the spaces that we put: the
/// signs are those that our own tokens hold.
pub(super) const SCHEMA: &str = "
    PRAGMA page_size = 4096;
    PRAGMA auto_vacuum = INCREMENTAL;
    CREATE VIRTUAL TABLE lines USING fts5(
        stems, raw, headings,
        content = '', contentless_delete = 1,
        tokenize = \"unicode61 remove_diacritics 0 tokenchars '.,/-:_%'\"
    );
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab(lines, row);
";

const SETTINGS: &str = "
    PRAGMA temp_store = MEMORY;
    PRAGMA secure_delete = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
";

impl FullText {
    /// An index without lines.
    pub fn new(bounds: Bounds) -> Result<FullText, Error> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        FullText::load(&connection.serialize(MAIN_DB)?, bounds)
    }

    /// The index that [`FullText::bytes`] gave, or `None` if these bytes are no such database or hold another
    /// number of lines.
    pub fn from_bytes(bytes: &[u8], lines: usize, bounds: Bounds) -> Option<FullText> {
        let loaded = FullText::load(bytes, bounds).ok()?;
        let schema = FullText::new(bounds).ok()?.schema().ok()?;
        let same = loaded.schema().ok()? == schema && loaded.lines().ok()? as usize == lines;
        same.then_some(loaded)
    }

    fn load(bytes: &[u8], bounds: Bounds) -> Result<FullText, Error> {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.execute_batch(SETTINGS)?;
        Ok(FullText {
            connection,
            bounds,
            counts: RefCell::default(),
            changes: 0,
            traces: false,
        })
    }

    /// Deletes the rows in `gone` and adds lines from row `first` on, all or nothing.
    pub fn change(
        &mut self,
        gone: &[u32],
        first: u32,
        lines: impl Iterator<Item = Line>,
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let mut changes = gone.len() as u64;
        {
            let mut delete = transaction.prepare_cached("DELETE FROM lines WHERE rowid = ?")?;
            for &row in gone {
                delete.execute([rowid(row)])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO lines (rowid, stems, raw, headings) VALUES (?, ?, ?, ?)",
            )?;
            for (row, line) in (first..).zip(lines) {
                insert.execute(params![rowid(row), line.stems, line.raw, line.headings])?;
                changes += 1;
            }
        }
        transaction.commit()?;
        self.changes += changes;
        self.traces |= !gone.is_empty();
        Ok(())
    }

    /// The rows that fit a question best with their scores, the best first, at most `limit`.
    pub fn ranked(
        &self,
        question: &Question,
        within: &Within,
        limit: usize,
    ) -> Result<Vec<(u32, f32)>, Error> {
        let steps = question.steps(within, self.bounds, |form| self.count(form))?;
        let mut ranked: Vec<(u32, f32)> = Vec::new();
        for step in steps {
            if ranked.len() >= limit {
                break;
            }
            // What an earlier step found stays before what a later one adds.
            let worst = ranked.last().map_or(f32::MAX, |&(_, score)| score);
            let within = within.newest(step.newest);
            for (row, score) in self.look_up(&step.query, &within, limit)? {
                if !ranked.iter().any(|&(other, _)| other == row) {
                    ranked.push((row, score.min(worst)));
                }
            }
        }
        ranked.truncate(limit);
        Ok(ranked)
    }

    /// How many lines hold a form, in their text or headings. Where they are hundreds and lines came or went
    /// since they were counted, it may be off by one in 64.
    pub fn count(&self, form: &str) -> Result<u32, Error> {
        let changes = self.changes;
        if let Some(count) = self.counts.borrow().get(form)
            && changes - count.changes <= u64::from(count.lines / 64)
        {
            return Ok(count.lines);
        }
        let mut select = self
            .connection
            .prepare_cached("SELECT doc FROM vocabulary WHERE term = ?")?;
        let lines = select.query_row([form], |row| row.get(0)).optional()?;
        let lines: u32 = lines.unwrap_or(0);
        if lines >= COUNTED_ONCE {
            let count = Count { lines, changes };
            self.counts.borrow_mut().insert(form.to_owned(), count);
        }
        Ok(lines)
    }

    /// Does a part, a fraction of a second long, of erasing what deleted lines left, and gives whether
    /// nothing is left. FTS5 only marks what is deleted; it is gone when all segments were written anew as
    /// one.
    pub fn erase_some(&mut self) -> Result<bool, Error> {
        const PAGES: i32 = 500;
        if self.traces {
            let before = self.connection.total_changes();
            // The sign asks for one segment in the end.
            self.connection
                .prepare_cached("INSERT INTO lines (lines, rank) VALUES ('merge', ?)")?
                .execute([-PAGES])?;
            // The statement itself counts as a change.
            self.traces = self.connection.total_changes() - before >= 2;
        }
        Ok(!self.traces)
    }

    /// The bytes of the database, with nothing in them of lines that were deleted.
    pub fn bytes(&mut self) -> Result<Data<'_>, Error> {
        while !self.erase_some()? {}
        self.shrink()?;
        self.connection.serialize(MAIN_DB)
    }

    /// The bytes that it takes in memory, except SQLite's page cache and statements: two or three MB.
    #[cfg(any(test, feature = "bench"))]
    pub fn memory(&self) -> Result<usize, Error> {
        let counts = self.counts.borrow();
        Ok(self.pages()? as usize * PAGE + counts.capacity() * size_of::<(String, Count)>())
    }

    /// Gives back the pages that hold nothing.
    fn shrink(&mut self) -> Result<(), Error> {
        let before = self.pages()?;
        {
            // One row for each page.
            let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum")?;
            let mut pages = vacuum.query([])?;
            while pages.next()?.is_some() {}
        }
        // The buffer does not shrink with the database; a copy is as large as it must be.
        if before - self.pages()? > before / 16 {
            let copy = FullText::load(&self.connection.serialize(MAIN_DB)?, self.bounds)?;
            self.connection = copy.connection;
        }
        Ok(())
    }

    fn look_up(
        &self,
        query: &str,
        within: &Within,
        limit: usize,
    ) -> Result<Vec<(u32, f32)>, Error> {
        /// More ranges than these are cheaper to look at here than in SQL.
        const RANGES: usize = 8;
        let (Some(first), Some(last)) = (within.ranges().first(), within.ranges().last()) else {
            return Ok(Vec::new());
        };
        let among = match within.ranges().len() {
            2..=RANGES => Some(among(within.ranges())),
            _ => None,
        };
        // SQLite ranks a line after it has passed all conditions.
        let sql = format!(
            "SELECT rowid, bm25(lines, 1.0, 0.0, 0.4) AS rank FROM lines
             WHERE lines MATCH ? AND rowid BETWEEN ? AND ? {} ORDER BY rank, rowid LIMIT ?",
            among.unwrap_or_default()
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let all = if within.ranges().len() > RANGES {
            -1
        } else {
            limit as i64
        };
        let mut rows =
            select.query(params![query, rowid(first.start), i64::from(last.end), all])?;
        let mut ranked = Vec::new();
        while ranked.len() < limit
            && let Some(found) = rows.next()?
        {
            let row = u32::try_from(found.get::<_, i64>(0)? - 1).unwrap_or(u32::MAX);
            if within.contains(row) {
                // SQLite's ranks are negative so that the best come first.
                ranked.push((row, -found.get::<_, f64>(1)? as f32));
            }
        }
        Ok(ranked)
    }

    /// Everything that is in the database by name.
    fn schema(&self) -> Result<Vec<(String, String, Option<String>)>, Error> {
        self.connection
            .prepare("SELECT type, name, sql FROM sqlite_schema")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    }

    fn lines(&self) -> Result<u32, Error> {
        let sql = "SELECT count(*) FROM lines_docsize";
        self.connection.query_row(sql, [], |row| row.get(0))
    }

    fn pages(&self) -> Result<u32, Error> {
        self.connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
    }
}

/// The condition that a line is in one of these ranges. The sign keeps SQLite from looking each range up by
/// itself.
fn among(ranges: &[Range<u32>]) -> String {
    let ranges: Vec<_> = ranges
        .iter()
        .map(|range| format!("+rowid BETWEEN {} AND {}", rowid(range.start), range.end))
        .collect();
    format!("AND ({})", ranges.join(" OR "))
}

/// SQLite's number of a row, which counts from 1.
fn rowid(row: u32) -> i64 {
    i64::from(row) + 1
}
