//! HTML to blocks of text: what a browser would show, in the order in which it is written. Scripts, styles and
//! hidden elements are dropped, and nothing that the page refers to is fetched.

use aparte_protocol::documents::{DocumentFailure, Limit, Page};

use crate::budget::{Budget, NESTING_LIMIT};
use crate::encoding;
use crate::markup::{FOREIGN, Tag, Token, Tokens};
use crate::written::{COLUMNS_LIMIT, Writer, raised};

/// How much of a page is looked at for its encoding.
const DECLARED_WITHIN: usize = 4 << 10;

/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "section",
    "summary",
    "ul",
    "caption",
    "pre",
    "listing",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
];
/// Elements of which nothing is shown.
const DROPPED: &[&str] = &[
    "script", "style", "template", "noscript", "iframe", "noembed", "noframes", "object", "applet",
    "audio", "video", "canvas", "svg", "math", "datalist",
];
/// Elements that are dropped where they are hidden: they have end tags, so that it is known how far.
const MAY_HIDE: &[&str] = &[
    "div", "span", "section", "article", "aside", "table", "ul", "ol", "form", "font", "a", "b",
    "i", "small", "center",
];

/// Reads a page; see [`crate::read`].
pub(crate) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Page>, DocumentFailure> {
    let text = decode(bytes);
    let mut writer = Writer::new(budget);
    let xhtml = text.trim_start().starts_with("<?xml");
    if let Some(title) = write(&text, xhtml, &mut writer)? {
        writer.title_if_none(&title);
    }
    writer.finish()
}

/// The text of a page, by what it says of itself.
pub(crate) fn decode(bytes: &[u8]) -> String {
    encoding::decode_labelled(bytes, declared_encoding(bytes).as_deref())
}

fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head =
        String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_WITHIN)]).to_ascii_lowercase();
    // Both `<meta charset=x>` and `content="text/html; charset=x"`, and the XML declaration.
    let value = match head.find("charset") {
        Some(at) => &head[at + "charset".len()..],
        None => {
            let declaration = head
                .trim_start()
                .strip_prefix("<?xml")?
                .split("?>")
                .next()?;
            declaration.split_once("encoding")?.1
        }
    };
    let value = value
        .trim_start()
        .strip_prefix('=')?
        .trim_start()
        .trim_start_matches(['"', '\'']);
    let end = value
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')))
        .unwrap_or(value.len());
    Some(value[..end].to_owned())
}

/// Writes what a page shows; gives its title.
pub(crate) fn write(
    text: &str,
    xhtml: bool,
    writer: &mut Writer,
) -> Result<Option<String>, DocumentFailure> {
    let mut builder = Builder {
        writer,
        line: String::new(),
        heading: None,
        running: 0,
        preformatted: 0,
        raised: 0,
        lists: Vec::new(),
        mark: None,
        tables: Vec::new(),
        title: None,
        in_title: false,
    };
    let mut dropped: Option<(String, usize)> = None;
    for token in Tokens::new(text, xhtml) {
        if let Some((name, depth)) = &mut dropped {
            match &token {
                Token::Start(tag) if tag.name == *name && !ends_itself(tag, xhtml) => *depth += 1,
                Token::End(ended) if ended == name => *depth -= 1,
                _ => {}
            }
            if *depth == 0 {
                dropped = None;
            }
            continue;
        }
        match token {
            Token::Start(tag) => {
                let closed = ends_itself(&tag, xhtml);
                if DROPPED.contains(&tag.name.as_str()) || is_hidden(&tag) {
                    dropped = (!closed).then_some((tag.name, 1));
                    continue;
                }
                builder.start(&tag)?;
                if closed {
                    builder.end(&tag.name)?;
                }
            }
            Token::End(name) => builder.end(&name)?,
            Token::Text(text) => builder.text(&text),
        }
    }
    while !builder.tables.is_empty() {
        builder.end("table")?;
    }
    builder.flush()?;
    Ok(builder
        .title
        .map(|title| crate::written::title(&title))
        .filter(|title| !title.is_empty()))
}

/// Whether an element has no content: in XHTML each may say so, in HTML only those of other languages.
fn ends_itself(tag: &Tag, xhtml: bool) -> bool {
    tag.self_closing && (xhtml || FOREIGN.contains(&tag.name.as_str()))
}

fn is_hidden(tag: &Tag) -> bool {
    MAY_HIDE.contains(&tag.name.as_str())
        && (tag.attribute("hidden").is_some()
            || tag.attribute("style").is_some_and(|style| {
                let plain: String = style.to_ascii_lowercase().split_whitespace().collect();
                plain.contains("display:none") || plain.contains("visibility:hidden")
            }))
}

struct Builder<'w, 'b> {
    writer: &'w mut Writer<'b>,
    /// The block, or the cell, that is being filled.
    line: String,
    heading: Option<u8>,
    /// How many elements around hold what leads to other pages, not what this one says.
    running: usize,
    preformatted: usize,
    /// How many elements around are above the line, within the block or cell.
    raised: usize,
    /// The lists around, with the number of the next item.
    lists: Vec<Option<u64>>,
    /// What stands before the item that begins.
    mark: Option<String>,
    tables: Vec<Table>,
    title: Option<String>,
    in_title: bool,
}

