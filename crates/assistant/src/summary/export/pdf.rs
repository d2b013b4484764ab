//! A summary as pages to print (ISO 32000), each footnote at the foot of the page of its mark.
//!
//! Set in Helvetica, which every reader has, so that no font has to be in the file. It has the letters of Western Europe; what it
//! lacks is shown as a question mark, which the last line says.

use std::collections::VecDeque;
use std::fmt::Write;

use super::paper::{Block, Paper, Run};
use crate::language::Language;

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 71.0;
/// Of a mark and of a footnote.
const SMALL: f32 = 8.5;
/// Bold letters are so much wider at most.
const BOLD_FACTOR: f32 = 1.12;
/// From line to line, by the size.
const LEADING: f32 = 1.35;

/// The fonts by their names in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Font {
    Plain = 1,
    Bold = 2,
    Slanted = 3,
}

/// A word, with the spaces after it.
#[derive(Debug, Clone)]
struct Word {
    bytes: Vec<u8>,
    font: Font,
    size: f32,
    /// The footnote that it is the mark of.
    note: Option<usize>,
}

/// Words that stand beside each other.
#[derive(Debug, Clone)]
struct Line {
    words: Vec<Word>,
    size: f32,
    indent: f32,
    /// Room above it.
    before: f32,
}

pub(super) fn write(paper: &Paper) -> Vec<u8> {
    let mut is_lacking = false;
    let mut lines = Vec::new();
    let mut set = |runs: &[Run], font, size, indent, before| {
        set(runs, font, size, indent, before, &mut is_lacking)
    };
    let text = |text: &str| [Run::Text(text.to_owned())];
    lines.extend(set(&text(&paper.title), Font::Bold, 18.0, 0.0, 0.0));
    for block in &paper.blocks {
        lines.extend(match block {
            Block::Heading(heading) => set(&text(heading), Font::Bold, 13.0, 0.0, 14.0),
            Block::Paragraph(runs) => set(runs, Font::Plain, 11.0, 0.0, 6.0),
            Block::Item(runs) => {
                let mut item = set(runs, Font::Plain, 11.0, 14.0, 3.0);
                if let Some(first) = item.first_mut() {
                    first.indent = 0.0;
                    let bullet = words("•\u{a0}\u{a0}", Font::Plain, 11.0, None, &mut false);
                    first.words.splice(0..0, bullet);
                }
                item
            }
        });
    }
    let notes: Vec<Vec<Line>> = (1..)
        .zip(&paper.notes)
        .map(|(number, note)| {
            set(
                &text(&format!("{number}  {note}")),
                Font::Plain,
                SMALL,
                0.0,
                0.0,
            )
        })
        .collect();
    if is_lacking {
        let said = match paper.language {
            Language::English => {
                "This file's font lacks some characters, which are shown as “?”. A summary as .docx or .html has them."
            }
            Language::French => {
                "La police de ce fichier n'a pas certains caractères, affichés « ? ». Un résumé en .docx ou .html les a."
            }
        };
        lines.extend(set_plain(said));
    }
    file(&paper.title, paper.language, &pages(lines, &notes))
}

fn set_plain(text: &str) -> Vec<Line> {
    let runs = [Run::Text(text.to_owned())];
    set(&runs, Font::Plain, 11.0, 0.0, 6.0, &mut false)
}

/// Breaks runs into lines.
fn set(
    runs: &[Run],
    font: Font,
    size: f32,
    indent: f32,
    before: f32,
    is_lacking: &mut bool,
) -> Vec<Line> {
    let words: Vec<Word> = runs
        .iter()
        .flat_map(|run| match run {
            Run::Text(text) => words(text, font, size, None, is_lacking),
            Run::Doubtful(text) => words(text, Font::Slanted, size, None, is_lacking),
            Run::Note(place) => {
                let mark = (place + 1).to_string();
                words(&mark, Font::Plain, SMALL * 0.85, Some(*place), is_lacking)
            }
        })
        .collect();
    let most = WIDTH - 2.0 * MARGIN - indent;
    let mut lines: Vec<Line> = Vec::new();
    let mut width = 0.0;
    // Words without a space between them stay together.
    for together in words.chunk_by(|one, _| !one.bytes.ends_with(b" ")) {
        let wide: f32 = together.iter().map(Word::width).sum();
        if lines.is_empty() || width + wide > most {
            lines.push(Line {
                words: Vec::new(),
                size,
                indent,
                before: if lines.is_empty() { before } else { 0.0 },
            });
            width = 0.0;
        }
        width += wide;
        if let Some(line) = lines.last_mut() {
            line.words.extend_from_slice(together);
        }
    }
    lines
}

