//! The one window: what its web view may do, which is very little, and what the system tells it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aparte_assistant::places;
use tauri::webview::NewWindowResponse;
use tauri::{
    App, DragDropEvent, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent, Wry,
};

use crate::session::Session;
use crate::view::News;

/// With its DMA-BUF renderer WebKitGTK shows a blank window on some drivers; it reads this when it starts.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the environment has no other door")]
pub fn avoid_blank_windows() {
    const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(RENDERER).is_none() {
        // SAFETY: this is called first thing in `main`, when there is one thread.
        unsafe { std::env::set_var(RENDERER, "1") };
    }
}

/// Other systems have their own web views.
#[cfg(not(target_os = "linux"))]
pub fn avoid_blank_windows() {}

/// Opens the window.
pub fn open(app: &App, session: &Session) -> tauri::Result<()> {
    let window = closed_off(app, "main", WebviewUrl::default())
        .title("Aparté")
        .inner_size(1180.0, 780.0)
        .min_inner_size(480.0, 400.0)
        .build()?;
    come_back(&window)?;
    // There is one window, which is opened once.
    let _ = session.window.set(window);
    Ok(())
}

/// A window that keeps nothing of anybody's on the disk, loads nothing but the interface that is part of this program, and opens
/// no other window.
pub fn closed_off<'a>(
    app: &'a App,
    label: &str,
    page: WebviewUrl,
) -> WebviewWindowBuilder<'a, Wry, App> {
    let mut window = WebviewWindowBuilder::new(app, label, page);
    let files = places::home().map(|home| home.join("webview"));
    // Where it cannot be made there is no window; that the vault cannot be made either is then said in it.
    if let Some(files) = files.filter(|files| std::fs::create_dir_all(files).is_ok()) {
        // Empty salts and an empty list of hosts, which WebKit makes even in private mode.
        window = window.data_directory(files);
    }
    window
        .incognito(!is_driven_by_a_test())
        .general_autofill_enabled(false)
        .devtools(cfg!(debug_assertions))
        .zoom_hotkeys_enabled(true)
        .proxy_url(dead_end())
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
}

/// Shows the window before all others, as far as the desktop lets it.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only there a second start is heard")
)]
pub fn come_forward(session: &Session) {
    if let Some(window) = session.window.get() {
        // A desktop that refuses has its reasons; the files are in the library all the same.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Ends the page with everything that it holds in memory, and loads it anew.
pub fn empty(session: &Session) {
    if let Some(window) = session.window.get()
        && empty_view(window).is_err()
    {
        tracing::error!(target: "aparte", "the page could not be ended");
    }
}

/// Its process ends, and [`come_back`] starts another: no memory of what was shown is left. A driver takes that for a
/// crash and lets go of the window, so that the page of a test is only loaded anew.
#[cfg(target_os = "linux")]
fn empty_view(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    if is_driven_by_a_test() {
        return window.reload();
    }
    window.with_webview(|webview| webview.inner().terminate_web_process())
}

/// Elsewhere the page is loaded anew in the same process, which may keep what it held for a while.
#[cfg(not(target_os = "linux"))]
fn empty_view(window: &WebviewWindow) -> tauri::Result<()> {
    window.reload()
}

/// When the web view's process dies, the page is loaded again in a new one; what was shown is read from the vault.
#[cfg(target_os = "linux")]
fn come_back(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{WebProcessTerminationReason, WebViewExt};
    window.with_webview(|webview| {
        webview
            .inner()
            .connect_web_process_terminated(|webview, reason| {
                if reason != WebProcessTerminationReason::TerminatedByApi {
                    tracing::error!(target: "aparte", "the web view ended and is loaded again");
                }
                webview.reload();
            });
    })
}

/// Elsewhere a dead web view stays dead until the application is started again.
#[cfg(not(target_os = "linux"))]
fn come_back(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// A page that nobody sees is not loaded again: the process ends with it.
#[cfg(target_os = "linux")]
pub fn end_with_its_page(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    window.with_webview(|webview| {
        let webview = webview.inner();
        webview.connect_web_process_terminated(|_, _| std::process::exit(1));
    })
}

/// Elsewhere whoever waits for the page gives it up in time.
#[cfg(not(target_os = "linux"))]
pub fn end_with_its_page(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Takes dropped files, and lets the replies end before the window does.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let session = window.state::<Arc<Session>>();
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { paths, .. }) => {
            let over = paths.iter().any(|path| path.is_absolute());
            session.tell(News::Drag { over });
        }
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            session.tell(News::Drag { over: false });
            session.touch();
            // What is dropped from a browser is an address, not a file.
            let files = paths.iter().filter(|path| path.is_absolute());
            let files: Vec<PathBuf> = files.cloned().collect();
            // A folder may hold many, and this thread draws.
            let session = Arc::clone(&session);
            std::thread::spawn(move || session.add_dropped(files));
        }
        WindowEvent::DragDrop(DragDropEvent::Leave) => session.tell(News::Drag { over: false }),
        WindowEvent::CloseRequested { api, .. } if session.replies.any() => {
            api.prevent_close();
            let (session, window) = (Arc::clone(&session), window.clone());
            std::thread::spawn(move || {
                session.replies.stop_all();
                for _ in 0..LAST_WORDS_MS / 20 {
                    if !session.replies.any() {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                let _ = window.destroy();
            });
        }
        _ => (),
    }
}

/// How long replies may take to end and be stored when their window is closed.
const LAST_WORDS_MS: u64 = 3_000;

/// The interface is the only place to be.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => true,
        // There the scheme is behind a host that no network has.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

/// A proxy that nobody listens on: whatever the web view might try to fetch ends on this machine.
fn dead_end() -> Url {
    Url::parse("http://127.0.0.1:9").expect("it is an address")
}

/// A web view in private mode cannot be driven. Only development builds let one out of it.
pub fn is_driven_by_a_test() -> bool {
    cfg!(debug_assertions) && std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}
