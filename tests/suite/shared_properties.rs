//! Runs random calls on shared references against a model: the bytes of each buffer, and the part
//! that each reference names.

#![allow(
    clippy::disallowed_types,
    reason = "the tests watch the crate from outside; they are not modelled"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;
use std::thread;

use crate::common::{builder, repeated};
use framewell::{Exclusive, Frame, Misuse, Pool, Shared, VarBuf};
use proptest::prelude::*;

/// The most buffers that are out at once.
const BUFFERS: usize = 3;

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Share {
        len: usize,
        byte: u8,
    },
    ShareMany {
        len: usize,
        n: usize,
        made: usize,
    },
    Clone(usize),
    TryClone(usize),
    Slice(usize, usize, usize),
    SplitTo(usize, usize),
    SplitOff(usize, usize),
    Advance(usize, usize),
    Truncate(usize, usize),
    /// Cuts a part into at most 8 pieces, and drops some of them unmade.
    SplitEvery {
        which: usize,
        len: usize,
        made: usize,
    },
    GetMut(usize, u8),
    /// Becomes the owner, if it can, writes the bytes, and shares them again.
    Own(usize, u8),
    IntoRaw(usize),
    /// Brings a pointer back as another part of its buffer.
    FromRaw {
        which: usize,
        from: usize,
        to: usize,
    },
    Drop(usize),
    DropElsewhere(usize),
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let which = || 0..64_usize;
    let at = || prop_oneof![1 => Just(0), 3 => any::<usize>()];
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(len, byte)| Share { len, byte }),
        2 => (at(), 1..6_usize, 0..6_usize)
            .prop_map(|(len, n, made)| ShareMany { len, n, made }),
        2 => which().prop_map(Clone),
        2 => which().prop_map(TryClone),
        3 => (which(), at(), at()).prop_map(|(which, from, to)| Slice(which, from, to)),
        2 => (which(), at()).prop_map(|(which, at)| SplitTo(which, at)),
        2 => (which(), at()).prop_map(|(which, at)| SplitOff(which, at)),
        2 => (which(), at()).prop_map(|(which, n)| Advance(which, n)),
        2 => (which(), at()).prop_map(|(which, len)| Truncate(which, len)),
        2 => (which(), at(), 0..9_usize)
            .prop_map(|(which, len, made)| SplitEvery { which, len, made }),
        3 => (which(), any::<u8>()).prop_map(|(which, byte)| GetMut(which, byte)),
        4 => (which(), any::<u8>()).prop_map(|(which, byte)| Own(which, byte)),
        4 => which().prop_map(IntoRaw),
        4 => (which(), at(), at()).prop_map(|(which, from, to)| FromRaw { which, from, to }),
        8 => which().prop_map(Drop),
        1 => which().prop_map(DropElsewhere),
    ]
}

/// A buffer of either kind.
trait Kind: Exclusive + Debug + Sized {
    /// The lengths of data that the run asks for.
    const LENGTHS: [Range<usize>; 2];

    /// Makes an owner, all of whose room holds [`mark`]s.
    fn make(pool: &Pool, len: usize, byte: u8) -> Self;

    /// Returns the bytes of all the owner's room.
    fn bytes_of_room(&self) -> usize;

    /// # Safety
    ///
    /// - As for [`Pool::shared_from_raw`].
    unsafe fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<Self>, Misuse>;

    fn out(pool: &Pool) -> usize;
}

impl Kind for Frame {
    const LENGTHS: [Range<usize>; 2] = [0..100, 0..1600];

    fn make(pool: &Pool, len: usize, byte: u8) -> Self {
        let mut frame = pool.get(0).unwrap();
        let headroom = frame.headroom();
        frame.set_view(0, frame.capacity()).unwrap();
        mark(&mut frame, byte);
        frame.set_view(headroom, len).unwrap();
        frame
    }

    fn bytes_of_room(&self) -> usize {
        self.capacity()
    }

    unsafe fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<Self>, Misuse> {
        // SAFETY: as the function's bullet.
        unsafe { pool.shared_from_raw(pointer) }
    }

    fn out(pool: &Pool) -> usize {
        pool.stats().out
    }
}