/// The words of a text; one that is longer than a line is parted.
fn words(
    text: &str,
    font: Font,
    size: f32,
    note: Option<usize>,
    is_lacking: &mut bool,
) -> Vec<Word> {
    let mut words = Vec::new();
    let mut bytes = Vec::new();
    let mut end = |bytes: &mut Vec<u8>| {
        if !bytes.is_empty() {
            let bytes = std::mem::take(bytes);
            words.push(Word {
                bytes,
                font,
                size,
                note,
            });
        }
    };
    for character in text.chars() {
        let byte = byte_of(character).unwrap_or_else(|| {
            *is_lacking = true;
            b'?'
        });
        bytes.push(byte);
        if byte == b' ' {
            end(&mut bytes);
        } else if bytes.len() >= LONGEST_WORD {
            bytes.push(b' ');
            end(&mut bytes);
        }
    }
    end(&mut bytes);
    words
}

/// So many of the widest letters of the largest size fill a line.
const LONGEST_WORD: usize = 26;

impl Word {
    fn width(&self) -> f32 {
        let widths = self
            .bytes
            .iter()
            .map(|byte| f32::from(WIDTHS[usize::from(byte - 32)]));
        let factor = if self.font == Font::Bold {
            BOLD_FACTOR
        } else {
            1.0
        };
        widths.sum::<f32>() * self.size * factor / 1000.0
    }
}

/// A page, as the commands that draw it.
fn pages(lines: Vec<Line>, notes: &[Vec<Line>]) -> Vec<String> {
    let room = HEIGHT - 2.0 * MARGIN;
    let mut pages = Vec::new();
    let mut page = Page::default();
    let mut is_noted = vec![false; notes.len()];
    for line in lines {
        let marks = line.words.iter().filter_map(|word| word.note);
        let mut new: Vec<&Line> = Vec::new();
        for place in marks {
            if !std::mem::replace(&mut is_noted[place], true) {
                new.extend(&notes[place]);
            }
        }
        let height = line.height() + new.iter().map(|note| note.height()).sum::<f32>();
        if !page.is_empty() && page.height() + height > room {
            pages.push(std::mem::take(&mut page));
        }
        page.lines.push(line);
        let mut carried = VecDeque::new();
        for note in new {
            if carried.is_empty() && page.height() + note.height() <= room {
                page.notes.push(note.clone());
            } else {
                carried.push_back(note.clone());
            }
        }
        // Footnotes longer than a page go on at the foot of the next.
        while !carried.is_empty() {
            pages.push(std::mem::take(&mut page));
            while let Some(note) =
                carried.pop_front_if(|note| page.height() + note.height() <= room)
            {
                page.notes.push(note);
            }
        }
    }
    pages.push(page);
    let count = pages.len();
    (1..)
        .zip(&pages)
        .map(|(number, page)| page.drawn(number, count))
        .collect()
}

#[derive(Default)]
struct Page {
    lines: Vec<Line>,
    notes: Vec<Line>,
}

/// Between the text and the footnotes.
const ABOVE_NOTES: f32 = 12.0;

impl Line {
    fn height(&self) -> f32 {
        self.before + self.size * LEADING
    }

    fn drawn(&self, x: f32, y: f32, commands: &mut String) {
        let _ = write!(commands, "BT 1 0 0 1 {:.1} {y:.1} Tm ", x + self.indent);
        for word in &self.words {
            let rise = if word.note.is_some() { 4 } else { 0 };
            let _ = write!(
                commands,
                "/F{} {} Tf {rise} Ts (",
                word.font as u8, word.size
            );
            for byte in &word.bytes {
                match byte {
                    b'(' | b')' | b'\\' => {
                        let _ = write!(commands, "\\{}", char::from(*byte));
                    }
                    32..=126 => commands.push(char::from(*byte)),
                    other => {
                        let _ = write!(commands, "\\{other:03o}");
                    }
                }
            }
            commands.push_str(") Tj ");
        }
        commands.push_str("ET\n");
    }
}

