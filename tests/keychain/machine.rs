//! A machine with a session bus of its own, on which nothing starts by itself, and the keychain that the test puts there.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aparte_tests::programs;
use serde_json::Value;
use tempfile::TempDir;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::blocking::fdo::DBusProxy;

use super::display::Display;

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The name under which a Secret Service is found.
pub const SECRETS: &str = "org.freedesktop.secrets";

/// The password of the ring.
const PASSWORD: &str = "the password of the ring";

/// Folders, and what runs there. It ends with the test.
pub struct Machine {
    folder: TempDir,
    bus: Option<Running>,
    ring: Option<Running>,
}

/// A process that ends when it is dropped.
pub struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "kill is part of the system"
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; one that was stopped ends too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a visitor said.
#[derive(Debug)]
pub struct Visit {
    /// `done`, or the error by its name.
    pub outcome: String,
    /// What it gives when it is done.
    pub said: Value,
    /// How long the vault took.
    pub took: Duration,
    /// How long the whole process took.
    pub lived: Duration,
}

impl Machine {
    /// A machine without a session bus.
    pub fn without_bus() -> Machine {
        let folder = tempfile::Builder::new()
            .prefix("aparte-keychain-")
            .tempdir()
            .expect("the system has a folder for temporary files");
        for name in ["home", "data", "cache", "config", "tmp", "runtime"] {
            fs::create_dir(folder.path().join(name)).expect("the folder is new");
        }
        // Buses refuse a folder that others may enter.
        fs::set_permissions(
            folder.path().join("runtime"),
            fs::Permissions::from_mode(0o700),
        )
        .expect("the folder is the test's own");
        Machine {
            folder,
            bus: None,
            ring: None,
        }
    }

    /// A machine with a bus that nobody is on.
    pub fn new() -> Machine {
        let mut machine = Machine::without_bus();
        let configuration = machine.path("bus.conf");
        let socket = machine.socket().display().to_string();
        fs::write(&configuration, BUS.replace("SOCKET", &socket))
            .expect("the folder is the test's own");
        let mut bus = machine
            .command("dbus-daemon")
            .arg("--config-file")
            .arg(configuration)
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            // It says that it may not open as many files as it would like.
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("it is piped"))
            .read_line(&mut address)
            .expect("it can be heard");
        machine.bus = Some(Running(bus));
        assert!(
            address.contains(&socket),
            "the bus says where it is, not {address:?}"
        );
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the vault.
    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    fn socket(&self) -> PathBuf {
        self.path("runtime").join("bus-of-the-test")
    }

