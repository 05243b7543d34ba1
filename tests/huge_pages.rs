//! Tests the rungs of the ladder: explicit huge pages, transparent ones, base pages.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use common::hugetlb::{HUGE, Reserved, alone, free, pages};
use common::linux::resident_at;
use common::{assert_whole, not_run, take_all};
use framewell::{BuildError, HugePages, PageKind, Pool};
use std::fs;

/// Returns whether the kernel makes explicit pages on demand, without a reservation.
fn surplus() -> bool {
    fs::read_to_string("/proc/sys/vm/nr_overcommit_hugepages")
        .is_ok_and(|pages| pages.trim() != "0")
}

fn transparent() -> bool {
    fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
        .is_ok_and(|modes| !modes.contains("[never]"))
}

#[test]
fn explicit_without_a_reservation_is_refused() {
    let _alone = alone();
    if surplus() || free().is_some_and(|free| free > 0) {
        return not_run("explicit pages without a reservation: the machine has one");
    }
    let error = pages(2).huge_pages(HugePages::Explicit).build();
    let error = error.expect_err("no pages, no pool");
    let BuildError::Map { bytes, source, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*bytes, 2 * HUGE);
    assert_eq!(
        error.to_string(),
        format!(
            "the system refused {bytes} bytes of memory for frames ({source}); the host has 0 free \
             pages of 2 MiB; raise vm.nr_hugepages, and what the control group may have of them \
             (hugetlb), or ask for other pages with PoolBuilder::huge_pages"
        )
    );
}

#[test]
fn explicit_beyond_the_reservation_is_refused() {
    let _alone = alone();
    let Some(free) = free().filter(|_| !surplus()) else {
        return not_run("explicit pages: none of 2 MiB, or made on demand");
    };
    let error = pages(free + 1).huge_pages(HugePages::Explicit).build();
    assert!(matches!(error, Err(BuildError::Map { .. })), "{error:?}");
}

/// Returns the kind of pages that a pool gets without explicit ones.
fn next_rung() -> PageKind {
    if transparent() {
        PageKind::Transparent
    } else {
        PageKind::Base
    }
}

#[test]
fn without_a_reservation_the_next_rung_is_taken() {
    let _alone = alone();
    if surplus() || free().is_some_and(|free| free >= 2) {
        return not_run("the next rung: the machine has explicit pages");
    }
    let pool = pages(2).huge_pages(HugePages::PreferExplicit);
    let pool = pool.build().unwrap();
    assert_eq!(pool.stats().pages, next_rung());
    assert_whole(&pool);
}

#[test]
fn auto_takes_no_explicit_pages_whatever_the_host_has_set_aside() {
    let _alone = alone();
    let _reserved = match Reserved::more(2) {
        Ok(reserved) => reserved,
        Err(why) => return not_run(&format!("explicit huge pages: {why}")),
    };
    let before = free();
    let pool = pages(2).huge_pages(HugePages::Auto).build().unwrap();
    assert_eq!((pool.stats().pages, free()), (next_rung(), before));
}

#[test]
fn transparent_is_granted_where_it_is_enabled() {
    let pool = pages(2).huge_pages(HugePages::Transparent).build().unwrap();
    let granted = pool.stats().pages;
    if transparent() {
        assert_eq!(granted, PageKind::Transparent);
    } else {
        assert_eq!(granted, PageKind::Base);
        not_run("transparent huge pages: they are switched off");
    }
    assert_whole(&pool);
}

#[test]
fn off_takes_base_pages() {
    let pool = pages(2).huge_pages(HugePages::Off).build().unwrap();
    assert_eq!(pool.stats().pages, PageKind::Base);
    pool.get(60).unwrap().fill(1);
    let resident = resident_at(pool.region().base().addr().get());
    assert!(resident < HUGE, "{resident}");
}

#[test]
fn small_arena_takes_base_pages() {
    for wish in [
        HugePages::Auto,
        HugePages::Transparent,
        HugePages::Off,
        HugePages::PreferExplicit,
    ] {
        let pool = Pool::builder().frames(10).huge_pages(wish);
        assert_eq!(pool.build().unwrap().stats().pages, PageKind::Base);
    }
}

#[test]
fn reserved_pages_carry_every_frame_and_are_given_back() {
    let _alone = alone();
    let _reserved = match Reserved::more(4) {
        Ok(reserved) => reserved,
        Err(why) => return not_run(&format!("explicit huge pages: {why}")),
    };
    let before = free().unwrap();
    for wish in [HugePages::Explicit, HugePages::PreferExplicit] {
        let pool = pages(4).huge_pages(wish).build().unwrap();
        assert_eq!(pool.stats().pages, PageKind::Explicit);
        assert_eq!(free(), Some(before - 4), "all pages are populated");
        let mut frames = take_all(&pool);
        assert_eq!(frames.len(), 4 * HUGE / 4096);
        for frame in &mut frames {
            assert!(frame.iter().all(|byte| *byte == 0));
            frame.fill(0x5a);
        }
        assert_eq!(free(), Some(before - 4), "all pages are in use");
        drop(frames);
        assert_whole(&pool);
        drop(pool);
        assert_eq!(free(), Some(before), "the pages are given back");
    }
    let kilobyte = Pool::builder().frames(1).huge_pages(HugePages::Explicit);
    let stats = kilobyte.build().unwrap().stats();
    assert_eq!(stats.pages, PageKind::Explicit, "even below 2 MiB");
}
