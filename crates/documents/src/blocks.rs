//! Lines to a page's text: paragraphs, headings and table rows, and where each word stands in it.

use std::ops::Range;

use aparte_protocol::documents::Word;

use crate::hyphens::{Hyphen, Vocabulary};
use crate::layout::{Line, PlacedWord};
use crate::passages::{Block, Kind, text_range};

/// A line is large, so maybe a heading, from this many times the body's size on.
const LARGE: f32 = 1.12;
/// A heading is no longer, in characters and lines.
const HEADING_LENGTH: usize = 200;
const HEADING_LINES: usize = 3;
/// A heading that is only bold, not large, is no longer, in characters and lines.
const BOLD_LENGTH: usize = 120;
const BOLD_LINES: usize = 2;
/// Rows of a table stand no further apart, in ems.
const ROW_GAP: f32 = 4.0;
/// Footnotes are smaller than this share of the body's size.
const NOTE_SIZE: f32 = 0.95;
/// A footnote's column ends at most so far above the page's last line, in ems.
const NOTE_DEPTH: f32 = 6.0;

/// The text of a page while it is put together.
#[derive(Debug, Default)]
pub(crate) struct Composed {
    pub(crate) text: String,
    pub(crate) words: Vec<Word>,
    pub(crate) blocks: Vec<Block>,
}

impl Composed {
    /// Appends lines that repeat from page to page.
    pub(crate) fn append_running(&mut self, lines: &[Line]) {
        if !lines.is_empty() {
            let lines: Vec<_> = lines.iter().map(|line| (line, false)).collect();
            self.append_block(&lines, &Vocabulary::default(), |_| Kind::Running);
        }
    }

    /// Appends rows that stand nowhere on the page.
    pub(crate) fn append_rows(&mut self, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let start = self.text.len();
        self.text.push_str(&rows.join("\n"));
        self.blocks.push(Block {
            range: start..self.text.len(),
            kind: Kind::Rows,
        });
    }

    /// Appends lines in reading order, footnotes after all others; `body` is the font size of the document's running text,
    /// and its `vocabulary` tells how words go on over the end of a line.
    pub(crate) fn append(&mut self, lines: &[Line], body: f32, vocabulary: &Vocabulary) {
        let notes = notes(lines, body);
        if notes.is_empty() {
            return self.append_body(lines, body, vocabulary);
        }
        let mut text = Vec::with_capacity(lines.len());
        let mut end = 0;
        for note in &notes {
            text.extend_from_slice(&lines[end..note.start]);
            end = note.end;
        }
        text.extend_from_slice(&lines[end..]);
        self.append_body(&text, body, vocabulary);
        for note in notes {
            let lines: Vec<_> = lines[note].iter().map(|line| (line, false)).collect();
            self.append_block(&lines, vocabulary, |_| Kind::Note);
        }
    }

    fn append_body(&mut self, lines: &[Line], body: f32, vocabulary: &Vocabulary) {
        let table = table_rows(lines);
        let pitch = usual_pitch(lines);
        let mut start = 0;
        for end in 1..=lines.len() {
            let ends = end == lines.len()
                || table[end - 1] != table[end]
                || (table[end] && lines[end - 1].column != lines[end].column)
                || (!table[end] && is_break(&lines[end - 1], &lines[end], pitch));
            if ends {
                let block: Vec<_> = lines[start..end]
                    .iter()
                    .zip(table[start..end].iter().copied())
                    .collect();
                self.append_block(&block, vocabulary, |title| {
                    if table[start] {
                        return Kind::Rows;
                    }
                    match heading_level(&lines[start..end], body) {
                        Some(level) => Kind::Heading { level, title },
                        None => Kind::Prose,
                    }
                });
                start = end;
            }
        }
    }

