//! Lays the crate out as a module that runs on the simulated machine: see `machine.rs`.

mod machine;
#[path = "../../build.rs"]
mod platforms;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use framewell_mutations::Source;

/// The crate's source.
const SRC: &str = "../../src";

fn main() {
    platforms::main();
    for input in [SRC, "machine.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let source = Source::read(Path::new(SRC));
    let counted = source.and_then(|source| source.mutated("machine", machine::MACHINE));
    let counted = counted.unwrap_or_else(|e| panic!("{e}"));
    // It is linted where it stands, and what the machine does instead leaves code behind.
    let mut text = String::from("#[allow(warnings, missing_docs, unreachable_pub, clippy::all)]\n");
    text += &counted.lay_out(&out, "counted", &[]);
    fs::write(out.join("counted.rs"), text).expect("OUT_DIR is writable");
}
