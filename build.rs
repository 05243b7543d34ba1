//! Names the targets that have restartable sequences: `cfg(rseq)`.
//!
//! The members that compile the crate's source as modules of their own call [`main`] in their build
//! scripts, so that the predicate is written here alone.

use cfg_aliases::cfg_aliases;

pub(crate) fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    cfg_aliases! {
        // The sections are written for these: src/percpu/rseq/sections.
        rseq: {
            all(
                target_os = "linux",
                any(target_arch = "x86_64", target_arch = "aarch64"),
                target_pointer_width = "64"
            )
        },
    }
}
