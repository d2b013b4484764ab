//! A folder of many files on its way into the library: how far they are is told, and how long the rest will take; and a killed
//! application goes on with those that are left.
//!
//! The long form (`cargo xtask campaign window`) takes more of them.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aparte_tests::fixture;

use super::app::{App, Start};
use super::drops::address_of;
use super::kinds;
use super::machine::{Machine, kill, runs};
use super::patience::{ANSWER, SOON, eventually};

const PASSPHRASE: &str = "nine lanterns along the towpath";

/// What is in the folder beside the files that were made for it: some are of other people, and two cannot be read.
const FIXTURES: [&str; 8] = [
    "damaged.pdf",
    "password.pdf",
    "jsonlite-json-mapping.pdf",
    "latin1.txt",
    "notes.md",
    "notice.html",
    "scan.pdf",
    "utf16.txt",
];
const UNREADABLE: &[&str] = FIXTURES.split_at(2).0;

/// Documents that come with the application.
const SAMPLES: usize = 2;

/// For all of the files.
const ALL: Duration = Duration::from_secs(900);

fn files() -> usize {
    match std::env::var_os("APARTE_CAMPAIGN") {
        Some(_) => 200,
        None => 30,
    }
}

#[test]
fn a_dropped_folder_of_many_kinds_goes_on_where_it_was_when_the_application_was_killed() {
    let files = files();
    let machine = Machine::new();
    let (folder, documents) = folder(&machine, files);
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let window = app.display().window_of(app.process());
    app.display()
        .drop_onto(&window, &[address_of(&folder)], || drop(app.see("drop")));

    let (done, total) = eventually(ALL, "half of the files are read", || {
        far(&app).filter(|(done, _)| *done >= files / 2)
    });
    app.screenshot("intake-en");
    assert!(
        done < files && total == files,
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
        left <= files - done + UNREADABLE.len(),
        "{left} files are left of {files}, of which {done} were read"
    );
    app.press("pause-intake");
    eventually(SOON, "it says that it is paused", || {
        let line = app.texts("intake-line").concat();
        line.contains("Paused").then_some(())
    });
    app.screenshot("intake-paused-en");
    app.press("pause-intake");

    let mut estimates = Vec::new();
    eventually(ALL, "all files are done", || {
        let line = app.texts("intake-line").concat();
        estimates.extend(Estimate::told_in(&line));
        (app.count("pause-intake") == 0).then_some(())
    });
    app.screenshot("intake-done-en");
    assert_honest(&estimates);
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
    app.press("library");
    let expected = format!("{documents} documents");
    eventually(SOON, &format!("the library has {expected}"), || {
        (app.texts("shown").concat().trim() == expected).then_some(())
    });
    app.screenshot("library-en");
    for _ in UNREADABLE {
        app.press("dismiss");
    }
    app.see_gone("intake-line");
    app.assert_alive();
    app.close();

    let app = App::again(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    eventually(SOON, "all documents are there after a restart", || {
        (app.texts("shown").concat().trim() == expected).then_some(())
    });
    assert_eq!(app.count("intake-line"), 0, "nothing is left to read");
    app.close();
    println!("campaign: executions={files} failures=0");
}

/// How many files are done, of how many, as it is told.
fn far(app: &App) -> Option<(usize, usize)> {
    let line = app.texts("intake-line").into_iter().next()?;
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// How long the rest takes, as it was told at a moment.
#[derive(Debug)]
struct Estimate {
    told: Instant,
    /// In seconds.
    least: f64,
    most: f64,
}

impl Estimate {
    fn told_in(line: &str) -> Option<Estimate> {
        let (_, left) = line.rsplit_once(" · ")?;
        let (least, most) = match left {
            "a few seconds left" => (0.0, 10.0),
            "less than a minute left" => (10.0, 60.0),
            left => {
                let (minutes, _) = left.strip_prefix("about ")?.split_once(" minute")?;
                let minutes: f64 = minutes.parse().ok()?;
                ((minutes - 0.5) * 60.0, (minutes + 0.5) * 60.0)
            }
        };
        Some(Estimate {
            told: Instant::now(),
            least,
            most,
        })
    }
}

/// What was told was true within a factor of two, most of the time.
fn assert_honest(estimates: &[Estimate]) {
    let Some(last) = estimates.last() else {
        // Whatever takes less than a few seconds needs no estimate.
        return;
    };
    let is_true = |estimate: &&Estimate| {
        let took = last.told.duration_since(estimate.told).as_secs_f64();
        took >= estimate.least / 2.0 && took <= estimate.most * 2.0
    };
    let all = estimates.len();
    let honest = estimates.iter().filter(is_true).count();
    println!("{honest} of {all} estimates were true within a factor of two");
    assert!(4 * honest >= 3 * all, "{honest} of {all}: {estimates:#?}");
}

/// Fills a folder, and gives it with how many documents are in the library when all of it is.
fn folder(machine: &Machine, files: usize) -> (PathBuf, usize) {
    let folder = machine.desk().join("a folder of everything");
    let below = folder.join("below it");
    fs::create_dir_all(&below).unwrap();
    for name in FIXTURES {
        fs::copy(fixture(name), folder.join(name)).unwrap();
    }
    let made = (FIXTURES.len()..files).map(|number| match number % 3 {
        0 => kinds::write(&below, number),
        _ => kinds::write(&folder, number),
    });
    let documents = made.sum::<usize>() + FIXTURES.len() - UNREADABLE.len() + SAMPLES;
    (folder, documents)
}
