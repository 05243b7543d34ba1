//! Runs random sequences of calls against a model that is too simple to be wrong.

use std::collections::BTreeSet;

use crate::common::model::{Config, Model, View};
use crate::common::{assert_whole, builder, cpus, pin, repeated, spread};
use framewell::{BulkError, Burst, CopyError, Frame, OutOfBuffers, Pool};
use proptest::prelude::*;

const ROOM: usize = 6;

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Get(usize),
    Copy(Vec<u8>),
    GetBurst(usize),
    GetBulk(usize),
    Free(usize),
    FreeInBurst(Vec<usize>),
    IntoBurst(usize),
    OutOfBurst,
    DrainBurst(usize),
    TruncateBurst(usize),
    RetainInBurst(u8),
    Write(usize, u8),
    Push(usize, usize),
    Pull(usize, usize),
    Put(usize, usize),
    Trim(usize, usize),
    Resize(usize, usize),
    SetView(usize, usize, usize),
    ClonePool,
    DropPool(usize),
    Move(usize),
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let which = || 0..64_usize;
    let bytes = || 0..40_usize;
    prop_oneof![
        4 => bytes().prop_map(Get),
        2 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Copy),
        2 => (0..10_usize).prop_map(GetBurst),
        2 => (0..10_usize).prop_map(GetBulk),
        4 => which().prop_map(Free),
        1 => prop::collection::vec(which(), 0..20).prop_map(FreeInBurst),
        2 => which().prop_map(IntoBurst),
        1 => Just(OutOfBurst),
        1 => which().prop_map(DrainBurst),
        1 => (0..8_usize).prop_map(TruncateBurst),
        1 => any::<u8>().prop_map(RetainInBurst),
        3 => (which(), any::<u8>()).prop_map(|(at, byte)| Write(at, byte)),
        2 => (which(), bytes()).prop_map(|(at, n)| Push(at, n)),
        2 => (which(), bytes()).prop_map(|(at, n)| Pull(at, n)),
        2 => (which(), bytes()).prop_map(|(at, n)| Put(at, n)),
        2 => (which(), bytes()).prop_map(|(at, n)| Trim(at, n)),
        2 => (which(), 0..80_usize).prop_map(|(at, n)| Resize(at, n)),
        2 => (which(), bytes(), bytes()).prop_map(|(at, head, n)| SetView(at, head, n)),
        1 => Just(ClonePool),
        1 => which().prop_map(DropPool),
        2 => which().prop_map(Move),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let rooms = (0..20_usize, 1..40_usize, 0..20_usize);
    // The numbers are for the front: how many shards it has, if it has those, and how many frames
    // are with a CPU.
    let front = (1..5_usize, 1..12_usize);
    (1..40_usize, rooms, front, any::<bool>()).prop_map(|(frames, rooms, front, zero)| Config {
        frames,
        headroom: rooms.0,
        payload: rooms.1,
        tailroom: rooms.2,
        shards: front.0,
        cache: front.1,
        zero,
    })
}

/// The pool under test beside its model.
struct Run {
    model: Model,
    pools: Vec<Pool>,
    hand: Vec<Frame>,
    burst: Burst<ROOM>,
    /// The CPUs on which the thread may run. It moves, so that frames are with several CPUs.
    cpus: Vec<usize>,
}

impl Run {
    fn new(config: Config) -> Self {
        let room = config.headroom + config.payload + config.tailroom;
        let builder = builder().frames(config.frames).stride(room);
        let builder = builder.headroom(config.headroom).payload(config.payload);
        let builder = builder.shards(config.shards).cache_size(config.cache);
        let builder = builder.zero_on_free(config.zero);
        Self {
            model: Model::new(config),
            pools: vec![builder.build().unwrap()],
            hand: Vec::new(),
            burst: Burst::new(),
            cpus: cpus(),
        }
    }

