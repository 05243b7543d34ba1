//! Links the shared library so that it stays where it is loaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // After dlclose the kernel would still find a thread's restartable sequence in the library, and end the process.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
