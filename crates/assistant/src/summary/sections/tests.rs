use std::collections::HashMap;

use aparte_protocol::documents::Passage;

use super::*;

/// Every word is a token, and a prompt has twenty of its own.
struct Words;

impl Gauge for Words {
    fn texts(&mut self, texts: Vec<String>) -> Result<Vec<u32>, Error> {
        Ok(texts.iter().map(|text| words(text)).collect())
    }

    fn prompt(&mut self, text: &str) -> Result<u32, Error> {
        Ok(words(text) + 20)
    }
}

fn words(text: &str) -> u32 {
    text.split_whitespace().count() as u32
}

/// A page of passages, each under its headings.
fn page(number: u32, passages: &[(&[&str], String)]) -> Page {
    let mut page = Page {
        number,
        ..Page::default()
    };
    for (headings, text) in passages {
        let start = page.text.len() as u32;
        page.text.push_str(text);
        let end = page.text.len() as u32;
        page.text.push_str("\n\n");
        page.passages.push(Passage {
            range: TextRange { start, end },
            headings: headings.iter().map(|&heading| heading.to_owned()).collect(),
            header: None,
        });
    }
    page
}

fn prose(sentence: &str, times: usize) -> String {
    vec![sentence; times].join(" ")
}

fn cut(pages: &[Page], limit: u32) -> Result<Vec<Section>, Error> {
    let mut gauge = Words;
    let mut cutter = Cutter::new(&mut gauge, limit)?;
    for page in pages {
        cutter.add(Arc::new(page.clone()))?;
    }
    cutter.finish()
}

fn text(section: &Section, pages: &[Page]) -> String {
    let pages: HashMap<u32, Arc<Page>> = pages
        .iter()
        .map(|page| (page.number, Arc::new(page.clone())))
        .collect();
    section
        .text(&mut |number| Ok(Arc::clone(&pages[&number])))
        .unwrap()
}

/// Every word of every passage is in one section, in its order, and no prompt is over its limit.
fn assert_whole(pages: &[Page], sections: &[Section], limit: u32) {
    let passages = pages.iter().flat_map(|page| {
        page.passages
            .iter()
            .map(|passage| passage.range.of(&page.text).unwrap())
    });
    let all: Vec<&str> = passages.flat_map(str::split_whitespace).collect();
    let of = |piece: &Piece| {
        let page = pages.iter().find(|page| page.number == piece.page).unwrap();
        piece.range.of(&page.text).unwrap()
    };
    let pieces = sections.iter().flat_map(|section| &section.pieces);
    let read: Vec<&str> = pieces
        .flat_map(|piece| of(piece).split_whitespace())
        .collect();
    assert_eq!(all, read);
    for section in sections {
        assert_eq!(section.tokens, words(&text(section, pages)) + 20);
        assert!(section.tokens <= limit, "{} of {limit}", section.tokens);
    }
}

#[test]
fn every_word_is_in_one_section_and_no_prompt_is_cut() {
    let pages: Vec<Page> = (1..=60)
        .map(|number| {
            let passages: Vec<_> = (0..number % 5)
                .map(|passage| {
                    (
                        &["Report"][..],
                        prose("It rained in the north.", 3 + 7 * passage),
                    )
                })
                .collect();
            page(number as u32, &passages)
        })
        .collect();
    for limit in [60, 100, 300, 3_000] {
        let sections = cut(&pages, limit).unwrap();
        assert_whole(&pages, &sections, limit);
        assert!(sections.len() > 1 || limit == 3_000);
    }
}

#[test]
fn a_section_ends_before_a_heading_rather_than_in_the_middle_of_a_part() {
    let part =
        |name: &'static [&'static str], times| (name, prose("A sentence of five words.", times));
    let pages = [page(
        1,
        &[
            part(&["Costs"], 5),
            part(&["Costs"], 5),
            part(&["Schedule"], 5),
            part(&["Schedule", "Dredging"], 5),
            part(&["Schedule", "Quay"], 5),
        ],
    )];
    let sections = cut(&pages, 20 + 90).unwrap();
    assert_whole(&pages, &sections, 110);
    let headings: Vec<_> = sections
        .iter()
        .map(|section| section.headings.join("/"))
        .collect();
    assert_eq!(headings, ["Costs", "Schedule"]);
    let sections = cut(&pages, 20 + 70).unwrap();
    assert_whole(&pages, &sections, 90);
    assert_eq!(sections[1].headings, ["Schedule"]);
}

