//! Compiles this package, and it alone, with `--cfg loom`; and lays out the variants of the crate that
//! the models run on: the sound one, and one for every seeded bug.
//!
//! A variant is a copy of ../src as a module tree, so that the models beside it see what is `pub(crate)`. In
//! a seeded one a piece of the source is replaced; a piece that is not found exactly once stops the
//! build, so a seed cannot go stale unnoticed.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

include!("seeds.rs");

fn main() {
    println!("cargo::rustc-cfg=loom");
    for input in ["../src", "models", "seeds.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let models = models();

    let mut text = String::new();
    lay_out(
        &out,
        "sound",
        &[],
        &mut text,
        models.iter().map(|m| m.area.as_str()),
    );
    for seed in SEEDS {
        let area = area(seed.model);
        assert!(
            models.iter().any(|m| m.path() == seed.model),
            "seed {}: there is no model {}",
            seed.name,
            seed.model
        );
        lay_out(
            &out,
            &variant(seed),
            seed.bug,
            &mut text,
            [area].into_iter(),
        );
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
        let area = file.file_stem().unwrap().to_str().unwrap().to_owned();
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

/// Copies the crate, changed by `bug`, and declares it together with the models of `areas`.
fn lay_out<'a>(
    out: &Path,
    name: &str,
    bug: &[Change],
    text: &mut String,
    areas: impl Iterator<Item = &'a str>,
) {
    let root = out.join(name);
    let _ = fs::remove_dir_all(&root);
    let mut done = vec![false; bug.len()];
    copy(
        Path::new("../src"),
        &root,
        Path::new(""),
        name,
        bug,
        &mut done,
    );
    assert!(
        done.iter().all(|done| *done),
        "{name}: the seed names a file that is not there"
    );
    if !bug.is_empty() {
        // Wrong on purpose.
        writeln!(text, "#[allow(warnings, clippy::all)]").unwrap();
    }
    writeln!(text, "mod {name} {{").unwrap();
    writeln!(
        text,
        "    #[path = {:?}]\n    pub(crate) mod fw;",
        root.join("lib.rs")
    )
    .unwrap();
    let mut areas: Vec<&str> = areas.collect();
    areas.dedup();
    for area in areas {
        let path = fs::canonicalize(format!("models/{area}.rs")).unwrap();
        writeln!(text, "    #[path = {path:?}]\n    pub(crate) mod {area};").unwrap();
    }
    writeln!(text, "}}").unwrap();
}

fn copy(from: &Path, to: &Path, below: &Path, name: &str, bug: &[Change], done: &mut [bool]) {
    fs::create_dir_all(to).unwrap();
    for entry in sorted(from) {
        let file = entry.file_name().unwrap();
        let below = below.join(file);
        if entry.is_dir() {
            copy(&entry, &to.join(file), &below, name, bug, done);
            continue;
        }
        let mut source = fs::read_to_string(&entry).unwrap();
        for (change, done) in bug.iter().zip(&mut *done) {
            if Path::new(change.file) == below {
                let found = source.matches(change.from).count();
                assert_eq!(
                    found, 1,
                    "{name}: {:?} is in {} {found} times, not once",
                    change.from, change.file
                );
                source = source.replace(change.from, change.to);
                *done = true;
            }
        }
        if below == Path::new("lib.rs") {
            source = source
                .lines()
                .filter(|line| !line.starts_with("#![doc"))
                .map(|line| match line.strip_prefix("mod ") {
                    Some(module) => format!("pub(crate) mod {module}\n"),
                    None => format!("{line}\n"),
                })
                .collect();
        }
        let source = source.replace("crate::", &format!("crate::{name}::fw::"));
        fs::write(to.join(file), source).unwrap();
    }
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

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}
