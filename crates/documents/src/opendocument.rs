//! OpenDocument texts, sheets and presentations: what `content.xml` shows, in its order.
//!
//! Kept: headings with their levels, lists with their numbers, tables, footnotes and comments after the paragraph that they belong
//! to, headers and footers apart, sheets with the addresses of their cells, slides with their notes. A cell's
//! text is the one shown. Left out: what tracked changes deleted, drawings, styles.

use aparte_protocol::documents::{DocumentFailure, Format, Limit, Page, PageWarning};

use crate::archive::Archive;
use crate::budget::{Budget, NESTING_LIMIT};
use crate::written::{COLUMNS_LIMIT, Writer};
use crate::xml::{self, Element, Node, Soundness};

mod lists;

use lists::Lists;

/// The last row of the largest sheets.
const ROWS: u64 = 1 << 24;

/// Elements of which nothing is shown.
const DROPPED: &[&str] = &[
    "tracked-changes",
    "scripts",
    "event-listeners",
    "forms",
    "binary-data",
    "object",
    "settings",
    "desc",
    "note-citation",
    "ruby-text",
];
/// Elements of a comment that do not say what it says.
const ABOUT_COMMENTS: &[&str] = &["creator", "date", "creator-initials", "sender-initials"];

/// Reads an OpenDocument file of the given kind; see [`crate::read`].
pub(crate) fn read(
    bytes: &[u8],
    format: Format,
    budget: &mut Budget,
) -> Result<Vec<Page>, DocumentFailure> {
    let mut archive = Archive::open(bytes)?;
    if let Some(manifest) = archive.part("META-INF/manifest.xml", budget)?
        && is_encrypted(&manifest)?
    {
        return Err(DocumentFailure::Encrypted);
    }
    let content = archive
        .part("content.xml", budget)?
        .ok_or(DocumentFailure::Damaged)?;
    let styles = match format {
        Format::Odt => archive.part("styles.xml", budget)?,
        _ => None,
    };
    let mut writer = Writer::new(budget);
    if format != Format::Odt {
        writer = writer.with_fresh_outlines();
    }
    let mut walk = Walk::new(format, &mut writer);
    if let Some(styles) = styles {
        xml::walk(&styles, &mut |node| walk.edges(node))?;
    }
    walk.within = false;
    let soundness = xml::walk(&content, &mut |node| walk.node(node))?;
    walk.finish()?;
    if soundness == Soundness::Broken {
        writer.warn(PageWarning::Damaged);
    }
    writer.finish()
}

fn is_encrypted(manifest: &[u8]) -> Result<bool, DocumentFailure> {
    let mut encrypted = false;
    xml::walk(manifest, &mut |node| {
        encrypted |= matches!(node, Node::Start(element) if element.name() == "encryption-data");
        Ok(())
    })?;
    Ok(encrypted)
}

/// Where the walk through the content is.
struct Walk<'w, 'b> {
    format: Format,
    writer: &'w mut Writer<'b>,
    /// Inside the body, or a header or footer.
    within: bool,
    /// Inside an element that is dropped, so deep.
    dropped: usize,
    /// The paragraphs that are being read, the innermost last: a text box stands in one. With the level of a
    /// heading.
    paragraphs: Vec<(String, Option<u8>)>,
    lists: Lists,
    /// What stands before the item that begins.
    mark: Option<String>,
    /// Inside notes and comments, so deep, and what they say.
    notes: usize,
    note: Vec<String>,
    pending: Vec<String>,
    tables: usize,
    sheet: Sheet,
    headers: usize,
    slide_title: usize,
    slide_notes: usize,
    name: Option<String>,
}

/// Where in a table.
#[derive(Default)]
struct Sheet {
    row: u64,
    column: u64,
    rows_repeated: u64,
    columns_repeated: u64,
    /// The cells of the row that hold something.
    cells: Vec<(u32, String)>,
    cell: Vec<String>,
}

