//! What a worker with a model opens before the sandbox closes, which allows no opening of anything.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use aparte_engine::Backends;
use aparte_protocol::engine::LoadFailure;
use aparte_protocol::{Greeting, PROTOCOL_VERSION};

use crate::sandbox;

/// A model's file and the compute libraries, all of them open.
pub struct Opened {
    backends: Result<Backends, LoadFailure>,
    file: io::Result<File>,
}

/// Opens everything, closes the sandbox, and gives the greeting that tells of its walls. Call it before any thread is
/// started.
pub fn open(model: &Path) -> (Opened, Greeting) {
    sandbox::prepare();
    let opened = Opened {
        backends: Backends::load(&compute_libraries()),
        file: File::open(model),
    };
    let greeting = Greeting {
        walls: sandbox::enter(),
        protocol: PROTOCOL_VERSION,
    };
    (opened, greeting)
}

impl Opened {
    /// Loads the model.
    ///
    /// # Errors
    /// What could not be opened, and whatever `load` refuses.
    pub fn load<M>(
        self,
        load: impl FnOnce(Backends, File) -> Result<M, LoadFailure>,
    ) -> Result<M, LoadFailure> {
        let file = self
            .file
            .map_err(|error| LoadFailure::Unreadable(error.kind().to_string()))?;
        load(self.backends?, file)
    }
}

/// The folder of compute libraries: beside the worker, or where a package puts them.
fn compute_libraries() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf))
        .unwrap_or_default();
    let packaged = beside.join("../lib/aparte/backends");
    if packaged.is_dir() {
        packaged
    } else {
        beside.join("backends")
    }
}
