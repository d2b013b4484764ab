//! PDF pages through `pdf_oxide`, kept behind the crate's own types.
//!
//! Only spans are asked for: the parser's own text assembly and page count may hang on broken files
//! (its issue 1398). The parser may also panic; each call is walled, so that a page fails alone.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use aparte_protocol::documents::{
    DocumentEvent, DocumentFailure, Format, Limit, Page, PageWarning, Withheld,
};
use pdf_oxide::extractors::SpanMergingConfig;
use pdf_oxide::layout::TextSpan;
use pdf_oxide::object::ObjectRef;
use pdf_oxide::{Error, PdfDocument};

use crate::blocks::Composed;
use crate::budget::Budget;
use crate::catalog::{self, Fields, Key, Section};
use crate::content::{self, Inspector, Soundness};
use crate::files;
use crate::hyphens::Vocabulary;
use crate::layout::{self, PlacedWord};
use crate::passages::{self, Block, Outline};
use crate::running::{self, Edges};
use crate::sections;

/// More words, or more characters in them, are not read from one page.
const WORDS_LIMIT: usize = 50_000;
const CHARACTERS_LIMIT: usize = 1 << 20;
/// How many pages before and after are looked at for headers, footers and the size of running text.
const NEIGHBOURS: usize = 3;
/// Letters are small beside others below this share of their size.
const SMALL: f32 = 0.85;
/// So many small spans are looked at between two letters.
const MARKS_LIMIT: usize = 32;
/// How far an upright glyph reaches above and below its baseline, in ems.
const ASCENT: f32 = 0.75;
const DESCENT: f32 = 0.22;
/// A page whose share of meaningless characters is over this many in a hundred is unmapped.
const UNMAPPED_PERCENT: usize = 30;
/// So many letters that cannot be told are worth a warning.
const UNMAPPED_LETTERS: usize = 20;

/// Reads a PDF page by page; see [`crate::read`].
pub(crate) fn read(
    bytes: Vec<u8>,
    password: Option<&str>,
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    if content::is_too_deep(&bytes) {
        return Err(DocumentFailure::Limit(Limit::Nesting));
    }
    let document = open(bytes, password)?;
    // One more than may be read shows that there are too many.
    let (references, count) = page_list(&document, budget.pages_left() as usize + 1);
    if count == 0 {
        return Err(DocumentFailure::Damaged);
    }
    for _ in 0..count {
        budget.page()?;
    }
    emit(DocumentEvent::Opened {
        format: Format::Pdf,
        pages: count as u32,
    });
    let mut pages = Pages {
        sections: walled(|| catalog::outline(&document, &references)).unwrap_or_default(),
        fields: walled(|| catalog::fields(&document, &references)).unwrap_or_default(),
        ..Pages::default()
    };
    let mut inspector = Inspector::default();
    // The parser looks at as many pages as are declared before it gives the first; where they are not there it
    // would look for each of them through the whole tree.
    let declared = walled(|| catalog::declared_pages(&document)).flatten();
    let counted = declared.unwrap_or(0) <= count + 1_000;
    let mut send = |page: Page, budget: &mut Budget| {
        budget.text(page.text.len())?;
        emit(DocumentEvent::Page(page));
        Ok::<_, DocumentFailure>(())
    };
    for index in 0..count {
        if let Some(page) = pages.take(sheet(&document, &mut inspector, index, counted)) {
            send(page, budget)?;
        }
    }
    while let Some(page) = pages.finish_next() {
        send(page, budget)?;
    }
    attachments(&document, password, budget, emit);
    Ok(())
}

/// Hands out what is attached to the document.
fn attachments(
    document: &PdfDocument,
    password: Option<&str>,
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) {
    let attachments = walled(|| catalog::attachments(document)).unwrap_or_default();
    if attachments.is_empty() {
        return;
    }
    let key = walled(|| Key::of(document, &passwords(password))).flatten();
    for attachment in attachments {
        let bytes = |limit, in_vain: &mut u64| {
            walled(|| attachment.bytes(document, key.as_ref(), limit as usize, in_vain))
                .unwrap_or(Err(Withheld::Damaged))
                .map(Cow::Owned)
        };
        files::hand_out(&attachment.name, 0, budget, emit, bytes);
    }
}

