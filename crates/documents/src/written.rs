//! Puts the pages of formats without a layout together: blocks of text, headings, rows of tables.
//!
//! All text goes through here and is counted; a page that grows too long goes on as another one with the
//! same title.

use std::ops::Range;

use aparte_protocol::documents::{Cell, DocumentFailure, Page, PageWarning};

use crate::budget::Budget;
use crate::passages::{self, Block, Kind, Outline, text_range};

/// How many bytes of text a page may hold: with its words, cells and passages it must fit in a frame.
pub(crate) const PAGE_TEXT_LIMIT: usize = 2 << 20;
/// How many cells.
const PAGE_CELLS_LIMIT: usize = 200_000;
/// The row with the column names is no longer, in bytes: it is kept with every passage of its table.
const HEADER_LIMIT: usize = 2_000;
/// So many empty cells are written before one that holds something, or after one that is spread over columns, at the
/// most.
const GAP_LIMIT: u32 = 64;
/// A row has no more cells: as many columns as the largest sheets have.
pub(crate) const COLUMNS_LIMIT: usize = 16_384;
/// A title is no longer, in characters.
const TITLE_LIMIT: usize = 200;

/// A cell of a row that is written, and its column and row in its sheet.
pub(crate) struct Written<'a> {
    pub(crate) text: &'a str,
    pub(crate) place: Option<(u32, u32)>,
}

impl<'a> Written<'a> {
    /// A cell of a table that is no sheet.
    pub(crate) fn plain(text: &'a str) -> Written<'a> {
        Written { text, place: None }
    }
}

/// The pages of a document while they are put together.
pub(crate) struct Writer<'b> {
    pub(crate) budget: &'b mut Budget,
    pages: Vec<Page>,
    outline: Outline,
    /// Whether each page is a document of its own as far as its headings go.
    fresh_outlines: bool,
    title: Option<String>,
    begun: bool,
    text: String,
    blocks: Vec<Block>,
    cells: Vec<Cell>,
    warnings: Vec<PageWarning>,
    table: Option<Table>,
}

