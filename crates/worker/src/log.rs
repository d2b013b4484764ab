//! The worker's log: one line an event on standard error, which the app takes up.
//!
//! Only our own events and llama.cpp's warnings pass: what a parser says may quote the document.

use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log and makes panics say where, never what: a panic's message may hold a slice of text.
pub fn start() {
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .without_time()
        .with_filter(
            Targets::new()
                .with_target("aparte", Level::INFO)
                .with_target("llama.cpp", Level::WARN),
        );
    tracing_subscriber::registry().with(lines).init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        // Whoever listens may be gone; a panic in here would abort.
        let _ = writeln!(io::stderr(), "ERROR panic at {place}");
    }));
}
