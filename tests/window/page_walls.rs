//! What the page may not do, tried from inside it (X2, X3): run text as code, reach anybody, go anywhere, keep anything,
//! or call what is not its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::app::{App, Start};
use super::listener::Listener;
use super::machine::Machine;
use super::patience::stays;

const PASSPHRASE: &str = "the gate of the walled garden";

/// Each tries to reach `to`, an address without its scheme, in a way of its own. What fails at once is blocked too.
const CALLS: &[(&str, &str)] = &[
    ("fetch", "await fetch(`http://${to}/fetch`)"),
    (
        "fetch without cors",
        "await fetch(`http://${to}/fetch`, { mode: 'no-cors' })",
    ),
    (
        "request",
        "const r = new XMLHttpRequest(); r.open('GET', `http://${to}/xhr`); r.send(); await over(r, 'load')",
    ),
    (
        "web socket",
        "await over(new WebSocket(`ws://${to}/socket`), 'open')",
    ),
    (
        "event source",
        "await over(new EventSource(`http://${to}/events`), 'open')",
    ),
    ("beacon", "navigator.sendBeacon(`http://${to}/beacon`, 'x')"),
    ("module", "await import(`http://${to}/module.js`)"),
    (
        "image",
        "const i = new Image(); i.src = `http://${to}/image.png`; await over(i, 'load')",
    ),
    (
        "image set",
        "const i = new Image(); i.srcset = `http://${to}/image.png 1x`; await over(i, 'load')",
    ),
    (
        "picture in a document",
        "await added('img', { src: `http://${to}/image.png` })",
    ),
    (
        "script",
        "await added('script', { src: `http://${to}/script.js` })",
    ),
    (
        "script of a module",
        "await added('script', { type: 'module', src: `http://${to}/script.js` })",
    ),
    (
        "style sheet",
        "await added('link', { rel: 'stylesheet', href: `http://${to}/style.css` })",
    ),
    (
        "prefetch",
        "await added('link', { rel: 'prefetch', href: `http://${to}/prefetch` })",
    ),
    (
        "preload",
        "await added('link', { rel: 'preload', as: 'image', href: `http://${to}/preload` })",
    ),
    (
        "preconnect",
        "await added('link', { rel: 'preconnect', href: `http://${to}/` })",
    ),
    (
        "look-up of a name",
        "await added('link', { rel: 'dns-prefetch', href: `http://${to}/` })",
    ),
    (
        "icon",
        "await added('link', { rel: 'icon', href: `http://${to}/icon.png` })",
    ),
    (
        "manifest",
        "await added('link', { rel: 'manifest', href: `http://${to}/manifest` })",
    ),
    (
        "inline style",
        "await added('div', { style: `background: url(http://${to}/background.png)` })",
    ),
    (
        "style element",
        "await added('style', {}, `@import url(http://${to}/import.css); body { background: url(http://${to}/b.png) }`)",
    ),
    (
        "style object",
        "document.body.style.setProperty('--x', `url(http://${to}/v.png)`); document.body.style.backgroundImage = `url(http://${to}/o.png)`; await soon(); document.body.style.backgroundImage = ''",
    ),
    (
        "font",
        "await new FontFace('f', `url(http://${to}/font.woff2)`).load()",
    ),
    (
        "frame",
        "await added('iframe', { src: `http://${to}/frame` })",
    ),
    (
        "frame of text",
        "await added('iframe', { srcdoc: `<img src=\"http://${to}/srcdoc.png\">` })",
    ),
    (
        "object",
        "await added('object', { data: `http://${to}/object` })",
    ),
    (
        "embedded",
        "await added('embed', { src: `http://${to}/embed` })",
    ),
    (
        "video",
        "await added('video', { src: `http://${to}/video.mp4`, poster: `http://${to}/poster.png` })",
    ),
    (
        "audio",
        "await added('audio', { src: `http://${to}/audio.mp3`, preload: 'auto' })",
    ),
    (
        "drawing",
        "const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'); const i = document.createElementNS('http://www.w3.org/2000/svg', 'image'); i.setAttribute('href', `http://${to}/drawing.png`); s.append(i); document.body.append(s); await soon(); s.remove()",
    ),
    (
        "ping of a link",
        "const a = await added('a', { href: '#x', ping: `http://${to}/ping` }); a.click()",
    ),
    (
        "base address",
        "await added('base', { href: `http://${to}/` }); const i = new Image(); i.src = 'relative.png'; await over(i, 'load')",
    ),
    (
        "form",
        "const f = await added('form', { action: `http://${to}/form`, method: 'post' }); document.body.append(f); f.submit(); await soon(); f.remove()",
    ),
    (
        "form in a new window",
        "const f = await added('form', { action: `http://${to}/form`, target: '_blank' }); document.body.append(f); f.submit(); await soon(); f.remove()",
    ),
    (
        "refresh",
        "await added('meta', { 'http-equiv': 'refresh', content: `0; url=http://${to}/refresh` })",
    ),
    (
        "worker elsewhere",
        "await over(new Worker(`http://${to}/worker.js`), 'message')",
    ),
    (
        "worker of data",
        "await over(new Worker(`data:text/javascript,fetch('http://${to}/worker'); postMessage(1)`), 'message')",
    ),
    (
        "worker of a blob",
        "await over(new Worker(URL.createObjectURL(new Blob([`fetch('http://${to}/worker').catch(() => {}).then(() => postMessage(1))`], { type: 'text/javascript' }))), 'message')",
    ),
    (
        "script for a worker of a blob",
        "await over(new Worker(URL.createObjectURL(new Blob([`try { importScripts('http://${to}/worker.js') } catch {} postMessage(1)`], { type: 'text/javascript' }))), 'message')",
    ),
    (
        "data for our worker of text recognition",
        "const w = new Worker(new URL('ocr/worker.js', document.baseURI)); w.postMessage({ workerId: 'w', jobId: 'j', action: 'loadLanguage', payload: { langs: 'eng', options: { langPath: `http://${to}/data`, cacheMethod: 'none', gzip: true, lstmOnly: true } } }); await refused(w); w.terminate()",
    ),
    (
        "program for our worker of text recognition",
        "const w = new Worker(new URL('ocr/worker.js', document.baseURI)); w.postMessage({ workerId: 'w', jobId: 'j', action: 'load', payload: { options: { lstmOnly: true, corePath: `http://${to}/core.js`, logging: false } } }); await refused(w); w.terminate()",
    ),
    (
        "service worker",
        "await navigator.serviceWorker.register(`http://${to}/service.js`)",
    ),
    (
        "peer",
        "const p = new RTCPeerConnection({ iceServers: [{ urls: `stun:${to}` }] }); p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer()); await soon()",
    ),
];

