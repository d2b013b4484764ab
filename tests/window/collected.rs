//! Files that are dropped onto a collection, wait for their password there and are drawn with it from then on, and one that is
//! more than is usually read.

use std::fs;

use aparte_tests::fixture;
use serde_json::json;

use super::app::{App, Start};
use super::drops::address_of;
use super::machine::Machine;
use super::patience::{ANSWER, SOON, eventually};

const PASSPHRASE: &str = "four swans asleep in the lock";

/// It opens only with this (`fixtures/README.md`).
const PROTECTED: &str = "password.pdf";
const PASSWORD: &str = "reading-room";

#[test]
fn a_protected_file_that_is_dropped_onto_a_collection_is_drawn_with_its_password_ever_after() {
    let machine = Machine::new();
    let file = machine.desk().join(PROTECTED);
    fs::copy(fixture(PROTECTED), &file).unwrap();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    app.press("make-collection");
    app.write("name", "Reading room");
    app.press("name-it");
    eventually(SOON, "the new collection is looked at", || {
        (app.texts("library-view h1").concat() == "Reading room").then_some(())
    });
    let window = app.display().window_of(app.process());
    app.display().drop_onto(&window, &[address_of(&file)], || {
        app.see("drop");
        both(&app, "drop-collection-en");
    });

    app.see("incoming[data-state=closed]");
    both(&app, "password-wanted-en");
    app.write("file-password", "a wrong one");
    app.press("open-file");
    eventually(SOON, "it is said that this is not its password", || {
        let said = app.texts("incoming[data-state=closed] [data-part=problem]");
        said.concat().contains("not").then_some(())
    });
    app.write("file-password", PASSWORD);
    app.press("open-file");
    app.see_gone("incoming");
    let members = || app.texts("shelf-line");
    eventually(SOON, "it is in the collection, and alone there", || {
        let members = members();
        (members.len() == 1 && members[0].contains(PROTECTED)).then_some(())
    });
    draw(&app, "protected-drawn");
    app.close();

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    app.press("collection");
    app.see("shelf-line");
    draw(&app, "protected-drawn-again");
    app.close();
}

#[test]
fn a_file_over_the_usual_limits_says_so_and_is_read_where_they_are_raised() {
    const ROWS: usize = 210_000;
    let machine = Machine::new();
    let file = machine.desk().join("weights.csv");
    // Ten cells a row: a little more than is usually read.
    fs::write(&file, "1,2,3,4,5,6,7,8,9,10\n".repeat(ROWS)).unwrap();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let window = app.display().window_of(app.process());
    let drop_it = || {
        let over = || drop(app.see("drop"));
        app.display().drop_onto(&window, &[address_of(&file)], over);
    };

    drop_it();
    eventually(
        ANSWER,
        "it is said what is too much, and what to do",
        || {
            let said = app.texts("incoming[data-state=failed] [data-part=problem]");
            said.concat().contains("raise how much").then_some(())
        },
    );
    both(&app, "over-limits-en");
    app.press("dismiss");
    app.press("settings");
    app.press("limits-choice[data-value=raised]");
    app.press("close-settings");
    drop_it();
    eventually(ANSWER, "it is in the library", || {
        let documents = app.texts("document").concat();
        documents.contains("weights.csv").then_some(())
    });
    app.screenshot("raised-limits-en");
    app.close();
}

/// Opens the one document that is listed and waits until its page is drawn.
fn draw(app: &App, picture: &str) {
    app.press("shelf-line");
    let window = app.display().window_of(app.process());
    app.display().press(&window, &["Return"]);
    app.see("paper[data-page=\"1\"]");
    let ink = "const canvas = document.querySelector('[data-part=paper] canvas');
         const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
         let dark = 0;
         for (let at = 0; at < data.length; at += 4) if (data[at] < 100 && data[at + 3] > 0) dark += 1;
         return dark > 500";
    eventually(SOON, "there is ink on the page", || {
        (app.run(ink, &[]) == json!(true)).then_some(())
    });
    both(app, &format!("{picture}-en"));
    app.press("close-source");
}

/// Keeps a picture in light and in dark.
fn both(app: &App, name: &str) {
    for theme in ["light", "dark"] {
        app.run(
            "document.documentElement.dataset.theme = arguments[0];
             await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))",
            &[json!(theme)],
        );
        app.screenshot(&format!("{name}-{theme}"));
    }
    app.run("delete document.documentElement.dataset.theme", &[]);
}
