//! Word, Excel and PowerPoint, old and new, through `office_oxide`, kept behind the crate's own types.
//!
//! Kept: headings by style, lists, tables, text boxes, footnotes and comments after their section, headers and
//! footers apart; sheets with names, the values of formulas and the addresses of cells; slides with titles and
//! notes. Left out: deleted and hidden text, pictures, and what is linked rather than held.

use std::io::Cursor;

use aparte_protocol::documents::{
    Cell, DocumentFailure, Format, Limit, Page, PageWarning, TextRange,
};
use office_oxide::ir::{DocumentIR, Element, HeaderFooter, InlineContent, List, Section, Table};
use office_oxide::limits::Limits;
use office_oxide::options::ParseOptions;
use office_oxide::xls::CellValue as OldValue;
use office_oxide::xls::XlsDocument;
use office_oxide::xlsx::{CellValue, XlsxDocument};
use office_oxide::{Document, DocumentFormat, OfficeError};

use crate::archive::{Archive, PART_LIMIT, Unreadable};
use crate::budget::Budget;
use crate::written::Writer;

/// More elements of XML are not given to the parser, which takes some hundred bytes for the least of them.
const ELEMENTS_LIMIT: u64 = 12_000_000;
/// Text boxes in cells in lists: deeper ones are not looked into.
const DEPTH_LIMIT: usize = 50;
/// What the parser may take for what a small file multiplies.
const MEMORY_LIMIT: u64 = 192 << 20;

/// Extensions of parts without text, which may be large; the parser has its own limit for them.
const MEDIA: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "emf", "wmf", "wdp", "mp4", "m4v", "mov",
    "avi", "wmv", "mp3", "m4a", "wav", "wma", "ttf", "odttf", "fntdata",
];

/// Reads a document of one of the six formats; see [`crate::read`].
pub(crate) fn read(
    bytes: Vec<u8>,
    format: Format,
    budget: &mut Budget,
) -> Result<Vec<Page>, DocumentFailure> {
    let kind = match format {
        Format::Docx => DocumentFormat::Docx,
        Format::Pptx => DocumentFormat::Pptx,
        Format::Xlsx => DocumentFormat::Xlsx,
        Format::Doc => DocumentFormat::Doc,
        Format::Ppt => DocumentFormat::Ppt,
        Format::Xls => DocumentFormat::Xls,
        _ => return Err(DocumentFailure::UnknownFormat),
    };
    if Archive::is_one(&bytes) {
        inspect(&bytes, budget)?;
    }
    let mut options = ParseOptions::default();
    options.limits = Limits::strict();
    options.limits.package_bytes = budget.unpacked_left().max(PART_LIMIT);
    options.limits.part_bytes = PART_LIMIT;
    options.limits.text_chars = PART_LIMIT as usize;
    options.limits.memory_bytes = MEMORY_LIMIT;
    // What is embedded is a file of its own, not text of this one.
    options.limits.embedded_depth = 0;
    let document =
        Document::from_reader_with(Cursor::new(bytes), kind, &options).map_err(failure)?;
    let mut writer = Writer::new(budget);
    match (document.as_xlsx(), document.as_xls()) {
        (Some(workbook), _) => {
            writer = writer.with_fresh_outlines();
            sheets(workbook, &mut writer)?;
        }
        (None, Some(workbook)) => {
            writer = writer.with_fresh_outlines();
            old_sheets(workbook, &mut writer)?;
        }
        (None, None) => {
            let content = document.to_ir();
            if matches!(format, Format::Pptx | Format::Ppt) {
                writer = writer.with_fresh_outlines();
                slides(&content, &mut writer)?;
            } else {
                text(&content, &mut writer)?;
            }
            if content.metadata.text_truncated {
                writer.warn(PageWarning::Damaged);
            }
        }
    }
    writer.finish()
}

