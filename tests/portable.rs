//! The suite on the portable front; `auto` runs it on the one that `Front::Auto` finds, and so does this program with
//! `FRAMEWELL_TEST_FRONT=auto`: for who wants to compile one alone.
//!
//! Not in the suite: what is about one front (`caches`, `shards`, `front`, `getcpu`, `downstream`), what builds models
//! (`loom_pipeline`), and what needs a process to itself, because it measures all of it or changes the machine
//! (`reservation`, `trim` and `heap_refused`, which run both fronts, `huge_pages` and `hugetlb`),
//! or has one made that is limited (`address_space`, `locked`, `small_stack`).

#![cfg(not(loom))]

mod common;
mod suite;

use framewell::{Front, FrontKind, NoRseq};

#[test]
fn every_pool_of_this_crate_has_the_portable_front() {
    let stats = common::pool(1).stats();
    let chosen = stats.no_rseq == Some(NoRseq::Chosen);
    assert_eq!(chosen, common::front() == Front::Portable, "{stats}");
    assert!(!chosen || stats.front == FrontKind::Portable, "{stats}");
}
