//! Tests of framewell's restartable sequences, on the instructions that the compiler made of them.
//! They are in `tests/`, for Linux on x86-64 and aarch64; elsewhere there is nothing to test.
//!
//! Each runs on a sound copy of the crate's source, and on copies with a seeded bug (`seeds/`) that
//! it has to catch; `build.rs` lays them out.

#![forbid(unsafe_code)]