impl Kind for VarBuf {
    /// A class, and buffers with mappings of their own.
    const LENGTHS: [Range<usize>; 2] = [0..9000, 100_000..120_000];

    fn make(pool: &Pool, len: usize, byte: u8) -> Self {
        let mut buffer = pool.alloc(len).unwrap();
        buffer.resize(buffer.capacity()).unwrap();
        mark(&mut buffer, byte);
        buffer.resize(len).unwrap();
        buffer
    }

    fn bytes_of_room(&self) -> usize {
        self.capacity()
    }

    unsafe fn bring(pool: &Pool, pointer: NonNull<[u8]>) -> Result<Shared<Self>, Misuse> {
        // SAFETY: as the function's bullet.
        unsafe { pool.shared_buf_from_raw(pointer) }
    }

    fn out(pool: &Pool) -> usize {
        let stats = pool.stats().alloc;
        stats.map_or(0, |stats| stats.out + stats.large)
    }
}

/// Writes other bytes for each `byte`.
fn mark(bytes: &mut [u8], byte: u8) {
    for (at, to) in bytes.iter_mut().enumerate() {
        *to = byte.wrapping_add(at as u8);
    }
}

struct Reference<B: Kind> {
    shared: Shared<B>,
    buffer: usize,
    /// The part, from the buffer's first byte.
    part: Range<usize>,
}

/// A reference that is out as a pointer to a byte of its buffer.
struct Pointer {
    address: NonNull<u8>,
    buffer: usize,
    offset: usize,
}

struct Run<B: Kind> {
    pool: Pool,
    references: Vec<Reference<B>>,
    pointers: Vec<Pointer>,
    /// The bytes of each buffer that is out: all of its room.
    bytes: BTreeMap<usize, Vec<u8>>,
    made: usize,
}

impl<B: Kind> Run<B> {
    fn new() -> Self {
        Self {
            pool: builder().frames(BUFFERS).build().unwrap(),
            references: Vec::new(),
            pointers: Vec::new(),
            bytes: BTreeMap::new(),
            made: 0,
        }
    }

    /// Makes an owner, and notes it as a buffer. Returns it with its number and its data, or `None`
    /// if as many as there can be are out.
    fn owner(&mut self, len: usize, byte: u8) -> Option<(B, usize)> {
        if self.bytes.len() == BUFFERS {
            return None;
        }
        let lengths = &B::LENGTHS[len % B::LENGTHS.len()];
        let owner = B::make(&self.pool, lengths.start + len / 2 % lengths.len(), byte);
        let mut bytes = vec![0; owner.bytes_of_room()];
        mark(&mut bytes, byte);
        self.made += 1;
        self.bytes.insert(self.made, bytes);
        Some((owner, self.made))
    }

    fn keep(&mut self, shared: Shared<B>, buffer: usize, part: Range<usize>) {
        self.references.push(Reference {
            shared,
            buffer,
            part,
        });
    }

    /// Returns the number of references to a buffer.
    fn count(&self, buffer: usize) -> usize {
        let references = self.references.iter().map(|it| it.buffer);
        let pointers = self.pointers.iter().map(|it| it.buffer);
        references
            .chain(pointers)
            .filter(|it| *it == buffer)
            .count()
    }

    fn forget_if_unused(&mut self, buffer: usize) {
        if self.count(buffer) == 0 {
            self.bytes.remove(&buffer);
        }
    }

    fn take(&mut self, which: usize) -> Option<Reference<B>> {
        let which = which.checked_rem(self.references.len())?;
        Some(self.references.swap_remove(which))
    }

    fn at(&mut self, which: usize) -> Option<&mut Reference<B>> {
        let which = which.checked_rem(self.references.len())?;
        Some(&mut self.references[which])
    }

