//! Moves the ends of variable-length buffers at random, and compares with a model.

use crate::common::{builder, repeated};
use framewell::{Borrower, Pool, Room, RoomError, VarBuf};
use proptest::prelude::*;

/// The lengths that are asked for: of size classes, one of them of the most bytes, and of a mapping
/// of its own.
const LENGTHS: [usize; 6] = [1, 64, 2346, 65_856, LARGEST_CLASS, LARGEST_CLASS + 1];

const LARGEST_CLASS: usize = 1 << 18;

/// A number of bytes that is chosen when it is known how many there are.
#[derive(Clone, Copy, Debug)]
enum Bytes {
    Some(usize),
    All,
    AllBut(usize),
    More(usize),
    Most,
}

impl Bytes {
    fn of(self, there: usize) -> usize {
        match self {
            Self::Some(n) => n % (there + 1),
            Self::All => there,
            Self::AllBut(n) => there.saturating_sub(n),
            Self::More(n) => there + n,
            Self::Most => usize::MAX,
        }
    }
}

fn bytes() -> impl Strategy<Value = Bytes> {
    use Bytes::*;
    prop_oneof![
        6 => any::<u32>().prop_map(|n| Some(n as usize)),
        3 => Just(All),
        2 => (1..20_usize).prop_map(AllBut),
        2 => (1..20_usize).prop_map(More),
        1 => Just(Most),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Push(Bytes),
    Pull(Bytes),
    Put(Bytes),
    Trim(Bytes),
    Resize(Bytes),
    SetView(Bytes, Bytes),
    ThroughPointer,
    ThroughBorrower(Bytes, Bytes),
    ThroughBoth(Bytes, Bytes),
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    prop_oneof![
        bytes().prop_map(Push),
        bytes().prop_map(Pull),
        bytes().prop_map(Put),
        bytes().prop_map(Trim),
        bytes().prop_map(Resize),
        (bytes(), bytes()).prop_map(|(headroom, len)| SetView(headroom, len)),
        Just(ThroughPointer),
        (bytes(), bytes()).prop_map(|(headroom, len)| ThroughBorrower(headroom, len)),
        (bytes(), bytes()).prop_map(|(headroom, len)| ThroughBoth(headroom, len)),
    ]
}

/// What is known of a buffer.
#[derive(Clone, Copy, Debug)]
struct Model {
    first: usize,
    capacity: usize,
    headroom: usize,
    len: usize,
    seed: usize,
}

impl Model {
    fn tailroom(self) -> usize {
        self.capacity - self.headroom - self.len
    }

    fn mark(self, at: usize) -> u8 {
        (at ^ at >> 8 ^ self.seed) as u8
    }

    fn view(self, headroom: usize, len: usize) -> Self {
        Self {
            headroom,
            len,
            ..self
        }
    }

    /// Returns the view that a pointer stands for. An empty one at the very end moves back, so that
    /// the pointer is not the next buffer's.
    fn as_pointer(self) -> Self {
        if self.headroom == self.capacity {
            return self.view(self.headroom - 1, 0);
        }
        self
    }

    fn check(self, buffer: &VarBuf, whole: bool) {
        let parts = [buffer.head(), buffer, buffer.tail()];
        let lens = parts.map(<[u8]>::len);
        assert_eq!(lens, [self.headroom, self.len, self.tailroom()]);
        let told = [buffer.headroom(), buffer.len(), buffer.tailroom()];
        assert_eq!((told, buffer.capacity()), (lens, self.capacity));
        let mut from = 0;
        for part in parts {
            assert_eq!(part.as_ptr().addr(), self.first + from);
            let is_marked = |at: usize| assert_eq!(part[at], self.mark(from + at), "{at}");
            if whole {
                (0..part.len()).for_each(is_marked);
            } else if !part.is_empty() {
                [0, part.len() - 1].into_iter().for_each(is_marked);
            }
            from += part.len();
        }
    }
}

struct Run {
    pool: Pool,
    borrower: Borrower,
    buffers: Vec<(VarBuf, Model)>,
}

impl Run {
    fn new() -> Self {
        let builder = builder().frames(1).size_class(LARGEST_CLASS);
        let pool = builder.build().unwrap();
        let mut buffers = Vec::new();
        // Two of each, so that buffers lie side by side.
        for (seed, len) in LENGTHS.into_iter().chain(LENGTHS).enumerate() {
            let mut buffer = pool.alloc(len).unwrap();
            let capacity = buffer.capacity();
            let model = Model {
                first: buffer.as_ptr().addr(),
                capacity,
                headroom: 0,
                len: capacity,
                seed,
            };
            buffer.resize(capacity).unwrap();
            for (at, byte) in buffer.iter_mut().enumerate() {
                *byte = model.mark(at);
            }
            buffers.push((buffer, model));
        }
        Self {
            borrower: pool.borrower("one").unwrap(),
            pool,
            buffers,
        }
    }

    fn call(&mut self, at: usize, call: Call) {
        let at = at % self.buffers.len();
        let (mut buffer, was) = self.buffers.swap_remove(at);
        let answer = |done: Result<(), RoomError>| {
            done.map_err(|refused| (refused.room, refused.asked, refused.left))
        };
        let (done, allowed) = match call {
            Call::Push(n) => {
                let (n, left) = (n.of(was.headroom), was.headroom);
                let done = buffer.push(n).map(|new| assert_eq!(new.len(), n));
                let allowed = (n <= left).then(|| was.view(left - n, was.len + n));
                (answer(done), allowed.ok_or((Room::Headroom, n, left)))
            }
            Call::Pull(n) => {
                let n = n.of(was.len);
                let allowed = (n <= was.len).then(|| was.view(was.headroom + n, was.len - n));
                let done = answer(buffer.pull(n));
                (done, allowed.ok_or((Room::Data, n, was.len)))
            }
            Call::Put(n) => {
                let (n, left) = (n.of(was.tailroom()), was.tailroom());
                let done = buffer.put(n).map(|new| assert_eq!(new.len(), n));
                let allowed = (n <= left).then(|| was.view(was.headroom, was.len + n));
                (answer(done), allowed.ok_or((Room::Tailroom, n, left)))
            }
            Call::Trim(len) => {
                let len = len.of(was.len);
                let allowed = (len <= was.len).then(|| was.view(was.headroom, len));
                let done = answer(buffer.trim(len));
                (done, allowed.ok_or((Room::Data, len, was.len)))
            }
            Call::Resize(len) => {
                let left = was.capacity - was.headroom;
                let len = len.of(left);
                let allowed = (len <= left).then(|| was.view(was.headroom, len));
                let done = answer(buffer.resize(len));
                (done, allowed.ok_or((Room::Capacity, len, left)))
            }
            Call::SetView(headroom, len) => {
                let headroom = headroom.of(was.capacity);
                let len = len.of(was.capacity.saturating_sub(headroom));
                let asked = headroom.saturating_add(len);
                let done = answer(buffer.set_view(headroom, len));
                match asked <= was.capacity {
                    true => (done, Ok(was.view(headroom, len))),
                    false => (done, Err((Room::Capacity, asked, was.capacity))),
                }
            }
            Call::ThroughPointer => {
                let pointer = buffer.into_raw().as_ptr();
                let now = was.as_pointer();
                self.look_at(pointer, now);
                // SAFETY: the pointer was handed out just now.
                buffer = unsafe { self.pool.buf_from_raw(pointer) }.unwrap();
                (Ok(()), Ok(now))
            }
            Call::ThroughBorrower(headroom, len) => {
                let address = self.borrower.lend_buf(buffer).unwrap().as_ptr();
                let now;
                (buffer, now) = self.back(address, was, headroom, len);
                (Ok(()), Ok(now))
            }
            Call::ThroughBoth(headroom, len) => {
                let pointer = buffer.into_raw().as_ptr();
                let out = was.as_pointer();
                self.look_at(pointer, out);
                // SAFETY: the pointer was handed out just now.
                unsafe { self.borrower.lend_raw_buf(pointer) }.unwrap();
                let address = pointer.wrapping_sub(out.headroom);
                let now;
                (buffer, now) = self.back(address, was, headroom, len);
                (Ok(()), Ok(now))
            }
        };
        let now = match allowed {
            Ok(now) => {
                assert_eq!(done, Ok(()), "{call:?} of {was:?}");
                now
            }
            Err(refused) => {
                assert_eq!(done, Err(refused), "{call:?} of {was:?}");
                was
            }
        };
        now.check(&buffer, false);
        self.buffers.push((buffer, now));
    }

    /// Looks at a buffer that is out as a pointer, and brings pointers close to it.
    fn look_at(&self, pointer: *mut u8, model: Model) {
        assert_eq!(pointer.addr(), model.first + model.headroom);
        let found = self.pool.find(pointer).unwrap();
        let expected = (pointer, model.capacity - model.headroom, true);
        assert_eq!(
            (found.start.as_ptr(), found.capacity, found.is_raw),
            expected
        );
        for near in [1, usize::MAX, 64, 4096] {
            // SAFETY: nothing was handed out at this address.
            unsafe { self.pool.buf_from_raw(pointer.wrapping_add(near)) }.unwrap_err();
        }
    }

    /// Takes a buffer back that is lent.
    fn back(&self, address: *mut u8, was: Model, headroom: Bytes, len: Bytes) -> (VarBuf, Model) {
        assert_eq!(address.addr(), was.first);
        let headroom = headroom.of(was.capacity);
        let len = len.of(was.capacity.saturating_sub(headroom));
        // SAFETY: the borrower has the buffer, and nobody touches it.
        let back = unsafe { self.borrower.take_back_buf_view(address, headroom, len) };
        match back {
            Ok(back) => (back, was.view(headroom, len)),
            Err(_) => {
                assert!(headroom.saturating_add(len) > was.capacity);
                // SAFETY: as above.
                let back = unsafe { self.borrower.take_back_buf(address, was.capacity) };
                (back.unwrap(), was.view(0, was.capacity))
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: repeated(60) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn views_of_buffers_are_those_of_a_model(
        calls in prop::collection::vec((any::<usize>(), call()), 1..60),
    ) {
        let mut run = Run::new();
        for (at, call) in calls {
            run.call(at, call);
        }
        for (buffer, model) in &run.buffers {
            model.check(buffer, true);
        }
    }
}
