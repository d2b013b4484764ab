//! `aparte-desktop [FILE...]`: the window over the domain. With `--recognise` it is a reader of images for other programs, see
//! [`scanning`].
//!
//! The web view names things by id and shows what it is told; paths, keys and decisions stay on this side. Each
//! command is a few lines over [`Session`], which holds the open vault; what happens unasked goes to the window as
//! [`News`](view::News) through one channel.

#![deny(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

#[cfg(target_os = "linux")]
mod bus;
mod clipboard;
mod clock;
mod commands;
#[cfg(target_os = "linux")]
mod desktop;
mod erasing;
mod home;
mod incoming;
mod ipc;
mod language;
mod locking;
mod log;
mod model;
mod opening;
mod pace;
mod replies;
mod reply;
mod scanning;
#[cfg(target_os = "linux")]
mod second_start;
mod session;
mod standing;
mod summaries;
mod summarizing;
mod undertakings;
mod view;
mod watching;
mod window;

use std::path::PathBuf;
use std::sync::Arc;

use aparte_assistant::{NO_DISPLAY, RECOGNISE};
use tauri::RunEvent;

use session::Session;

/// What is freed is wiped: of texts and passphrases nothing is left in memory that nobody uses any more.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() {
    // A test that drives the window looks into its process.
    if !window::is_driven_by_a_test() {
        aparte_assistant::close_memory();
    }
    let is_asked_to_recognise = std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == RECOGNISE);
    let files = match is_asked_to_recognise {
        true => Vec::new(),
        false => named_files(),
    };
    window::avoid_blank_windows();
    if !has_display() {
        eprintln!(
            "aparte-desktop: there is no display for a window. Use `aparte` in the terminal."
        );
        std::process::exit(NO_DISPLAY);
    }
    keep_files_to_ourselves();
    if is_asked_to_recognise {
        scanning::run();
    }
    let session = Arc::new(Session::new());
    #[cfg(target_os = "linux")]
    let _heard = match second_start::look(&session, &files) {
        second_start::Start::First(heard) => heard,
        second_start::Start::HandedOver => return,
    };
    home::prepare();
    log::start();
    session.add_files(files);
    opening::start(&session);
    locking::watch_the_clock(&session);
    #[cfg(target_os = "linux")]
    desktop::watch(&session);
    let shown = Arc::clone(&session);
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Arc::clone(&session))
        .invoke_handler(ipc::commands().invoke_handler())
        .setup(move |app| Ok(window::open(app, &shown)?))
        .on_window_event(window::on_event)
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(move |_, event| {
            if let RunEvent::Exit = event {
                locking::for_good(&session);
            }
        }),
        Err(error) => {
            eprintln!("aparte-desktop cannot open a window: {error}");
            std::process::exit(1);
        }
    }
}

/// What this process or the web view's makes is for nobody else's eyes, whatever the system's habit is.
fn keep_files_to_ourselves() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// The files that were given to open, as the shell that started us meant them. What looks like an option and is none of
/// ours is a file, and so is everything behind `--`.
fn named_files() -> Vec<PathBuf> {
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("-h" | "--help") => {
            println!(
                "aparte-desktop [FILE...]\n\nOpens the window, and adds the files to its library."
            );
            std::process::exit(0);
        }
        Some("-V" | "--version") => {
            println!("aparte-desktop {}", env!("CARGO_PKG_VERSION"));
            std::process::exit(0);
        }
        Some("--") => drop(arguments.remove(0)),
        _ => (),
    }
    let files = arguments.into_iter();
    files
        .filter_map(|file| std::path::absolute(file).ok())
        .collect()
}

/// Whether a screen answers to open a window on: the environment may name one that is gone.
#[cfg(target_os = "linux")]
fn has_display() -> bool {
    gtk::init().is_ok()
}

#[cfg(not(target_os = "linux"))]
fn has_display() -> bool {
    true
}
