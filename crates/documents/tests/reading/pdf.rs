//! PDF files, made here byte by byte, through the public door of the crate.

use aparte_protocol::documents::{DocumentFailure, Format, Limits, Page, PageWarning, Withheld};

use crate::read;
use crate::writer::{Sheet, objects, pdf};

/// The pages of a file.
fn pages_of(bytes: &[u8]) -> Result<Vec<Page>, DocumentFailure> {
    pages_with(bytes, None)
}

fn pages_with(bytes: &[u8], password: Option<&str>) -> Result<Vec<Page>, DocumentFailure> {
    let read = read::with(bytes, Some("pdf"), password, read::limits());
    read.verdict?;
    assert_eq!(read.format, Some(Format::Pdf));
    Ok(read.pages)
}

fn one(sheet: Sheet) -> Page {
    let mut pages = pages_of(&pdf(&[sheet])).unwrap();
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

const LEFT: &str = "the left column is filled with words";
const RIGHT: &str = "and the right one is filled as well";

#[test]
fn one_column_reads_as_written_and_words_have_places() {
    let page = one(Sheet::a4()
        .text(72.0, 700.0, 12.0, "The rent is due on the first day")
        .text(72.0, 686.0, 12.0, "of each month.")
        .text(72.0, 650.0, 12.0, "It is paid in euros."));
    assert_eq!(
        page.text,
        "The rent is due on the first day\nof each month.\n\nIt is paid in euros."
    );
    assert_eq!(page.size, (595.0, 842.0));
    assert_eq!(page.warnings, []);
    let rent = page
        .words
        .iter()
        .find(|word| word.range.of(&page.text) == Some("rent"))
        .unwrap();
    let [left, top, width, height] = rent.rect;
    // Helvetica's advances, in thousandths: T 611, h 556, e 556 and a space of 278; r 333, e 556, n 556, t 278.
    assert!((left - (72.0 + 2.001 * 12.0)).abs() < 0.5, "{left}");
    assert!((width - 1.723 * 12.0).abs() < 0.5, "{width}");
    let baseline = 842.0 - 700.0;
    assert!(top < baseline - 6.0 && top > baseline - 14.0, "{top}");
    assert!(
        top + height >= baseline && top + height < baseline + 6.0,
        "{height}"
    );
}

#[test]
fn two_columns_are_read_one_after_the_other() {
    let mut sheet = Sheet::a4().text(120.0, 780.0, 20.0, "A title over both of the columns");
    for n in 0..20 {
        let y = 720.0 - 14.0 * n as f32;
        sheet = sheet
            .text(60.0, y, 11.0, LEFT)
            .text(310.0, y - 4.0, 11.0, RIGHT);
    }
    let page = one(sheet);
    let lines: Vec<&str> = page.text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], "A title over both of the columns");
    assert!(
        lines[1..21].iter().all(|line| *line == LEFT),
        "{}",
        page.text
    );
    assert!(
        lines[21..].iter().all(|line| *line == RIGHT),
        "{}",
        page.text
    );
    assert_eq!(page.headings.len(), 1);
    assert_eq!(page.headings[0].level, 1);
}

#[test]
fn table_rows_are_lines_of_cells() {
    let mut sheet = Sheet::a4().text(
        72.0,
        740.0,
        11.0,
        "These are the prices that were agreed upon:",
    );
    for (n, row) in [
        ["What", "Pieces", "Price"],
        ["Nails", "1000", "12.50"],
        ["Large hammers", "2", "48.00"],
    ]
    .iter()
    .enumerate()
    {
        for (x, cell) in [72.0, 250.0, 400.0].into_iter().zip(row) {
            sheet = sheet.text(x, 710.0 - 16.0 * n as f32, 11.0, cell);
        }
    }
    let page = one(sheet.text(72.0, 640.0, 11.0, "They hold for a year."));
    assert!(
        page.text
            .contains("\n\nWhat\tPieces\tPrice\nNails\t1000\t12.50\nLarge hammers\t2\t48.00\n\n"),
        "{}",
        page.text
    );
}

