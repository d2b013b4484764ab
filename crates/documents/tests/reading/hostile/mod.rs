//! Files that mean harm: each gets a verdict within its time and its memory, and where the harm has a name the
//! verdict says it.

mod archives;
mod compound;
mod mail;
mod markup;
mod pdf;
mod sheets;
mod texts;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aparte_protocol::documents::{DocumentFailure, Limit};

use crate::memory;
use crate::read;
use crate::writer::archives::{Entry, archive};
use crate::writer::compound::{OldCell, doc, msg, ppt, xls};
use crate::writer::packages::{docx, entries, epub, open_document, paragraph, pptx, xlsx, zipped};
use crate::writer::{Sheet, pdf};

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
