//! Rich Text Format: paragraphs, headings by style, table rows, footnotes after their paragraph, headers and
//! footers apart. Left out: pictures, objects, fields' instructions, deleted and hidden text.

use std::borrow::Cow;
use std::collections::HashMap;

use aparte_protocol::documents::{DocumentFailure, Limit, Page, PageWarning};
use encoding_rs::{Encoding, WINDOWS_1252};

use crate::budget::{Budget, NESTING_LIMIT};
use crate::encoding;
use crate::written::{Writer, Written, raised};

/// A row has no more cells.
const CELLS_LIMIT: usize = 4_096;
/// Fonts and styles beyond this many are not known.
const TABLE_LIMIT: usize = 10_000;

/// Reads a document; see [`crate::read`].
pub(crate) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Page>, DocumentFailure> {
    let mut writer = Writer::new(budget);
    write(bytes, &mut writer)?;
    writer.finish()
}

/// Writes what a document says.
pub(crate) fn write(bytes: &[u8], writer: &mut Writer) -> Result<(), DocumentFailure> {
    let mut reader = Reader::new(writer);
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'{' => {
                reader.open()?;
                after
            }
            b'}' => {
                reader.close()?;
                after
            }
            b'\\' => reader.control(after)?,
            b'\r' | b'\n' | 0 => after,
            byte => {
                reader.byte(byte);
                after
            }
        };
    }
    reader.finish()
}

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    /// A header or a footer.
    Edge,
    Note,
    Fonts,
    Styles,
    Nowhere,
}

/// What holds inside a group.
#[derive(Debug, Clone, Copy)]
struct State {
    place: Place,
    /// How many characters stand for one that is given by its number.
    skip: usize,
    encoding: &'static Encoding,
    hidden: bool,
    /// Above the line.
    raised: bool,
    /// The paragraph's.
    level: Option<u8>,
    in_table: bool,
    /// `\*`: whoever does not know the word that follows skips the group.
    optional: bool,
    /// The style or font that is being defined.
    defines: i32,
}

struct Reader<'w, 'b> {
    writer: &'w mut Writer<'b>,
    state: State,
    outer: Vec<State>,
    /// Bytes whose encoding is known once they are together.
    bytes: Vec<u8>,
    /// Characters to skip after one that was given by its number.
    to_skip: usize,
    /// The first half of a character beyond the first 65,536.
    surrogate: Option<u16>,
    text: String,
    edge: String,
    note: String,
    notes: Vec<String>,
    /// How many footnotes have been numbered.
    numbered: u32,
    cells: Vec<String>,
    table: bool,
    fonts: HashMap<i32, &'static Encoding>,
    /// The level of each style that is a heading's.
    styles: HashMap<i32, u8>,
    style_name: String,
    page_encoding: &'static Encoding,
}

impl<'w, 'b> Reader<'w, 'b> {
    fn new(writer: &'w mut Writer<'b>) -> Self {
        Reader {
            writer,
            state: State {
                place: Place::Body,
                skip: 1,
                encoding: WINDOWS_1252,
                hidden: false,
                raised: false,
                level: None,
                in_table: false,
                optional: false,
                defines: 0,
            },
            outer: Vec::new(),
            bytes: Vec::new(),
            to_skip: 0,
            surrogate: None,
            text: String::new(),
            edge: String::new(),
            note: String::new(),
            notes: Vec::new(),
            numbered: 0,
            cells: Vec::new(),
            table: false,
            fonts: HashMap::new(),
            styles: HashMap::new(),
            style_name: String::new(),
            page_encoding: WINDOWS_1252,
        }
    }

    fn open(&mut self) -> Result<(), DocumentFailure> {
        self.settle();
        if self.outer.len() >= NESTING_LIMIT {
            return Err(DocumentFailure::Limit(Limit::Nesting));
        }
        self.outer.push(self.state);
        self.state.optional = false;
        self.to_skip = 0;
        Ok(())
    }

