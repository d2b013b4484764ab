//! `aparte-desktop --recognise`: text recognition for programs without a window, in a window that nobody sees. What it is told
//! and answers is in [`aparte_assistant::ScanTask`]; it opens no vault and knows of one document.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Mutex, PoisonError};

use aparte_assistant::{RecognisedPage, ScanTask};
use tauri::{App, AppHandle, WebviewUrl};

use crate::window;

/// The document at hand.
pub struct Scanning {
    task: ScanTask,
    bytes: Mutex<Vec<u8>>,
}

/// Does what standard input asks for, and ends the process.
pub fn run() -> ! {
    let (task, bytes) = match asked(&mut BufReader::new(io::stdin())) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("aparte-desktop: what is to be recognised did not come whole: {error}");
            std::process::exit(1);
        }
    };
    std::thread::spawn(end_with_whoever_asked);
    let app = tauri::Builder::default()
        .manage(Scanning {
            task,
            bytes: Mutex::new(bytes),
        })
        .invoke_handler(crate::ipc::commands().invoke_handler())
        .setup(|app| Ok(open(app)?))
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|_, _| ()),
        Err(error) => eprintln!("aparte-desktop cannot open a window: {error}"),
    }
    std::process::exit(1);
}

impl Scanning {
    /// What is to be read.
    pub fn task(&self) -> &ScanTask {
        &self.task
    }

    /// The document, once.
    pub fn take_bytes(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a page; after the last, and where nobody hears it, the process ends.
    pub fn answer(&self, app: &AppHandle, page: &RecognisedPage) {
        let is_last = self.task.pages.last() == Some(&page.number);
        match say(page) {
            Ok(()) if !is_last => (),
            Ok(()) => app.exit(0),
            Err(_) => app.exit(1),
        }
    }
}

fn say(page: &RecognisedPage) -> io::Result<()> {
    let mut line = serde_json::to_vec(page)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

fn asked(input: &mut impl BufRead) -> io::Result<(ScanTask, Vec<u8>)> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let task: ScanTask = serde_json::from_str(&line)?;
    let mut bytes = Vec::new();
    input.take(task.bytes).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == task.bytes {
        true => Ok((task, bytes)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Its input stays open as long as somebody waits.
fn end_with_whoever_asked() {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    std::process::exit(0);
}

fn open(app: &mut App) -> tauri::Result<()> {
    // There it would have a place among the programs that people see.
    #[cfg(target_os = "macos")]
    app.set_activation_policy(tauri::ActivationPolicy::Accessory);
    let page = WebviewUrl::App("scan.html".into());
    let window = window::closed_off(app, "scan", page)
        .visible(false)
        .build()?;
    window::end_with_its_page(&window)
}
