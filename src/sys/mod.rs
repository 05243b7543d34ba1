//! What the crate asks of the operating system: mappings, the CPU that a thread runs on,
//! restartable sequences, and the environment.
//!
//! This is the lowest layer. Platform `cfg`s are here, in lib.rs, and where percpu/rseq/sections
//! chooses the sections of the processor.

mod cpu;
mod environment;
#[cfg(all(windows, not(loom)))]
mod groups;
mod limit;
mod mapping;
#[cfg(loom)]
mod modelled;
mod pages;
mod prefetch;
mod rseq;
mod say;
#[cfg(not(loom))]
mod signals;

#[cfg(not(loom))]
pub(crate) use cpu::Affinity;
pub(crate) use cpu::{CpuHint, online_cpus, possible_cpus};
pub use environment::variable;
pub use limit::Limit;
pub(crate) use limit::Refused;
pub(crate) use mapping::Mapping;
#[cfg(all(test, not(loom)))]
pub(crate) use mapping::refusal;
#[cfg(loom)]
pub(crate) use modelled::modelled_cpu;
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use modelled::run_on;
pub use pages::{HugePages, PageKind};
pub(crate) use prefetch::prefetch_to_write;
pub(crate) use rseq::Area;
pub use rseq::NoRseq;
pub use say::say;
#[cfg(not(loom))]
pub(crate) use signals::Blocked;
