//! PDF files.

use aparte_protocol::documents::Limit;

use super::{Any, Case, Encrypted, Over, after, case, found, hold};
use crate::writer::objects;

#[test]
fn pdf_files_that_mean_harm() {
    let page =
        |extra: &str| format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {extra} >>");
    let catalog = |extra: &str| format!("<< /Type /Catalog /Pages 2 0 R {extra} >>");
    let pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned();
    let stream = |entries: &str, bytes: &str| {
        format!(
            "<< {entries} /Length {} >>\nstream\n{bytes}\nendstream",
            bytes.len()
        )
    };
    let one = move |extra_catalog: &str, extra_page: &str, more: Vec<String>| {
        let mut all = vec![catalog(extra_catalog), pages.clone(), page(extra_page)];
        all.extend(more);
        objects(&all)
    };
    let content = |bytes: &str| one("", "/Contents 4 0 R", vec![stream("", bytes)]);
    let text = || String::from_utf8(one("", "", vec![])).expect("text");
    let mut cases: Vec<Case> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| {
        cases.push(case(format!("pdf: {name}"), "pdf", Any, move || bytes));
    };
    add(
        "a page tree of itself",
        objects(&[
            catalog(""),
            "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>".to_owned(),
        ]),
    );
    add(
        "a parent of itself",
        one("", "/Parent 3 0 R /Rotate 3 0 R", vec![]),
    );
    add(
        "two billion pages",
        objects(&[
            catalog(""),
            "<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>".to_owned(),
            page(""),
        ]),
    );
    add("a hundred thousand times one page", {
        let kids = "3 0 R ".repeat(100_000);
        objects(&[
            catalog(""),
            format!("<< /Type /Pages /Kids [{kids}] /Count 100000 >>"),
            page(""),
        ])
    });
    add(
        "arrays in arrays",
        one(
            "",
            &format!("/Contents {}{}", "[".repeat(100_000), "]".repeat(100_000)),
            vec![],
        ),
    );
    add(
        "dictionaries in dictionaries",
        one(
            "",
            &format!("/X {}{}", "<< /X ".repeat(100_000), ">>".repeat(100_000)),
            vec![],
        ),
    );
    add(
        "a length of itself",
        one(
            "",
            "/Contents 4 0 R",
            vec!["<< /Length 4 0 R >>\nstream\nBT ET\nendstream".to_owned()],
        ),
    );
    add(
        "a length of 2^63",
        one(
            "",
            "/Contents 4 0 R",
            vec!["<< /Length 9223372036854775807 >>\nstream\nBT ET\nendstream".to_owned()],
        ),
    );
    add(
        "a negative length",
        one(
            "",
            "/Contents 4 0 R",
            vec!["<< /Length -1 >>\nstream\nBT ET\nendstream".to_owned()],
        ),
    );
    add(
        "a form that draws itself",
        one(
            "",
            "/Resources << /XObject << /F 5 0 R >> >> /Contents 4 0 R",
            vec![
                stream("", "/F Do"),
                stream(
                    "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>",
                    "/F Do /F Do",
                ),
            ],
        ),
    );
    add("forms that draw the next one ten times", {
        let mut more = vec![stream("", "/F Do")];
        for n in 0..20 {
            more.push(stream(
                &format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F {} 0 R >> >>", n + 6),
                &"/F Do ".repeat(10),
            ));
        }
        one(
            "",
            "/Resources << /XObject << /F 5 0 R >> >> /Contents 4 0 R",
            more,
        )
    });
    add("a million saved states", content(&"q ".repeat(1_000_000)));
    add("a million marks", content(&"/A BMC ".repeat(300_000)));
    add("a million numbers", content(&"1 ".repeat(1_000_000)));
    add(
        "places beyond reason",
        one(
            "",
            "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents 4 0 R",
            vec![stream(
                "",
                "BT /F 1e38 Tf 1e38 0 0 1e38 1e38 -1e38 Tm (x) Tj 0 0 0 0 0 0 Tm (y) Tj ET",
            )],
        ),
    );
    add(
        "a box beyond reason",
        one(
            "",
            "/MediaBox [-1e38 -1e38 1e38 1e38] /CropBox [0 0 0 0] /UserUnit 1e38",
            vec![],
        ),
    );
    add("a font of itself", one("", "/Resources << /Font << /F 5 0 R >> >> /Contents 4 0 R", vec![
        stream("", "BT /F 12 Tf (x) Tj ET"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding 5 0 R /DescendantFonts [5 0 R] /ToUnicode 5 0 R >>".to_owned(),
    ]));
    add("a map of characters that is a bomb", one("", "/Resources << /Font << /F 5 0 R >> >> /Contents 4 0 R", vec![
        stream("", "BT /F 12 Tf <0001> Tj ET"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X >>] >>".to_owned(),
        stream("", &(after("1 begincodespacerange <0000> <ffff> endcodespacerange\n", "1 beginbfrange <0000> <ffff> <0041> endbfrange\n", 200))),
    ]));
    add("an outline of itself", one("/Outlines 4 0 R", "", vec![
        "<< /Type /Outlines /First 5 0 R /Last 5 0 R /Count 9 >>".to_owned(),
        "<< /Title (x) /Parent 4 0 R /Next 5 0 R /Prev 5 0 R /First 5 0 R /Last 5 0 R /Dest [3 0 R /Fit] >>".to_owned(),
    ]));
    add(
        "a form with fields of itself",
        one(
            "/AcroForm << /Fields [4 0 R 4 0 R] >>",
            "",
            vec!["<< /T (x) /V (y) /FT /Tx /Kids [4 0 R 4 0 R] /Parent 4 0 R >>".to_owned()],
        ),
    );
    add(
        "names of itself",
        one(
            "/Names << /EmbeddedFiles 4 0 R >>",
            "",
            vec!["<< /Kids [4 0 R 4 0 R] /Names [(x) 4 0 R (y) 4 0 R] >>".to_owned()],
        ),
    );
    add(
        "an attached file that is itself",
        one(
            "/Names << /EmbeddedFiles << /Names [(x) 4 0 R] >> >>",
            "",
            vec!["<< /Type /Filespec /F (x) /UF (../../x) /EF << /F 4 0 R >> >>".to_owned()],
        ),
    );
    add(
        "structure of itself",
        one(
            "/StructTreeRoot 4 0 R /MarkInfo << /Marked true >>",
            "/StructParents 0",
            vec!["<< /Type /StructTreeRoot /K [4 0 R 4 0 R] /ParentTree 4 0 R >>".to_owned()],
        ),
    );
    add(
        "objects in objects",
        one(
            "",
            "/Contents 4 0 R",
            vec![
                "<< /Type /ObjStm /N 1000000 /First 4 /Length 4 >>\nstream\n1 0 \nendstream"
                    .to_owned(),
            ],
        ),
    );
    add("a table that leads to itself", {
        let text = text();
        let start = text.rfind("startxref\n").expect("an end");
        let number = text[start + 10..]
            .lines()
            .next()
            .expect("a number")
            .to_owned();
        text.replace("/Root 1 0 R", &format!("/Root 1 0 R /Prev {number}"))
            .into_bytes()
    });
    add("a table beyond the file", {
        let text = text();
        let start = text.rfind("startxref\n").expect("an end");
        format!("{}startxref\n99999999999999\n%%EOF", &text[..start]).into_bytes()
    });
    add("a table of two billion entries", {
        let text = text();
        text.replace("xref\n0 4", "xref\n0 2147483647").into_bytes()
    });
    add("a value that a hundred thousand fields inherit", {
        let kids: String = (0..100_000).map(|_| "5 0 R ").collect();
        let value = "v".repeat(2_000);
        let mut more = vec![format!("<< /T (x) /V ({value}) /FT /Tx /Kids 5 0 R >>")];
        more.push(format!(
            "[{}]",
            (6..20_006).map(|n| format!("{n} 0 R ")).collect::<String>() + &kids
        ));
        more.extend((0..20_000).map(|n| format!("<< /T (k{n}) >>")));
        one("/AcroForm << /Fields [4 0 R] >>", "", more)
    });
    add("nodes of the page tree that share their kids", {
        let nodes = 4..4_004;
        let root: String = nodes.clone().map(|n| format!("{n} 0 R ")).collect();
        let mut all = vec![
            catalog(""),
            format!("<< /Type /Pages /Kids [{root}] /Count 1 >>"),
            format!("[{}]", "2 0 R ".repeat(20_000)),
        ];
        all.extend(nodes.map(|_| "<< /Type /Pages /Kids 3 0 R /Count 1 >>".to_owned()));
        objects(&all)
    });
    add("a lock of no kind", {
        let text = text();
        text.replace("/Root 1 0 R", "/Root 1 0 R /Encrypt << /Filter /Standard /V 99 /R 99 /O (x) /U (x) /P -1 /Length 0 >>").into_bytes()
    });
    add("a lock with too short a key", {
        let text = text();
        text.replace(
            "/Root 1 0 R",
            "/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /O () /U () /P 0 >>",
        )
        .into_bytes()
    });
    add("nothing but a beginning", b"%PDF-1.7\n".to_vec());
    add(
        "only ends",
        [
            "%PDF-1.7\n".to_owned(),
            "startxref\n0\n%%EOF\n".repeat(100_000),
        ]
        .concat()
        .into_bytes(),
    );
    add(
        "a string that never ends",
        one(
            "",
            "/Contents 4 0 R",
            vec![stream("", &format!("BT ({}", "(".repeat(500_000)))],
        ),
    );
    add(
        "objects without number",
        ["%PDF-1.7\n".to_owned(), "1 0 obj\n".repeat(200_000)]
            .concat()
            .into_bytes(),
    );
    for filter in [
        "FlateDecode",
        "LZWDecode",
        "RunLengthDecode",
        "ASCII85Decode",
        "ASCIIHexDecode",
        "DCTDecode",
        "JBIG2Decode",
        "JPXDecode",
        "CCITTFaxDecode",
        "Crypt",
        "Nothing",
    ] {
        let bytes = one(
            "",
            "/Contents 4 0 R",
            vec![stream(
                &format!(
                    "/Filter /{filter} /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 99 >>"
                ),
                "x\u{1}\u{2}~>9e9e<",
            )],
        );
        add(&format!("content that is not {filter}"), bytes);
    }
    add("a hundred filters", {
        let filters = "/ASCIIHexDecode ".repeat(1_000);
        one(
            "",
            "/Contents 4 0 R",
            vec![stream(&format!("/Filter [{filters}]"), "4141>")],
        )
    });
    let packed = crate::writer::archives::zlib_bomb(b' ', 1 << 30);
    let mut bytes = one("", "/Contents 4 0 R", vec![]);
    let end = found(&bytes, b"xref");
    let mut object = format!(
        "4 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n",
        packed.len()
    )
    .into_bytes();
    object.extend(packed);
    object.extend(b"\nendstream\nendobj\n");
    bytes.splice(end..end, object);
    add("content that unpacks to 1 GiB", bytes);
    cases.push(case(
        "pdf: a page more than are read",
        "pdf",
        Over(Limit::Pages),
        || {
            let kids: String = (3..100_004).map(|n| format!("{n} 0 R ")).collect();
            objects(&[
                "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
                format!("<< /Type /Pages /Kids [{kids}] /Count 100001 >>"),
            ])
        },
    ));
    for (version, revision) in [(5, 5), (99, 99)] {
        cases.push(case(
            format!("pdf: a lock of revision {revision}"),
            "pdf",
            Encrypted,
            move || {
                let key = "x".repeat(48);
                let lock = format!("<< /Filter /Standard /V {version} /R {revision} /O ({key}) /U ({key}) /OE ({key}) /UE ({key}) /P -1 /Length 256 >>");
                let text = String::from_utf8(objects(&[
                    "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
                    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
                    "<< /Type /Page /Parent 2 0 R >>".to_owned(),
                ]));
                let text = text.expect("text");
                text.replace("/Root 1 0 R", &format!("/Root 1 0 R /Encrypt {lock} /ID [(x) (x)]"))
                    .into_bytes()
            },
        ));
    }
    hold(cases);
}
