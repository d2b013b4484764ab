//! How long the window goes without drawing while much comes into the library, and in a library of many documents. Nothing is
//! judged here: `cargo xtask bench` runs this and tells what came of it.
//!
//! A development build is measured, for no other can be driven. What draws is the system's web view in any build.

use std::fs;
use std::thread;
use std::time::Duration;

use aparte_assistant::{Format, Language};
use aparte_vault::{OwnerKind, Protection, RecordKind, Vault};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::app::{App, Start};
use super::display::Display;
use super::drops::address_of;
use super::machine::{Machine, folder_of_vault};
use super::patience::{SOON, eventually};
use super::{kinds, large};

const PASSPHRASE: &str = "a slow barge under the bridge";

/// Each look into the page takes time from it, so that it is looked seldom.
const PATIENCE: Duration = Duration::from_secs(1);

const MANUAL_PAGES: usize = 2_400;
const FILES: usize = 200;
/// Documents of a large library, and files that come into it while it is looked at, and again beside a conversation.
const DOCUMENTS: usize = 10_000;
const COMING: usize = 50;

#[test]
#[ignore = "a measurement: `cargo xtask bench` asks for it"]
fn frames_are_timed_while_a_manual_is_taken_in() {
    let machine = Machine::new();
    let manual = machine.desk().join("manual.pdf");
    fs::write(&manual, large::pdf(MANUAL_PAGES)).unwrap();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let frames = Frames::begin(&app);
    drop_in(&app, &manual);
    await_intake(&app);
    frames.tell("manual");
    app.close();
}

#[test]
#[ignore = "a measurement: `cargo xtask bench` asks for it"]
fn frames_are_timed_while_many_files_are_taken_in() {
    let machine = Machine::new();
    let folder = machine.desk().join("many");
    fs::create_dir(&folder).unwrap();
    for number in 0..FILES {
        kinds::write(&folder, number);
    }
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    app.see("shelf");
    let frames = Frames::begin(&app);
    drop_in(&app, &folder);
    await_intake(&app);
    frames.tell("files");
    app.close();
}

#[test]
#[ignore = "a measurement: `cargo xtask bench` asks for it"]
fn frames_are_timed_in_a_library_of_many_documents() {
    let machine = Machine::new();
    App::first(&machine, &Start::default(), PASSPHRASE).close();
    fill(&machine);
    let folders = ["some more", "and more"].map(|name| {
        let folder = machine.desk().join(name);
        fs::create_dir(&folder).unwrap();
        for number in 0..COMING {
            let text = format!("Lot {number} came late, with {name}.\n");
            fs::write(folder.join(format!("{name} {number}.txt")), text).unwrap();
        }
        folder
    });
    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    eventually(SOON, "all documents are listed", || {
        let shown = app.texts("shown").concat();
        shown.contains("10,002").then_some(())
    });
    let window = app.display().window_of(app.process());
    browse(&app, &window);

    let frames = Frames::begin(&app);
    drop_in(&app, &folders[0]);
    await_intake(&app);
    app.press("new-conversation");
    drop_in(&app, &folders[1]);
    await_intake(&app);
    frames.tell("coming");
    app.close();
}

/// Goes through the library by the keys, looks for a name, and puts it in another order.
fn browse(app: &App, window: &str) {
    let display: &Display = app.display();
    app.press("shelf-line");
    let frames = Frames::begin(app);
    for key in ["End", "Home"] {
        display.press(window, &[key]);
        thread::sleep(PATIENCE);
    }
    display.press(window, &["Next"; 40]);
    app.press("sort[data-order=name]");
    thread::sleep(PATIENCE);
    app.write("filter", "weighing 99");
    thread::sleep(PATIENCE);
    app.press("clear-filter");
    thread::sleep(PATIENCE);
    frames.tell("browsing");
}

fn drop_in(app: &App, file: &std::path::Path) {
    let window = app.display().window_of(app.process());
    app.display().drop_onto(&window, &[address_of(file)], || ());
}

/// Waits until files came, and all of them are read.
fn await_intake(app: &App) {
    app.see("pause-intake");
    for _ in 0..600 {
        thread::sleep(PATIENCE);
        if app.count("pause-intake") == 0 {
            return;
        }
    }
    panic!("the files are still on their way");
}

/// What the page draws from a moment on.
struct Frames<'a>(&'a App);

impl<'a> Frames<'a> {
    fn begin(app: &'a App) -> Frames<'a> {
        app.run(
            "const waits = (window.waits = []);
             let last = performance.now();
             const drawn = () => {
                 if (window.waits !== waits) return;
                 const now = performance.now();
                 waits.push(now - last);
                 last = now;
                 requestAnimationFrame(drawn);
             };
             requestAnimationFrame(drawn);",
            &[],
        );
        Frames(app)
    }

    /// Prints `measured: {"during":…,"frames":…,"longest_ms":…,"over_100_ms":…}`: times from one frame to the next.
    fn tell(self, during: &str) {
        let waits = self.0.run(
            "const { waits } = window;
             return [waits.length, Math.max(...waits), waits.filter((wait) => wait > 100).length]",
            &[],
        );
        println!(
            "measured: {}",
            json!({
                "during": during,
                "frames": waits[0],
                "longest_ms": waits[1],
                "over_100_ms": waits[2],
            })
        );
    }
}

/// Puts many documents into the vault, as the domain stores them.
fn fill(machine: &Machine) {
    const PAGE: RecordKind = RecordKind(2);
    let folder = folder_of_vault(&machine.aparte_home()).expect("the first launch made a vault");
    let passphrase = SecretString::from(PASSPHRASE);
    let vault = Vault::unlock(&folder, Protection::Passphrase(&passphrase)).unwrap();
    let documents: Vec<_> = (0..DOCUMENTS).collect();
    for some in documents.chunks(500) {
        vault
            .write(|change| {
                for number in some {
                    let text = format!("Lot {number} was weighed at the gate.");
                    let document =
                        change.create_owner(OwnerKind::Document, &head(*number, &text))?;
                    change.put(document, PAGE, 1, &page(&text))?;
                    change.put_blob(document, text.as_bytes())?;
                }
                Ok(())
            })
            .unwrap();
    }
    vault.close().unwrap();
}

/// The layout of `library/head.rs`.
fn head(number: usize, text: &str) -> Vec<u8> {
    const NONE: Option<String> = None;
    let hash: [u8; 32] = Sha256::digest(text).into();
    let added = 1_700_000_000_000 + number as u64;
    let (bytes, pages, no_pages) = (text.len() as u64, 1_u32, Vec::<u32>::new());
    let about = (
        format!("{number} weighing.txt"),
        Format::Text,
        Some(Language::English),
        hash,
    );
    let measure = (bytes, added, pages, &no_pages, &no_pages);
    let places = (NONE, &no_pages, NONE, NONE);
    stored(3, &(about, measure, places))
}

/// The layout of `pages.rs`.
fn page(text: &str) -> Vec<u8> {
    let nothing = Vec::<u32>::new();
    let passages = [((0_u32, text.len() as u32), &nothing)];
    let size = (595.0_f32, 842.0_f32);
    stored(
        1,
        &(
            1_u32,
            text,
            &nothing,
            &nothing,
            passages.as_slice(),
            size,
            &nothing,
        ),
    )
}

/// A version, then the value: the layout of `stored.rs`.
fn stored(version: u8, value: &impl Serialize) -> Vec<u8> {
    [vec![version], postcard::to_stdvec(value).unwrap()].concat()
}
