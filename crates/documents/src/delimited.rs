//! Tables in text: cells parted by commas, semicolons, tabs or bars, some of them in quotes (RFC 4180).

use aparte_protocol::documents::{DocumentFailure, Page};

use crate::budget::Budget;
use crate::encoding;
use crate::written::{COLUMNS_LIMIT, Writer};

/// How much of the text is looked at for what parts its cells.
const SAMPLE: usize = 64 << 10;

/// Reads a table; see [`crate::read`].
pub(crate) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Page>, DocumentFailure> {
    let text = encoding::decode(bytes)?;
    let (text, declared) = declaration(&text);
    let separator = declared.unwrap_or_else(|| separator_of(text));
    let mut writer = Writer::new(budget);
    writer.begin_table();
    let mut rest = text;
    let mut row = 0;
    while !rest.is_empty() {
        let (cells, after) = record(rest, separator);
        rest = after;
        let cells: Vec<(u32, String)> = (0..)
            .zip(cells)
            .filter(|(_, text)| !text.trim().is_empty())
            .collect();
        writer.table_row(row, &cells, true)?;
        row += 1;
    }
    writer.end_table();
    writer.finish()
}

/// `sep=;` on a line of its own, as one spreadsheet writes it.
fn declaration(text: &str) -> (&str, Option<char>) {
    let declared = text.strip_prefix("sep=").and_then(|rest| {
        let mut characters = rest.chars();
        let separator = characters.next()?;
        Some((characters.as_str().strip_prefix('\n')?, separator))
    });
    declared.map_or((text, None), |(rest, separator)| (rest, Some(separator)))
}

/// What parts the cells: what parts most rows of the beginning into the same number of cells, more than one.
fn separator_of(text: &str) -> char {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    let score = |separator: char| {
        let mut rest = sample;
        let mut widths = Vec::new();
        while !rest.is_empty() && widths.len() < 50 {
            let (cells, after) = record(rest, separator);
            rest = after;
            if cells.len() > 1 || !cells[0].is_empty() {
                widths.push(cells.len());
            }
        }
        let usual = widths.iter().copied().max_by_key(|width| {
            let alike = widths.iter().filter(|other| *other == width).count();
            (alike * usize::from(*width > 1), *width)
        });
        let usual = usual.filter(|width| *width > 1)?;
        Some((
            widths.iter().filter(|width| **width == usual).count(),
            usual,
        ))
    };
    [',', ';', '\t', '|']
        .into_iter()
        .filter_map(|separator| Some((score(separator)?, separator)))
        .max_by_key(|(score, _)| *score)
        .map_or(',', |(_, separator)| separator)
}

/// The first record and what follows it.
fn record(text: &str, separator: char) -> (Vec<String>, &str) {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let (cell, after) = cell(rest, separator);
        if cells.len() < COLUMNS_LIMIT {
            cells.push(cell);
        }
        match after.strip_prefix(separator) {
            Some(after) => rest = after,
            None => return (cells, after.strip_prefix('\n').unwrap_or(after)),
        }
    }
}

/// The cell that the text begins with, and what follows it: a separator, a line's end, or nothing.
fn cell(text: &str, separator: char) -> (String, &str) {
    let ends = |c: char| c == separator || c == '\n';
    if let Some(quoted) = text.strip_prefix('"') {
        let mut cell = String::new();
        let mut rest = quoted;
        while let Some(at) = rest.find('"') {
            cell.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    rest = after;
                }
                None => {
                    // What stands behind the quote belongs to the cell, as spreadsheets have it.
                    let end = rest.find(ends).unwrap_or(rest.len());
                    cell.push_str(&rest[..end]);
                    return (cell, &rest[end..]);
                }
            }
        }
        // A quote that never ends is a character like any other.
    }
    let end = text.find(ends).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use aparte_protocol::documents::{Cell, Limits};

    fn page(text: &str) -> Page {
        let mut budget = Budget::new(Limits::default());
        let mut pages = read(text.as_bytes(), &mut budget).unwrap();
        pages.remove(0)
    }

    #[test]
    fn quotes_separators_and_lines_in_cells_are_understood() {
        let page = page(
            "What;Price;Note\n\"Nails; long\";12,50;\"he said \"\"no\"\"\nand left\"\nHammer;;x\n",
        );
        assert_eq!(
            page.text,
            "What\tPrice\tNote\nNails; long\t12,50\the said \"no\" and left\nHammer\t\tx"
        );
        let last: &Cell = page.cells.last().unwrap();
        assert_eq!(
            (last.address().as_str(), last.range.of(&page.text)),
            ("C3", Some("x"))
        );
    }

    #[test]
    fn each_passage_below_the_first_row_knows_it() {
        let mut text = String::from("name,price\n");
        for n in 0..200 {
            text.push_str(&format!("article number {n},{}\n", n * 3));
        }
        let page = page(&text);
        assert!(page.passages.len() > 2);
        assert_eq!(page.passages[0].header, None);
        for passage in &page.passages[1..] {
            assert_eq!(passage.header.unwrap().of(&page.text), Some("name\tprice"));
            assert!(passage.range.of(&page.text).unwrap().starts_with("article"));
        }
    }

    #[test]
    fn a_quote_that_never_ends_loses_nothing() {
        let page = page("a,\"b\nc,d\n");
        assert_eq!(page.text, "a\t\"b\nc\td");
    }
}