/// A table that is being written.
#[derive(Default)]
struct Table {
    start: usize,
    /// Where its first row stands on this page.
    header: Range<usize>,
    header_cells: Vec<Cell>,
    rows: usize,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(budget: &'b mut Budget) -> Writer<'b> {
        Writer {
            budget,
            pages: Vec::new(),
            outline: Outline::default(),
            fresh_outlines: false,
            title: None,
            begun: false,
            text: String::new(),
            blocks: Vec::new(),
            cells: Vec::new(),
            warnings: Vec::new(),
            table: None,
        }
    }

    /// Headings do not reach over pages: sheets, slides and messages stand alone.
    pub(crate) fn with_fresh_outlines(mut self) -> Self {
        self.fresh_outlines = true;
        self
    }

    /// Begins a page; also the last one that was begun is one, however empty.
    pub(crate) fn begin(&mut self, title: Option<&str>) -> Result<(), DocumentFailure> {
        if self.begun || !self.text.is_empty() {
            self.end_page()?;
        }
        self.title = title.map(self::title).filter(|title| !title.is_empty());
        self.begun = true;
        if self.fresh_outlines {
            self.outline = Outline::default();
        }
        Ok(())
    }

    /// Names the page at hand, if it has no name yet.
    pub(crate) fn title_if_none(&mut self, text: &str) {
        let text = title(text);
        if self.title.is_none() && !text.is_empty() {
            self.title = Some(text);
        }
    }

    /// The number of the page at hand.
    pub(crate) fn page_number(&self) -> u32 {
        self.pages.len() as u32 + 1
    }

    /// The first heading on the page at hand.
    pub(crate) fn first_heading(&self) -> Option<String> {
        let heading = self.blocks.iter().find_map(Block::heading)?;
        heading.range.of(&self.text).map(str::to_owned)
    }

    /// Paragraphs parted by empty lines.
    pub(crate) fn prose(&mut self, text: &str) -> Result<(), DocumentFailure> {
        for block in crate::markdown::paragraphs(text) {
            self.paragraph(&text[block.range])?;
        }
        Ok(())
    }

    pub(crate) fn warn(&mut self, warning: PageWarning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// A heading; 1 is the highest.
    pub(crate) fn heading(&mut self, level: u8, text: &str) -> Result<(), DocumentFailure> {
        let text = one_line(text);
        self.block(&text, |range| Kind::Heading {
            level,
            title: range,
        })
    }

    /// A paragraph, or an item of a list. Its lines stay lines.
    pub(crate) fn paragraph(&mut self, text: &str) -> Result<(), DocumentFailure> {
        self.block(&tidy(text), |_| Kind::Prose)
    }

    /// Lines that are not cut inside, as they are written: code, verse.
    pub(crate) fn lines(&mut self, text: &str) -> Result<(), DocumentFailure> {
        self.block(text.trim_matches('\n').trim_end(), |_| Kind::Rows)
    }

    /// A header or footer: text of the page, in no passage.
    pub(crate) fn running(&mut self, text: &str) -> Result<(), DocumentFailure> {
        self.block(&tidy(text), |_| Kind::Running)
    }

    /// Begins a table: its first row names its columns.
    pub(crate) fn begin_table(&mut self) {
        self.end_table();
        self.table = Some(Table::default());
    }

    /// A row of the table at hand, or, where a paragraph ended it or none was begun, of one that begins with it.
    /// Without any text it is left out; one that no page has room for goes on as another row.
    pub(crate) fn row(&mut self, cells: &[Written]) -> Result<(), DocumentFailure> {
        let texts: Vec<String> = cells.iter().map(|cell| one_line(cell.text)).collect();
        let filled = texts.iter().rposition(|text| !text.is_empty());
        let Some(last) = filled else { return Ok(()) };
        let mut row = Vec::with_capacity(last + 1);
        let mut length = 0;
        for (cell, text) in cells.iter().zip(&texts).take(last + 1) {
            let mut rest = text.as_str();
            loop {
                let piece = &rest[..rest.floor_char_boundary(PAGE_TEXT_LIMIT)];
                if length + piece.len() + 1 > PAGE_TEXT_LIMIT && !row.is_empty() {
                    self.fitting_row(&row, length)?;
                    row.clear();
                    length = 0;
                }
                row.push(Written {
                    text: piece.trim(),
                    place: cell.place,
                });
                length += piece.len() + 1;
                rest = &rest[piece.len()..];
                if rest.is_empty() {
                    break;
                }
            }
        }
        self.fitting_row(&row, length)
    }

    /// A row of cells that are lines already and fit on a page.
    fn fitting_row(&mut self, cells: &[Written], length: usize) -> Result<(), DocumentFailure> {
        self.budget.text(length)?;
        if self.is_full(length) || self.cells.len() + cells.len() > PAGE_CELLS_LIMIT {
            self.go_on()?;
        }
        let table = self.table.get_or_insert_default();
        if table.rows == 0 {
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            table.start = self.text.len();
        } else {
            self.text.push('\n');
        }
        let start = self.text.len();
        let first_cell = self.cells.len();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push('\t');
            }
            let start = self.text.len();
            self.text.push_str(cell.text);
            if let Some((column, row)) = cell.place
                && !cell.text.is_empty()
            {
                self.cells.push(Cell {
                    range: text_range(&(start..self.text.len())),
                    column,
                    row,
                });
            }
        }
        if table.rows == 0 {
            table.header = start..self.text.len();
            table.header_cells = self.cells[first_cell..].to_vec();
        }
        table.rows += 1;
        Ok(())
    }

    /// A row of cells, each with over how many columns it is spread; one with more columns than any sheet goes on as
    /// another row.
    pub(crate) fn spread_row(&mut self, cells: &[(String, usize)]) -> Result<(), DocumentFailure> {
        let mut row = Vec::with_capacity(cells.len().min(COLUMNS_LIMIT));
        for (text, columns) in cells {
            if row.len() >= COLUMNS_LIMIT {
                self.row(&row)?;
                row.clear();
            }
            row.push(Written::plain(text));
            let empty = (*columns).clamp(1, GAP_LIMIT as usize) - 1;
            row.extend((0..empty).map(|_| Written::plain("")));
        }
        self.row(&row)
    }

    /// A row of a sheet: its number and its cells that hold something, with their columns, in order. Those of what is
    /// no `sheet` have no addresses.
    pub(crate) fn table_row(
        &mut self,
        row: u32,
        cells: &[(u32, String)],
        sheet: bool,
    ) -> Result<(), DocumentFailure> {
        self.budget.cells(cells.len() as u32)?;
        let mut written = Vec::with_capacity(cells.len());
        let mut next = 0;
        for (column, text) in cells {
            // So that cells stand under their names; a far one does not fill the page with tabs.
            let gap = column.saturating_sub(next).min(GAP_LIMIT);
            written.extend((0..gap).map(|_| Written::plain("")));
            written.push(Written {
                text,
                place: sheet.then_some((*column, row)),
            });
            next = column.saturating_add(1);
        }
        self.row(&written)
    }

