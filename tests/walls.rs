//! The walls between processes and around the web view, as the linker, the sources and the configuration have them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every crate that is linked into a package of ours on this platform.
fn linked_into(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--package", package])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn assert_absent(package: &str, forbidden: &[&str]) {
    let linked = linked_into(package);
    assert!(linked.len() > 5, "the tree of {package} was not read");
    let found: Vec<_> = linked
        .iter()
        .filter(|name| {
            forbidden
                .iter()
                .any(|pattern| match pattern.strip_suffix('*') {
                    Some(beginning) => name.starts_with(beginning),
                    None => name == pattern,
                })
        })
        .collect();
    assert!(
        found.is_empty(),
        "{package} must not link {found:?}: move the code to its own process"
    );
}

#[test]
fn the_app_links_no_model_code_and_no_document_parser() {
    for package in ["aparte-cli", "aparte-desktop", "aparte-assistant"] {
        assert_absent(
            package,
            &[
                "llama-cpp-*",
                "pdf_oxide",
                "office_oxide",
                "mail-parser",
                "docling*",
                "lopdf",
                "aparte-engine",
                "aparte-documents",
            ],
        );
    }
}

#[test]
fn the_worker_links_no_store_no_key_and_no_network() {
    assert_absent(
        "aparte-worker",
        &[
            "rusqlite",
            "libsqlite3-sys",
            "keyring*",
            "aes-gcm",
            "reqwest",
            "hyper",
            "ureq",
            "rustls",
            "tokio",
            "tauri*",
            "aparte-assistant",
        ],
    );
}

#[test]
fn nothing_links_a_network_client_or_openssl() {
    for package in ["aparte-cli", "aparte-desktop", "aparte-worker"] {
        assert_absent(
            package,
            &[
                "reqwest",
                "hyper",
                "ureq",
                "curl*",
                "openssl*",
                "native-tls",
                "rustls",
            ],
        );
    }
}

#[test]
fn the_window_links_nothing_that_gives_the_page_files_programs_or_addresses() {
    // The plug-in for dialogs links the one for files; that no page may call it is the capability's to say.
    assert_absent(
        "aparte-desktop",
        &[
            "tauri-plugin-shell",
            "tauri-plugin-http",
            "tauri-plugin-opener",
            "tauri-plugin-store",
            "tauri-plugin-sql",
            "tauri-plugin-log",
            "tauri-plugin-updater",
            "tauri-plugin-websocket",
        ],
    );
}

#[test]
fn the_interface_makes_no_elements_out_of_text() {
    for (file, source) in interface_sources() {
        for door in [
            "{@html",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "DOMParser",
            "document.write",
            "createContextualFragment",
            "setHTMLUnsafe",
            "srcdoc",
        ] {
            assert!(
                !source.contains(door),
                "{}: {door} would run what a document says; draw elements instead",
                file.display()
            );
        }
    }
}

#[test]
fn only_the_ipc_folder_of_the_interface_knows_the_framework_and_components_know_neither_state_nor_ipc()
 {
    for (file, source) in interface_sources() {
        let folder = file
            .strip_prefix(root().join("ui/src"))
            .unwrap()
            .components()
            .next()
            .unwrap();
        let folder = folder.as_os_str().to_string_lossy();
        for import in imports(&source) {
            assert!(
                folder == "ipc" || !import.starts_with("@tauri-apps"),
                "{}: only ui/src/ipc may import {import}",
                file.display()
            );
            let is_inner = ["/state/", "/ipc/", "/views/"]
                .iter()
                .any(|inner| import.contains(inner));
            assert!(
                folder != "components" || !is_inner,
                "{}: a component gets what it shows from its view, and does not import {import}",
                file.display()
            );
        }
    }
}

#[test]
fn the_policy_of_the_page_is_the_one_that_is_promised() {
    let configuration = json(&root().join("src-tauri/tauri.conf.json"));
    let security = &configuration["app"]["security"];
    let policy = security["csp"].as_str().expect("the policy is one text");
    assert!(
        read(&root().join("SECURITY.md")).contains(policy),
        "SECURITY.md has to promise this policy word by word: {policy}"
    );
    for (name, expected) in [
        ("freezePrototype", true),
        ("dangerousDisableAssetCspModification", false),
    ] {
        assert_eq!(
            security[name].as_bool().unwrap_or(false),
            expected,
            "{name}"
        );
    }
    assert_eq!(
        configuration["app"]["withGlobalTauri"], false,
        "the page is not offered the framework's own functions"
    );
    assert!(
        security["assetProtocol"]["enable"].as_bool() != Some(true),
        "the page reads no file of the disk"
    );
}