/// Words that the calls above are written with: waiting for an end, good or bad, and adding an element for a while.
const VOCABULARY: &str = "
    const soon = () => new Promise((done) => setTimeout(done, 60));
    const over = (thing, good) => new Promise((done) => {
        for (const end of [good, 'error', 'close']) thing.addEventListener(end, done);
        setTimeout(done, 300);
    });
    const refused = (worker) => new Promise((done) => {
        worker.onmessage = ({ data }) => data.status === 'reject' && done();
        setTimeout(done, 5000);
    });
    const added = async (name, attributes, text = '') => {
        const element = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
        element.textContent = text;
        document.head.append(element);
        await soon();
        document.body.append(element);
        await soon();
        element.remove();
        return element;
    };
";

/// Text that would run as code, each with the flag that it would set.
const CODE: &[(&str, &str)] = &[
    ("eval", "eval('window.ran = true')"),
    ("a function of text", "new Function('window.ran = true')()"),
    ("a timer with text", "setTimeout('window.ran = true', 0)"),
    (
        "an inline script",
        "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.head.append(s)",
    ),
    (
        "a script of data",
        "const s = document.createElement('script'); s.src = 'data:text/javascript,window.ran = true'; document.head.append(s)",
    ),
    (
        "a script of a blob",
        "const s = document.createElement('script'); s.src = URL.createObjectURL(new Blob(['window.ran = true'])); document.head.append(s)",
    ),
    (
        "an attribute",
        "const b = document.createElement('button'); b.setAttribute('onclick', 'window.ran = true'); document.body.append(b); b.click(); b.remove()",
    ),
    (
        "a picture's error",
        "const i = document.createElement('img'); i.setAttribute('onerror', 'window.ran = true'); i.src = 'none.png'; document.body.append(i)",
    ),
    (
        "a link",
        "const a = document.createElement('a'); a.href = 'javascript:window.ran = true'; document.body.append(a); a.click(); a.remove()",
    ),
    (
        "a frame of text",
        "const f = document.createElement('iframe'); f.srcdoc = '<script>parent.ran = true</script>'; document.body.append(f)",
    ),
    (
        "a module of data",
        "import('data:text/javascript,window.ran = true').catch(() => {})",
    ),
];

/// Commands that are not ours, and would be of use to whoever took over the page.
const FOREIGN_COMMANDS: &[&str] = &[
    "plugin:fs|read_file",
    "plugin:fs|read_text_file",
    "plugin:fs|write_file",
    "plugin:fs|exists",
    "plugin:shell|execute",
    "plugin:shell|open",
    "plugin:dialog|open",
    "plugin:dialog|save",
    "plugin:dialog|message",
    "plugin:event|listen",
    "plugin:event|emit",
    "plugin:window|create",
    "plugin:window|close",
    "plugin:window|set_title",
    "plugin:webview|create_webview_window",
    "plugin:webview|create_webview",
    "plugin:webview|internal_toggle_devtools",
    "plugin:app|version",
    "plugin:path|resolve_directory",
    "plugin:resources|close",
    "plugin:image|from_path",
    "plugin:menu|new",
    "plugin:http|fetch",
    "plugin:opener|open_url",
    "no_such_command",
];