impl Page {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.notes.is_empty()
    }

    fn height(&self) -> f32 {
        let above = if self.notes.is_empty() {
            0.0
        } else {
            ABOVE_NOTES
        };
        let lines = self.lines.iter().chain(&self.notes).map(Line::height);
        lines.sum::<f32>() + above
    }

    fn drawn(&self, number: usize, count: usize) -> String {
        let mut commands = String::new();
        let mut y = HEIGHT - MARGIN;
        for line in &self.lines {
            y -= line.height();
            line.drawn(MARGIN, y, &mut commands);
        }
        let mut y = MARGIN + self.notes.iter().map(Line::height).sum::<f32>();
        if !self.notes.is_empty() {
            let (rule, end) = (y + 3.0, MARGIN + 120.0);
            let _ = writeln!(commands, "0.5 w {MARGIN} {rule:.1} m {end} {rule:.1} l S");
        }
        for line in &self.notes {
            y -= line.height();
            line.drawn(MARGIN, y, &mut commands);
        }
        let foot = words(
            &format!("{number}/{count}"),
            Font::Plain,
            SMALL,
            None,
            &mut false,
        );
        let foot = Line {
            words: foot,
            size: SMALL,
            indent: 0.0,
            before: 0.0,
        };
        foot.drawn(WIDTH - MARGIN - 20.0, MARGIN / 2.0, &mut commands);
        commands
    }
}

/// The file of some pages.
fn file(title: &str, language: Language, pages: &[String]) -> Vec<u8> {
    const FIRST_PAGE: usize = 7;
    let page_of = |place: usize| FIRST_PAGE + 2 * place;
    let kids: String = (0..pages.len())
        .map(|place| format!("{} 0 R ", page_of(place)))
        .collect();
    let mut title_digits = String::from("FEFF");
    for unit in title.encode_utf16() {
        let _ = write!(title_digits, "{unit:04X}");
    }
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    let mut objects = vec![
        format!(
            "<< /Type /Catalog /Pages 2 0 R /Lang ({}) >>",
            language.tag()
        ),
        format!("<< /Type /Pages /Kids [ {kids}] /Count {} >>", pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
        font("Helvetica-Oblique"),
        format!("<< /Title <{title_digits}> >>"),
    ];
    for (place, commands) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources << /Font << /F1 3 0 R /F2 4 0 R \
             /F3 5 0 R >> >> /Contents {} 0 R >>",
            page_of(place) + 1
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{commands}endstream",
            commands.len()
        ));
    }
    let mut text = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(text.len());
        let _ = write!(text, "{number} 0 obj\n{object}\nendobj\n");
    }
    let begin = text.len();
    let count = objects.len() + 1;
    let _ = write!(text, "xref\n0 {count}\n0000000000 65535 f \n");
    for offset in offsets {
        let _ = writeln!(text, "{offset:010} 00000 n ");
    }
    let _ = write!(
        text,
        "trailer\n<< /Size {count} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{begin}\n%%EOF\n"
    );
    text.into_bytes()
}

/// The byte of a character in `WinAnsiEncoding`; `None` where it has none.
fn byte_of(character: char) -> Option<u8> {
    match character {
        '\t' | '\n' => Some(b' '),
        '\u{2009}' | '\u{202f}' => Some(0xa0),
        '\u{2011}' | '\u{2010}' => Some(b'-'),
        ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(u32::from(character)).ok(),
        _ => {
            let place = SPECIAL.iter().position(|it| *it == Some(character))?;
            u8::try_from(128 + place).ok()
        }
    }
}

/// The characters of the bytes from 128 to 159.
const SPECIAL: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// How wide the characters of Helvetica are, in thousandths of its size, from the space on: Adobe's font metrics.
const WIDTHS: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    0, 556, 0, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0, 0, 222, 222,
    333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 0, 500, 667, 278, 333, 556, 556, 556, 556,
    260, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 556, 537, 278, 333,
    333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667,
    278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667,
    611, 556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556,
    556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];
