//! Files that a person drags out of another program and drops onto the window, or copies there and pastes.

use std::fs;
use std::path::Path;

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{SOON, eventually, stays};

const PASSPHRASE: &str = "a kettle that sings in the morning";

/// The names are the test: words with accents, spaces, and what means something in an address.
const NAMES: [&str; 4] = [
    "minutes.txt",
    "Procès-verbal été.txt",
    "œuvre n° 2 #1 100%.md",
    "budget & plan.txt",
];

#[test]
fn dropped_files_end_in_the_library_and_nothing_else_does() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let window = app.display().window_of(app.process());
    for (number, name) in NAMES.iter().enumerate() {
        // Documents with the same bytes are one document.
        let text = format!("The committee met {number} times and bought a boat.\n");
        fs::write(machine.desk().join(name), text).unwrap();
    }
    let samples = app.count("document");
    let address = |name: &str| address_of(&machine.desk().join(name));
    let added = |names: &[&str]| {
        for name in names {
            eventually(SOON, &format!("{name} is in the library"), || {
                let library = app.texts("document");
                library.iter().any(|row| row.contains(name)).then_some(())
            });
        }
    };

    app.display().drop_onto(&window, &[address(NAMES[0])], || {
        app.see("drop");
        app.screenshot("drop-en");
    });
    added(&NAMES[..1]);
    app.see_gone("drop");

    app.display()
        .drop_onto(&window, &[address(NAMES[1])], || drop(app.see("drop")));
    added(&NAMES[1..2]);

    app.display()
        .drop_onto(&window, &[address(NAMES[2]), address(NAMES[3])], || {
            drop(app.see("drop"))
        });
    added(&NAMES[2..]);
    app.see_gone("incoming");
    assert_eq!(
        app.count("document"),
        samples + NAMES.len(),
        "each dropped file is in the library once: {:?}",
        app.texts("document")
    );

    // A link out of a browser is no file, and the window is no browser.
    let here = app.run("window.stillHere = true; return location.href", &[]);
    let link = "https://example.org/page.html".to_owned();
    app.display().drop_onto(&window, &[link], || {});
    stays("a dropped link is not followed, and is no document", || {
        app.run("return window.stillHere && location.href", &[]) == here
            && app.count("document") == samples + NAMES.len()
    });

    fs::create_dir(machine.desk().join("a folder")).unwrap();
    fs::write(machine.desk().join("nothing.txt"), "").unwrap();
    for (name, words) in [("a folder", "is not a file"), ("nothing.txt", "is empty")] {
        app.display().drop_onto(&window, &[address(name)], || {});
        eventually(
            SOON,
            &format!("a sentence says of {name} that it {words}"),
            || {
                let failed = app.texts("incoming[data-state=failed]");
                failed
                    .iter()
                    .any(|text| text.contains(name) && text.contains(words))
                    .then_some(())
            },
        );
    }
    app.screenshot("refused-files-en");
    app.press("dismiss");
    eventually(SOON, "a sentence that was read can be put away", || {
        (app.count("incoming[data-state=failed]") == 1).then_some(())
    });
    app.assert_alive();
    app.close();
}

#[test]
fn files_that_were_copied_elsewhere_are_pasted_into_the_library() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let window = app.display().window_of(app.process());
    let samples = app.count("document");
    for name in &NAMES[..2] {
        fs::write(machine.desk().join(name), format!("{name} was copied.\n")).unwrap();
    }
    let addresses = NAMES[..2]
        .iter()
        .map(|name| address_of(&machine.desk().join(name)));
    let addresses: Vec<_> = addresses.collect();

    // In the library nothing takes text.
    app.press("library");
    app.see("shelf");
    app.display().with_copied(&addresses, || {
        app.display().press(&window, &["ctrl+v"]);
        for name in &NAMES[..2] {
            eventually(SOON, &format!("{name} is in the library"), || {
                let lines = app.texts("shelf-line");
                lines.iter().any(|line| line.contains(name)).then_some(())
            });
        }
    });
    assert_eq!(app.count("shelf-line"), samples + 2, "and nothing else is");

    let link = "https://example.org/page.html".to_owned();
    app.display().with_copied(&[link], || {
        app.display().press(&window, &["ctrl+v"]);
        stays("an address of the network is no file", || {
            app.count("shelf-line") == samples + 2 && app.count("incoming") == 0
        });
    });
    app.assert_alive();
    app.close();
}

/// The address of a file, as programs hand it to each other.
pub fn address_of(path: &Path) -> String {
    let path = path.to_str().expect("the test named it");
    let encoded: String = path
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("file://{encoded}")
}
