//! Runs the suite on the portable front. `auto` runs it on the one that `Front::Auto` finds, and so
//! does this program with `FRAMEWELL_TEST_FRONT=auto`, for a machine that compiles only one of
//! them.
//!
//! These tests are not in the suite:
//!
//! * tests of one front (`caches`, `shards`, `front`, `getcpu`, `downstream`);
//! * tests that build models (`loom_pipeline`);
//! * tests that need a process to themselves, because they measure all of it or change the machine
//!   (`reservation`, `trim` and `heap_refused`, which run both fronts, `huge_pages` and `hugetlb`);
//! * tests that start a process that is limited (`address_space`, `locked`, `small_stack`);
//! * the test of an interface of the kernel, which does not meet the front (`af_xdp`).

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