#[test]
fn each_page_may_call_its_commands_and_nothing_else() {
    let folder = root().join("src-tauri/capabilities");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["main.json", "scan.json"],
        "one file a page says what it may call"
    );
    let granted = |window: &str| -> BTreeSet<String> {
        let capability = json(&folder.join(format!("{window}.json")));
        assert_eq!(capability["identifier"], window);
        assert_eq!(capability["windows"], serde_json::json!([window]));
        assert!(
            capability.get("remote").is_none() && capability.get("webviews").is_none(),
            "no other page may call anything"
        );
        let permissions = capability["permissions"].as_array().unwrap().iter();
        permissions
            .map(|permission| {
                permission
                    .as_str()
                    .expect("a permission without a scope")
                    .to_owned()
            })
            .collect()
    };
    let commands: BTreeSet<_> = commands()
        .iter()
        .map(|command| format!("allow-{}", command.replace('_', "-")))
        .collect();
    assert!(
        commands.len() > 5,
        "the commands of src-tauri/build.rs were not read"
    );
    let (of_scans, others): (BTreeSet<_>, BTreeSet<_>) = commands
        .into_iter()
        .partition(|command| command.starts_with("allow-scan-"));
    assert_eq!(granted("main"), others, "main.json and build.rs");
    assert_eq!(
        granted("scan"),
        of_scans,
        "what draws a hostile scan sees nothing else"
    );
    let configuration = json(&root().join("src-tauri/tauri.conf.json"));
    assert_eq!(
        configuration["app"]["security"]["capabilities"],
        serde_json::json!(["main", "scan"]),
        "no other capability is in force"
    );
}

