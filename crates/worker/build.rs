//! Puts llama.cpp's libraries beside the worker and lets the worker find them there. Cargo sets a library
//! path for `cargo run`, so without this it would work under cargo and nowhere else.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => {
            // The old kind of run path serves the libraries of our libraries too, and a library path in
            // the environment cannot put foreign ones before ours.
            println!(
                "cargo:rustc-link-arg-bins=-Wl,--disable-new-dtags,-rpath,$ORIGIN:$ORIGIN/../lib/aparte"
            );
        }
        Ok("macos") => println!("cargo:rustc-link-arg-bins=-Wl,-rpath,@executable_path"),
        _ => {}
    }
    // Absent on macOS, where everything is linked in.
    if let Some(plugins) = env::var_os("DEP_LLAMA_BACKENDS_DIR").map(PathBuf::from) {
        let beside = programs();
        copy_libraries(&plugins.join("../lib"), &beside)?;
        let backends = beside.join("backends");
        fs::create_dir_all(&backends)?;
        copy_libraries(&plugins, &backends)?;
    }
    Ok(())
}

/// The folder that cargo builds programs into: `target/PROFILE/build/PACKAGE/out` is ours.
fn programs() -> PathBuf {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it for build scripts"));
    out.ancestors()
        .nth(3)
        .expect("OUT_DIR lies four folders deep")
        .to_path_buf()
}

/// Copies shared libraries under every name they have: programs ask for `libllama.so.0`, which is a link.
fn copy_libraries(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let library = entry?.path();
        let Some(name) = library.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.contains(".so") || name.ends_with(".dylib") || name.ends_with(".dll") {
            let copy = to.join(name);
            // A library that is in use may not be written over, but it may be replaced.
            if fs::symlink_metadata(&copy).is_ok() {
                fs::remove_file(&copy)?;
            }
            fs::copy(&library, &copy)?;
        }
    }
    Ok(())
}
