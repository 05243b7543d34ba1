//! Links the shared library so that it is never unloaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Without this flag dlclose would unmap a restartable sequence that a thread may still be in.
    // The kernel ends a process whose thread names such a sequence.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
