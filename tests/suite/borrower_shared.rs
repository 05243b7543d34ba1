//! Tests references that are lent: one frame that lies in several rings.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use crate::common::{builder, pool, scale};
use framewell::{Borrower, BufferId, Frame, Misuse, MisuseKind, Pool, ReclaimError, Shared};
use proptest::prelude::*;

fn packet(pool: &Pool) -> Shared<Frame> {
    pool.copy_from(b"headerpayload").unwrap().share()
}

fn lend(nic: &Borrower, reference: &Shared<Frame>) -> BufferId {
    nic.lend_shared(reference.clone()).unwrap()
}

/// Takes a reference back. The tests read and write no bytes of a frame on a borrower's behalf.
fn bring(nic: &Borrower, id: BufferId) -> Result<Shared<Frame>, Misuse> {
    bring_part(nic, id, 128, 13)
}

fn bring_part(
    nic: &Borrower,
    id: BufferId,
    headroom: usize,
    len: usize,
) -> Result<Shared<Frame>, Misuse> {
    // SAFETY: as above.
    unsafe { nic.take_back_shared(id, headroom, len) }
}

fn reclaim(nic: &mut Borrower) -> usize {
    // SAFETY: as for `bring`.
    unsafe { nic.reclaim() }
}

#[test]
fn packet_lies_in_several_rings_and_comes_back_from_each() {
    let pool = pool(4);
    let rings = ["a", "b", "c"].map(|name| pool.borrower(name).unwrap());
    let first = packet(&pool);
    let id = first.id();
    for (at, ring) in rings.iter().enumerate() {
        assert_eq!(lend(ring, &first), id);
        assert_eq!(lend(ring, &first.slice(6..)), id);
        assert_eq!((ring.lent(), first.references()), (2, 3 + 2 * at));
    }
    drop(first);
    assert_eq!(pool.stats().out, 1);
    let mut last = None;
    for ring in &rings {
        drop(bring(ring, id).unwrap());
        let back = bring_part(ring, id, 134, 7).unwrap();
        assert_eq!(*back, *b"payload");
        assert_eq!(bring(ring, id).unwrap_err().kind, MisuseKind::NotLent);
        last = Some(back);
    }
    let mut last = last.unwrap();
    assert!(last.get_mut().is_some());
    let owner = last.try_into_owned().unwrap();
    assert_eq!((owner.headroom(), owner.len()), (134, 7));
    // The frame is an ordinary one again.
    assert_eq!(rings[0].lend(owner).unwrap(), id);
    // SAFETY: nobody touches the bytes.
    drop(unsafe { rings[0].take_back(id, 0, 0) }.unwrap());
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn last_reference_comes_back_from_a_ring_after_the_others_are_dropped() {
    let pool = pool(1);
    let nic = pool.borrower("nic").unwrap();
    let reference = packet(&pool);
    let other = reference.clone();
    let id = nic.lend_shared(reference).unwrap();
    drop(other);
    assert!(pool.get(0).is_err());
    drop(bring(&nic, id).unwrap());
    assert_eq!(pool.get(0).unwrap().id(), id);
}

#[test]
fn misused_reference_is_refused_with_these_texts_and_nothing_changes() {
    let pool = pool(4);
    let (rx, tx) = (pool.borrower("rx").unwrap(), pool.borrower("tx").unwrap());
    let shared = packet(&pool);
    let id = lend(&rx, &shared);
    let whole = tx.lend(pool.get(0).unwrap()).unwrap();
    let larger = self::pool(64);
    let foreign: Vec<_> = (0..64).map(|_| larger.get(0).unwrap()).collect();
    let foreign = foreign.iter().map(Frame::id).find(|id| id.index() == 60);
    let foreign = foreign.unwrap();
    let before = pool.stats();
    let base = pool.region().base().as_ptr().addr();
    let text = |nic: &Borrower, id: BufferId, headroom, len| {
        let refused = bring_part(nic, id, headroom, len).unwrap_err();
        assert_eq!(refused.address, base + id.index() * 1728 + headroom);
        let start = format!("{:#x}: ", refused.address);
        let text = refused.to_string();
        let (what, why) = text.split_once(&start).unwrap();
        (what.to_owned(), why.to_owned())
    };
    let of_loan = |why: &str| {
        (
            "invalid return of the buffer at ".to_owned(),
            why.to_owned(),
        )
    };
    let never = of_loan("it was taken back already, or not lent in this way");
    for (headroom, len) in [(0, 0), (0, 1729)] {
        // `tx` has no table yet.
        assert_eq!(text(&tx, id, headroom, len), never);
        let other = of_loan("it is lent to another borrower, number 1");
        assert_eq!(text(&rx, whole, headroom, len), other);
        assert_eq!(text(&tx, whole, headroom, len), never);
        let foreign = text(&rx, foreign, headroom, len);
        assert_eq!(foreign.1, "no memory of this pool lies there");
    }
    let beyond = "a headroom of 100 and 1700 bytes exceed its room of 1728; it is still lent: \
                  bring it with a view that fits";
    assert_eq!(text(&rx, id, 100, 1700), of_loan(beyond));
    for (headroom, len) in [(0, 1729), (1729, 0), (usize::MAX, 1), (1, usize::MAX)] {
        let kind = MisuseKind::BeyondRoom {
            headroom,
            len,
            room: 1728,
        };
        assert_eq!(bring_part(&rx, id, headroom, len).unwrap_err().kind, kind);
    }
    // Whole frames and references do not take each other's way back.
    // SAFETY: nobody touches the bytes.
    let refused = unsafe { rx.take_back(id, 0, 0) }.unwrap_err();
    assert_eq!(refused.kind, MisuseKind::NotLent);
    let mut after = pool.stats();
    assert_eq!(after.misuses, 14);
    after.misuses = before.misuses;
    assert_eq!(after, before);
    assert_eq!(bring_part(&rx, id, 1728, 0).unwrap().tailroom(), 0);
    // SAFETY: as above.
    drop(unsafe { tx.take_back(whole, 0, 0) }.unwrap());
}

#[test]
fn reference_to_a_frame_of_another_pool_is_given_back() {
    let (pool, other) = (pool(4), pool(4));
    let nic = pool.borrower("nic").unwrap();
    let theirs = packet(&other);
    let back = nic.lend_shared(theirs).unwrap_err();
    assert_eq!((&*back, back.references()), (&b"headerpayload"[..], 1));
    assert_eq!(nic.lent(), 0);
}

#[test]
fn lent_references_are_counted_and_named() {
    let pool = pool(8);
    let (rx, tx) = (pool.borrower("rx").unwrap(), pool.borrower("tx").unwrap());
    let without = pool.stats().metadata;
    let shared = packet(&pool);
    lend(&rx, &shared);
    assert_eq!(pool.stats().metadata, without + 8 * 4);
    lend(&tx, &shared);
    lend(&tx, &shared);
    let whole = tx.lend(pool.get(0).unwrap()).unwrap();
    let stats = pool.stats();
    let of = |borrower: &framewell::BorrowerStats| (borrower.frames, borrower.references);
    let counts: Vec<_> = stats.borrowers.iter().map(of).collect();
    assert_eq!((stats.out, counts), (2, vec![(0, 1), (1, 2)]));
    let text = stats.to_string();
    assert!(
        text.contains("0 frames, 1 reference lent to rx\n"),
        "{text}"
    );
    assert!(
        text.contains("1 frame, 2 references lent to tx\n"),
        "{text}"
    );
    assert!(!pool.find(shared.as_ptr()).unwrap().is_lent);
    // SAFETY: nobody touches the bytes.
    drop(unsafe { tx.take_back(whole, 0, 0) }.unwrap());
    let (rx_id, tx_id) = (rx.id(), tx.id());
    drop((rx, tx));
    let text = pool.stats().to_string();
    assert!(
        text.contains("2 references lent to tx (dropped; number 1)\n"),
        "{text}"
    );
    // SAFETY: as above.
    let by_number = |id| unsafe { pool.reclaim(id) };
    assert_eq!((by_number(tx_id), shared.references()), (Ok(2), 2));
    assert_eq!(by_number(tx_id), Err(ReclaimError::Unknown));
    assert_eq!((by_number(rx_id), shared.references()), (Ok(1), 1));
    assert_eq!(
        (pool.stats().borrowers, pool.stats().metadata),
        (vec![], without)
    );
    // The number's next borrower has nothing.
    let next = pool.borrower("next").unwrap();
    assert_eq!((next.id().index(), next.lent()), (0, 0));
    assert!(bring(&next, shared.id()).is_err());
}

#[test]
fn reclaim_drops_references_and_frees_with_the_last() {
    let pool = pool(300);
    let mut gone = pool.borrower("gone").unwrap();
    let stays = pool.borrower("stays").unwrap();
    let mut kept = Vec::new();
    for round in 0..200 {
        let shared = packet(&pool);
        for _ in 0..round % 4 {
            lend(&gone, &shared);
        }
        if round % 2 == 0 {
            kept.push(lend(&stays, &shared));
        }
    }
    gone.lend(pool.get(0).unwrap()).unwrap();
    assert_eq!((gone.lent(), pool.stats().out), (301, 201));
    assert_eq!(reclaim(&mut gone), 301);
    assert_eq!((gone.lent(), stays.lent(), pool.stats().out), (0, 100, 100));
    assert_eq!(reclaim(&mut gone), 0);
    for id in kept {
        assert_eq!(bring(&stays, id).unwrap().references(), 1);
    }
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn lent_reference_outlives_the_handles_and_is_the_last_of_its_pool() {
    let pool = pool(4);
    let nic = pool.borrower("nic").unwrap();
    let shared = packet(&pool);
    let id = lend(&nic, &shared);
    drop((pool, shared));
    let back = bring(&nic, id).unwrap();
    drop(nic);
    assert_eq!(*back, *b"headerpayload");
}

/// Rings complete the same packets at the same moment, on several threads of one borrower, beside
/// references that are cut and dropped.
#[test]
fn same_ids_brought_by_several_threads_come_back_once_each() {
    const THREADS: usize = 4;
    let pool = pool(8);
    let nic = pool.borrower("nic").unwrap();
    for round in 0..200 * scale() {
        let shared = packet(&pool);
        let id = shared.id();
        let start = Barrier::new(THREADS);
        let lent = round as usize % 7;
        for _ in 0..lent {
            lend(&nic, &shared);
        }
        let back = thread::scope(|scope| {
            let bringer = || {
                start.wait();
                let part = shared.slice(6..);
                let back = [bring(&nic, id), bring(&nic, id)];
                drop(part);
                back.into_iter().flatten().count()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(bringer)).collect();
            let of = |thread: thread::ScopedJoinHandle<'_, usize>| thread.join().unwrap();
            threads.into_iter().map(of).sum::<usize>()
        });
        assert_eq!((back, nic.lent()), (lent, 0));
        assert_eq!(shared.references(), 1);
    }
    assert_eq!(pool.stats().out, 0);
}

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Share,
    Clone(usize),
    Drop(usize),
    Lend { reference: usize, to: usize },
    TakeBack { frame: usize, from: usize },
    Reclaim(usize),
    Replace(usize),
    IntoOwned(usize),
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let which = || 0..12_usize;
    prop_oneof![
        3 => Just(Share),
        3 => which().prop_map(Clone),
        3 => which().prop_map(Drop),
        6 => (which(), which()).prop_map(|(reference, to)| Lend { reference, to }),
        6 => (which(), which()).prop_map(|(frame, from)| TakeBack { frame, from }),
        1 => which().prop_map(Reclaim),
        1 => which().prop_map(Replace),
        1 => which().prop_map(IntoOwned),
    ]
}

const FRAMES: usize = 3;

/// Runs calls, and counts by frame and borrower what is lent.
fn run(calls: Vec<Call>) {
    let pool = builder().frames(FRAMES).build().unwrap();
    let mut borrowers = [(); 2].map(|()| pool.borrower("one").unwrap());
    let mut held: Vec<Shared<Frame>> = Vec::new();
    let mut lent: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let all: Vec<_> = (0..FRAMES).map(|_| pool.get(0).unwrap()).collect();
    let ids: Vec<_> = all.iter().map(Frame::id).collect();
    drop(all);
    for call in calls {
        let at = |n: usize| n % held.len().max(1);
        match call {
            Call::Share => held.extend(pool.copy_from(b"headerpayload").map(Frame::share)),
            Call::Clone(n) => held.extend(held.get(at(n)).cloned()),
            Call::Drop(n) if !held.is_empty() => drop(held.swap_remove(at(n))),
            Call::Lend { reference, to } if !held.is_empty() => {
                let (reference, to) = (held.swap_remove(at(reference)), to % 2);
                let id = borrowers[to].lend_shared(reference).unwrap();
                *lent.entry((id.index(), to)).or_default() += 1;
            }
            Call::TakeBack { frame, from } => {
                let (id, from) = (ids[frame % FRAMES], from % 2);
                let back = bring(&borrowers[from], id);
                let due = lent.entry((id.index(), from)).or_default();
                assert_eq!(back.is_ok(), *due > 0);
                *due = due.saturating_sub(1);
                held.extend(back.inspect(|back| assert_eq!(**back, *b"headerpayload")));
            }
            Call::Reclaim(n) => {
                let due = due(&mut lent, n % 2);
                assert_eq!(reclaim(&mut borrowers[n % 2]), due);
            }
            Call::Replace(n) => {
                let new = pool.borrower("another").unwrap();
                let old = std::mem::replace(&mut borrowers[n % 2], new);
                let id = old.id();
                drop(old);
                // SAFETY: nobody touches what is lent.
                let reclaimed = unsafe { pool.reclaim(id) };
                assert_eq!(reclaimed.unwrap_or(0), due(&mut lent, n % 2));
            }
            Call::IntoOwned(n) if !held.is_empty() => {
                let reference = held.swap_remove(at(n));
                let others = references(&held, &lent, reference.id());
                match reference.try_into_owned() {
                    Ok(_) => assert_eq!(others, 0),
                    Err(reference) => {
                        assert_eq!(reference.references(), others + 1);
                        held.push(reference);
                    }
                }
            }
            Call::Drop(_) | Call::Lend { .. } | Call::IntoOwned(_) => {}
        }
        for reference in &held {
            let there = references(&held, &lent, reference.id());
            assert_eq!(reference.references(), there);
        }
        let out = |id: &&BufferId| references(&held, &lent, **id) > 0;
        assert_eq!(pool.stats().out, ids.iter().filter(out).count());
    }
    for nic in &mut borrowers {
        reclaim(nic);
    }
    held.clear();
    assert_eq!(pool.stats().out, 0);
}

/// Takes off the table what is lent to a borrower, and returns how much it is.
fn due(lent: &mut BTreeMap<(usize, usize), usize>, borrower: usize) -> usize {
    let of = lent.iter_mut().filter(|((_, to), _)| *to == borrower);
    of.map(|(_, lent)| std::mem::take(lent)).sum()
}

/// Returns how many references to a frame there are.
fn references(
    held: &[Shared<Frame>],
    lent: &BTreeMap<(usize, usize), usize>,
    id: BufferId,
) -> usize {
    let held = held.iter().filter(|reference| reference.id() == id);
    let lent = lent.iter().filter(|((frame, _), _)| *frame == id.index());
    held.count() + lent.map(|(_, lent)| lent).sum::<usize>()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lent_references_behave_as_the_table_says(calls in prop::collection::vec(call(), 0..120)) {
        run(calls);
    }
}
