//! Where things lie on this machine.

use std::path::PathBuf;

use directories::ProjectDirs;

/// The folder of the application's data: `APARTE_HOME`, or the platform's own place.
pub fn home() -> Option<PathBuf> {
    from_environment("APARTE_HOME").or_else(|| {
        Some(
            ProjectDirs::from("", "", "aparte")?
                .data_dir()
                .to_path_buf(),
        )
    })
}

/// The folder of models: `APARTE_MODELS`, or `models` in the application's data.
pub fn models() -> Option<PathBuf> {
    from_environment("APARTE_MODELS").or_else(|| Some(home()?.join("models")))
}

/// The folders where a model of the catalogue may lie, in the order to look in: `APARTE_MODELS` alone where that is
/// set; else `models` in the application's data, then `models` beside the running program, where a package puts the
/// model that it brings.
pub fn model_folders() -> Vec<PathBuf> {
    if let Some(named) = from_environment("APARTE_MODELS") {
        return vec![named];
    }
    let beside = std::env::current_exe()
        .ok()
        .map(|exe| exe.with_file_name("models"));
    models().into_iter().chain(beside).collect()
}

/// The worker program: it lies beside the running program.
pub fn worker() -> PathBuf {
    beside("aparte-worker")
}

/// The program of the window: it lies beside the running program.
pub fn desktop() -> PathBuf {
    beside("aparte-desktop")
}

fn beside(program: &str) -> PathBuf {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    match std::env::current_exe() {
        Ok(exe) => exe.with_file_name(name),
        Err(_) => name.into(),
    }
}

fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
