//! Small files of every format but PDF: what is kept of each.

use aparte_protocol::documents::{
    DocumentFailure, Format, Limit, Limits, Page, PageWarning, Unit, Withheld,
};

use crate::read::{self, Read};
use crate::writer::compound::{self, OldCell, doc, msg, ppt, xls};
use crate::writer::packages::{
    docx, entries, epub, open_document, open_document_with, paragraph, pptx, xlsx, zipped,
};

fn read_as(bytes: &[u8], format: Format) -> Read {
    let read = read::file(bytes, "bin");
    assert_eq!(read.verdict, Ok(()), "{format:?}");
    assert_eq!(read.format, Some(format), "whatever the extension says");
    read
}

fn headings(page: &Page) -> Vec<(u8, &str)> {
    let found = page.headings.iter();
    found
        .map(|heading| (heading.level, heading.range.of(&page.text).unwrap()))
        .collect()
}

/// The passages of a page with the headings that they stand under.
fn passages(page: &Page) -> Vec<(&str, String)> {
    let found = page.passages.iter();
    found
        .map(|passage| {
            (
                passage.range.of(&page.text).unwrap(),
                passage.headings.join(" > "),
            )
        })
        .collect()
}

fn cell<'a>(page: &'a Page, address: &str) -> Option<&'a str> {
    let found = page.cells.iter().find(|cell| cell.address() == address)?;
    found.range.of(&page.text)
}

const TABLE: &str = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>What</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Price</w:t></w:r></w:p></w:tc></w:tr>\
     <w:tr><w:tc><w:p><w:r><w:t>Nails</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>12 €</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";

#[test]
fn a_word_document_keeps_headings_tables_notes_and_edges_apart() {
    let body = [
        paragraph("Titre1", "Le bail"),
        paragraph("Normal", "Entre A et B, il est convenu d’un cœur commun et d’un loyer payé d’avance."),
        paragraph("Titre2", "Le loyer"),
        "<w:p><w:r><w:t>Il est de 900 €</w:t></w:r><w:r><w:footnoteReference w:id=\"2\"/></w:r><w:r><w:t>.</w:t></w:r></w:p>".to_owned(),
        TABLE.to_owned(),
        paragraph("Normal", "Fin."),
    ];
    let read = read_as(&docx(&body.concat()), Format::Docx);
    assert_eq!(Format::Docx.unit(), Unit::Whole);
    let [page] = read.pages.as_slice() else {
        panic!("one page")
    };
    assert_eq!(headings(page), [(1, "Le bail"), (2, "Le loyer")]);
    assert!(
        page.text.starts_with("Strictly confidential\n\n"),
        "{}",
        page.text
    );
    assert!(page.text.ends_with("\n\nDraft of June"), "{}", page.text);
    assert!(
        page.text.contains("What\tPrice\nNails\t12 €"),
        "{}",
        page.text
    );
    assert!(page.text.contains("As the annex says."), "{}", page.text);
    let passages = passages(page);
    assert!(
        passages
            .iter()
            .all(|(text, _)| !text.contains("confidential") && !text.contains("Draft"))
    );
    assert!(
        passages
            .iter()
            .any(|(text, path)| text.contains("900 €") && path == "Le bail > Le loyer"),
        "{passages:?}"
    );
}

#[test]
fn a_word_document_from_before_2007_is_read() {
    let read = read_as(
        &doc("The lease of été\rThe rent is 900 € a month.\r"),
        Format::Doc,
    );
    assert_eq!(
        read.text(),
        "The lease of été\n\nThe rent is 900 € a month."
    );
}

