//! Files that mean harm: each gets a verdict within its time and its memory, and where the harm has a name the
//! verdict says it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aparte_protocol::documents::{DocumentFailure, Limit, Limits, Withheld};

use crate::memory;
use crate::read;
use crate::writer::archives::{Entry, archive, bomb, overlapping};
use crate::writer::compound::{self, OldCell, compound, doc, msg, ppt, xls};
use crate::writer::packages::{docx, entries, epub, open_document, paragraph, pptx, xlsx, zipped};
use crate::writer::{Sheet, objects, pdf};

/// The longest that a file may take, in a build that is hardly optimised.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The most memory that a worker has for a file beside eight times its size: what the worker's own limit is.
const MEMORY_LIMIT: usize = 512 << 20;

/// What a file has to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Pages or a failure: what is left of it is not agreed upon.
    Any,
    /// It is read, whatever of it is lost.
    Read,
    Over(Limit),
    Damaged,
    Encrypted,
    Unknown,
    Empty,
}

use Verdict::{Any, Damaged, Empty, Encrypted, Over, Read, Unknown};

/// Makes a file when its turn comes.
type MakeBytes = Box<dyn FnOnce() -> Vec<u8>>;

struct Case {
    name: String,
    extension: &'static str,
    verdict: Verdict,
    bytes: MakeBytes,
}

fn case(
    name: impl Into<String>,
    extension: &'static str,
    verdict: Verdict,
    bytes: impl FnOnce() -> Vec<u8> + 'static,
) -> Case {
    Case {
        name: name.into(),
        extension,
        verdict,
        bytes: Box::new(bytes),
    }
}

/// Where the crate's own code panicked, by the name of the thread: the reader catches that as it does for the parsers.
/// Those panic as they like; this code may not.
static OWN_PANICS: LazyLock<Mutex<Vec<(String, String)>>> = LazyLock::new(|| {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(place) = panic.location()
            && is_own(place.file())
            && let Some(name) = thread::current().name()
        {
            let mut panics = OWN_PANICS.lock().expect("nothing panics while it is held");
            panics.push((name.to_owned(), place.to_string()));
        }
        before(panic);
    }));
    Mutex::default()
});

fn is_own(file: &str) -> bool {
    file.replace('\\', "/").contains("crates/documents/src/")
}

