//! Declares the commands, so that each needs a permission of its own in `capabilities/`.

fn main() {
    // The program embeds the interface: another one makes another program.
    println!("cargo:rerun-if-changed=../ui/dist");
    let commands = tauri_build::AppManifest::new().commands(&[
        "listen",
        "create_vault",
        "unlock",
        "retry",
        "restore",
        "lock",
        "active",
        "in_private",
        "ways",
        "set_passphrase",
        "use_keychain",
        "make_recovery",
        "remove_recovery",
        "accept",
        "back_up",
        "export",
        "change_settings",
        "documents",
        "choose_files",
        "dismiss",
        "uses",
        "page",
        "conversations",
        "messages",
        "find",
        "begin",
        "ask",
        "context_use",
        "stop",
        "keep_draft",
        "draft",
        "erase",
        "undo_erase",
        "erase_now",
    ]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    tauri_build::try_build(attributes).expect("the configuration beside this file is complete");
}
