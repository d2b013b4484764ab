//! A screen without a monitor, with a mouse and a keyboard.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::patience::{SOON, eventually};

/// The python of the system: the toolkit's bindings are a system package, and another python that stands first on the
/// PATH does not see them.
const PYTHON: &str = "/usr/bin/python3";

/// A screen of its own.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts a server under the first number that is free.
    pub fn new() -> Display {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24"])
            // Without it the server begins anew whenever its only client leaves, and turns away who comes meanwhile.
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed: `cargo xtask test` sees to it");
        let stdout = server.stdout.take().expect("it is piped");
        let mut number = String::new();
        BufReader::new(stdout)
            .read_line(&mut number)
            .expect("the server prints its number when it can be used");
        let name = format!(":{}", number.trim());
        assert!(name.len() > 1, "Xvfb ended without a display");
        Display { server, name }
    }

    /// What `DISPLAY` has to say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of a process's window, once it is shown.
    pub fn window_of(&self, process: u32) -> String {
        eventually(SOON, "the application shows a window", || {
            let process = process.to_string();
            let found = self.xdotool(&["search", "--onlyvisible", "--pid", &process]);
            // A toolkit has small windows of its own: the largest is the one that people see.
            found
                .lines()
                .max_by_key(|window| self.area(window))
                .filter(|window| self.area(window) > 100_000)
                .map(str::to_owned)
        })
    }

    /// The id of another large window of a process than `window`, if one is shown.
    pub fn dialog_of(&self, process: u32, window: &str) -> Option<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--pid", &process.to_string()]);
        found
            .lines()
            .find(|other| *other != window && self.area(other) > 50_000)
            .map(str::to_owned)
    }

    /// Closes a window as its frame's button does.
    pub fn close(&self, window: &str) {
        let closed = self.python("close_window.py").arg(window).status();
        assert!(
            closed.is_ok_and(|status| status.success()),
            "the window {window} could not be closed"
        );
    }

    /// Keeps what a window shows as a PNG file.
    pub fn keep_picture(&self, window: &str, file: &Path) {
        let kept = self.python("picture.py").arg(window).arg(file).status();
        assert!(
            kept.is_ok_and(|status| status.success()),
            "no picture could be taken of the window {window}"
        );
    }

    /// Types into a window, as the keyboard does; `keys` are words such as `Tab` or `Return`.
    pub fn press(&self, window: &str, keys: &[&str]) {
        self.xdotool(&["windowfocus", window]);
        self.xdotool(&[&["key", "--clearmodifiers"], keys].concat());
    }

    /// Types a text into a window, as the keyboard does.
    pub fn write(&self, window: &str, text: &str) {
        self.xdotool(&["windowfocus", window]);
        self.xdotool(&["type", "--clearmodifiers", "--delay", "5", text]);
    }

    /// Takes hold of `addresses` in a window of another program, moves them over the middle of `window`, and lets go
    /// there. `over` is looked at before the mouse lets go.
    pub fn drop_onto(&self, window: &str, addresses: &[String], over: impl FnOnce()) {
        let mut source = self
            .python("drag_source.py")
            .args(addresses)
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python is installed");
        let mut said = BufReader::new(source.stdout.take().expect("it is piped")).lines();
        let mut hear = |word: &str| {
            let heard = said.next().and_then(Result::ok);
            assert_eq!(heard.as_deref(), Some(word), "the source of a drag");
        };
        hear("ready");
        self.xdotool(&["mousemove", "20", "20", "mousedown", "1"]);
        self.xdotool(&["mousemove", "30", "30", "mousemove", "50", "50"]);
        hear("dragging");
        let (x, y) = self.middle(window);
        // The programs talk to each other at each step; a jump would be a single one.
        for step in 1..=8 {
            let x = (50 + (x - 50) * step / 8).to_string();
            let y = (50 + (y - 50) * step / 8).to_string();
            self.xdotool(&["mousemove", &x, &y]);
        }
        hear("over a window");
        over();
        self.xdotool(&["mouseup", "1"]);
        hear("let go");
        let _ = source.kill();
        let _ = source.wait();
    }

    /// Copies `addresses` in another program, and runs `then` while they lie in the clipboard.
    pub fn with_copied(&self, addresses: &[String], then: impl FnOnce()) {
        let mut source = self
            .python("clipboard_source.py")
            .args(addresses)
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python is installed");
        let mut said = BufReader::new(source.stdout.take().expect("it is piped")).lines();
        let heard = said.next().and_then(Result::ok);
        assert_eq!(heard.as_deref(), Some("copied"), "the source of a copy");
        then();
        let _ = source.kill();
        let _ = source.wait();
    }

    fn middle(&self, window: &str) -> (i64, i64) {
        let [x, y, width, height] = self.geometry(window).expect("the window is shown");
        (x + width / 2, y + height / 2)
    }

    fn area(&self, window: &str) -> i64 {
        self.geometry(window)
            .map_or(0, |[_, _, width, height]| width * height)
    }

    fn geometry(&self, window: &str) -> Option<[i64; 4]> {
        let printed = self.xdotool(&["getwindowgeometry", "--shell", window]);
        let number = |name: &str| {
            printed
                .lines()
                .find_map(|line| line.strip_prefix(name)?.parse().ok())
        };
        Some([
            number("X=")?,
            number("Y=")?,
            number("WIDTH=")?,
            number("HEIGHT=")?,
        ])
    }

    /// A program of this folder, on this screen.
    fn python(&self, script: &str) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("window");
        let mut command = Command::new(PYTHON);
        command
            .arg(folder.join(script))
            .env("DISPLAY", &self.name)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1");
        command
    }

    fn xdotool(&self, words: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(words)
            .env("DISPLAY", &self.name)
            .output()
            .expect("xdotool is installed: `cargo xtask test` sees to it");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