#[test]
fn slides_are_pages_with_titles_and_notes() {
    let slides = [
        (
            "The year in numbers",
            "Sales rose by 4 %",
            "Say that the weather helped.",
        ),
        ("Outlook", "Flat", "Do not promise anything."),
    ];
    let read = read_as(&pptx(&slides), Format::Pptx);
    assert_eq!(Format::Pptx.unit(), Unit::Slide);
    assert_eq!(read.pages.len(), 2);
    for (page, (title, text, notes)) in read.pages.iter().zip(slides) {
        assert_eq!(page.title.as_deref(), Some(title));
        assert_eq!(page.text, format!("{title}\n\n{text}\n\n{notes}"));
        assert_eq!(headings(page).first().map(|(_, title)| *title), Some(title));
    }
}

#[test]
fn slides_from_before_2007_are_read() {
    let read = read_as(
        &ppt(&[("The year", "Sales rose by 4 %"), ("Outlook", "Flat")]),
        Format::Ppt,
    );
    assert_eq!(read.pages.len(), 2, "{}", read.text());
    assert!(
        read.pages[0].text.contains("The year") && read.pages[0].text.contains("Sales rose by 4 %")
    );
    assert!(read.pages[1].text.contains("Outlook") && read.pages[1].text.contains("Flat"));
}

const ROWS: &str = "<row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t>What</t></is></c><c r=\"D3\" t=\"inlineStr\"><is><t>Price</t></is></c></row>\
     <row r=\"4\"><c r=\"B4\" t=\"inlineStr\"><is><t>Nails</t></is></c><c r=\"D4\"><v>12.5</v></c></row>\
     <row r=\"6\"><c r=\"B6\" s=\"1\"><v>45351</v></c><c r=\"D6\"><f>SUM(D4:D5)</f><v>12.5</v></c></row>";

#[test]
fn sheets_keep_names_addresses_dates_and_values_of_formulas() {
    let read = read_as(&xlsx(&[("Prices", ROWS), ("Empty", "")]), Format::Xlsx);
    assert_eq!(Format::Xlsx.unit(), Unit::Sheet);
    let titles: Vec<_> = read
        .pages
        .iter()
        .map(|page| page.title.as_deref())
        .collect();
    assert_eq!(titles, [Some("Prices"), Some("Empty")]);
    let page = &read.pages[0];
    assert_eq!(
        page.text,
        "\tWhat\t\tPrice\n\tNails\t\t12.5\n\t2024-02-29\t\t12.5"
    );
    assert_eq!(cell(page, "B3"), Some("What"));
    assert_eq!(cell(page, "D4"), Some("12.5"));
    assert_eq!(cell(page, "B6"), Some("2024-02-29"));
    assert_eq!(cell(page, "D6"), Some("12.5"));
    assert_eq!(cell(page, "C3"), None);
    assert_eq!(read.pages[1].warnings, [PageWarning::Blank]);
}

#[test]
fn a_long_sheet_keeps_its_first_row_with_every_passage() {
    let mut rows = String::from(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Item</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>Price</t></is></c></row>",
    );
    for n in 2..=12_000 {
        rows.push_str(&format!(
            "<row r=\"{n}\"><c r=\"A{n}\" t=\"inlineStr\"><is><t>article number {n}</t></is></c><c r=\"B{n}\"><v>{n}</v></c></row>"
        ));
    }
    let read = read_as(&xlsx(&[("Prices", &rows)]), Format::Xlsx);
    let page = &read.pages[0];
    assert_eq!(cell(page, "B12000"), Some("12000"), "no row is left out");
    assert!(page.passages.len() > 100);
    for passage in &page.passages[1..] {
        assert_eq!(passage.header.unwrap().of(&page.text), Some("Item\tPrice"));
    }
}

#[test]
fn a_sheet_of_several_pages_repeats_its_first_row() {
    let mut text = String::from("name,remark\n");
    for n in 0..3_000 {
        text.push_str(&format!("number {n},{}\n", "a long remark ".repeat(70)));
    }
    let read = read::file(text.as_bytes(), "csv");
    assert!(read.pages.len() > 1);
    for page in &read.pages {
        assert!(page.text.starts_with("name\tremark\nnumber"));
        assert_eq!(cell(page, "A1"), Some("name"));
    }
    let last = read.pages.last().unwrap();
    assert_eq!(cell(last, "A3001"), Some("number 2999"));
}

