//! The C library of framewell: four buffer services of Windows on a pool that the process shares,
//! and whole pools.
//!
//! `include/framewell.h` says what each function answers for every input, and docs/c-abi.md says
//! how a program uses them. This is how the library is built, from the outside in:
//!
//! - `services`: the four functions, and what a host asks;
//! - `shared`: the pool of the process, which is made once;
//! - `pools`: pools of the caller's own; `inspect`: what they say of themselves;
//! - `sharing`: references to buffers that have several readers;
//! - `borrowers`: rings and devices that buffers are lent to; `loans`: how buffers go there and
//!   come back;
//! - `misuse`: what is reported of a pointer or a loan that is refused;
//! - `config`: it turns a config or the environment into a builder, and the builder's refusal into
//!   a code and a sentence;
//! - `types`: what the header declares beside functions; `text`: strings.
//!
//! No panic crosses the boundary. None is known to be possible, and Rust ends the process where one
//! would leave an `extern "C"` function.

#![allow(
    clippy::missing_safety_doc,
    reason = "the header says what a caller owes: pointers that are NULL or valid for what they are named after"
)]

pub mod borrowers;
pub mod inspect;
pub mod loans;
pub mod pools;
pub mod services;
pub mod shared;
pub mod sharing;
pub mod text;
pub mod types;

mod config;
mod misuse;
