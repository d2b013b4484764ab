//! The prompter of a GNOME desktop, as a person who says no every time.
//!
//! gnome-keyring asks it through `org.gnome.keyring.internal.Prompter`, and hears of it through a callback object of its
//! own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::interface;
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::machine::Machine;

/// The prompter, as long as it is held.
pub struct Prompter {
    asked: Arc<AtomicUsize>,
    _connection: Connection,
}

impl Prompter {
    /// Puts it on the machine's bus.
    pub fn start(machine: &Machine) -> Prompter {
        let asked = Arc::new(AtomicUsize::new(0));
        let person = Person(asked.clone());
        let connection = machine
            .connect()
            .serve_at("/org/gnome/keyring/Prompter", person)
            .and_then(|builder| builder.name("org.gnome.keyring.SystemPrompter"))
            .and_then(zbus::blocking::connection::Builder::build)
            .expect("nobody else is the prompter there");
        Prompter {
            asked,
            _connection: connection,
        }
    }

    /// How often somebody wanted something of the person.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Person(Arc<AtomicUsize>);

/// Answers whoever asks, once the call that asked has returned: before that nobody listens.
fn answer(
    connection: &zbus::Connection,
    header: &Header<'_>,
    callback: OwnedObjectPath,
    method: &'static str,
    reply: Option<(&'static str, String)>,
) {
    let connection = Connection::from(connection.clone());
    let asker = header.sender().map(|name| name.to_owned());
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        let interface = Some("org.gnome.keyring.internal.Prompter.Callback");
        let no_properties: HashMap<&str, Value<'_>> = HashMap::new();
        // Who asked may have given up meanwhile.
        let _ = match reply {
            Some((reply, exchange)) => {
                let arguments = (reply, no_properties, exchange);
                connection.call_method(asker, &callback, interface, method, &arguments)
            }
            None => connection.call_method(asker, &callback, interface, method, &()),
        };
    });
}

#[interface(name = "org.gnome.keyring.internal.Prompter")]
impl Person {
    async fn begin_prompting(
        &self,
        #[zbus(connection)] connection: &zbus::Connection,
        #[zbus(header)] header: Header<'_>,
        callback: OwnedObjectPath,
    ) {
        self.0.fetch_add(1, Ordering::Relaxed);
        answer(
            connection,
            &header,
            callback,
            "PromptReady",
            Some(("", String::new())),
        );
    }

    async fn perform_prompt(
        &self,
        #[zbus(connection)] connection: &zbus::Connection,
        #[zbus(header)] header: Header<'_>,
        callback: OwnedObjectPath,
        _kind: String,
        _properties: HashMap<String, OwnedValue>,
        exchange: String,
    ) {
        answer(
            connection,
            &header,
            callback,
            "PromptReady",
            Some(("no", exchange)),
        );
    }

    async fn stop_prompting(
        &self,
        #[zbus(connection)] connection: &zbus::Connection,
        #[zbus(header)] header: Header<'_>,
        callback: OwnedObjectPath,
    ) {
        answer(connection, &header, callback, "PromptDone", None);
    }
}
