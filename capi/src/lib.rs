//! The C library of framewell: four buffer services of Windows on a pool that the process shares, and whole pools.
//!
//! `include/framewell.h` says what each function answers for every input, docs/c-abi.md how a program uses them; here is how it is
//! done. From the outside in:
//!
//! - `services`: the four functions, and what a host asks;
//! - `shared`: the pool of the process, made once;
//! - `pools`: pools of the caller's own; `inspect`: what they say of themselves;
//! - `config`: from a config or the environment to a builder, and from its refusal to a code and a sentence;
//! - `types`: what the header declares beside functions; `text`: strings.
//!
//! No panic crosses the boundary: none is known to be possible, and Rust ends the process where one would leave an `extern "C"` function.

#![allow(
    clippy::missing_safety_doc,
    reason = "the header says what a caller owes: pointers that are NULL or valid for what they are named after"
)]

pub mod inspect;
pub mod pools;
pub mod services;
pub mod shared;
pub mod text;
pub mod types;

mod config;
