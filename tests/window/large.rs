//! A PDF of many pages, for what takes a while.

use std::fmt::Write;

/// Writes a PDF whose pages are all full of words. Format: ISO 32000-1, 7.5.
pub fn pdf(pages: usize) -> Vec<u8> {
    const LINES: usize = 60;
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    let mut add = |number: usize, body: String| {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    };
    add(1, "<< /Type /Catalog /Pages 2 0 R >>".to_owned());
    let kids: String = (0..pages)
        .map(|page| format!("{} 0 R ", 4 + 2 * page))
        .collect();
    add(
        2,
        format!("<< /Type /Pages /Count {pages} /Kids [{kids}] >>"),
    );
    add(
        3,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    );
    for page in 0..pages {
        let (number, content) = (4 + 2 * page, 5 + 2 * page);
        add(
            number,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
                 /Resources << /Font << /F 3 0 R >> >> >>"
            ),
        );
        let mut text = "BT /F 9 Tf 12 TL 40 800 Td\n".to_owned();
        for line in 0..LINES {
            writeln!(
                text,
                "(Lot {page}.{line} was weighed at the gate and its {} crates were stored on the upper floor.) Tj T*",
                line + page % 7
            )
            .expect("a string takes any text");
        }
        text.push_str("ET");
        add(
            content,
            format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        );
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
    for offset in &offsets {
        bytes.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    bytes.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            offsets.len() + 1
        )
        .bytes(),
    );
    bytes
}