/// Unpacks once under the count all that is not a picture, a film or a font, and counts elements and cells, before the
/// parser builds anything of it: it keeps each in memory.
fn inspect(bytes: &[u8], budget: &mut Budget) -> Result<(), DocumentFailure> {
    let mut archive = Archive::open(bytes)?;
    let mut elements = 0_u64;
    let mut cells = 0_u64;
    for index in 0..archive.len() {
        let name = archive.name(index).unwrap_or_default();
        let is_sheet = name.starts_with("xl/worksheets/");
        let extension = name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if MEDIA.contains(&extension.as_str()) {
            continue;
        }
        let cells_left = u64::from(budget.cells_left());
        let mut size = 0_u64;
        let mut last = [b' '; 2];
        let read = archive.unpack(index, None, budget, &mut |piece| {
            size += piece.len() as u64;
            if size > PART_LIMIT {
                return Err(DocumentFailure::Limit(Limit::Unpacked));
            }
            for &byte in piece {
                elements += u64::from(byte == b'<');
                let is_cell = is_sheet && last == *b"<c" && matches!(byte, b' ' | b'>' | b'/');
                cells += u64::from(is_cell);
                last = [last[1], byte];
            }
            match elements > ELEMENTS_LIMIT {
                true => Err(DocumentFailure::Limit(Limit::Nesting)),
                false if cells > cells_left => Err(DocumentFailure::Limit(Limit::Cells)),
                false => Ok(()),
            }
        });
        match read {
            // A part that is broken is the parser's to judge: others may do without it.
            Ok(()) | Err(Unreadable::Damaged) => {}
            Err(Unreadable::Encrypted) => return Err(DocumentFailure::Encrypted),
            Err(Unreadable::Over(failure)) => return Err(failure),
        }
    }
    Ok(())
}

fn failure(error: OfficeError) -> DocumentFailure {
    // The causes are in six enumerations, and in messages.
    let said = error.to_string().to_lowercase();
    if said.contains("encrypt") || said.contains("password") {
        DocumentFailure::Encrypted
    } else if said.contains("limit exceeded") {
        DocumentFailure::Limit(Limit::Unpacked)
    } else {
        DocumentFailure::Damaged
    }
}

/// A text is one page, whatever its sections.
fn text(content: &DocumentIR, writer: &mut Writer) -> Result<(), DocumentFailure> {
    let mut edges = Vec::new();
    let edge = |edge: &Option<HeaderFooter>| {
        edge.as_ref()
            .map(|edge| plain(&edge.content))
            .unwrap_or_default()
    };
    for section in &content.sections {
        for said in [
            edge(&section.first_page_header),
            edge(&section.header),
            edge(&section.even_page_header),
        ] {
            running(said, &mut edges, writer)?;
        }
        elements(&section.elements, 0, writer)?;
        for said in [
            edge(&section.first_page_footer),
            edge(&section.footer),
            edge(&section.even_page_footer),
        ] {
            running(said, &mut edges, writer)?;
        }
    }
    Ok(())
}

/// Writes a header or footer, unless an earlier section has it too.
fn running(
    said: String,
    edges: &mut Vec<String>,
    writer: &mut Writer,
) -> Result<(), DocumentFailure> {
    if said.trim().is_empty() || edges.contains(&said) || edges.len() > 100 {
        return Ok(());
    }
    writer.running(&said)?;
    edges.push(said);
    Ok(())
}

/// Each slide is a page.
fn slides(content: &DocumentIR, writer: &mut Writer) -> Result<(), DocumentFailure> {
    for section in &content.sections {
        slide(section, writer)?;
    }
    Ok(())
}

fn slide(section: &Section, writer: &mut Writer) -> Result<(), DocumentFailure> {
    writer.begin(section.title.as_deref())?;
    // The parser gives the title apart where it does not stand among the elements.
    let headed = section
        .elements
        .iter()
        .any(|element| matches!(element, Element::Heading(_)));
    if let Some(title) = section.title.as_deref()
        && !headed
    {
        let said = plain(&section.elements);
        if !said.contains(title) {
            writer.heading(1, title)?;
        }
    }
    elements(&section.elements, 0, writer)?;
    if section.title.is_none()
        && let Some(heading) = writer.first_heading()
    {
        writer.title_if_none(&heading);
    }
    match &section.speaker_notes {
        Some(notes) => elements(notes, 0, writer),
        None => Ok(()),
    }
}