#[test]
fn headers_and_footers_are_text_but_in_no_passage() {
    let sheets: Vec<Sheet> = (1..=9)
        .map(|n| {
            let mut sheet = Sheet::a4()
                .text(72.0, 810.0, 9.0, "Annual report of the company")
                .text(290.0, 30.0, 9.0, &format!("Page {n}"));
            for line in 0..6 {
                let text = format!("Line {line} of what is said on page number {n} of this.");
                sheet = sheet.text(72.0, 700.0 - 14.0 * line as f32, 11.0, &text);
            }
            sheet
        })
        .collect();
    let pages = pages_of(&pdf(&sheets)).unwrap();
    assert_eq!(pages.len(), 9);
    for (at, page) in pages.iter().enumerate() {
        let number = at + 1;
        assert!(page.text.starts_with("Annual report of the company\n\n"));
        assert!(page.text.ends_with(&format!("\n\nPage {number}")));
        let passages: Vec<&str> = page
            .passages
            .iter()
            .map(|p| p.range.of(&page.text).unwrap())
            .collect();
        assert_eq!(passages.len(), 1);
        assert!(passages[0].starts_with("Line 0") && passages[0].ends_with("of this."));
        assert!(passages[0].contains(&format!("page number {number} ")));
    }
}

#[test]
fn a_section_goes_on_over_the_page() {
    let pages = pages_of(&pdf(&[
        Sheet::a4().text(72.0, 760.0, 20.0, "The lease").text(
            72.0,
            730.0,
            11.0,
            "Between the owner and the tenant it is agreed as follows.",
        ),
        Sheet::a4().text(
            72.0,
            760.0,
            11.0,
            "The rent is due on the first day of the month.",
        ),
    ]))
    .unwrap();
    assert_eq!(pages[0].passages[0].headings, ["The lease"]);
    assert_eq!(pages[1].passages[0].headings, ["The lease"]);
}

#[test]
fn turned_pages_and_turned_text_read_the_same() {
    let expected = "The first line is here.\nAnd the second line follows.";
    for turn in [0, 90, 180, 270] {
        for drawn in [0, 90, 180, 270] {
            let page = one(Sheet::a4()
                .turned(turn)
                .drawn(drawn)
                .text(300.0, 400.0, 12.0, "The first line is here.")
                .below(14.0, 12.0, "And the second line follows."));
            assert_eq!(page.text, expected, "page turned {turn}, text {drawn}");
            let (width, height) = if turn % 180 == 0 {
                (595.0, 842.0)
            } else {
                (842.0, 595.0)
            };
            assert_eq!(page.size, (width, height));
            for word in &page.words {
                let [left, top, w, h] = word.rect;
                assert!(
                    left >= 0.0 && top >= 0.0 && left + w <= width && top + h <= height,
                    "{:?}",
                    word.rect
                );
                let letters = word.range.end - word.range.start;
                let sideways = (turn + 360 - drawn) % 180 == 90;
                assert!(
                    letters < 3 || (h > w) == sideways,
                    "page turned {turn}, text {drawn}: {:?}",
                    word.rect
                );
            }
        }
    }
}

#[test]
fn pages_without_text_say_why() {
    assert_eq!(one(Sheet::a4()).warnings, [PageWarning::Blank]);
    let scan = one(Sheet::a4().image());
    assert_eq!(scan.warnings, [PageWarning::OnlyImages]);
    assert_eq!(scan.text, "");
}

/// The one page of a file of one page, of which something is replaced.
fn one_with(from: &str, to: &str) -> Page {
    let whole = pdf(&[Sheet::a4().text(72.0, 700.0, 12.0, "The rent is due on the first day.")]);
    let whole = String::from_utf8(whole).unwrap();
    assert!(whole.contains(from));
    pages_of(whole.replacen(from, to, 1).as_bytes())
        .unwrap()
        .remove(0)
}

