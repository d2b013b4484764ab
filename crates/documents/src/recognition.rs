//! What a file's bytes are: by signatures and by what lies inside, only then by the file's extension.

use std::io::Cursor;

use aparte_protocol::documents::{DocumentFailure, Format};

use crate::archive::Archive;
use crate::encoding;
use crate::mail;

/// How far into a file its `%PDF-` may stand.
const PDF_WITHIN: usize = 1024;
/// How much of a text is looked at.
const HEAD: usize = 4 << 10;

/// What a file may be, the likeliest first: the first that can be read is what it is. Not empty.
///
/// # Errors
///
/// [`DocumentFailure::UnknownFormat`] if it is nothing that is read, and [`DocumentFailure::Encrypted`] if
/// it is an Office document under a lock that is broken.
pub(crate) fn candidates(
    bytes: &[u8],
    extension: Option<&str>,
) -> Result<Vec<Format>, DocumentFailure> {
    let mut candidates = Vec::new();
    let before_pdf = bytes[..bytes.len().min(PDF_WITHIN)]
        .windows(5)
        .position(|window| window == b"%PDF-")
        .map(|at| bytes[..at].trim_ascii());
    if before_pdf == Some(b"") {
        candidates.push(Format::Pdf);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        candidates.push(compound(bytes)?);
    } else if Archive::is_one(bytes) {
        candidates.push(archive(bytes));
    } else if is_image(bytes) {
        candidates.push(Format::Image);
    } else if bytes.starts_with(b"{\\rtf") {
        candidates.push(Format::Rtf);
    }
    if before_pdf.is_some_and(|before| !before.is_empty()) {
        // What is text may also speak of the mark.
        let is_text = candidates.is_empty() && encoding::decode(bytes).is_ok();
        if !is_text || ends_as_pdf(bytes) {
            candidates.push(Format::Pdf);
        }
        if is_text {
            candidates.push(text(bytes, extension)?);
        }
    }
    if candidates.is_empty() {
        candidates.push(text(bytes, extension)?);
    }
    Ok(candidates)
}

/// Whether the end of a file says where the table of a PDF is.
fn ends_as_pdf(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    let end = &bytes[bytes.len().saturating_sub(PDF_WITHIN)..];
    end.windows(MARK.len()).any(|window| window == MARK)
}

/// What an OLE compound file holds.
fn compound(bytes: &[u8]) -> Result<Format, DocumentFailure> {
    let file = cfb::CompoundFile::open(Cursor::new(bytes)).ok();
    let has = |name: &str| match &file {
        Some(file) => file.exists(name),
        // The directory is broken: the name, in UTF-16, is somewhere.
        None => {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            bytes.windows(name.len()).any(|window| window == name)
        }
    };
    if has("EncryptedPackage") {
        return Err(DocumentFailure::Encrypted);
    }
    [
        ("WordDocument", Format::Doc),
        ("Workbook", Format::Xls),
        ("Book", Format::Xls),
        ("PowerPoint Document", Format::Ppt),
        ("__properties_version1.0", Format::Outlook),
    ]
    .into_iter()
    .find(|(name, _)| has(name))
    .map(|(_, format)| format)
    .ok_or(match file {
        Some(_) => DocumentFailure::UnknownFormat,
        None => DocumentFailure::Damaged,
    })
}

/// What a ZIP archive is besides: a document, or a folder.
fn archive(bytes: &[u8]) -> Format {
    // The first entry of such a document, stored as it is.
    let declared = bytes
        .get(30..)
        .and_then(|rest| rest.strip_prefix(b"mimetype"));
    if let Some(declared) = declared {
        let is = |kind: &[u8]| declared.starts_with(kind);
        let format = if is(b"application/epub+zip") {
            Some(Format::Epub)
        } else if is(b"application/vnd.oasis.opendocument.text") {
            Some(Format::Odt)
        } else if is(b"application/vnd.oasis.opendocument.spreadsheet") {
            Some(Format::Ods)
        } else if is(b"application/vnd.oasis.opendocument.presentation") {
            Some(Format::Odp)
        } else {
            None
        };
        if let Some(format) = format {
            return format;
        }
    }
    // A broken one is told as such by whoever reads it.
    let Ok(archive) = Archive::open(bytes) else {
        return Format::Zip;
    };
    let names: Vec<String> = (0..archive.len().min(4_096))
        .filter_map(|index| archive.name(index))
        .collect();
    let within = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    if archive.has("[Content_Types].xml") {
        for (folder, format) in [
            ("word/", Format::Docx),
            ("xl/", Format::Xlsx),
            ("ppt/", Format::Pptx),
        ] {
            if within(folder) {
                return format;
            }
        }
    }
    if archive.has("META-INF/container.xml") {
        return Format::Epub;
    }
    Format::Zip
}

fn is_image(bytes: &[u8]) -> bool {
    let starts = [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        b"\xff\xd8\xff",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        b"\0\0\0\x0cjP  ",
    ];
    starts.iter().any(|start| bytes.starts_with(start))
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
        || (bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4]))
}