/// Runs a call of the parser; a panic reads as `None`.
fn walled<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

fn open(bytes: Vec<u8>, password: Option<&str>) -> Result<PdfDocument, DocumentFailure> {
    let opened = walled(|| {
        let document = PdfDocument::from_bytes(bytes)?;
        // Of the lock that one program had between two editions of the standard, the parser takes the passwords and
        // has the wrong key.
        if document.is_encrypted() && catalog::lock_revision(&document) == Some(5) {
            return Err(Error::Unsupported("encryption, R=5".to_owned()));
        }
        let mut readable = !document.is_encrypted();
        for password in passwords(password) {
            readable = readable || document.authenticate(&password)?;
        }
        Ok((document, readable))
    });
    match opened {
        Some(Ok((document, true))) => Ok(document),
        Some(Ok((_, false)) | Err(Error::EncryptedPdf)) => Err(match password {
            Some(_) => DocumentFailure::PasswordWrong,
            None => DocumentFailure::PasswordWanted,
        }),
        Some(Err(Error::Unsupported(what))) if what.contains("encryption") => {
            Err(DocumentFailure::Encrypted)
        }
        Some(Err(_)) | None => Err(DocumentFailure::Damaged),
    }
}

/// What may open a document for which this password was given. Owner-protected files open with the empty one.
fn passwords(password: Option<&str>) -> Vec<Vec<u8>> {
    let mut passwords = vec![Vec::new()];
    if let Some(password) = password {
        passwords.push(password.as_bytes().to_vec());
        // Files before 2008 take passwords in the encoding of their pages.
        let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(password);
        if !password.is_ascii() && !lost {
            passwords.push(bytes.into_owned());
        }
    }
    passwords
}

/// The pages in order, as far as they can be told, at most `limit`: their references, or only how many there are.
fn page_list(document: &PdfDocument, limit: usize) -> (Vec<ObjectRef>, usize) {
    if let Some(pages) = walled(|| catalog::pages(document, limit)).flatten() {
        let count = pages.len();
        return (pages, count);
    }
    // The tree is out of reach: the parser knows ways to find pages without it. It is not asked where there is a
    // tree, because one without pages may lead it in a circle.
    let found = walled(|| document.page_count().ok()).flatten().unwrap_or(0);
    (Vec::new(), found.min(limit))
}

/// What was read of one page, before it is known what its neighbours have in common with it.
#[derive(Default)]
struct Sheet {
    size: (f32, f32),
    /// Words by the direction in which they run, the direction with most text first.
    directions: Vec<Vec<PlacedWord>>,
    /// Whether the first direction is upright, so that the page can have a header.
    upright: bool,
    edges: Edges,
    warnings: Vec<PageWarning>,
}

