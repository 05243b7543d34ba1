//! Every model on the crate as it is, and on the crate with each seeded bug.
//!
//! The models are in ../models, the seeds in ../seeds; ../build.rs makes the tests from them.

#![allow(
    dead_code,
    unused_imports,
    clippy::duplicate_mod,
    reason = "the same models stand beside both copies, and those of the seeded one run where a seed names them"
)]

mod harness;

include!(concat!(env!("OUT_DIR"), "/copies.rs"));

/// The crate as it is, by the name that a user's model knows.
extern crate self as framewell;
pub use sound::fw::{Frame, Pool};

/// The model that shows users how to have a pool inside their own.
#[path = "../../tests/loom_pipeline.rs"]
mod pipeline;