#[test]
fn a_passage_that_is_longer_than_a_section_is_parted_between_words() {
    let pages = [page(1, &[(&[], prose("One two three four.", 50))])];
    let sections = cut(&pages, 60).unwrap();
    assert_whole(&pages, &sections, 60);
    assert!(sections.len() >= 5);
    assert!(text(&sections[0], &pages).ends_with('.'));
    // Without a space it is parted between characters.
    let endless = [page(1, &[(&[], "é".repeat(500))])];
    struct Characters;
    impl Gauge for Characters {
        fn texts(&mut self, texts: Vec<String>) -> Result<Vec<u32>, Error> {
            Ok(texts
                .iter()
                .map(|text| text.chars().count() as u32)
                .collect())
        }
        fn prompt(&mut self, text: &str) -> Result<u32, Error> {
            Ok(text.chars().count() as u32 + 10)
        }
    }
    let mut gauge = Characters;
    let mut cutter = Cutter::new(&mut gauge, 90).unwrap();
    cutter.add(Arc::new(endless[0].clone())).unwrap();
    let sections = cutter.finish().unwrap();
    let read: String = sections
        .iter()
        .map(|section| text(section, &endless))
        .collect();
    assert_eq!(read, endless[0].text.trim_end());
}

#[test]
fn where_no_word_fits_there_is_an_error_and_no_end_of_trying() {
    let pages = [page(1, &[(&[], prose("Much too long.", 5))])];
    assert_eq!(cut(&pages, 20), Err(Error::QuestionTooLong));
}

#[test]
fn a_table_of_a_hundred_thousand_rows_keeps_no_more_than_a_section_in_memory() {
    let header = "Year\tPlace\tCost\n";
    let mut gauge = Words;
    let mut cutter = Cutter::new(&mut gauge, 500).unwrap();
    let mut rows = 0;
    let mut open = 0;
    for number in 1..=100 {
        let mut page = Page {
            number,
            text: header.to_owned(),
            ..Page::default()
        };
        for _ in 0..50 {
            let start = page.text.len() as u32;
            for _ in 0..20 {
                rows += 1;
                page.text
                    .push_str(&format!("2024\tgate {rows}\t{rows} euros\n"));
            }
            page.passages.push(Passage {
                range: TextRange {
                    start,
                    end: page.text.len() as u32,
                },
                headings: Vec::new(),
                header: Some(TextRange {
                    start: 0,
                    end: header.len() as u32 - 1,
                }),
            });
        }
        cutter.add(Arc::new(page)).unwrap();
        open = open.max(cutter.pages.len());
    }
    assert_eq!(rows, 100_000);
    assert!(open <= 2, "{open} pages at a time");
    let sections = cutter.finish().unwrap();
    assert!(sections.iter().all(|section| section.tokens <= 500));
    let read: usize = sections.iter().map(|section| section.pieces.len()).sum();
    assert_eq!(read, 5_000);
}

#[test]
fn rows_stand_under_the_names_of_their_columns_once() {
    let rows = "Year\tCost\n2023\t5\n2024\t6\n";
    let second = TextRange { start: 17, end: 24 };
    let page = Page {
        number: 1,
        text: rows.to_owned(),
        passages: vec![Passage {
            range: second,
            headings: vec!["Budget".to_owned()],
            header: Some(TextRange { start: 0, end: 9 }),
        }],
        ..Page::default()
    };
    let sections = cut(std::slice::from_ref(&page), 100).unwrap();
    assert_eq!(text(&sections[0], &[page]), "Budget\nYear\tCost\n2024\t6");
}