/// Reads each file on a thread like the worker's, and holds it to its verdict, its time and its memory.
fn hold(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    LazyLock::force(&OWN_PANICS);
    for case in cases {
        let bytes = Arc::new((case.bytes)());
        let allowed = MEMORY_LIMIT + 8 * bytes.len();
        let (done, verdict) = channel();
        let began = Instant::now();
        let (answer, peak) = memory::peak(|| {
            let extension = case.extension;
            let bytes = Arc::clone(&bytes);
            thread::Builder::new()
                .name(case.name.clone())
                .stack_size(64 << 20)
                .spawn(move || {
                    let read = read::file(&bytes, extension);
                    let _ = done.send(read.verdict);
                })
                .expect("a thread starts");
            verdict.recv_timeout(TIME_LIMIT)
        });
        let found = match answer {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => {
                panic!("{}: no verdict within {TIME_LIMIT:?}", case.name)
            }
            Err(RecvTimeoutError::Disconnected) => {
                wrong.push(format!("{}: a panic came out", case.name));
                continue;
            }
        };
        let mut panics = OWN_PANICS.lock().expect("nothing panics while it is held");
        for (_, place) in panics.extract_if(.., |(name, _)| *name == case.name) {
            wrong.push(format!("{}: a panic at {place}", case.name));
        }
        drop(panics);
        let expected = match case.verdict {
            Any => true,
            Read => found == Ok(()),
            Over(limit) => found == Err(DocumentFailure::Limit(limit)),
            Damaged => found == Err(DocumentFailure::Damaged),
            Encrypted => {
                matches!(
                    found,
                    Err(DocumentFailure::Encrypted | DocumentFailure::PasswordWanted)
                )
            }
            Unknown => found == Err(DocumentFailure::UnknownFormat),
            Empty => found == Err(DocumentFailure::Empty),
        };
        if !expected {
            wrong.push(format!(
                "{}: {found:?} instead of {:?}",
                case.name, case.verdict
            ));
        }
        if peak > allowed {
            wrong.push(format!("{}: {} MiB of memory", case.name, peak >> 20));
        }
        if std::env::var_os("APARTE_SHOW_HOSTILE").is_some() {
            eprintln!(
                "{:60} {:?} {:?} {} MiB",
                case.name,
                found,
                began.elapsed(),
                peak >> 20
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where some bytes first are.
fn found(bytes: &[u8], part: &[u8]) -> usize {
    let mut windows = bytes.windows(part.len());
    windows
        .position(|window| window == part)
        .expect("it is there")
}

/// A beginning and what follows it so often.
fn after(beginning: &str, again: &str, times: usize) -> String {
    beginning.to_owned() + &again.repeat(times)
}

/// A sound file of each format.
static SOUND: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>What</t></is></c><c r=\"B1\"><v>1</v></c></row>";
    vec![
        ("pdf", pdf(&[Sheet::a4().text(72.0, 700.0, 12.0, "The rent is due on the first day.")])),
        ("docx", docx(&paragraph("Titre1", "The lease"))),
        ("xlsx", xlsx(&[("Prices", rows)])),
        ("pptx", pptx(&[("The year", "Sales rose", "Smile")])),
        ("odt", open_document("text", "<text:h>The lease</text:h><text:p>The rent is due.</text:p>")),
        (
            "ods",
            open_document("spreadsheet", "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>"),
        ),
        ("odp", open_document("presentation", "<draw:page><draw:frame><text:p>x</text:p></draw:frame></draw:page>")),
        ("epub", epub(&[("a.xhtml", "One", "<h1>One</h1><p>It was a day of May.</p>")])),
        ("doc", doc("The lease\rThe rent is due.\r")),
        ("xls", xls("Prices", &[(0, 0, OldCell::Text("What")), (1, 0, OldCell::Number(1.0))])),
        ("ppt", ppt(&[("The year", "Sales rose")])),
        ("msg", msg("The rent", "It is due.", ("a.txt", b"x"))),
        ("eml", b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Rent\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIt is due.\r\n--b\r\nContent-Type: text/html; name=x.html\r\nContent-Disposition: attachment\r\n\r\n<p>x\r\n--b--\r\n".to_vec()),
        ("rtf", br"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard The rent is due.\par\trowd\cellx1\intbl a\cell\row}".to_vec()),
        ("html", b"<!doctype html><title>x</title><h1>Rent</h1><table><tr><td>a<td>b</table><p>It is &eacute;".to_vec()),
        ("zip", zipped(&[("a.txt", "one"), ("b/c.txt", "two")])),
        ("csv", b"a,b\n\"c\n\"\"\",d\n".to_vec()),
    ]
});

#[test]
fn a_panic_is_the_crates_own_by_its_place() {
    assert!(
        is_own("crates/documents/src/rtf.rs") && is_own("C:\\x\\crates\\documents\\src\\rtf.rs")
    );
    assert!(!is_own("/registry/src/pdf_oxide-0.3/src/document.rs"));
    assert!(!is_own(file!()));
}

#[test]
fn files_that_are_cut_off() {
    let mut cases = Vec::new();
    for (extension, bytes) in SOUND.iter() {
        for part in [1, 2, 4, 6, 7] {
            let cut = bytes[..bytes.len() * part / 8].to_vec();
            cases.push(case(
                format!("{extension} cut to {part}/8"),
                extension,
                Any,
                move || cut,
            ));
        }
        let cut = bytes[..bytes.len() - 1].to_vec();
        cases.push(case(
            format!("{extension} without its last byte"),
            extension,
            Any,
            move || cut,
        ));
    }
    assert!(cases.len() >= 100);
    hold(cases);
}

#[test]
fn files_with_flipped_bytes() {
    let mut cases = Vec::new();
    for (extension, bytes) in SOUND.iter() {
        let mut state = 17_u32;
        for round in 0..24 {
            let mut flipped = bytes.clone();
            for _ in 0..=round / 4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % flipped.len();
                flipped[at] ^= 1 << (state & 7);
            }
            cases.push(case(
                format!("{extension} flipped {round}"),
                extension,
                Any,
                move || flipped,
            ));
        }
    }
    hold(cases);
}

#[test]
fn files_that_are_none_or_another() {
    let mut cases = vec![
        case("no bytes", "pdf", Empty, Vec::new),
        case("only zeros", "docx", Unknown, || vec![0; 1 << 20]),
        case("only a mark", "txt", Read, || b"\xef\xbb\xbf".to_vec()),
        case("noise", "pdf", Unknown, || {
            (0..100_000_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect()
        }),
        case("an executable", "pdf", Unknown, || {
            b"\x7fELF\x02\x01\x01\0 and more of it".to_vec()
        }),
        case("an archive of another kind", "zip", Unknown, || {
            b"Rar!\x1a\x07\x01\0".to_vec()
        }),
        case("a picture as a text", "txt", Read, || {
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()
        }),
        case("half a wide character", "txt", Any, || {
            b"\xff\xfea\0b".to_vec()
        }),
        case("a picture and an archive", "zip", Read, || {
            [b"GIF89a".as_slice(), &zipped(&[("a.txt", "one")])].concat()
        }),
        case("a page and a PDF", "html", Read, || {
            [
                b"<html><!--".as_slice(),
                &pdf(&[Sheet::a4().text(72.0, 700.0, 12.0, "x")]),
                b"--><p>y",
            ]
            .concat()
        }),
        case("a PDF and an archive", "pdf", Read, || {
            [
                pdf(&[Sheet::a4().text(72.0, 700.0, 12.0, "x")]),
                zipped(&[("a.txt", "one")]),
            ]
            .concat()
        }),
    ];
    for (n, (_, bytes)) in SOUND.iter().enumerate() {
        let wrong = SOUND[(n + 5) % SOUND.len()].0;
        cases.push(case(
            format!("sound file {n} called {wrong}"),
            wrong,
            Read,
            move || bytes.clone(),
        ));
    }
    // A table with commas is told by its name alone: by another it is text.
    hold(cases);
}

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

/// A sound package with one entry replaced or added.
fn with_entry(extension: &str, entry: Entry) -> Vec<u8> {
    let mut sound = SOUND.iter();
    let (_, whole) = sound
        .find(|(known, _)| *known == extension)
        .expect("a sound file");
    let mut entries: Vec<Entry> = entries(whole)
        .iter()
        .filter(|(name, _)| name.as_bytes() != entry.name)
        .map(|(name, bytes)| Entry::stored(name, bytes))
        .collect();
    entries.push(entry);
    archive(&entries)
}

/// The same with an entry that does not lie.
fn edited(extension: &str, name: &str, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    with_entry(extension, Entry::stored(name, bytes.as_ref()))
}

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

#[test]
fn texts_that_mean_harm() {
    let mut cases = Vec::new();
    let million = 1_000_000;
    for (what, verdict, text) in [
        (
            "elements that are never closed",
            Any,
            after("<html>", "<div>", million),
        ),
        (
            "tables in tables",
            Over(Limit::Nesting),
            after("<html>", "<table><tr><td>", 100_000),
        ),
        (
            "lists in lists",
            Over(Limit::Nesting),
            after("<html>", "<ul><li>", 100_000),
        ),
        ("comments that begin", Any, after("<html>", "<!--", million)),
        ("declarations", Any, after("<html>", "<!doctype [", 200_000)),
        (
            "marked sections",
            Any,
            after("<html>", "<![CDATA[", million),
        ),
        (
            "references that begin",
            Any,
            after("<html>", "&", 3 * million),
        ),
        (
            "long names of references",
            Any,
            after("<html>", "&abcdefghijklmnopqrstuvwxyz", 200_000),
        ),
        ("tags that begin", Any, after("<html>", "<a ", million)),
        (
            "attributes",
            Read,
            "<html><p ".to_owned()
                + &(0..300_000).map(|n| format!("a{n} ")).collect::<String>()
                + ">x",
        ),
        (
            "quotes in a tag",
            Any,
            after("<html><p a='", "\"<p a='", 300_000),
        ),
        (
            "scripts in scripts",
            Any,
            after("<html>", "<script></scrip", 300_000),
        ),
        ("titles", Any, after("<html>", "<title>x</title>", 300_000)),
        (
            "hidden in hidden",
            Any,
            after("<html>", "<div hidden>x", 300_000),
        ),
        (
            "ends without beginnings",
            Any,
            after("<html>", "</div></table></ul></td>", 200_000),
        ),
        (
            "a span of 10^9 columns",
            Read,
            after("<html><table><tr>", "<td colspan=1000000000>x", 10_000),
        ),
        (
            "a row of cells that are each spread",
            Read,
            after("<html><table><tr>", "<td colspan=64>x", million),
        ),
        (
            "cells without content",
            Read,
            after("<html><table><tr>", "<td>", 3 * million) + "x",
        ),
        (
            "a cell of 16 MB",
            Read,
            after("<html><table><tr><td>a<td>", "word ", 3_300_000) + "<td>b<tr><td>c",
        ),
        (
            "a number of 10^6 digits",
            Any,
            "<html>&#".to_owned()
                + &"9".repeat(million)
                + ";<ol start="
                + &"9".repeat(million)
                + "><li>x",
        ),
    ] {
        cases.push(case(format!("html: {what}"), "html", verdict, move || {
            text.into_bytes()
        }));
    }
    for (what, verdict, text) in [
        (
            "groups in groups",
            Over(Limit::Nesting),
            after("{\\rtf1 ", "{", million),
        ),
        ("groups that end", Any, after("{\\rtf1 x", "}", million)),
        (
            "a picture of 2^31 bytes",
            Any,
            "{\\rtf1 x{\\pict\\bin2147483647 x}y}".to_owned(),
        ),
        (
            "a picture of fewer than no bytes",
            Any,
            "{\\rtf1 x{\\pict\\bin-5 x}y}".to_owned(),
        ),
        (
            "numbers beyond all",
            Any,
            "{\\rtf1 \\u99999999999999999999?\\uc-1 \\u-1\\u-65536\\li-99999999999 x}".to_owned(),
        ),
        (
            "skips without end",
            Any,
            "{\\rtf1 \\uc2147483647\\u65 ".to_owned() + &"x".repeat(1_000) + "}",
        ),
        (
            "paragraphs alone",
            Any,
            "{\\rtf1 ".to_owned() + &"x\\par ".repeat(500_000) + "}",
        ),
        (
            "cells alone",
            Any,
            "{\\rtf1 ".to_owned() + &"x\\cell ".repeat(500_000) + "\\row}",
        ),
        (
            "fonts and styles",
            Any,
            "{\\rtf1{\\fonttbl".to_owned()
                + &(0..200_000)
                    .map(|n| format!("{{\\f{n}\\fcharset238 a;}}"))
                    .collect::<String>()
                + "}x}",
        ),
        (
            "notes in notes",
            Any,
            "{\\rtf1 ".to_owned() + &"{\\footnote x".repeat(900) + &"}".repeat(900) + "}",
        ),
        (
            "half characters",
            Any,
            "{\\rtf1 ".to_owned() + &"\\u-10179?".repeat(300_000) + "}",
        ),
        ("codes cut off", Any, "{\\rtf1 \\'".to_owned()),
        (
            "a long word",
            Any,
            "{\\rtf1\\".to_owned() + &"a".repeat(million) + " x}",
        ),
    ] {
        cases.push(case(format!("rtf: {what}"), "rtf", verdict, move || {
            text.into_bytes()
        }));
    }
    for (what, extension, text) in [
        ("one line of 20 MB", "txt", "x".repeat(20 * million)),
        ("a word of 5 MB", "txt", "é".repeat(2_500_000)),
        ("a million empty lines", "txt", "\n".repeat(million)),
        ("marks on one letter", "txt", after("e", "\u{301}", million)),
        (
            "directions turned around",
            "txt",
            "\u{202e}x\u{202d}".repeat(300_000),
        ),
        ("spaces alone", "txt", " ".repeat(5 * million)),
        ("headings alone", "md", "# x\n".repeat(300_000)),
        ("fences that begin", "md", "```\n~~~\n".repeat(300_000)),
        ("tables alone", "md", "|".repeat(3 * million)),
        ("underlines", "md", "x\n===\n".repeat(300_000)),
        ("quotes in quotes", "md", ">".repeat(million)),
        (
            "braces that open",
            "tex",
            after("\\documentclass{x}\n\\section{", "{", million),
        ),
        (
            "sections alone",
            "tex",
            after("\\documentclass{x}\n", "\\section{x}\n", 200_000),
        ),
        ("code of one line", "js", "x;".repeat(3 * million)),
    ] {
        cases.push(case(
            format!("{extension}: {what}"),
            extension,
            Any,
            move || text.into_bytes(),
        ));
    }
    hold(cases);
}

#[test]
fn mail_that_means_harm() {
    let mut cases = Vec::new();
    let head = "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    for (what, text) in [
        (
            "parts in parts",
            (0..10_000).fold(head.to_owned(), |text, n| {
                text + &format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")
            }) + "x",
        ),
        (
            "messages in messages",
            after(
                head,
                "Content-Type: message/rfc822\r\n\r\nFrom: x\r\n",
                10_000,
            ),
        ),
        (
            "a hundred thousand parts",
            head.to_owned()
                + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                + &"--b\r\n\r\nx\r\n".repeat(100_000),
        ),
        (
            "a boundary of no characters",
            head.to_owned()
                + "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\nx\r\n----\r\n",
        ),
        (
            "a field of 10 MB",
            head.to_owned() + "X-Long: " + &"x ".repeat(5_000_000) + "\r\n\r\nx",
        ),
        (
            "a hundred thousand fields",
            head.to_owned() + &"X-A: 1\r\n".repeat(100_000) + "\r\nx",
        ),
        (
            "a subject in pieces",
            format!(
                "From: a\r\nTo: b\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\r\nx",
                "=?utf-8?q?=C3=A9?= ".repeat(100_000)
            ),
        ),
        (
            "addresses in groups",
            format!(
                "From: {}\r\nTo: b\r\nSubject: x\r\nDate: x\r\n\r\nx",
                "g: (((((".repeat(100_000)
            ),
        ),
        (
            "comments in comments",
            format!(
                "From: a\r\nTo: b\r\nSubject: x\r\nDate: {}\r\n\r\nx",
                "(".repeat(500_000)
            ),
        ),
        (
            "bytes that are no base64",
            head.to_owned()
                + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + &"=!é".repeat(500_000),
        ),
        (
            "an encoding that nobody knows",
            head.to_owned()
                + "Content-Type: text/plain; charset=\"\u{0}x\"\r\nContent-Transfer-Encoding: x\r\n\r\nx",
        ),
        (
            "parameters in pieces",
            head.to_owned()
                + "Content-Type: text/plain;"
                + &(0..50_000)
                    .map(|n| format!(" name*{n}*=x;"))
                    .collect::<String>()
                + "\r\n\r\nx",
        ),
        ("no body", head.to_owned()),
    ] {
        cases.push(case(format!("eml: {what}"), "eml", Any, move || {
            text.into_bytes()
        }));
    }
    cases.push(case(
        "mbox: a hundred thousand messages",
        "mbox",
        Any,
        || {
            "From a Mon\nFrom: a\nSubject: x\n\ny\n\n"
                .repeat(99_000)
                .into_bytes()
        },
    ));
    cases.push(case(
        "mbox: beginnings alone",
        "mbox",
        Over(Limit::Pages),
        || (after("From a Mon\nFrom: a\nSubject: x\n\n", "From \n\n", 300_000)).into_bytes(),
    ));
    cases.push(case("mht: no page in it", "mht", Any, move || {
        format!("{head}Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--").into_bytes()
    }));
    hold(cases);
}

#[test]
fn compound_files_that_mean_harm() {
    let mut cases = Vec::new();
    let compounds = SOUND.iter();
    for (extension, bytes) in compounds.filter(|(_, bytes)| bytes.starts_with(b"\xd0\xcf")) {
        // The header's numbers: sectors of the table, of the directory, of the small table, their first ones.
        for at in [24, 26, 30, 32, 44, 48, 56, 60, 64, 68, 72, 76, 80] {
            for value in [0_u32, 1, 0x7fff_ffff, 0xffff_fffe] {
                let mut lying = bytes.clone();
                lying[at..at + 4].copy_from_slice(&value.to_le_bytes());
                cases.push(case(
                    format!("{extension}: {value:#x} at {at}"),
                    extension,
                    Any,
                    move || lying,
                ));
            }
        }
        // The table's sectors lead to each other in a circle.
        let mut circle = bytes.clone();
        for at in (512..circle.len().min(1024)).step_by(4) {
            let next = ((at - 512) / 4 + 1) as u32 % 128;
            circle[at..at + 4].copy_from_slice(&next.to_le_bytes());
        }
        cases.push(case(
            format!("{extension}: sectors in a circle"),
            extension,
            Any,
            move || circle,
        ));
        // Everything in the directory is its own child and brother.
        let mut own = bytes.clone();
        for at in (512..own.len() - 128).step_by(128) {
            if own[at + 66] == 1 || own[at + 66] == 2 || own[at + 66] == 5 {
                own[at + 68..at + 80].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
                own[at + 120..at + 124].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            }
        }
        cases.push(case(
            format!("{extension}: a directory of itself"),
            extension,
            Any,
            move || own,
        ));
    }
    cases.push(case("doc: a text of 2^31 characters", "doc", Any, || {
        let mut bytes = doc("The rent is due.\r");
        let text = found(&bytes, &[0xec, 0xa5, 0xc1, 0]);
        bytes[text + 76..text + 80].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        bytes
    }));
    cases.push(case("doc: under a password", "doc", Encrypted, || {
        let mut bytes = doc("The rent is due.\r");
        let text = found(&bytes, &[0xec, 0xa5, 0xc1, 0]);
        bytes[text + 11] |= 0x01;
        bytes
    }));
    cases.push(case(
        "xls: records longer than the stream",
        "xls",
        Any,
        || compound(&[("Workbook", [0x09, 0x08, 0xff, 0xff].repeat(2_000))]),
    ));
    cases.push(case("xls: a hundred thousand sheets", "xls", Any, || {
        let mut stream = vec![0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00];
        stream.extend([0; 12]);
        for _ in 0..100_000 {
            stream.extend([0x85, 0x00, 0x09, 0x00, 0, 0, 0, 0, 0, 0, 1, 0, b'x']);
        }
        compound(&[("Workbook", stream)])
    }));
    cases.push(case("ppt: records in records", "ppt", Any, || {
        let mut stream = Vec::new();
        for n in (0..100_000_u32).rev() {
            stream.extend([0x0f, 0x00, 0xe8, 0x03]);
            stream.extend((n * 8).to_le_bytes());
        }
        compound(&[
            ("PowerPoint Document", stream),
            ("Current User", vec![0; 40]),
        ])
    }));
    cases.push(case("msg: messages in messages", "msg", Any, || {
        let mut streams = Vec::new();
        let mut path = String::new();
        for _ in 0..40 {
            streams.push((format!("{path}__properties_version1.0"), vec![0; 40]));
            path.push_str("__attach_version1.0_#00000000/__substg1.0_3701000D/");
        }
        compound(&streams)
    }));
    cases.push(case("msg: a body that repeats itself", "msg", Any, || {
        let mut body = b"\0\0\0\0\0\0\0\0LZFu\0\0\0\0".to_vec();
        body.extend([0xff; 500_000]);
        compound(&[
            ("__properties_version1.0", vec![0; 32]),
            ("__substg1.0_10090102", body),
        ])
    }));
    cases.push(case("a compound file of nothing", "doc", Unknown, || {
        compound::compound(&[("x", b"y")])
    }));
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