fn elements(
    elements: &[Element],
    depth: usize,
    writer: &mut Writer,
) -> Result<(), DocumentFailure> {
    if depth > DEPTH_LIMIT {
        writer.warn(PageWarning::Damaged);
        return Ok(());
    }
    for element in elements {
        match element {
            Element::Heading(heading) => {
                writer.heading(heading.clamped_level(), &inline(&heading.content))?
            }
            Element::Paragraph(paragraph) => writer.paragraph(&inline(&paragraph.content))?,
            Element::Table(content) => table(content, writer)?,
            Element::List(content) => list(content, depth, writer)?,
            Element::TextBox(content) => self::elements(&content.content, depth + 1, writer)?,
            Element::Footnote(note) | Element::Endnote(note) => {
                let said = plain(&note.content);
                match &note.marker {
                    Some(marker) => writer.paragraph(&format!("{marker} {said}"))?,
                    None => writer.paragraph(&said)?,
                }
            }
            Element::CodeBlock(code) => writer.lines(&code.content)?,
            Element::Image(image) => {
                writer.paragraph(image.alt_text.as_deref().unwrap_or_default())?
            }
            _ => {}
        }
    }
    Ok(())
}

fn list(list: &List, depth: usize, writer: &mut Writer) -> Result<(), DocumentFailure> {
    if depth > DEPTH_LIMIT {
        writer.warn(PageWarning::Damaged);
        return Ok(());
    }
    let numbers = u64::from(list.start_number.unwrap_or(1))..;
    for (number, item) in numbers.zip(&list.items) {
        let mark = match list.ordered {
            true => format!("{number}. "),
            false => "• ".to_owned(),
        };
        match item.content.split_first() {
            Some((Element::Paragraph(paragraph), rest)) => {
                let said = inline(&paragraph.content);
                if !said.trim().is_empty() {
                    writer.paragraph(&format!("{mark}{}", said.trim_start()))?;
                }
                elements(rest, depth + 1, writer)?;
            }
            _ => elements(&item.content, depth + 1, writer)?,
        }
        if let Some(nested) = &item.nested {
            self::list(nested, depth + 1, writer)?;
        }
    }
    Ok(())
}

fn table(table: &Table, writer: &mut Writer) -> Result<(), DocumentFailure> {
    if let Some(caption) = &table.caption {
        writer.paragraph(caption)?;
    }
    writer.begin_table();
    for row in &table.rows {
        let cells = row.cells.iter();
        let cells: Vec<(String, usize)> = cells
            .map(|cell| (plain(&cell.content), cell.col_span as usize))
            .collect();
        writer.spread_row(&cells)?;
    }
    writer.end_table();
    Ok(())
}

/// The text of a paragraph.
fn inline(content: &[InlineContent]) -> String {
    let mut text = String::new();
    for part in content {
        match part {
            InlineContent::Text(span) => text.push_str(&span.text),
            InlineContent::LineBreak => text.push('\n'),
            InlineContent::FootnoteRef(note) | InlineContent::EndnoteRef(note) => {
                if let Some(marker) = &note.marker {
                    text.push_str(&format!("[{marker}]"));
                }
            }
            _ => {}
        }
    }
    text
}