/// What a text is, if the bytes are one.
fn text(bytes: &[u8], extension: Option<&str>) -> Result<Format, DocumentFailure> {
    let sample = &bytes[..bytes.len().min(HEAD)];
    let decoded = encoding::sample(bytes, sample.len())?;
    let head = decoded.trim_start_matches('\u{feff}').trim_start();
    let lower = head.to_ascii_lowercase();
    if lower.starts_with("{\\rtf") {
        return Ok(Format::Rtf);
    }
    if is_html(&lower) {
        return Ok(Format::Html);
    }
    let fields = header_fields(&lower);
    let known = extension.is_some_and(|e| matches!(e, "eml" | "mht" | "mhtml" | "mbox" | "mbx"));
    let first_header = lower.split_once('\n').map_or("", |(_, header)| header);
    if mail::is_folder(bytes) && header_fields(first_header) >= 2 {
        return Ok(Format::Mbox);
    }
    // People write memos that begin like this, but not with what programs put there.
    let posted = fields >= 3 && has_machine_field(&lower);
    if posted || (known && fields >= 1) {
        let saved = extension.is_some_and(|e| matches!(e, "mht" | "mhtml"))
            || (lower.contains("multipart/related")
                && (lower.contains("snapshot-content-location") || lower.contains("saved by")));
        return Ok(match saved {
            true => Format::Mhtml,
            false => Format::Email,
        });
    }
    if lower.starts_with("\\documentclass") || lower.contains("\n\\documentclass") {
        return Ok(Format::Latex);
    }
    Ok(match extension {
        Some("md" | "markdown" | "mdown" | "mkd") => Format::Markdown,
        Some("csv" | "tsv" | "tab") => Format::Csv,
        Some("tex" | "ltx" | "latex") => Format::Latex,
        Some("html" | "htm" | "xhtml" | "xht") if lower.contains('<') => Format::Html,
        Some(extension) if SOURCES.contains(&extension) => Format::Source,
        _ => Format::Text,
    })
}

fn is_html(lower: &str) -> bool {
    let mut rest = lower;
    // A declaration and comments may come first.
    loop {
        rest = rest.trim_start();
        let skipped = match rest {
            _ if rest.starts_with("<?xml") => rest.find("?>").map(|at| at + 2),
            _ if rest.starts_with("<!--") => rest.find("-->").map(|at| at + 3),
            _ => None,
        };
        match skipped {
            Some(length) => rest = &rest[length..],
            None => break,
        }
    }
    ["<!doctype html", "<html", "<head>", "<body"]
        .iter()
        .any(|start| rest.starts_with(start))
}

/// Whether one of the first lines is a header field that only programs write.
fn has_machine_field(lower: &str) -> bool {
    const FIELDS: &[&str] = &[
        "message-id:",
        "mime-version:",
        "received:",
        "return-path:",
        "delivered-to:",
        "x-mailer:",
        "content-type:",
        "dkim-signature:",
    ];
    let header = lower.lines().take_while(|line| !line.is_empty());
    header
        .into_iter()
        .any(|line| FIELDS.iter().any(|field| line.starts_with(field)))
}

/// How many of the first lines are header fields that e-mails have.
fn header_fields(lower: &str) -> usize {
    const FIELDS: &[&str] = &[
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "received",
        "return-path",
        "content-type",
        "delivered-to",
        "reply-to",
        "sender",
        "x-mailer",
        "content-transfer-encoding",
        "snapshot-content-location",
        "dkim-signature",
        "x-received",
        "authentication-results",
        "references",
        "in-reply-to",
        "status",
        "x-status",
        "x-uid",
    ];
    let mut found = 0;
    for line in lower.lines() {
        if line.starts_with([' ', '\t']) && found > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            break;
        };
        let is_name = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if name.is_empty() || !is_name {
            break;
        }
        found += usize::from(FIELDS.contains(&name));
    }
    found
}

/// Extensions of source code and of what is kept in text files beside it.
const SOURCES: &[&str] = &[
    "ada", "adb", "asm", "awk", "bash", "bat", "c", "cc", "cfg", "clj", "cmake", "cmd", "conf",
    "cpp", "cs", "css", "cxx", "d", "dart", "diff", "el", "elm", "erl", "ex", "exs", "f", "f90",
    "fs", "go", "gradle", "groovy", "h", "hh", "hpp", "hs", "hxx", "ini", "java", "jl", "js",
    "json", "jsonl", "jsx", "kt", "kts", "less", "lisp", "lua", "m", "mjs", "ml", "mli", "mm",
    "nim", "nix", "pas", "patch", "php", "pl", "pm", "proto", "ps1", "py", "r", "rb", "rs", "s",
    "sass", "scala", "scm", "scss", "sh", "sql", "svelte", "swift", "tcl", "tf", "toml", "ts",
    "tsx", "v", "vb", "vhd", "vim", "vue", "xml", "xsd", "xsl", "yaml", "yml", "zig", "zsh",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_speaks_of_pdf_is_text() {
        let about = b"Each such file begins with %PDF-1.7 and a line of comment.\n";
        assert_eq!(candidates(about, None), Ok(vec![Format::Text]));
        let list = [b"A\0 \x01\x02".as_slice(), about].concat();
        assert_eq!(candidates(&list, None), Ok(vec![Format::Pdf]));
        let led = b"HTTP/1.1 200 OK\n\n%PDF-1.7\n1 0 obj\nstartxref\n9\n%%EOF";
        assert_eq!(candidates(led, None), Ok(vec![Format::Pdf, Format::Text]));
        assert_eq!(candidates(b"\r\n%PDF-1.7", None), Ok(vec![Format::Pdf]));
    }

    #[test]
    fn a_folder_of_messages_is_one_whose_messages_can_be_parted() {
        let header = "From: a@example.org\nTo: b@example.org\nSubject: Rent\n\nIt is due.\n";
        for (first, format) in [
            ("From a@example.org Mon", Format::Mbox),
            ("\nFrom a@example.org Mon", Format::Mbox),
            ("  From a@example.org Mon", Format::Text),
            ("\u{feff}From a@example.org Mon", Format::Text),
            ("from a@example.org Mon", Format::Text),
        ] {
            let folder = format!("{first}\n{header}");
            let found = candidates(folder.as_bytes(), None);
            assert_eq!(found, Ok(vec![format]), "{first:?}");
        }
    }
}
