//! Lets the unshipped `aparte-bare` and the tests find llama.cpp's libraries without `LD_LIBRARY_PATH`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The old kind of run path serves the libraries of our libraries too.
        println!("cargo:rustc-link-arg-bins=-Wl,--disable-new-dtags,-rpath,$ORIGIN");
    }
    // Where the bindings put the compute libraries when they were built; a link argument or folder
    // reaches only crates that name the bindings themselves.
    if let Ok(folder) = std::env::var("DEP_LLAMA_BACKENDS_DIR") {
        println!("cargo:rustc-env=APARTE_BUILT_BACKENDS={folder}");
    }
}
