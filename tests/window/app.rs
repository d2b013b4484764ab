//! The application in its window, as a person has it before them.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aparte_tests::programs;
use serde_json::{Value, json};

use super::display::Display;
use super::machine::{Machine, kill, runs, worker};
use super::patience::{ANSWER, SOON, eventually, within};
use super::webdriver::{Element, Session};

const PROGRAM: &str = "aparte-desktop";

/// What a person does to start the application, and on what kind of system.
#[derive(Clone, Default)]
pub struct Start {
    /// The system's language is French.
    pub french: bool,
    /// The system has a keychain, which is open.
    pub keychain: bool,
    /// Files named after the program.
    pub files: Vec<PathBuf>,
    /// Where models lie, if not where they do for all.
    pub models: Option<PathBuf>,
    /// Words before the first program: it runs all others.
    pub under: Vec<OsString>,
}

/// A running application.
pub struct App {
    session: Session,
    display: Display,
    driver: Child,
    process: u32,
}

impl App {
    /// Starts the application on a display of its own and waits for its page.
    pub fn start(machine: &Machine, start: &Start) -> App {
        let display = Display::new();
        let port = free_port();
        let driver = driver(machine, &display, start, port);
        let capabilities = json!({"tauri:options": {
            "application": programs().join(PROGRAM),
            "args": start.files,
        }});
        let session = Session::new(port, &capabilities)
            .unwrap_or_else(|refusal| panic!("{PROGRAM} could not be started: {refusal}"));
        let process = eventually(SOON, "the application runs", || machine.process(PROGRAM));
        let app = App {
            session,
            display,
            driver,
            process,
        };
        eventually(SOON, "the page shows something", || {
            (app.count("*") > 0).then_some(())
        });
        app
    }

    /// Starts the application for the first time on a system without a keychain, and chooses a passphrase.
    pub fn first(machine: &Machine, start: &Start, passphrase: &str) -> App {
        let app = App::start(machine, start);
        app.write("passphrase", passphrase);
        app.write("passphrase-again", passphrase);
        app.press("open-vault");
        app.see("new-conversation");
        eventually(SOON, "the samples are in the library", || {
            (app.count("document") >= 2).then_some(())
        });
        app
    }

    /// Starts the application again and opens its vault.
    pub fn again(machine: &Machine, start: &Start, passphrase: &str) -> App {
        let app = App::start(machine, start);
        app.write("passphrase", passphrase);
        app.press("open-vault");
        app.see("new-conversation");
        app
    }

    /// The application's own process.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// The display that it is on.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// The driver's session, for what this type has no word for.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Waits until a part is there, and gives back the first of its kind. A part is named by its `data-part`, which
    /// more of a selector may follow: `answer[data-ending=stopped]`.
    pub fn see(&self, part: &str) -> Element {
        eventually(SOON, &format!("“{part}” is on the page"), || {
            self.find(part).into_iter().next()
        })
    }

    /// Waits until no such part is there.
    pub fn see_gone(&self, part: &str) {
        eventually(SOON, &format!("“{part}” is gone"), || {
            (self.count(part) == 0).then_some(())
        });
    }

    /// Presses a button with the mouse, once it is there and takes it.
    pub fn press(&self, part: &str) {
        eventually(SOON, &format!("“{part}” can be pressed"), || {
            let button = self
                .find(&format!("{part}:not(:disabled)"))
                .into_iter()
                .next()?;
            self.session.click(&button).ok()
        });
    }

    /// Types into a field.
    pub fn write(&self, part: &str, text: &str) {
        let field = self.see(part);
        self.session
            .write(&field, text)
            .unwrap_or_else(|refusal| panic!("“{part}” takes no text: {refusal}"));
    }

    /// How many of a kind of part are there.
    pub fn count(&self, part: &str) -> usize {
        self.find(part).len()
    }

    /// The texts of all parts of a kind, as they stand on the page. The driver's answers end at a zero byte: it is left
    /// out.
    pub fn texts(&self, part: &str) -> Vec<String> {
        let texts = self.run(
            "return [...document.querySelectorAll(arguments[0])].map((part) => part.textContent.replaceAll('\\0', ''))",
            &[json!(selector(part))],
        );
        serde_json::from_value(texts).expect("a text is a text")
    }

    /// The text of the first part of a kind, once it is there.
    pub fn text(&self, part: &str) -> String {
        eventually(SOON, &format!("“{part}” has a text"), || {
            self.texts(part).into_iter().next()
        })
    }

    /// Runs the body of a function in the page and gives back what it, or its promise, comes to.
    pub fn run(&self, body: &str, arguments: &[Value]) -> Value {
        self.session
            .script(body, arguments)
            .unwrap_or_else(|refusal| panic!("{refusal} from {body}"))
    }

    /// Calls a command of the application as its own page does.
    pub fn invoke(&self, command: &str, arguments: Value) -> Value {
        self.run(
            "return window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])",
            &[json!(command), arguments],
        )
    }

    /// Writes a question and sends it off.
    pub fn ask(&self, question: &str) {
        self.write("question", question);
        self.press("send");
    }

    /// Waits until there are that many finished answers, and no reply is being written.
    pub fn await_answers(&self, number: usize) {
        eventually(ANSWER, &format!("answer {number} is finished"), || {
            // A file that could not be read has its own, beside the library.
            let problems = self.texts("problem:not([data-part=incoming] *)");
            assert!(problems.is_empty(), "instead of an answer: {problems:?}");
            (self.count("answer") >= number && self.count("reply") == 0).then_some(())
        });
    }

