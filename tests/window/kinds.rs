//! Files as people's folders hold them: of many kinds, some in others, and each with bytes of its own.

use std::fs;
use std::path::Path;

use super::large;
use crate::packages;

/// Writes a file of the kind that its number says, and gives how many documents become of it: what lies in it is documents too.
pub fn write(folder: &Path, number: usize) -> usize {
    let title = format!("Lot {number}");
    let lines: Vec<_> = (0..10 + number % 40)
        .map(|day| format!("On day {day} lot {number} was weighed at the gate."))
        .collect();
    let text = lines.join("\n\n");
    let marked = |open: &str, close: &str| -> String {
        let lines = lines.iter();
        lines.map(|line| format!("{open}{line}{close}\n")).collect()
    };
    let (ending, bytes, documents) = match number % 16 {
        0 => ("md", format!("# {title}\n\n{text}\n").into_bytes(), 1),
        1 => ("txt", format!("{title}\n\n{text}\n").into_bytes(), 1),
        2 => {
            let rows = (0..100).map(|day| format!("{number},{day},{}\n", day * number));
            let rows: String = rows.collect();
            ("csv", format!("lot,day,weight\n{rows}").into_bytes(), 1)
        }
        3 => {
            let page = format!("<h1>{title}</h1>{}", marked("<p>", "</p>"));
            ("html", page.into_bytes(), 1)
        }
        4 => {
            let page = format!("{{\\rtf1\\ansi {title}\\par {}}}", marked("", "\\par"));
            ("rtf", page.into_bytes(), 1)
        }
        5 => {
            let message = format!(
                "From: gate@example.org\r\nTo: office@example.org\r\nSubject: {title}\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
                 --cut\r\nContent-Type: text/plain; name=receipt.txt\r\n\
                 Content-Disposition: attachment; filename=receipt.txt\r\n\r\nReceipt of lot {number}.\r\n--cut--\r\n"
            );
            ("eml", message.into_bytes(), 2)
        }
        6 => {
            let body: String = lines
                .iter()
                .map(|line| packages::paragraph("Normal", line))
                .collect();
            ("docx", packages::docx(&body), 1)
        }
        7 => {
            let rows: String = (1..100)
                .map(|row| {
                    format!(
                        "<row r=\"{row}\"><c r=\"A{row}\"><v>{}</v></c></row>",
                        row * number
                    )
                })
                .collect();
            ("xlsx", packages::xlsx(&[(&title, &rows)]), 1)
        }
        8 => {
            let body = marked("<text:p>", "</text:p>");
            ("odt", packages::open_document("text", &body), 1)
        }
        9 => {
            let body = marked("<p>", "</p>");
            ("epub", packages::epub(&[("one.xhtml", &title, &body)]), 1)
        }
        10 => ("pptx", packages::pptx(&[(&title, &lines[0], &lines[1])]), 1),
        11 => {
            let inside = ["day.txt", "night.txt"].map(|name| (name, format!("{name}: {text}")));
            ("zip", packages::zipped(&inside), 3)
        }
        // Every fourth is worth some time.
        _ => ("pdf", large::pdf(60 + number), 1),
    };
    fs::write(folder.join(format!("{number} weighing.{ending}")), bytes).unwrap();
    documents
}
