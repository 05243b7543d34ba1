//! Tests the library from the C side: what `capi/install` installs, and C programs that know
//! nothing else.
//!
//! - `clients`: the programs in `clients/`, through the shared and through the static library;
//! - `contract`: every row of docs/contract.md has a C function that ran;
//! - `header`: the header says what the Rust side is;
//! - `layout`: what is installed, and where;
//! - `guide`: the code in docs/c-abi.md.

#![cfg(all(not(loom), target_os = "linux", target_pointer_width = "64"))]

mod clients;
mod contract;
mod guide;
mod header;
mod layout;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const CAPI: &str = env!("CARGO_MANIFEST_DIR");

fn capi(path: &str) -> PathBuf {
    Path::new(CAPI).join(path)
}

/// Returns a directory of this test's own.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// Returns what the process printed. The process must have succeeded.
#[track_caller]
fn succeeded(command: &mut Command) -> String {
    let output: Output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

fn is_here(program: &str) -> bool {
    let version = Command::new(program).arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Returns whether C programs can be built. If they cannot, it says which check is not made. With
/// `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
fn has_c(what: &str) -> bool {
    let tools = ["bash", "cc", "pkg-config"];
    let Some(missing) = tools.into_iter().find(|tool| !is_here(tool)) else {
        return true;
    };
    let strict = env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1: no {missing} for {what}");
    eprintln!("not run: {what}: no {missing}");
    false
}

/// Returns where the library is installed. It installs it at the first call.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("prefix");
        let mut install = Command::new(capi("install"));
        install.arg(&prefix).args(["--", "--offline"]);
        // The build's own directory is not used, since another cargo may hold it.
        install.env("CARGO_TARGET_DIR", scratch("install"));
        succeeded(&mut install);
        prefix
    })
}

/// Compiles and links one C file against the installed library, and returns the program.
#[track_caller]
fn compiled(source: &Path, flags: &[&str]) -> PathBuf {
    let program = source.with_extension("program");
    let from_pkg_config = succeeded(
        Command::new("pkg-config")
            .args(["--cflags", "--libs", "framewell"])
            .env("PKG_CONFIG_LIBDIR", prefix().join("lib/pkgconfig")),
    );
    let run_path = format!("-Wl,-rpath,{}", prefix().join("lib").display());
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"]);
    compiler.args(flags).arg(source).arg("-o").arg(&program);
    compiler
        .args(from_pkg_config.split_whitespace())
        .arg(run_path);
    succeeded(compiler.arg("-pthread"));
    program
}

/// Runs a script of the C library's directory, and returns what it printed.
#[track_caller]
fn script<'a>(name: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> String {
    succeeded(Command::new(capi(name)).args(arguments))
}
