//! Placed words to lines in reading order: rows by baseline, columns by the empty gutter between them.
//!
//! Works in a frame in which text runs to the right and lines go down; a page's sideways text is laid out
//! in its own frame. Lengths are in points.

use crate::accents;

/// A run of characters without white space, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlacedWord {
    pub(crate) text: String,
    /// Left and right edge in the layout's frame.
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// Grows downwards, in the layout's frame.
    pub(crate) baseline: f32,
    /// Font size.
    pub(crate) size: f32,
    pub(crate) bold: bool,
    /// Whether white space was drawn before it, so that it cannot belong to the word before.
    pub(crate) spaced: bool,
    /// Left, top, width and height on the page as it is shown.
    pub(crate) rect: [f32; 4],
}

/// Words on one baseline in one column, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) words: Vec<PlacedWord>,
    pub(crate) baseline: f32,
    /// The size that most of its characters have.
    pub(crate) size: f32,
    /// Counts the columns of the page in reading order.
    pub(crate) column: u32,
}

impl Line {
    pub(crate) fn left(&self) -> f32 {
        self.words[0].left
    }

    pub(crate) fn right(&self) -> f32 {
        self.words[self.words.len() - 1].right
    }

    /// The cells of the line if it were a table's row: words parted by wide gaps.
    pub(crate) fn cells(&self) -> Vec<&[PlacedWord]> {
        let wide = self.size * CELL_GAP;
        self.words
            .chunk_by(|a, b| b.left - a.right < wide)
            .collect()
    }
}

/// Words closer than this, in ems, with no space drawn between them are one word.
const JOIN_GAP: f32 = 0.15;
/// A word that begins so far before the end of the last one, in ems, raised or lowered by so much, and as large, goes on with it
/// whatever was drawn between them: so far letters are moved into each other, and no space has room there.
const OVERLAP: std::ops::Range<f32> = 0.04..0.4;
const SHIFT: f32 = 0.1;
/// Two columns of prose are at least this far apart, in ems.
const GUTTER_GAP: f32 = 0.7;
/// Cells of a table's row are at least this far apart, in ems; justified prose stays below it.
const CELL_GAP: f32 = 1.25;
/// How many times a region is parted into columns: four columns at most.
const COLUMN_DEPTH: u32 = 2;

/// The lines of a page in reading order.
pub(crate) fn lines(words: Vec<PlacedWord>) -> Vec<Line> {
    let mut reading = Reading {
        lines: Vec::new(),
        column: 0,
    };
    reading.region(words, COLUMN_DEPTH);
    reading.lines
}

struct Reading {
    lines: Vec<Line>,
    column: u32,
}

impl Reading {
    fn region(&mut self, words: Vec<PlacedWord>, depth: u32) {
        let rows = rows(words);
        let gutter = if depth > 0 { gutter(&rows) } else { None };
        let Some(gutter) = gutter else {
            self.column += 1;
            let column = self.column;
            self.lines
                .extend(rows.into_iter().map(|row| Line { column, ..row }));
            return;
        };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for row in rows {
            match gutter.parts(&row) {
                Some(at) => {
                    let mut words = row.words;
                    right.extend(words.split_off(at));
                    left.extend(words);
                }
                None => {
                    self.columns(&mut left, &mut right, depth);
                    self.column += 1;
                    let column = self.column;
                    self.lines.push(Line { column, ..row });
                }
            }
        }
        self.columns(&mut left, &mut right, depth);
    }

    fn columns(&mut self, left: &mut Vec<PlacedWord>, right: &mut Vec<PlacedWord>, depth: u32) {
        for side in [left, right] {
            if !side.is_empty() {
                self.region(std::mem::take(side), depth - 1);
            }
        }
    }
}

/// Words by baseline, from top to bottom; raised and lowered small words join the row that they touch.
pub(crate) fn rows(mut words: Vec<PlacedWord>) -> Vec<Line> {
    if words.is_empty() {
        return Vec::new();
    }
    words.sort_by(|a, b| {
        a.baseline
            .total_cmp(&b.baseline)
            .then(a.left.total_cmp(&b.left))
    });
    let usual = median(words.iter().map(|word| word.size));
    let (full, small): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|word| word.size > usual * 0.8);
    let mut rows = clusters(full);
    let mut loose = Vec::new();
    for word in small {
        match touched(&rows, &word) {
            Some(row) => rows[row].words.push(word),
            None => loose.push(word),
        }
    }
    rows.extend(clusters(loose));
    rows.sort_by(|a, b| {
        a.baseline
            .total_cmp(&b.baseline)
            .then(a.words[0].left.total_cmp(&b.words[0].left))
    });
    for row in &mut rows {
        join(&mut row.words);
        row.size = prevailing_size(&row.words);
    }
    rows
}

