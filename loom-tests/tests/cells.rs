//! Starts the models of cells, `../cells`. The cfgs that they need reach every crate of their
//! build, so they have a build and a target directory of their own.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

#[test]
fn models_of_cells_pass_and_their_seeds_are_caught() {
    let start = Instant::now();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["test", "--locked", "--profile", "cells", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cells"))
        .args(["--", "--nocapture"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/cells"))
        .env("RUSTFLAGS", "--cfg loom --cfg crossbeam_loom")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{text}\n{errors}",
        output.status
    );

    let said = |what: &str| text.lines().filter(|line| line.contains(what)).count();
    let (models, seeds) = (said(" executions in "), said(": caught in "));
    for line in text.lines().filter(|line| line.contains(" in ")) {
        println!("{line}");
    }
    println!(
        "{models} models, {seeds} seeds, built and run in {:.0?}",
        start.elapsed()
    );
    assert!(models > 0 && seeds > 0, "nothing ran:\n{text}\n{errors}");
}
