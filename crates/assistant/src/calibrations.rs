//! What trials of models found on this machine, remembered beside the models in `calibration.json`.
//!
//! A trial takes a few seconds, so that it is made once for a model, a machine and a version of Aparté. The file holds names of
//! model files, the processor, settings and speeds, and nothing of the user's; it is in clear, because it is needed where no
//! vault is open. Whatever is wrong with it, it is as if it were not there: a trial writes another. That it cannot be written
//! never fails anything.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use aparte_protocol::calibration::{Known, Speed, Tuning};
use serde::{Deserialize, Serialize};

use crate::files;

/// What is remembered in a folder of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibrations {
    folder: PathBuf,
}

impl Calibrations {
    /// Those of the models in `folder`. Nothing is read yet.
    pub fn in_folder(folder: PathBuf) -> Calibrations {
        Calibrations { folder }
    }

    /// What a worker is told that loads the model in `file`.
    pub(crate) fn known(&self, file: &Path) -> Option<Known> {
        let key = Key::of(file)?;
        let mut entries = read(&self.folder).into_iter();
        let found = entries.find(|entry| entry.model == key)?;
        Some(Known {
            tuning: found.tuning,
            machine: found.machine,
        })
    }

    /// How fast the model in `file` is on a machine that is called so.
    pub(crate) fn speed(&self, file: &Path, machine: &str) -> Option<Speed> {
        let key = Key::of(file)?;
        let mut entries = read(&self.folder).into_iter();
        let found = entries.find(|entry| entry.model == key && entry.machine == machine)?;
        found.speed
    }

