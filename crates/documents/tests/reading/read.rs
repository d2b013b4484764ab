//! Reads a file through the public door of the crate, and checks what holds for whatever comes out of it.

use aparte_documents::read;
use aparte_protocol::documents::{
    DocumentEvent, DocumentFailure, DocumentRequest, Format, Limits, PIECE_LIMIT, Page, Password,
    TextRange, Withheld,
};

/// What came out of a file.
pub struct Read {
    pub verdict: Result<(), DocumentFailure>,
    pub format: Option<Format>,
    pub pages: Vec<Page>,
    /// The files that were handed out: name, page, bytes.
    pub files: Vec<(String, u32, Vec<u8>)>,
    pub withheld: Vec<(String, Withheld)>,
}

impl Read {
    /// The text of all pages.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.pages.iter().map(|page| page.text.as_str()).collect();
        texts.join("\n\n")
    }
}

/// The usual limits.
pub fn limits() -> Limits {
    Limits::default()
}

/// Reads a file under the usual limits.
pub fn file(bytes: &[u8], extension: &str) -> Read {
    with(bytes, Some(extension), None, limits())
}

/// Reads a file.
pub fn with(bytes: &[u8], extension: Option<&str>, password: Option<&str>, limits: Limits) -> Read {
    let request = DocumentRequest {
        extension: extension.map(str::to_owned),
        size: bytes.len() as u64,
        password: password.map(|password| Password(password.to_owned())),
        limits,
    };
    let mut out = Read {
        verdict: Ok(()),
        format: None,
        pages: Vec::new(),
        files: Vec::new(),
        withheld: Vec::new(),
    };
    let mut announced = None;
    let mut open = false;
    out.verdict = read(bytes.to_vec(), &request, &mut |event| match event {
        DocumentEvent::Opened { format, pages } => {
            assert_eq!(announced.replace(pages), None, "opened once");
            out.format = Some(format);
        }
        DocumentEvent::Page(page) => {
            assert_eq!(page.number as usize, out.pages.len() + 1, "in order");
            check(&page);
            out.pages.push(page);
        }
        DocumentEvent::File { name, page } => {
            assert!(!open, "one file after the other");
            open = true;
            assert!(
                !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | "..")),
                "{name:?}"
            );
            assert!(page <= out.pages.len() as u32);
            out.files.push((name, page, Vec::new()));
        }
        DocumentEvent::FileBytes(piece) => {
            assert!(open && piece.len() <= PIECE_LIMIT);
            out.files.last_mut().expect("a file").2.extend(piece);
        }
        DocumentEvent::FileEnd => {
            assert!(open);
            open = false;
        }
        DocumentEvent::Withheld { name, reason } => {
            if open {
                let (begun, ..) = out.files.pop().expect("a file");
                assert_eq!(begun, name);
                open = false;
            }
            out.withheld.push((name, reason));
        }
        other => panic!("{other:?} is the worker's to say"),
    });
    if out.verdict.is_ok() {
        assert_eq!(
            announced,
            Some(out.pages.len() as u32),
            "as many pages as were announced"
        );
        assert!(!open);
    }
    out
}

/// What holds for every page: ranges lie in its text, on characters, in order and apart.
fn check(page: &Page) {
    let in_order = |ranges: &mut dyn Iterator<Item = TextRange>| {
        let mut end = 0;
        for range in ranges {
            let written = range
                .of(&page.text)
                .expect("a range on character boundaries");
            assert!(
                !written.is_empty() && written == written.trim(),
                "{written:?}"
            );
            assert!(range.start >= end, "in order and without overlap");
            end = range.end;
        }
    };
    in_order(&mut page.words.iter().map(|word| word.range));
    in_order(&mut page.passages.iter().map(|passage| passage.range));
    in_order(&mut page.headings.iter().map(|heading| heading.range));
    in_order(&mut page.cells.iter().map(|cell| cell.range));
    for header in page.passages.iter().filter_map(|passage| passage.header) {
        assert!(
            header
                .of(&page.text)
                .is_some_and(|header| !header.contains('\n'))
        );
    }
    for word in &page.words {
        assert!(
            word.rect.iter().all(|value| value.is_finite()),
            "{:?}",
            word.rect
        );
    }
    assert!(page.text.len() <= 3 << 20, "a page fits in a frame");
    assert!(
        !page.text.is_empty() || !page.warnings.is_empty(),
        "an empty page says why"
    );
}
