//! A folder of many files on its way into the library: how far they are is told, and a killed application goes on with
//! those that are left.

use std::fs;
use std::path::{Path, PathBuf};

use aparte_tests::fixture;

use super::app::{App, Start};
use super::machine::{Machine, kill, runs};
use super::patience::{ANSWER, SOON, eventually};

const PASSPHRASE: &str = "nine lanterns along the towpath";

/// What is in the folder: some take a while, some a moment, and two cannot be read.
const FILES: usize = 30;
const UNREADABLE: [&str; 2] = ["damaged.pdf", "password.pdf"];

#[test]
fn a_folder_of_files_goes_on_where_it_was_when_the_application_was_killed() {
    let machine = Machine::new();
    let start = Start {
        files: vec![folder(&machine)],
        ..Start::default()
    };
    let app = App::start(&machine, &start);
    app.write("passphrase", PASSPHRASE);
    app.write("passphrase-again", PASSPHRASE);
    app.press("open-vault");

    let (done, total) = eventually(ANSWER, "a part of the files is read", || {
        far(&app).filter(|(done, _)| *done >= FILES / 3)
    });
    app.screenshot("intake-en");
    assert!(
        done < FILES && total == FILES,
        "{done} of {total} files are read when the application is killed"
    );
    kill(app.process());
    eventually(SOON, "the application ended", || {
        (!runs(app.process())).then_some(())
    });
    drop(app);

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.see("intake-resumed");
    let (_, left) = eventually(SOON, "how many are left is told", || far(&app));
    assert!(
        left <= FILES - done + UNREADABLE.len(),
        "{left} files are left of {FILES}, of which {done} were read"
    );
    app.press("pause-intake");
    eventually(SOON, "it says that it is paused", || {
        let line = app.texts("intake-line").concat();
        line.contains("Paused").then_some(())
    });
    app.screenshot("intake-paused-en");
    app.press("pause-intake");

    for name in UNREADABLE {
        eventually(ANSWER, &format!("a sentence says what {name} is"), || {
            // One that wants a password may be tried again.
            let said = ["failed", "closed"]
                .map(|state| app.texts(&format!("incoming[data-state={state}]")));
            said.concat()
                .iter()
                .any(|text| text.contains(name))
                .then_some(())
        });
    }
    eventually(ANSWER, "all files are done", || {
        (app.count("pause-intake") == 0).then_some(())
    });
    app.press("library");
    let samples = 2;
    let expected = format!("{} documents", FILES - UNREADABLE.len() + samples);
    eventually(SOON, &format!("the library has {expected}"), || {
        (app.texts("shown").concat().trim() == expected).then_some(())
    });
    app.screenshot("library-en");
    for _ in UNREADABLE {
        app.press("dismiss");
    }
    app.see_gone("intake");
    app.assert_alive();
    app.close();

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    eventually(SOON, "all documents are there after a restart", || {
        (app.texts("shown").concat().trim() == expected).then_some(())
    });
    assert_eq!(app.count("intake-line"), 0, "nothing is left to read");
    app.close();
}

/// How many files are done, of how many, as it is told.
fn far(app: &App) -> Option<(usize, usize)> {
    let line = app.texts("intake-line").into_iter().next()?;
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn folder(machine: &Machine) -> PathBuf {
    let folder = machine.desk().join("a folder of everything");
    fs::create_dir_all(folder.join("below it")).unwrap();
    for name in UNREADABLE {
        fs::copy(fixture(name), folder.join(name)).unwrap();
    }
    for number in UNREADABLE.len()..FILES {
        fill(&folder, number);
    }
    folder
}

/// Writes a file that differs from all others in its bytes.
fn fill(folder: &Path, number: usize) {
    let text = format!("# Lot {number}\n\nIt was weighed at the gate on day {number}.\n");
    match number % 4 {
        0 => fs::write(folder.join(format!("{number} notes.md")), text),
        1 => fs::write(folder.join(format!("below it/{number}.txt")), text),
        // A lot of pages: the application is to be killed while there is something left.
        _ => fs::write(
            folder.join(format!("{number} weighing.pdf")),
            super::large::pdf(60 + number),
        ),
    }
    .unwrap();
}
