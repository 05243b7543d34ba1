//! A simulation of the load on framewell's shared cache lines: the crate itself, with front, depot
//! and all, runs on a simulated machine of up to 256 CPUs.
//!
//! ```text
//!   loads ─► counted::fw (the crate) ─► machine ─► lines (operations, retries, transfers) ─► rate
//! ```
//!
//! The crate is compiled as a module (`build.rs`). Three things are changed: its atomics tell the
//! machine of each access, its restartable sequences are written in Rust (`sequences.rs`), and the
//! machine says which CPU runs.
//!
//! So the operations of the algorithms are counted as they are. What is simulated is the order in
//! which the CPUs come to them, by the time that a cache line takes from core to core ([`Costs`]).
//! One thread runs it all, so the same setup has the same counts.
//!
//! The simulation leaves out what the frames' bytes, the handles and the user's own queues cost. It
//! also leaves out that a processor does several things at once.

#![cfg(rseq)]

// The copy of the crate needs this name, since `crate` is the copy there.
extern crate self as contention;

mod atomics;
mod costs;
mod lines;
mod loads;
mod machine;
mod names;
mod rate;
mod table;

include!(concat!(env!("OUT_DIR"), "/counted.rs"));

pub use costs::{Costs, FAR, NEAR};
pub use lines::{Counts, Lines, MAX_CPUS, Named};
pub use loads::{Front, Load, Outcome, Setup, simulate};
pub use rate::{Packets, Rate, rates};
pub use table::{counts_table, rates_table};