    fn close(&mut self) -> Result<(), DocumentFailure> {
        self.settle();
        self.to_skip = 0;
        let inner = self.state;
        // One brace too many closes nothing.
        let Some(outer) = self.outer.pop() else {
            return Ok(());
        };
        self.state = outer;
        if inner.place == outer.place {
            // The paragraph's properties belong to the paragraph, not to the group that they stand in.
            if outer.place == Place::Body {
                self.state.in_table = inner.in_table;
            }
            if inner.place == Place::Styles {
                self.end_style(inner.defines);
            }
            return Ok(());
        }
        match inner.place {
            Place::Note => self.notes.push(std::mem::take(&mut self.note)),
            Place::Edge => {
                let edge = std::mem::take(&mut self.edge);
                self.writer.running(&edge)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_style(&mut self, number: i32) {
        let name = std::mem::take(&mut self.style_name).to_lowercase();
        let name = name.trim().trim_end_matches(';');
        let digits = ["heading ", "titre ", "überschrift "]
            .iter()
            .find_map(|start| name.strip_prefix(start));
        let level = match name {
            "title" | "titre" => Some(1),
            _ => digits.and_then(|digits| digits.trim().parse().ok()),
        };
        if let Some(level) = level.filter(|level| (1..=9).contains(level))
            && self.styles.len() < TABLE_LIMIT
        {
            self.styles.insert(number, level);
        }
    }

    /// The control that `rest` begins with; gives what follows it.
    fn control<'r>(&mut self, rest: &'r [u8]) -> Result<&'r [u8], DocumentFailure> {
        let Some((&first, after)) = rest.split_first() else {
            return Ok(rest);
        };
        if !first.is_ascii_alphabetic() {
            return self.symbol(first, after);
        }
        let length = rest
            .iter()
            .take(32)
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let (word, mut after) = rest.split_at(length);
        let digits = after.strip_prefix(b"-").unwrap_or(after);
        let sign = after.len() - digits.len();
        let length = digits
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let mut number = None;
        if length > 0 {
            let written = std::str::from_utf8(&after[..sign + length]).unwrap_or_default();
            number = Some(
                written
                    .parse::<i64>()
                    .unwrap_or_default()
                    .clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
            );
            after = &after[sign + length..];
        }
        after = after.strip_prefix(b" ").unwrap_or(after);
        if word == b"bin" {
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            return Ok(after.get(length..).unwrap_or_default());
        }
        self.word(std::str::from_utf8(word).unwrap_or_default(), number)?;
        Ok(after)
    }

    fn symbol<'r>(&mut self, symbol: u8, after: &'r [u8]) -> Result<&'r [u8], DocumentFailure> {
        match symbol {
            b'\'' => {
                let code = after
                    .get(..2)
                    .and_then(|digits| std::str::from_utf8(digits).ok());
                if let Some(code) = code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    self.byte(code);
                    return Ok(&after[2..]);
                }
            }
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'~' => self.push('\u{a0}'),
            b'_' => self.push('\u{2011}'),
            b'*' => self.state.optional = true,
            // An end of line with a backslash before it is a paragraph's.
            b'\r' | b'\n' => {
                self.settle();
                self.paragraph()?;
            }
            _ => {}
        }
        Ok(after)
    }

    fn word(&mut self, word: &str, number: Option<i32>) -> Result<(), DocumentFailure> {
        if self.state.optional {
            self.state.optional = false;
            let shown = ["footnote", "annotation", "shptxt", "shpinst", "cs", "ud"];
            if !shown.contains(&word) {
                self.enter(Place::Nowhere);
                return Ok(());
            }
        }
        let on = number != Some(0);
        match word {
            "u" => {
                if let Some(number) = number {
                    self.settle();
                    // Numbers above 32,767 are written as negative ones.
                    self.unit((number & 0xffff) as u16);
                    self.to_skip = self.state.skip;
                }
                return Ok(());
            }
            "uc" => self.state.skip = number.unwrap_or(1).clamp(0, 100) as usize,
            _ => self.settle(),
        }
        match word {
            "par" | "sect" | "page" | "column" => self.paragraph()?,
            "line" | "softline" | "lbr" => self.push('\n'),
            "tab" => self.push('\t'),
            "cell" | "nestcell" => self.cell(),
            "row" | "nestrow" => self.row()?,
            "intbl" => self.state.in_table = true,
            "pard" => {
                self.state.level = None;
                self.state.in_table = false;
            }
            "s" if self.state.place == Place::Styles => self.state.defines = number.unwrap_or(0),
            "s" => self.state.level = self.styles.get(&number.unwrap_or(0)).copied(),
            "outlinelevel" if self.state.place == Place::Body => {
                self.state.level = number
                    .filter(|level| (0..9).contains(level))
                    .map(|level| level as u8 + 1);
            }
            "plain" => {
                self.state.hidden = false;
                self.state.raised = false;
            }
            "super" => self.state.raised = on,
            "nosupersub" | "sub" => self.state.raised = false,
            "v" | "deleted" | "htmlrtf" => self.state.hidden = on,
            "emdash" => self.push('—'),
            "endash" => self.push('–'),
            "lquote" => self.push('‘'),
            "rquote" => self.push('’'),
            "ldblquote" => self.push('“'),
            "rdblquote" => self.push('”'),
            "bullet" => self.push('•'),
            "emspace" | "enspace" | "qmspace" => self.push(' '),
            "ansicpg" => self.set_page(number.unwrap_or(1252)),
            "mac" => {
                self.page_encoding = encoding_rs::MACINTOSH;
                self.state.encoding = self.page_encoding;
            }
            "f" if self.state.place == Place::Fonts => self.state.defines = number.unwrap_or(0),
            "f" => {
                let font = self.fonts.get(&number.unwrap_or(0));
                self.state.encoding = font.copied().unwrap_or(self.page_encoding);
            }
            "fcharset" if self.state.place == Place::Fonts => {
                if let Some(encoding) = of_charset(number.unwrap_or(0))
                    && self.fonts.len() < TABLE_LIMIT
                {
                    self.fonts.insert(self.state.defines, encoding);
                }
            }
            "fonttbl" => self.enter(Place::Fonts),
            "stylesheet" => self.enter(Place::Styles),
            "footnote" | "annotation" => self.enter(Place::Note),
            "chftn" => self.footnote_number(),
            "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr"
            | "footerf" => {
                self.enter(Place::Edge);
            }
            "colortbl" | "info" | "pict" | "objdata" | "fldinst" | "listtable"
            | "listoverridetable" | "rsidtbl" | "themedata" | "datastore" | "xe" | "tc" | "rxe"
            | "bkmkstart" | "bkmkend" | "atnid" | "atnauthor" | "atndate" | "atnref"
            | "atrfstart" | "atrfend" | "filetbl" | "revtbl" | "sp" | "pgdsctbl" | "nonshppict"
            | "template" | "private1" | "private" => self.enter(Place::Nowhere),
            _ => {}
        }
        Ok(())
    }

    /// The number that a footnote gets: in brackets where it is referred to, so that it is no part of a word or number, and
    /// before what the note says.
    fn footnote_number(&mut self) {
        let mark = match self.state.place {
            Place::Body => {
                self.numbered += 1;
                format!("[{}]", self.numbered)
            }
            Place::Note => format!("{} ", self.numbered),
            _ => return,
        };
        if let Some(place) = self.place() {
            place.push_str(&mark);
        }
    }

    fn set_page(&mut self, page: i32) {
        let known = u32::try_from(page).ok().and_then(encoding::of_code_page);
        self.page_encoding = known.unwrap_or(WINDOWS_1252);
        self.state.encoding = self.page_encoding;
    }

    /// The text of the group goes to `place`, unless it goes nowhere already.
    fn enter(&mut self, place: Place) {
        if self.state.place != Place::Nowhere
            && !(self.state.place == Place::Note && place == Place::Edge)
        {
            self.state.place = place;
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return;
        }
        if self.state.place == Place::Nowhere {
            return;
        }
        self.surrogate = None;
        self.bytes.push(byte);
    }

    /// A unit of UTF-16.
    fn unit(&mut self, unit: u16) {
        match (self.surrogate.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let c = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                self.push(char::from_u32(c).unwrap_or('\u{fffd}'));
            }
            (_, 0xd800..=0xdbff) => self.surrogate = Some(unit),
            (_, unit) => self.push(char::from_u32(unit.into()).unwrap_or('\u{fffd}')),
        }
    }

    /// Makes text of the bytes so far.
    fn settle(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let (text, _) = self.state.encoding.decode_without_bom_handling(&bytes);
        let raised = self.state.raised.then(|| raised(&text)).flatten();
        let text = raised.map_or(text, Cow::Owned);
        if let Some(place) = self.place() {
            place.push_str(&text);
        }
        self.bytes = bytes;
        self.bytes.clear();
    }

    fn push(&mut self, c: char) {
        self.settle();
        if let Some(place) = self.place() {
            place.push(c);
        }
    }

    fn place(&mut self) -> Option<&mut String> {
        if self.state.hidden {
            return None;
        }
        match self.state.place {
            Place::Body => Some(&mut self.text),
            Place::Edge => Some(&mut self.edge),
            Place::Note => Some(&mut self.note),
            Place::Styles => Some(&mut self.style_name),
            Place::Fonts | Place::Nowhere => None,
        }
    }

    fn paragraph(&mut self) -> Result<(), DocumentFailure> {
        match self.state.place {
            Place::Body => {}
            _ => {
                self.push('\n');
                return Ok(());
            }
        }
        if self.state.in_table {
            self.text.push(' ');
            return Ok(());
        }
        self.end_table();
        let text = std::mem::take(&mut self.text);
        match self.state.level {
            Some(level) => self.writer.heading(level, &text)?,
            None => self.writer.paragraph(&text)?,
        }
        self.flush_notes()
    }

    fn flush_notes(&mut self) -> Result<(), DocumentFailure> {
        for note in std::mem::take(&mut self.notes) {
            self.writer.paragraph(&note)?;
        }
        Ok(())
    }

    fn cell(&mut self) {
        if self.state.place == Place::Body && self.cells.len() < CELLS_LIMIT {
            self.cells.push(std::mem::take(&mut self.text));
        }
    }

    fn row(&mut self) -> Result<(), DocumentFailure> {
        if self.state.place != Place::Body || self.cells.is_empty() {
            return Ok(());
        }
        if !self.table {
            self.table = true;
            self.writer.begin_table();
        }
        let cells = std::mem::take(&mut self.cells);
        let row: Vec<Written> = cells.iter().map(|cell| Written::plain(cell)).collect();
        self.writer.row(&row)
    }

    fn end_table(&mut self) {
        if self.table {
            self.table = false;
            self.writer.end_table();
        }
    }

    fn finish(mut self) -> Result<(), DocumentFailure> {
        self.settle();
        if !self.outer.is_empty() {
            self.writer.warn(PageWarning::Damaged);
        }
        self.row()?;
        self.end_table();
        let text = std::mem::take(&mut self.text);
        self.writer.paragraph(&text)?;
        let note = std::mem::take(&mut self.note);
        self.notes.push(note);
        self.flush_notes()
    }
}