    /// Names a file or a folder in the dialog that the application opened, and waits until the dialog is gone.
    pub fn choose_in_dialog(&self, path: &Path) {
        let window = self.display.window_of(self.process);
        let dialog = eventually(SOON, "a dialog is open", || {
            self.display.dialog_of(self.process, &window)
        });
        let is_gone = || {
            let open = self.display.dialog_of(self.process, &window);
            open.is_none().then_some(())
        };
        // A field for a path opens at the first letter of one, and letters may be lost meanwhile.
        for _ in 0..5 {
            self.display.press(&dialog, &["ctrl+a"]);
            self.display.write(&dialog, &path.to_string_lossy());
            self.display.press(&dialog, &["Return"]);
            if within(Duration::from_secs(3), is_gone) {
                return;
            }
        }
        panic!("the dialog does not take {}", path.display());
    }

    /// The address of the bus that the application was started with.
    pub fn bus(&self) -> String {
        const NAME: &str = "DBUS_SESSION_BUS_ADDRESS=";
        let environment = std::fs::read_to_string(format!("/proc/{}/environ", self.process))
            .expect("a running process has an environment");
        let mut variables = environment.split('\0');
        variables
            .find_map(|variable| variable.strip_prefix(NAME))
            .expect("every program of a test is told of a bus, or that there is none")
            .to_owned()
    }

    /// Keeps what the window shows as a picture, in `target/screenshots` or where `APARTE_SCREENSHOTS` says.
    pub fn screenshot(&self, name: &str) {
        let folder = std::env::var_os("APARTE_SCREENSHOTS").map_or_else(
            || programs().join("../screenshots"),
            |folder| Path::new(&folder).to_path_buf(),
        );
        std::fs::create_dir_all(&folder).unwrap();
        let window = self.display.window_of(self.process);
        self.display
            .keep_picture(&window, &folder.join(format!("{name}.png")));
    }

    /// Fails if the application ended, or its page does not answer.
    pub fn assert_alive(&self) {
        assert!(runs(self.process), "the application ended");
        assert_eq!(self.run("return 6 * 7", &[]), json!(42));
    }

    /// Closes the window as a person does, and waits until the application and its workers ended.
    pub fn close(self) {
        let workers: Vec<_> = ["engine", "documents"]
            .iter()
            .filter_map(|role| worker(self.process, role))
            .collect();
        let window = self.display.window_of(self.process);
        self.display.close(&window);
        eventually(
            SOON,
            "the application ends when its window is closed",
            || (!runs(self.process)).then_some(()),
        );
        eventually(SOON, "no worker outlives the application", || {
            workers.iter().all(|worker| !runs(*worker)).then_some(())
        });
    }

    fn find(&self, part: &str) -> Vec<Element> {
        // While a page is being exchanged there is nothing to find in it.
        self.session.find(&selector(part)).unwrap_or_default()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() && runs(self.process) {
            self.screenshot("failed");
        }
        kill(self.process);
        // The driver is the first of a group of processes.
        let _ = Command::new("kill")
            .args(["-9", "--", &format!("-{}", self.driver.id())])
            .stderr(Stdio::null())
            .status();
        let _ = self.driver.wait();
    }
}

fn selector(part: &str) -> String {
    let end = part.find(['[', ':', ' ']).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    match name {
        "*" => format!("[data-part]{rest}"),
        name => format!("[data-part=\"{name}\"]{rest}"),
    }
}

/// Starts what starts the application, and waits until it listens.
fn driver(machine: &Machine, display: &Display, start: &Start, port: u16) -> Child {
    let program = programs().join("../tools/bin/tauri-driver");
    assert!(
        program.is_file(),
        "{} is missing: run the tests with `cargo xtask test`",
        program.display()
    );
    let mut words = start.under.clone();
    if start.keychain {
        words.extend(["dbus-run-session", "--", "sh", "-c", OPEN_KEYCHAIN, "sh"].map(Into::into));
    }
    words.push(program.into());
    let native_port = free_port();
    for (option, number) in [("--port", port), ("--native-port", native_port)] {
        words.extend([option.into(), number.to_string().into()]);
    }
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env_clear()
        .envs(machine.environment(locale(start)))
        .envs(start.models.iter().map(|models| ("APARTE_MODELS", models)))
        .env("DISPLAY", display.name())
        .current_dir(machine.desk())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0);
    let mut driver = command.spawn().unwrap_or_else(|error| {
        panic!("{} could not be started: {error}", words[0].display());
    });
    eventually(
        SOON,
        "the driver and the system's own driver listen",
        || {
            if let Some(status) = driver.try_wait().unwrap() {
                panic!("the driver ended with {status}");
            }
            let listens = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            (listens(port) && listens(native_port)).then_some(())
        },
    );
    driver
}

/// Opens the keychain of a bus, and then runs what it is given.
const OPEN_KEYCHAIN: &str = "printf 'a password of the session' \
     | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";

fn locale(start: &Start) -> &'static str {
    match start.french {
        true => "fr_FR.UTF-8",
        false => "en_US.UTF-8",
    }
}

fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    socket.local_addr().expect("it is bound").port()
}
