//! A model that nobody asks anything is tried, what that finds is remembered beside the models, and the next load goes by it.
//!
//! Whether a trial finds anything depends on what the machine does beside the tests; either is looked at.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aparte_assistant::{BatchSize, Calibrations, ModelFacts, Stop};
use aparte_tests::{aparte, json, link_model, starter};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::app::{App, DOCUMENT, QUESTION, turn};

/// A folder of models with the starter in it.
struct Models {
    folder: TempDir,
}

impl Models {
    fn new() -> Models {
        let models = Models {
            folder: tempfile::tempdir().unwrap(),
        };
        link_model(&starter().file, &models.model());
        models
    }

    fn model(&self) -> PathBuf {
        let file = starter().file;
        self.folder.path().join(file.file_name().unwrap())
    }

    fn app(&self) -> App {
        let calibrations = Calibrations::in_folder(self.folder.path().to_owned());
        App::calibrated(&self.model(), calibrations)
    }

    /// Loads the model in a worker of its own.
    fn load(&self) -> ModelFacts {
        self.app().load().unwrap()
    }

    /// Loads the model in a worker of its own, which makes a trial. Whether it remembered anything.
    fn try_out(&self) -> bool {
        let before = self.remembered();
        let app = self.app();
        app.load().unwrap();
        assert!(app.is_to_be_calibrated(Duration::ZERO));
        app.calibrate(&|| false);
        assert!(!app.is_to_be_calibrated(Duration::ZERO), "it is tried once");
        self.remembered() != before
    }

    fn memory(&self) -> PathBuf {
        self.folder.path().join("calibration.json")
    }

    fn remembered(&self) -> Option<Value> {
        let text = fs::read_to_string(self.memory()).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Writes down that a trial had found this, on `machine`.
    fn remember(&self, threads: u32, machine: &str) -> Value {
        let about = fs::metadata(self.model()).unwrap();
        let modified = about.modified().unwrap();
        let modified = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
        let stored = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "models": [{
                "model": {
                    "file": self.model().file_name().unwrap().to_str().unwrap(),
                    "length": about.len(),
                    "modified": modified.as_secs(),
                },
                "machine": machine,
                "tuning": {"threads": threads, "batch": 256, "flash_attention": false},
                "speed": {"prompt": 1.5, "reply": 0.5},
            }],
        });
        fs::write(self.memory(), stored.to_string()).unwrap();
        stored
    }
}

#[test]
fn a_trial_finds_what_the_next_load_goes_by() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load();
    assert!(!usual.calibrated);
    assert_eq!(models.remembered(), None, "a load makes no trial");
    if models.try_out() {
        let remembered = models.remembered();
        let tuning = &remembered.as_ref().unwrap()["models"][0]["tuning"];
        let app = models.app();
        let next = app.load().unwrap();
        assert!(next.calibrated);
        assert_eq!(tuning["threads"], next.tuning.threads.get());
        assert_eq!(tuning["batch"], next.tuning.batch.tokens());
        assert!(!app.is_to_be_calibrated(Duration::ZERO));
        assert_eq!(models.remembered(), remembered);
    } else {
        // The machine was busy.
        assert_eq!(models.remembered(), None);
    }
}

#[test]
fn a_question_does_not_wait_for_a_trial() {
    let _turn = turn();
    let models = Models::new();
    let app = models.app();
    app.load().unwrap();
    let document = app.add("ferry.txt", DOCUMENT).unwrap();
    let conversation = app.begin(QUESTION, &[document]).unwrap();
    assert!(
        !app.is_to_be_calibrated(Duration::from_secs(60)),
        "somebody may still be there"
    );
    std::thread::scope(|scope| {
        let trial = scope.spawn(|| app.calibrate(&|| false));
        std::thread::sleep(Duration::from_millis(300));
        let answer = app.ask(
            conversation.id,
            QUESTION,
            &[document],
            &Stop::default(),
            &mut |_| {},
        );
        assert!(answer.unwrap().timings.engine.generated_tokens > 0);
        trial.join().unwrap();
    });
    assert_eq!(models.remembered(), None, "it gave way");
    let begun = Instant::now();
    app.calibrate(&|| begun.elapsed() > Duration::from_millis(100));
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "nor does whoever has enough"
    );
}