impl Sheet {
    fn note(&mut self, warning: PageWarning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// Pages that wait for their neighbours.
#[derive(Default)]
struct Pages {
    waiting: VecDeque<Sheet>,
    /// The edges of the pages before those that wait.
    before: VecDeque<Edges>,
    /// How many characters have each size, in half points.
    sizes: HashMap<i32, usize>,
    outline: Outline,
    vocabulary: Vocabulary,
    /// The entries of the document's outline, and the filled fields of its form, by the index of the page.
    sections: HashMap<usize, Vec<Section>>,
    fields: HashMap<usize, Fields>,
    finished: u32,
}

impl Pages {
    /// Takes a sheet in and gives the page whose neighbours are known by now, if there is one.
    fn take(&mut self, sheet: Sheet) -> Option<Page> {
        for words in &sheet.directions {
            self.vocabulary.learn(words);
        }
        for word in sheet.directions.iter().flatten() {
            *self
                .sizes
                .entry((word.size * 2.0).round() as i32)
                .or_default() += word.text.len();
        }
        self.waiting.push_back(sheet);
        (self.waiting.len() > NEIGHBOURS)
            .then(|| self.finish_next())
            .flatten()
    }

    /// Finishes the first page that waits.
    fn finish_next(&mut self) -> Option<Page> {
        let mut sheet = self.waiting.pop_front()?;
        let body = self.body_size();
        let neighbours: Vec<&Edges> = self
            .before
            .iter()
            .chain(self.waiting.iter().map(|sheet| &sheet.edges))
            .collect();
        let mut composed = Composed::default();
        for (at, words) in std::mem::take(&mut sheet.directions)
            .into_iter()
            .enumerate()
        {
            if at > 0 || !sheet.upright {
                composed.append(&layout::lines(words), body, &self.vocabulary);
                continue;
            }
            let parted = running::part(words, sheet.size.1, &neighbours);
            composed.append_running(&layout::lines(parted.header));
            composed.append(&layout::lines(parted.body), body, &self.vocabulary);
            composed.append_running(&layout::lines(parted.footer));
        }
        self.before.push_back(std::mem::take(&mut sheet.edges));
        if self.before.len() > NEIGHBOURS {
            self.before.pop_front();
        }
        let index = self.finished as usize;
        self.finished += 1;
        let fields = self.fields.remove(&index).unwrap_or_default();
        if fields.cut {
            sheet.note(PageWarning::Damaged);
        }
        composed.append_rows(&fields.rows);
        let Composed {
            text,
            words,
            mut blocks,
        } = composed;
        let sections = self.sections.remove(&index).unwrap_or_default();
        sections::mark(&text, &mut blocks, &sections);
        Some(Page {
            number: self.finished,
            headings: blocks.iter().filter_map(Block::heading).collect(),
            passages: passages::cut(&text, &blocks, &mut self.outline),
            text,
            words,
            size: sheet.size,
            warnings: sheet.warnings,
            ..Page::default()
        })
    }

    fn body_size(&self) -> f32 {
        let most = self
            .sizes
            .iter()
            .max_by_key(|(size, count)| (**count, **size));
        most.map_or(10.0, |(size, _)| *size as f32 / 2.0)
    }
}

fn sheet(document: &PdfDocument, inspector: &mut Inspector, index: usize, counted: bool) -> Sheet {
    walled(|| {
        let frame = Frame::of(document, index);
        let mut sheet = Sheet {
            size: frame.size(),
            ..Sheet::default()
        };
        let content = inspector.page(document, index);
        if content.soundness != Soundness::Whole {
            sheet.note(PageWarning::Damaged);
        }
        if content.soundness == Soundness::TooLarge {
            return sheet;
        }
        let spans = match counted {
            true => document.extract_spans(index),
            false => document.extract_spans_with_config(index, SpanMergingConfig::default()),
        };
        let Ok(spans) = spans else {
            sheet.note(PageWarning::Damaged);
            return sheet;
        };
        let lost = spans.is_empty() && content.shows_text;
        fill(&mut sheet, &frame, spans, |font| {
            inspector.is_silent(&content, font)
        });
        if sheet.directions.is_empty() && sheet.warnings.is_empty() {
            sheet.note(match lost {
                true => PageWarning::Damaged,
                false => why_without_text(document, index),
            });
        }
        sheet
    })
    .unwrap_or_else(|| Sheet {
        warnings: vec![PageWarning::Damaged],
        ..Sheet::default()
    })
}

fn why_without_text(document: &PdfDocument, index: usize) -> PageWarning {
    match document.page_image_handles(index) {
        Ok(images) if images.is_empty() => PageWarning::Blank,
        Ok(_) => PageWarning::OnlyImages,
        Err(_) => PageWarning::Damaged,
    }
}

/// Places the words of the spans on the sheet, but for those in a font that is `silent`: the letters
/// that they seem to have are none.
fn fill(sheet: &mut Sheet, frame: &Frame, mut spans: Vec<TextSpan>, silent: impl Fn(&str) -> bool) {
    let mut directions: HashMap<i32, Vec<PlacedWord>> = HashMap::new();
    let (mut words, mut characters, mut unmapped, mut left_out) = (0, 0, 0, 0);
    spans.iter_mut().for_each(|span| frame.undo_rotation(span));
    let marks = marks(&spans);
    for mut span in spans {
        if words > WORDS_LIMIT || characters > CHARACTERS_LIMIT {
            sheet.note(PageWarning::Damaged);
            break;
        }
        if silent(&span.font_name) {
            left_out += span.text.chars().filter(|c| !c.is_whitespace()).count();
            continue;
        }
        // The parser pairs glyphs with places by their letters and may mistake one for its like further
        // on; places that run backwards would tear words apart, the glyphs' widths do not.
        if !span
            .char_x_offsets
            .is_sorted_by(|a, b| a - b <= 0.5 * span.font_size.abs())
        {
            span.char_x_offsets.clear();
        }
        let count = span.text.chars().count();
        unmapped += span.text.chars().filter(|&c| is_meaningless(c)).count();
        characters += count;
        let placed = words_of(&span, frame, &marks);
        words += placed.len();
        let turn = (span.rotation_degrees.round() as i32).rem_euclid(360);
        directions.entry(turn).or_default().extend(placed);
    }
    directions.retain(|_, words| !words.is_empty());
    let meaningless =
        characters >= UNMAPPED_LETTERS && unmapped * 100 > characters * UNMAPPED_PERCENT;
    if meaningless || left_out >= UNMAPPED_LETTERS || (left_out > 0 && directions.is_empty()) {
        sheet.note(PageWarning::Unmapped);
    }
    let mut directions: Vec<_> = directions.into_iter().collect();
    directions.sort_by_key(|(turn, words)| (std::cmp::Reverse(words.len()), *turn));
    if let Some((turn, words)) = directions.first()
        && *turn == frame.turn
    {
        sheet.upright = true;
        sheet.edges = running::edges(words, sheet.size.1);
    }
    sheet.directions = directions.into_iter().map(|(_, words)| words).collect();
}

fn is_meaningless(c: char) -> bool {
    matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}')
}

/// Where a span of letters begins that are smaller than most of the page's.
#[derive(Debug, Clone, Copy)]
struct Mark {
    left: f32,
    baseline: f32,
    size: f32,
}

impl Mark {
    /// Whether it is raised or lowered beside letters of a size on a baseline.
    fn is_beside(&self, baseline: f32, size: f32) -> bool {
        let shift = (self.baseline - baseline).abs() / size;
        self.size < SMALL * size && (0.1..0.6).contains(&shift)
    }
}

/// The marks of a page, from left to right.
fn marks(spans: &[TextSpan]) -> Vec<Mark> {
    let mut sizes: HashMap<i32, usize> = HashMap::new();
    for span in spans {
        let size = (span.font_size.abs() * 2.0).round() as i32;
        *sizes.entry(size).or_default() += span.text.len();
    }
    let usual = sizes
        .into_iter()
        .max_by_key(|(size, count)| (*count, *size));
    let usual = usual.map_or(0.0, |(size, _)| size as f32 / 2.0);
    let mut marks: Vec<Mark> = spans
        .iter()
        .map(|span| {
            let (left, baseline) = beginning(span);
            let size = span.font_size.abs();
            Mark {
                left,
                baseline,
                size,
            }
        })
        .filter(|mark| mark.size < SMALL * usual && mark.left.is_finite())
        .collect();
    marks.sort_by(|a, b| a.left.total_cmp(&b.left));
    marks
}

/// How far along its direction a span begins, and how far down from it: the same frame for all that run in one direction.
fn beginning(span: &TextSpan) -> (f32, f32) {
    let (sin, cos) = span.rotation_degrees.to_radians().sin_cos();
    let (x, y) = (span.bbox.x, span.bbox.y);
    (x * cos + y * sin, x * sin - y * cos)
}

/// The words of a span, which is drawn in one go with one font. The parser makes one span of letters between which there is a
/// mark; a word is parted there, so that the mark finds its place.
fn words_of(span: &TextSpan, frame: &Frame, marks: &[Mark]) -> Vec<PlacedWord> {
    let (sin, cos) = span.rotation_degrees.to_radians().sin_cos();
    let size = span.font_size.abs();
    let (along, baseline) = beginning(span);
    let is_parted = |from: f32, to: f32| {
        let first = marks.partition_point(|mark| mark.left <= from);
        let between = marks[first..].iter().take_while(|mark| mark.left < to);
        between
            .take(MARKS_LIMIT)
            .any(|mark| mark.is_beside(baseline, size))
    };
    let bold = is_bold(span);
    let mut words: Vec<PlacedWord> = Vec::new();
    let mut open = false;
    let mut spaced = span.split_boundary_before;
    let mut last_left = 0.0;
    for glyph in span.to_chars() {
        if glyph.char.is_whitespace() {
            open = false;
            spaced = true;
            continue;
        }
        let offset = glyph.bbox.x - span.bbox.x;
        let (left, right) = (along + offset, along + offset + glyph.bbox.width);
        if ![left, right, baseline, size]
            .iter()
            .all(|value| value.is_finite() && value.abs() < 1e6)
        {
            continue;
        }
        let parted = open && is_parted(last_left, left);
        last_left = left;
        if let Some(word) = words.last_mut()
            && open
            && !parted
            && left - word.right <= 0.5 * size
        {
            push_plain(&mut word.text, glyph.char);
            word.right = word.right.max(right);
        } else {
            let mut text = String::new();
            push_plain(&mut text, glyph.char);
            words.push(PlacedWord {
                text,
                left,
                right,
                baseline,
                size,
                bold,
                spaced: spaced && !parted,
                rect: [0.0; 4],
            });
            open = true;
            spaced = true;
        }
    }
    words.retain(|word| !word.text.is_empty());
    for word in &mut words {
        let corners = [
            (word.left, baseline - ASCENT * size),
            (word.right, baseline + DESCENT * size),
        ];
        word.rect = frame.shown(
            corners.map(|(u, v)| (u * cos + v * sin, u * sin - v * cos)),
            sin,
            cos,
        );
    }
    words
}

fn is_bold(span: &TextSpan) -> bool {
    let name = span.font_name.to_lowercase();
    span.font_weight.is_bold()
        || ["bold", "black", "heavy", "cmbx", "sfbx", "sfsx"]
            .iter()
            .any(|mark| name.contains(mark))
}

/// Writes ligatures as letters and a soft hyphen, which is drawn, as a hyphen; leaves out what draws
/// nothing.
fn push_plain(text: &mut String, c: char) {
    match c {
        'ﬀ' => text.push_str("ff"),
        'ﬁ' => text.push_str("fi"),
        'ﬂ' => text.push_str("fl"),
        'ﬃ' => text.push_str("ffi"),
        'ﬄ' => text.push_str("ffl"),
        'ﬅ' | 'ﬆ' => text.push_str("st"),
        '\u{ad}' => text.push('-'),
        '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
        c if c.is_control() => {}
        c => text.push(c),
    }
}

/// The page's box and how it is turned to be shown.
struct Frame {
    /// Left, bottom, right and top of the visible box in the page's own space.
    visible: (f32, f32, f32, f32),
    media: (f32, f32, f32, f32),
    /// Degrees clockwise: 0, 90, 180 or 270.
    turn: i32,
}

impl Frame {
    fn of(document: &PdfDocument, index: usize) -> Frame {
        let letter = (0.0, 0.0, 612.0, 792.0);
        let media = document.get_page_media_box(index).unwrap_or(letter);
        Frame {
            media,
            visible: document.get_page_visible_box(index).unwrap_or(media),
            turn: document.get_page_rotation(index).unwrap_or(0),
        }
    }

