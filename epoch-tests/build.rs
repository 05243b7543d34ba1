//! Lays out the variants of the crate that the models run on, if there are any: the sound one, and one for every seeded bug.
//!
//! For each model it writes a line `passes!(name of the model);`, and for each seed a line
//! `is_caught!(name of the test, variant, name of the model, cause);`, macros that the test defines.

#[path = "../loom-tests/variants.rs"]
mod variants;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use variants::{Change, lay_out};

include!("seeds.rs");

const MODELS: &str = "models/cell.rs";

fn main() {
    for input in [
        "../src",
        "../loom-tests/variants.rs",
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
    let beside = [PathBuf::from(MODELS)];
    let models = models();
    lay_out(out, "sound", &[], &beside, text);
    for model in &models {
        writeln!(text, "passes!({model});").unwrap();
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
        lay_out(out, name, bug, &beside, text);
        writeln!(
            text,
            "is_caught!({name}_is_caught, {name}, {model}, {caught_by:?});"
        )
        .unwrap();
    }
}

/// The functions `pub fn …()` in the file of models.
fn models() -> Vec<String> {
    let text = fs::read_to_string(MODELS).expect("the models are there");
    let name = |line: &str| {
        Some(
            line.strip_prefix("pub fn ")?
                .strip_suffix("() {")?
                .to_owned(),
        )
    };
    text.lines().filter_map(name).collect()
}