#[test]
fn a_workbook_from_before_2007_is_read() {
    let cells = [
        (1, 1, OldCell::Text("What")),
        (1, 2, OldCell::Text("Price in €")),
        (2, 1, OldCell::Text("Nails")),
        (2, 2, OldCell::Number(12.5)),
    ];
    let read = read_as(&xls("Prices", &cells), Format::Xls);
    let page = &read.pages[0];
    assert_eq!(page.title.as_deref(), Some("Prices"));
    assert_eq!(cell(page, "C2"), Some("Price in €"));
    assert_eq!(cell(page, "C3"), Some("12.5"));
}

#[test]
fn an_open_document_text_keeps_headings_lists_tables_notes_and_edges() {
    let body = "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>\
        <text:h text:outline-level=\"1\">The lease</text:h>\
        <text:p>Between A<text:s text:c=\"2\"/>and<text:line-break/>B<text:note><text:note-citation>1</text:note-citation>\
        <text:note-body><text:p>As the annex says.</text:p></text:note-body></text:note> it is agreed.</text:p>\
        <text:list><text:list-item><text:p>Due <text:meta>monthly</text:meta></text:p></text:list-item><text:list-item><text:p>In euros</text:p></text:list-item></text:list>\
        <table:table><table:table-row><table:table-cell><text:p>What</text:p></table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:table-cell><text:p>Nails</text:p><text:p>long</text:p></table:table-cell><table:table-cell><text:p>12 €</text:p></table:table-cell></table:table-row></table:table>";
    let read = read_as(&open_document("text", body), Format::Odt);
    let page = &read.pages[0];
    assert_eq!(
        page.text,
        "Strictly confidential\n\nDraft of June\n\nThe lease\n\nBetween A and\nB it is agreed.\n\nAs the annex says.\n\n\
         • Due monthly\n\n• In euros\n\nWhat\tPrice\nNails long\t12 €"
    );
    assert_eq!(headings(page), [(1, "The lease")]);
    assert!(
        passages(page)
            .iter()
            .all(|(text, _)| !text.contains("confidential"))
    );
}

#[test]
fn the_items_of_an_open_document_have_the_numbers_that_its_styles_give() {
    let item = |text: &str| format!("<text:list-item><text:p>{text}</text:p></text:list-item>");
    let body = format!(
        "<text:list text:style-name=\"Clauses\">{}<text:list-item><text:p>Rent</text:p>\
         <text:list>{}{}</text:list></text:list-item></text:list>\
         <text:p>Between them</text:p>\
         <text:list text:style-name=\"Clauses\" text:continue-numbering=\"true\">{}</text:list>\
         <text:list text:style-name=\"Clauses\"><text:list-item text:start-value=\"7\"><text:p>Annex</text:p></text:list-item></text:list>",
        item("Parties"),
        item("Amount"),
        item("Term"),
        item("Repairs"),
    );
    let styles = "<text:list-style style:name=\"Clauses\">\
        <text:list-level-style-number text:level=\"1\" style:num-format=\"1\" style:num-suffix=\".\"/>\
        <text:list-level-style-number text:level=\"2\" style:num-format=\"a\" style:num-suffix=\")\" text:display-levels=\"2\"/>\
        </text:list-style>";
    let read = read_as(&open_document_with("text", styles, &body), Format::Odt);
    assert_eq!(
        read.pages[0].text.split("\n\n").skip(2).collect::<Vec<_>>(),
        [
            "1. Parties",
            "2. Rent",
            "2.a) Amount",
            "2.b) Term",
            "Between them",
            "3. Repairs",
            "7. Annex"
        ]
    );
}

