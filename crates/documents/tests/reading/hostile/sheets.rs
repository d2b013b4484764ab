//! Sheets, of packages and of text.

use aparte_protocol::documents::Limit;

use super::{Any, Over, Read, case, hold};
use crate::writer::packages::{entries, open_document, xlsx, zipped};

#[test]
fn sheets_that_mean_harm() {
    let one = |cell: &str| format!("<row r=\"1\">{cell}</row>");
    let mut cases = vec![
        case("xlsx: the last cell of all", "xlsx", Read, move || {
            xlsx(&[(
                "x",
                "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>",
            )])
        }),
        case("xlsx: a cell beyond the last", "xlsx", Any, || {
            xlsx(&[(
                "x",
                "<row r=\"4294967295\"><c r=\"ZZZZZZZ4294967295\"><v>1</v></c></row>",
            )])
        }),
        case("xlsx: rows and cells without order", "xlsx", Read, || {
            xlsx(&[(
                "x",
                "<row r=\"9\"><c r=\"C9\"><v>1</v></c><c r=\"A9\"><v>2</v></c></row><row r=\"1\"><c r=\"A1\"><v>3</v></c></row>",
            )])
        }),
        case("xlsx: numbers beyond reason", "xlsx", Read, || {
            let cells: String = ["1e308", "-1e308", "NaN", "inf", "1e999", "", "x"]
                .iter()
                .enumerate()
                .map(|(n, value)| {
                    format!(
                        "<row r=\"{}\"><c r=\"A{}\" s=\"1\"><v>{value}</v></c></row>",
                        n + 1,
                        n + 1
                    )
                })
                .collect();
            xlsx(&[("x", &cells)])
        }),
        case("xlsx: a string that is not there", "xlsx", Any, move || {
            xlsx(&[("x", &one("<c r=\"A1\" t=\"s\"><v>4294967295</v></c>"))])
        }),
        case("xlsx: a style that is not there", "xlsx", Any, move || {
            xlsx(&[("x", &one("<c r=\"A1\" s=\"4294967295\"><v>1</v></c>"))])
        }),
        case(
            "xlsx: four million cells",
            "xlsx",
            Over(Limit::Cells),
            || {
                xlsx(&[(
                    "x",
                    &format!("<row r=\"1\">{}</row>", "<c><v>1</v></c>".repeat(4_000_000)),
                )])
            },
        ),
        case(
            "xlsx: four million empty cells",
            "xlsx",
            Over(Limit::Cells),
            || {
                xlsx(&[(
                    "x",
                    &format!("<row r=\"1\">{}</row>", "<c/>".repeat(4_000_000)),
                )])
            },
        ),
        case("xlsx: two thousand sheets", "xlsx", Any, || {
            let names: Vec<String> = (0..2_000).map(|n| format!("s{n}")).collect();
            let sheets: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
            xlsx(&sheets)
        }),
        case(
            "xlsx: a long string twenty thousand times",
            "xlsx",
            Any,
            || {
                let cells: String = (1..=20_000)
                    .map(|n| format!("<row r=\"{n}\"><c r=\"A{n}\" t=\"s\"><v>0</v></c></row>"))
                    .collect();
                let book = xlsx(&[("x", &cells)]);
                let strings = format!(
                    "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>{}</t></si></sst>",
                    "y".repeat(1_000_000)
                );
                let mut entries = entries(&book);
                for (_, bytes) in &mut entries {
                    let text = std::str::from_utf8(bytes).expect("text");
                    *bytes = text
                        .replace("</Types>", "<Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml\"/></Types>")
                        .replace("<Relationship Id=\"s\"", "<Relationship Id=\"ss\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"s\"")
                        .into_bytes();
                }
                entries.push(("xl/sharedStrings.xml".to_owned(), strings.into_bytes()));
                zipped(&entries)
            },
        ),
    ];
    let table = |inner: &str| {
        open_document(
            "spreadsheet",
            &format!("<table:table table:name=\"x\">{inner}</table:table>"),
        )
    };
    for (what, verdict, inner) in [
        (
            "a cell repeated 10^9 times",
            Read,
            "<table:table-row><table:table-cell table:number-columns-repeated=\"1000000000\"><text:p>x</text:p></table:table-cell></table:table-row>",
        ),
        (
            "a row repeated 10^9 times",
            Over(Limit::Cells),
            "<table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>",
        ),
        (
            "both repeated 10^9 times",
            Over(Limit::Cells),
            "<table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell table:number-columns-repeated=\"1000000000\"><text:p>x</text:p></table:table-cell></table:table-row>",
        ),
        (
            "empty cells repeated without end",
            Read,
            "<table:table-row table:number-rows-repeated=\"18446744073709551615\"><table:table-cell table:number-columns-repeated=\"18446744073709551615\"/></table:table-row><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>",
        ),
        (
            "a table in a table in a cell",
            Read,
            "<table:table-row><table:table-cell><table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table></table:table-cell></table:table-row>",
        ),
        (
            "a cell and one repeated without end",
            Read,
            "<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"18446744073709551615\"/></table:table-row>",
        ),
        (
            "negative repetition",
            Read,
            "<table:table-row table:number-rows-repeated=\"-1\"><table:table-cell table:number-columns-repeated=\"-1\"><text:p>x</text:p></table:table-cell></table:table-row>",
        ),
    ] {
        cases.push(case(format!("ods: {what}"), "ods", verdict, move || {
            table(inner)
        }));
    }
    for (what, text) in [
        (
            "a quote that never ends",
            format!("a,\"{}", "b,\n".repeat(500_000)),
        ),
        ("a million columns", "x,".repeat(1_000_000)),
        ("a million rows", "x,y\n".repeat(700_000)),
        ("quotes alone", "\"".repeat(3_000_000)),
        ("separators alone", ";".repeat(3_000_000)),
    ] {
        cases.push(case(format!("csv: {what}"), "csv", Any, move || {
            text.into_bytes()
        }));
    }
    hold(cases);
}
