//! Models of framewell's cells under loom, with the real crossbeam-epoch. They are in `models/`,
//! and exist under `RUSTFLAGS="--cfg loom --cfg crossbeam_loom"` alone: those cfgs reach every
//! crate of a build. The test `cells` of `loom-tests` starts them.
//!
//! Each runs on a sound copy of the crate's source, and on one with a seeded bug (`seeds.rs`) that
//! loom has to catch; `build.rs` lays them out.

#![forbid(unsafe_code)]
