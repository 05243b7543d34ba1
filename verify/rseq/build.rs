//! Lays out the variants of the crate that the tests run on: for each file `tests/<test>.rs` the
//! sound one, and those with the bugs of `seeds` that the test has to catch.
//!
//! For a test it writes `<test>.rs`, to be included by it where there are sections (`cfg(rseq)`):
//! `mod sound { mod fw; mod subject }` and, for each seed, such a module by the seed's name and a
//! line `is_caught!(module, name of the test, cause);`, a macro that the test defines. A variant
//! that is as sound, but slower or stopped at a point, is caught by nothing: it has the line
//! `holds!(module, name of the test);` instead. A macro `for_each_seeded!(m)` makes `m!(module …)`
//! of all. `subject` is `subjects/<test>.rs`, if there is one: what uses the parts of the crate
//! that are not public.

#[path = "../../build.rs"]
mod platforms;
mod seeds;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use framewell_mutations::{Source, Tree, sorted, stem};

/// The crate's source.
const SRC: &str = "../../src";

fn main() {
    platforms::main();
    for input in [SRC, "subjects", "tests", "seeds", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let tests: Vec<PathBuf> = sorted(Path::new("tests"))
        .into_iter()
        .filter(|entry| entry.is_file())
        .collect();
    for seed in seeds::seeds() {
        assert!(
            tests.iter().any(|test| stem(test) == seed.test),
            "seed {}: there is no test {}",
            seed.name,
            seed.test
        );
    }
    let source = Source::read(Path::new(SRC)).unwrap_or_else(|e| panic!("{e}"));
    for test in &tests {
        let test = stem(test);
        let text = variants_of(&source, test, &out.join(test));
        fs::write(out.join(format!("{test}.rs")), text).expect("OUT_DIR is writable");
    }
}

/// A test uses a part of the crate, and what is public there is not here.
const ALLOWED: &str =
    "#[allow(dead_code, unused_imports, unreachable_pub, clippy::duplicate_mod)]\n";

/// A seeded copy is wrong on purpose.
const SEEDED: &str = "#[allow(warnings, clippy::all, clippy::restriction)]\n";

/// The tests whose seeds change functions alone, and which run each in a process of its own. Their
/// seeds share a copy of the crate: `choose` of a seed's module chooses its bug.
const SHARED: [&str; 3] = ["fork", "suspension", "trial"];

/// The sound variant for a test, if it uses one, and the seeded ones.
fn variants_of(source: &Source, test: &str, out: &Path) -> String {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets the target's architecture");
    let file = PathBuf::from(format!("subjects/{test}.rs"));
    let subject = if file.exists() {
        let path = out.join("subject.rs");
        fs::create_dir_all(out).unwrap();
        // By a file of its own, so that the module is `subject` beside every variant.
        let file = fs::canonicalize(file).unwrap();
        fs::write(&path, format!("include!({file:?});\n")).unwrap();
        vec![path]
    } else {
        vec![]
    };
    let mut text = String::new();
    let lay_out = |text: &mut String, tree: &Tree, name: &str| {
        text.push_str(ALLOWED);
        text.push_str(&tree.lay_out(out, name, &subject));
    };
    if fs::read_to_string(format!("tests/{test}.rs")).is_ok_and(|test| test.contains("sound::")) {
        lay_out(&mut text, source.sound(), "sound");
    }
    let seeds = || seeds::seeds().filter(|s| s.test == test && s.archs.contains(&arch.as_str()));
    let shared = SHARED.contains(&test) && seeds().next().is_some();
    if shared {
        let bugs: Vec<_> = seeds().map(|seed| (seed.name, seed.bug)).collect();
        let seeded = source.switched(&bugs).unwrap_or_else(|e| panic!("{e}"));
        text += SEEDED;
        lay_out(&mut text, &seeded, "seeded");
    }
    for (seed, bug) in seeds().zip(1..) {
        let name = seed.name;
        if shared {
            let choose = format!("super::seeded::fw::seeded::choose({bug})");
            let subject = "pub(crate) use super::seeded::subject;";
            let choose = format!("pub(crate) fn choose() {{ {choose} }}");
            writeln!(text, "mod {name} {{ {subject} {choose} }}").unwrap();
        } else {
            let seeded = source.mutated(name, seed.bug);
            text += SEEDED;
            lay_out(&mut text, &seeded.unwrap_or_else(|e| panic!("{e}")), name);
        }
        match seed.caught_by {
            "" => writeln!(text, "holds!({name}, {name}_holds);"),
            cause => writeln!(text, "is_caught!({name}, {name}_is_caught, {cause:?});"),
        }
        .unwrap();
    }
    let seeded = seeds().map(|seed| seed.name);
    let seeded = seeded.collect::<Vec<_>>().join(" ");
    writeln!(
        text,
        "#[allow(unused_macros)] macro_rules! for_each_seeded {{ ($m:ident) => {{ $m!({seeded}); }} }}"
    )
    .unwrap();
    text
}
