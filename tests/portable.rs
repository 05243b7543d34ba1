//! The same tests on the portable front; each of these files is a test crate of its own too, on the front that
//! `Front::Auto` finds. With `FRAMEWELL_TEST_FRONT=auto` they run on that front here: for who wants to compile one program
//! alone.
//!
//! Not here: what is about one front (`caches`, `shards`, `front`, `getcpu`, `downstream`), what builds models
//! (`loom_pipeline`), and what needs a process to itself, because it measures all of it or changes the machine
//! (`reservation`, `trim` and `heap_refused`, which run both fronts, `huge_pages`).

#![cfg(not(loom))]
#![allow(
    clippy::duplicate_mod,
    reason = "each file is a test crate of its own, and brings the common module along"
)]

#[path = "builder.rs"]
mod builder;
#[path = "burst.rs"]
mod burst;
#[path = "cell.rs"]
mod cell;
#[path = "contract.rs"]
mod contract;
#[path = "dot11.rs"]
mod dot11;
#[path = "dot11_attacks.rs"]
mod dot11_attacks;
#[path = "dot11_properties.rs"]
mod dot11_properties;
#[path = "exhaustion.rs"]
mod exhaustion;
#[path = "memory.rs"]
mod memory;
#[path = "properties.rs"]
mod properties;
#[path = "raw.rs"]
mod raw;
#[path = "stats.rs"]
mod stats;
#[path = "stress.rs"]
mod stress;
#[path = "surface.rs"]
mod surface;
#[path = "teardown.rs"]
mod teardown;
#[path = "unwinding.rs"]
mod unwinding;

mod common;

use framewell::{Front, FrontKind, NoRseq};

#[test]
fn every_pool_of_this_crate_has_the_portable_front() {
    let stats = common::pool(1).stats();
    let chosen = stats.no_rseq == Some(NoRseq::Chosen);
    assert_eq!(chosen, common::front() == Front::Portable, "{stats}");
    assert!(!chosen || stats.front == FrontKind::Portable, "{stats}");
}
