//! Cuts a page into passages: runs of text small enough to search by and to hand to a model.
//!
//! Lengths are in characters of prose. A digit, or a character of a script that is written without spaces, counts for two; a sign
//! that follows no letter or digit for five: so the tokenizer of the embedding model (multilingual-e5-small) has it, by which prose
//! in English, French or Russian and source code have 0.24 to 0.31 tokens a character, tables of numbers 0.47, Chinese 0.65, and
//! rows of dots two tokens a dot. Of 24,410 passages of some 440 real files one in a thousand would have more tokens than the 512
//! that the model reads (without the weight of signs one in thirty had): whoever makes vectors reads those in halves. The tokenizer
//! itself would need the model's vocabulary of 250,000 pieces in each worker that reads a document.
//!
//! Passages come in order, never overlap, never reach over a high heading or over a running header, and
//! are cut between paragraphs, then between sentences, then between words. Table rows are never cut
//! inside unless a single row is over the limit.

use std::ops::Range;

use aparte_protocol::documents::{Heading, Passage, TextRange};

/// A passage ends at the first good place after this many characters.
const TARGET: usize = 800;
/// No passage is longer, in characters.
const LIMIT: usize = 1_200;
/// A passage this long, in characters, is ended before a block that would make it over-long.
const ENOUGH: usize = 400;
/// What a sign counts for that does not follow a letter or a digit: in a row of dots each is two tokens with its space.
const LONE_SIGN: usize = 5;
/// A section shorter than this, in characters, is no passage of its own: nothing could be found by it.
const SCRAP: usize = 40;
/// Headings down to this level always begin a new passage; lower ones only after [`ENOUGH`].
const SECTION_LEVEL: u8 = 2;
/// How much of a heading is repeated with each passage under it, in characters.
const TITLE_LIMIT: usize = 200;
/// Bytes of headings repeated on one page at most, so that a hostile file cannot multiply itself.
const TITLES_LIMIT: usize = 2 << 20;

/// A stretch of a page's text that belongs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Byte offsets into the page's text.
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A paragraph or a list.
    Prose,
    /// Lines that must not be cut inside: a table or code.
    Rows,
    /// Rows of a table whose first names the columns: it is kept with the passages that begin below it.
    Table { header: Range<usize> },
    /// A heading; `title` is where its words stand.
    Heading { level: u8, title: Range<usize> },
    /// A footnote: it is in no passage with the text that it stands below, which goes on after it.
    Note,
    /// A header or footer that repeats from page to page: it belongs to no passage.
    Running,
}

impl Block {
    /// The heading that this block is.
    pub(crate) fn heading(&self) -> Option<Heading> {
        match &self.kind {
            Kind::Heading { level, title } => Some(Heading {
                range: text_range(title),
                level: *level,
            }),
            _ => None,
        }
    }
}

/// The headings that the text at hand stands under, carried from page to page.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Level and title, the highest first.
    path: Vec<(u8, String)>,
}

impl Outline {
    fn enter(&mut self, level: u8, title: &str) {
        self.path.retain(|(above, _)| *above < level);
        let words: Vec<&str> = title.split_whitespace().collect();
        let title = words.join(" ").chars().take(TITLE_LIMIT).collect();
        self.path.push((level, title));
    }

    fn titles(&self) -> Vec<String> {
        self.path.iter().map(|(_, title)| title.clone()).collect()
    }
}

/// Cuts `text` along `blocks`, which are in order and without overlap.
pub(crate) fn cut(text: &str, blocks: &[Block], outline: &mut Outline) -> Vec<Passage> {
    let mut cutter = Cutter {
        text,
        passages: Vec::new(),
        open: None,
        titles: Vec::new(),
        title_budget: TITLES_LIMIT,
        header: None,
    };
    let mut in_notes = false;
    for block in blocks {
        let is_note = block.kind == Kind::Note;
        if is_note != std::mem::replace(&mut in_notes, is_note) {
            cutter.close();
        }
        match &block.kind {
            Kind::Running => cutter.close(),
            Kind::Heading { level, title } => {
                let least = if *level <= SECTION_LEVEL {
                    SCRAP
                } else {
                    ENOUGH
                };
                if cutter.has_body(least) {
                    cutter.close();
                }
                outline.enter(*level, &text[title.clone()]);
                cutter.add_heading(block.range.clone(), outline);
            }
            Kind::Prose | Kind::Note => cutter.add_block(block, outline, sentences),
            Kind::Rows => cutter.add_block(block, outline, rows),
            Kind::Table { header } => {
                cutter.header = Some(header.clone());
                cutter.add_block(block, outline, rows);
                cutter.header = None;
            }
        }
    }
    cutter.close();
    cutter.passages
}

