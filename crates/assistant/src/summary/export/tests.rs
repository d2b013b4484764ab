use super::*;
use crate::answer::{Citation, Ending};
use crate::library::DocumentId;
use crate::summary::{
    PlannedSection, SummarizedDocument, SummaryCoverage, SummarySection, SummarySentence,
    SummaryTimings,
};
use aparte_protocol::documents::TextRange;
use aparte_vault::OwnerId;

fn id(number: u8) -> DocumentId {
    DocumentId(OwnerId::from_bytes([number; 16]))
}

fn sentence(text: &str, page: Option<u32>) -> SummarySentence {
    SummarySentence {
        text: text.to_owned(),
        is_quote: false,
        citation: page.map(|page| Citation {
            document: id(1),
            name: "report <1>.pdf".to_owned(),
            page: Some(page),
            anchor: None,
            range: TextRange { start: 0, end: 9 },
            quote: "It was (built) in 2024.".to_owned(),
            verified: true,
        }),
        unknown: Vec::new(),
    }
}

/// A summary of so many documents, with a sentence on the whole and one on a part of each.
fn summary(documents: u8) -> Summary {
    let part = |number| SummarySection {
        document: Some(id(number)),
        heading: Some("Works".to_owned()),
        pages: Some(2..=3),
        of: 0..1,
        sentences: vec![sentence("The quay was built in 2024.", Some(2))],
    };
    let mut sections = vec![SummarySection {
        document: None,
        heading: None,
        pages: None,
        of: 0..2,
        sentences: vec![
            sentence("A quay & <b>a crane</b>.", Some(2)),
            sentence("It is blue.", None),
        ],
    }];
    sections.extend((1..=documents).map(part));
    Summary {
        documents: (1..=documents)
            .map(|number| SummarizedDocument {
                document: id(number),
                name: format!("report {number}.pdf"),
                pages: 9,
                read: 2,
                total: 2,
                trouble: None,
            })
            .collect(),
        language: Language::English,
        sections,
        coverage: SummaryCoverage {
            read: 2,
            total: 2,
            pages: 9,
            unread: Vec::new(),
            shown: 1,
            left_out: vec![PlannedSection {
                document: id(1),
                heading: Some("Costs".to_owned()),
                pages: 8..=9,
                tokens: 100,
            }],
            outline: Vec::new(),
        },
        ending: Ending::Complete,
        is_kept: true,
        timings: SummaryTimings::default(),
    }
}

fn text(documents: u8, format: SummaryFormat, language: Language) -> String {
    let bytes = summary(documents).export(format, SummaryStyle::Prose, language);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_citation_is_a_footnote_and_what_was_left_out_stands_at_the_end() {
    let markdown = text(1, SummaryFormat::Markdown, Language::English);
    for part in [
        "# Summary of “report 1.pdf”",
        "*It is blue.* \\[unsupported\\]",
        "## Works (pp. 2–3)",
        "2024.[^1]",
        "\n[^1]: report &lt;1>.pdf, p. 2 (verified): “It was (built) in 2024.”\n",
        "## Coverage\n\nSections read: 2 of 2 (pages: 9).",
        "\n- Costs, pp. 8–9\n",
    ] {
        assert!(markdown.contains(part), "{part} in {markdown}");
    }
    assert!(!markdown.contains("[^2]"), "the same place is one footnote");
    let french = text(1, SummaryFormat::Markdown, Language::French);
    assert!(
        french.contains("vérifié)\u{202f}: «\u{202f}It was (built) in 2024.\u{202f}»"),
        "{french}"
    );
}

#[test]
fn a_digest_is_a_line_a_document() {
    let markdown = text(2, SummaryFormat::Markdown, Language::English);
    assert!(markdown.contains("# Summary of 2 documents"), "{markdown}");
    assert!(
        markdown.contains("\n- report 1.pdf: The quay was built in 2024.[^1]\n- report 2.pdf: ")
    );
}

#[test]
fn text_of_models_and_documents_is_no_markup_in_html() {
    let html = text(1, SummaryFormat::Html, Language::English);
    assert!(
        html.contains("A quay &amp; &lt;b&gt;a crane&lt;/b&gt;."),
        "{html}"
    );
    assert!(html.contains("<em>It is blue.</em>"));
    assert_eq!(html.matches("id=\"mark-1\"").count(), 1);
    assert_eq!(html.matches("href=\"#note-1\"").count(), 2);
    for word in ["http:", "https:", "<script", "src="] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn the_objects_of_a_pdf_stand_where_its_table_says() {
    let mut long = summary(1);
    let many = vec![sentence("The quay was built in 2024.", Some(2)); 400];
    long.sections[0].sentences = many;
    long.sections[1].sentences = (1..200)
        .map(|page| sentence("Œuvre à 3 €, 漢.", Some(page)))
        .collect();
    let bytes = long.export(SummaryFormat::Pdf, SummaryStyle::Prose, Language::French);
    let text = String::from_utf8(bytes).unwrap();
    let (_, begin) = text.rsplit_once("startxref\n").unwrap();
    let begin: usize = begin.lines().next().unwrap().parse().unwrap();
    let table = &text[begin..];
    let offsets = table.lines().filter(|line| line.ends_with(" n "));
    let mut count = 0;
    for (number, line) in (1..).zip(offsets) {
        let offset: usize = line[..10].parse().unwrap();
        assert!(
            text[offset..].starts_with(&format!("{number} 0 obj\n")),
            "{number}"
        );
        count += 1;
    }
    let pages = text.matches("/Type /Page ").count();
    assert_eq!(count, 6 + 2 * pages);
    assert!(pages > 5);
    // Each citation's footnote is once in it, whatever page its marks are on.
    assert_eq!(
        text.matches("\\(vérifié\\)").count(),
        0,
        "letters are bytes of the font"
    );
    assert_eq!(text.matches("\\(v\\351rifi\\351\\)").count(), 199);
    assert!(text.contains("(\\214uvre )"), "Œ");
    assert!(text.contains("police "), "what the font lacks is told");
}

#[test]
fn a_file_is_named_for_its_format() {
    let format = |name: &str| SummaryFormat::of_file(Path::new(name));
    assert_eq!(format("a.MD"), Some(SummaryFormat::Markdown));
    assert_eq!(format("a.b.docx"), Some(SummaryFormat::Docx));
    assert_eq!(format("a.odt"), None);
    assert_eq!(format("docx"), None);
}
