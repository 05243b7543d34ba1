//! (in progress)
#![allow(dead_code, unused_imports)]

macro_rules! is_caught {
    ($variant:ident, $test:ident, $cause:literal) => {};
}

include!(concat!(env!("OUT_DIR"), "/suspension.rs"));
