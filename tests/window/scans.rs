//! Scans and other documents as they look, under the window's own policy: a scan is told of before anything is asked, read by
//! text recognition, kept as read, and shown page by page.

use std::collections::HashMap;
use std::time::Duration;

use aparte_tests::{aparte, fixture, json};
use serde_json::{Value, json};

use super::app::{App, Start};
use super::display::Display;
use super::machine::Machine;
use super::patience::{SOON, eventually};

const PASSPHRASE: &str = "a lamp over the drawing table";

/// For text recognition of a page, on a machine that does other things too.
const RECOGNITION: Duration = Duration::from_secs(180);

/// How much of a scanned page's words is right, as the harmonic mean of what was found and what was missed (F1).
const LEAST: [f32; 2] = [0.98, 0.93];

#[test]
fn a_scan_is_read_by_text_recognition_kept_and_shown_as_it_looks() {
    let machine = Machine::new();
    let start = Start {
        files: vec![fixture("scan.pdf")],
        ..Start::default()
    };
    let app = App::first(&machine, &start, PASSPHRASE);
    let told = eventually(SOON, "the scan is told of before anything is asked", || {
        app.texts("image-pages").pop()
    });
    assert!(
        told.contains("Pages 1 and 2 of “scan.pdf” are images"),
        "{told}"
    );
    app.screenshot("scan-told-en");
    app.press("read-ocr");
    app.see("ocr-line");
    app.screenshot("scan-reading-en");
    eventually(RECOGNITION, "both pages are read", || {
        (app.count("image-pages") == 0).then_some(())
    });

    open_document(&app, "scan.pdf");
    assert_drawn(&app, 1);
    assert_sure(&app);
    app.screenshot("scan-read-en");
    app.press("as-text");
    for (number, least) in (1..).zip(LEAST) {
        let shown = eventually(SOON, &format!("page {number} is shown"), || {
            (page_number(&app) == number)
                .then(|| app.texts("source .body").pop())
                .flatten()
        });
        let f1 = f1(&shown, &printed(number));
        println!("text recognition in the window: page {number}, word F1 {f1:.4}");
        assert!(f1 >= least, "page {number}: {f1} in {shown}");
        if number < 2 {
            app.press("next-page");
        }
    }
    app.close();

    let french = Start {
        french: true,
        files: Vec::new(),
        ..start
    };
    let app = App::again(&machine, &french, PASSPHRASE);
    app.see("new-conversation");
    open_document(&app, "scan.pdf");
    assert_drawn(&app, 1);
    assert_sure(&app);
    assert_eq!(app.count("image-pages"), 0, "what was read is kept");
    app.screenshot("scan-again-fr");
    app.close();
}

#[test]
fn a_document_is_shown_as_it_looks_at_the_page_that_is_wanted_and_as_text() {
    let machine = Machine::new();
    let start = Start {
        files: vec![fixture("jsonlite-json-mapping.pdf")],
        ..Start::default()
    };
    let app = App::first(&machine, &start, PASSPHRASE);
    open_document(&app, "jsonlite-json-mapping.pdf");
    assert_drawn(&app, 1);
    app.screenshot("paper-en");
    app.press("next-page");
    assert_drawn(&app, 2);
    app.run(
        "const field = document.querySelector('[data-part=page-number]');
         field.value = '7';
         field.dispatchEvent(new Event('change', { bubbles: true }));",
        &[],
    );
    assert_drawn(&app, 7);
    let width = paper_width(&app);
    app.press("larger");
    eventually(SOON, "the page is larger", || {
        (paper_width(&app) > width * 1.2).then_some(())
    });
    app.press("as-text");
    app.see_gone("paper");
    let text = app.text("source .body");
    assert!(text.split_whitespace().count() > 100, "{text}");
    app.press("as-text");
    assert_drawn(&app, 7);
    app.press("close-source");
    open_document(&app, "jsonlite-json-mapping.pdf");
    assert_drawn(&app, 7);
    app.close();
}

