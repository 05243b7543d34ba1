// The variants for the storms. Included by build.rs; those with an empty `caught_by` must hold.

const STORM_SEEDS: &[Seed] = &[
];
