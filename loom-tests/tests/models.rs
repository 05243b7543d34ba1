//! Every model on the crate as it is, and on the crate with each seeded bug.
//!
//! The models are in ../models, the seeds in ../seeds.rs; ../build.rs makes the tests from them.

#![allow(
    dead_code,
    unused_imports,
    clippy::duplicate_mod,
    reason = "the same models stand beside every variant, and a seeded one runs one of them"
)]

mod harness;

include!(concat!(env!("OUT_DIR"), "/variants.rs"));