    fn append_block(
        &mut self,
        lines: &[(&Line, bool)],
        vocabulary: &Vocabulary,
        kind: impl FnOnce(Range<usize>) -> Kind,
    ) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let start = self.text.len();
        for (at, (line, in_table)) in lines.iter().enumerate() {
            let mut words = line.words.as_slice();
            if at > 0 && !in_table && self.continue_word(&words[0], vocabulary) {
                words = &words[1..];
            }
            if at > 0 && !words.is_empty() {
                self.text.push('\n');
            }
            if *in_table {
                for (at, cell) in line.cells().into_iter().enumerate() {
                    if at > 0 {
                        self.text.push('\t');
                    }
                    self.append_words(cell);
                }
            } else {
                self.append_words(words);
            }
        }
        let range = start..self.text.len();
        self.blocks.push(Block {
            range: range.clone(),
            kind: kind(range),
        });
    }

    /// Joins a word to the last one of the line before, if it goes on with it. The two parts stay words of their
    /// own, each with its place, but nothing stands between them.
    fn continue_word(&mut self, word: &PlacedWord, vocabulary: &Vocabulary) -> bool {
        let Some(last) = self.words.last_mut() else {
            return false;
        };
        let written = &self.text[last.range.start as usize..];
        let Some(hyphen) = vocabulary.joins(written, &word.text) else {
            return false;
        };
        if hyphen == Hyphen::Dropped {
            self.text.pop();
            last.range.end = self.text.len() as u32;
        }
        let start = self.text.len();
        self.text.push_str(&word.text);
        self.words.push(Word {
            range: text_range(&(start..self.text.len())),
            rect: word.rect,
        });
        true
    }

    fn append_words(&mut self, words: &[PlacedWord]) {
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                self.text.push(' ');
            }
            let start = self.text.len();
            self.text.push_str(&word.text);
            let range = text_range(&(start..self.text.len()));
            self.words.push(Word {
                range,
                rect: word.rect,
            });
        }
    }
}

/// The lines of each footnote: small ones at the foot of a column that begin with a mark, below larger text.
fn notes(lines: &[Line], body: f32) -> Vec<Range<usize>> {
    let mut notes = Vec::new();
    let foot = lines.iter().map(|line| line.baseline).fold(0.0, f32::max);
    let mut end = 0;
    for column in lines.chunk_by(|a, b| a.column == b.column) {
        let start = end;
        end += column.len();
        // The number of the page may stand below them.
        let is_number = |line: &Line| {
            let word = &line.words[0].text;
            line.words.len() == 1 && word.chars().all(|c| c.is_ascii_digit())
        };
        let numbers = usize::from(is_number(&column[column.len() - 1]));
        let above = &column[..column.len() - numbers];
        let is_small = |line: &&Line| line.size < NOTE_SIZE * body;
        let small = above.iter().rev().take_while(is_small).count();
        // A page of small text has no notes, and neither has one on which the column ends half way.
        let is_low = |last: &Line| foot - last.baseline <= NOTE_DEPTH * body;
        if small == 0 || small == above.len() || !above.last().is_some_and(is_low) {
            continue;
        }
        let end = start + above.len();
        let small = end - small..end;
        if table_rows(&lines[small.clone()]).contains(&true) {
            continue;
        }
        let mut marks: Vec<usize> = small.filter(|at| begins_note(&lines[*at])).collect();
        marks.push(end);
        debug_assert!(marks[0] > start);
        notes.extend(marks.windows(2).map(|pair| pair[0]..pair[1]));
    }
    notes
}

/// Whether a line begins with what refers to a footnote: a number, alone or raised before the first word, or a sign.
fn begins_note(line: &Line) -> bool {
    let first = line.words[0].text.trim_start_matches(['[', '(']);
    let digits = first.chars().take_while(char::is_ascii_digit).count();
    let after = first[digits..].chars().next();
    match digits {
        0 => first.starts_with(['*', '∗', '†', '‡', '§', '¶']),
        1..=3 => match after {
            None => line.words.len() > 1,
            Some(']' | ')' | '.') => first.len() == digits + 1,
            Some(letter) => letter.is_uppercase() || matches!(letter, '“' | '«' | '"'),
        },
        _ => false,
    }
}