    /// Ends the table.
    pub(crate) fn end_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        if table.rows > 0 {
            let range = table.start..self.text.len();
            let named = table.rows > 1
                && table.header.len() <= HEADER_LIMIT
                && self.text[table.header.clone()].contains('\t');
            self.blocks.push(Block {
                range,
                kind: match named {
                    true => Kind::Table {
                        header: table.header,
                    },
                    false => Kind::Rows,
                },
            });
        }
    }

    /// The pages; at least one.
    pub(crate) fn finish(mut self) -> Result<Vec<Page>, DocumentFailure> {
        if self.begun || !self.text.is_empty() || self.pages.is_empty() {
            self.end_page()?;
        }
        Ok(self.pages)
    }

    fn is_full(&self, length: usize) -> bool {
        !self.text.is_empty() && self.text.len() + length + 2 > PAGE_TEXT_LIMIT
    }

    fn block(
        &mut self,
        text: &str,
        kind: impl Fn(Range<usize>) -> Kind,
    ) -> Result<(), DocumentFailure> {
        if text.trim().is_empty() {
            return Ok(());
        }
        self.end_table();
        let mut rest = text;
        while !rest.is_empty() {
            let piece = match rest.len() > PAGE_TEXT_LIMIT {
                true => &rest[..rest.floor_char_boundary(PAGE_TEXT_LIMIT)],
                false => rest,
            };
            rest = &rest[piece.len()..];
            self.budget.text(piece.len() + 2)?;
            if self.is_full(piece.len()) {
                self.go_on()?;
            }
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            let start = self.text.len();
            self.text.push_str(piece);
            let range = start..self.text.len();
            self.blocks.push(Block {
                kind: kind(range.clone()),
                range,
            });
        }
        Ok(())
    }

    /// Goes on on another page with the same title, and inside a table with its first row.
    fn go_on(&mut self) -> Result<(), DocumentFailure> {
        let header = self
            .table
            .as_ref()
            .filter(|table| table.rows > 0)
            .map(|table| {
                let text = self.text[table.header.clone()].to_owned();
                (text, table.header.start, table.header_cells.clone())
            });
        let within = self.table.is_some();
        let title = self.title.clone();
        self.end_page()?;
        self.title = title;
        if within {
            self.begin_table();
        }
        if let (Some((text, was, mut cells)), Some(table)) = (header, &mut self.table)
            && text.len() <= HEADER_LIMIT
        {
            self.budget.text(text.len())?;
            for cell in &mut cells {
                cell.range.start -= was as u32;
                cell.range.end -= was as u32;
            }
            table.rows = 1;
            table.header = 0..text.len();
            table.header_cells = cells.clone();
            self.cells = cells;
            self.text = text;
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), DocumentFailure> {
        self.end_table();
        self.budget.page()?;
        let text = std::mem::take(&mut self.text);
        let blocks = std::mem::take(&mut self.blocks);
        let mut warnings = std::mem::take(&mut self.warnings);
        if text.is_empty() && warnings.is_empty() {
            warnings.push(PageWarning::Blank);
        }
        self.pages.push(Page {
            number: self.pages.len() as u32 + 1,
            headings: blocks.iter().filter_map(Block::heading).collect(),
            passages: passages::cut(&text, &blocks, &mut self.outline),
            text,
            warnings,
            title: self.title.take(),
            cells: std::mem::take(&mut self.cells),
            ..Page::default()
        });
        self.begun = false;
        Ok(())
    }
}

/// Text of one line: each run of white space and control characters is a space.
pub(crate) fn one_line(text: &str) -> String {
    // Most cells are one line already.
    if text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && !text.contains("  ") {
        return text.trim().to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !draws_nothing(c) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A title, short enough to stand in a list.
pub(crate) fn title(text: &str) -> String {
    one_line(text).chars().take(TITLE_LIMIT).collect()
}

/// Text whose lines stay and whose other white space is tidied: no empty lines, no space at the ends of
/// lines, no control characters.
pub(crate) fn tidy(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for line in text.split([
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ]) {
        let start = lines.len();
        if start > 0 {
            lines.push('\n');
        }
        let before = lines.len();
        for c in line.chars() {
            if c.is_control() || (c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}') {
                if lines.len() > before && !lines.ends_with(' ') {
                    lines.push(' ');
                }
            } else if !draws_nothing(c) {
                lines.push(c);
            }
        }
        lines.truncate(lines.trim_end().len().max(before));
        if lines.len() == before {
            lines.truncate(start);
        }
    }
    lines
}

/// A number that is raised, in the characters for that, so that "10⁶" is not read as 106 and the number of a note is no part of the
/// word before it; `None` for any other text.
pub(crate) fn raised(text: &str) -> Option<String> {
    let raised = |c| {
        Some(match c {
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4'..='9' => char::from_u32('⁴' as u32 + (c as u32 - '4' as u32))?,
            '+' => '⁺',
            '-' | '−' | '\u{2011}' => '⁻',
            _ => return None,
        })
    };
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    has_digit.then(|| text.chars().map(raised).collect())?
}

/// Marks that neither show nor mean anything to a reader.
fn draws_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
    )
}