impl<'w, 'b> Walk<'w, 'b> {
    fn new(format: Format, writer: &'w mut Writer<'b>) -> Self {
        Walk {
            format,
            writer,
            within: false,
            dropped: 0,
            paragraphs: Vec::new(),
            lists: Lists::default(),
            mark: None,
            notes: 0,
            note: Vec::new(),
            pending: Vec::new(),
            tables: 0,
            sheet: Sheet::default(),
            headers: 0,
            slide_title: 0,
            slide_notes: 0,
            name: None,
        }
    }

    /// The headers and footers of the styles.
    fn edges(&mut self, node: Node) -> Result<(), DocumentFailure> {
        let is_edge = |name: &str| name.starts_with("header") || name.starts_with("footer");
        match &node {
            // `header-style` says how one looks.
            Node::Start(element)
                if is_edge(element.name()) && !element.name().ends_with("style") =>
            {
                self.headers += 1;
                self.within = true;
                return Ok(());
            }
            Node::End(name) if self.headers > 0 && is_edge(name) && !name.ends_with("style") => {
                self.headers -= 1;
                self.within = self.headers > 0;
                return Ok(());
            }
            _ => {}
        }
        self.node(node)
    }

    fn node(&mut self, node: Node) -> Result<(), DocumentFailure> {
        match node {
            Node::Start(element) if self.is_dropped(element.name()) => {
                self.dropped += usize::from(self.within);
                Ok(())
            }
            Node::End(_) if self.dropped > 0 => {
                self.dropped -= 1;
                Ok(())
            }
            Node::Start(element) => self.start(&element),
            Node::End(name) => self.end(name),
            Node::Text(text) => {
                if self.dropped == 0
                    && let Some((paragraph, _)) = self.paragraphs.last_mut()
                {
                    // Runs of white space are one space; others have elements of their own.
                    for c in text.chars() {
                        if !c.is_ascii_whitespace() {
                            paragraph.push(c);
                        } else if !paragraph.ends_with([' ', '\n']) {
                            paragraph.push(' ');
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn is_dropped(&self, name: &str) -> bool {
        self.dropped > 0
            || DROPPED.contains(&name)
            || (self.notes > 0 && ABOUT_COMMENTS.contains(&name))
    }

    fn start(&mut self, element: &Element) -> Result<(), DocumentFailure> {
        match element.name() {
            "body" => self.within = true,
            _ if !self.within => self.lists.style(element),
            "p" | "h" => {
                if self.paragraphs.len() >= NESTING_LIMIT {
                    return Err(DocumentFailure::Limit(Limit::Nesting));
                }
                let level = (element.name() == "h")
                    .then(|| element.number("outline-level").unwrap_or(1).clamp(1, 9) as u8);
                self.paragraphs.push((String::new(), level));
            }
            "s" => {
                // However many it stands for: runs of them are one in what is written.
                self.push(" ");
            }
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "list" => {
                if self.lists.depth() >= NESTING_LIMIT {
                    return Err(DocumentFailure::Limit(Limit::Nesting));
                }
                self.lists.begin(element);
            }
            "list-item" => self.mark = self.lists.item(element),
            "list-header" => self.mark = None,
            "note" | "annotation" => self.notes += 1,
            "table" => {
                self.tables += 1;
                if self.tables == 1 {
                    self.sheet = Sheet::default();
                    if self.format == Format::Ods {
                        self.writer
                            .begin(Some(&element.attribute("name").unwrap_or_default()))?;
                    }
                    self.writer.begin_table();
                }
            }
            "table-row" if self.tables == 1 => {
                self.sheet.column = 0;
                self.sheet.cells.clear();
                self.sheet.rows_repeated =
                    element.number("number-rows-repeated").unwrap_or(1).max(1);
            }
            "table-cell" | "covered-table-cell" if self.tables == 1 => {
                self.sheet.columns_repeated = element
                    .number("number-columns-repeated")
                    .unwrap_or(1)
                    .max(1);
                self.sheet.cell.clear();
            }
            "page" if self.format == Format::Odp => {
                self.writer.begin(None)?;
                self.name = element.attribute("name");
            }
            "frame"
                if self.slide_title > 0
                    || element.attribute("class").as_deref() == Some("title") =>
            {
                self.slide_title += 1;
            }
            "notes" => self.slide_notes += 1,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), DocumentFailure> {
        match name {
            "body" => self.within = false,
            _ if !self.within => {}
            "p" | "h" => {
                if let Some((text, level)) = self.paragraphs.pop() {
                    self.paragraph(text, level)?;
                }
            }
            "list" => {
                self.lists.end();
                self.mark = None;
            }
            "note" | "annotation" => {
                self.notes = self.notes.saturating_sub(1);
                if self.notes == 0 {
                    let note = std::mem::take(&mut self.note).join("\n");
                    self.pending.push(note);
                }
            }
            "table" => {
                if self.tables == 1 {
                    self.writer.end_table();
                    self.flush_notes()?;
                }
                self.tables = self.tables.saturating_sub(1);
            }
            "table-row" if self.tables == 1 => self.row()?,
            "table-cell" | "covered-table-cell" if self.tables == 1 => self.cell()?,
            "frame" => self.slide_title = self.slide_title.saturating_sub(1),
            "page" if self.format == Format::Odp => {
                let name = self.name.take();
                if let Some(name) = name {
                    self.writer.title_if_none(&name);
                }
            }
            "notes" => self.slide_notes = self.slide_notes.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some((paragraph, _)) = self.paragraphs.last_mut() {
            paragraph.push_str(text);
        }
    }

    fn paragraph(&mut self, text: String, level: Option<u8>) -> Result<(), DocumentFailure> {
        if self.notes > 0 {
            self.note.push(text);
            return Ok(());
        }
        if self.headers > 0 {
            return self.writer.running(&text);
        }
        if self.tables > 0 {
            self.sheet.cell.push(text);
            return Ok(());
        }
        let mark = self.mark.take();
        match (level, mark) {
            (Some(level), _) => self.writer.heading(level, &text)?,
            (None, _)
                if self.slide_title > 0 && self.slide_notes == 0 && !text.trim().is_empty() =>
            {
                self.writer.heading(1, &text)?;
                self.writer.title_if_none(&text);
            }
            (None, Some(mark)) if !text.trim().is_empty() => {
                self.writer.paragraph(&format!("{mark} {text}"))?
            }
            _ => self.writer.paragraph(&text)?,
        }
        if self.paragraphs.is_empty() {
            self.flush_notes()?;
        }
        Ok(())
    }

    fn flush_notes(&mut self) -> Result<(), DocumentFailure> {
        for note in std::mem::take(&mut self.pending) {
            self.writer.paragraph(&note)?;
        }
        Ok(())
    }

    fn cell(&mut self) -> Result<(), DocumentFailure> {
        let sheet = &mut self.sheet;
        let text = std::mem::take(&mut sheet.cell).join(" ");
        let end = sheet
            .column
            .saturating_add(sheet.columns_repeated)
            .min(COLUMNS_LIMIT as u64);
        if !text.trim().is_empty() {
            let count = end.saturating_sub(sheet.column);
            if sheet.cells.len() as u64 + count > u64::from(self.writer.budget.cells_left()) {
                return Err(DocumentFailure::Limit(Limit::Cells));
            }
            let columns = sheet.column..end;
            sheet
                .cells
                .extend(columns.map(|column| (column as u32, text.clone())));
        }
        sheet.column = end;
        Ok(())
    }

    fn row(&mut self) -> Result<(), DocumentFailure> {
        let end = self
            .sheet
            .row
            .saturating_add(self.sheet.rows_repeated)
            .min(ROWS);
        let cells = std::mem::take(&mut self.sheet.cells);
        if !cells.is_empty() {
            let all = (cells.len() as u64).saturating_mul(self.sheet.rows_repeated);
            if all > u64::from(self.writer.budget.cells_left()) {
                return Err(DocumentFailure::Limit(Limit::Cells));
            }
            for row in self.sheet.row..end {
                self.writer
                    .table_row(row as u32, &cells, self.format == Format::Ods)?;
            }
        }
        self.sheet.row = end;
        Ok(())
    }

    /// What is left where the content broke off.
    fn finish(&mut self) -> Result<(), DocumentFailure> {
        while let Some((text, level)) = self.paragraphs.pop() {
            self.paragraph(text, level)?;
        }
        self.writer.end_table();
        self.flush_notes()
    }
}
