//! The first load of a model makes a trial, what it finds is remembered beside the models, and the next load goes by it.
//!
//! Whether a trial finds anything depends on what the machine does beside the tests; either is looked at.

use std::fs;
use std::path::PathBuf;

use aparte_assistant::{BatchSize, Calibrated, Calibrations, ModelFacts, Stop};
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

    fn kept(&self) -> Calibrations {
        Calibrations::Kept(self.folder.path().to_owned())
    }

    fn used(&self) -> Calibrations {
        Calibrations::Used(self.folder.path().to_owned())
    }

    /// Loads the model in a worker of its own.
    fn load(&self, calibrations: Calibrations) -> ModelFacts {
        App::calibrated(&self.model(), calibrations).load().unwrap()
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
fn a_first_load_makes_a_trial_that_the_next_one_goes_by() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load(models.used());
    assert_eq!(usual.calibrated, Calibrated::Untried);
    assert_eq!(models.remembered(), None, "only looked at");
    let first = models.load(models.kept());
    match first.calibrated {
        Calibrated::Tried(_) => {
            let remembered = models.remembered().expect("it is written down");
            let tuning = &remembered["models"][0]["tuning"];
            assert_eq!(tuning["threads"], first.tuning.threads.get());
            assert_eq!(tuning["batch"], first.tuning.batch.tokens());
            let second = models.load(models.kept());
            assert_eq!(second.calibrated, Calibrated::Known);
            assert_eq!(second.tuning, first.tuning);
            assert_eq!(second.fingerprint, first.fingerprint);
            assert_eq!(models.remembered(), Some(remembered));
        }
        Calibrated::TooBusy => {
            assert_eq!(first.tuning, usual.tuning);
            assert_eq!(models.remembered(), None);
        }
        other => panic!("there was to be a trial: {other:?}"),
    }
}

#[test]
fn a_model_is_opened_and_answers_as_is_remembered_without_a_trial() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load(models.used());
    let stored = models.remember(1, &usual.machine);
    for calibrations in [models.used(), models.kept()] {
        let app = App::calibrated(&models.model(), calibrations);
        let facts = app.load().unwrap();
        assert_eq!(facts.calibrated, Calibrated::Known);
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
    }
    assert_eq!(models.remembered(), Some(stored));
}

#[test]
fn what_another_machine_found_or_none_can_do_is_not_gone_by_and_makes_place_for_a_trial() {
    let _turn = turn();
    let models = Models::new();
    let usual = models.load(models.used());
    for (threads, machine) in [
        (1, "CPU (another), 64 of 128 cores"),
        (65_535, &usual.machine),
    ] {
        let stored = models.remember(threads, machine);
        let looked = models.load(models.used());
        assert_eq!(looked.calibrated, Calibrated::Untried, "{machine}");
        assert_eq!(looked.tuning, usual.tuning, "{machine}");
        let tried = models.load(models.kept());
        let remembered = models.remembered().expect("it is replaced, not removed");
        match tried.calibrated {
            Calibrated::Tried(_) => {
                let entries = remembered["models"].as_array().unwrap();
                assert_eq!(entries.len(), 1);
                assert_eq!(entries[0]["machine"], usual.machine.as_str());
                assert_eq!(entries[0]["tuning"]["threads"], tried.tuning.threads.get());
            }
            Calibrated::TooBusy => assert_eq!(remembered, stored),
            other => panic!("there was to be a trial: {other:?}"),
        }
    }
}

#[test]
fn a_damaged_memory_costs_a_trial_and_no_load() {
    let _turn = turn();
    let models = Models::new();
    fs::write(models.memory(), "{\"version\": \"0").unwrap();
    let tried = models.load(models.kept());
    match tried.calibrated {
        Calibrated::Tried(_) => assert!(models.remembered().is_some()),
        other => assert_eq!(other, Calibrated::TooBusy),
    }
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
    models.remember(1, &models.load(models.used()).machine);
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