    fn pool(&self) -> &Pool {
        self.pools.last().unwrap()
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Get(len) => self.get(len),
            Call::Copy(bytes) => self.copy(&bytes),
            Call::GetBurst(n) => self.get_burst(n),
            Call::GetBulk(n) => self.get_bulk(n),
            Call::ClonePool => self.pools.push(self.pool().clone()),
            Call::DropPool(at) if self.pools.len() > 1 => {
                drop(self.pools.swap_remove(at % self.pools.len()));
            }
            Call::DropPool(_) => {}
            Call::Move(at) => pin(self.cpus[at % self.cpus.len()]),
            Call::OutOfBurst => self.hand.extend(self.burst.pop()),
            Call::DrainBurst(most) => self.drain(most),
            Call::TruncateBurst(len) => {
                let freed = self.burst.iter().skip(len);
                freed.for_each(|frame| self.model.freed(frame));
                self.burst.truncate(len);
            }
            Call::RetainInBurst(pattern) => {
                let mut at = 0;
                self.burst.retain(|frame| {
                    at += 1;
                    let keep = pattern >> (at % 8) & 1 == 1;
                    if !keep {
                        self.model.freed(frame);
                    }
                    keep
                });
            }
            Call::FreeInBurst(which) => {
                let mut burst: Burst<20> = Burst::new();
                for at in which {
                    if let Some(frame) = self.take(at) {
                        self.model.freed(&frame);
                        burst.push(frame).unwrap();
                    }
                }
            }
            Call::Free(at) => {
                if let Some(frame) = self.take(at) {
                    self.model.freed(&frame);
                }
            }
            Call::IntoBurst(at) => self.lay_in_burst(at),
            Call::Write(at, byte) => self.write(at, byte),
            Call::Push(at, n) => self.push(at, n),
            Call::Pull(at, n) => self.pull(at, n),
            Call::Put(at, n) => self.put(at, n),
            Call::Trim(at, n) => self.trim(at, n),
            Call::Resize(at, n) => self.resize(at, n),
            Call::SetView(at, headroom, n) => self.set_view(at, headroom, n),
        }
        self.check();
    }

    fn take(&mut self, at: usize) -> Option<Frame> {
        let len = self.hand.len();
        (len > 0).then(|| self.hand.swap_remove(at % len))
    }

    fn get(&mut self, len: usize) {
        match self.pool().get(len) {
            Ok(frame) => {
                self.model.got(&frame, len);
                self.hand.push(frame);
            }
            Err(OutOfBuffers) => assert_eq!(self.model.free(), 0),
        }
    }

    fn copy(&mut self, bytes: &[u8]) {
        let (len, payload) = (bytes.len(), self.model.config.payload);
        match self.pool().copy_from(bytes) {
            Err(refused @ CopyError::TooLong { .. }) => {
                assert_eq!(refused, CopyError::TooLong { len, payload });
                assert!(len > payload);
            }
            Err(refused) => {
                assert_eq!(refused, CopyError::OutOfBuffers);
                assert!(len <= payload);
                assert_eq!(self.model.free(), 0);
            }
            Ok(frame) => {
                let (start, room) = (self.model.config.headroom, self.model.room());
                let known = self.model.bytes.entry(frame.id().index());
                let known = known.or_insert_with(|| vec![0; room]);
                known[start..start + len].copy_from_slice(bytes);
                assert!(len <= payload);
                self.model.got(&frame, len);
                self.hand.push(frame);
            }
        }
    }

    fn get_burst(&mut self, n: usize) {
        let before = self.burst.len();
        let expected = n.min(ROOM - before).min(self.model.free());
        let pool = self.pools.last().unwrap();
        assert_eq!(pool.get_burst(&mut self.burst, n), expected);
        assert_eq!(self.burst.len(), before + expected);
        let got = &self.burst[before..];
        got.iter()
            .for_each(|frame| self.model.got(frame, usize::MAX));
    }

    fn get_bulk(&mut self, n: usize) {
        let before = self.burst.len();
        let room = ROOM - before;
        let expected = if n > room {
            Err(BulkError::NoRoom { asked: n, room })
        } else if n > self.model.free() {
            Err(BulkError::OutOfBuffers)
        } else {
            Ok(())
        };
        let pool = self.pools.last().unwrap();
        assert_eq!(pool.get_bulk(&mut self.burst, n), expected);
        let taken = if expected.is_ok() { n } else { 0 };
        assert_eq!(self.burst.len(), before + taken);
        let got = &self.burst[before..];
        got.iter()
            .for_each(|frame| self.model.got(frame, usize::MAX));
    }

    fn drain(&mut self, most: usize) {
        for (at, frame) in self.burst.drain().enumerate() {
            if at < most % (ROOM + 1) {
                self.hand.push(frame);
            } else {
                self.model.freed(&frame);
            }
        }
    }
    fn lay_in_burst(&mut self, at: usize) {
        let Some(frame) = self.take(at) else { return };
        let id = frame.id();
        let full = self.burst.len() == ROOM;
        match self.burst.push(frame) {
            Ok(()) => assert!(!full),
            Err(frame) => {
                assert!(full);
                assert_eq!(frame.id(), id);
                self.hand.push(frame);
            }
        }
    }

    /// Returns a frame in hand, with its bytes and its data in the model.
    fn pick(&mut self, at: usize) -> Option<(&mut Frame, &mut Vec<u8>, &mut View)> {
        let at = at.checked_rem(self.hand.len())?;
        let frame = &mut self.hand[at];
        let id = frame.id().index();
        let bytes = self.model.bytes.get_mut(&id)?;
        Some((frame, bytes, self.model.views.get_mut(&id)?))
    }

    fn write(&mut self, at: usize, byte: u8) {
        if let Some((frame, bytes, view)) = self.pick(at) {
            frame.fill(byte);
            bytes[view.start..view.start + view.len].fill(byte);
        }
    }

    fn push(&mut self, at: usize, n: usize) {
        let Some((frame, bytes, view)) = self.pick(at) else {
            return;
        };
        match frame.push(n) {
            Ok(new) => {
                view.start -= n;
                view.len += n;
                assert_eq!(*new, bytes[view.start..view.start + n]);
            }
            Err(refused) => {
                assert!(n > view.start);
                assert_eq!((refused.asked, refused.left), (n, view.start));
            }
        }
    }

    fn pull(&mut self, at: usize, n: usize) {
        let Some((frame, _, view)) = self.pick(at) else {
            return;
        };
        match frame.pull(n) {
            Ok(()) => {
                view.start += n;
                view.len -= n;
            }
            Err(refused) => {
                assert!(n > view.len);
                assert_eq!((refused.asked, refused.left), (n, view.len));
            }
        }
    }

    fn put(&mut self, at: usize, n: usize) {
        let Some((frame, bytes, view)) = self.pick(at) else {
            return;
        };
        let end = view.start + view.len;
        let left = bytes.len() - end;
        match frame.put(n) {
            Ok(new) => {
                view.len += n;
                assert_eq!(*new, bytes[end..end + n]);
            }
            Err(refused) => {
                assert!(n > left);
                assert_eq!((refused.asked, refused.left), (n, left));
            }
        }
    }

    fn trim(&mut self, at: usize, n: usize) {
        let Some((frame, _, view)) = self.pick(at) else {
            return;
        };
        match frame.trim(n) {
            Ok(()) => {
                assert!(n <= view.len);
                view.len = n;
            }
            Err(refused) => {
                assert!(n > view.len);
                assert_eq!((refused.asked, refused.left), (n, view.len));
            }
        }
    }

    fn resize(&mut self, at: usize, n: usize) {
        let Some((frame, bytes, view)) = self.pick(at) else {
            return;
        };
        let left = bytes.len() - view.start - view.len;
        match frame.resize(n) {
            Ok(()) => {
                assert!(n <= view.len + left);
                view.len = n;
            }
            Err(refused) => {
                let parts = (refused.asked, refused.left);
                assert_eq!(parts, (n - view.len, left));
                assert!(n > view.len + left);
            }
        }
    }

    fn set_view(&mut self, at: usize, headroom: usize, n: usize) {
        let Some((frame, bytes, view)) = self.pick(at) else {
            return;
        };
        match frame.set_view(headroom, n) {
            Ok(()) => {
                assert!(headroom + n <= bytes.len());
                (view.start, view.len) = (headroom, n);
            }
            Err(refused) => {
                assert!(headroom + n > bytes.len());
                let parts = (refused.asked, refused.left);
                assert_eq!(parts, (headroom + n, bytes.len()));
            }
        }
    }

    /// Checks that everything that can be seen agrees with the model.
    fn check(&self) {
        let stats = self.pool().stats();
        assert_eq!(stats.free, self.model.free(), "{stats}");
        assert_eq!(stats.out, self.model.views.len(), "{stats}");
        let frames = || self.hand.iter().chain(&self.burst);
        let ids: BTreeSet<usize> = frames().map(|frame| frame.id().index()).collect();
        assert!(ids.iter().eq(self.model.views.keys()), "every id once");
        assert_eq!(frames().count(), ids.len());
        frames().for_each(|frame| self.model.check(frame));
    }

    /// Drops what is left, the pools first or last. The frames stay as they are to the end.
    fn finish(mut self, pools_first: bool) {
        if pools_first {
            self.pools.clear();
        }
        for frame in self.hand.drain(..).chain(self.burst.drain()) {
            self.model.freed(&frame);
        }
        assert_eq!(self.model.free(), self.model.config.frames);
        if let Some(pool) = self.pools.first() {
            assert_whole(pool);
        }
        spread(&self.cpus);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: repeated(500) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_sequence_of_calls_agrees_with_the_model(
        config in config(),
        calls in prop::collection::vec(call(), 0..200),
        pools_first in any::<bool>(),
    ) {
        let mut run = Run::new(config);
        calls.into_iter().for_each(|call| run.call(call));
        run.finish(pools_first);
    }
}