struct Cutter<'a> {
    text: &'a str,
    passages: Vec<Passage>,
    /// The passage that is growing.
    open: Option<Open>,
    /// The headings that it stands under.
    titles: Vec<String>,
    title_budget: usize,
    /// The row with the column names, inside a table that has one.
    header: Option<Range<usize>>,
}

struct Open {
    range: Range<usize>,
    characters: usize,
    /// Characters that are not in headings.
    body: usize,
    /// The row with the names of the columns that it begins among.
    header: Option<Range<usize>>,
}

impl Cutter<'_> {
    fn has_body(&self, least: usize) -> bool {
        self.open.as_ref().is_some_and(|open| open.body >= least)
    }

    fn would_reach(&self, range: &Range<usize>) -> usize {
        let start = self
            .open
            .as_ref()
            .map_or(range.start, |open| open.range.end);
        let before = self.open.as_ref().map_or(0, |open| open.characters);
        before + length(&self.text[start..range.end])
    }

    fn add_heading(&mut self, range: Range<usize>, outline: &Outline) {
        if self.would_reach(&range) > LIMIT {
            self.close();
        }
        // After a scrap the passage is named for what follows, after more for what it began with.
        if !self.has_body(SCRAP) {
            self.titles = outline.titles();
        }
        for part in pieces(self.text, range, LIMIT) {
            self.grow(part, true, outline);
        }
    }

    fn add_block(
        &mut self,
        block: &Block,
        outline: &Outline,
        parts: fn(&str, Range<usize>) -> Vec<Range<usize>>,
    ) {
        if self.would_reach(&block.range) > LIMIT && self.has_body(ENOUGH) {
            self.close();
        }
        if self.would_reach(&block.range) <= LIMIT {
            self.grow(block.range.clone(), false, outline);
        } else {
            let whole = block.range.clone();
            for part in parts(self.text, whole) {
                for piece in pieces(self.text, part, LIMIT) {
                    self.grow(piece, false, outline);
                    if self
                        .open
                        .as_ref()
                        .is_some_and(|open| open.characters >= TARGET)
                    {
                        self.close();
                    }
                }
            }
        }
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.characters >= TARGET)
        {
            self.close();
        }
    }

    /// Takes `range`, which is within the limit by itself, into the open passage or a new one.
    fn grow(&mut self, range: Range<usize>, heading: bool, outline: &Outline) {
        if self.open.is_some() && self.would_reach(&range) > LIMIT {
            self.close();
        }
        let reach = self.would_reach(&range);
        let body = if heading {
            0
        } else {
            length(&self.text[range.clone()])
        };
        match &mut self.open {
            Some(open) => {
                open.range.end = range.end;
                open.characters = reach;
                open.body += body;
            }
            None => {
                self.titles = outline.titles();
                let below = |header: &Range<usize>| range.start >= header.end;
                self.open = Some(Open {
                    header: self.header.clone().filter(below),
                    range,
                    characters: reach,
                    body,
                });
            }
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let range = trimmed(self.text, open.range);
        if range.is_empty() {
            return;
        }
        let cost: usize = self.titles.iter().map(String::len).sum();
        let headings = if cost <= self.title_budget {
            self.title_budget -= cost;
            std::mem::take(&mut self.titles)
        } else {
            Vec::new()
        };
        self.passages.push(Passage {
            range: text_range(&range),
            headings,
            header: open.header.as_ref().map(text_range),
        });
    }
}

/// The range as the protocol writes it; pages are far below 4 GiB.
pub(crate) fn text_range(range: &Range<usize>) -> TextRange {
    TextRange {
        start: range.start as u32,
        end: range.end as u32,
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let written = &text[range.clone()];
    let start = range.start + (written.len() - written.trim_start().len());
    start..start + written.trim().len()
}

/// Cuts after each line.
fn rows(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut start = range.start;
    text[range]
        .split_inclusive('\n')
        .map(|line| {
            start += line.len();
            start - line.len()..start
        })
        .collect()
}

/// Cuts after the white space that follows a sentence.
fn sentences(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut start = range.start;
    let mut ended = false;
    let mut spaced = false;
    for (offset, c) in text[range.clone()].char_indices() {
        let at = range.start + offset;
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        if ended && spaced && !c.is_lowercase() && !is_closing(c) {
            cuts.push(start..at);
            start = at;
        }
        // A closing quote or bracket belongs to the sentence before it.
        ended = matches!(c, '.' | '!' | '?' | '…' | '。') || (ended && is_closing(c));
        spaced = false;
    }
    cuts.push(start..range.end);
    cuts
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '’' | '”' | '»' | ')' | ']')
}