    /// Remembers what a trial found out about the model in `file`, on a machine that is called so.
    pub(crate) fn learn(&self, file: &Path, machine: &str, tuning: Tuning, speed: Option<Speed>) {
        let Some(model) = Key::of(file) else { return };
        let new = Entry {
            model,
            machine: machine.to_owned(),
            tuning,
            speed,
        };
        if !new.is_sound() {
            return;
        }
        let mut entries = read(&self.folder);
        entries.retain(|entry| entry.model.file != new.model.file);
        entries.push(new);
        let surplus = entries.len().saturating_sub(MOST_ENTRIES);
        entries.drain(..surplus);
        // It can be found out again.
        let _ = write(&self.folder, entries);
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
    /// As the worker calls it, which compares it with its own.
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
    let stored = read_bounded(&folder.join(FILE))
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

/// The bytes of a regular file that is not too long. What it is is looked at on the open file, so that nothing can be exchanged
/// between the look and the reading; a link leads anywhere and is not followed.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = files::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() || about.len() > LONGEST_FILE {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
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

    const MACHINE: &str = "CPU (a processor), 2 of 4 cores";
    const SPEED: Option<Speed> = Some(Speed {
        prompt: 348.0,
        reply: 100.0,
    });

    fn learn(calibrations: &Calibrations, model: &Path) {
        calibrations.learn(model, MACHINE, TUNING, SPEED);
    }

    /// A folder with a model in it.
    fn place() -> (TempDir, PathBuf, Calibrations) {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.gguf");
        fs::write(&model, "weights").unwrap();
        let kept = Calibrations::in_folder(folder.path().to_owned());
        (folder, model, kept)
    }

    fn known(calibrations: &Calibrations, model: &Path) -> Option<Tuning> {
        calibrations.known(model).map(|known| known.tuning)
    }

    #[test]
    fn what_a_trial_found_is_known_to_the_next_session() {
        let (folder, model, kept) = place();
        assert_eq!(kept.known(&model), None);
        learn(&kept, &model);
        let later = Calibrations::in_folder(folder.path().to_owned());
        let known = later.known(&model).unwrap();
        assert_eq!((known.tuning, known.machine.as_str()), (TUNING, MACHINE));
    }

    #[test]
    fn another_file_under_the_same_name_is_another_model() {
        let (folder, model, kept) = place();
        learn(&kept, &model);
        fs::write(&model, "other weights").unwrap();
        assert_eq!(known(&kept, &model), None);
        learn(&kept, &model);
        assert_eq!(known(&kept, &model), Some(TUNING));
        assert_eq!(read(folder.path()).len(), 1, "the first is forgotten");
    }

    #[test]
    fn a_damaged_or_hostile_file_is_ignored_and_replaced() {
        let (folder, model, kept) = place();
        learn(&kept, &model);
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
            learn(&kept, &model);
            assert_eq!(fs::read_to_string(&path).unwrap(), sound, "after {shown}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_neither_read_nor_written_through() {
        let (folder, model, kept) = place();
        learn(&kept, &model);
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("target");
        let path = folder.path().join(FILE);
        fs::rename(&path, &target).unwrap();
        for name in [FILE, NEW_FILE] {
            std::os::unix::fs::symlink(&target, folder.path().join(name)).unwrap();
        }
        assert_eq!(known(&kept, &model), None);
        let before = fs::read(&target).unwrap();
        let other = Tuning {
            batch: BatchSize::Small,
            ..TUNING
        };
        kept.learn(&model, MACHINE, other, None);
        assert_eq!(fs::read(&target).unwrap(), before);
        assert_eq!(known(&kept, &model), Some(other));
    }

    #[test]
    fn a_place_that_cannot_be_written_costs_nothing() {
        let (folder, model, kept) = place();
        fs::create_dir_all(folder.path().join(FILE).join("full")).unwrap();
        learn(&kept, &model);
        assert_eq!(known(&kept, &model), None);
        assert!(!folder.path().join(NEW_FILE).exists());
        let nowhere = Calibrations::in_folder(folder.path().join("no/such/folder"));
        learn(&nowhere, &model);
        assert_eq!(known(&nowhere, &model), None);
        let missing = Calibrations::in_folder(folder.path().join("models"));
        learn(&missing, &model);
        assert_eq!(known(&missing, &model), Some(TUNING), "it is made");
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_or_too_large_a_one_costs_no_time_and_no_memory() {
        let (folder, model, kept) = place();
        let path = folder.path().join(FILE);
        let file = File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        assert_eq!(known(&kept, &model), None);
        learn(&kept, &model);
        assert_eq!(known(&kept, &model), Some(TUNING));
        fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(known(&kept, &model), None, "nobody waits for a writer");
        learn(&kept, &model);
        assert_eq!(known(&kept, &model), Some(TUNING));
    }

    #[test]
    fn two_that_learn_at_once_leave_a_file_that_can_be_read() {
        let (folder, _, kept) = place();
        let models = ["a", "b"].map(|name| folder.path().join(name));
        for model in &models {
            fs::write(model, "weights").unwrap();
        }
        std::thread::scope(|scope| {
            for model in &models {
                scope.spawn(|| (0..200).for_each(|_| learn(&kept, model)));
            }
        });
        assert!(
            models
                .iter()
                .any(|model| known(&kept, model) == Some(TUNING))
        );
        for entry in fs::read_dir(folder.path()).unwrap() {
            let name = entry.unwrap().file_name();
            assert_ne!(name, NEW_FILE, "nothing is left behind");
        }
    }

    #[test]
    fn what_a_worker_says_is_not_believed_where_it_makes_no_sense() {
        let (folder, model, kept) = place();
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let speed = Speed {
                prompt: speed,
                reply: 1.0,
            };
            kept.learn(&model, MACHINE, TUNING, Some(speed));
        }
        for machine in ["x".repeat(LONGEST_MACHINE + 1), "a\0b".to_owned()] {
            kept.learn(&model, &machine, TUNING, SPEED);
        }
        assert!(!folder.path().join(FILE).exists());
        kept.learn(&model, MACHINE, TUNING, None);
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
            learn(&kept, &model(number));
        }
        assert_eq!(known(&kept, &model(0)), None);
        assert_eq!(read(folder.path()).len(), MOST_ENTRIES);
    }
}
