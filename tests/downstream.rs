//! Tests the sequences in a user's program, however it is built: inlined into it, optimised or not,
//! under link-time optimisation, stripped. The program is `downstream/`. It is interrupted in the
//! middle of its sequences, and counts that.
//!
//! With `FRAMEWELL_LONG=1` more ways to build it are tried.

#![cfg(all(not(loom), target_os = "linux", target_pointer_width = "64"))]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;
use std::{env, fs};

use common::{has_rseq, scale};

/// The ways to build it, which are profiles of `downstream/manifest.toml`.
const SHORT: [&str; 2] = ["fat", "dev"];
const LONG: [&str; 5] = ["thin", "separate", "size", "release", "fat-unoptimised"];

const LIBRARY: &str = env!("CARGO_MANIFEST_DIR");

/// Writes the user's crate and returns its directory.
fn user() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
    fs::create_dir_all(&crate_dir).unwrap();
    let template = Path::new(LIBRARY).join("tests/downstream");
    for name in ["program.rs", "signals.rs"] {
        fs::copy(template.join(name), crate_dir.join(name)).unwrap();
    }
    let manifest = fs::read_to_string(template.join("manifest.toml")).unwrap();
    let manifest = manifest.replace("{framewell}", LIBRARY);
    fs::write(crate_dir.join("Cargo.toml"), manifest).unwrap();
    // The crate gets the versions that the library was built with. They are there, so that nothing
    // need be fetched.
    let lock = Path::new(LIBRARY).join("Cargo.lock");
    if lock.exists() {
        fs::copy(lock, crate_dir.join("Cargo.lock")).unwrap();
    }
    crate_dir
}

#[track_caller]
fn succeeded(what: &str, output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{what}: {}\n{text}\n{error}",
        output.status
    );
    text
}

/// Builds the user's crate and returns its program.
fn built(user: &Path, profile: &str) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = user.join("target");
    let output = Command::new(cargo)
        .args(["build", "--offline", "--profile", profile, "--target-dir"])
        .arg(&target)
        .current_dir(user)
        .output()
        .unwrap();
    succeeded(&format!("build of {profile}"), &output);
    let directory = if profile == "dev" { "debug" } else { profile };
    target.join(directory).join("downstream")
}

/// Returns the `name value` lines that the program prints.
fn figures(program: &Path) -> BTreeMap<String, u64> {
    let output = Command::new(program).output().unwrap();
    let text = succeeded(&program.display().to_string(), &output);
    let figure = |line: &str| {
        let (name, value) = line.split_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    text.lines().map(figure).collect()
}

#[track_caller]
fn assert_interrupted_and_whole(profile: &str, figures: &BTreeMap<String, u64>) {
    let at_least = |name: &str, least: u64| {
        assert!(figures[name] >= least, "{profile}: {name} of {figures:?}");
    };
    at_least("sections", 4);
    at_least("sections.aborted", 4);
    at_least("signals", 500);
    at_least("aborts.singles", 50);
    at_least("aborts.bursts", 50);
    at_least("small.sweeps", 20);
    assert_eq!(figures["inside"], 0, "{profile}: handled inside a section");
    assert_eq!(figures["large.whole"], 4096, "{profile}");
    assert_eq!(figures["small.whole"], 40, "{profile}");
}

#[test]
fn sequences_inlined_into_a_program_are_aborted_and_lose_nothing() {
    if !has_rseq("sequences in a user's program") {
        return;
    }
    let user = user();
    let long = if scale() > 1 { &LONG[..] } else { &[] };
    for profile in SHORT.iter().chain(long) {
        let started = Instant::now();
        let program = built(&user, profile);
        let took = started.elapsed();
        let figures = figures(&program);
        eprintln!("{profile}, built in {took:.1?}: {figures:?}");
        assert_interrupted_and_whole(profile, &figures);
    }
}