#[test]
fn the_interface_stands_on_few_packages_and_its_lock_names_no_host() {
    let lock = json(&root().join("ui/package-lock.json"));
    let packages = lock["packages"].as_object().unwrap();
    let runtime: Vec<_> = packages
        .iter()
        .filter(|(path, package)| {
            // What is optional is for Node, and in no bundle.
            let kinds = ["dev", "devOptional", "optional"];
            !path.is_empty() && kinds.iter().all(|kind| package[*kind] != true)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(
        (1..40).contains(&runtime.len()),
        "{} packages are part of the interface: {runtime:?}",
        runtime.len()
    );
    for (path, package) in packages {
        assert!(
            package.get("resolved").is_none(),
            "{path} comes from an address instead of the registry that npm is set up with: run npm with the .npmrc \
             of ui/"
        );
    }
}

#[test]
fn crates_that_need_no_unsafe_code_forbid_it() {
    for library in ["protocol", "documents", "assistant", "vault"] {
        let source = read(&root().join("crates").join(library).join("src/lib.rs"));
        assert!(
            source.contains("#![forbid(unsafe_code)]"),
            "crates/{library} must forbid unsafe code"
        );
    }
}

#[test]
fn the_state_calls_of_llama_that_write_plaintext_files_are_not_used() {
    for file in sources(&root().join("crates")) {
        let source = read(&file);
        for call in [
            "state_save_file",
            "state_seq_save_file",
            "save_session_file",
            "state_seq_load_file",
        ] {
            assert!(
                !source.contains(call),
                "{}: {call} touches the disk in clear",
                file.display()
            );
        }
    }
}

#[test]
fn the_log_is_written_in_one_place_from_events_that_hold_no_text() {
    for file in sources(&root().join("crates/assistant/src")) {
        if !file.ends_with("log.rs") {
            let source = read(&file);
            assert!(
                !source.contains("tracing::"),
                "{}: record an Event of log.rs",
                file.display()
            );
        }
    }
    let events = read(&root().join("crates/assistant/src/log.rs"));
    let events =
        &events[events.find("pub enum Event").unwrap()..events.find("pub fn record").unwrap()];
    for kind in ["String", "&str", "Path", "OsStr", "Vec", "Cow"] {
        assert!(
            !events.replace("&'static str", "").contains(kind),
            "an Event may not hold a {kind}"
        );
    }
}

#[test]
fn the_workers_the_engine_and_the_window_log_words_of_ours_and_nothing_of_a_user() {
    for (folder, logged) in [
        // What is the matter with a frame: its kind, its length, the system's error.
        ("crates/worker/src", "%error"),
        // A warning of llama.cpp, which names numbers, tensors and tokens of the vocabulary.
        ("crates/engine/src", "{line}"),
        // Where in our sources a panic was.
        ("src-tauri/src", "{place}"),
    ] {
        let mut held = 0;
        for file in sources(&root().join(folder)) {
            let source = read(&file);
            for call in log_calls(&source) {
                assert!(is_without_text(call, logged), "{}: {call}", file.display());
                held += usize::from(call.contains(logged));
            }
        }
        assert!(held > 0, "nothing was read in {folder}");
    }

    for (source, is_allowed) in [
        (r#"tracing::error!("the page could not be ended");"#, true),
        (
            r#"tracing::error!(target: "aparte", "panic at {place}");"#,
            true,
        ),
        (
            r#"tracing::error!(%error, "the app can no longer be reached");"#,
            false,
        ),
        (r#"tracing::info!("asked: {text}");"#, false),
        (r#"tracing::info!("{text:?}, {place}");"#, false),
        (r#"tracing::info!("asked: {}", question);"#, false),
        (r#"tracing::info!(question, "asked");"#, false),
        (r#"tracing::info!(%question);"#, false),
        (r#"tracing::info!(text = %question, "asked");"#, false),
        ("tracing::info!(\n    ?question,\n    \"asked\",\n);", false),
        ("use tracing::{Level, info};", false),
        ("use tracing::*;", false),
        ("#[tracing::instrument]", false),
        ("tracing::info_span!(\"asked\", question);", false),
    ] {
        let calls = log_calls(source);
        assert_eq!(calls.len(), 1, "{source}");
        assert_eq!(is_without_text(calls[0], "{place}"), is_allowed, "{source}");
    }
}

/// Every use of `tracing` in a source, from its name to the end of the statement.
fn log_calls(source: &str) -> Vec<&str> {
    source
        .match_indices("tracing::")
        .map(|(start, _)| {
            let call = &source[start..];
            let end = call.find([';', ']']).unwrap_or(call.len());
            &call[..end]
        })
        .collect()
}

/// Whether a use of `tracing` is the type of a level, or a message in words of ours with nothing in it but what may be
/// `logged`.
fn is_without_text(call: &str, logged: &str) -> bool {
    if call == "tracing::Level" {
        return true;
    }
    let Some((name, arguments)) = call.split_once("!(") else {
        return false;
    };
    let Some(arguments) = arguments.trim_end().strip_suffix(')') else {
        return false;
    };
    let names = ["error", "warn", "info"].map(|level| format!("tracing::{level}"));
    // Before, in and after each quotation mark: what stands outside is code, what stands inside is words.
    let (code, words): (Vec<_>, Vec<_>) = arguments
        .split('"')
        .enumerate()
        .partition(|(place, _)| place % 2 == 0);
    let fields = code
        .iter()
        .flat_map(|(_, code)| code.split(','))
        .map(str::trim)
        .filter(|field| !field.is_empty() && *field != "target:");
    let placeholders = words.iter().flat_map(|(_, words)| {
        words
            .match_indices('{')
            .map(move |(start, _)| words[start..].split_inclusive('}').next().unwrap_or("{"))
    });
    names.iter().any(|level| level == name)
        && !words.is_empty()
        && fields.chain(placeholders).all(|held| held == logged)
}

#[test]
fn french_sentences_have_a_narrow_space_before_their_high_marks_and_within_their_quotation_marks() {
    for file in [
        "crates/assistant/src/notice.rs",
        "crates/assistant/src/vault_trouble.rs",
        "crates/cli/src/failure.rs",
        "crates/cli/src/secrets.rs",
        "crates/cli/src/vault/keeping.rs",
    ] {
        let source = read(&root().join(file));
        assert!(
            source.contains('\u{202f}'),
            "{file} was not read, or says nothing in French"
        );
        for line in source.lines() {
            // Code has none of these either.
            for wide in ["« ", " »", " ;", " :", " ?"] {
                assert!(!line.contains(wide), "{file}: {line}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_worker_finds_its_libraries_without_a_library_path_and_links_no_openssl() {
    let worker = aparte_tests::worker();
    let output = Command::new("ldd")
        .arg(&worker)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let libraries = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(libraries.contains("libllama"), "{libraries}");
    for wrong in ["not found", "libssl", "libcrypto", "libcurl"] {
        assert!(!libraries.contains(wrong), "{wrong} in:\n{libraries}");
    }
}

/// The commands that `src-tauri/build.rs` declares: the texts in its list.
fn commands() -> Vec<String> {
    let source = read(&root().join("src-tauri/build.rs"));
    let (_, list) = source
        .split_once(".commands(&[")
        .expect("it declares commands");
    let (list, _) = list.split_once(']').expect("a list ends");
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// What the sources of the interface are, with what they say.
fn interface_sources() -> Vec<(PathBuf, String)> {
    let files = files_below(&root().join("ui/src"), &["ts", "js", "svelte", "html"]);
    assert!(files.len() > 20, "the interface was not read");
    files
        .into_iter()
        .map(|file| {
            let source = read(&file);
            (file, source)
        })
        .collect()
}

/// What a source imports, in whichever way.
fn imports(source: &str) -> Vec<&str> {
    ["from \"", "import \"", "import(\""]
        .iter()
        .flat_map(|word| source.split(word).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files_below(folder, &["rs"])
}

fn files_below(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_wanted =
            |extension: &std::ffi::OsStr| extensions.iter().any(|wanted| extension == *wanted);
        if path.is_dir() {
            found.extend(files_below(&path, extensions));
        } else if path.extension().is_some_and(is_wanted) {
            found.push(path);
        }
    }
    found
}