#[test]
fn lists_that_are_opened_without_end_go_beyond_the_limit() {
    let body = "<text:list text:style-name=\"L\"></text:x>".repeat(100_000);
    let read = read::file(&open_document("text", &body), "odt");
    assert_eq!(read.verdict, Err(DocumentFailure::Limit(Limit::Nesting)));
}

#[test]
fn an_open_document_sheet_keeps_addresses_over_repeated_cells() {
    let body = "<table:table table:name=\"Prices\"><table:table-row table:number-rows-repeated=\"2\"><table:table-cell/></table:table-row>\
        <table:table-row><table:table-cell table:number-columns-repeated=\"3\"/><table:table-cell><text:p>What</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"2\" office:value=\"7\"><text:p>7,00 €</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>\
        <table:table table:name=\"Second\"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    let read = read_as(&open_document("spreadsheet", body), Format::Ods);
    let page = &read.pages[0];
    assert_eq!(page.title.as_deref(), Some("Prices"));
    assert_eq!(cell(page, "D3"), Some("What"));
    for address in ["A4", "B4", "A5", "B5"] {
        assert_eq!(cell(page, address), Some("7,00 €"));
    }
    assert_eq!(read.pages[1].title.as_deref(), Some("Second"));
    assert_eq!(cell(&read.pages[1], "A1"), Some("x"));
}

#[test]
fn an_open_document_presentation_has_slides_with_titles_and_notes() {
    let slide = |title: &str, text: &str, notes: &str| {
        format!(
            "<draw:page draw:name=\"page1\"><draw:frame presentation:class=\"title\"><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>\
             <draw:frame><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>\
             <presentation:notes><draw:frame><draw:text-box><text:p>{notes}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
        )
    };
    let body = slide("The year", "Sales rose", "Smile") + &slide("Outlook", "Flat", "");
    let read = read_as(&open_document("presentation", &body), Format::Odp);
    assert_eq!(read.pages.len(), 2);
    assert_eq!(read.pages[0].title.as_deref(), Some("The year"));
    assert_eq!(read.pages[0].text, "The year\n\nSales rose\n\nSmile");
    assert_eq!(read.pages[1].title.as_deref(), Some("Outlook"));
}

#[test]
fn chapters_come_in_the_order_of_the_spine_with_the_titles_of_the_contents() {
    let chapters = [
        (
            "b%20c.xhtml",
            "First things",
            "<h1>1</h1><p>It was a day of May.</p><script>alert(1)</script>",
        ),
        (
            "a.xhtml",
            "",
            "<h2>Second &amp; last</h2><p>It was over.</p>",
        ),
    ];
    let book = epub(&chapters);
    // The name in the archive is the one that the link means.
    let read = read::file(
        &rename(&book, "OEBPS/b%20c.xhtml", "OEBPS/b c.xhtml"),
        "zip",
    );
    assert_eq!(
        (read.verdict.clone(), read.format),
        (Ok(()), Some(Format::Epub))
    );
    let titles: Vec<_> = read
        .pages
        .iter()
        .map(|page| page.title.as_deref())
        .collect();
    assert_eq!(titles, [Some("First things"), Some("Second & last")]);
    assert_eq!(read.pages[0].text, "1\n\nIt was a day of May.");
}

#[test]
fn the_navigation_of_a_book_is_a_page_only_where_the_spine_reads_it() {
    let chapters = [
        (
            "nav.xhtml",
            "",
            "<nav><ol><li><a href=\"a.xhtml\">The day</a></li></ol></nav>",
        ),
        ("a.xhtml", "", "<p>It was a day of May.</p>"),
    ];
    let spines = [
        ("<itemref idref=\"c0\" linear=\"no\"/>", 1),
        ("<itemref idref=\"c0\"/>", 2),
    ];
    for (itemref, pages) in spines {
        let mut entries = entries(&epub(&chapters));
        for (_, content) in entries
            .iter_mut()
            .filter(|(name, _)| name.ends_with(".opf"))
        {
            let package = String::from_utf8_lossy(content);
            *content = package
                .replace("id=\"c0\"", "id=\"c0\" properties=\"nav\"")
                .replace("<itemref idref=\"c0\"/>", itemref)
                .into_bytes();
        }
        let read = read::file(&zipped(&entries), "epub");
        assert_eq!(read.pages.len(), pages);
        let last = &read.pages[pages - 1];
        assert_eq!(last.text, "It was a day of May.");
        assert_eq!(last.title.as_deref(), Some("The day"));
    }
}