#[derive(Default)]
struct Table {
    /// It holds another table, so it is there for the layout.
    layout: bool,
    in_cell: bool,
    cells: Vec<(String, usize)>,
    span: usize,
}

impl Builder<'_, '_> {
    fn start(&mut self, tag: &Tag) -> Result<(), DocumentFailure> {
        let name = tag.name.as_str();
        if BLOCKS.contains(&name) || matches!(name, "td" | "th") {
            self.raised = 0;
        }
        if BLOCKS.contains(&name) {
            self.flush()?;
        }
        match name {
            "title" => self.in_title = self.title.is_none(),
            "br" => self.line.push('\n'),
            "img" | "area" => {
                if let Some(alt) = tag.attribute("alt") {
                    self.text(&format!(" {alt} "));
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading = Some(name.as_bytes()[1] - b'0')
            }
            "nav" => self.running += 1,
            "sup" => self.raised += 1,
            "pre" | "listing" | "textarea" => self.preformatted += 1,
            "ul" | "menu" | "dir" => self.list(None)?,
            "ol" => self.list(Some(
                tag.attribute("start")
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(1),
            ))?,
            "li" => self.item(),
            "table" => self.table()?,
            "tr" => self.end_row()?,
            "td" | "th" => self.cell(tag)?,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), DocumentFailure> {
        if BLOCKS.contains(&name) {
            self.flush()?;
        }
        match name {
            "title" => self.in_title = false,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = None,
            "nav" => self.running = self.running.saturating_sub(1),
            "sup" => self.raised = self.raised.saturating_sub(1),
            "pre" | "listing" | "textarea" => {
                self.preformatted = self.preformatted.saturating_sub(1)
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.lists.pop();
                self.mark = None;
            }
            "td" | "th" => self.end_cell()?,
            "tr" => self.end_row()?,
            "table" => {
                self.end_row()?;
                if self.tables.pop().is_some_and(|table| !table.layout) {
                    self.writer.end_table();
                }
                self.flush()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.title.get_or_insert_default().push_str(text);
            return;
        }
        let raised = (self.raised > 0).then(|| raised(text.trim())).flatten();
        let text = raised.as_deref().unwrap_or(text);
        if self.preformatted > 0 {
            self.line.push_str(text);
            return;
        }
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
                if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                    self.line.push(' ');
                }
            } else {
                self.line.push(c);
            }
        }
    }

