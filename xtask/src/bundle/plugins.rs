//! Compute libraries for graphics processors: llama.cpp's own, built from the source that the programs are built of.
//!
//! The worker loads whichever of them lies beside those for the processor and runs on the machine; ggml refuses one of
//! another version. None is needed, so what cannot be built here is said and left out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::failure::Failure;
use crate::process;
use crate::system;

/// A way to compute on a graphics processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Accelerator {
    /// NVIDIA's own
    Cuda,
    /// The one that most graphics processors know
    Vulkan,
}

impl Accelerator {
    fn name(self) -> &'static str {
        match self {
            Self::Cuda => "CUDA",
            Self::Vulkan => "Vulkan",
        }
    }

    /// The name of its library.
    fn library(self) -> &'static str {
        match self {
            Self::Cuda => "libggml-cuda.so",
            Self::Vulkan => "libggml-vulkan.so",
        }
    }

    /// What CMake calls the library, and the option that turns it on.
    fn target_and_option(self) -> (&'static str, &'static str) {
        match self {
            Self::Cuda => ("ggml-cuda", "-DGGML_CUDA=ON"),
            Self::Vulkan => ("ggml-vulkan", "-DGGML_VULKAN=ON"),
        }
    }

    fn needs(self) -> &'static [system::Need] {
        match self {
            Self::Cuda => system::CUDA,
            Self::Vulkan => system::VULKAN,
        }
    }
}

/// Builds the library of each accelerator whose tools are here, below `folder`; says of the others what is missing.
/// `flags` are for the compilers. Returns the libraries.
pub fn build(
    accelerators: &[Accelerator],
    llama: &Path,
    flags: &str,
    folder: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let mut built = Vec::new();
    for &accelerator in accelerators {
        let name = accelerator.name();
        if let Some(obstacle) = obstacle(accelerator, folder)? {
            eprintln!("{name} is left out: {obstacle}");
            continue;
        }
        eprintln!("Building for {name} …");
        let folder = folder.join(accelerator.target_and_option().0);
        match compile(accelerator, llama, flags, &folder) {
            Ok(()) => {
                built.push(find(&folder, accelerator)?);
                eprintln!(
                    "{name} is in. Try the package on a machine that has it before giving it away: a driver that wants \
                     files behind the worker's walls ends the worker."
                );
            }
            Err(failure) => eprintln!(
                "{failure}\n{name} is left out: its tools are here, but llama.cpp could not be built with them. \
                 Newer ones may do, or a newer system."
            ),
        }
    }
    Ok(built)
}

/// Why an accelerator's library cannot be built here, as far as that shows before an hour of compiling.
fn obstacle(accelerator: Accelerator, scratch: &Path) -> Result<Option<String>, Failure> {
    // Who names tools of their own has them somewhere that the package system does not know.
    if accelerator == Accelerator::Vulkan && env::var_os(VULKAN_SDK).is_none()
        || accelerator == Accelerator::Cuda
    {
        let missing = system::lacking(accelerator.needs())?;
        if let Some(list) = missing {
            return Ok(Some(format!(
                "to build for it, these things are missing, named here as Debian packages:{list}"
            )));
        }
    }
    if accelerator == Accelerator::Vulkan && !vulkan_is_new_enough(scratch)? {
        return Ok(Some(format!(
            "the Vulkan headers of this system are too old for this llama.cpp, which uses the extension \
             VK_EXT_layer_settings (Debian 12 has 1.3.239, without it). Unpack newer headers into the folder \
             `include` of some folder, name that folder in {VULKAN_SDK}, and run the command again; or run it on a \
             newer system."
        )));
    }
    Ok(None)
}

/// Where people name another set of Vulkan's tools and headers; CMake looks there too.
const VULKAN_SDK: &str = "VULKAN_SDK";

/// Whether a program can be compiled that uses the newest part of Vulkan that llama.cpp does.
fn vulkan_is_new_enough(scratch: &Path) -> Result<bool, Failure> {
    fs::create_dir_all(scratch).map_err(Failure::file(scratch))?;
    let source = scratch.join("vulkan-probe.cpp");
    fs::write(
        &source,
        "#include <vulkan/vulkan.hpp>\nvk::LayerSettingEXT setting;\n",
    )
    .map_err(Failure::file(&source))?;
    let mut compiler = Command::new("c++");
    compiler.args(["-std=c++17", "-fsyntax-only"]);
    if let Some(sdk) = env::var_os(VULKAN_SDK) {
        compiler.arg("-I").arg(Path::new(&sdk).join("include"));
    }
    Ok(process::succeeds(compiler.arg(&source)))
}

fn compile(
    accelerator: Accelerator,
    llama: &Path,
    flags: &str,
    folder: &Path,
) -> Result<(), Failure> {
    let (target, option) = accelerator.target_and_option();
    let mut configure = Command::new("cmake");
    configure
        .env("CFLAGS", flags)
        .env("CXXFLAGS", flags)
        .arg("-S")
        .arg(llama)
        .arg("-B")
        .arg(folder)
        .args([
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_SKIP_RPATH=ON",
            "-DBUILD_SHARED_LIBS=ON",
            "-DGGML_BACKEND_DL=ON",
            "-DGGML_CPU=OFF",
            // For every machine, not for this one.
            "-DGGML_NATIVE=OFF",
        ])
        // The crate that carries the source does not carry these parts.
        .args(
            ["APP", "COMMON", "EXAMPLES", "SERVER", "TESTS", "TOOLS"]
                .map(|part| format!("-DLLAMA_BUILD_{part}=OFF")),
        )
        .arg(option);
    process::step(&mut configure)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    process::step(Command::new("cmake").arg("--build").arg(folder).args([
        "--target",
        target,
        "--parallel",
        &cores.to_string(),
    ]))
}

fn find(folder: &Path, accelerator: Accelerator) -> Result<PathBuf, Failure> {
    let library = folder.join("bin").join(accelerator.library());
    fs::metadata(&library).map_err(Failure::file(&library))?;
    Ok(library)
}
