//! `aparte-desktop FILE...`: files that another program, or a person at a terminal, opens with Aparté.

use aparte_tests::fixture;

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{SOON, eventually};

const PASSPHRASE: &str = "une phrase que personne ne devine";

#[test]
fn named_files_are_added_and_bad_ones_get_a_sentence_in_the_language_of_the_system() {
    let machine = Machine::new();
    let start = Start {
        french: true,
        files: ["latin1.txt", "damaged.pdf", "password.pdf", "notes.md"]
            .map(fixture)
            .into(),
        ..Start::default()
    };
    let app = App::first(&machine, &start, PASSPHRASE);
    for name in ["latin1.txt", "notes.md"] {
        eventually(SOON, &format!("{name} is in the library"), || {
            let library = app.texts("document");
            library.iter().any(|row| row.contains(name)).then_some(())
        });
    }
    for (name, words) in [
        ("damaged.pdf", "est endommagé"),
        ("password.pdf", "est protégé par un mot de passe"),
    ] {
        eventually(
            SOON,
            &format!("a sentence says that {name} {words}"),
            || {
                let failed = app.texts("incoming[data-state=failed]");
                failed
                    .iter()
                    .any(|text| text.contains(&format!("« {name} »")) && text.contains(words))
                    .then_some(())
            },
        );
    }
    assert_eq!(
        app.run("return document.documentElement.lang", &[]),
        "fr",
        "the interface speaks the language of the system"
    );
    app.screenshot("refused-files-fr");
    app.assert_alive();
    app.close();
}