/// Which lines are rows of a table: at least two in a row whose cells stand under each other.
fn table_rows(lines: &[Line]) -> Vec<bool> {
    let cells: Vec<Vec<&[PlacedWord]>> = lines.iter().map(Line::cells).collect();
    let mut table = vec![false; lines.len()];
    // The last line of the table at hand that has all its cells.
    let mut full: Option<usize> = None;
    for at in 1..lines.len() {
        let (above, line) = (&lines[at - 1], &lines[at]);
        let near = above.column == line.column && {
            let gap = line.baseline - above.baseline;
            gap > 0.0 && gap <= ROW_GAP * above.size.max(line.size)
        };
        if !near {
            full = None;
            continue;
        }
        let row = full.unwrap_or(at - 1);
        if cells[at].len() >= 2
            && cells[row].len() >= 2
            && are_aligned(&cells[row], &cells[at], line.size)
        {
            table[row] = true;
            table[at] = true;
            full = Some(at);
        } else if let Some(row) = full
            && cells[at].len() == 1
            && continues_cell(&cells[row], line)
        {
            table[at] = true;
        } else {
            full = None;
        }
    }
    table
}

/// Whether a cell after the first stands under one of the other row: by its left edge, its right edge or
/// its middle.
fn are_aligned(above: &[&[PlacedWord]], below: &[&[PlacedWord]], size: f32) -> bool {
    let edges = |cell: &[PlacedWord]| {
        let (left, right) = (cell[0].left, cell[cell.len() - 1].right);
        [left, right, (left + right) / 2.0]
    };
    below[1..].iter().any(|cell| {
        let cell = edges(cell);
        above[1..].iter().any(|other| {
            let other = edges(other);
            (0..3).any(|edge| (cell[edge] - other[edge]).abs() < 0.6 * size)
        })
    })
}

/// Whether a line of one cell goes on with a cell of the row above that is not the first.
fn continues_cell(row: &[&[PlacedWord]], line: &Line) -> bool {
    row[1..]
        .iter()
        .any(|cell| (cell[0].left - line.left()).abs() < 0.6 * line.size)
}

/// The distance of baselines within a paragraph, in ems: the median over the page.
fn usual_pitch(lines: &[Line]) -> f32 {
    let mut pitches: Vec<f32> = lines
        .windows(2)
        .filter(|pair| pair[0].column == pair[1].column && is_like(pair[0].size, pair[1].size))
        .map(|pair| (pair[1].baseline - pair[0].baseline) / pair[1].size)
        .filter(|pitch| (0.7..2.6).contains(pitch))
        .collect();
    pitches.sort_by(f32::total_cmp);
    pitches.get(pitches.len() / 2).copied().unwrap_or(1.2)
}

fn is_like(size: f32, other: f32) -> bool {
    size < other * LARGE && other < size * LARGE
}

/// Whether a block ends between two lines.
fn is_break(above: &Line, line: &Line, pitch: f32) -> bool {
    if !is_like(above.size, line.size) || is_bold(above) != is_bold(line) {
        return true;
    }
    let text = &above.words[above.words.len() - 1].text;
    let ended = text.ends_with(['.', '!', '?', ':', ';', '…', '»', '”']);
    if above.column != line.column {
        // A paragraph goes on at the top of the next column.
        return ended || !line.words[0].text.starts_with(char::is_lowercase);
    }
    let gap = (line.baseline - above.baseline) / line.size;
    if gap <= 0.0 || gap > pitch * 1.25 {
        return true;
    }
    let indented = line.left() - above.left() > 0.8 * line.size;
    ended && indented
}

fn is_bold(line: &Line) -> bool {
    let (mut bold, mut all) = (0, 0);
    for word in &line.words {
        all += word.text.len();
        bold += if word.bold { word.text.len() } else { 0 };
    }
    bold * 5 >= all * 4
}

/// The level of the heading that the lines are, if they are one.
fn heading_level(lines: &[Line], body: f32) -> Option<u8> {
    let text: Vec<&str> = lines
        .iter()
        .flat_map(|line| &line.words)
        .map(|word| word.text.as_str())
        .collect();
    let length: usize = text.iter().map(|word| word.chars().count() + 1).sum();
    let letters = text
        .iter()
        .flat_map(|word| word.chars())
        .filter(|c| c.is_alphabetic())
        .count();
    if letters < 2 || letters * 3 < length || lists_a_page(&lines[lines.len() - 1]) {
        return None;
    }
    let ratio = lines[0].size / body.max(1.0);
    let large = ratio >= LARGE && length <= HEADING_LENGTH && lines.len() <= HEADING_LINES;
    let bold = ratio > 0.95
        && lines.iter().all(is_bold)
        && length <= BOLD_LENGTH
        && lines.len() <= BOLD_LINES
        && !text[text.len() - 1].ends_with(['.', ',', ';']);
    if !large && !bold {
        return None;
    }
    Some(match numbering_depth(text[0]) {
        Some(depth) if text.len() > 1 => depth,
        _ if ratio >= 1.6 => 1,
        _ if ratio >= 1.25 => 2,
        _ if ratio >= LARGE => 3,
        _ => 4,
    })
}