    /// Ends the block that is being filled. In a cell it is only parted from what follows.
    fn flush(&mut self) -> Result<(), DocumentFailure> {
        if self
            .tables
            .last()
            .is_some_and(|table| !table.layout && table.in_cell)
        {
            if !self.line.is_empty() {
                self.line.push(' ');
            }
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        if line.trim().is_empty() {
            return Ok(());
        }
        let line = match self.mark.take() {
            Some(mark) => format!("{mark}{}", line.trim_start()),
            None => line,
        };
        match self.heading {
            _ if self.running > 0 => self.writer.running(&line),
            Some(level) => self.writer.heading(level, &line),
            None if self.preformatted > 0 => self.writer.lines(&line),
            None => self.writer.paragraph(&line),
        }
    }

    fn list(&mut self, number: Option<u64>) -> Result<(), DocumentFailure> {
        if self.lists.len() >= NESTING_LIMIT {
            return Err(DocumentFailure::Limit(Limit::Nesting));
        }
        self.lists.push(number);
        Ok(())
    }

    fn item(&mut self) {
        self.mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                Some(mark)
            }
            Some(None) => Some("• ".to_owned()),
            None => None,
        };
    }

    fn table(&mut self) -> Result<(), DocumentFailure> {
        if self.tables.len() >= NESTING_LIMIT {
            return Err(DocumentFailure::Limit(Limit::Nesting));
        }
        if let Some(outer) = self.tables.last_mut()
            && !outer.layout
        {
            outer.layout = true;
            let cells = std::mem::take(&mut outer.cells);
            self.writer.end_table();
            for (cell, _) in cells {
                self.writer.paragraph(&cell)?;
            }
        }
        self.flush()?;
        self.tables.push(Table::default());
        self.writer.begin_table();
        Ok(())
    }

    fn cell(&mut self, tag: &Tag) -> Result<(), DocumentFailure> {
        self.end_cell()?;
        let Some(table) = self.tables.last() else {
            return self.flush();
        };
        if table.layout {
            return self.flush();
        }
        // Text of a table outside of its cells stands before the table.
        self.flush()?;
        if self
            .tables
            .last()
            .is_some_and(|table| table.cells.len() >= COLUMNS_LIMIT)
        {
            self.end_row()?;
        }
        if let Some(table) = self.tables.last_mut() {
            table.in_cell = true;
            let span = tag.attribute("colspan").and_then(|n| n.trim().parse().ok());
            table.span = span.unwrap_or(1);
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), DocumentFailure> {
        match self.tables.last_mut() {
            Some(table) if !table.layout && table.in_cell => {
                table.in_cell = false;
                let span = table.span;
                table.cells.push((std::mem::take(&mut self.line), span));
                Ok(())
            }
            Some(table) if !table.layout => Ok(()),
            _ => self.flush(),
        }
    }

    fn end_row(&mut self) -> Result<(), DocumentFailure> {
        self.end_cell()?;
        let Some(table) = self.tables.last_mut().filter(|table| !table.layout) else {
            return Ok(());
        };
        let cells = std::mem::take(&mut table.cells);
        self.writer.spread_row(&cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aparte_protocol::documents::Limits;

    fn page(html: &str) -> Page {
        let mut budget = Budget::new(Limits::default());
        let mut pages = read(html.as_bytes(), &mut budget).unwrap();
        assert_eq!(pages.len(), 1);
        pages.remove(0)
    }

    #[test]
    fn blocks_headings_lists_and_code_are_kept() {
        let page = page(
            "<!doctype html><title>Lease</title><h1>The  lease</h1><p>Between <b>A</b> and\nB,<br>it is agreed.\
             <h2>Rent</h2><ul><li>Due monthly<li>In euros</ul><ol start=3><li><p>Third</p></li></ol>\
             <pre>a  b\n  c</pre><nav>Home | Next</nav>",
        );
        assert_eq!(
            page.text,
            "The lease\n\nBetween A and B,\nit is agreed.\n\nRent\n\n• Due monthly\n\n• In euros\n\n3. Third\n\na  b\n  c\n\nHome | Next"
        );
        let levels: Vec<_> = page
            .headings
            .iter()
            .map(|h| (h.level, h.range.of(&page.text).unwrap()))
            .collect();
        assert_eq!(levels, [(1, "The lease"), (2, "Rent")]);
        assert!(
            page.passages
                .iter()
                .all(|p| !p.range.of(&page.text).unwrap().contains("Home"))
        );
    }

    #[test]
    fn a_raised_number_shows_that_it_is_one() {
        let page = page(
            "<p>10<sup>6</sup> the 1<sup>st</sup><sup>[2]</sup> and 5<sup>2<p>77<table><tr><td>1<sup>2<td>34</table>",
        );
        assert_eq!(page.text, "10⁶ the 1st[2] and 5²\n\n77\n\n1²\t34");
    }

    #[test]
    fn a_table_is_rows_of_cells_and_one_for_the_layout_is_not() {
        let page = page(
            "<table><tr><td>Menu</td><td><table><tr><th>What<th>Price<tr><td>Nails, <p>long</p><td>12</table>after</td></tr></table>",
        );
        assert_eq!(page.text, "Menu\n\nWhat\tPrice\nNails, long\t12\n\nafter");
    }

    #[test]
    fn text_of_a_table_outside_of_its_cells_takes_no_row_away() {
        let rows = "<tr><th>What<th>Price<tr><td>Nails<td>12</table>";
        for stray in ["<caption>Prices</caption>", "<p>Prices</p>", "Prices"] {
            let page = page(&format!("<table>{stray}{rows}"));
            assert_eq!(page.text, "Prices\n\nWhat\tPrice\nNails\t12", "{stray}");
        }
        let page = page("<table><tr><td>a<td>b</tr><p>between<tr><td>c<td>d</table>");
        assert_eq!(page.text, "a\tb\n\nbetween\n\nc\td");
    }

    #[test]
    fn a_drawing_that_ends_itself_hides_nothing_after_it() {
        for drawing in [
            "<svg/>",
            "<math/>",
            "<svg><svg/><style/><title/></svg>",
            "<svg><g/><math/></svg>",
        ] {
            assert_eq!(page(&format!("{drawing}<p>seen")).text, "seen", "{drawing}");
        }
        // Of the page's own elements, only XHTML's end themselves.
        assert_eq!(page("<p>seen<script/>var x<p>not").text, "seen");
    }

    #[test]
    fn scripts_styles_and_hidden_text_are_not_read() {
        let page = page(
            "<head><style>p{}</style><script>alert('no')</script></head><p>seen<div style='display: NONE'>hidden<div>in</div></div>\
             <span hidden>no</span><noscript>no</noscript><svg><text>no</text></svg><p>seen too",
        );
        assert_eq!(page.text, "seen\n\nseen too");
    }

    #[test]
    fn the_encoding_is_the_one_declared() {
        for html in [
            b"<meta charset='windows-1252'><p>\x80 \xe9t\xe9".as_slice(),
            b"<meta http-equiv=content-type content=\"text/html; charset=windows-1252\"><p>\x80 \xe9t\xe9",
        ] {
            let mut budget = Budget::new(Limits::default());
            let pages = read(html, &mut budget).unwrap();
            assert_eq!(pages[0].text, "€ été");
        }
    }

    #[test]
    fn a_deep_nesting_of_tables_is_refused() {
        let mut budget = Budget::new(Limits::default());
        let html = "<table><tr><td>x".repeat(5_000);
        assert_eq!(
            read(html.as_bytes(), &mut budget),
            Err(DocumentFailure::Limit(Limit::Nesting))
        );
    }
}