/// Groups words, sorted by baseline, into rows.
fn clusters(words: Vec<PlacedWord>) -> Vec<Line> {
    let mut rows: Vec<Line> = Vec::new();
    for word in words {
        let slack = 0.35 * word.size;
        match rows.last_mut() {
            Some(row)
                if word.baseline - row.baseline <= slack.min(0.35 * row.size.max(1.0)).max(0.5) =>
            {
                row.size = row.size.max(word.size);
                row.words.push(word);
            }
            _ => rows.push(Line {
                baseline: word.baseline,
                size: word.size,
                words: vec![word],
                column: 0,
            }),
        }
    }
    rows
}

/// The row beside one of whose words a small word stands, raised or lowered.
fn touched(rows: &[Line], word: &PlacedWord) -> Option<usize> {
    let first = rows.partition_point(|row| row.baseline < word.baseline - 0.4 * row.size);
    rows[first..]
        .iter()
        .take_while(|row| row.baseline <= word.baseline + 0.6 * row.size)
        .position(|row| {
            let near = 0.5 * row.size;
            row.words.iter().any(|other| {
                (word.left - other.right).abs() <= near || (other.left - word.right).abs() <= near
            })
        })
        .map(|at| first + at)
}

/// Sorts a row's words and joins those that are drawn without a gap.
fn join(words: &mut Vec<PlacedWord>) {
    words.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut joined: Vec<PlacedWord> = Vec::with_capacity(words.len());
    // Where the last part of the last word stands, and how large it is.
    let mut end = (0.0, 0.0);
    for word in words.drain(..) {
        let (baseline, size) = std::mem::replace(&mut end, (word.baseline, word.size));
        let Some(last) = joined.last_mut() else {
            joined.push(word);
            continue;
        };
        let em = last.size.max(word.size);
        // Some programs draw bold by drawing twice.
        let twice = last.text == word.text && (word.left - last.left).abs() < 0.2 * em;
        if twice {
            continue;
        }
        let is_shifted = size == word.size && (baseline - word.baseline).abs() > SHIFT * em;
        let is_inside = is_shifted && OVERLAP.contains(&((last.right - word.left) / em));
        if is_inside || (!word.spaced && word.left - last.right <= JOIN_GAP * em) {
            last.text.push_str(&word.text);
            last.right = last.right.max(word.right);
            last.rect = hull(last.rect, word.rect);
            last.size = em;
        } else {
            joined.push(word);
        }
    }
    for word in &mut joined {
        if let Some(text) = accents::composed(&word.text) {
            word.text = text;
        }
    }
    *words = joined;
}