#[test]
fn a_model_is_opened_and_answers_as_is_remembered_without_a_trial() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load();
    let stored = models.remember(1, &usual.machine);
    let app = models.app();
    let facts = app.load().unwrap();
    assert!(facts.calibrated);
    assert_eq!(facts.tuning.threads.get(), 1);
    assert_eq!(facts.tuning.batch, BatchSize::Small);
    assert!(!facts.tuning.flash_attention);
    assert_ne!(
        facts.fingerprint, usual.fingerprint,
        "a state with other attention lies otherwise"
    );
    let document = app.add("ferry.txt", DOCUMENT).unwrap();
    let conversation = app.begin(QUESTION, &[document]).unwrap();
    let answer = app.ask(
        conversation.id,
        QUESTION,
        &[document],
        &Stop::default(),
        &mut |_| {},
    );
    assert!(answer.unwrap().timings.engine.generated_tokens > 0);
    assert!(!app.is_to_be_calibrated(Duration::ZERO));
    assert_eq!(models.remembered(), Some(stored));
}

#[test]
fn what_another_machine_found_or_none_can_do_is_not_gone_by_and_makes_place_for_a_trial() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load();
    for (threads, machine) in [
        (1, "CPU (another), 64 of 128 cores"),
        (65_535, &usual.machine),
    ] {
        models.remember(threads, machine);
        let loaded = models.load();
        assert!(!loaded.calibrated, "{machine}");
        assert_eq!(loaded.tuning, usual.tuning, "{machine}");
        if models.try_out() {
            let remembered = models.remembered().expect("it is replaced, not removed");
            let entries = remembered["models"].as_array().unwrap();
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0]["machine"], usual.machine.as_str());
        }
    }
}

#[test]
fn a_damaged_memory_costs_a_trial_and_no_load() {
    let _turn = turn();
    let models = Models::new();
    let damaged = "{\"version\": \"0";
    fs::write(models.memory(), damaged).unwrap();
    assert!(!models.load().calibrated);
    let app = models.app();
    app.load().unwrap();
    app.calibrate(&|| false);
    let after = fs::read_to_string(models.memory()).unwrap();
    assert!(after == damaged || serde_json::from_str::<Value>(&after).is_ok());
}

#[test]
fn a_question_without_a_vault_leaves_nothing_beside_the_models() {
    let _turn = turn();
    let models = Models::new();
    let document = models.folder.path().join("ferry.txt");
    fs::write(&document, DOCUMENT).unwrap();
    let before = fs::read_dir(models.folder.path()).unwrap().count();
    let mut ask = aparte();
    ask.args(["ask", "--json", QUESTION]).arg(&document);
    json(ask.arg("--models").arg(models.folder.path()));
    assert_eq!(fs::read_dir(models.folder.path()).unwrap().count(), before);
}

#[test]
fn the_doctor_tells_what_is_remembered_and_that_nothing_is() {
    let _turn = turn();
    let models = Models::new();
    let settings = |models: &Models| {
        let mut doctor = aparte();
        doctor.args(["doctor", "--json", "--models"]);
        json(doctor.arg(models.folder.path()))["model"]["settings"].clone()
    };
    assert_eq!(settings(&models)["remembered"], false);
    assert_eq!(models.remembered(), None, "it only looks");
    models.remember(1, &models.load().machine);
    assert_eq!(
        settings(&models),
        json!({"threads": 1, "batch": 256, "flash_attention": false, "remembered": true})
    );
    let mut doctor = aparte();
    doctor.args(["doctor", "--language", "en", "--models"]);
    let said = doctor.arg(models.folder.path()).output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("256 tokens at a time, without flash attention; remembered"),
        "{said}"
    );
}