    fn size(&self) -> (f32, f32) {
        let (x0, y0, x1, y1) = self.visible;
        match self.turn {
            90 | 270 => (y1 - y0, x1 - x0),
            _ => (x1 - x0, y1 - y0),
        }
    }

    /// Takes back the turn that the parser has already applied to some spans.
    fn undo_rotation(&self, span: &mut TextSpan) {
        let turn = std::mem::take(&mut span.page_rotation_applied);
        if turn == 0 {
            return;
        }
        let (x0, y0, x1, y1) = self.media;
        let (width, height) = (x1 - x0, y1 - y0);
        let back = |x: f32, y: f32| match turn {
            90 => (width - y, x),
            180 => (width - x, height - y),
            270 => (y, height - x),
            _ => (x, y),
        };
        let shown = &mut span.bbox;
        let (ax, ay) = back(shown.x - x0, shown.y - y0);
        let (bx, by) = back(shown.x + shown.width - x0, shown.y + shown.height - y0);
        (shown.x, shown.y) = (x0 + ax.min(bx), y0 + ay.min(by));
        (shown.width, shown.height) = ((ax - bx).abs(), (ay - by).abs());
        span.char_x_offsets.clear();
    }

    /// The rectangle on the shown page around a run's box, given by two opposite corners in the page's
    /// space and by the direction of the run.
    fn shown(&self, corners: [(f32, f32); 2], sin: f32, cos: f32) -> [f32; 4] {
        let [a, c] = corners;
        let across = (c.0 - a.0, c.1 - a.1);
        let length = across.0 * cos + across.1 * sin;
        let b = (a.0 + length * cos, a.1 + length * sin);
        let d = (c.0 - length * cos, c.1 - length * sin);
        let points = [a, b, c, d].map(|point| {
            let (left, top) = self.point(point);
            [left, top, 0.0, 0.0]
        });
        points
            .into_iter()
            .reduce(layout::hull)
            .expect("four points")
    }

