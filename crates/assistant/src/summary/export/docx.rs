//! A summary as a document of Word (ECMA-376), with footnotes of its own.

use std::fmt::Write;

use super::escaped;
use super::paper::{Block, Paper, Run};
use super::zip::archive;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const WORDS: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const PART: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
/// Two footnotes are the lines that part footnotes from the text.
const FIRST_NOTE: usize = 2;

pub(super) fn write(paper: &Paper) -> Vec<u8> {
    archive(&[
        ("[Content_Types].xml", content_types()),
        (
            "_rels/.rels",
            relations(&[("officeDocument", "word/document.xml")]),
        ),
        (
            "word/_rels/document.xml.rels",
            relations(&[
                ("styles", "styles.xml"),
                ("settings", "settings.xml"),
                ("footnotes", "footnotes.xml"),
            ]),
        ),
        ("word/document.xml", document(paper)),
        ("word/footnotes.xml", footnotes(paper)),
        ("word/settings.xml", settings()),
        ("word/styles.xml", styles(paper)),
    ])
}

fn content_types() -> String {
    let parts = [
        ("document", "document.main"),
        ("styles", "styles"),
        ("settings", "settings"),
        ("footnotes", "footnotes"),
    ];
    let overrides: String = parts
        .iter()
        .map(|(file, kind)| {
            format!("<Override PartName=\"/word/{file}.xml\" ContentType=\"{PART}.{kind}+xml\"/>")
        })
        .collect();
    format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{overrides}</Types>"
    )
}

fn relations(targets: &[(&str, &str)]) -> String {
    let mut text = format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (number, (kind, target)) in (1..).zip(targets) {
        let _ = write!(
            text,
            "<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>"
        );
    }
    text.push_str("</Relationships>");
    text
}

/// The footnotes in the order of their marks: each mark has one of its own, because two may not share one.
fn marks(paper: &Paper) -> impl Iterator<Item = usize> {
    let runs = paper.blocks.iter().flat_map(|block| match block {
        Block::Heading(_) => &[] as &[Run],
        Block::Paragraph(runs) | Block::Item(runs) => runs.as_slice(),
    });
    runs.filter_map(|run| match run {
        Run::Note(place) => Some(*place),
        Run::Text(_) | Run::Doubtful(_) => None,
    })
}

fn document(paper: &Paper) -> String {
    let mut id = FIRST_NOTE;
    let mut body = paragraph("Title", &run("", &paper.title));
    for block in &paper.blocks {
        body.push_str(&match block {
            Block::Heading(heading) => paragraph("Heading1", &run("", heading)),
            Block::Paragraph(runs) => paragraph("Normal", &runs_of(runs, &mut id)),
            Block::Item(runs) => {
                let sign = "<w:r><w:t>•</w:t><w:tab/></w:r>";
                paragraph(
                    "ListParagraph",
                    &format!("{sign}{}", runs_of(runs, &mut id)),
                )
            }
        });
    }
    // A sheet of A4 with margins of 2.5 cm.
    format!(
        "{XML}<w:document {WORDS}><w:body>{body}<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1417\" w:right=\"1417\" w:bottom=\"1417\" w:left=\"1417\" w:header=\"708\" w:footer=\"708\" \
         w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    )
}

fn footnotes(paper: &Paper) -> String {
    let mut text = format!("{XML}<w:footnotes {WORDS}>");
    for (id, kind) in [(0, "separator"), (1, "continuationSeparator")] {
        let _ = write!(
            text,
            "<w:footnote w:type=\"{kind}\" w:id=\"{id}\"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>"
        );
    }
    for (id, place) in (FIRST_NOTE..).zip(marks(paper)) {
        let note = &paper.notes[place];
        let mark =
            "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteRef/></w:r>";
        let words = run("", &format!(" {note}"));
        let _ = write!(
            text,
            "<w:footnote w:id=\"{id}\">{}</w:footnote>",
            paragraph("FootnoteText", &format!("{mark}{words}"))
        );
    }
    text.push_str("</w:footnotes>");
    text
}

fn settings() -> String {
    format!(
        "{XML}<w:settings {WORDS}><w:footnotePr><w:footnote w:id=\"0\"/><w:footnote w:id=\"1\"/></w:footnotePr></w:settings>"
    )
}

fn styles(paper: &Paper) -> String {
    let tag = paper.language.tag();
    let style = |id: &str, name: &str, paragraph: &str, words: &str| {
        format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:pPr>{paragraph}</w:pPr><w:rPr>{words}</w:rPr></w:style>"
        )
    };
    let title = style(
        "Title",
        "Title",
        "<w:keepNext/><w:spacing w:after=\"240\"/>",
        "<w:b/><w:sz w:val=\"36\"/>",
    );
    let heading = style(
        "Heading1",
        "heading 1",
        "<w:keepNext/><w:spacing w:before=\"240\" w:after=\"80\"/><w:outlineLvl w:val=\"0\"/>",
        "<w:b/><w:sz w:val=\"26\"/>",
    );
    let item = style(
        "ListParagraph",
        "List Paragraph",
        "<w:tabs><w:tab w:val=\"left\" w:pos=\"357\"/></w:tabs><w:spacing w:after=\"60\"/>\
         <w:ind w:left=\"357\" w:hanging=\"357\"/>",
        "",
    );
    let note = style(
        "FootnoteText",
        "footnote text",
        "<w:spacing w:after=\"0\"/>",
        "<w:sz w:val=\"18\"/>",
    );
    format!(
        "{XML}<w:styles {WORDS}><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val=\"22\"/><w:lang w:val=\"{tag}\"/></w:rPr>\
         </w:rPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/>\
         <w:pPr><w:spacing w:after=\"120\" w:line=\"276\" w:lineRule=\"auto\"/></w:pPr></w:style>{title}{heading}{item}{note}\
         <w:style w:type=\"character\" w:styleId=\"FootnoteReference\"><w:name w:val=\"footnote reference\"/>\
         <w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr></w:style></w:styles>"
    )
}

fn paragraph(style: &str, runs: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{runs}</w:p>")
}

fn runs_of(runs: &[Run], id: &mut usize) -> String {
    let written = runs.iter().map(|it| match it {
        Run::Text(text) => run("", text),
        Run::Doubtful(text) => run("<w:i/><w:color w:val=\"666666\"/>", text),
        Run::Note(_) => {
            let mark = format!(
                "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteReference w:id=\"{id}\"/></w:r>"
            );
            *id += 1;
            mark
        }
    });
    written.collect()
}

fn run(properties: &str, text: &str) -> String {
    let properties = match properties {
        "" => String::new(),
        some => format!("<w:rPr>{some}</w:rPr>"),
    };
    format!(
        "<w:r>{properties}<w:t xml:space=\"preserve\">{}</w:t></w:r>",
        escaped(text)
    )
}
