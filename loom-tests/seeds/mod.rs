//! The seeded bugs: each a change of the source that loom has to catch. How to add one is told in
//! `verify/mutations`.

mod alloc;
mod caches;
mod chunks;
mod depot;
mod dry;
mod exchange;
mod id_batch;
mod lazy;
mod lent;
mod lent_shared;
mod orphan;
mod pool;
mod raw;
mod shared;
mod sharing;
mod slot;
mod stack;
mod teardown;
mod transit;
mod trim;

use framewell_mutations::Mutation;

pub(crate) struct Seed {
    pub(crate) name: &'static str,
    /// The model that must fail, `area::name`.
    pub(crate) model: &'static str,
    /// A part of what the failure says.
    pub(crate) caught_by: &'static str,
    pub(crate) bug: &'static [Mutation],
}

/// All seeds, by the areas of their models.
pub(crate) fn seeds() -> impl Iterator<Item = &'static Seed> {
    let areas = [
        alloc::SEEDS,
        caches::SEEDS,
        chunks::SEEDS,
        depot::SEEDS,
        dry::SEEDS,
        exchange::SEEDS,
        id_batch::SEEDS,
        lazy::SEEDS,
        lent::SEEDS,
        lent_shared::SEEDS,
        orphan::SEEDS,
        pool::SEEDS,
        raw::SEEDS,
        sharing::SEEDS,
        slot::SEEDS,
        stack::SEEDS,
        teardown::SEEDS,
        transit::SEEDS,
        trim::SEEDS,
    ];
    areas.into_iter().flatten()
}
