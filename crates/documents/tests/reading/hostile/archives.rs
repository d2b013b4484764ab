//! Archives: bombs, entries that lie, names that lead elsewhere.

use aparte_protocol::documents::{DocumentFailure, Limit, Limits, Withheld};

use super::{Any, Over, Read, case, hold, with_entry};
use crate::read;
use crate::writer::archives::{Entry, archive, bomb, overlapping};
use crate::writer::packages::zipped;

/// Where the packed bytes of each kind of document are.
const PACKED: &[(&str, &str)] = &[
    ("docx", "word/document.xml"),
    ("docx", "word/styles.xml"),
    ("docx", "word/media/image1.png"),
    ("xlsx", "xl/worksheets/sheet1.xml"),
    ("xlsx", "xl/sharedStrings.xml"),
    ("pptx", "ppt/slides/slide1.xml"),
    ("odt", "content.xml"),
    ("ods", "content.xml"),
    ("odp", "content.xml"),
    ("epub", "OEBPS/a.xhtml"),
    ("epub", "OEBPS/book.opf"),
    ("epub", "META-INF/container.xml"),
];

#[test]
fn bombs() {
    let mut cases = Vec::new();
    for (extension, name) in PACKED {
        for fill in [b' ', b'<'] {
            cases.push(case(
                format!("{extension}: {name} unpacks to 1 GiB of {fill:?}"),
                extension,
                Any,
                move || with_entry(extension, Entry::bomb(name, fill, 1 << 30)),
            ));
        }
    }
    for (extension, name) in [
        ("docx", "word/document.xml"),
        ("odt", "content.xml"),
        ("epub", "OEBPS/a.xhtml"),
    ] {
        cases.push(case(
            format!("{extension}: {name} declares 1 KiB and unpacks to 1 GiB"),
            extension,
            Any,
            move || {
                let entry = Entry::bomb(name, b' ', 1 << 30);
                with_entry(
                    extension,
                    Entry {
                        size: 1 << 10,
                        ..entry
                    },
                )
            },
        ));
        cases.push(case(
            format!("{extension}: {name} declares 4 GiB and has 3 bytes"),
            extension,
            Any,
            move || {
                let entry = Entry::stored(name, b"<x>");
                with_entry(
                    extension,
                    Entry {
                        size: 0xffff_fffe,
                        ..entry
                    },
                )
            },
        ));
    }
    cases.push(case("an entry of 1 GiB in a folder", "zip", Any, || {
        archive(&[Entry::bomb("a.txt", b' ', 1 << 30)])
    }));
    cases.push(case(
        "a thousand entries of 16 MiB",
        "zip",
        Over(Limit::Unpacked),
        || {
            let entries: Vec<Entry> = (0..1_000)
                .map(|n| Entry::bomb(&format!("{n}.txt"), b'x', 16 << 20))
                .collect();
            archive(&entries)
        },
    ));
    cases.push(case("entries that overlap", "zip", Any, || {
        overlapping(20_000, &bomb(b'x', 1 << 20), 1 << 20)
    }));
    cases.push(case("a million entries", "zip", Over(Limit::Files), || {
        overlapping(1_000_000, b"", 0)
    }));
    cases.push(case("sixty thousand empty entries", "zip", Any, || {
        overlapping(60_000, b"", 0)
    }));
    cases.push(case(
        "an archive in an archive, a hundred times",
        "zip",
        Read,
        || (0..100).fold(b"x".to_vec(), |inner, _| zipped(&[("a.zip", inner)])),
    ));
    cases.push(case("entries under a password", "zip", Read, || {
        archive(&[Entry {
            name: b"a.txt".to_vec(),
            method: 8,
            size: 9,
            flags: 1,
            bytes: vec![7; 40],
        }])
    }));
    cases.push(case(
        "entries packed in an unknown way",
        "zip",
        Read,
        || {
            archive(&[Entry {
                name: b"a.txt".to_vec(),
                method: 97,
                size: 9,
                flags: 0,
                bytes: vec![7; 40],
            }])
        },
    ));
    for (what, name) in [
        ("newlines", b"a\nb\r\x1b[31m.txt".to_vec()),
        ("no characters", Vec::new()),
        ("255 bytes", vec![b'x'; 255]),
        ("65,000 bytes", vec![b'x'; 65_000]),
        ("65,000 folders", b"a/".repeat(32_500)),
        ("no text", vec![0xff; 40]),
        ("a zero", b"a\0b.txt".to_vec()),
        ("ways up", b"../../../../etc/passwd".to_vec()),
        ("a root", b"/etc/passwd".to_vec()),
        ("a drive", b"C:\\Windows\\win.ini".to_vec()),
        ("a share", b"\\\\server\\share\\x".to_vec()),
        ("a device", b"COM1.txt".to_vec()),
    ] {
        cases.push(case(format!("a name of {what}"), "zip", Read, move || {
            archive(&[Entry {
                name,
                ..Entry::stored("x", b"one")
            }])
        }));
    }
    hold(cases);
}

#[test]
fn a_bomb_is_stopped_within_a_step_of_its_limit() {
    let bytes = archive(&[Entry::bomb("a.txt", b'x', 64 << 20)]);
    let limits = Limits {
        unpacked: 3 << 20,
        ..read::limits()
    };
    let request = aparte_protocol::documents::DocumentRequest {
        extension: None,
        size: bytes.len() as u64,
        password: None,
        limits,
    };
    let mut handed = 0;
    let verdict = aparte_documents::read(bytes, &request, &mut |event| {
        if let aparte_protocol::documents::DocumentEvent::FileBytes(piece) = event {
            handed += piece.len() as u64;
        }
    });
    assert_eq!(verdict, Err(DocumentFailure::Limit(Limit::Unpacked)));
    assert!(handed <= limits.unpacked + (64 << 10), "{handed}");
}

#[test]
fn archives_in_archives_end_where_the_app_has_no_depth_left() {
    let mut bytes = (0..20).fold(b"x".to_vec(), |inner, _| zipped(&[("a.zip", inner)]));
    let mut limits = read::limits();
    let mut levels = 0;
    let withheld = loop {
        let read = read::with(&bytes, Some("zip"), None, limits);
        match read.files.into_iter().next() {
            Some((_, _, inner)) => bytes = inner,
            None => break read.withheld,
        }
        limits.depth = limits.depth.saturating_sub(1);
        levels += 1;
    };
    assert_eq!(withheld, [("a.zip".to_owned(), Withheld::TooDeep)]);
    assert_eq!(levels, u32::from(read::limits().depth));
}