    fn call(&mut self, call: Call) -> Option<()> {
        match call {
            Call::Share { len, byte } => {
                let (owner, buffer) = self.owner(len, byte)?;
                let shared = Shared::from(owner);
                let part = shared.headroom()..shared.headroom() + shared.len();
                self.keep(shared, buffer, part);
            }
            Call::ShareMany { len, n, made } => self.share_many(len, n, made)?,
            Call::Clone(which) => {
                let Reference {
                    shared,
                    buffer,
                    part,
                } = self.at(which)?;
                let (shared, buffer, part) = (shared.clone(), *buffer, part.clone());
                self.keep(shared, buffer, part);
            }
            Call::TryClone(which) => {
                let Reference {
                    shared,
                    buffer,
                    part,
                } = self.at(which)?;
                let (shared, buffer, part) = (shared.try_clone().unwrap(), *buffer, part.clone());
                self.keep(shared, buffer, part);
            }
            Call::GetMut(which, byte) => self.get_mut(which, byte)?,
            Call::Own(which, byte) => self.own(which, byte)?,
            Call::IntoRaw(which) => self.hand_out(which)?,
            Call::FromRaw { which, from, to } => self.take_back(which, from, to)?,
            Call::Drop(which) => {
                let Reference { shared, buffer, .. } = self.take(which)?;
                drop(shared);
                self.forget_if_unused(buffer);
            }
            Call::DropElsewhere(which) => {
                let Reference { shared, buffer, .. } = self.take(which)?;
                thread::spawn(move || drop(shared)).join().unwrap();
                self.forget_if_unused(buffer);
            }
            cut => self.cut(cut)?,
        }
        Some(())
    }

    fn share_many(&mut self, len: usize, n: usize, made: usize) -> Option<()> {
        let (owner, buffer) = self.owner(len, 1)?;
        let mut all = Shared::share_many(owner, NonZeroUsize::new(n).unwrap());
        let some: Vec<Shared<B>> = all.by_ref().take(made).collect();
        assert_eq!(all.len(), n.saturating_sub(made));
        drop(all);
        for shared in some {
            let part = shared.headroom()..shared.headroom() + shared.len();
            self.keep(shared, buffer, part);
        }
        self.forget_if_unused(buffer);
        Some(())
    }

    /// Makes a call that cuts a part.
    fn cut(&mut self, call: Call) -> Option<()> {
        match call {
            Call::Slice(which, from, to) => {
                let Reference {
                    shared,
                    buffer,
                    part,
                } = self.at(which)?;
                let (from, to) = within(from, to, part.len());
                let slice = shared.slice(from..to);
                let (buffer, part) = (*buffer, part.start + from..part.start + to);
                self.keep(slice, buffer, part);
            }
            Call::SplitTo(which, at) => {
                let Reference {
                    shared,
                    buffer,
                    part,
                } = self.at(which)?;
                let at = at % (part.len() + 1);
                let (front, middle) = (shared.split_to(at), part.start + at);
                let (buffer, front_part) = (*buffer, part.start..middle);
                part.start = middle;
                self.keep(front, buffer, front_part);
            }
            Call::SplitOff(which, at) => {
                let Reference {
                    shared,
                    buffer,
                    part,
                } = self.at(which)?;
                let at = at % (part.len() + 1);
                let (back, middle) = (shared.split_off(at), part.start + at);
                let (buffer, back_part) = (*buffer, middle..part.end);
                part.end = middle;
                self.keep(back, buffer, back_part);
            }
            Call::Advance(which, n) => {
                let Reference { shared, part, .. } = self.at(which)?;
                let n = n % (part.len() + 1);
                shared.advance(n);
                part.start += n;
            }
            Call::Truncate(which, len) => {
                let Reference { shared, part, .. } = self.at(which)?;
                let len = len % (part.len() + 10);
                shared.truncate(len);
                part.end = part.end.min(part.start + len);
            }
            Call::SplitEvery { which, len, made } => self.split_every(which, len, made)?,
            _ => unreachable!("the other calls cut nothing"),
        }
        Some(())
    }

    fn split_every(&mut self, which: usize, len: usize, made: usize) -> Option<()> {
        let Reference {
            shared,
            buffer,
            part,
        } = self.take(which)?;
        let least = part.len().div_ceil(8).max(1);
        let len = least + len % least;
        let mut pieces = shared.split_every(len);
        assert_eq!(pieces.len(), part.len().div_ceil(len));
        for start in part.clone().step_by(len).take(made) {
            let piece = pieces.next().unwrap();
            self.keep(piece, buffer, start..part.end.min(start + len));
        }
        drop(pieces);
        self.forget_if_unused(buffer);
        Some(())
    }

