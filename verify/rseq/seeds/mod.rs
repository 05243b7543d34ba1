//! The seeded bugs: each a change of the source that a test has to catch. How to add one is told in
//! `verify/mutations`.

mod instructions;
mod storms;

use framewell_mutations::Mutation;

pub(crate) struct Seed {
    pub(crate) name: &'static str,
    /// The test that must catch it: `tests/<test>.rs`.
    pub(crate) test: &'static str,
    /// The instruction sets that have it.
    pub(crate) archs: &'static [&'static str],
    /// A part of what the failure says. Where it is empty, the test must hold.
    pub(crate) caught_by: &'static str,
    pub(crate) bug: &'static [Mutation],
}

const X86_64: &[&str] = &["x86_64"];
const AARCH64: &[&str] = &["aarch64"];
const BOTH: &[&str] = &["x86_64", "aarch64"];

/// All seeds.
pub(crate) fn seeds() -> impl Iterator<Item = &'static Seed> {
    instructions::SEEDS.iter().chain(storms::SEEDS)
}
