//! Runs the suite on both fronts: on the portable one, and once more in a process of its own on the
//! one that `Front::Auto` finds. With `FRAMEWELL_TEST_FRONT=portable` or `=auto` it runs on that
//! one alone.
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
fn every_pool_has_the_front_under_test() {
    let stats = common::pool(1).stats();
    let chosen = stats.no_rseq == Some(NoRseq::Chosen);
    assert_eq!(chosen, common::front() == Front::Portable, "{stats}");
    assert!(!chosen || stats.front == FrontKind::Portable, "{stats}");
}

#[cfg(rseq)]
#[test]
fn suite_passes_on_the_front_that_auto_finds() {
    use common::{TEST_FRONT, child};

    if std::env::var_os(TEST_FRONT).is_some() {
        return;
    }
    match framewell::Pool::builder().front(Front::Rseq).build() {
        Ok(_) => child::passes_once_more(&[(TEST_FRONT, "auto")]),
        Err(why) => common::not_run(&format!("the suite on the rseq front: {why}")),
    }
}
