//! The rungs of the ladder: explicit huge pages, transparent ones, base pages.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::linux::{meminfo, resident_at};
use common::{assert_whole, not_run, take_all};
use framewell::{BuildError, HugePages, PageKind, Pool, PoolBuilder};

const RESERVATION: &str = "/proc/sys/vm/nr_hugepages";
const HUGE: usize = 2 << 20;

/// The machine's huge pages are common to all tests.
fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool over exactly `pages` huge pages.
fn pages(pages: usize) -> PoolBuilder {
    let frames = pages * (HUGE / 4096);
    Pool::builder().frames(frames).stride(4096)
}

/// How many explicit huge pages of 2 MiB are free, if the machine has that size.
fn free() -> Option<usize> {
    let size_fits = meminfo("Hugepagesize") == Some(HUGE >> 10);
    size_fits.then(|| meminfo("HugePages_Free")).flatten()
}

/// Whether the kernel makes explicit pages on demand, without a reservation.
fn surplus() -> bool {
    fs::read_to_string("/proc/sys/vm/nr_overcommit_hugepages")
        .is_ok_and(|pages| pages.trim() != "0")
}

fn transparent() -> bool {
    fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
        .is_ok_and(|modes| !modes.contains("[never]"))
}

/// A changed `vm.nr_hugepages`, put back at the end.
struct Reserved {
    before: String,
}

impl Reserved {
    /// Sets `more` pages aside beyond those of the machine, or says why not.
    fn more(more: usize) -> Result<Self, String> {
        let before = fs::read_to_string(RESERVATION).map_err(|e| format!("read: {e}"))?;
        let pages: usize = before.trim().parse().map_err(|e| format!("parse: {e}"))?;
        let had = free().ok_or("no huge pages of 2 MiB")?;
        fs::write(RESERVATION, (pages + more).to_string()).map_err(|e| format!("write: {e}"))?;
        let this = Self { before };
        if free() < Some(had + more) {
            return Err("the kernel found too few free pages".to_owned());
        }
        Ok(this)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let restored = fs::write(RESERVATION, &self.before);
        if let Err(error) = restored {
            eprintln!("{RESERVATION} was {}: {error}", self.before);
        }
    }
}

#[test]
fn explicit_without_a_reservation_is_refused() {
    let _alone = alone();
    if surplus() || free().is_some_and(|free| free > 0) {
        return not_run("explicit pages without a reservation: the machine has one");
    }
    let error = pages(2).huge_pages(HugePages::Explicit).build();
    let error = error.expect_err("no pages, no pool");
    assert!(
        matches!(error, BuildError::Map { bytes, .. } if bytes == 2 * HUGE),
        "{error:?}"
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

#[test]
fn auto_without_a_reservation_takes_the_next_rung() {
    let _alone = alone();
    if surplus() || free().is_some_and(|free| free >= 2) {
        return not_run("the next rung of Auto: the machine has explicit pages");
    }
    let next = if transparent() {
        PageKind::Transparent
    } else {
        PageKind::Base
    };
    let pool = pages(2).huge_pages(HugePages::Auto).build().unwrap();
    assert_eq!(pool.stats().pages, next);
    assert_whole(&pool);
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
    for wish in [HugePages::Auto, HugePages::Transparent, HugePages::Off] {
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
    for wish in [HugePages::Explicit, HugePages::Auto] {
        let pool = pages(4).huge_pages(wish).build().unwrap();
        assert_eq!(pool.stats().pages, PageKind::Explicit);
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