/// What the bytes of a font mean.
fn of_charset(charset: i32) -> Option<&'static Encoding> {
    encoding::of_code_page(match charset {
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aparte_protocol::documents::Limits;

    fn page(rtf: &str) -> Page {
        let mut budget = Budget::new(Limits::default());
        read(rtf.as_bytes(), &mut budget).unwrap().remove(0)
    }

    #[test]
    fn text_styles_and_characters_are_understood() {
        let page = page(
            r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial Cyr;}}
{\stylesheet{\s0 Normal;}{\s1\b heading 1;}}{\info{\title no}}
\pard\s1 The lease\par\pard Between A and B\rquote s it is \'e9t\'e9 {\b bold\b0 } \u8364?12\~euros{\f1 \'cf\'f0}.\par
{\*\unknown no}{\pict 00ff}\u-10179?\u-8704? smile\line next{\v hidden}\par}",
        );
        assert_eq!(
            page.text,
            "The lease\n\nBetween A and B’s it is été bold €12\u{a0}eurosПр.\n\n😀 smile\nnext"
        );
        assert_eq!(page.headings.len(), 1);
    }

    #[test]
    fn raised_numbers_are_no_part_of_the_number_or_word_before_them() {
        let page = page(
            r"{\rtf1 10{\super 6} Ca{\super 2+}, the 1{\super st} study{\super 12\nosupersub 3}\super 4\plain 5\par}",
        );
        assert_eq!(page.text, "10⁶ Ca²⁺, the 1st study¹²3⁴5");
    }

    #[test]
    fn tables_notes_and_edges_are_told_apart() {
        let page = page(
            r"{\rtf1{\header Confidential\par}One{\footnote see below}.\par
\trowd\cellx1\cellx2\intbl What\cell Price\cell\row\intbl Nails\cell 12\cell\row\pard After\par}",
        );
        assert_eq!(
            page.text,
            "Confidential\n\nOne.\n\nsee below\n\nWhat\tPrice\nNails\t12\n\nAfter"
        );
        assert_eq!(page.passages.len(), 1);
        assert!(
            !page.passages[0]
                .range
                .of(&page.text)
                .unwrap()
                .contains("Confidential")
        );
    }

    #[test]
    fn a_footnote_has_the_number_that_refers_to_it() {
        let page = page(
            r"{\rtf1 One,{\super\chftn}{\*\footnote\pard{\up6\chftn}First note.\par} two\chftn
{\footnote{\super\chftn} Second note.} and on.\par After\par}",
        );
        assert_eq!(
            page.text,
            "One,[1] two[2] and on.\n\n1 First note.\n\n2 Second note.\n\nAfter"
        );
    }

    #[test]
    fn an_end_of_line_with_a_backslash_ends_a_paragraph_and_keeps_to_the_limit() {
        assert_eq!(page("{\\rtf1 One\\\nTwo\\\n}").text, "One\n\nTwo");
        let mut budget = Budget::new(Limits {
            text: 100,
            ..Limits::default()
        });
        let long = format!("{{\\rtf1 {}\\\n}}", "x".repeat(200));
        assert_eq!(
            read(long.as_bytes(), &mut budget),
            Err(DocumentFailure::Limit(Limit::Text))
        );
    }

    #[test]
    fn a_deep_nesting_is_refused_and_a_cut_is_said() {
        let mut budget = Budget::new(Limits::default());
        let deep = "{".repeat(100_000);
        assert_eq!(
            read(format!("{{\\rtf1 {deep}").as_bytes(), &mut budget),
            Err(DocumentFailure::Limit(Limit::Nesting))
        );
        let cut = page(r"{\rtf1 Some text that {\b breaks of");
        assert_eq!(cut.text, "Some text that breaks of");
        assert_eq!(cut.warnings, [PageWarning::Damaged]);
    }
}
