//! Compiles this package, and it alone, with `--cfg loom`; and lays out the variants of the crate that
//! the models run on: the sound one, and one for every bug, which the seeds that have it share. Compiling
//! them is most of what the tests cost: a seeded one has copies only of the modules that the bug can make a difference to.

#[path = "../build.rs"]
mod platforms;
mod reach;
mod variants;

/// The crate's source.
const SRC: &str = "../src";

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use reach::Reach;
use variants::{Change, lay_out, lay_out_in_part, sorted, stem};

include!("seeds.rs");

fn main() {
    platforms::main();
    println!("cargo::rustc-cfg=loom");
    for input in [
        SRC,
        "models",
        "seeds.rs",
        "build.rs",
        "reach.rs",
        "variants.rs",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let models = models();

    let mut text = String::new();
    let all = sorted(Path::new("models"));
    lay_out(&out, "sound", &[], &all, &mut text);
    for seed in SEEDS {
        assert!(
            models.iter().any(|m| m.path() == seed.model),
            "seed {}: there is no model {}",
            seed.name,
            seed.model
        );
    }
    let reach = Reach::read(Path::new(SRC));
    for first in SEEDS.iter().filter(|seed| variant(seed) == own_name(seed)) {
        let sharing = SEEDS.iter().filter(|seed| seed.bug == first.bug);
        let areas: BTreeSet<&str> = sharing.map(|seed| area(seed.model)).collect();
        let beside: Vec<PathBuf> = areas
            .iter()
            .map(|area| Path::new("models").join(format!("{area}.rs")))
            .collect();
        let affected = reach.affected(first.bug, &beside);
        let copied = |module: &str| affected.contains(module);
        let name = variant(first);
        lay_out_in_part(&out, &name, first.bug, copied, &beside, &mut text);
    }
    tests(&models, &mut text);
    fs::write(out.join("variants.rs"), text).expect("OUT_DIR is writable");
}

/// A function `pub fn …()` in models/<area>.rs.
struct Model {
    area: String,
    name: String,
}

impl Model {
    fn path(&self) -> String {
        format!("{}::{}", self.area, self.name)
    }
}

fn models() -> Vec<Model> {
    let mut models = Vec::new();
    for file in sorted(Path::new("models")) {
        let area = stem(&file).to_owned();
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            if let Some(name) = line
                .strip_prefix("pub fn ")
                .and_then(|l| l.strip_suffix("() {"))
            {
                models.push(Model {
                    area: area.clone(),
                    name: name.to_owned(),
                });
            }
        }
    }
    models
}

fn area(model: &str) -> &str {
    model
        .split_once("::")
        .expect("a model is named area::name")
        .0
}

/// The variant that a seed runs on: it has the name of the first seed with that bug.
fn variant(seed: &Seed) -> String {
    let first = SEEDS.iter().find(|other| other.bug == seed.bug);
    own_name(first.expect("the seed itself has its bug"))
}

fn own_name(seed: &Seed) -> String {
    format!("{}_{}", seed.model.replace("::", "_"), seed.name)
}

/// A test for each model, and one for each seed.
fn tests(models: &[Model], text: &mut String) {
    for model in models {
        let (area, name) = (&model.area, &model.name);
        writeln!(
            text,
            "#[test] fn {area}_{name}() {{ harness::passes(\"{area}_{name}\", sound::{area}::{name}); }}"
        )
        .unwrap();
    }
    for seed in SEEDS {
        let variant = variant(seed);
        let model = seed.model;
        let test = format!("{}_is_caught", own_name(seed));
        writeln!(
            text,
            "#[test] fn {test}() {{ harness::is_caught(\"{test}\", {:?}, {variant}::{model}); }}",
            seed.caught_by
        )
        .unwrap();
    }
}
