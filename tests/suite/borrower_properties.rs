//! Runs random loans against a model: a table that says where each frame is.

use std::collections::BTreeMap;

use crate::common::builder;
use framewell::{Borrower, BufferId, Frame, MisuseKind, Pool};
use proptest::prelude::*;

const FRAMES: usize = 6;
const BORROWERS: usize = 3;

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Get(u8),
    Free(usize),
    Lend {
        frame: usize,
        to: usize,
    },
    /// Takes a frame back, whether it is lent to this borrower or not.
    TakeBack {
        id: usize,
        from: usize,
        headroom: usize,
        len: usize,
    },
    Reclaim(usize),
    /// Drops a borrower, and makes another.
    Replace(usize),
    IntoRaw(usize),
    FromRaw(usize),
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let which = || 0..12_usize;
    let bytes = || prop_oneof![0..1728_usize, 1700..1760_usize];
    prop_oneof![
        4 => any::<u8>().prop_map(Get),
        1 => which().prop_map(Free),
        4 => (which(), which()).prop_map(|(frame, to)| Lend { frame, to }),
        6 => (which(), which(), bytes(), bytes()).prop_map(|(id, from, headroom, len)| {
            TakeBack { id, from, headroom, len }
        }),
        1 => which().prop_map(Reclaim),
        1 => which().prop_map(Replace),
        1 => which().prop_map(IntoRaw),
        1 => which().prop_map(FromRaw),
    ]
}

/// Where a frame is that is no safe owner's.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Away {
    Lent { to: usize, byte: u8 },
    Raw { pointer: usize },
}

struct Run {
    pool: Pool,
    /// Each with its number, which says nothing of the handle.
    borrowers: Vec<Borrower>,
    safe: Vec<Frame>,
    ids: BTreeMap<usize, BufferId>,
    away: BTreeMap<usize, Away>,
}

impl Run {
    fn new() -> Self {
        let pool = builder().frames(FRAMES).build().unwrap();
        let all: Vec<Frame> = (0..FRAMES).map(|_| pool.get(0).unwrap()).collect();
        let ids = all
            .iter()
            .map(|frame| (frame.id().index(), frame.id()))
            .collect();
        drop(all);
        let borrowers = (0..BORROWERS)
            .map(|_| pool.borrower("one").unwrap())
            .collect();
        Self {
            pool,
            borrowers,
            safe: Vec::new(),
            ids,
            away: BTreeMap::new(),
        }
    }