/// Whether a line is an entry of a table of contents: its last cell is a number.
fn lists_a_page(line: &Line) -> bool {
    let cells = line.cells();
    let last = &line.words[line.words.len() - 1].text;
    let leader =
        line.words.iter().rev().skip(1).take(2).any(|word| {
            word.text.ends_with(". .") || word.text == "." || word.text.ends_with("...")
        });
    (cells.len() >= 2 || leader) && last.chars().all(|c| c.is_ascii_digit())
}

/// 1 for `3` and `3.`, 2 for `3.1` and `A.1`, and so on.
fn numbering_depth(word: &str) -> Option<u8> {
    let parts: Vec<&str> = word.trim_end_matches(['.', ')', ':']).split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_letter = |part: &str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_uppercase());
    let first = is_number(&parts[0]) || (parts.len() > 1 && is_letter(parts[0]));
    (first && parts[1..].iter().all(is_number)).then(|| parts.len().min(6) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{lines, tests::set};

    fn compose(words: Vec<PlacedWord>, body: f32) -> Composed {
        let mut composed = Composed::default();
        composed.append(&lines(words), body, &Vocabulary::default());
        composed
    }

    fn bold(mut words: Vec<PlacedWord>) -> Vec<PlacedWord> {
        words.iter_mut().for_each(|word| word.bold = true);
        words
    }

    fn headings(composed: &Composed) -> Vec<(u8, &str)> {
        let found = composed.blocks.iter().filter_map(Block::heading);
        found
            .map(|h| (h.level, h.range.of(&composed.text).unwrap()))
            .collect()
    }

    #[test]
    fn paragraphs_are_parted_where_the_lines_are() {
        let mut words = set("One line", 10.0, 20.0, 10.0);
        words.extend(set("and its second.", 10.0, 32.0, 10.0));
        words.extend(set("Another one", 10.0, 52.0, 10.0));
        words.extend(set("goes on", 10.0, 64.0, 10.0));
        assert_eq!(
            compose(words, 10.0).text,
            "One line\nand its second.\n\nAnother one\ngoes on"
        );
    }

    #[test]
    fn an_indent_after_a_full_stop_begins_a_paragraph() {
        let mut words = set("The first ends here.", 10.0, 20.0, 10.0);
        words.extend(set("A second begins", 25.0, 32.0, 10.0));
        words.extend(set("and goes on.", 10.0, 44.0, 10.0));
        assert_eq!(
            compose(words, 10.0).text,
            "The first ends here.\n\nA second begins\nand goes on."
        );
    }

    #[test]
    fn rows_of_a_table_are_lines_with_tabs() {
        let mut words = set("The prices are these below here.", 10.0, 20.0, 10.0);
        for (n, (what, price)) in [("What", "Price"), ("A long name", "7"), ("Nails", "1200")]
            .into_iter()
            .enumerate()
        {
            let y = 44.0 + 14.0 * n as f32;
            words.extend(set(what, 10.0, y, 10.0));
            let right = 200.0 - price.len() as f32 * 5.0;
            words.extend(set(price, right, y, 10.0));
        }
        words.extend(set("Text after it.", 10.0, 100.0, 10.0));
        let composed = compose(words, 10.0);
        assert_eq!(
            composed.text,
            "The prices are these below here.\n\nWhat\tPrice\nA long name\t7\nNails\t1200\n\nText after it."
        );
        assert_eq!(composed.blocks[1].kind, Kind::Rows);
    }

    #[test]
    fn footnotes_stand_after_the_text_that_goes_on_in_the_next_column() {
        let line = |text: &str, column: u32, baseline: f32, size: f32| Line {
            words: set(text, 10.0 + 200.0 * column as f32, baseline, size),
            baseline,
            size,
            column,
        };
        let lines = [
            line("The rent is due on the first day of", 0, 700.0, 10.0),
            line("1In euros, as the law has", 0, 720.0, 8.0),
            line("it.", 0, 730.0, 8.0),
            line("2 In advance.", 0, 740.0, 8.0),
            line("each month. It is paid by transfer.", 1, 700.0, 10.0),
            line("3 On that day.", 1, 720.0, 8.0),
            line("7", 1, 770.0, 10.0),
        ];
        let mut composed = Composed::default();
        composed.append(&lines, 10.0, &Vocabulary::default());
        assert_eq!(
            composed.text,
            "The rent is due on the first day of\neach month. It is paid by transfer.\n\n7\n\n\
             1In euros, as the law has\nit.\n\n2 In advance.\n\n3 On that day."
        );
        let kinds: Vec<_> = composed.blocks.iter().map(|block| &block.kind).collect();
        let (prose, note) = (&Kind::Prose, &Kind::Note);
        assert_eq!(kinds, [prose, prose, note, note, note]);
    }

    #[test]
    fn small_text_without_marks_or_half_way_down_the_page_is_no_footnote() {
        let mut words = set("The prices are these.", 10.0, 20.0, 10.0);
        words.extend(set("1 In euros.", 10.0, 40.0, 8.0));
        words.extend(set("Far below it the text goes on.", 10.0, 200.0, 10.0));
        words.extend(set("A caption in small letters", 10.0, 220.0, 8.0));
        let composed = compose(words, 10.0);
        assert!(composed.blocks.iter().all(|block| block.kind != Kind::Note));
    }

    #[test]
    fn a_cell_of_two_lines_stays_in_its_table() {
        let mut words = set("Item", 10.0, 20.0, 10.0);
        words.extend(set("Description", 150.0, 20.0, 10.0));
        words.extend(set("Roof", 10.0, 32.0, 10.0));
        words.extend(set("made of slates", 150.0, 32.0, 10.0));
        words.extend(set("and of zinc", 150.0, 44.0, 10.0));
        words.extend(set("Wall", 10.0, 56.0, 10.0));
        words.extend(set("of brick", 150.0, 56.0, 10.0));
        assert_eq!(
            compose(words, 10.0).text,
            "Item\tDescription\nRoof\tmade of slates\nand of zinc\nWall\tof brick"
        );
    }

    #[test]
    fn headings_are_larger_or_bold_and_numbered_by_level() {
        let mut words = set("The lease", 10.0, 20.0, 20.0);
        words.extend(bold(set("2.1 The rent", 10.0, 50.0, 10.0)));
        words.extend(set("It is due monthly.", 10.0, 62.0, 10.0));
        words.extend(bold(set("Charges", 10.0, 90.0, 10.0)));
        words.extend(set("They are due yearly.", 10.0, 102.0, 10.0));
        words.extend(bold(set("This sentence is only loud.", 10.0, 130.0, 10.0)));
        let composed = compose(words, 10.0);
        assert_eq!(
            headings(&composed),
            [(1, "The lease"), (2, "2.1 The rent"), (4, "Charges")]
        );
    }

    #[test]
    fn an_entry_of_a_table_of_contents_is_no_heading() {
        let mut words = bold(set("1 Introduction", 10.0, 20.0, 10.0));
        words.extend(bold(set("7", 300.0, 20.0, 10.0)));
        assert_eq!(headings(&compose(words, 10.0)), []);
    }

    #[test]
    fn every_word_is_found_at_its_range() {
        let mut words = set("L’été « déjà » coûte 12 €", 10.0, 20.0, 10.0);
        words.extend(set("中文 👩‍👩‍👧 e\u{301}", 10.0, 60.0, 10.0));
        let expected: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
        let composed = compose(words, 10.0);
        let found: Vec<_> = composed
            .words
            .iter()
            .map(|w| w.range.of(&composed.text).unwrap())
            .collect();
        assert_eq!(found, expected);
    }
}
