//! What a program and all that it starts say to the network, by their system calls.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

/// A record of the network calls of a program.
pub struct Trace(NamedTempFile);

/// What a record holds.
#[derive(Debug, Default)]
pub struct Contacts {
    /// Calls that name an address on another machine, or a name server.
    pub outside: Vec<String>,
    /// The addresses on this machine.
    pub loopback: BTreeSet<String>,
    /// The sockets of other programs on this machine.
    pub local: BTreeSet<String>,
}

impl Trace {
    /// An empty record.
    pub fn new() -> Trace {
        Trace(NamedTempFile::new().expect("the system has a folder for temporary files"))
    }

    /// The words to put before a program, so that it is recorded with all that it starts.
    pub fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "256"]
            .map(OsString::from)
            .into();
        words.extend(["-e", "trace=network", "-o"].map(OsString::from));
        words.push(self.0.path().into());
        words
    }

    /// Reads what was recorded.
    pub fn contacts(&self) -> Contacts {
        contacts(&std::fs::read_to_string(self.0.path()).expect("the tracer writes text"))
    }
}

fn contacts(trace: &str) -> Contacts {
    let mut contacts = Contacts::default();
    for line in trace.lines() {
        // Only where this side says where to: what others sent here is no contact of ours.
        let sends = ["connect(", "sendto(", "sendmsg(", "sendmmsg("]
            .iter()
            .any(|call| line.contains(call));
        if !sends {
            continue;
        }
        if line.contains("sa_family=AF_INET") {
            match loopback_address(line) {
                Some(address) => {
                    contacts.loopback.insert(address);
                }
                None => contacts.outside.push(line.to_owned()),
            }
        }
        if let Some((_, rest)) = line.split_once("sun_path=") {
            let path = rest.split(['}', ',']).next().unwrap_or(rest);
            contacts.local.insert(path.replace('"', ""));
        }
    }
    contacts
}

/// The address in a line, if it is one of this machine and not that of a name server.
fn loopback_address(line: &str) -> Option<String> {
    let port = between(line, "port=htons(", ")")?;
    let address =
        between(line, "inet_addr(\"", "\"").or_else(|| between(line, "AF_INET6, \"", "\""))?;
    let is_loopback =
        address.starts_with("127.") || address == "::1" || address == "::ffff:127.0.0.1";
    (is_loopback && port != "53").then(|| format!("{address}:{port}"))
}

fn between<'line>(line: &'line str, before: &str, after: &str) -> Option<&'line str> {
    let (_, rest) = line.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// Fails if the tracer does not see a program that reaches out: one that is blind finds nothing too.
pub fn assert_tracer_sees() {
    let trace = Trace::new();
    let words = trace.words();
    // Nothing is sent: a datagram socket that is connected has an address, no more.
    let program = "import socket\n\
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 53))\n\
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 53))\n\
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))";
    let status = Command::new(&words[0])
        .args(&words[1..])
        .args([
            Path::new("/usr/bin/python3").as_os_str(),
            "-c".as_ref(),
            program.as_ref(),
        ])
        .status()
        .expect("strace is installed: `cargo xtask test` sees to it");
    let contacts = trace.contacts();
    assert!(
        contacts.outside.len() == 2 && contacts.loopback.contains("127.0.0.1:9"),
        "the tracer is blind ({status}): {contacts:#?}"
    );
}