    fn get_mut(&mut self, which: usize, byte: u8) -> Option<()> {
        let buffer = self.at(which)?.buffer;
        let alone = self.count(buffer) == 1;
        let Reference { shared, part, .. } = self.at(which)?;
        let part = part.clone();
        let bytes = shared.get_mut();
        assert_eq!(bytes.is_some(), alone);
        bytes?.fill(byte);
        self.bytes.get_mut(&buffer).unwrap()[part].fill(byte);
        Some(())
    }

    fn own(&mut self, which: usize, byte: u8) -> Option<()> {
        let Reference {
            shared,
            buffer,
            part,
        } = self.take(which)?;
        let alone = self.count(buffer) == 0;
        let shared = match shared.try_into_owned() {
            Ok(mut owner) => {
                assert!(alone, "there are further references");
                let room = self.bytes[&buffer].len();
                assert_eq!((owner.len(), owner.bytes_of_room()), (part.len(), room));
                owner.fill(byte);
                self.bytes.get_mut(&buffer).unwrap()[part.clone()].fill(byte);
                Shared::from(owner)
            }
            Err(shared) => {
                assert!(!alone, "there are no further references");
                shared
            }
        };
        self.keep(shared, buffer, part);
        Some(())
    }

    fn hand_out(&mut self, which: usize) -> Option<()> {
        let Reference {
            shared,
            buffer,
            part,
        } = self.take(which)?;
        let pointer = shared.into_raw();
        assert_eq!(pointer.len(), part.len());
        // An empty part at the end moves back.
        let offset = part.start.min(self.bytes[&buffer].len() - 1);
        self.pointers.push(Pointer {
            address: pointer.cast(),
            buffer,
            offset,
        });
        Some(())
    }

    fn take_back(&mut self, which: usize, from: usize, to: usize) -> Option<()> {
        let which = which.checked_rem(self.pointers.len())?;
        let Pointer {
            address,
            buffer,
            offset,
        } = self.pointers.swap_remove(which);
        let room = self.bytes[&buffer].len();
        let (from, to) = within(from, to, room);
        // An address names the buffer whose byte lies there.
        let from = from.min(room - 1);
        let first = address.as_ptr().wrapping_sub(offset).wrapping_add(from);
        let pointer = NonNull::slice_from_raw_parts(NonNull::new(first)?, to - from);
        // SAFETY: the pointer stands for a reference, and was removed from those that are out.
        let shared = unsafe { B::bring(&self.pool, pointer) }.unwrap();
        self.keep(shared, buffer, from..to);
        Some(())
    }

    #[track_caller]
    fn check(&self) {
        for Reference {
            shared,
            buffer,
            part,
        } in &self.references
        {
            let bytes = &self.bytes[buffer];
            let rooms = (shared.headroom(), shared.tailroom());
            assert_eq!(rooms, (part.start, bytes.len() - part.end));
            assert!(**shared == bytes[part.clone()], "the bytes of {part:?}");
            assert_eq!(shared.references(), self.count(*buffer));
        }
        assert_eq!(B::out(&self.pool), self.bytes.len());
    }

    /// Gives all back. The buffers are as any others then.
    fn finish(mut self) {
        while self.take_back(0, 0, 0).is_some() {}
        self.check();
        self.references.clear();
        assert_eq!(B::out(&self.pool), 0);
        for lengths in B::LENGTHS {
            let make = |_| B::make(&self.pool, lengths.start, 0);
            let all: Vec<B> = (0..BUFFERS).map(make).collect();
            for owner in all {
                assert_eq!(Shared::from(owner).references(), 1);
            }
        }
    }
}

/// Returns a range within a length.
fn within(from: usize, to: usize, len: usize) -> (usize, usize) {
    let (from, to) = (from % (len + 1), to % (len + 1));
    (from.min(to), from.max(to))
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 0..120)
}

fn run<B: Kind>(calls: Vec<Call>) {
    let mut run = Run::<B>::new();
    for call in calls {
        run.call(call);
        run.check();
    }
    run.finish();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: repeated(200) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_calls_on_shared_frames_agree_with_the_model(calls in calls()) {
        run::<Frame>(calls);
    }

    #[test]
    fn any_calls_on_shared_buffers_agree_with_the_model(calls in calls()) {
        run::<VarBuf>(calls);
    }
}
