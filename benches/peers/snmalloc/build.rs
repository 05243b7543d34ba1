//! Refuses a build in which snmalloc would check assertions in its hot path. snmalloc's build
//! script turns them off for MSVC alone, and takes the flags of the environment.

use std::env;
use std::process;

fn main() {
    println!("cargo::rerun-if-env-changed=CXXFLAGS");
    let flags = env::var("CXXFLAGS").unwrap_or_default();
    if !flags.split_whitespace().any(|flag| flag == "-DNDEBUG") {
        eprintln!(
            "snmalloc would check assertions: CXXFLAGS is {flags:?} and lacks -DNDEBUG; run cargo within the project, \
             whose .cargo/config.toml sets it, or add it to yours"
        );
        process::exit(1);
    }
}