#[test]
fn a_page_whose_content_is_lost_is_not_blank() {
    for (from, to) in [
        ("/Contents 6 0 R", "/Contents 9 0 R"),
        ("/Contents 6 0 R", "/Contents 3 0 R"),
        ("/Contents 6 0 R", "/Contents [6 0 R 9 0 R]"),
        ("/Resources", "/Lost"),
        ("stream\nBT", "stream\n\u{7f}\u{1}\u{2}@@ BT"),
    ] {
        let page = one_with(from, to);
        assert_eq!(page.warnings, [PageWarning::Damaged], "{from} to {to}");
    }
}

#[test]
fn a_long_string_is_not_cut_in_silence() {
    let page = one_with("The rent", &"The rent ".repeat(4_000));
    assert_eq!(page.warnings, [PageWarning::Damaged]);
}

#[test]
fn glyph_codes_do_not_pass_for_text() {
    let composite = "/Subtype /Type0 /BaseFont /AAAAAA+Lost /Encoding /Identity-H /DescendantFonts [ << \
                     /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Lost \
                     /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >> ]";
    for page in [
        one_with("/F1 3 0 R", "/F1 9 0 R"),
        one_with(
            "/Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding",
            composite,
        ),
    ] {
        assert_eq!(page.warnings, [PageWarning::Unmapped]);
        assert_eq!(page.text, "");
    }
}

#[test]
fn a_page_of_too_many_operators_is_given_up_alone() {
    let page = one_with("BT /F1", &format!("{}BT /F1", "BT ".repeat(300_000)));
    assert_eq!(page.warnings, [PageWarning::Damaged]);
}

#[test]
fn an_owner_password_does_not_matter_and_a_user_password_does() {
    let owned = include_bytes!("../fixtures/owner-password.pdf");
    assert_eq!(pages_of(owned).unwrap()[0].text, "The rent is 900 euros.");
    let locked = include_bytes!("../fixtures/user-password.pdf");
    assert_eq!(pages_of(locked), Err(DocumentFailure::PasswordWanted));
    assert_eq!(
        pages_with(locked, Some("not it")),
        Err(DocumentFailure::PasswordWrong)
    );
    for password in ["user", "owner"] {
        let pages = pages_with(locked, Some(password)).unwrap();
        assert_eq!(
            pages[0].text, "The rent is 900 euros.",
            "opened with the {password} password"
        );
    }
}

/// The length of `%PDF-`: without it a file is no PDF but text.
const MAGIC: usize = 5;

fn several_pages() -> Vec<u8> {
    let sheet =
        |n: usize| Sheet::a4().text(72.0, 700.0, 12.0, &format!("This is page number {n}."));
    pdf(&[sheet(1), sheet(2), sheet(3)])
}

#[test]
fn a_file_cut_anywhere_is_pages_or_a_failure() {
    let whole = several_pages();
    let mut with_text = 0;
    for end in (MAGIC..whole.len()).step_by(97) {
        if let Ok(pages) = pages_of(&whole[..end]) {
            with_text += usize::from(pages.iter().any(|page| page.text.contains("This is page")));
        }
    }
    assert!(with_text > 0, "some of them can be read");
}

#[test]
fn a_file_with_flipped_bytes_is_pages_or_a_failure() {
    let whole = several_pages();
    for at in (MAGIC..whole.len()).step_by(7) {
        for flip in [0x01, 0x20, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let _ = pages_of(&bytes);
        }
    }
}

#[test]
fn a_page_that_is_lost_leaves_the_others_their_numbers() {
    let whole = several_pages();
    let text = String::from_utf8_lossy(&whole)
        .replace("page number 2.) Tj", "page number 2.) Tj <<<< ((((");
    let pages = pages_of(text.as_bytes()).unwrap();
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0].text, "This is page number 1.");
    assert_eq!(pages[2].text, "This is page number 3.");
}

