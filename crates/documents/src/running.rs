//! Running headers and footers: lines at the edge of a page that come back on its neighbours.
//!
//! They stay in the page's text but are no part of a passage.

use std::collections::HashSet;

use crate::layout::{Line, PlacedWord, rows};

/// How many rows from the top and from the bottom may run.
const ROWS: usize = 3;
/// The share of the page's height, from the top and from the bottom, in which they stand.
const MARGIN: f32 = 0.15;
/// A running line is no longer, in characters.
const LENGTH: usize = 160;

/// What the rows at a page's edges look like with their numbers taken out.
pub(crate) type Edges = HashSet<(bool, String)>;

/// The edges of a page of the given height; `words` are those of its upright text.
pub(crate) fn edges(words: &[PlacedWord], height: f32) -> Edges {
    let near = words
        .iter()
        .filter(|word| !is_inner(word, height))
        .cloned()
        .collect();
    edge_rows(&rows(near), height)
        .map(|row| key(row, height))
        .collect()
}

/// A page's words in three parts.
pub(crate) struct Parted {
    pub(crate) header: Vec<PlacedWord>,
    pub(crate) body: Vec<PlacedWord>,
    pub(crate) footer: Vec<PlacedWord>,
}

/// Takes out the header and the footer that also stand on one of `neighbours`.
pub(crate) fn part(words: Vec<PlacedWord>, height: f32, neighbours: &[&Edges]) -> Parted {
    let (inner, near): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|word| is_inner(word, height));
    let rows = rows(near);
    let running: Vec<(bool, f32)> = edge_rows(&rows, height)
        .map(|row| (key(row, height), row.baseline))
        .filter(|(key, _)| neighbours.iter().any(|edges| edges.contains(key)))
        .map(|((top, _), baseline)| (top, baseline))
        .collect();
    let mut parted = Parted {
        header: Vec::new(),
        body: inner,
        footer: Vec::new(),
    };
    for row in rows {
        let side = running
            .iter()
            .find(|(_, baseline)| *baseline == row.baseline);
        match side {
            Some((true, _)) => parted.header.extend(row.words),
            Some((false, _)) => parted.footer.extend(row.words),
            None => parted.body.extend(row.words),
        }
    }
    parted
}

fn is_inner(word: &PlacedWord, height: f32) -> bool {
    word.rect[1] > height * MARGIN && word.rect[1] + word.rect[3] < height * (1.0 - MARGIN)
}

fn is_top(row: &Line, height: f32) -> bool {
    row.words[0].rect[1] < height / 2.0
}

fn edge_rows(rows: &[Line], height: f32) -> impl Iterator<Item = &Line> {
    let bottom = rows.partition_point(|row| is_top(row, height));
    let last = rows.len().saturating_sub(ROWS).max(bottom);
    rows[..bottom.min(ROWS)].iter().chain(&rows[last..])
}

/// The row without its numbers, and whether it is at the top.
fn key(row: &Line, height: f32) -> (bool, String) {
    let text: Vec<&str> = row.words.iter().map(|word| word.text.as_str()).collect();
    let mut plain = String::new();
    let mut number = false;
    for c in text.join(" ").chars().take(LENGTH) {
        if !c.is_numeric() {
            plain.push(c);
        } else if !number {
            plain.push('#');
        }
        number = c.is_numeric();
    }
    if !plain.is_empty()
        && plain
            .chars()
            .all(|c| matches!(c, 'i' | 'v' | 'x' | 'l' | 'c'))
    {
        plain = "#".to_owned();
    }
    (is_top(row, height), plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::tests::set;

    fn page(number: usize, body: &str, footer: &str) -> Vec<PlacedWord> {
        let mut words = set(&format!("Report {number}"), 50.0, 40.0, 10.0);
        words.extend(set(body, 50.0, 60.0, 10.0));
        words.extend(set(footer, 50.0, 780.0, 10.0));
        words
    }

    #[test]
    fn what_comes_back_with_another_number_runs() {
        let next = edges(&page(2, "it goes on", "iv"), 800.0);
        let parted = part(page(1, "it begins", "ix"), 800.0, &[&next]);
        let texts = |words: &[PlacedWord]| words.iter().map(|w| w.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&parted.header), ["Report", "1"]);
        assert_eq!(texts(&parted.footer), ["ix"]);
    }

    #[test]
    fn what_stands_on_one_page_only_is_body() {
        let mut other = set("Another heading", 50.0, 40.0, 10.0);
        other.extend(set("and text", 50.0, 60.0, 10.0));
        let parted = part(
            page(1, "it begins", "unlike any"),
            800.0,
            &[&edges(&other, 800.0)],
        );
        assert!(parted.header.is_empty() && parted.footer.is_empty());
        assert_eq!(parted.body.len(), 6);
    }
}