/// All text of elements, in lines: of a cell, a note, a header.
fn plain(content: &[Element]) -> String {
    enum Work<'a> {
        Elements(&'a [Element]),
        List(&'a List),
    }
    let mut lines = Vec::new();
    let mut open = vec![Work::Elements(content)];
    while let Some(work) = open.pop() {
        let (element, rest) = match work {
            Work::Elements(elements) => match elements.split_first() {
                Some(split) => split,
                None => continue,
            },
            Work::List(list) => {
                for item in list.items.iter().rev() {
                    open.extend(item.nested.as_ref().map(Work::List));
                    open.push(Work::Elements(&item.content));
                }
                continue;
            }
        };
        open.push(Work::Elements(rest));
        match element {
            Element::Heading(heading) => lines.push(inline(&heading.content)),
            Element::Paragraph(paragraph) => lines.push(inline(&paragraph.content)),
            Element::CodeBlock(code) => lines.push(code.content.clone()),
            Element::List(list) => open.push(Work::List(list)),
            Element::TextBox(content) => open.push(Work::Elements(&content.content)),
            Element::Footnote(note) | Element::Endnote(note) => {
                open.push(Work::Elements(&note.content))
            }
            Element::Table(table) => {
                for row in table.rows.iter().rev() {
                    open.extend(
                        row.cells
                            .iter()
                            .rev()
                            .map(|cell| Work::Elements(&cell.content)),
                    );
                }
            }
            _ => {}
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

/// Each sheet is a page, with every cell that holds something: the parser's own conversion stops after ten
/// thousand rows.
fn sheets(workbook: &XlsxDocument, writer: &mut Writer) -> Result<(), DocumentFailure> {
    let dates = workbook.date_style_indices();
    for sheet in &workbook.worksheets {
        writer.begin(Some(&sheet.name))?;
        writer.begin_table();
        let mut rows: Vec<_> = sheet.rows.iter().collect();
        rows.sort_by_key(|row| row.index);
        for row in rows {
            let mut cells: Vec<(u32, String)> = Vec::with_capacity(row.cells.len());
            let mut number = row.index.saturating_sub(1);
            for cell in &row.cells {
                if matches!(cell.value, CellValue::Empty) {
                    continue;
                }
                let mut text = String::new();
                workbook.write_cell_value_fast(cell, &mut text, &dates);
                number = cell.reference.row;
                if !text.trim().is_empty() {
                    cells.push((cell.reference.col, shown(text)));
                }
            }
            cells.sort_by_key(|(column, _)| *column);
            writer.table_row(number, &cells, true)?;
        }
        writer.end_table();
        for comment in sheet.comments.iter() {
            writer.paragraph(&format!("{}: {}", comment.cell_ref, comment.text))?;
        }
        for shape in sheet.text_shapes.iter() {
            writer.paragraph(&shape.text)?;
        }
        writer.paragraph(&sheet.chart_text.join("\n"))?;
        if sheet.damage.is_some() {
            writer.warn(PageWarning::Damaged);
        }
    }
    for (name, _) in &workbook.unreadable_sheets {
        writer.begin(Some(name))?;
        writer.warn(PageWarning::Damaged);
    }
    Ok(())
}

fn old_sheets(workbook: &XlsDocument, writer: &mut Writer) -> Result<(), DocumentFailure> {
    for sheet in &workbook.sheets {
        writer.begin(Some(&sheet.name))?;
        writer.begin_table();
        for (number, row) in sheet.rows.iter().enumerate() {
            let mut cells: Vec<(u32, String)> = Vec::new();
            for (column, value) in row.iter().enumerate() {
                if matches!(value, OldValue::Empty) {
                    continue;
                }
                let text = sheet.display_text(number, column).unwrap_or_default();
                if !text.trim().is_empty() {
                    cells.push((column as u32, shown(text.into_owned())));
                }
            }
            writer.table_row(number as u32, &cells, true)?;
        }
        writer.end_table();
        for comment in &sheet.comments {
            let at = Cell {
                range: TextRange { start: 0, end: 0 },
                column: comment.col.into(),
                row: comment.row.into(),
            };
            writer.paragraph(&format!("{}: {}", at.address(), comment.text))?;
        }
        writer.paragraph(&sheet.chart_text.join("\n"))?;
    }
    if workbook.truncated() {
        writer.warn(PageWarning::Damaged);
    }
    Ok(())
}

/// A day is shown without its midnight.
fn shown(text: String) -> String {
    let is_day = text.len() == 19 && text.ends_with("T00:00:00") && text.as_bytes()[4] == b'-';
    match is_day {
        true => text[..10].to_owned(),
        false => text,
    }
}
