//! `aparte-desktop FILE...`: files that another program, or a person at a terminal, opens with Aparté.

use std::fs;

use aparte_tests::fixture;

use super::app::{App, Start};
use super::drops::address_of;
use super::machine::Machine;
use super::patience::{SOON, eventually};

const PASSPHRASE: &str = "une phrase que personne ne devine";

/// The name under which the model that comes with Aparté is looked for.
const STARTER_FILE: &str = "SmolLM2-135M-Instruct-Q4_1.gguf";

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
                // One that wants a password may be tried again.
                let failed = ["failed", "closed"]
                    .map(|state| app.texts(&format!("incoming[data-state={state}]")))
                    .concat();
                // Within the quotation marks is a space, narrow or not.
                let named = format!("« {name} »");
                failed
                    .iter()
                    .map(|text| text.replace('\u{202f}', " "))
                    .any(|text| text.contains(&named) && text.contains(words))
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

#[test]
fn a_model_that_cannot_be_loaded_gets_a_sentence_and_everything_else_works() {
    for (bad, state, english, french) in [
        (
            Some("renamed-text.gguf"),
            "failed",
            "is not a GGUF model",
            "n'est pas un modèle GGUF",
        ),
        (
            None,
            "missing",
            "is not on this machine",
            "n'est pas sur cette machine",
        ),
    ] {
        for is_french in [false, true] {
            let machine = Machine::new();
            let models = machine.path("models");
            fs::create_dir(&models).unwrap();
            if let Some(bad) = bad {
                fs::copy(fixture(bad), models.join(STARTER_FILE)).unwrap();
            }
            let start = Start {
                french: is_french,
                models: Some(models),
                ..Start::default()
            };
            let app = App::first(&machine, &start, PASSPHRASE);
            app.see(&format!("model[data-state={state}]"));
            app.press("model");
            let expected = if is_french { french } else { english };
            eventually(SOON, &format!("it says “{expected}”"), || {
                let said = app.run("return document.body.innerText", &[]);
                let said = said.as_str().unwrap_or_default().replace('\u{2019}', "'");
                said.contains(expected).then_some(())
            });
            if !is_french && state == "failed" {
                app.screenshot("model-failed-en");
            }
            let window = app.display().window_of(app.process());
            let added = [address_of(&fixture("notes.md"))];
            app.display().drop_onto(&window, &added, || {});
            eventually(SOON, "a document is added all the same", || {
                let library = app.texts("document");
                library
                    .iter()
                    .any(|row| row.contains("notes.md"))
                    .then_some(())
            });
            app.assert_alive();
            app.close();
        }
    }
}
