//! Documents and books of XML in a package.

use super::{Any, Damaged, Encrypted, MakeBytes, Read, after, case, edited, found, hold};
use crate::writer::packages::{docx, paragraph, zipped};

/// The main part of a kind of document, around what is in it.
fn document(extension: &str, inner: &str, before: &str) -> Vec<u8> {
    let word = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let sheet = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let slide = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";
    let (name, part) = match extension {
        "docx" => (
            "word/document.xml",
            format!("{before}<w:document {word}><w:body>{inner}</w:body></w:document>"),
        ),
        "xlsx" => (
            "xl/worksheets/sheet1.xml",
            format!("{before}<worksheet {sheet}><sheetData>{inner}</sheetData></worksheet>"),
        ),
        "pptx" => (
            "ppt/slides/slide1.xml",
            format!("{before}<p:sld {slide}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:sld>"),
        ),
        "odt" => (
            "content.xml",
            format!(
                "{before}<o:document-content xmlns:o=\"x\" xmlns:text=\"t\"><o:body><o:text>{inner}</o:text></o:body></o:document-content>"
            ),
        ),
        "ods" => (
            "content.xml",
            format!(
                "{before}<o:document-content xmlns:o=\"x\" xmlns:table=\"t\"><o:body><o:spreadsheet>{inner}</o:spreadsheet></o:body></o:document-content>"
            ),
        ),
        "epub" => (
            "OEBPS/a.xhtml",
            format!("{before}<html><body>{inner}</body></html>"),
        ),
        other => panic!("{other} has no main part"),
    };
    edited(extension, name, part)
}

#[test]
fn markup_that_means_harm() {
    let mut cases = Vec::new();
    let laughs = {
        let mut declared = String::from("<!DOCTYPE x [<!ENTITY l0 \"lol\">");
        for n in 1..12 {
            declared.push_str(&format!(
                "<!ENTITY l{n} \"{}\">",
                format!("&l{};", n - 1).repeat(10)
            ));
        }
        declared
            + "<!ENTITY file SYSTEM \"file:///etc/passwd\"><!ENTITY % remote SYSTEM \"http://127.0.0.1:9/x\">%remote;]>"
    };
    let texts = [
        ("docx", "<w:p><w:r><w:t>", "</w:t></w:r></w:p>"),
        (
            "xlsx",
            "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>",
            "</t></is></c></row>",
        ),
        (
            "pptx",
            "<p:sp><p:txBody><a:p><a:r><a:t>",
            "</a:t></a:r></a:p></p:txBody></p:sp>",
        ),
        ("odt", "<text:p>", "</text:p>"),
        (
            "ods",
            "<table:table><table:table-row><table:table-cell><text:p>",
            "</text:p></table:table-cell></table:table-row></table:table>",
        ),
        ("epub", "<p>", "</p>"),
    ];
    for (extension, open, close) in texts {
        // The first element with something put into its tag.
        let tagged = move |attributes: &str| {
            let first = open.split('>').next().expect("an element");
            format!("{first}{attributes}{}x{close}", &open[first.len()..])
        };
        let laughs = laughs.clone();
        let made: [(&str, MakeBytes); 9] = [
            (
                "a billion laughs",
                Box::new(move || {
                    document(extension, &format!("{open}&l11;&file;{close}"), &laughs)
                }),
            ),
            (
                "a long entity, often",
                Box::new(move || {
                    let before = format!("<!DOCTYPE x [<!ENTITY a \"{}\">]>", "a".repeat(100_000));
                    let often = "&a;".repeat(100_000);
                    document(extension, &format!("{open}{often}{close}"), &before)
                }),
            ),
            (
                "a hundred thousand elements deep",
                Box::new(move || {
                    let (open, close) = (open.repeat(100_000), close.repeat(100_000));
                    document(extension, &format!("{open}x{close}"), "")
                }),
            ),
            (
                "deep and never closed",
                Box::new(move || document(extension, &open.repeat(100_000), "")),
            ),
            (
                "two hundred thousand attributes",
                Box::new(move || {
                    let attributes: String = (0..200_000).map(|n| format!(" a{n}=\"1\"")).collect();
                    document(extension, &tagged(&attributes), "")
                }),
            ),
            (
                "an attribute of 20 MB",
                Box::new(move || {
                    let attribute = format!(" a=\"{}\"", "&amp;".repeat(4_000_000));
                    document(extension, &tagged(&attribute), "")
                }),
            ),
            (
                "a comment that never ends",
                Box::new(move || {
                    document(
                        extension,
                        &after(&format!("{open}x{close}"), "<!-- ", 200_000),
                        "",
                    )
                }),
            ),
            (
                "bytes that are no text",
                Box::new(move || {
                    let mut whole = document(extension, &format!("{open}MARK{close}"), "");
                    let at = found(&whole, b"MARK");
                    whole[at..at + 4].copy_from_slice(&[0xff, 0, 0xc3, 0x28]);
                    whole
                }),
            ),
            (
                "a million small paragraphs",
                Box::new(move || {
                    let count = if extension == "epub" {
                        1_000_000
                    } else {
                        150_000
                    };
                    document(extension, &format!("{open}x{close}").repeat(count), "")
                }),
            ),
        ];
        for (what, bytes) in made {
            cases.push(case(format!("{extension}: {what}"), extension, Any, bytes));
        }
    }
    hold(cases);
}

