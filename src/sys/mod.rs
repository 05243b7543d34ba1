//! What the crate asks of the operating system: mappings and the CPU that a thread runs on.
//!
//! The lowest layer, and next to the facade and lib.rs the only place for platform `cfg`s.

mod cpu;
mod mapping;

pub(crate) use cpu::{CpuHint, possible_cpus};
pub(crate) use mapping::Mapping;
pub use mapping::{HugePages, PageKind};
