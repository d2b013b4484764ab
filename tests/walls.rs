//! The walls between processes, as the linker and the sources have them.

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
    for package in ["aparte-cli", "aparte-assistant"] {
        assert_absent(
            package,
            &[
                "llama-cpp-*",
                "pdf_oxide",
                "office_oxide",
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
    for package in ["aparte-cli", "aparte-worker"] {
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
fn crates_that_need_no_unsafe_code_forbid_it() {
    for library in ["protocol", "documents", "assistant"] {
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
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