#[test]
fn the_page_runs_no_text_reaches_nobody_goes_nowhere_and_keeps_nothing() {
    let machine = Machine::new();
    let listener = Listener::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);

    assert_eq!(
        directives(policy_of(&app).as_str()),
        directives(&configured_policy()),
        "the policy in force is the one that src-tauri/tauri.conf.json writes down"
    );
    for (name, code) in CODE {
        app.run(
            &format!("window.ran = undefined; try {{ {code} }} catch {{ /* blocked */ }}"),
            &[],
        );
        stays(&format!("{name} does not run"), || {
            app.run("return window.ran ?? null", &[]).is_null()
        });
    }
    app.run(
        "document.querySelectorAll('iframe').forEach((frame) => frame.remove())",
        &[],
    );
    for code in ["eval('1')", "new Function('return 1')"] {
        let thrown = app.run(
            &format!("try {{ {code}; return null }} catch (error) {{ return error.name }}"),
            &[],
        );
        assert_eq!(thrown, "EvalError", "{code} is refused by the policy");
    }

    let here = app.run(
        "window.stillHere = true; return location.origin + location.pathname",
        &[],
    );
    let remains = |why: &str| {
        stays(why, || {
            app.run(
                "return window.stillHere && document.body.textContent !== 'elsewhere'
                     ? location.origin + location.pathname : null",
                &[],
            ) == here
        });
    };
    reach(&app, listener.port());
    remains("none of the calls led the page away");
    let to = format!("127.0.0.1:{}", listener.port());
    for address in [
        format!("http://{to}/"),
        format!("https://{to}/"),
        "file:///etc/hostname".to_owned(),
        "data:text/html,<h1>elsewhere</h1>".to_owned(),
        "javascript:void(document.body.textContent = 'elsewhere')".to_owned(),
        "about:blank".to_owned(),
        "blob:null/00000000-0000-0000-0000-000000000000".to_owned(),
        "aparte://elsewhere/".to_owned(),
    ] {
        app.run(
            "try { location.href = arguments[0] } catch { /* blocked */ }",
            &[json!(address)],
        );
        remains(&format!("{address} is nowhere to go"));
    }
    let opened = app.run(
        "return window.open(arguments[0]) === null",
        &[json!(format!("http://{to}/"))],
    );
    assert_eq!(opened, true, "no window opens");
    assert_eq!(
        app.run("return window.frames.length", &[]),
        0,
        "no frame is left"
    );
    listener.assert_nobody_came();

    let kept = app.run(
        "return [document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
                 (await navigator.serviceWorker?.getRegistrations() ?? []).length]",
        &[],
    );
    assert_eq!(kept, json!(["", 0, 0, 0, 0]), "the page keeps nothing");
    assert_eq!(
        app.run("return typeof window.__TAURI__", &[]),
        "undefined",
        "the framework's own functions are not offered to the page"
    );
    for command in FOREIGN_COMMANDS {
        let answer = app.run(
            "try { return { done: await window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]) ?? null } }
             catch (error) { return String(error?.message ?? error) }",
            &[
                json!(command),
                json!({"path": "/etc/hostname", "program": "id", "event": "x", "handler": 1, "options": {}}),
            ],
        );
        assert!(
            answer.is_string(),
            "{command} is refused, not answered with {answer}"
        );
    }
    app.assert_alive();
    app.close();
}

/// Tries every way to reach the listener.
fn reach(app: &App, port: u16) {
    for (name, call) in CALLS {
        let tried = app.run(
            &format!(
                "{VOCABULARY} const to = arguments[0];
                 try {{ {call}; return null }} catch (error) {{ return String(error) }}"
            ),
            &[json!(format!("127.0.0.1:{port}"))],
        );
        if let Some(error) = tried.as_str() {
            assert!(
                !error.contains("SyntaxError")
                    && !error.contains("ReferenceError: Can't find variable: added"),
                "{name} was not even tried: {error}"
            );
        }
    }
}

/// The policy that came with the page.
fn policy_of(app: &App) -> String {
    let policy = app.run(
        "const answer = await fetch(location.href);
         return answer.headers.get('Content-Security-Policy')
             ?? document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content ?? null",
        &[],
    );
    policy
        .as_str()
        .expect("the page comes with a policy")
        .to_owned()
}

fn configured_policy() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/tauri.conf.json");
    let configuration: Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    configuration["app"]["security"]["csp"]
        .as_str()
        .expect("the policy is written as one text")
        .to_owned()
}

/// A policy without regard to order, and without the hashes and nonces of the page's own parts, which differ from
/// build to build.
fn directives(policy: &str) -> BTreeMap<String, BTreeSet<String>> {
    policy
        .split(';')
        .filter_map(|directive| {
            let mut words = directive.split_whitespace().map(str::to_owned);
            let name = words.next()?;
            let own = |word: &String| word.starts_with("'nonce-") || word.starts_with("'sha256-");
            Some((name, words.filter(|word| !own(word)).collect()))
        })
        .collect()
}
