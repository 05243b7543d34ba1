//! Every model on the crate as it is, and on the crate with each seeded bug.

#![cfg(all(loom, crossbeam_loom))]
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::duplicate_mod,
    reason = "the same models stand beside both copies, and those of the seeded one run where a seed names them"
)]

#[path = "../../tests/harness/mod.rs"]
mod harness;

macro_rules! passes {
    ($test:ident, $area:ident :: $model:ident) => {
        #[test]
        fn $test() {
            harness::passes(stringify!($test), sound::$area::$model);
        }
    };
}

macro_rules! is_caught {
    ($test:ident, $bug:literal, $area:ident :: $model:ident, $cause:literal) => {
        #[test]
        fn $test() {
            let choose = || seeded::fw::seeded::choose($bug);
            harness::is_caught(stringify!($test), $cause, choose, seeded::$area::$model);
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/copies.rs"));