    /// A program of the system or of ours that finds this machine in its environment and nothing else.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let address = match &self.bus {
            Some(_) => {
                let mut address = OsString::from("unix:path=");
                address.push(self.socket());
                address
            }
            None => OsString::from("disabled:"),
        };
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("LANG", "C.UTF-8")
            .env("DBUS_SESSION_BUS_ADDRESS", address)
            .current_dir(self.path("tmp"));
        command
    }

    /// A connection of the test to the bus.
    pub fn connect(&self) -> Builder<'static> {
        let address = format!("unix:path={}", self.socket().display());
        Builder::address(address.as_str()).expect("it is an address")
    }

    /// Takes the bus away under everybody.
    pub fn end_bus(&mut self) {
        self.bus = None;
    }

    /// Starts gnome-keyring with its ring open; makes the ring at the first time.
    pub fn start_ring(&mut self) {
        self.run_ring(&["--unlock"], PASSWORD);
    }

    /// Starts gnome-keyring as it is before anybody gave it the password.
    pub fn start_locked_ring(&mut self) {
        self.run_ring(&[], "");
    }

    fn run_ring(&mut self, arguments: &[&str], password: &str) {
        self.end_ring();
        let mut ring = self
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .arg(format!(
                "--control-directory={}",
                self.path("runtime").display()
            ))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring is installed");
        let mut input = ring.stdin.take().expect("it is piped");
        input.write_all(password.as_bytes()).expect("it listens");
        drop(input);
        self.ring = Some(Running(ring));
        let connection = self.connect().build().expect("the bus is there");
        await_service(&connection);
    }

    /// Ends gnome-keyring at once.
    pub fn end_ring(&mut self) {
        if self.ring.take().is_some() {
            let connection = self.connect().build().expect("the bus is there");
            let bus = DBusProxy::new(&connection).expect("the bus is there");
            let gone = || {
                !bus.name_has_owner(SECRETS.try_into().expect("a name"))
                    .expect("the bus answers")
            };
            eventually("the ring has left the bus", gone);
        }
    }

    /// Lets gnome-keyring stand still: it is there and answers nothing.
    pub fn stop_ring(&self) {
        self.ring.as_ref().expect("there is one").signal("-STOP");
    }

    /// Every byte that gnome-keyring keeps.
    pub fn rings(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.path("data").join("keyrings")) else {
            return Vec::new();
        };
        let mut rings: Vec<_> = entries
            .map(|entry| entry.expect("it can be listed").path())
            .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
            .collect();
        rings.sort();
        rings
    }

    /// Lets a process of its own do something with the vault.
    pub fn visit(&self, what: &str, secret: &str) -> Visit {
        self.visit_folder(what, &self.vault(), secret)
    }

    /// The same with another folder.
    pub fn visit_folder(&self, what: &str, folder: &Path, secret: &str) -> Visit {
        self.begin_visit(what, folder, secret).end()
    }

    /// A visit that is under way.
    pub fn begin_visit(&self, what: &str, folder: &Path, secret: &str) -> Visiting {
        let mut process = self
            .command(programs().join("aparte-visitor"))
            .arg(what)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`cargo xtask test` builds the visitor");
        let mut input = process.stdin.take().expect("it is piped");
        input.write_all(secret.as_bytes()).expect("it listens");
        Visiting {
            process,
            started: Instant::now(),
        }
    }

    /// Asks the real command for something that needs the vault, and gives what it said and how long it took.
    pub fn ask_aparte(&self) -> (Output, Duration) {
        let document = self.path("a document.md");
        fs::write(&document, "The lanterns were lit at dusk.")
            .expect("the folder is the test's own");
        let started = Instant::now();
        let output = self
            .command(programs().join("aparte"))
            .args(["search", "lanterns", "--json", "--language", "en"])
            .arg(document)
            .arg("--vault")
            .arg(self.vault())
            .stdin(Stdio::null())
            .output()
            .expect("`cargo xtask test` builds the programs");
        (output, started.elapsed())
    }
}

impl Machine {
    /// Starts the window over the vault, and closes it as soon as it is on the screen. Gives how long that took.
    pub fn show_window(&self) -> Duration {
        let display = Display::new();
        let started = Instant::now();
        let mut program = self
            .command(programs().join("aparte-desktop"))
            .env("APARTE_HOME", self.folder.path())
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .stdin(Stdio::null())
            .spawn()
            .expect("`cargo xtask test` builds the programs");
        let window = display.window_of(program.id());
        let shown = started.elapsed();
        display.close(&window);
        let ended = program.wait().expect("it is a child of this process");
        assert!(ended.success(), "the window ended with {ended}");
        shown
    }
}

/// A visit that is under way.
pub struct Visiting {
    process: Child,
    started: Instant,
}

impl Visiting {
    /// Waits for the end of it.
    pub fn end(self) -> Visit {
        let output = self.process.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout);
        let said: Value = serde_json::from_str(text.trim()).unwrap_or_else(|_| {
            panic!(
                "it said {text:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
        Visit {
            outcome: said["outcome"].as_str().unwrap_or_default().to_owned(),
            said: said["said"].clone(),
            took: Duration::from_millis(said["milliseconds"].as_u64().unwrap_or(u64::MAX)),
            lived: self.started.elapsed(),
        }
    }
}

/// Waits until somebody is a Secret Service on this bus.
fn await_service(connection: &Connection) {
    let bus = DBusProxy::new(connection).expect("the bus is there");
    eventually("there is a Secret Service", || {
        bus.name_has_owner(SECRETS.try_into().expect("a name"))
            .expect("the bus answers")
    });
}

/// Waits for something that is bound to happen.
pub fn eventually(what: &str, happened: impl Fn() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "not yet: {what}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}