fn rename(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut entries = entries(archive);
    for (name, _) in entries.iter_mut().filter(|(name, _)| name == from) {
        *name = to.to_owned();
    }
    zipped(&entries)
}

const LETTER: &str = "From: Ana <ana@example.org>\r\nTo: Bo <bo@example.org>\r\nSubject: =?utf-8?q?Le_loyer_d=C3=A9t=C3=A9?=\r\n\
    Date: Thu, 29 Feb 2024 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: multipart/alternative; boundary=\"c\"\r\n\r\n\
    --c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nIl est de 900 =80, d=E9j=E0 pay=E9.\r\n\r\n\
    --c\r\nContent-Type: text/html\r\n\r\n<p>Not this one</p>\r\n--c--\r\n\
    --b\r\nContent-Type: text/csv; name=\"../prices.csv\"\r\nContent-Disposition: attachment; filename=\"../prices.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n\
    --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@example.org\r\nTo: d@example.org\r\nSubject: Earlier\r\n\r\nThe first offer.\r\n\
    --b--\r\n";

#[test]
fn a_message_names_its_attachments_and_hands_them_out() {
    let read = read_as(LETTER.as_bytes(), Format::Email);
    assert_eq!(Format::Email.unit(), Unit::Message);
    let page = &read.pages[0];
    assert_eq!(page.title.as_deref(), Some("Le loyer dété"));
    assert_eq!(headings(page), [(1, "Le loyer dété")]);
    assert!(
        page.text.contains(
            "From: Ana <ana@example.org>\nTo: Bo <bo@example.org>\nDate: Thu, 29 Feb 2024"
        ),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("Il est de 900 €, déjà payé."),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Not this one"));
    assert!(
        page.text.ends_with("Attachments: prices.csv, Earlier.eml"),
        "{}",
        page.text
    );
    assert_eq!(
        read.files[0],
        ("prices.csv".to_owned(), 1, b"a,b\n1,2\n".to_vec())
    );
    let (name, _, bytes) = &read.files[1];
    assert_eq!(name, "Earlier.eml");
    let inner = read::file(bytes, "eml");
    assert_eq!(inner.format, Some(Format::Email));
    assert!(inner.text().contains("The first offer."));
}

#[test]
fn files_in_a_document_are_only_named_where_none_may_follow() {
    let limits = Limits {
        depth: 0,
        ..read::limits()
    };
    let read = read::with(LETTER.as_bytes(), Some("eml"), None, limits);
    assert_eq!(read.verdict, Ok(()));
    assert!(read.files.is_empty());
    assert_eq!(
        read.withheld[0],
        ("prices.csv".to_owned(), Withheld::TooDeep)
    );
}

#[test]
fn a_folder_of_messages_has_a_page_for_each() {
    let folder = format!(
        "From ana@example.org Thu Feb 29 12:00:00 2024\r\n{LETTER}\r\nFrom bo@example.org Fri Mar  1 12:00:00 2024\r\nFrom: bo@example.org\r\nSubject: Re: rent\r\n\r\nAgreed.\r\n"
    );
    let read = read_as(folder.as_bytes(), Format::Mbox);
    let titles: Vec<_> = read
        .pages
        .iter()
        .map(|page| page.title.as_deref())
        .collect();
    assert_eq!(titles, [Some("Le loyer dété"), Some("Re: rent")]);
    assert!(read.pages[1].text.contains("Agreed."));
    assert!(read.files.iter().all(|(_, page, _)| *page == 1));
}

#[test]
fn a_message_of_outlook_is_read_with_its_attachment() {
    let bytes = msg(
        "The rent",
        "It is 900 €.\r\n\r\nRegards",
        ("prices.csv", b"a,b"),
    );
    let read = read_as(&bytes, Format::Outlook);
    assert_eq!(
        read.text(),
        "The rent\n\nFrom: Ana Example <ana@example.org>\nTo: Bo\nDate: 2024-02-29 12:00 UTC\n\nIt is 900 €.\n\nRegards\n\nAttachments: prices.csv"
    );
    assert_eq!(read.files, [("prices.csv".to_owned(), 1, b"a,b".to_vec())]);
}

#[test]
fn what_is_attached_to_a_message_of_outlook_is_whole_or_is_named() {
    let large = vec![b'x'; 65 << 20];
    let bytes = msg("The rent", "It is due.", ("large.txt", &large));
    let read = read_as(&bytes, Format::Outlook);
    assert_eq!(read.files[0].2.len(), large.len());
    let limits = Limits {
        unpacked: 1 << 20,
        ..read::limits()
    };
    let read = read::with(&bytes, Some("msg"), None, limits);
    let name = || "large.txt".to_owned();
    assert_eq!(read.withheld, [(name(), Withheld::TooLarge)]);
    // The stream with the bytes has another name: there are none.
    let from: Vec<u8> = "37010102"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let at = bytes.windows(from.len()).position(|window| window == from);
    let mut without = bytes.clone();
    without[at.expect("it is there") + 14] = b'3';
    let read = read::with(&without, Some("msg"), None, read::limits());
    assert_eq!(read.withheld, [(name(), Withheld::Damaged)]);
}

#[test]
fn a_saved_page_is_its_text() {
    let page = "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: The lease\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        <h1>The lease</h1><p>caf=C3=A9<img src=3D\"https://example.org/x.png\"></p>\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n";
    let read = read_as(page.as_bytes(), Format::Mhtml);
    assert_eq!(read.text(), "The lease\n\ncafé");
    assert!(read.files.is_empty());
}

#[test]
fn an_archive_hands_its_files_out_under_harmless_names() {
    let archive = zipped(&[
        ("folder/", b"".as_slice()),
        ("folder/a.txt", b"one"),
        ("../../etc/passwd", b"two"),
        ("C:\\x\\..\\b.txt", b"three"),
        ("__MACOSX/._a.txt", b"no"),
    ]);
    let read = read_as(&archive, Format::Zip);
    let names: Vec<_> = read
        .files
        .iter()
        .map(|(name, _, bytes)| (name.as_str(), bytes.len()))
        .collect();
    assert_eq!(
        names,
        [("folder/a.txt", 3), ("etc/passwd", 3), ("C_/x/b.txt", 5)]
    );
    assert_eq!(read.text(), "folder/a.txt\n\netc/passwd\n\nC_/x/b.txt");
    let limits = Limits {
        depth: 0,
        ..read::limits()
    };
    let deep = read::with(&archive, Some("zip"), None, limits);
    assert_eq!((deep.verdict, deep.files.len()), (Ok(()), 0));
    assert_eq!(
        deep.withheld,
        [("folder/a.txt".to_owned(), Withheld::TooDeep)]
    );
}

#[test]
fn text_source_and_latex_differ_by_extension_or_by_what_they_say() {
    let read = read::file("fn main() {}\n".as_bytes(), "rs");
    assert_eq!(read.format, Some(Format::Source));
    let read = read::file(
        b"\\documentclass{article}\n\\section{Rent}\nIt is due.\n",
        "txt",
    );
    assert_eq!(read.format, Some(Format::Latex));
    assert_eq!(headings(&read.pages[0]), [(2, "Rent")]);
    let read = read::file(
        b"From: Ana\nTo: Bo\nDate: today\nSubject: rent\nRe: more\n\nDue.\n",
        "txt",
    );
    assert_eq!(read.format, Some(Format::Text), "a memo is no e-mail");
    assert!(read.text().contains("Re: more"));
    let read = read::file(b"Dear Ana,\nthe rent is due.\n", "unheard-of");
    assert_eq!(read.format, Some(Format::Text));
}

#[test]
fn a_picture_is_a_page_that_waits_to_be_recognised() {
    let read = read_as(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Format::Image);
    assert_eq!(read.pages[0].warnings, [PageWarning::OnlyImages]);
}

#[test]
fn what_is_two_things_is_the_first_that_can_be_read() {
    // A PDF that begins a little into the file, behind what looks like the beginning of a ZIP archive.
    let mut bytes = b"PK\x03\x04 nothing more of it\n".to_vec();
    bytes.extend(crate::writer::pdf(&[crate::writer::Sheet::a4().text(
        72.0,
        700.0,
        12.0,
        "The rent is due.",
    )]));
    let read = read::file(&bytes, "zip");
    assert_eq!(
        (read.verdict.clone(), read.format),
        (Ok(()), Some(Format::Pdf))
    );
}

#[test]
fn an_office_document_under_a_password_opens_with_it() {
    let locked = include_bytes!("../fixtures/user-password.docx");
    let opened = |password| read::with(locked, Some("docx"), password, Limits::default());
    assert_eq!(opened(None).verdict, Err(DocumentFailure::PasswordWanted));
    assert_eq!(
        opened(Some("not it")).verdict,
        Err(DocumentFailure::PasswordWrong)
    );
    let read = opened(Some("user"));
    assert_eq!(read.verdict, Ok(()));
    assert_eq!(read.format, Some(Format::Docx));
    assert_eq!(read.pages[0].text, "The rent is 900 euros.");
}

#[test]
fn a_workbook_whose_cells_alone_are_protected_opens_without_a_password() {
    let locked = include_bytes!("../fixtures/protected-cells.xlsx");
    let read = read_as(locked, Format::Xlsx);
    assert_eq!(cell(&read.pages[0], "B1"), Some("900"));
}

#[test]
fn an_office_document_whose_lock_is_cut_short_gets_a_verdict() {
    let locked = include_bytes!("../fixtures/user-password.docx");
    for length in (8..locked.len()).step_by(251) {
        let read = read::with(
            &locked[..length],
            Some("docx"),
            Some("user"),
            Limits::default(),
        );
        // What is lost at the very end may be empty.
        let is_whole = read.verdict == Ok(()) && read.pages[0].text == "The rent is 900 euros.";
        assert!(
            read.verdict.is_err() || is_whole,
            "cut after {length} bytes"
        );
    }
}

#[test]
fn protected_and_foreign_files_say_so() {
    let locked = compound::compound(&[
        ("EncryptedPackage", b"x".as_slice()),
        ("EncryptionInfo", b"x"),
    ]);
    assert_eq!(
        read::file(&locked, "docx").verdict,
        Err(DocumentFailure::Encrypted)
    );
    for bytes in [
        b"7z\xbc\xaf\x27\x1c".as_slice(),
        b"Rar!\x1a\x07",
        b"GGUF\x03\0\0\0",
        b"\x7fELF\x02",
        b"SQLite format 3\0",
    ] {
        assert_eq!(
            read::file(bytes, "docx").verdict,
            Err(DocumentFailure::UnknownFormat)
        );
    }
    let other = compound::compound(&[("Catalog", b"x".as_slice())]);
    assert_eq!(
        read::file(&other, "doc").verdict,
        Err(DocumentFailure::UnknownFormat)
    );
}