/// How long a text is, in characters of prose. Parts are together as long as the whole, or longer.
fn length(text: &str) -> usize {
    weights(text).map(|(_, weight)| weight).sum()
}

/// Where a text goes beyond a length.
fn beyond(text: &str, limit: usize) -> Option<usize> {
    let mut length = 0;
    weights(text).find_map(|(at, weight)| {
        length += weight;
        (length > limit).then_some(at)
    })
}

/// What each character counts for, and where it stands.
fn weights(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut after_letter = false;
    text.char_indices().map(move |(at, c)| {
        let is_letter = c.is_alphanumeric();
        let is_lone = !is_letter && !c.is_whitespace() && !after_letter;
        after_letter = is_letter;
        let weight = match is_lone {
            true => LONE_SIGN,
            false => 1 + usize::from(c.is_ascii_digit() || is_dense(c)),
        };
        (at, weight)
    })
}

/// Whether a character is of a script that is written without spaces.
fn is_dense(c: char) -> bool {
    // From the first of Southeast Asia's scripts, without Greek's and Latin's further letters, to the last ideographs.
    matches!(c, '\u{0e00}'..='\u{1dff}' | '\u{2e80}'..='\u{fb00}' | '\u{ff00}'..='\u{ffef}' | '\u{10000}'..)
}

