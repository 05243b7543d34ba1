//! What framewell's shared cache lines bear: the crate itself, front, depot and all, on a simulated machine of up to 256 CPUs.
//!
//! ```text
//!   loads ─► counted::fw (the crate, its atomics told) ─► machine ─► lines: operations, retries, transfers ─► rate
//! ```
//!
//! The crate is compiled as a module (`build.rs`), unchanged but for its atomics, which tell the machine of each access, for its
//! restartable sequences, which are written in Rust (`sequences.rs`), and for the CPU that runs.
//! So what is counted are the operations of the algorithms as they are; what is simulated is the order in which the CPUs come to
//! them, by what a cache line takes from core to core ([`Costs`]). One thread runs it all: the same setup has the same counts.
//!
//! What it leaves out: what the frames' bytes, the handles, and the user's own queues cost, and that a processor does several things at once.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64"
))]

// For the copy of the crate, in which `crate` is the copy.
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