#[test]
fn a_page_tree_that_bites_its_tail_ends() {
    let whole = String::from_utf8(several_pages()).unwrap();
    let looped = whole.replacen("/Kids [", "/Kids [2 0 R ", 1);
    let _ = pages_of(looped.as_bytes());
}

/// A page of these lines in Helvetica, with more in its catalogue and its page, and more objects from 6 on.
fn lines(lines: &[&str], catalog: &str, page: &str, more: &[String]) -> Vec<u8> {
    let mut content = String::from("BT /F1 11 Tf 14 TL 72 720 Td");
    for line in lines {
        content.push_str(&format!(" ({line}) Tj T*"));
    }
    content.push_str(" ET");
    let mut all = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R {page} >>"
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
    ];
    all.extend_from_slice(more);
    objects(&all)
}

#[test]
fn a_word_that_goes_on_over_a_line_is_one_and_its_parts_have_their_places() {
    let file = lines(
        &[
            "The production of nails is large, and the produc-",
            "tion of long-term credit is a long-",
            "term task. Demandez-",
            "vous pourquoi.",
        ],
        "",
        "",
        &[],
    );
    let pages = pages_of(&file).unwrap();
    let page = &pages[0];
    assert_eq!(
        page.text,
        "The production of nails is large, and the production\nof long-term credit is a long-term\ntask. Demandez-vous\npourquoi."
    );
    let parts: Vec<_> = page
        .words
        .iter()
        .filter(|word| matches!(word.range.of(&page.text), Some("produc" | "tion")))
        .collect();
    let [first, second] = parts.as_slice() else {
        panic!("two parts")
    };
    assert_eq!(
        first.range.end, second.range.start,
        "nothing stands between them"
    );
    assert!(
        second.rect[1] > first.rect[1] + 10.0 && second.rect[0] < first.rect[0],
        "each on its line"
    );
}

#[test]
fn headings_are_what_the_outline_names() {
    let file = lines(
        &["1 The rent", "", "It is due on the first day of the month.", "", "1.1 Charges", "", "They are due as well."],
        "/Outlines 6 0 R /Names << /Dests << /Names [(charges) [3 0 R /Fit]] >> >>",
        "",
        &[
            "<< /First 7 0 R >>".to_owned(),
            "<< /Title <FEFF00540068006500200072 0065006E0074> /First 8 0 R /Dest [3 0 R /XYZ 0 0 0] >>".to_owned(),
            "<< /Title (Charges) /A << /S /GoTo /D (charges) >> >>".to_owned(),
        ],
    );
    let pages = pages_of(&file).unwrap();
    let page = &pages[0];
    let found: Vec<_> = page
        .headings
        .iter()
        .map(|h| (h.level, h.range.of(&page.text).unwrap()))
        .collect();
    assert_eq!(
        found,
        [(1, "1 The rent"), (2, "1.1 Charges")],
        "{}",
        page.text
    );
    assert_eq!(
        page.passages
            .last()
            .unwrap()
            .headings
            .last()
            .map(String::as_str),
        Some("1.1 Charges")
    );
}

#[test]
fn filled_fields_stand_on_their_page() {
    let file = lines(
        &["The undersigned agrees."],
        "/AcroForm << /Fields [6 0 R 9 0 R] >>",
        "",
        &[
            "<< /T (tenant) /Kids [7 0 R 8 0 R] >>".to_owned(),
            "<< /T (name) /FT /Tx /V (Ana Ex\\344mple) /P 3 0 R /Parent 6 0 R >>".to_owned(),
            "<< /T (agrees) /FT /Btn /V /Yes /P 3 0 R /Parent 6 0 R >>".to_owned(),
            "<< /T (empty) /FT /Btn /V /Off >>".to_owned(),
        ],
    );
    let pages = pages_of(&file).unwrap();
    assert_eq!(
        pages[0].text,
        "The undersigned agrees.\n\ntenant.name\tAna Exämple\ntenant.agrees\tYes"
    );
}

