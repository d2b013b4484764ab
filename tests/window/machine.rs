//! A machine of its own for one test: folders for everything that a program might write, and its processes.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Folders that nothing else uses. What was started with them ends with them.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// Makes the folders.
    pub fn new() -> Machine {
        let machine = Machine {
            folder: tempfile::Builder::new()
                .prefix("aparte-window-")
                .tempdir()
                .expect("the system has a folder for temporary files"),
        };
        for name in ["home", "data", "cache", "config", "tmp", "runtime", "desk"] {
            fs::create_dir(machine.path(name)).unwrap();
        }
        // The system's buses refuse a folder that others may enter.
        fs::set_permissions(machine.path("runtime"), fs::Permissions::from_mode(0o700)).unwrap();
        machine
    }

    /// A file or folder of the machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All of the machine.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the application keeps its data. It makes that folder itself, unless it is there.
    pub fn aparte_home(&self) -> PathBuf {
        self.path("aparte")
    }

    /// Makes that folder as whoever only put models in it leaves it: everyone may look into it.
    pub fn open_aparte_home(&self) {
        let home = self.aparte_home();
        for folder in [home.clone(), home.join("models")] {
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// A place for a person's own files, which the application is given.
    pub fn desk(&self) -> PathBuf {
        self.path("desk")
    }

    /// Everything that a program on this machine finds in its environment, and nothing else.
    pub fn environment(&self, locale: &str) -> Vec<(&'static str, OsString)> {
        let text = OsString::from;
        vec![
            ("PATH", text("/usr/bin:/bin:/usr/sbin:/sbin")),
            ("HOME", self.path("home").into()),
            ("TMPDIR", self.path("tmp").into()),
            ("XDG_DATA_HOME", self.path("data").into()),
            ("XDG_CACHE_HOME", self.path("cache").into()),
            ("XDG_CONFIG_HOME", self.path("config").into()),
            ("XDG_RUNTIME_DIR", self.path("runtime").into()),
            ("APARTE_HOME", self.aparte_home().into()),
            ("APARTE_MODELS", aparte_tests::models().into()),
            ("LANG", text(locale)),
            ("GDK_BACKEND", text("x11")),
            // A bus would be started for the toolkit if none were named.
            ("DBUS_SESSION_BUS_ADDRESS", text("disabled:")),
            ("NO_AT_BRIDGE", text("1")),
            ("GSETTINGS_BACKEND", text("memory")),
        ]
    }

    /// The process that runs a program of this name here.
    pub fn process(&self, program: &str) -> Option<u32> {
        self.processes()
            .into_iter()
            .find(|process| program_of(*process).is_some_and(|name| name == program))
    }

    /// Every process that was started with this machine's environment.
    fn processes(&self) -> Vec<u32> {
        let home = format!("HOME={}\0", self.path("home").display()).into_bytes();
        all_processes()
            .filter(|process| {
                fs::read(format!("/proc/{process}/environ")).is_ok_and(|environment| {
                    environment.windows(home.len()).any(|window| window == home)
                })
            })
            .collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // One that is killed may have started another just before.
        for _ in 0..10 {
            let left = self.processes();
            if left.is_empty() {
                break;
            }
            left.into_iter().for_each(kill);
        }
    }
}

/// Ends a process at once.
pub fn kill(process: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-9", &process.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

/// Whether a process is at work; one that ended and was not yet taken note of by its parent is not.
pub fn runs(process: u32) -> bool {
    stat(process).is_some_and(|stat| !stat.starts_with(['Z', 'X']))
}

/// The worker in a role (`engine` or `documents`) that a process started.
pub fn worker(parent: u32, role: &str) -> Option<u32> {
    children(parent).find(|process| words_of(*process).any(|word| word == role))
}

/// The process in which the web view of an application draws.
pub fn web_view(parent: u32) -> Option<u32> {
    children(parent)
        .find(|process| program_of(*process).is_some_and(|name| name == "WebKitWebProcess"))
}

fn children(parent: u32) -> impl Iterator<Item = u32> {
    all_processes().filter(move |process| {
        let parent_of = stat(*process).and_then(|stat| stat.split(' ').nth(1)?.parse().ok());
        parent_of == Some(parent) && runs(*process)
    })
}

/// How long a process has computed, in the system's own small unit.
pub fn busy_ticks(process: u32) -> u64 {
    // `state parent …`: of what is counted from the state on, the 12th and 13th.
    let stat = stat(process).unwrap_or_default();
    let times = stat.split(' ').skip(11).take(2);
    times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// The folder of the vault in the application's data, once there is one.
pub fn folder_of_vault(home: &Path) -> Option<PathBuf> {
    if home.join("vault.db").is_file() && home.join("vault.json").is_file() {
        return Some(home.to_path_buf());
    }
    let entries = fs::read_dir(home).ok()?;
    entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .find_map(|entry| folder_of_vault(&entry.path()))
}

fn all_processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .expect("Linux has one")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What stands after the name in `PID (name) state parent …`; a name may hold anything.
fn stat(process: u32) -> Option<String> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.to_owned())
}

fn program_of(process: u32) -> Option<String> {
    let program = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    Some(program.file_name()?.to_str()?.to_owned())
}

fn words_of(process: u32) -> impl Iterator<Item = String> {
    fs::read_to_string(format!("/proc/{process}/cmdline"))
        .unwrap_or_default()
        .split('\0')
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}