/// Opens a document of the library, once it is there.
pub fn open_document(app: &App, name: &str) {
    eventually(SOON, &format!("{name} can be opened"), || {
        let opened = app.run(
            "const named = [...document.querySelectorAll('[data-part=document]')]
                 .find((row) => row.textContent.includes(arguments[0]));
             (named?.matches('button') ? named : named?.querySelector('button') ?? named)?.click();
             return named !== undefined",
            &[json!(name)],
        );
        (opened == Value::Bool(true)).then_some(())
    });
}

/// Waits until a page is drawn, with ink on it.
pub fn assert_drawn(app: &App, number: u32) {
    eventually(RECOGNITION, &format!("page {number} is drawn"), || {
        let dark = app.run(
            "const canvas = document.querySelector(`[data-part=paper][data-page='${arguments[0]}'] canvas`);
             if (!canvas) return 0;
             const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
             let dark = 0;
             for (let place = 0; place < data.length; place += 4) if (data[place] < 200) dark += 1;
             return dark",
            &[json!(number)],
        );
        (dark.as_u64()? > 1_000).then_some(())
    });
}

/// Reads how sure the page's text is said to be.
fn assert_sure(app: &App) {
    let said = app.text("recognised");
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    let percent: u32 = digits.parse().unwrap_or_default();
    assert!((70..=100).contains(&percent), "{said}");
}

#[test]
fn the_command_line_reads_a_scan_in_a_window_that_nobody_sees() {
    let machine = Machine::new();
    let display = Display::new();
    let on_display = |words: &[&str]| {
        let mut command = aparte();
        command
            .envs(machine.environment("en_GB.UTF-8"))
            .env("DISPLAY", display.name())
            .args(words);
        command
    };
    let extracted = json(on_display(&["extract", "--json"]).arg(fixture("scan.pdf")));
    for (page, least) in LEAST.into_iter().enumerate() {
        let read = &extracted["pages"][page];
        let text = read["text"].as_str().unwrap();
        let f1 = f1(text, &printed(page + 1));
        println!(
            "text recognition on the command line: page {}, word F1 {f1:.4}",
            page + 1
        );
        assert!(f1 >= least, "{f1} in {text}");
        assert_eq!(read["warnings"], json!([]));
        let sure = read["confidence"].as_f64().unwrap();
        assert!((0.7..=1.0).contains(&sure), "{sure}");
    }
    let found = json(on_display(&["search", "--json", "fishing vessels"]).arg(fixture("scan.pdf")));
    assert_eq!(found["hits"][0]["page"], 1, "{found}");
    assert_eq!(
        machine.process("aparte-desktop"),
        None,
        "nothing is left behind"
    );
    assert!(!machine.aparte_home().exists(), "and nothing kept");
}

fn paper_width(app: &App) -> f64 {
    let width = app.run(
        "return document.querySelector('[data-part=paper]')?.clientWidth ?? 0",
        &[],
    );
    width.as_f64().unwrap_or_default()
}

fn page_number(app: &App) -> usize {
    let value = app.run(
        "return Number(document.querySelector('[data-part=page-number]')?.value ?? 0)",
        &[],
    );
    value.as_f64().unwrap_or_default() as usize
}

/// What is printed on a page of the scan: page 2 of one of the samples.
fn printed(number: usize) -> String {
    let sample = ["harbour-report-2025.pdf", "cooperative-bilan-2025.pdf"][number - 1];
    let read = json(
        aparte()
            .args(["extract", "--json"])
            .arg(aparte_tests::sample(sample)),
    );
    read["pages"][1]["text"].as_str().unwrap().to_owned()
}

fn f1(read: &str, printed: &str) -> f32 {
    let words = |text: &str| {
        let parts = text.split(|character: char| !character.is_alphanumeric());
        let words: Vec<String> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_lowercase)
            .collect();
        words
    };
    let (read, printed) = (words(read), words(printed));
    let mut left: HashMap<&str, u32> = HashMap::new();
    for word in &printed {
        *left.entry(word).or_default() += 1;
    }
    let mut shared = 0;
    for word in &read {
        if let Some(left) = left.get_mut(word.as_str()).filter(|left| **left > 0) {
            *left -= 1;
            shared += 1;
        }
    }
    2.0 * shared as f32 / (read.len() + printed.len()) as f32
}
