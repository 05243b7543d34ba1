//! Loans of references: edge #shared-loan, and what several borrowers do at the same time.

use loom::sync::atomic::{AtomicU32, Ordering};

use super::fw::{Borrower, BufferId, Frame, Pool, Shared};
use crate::harness::{explore_deep, spawn_deep};

fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

/// Makes a packet whose part is the beginning of its frame.
fn packet(pool: &Pool, byte: u8) -> Shared<Frame> {
    let mut frame = pool.get(0).unwrap();
    frame.push(frame.headroom()).unwrap();
    frame.trim(2).unwrap();
    frame[0] = byte;
    frame.share()
}

/// Takes a reference back, with the part that the packets have.
fn bring(nic: &Borrower, id: BufferId) -> Option<Shared<Frame>> {
    // SAFETY: nobody reads or writes on behalf of the models' borrowers.
    unsafe { nic.take_back_shared(id, 0, 2) }.ok()
}

/// Nothing but the borrower's table orders the one who lends the last reference and the one who
/// takes it back and becomes the owner: the id was known before.
pub fn reference_comes_back_while_it_goes_out() {
    explore_deep(None, || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let reference = packet(&pool, 7);
        let id = reference.id();
        // The table is made before.
        nic.lend_shared(reference).unwrap();
        let reference = bring(&nic, id).unwrap();
        let other = nic.clone();
        let thread = spawn_deep(move || {
            let mut reference = bring(&other, id)?;
            reference.get_mut().expect("it is the last")[0] = 8;
            Some(reference)
        });
        assert_eq!(reference.len(), 2);
        nic.lend_shared(reference).unwrap();
        let theirs = thread.join().unwrap();
        let late = bring(&nic, id);
        assert_eq!([theirs, late].into_iter().flatten().count(), 1, "lost or doubled");
    });
}

/// Two references of one borrower are brought by two threads, whatever they read before.
pub fn two_bring_references_to_one_frame() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let reference = packet(&pool, 7);
        let id = reference.id();
        nic.lend_shared(reference.clone()).unwrap();
        nic.lend_shared(reference).unwrap();
        let other = nic.clone();
        let thread = spawn_deep(move || drop(bring(&other, id).expect("lost or doubled")));
        drop(bring(&nic, id).expect("lost or doubled"));
        thread.join().unwrap();
        assert!(bring(&nic, id).is_none(), "lost or doubled");
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}

/// A part is cut and dropped on one thread, while another reference is lent and comes back. The
/// next owner writes.
pub fn part_is_cut_and_dropped_beside_a_loan() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let nic = pool.borrower("nic").unwrap();
        let reference = packet(&pool, 7);
        let other = reference.clone();
        let thread = spawn_deep(move || {
            let part = other.slice(1..);
            drop(other);
            assert_eq!(part.len(), 1);
        });
        let id = nic.lend_shared(reference).unwrap();
        drop(bring(&nic, id).expect("lost or doubled"));
        if let Ok(mut frame) = pool.get(2) {
            frame[0] = 9;
        }
        thread.join().unwrap();
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}

/// A borrower is gone, and its references are dropped, while a reference to the same frame is lent
/// to another and comes back.
pub fn reclaim_leaves_the_references_of_another_borrower() {
    explore_deep(Some(2), || {
        let pool = pool(1);
        let mut gone = pool.borrower("gone").unwrap();
        let nic = pool.borrower("nic").unwrap();
        let reference = packet(&pool, 7);
        gone.lend_shared(reference.clone()).unwrap();
        gone.lend_shared(reference.clone()).unwrap();
        let thread = spawn_deep(move || {
            let id = nic.lend_shared(reference).unwrap();
            let back = bring(&nic, id).expect("lost or doubled");
            assert_eq!(back[0], 7);
        });
        // SAFETY: nobody touches the bytes.
        assert_eq!(unsafe { gone.reclaim() }, 2, "lost or doubled");
        thread.join().unwrap();
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}

/// A thread lends a reference and leaves the borrower to another, who reclaims. A third has the
/// last one and writes. Nothing but the table orders the first two, as far as loom sees: the
/// borrower is shared by an `Arc` of std, and the steps tell loom alone that they meet.
pub fn reclaim_of_what_was_just_lent() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let mut nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let mut last = packet(&pool, 7);
        let reference = last.clone();
        let steps = std::sync::Arc::new(AtomicU32::new(0));
        let (other, first, second) = (nic.clone(), steps.clone(), steps.clone());
        let lends = spawn_deep(move || {
            other.lend_shared(reference).unwrap();
            drop(other);
            first.fetch_add(1, Ordering::Relaxed);
        });
        let reclaims = spawn_deep(move || {
            second.load(Ordering::Relaxed);
            let alone = std::sync::Arc::get_mut(&mut nic);
            // SAFETY: nobody touches the bytes.
            let early = alone.map_or(0, |nic| unsafe { nic.reclaim() });
            second.fetch_add(1, Ordering::Relaxed);
            (nic, early)
        });
        steps.load(Ordering::Relaxed);
        if let Some(bytes) = last.get_mut() {
            bytes[0] = 8;
        }
        lends.join().unwrap();
        let (mut nic, early) = reclaims.join().unwrap();
        let nic = std::sync::Arc::get_mut(&mut nic).expect("the other is gone");
        // SAFETY: as above.
        assert_eq!(early + unsafe { nic.reclaim() }, 1, "lost or doubled");
        drop(last);
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}

/// The last handle goes while a borrower's references are reclaimed: the pool ends once.
pub fn reclaim_of_references_races_the_last_handle() {
    explore_deep(Some(2), || {
        let pool = pool(2);
        let mut nic = pool.borrower("nic").unwrap();
        let reference = packet(&pool, 1);
        nic.lend_shared(reference.clone()).unwrap();
        nic.lend_shared(packet(&pool, 2)).unwrap();
        let thread = spawn_deep(move || {
            // SAFETY: nobody touches the bytes.
            assert_eq!(unsafe { nic.reclaim() }, 2, "lost or doubled");
            drop(nic);
        });
        drop(pool);
        drop(reference);
        thread.join().unwrap();
    });
}

/// Two threads lend the first references to a borrower: its table is made once.
pub fn first_references_are_lent_at_once() {
    explore_deep(Some(2), || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let reference = packet(&pool, 7);
        let (other, mine) = (nic.clone(), reference.clone());
        let thread = spawn_deep(move || other.lend_shared(mine).is_ok());
        let id = nic.lend_shared(reference).unwrap();
        assert!(thread.join().unwrap());
        for _ in 0..2 {
            drop(bring(&nic, id).expect("lost or doubled"));
        }
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}
