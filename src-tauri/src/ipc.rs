//! Everything that the web view may call, and the TypeScript that is made of it.

use tauri::Wry;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::commands;

/// The only list of commands. `build.rs` and `capabilities` name the same ones, and a test compares.
pub fn commands() -> Builder<Wry> {
    Builder::new()
        .error_handling(ErrorHandlingMode::Throw)
        .commands(collect_commands![
            commands::listen,
            commands::vault::create_vault,
            commands::vault::unlock,
            commands::vault::retry,
            commands::vault::restore,
            commands::vault::lock,
            commands::active,
            commands::in_private,
            commands::drop_into,
            commands::vault::ways,
            commands::vault::set_passphrase,
            commands::vault::use_keychain,
            commands::vault::make_recovery,
            commands::vault::remove_recovery,
            commands::vault::accept,
            commands::vault::back_up,
            commands::vault::export,
            commands::change_settings,
            commands::documents::documents,
            commands::documents::choose_files,
            commands::documents::dismiss,
            commands::documents::uses,
            commands::documents::page,
            commands::documents::search,
            commands::documents::find_in,
            commands::documents::recognised,
            commands::library::choose_folder,
            commands::library::paste_files,
            commands::library::pause_intake,
            commands::library::cancel_intake,
            commands::library::open_file,
            commands::library::collections,
            commands::library::make_collection,
            commands::library::rename_collection,
            commands::library::remove_collection,
            commands::library::gather,
            commands::library::rename_document,
            commands::library::read_again,
            commands::library::original,
            commands::library::original_password,
            commands::library::watched_folders,
            commands::library::unwatch_folder,
            commands::library::keep_gone,
            commands::conversations::conversations,
            commands::conversations::messages,
            commands::conversations::find,
            commands::conversations::begin,
            commands::conversations::ask,
            commands::conversations::context_use,
            commands::conversations::stop,
            commands::conversations::keep_draft,
            commands::conversations::draft,
            commands::finding::offer_all,
            commands::finding::plan_all,
            commands::finding::find_all,
            commands::finding::stop_finding,
            commands::summarizing::summarize,
            commands::summarizing::stop_summary,
            commands::summarizing::forget_summary,
            commands::summarizing::export_summary,
            commands::summarizing::kept_summaries,
            commands::summarizing::forget_kept_summary,
            commands::erasing::erase,
            commands::erasing::erasures,
            commands::erasing::undo_erase,
            commands::erasing::erase_now,
            commands::scanning::scan_pages,
            commands::scanning::scan_bytes,
            commands::scanning::scan_password,
            commands::scanning::scan_read,
            commands::scanning::scan_failed,
        ])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use specta_typescript::Typescript;

    use super::*;

    /// `APARTE_WRITE_BINDINGS=1 cargo test --package aparte-desktop` writes them anew.
    #[test]
    fn the_bindings_of_the_interface_are_those_of_these_commands() {
        let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts");
        let header =
            "// Generated from src-tauri: see ipc.rs there. Do not edit.\n// @ts-nocheck\n";
        let fresh = commands()
            .export_str(Typescript::default().header(header))
            .unwrap();
        if std::env::var_os("APARTE_WRITE_BINDINGS").is_some() {
            std::fs::write(&written, &fresh).unwrap();
        }
        let kept = std::fs::read_to_string(&written).unwrap_or_default();
        assert!(
            kept == fresh,
            "ui/src/ipc/bindings.ts is not what the commands say: run this test with APARTE_WRITE_BINDINGS=1"
        );
    }
}
