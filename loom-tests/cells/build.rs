//! Lays out the variants of the crate that the models run on, if there are any: the sound one, and one for every seeded bug.
//!
//! For each model it writes a line `passes!(name of the test, model);`, and for each seed a line
//! `is_caught!(name of the test, variant, model, cause);`, macros that the test defines.

#[path = "../../build.rs"]
mod platforms;
#[path = "../reach.rs"]
mod reach;
#[path = "../variants.rs"]
mod variants;

/// The crate's source.
const SRC: &str = "../../src";

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use reach::Reach;
use variants::{Change, lay_out, lay_out_in_part, sorted, stem};

include!("seeds.rs");

fn main() {
    platforms::main();
    for input in [
        SRC,
        "../reach.rs",
        "../variants.rs",
        "models",
        "seeds.rs",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut text = String::new();
    if env::var_os("CARGO_CFG_LOOM").is_some() && env::var_os("CARGO_CFG_CROSSBEAM_LOOM").is_some()
    {
        variants(&out, &mut text);
    }
    fs::write(out.join("variants.rs"), text).expect("OUT_DIR is writable");
}

fn variants(out: &Path, text: &mut String) {
    let files = sorted(Path::new("models"));
    let models: Vec<String> = files.iter().flat_map(|file| models(file)).collect();
    lay_out(out, "sound", &[], &files, text);
    let reach = Reach::read(Path::new(SRC));
    for model in &models {
        writeln!(text, "passes!({}, {model});", flat(model)).unwrap();
    }
    for Seed {
        name,
        model,
        caught_by,
        bug,
    } in SEEDS
    {
        assert!(
            models.iter().any(|m| m == model),
            "seed {name}: there is no model {model}"
        );
        let (file, _) = model
            .split_once("::")
            .expect("a model is named file::function");
        let beside = [Path::new("models").join(format!("{file}.rs"))];
        let affected = reach.affected(bug, &beside);
        lay_out_in_part(
            out,
            name,
            bug,
            |module| affected.contains(module),
            &beside,
            text,
        );
        writeln!(
            text,
            "is_caught!({name}_is_caught, {name}, {model}, {caught_by:?});"
        )
        .unwrap();
    }
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

/// The name of a model's test.
fn flat(model: &str) -> String {
    model.replace("::", "_")
}
