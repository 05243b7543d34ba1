//! Models of framewell under loom. They are in `models/`, and stand beside two copies of the
//! crate's source: the sound one, and one with the bugs of `seeds/` that loom has to catch.
//! `build.rs` lays them out.

#![forbid(unsafe_code)]
