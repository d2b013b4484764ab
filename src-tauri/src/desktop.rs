//! What a Linux desktop tells its programs: that the screen was locked, and that the machine is about to sleep.
//!
//! Nothing is asked again and again: each bus is listened to on a thread of its own, which ends where there is no bus.
//! The machine is asked to wait with its sleep until the vault is locked, which it does for some seconds.

use std::sync::Arc;

use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Message, Type};
use zbus::zvariant::{OwnedFd, OwnedValue};
use zbus::{MatchRule, Result};

use crate::bus;
use crate::locking;
use crate::session::Session;

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// Listens for as long as the application runs.
pub fn watch(session: &Arc<Session>) {
    for listen in [until_the_session_bus_ends, until_the_system_bus_ends] {
        let session = Arc::clone(session);
        // No bus, no news: the vault is locked by hand and by the clock all the same.
        std::thread::spawn(move || listen(&session));
    }
}

/// Screen savers of all desktops send the same signal, each under a name of its own.
fn until_the_session_bus_ends(session: &Session) -> Result<()> {
    let bus = bus::session()?.build()?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .member("ActiveChanged")?
        .build();
    for signal in MessageIterator::for_match_rule(rule, &bus, None)? {
        if is_screen_locked(&signal?) {
            locking::nobody_is_here(session);
        }
    }
    Ok(())
}

fn is_screen_locked(signal: &Message) -> bool {
    let header = signal.header();
    let interface = header.interface().map(|interface| interface.as_str());
    interface.is_some_and(|interface| interface.ends_with(".ScreenSaver"))
        && signal.body().deserialize::<bool>() == Ok(true)
}

fn until_the_system_bus_ends(session: &Session) -> Result<()> {
    let bus = bus::system()?.build()?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIN)?
        .path_namespace("/org/freedesktop/login1")?
        .build();
    let signals = MessageIterator::for_match_rule(rule, &bus, None)?;
    // The machine sleeps when every program that holds one of these has let it go.
    let mut sleep = wait_with_sleep(&bus);
    for signal in signals {
        let signal = signal?;
        let header = signal.header();
        match header.member().map(|member| member.as_str()) {
            Some("PrepareForSleep") if signal.body().deserialize::<bool>() == Ok(true) => {
                locking::nobody_is_here(session);
                drop(sleep.take());
            }
            Some("PrepareForSleep") => sleep = wait_with_sleep(&bus),
            Some("Lock")
                if header
                    .path()
                    .is_some_and(|path| is_ours(&bus, path.as_str())) =>
            {
                locking::nobody_is_here(session);
            }
            _ => (),
        }
    }
    Ok(())
}

/// Asks the machine to wait before it sleeps until the vault is locked. Where it does not, the vault is locked when it
/// wakes.
fn wait_with_sleep(bus: &Connection) -> Option<OwnedFd> {
    let wish = ("sleep", "Aparté", "The vault is locked first", "delay");
    let path = "/org/freedesktop/login1";
    let reply = bus.call_method(Some(LOGIN), path, Some(MANAGER), "Inhibit", &wish);
    reply.ok()?.body().deserialize().ok()
}

/// Whether a session of the machine is this person's: somebody else who locks theirs locks nothing of ours. One that
/// says nothing about itself may be ours.
fn is_ours(bus: &Connection, session: &str) -> bool {
    let asked = ("org.freedesktop.login1.Session", "User");
    let properties = Some("org.freedesktop.DBus.Properties");
    let reply = bus.call_method(Some(LOGIN), session, properties, "Get", &asked);
    let user = || -> Option<u32> {
        let value: OwnedValue = reply.ok()?.body().deserialize().ok()?;
        let (user, _): (u32, zbus::zvariant::OwnedObjectPath) = value.try_into().ok()?;
        Some(user)
    };
    user().is_none_or(|user| user == rustix::process::getuid().as_raw())
}
