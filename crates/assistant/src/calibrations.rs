//! What trials of models found on this machine, remembered beside the models in `calibration.json`.
//!
//! A trial takes a few seconds, so that it is made once for a model, a machine and a version of Aparté. The file holds names of
//! model files, the processor, settings and speeds, and nothing of the user's; it is in clear, because it is needed where no
//! vault is open. Whatever is wrong with it, it is as if it were not there: a trial writes another. That it cannot be written
//! never fails anything.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use aparte_protocol::calibration::{Calibrated, Known, Speed, Tuning, Wish};
use aparte_protocol::engine::ModelFacts;
use serde::{Deserialize, Serialize};

/// What a session does about the calibration of its model, with the file in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calibrations {
    /// What is remembered there is used; no trial is made and nothing is written.
    Used(PathBuf),
    /// What is remembered there is used; else a trial is made and what it finds is remembered there.
    Kept(PathBuf),
}

impl Calibrations {
    fn folder(&self) -> &Path {
        match self {
            Calibrations::Used(folder) | Calibrations::Kept(folder) => folder,
        }
    }

    /// What a worker is to do that loads the model in `file`.
    pub(crate) fn wish(&self, file: &Path) -> Wish {
        let found = Key::of(file).and_then(|key| {
            let mut entries = read(self.folder()).into_iter();
            entries.find(|entry| entry.model == key)
        });
        Wish {
            known: found.map(|entry| Known {
                tuning: entry.tuning,
                machine: entry.machine,
            }),
            may_try: matches!(self, Calibrations::Kept(_)),
        }
    }

    /// Remembers what a worker found out about the model in `file`, if it did and that is to be kept.
    pub(crate) fn learn(&self, file: &Path, facts: &ModelFacts) {
        let (Calibrations::Kept(folder), Calibrated::Tried(speed)) = (self, &facts.calibrated)
        else {
            return;
        };
        let Some(model) = Key::of(file) else { return };
        let new = Entry {
            model,
            machine: facts.machine.clone(),
            tuning: facts.tuning,
            speed: *speed,
        };
        if !new.is_sound() {
            return;
        }
        let mut entries = read(folder);
        entries.retain(|entry| entry.model.file != new.model.file);
        entries.push(new);
        let surplus = entries.len().saturating_sub(MOST_ENTRIES);
        entries.drain(..surplus);
        // It can be found out again.
        let _ = write(folder, entries);
    }
}

/// The name of the file.
const FILE: &str = "calibration.json";
/// Under which it is written until it is whole.
const NEW_FILE: &str = "calibration.json.new";
/// Bytes of a file that is read.
const LONGEST_FILE: u64 = 256 << 10;
/// Models that are remembered; the oldest is forgotten first.
const MOST_ENTRIES: usize = 64;
/// Bytes of the words for a machine.
const LONGEST_MACHINE: usize = 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Of Aparté: another one may compute otherwise.
    version: String,
    models: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    model: Key,
    /// See [`ModelFacts::machine`]; the worker compares it with its own.
    machine: String,
    tuning: Tuning,
    speed: Option<Speed>,
}

impl Entry {
    /// Whether it may be given to a worker as arguments, which end at a zero.
    fn is_sound(&self) -> bool {
        let is_speed = |speed: f64| speed.is_finite() && speed > 0.0;
        self.machine.len() <= LONGEST_MACHINE
            && !self.machine.contains(char::is_control)
            && self
                .speed
                .is_none_or(|speed| is_speed(speed.prompt) && is_speed(speed.reply))
    }
}

/// What tells one model from another before it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    /// The file's name.
    file: String,
    /// In bytes.
    length: u64,
    /// When it was changed, in seconds since 1970.
    modified: u64,
}

impl Key {
    fn of(file: &Path) -> Option<Key> {
        let about = fs::metadata(file).ok()?;
        let modified = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Key {
            file: file.file_name()?.to_string_lossy().into_owned(),
            length: about.len(),
            modified: modified.as_secs(),
        })
    }
}

