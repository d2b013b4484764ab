//! Small packages: ZIP archives, and the documents that are ZIP archives of XML.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A ZIP archive of the given entries; one called `mimetype` is stored as it is.
pub fn zipped<N: AsRef<str>, B: AsRef<[u8]>>(entries: &[(N, B)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let method = match name.as_ref() {
            "mimetype" => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        archive
            .start_file(name.as_ref(), options)
            .expect("memory takes everything");
        archive
            .write_all(bytes.as_ref())
            .expect("memory takes everything");
    }
    archive
        .finish()
        .expect("memory takes everything")
        .into_inner()
}

/// The names and bytes of the entries of a sound archive.
pub fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).expect("an archive");
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).expect("an entry");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("sound");
            (entry.name().expect("a name").into_owned(), bytes)
        })
        .collect()
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

fn content_types(overrides: &[(&str, &str)]) -> String {
    let overrides: String = overrides
        .iter()
        .map(|(part, kind)| format!("<Override PartName=\"/{part}\" ContentType=\"application/vnd.openxmlformats-officedocument.{kind}+xml\"/>"))
        .collect();
    format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{overrides}</Types>"
    )
}

fn relations(targets: &[(&str, &str, &str)]) -> String {
    let targets: String = targets
        .iter()
        .map(|(id, kind, target)| {
            format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"{PACKAGE}/relationships\">{targets}</Relationships>"
    )
}

const WORD: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
                    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// A Word document with this body, a style for headings, and with a header, a footer and a footnote 2.
pub fn docx(body: &str) -> Vec<u8> {
    let document = format!(
        "<?xml version=\"1.0\"?><w:document {WORD}><w:body>{body}<w:sectPr>\
         <w:headerReference w:type=\"default\" r:id=\"h\"/><w:footerReference w:type=\"default\" r:id=\"f\"/>\
         </w:sectPr></w:body></w:document>"
    );
    let styles = format!(
        "<?xml version=\"1.0\"?><w:styles {WORD}><w:style w:type=\"paragraph\" w:styleId=\"Titre1\">\
         <w:name w:val=\"heading 1\"/><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr></w:style>\
         <w:style w:type=\"paragraph\" w:styleId=\"Titre2\"><w:name w:val=\"heading 2\"/>\
         <w:pPr><w:outlineLvl w:val=\"1\"/></w:pPr></w:style></w:styles>"
    );
    let edge = |name: &str, text: &str| {
        format!(
            "<?xml version=\"1.0\"?><w:{name} {WORD}><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{name}>"
        )
    };
    let notes = format!(
        "<?xml version=\"1.0\"?><w:footnotes {WORD}><w:footnote w:id=\"2\"><w:p><w:r><w:t>As the annex says.</w:t></w:r></w:p>\
         </w:footnote></w:footnotes>"
    );
    let kinds = [
        ("word/document.xml", "wordprocessingml.document.main"),
        ("word/styles.xml", "wordprocessingml.styles"),
        ("word/header1.xml", "wordprocessingml.header"),
        ("word/footer1.xml", "wordprocessingml.footer"),
        ("word/footnotes.xml", "wordprocessingml.footnotes"),
    ];
    zipped(&[
        ("[Content_Types].xml", content_types(&kinds)),
        (
            "_rels/.rels",
            relations(&[("d", "officeDocument", "word/document.xml")]),
        ),
        ("word/document.xml", document),
        (
            "word/_rels/document.xml.rels",
            relations(&[
                ("s", "styles", "styles.xml"),
                ("h", "header", "header1.xml"),
                ("f", "footer", "footer1.xml"),
                ("n", "footnotes", "footnotes.xml"),
            ]),
        ),
        ("word/styles.xml", styles),
        ("word/header1.xml", edge("hdr", "Strictly confidential")),
        ("word/footer1.xml", edge("ftr", "Draft of June")),
        ("word/footnotes.xml", notes),
    ])
}

/// A Word paragraph, in a style.
pub fn paragraph(style: &str, text: &str) -> String {
    format!(
        "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"
    )
}

const SHEET: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// A workbook of sheets, each a name and the content of its `sheetData`. Style 1 is a date.
pub fn xlsx(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut kinds = vec![
        ("xl/workbook.xml".to_owned(), "spreadsheetml.sheet.main"),
        ("xl/styles.xml".to_owned(), "spreadsheetml.styles"),
    ];
    let mut listed = String::new();
    let mut targets = vec![("s".to_owned(), "styles", "styles.xml".to_owned())];
    let mut parts = Vec::new();
    for (n, (name, data)) in sheets.iter().enumerate() {
        let n = n + 1;
        kinds.push((
            format!("xl/worksheets/sheet{n}.xml"),
            "spreadsheetml.worksheet",
        ));
        listed.push_str(&format!(
            "<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"r{n}\"/>"
        ));
        targets.push((
            format!("r{n}"),
            "worksheet",
            format!("worksheets/sheet{n}.xml"),
        ));
        parts.push((
            format!("xl/worksheets/sheet{n}.xml"),
            format!("<?xml version=\"1.0\"?><worksheet {SHEET}><sheetData>{data}</sheetData></worksheet>"),
        ));
    }
    let kinds: Vec<(&str, &str)> = kinds
        .iter()
        .map(|(part, kind)| (part.as_str(), *kind))
        .collect();
    let targets: Vec<(&str, &str, &str)> = targets
        .iter()
        .map(|(id, kind, target)| (id.as_str(), *kind, target.as_str()))
        .collect();
    let styles = format!(
        "<?xml version=\"1.0\"?><styleSheet {SHEET}><fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills>\
         <borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>\
         <cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    let mut entries = vec![
        ("[Content_Types].xml".to_owned(), content_types(&kinds)),
        (
            "_rels/.rels".to_owned(),
            relations(&[("w", "officeDocument", "xl/workbook.xml")]),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "<?xml version=\"1.0\"?><workbook {SHEET}><sheets>{listed}</sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels".to_owned(), relations(&targets)),
        ("xl/styles.xml".to_owned(), styles),
    ];
    entries.extend(parts);
    zipped(&entries)
}

const DRAWING: &str = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
                       xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" \
                       xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// A presentation of slides: title, text and notes of each.
pub fn pptx(slides: &[(&str, &str, &str)]) -> Vec<u8> {
    let shape = |id: usize, kind: &str, text: &str| {
        format!(
            "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"x\"/><p:cNvSpPr/><p:nvPr><p:ph type=\"{kind}\"/></p:nvPr></p:nvSpPr>\
             <p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    };
    let tree = |name: &str, shapes: String| {
        format!(
            "<?xml version=\"1.0\"?><p:{name} {DRAWING}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/>\
             <p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld></p:{name}>"
        )
    };
    let mut kinds = vec![(
        "ppt/presentation.xml".to_owned(),
        "presentationml.presentation.main",
    )];
    let mut listed = String::new();
    let mut targets = Vec::new();
    let mut parts = Vec::new();
    for (n, (title, text, notes)) in slides.iter().enumerate() {
        let n = n + 1;
        kinds.push((format!("ppt/slides/slide{n}.xml"), "presentationml.slide"));
        kinds.push((
            format!("ppt/notesSlides/notesSlide{n}.xml"),
            "presentationml.notesSlide",
        ));
        listed.push_str(&format!("<p:sldId id=\"{}\" r:id=\"r{n}\"/>", 255 + n));
        targets.push((format!("r{n}"), "slide", format!("slides/slide{n}.xml")));
        parts.push((
            format!("ppt/slides/slide{n}.xml"),
            tree("sld", shape(2, "title", title) + &shape(3, "body", text)),
        ));
        let notes_part = format!("../notesSlides/notesSlide{n}.xml");
        parts.push((
            format!("ppt/slides/_rels/slide{n}.xml.rels"),
            relations(&[("n", "notesSlide", &notes_part)]),
        ));
        parts.push((
            format!("ppt/notesSlides/notesSlide{n}.xml"),
            tree("notes", shape(2, "body", notes)),
        ));
    }
    let kinds: Vec<(&str, &str)> = kinds
        .iter()
        .map(|(part, kind)| (part.as_str(), *kind))
        .collect();
    let targets: Vec<(&str, &str, &str)> = targets
        .iter()
        .map(|(id, kind, target)| (id.as_str(), *kind, target.as_str()))
        .collect();
    let mut entries = vec![
        ("[Content_Types].xml".to_owned(), content_types(&kinds)),
        (
            "_rels/.rels".to_owned(),
            relations(&[("p", "officeDocument", "ppt/presentation.xml")]),
        ),
        (
            "ppt/presentation.xml".to_owned(),
            format!(
                "<?xml version=\"1.0\"?><p:presentation {DRAWING}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
            ),
        ),
        (
            "ppt/_rels/presentation.xml.rels".to_owned(),
            relations(&targets),
        ),
    ];
    entries.extend(parts);
    zipped(&entries)
}

const OPEN: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
                    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
                    xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
                    xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" \
                    xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
                    xmlns:presentation=\"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0\" \
                    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"";

/// An OpenDocument file of a kind (`text`, `spreadsheet`, `presentation`) with this body.
pub fn open_document(kind: &str, body: &str) -> Vec<u8> {
    open_document_with(kind, "", body)
}

/// The same with styles of its own.
pub fn open_document_with(kind: &str, styles: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content {OPEN}><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    );
    let styles = format!(
        "<?xml version=\"1.0\"?><office:document-styles {OPEN}><office:master-styles><style:master-page>\
         <style:header><text:p>Strictly confidential</text:p></style:header>\
         <style:footer><text:p>Draft of June</text:p></style:footer>\
         </style:master-page></office:master-styles></office:document-styles>"
    );
    zipped(&[
        (
            "mimetype",
            format!("application/vnd.oasis.opendocument.{kind}"),
        ),
        ("content.xml", content),
        ("styles.xml", styles),
    ])
}

/// A book of chapters: the file name, the title in the table of contents, and the body.
pub fn epub(chapters: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut items = String::new();
    let mut spine = String::new();
    let mut points = String::new();
    let mut entries = vec![
        ("mimetype".to_owned(), "application/epub+zip".to_owned()),
        (
            "META-INF/container.xml".to_owned(),
            "<container><rootfiles><rootfile full-path=\"OEBPS/book.opf\"/></rootfiles></container>".to_owned(),
        ),
    ];
    for (n, (file, title, body)) in chapters.iter().enumerate() {
        items.push_str(&format!(
            "<item id=\"c{n}\" href=\"{file}\" media-type=\"application/xhtml+xml\"/>"
        ));
        spine.push_str(&format!("<itemref idref=\"c{n}\"/>"));
        points.push_str(&format!("<navPoint><navLabel><text>{title}</text></navLabel><content src=\"{file}#top\"/></navPoint>"));
        entries.push((
            format!("OEBPS/{file}"),
            format!("<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title/></head><body>{body}</body></html>"),
        ));
    }
    entries.push((
        "OEBPS/book.opf".to_owned(),
        format!(
            "<package><manifest>{items}<item id=\"ncx\" href=\"toc.ncx\" media-type=\"application/x-dtbncx+xml\"/></manifest><spine>{spine}</spine></package>"
        ),
    ));
    entries.push((
        "OEBPS/toc.ncx".to_owned(),
        format!("<ncx><navMap>{points}</navMap></ncx>"),
    ));
    zipped(&entries)
}