#[test]
fn attached_files_are_handed_out() {
    let file = lines(
        &["See the annex."],
        "/Names << /EmbeddedFiles << /Kids [6 0 R] >> >>",
        "",
        &[
            "<< /Names [(a) 7 0 R (b) 9 0 R] >>".to_owned(),
            "<< /Type /Filespec /F (../annex.csv) /EF << /F 8 0 R >> >>".to_owned(),
            "<< /Length 4 >>\nstream\na,b\n\nendstream".to_owned(),
            "<< /Type /Filespec /UF (lost.txt) /EF << /F 99 0 R >> >>".to_owned(),
        ],
    );
    let read = read::file(&file, "pdf");
    assert_eq!(read.verdict, Ok(()));
    assert_eq!(read.files, [("annex.csv".to_owned(), 0, b"a,b\n".to_vec())]);
    assert_eq!(read.withheld, [("lost.txt".to_owned(), Withheld::Damaged)]);
}

#[test]
fn attached_files_of_a_locked_document_are_unpacked_within_the_limit() {
    let locked: [&[u8]; 2] = [
        include_bytes!("../fixtures/attached-256.pdf"),
        include_bytes!("../fixtures/attached-128.pdf"),
    ];
    let limits = Limits {
        unpacked: 1 << 19,
        ..read::limits()
    };
    for file in locked {
        let read = read::with(file, Some("pdf"), Some("user"), limits);
        assert_eq!(read.verdict, Ok(()));
        assert_eq!(read.text(), "The rent is 900 euros.");
        assert_eq!(read.files, [("annex.csv".to_owned(), 0, b"a,b\n".to_vec())]);
        assert_eq!(
            read.withheld,
            [("zeros.bin".to_owned(), Withheld::TooLarge)]
        );
    }
}

/// A compact font program in hexadecimal digits, of glyphs without outlines: it calls the codes 12, `n` and `e` fi, n and e.
fn compact_font() -> String {
    let mut bytes = vec![1, 0, 4, 1];
    bytes.extend([0, 1, 1, 1, 5]);
    bytes.extend(b"Tiny");
    // Where the names, the codes and the outlines of the glyphs are.
    bytes.extend([0, 1, 1, 1, 19]);
    for (place, operator) in [(40, 15), (47, 16), (52, 17)] {
        bytes.extend([29, 0, 0, 0, place, operator]);
    }
    bytes.extend([0, 0, 0, 0]);
    bytes.extend([0, 0, 109, 0, 79, 0, 70]);
    bytes.extend([0, 3, 12, b'n', b'e']);
    bytes.extend([0, 4, 1, 1, 2, 3, 4, 5, 14, 14, 14, 14]);
    bytes.extend([0; 16]);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn codes_that_only_the_font_program_names_are_read() {
    let stream = |entries: &str, content: &str| {
        format!(
            "<< /Length {} {entries} >>\nstream\n{content}\nendstream",
            content.len()
        )
    };
    let named =
        "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <6e> <006e> endbfchar";
    for named in [named, ""] {
        let file = objects(&[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>"
                .to_owned(),
            "<< /Type /Font /Subtype /Type1 /BaseFont /ABCDEF+Tiny /FontDescriptor 6 0 R /ToUnicode 8 0 R >>".to_owned(),
            stream("", "BT /F1 11 Tf 72 720 Td (\\014ne) Tj ET"),
            "<< /Type /FontDescriptor /FontName /ABCDEF+Tiny /Flags 4 /FontFile3 7 0 R >>".to_owned(),
            stream("/Subtype /Type1C /Filter /ASCIIHexDecode", &format!("{}>", compact_font())),
            stream("", named),
        ]);
        assert_eq!(pages_of(&file).unwrap()[0].text, "fine");
    }
}