/// What is remembered in a folder; nothing where anything is wrong with it.
fn read(folder: &Path) -> Vec<Entry> {
    let path = folder.join(FILE);
    // Opening a pipe would wait for its other end, and a link leads anywhere.
    let is_sound = |about: fs::Metadata| about.is_file() && about.len() <= LONGEST_FILE;
    if !fs::symlink_metadata(&path).is_ok_and(is_sound) {
        return Vec::new();
    }
    let stored = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
    match stored {
        Some(stored)
            if stored.version == VERSION
                && stored.models.len() <= MOST_ENTRIES
                && stored.models.iter().all(Entry::is_sound) =>
        {
            stored.models
        }
        _ => Vec::new(),
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Replaces the file in one step. The folder is made where only it is missing.
fn write(folder: &Path, models: Vec<Entry>) -> io::Result<()> {
    if !folder.is_dir() {
        fs::create_dir(folder)?;
    }
    let stored = Stored {
        version: VERSION.to_owned(),
        models,
    };
    let new = folder.join(NEW_FILE);
    // One that was cut off is in the way; a link is not followed.
    let _ = fs::remove_file(&new);
    let mut file = File::create_new(&new)?;
    file.write_all(&serde_json::to_vec_pretty(&stored)?)?;
    drop(file);
    fs::rename(&new, folder.join(FILE)).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use aparte_protocol::calibration::BatchSize;
    use tempfile::TempDir;

    use super::*;

    const TUNING: Tuning = Tuning {
        threads: NonZeroU16::MIN,
        batch: BatchSize::Large,
        flash_attention: false,
    };

    fn facts(calibrated: Calibrated) -> ModelFacts {
        ModelFacts {
            name: String::new(),
            architecture: String::new(),
            parameters: 1,
            context: 4096,
            has_template: true,
            devices: Vec::new(),
            fingerprint: [0; 32],
            load_ms: 1,
            machine: "CPU (a processor), 2 of 4 cores".to_owned(),
            tuning: TUNING,
            calibrated,
        }
    }

    fn tried() -> ModelFacts {
        facts(Calibrated::Tried(Some(Speed {
            prompt: 348.0,
            reply: 100.0,
        })))
    }

    /// A folder with a model in it.
    fn place() -> (TempDir, PathBuf, Calibrations) {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.gguf");
        fs::write(&model, "weights").unwrap();
        let kept = Calibrations::Kept(folder.path().to_owned());
        (folder, model, kept)
    }

    fn known(calibrations: &Calibrations, model: &Path) -> Option<Tuning> {
        calibrations.wish(model).known.map(|known| known.tuning)
    }

    #[test]
    fn what_a_trial_found_is_known_to_the_next_session() {
        let (folder, model, kept) = place();
        assert_eq!(known(&kept, &model), None);
        assert!(kept.wish(&model).may_try);
        kept.learn(&model, &tried());
        let used = Calibrations::Used(folder.path().to_owned());
        for calibrations in [&kept, &used] {
            let known = calibrations.wish(&model).known.unwrap();
            assert_eq!(known.tuning, TUNING);
            assert_eq!(known.machine, tried().machine);
        }
        assert!(!used.wish(&model).may_try);
    }

    #[test]
    fn a_session_that_leaves_nothing_behind_writes_nothing() {
        let (folder, model, _) = place();
        Calibrations::Used(folder.path().to_owned()).learn(&model, &tried());
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn a_trial_beside_a_busy_machine_is_not_remembered() {
        let (folder, model, kept) = place();
        for calibrated in [Calibrated::TooBusy, Calibrated::Untried, Calibrated::Known] {
            kept.learn(&model, &facts(calibrated));
        }
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn another_file_under_the_same_name_is_another_model() {
        let (folder, model, kept) = place();
        kept.learn(&model, &tried());
        fs::write(&model, "other weights").unwrap();
        assert_eq!(known(&kept, &model), None);
        kept.learn(&model, &tried());
        assert_eq!(known(&kept, &model), Some(TUNING));
        assert_eq!(read(folder.path()).len(), 1, "the first is forgotten");
    }

    #[test]
    fn a_damaged_or_hostile_file_is_ignored_and_replaced() {
        let (folder, model, kept) = place();
        kept.learn(&model, &tried());
        let path = folder.path().join(FILE);
        let sound = fs::read_to_string(&path).unwrap();
        let changed = |from: &str, to: &str| {
            assert!(sound.contains(from), "{from} in {sound}");
            sound.replacen(from, to, 1)
        };
        let entries = |count: usize| {
            let mut stored: serde_json::Value = serde_json::from_str(&sound).unwrap();
            let entry = stored["models"][0].clone();
            stored["models"] = vec![entry; count].into();
            stored.to_string()
        };
        assert!(serde_json::from_str::<Stored>(&entries(MOST_ENTRIES)).is_ok());
        for hostile in [
            String::new(),
            "{".to_owned(),
            "[".repeat(100_000),
            sound[..sound.len() - 3].to_owned(),
            changed(VERSION, "0.0.0-other"),
            changed("\"threads\": 1", "\"threads\": 0"),
            changed("\"threads\": 1", "\"threads\": -1"),
            changed("\"threads\": 1", "\"threads\": 65536"),
            changed("\"batch\": 1024", "\"batch\": 1023"),
            changed("\"batch\": 1024", "\"batch\": 1e99"),
            changed("CPU (", "CPU\\u0000 ("),
            changed("CPU (", &"CPU (".repeat(1_000)),
            changed("\"prompt\": 348.0", "\"prompt\": -1.0"),
            changed("\"version\"", "\"run\": \"something\", \"version\""),
            entries(MOST_ENTRIES + 1),
            sound.clone() + &" ".repeat(LONGEST_FILE as usize),
        ] {
            fs::write(&path, &hostile).unwrap();
            let shown = &hostile[..hostile.len().min(400)];
            assert_eq!(known(&kept, &model), None, "{shown}");
            kept.learn(&model, &tried());
            assert_eq!(fs::read_to_string(&path).unwrap(), sound, "after {shown}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_neither_read_nor_written_through() {
        let (folder, model, kept) = place();
        kept.learn(&model, &tried());
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("target");
        let path = folder.path().join(FILE);
        fs::rename(&path, &target).unwrap();
        for name in [FILE, NEW_FILE] {
            std::os::unix::fs::symlink(&target, folder.path().join(name)).unwrap();
        }
        assert_eq!(known(&kept, &model), None);
        let before = fs::read(&target).unwrap();
        let mut other = tried();
        other.tuning.batch = BatchSize::Small;
        kept.learn(&model, &other);
        assert_eq!(fs::read(&target).unwrap(), before);
        assert_eq!(known(&kept, &model), Some(other.tuning));
    }

    #[test]
    fn a_place_that_cannot_be_written_costs_nothing() {
        let (folder, model, kept) = place();
        fs::create_dir_all(folder.path().join(FILE).join("full")).unwrap();
        kept.learn(&model, &tried());
        assert_eq!(known(&kept, &model), None);
        assert!(!folder.path().join(NEW_FILE).exists());
        let nowhere = Calibrations::Kept(folder.path().join("no/such/folder"));
        nowhere.learn(&model, &tried());
        assert_eq!(known(&nowhere, &model), None);
        let missing = Calibrations::Kept(folder.path().join("models"));
        missing.learn(&model, &tried());
        assert_eq!(known(&missing, &model), Some(TUNING), "it is made");
    }

    #[test]
    fn what_a_worker_says_is_not_believed_where_it_makes_no_sense() {
        let (folder, model, kept) = place();
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let speed = Speed {
                prompt: speed,
                reply: 1.0,
            };
            kept.learn(&model, &facts(Calibrated::Tried(Some(speed))));
        }
        let long = ModelFacts {
            machine: "x".repeat(LONGEST_MACHINE + 1),
            ..tried()
        };
        kept.learn(&model, &long);
        assert!(!folder.path().join(FILE).exists());
        let slow = facts(Calibrated::Tried(None));
        kept.learn(&model, &slow);
        assert_eq!(known(&kept, &model), Some(TUNING));
    }

    #[test]
    fn so_many_models_are_remembered_and_then_the_oldest_is_forgotten() {
        let (folder, _, kept) = place();
        let model = |number: usize| {
            let path = folder.path().join(format!("{number}.gguf"));
            fs::write(&path, "weights").unwrap();
            path
        };
        for number in 0..=MOST_ENTRIES {
            kept.learn(&model(number), &tried());
        }
        assert_eq!(known(&kept, &model(0)), None);
        assert_eq!(read(folder.path()).len(), MOST_ENTRIES);
    }
}
