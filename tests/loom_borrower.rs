//! A model of a ring with a borrower behind it, as the author of a driver writes one: the model's
//! own ring, and this crate's pool.
//!
//! Run it with `RUSTFLAGS="--cfg loom" cargo test --test loom_borrower --release`. Without the cfg
//! this file is empty.

#![cfg(loom)]
#![allow(clippy::disallowed_types, reason = "the ring is the model's own")]

use std::sync::Arc;

use framewell::{Borrower, BufferId, Burst, IdBatch, Pool, Span};
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

const ENTRIES: usize = 2;

/// A ring of offsets in the pool's region. One thread fills it, another one empties it.
struct Ring {
    entries: [AtomicU32; ENTRIES],
    filled: AtomicU32,
}

impl Ring {
    fn new() -> Self {
        Self {
            entries: [AtomicU32::new(0), AtomicU32::new(0)],
            filled: AtomicU32::new(0),
        }
    }

    fn fill(&self, offsets: &[u64]) {
        for (entry, offset) in self.entries.iter().zip(offsets) {
            // Relaxed: the store to `filled` publishes it.
            entry.store(*offset as u32, Ordering::Relaxed);
        }
        // Release: pairs with the Acquire in `look`.
        self.filled.store(offsets.len() as u32, Ordering::Release);
    }

    fn look(&self) -> Vec<u64> {
        // Acquire: pairs with the Release in `fill`.
        let filled = self.filled.load(Ordering::Acquire) as usize;
        let entries = self.entries[..filled].iter();
        // Relaxed: the load above acquired them.
        entries
            .map(|entry| entry.load(Ordering::Relaxed).into())
            .collect()
    }
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

fn pool() -> Pool {
    Pool::builder().frames(2).shards(1).build().unwrap()
}

fn fill(nic: &Borrower, ring: &Ring) -> Vec<BufferId> {
    let mut batch: IdBatch<ENTRIES> = IdBatch::new(nic.pool());
    batch.get_bulk(ENTRIES).unwrap();
    let ids = batch.ids().to_vec();
    let mut offsets = [0; ENTRIES];
    assert_eq!(nic.lend_offsets(&mut batch, &mut offsets), ENTRIES);
    ring.fill(&offsets);
    ids
}

/// The reader takes what the ring shows, and the pool ends with it: nothing is lost, and nothing is
/// taken twice.
#[test]
fn frames_go_over_a_ring_to_another_thread() {
    explore(|| {
        let nic = Arc::new(pool().borrower("ring").unwrap());
        let ring = Arc::new(Ring::new());
        let reader = {
            let (nic, ring) = (nic.clone(), ring.clone());
            thread::spawn(move || {
                let mut packets: Burst<ENTRIES> = Burst::new();
                for offset in ring.look() {
                    let span = Span {
                        offset: offset + 3,
                        len: 5,
                    };
                    // SAFETY: the ring shows each frame once, and this thread alone takes them.
                    let taken = unsafe { nic.take_back_spans(&[span], &mut packets) };
                    assert_eq!(taken, Ok(1));
                }
                packets
                    .iter()
                    .map(|packet| (packet.headroom(), packet.len()))
                    .collect::<Vec<_>>()
            })
        };
        fill(&nic, &ring);
        let seen = reader.join().unwrap();
        assert!(seen.is_empty() || seen == [(3, 5); ENTRIES]);
        let mut nic = Arc::into_inner(nic).unwrap();
        // SAFETY: the reader has ended, and nobody touches the frames.
        let left = unsafe { nic.reclaim() };
        assert_eq!(left, ENTRIES - seen.len());
        assert_eq!(nic.pool().stats().out, 0);
    });
}

/// A borrower's handle is dropped with frames in the ring while the reader still has one. They are
/// reclaimed by number.
#[test]
fn dropped_borrower_is_reclaimed_beside_a_reader() {
    explore(|| {
        let pool = pool();
        let nic = pool.borrower("ring").unwrap();
        let ring = Ring::new();
        let ids = fill(&nic, &ring);
        // SAFETY: the ring is not read, and this thread brings the frame.
        let packet = unsafe { nic.take_back(ids[0], 0, 5) }.unwrap();
        let reader = thread::spawn(move || drop(packet));
        let number = nic.id();
        drop(nic);
        // SAFETY: nobody touches the frame that is still lent.
        assert_eq!(unsafe { pool.reclaim(number) }, Ok(1));
        reader.join().unwrap();
        assert_eq!(pool.stats().out, 0);
    });
}
