//! Compiles this package, and it alone, with `--cfg loom`; and lays out the two copies of the crate
//! that the models run on: the sound one, and one that has all seeded bugs, of which a test chooses
//! one when it runs.

#[path = "../build.rs"]
mod platforms;
mod seeds;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use framewell_mutations::{Mutation, Source, sorted, stem};
use seeds::Seed;

/// The crate's source.
const SRC: &str = "../src";

fn main() {
    platforms::main();
    println!("cargo::rustc-cfg=loom");
    for input in [SRC, "models", "seeds", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let text = copies(&out).unwrap_or_else(|e| panic!("{e}"));
    fs::write(out.join("copies.rs"), text).expect("OUT_DIR is writable");
}

/// Lays the copies out; the answer declares them, and the tests on them.
fn copies(out: &Path) -> Result<String, framewell_mutations::Error> {
    let files = sorted(Path::new("models"));
    let models: Vec<String> = files.iter().flat_map(|file| models(file)).collect();
    for seed in seeds::seeds() {
        assert!(
            models.iter().any(|model| model == seed.model),
            "seed {}: there is no model {}",
            seed.name,
            seed.model
        );
    }
    let bugs = bugs();
    let source = Source::read(Path::new(SRC))?;
    let mut text = source.sound().lay_out(out, "sound", &files);
    // Wrong on purpose.
    text += "#[allow(warnings, clippy::all)]\n";
    text += &source.switched(&bugs)?.lay_out(out, "seeded", &files);
    tests(&models, &bugs, &mut text);
    Ok(text)
}

/// The functions `pub fn …()` in a file of models, as `area::name`.
fn models(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("the models are there");
    let name = |line: &str| {
        let name = line.strip_prefix("pub fn ")?.strip_suffix("() {")?;
        Some(format!("{}::{name}", stem(file)))
    };
    text.lines().filter_map(name).collect()
}

/// Each bug once, with the name of the first seed that has it.
fn bugs() -> Vec<(&'static str, &'static [Mutation])> {
    let mut bugs: Vec<(&str, &[Mutation])> = Vec::new();
    for seed in seeds::seeds() {
        if bugs.iter().all(|(_, bug)| *bug != seed.bug) {
            bugs.push((seed.name, seed.bug));
        }
    }
    bugs
}

/// The number by which a test chooses a seed's bug.
fn number(bugs: &[(&str, &[Mutation])], seed: &Seed) -> usize {
    let at = bugs.iter().position(|(_, bug)| *bug == seed.bug);
    1 + at.expect("all bugs are listed")
}

/// A test for each model, and one for each seed.
fn tests(models: &[String], bugs: &[(&str, &[Mutation])], text: &mut String) {
    for model in models {
        let test = model.replace("::", "_");
        writeln!(
            text,
            "#[test] fn {test}() {{ harness::passes({test:?}, sound::{model}); }}"
        )
        .expect("a String takes it");
    }
    for seed in seeds::seeds() {
        let Seed {
            name,
            model,
            caught_by,
            ..
        } = seed;
        let test = format!("{}_{name}_is_caught", model.replace("::", "_"));
        let bug = number(bugs, seed);
        writeln!(
            text,
            "#[test] fn {test}() {{ harness::is_caught({test:?}, {caught_by:?}, \
             || seeded::fw::seeded::choose({bug}), seeded::{model}); }}"
        )
        .expect("a String takes it");
    }
}
