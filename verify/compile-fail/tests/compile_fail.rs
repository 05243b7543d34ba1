//! Tests what the compiler must refuse. The texts beside the programs are those of one compiler.

use std::process::Command;

/// The compiler whose texts are in `compile_fail/*.stderr`. Other compilers word them differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn misuse_of_handles_does_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout);
    if !version.starts_with(COMPILER) {
        eprintln!("not run: programs that must not compile: texts of {COMPILER}x, not {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
