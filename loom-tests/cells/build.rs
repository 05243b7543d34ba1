//! Lays out the copies of the crate that the models run on, if there are any: the sound one, and
//! one that has all seeded bugs, of which a test chooses one when it runs.
//!
//! For each model it writes a line `passes!(name of the test, model);`, and for each seed a line
//! `is_caught!(name of the test, number of the bug, model, cause);`, macros that the test defines.

#[path = "../../build.rs"]
mod platforms;
mod seeds;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use framewell_mutations::{Error, Mutation, Source, sorted, stem};
use seeds::{SEEDS, Seed};

/// The crate's source.
const SRC: &str = "../../src";

fn main() {
    platforms::main();
    for input in [SRC, "models", "seeds.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let is_set = |cfg: &str| env::var_os(cfg).is_some();
    let text = if is_set("CARGO_CFG_LOOM") && is_set("CARGO_CFG_CROSSBEAM_LOOM") {
        copies(&out).unwrap_or_else(|e| panic!("{e}"))
    } else {
        String::new()
    };
    fs::write(out.join("copies.rs"), text).expect("OUT_DIR is writable");
}

/// Lays the copies out; the answer declares them, and the tests on them.
fn copies(out: &Path) -> Result<String, Error> {
    let files = sorted(Path::new("models"));
    let models: Vec<String> = files.iter().flat_map(|file| models(file)).collect();
    let bugs: Vec<(&str, &[Mutation])> = SEEDS.iter().map(|seed| (seed.name, seed.bug)).collect();
    let source = Source::read(Path::new(SRC))?;
    let mut text = source.sound().lay_out(out, "sound", &files);
    // Wrong on purpose.
    text += "#[allow(warnings, clippy::all)]\n";
    text += &source.switched(&bugs)?.lay_out(out, "seeded", &files);
    for model in &models {
        let test = model.replace("::", "_");
        writeln!(text, "passes!({test}, {model});").expect("a String takes it");
    }
    for (seed, bug) in SEEDS.iter().zip(1..) {
        let Seed {
            name,
            model,
            caught_by,
            ..
        } = seed;
        assert!(
            models.iter().any(|m| m == model),
            "seed {name}: there is no model {model}"
        );
        writeln!(
            text,
            "is_caught!({name}_is_caught, {bug}, {model}, {caught_by:?});"
        )
        .expect("a String takes it");
    }
    Ok(text)
}

/// The functions `pub fn …()` in a file of models, as `file::function`.
fn models(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("the models are there");
    let name = |line: &str| {
        let name = line.strip_prefix("pub fn ")?.strip_suffix("() {")?;
        Some(format!("{}::{name}", stem(file)))
    };
    text.lines().filter_map(name).collect()
}
