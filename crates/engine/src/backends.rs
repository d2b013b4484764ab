//! The compute libraries, and what the machine offers.
//!
//! Everything that must be opened or read from the system is opened and read here, once, so that a
//! sandbox may deny every later `open`.

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aparte_protocol::calibration::{BatchSize, Tuning};
use aparte_protocol::engine::LoadFailure;
use llama_cpp_2::llama_backend::LlamaBackend;

use crate::devices::{self, Device, DeviceKind};
use crate::idle::IdleTime;
use crate::log;
use crate::memory;

/// The compute libraries, loaded. One value may exist in a process at a time.
#[derive(Debug)]
pub struct Backends {
    // llama.cpp is shut down with this value.
    _llama: LlamaBackend,
    pub(crate) devices: Vec<Device>,
    pub(crate) available_memory: u64,
    pub(crate) idle: IdleTime,
    /// Threads that compute, usually: one a core.
    pub(crate) threads: i32,
    /// As many as the system runs at a time.
    pub(crate) most_threads: i32,
}

impl Backends {
    /// Loads the libraries in `folder` that this processor and its GPUs can run, and measures the memory
    /// that is free. On macOS, where they are linked in, the folder is not looked at.
    ///
    /// # Errors
    /// [`LoadFailure::NoComputeLibrary`] when the folder is missing or holds none for this processor.
    pub fn load(folder: &Path) -> Result<Backends, LoadFailure> {
        log::lead_into_tracing();
        load_libraries(folder)?;
        let devices = devices::list();
        if !devices
            .iter()
            .any(|device| device.kind == DeviceKind::Processor)
        {
            return Err(LoadFailure::NoComputeLibrary(format!(
                "none of the libraries in {} runs on this processor",
                folder.display()
            )));
        }
        devices::open(&devices);
        let llama = LlamaBackend::init()
            .map_err(|error| LoadFailure::NoComputeLibrary(error.to_string()))?;
        Ok(Backends {
            _llama: llama,
            available_memory: memory::available(),
            idle: IdleTime::open(),
            threads: usable_threads(),
            most_threads: logical_cores(),
            devices,
        })
    }

    /// Names the devices that compute, the best first, for example `CPU (AMD EPYC)`.
    pub fn devices(&self) -> Vec<String> {
        let mut devices: Vec<_> = self.devices.iter().collect();
        devices.sort_by_key(|device| device.kind == DeviceKind::Processor);
        devices
            .iter()
            .map(|device| format!("{} ({})", device.name, device.description))
            .collect()
    }

    /// What computes, in words: the devices, and how many cores the processor has for it.
    pub(crate) fn machine(&self) -> String {
        let (devices, threads) = (self.devices().join(", "), self.most_threads);
        let machine = format!("{devices}, {} of {threads} cores", self.threads);
        // It is told as an argument, which ends at a zero.
        machine.replace(char::is_control, " ")
    }

    /// What suits most machines and models.
    pub(crate) fn usual_tuning(&self) -> Tuning {
        Tuning {
            threads: threads(self.threads),
            batch: BatchSize::Middle,
            flash_attention: true,
        }
    }

    /// Whether this machine can do it.
    pub(crate) fn can(&self, tuning: Tuning) -> bool {
        tuning.threads <= threads(self.most_threads)
    }
}

/// As many as there are, which is more than none.
pub(crate) fn threads(count: i32) -> NonZeroU16 {
    u16::try_from(count)
        .ok()
        .and_then(NonZeroU16::new)
        .unwrap_or(NonZeroU16::MIN)
}

#[cfg(not(target_os = "macos"))]
fn load_libraries(folder: &Path) -> Result<(), LoadFailure> {
    let refuse = |reason: String| Err(LoadFailure::NoComputeLibrary(reason));
    // ggml takes the folder as a C string of UTF-8, and says nothing when it finds nothing in it.
    if folder.to_str().is_none_or(|folder| folder.contains('\0')) {
        return refuse("the name of the folder is not valid text".to_owned());
    }
    if !folder.is_dir() {
        return refuse(format!("the folder {} is missing", folder.display()));
    }
    // ggml would register the same libraries a second time.
    static LOADED: Mutex<bool> = Mutex::new(false);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*loaded {
        llama_cpp_2::llama_backend::load_backends_from_path(folder);
        *loaded = !devices::list().is_empty();
    }
    Ok(())
}

#[cfg(target_os = "macos")]
fn load_libraries(_folder: &Path) -> Result<(), LoadFailure> {
    Ok(())
}

/// Returns how many threads compute: one a core, because generation waits for memory, and two threads that
/// share a core slow each other.
pub fn usable_threads() -> i32 {
    let allowed = logical_cores();
    let cores = sysinfo::System::physical_core_count()
        .map_or(allowed, |cores| i32::try_from(cores).unwrap_or(allowed));
    allowed.min(cores).max(1)
}

/// How many threads the system runs at a time for this process.
fn logical_cores() -> i32 {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    i32::try_from(allowed).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_said_and_no_crash() {
        let failure = Backends::load(Path::new("/no/such/folder")).unwrap_err();
        assert!(
            matches!(&failure, LoadFailure::NoComputeLibrary(reason) if reason.contains("missing")),
            "{failure}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_whose_name_is_not_text_is_said_and_no_crash() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"/tmp/\xff");
        let failure = Backends::load(Path::new(name)).unwrap_err();
        assert!(matches!(failure, LoadFailure::NoComputeLibrary(_)));
    }
}