    fn lent_to(&self, borrower: usize) -> Vec<usize> {
        let of = |away: &Away| matches!(away, Away::Lent { to, .. } if *to == borrower);
        let lent = self.away.iter().filter(|(_, away)| of(away));
        lent.map(|(id, _)| *id).collect()
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Get(byte) => {
                let free = FRAMES - self.safe.len() - self.away.len();
                let got = self.pool.get(1);
                assert_eq!(got.is_ok(), free > 0);
                self.safe.extend(got.map(|mut frame| {
                    frame[0] = byte;
                    frame
                }));
            }
            Call::Free(at) if !self.safe.is_empty() => {
                self.safe.swap_remove(at % self.safe.len());
            }
            Call::Lend { frame, to } if !self.safe.is_empty() => {
                let (at, to) = (frame % self.safe.len(), to % BORROWERS);
                let mut frame = self.safe.swap_remove(at);
                let (id, headroom) = (frame.id().index(), frame.headroom());
                frame.push(headroom).unwrap();
                let byte = frame.first().copied().unwrap_or(0);
                assert_eq!(self.borrowers[to].lend(frame).unwrap().index(), id);
                self.away.insert(id, Away::Lent { to, byte });
            }
            Call::TakeBack {
                id,
                from,
                headroom,
                len,
            } => self.take_back(id % FRAMES, from % BORROWERS, headroom, len),
            Call::Reclaim(which) => {
                let which = which % BORROWERS;
                let lent = self.lent_to(which);
                // SAFETY: nobody touches what is lent.
                assert_eq!(unsafe { self.borrowers[which].reclaim() }, lent.len());
                self.away.retain(|id, _| !lent.contains(id));
            }
            Call::Replace(which) => {
                let which = which % BORROWERS;
                let lent = self.lent_to(which);
                let new = self.pool.borrower("another").unwrap();
                let old = std::mem::replace(&mut self.borrowers[which], new);
                let id = old.id();
                drop(old);
                // SAFETY: nobody touches what is lent.
                let reclaimed = unsafe { self.pool.reclaim(id) };
                assert_eq!(reclaimed.unwrap_or(0), lent.len());
                self.away.retain(|id, _| !lent.contains(id));
            }
            Call::IntoRaw(at) if !self.safe.is_empty() => {
                let frame = self.safe.swap_remove(at % self.safe.len());
                let id = frame.id().index();
                let pointer = frame.into_raw().as_ptr().expose_provenance();
                self.away.insert(id, Away::Raw { pointer });
            }
            Call::FromRaw(at) => self.bring_pointer(at % FRAMES),
            Call::Free(_) | Call::Lend { .. } | Call::IntoRaw(_) => {}
        }
        self.check();
    }

    fn take_back(&mut self, id: usize, from: usize, headroom: usize, len: usize) {
        // SAFETY: one thread brings the frames, and nobody touches what is lent.
        let back = unsafe { self.borrowers[from].take_back(self.ids[&id], headroom, len) };
        match self.away.get(&id) {
            Some(Away::Lent { to, byte }) if *to == from => {
                if headroom + len > 1728 {
                    let kind = back.unwrap_err().kind;
                    assert!(matches!(kind, MisuseKind::BeyondRoom { room: 1728, .. }));
                    return;
                }
                let mut frame = back.unwrap();
                assert_eq!((frame.headroom(), frame.len()), (headroom, len));
                frame.push(headroom).unwrap();
                assert!(frame.first().is_none_or(|first| first == byte));
                self.away.remove(&id);
                self.safe.push(frame);
            }
            Some(Away::Lent { to, .. }) => {
                let other = self.borrowers[*to].id().index() as u32;
                let kind = back.unwrap_err().kind;
                assert_eq!(kind, MisuseKind::LentToOther { borrower: other });
            }
            _ => assert_eq!(back.unwrap_err().kind, MisuseKind::NotLent),
        }
    }

    fn bring_pointer(&mut self, id: usize) {
        let region = self.pool.region();
        let first = region.base().as_ptr().addr() + id * region.stride();
        let pointer = match self.away.get(&id) {
            Some(Away::Raw { pointer }) => *pointer,
            _ => first,
        };
        let pointer = std::ptr::with_exposed_provenance_mut(pointer);
        // SAFETY: the pointer is that of the last hand-over, if there was one.
        let back = unsafe { self.pool.from_raw(pointer) };
        match self.away.get(&id) {
            Some(Away::Raw { .. }) => {
                self.away.remove(&id);
                self.safe.push(back.unwrap());
            }
            Some(Away::Lent { .. }) => assert_eq!(back.unwrap_err().kind, MisuseKind::Lent),
            None => assert_eq!(back.unwrap_err().kind, MisuseKind::NotRaw),
        }
    }

    /// Has everything come home, so that the pool ends.
    fn finish(mut self) {
        for borrower in &mut self.borrowers {
            // SAFETY: nobody touches what is lent.
            unsafe { borrower.reclaim() };
        }
        for id in 0..FRAMES {
            if let Some(Away::Raw { .. }) = self.away.get(&id) {
                self.bring_pointer(id);
            }
        }
        self.safe.clear();
        assert_eq!(self.pool.stats().out, 0);
    }

    fn check(&self) {
        let stats = self.pool.stats();
        assert_eq!(stats.out, self.safe.len() + self.away.len());
        for (at, borrower) in self.borrowers.iter().enumerate() {
            let lent = self.lent_to(at).len();
            assert_eq!(borrower.lent(), lent);
            let named = stats
                .borrowers
                .iter()
                .find(|named| named.id == borrower.id());
            assert_eq!(named.unwrap().frames, lent);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn loans_behave_as_the_table_says(calls in prop::collection::vec(call(), 0..120)) {
        let mut run = Run::new();
        for call in calls {
            run.call(call);
        }
        run.finish();
    }
}
