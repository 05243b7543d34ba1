//! Workloads for packet buffers, contestants that run them, and a way to time both fairly.
//!
//! ```text
//!   a child process for each entrant                     the program `framewell-bench compare`
//!
//!   contestants ──┐
//!                 ├─► entrant ─► dyn Workload ─► serve ═══► remote ─► rounds: slices ─► Spread
//!   work ─────────┤                                                   └─ probe: near or far
//!   floors ───────┘
//! ```
//!
//! A workload knows only the trait [`Contestant`], or [`VaryingContestant`] if it wants buffers of
//! varying lengths. A contestant knows no workload, and [`rounds`] knows neither. The slices of the
//! contestants are interleaved.
//!
//! Everybody runs in a child process, so that no `malloc` replaces another's and all are alike.
//! framewell, the system's allocator and the floors live in the program itself. Every other peer is
//! a program of its own in `peers/`, whose `main` calls [`serve()`] with its contestants.
//! [`memory`] weighs what the other modules time. The [`floors`] are workloads without a
//! contestant: they bound what any contestant could reach.
//!
//! A new peer is a package in `peers/`: a type that implements [`Contestant`] or
//! [`VaryingContestant`], or both, and a `main`. Its manifest may say what `compare` should know,
//! in `[package.metadata.compare]`: `env` is the environment that it wants, `version` a command
//! that prints the version of what it measures, and `setup` and `teardown` are notes in words.
//!
//! These are the rules of measuring, each with the mistake that it prevents:
//!
//! - M1. A slice is short (about 150 µs, less with two threads), and the median slice counts. Hosts
//!   take virtual CPUs away for milliseconds without saying so.
//! - M2. All contestants take turns, slice by slice, and the ratios are taken within a round. What
//!   drifts, drifts for all.
//! - M3. With two threads the round trip of a cache line is probed before and after each slice. A
//!   slice in which it changed is dropped, and near and far slices are never mixed.
//! - M4. The first bytes of each buffer are written, and their pointer escapes, so that nothing can
//!   be left out. [`check`] reads back what was written.
//! - M5. Each slice runs a while before its clock starts, and in a child process as long again. The
//!   turn before left other data in the caches.
//! - M6. The process has had a second thread before anything is timed. Until then some allocators,
//!   glibc's for one, leave out their atomics and locks, which no program that shares packets
//!   between threads ever sees.
//! - M7. A peer in C++ is optimised and checks no assertions, whatever the harness is built with.
//!   The peers' manifest and `.cargo/config.toml` see to it.

pub mod check;
pub mod contestant;
pub mod contestants;
pub mod cpus;
pub mod curve;
pub mod entrant;
pub mod floors;
pub mod home;
pub mod latency;
mod lengths;
pub mod memory;
mod numbers;
pub mod probe;
mod protocol;
pub mod remote;
mod rings;
pub mod rounds;
pub mod scale;
mod serve;
mod sharing;
pub mod summary;
pub mod team;
pub mod varying;
pub mod work;

pub use contestant::{BYTES, Buffer, Contestant};
pub use protocol::Introduction;
pub use serve::{serve, serve_with};
pub use varying::{VaryingBuffer, VaryingContestant};
pub use work::{Kind, Timed, Workload};
