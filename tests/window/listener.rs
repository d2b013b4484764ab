//! A server that nobody may reach: it counts who tries.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Listens on a port of this machine until the test ends.
pub struct Listener {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Listener {
    /// Begins to listen.
    pub fn new() -> Listener {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = socket.local_addr().expect("it is bound").port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for _ in socket.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Listener { port, visits }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Fails if anybody came, and makes sure that a visitor would have been counted.
    pub fn assert_nobody_came(&self) {
        let came = self.visits.load(Ordering::SeqCst);
        assert_eq!(came, 0, "the page reached a server outside the application");
        let visitor = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        super::patience::eventually(super::patience::SOON, "the listener counts", || {
            (self.visits.load(Ordering::SeqCst) == 1).then_some(())
        });
        drop(visitor);
        self.visits.store(0, Ordering::SeqCst);
    }
}
