//! Compiles this package, and it alone, with `--cfg loom`; and lays out the variants of the crate that
//! the models run on: the sound one, and one for every seeded bug.

mod variants;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use variants::{Change, lay_out, sorted, stem};

include!("seeds.rs");

fn main() {
    println!("cargo::rustc-cfg=loom");
    for input in ["../src", "models", "seeds.rs", "build.rs", "variants.rs"] {
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
        let beside = Path::new("models").join(format!("{}.rs", area(seed.model)));
        lay_out(&out, &variant(seed), seed.bug, &[beside], &mut text);
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

fn variant(seed: &Seed) -> String {
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
        let test = format!("{variant}_is_caught");
        writeln!(
            text,
            "#[test] fn {test}() {{ harness::is_caught(\"{test}\", {:?}, {variant}::{model}); }}",
            seed.caught_by
        )
        .unwrap();
    }
}
