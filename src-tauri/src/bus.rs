//! The message buses of a Linux desktop, spoken to over local sockets and nothing else.
//!
//! Where there is no bus, or one that does not answer, whoever asks does without.

use zbus::Address;
use zbus::address::Transport;
use zbus::blocking::connection::Builder;

/// The way to the bus of this person's session.
pub fn session() -> zbus::Result<Builder<'static>> {
    local(Address::session()?)
}

/// The way to the bus of the machine.
pub fn system() -> zbus::Result<Builder<'static>> {
    local(Address::system()?)
}

/// A bus may be anywhere on a network, and this program opens no connection to one.
fn local(address: Address) -> zbus::Result<Builder<'static>> {
    match address.transport() {
        Transport::Unix(_) => Builder::address(address),
        _ => Err(zbus::Error::Address(
            "the bus is not on a local socket".into(),
        )),
    }
}
