//! `aparte-desktop [FILE...]`: the window over the domain.
//!
//! The web view names things by id and shows what it is told; paths, keys and decisions stay on this side. Each
//! command is a few lines over [`Session`], which holds the open vault; what happens unasked goes to the window as
//! [`News`](view::News) through one channel.

#![deny(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod incoming;
mod ipc;
mod language;
mod log;
mod model;
mod opening;
mod session;
mod view;
mod window;

use std::path::PathBuf;
use std::sync::Arc;

use tauri::RunEvent;

use session::Session;

fn main() {
    window::avoid_blank_windows();
    keep_files_to_ourselves();
    log::start();
    let session = Arc::new(Session::new());
    session.add_files(named_files());
    opening::start(&session);
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Arc::clone(&session))
        .invoke_handler(ipc::commands().invoke_handler())
        .setup(|app| Ok(window::open(app)?))
        .on_window_event(window::on_event)
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(move |_, event| {
            if let RunEvent::Exit = event {
                session.close();
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

/// The files that were given to open, as the shell that started us meant them.
fn named_files() -> Vec<PathBuf> {
    std::env::args_os()
        .skip(1)
        .filter(|argument| !argument.to_string_lossy().starts_with("--"))
        .filter_map(|argument| std::path::absolute(argument).ok())
        .collect()
}
