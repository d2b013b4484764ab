//! A system that can be told to sleep: the service that tells programs of it, on a bus of its own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The python of the system, which sees the bindings of the system.
const PYTHON: &str = "/usr/bin/python3";

/// The service and its bus.
pub struct Login {
    bus: Child,
    service: Child,
    address: String,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Login {
    /// Starts both.
    pub fn new() -> Login {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("it is piped"))
            .read_line(&mut address)
            .expect("the bus says where it is");
        let address = address.trim().to_owned();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("window/login.py");
        let mut service = Command::new(PYTHON)
            .arg(script)
            .arg(&address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python is installed");
        let to = service.stdin.take().expect("it is piped");
        let from = BufReader::new(service.stdout.take().expect("it is piped"));
        let mut login = Login {
            bus,
            service,
            address,
            to,
            from,
        };
        assert_eq!(login.hear(), "ready");
        login
    }

    /// Words before a program that is to take this bus for the system's.
    pub fn words(&self) -> Vec<OsString> {
        let bus = format!("DBUS_SYSTEM_BUS_ADDRESS={}", self.address);
        vec!["env".into(), bus.into()]
    }

    /// Tells the service what to do.
    pub fn tell(&mut self, word: &str) {
        writeln!(self.to, "{word}").expect("the service listens");
    }

    /// What the service says next.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the service speaks");
        line.trim().to_owned()
    }

    /// How many programs the system waits for before it sleeps.
    pub fn waits_for(&mut self) -> usize {
        self.tell("held");
        loop {
            // What it said before is of no interest.
            if let Some(number) = self.hear().strip_prefix("held ") {
                return number.parse().expect("it is a number");
            }
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        for child in [&mut self.service, &mut self.bus] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