/// The smallest rectangle that holds both.
pub(crate) fn hull(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    let (left, top) = (a[0].min(b[0]), a[1].min(b[1]));
    let right = (a[0] + a[2]).max(b[0] + b[2]);
    let bottom = (a[1] + a[3]).max(b[1] + b[3]);
    [left, top, right - left, bottom - top]
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The font size that most characters have.
pub(crate) fn prevailing_size(words: &[PlacedWord]) -> f32 {
    let mut sizes: Vec<(f32, usize)> = Vec::new();
    for word in words {
        match sizes
            .iter_mut()
            .find(|(size, _)| (*size - word.size).abs() < 0.25)
        {
            Some((_, count)) => *count += word.text.len(),
            None => sizes.push((word.size, word.text.len())),
        }
    }
    sizes
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(0.0, |(size, _)| size)
}

/// An empty stripe between two columns of prose.
struct Gutter {
    x: f32,
    gap: f32,
}

impl Gutter {
    /// Where the row is parted, as a number of words; `None` if the row goes over the gutter.
    fn parts(&self, row: &Line) -> Option<usize> {
        let at = row.words.partition_point(|word| word.left < self.x);
        let left = at.checked_sub(1).map(|last| &row.words[last]);
        let right = row.words.get(at);
        match (left, right) {
            (Some(left), _) if left.right > self.x => None,
            (Some(left), Some(right)) if right.left - left.right < self.gap => None,
            _ => Some(at),
        }
    }
}

/// The best gutter of a region: few rows go over it, and both sides are filled like prose. The columns
/// of a table are not: their cells are short.
fn gutter(rows: &[Line]) -> Option<Gutter> {
    let left = rows.iter().map(Line::left).fold(f32::INFINITY, f32::min);
    let right = rows
        .iter()
        .map(Line::right)
        .fold(f32::NEG_INFINITY, f32::max);
    let em = median(rows.iter().map(|row| row.size));
    let width = right - left;
    if rows.len() < 3
        || em <= 0.0
        || !width.is_finite()
        || width < 20.0 * em
        || width > 2_000.0 * em
    {
        return None;
    }
    let step = em / 4.0;
    let bins = (width / step) as usize + 1;
    let bin = |x: f32| (((x - left) / step) as usize).min(bins - 1);
    let mut change = vec![0_i32; bins + 1];
    for word in rows.iter().flat_map(|row| &row.words) {
        change[bin(word.left)] += 1;
        change[bin(word.right) + 1] -= 1;
    }
    let covered: Vec<i32> = change
        .iter()
        .scan(0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
        .collect();
    let inner = bins * 3 / 20..bins - bins * 3 / 20;
    let least = covered[inner.clone()].iter().copied().min()?;
    let few = least + 1 + (rows.len() * 3 / 20) as i32;
    // Every stripe of nearly least cover, the widest first.
    let mut stripes: Vec<(usize, usize)> = Vec::new();
    for at in inner {
        if covered[at] > few {
            continue;
        }
        match stripes.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => stripes.push((at, 1)),
        }
    }
    stripes.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    stripes.iter().take(4).find_map(|(start, length)| {
        let x = left + (*start as f32 + *length as f32 / 2.0) * step;
        let gutter = Gutter {
            x,
            gap: GUTTER_GAP * em,
        };
        gutter.parts_prose(rows).then_some(gutter)
    })
}

impl Gutter {
    fn parts_prose(&self, rows: &[Line]) -> bool {
        let mut over = 0;
        let (mut left, mut right) = (Side::default(), Side::default());
        for row in rows {
            match self.parts(row) {
                None => over += 1,
                Some(at) => {
                    left.take(&row.words[..at]);
                    right.take(&row.words[at..]);
                }
            }
        }
        over * 2 <= rows.len() && left.is_prose() && right.is_prose()
    }
}

/// What stands on one side of a gutter.
#[derive(Default)]
struct Side {
    rows: usize,
    words: usize,
    filled: f32,
    left: Option<f32>,
    right: Option<f32>,
}

impl Side {
    fn take(&mut self, words: &[PlacedWord]) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return;
        };
        self.rows += 1;
        self.words += words.len();
        self.filled += last.right - first.left;
        self.left = Some(self.left.map_or(first.left, |left| left.min(first.left)));
        self.right = Some(self.right.map_or(last.right, |right| right.max(last.right)));
    }

    fn is_prose(&self) -> bool {
        let (Some(left), Some(right)) = (self.left, self.right) else {
            return false;
        };
        self.rows >= 3
            && self.words >= self.rows * 3
            && self.filled >= 0.6 * (right - left) * self.rows as f32
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Words of half an em a character, parted by half an em, from `left` on.
    pub(crate) fn set(text: &str, left: f32, baseline: f32, size: f32) -> Vec<PlacedWord> {
        let mut x = left;
        text.split(' ')
            .map(|text| {
                let start = x;
                x += (text.chars().count() + 1) as f32 * size / 2.0;
                PlacedWord {
                    text: text.to_owned(),
                    left: start,
                    right: x - size / 2.0,
                    baseline,
                    size,
                    bold: false,
                    spaced: true,
                    rect: [start, baseline - size, x - size / 2.0 - start, size],
                }
            })
            .filter(|word| !word.text.is_empty())
            .collect()
    }

    pub(crate) fn written(line: &Line) -> String {
        let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    fn read(words: Vec<PlacedWord>) -> Vec<String> {
        lines(words).iter().map(written).collect()
    }

    #[test]
    fn rows_come_from_top_to_bottom_and_left_to_right() {
        let mut words = set("second row", 10.0, 30.0, 10.0);
        words.extend(set("first row", 10.0, 18.0, 10.0));
        words.reverse();
        assert_eq!(read(words), ["first row", "second row"]);
    }

    #[test]
    fn columns_are_read_one_after_the_other_under_a_title_that_spans_them() {
        let mut words = set(
            "a title that goes over both of the columns",
            100.0,
            20.0,
            10.0,
        );
        for n in 0..8 {
            let y = 40.0 + 12.0 * n as f32;
            words.extend(set(
                &format!("left column line number {n} is full"),
                50.0,
                y,
                10.0,
            ));
            words.extend(set(
                &format!("right column line number {n} is full"),
                250.0,
                y + 3.0,
                10.0,
            ));
        }
        words.extend(set(
            "a footer that goes over both of the columns",
            100.0,
            150.0,
            10.0,
        ));
        let read = read(words);
        assert_eq!(read.len(), 18);
        assert!(read[0].starts_with("a title") && read[17].starts_with("a footer"));
        assert!(read[1..9].iter().all(|line| line.starts_with("left")));
        assert!(read[9..17].iter().all(|line| line.starts_with("right")));
    }

    #[test]
    fn a_table_is_read_row_by_row() {
        let mut words = Vec::new();
        for n in 0..8 {
            let y = 40.0 + 12.0 * n as f32;
            words.extend(set(&format!("item{n}"), 50.0, y, 10.0));
            words.extend(set(&format!("{n} pieces"), 200.0, y, 10.0));
            words.extend(set(&format!("{n}00"), 350.0, y, 10.0));
        }
        let read = read(words);
        assert_eq!(read[3], "item3 3 pieces 300");
        assert_eq!(read.len(), 8);
    }

    #[test]
    fn one_column_of_prose_is_not_parted() {
        let line = "some words of a very usual length which fill the line up to here";
        let words = (0..20)
            .flat_map(|n| set(&line[n % 7..], 50.0, 12.0 * n as f32, 10.0))
            .collect();
        assert_eq!(read(words).len(), 20);
    }

    #[test]
    fn a_raised_mark_joins_the_word_that_it_follows() {
        let mut words = set("le 1 mars", 10.0, 50.0, 10.0);
        let mut raised = set("er", words[1].right, 46.0, 6.0);
        raised[0].spaced = false;
        words.extend(raised);
        words.extend(set("the next line", 10.0, 62.0, 10.0));
        assert_eq!(read(words), ["le 1er mars", "the next line"]);
    }

    #[test]
    fn letters_that_are_moved_into_each_other_are_one_word() {
        let mut words = set("T", 10.0, 50.0, 10.0);
        words.extend(set("E", 13.5, 52.0, 10.0));
        words.extend(set("X", 17.0, 50.0, 10.0));
        words.extend(set("set", 27.0, 50.0, 10.0));
        assert!(words.iter().all(|word| word.spaced));
        assert_eq!(read(words), ["TEX set"]);
        // On one line they may be of a font whose widths are wrong.
        let mut words = set("one", 10.0, 50.0, 10.0);
        words.extend(set("two", 23.5, 50.0, 10.0));
        assert_eq!(read(words), ["one two"]);
    }

    #[test]
    fn a_word_drawn_twice_is_read_once() {
        let mut words = set("bold", 10.0, 50.0, 10.0);
        words.extend(set("bold", 10.3, 50.0, 10.0));
        assert_eq!(read(words), ["bold"]);
    }

    #[test]
    fn sizes_and_places_beyond_reason_are_survived() {
        for wild in [f32::NAN, f32::INFINITY, -1e30, 1e30, 0.0] {
            let mut words = set("some words of a line", 10.0, 50.0, 10.0);
            for (n, word) in words.iter_mut().enumerate() {
                match n % 4 {
                    0 => word.left = wild,
                    1 => word.right = wild,
                    2 => word.baseline = wild,
                    _ => word.size = wild,
                }
            }
            let count = words.len();
            let read: usize = lines(words).iter().map(|line| line.words.len()).sum();
            assert!(read <= count && read > 0);
        }
    }
}