    /// A point of the page's space, from the top left corner of the shown page.
    fn point(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (x0, y0, x1, y1) = self.visible;
        match self.turn {
            90 => (y - y0, x - x0),
            180 => (x1 - x, y - y0),
            270 => (y1 - y, x1 - x),
            _ => (x - x0, y1 - y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pdf_oxide::geometry::Rect;

    const FRAME: Frame = Frame {
        visible: (0.0, 0.0, 600.0, 800.0),
        media: (0.0, 0.0, 600.0, 800.0),
        turn: 0,
    };

    fn span(text: &str) -> TextSpan {
        TextSpan {
            text: text.to_owned(),
            bbox: Rect::new(100.0, 700.0, 5.0 * text.chars().count() as f32, 10.0),
            font_size: 10.0,
            char_widths: vec![5.0; text.chars().count()],
            ..TextSpan::default()
        }
    }

    fn read_back(span: TextSpan) -> Vec<String> {
        let mut sheet = Sheet {
            size: FRAME.size(),
            ..Sheet::default()
        };
        fill(&mut sheet, &FRAME, vec![span], |_| false);
        sheet
            .directions
            .into_iter()
            .flatten()
            .map(|word| word.text)
            .collect()
    }

    #[test]
    fn ligatures_become_letters_and_a_soft_hyphen_shows() {
        assert_eq!(
            read_back(span("ﬁn eﬃcace pro\u{ad} a\u{200b}b")),
            ["fin", "efficace", "pro-", "ab"]
        );
    }

    #[test]
    fn places_that_run_backwards_are_not_believed() {
        let mut span = span("un lien");
        span.char_x_offsets = vec![100.0, 130.0, 110.0, 115.0, 120.0, 125.0, 105.0];
        assert_eq!(read_back(span), ["un", "lien"]);
    }

    #[test]
    fn a_raised_letter_stands_where_it_was_drawn_in_a_word_of_one_span() {
        // As TeX writes its name for LaTeX; the parser has put the first and the third letter together.
        let mut large = span("LT and more");
        large.char_widths[0] = 6.0;
        let mut raised = span("A");
        raised.bbox = Rect::new(102.7, 702.0, 5.0, 7.0);
        raised.font_size = 7.0;
        let mut sheet = Sheet {
            size: FRAME.size(),
            ..Sheet::default()
        };
        fill(&mut sheet, &FRAME, vec![large, raised], |_| false);
        let lines = layout::lines(sheet.directions.remove(0));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].words[0].text, "LAT");
    }

    #[test]
    fn characters_that_no_font_names_are_unmapped() {
        let mut sheet = Sheet::default();
        fill(
            &mut sheet,
            &FRAME,
            vec![span(&"\u{fffd}\u{e001}".repeat(20))],
            |_| false,
        );
        assert_eq!(sheet.warnings, [PageWarning::Unmapped]);
    }

    #[test]
    fn text_in_a_silent_font_is_left_out_and_said() {
        let mut sheet = Sheet::default();
        let mut codes = span("1RWLFHRIWKHUHDGLQJURRP");
        codes.font_name = "F4".to_owned();
        fill(
            &mut sheet,
            &FRAME,
            vec![codes, span("It can be read.")],
            |font| font == "F4",
        );
        assert_eq!(sheet.warnings, [PageWarning::Unmapped]);
        assert_eq!(sheet.directions[0].len(), 4);
    }
}