/// Cuts a run that is over `limit`: after a line, else after a word, else anywhere.
fn pieces(text: &str, range: Range<usize>, limit: usize) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut rest = range;
    loop {
        let written = &text[rest.clone()];
        let Some(end) = beyond(written, limit) else {
            break;
        };
        let head = &written[..end];
        let after = |at: usize, c: char| at + c.len_utf8();
        let last = |wanted: fn(char) -> bool| {
            head.char_indices()
                .rev()
                .find(|(at, c)| wanted(*c) && *at > end / 2)
                .map(|(at, c)| after(at, c))
        };
        let length = last(|c| c == '\n')
            .or_else(|| last(char::is_whitespace))
            .unwrap_or(end);
        cuts.push(rest.start..rest.start + length);
        rest.start += length;
    }
    cuts.push(rest);
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown;

    fn cut_markdown(text: &str) -> Vec<Passage> {
        cut(text, &markdown::blocks(text), &mut Outline::default())
    }

    fn check(text: &str, passages: &[Passage]) {
        let mut end = 0;
        for passage in passages {
            let written = passage.range.of(text).expect("on character boundaries");
            assert!(!written.is_empty());
            assert_eq!(written, written.trim());
            assert!(length(written) <= LIMIT, "{}", length(written));
            assert!(passage.range.start >= end, "no overlap");
            end = passage.range.end;
        }
    }

    #[test]
    fn a_long_paragraph_is_cut_between_sentences() {
        let text = "The tenant shall pay the rent on the first day of each month. ".repeat(60);
        let passages = cut_markdown(&text);
        check(&text, &passages);
        assert!(passages.len() > 3);
        for passage in &passages {
            assert!(passage.range.of(&text).unwrap().ends_with("month."));
            assert!(passage.range.of(&text).unwrap().starts_with("The tenant"));
        }
    }

    #[test]
    fn numbers_and_ideographs_make_shorter_passages() {
        let longest = |text: &str| {
            let passages = cut_markdown(text);
            check(text, &passages);
            let lengths = passages.iter().map(|passage| {
                let written = passage.range.of(text).unwrap();
                written.chars().count()
            });
            lengths.max().unwrap()
        };
        assert!(longest(&"a word ".repeat(1_000)) > 1_000);
        assert!(longest(&"12345678 ".repeat(1_000)) < 700);
        assert!(longest(&"合同自签字之日起生效".repeat(500)) <= 600);
        assert!(longest(&format!("Rent {}", ". ".repeat(1_000))) <= 410);
    }

    #[test]
    fn every_word_is_in_exactly_one_passage() {
        let text: String = (0..900)
            .map(|n| format!("word{n}{}", if n % 13 == 0 { ".\n\n" } else { " " }))
            .collect();
        let passages = cut_markdown(&text);
        check(&text, &passages);
        let kept: Vec<&str> = passages
            .iter()
            .flat_map(|p| p.range.of(&text).unwrap().split_whitespace())
            .collect();
        assert_eq!(kept, text.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_table_stays_with_its_header_row() {
        let row = |n: usize| format!("| article {n} | {} euros |\n", n * 7);
        let table: String = (0..20).map(row).collect();
        let before = "A sentence before the table. ".repeat(20);
        let text = format!("{before}\n\n| what | price |\n{table}\nAfter it.");
        let passages = cut_markdown(&text);
        check(&text, &passages);
        let holder = passages
            .iter()
            .find(|p| p.range.of(&text).unwrap().contains("| what"))
            .unwrap();
        assert!(holder.range.of(&text).unwrap().contains("| article 19 |"));
    }

    #[test]
    fn a_table_over_the_limit_is_cut_between_rows() {
        let text: String = (0..200)
            .map(|n| format!("| article {n} | {} euros |\n", n * 7))
            .collect();
        let passages = cut_markdown(&text);
        check(&text, &passages);
        assert!(passages.len() > 3);
        for passage in &passages {
            let written = passage.range.of(&text).unwrap();
            assert!(written.starts_with("| article") && written.ends_with("euros |"));
        }
    }

    #[test]
    fn a_heading_opens_a_passage_and_is_never_left_behind() {
        let body = "Something is said here at sufficient length to stand alone. ".repeat(11);
        let text = format!("# A\n\n## B\n\n{body}\n\n### C\n\n{body}\n\n## D\n\n{body}");
        let passages = cut_markdown(&text);
        check(&text, &passages);
        let paths: Vec<_> = passages.iter().map(|p| p.headings.join("/")).collect();
        assert_eq!(paths, ["A/B", "A/B/C", "A/D"]);
        assert!(passages[1].range.of(&text).unwrap().starts_with("### C"));
    }

    #[test]
    fn notes_have_passages_of_their_own() {
        let text = "The rent is due monthly and\n\n1 In euros.\n\n2 In advance.";
        let block = |start: usize, end: usize, kind| Block {
            range: start..end,
            kind,
        };
        let at = |part: &str| text.find(part).unwrap();
        let blocks = [
            block(0, at("\n\n1"), Kind::Prose),
            block(at("1 In"), at("\n\n2"), Kind::Note),
            block(at("2 In"), text.len(), Kind::Note),
        ];
        let passages = cut(text, &blocks, &mut Outline::default());
        let written: Vec<_> = passages.iter().map(|p| p.range.of(text).unwrap()).collect();
        assert_eq!(
            written,
            [
                "The rent is due monthly and",
                "1 In euros.\n\n2 In advance."
            ]
        );
    }

    #[test]
    fn the_path_reaches_over_pages() {
        let mut outline = Outline::default();
        let first = "# Rent\n\nThe rent is due.";
        cut(first, &markdown::blocks(first), &mut outline);
        let second = "It is paid in euros.";
        let passages = cut(second, &markdown::blocks(second), &mut outline);
        assert_eq!(passages[0].headings, ["Rent"]);
    }

    #[test]
    fn ranges_hold_for_odd_characters() {
        let alphabet = [
            "é",
            "e\u{301}",
            "👩‍👩‍👧",
            "中文。",
            "\u{a0}",
            " ",
            ".",
            "!",
            "»",
            "\n",
            "\n\n",
            "# ",
            "|",
            "Ab",
            "\u{2028}",
            "ﬁ",
            "```\n",
            "-",
            "\n---\n",
        ];
        let mut state = 7_u32;
        for round in 0..300 {
            let mut text = String::new();
            for _ in 0..round * 12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(alphabet[(state >> 16) as usize % alphabet.len()]);
            }
            check(&text, &cut_markdown(&text));
            let plain = cut(&text, &markdown::paragraphs(&text), &mut Outline::default());
            check(&text, &plain);
        }
    }

    #[test]
    fn a_hostile_outline_does_not_multiply() {
        let long = "x".repeat(190);
        let mut text = format!("# {long}\n\n");
        for _ in 0..40_000 {
            text.push_str("## y\n\nforty characters of something to be kept.\n\n");
        }
        let size: usize = cut_markdown(&text)
            .iter()
            .flat_map(|p| &p.headings)
            .map(String::len)
            .sum();
        assert!(size <= TITLES_LIMIT);
    }
}