#[test]
fn books_and_texts_that_lead_to_themselves() {
    let cases = vec![
        case(
            "epub: a chapter a hundred thousand times",
            "epub",
            Read,
            || {
                let spine = "<itemref idref=\"c0\"/>".repeat(100_000);
                let package = format!(
                    "<package><manifest><item id=\"c0\" href=\"a.xhtml\"/></manifest><spine>{spine}</spine></package>"
                );
                edited("epub", "OEBPS/book.opf", package)
            },
        ),
        case("epub: the book is its own chapter", "epub", Read, || {
            let package = "<package><manifest><item id=\"c0\" href=\"book.opf\"/><item id=\"n\" href=\"book.opf\" properties=\"nav\"/></manifest><spine><itemref idref=\"c0\"/></spine></package>";
            edited("epub", "OEBPS/book.opf", package)
        }),
        case("epub: chapters outside of the book", "epub", Read, || {
            let package = "<package><manifest><item id=\"c0\" href=\"../../../../etc/passwd\"/><item id=\"c1\" href=\"file:///etc/passwd\"/></manifest><spine><itemref idref=\"c0\"/><itemref idref=\"c1\"/></spine></package>";
            edited("epub", "OEBPS/book.opf", package)
        }),
        case(
            "epub: a hundred thousand chapters that are not there",
            "epub",
            Any,
            || {
                let items: String = (0..101_000)
                    .map(|n| format!("<item id=\"c{n}\" href=\"{n}.xhtml\"/>"))
                    .collect();
                let spine: String = (0..101_000)
                    .map(|n| format!("<itemref idref=\"c{n}\"/>"))
                    .collect();
                let package = format!(
                    "<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
                );
                edited("epub", "OEBPS/book.opf", package)
            },
        ),
        case("epub: no spine", "epub", Damaged, || {
            edited("epub", "OEBPS/book.opf", "<package/>")
        }),
        case(
            "epub: its chapters are encrypted",
            "epub",
            Encrypted,
            || {
                let locked = "<encryption><EncryptedData><EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes128-cbc\"/><CipherData><CipherReference URI=\"OEBPS/a.xhtml\"/></CipherData></EncryptedData></encryption>";
                edited("epub", "META-INF/encryption.xml", locked)
            },
        ),
        case("odt: encrypted", "odt", Encrypted, || {
            let manifest = "<manifest><file-entry full-path=\"content.xml\"><encryption-data/></file-entry></manifest>";
            edited("odt", "META-INF/manifest.xml", manifest)
        }),
        case("odt: no content", "odt", Damaged, || {
            zipped(&[("mimetype", "application/vnd.oasis.opendocument.text")])
        }),
        case("docx: styles founded on each other", "docx", Any, || {
            let styles = "<w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:style w:type=\"paragraph\" w:styleId=\"Titre1\"><w:basedOn w:val=\"B\"/></w:style><w:style w:type=\"paragraph\" w:styleId=\"B\"><w:basedOn w:val=\"Titre1\"/></w:style></w:styles>";
            edited("docx", "word/styles.xml", styles)
        }),
        case(
            "docx: the document is its own header and note",
            "docx",
            Any,
            || {
                let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
                <Relationship Id=\"h\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/header\" Target=\"document.xml\"/>\
                <Relationship Id=\"n\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes\" Target=\"document.xml\"/>\
                <Relationship Id=\"f\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer\" Target=\"../../../../etc/passwd\"/></Relationships>";
                edited("docx", "word/_rels/document.xml.rels", relations)
            },
        ),
        case("docx: no document", "docx", Damaged, || {
            zipped(&[("[Content_Types].xml", "<Types/>"), ("word/x.xml", "<x/>")])
        }),
        case("docx: a document in it that is itself", "docx", Any, || {
            let inner = docx(&paragraph("Normal", "x"));
            edited("docx", "word/embeddings/a.docx", inner)
        }),
    ];
    hold(cases);
}
