//! Users' code amid calls of chains and bursts: iterators, conversions, collections and the ends of
//! pools, which panic and use the same pool. No buffer may be lost or given twice.

#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use framewell::{Chain, Frame, Misuse, OnMisuse, Pool, Segment, VarBuf};

use crate::common::{builder, pool};

fn out(pool: &Pool) -> usize {
    let stats = pool.stats();
    let bufs = stats.alloc.map_or(0, |alloc| alloc.out + alloc.large);
    stats.out + bufs
}

/// Counts its drops, uses a pool in each, and panics in it.
struct AtEnd(Pool, Arc<AtomicUsize>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let pair = [self.0.copy_from(b"at").unwrap(), self.0.get(3).unwrap()];
        let mut chain = Chain::from_iter(pair);
        chain.advance(1);
        drop(chain.split_off(2));
        self.1.fetch_add(1, Ordering::Relaxed);
        panic!("at the end of a pool");
    }
}

/// Returns a segment with which its pool ends.
fn last_of_its_pool(other: &Pool, ends: &Arc<AtomicUsize>) -> Segment {
    let owned = AtEnd(other.clone(), ends.clone());
    let report = move |_: &Misuse| {
        let _owned = &owned;
    };
    let builder = builder().frames(1).alloc_bytes(1 << 20);
    let builder = builder.on_misuse(OnMisuse::Call(Arc::new(report)));
    builder.build().unwrap().copy_from(b"end").unwrap().into()
}

#[test]
fn ends_of_pools_amid_cuts_of_a_chain_cost_no_other_segment() {
    let pool = pool(32);
    let ends = Arc::default();
    for half in [3, 9] {
        let chain = || -> Chain {
            let both = |_| {
                let word = pool.copy_from(b"word").unwrap().into();
                [last_of_its_pool(&pool, &ends), word]
            };
            (0..half).flat_map(both).collect()
        };
        let len = 7 * half;
        let calls: [&dyn Fn(Chain); 7] = [
            &|mut chain| chain.advance(len - 1),
            &|mut chain| chain.truncate(1),
            &|mut chain| drop(chain.split_to(len - 1)),
            &|mut chain| drop(chain.split_off(1)),
            &|mut chain| chain.extend(chain.clone()),
            &|chain| drop(chain.into_iter().nth(half)),
            &|chain| drop(chain.linearize_buf(&pool).unwrap()),
        ];
        for (number, call) in calls.iter().enumerate() {
            let before = ends.load(Ordering::Relaxed);
            call(chain());
            assert_eq!(ends.load(Ordering::Relaxed), before + half, "call {number}");
            assert_eq!(out(&pool), 0, "call {number}");
        }
    }
}

/// Becomes a segment by code that uses the pool, or panics.
struct Wish<'a>(&'a Pool, bool);

impl From<Wish<'_>> for Segment {
    fn from(Wish(pool, panics): Wish<'_>) -> Self {
        let frame = pool.copy_from(b"wish").unwrap();
        let other: Chain = [frame.share(), pool.get(2).unwrap().share()]
            .into_iter()
            .collect();
        assert!(!panics, "no wish");
        other.into_iter().next().unwrap()
    }
}

#[test]
fn conversions_and_iterators_that_panic_lose_nothing() {
    let pool = pool(32);
    for before in 0..9 {
        let wishes = (0..=before).map(|number| Wish(&pool, number == before));
        let mut chain = Chain::new();
        catch_unwind(AssertUnwindSafe(|| chain.extend(wishes.clone()))).unwrap_err();
        assert_eq!((chain.len(), pool.stats().out), (4 * before, before));
        catch_unwind(AssertUnwindSafe(|| chain.push_front(Wish(&pool, true)))).unwrap_err();
        assert_eq!((chain.len(), pool.stats().out), (4 * before, before));
        catch_unwind(AssertUnwindSafe(|| Chain::from_iter(wishes))).unwrap_err();
        assert_eq!(pool.stats().out, before);
    }
}

/// Uses the pool amid each `extend`, and panics when it has as many buffers as it may have.
struct Busy<'a> {
    pool: &'a Pool,
    taken: Vec<VarBuf>,
    most: usize,
}

impl Extend<VarBuf> for Busy<'_> {
    fn extend<I: IntoIterator<Item = VarBuf>>(&mut self, buffers: I) {
        for mut buffer in buffers {
            buffer.fill(self.taken.len() as u8);
            self.taken.push(buffer);
            assert!(self.taken.len() < self.most, "there are enough");
            if self.taken.len() % 7 == 0 {
                let mut nested = Vec::new();
                self.pool.alloc_burst(2000, 3, &mut nested);
                self.pool.trim();
                drop(self.pool.get(60));
                self.taken.extend(nested.pop());
                let last = self.taken.len() as u8 - 1;
                self.taken.last_mut().unwrap().fill(last);
            }
        }
    }
}

#[test]
fn collections_that_use_the_pool_amid_a_burst_lose_nothing() {
    let pool = builder().frames(4).alloc_bytes(4 << 20).build().unwrap();
    for (len, most) in [(2000, 60), (2000, 130), (60_000, 40), (100_000, 20)] {
        let mut busy = Busy {
            pool: &pool,
            taken: Vec::new(),
            most,
        };
        let burst = AssertUnwindSafe(|| pool.alloc_burst(len, usize::MAX, &mut busy));
        catch_unwind(burst).unwrap_err();
        assert_eq!((busy.taken.len(), out(&pool)), (most, most));
        let firsts: BTreeSet<_> = busy.taken.iter().map(|buffer| buffer.as_ptr()).collect();
        assert_eq!(firsts.len(), most);
        for (number, buffer) in busy.taken.iter().enumerate() {
            assert!(buffer.iter().all(|byte| *byte == number as u8));
        }
        drop(busy);
        assert_eq!(out(&pool), 0);
    }
}

#[test]
fn references_in_a_chain_are_counted_through_all_its_moves() {
    let pool = pool(4);
    let packet = pool.copy_from(&[7; 1000]).unwrap().share();
    let mut chains: Vec<Chain> = vec![packet.split_every(10).collect()];
    for at in [995, 500, 333, 60, 5] {
        let mut back = chains[0].split_off(at);
        let front = back.split_to(at.min(back.len()) / 2);
        chains.extend([front, back]);
    }
    let segments =
        |chains: &[Chain]| -> usize { chains.iter().map(|chain| chain.segments().len()).sum() };
    let first = |chains: &[Chain]| chains[0].segments()[0].references();
    assert_eq!(first(&chains), segments(&chains));
    let mut all = Chain::with_capacity(200);
    while let Some(mut chain) = chains.pop() {
        all.append(&mut chain.clone());
        chain.truncate(chain.len() / 3);
        all.append(&mut chain);
    }
    let one = all.segments()[0].clone();
    assert_eq!(one.references(), all.segments().len() + 1);
    drop(all);
    let owner: Frame = one.into_shared_frame().unwrap().try_into_owned().unwrap();
    assert!(owner.iter().all(|byte| *byte == 7));
}
